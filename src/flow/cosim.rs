//! `cosim`: compares the RTL with the golden model.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Steps, StopRule, Watch, load};
use crate::cosim::{self, Progress, Report};
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::folder::{self, Draft};
use crate::snn::Model;

/// Options of a co-simulation.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A build folder.
    pub build: PathBuf,
    /// Samples: FILE.npy or FILE.npz:NAME, batch first.
    pub inputs: String,
    /// Maximum number of samples.
    pub samples: Option<usize>,
    /// Seed of random back-pressure on every stream.
    pub stall: Option<u64>,
    /// Limit of time-steps.
    pub t_max: Option<u16>,
    /// The confidence rule.
    pub stop: Option<StopRule>,
    /// File for a waveform around the first mismatch; default `sim/mismatch.vcd` in the build folder.
    pub trace: Option<PathBuf>,
    /// Another model, which is loaded into the hardware.
    pub model: Option<PathBuf>,
    /// The model image that is loaded.
    pub image: Option<PathBuf>,
    /// File for time-steps, spikes, synaptic operations, cycles and latency of each sample: FILE.csv.
    pub per_sample: Option<PathBuf>,
}

/// Co-simulates; the figures are stored in the build folder for the report.
///
/// # Errors
/// When the folder or the samples are wrong, or a tool is missing. A mismatch is not an error here, see
/// [`Report::check`].
pub fn cosim(options: &Options, watch: &dyn Watch) -> Result<Report> {
    let manifest = crate::emit::read_manifest(&options.build)?;
    let model = load::model(options.model.as_ref().unwrap_or(&options.build))?;
    let inputs = load::inputs(&options.inputs, &model, options.samples)?;
    let loadable = manifest.folding.loadable().is_some();
    let image = options.image.as_deref().map(|path| image_words(path, loadable)).transpose()?;
    let how = cosim::Options {
        stall: options.stall,
        t_max: options.t_max,
        confidence: options.stop.map(|stop| stop.rule(manifest.output.unit)).transpose()?,
        trace: options.trace.clone(),
        image,
    };
    // A file that cannot be written is found before minutes of simulation.
    let samples =
        options.per_sample.as_ref().map(|path| Ok((folder::begin_file(path)?, path))).transpose()?;
    let report =
        simulate_model(&options.build, options.model.as_ref().map(|_| &model), &inputs, &how, watch)?;
    if let Some((file, path)) = samples {
        write_samples(file, path, &report)?;
    }
    Ok(report)
}

/// The words of a model image. What they are is for the hardware to judge.
fn image_words(path: &Path, loadable: bool) -> Result<Vec<u32>> {
    if !loadable {
        return Err(Error::input("networks cannot be loaded into this hardware")
            .at_file(path)
            .fix("build it with --architecture overlay --loadable"));
    }
    let bytes = folder::read(path)?;
    let (words, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Error::input(format!("{} bytes are no whole number of words", bytes.len())).at_file(path));
    }
    Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
}

/// One line per sample, under a heading.
fn write_samples(mut file: Draft, path: &Path, report: &Report) -> Result<()> {
    let mut text = "sample,time_steps,spikes,sops,cycles,latency\n".to_owned();
    for (n, sample) in report.per_sample.iter().enumerate() {
        let cosim::Sample { time_steps, spikes, sops, cycles, latency } = sample;
        text += &format!("{n},{time_steps},{spikes},{sops},{cycles},{latency}\n");
    }
    file.write_all(text.as_bytes()).map_err(|e| Error::io("write", path, &e))?;
    folder::finish_file(file, path)
}

/// Co-simulates samples that are read already, and keeps the figures in the build folder for the report.
///
/// # Errors
/// As [`cosim::run`].
pub fn simulate(
    build: &Path,
    inputs: &Inputs,
    options: &cosim::Options,
    watch: &dyn Watch,
) -> Result<Report> {
    simulate_model(build, None, inputs, options, watch)
}

/// The same for another model, which is loaded into the hardware; its figures are not kept.
fn simulate_model(
    build: &Path,
    model: Option<&Model>,
    inputs: &Inputs,
    options: &cosim::Options,
    watch: &dyn Watch,
) -> Result<Report> {
    // After a failure no figures of an earlier run may look like this one's.
    let kept = cosim::path(build, options.stall.is_some());
    let free = if model.is_none() { folder::remove(&kept) } else { Ok(()) };
    watch.begin("Verilator: building the simulation", Steps::Unknown);
    // What the steps of the task are that has begun, and how many are done.
    let (mut steps, mut before) = (Steps::Unknown, 0);
    let mut show = |task: &str, all: Steps, done: usize| {
        if steps != all {
            watch.end();
            watch.begin(task, all);
            (steps, before) = (all, 0);
        }
        watch.advance(done.saturating_sub(before));
        before = done;
    };
    let result = cosim::run_model(build, model, inputs, options, &mut |progress| match progress {
        Progress::Building => {}
        Progress::Compiling { done, files } => show("Verilator: compiling", Steps::Equal(files), done),
        Progress::Running { done, samples } => show("co-simulation", Steps::Equal(samples), done),
        Progress::Waveform => watch.doing("mismatch: writing a waveform"),
    });
    watch.end();
    let report = result?;
    if model.is_some() {
        return Ok(report);
    }
    // A folder that may only be read is co-simulated all the same.
    if let Err(error) = free.and_then(|()| cosim::save(build, &report)) {
        watch.note(&format!("the figures are not kept for 'snn2rtl report': {error}"));
    }
    Ok(report)
}
