//! `run`: the golden model on samples.

use std::path::PathBuf;
use std::time::Instant;

use rayon::prelude::*;
use serde::Serialize;

use super::compare::{self, Levels, Reference};
use super::energy::Measured;
use super::{Steps, StopRule, Watch, dump, load};
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::golden::{Confidence, Golden, Limits, Outcome, correct_per_step};
use crate::integer::{cost, eval};
use crate::lower::{self, Lowered};
use crate::snn::{self, Model};

/// Options of a run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A model.snn or a build folder.
    pub model: PathBuf,
    /// Samples: FILE.npy or FILE.npz:NAME, batch first.
    pub inputs: String,
    /// Labels: FILE.npy or FILE.npz:NAME.
    pub labels: Option<String>,
    /// Maximum number of samples.
    pub samples: Option<usize>,
    /// Limit of time-steps.
    pub t_max: Option<u32>,
    /// The confidence rule.
    pub stop: Option<StopRule>,
    /// Whether to evaluate in float64 too, and count differences.
    pub float: bool,
    /// An archive with levels (`level/NEURON`) and logits from another program.
    pub reference: Option<PathBuf>,
    /// File for logits, levels and spikes of every neuron and time-step: FILE.npz.
    pub dump: Option<PathBuf>,
}

/// Runs the golden model on samples and makes the requested comparisons.
///
/// # Errors
/// When model or samples are wrong, or the dump cannot be written. A difference is not an error here, see
/// [`Report::check`].
pub fn run(options: &Options, watch: &dyn Watch) -> Result<Report> {
    if options.t_max == Some(0) {
        return Err(Error::input("no time-steps are allowed: --t-max 0"));
    }
    let model = load::model(&options.model)?;
    let inputs = load::inputs(&options.inputs, &model, options.samples)?;
    let lowered = lower::lower(&model)?;
    let labels =
        options.labels.as_deref().map(|l| load::labels(l, inputs.len(), options.samples)).transpose()?;
    let golden = Golden::new(&lowered.network)?;
    let names: Vec<String> = golden.layers().iter().map(|l| l.name.clone()).collect();
    let reference = options.reference.as_deref().map(|path| Reference::read(path, &names)).transpose()?;
    let confidence = options.stop.map(|stop| stop.rule(lowered.readout.unit)).transpose()?;
    let t_max = options.t_max;
    let choices = Choices { labels: labels.as_deref(), t_max, confidence, float: options.float, reference };
    let report = measure(&model, &lowered, &golden, &inputs, &choices, watch)?;
    if let Some(path) = &options.dump {
        let limits = Limits { t_max, confidence, class_per_step: false };
        dump::write(path, &model, &lowered, &golden, &inputs, &limits, watch)?;
    }
    Ok(report)
}

/// Largest and mean.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    /// Largest.
    pub max: u64,
    /// Mean.
    pub mean: f64,
}

/// Spikes of a layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerSpikes {
    /// The model's name.
    pub name: String,
    /// Its neurons.
    pub neurons: usize,
    /// Spikes per neuron and sample.
    pub spikes_per_neuron: f64,
}

/// Result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Number of samples.
    pub samples: usize,
    /// Share of samples whose class is their label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The same after each time-step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_per_step: Option<Vec<f64>>,
    /// Time-steps to quiescence, or to the limit.
    pub time_steps: Spread,
    /// Samples that were stopped by the limit before they were quiescent; the next figures leave them out.
    pub stopped: usize,
    /// Samples that were stopped by the confidence rule; the next figures leave them out.
    pub confident: usize,
    /// Neurons whose level at quiescence is not that of the integer network evaluated in one pass.
    pub one_shot_mismatches: u64,
    /// Neurons compared.
    pub neurons_checked: u64,
    /// Spikes per neuron and sample.
    pub spikes_per_neuron: f64,
    /// Additions of a weight caused by a spike.
    pub sops_per_sample: f64,
    /// Additions of a weight times an element of the input.
    pub input_macs_per_sample: f64,
    /// By the golden model alone.
    pub samples_per_second: f64,
    /// Synaptic operations per second, by the golden model alone.
    pub sops_per_second: f64,
    /// Estimate of the energy.
    pub energy: Measured,
    /// Spikes layer by layer.
    pub layers: Vec<LayerSpikes>,
    /// Differences to float64.
    #[serde(flatten)]
    pub float: Option<FloatReport>,
    /// Differences to another program's levels.
    #[serde(flatten)]
    pub reference: Option<ReferenceReport>,
}

/// Differences between the golden model and float64.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FloatReport {
    /// Samples with any different neuron.
    pub float_mismatched_samples: u64,
    /// Different neurons.
    pub float_mismatched_neurons: u64,
    /// Samples of another class.
    pub float_mismatched_classes: u64,
}

/// Differences between the golden model and another program.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReferenceReport {
    /// Samples whose levels were compared.
    pub reference_samples: usize,
    /// Neurons compared.
    pub reference_neurons_checked: u64,
    /// Samples with any different neuron.
    pub reference_mismatched_samples: u64,
    /// Different neurons.
    pub reference_mismatched_neurons: u64,
    /// Samples with a different class, if there are logits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_mismatched_classes: Option<u64>,
}

/// Requested comparisons and counts.
pub struct Choices<'a> {
    /// Labels.
    pub labels: Option<&'a [i64]>,
    /// Limit of time-steps.
    pub t_max: Option<u32>,
    /// Stop a sample as soon as this holds.
    pub confidence: Option<Confidence>,
    /// Whether to evaluate in float64.
    pub float: bool,
    /// Another program's levels.
    pub reference: Option<Reference>,
}

impl Report {
    /// A one-pass mismatch is a failed check.
    ///
    /// # Errors
    /// Names the number of neurons that differ.
    pub fn check(&self) -> Result<()> {
        match self.one_shot_mismatches {
            0 => Ok(()),
            n => Err(Error::check(format!("{n} neurons differ from the integer network at quiescence"))
                .fix("this is a defect of this program: please report it with the model")),
        }
    }
}

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
    let limits = Limits { t_max, confidence, class_per_step: choices.labels.is_some() };
    watch.begin("golden model", Steps::Equal(inputs.len()));
    let start = Instant::now();
    let outcomes = golden.run_all(inputs.len(), |n, raw| inputs.fill(n, raw), &limits, |_| watch.advance(1));
    let seconds = start.elapsed().as_secs_f64().max(1e-9);
    watch.end();

    let settled: Vec<usize> = (0..outcomes.len()).filter(|&n| outcomes[n].quiescent).collect();
    watch.begin("one-pass evaluation", Steps::Equal(settled.len()));
    let differences = settled.par_iter().map(|&n| {
        watch.advance(1);
        let expected = eval::evaluate(&lowered.network, &inputs.sample(n));
        let levels = outcomes[n].levels.iter().zip(&expected.levels);
        let neurons: u64 = levels.map(|(ours, (_, theirs))| differing(ours, theirs)).sum();
        neurons + u64::from(outcomes[n].values != expected.values)
    });
    let one_shot_mismatches = differences.sum();
    watch.end();

    let neurons: usize = golden.layers().iter().map(|l| l.rows * l.channels).sum();
    let count = outcomes.len() as f64;
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>() as f64;
    let (sops, input_macs) = (sum(|o| o.sops), sum(|o| o.input_macs));
    let report = Report {
        samples: outcomes.len(),
        accuracy: choices.labels.map(|labels| {
            let right =
                outcomes.iter().zip(labels).filter(|(o, l)| i64::try_from(o.class) == Ok(**l)).count();
            right as f64 / count
        }),
        accuracy_per_step: choices.labels.map(|labels| {
            correct_per_step(&outcomes, labels).into_iter().map(|right| right as f64 / count).collect()
        }),
        time_steps: Spread {
            max: outcomes.iter().map(|o| u64::from(o.time_steps)).max().unwrap_or(0),
            mean: sum(|o| o.time_steps.into()) / count,
        },
        stopped: outcomes.iter().filter(|o| !o.quiescent && !o.confident).count(),
        confident: outcomes.iter().filter(|o| o.confident).count(),
        one_shot_mismatches,
        neurons_checked: (neurons * settled.len()) as u64,
        spikes_per_neuron: sum(|o| o.spikes.iter().sum()) / (count * neurons.max(1) as f64),
        sops_per_sample: sops / count,
        input_macs_per_sample: input_macs / count,
        samples_per_second: count / seconds,
        sops_per_second: sops / seconds,
        energy: Measured::new(&cost::operations(&lowered.network), sops / count, input_macs / count),
        layers: layer_spikes(golden, &outcomes),
        float: if choices.float { Some(float(model, inputs, &outcomes, &settled, watch)) } else { None },
        reference: match &choices.reference {
            None => None,
            Some(reference) => Some(against(reference, model, golden, &outcomes)?),
        },
    };
    Ok(report)
}

fn differing(a: &[i32], b: &[i32]) -> u64 {
    a.iter().zip(b).filter(|(a, b)| a != b).count() as u64
}

fn layer_spikes(golden: &Golden, outcomes: &[Outcome]) -> Vec<LayerSpikes> {
    let layer = |(i, l): (usize, &crate::golden::Layer)| {
        let neurons = l.rows * l.channels;
        let spikes: u64 = outcomes.iter().map(|o| o.spikes[i]).sum();
        let spikes_per_neuron = spikes as f64 / (neurons * outcomes.len()).max(1) as f64;
        LayerSpikes { name: l.name.clone(), neurons, spikes_per_neuron }
    };
    golden.layers().iter().enumerate().map(layer).collect()
}

/// The spiking network in float64, sample by sample.
fn float(
    model: &Model,
    inputs: &Inputs,
    outcomes: &[Outcome],
    settled: &[usize],
    watch: &dyn Watch,
) -> FloatReport {
    watch.begin("float64", Steps::Equal(settled.len()));
    let each = settled.par_iter().map(|&n| {
        watch.advance(1);
        let real = snn::eval::evaluate(&model.network, &inputs.sample(n));
        let levels = outcomes[n].levels.iter().zip(&real.levels);
        let neurons: u64 = levels.map(|(ours, (_, theirs))| differing(ours, theirs)).sum();
        (u64::from(neurons > 0), neurons, u64::from(real.class() != outcomes[n].class))
    });
    let (samples, neurons, classes) = each.reduce(|| (0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
    watch.end();
    FloatReport {
        float_mismatched_samples: samples,
        float_mismatched_neurons: neurons,
        float_mismatched_classes: classes,
    }
}

fn against(
    reference: &Reference,
    model: &Model,
    golden: &Golden,
    outcomes: &[Outcome],
) -> Result<ReferenceReport> {
    let mut bad = vec![false; outcomes.len()];
    let (mut neurons, mut checked, mut samples) = (0, 0, 0);
    for (i, layer) in golden.layers().iter().enumerate() {
        let Levels { count, levels } = reference.levels(&layer.name, layer.rows * layer.channels)?;
        samples = samples.max(count.min(outcomes.len()));
        let view = model.views.get(&layer.name);
        for (n, theirs) in levels.chunks(layer.rows * layer.channels).enumerate().take(outcomes.len()) {
            let ours = compare::seen(&outcomes[n].levels[i], view);
            let different = differing(&ours, theirs);
            bad[n] |= different > 0;
            neurons += different;
            checked += theirs.len() as u64;
        }
    }
    let classes = reference.classes.as_ref().map(|classes| {
        classes.iter().zip(outcomes).filter(|(class, outcome)| **class != outcome.class).count() as u64
    });
    Ok(ReferenceReport {
        reference_samples: samples,
        reference_neurons_checked: checked,
        reference_mismatched_samples: bad.iter().filter(|b| **b).count() as u64,
        reference_mismatched_neurons: neurons,
        reference_mismatched_classes: classes,
    })
}
