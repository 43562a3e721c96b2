//! `report`: everything that is known of a build folder as one page.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::compare::Reference;
use super::{energy, load, output, run};
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::golden::Golden;
use crate::lower::{self, Lowered};
use crate::report::{self, Comparison, Energy, Layer, Measured, PredictedCycles};
use crate::snn::Model;
use crate::streaming::schedule::{Activity, cycles};
use crate::{emit, folder};

/// Arguments of `report`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Samples for what the golden model shows: FILE.npy or FILE.npz:NAME, batch first. What they have shown is kept for
    /// the next report.
    #[arg(long, value_name = "FILE")]
    inputs: Option<String>,
    /// Labels: FILE.npy or FILE.npz:NAME.
    #[arg(long, value_name = "FILE", requires = "inputs")]
    labels: Option<String>,
    /// Only the first of them.
    #[arg(long, value_name = "N", requires = "inputs")]
    samples: Option<usize>,
    /// Also evaluate the network in float64, without integers, and count differences.
    #[arg(long, requires = "inputs")]
    float: bool,
    /// Compare with the levels (level/NEURON) and logits that another program computed.
    #[arg(long, value_name = "FILE.npz", requires = "inputs")]
    reference: Option<PathBuf>,
    /// The sample whose spikes are drawn, counted from 0.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "inputs")]
    raster: usize,
    /// Where the page goes; DIR/reports/report.html by default.
    #[arg(short, long, value_name = "FILE.html")]
    output: Option<PathBuf>,
    /// Print the data of the page as JSON as well.
    #[arg(long)]
    json: bool,
}

/// Samples whose spikes the cycle model plays.
const PLAYED: usize = 8;

/// Measures what is asked for and writes the page.
///
/// # Errors
/// When the folder is not a build folder, or samples do not fit; a strict equality that does not hold is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let manifest = emit::read_manifest(&args.build)?;
    if let Some(location) = &args.inputs {
        let model = load::model(&args.build)?;
        let inputs = load::inputs(location, &model, args.samples)?;
        let labels =
            args.labels.as_deref().map(|l| load::labels(l, inputs.len(), args.samples)).transpose()?;
        if args.raster >= inputs.len() {
            return Err(Error::input(format!("--raster {} of {} samples", args.raster, inputs.len())));
        }
        let lowered = lower::lower(&model)?;
        let golden = Golden::new(&lowered.network)?;
        let names: Vec<String> = golden.layers().iter().map(|l| l.name.clone()).collect();
        let reference = args.reference.as_deref().map(|path| Reference::read(path, &names)).transpose()?;
        let labels = labels.as_deref();
        let choices = run::Choices { labels, t_max: None, confidence: None, float: args.float, reference };
        let figures = run::measure(&model, &lowered, &golden, &inputs, &choices)?;
        let context = Context { model: &model, lowered: &lowered, golden: &golden, manifest: &manifest };
        measured(&context, &inputs, labels, args.raster, &figures)?.save(&args.build)?;
    }
    let (place, found) = write(&args.build, args.output.as_deref())?;
    if args.json {
        // It carries its own version.
        let text = serde_json::to_string_pretty(&found)
            .map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
        output::print(&text)?;
    } else {
        output::print(&format!("report: {}", place.display()))?;
    }
    match found.equalities.iter().find(|equality| equality.strict && equality.holds == Some(false)) {
        Some(equality) => Err(Error::check(format!("this does not hold: {}", equality.statement))),
        None => Ok(()),
    }
}

/// Writes the page of a build folder; where, and what is on it.
///
/// # Errors
/// When the folder is damaged or the page cannot be written.
pub fn write(build: &Path, output: Option<&Path>) -> Result<(PathBuf, report::Report)> {
    let found = report::collect(build)?;
    let place = output.map_or_else(|| build.join("reports/report.html"), Path::to_owned);
    let text = report::html(&found)?;
    match output {
        // A folder that is missing may be a slip of the pen.
        Some(place) => {
            let mut file = folder::begin_file(place)?;
            std::io::Write::write_all(&mut file, text.as_bytes())
                .map_err(|e| Error::io("write", place, &e))?;
            folder::finish_file(file, place)?;
        }
        None => folder::write_whole(&place, text.as_bytes())?,
    }
    Ok((place, found))
}

/// What samples are run on.
pub struct Context<'a> {
    /// The model.
    pub model: &'a Model,
    /// The same in integers.
    pub lowered: &'a Lowered,
    /// The same as a program.
    pub golden: &'a Golden,
    /// Its hardware.
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
) -> Result<Measured> {
    let golden = context.golden;
    let bar = output::bar("rates", inputs.len());
    let rates = report::rates(golden, inputs, &mut || bar.inc(1))?;
    bar.finish_and_clear();
    let layers = figures.layers.iter().zip(rates).map(|(layer, rates)| Layer {
        name: layer.name.clone(),
        neurons: layer.neurons,
        spikes_per_neuron: layer.spikes_per_neuron,
        rates,
    });
    let network = &context.lowered.network;
    let design = crate::streaming::design::plan(&context.model.name, network, &context.manifest.folding)?;
    let played = inputs.len().min(PLAYED);
    let activity = Activity::measure(golden, (0..played).map(|n| inputs.sample(n)));
    let predicted = cycles(&design, &activity);
    let samples = figures.samples as u64;
    Ok(Measured {
        samples: figures.samples,
        accuracy: figures.accuracy,
        accuracy_per_step: figures.accuracy_per_step.clone(),
        time_steps_mean: figures.time_steps.mean,
        time_steps_max: figures.time_steps.max,
        one_shot: Comparison {
            samples,
            neurons: figures.neurons_checked,
            different_neurons: figures.one_shot_mismatches,
            different_samples: None,
            different_classes: None,
        },
        float: figures.float.map(|float| Comparison {
            samples,
            neurons: figures.neurons_checked,
            different_neurons: float.float_mismatched_neurons,
            different_samples: Some(float.float_mismatched_samples),
            different_classes: Some(float.float_mismatched_classes),
        }),
        reference: figures.reference.map(|reference| Comparison {
            samples: reference.reference_samples as u64,
            neurons: reference.reference_neurons_checked,
            different_neurons: reference.reference_mismatched_neurons,
            different_samples: Some(reference.reference_mismatched_samples),
            different_classes: reference.reference_mismatched_classes,
        }),
        spikes_per_neuron: figures.spikes_per_neuron,
        sops_per_sample: figures.sops_per_sample,
        input_macs_per_sample: figures.input_macs_per_sample,
        energy: account(&figures.energy),
        layers: layers.collect(),
        raster: report::raster(golden, inputs, raster, labels.and_then(|l| l.get(raster).copied())),
        predicted: PredictedCycles {
            samples: played,
            per_sample: predicted.per_sample,
            busy: predicted.busy,
        },
    })
}

fn account(energy: &energy::Measured) -> Energy {
    let energy::Measured { basis, qann_macs, qann_nj_per_sample, snn_nj_per_sample, ratio } = energy;
    Energy {
        technology: basis.technology.to_owned(),
        pj_per_mac: basis.pj_per_mac,
        pj_per_sop: basis.pj_per_sop,
        qann_macs: *qann_macs,
        qann_nj_per_sample: *qann_nj_per_sample,
        snn_nj_per_sample: *snn_nj_per_sample,
        ratio: ratio.is_finite().then_some(*ratio),
        layer_norm_elements: basis.layer_norm_elements,
        softmax_elements: basis.softmax_elements,
    }
}
