//! `run`: the golden model on samples.

mod differences;
mod report;
mod settled;
mod synchronous;

use std::path::PathBuf;

use super::compare::Reference;
use super::{Positions, StopRule, Watch, dump, load};
use crate::error::{Error, Result};
use crate::golden::{Confidence, Golden, Layer, Limits, Schedule, Settled, SpikeCode};
use crate::lower;

pub use crate::cosim::Spread;
pub use crate::report::{FloatReport, ReferenceReport};
pub use report::{LayerSpikes, Report};
pub use settled::measure as measure_settled;
pub use synchronous::measure;

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
    /// The order of the updates.
    pub schedule: Schedule,
    /// What a spike is worth in the settled schedule.
    pub code: SpikeCode,
    /// Limit of time-steps of the synchronous schedule.
    pub t_max: Option<u32>,
    /// The confidence rule; in the synchronous schedule.
    pub stop: Option<StopRule>,
    /// Whether to evaluate in float64 too, and count differences.
    pub float: bool,
    /// An archive with levels (`level/NEURON`) and logits from another program.
    pub reference: Option<PathBuf>,
    /// File for logits, levels and spikes of every neuron and time-step, or local time-step: FILE.npz.
    pub dump: Option<PathBuf>,
}

/// Runs the golden model on samples and makes the requested comparisons.
///
/// # Errors
/// When model or samples are wrong, or the dump cannot be written. A difference is not an error here, see
/// [`Report::check`].
pub fn run(options: &Options, watch: &dyn Watch) -> Result<Report> {
    let model = load::model(&options.model)?;
    // Networks with time-steps of their own have this schedule only.
    let timed = model.network.topological().into_iter();
    let timed = timed.map(|id| &model.network.node(id).op).any(|op| matches!(op, crate::snn::Op::Lif(_)));
    let schedule = if timed { Schedule::Settled } else { options.schedule };
    let options = &Options { schedule, ..options.clone() };
    refuse(options)?;
    let inputs = load::inputs(&options.inputs, &model, options.samples)?;
    let lowered = lower::lower(&model)?;
    let positions = Positions::of(&model);
    let read = |l: &str| load::labels(l, inputs.len(), options.samples, positions);
    let labels = options.labels.as_deref().map(read).transpose()?;
    let reference = |layers: &[Layer]| {
        let names: Vec<String> = layers.iter().map(|l| l.name.clone()).collect();
        options.reference.as_deref().map(|path| Reference::read(path, &names, positions)).transpose()
    };
    if options.stop.is_some() && positions.rows > 1 {
        return Err(Error::input(format!("--margin with logits of {} positions", positions.rows))
            .fix("leave it out: the rule compares the classes of whole samples"));
    }
    let confidence = options.stop.map(|stop| stop.rule(lowered.readout.unit)).transpose()?;
    let (labels, t_max) = (labels.as_deref(), options.t_max);
    let choices = |reference| Choices { labels, t_max, confidence, float: options.float, reference };
    match options.schedule {
        Schedule::Synchronous => {
            let golden = Golden::new(&lowered.network)?;
            let choices = choices(reference(golden.layers())?);
            let report = measure(&model, &lowered, &golden, &inputs, &choices, watch)?;
            if let Some(path) = &options.dump {
                let limits = Limits { t_max, confidence, class_per_step: false };
                let run = dump::Run::Synchronous(&golden, &limits);
                dump::write(path, &model, &lowered, run, &inputs, watch)?;
            }
            Ok(report)
        }
        Schedule::Settled => {
            let settled = Settled::new(&lowered.network, options.code)?;
            let choices = choices(reference(settled.layers())?);
            let report = measure_settled(&model, &lowered, &settled, &inputs, &choices, watch)?;
            if let Some(path) = &options.dump {
                dump::write(path, &model, &lowered, dump::Run::Settled(&settled), &inputs, watch)?;
            }
            Ok(report)
        }
    }
}

/// Refuses options that have no meaning in the schedule.
fn refuse(options: &Options) -> Result<()> {
    let refusal = |problem: &str, fix: &str| Err(Error::input(problem).fix(fix));
    let other = "leave it out, or use --schedule synchronous";
    match options.schedule {
        Schedule::Synchronous if options.code == SpikeCode::Radix => refusal(
            "--code radix in the synchronous schedule, whose spikes carry one level",
            "add --schedule settled",
        ),
        Schedule::Synchronous if options.t_max == Some(0) => {
            Err(Error::input("no time-steps are allowed: --t-max 0"))
        }
        Schedule::Settled if options.t_max.is_some() => {
            refusal("--t-max in the settled schedule, where each layer has time-steps of its own", other)
        }
        Schedule::Settled if options.stop.is_some() => {
            refusal("--margin in the settled schedule, whose readout is computed once, at the end", other)
        }
        Schedule::Synchronous | Schedule::Settled => Ok(()),
    }
}

/// Requested comparisons and counts.
pub struct Choices<'a> {
    /// Labels.
    pub labels: Option<&'a [i64]>,
    /// Limit of time-steps of the synchronous schedule.
    pub t_max: Option<u32>,
    /// Stop a sample of the synchronous schedule as soon as this holds.
    pub confidence: Option<Confidence>,
    /// Whether to evaluate in float64.
    pub float: bool,
    /// Another program's levels.
    pub reference: Option<Reference>,
}
