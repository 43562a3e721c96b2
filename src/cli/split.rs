//! `split`: a network as several networks in sequence.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::output::{self, thousands};
use crate::error::{Error, Result, printable};
use crate::flow;
use crate::flow::explore::Schedule;
use crate::flow::split::{Options, Plan, check_place};
use crate::report::Spikes;

/// Most parts.
const MOST_PARTS: usize = 64;

/// Arguments of `split`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn or a build folder.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Number of parts: as many devices. The cuts are chosen so that the estimated cycles of the parts are balanced.
    #[arg(long, value_name = "N", required_unless_present = "cut", conflicts_with = "cut")]
    parts: Option<usize>,
    /// Cut behind this node; can be given several times.
    #[arg(long, value_name = "NODE")]
    cut: Vec<String>,
    /// Samples that cycles are estimated with: FILE.npy or FILE.npz:NAME, batch first; default: random samples.
    #[arg(long, value_name = "FILE")]
    calibrate: Option<String>,
    /// Use only the first N samples.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "calibrate")]
    calibration_samples: usize,
    /// The folder that gets part1.snn, part2.snn, …; models that are already there are replaced.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Splits, saves, prints.
///
/// # Errors
/// When the model cannot be cut as asked, or the output cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let parts = args.parts.unwrap_or(args.cut.len() + 1);
    if !(2..=MOST_PARTS).contains(&parts) {
        return Err(Error::input(format!("{parts} parts")).fix(format!("ask for 2 to {MOST_PARTS}: --parts")));
    }
    check_place(&args.output, parts)?;
    let schedule = Schedule {
        calibrate: args.calibrate.clone(),
        calibration_samples: Some(args.calibration_samples),
        ..Schedule::default()
    };
    let (model, output) = (args.model.clone(), args.output.clone());
    let plan = flow::split(&Options { model, parts, cuts: args.cut.clone(), output, schedule })?;
    if args.json {
        return output::json(&plan);
    }
    output::print(&table(&plan))?;
    let whole = thousands(plan.estimated_cycles.round() as u64);
    let mut slowest = plan.parts.iter().map(|part| part.estimated_cycles);
    let slowest = slowest.try_fold(0.0, |most: f64, own| own.map(|own| most.max(own)));
    let slowest = slowest.map_or_else(String::new, |slowest| {
        format!(", in parts one every {}", thousands(slowest.round() as u64))
    });
    output::print(&format!("cycles of a sample, estimated: {whole} on one overlay{slowest}"))?;
    if let Spikes::Synthetic { samples } = plan.spikes {
        output::print(&format!("spikes: of {samples} random samples (--calibrate FILE.npy: of your own)"))?;
    }
    for part in plan.parts.iter().filter(|part| part.problem.is_some()) {
        let problem = part.problem.as_deref().unwrap_or_default();
        output::print(&format!("{}: there is no overlay for it: {problem}", part.path.display()))?;
    }
    output::print("the parts give the logits of the network for these samples, in the golden model")
}

fn table(plan: &Plan) -> String {
    let rows = plan.parts.iter().map(|part| {
        let crossing = part.crossing.as_ref();
        [
            part.path.display().to_string(),
            thousands(part.neurons as u64),
            thousands(part.parameters as u64),
            thousands(part.parameter_bits),
            thousands(part.synapses),
            part.estimated_cycles.map_or_else(String::new, |cycles| thousands(cycles.round() as u64)),
            crossing.map_or_else(String::new, |own| format!("{} of {}", own.kind, printable(&own.node))),
            crossing.map_or_else(String::new, |own| thousands(own.bits)),
        ]
    });
    let header = [
        "part",
        "neurons",
        "parameters",
        "bits",
        "synapses",
        "cycles, estimated",
        "crosses",
        "bits of a sample",
    ];
    output::table(header, rows.collect(), 1).to_string()
}
