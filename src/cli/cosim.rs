//! `cosim`: RTL against golden model.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use tempfile::NamedTempFile;

use super::confidence::ConfidenceArgs;
use super::{load, output};
use crate::cosim::{self, Progress, Report};
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::folder;

/// Arguments of `cosim`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Samples: FILE.npy or FILE.npz:NAME, batch first.
    #[arg(long, value_name = "FILE")]
    inputs: String,
    /// Only the first of them.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// Random back-pressure on every stream, from this seed.
    #[arg(long, value_name = "SEED")]
    stall: Option<u64>,
    /// Stop each sample after this many time-steps.
    #[arg(long, value_name = "T")]
    t_max: Option<u16>,
    #[command(flatten)]
    confidence: ConfidenceArgs,
    /// Where a waveform around the first mismatch goes.
    #[arg(long, value_name = "FILE.vcd")]
    trace: Option<PathBuf>,
    /// Write time-steps, spikes, synaptic operations, cycles and latency of each sample.
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
    let manifest = crate::emit::read_manifest(&args.build)?;
    let inputs = load::inputs(&args.inputs, &load::model(&args.build)?, args.samples)?;
    let options = cosim::Options {
        stall: args.stall,
        t_max: args.t_max,
        confidence: args.confidence.rule(manifest.output.unit)?,
        trace: args.trace.clone(),
    };
    // A place that cannot be written is found before minutes of simulation.
    let samples = args.per_sample.as_ref().map(|path| Ok((folder::begin_file(path)?, path))).transpose()?;
    let report = simulate(&args.build, &inputs, &options)?;
    if let Some((file, path)) = samples {
        write_samples(file, path, &report)?;
    }
    if args.json {
        output::json(&report)?;
    } else {
        output::print(&report.table().to_string())?;
    }
    check(&report)
}

/// A line a sample, under a heading.
fn write_samples(mut file: NamedTempFile, path: &Path, report: &Report) -> Result<()> {
    let mut text = "sample,time_steps,spikes,sops,cycles,latency\n".to_owned();
    for (n, sample) in report.per_sample.iter().enumerate() {
        let cosim::Sample { time_steps, spikes, sops, cycles, latency } = sample;
        text += &format!("{n},{time_steps},{spikes},{sops},{cycles},{latency}\n");
    }
    file.write_all(text.as_bytes()).map_err(|e| Error::io("write", path, &e))?;
    folder::finish_file(file, path)
}

/// Co-simulates with a progress display, and keeps the figures in the build folder for the report.
///
/// # Errors
/// As [`cosim::run`].
pub fn simulate(build: &Path, inputs: &Inputs, options: &cosim::Options) -> Result<Report> {
    // After a failure no figures of an earlier run may look like this one's.
    let place = cosim::place(build, options.stall.is_some());
    let free = folder::remove(&place);
    let spinner = output::spinner("Verilator: building the simulation");
    let bar = output::bar("co-simulation", inputs.len());
    let result = cosim::run(build, inputs, options, &mut |progress| match progress {
        Progress::Building => {}
        Progress::Running { done, .. } => {
            spinner.finish_and_clear();
            bar.set_position(done as u64);
        }
        Progress::Waveform => bar.set_message("mismatch: writing a waveform"),
    });
    spinner.finish_and_clear();
    bar.finish_and_clear();
    let report = result?;
    // A folder that may only be read is co-simulated all the same.
    if let Err(error) = free.and_then(|()| cosim::save(build, &report)) {
        eprintln!("note: the figures are not kept for 'snn2rtl report': {error}");
    }
    Ok(report)
}

/// A mismatch is a failed check.
///
/// # Errors
/// Describes the mismatch.
pub fn check(report: &Report) -> Result<()> {
    match &report.first_mismatch {
        None => Ok(()),
        Some(mismatch) => Err(Error::check(mismatch.to_string())),
    }
}
