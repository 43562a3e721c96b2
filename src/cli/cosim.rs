//! `cosim`: compares the RTL with the golden model.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::confidence::ConfidenceArgs;
use super::output;
use crate::error::Result;
use crate::flow;

/// Arguments of `cosim`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Samples: FILE.npy or FILE.npz:NAME, batch first.
    #[arg(long, value_name = "FILE")]
    inputs: String,
    /// Use only the first N samples.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// Random back-pressure on every stream, with this seed.
    #[arg(long, value_name = "SEED")]
    stall: Option<u64>,
    /// Stop each sample after this many time-steps.
    #[arg(long, value_name = "T")]
    t_max: Option<u16>,
    #[command(flatten)]
    confidence: ConfidenceArgs,
    /// Load another model.snn into the hardware, which must have been built with --loadable.
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Load this model image, which must be that of the model; default: the one that is written for it.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// File for a waveform around the first mismatch.
    #[arg(long, value_name = "FILE.vcd")]
    trace: Option<PathBuf>,
    /// Write time-steps, spikes, synaptic operations, cycles and latency of each sample to this file.
    #[arg(long, value_name = "FILE.csv")]
    per_sample: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Co-simulates and prints the figures.
///
/// # Errors
/// When the folder or the samples are wrong or a tool is missing; a mismatch is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let options = flow::cosim::Options {
        build: args.build.clone(),
        inputs: args.inputs.clone(),
        samples: args.samples,
        stall: args.stall,
        t_max: args.t_max,
        stop: args.confidence.stop(),
        model: args.model.clone(),
        image: args.image.clone(),
        trace: args.trace.clone(),
        per_sample: args.per_sample.clone(),
    };
    let report = flow::cosim(&options, &output::Display::new())?;
    if args.json {
        output::json(&report)?;
    } else {
        output::print(&report.table().to_string())?;
    }
    report.check()
}
