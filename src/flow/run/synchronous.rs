//! The synchronous schedule on samples.

use std::time::Instant;

use super::differences::{End, Ends};
use super::{Choices, Report, Spread};
use crate::data::Inputs;
use crate::error::Result;
use crate::flow::energy::{Account, Measured};
use crate::flow::{Positions, Steps, Watch};
use crate::golden::{Golden, Limits, Outcome, Readers, Schedule, SpikeCode, correct_per_step};
use crate::integer::cost;
use crate::lower::Lowered;
use crate::snn::Model;

/// Runs all samples.
///
/// # Errors
/// When a reference does not fit the model.
pub fn measure(
    model: &Model,
    lowered: &Lowered,
    golden: &Golden,
    inputs: &Inputs,
    choices: &Choices<'_>,
    watch: &dyn Watch,
) -> Result<Report> {
    let (t_max, confidence) = (choices.t_max, choices.confidence);
    // The class of a sample that has several positions says nothing.
    let per_step = choices.labels.filter(|_| Positions::of(model).rows == 1);
    let limits = Limits { t_max, confidence, class_per_step: per_step.is_some() };
    watch.begin("golden model", Steps::Equal(inputs.len()));
    let start = Instant::now();
    let outcomes = golden.run_all(inputs.len(), |n, raw| inputs.fill(n, raw), &limits, |_| watch.advance(1));
    let seconds = start.elapsed().as_secs_f64().max(1e-9);
    watch.end();

    let list = outcomes.iter().map(end).collect();
    let ends = Ends { model, lowered, inputs, layers: golden.layers(), list };
    let (one_shot_mismatches, neurons_checked) = ends.one_shot(watch);

    let count = outcomes.len() as f64;
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>() as f64;
    let (sops, input_macs) = (sum(|o| o.sops), sum(|o| o.input_macs));
    let by_layer = |of: fn(&Outcome) -> &[u64], i: usize| outcomes.iter().map(|o| of(o)[i]).sum();
    Ok(Report {
        schedule: Schedule::Synchronous,
        code: SpikeCode::Unary,
        samples: outcomes.len(),
        accuracy: choices.labels.map(|labels| ends.accuracy(labels)),
        accuracy_per_step: per_step.map(|labels| {
            correct_per_step(&outcomes, labels).into_iter().map(|right| right as f64 / count).collect()
        }),
        time_steps: Spread {
            max: outcomes.iter().map(|o| u64::from(o.time_steps)).max().unwrap_or(0),
            mean: sum(|o| o.time_steps.into()) / count,
        },
        stopped: outcomes.iter().filter(|o| !o.quiescent && !o.confident).count(),
        confident: outcomes.iter().filter(|o| o.confident).count(),
        one_shot_mismatches,
        neurons_checked,
        spikes_per_neuron: sum(|o| o.spikes.iter().sum()) / (count * ends.neurons().max(1) as f64),
        sops_per_sample: sops / count,
        input_macs_per_sample: input_macs / count,
        samples_per_second: count / seconds,
        sops_per_second: sops / seconds,
        energy: energy(lowered, golden, &outcomes),
        layers: (0..golden.layers().len())
            .map(|i| ends.layer(i, by_layer(|o| &o.spikes, i), by_layer(|o| &o.additions, i)))
            .collect(),
        float: choices.float.then(|| ends.float(watch)),
        reference: choices.reference.as_ref().map(|reference| ends.against(reference)).transpose()?,
    })
}

/// The account of this schedule and, if every sample became quiescent, of the settled one, which follows from the
/// levels.
fn energy(lowered: &Lowered, golden: &Golden, outcomes: &[Outcome]) -> Measured {
    let count = outcomes.len() as f64;
    let (mut sops, mut input_macs) = (0, 0);
    outcomes.iter().for_each(|o| (sops, input_macs) = (sops + o.sops, input_macs + o.input_macs));
    let macs = input_macs as f64 / count;
    let own = Account {
        schedule: Schedule::Synchronous,
        code: SpikeCode::Unary,
        sops: sops as f64 / count,
        input_macs: macs,
    };
    let mut settled = Vec::new();
    if outcomes.iter().all(|o| o.quiescent) {
        let readers = Readers::new(&lowered.network);
        // In rate encoding the synchronous schedule applies the input once for each of its time-steps.
        let macs = macs / f64::from(golden.input().steps);
        settled.extend(SpikeCode::ALL.map(|code| {
            let additions = |o: &Outcome| readers.additions(code, &o.levels).iter().sum::<u64>();
            let sops = outcomes.iter().map(additions).sum::<u64>() as f64 / count;
            Account { schedule: Schedule::Settled, code, sops, input_macs: macs }
        }));
    }
    Measured::new(&cost::operations(&lowered.network), own, &settled)
}

/// What a sample ends with.
fn end(outcome: &Outcome) -> End<'_> {
    let Outcome { values, levels, quiescent, .. } = outcome;
    End { values, levels, quiescent: *quiescent }
}
