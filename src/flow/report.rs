//! `report`: all results of a build folder as one page.

use std::path::{Path, PathBuf};

use super::compare::Reference;
use super::{Positions, Steps, Watch, energy, load, run};
use crate::architecture::Design;
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::golden::Golden;
use crate::hardware::Activity;
use crate::lower::{self, Lowered};
use crate::report::{self, Energy, EngineCycles, Layer, Measured, PredictedCycles};
use crate::snn::Model;
use crate::{emit, folder};

/// Number of samples for the cycle model.
const PLAYED: usize = 8;

/// Options of a report.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A build folder.
    pub build: PathBuf,
    /// Samples for what the golden model shows: FILE.npy or FILE.npz:NAME, batch first. What they have shown is kept
    /// for the next report.
    pub inputs: Option<String>,
    /// Labels: FILE.npy or FILE.npz:NAME.
    pub labels: Option<String>,
    /// Maximum number of samples.
    pub samples: Option<usize>,
    /// Whether to evaluate in float64 too, and count differences.
    pub float: bool,
    /// An archive with levels (`level/NEURON`) and logits from another program.
    pub reference: Option<PathBuf>,
    /// The sample whose spikes are drawn, counted from 0.
    pub raster: usize,
    /// File for the page; default `reports/report.html` in the build folder.
    pub output: Option<PathBuf>,
}

/// Measures what is requested and writes the page; returns its path and data.
///
/// # Errors
/// When the folder is not a build folder, or samples do not fit. A difference is not an error here, see
/// [`report::Report::check`].
pub fn report(options: &Options, watch: &dyn Watch) -> Result<(PathBuf, report::Report)> {
    let build = &options.build;
    let manifest = emit::read_manifest(build)?;
    if let Some(location) = &options.inputs {
        let model = load::model(build)?;
        let inputs = load::inputs(location, &model, options.samples)?;
        let positions = Positions::of(&model);
        let labels = options
            .labels
            .as_deref()
            .map(|l| load::labels(l, inputs.len(), options.samples, positions))
            .transpose()?;
        if options.raster >= inputs.len() {
            return Err(Error::input(format!("--raster {} of {} samples", options.raster, inputs.len())));
        }
        let lowered = lower::lower(&model)?;
        let golden = Golden::new(&lowered.network)?;
        let names: Vec<String> = golden.layers().iter().map(|l| l.name.clone()).collect();
        let reference =
            options.reference.as_deref().map(|path| Reference::read(path, &names, positions)).transpose()?;
        let labels = labels.as_deref();
        let choices = run::Choices { labels, t_max: None, confidence: None, float: options.float, reference };
        let figures = run::measure(&model, &lowered, &golden, &inputs, &choices, watch)?;
        let context = Context { model: &model, lowered: &lowered, golden: &golden, manifest: &manifest };
        measured(&context, &inputs, labels, options.raster, &figures, watch)?.save(build)?;
    }
    write(build, options.output.as_deref())
}

/// Writes the page of a build folder; returns its path and data.
///
/// # Errors
/// When the folder is damaged or the page cannot be written.
pub fn write(build: &Path, output: Option<&Path>) -> Result<(PathBuf, report::Report)> {
    let found = report::collect(build)?;
    let path = output.map_or_else(|| build.join("reports/report.html"), Path::to_owned);
    let text = report::html(&found)?;
    match output {
        // A missing folder may be a typing error.
        Some(path) => {
            let mut file = folder::begin_file(path)?;
            std::io::Write::write_all(&mut file, text.as_bytes())
                .map_err(|e| Error::io("write", path, &e))?;
            folder::finish_file(file, path)?;
        }
        None => folder::write_whole(&path, text.as_bytes())?,
    }
    Ok((path, found))
}

/// Forms of the network that samples are run on.
pub struct Context<'a> {
    /// The model.
    pub model: &'a Model,
    /// The integer network.
    pub lowered: &'a Lowered,
    /// The golden model.
    pub golden: &'a Golden,
    /// The design.
    pub manifest: &'a emit::Manifest,
}

/// What the report keeps of a run of the golden model, with what it looks at besides: rates, spikes, cycles.
///
/// # Errors
/// When the folding in the manifest is not one of the model.
pub fn measured(
    context: &Context<'_>,
    inputs: &Inputs,
    labels: Option<&[i64]>,
    raster: usize,
    figures: &run::Report,
    watch: &dyn Watch,
) -> Result<Measured> {
    let golden = context.golden;
    let rates = super::watch::task(watch, "rates", Steps::Equal(inputs.len()), || {
        report::rates(golden, inputs, &mut || watch.advance(1))
    })?;
    let layers = figures.layers.iter().zip(rates).map(|(layer, rates)| Layer {
        name: layer.name.clone(),
        neurons: layer.neurons,
        spikes_per_neuron: layer.spikes_per_neuron,
        rates,
    });
    let network = &context.lowered.network;
    let design = Design::plan(&context.model.name, network, &context.manifest.folding)?;
    let played = inputs.len().min(PLAYED);
    let activity = Activity::measure(golden, (0..played).map(|n| inputs.sample(n)));
    let predicted = design.cycles(&activity);
    let engine = design.program(&activity).map(|program| EngineCycles {
        layer_cycles: program.layers.iter().map(|layer| layer.cycles).collect(),
        roofline: program.roofline,
        adders: program.adders,
        timeline: program.timeline,
    });
    Ok(Measured {
        samples: figures.samples,
        accuracy: figures.accuracy,
        accuracy_per_step: figures.accuracy_per_step.clone(),
        time_steps: figures.time_steps,
        one_shot_mismatches: figures.one_shot_mismatches,
        neurons_checked: figures.neurons_checked,
        float: figures.float,
        reference: figures.reference,
        spikes_per_neuron: figures.spikes_per_neuron,
        sops_per_sample: figures.sops_per_sample,
        input_macs_per_sample: figures.input_macs_per_sample,
        energy: account(&figures.energy),
        layers: layers.collect(),
        raster: report::raster(
            golden,
            inputs,
            raster,
            labels.filter(|l| l.len() == inputs.len()).and_then(|l| l.get(raster).copied()),
        ),
        predicted: PredictedCycles {
            samples: played,
            per_sample: predicted.per_sample,
            busy: predicted.busy,
            engine,
        },
    })
}

fn account(energy: &energy::Measured) -> Energy {
    let energy::Measured { basis, qann_macs, qann_nj_per_sample, snn_nj_per_sample, ratio, schedules } =
        energy;
    Energy {
        technology: basis.technology.to_owned(),
        pj_per_mac: basis.pj_per_mac,
        pj_per_sop: basis.pj_per_sop,
        qann_macs: *qann_macs,
        qann_nj_per_sample: *qann_nj_per_sample,
        snn_nj_per_sample: *snn_nj_per_sample,
        ratio: *ratio,
        layer_norm_elements: basis.layer_norm_elements,
        softmax_elements: basis.softmax_elements,
        schedules: schedules.clone(),
    }
}
