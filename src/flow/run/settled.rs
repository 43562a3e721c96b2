//! The settled schedule on samples.

use std::time::Instant;

use super::differences::{End, Ends};
use super::{Choices, LayerSpikes, Report, Spread};
use crate::data::Inputs;
use crate::error::Result;
use crate::flow::energy::{Account, Measured};
use crate::flow::{Steps, Watch};
use crate::golden::{Readers, Schedule, Settled, SettledOutcome, SpikeCode};
use crate::integer::cost;
use crate::lower::Lowered;
use crate::snn::Model;

/// Runs all samples. Limits of time-steps and the confidence rule are not used.
///
/// # Errors
/// When a reference does not fit the model.
pub fn measure(
    model: &Model,
    lowered: &Lowered,
    settled: &Settled,
    inputs: &Inputs,
    choices: &Choices<'_>,
    watch: &dyn Watch,
) -> Result<Report> {
    watch.begin("golden model", Steps::Equal(inputs.len()));
    let start = Instant::now();
    let outcomes = settled.run_all(inputs.len(), |n, raw| inputs.fill(n, raw), |_| watch.advance(1));
    let seconds = start.elapsed().as_secs_f64().max(1e-9);
    watch.end();

    let list = outcomes.iter().map(end).collect();
    let ends = Ends { model, lowered, inputs, layers: settled.layers(), list };
    let (one_shot_mismatches, neurons_checked) = ends.one_shot(watch);

    let count = outcomes.len() as f64;
    let sum = |of: fn(&SettledOutcome) -> u64| outcomes.iter().map(of).sum::<u64>() as f64;
    let (sops, input_macs) = (sum(|o| o.additions.iter().sum()), sum(|o| o.input_macs));
    let layer = |i: usize| {
        let total = |of: fn(&SettledOutcome) -> &[u64]| outcomes.iter().map(|o| of(o)[i]).sum();
        let steps = spread(outcomes.iter().map(|o| o.local_steps[i].into()));
        let layer = ends.layer(i, total(|o| &o.spikes), total(|o| &o.additions));
        LayerSpikes { local_steps: Some(steps), ..layer }
    };
    Ok(Report {
        schedule: Schedule::Settled,
        code: settled.code(),
        samples: outcomes.len(),
        accuracy: choices.labels.map(|labels| ends.accuracy(labels)),
        accuracy_per_step: None,
        time_steps: spread(outcomes.iter().map(|o| o.local_steps.iter().map(|&n| u64::from(n)).sum())),
        stopped: 0,
        confident: 0,
        one_shot_mismatches,
        neurons_checked,
        spikes_per_neuron: sum(|o| o.spikes.iter().sum()) / (count * ends.neurons().max(1) as f64),
        sops_per_sample: sops / count,
        input_macs_per_sample: input_macs / count,
        samples_per_second: count / seconds,
        sops_per_second: sops / seconds,
        energy: energy(lowered, settled.code(), &outcomes),
        layers: (0..settled.layers().len()).map(layer).collect(),
        float: choices.float.then(|| ends.float(watch)),
        reference: choices.reference.as_ref().map(|reference| ends.against(reference)).transpose()?,
    })
}

fn spread(values: impl ExactSizeIterator<Item = u64>) -> Spread {
    let count = values.len() as f64;
    let (max, sum) = values.fold((0, 0), |(max, sum), value| (value.max(max), sum + value));
    Spread { max, mean: sum as f64 / count }
}

/// The accounts of this code and of the other one, which follow from the levels.
fn energy(lowered: &Lowered, own: SpikeCode, outcomes: &[SettledOutcome]) -> Measured {
    let readers = Readers::new(&lowered.network);
    let count = outcomes.len() as f64;
    let input_macs = outcomes.iter().map(|o| o.input_macs).sum::<u64>() as f64 / count;
    let account = |code| {
        let additions = |o: &SettledOutcome| readers.additions(code, &o.levels).iter().sum::<u64>();
        let sops = outcomes.iter().map(additions).sum::<u64>() as f64 / count;
        Account { schedule: Schedule::Settled, code, sops, input_macs }
    };
    let others: Vec<Account> = SpikeCode::ALL.into_iter().filter(|code| *code != own).map(account).collect();
    Measured::new(&cost::operations(&lowered.network), account(own), &others)
}

/// What a sample ends with.
fn end(outcome: &SettledOutcome) -> End<'_> {
    let SettledOutcome { values, levels, .. } = outcome;
    End { values, levels, quiescent: true }
}
