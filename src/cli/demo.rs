//! `demo`: all steps on a built-in example.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::builder::PossibleValue;
use clap::{Args as ClapArgs, ValueEnum};

use super::output::{self, thousands};
use crate::architecture::{
    Options as Architecture, OverlayOptions, OverlaySizes, StreamingOptions as Folding,
};
use crate::convert::EncodingChoice;
use crate::cosim as simulation;
use crate::data;
use crate::emit::Existing;
use crate::error::{Error, Result};
use crate::flow::demo::{Area, Report};
use crate::flow::examples::Example;
use crate::flow::explore::Schedule;
use crate::flow::layout::Layout;
use crate::flow::run as golden_run;
use crate::flow::{Positions, build, compare, convert, cosim, load, report, synth};
use crate::golden::Golden;
use crate::integer::{Network, Op};
use crate::interrupt::Unfinished;
use crate::lower;
use crate::synth::Core;
use crate::target::{Device, Target};

/// Arguments of `demo`.
#[derive(ClapArgs)]
pub struct Args {
    /// The folder for all output; replaced if an earlier demo wrote it.
    #[arg(short, long, value_name = "DIR", default_value = "demo")]
    output: PathBuf,
    /// The trained network.
    #[arg(long, value_enum, value_name = "NAME", default_value_t = ExampleName(Example::MnistVit))]
    example: ExampleName,
    /// Synthesise with Yosys (minutes) instead of estimating the area, and co-simulate 16 samples of a Transformer.
    #[arg(long)]
    full: bool,
    /// Samples that are co-simulated; by default 4 for a Transformer (16 with --full), 64 otherwise.
    #[arg(long, value_name = "N")]
    cosim: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Name of an example on the command line.
#[derive(Clone, Copy, Debug)]
struct ExampleName(Example);

impl ValueEnum for ExampleName {
    fn value_variants<'a>() -> &'a [Self] {
        const NAMES: [ExampleName; Example::ALL.len()] =
            [ExampleName(Example::ALL[0]), ExampleName(Example::ALL[1]), ExampleName(Example::ALL[2])];
        &NAMES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.description()))
    }
}

/// Marks a folder written by a demo.
const MARK: &str = "demo.json";

/// Samples whose spikes the design is balanced on.
const CALIBRATION: usize = 4;

/// Clock in MHz that rates are given for.
const CLOCK_MHZ: f64 = 100.0;

/// Runs every stage and prints the figures.
///
/// # Errors
/// When a tool is missing and cannot be provided, or the folder cannot be written; a difference is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let ExampleName(example) = args.example;
    let display = output::Display::new();
    let (one, samples) = example.sample();
    let compared = args.cosim.unwrap_or(example.cosim_samples(args.full));
    if compared == 0 {
        return Err(Error::input(format!("no {samples} are to be co-simulated: --cosim 0")));
    }
    prepare(example, &args.output)?;
    // From here on the folder is ours: an interruption removes it.
    let _unfinished = Unfinished::folder(&args.output)?;
    let [model_file, inputs_file, labels_file, reference_file] = example.files().map(|(name, _)| name);
    let file = |name: &str| args.output.join(name).display().to_string();
    let say = |text: &str| if args.json { Ok(()) } else { output::print(text) };

    say(&format!("{} ({}) → {}", example.title(), example.description(), args.output.display()))?;
    let options = example.options()?;
    let model_folder = args.output.join("model.snn");
    let converted = convert::convert(&convert::Options {
        model: args.output.join(model_file),
        output: Some(model_folder.clone()),
        input: Some(options.input),
        weight_bits: options.weight_bits,
        adjustments: crate::import::Adjustments::default(),
        insert: None,
        search: None,
        encoding: EncodingChoice::Analog,
        precision: crate::quant::Precision::EXACT,
        spiking: crate::nir::Options::default(),
        name: None,
    })?;
    let model = converted.model;
    let lowered = lower::lower(&model)?;
    let golden = Golden::new(&lowered.network)?;
    let neurons: usize = golden.layers().iter().map(|layer| layer.rows * layer.channels).sum();
    say(&format!(
        "1. convert: {} layers with {} spiking neurons; {} inequalities about their thresholds proven",
        golden.layers().len(),
        thousands(neurons as u64),
        thousands(converted.proof.iter().map(|layer| layer.inequalities).sum())
    ))?;

    let names: Vec<String> = golden.layers().iter().map(|l| l.name.clone()).collect();
    let mut inputs = load::inputs(&file(inputs_file), &model, None)?;
    let labels = data::read_labels(&file(labels_file), inputs.len(), 1)?;
    let reference =
        compare::Reference::read(&args.output.join(reference_file), &names, Positions::of(&model))?;
    let choices = golden_run::Choices {
        labels: Some(&labels),
        t_max: None,
        confidence: None,
        float: args.full,
        reference: Some(reference),
    };
    let figures = golden_run::measure(&model, &lowered, &golden, &inputs, &choices, &display)?;
    say(&format!(
        "2. run: accuracy {:.2} % on {} {samples}, {:.0} per second in software\n   golden model = integer network: \
         {}",
        100.0 * figures.accuracy.unwrap_or(0.0),
        thousands(figures.samples as u64),
        figures.samples_per_second,
        equal(figures.one_shot_mismatches, figures.neurons_checked, "neurons")
    ))?;
    if let Some(found) = &figures.reference {
        let text = equal(found.reference_mismatched_neurons, found.reference_neurons_checked, "neurons");
        say(&format!("   golden model = PyTorch in float64: {text}"))?;
    }

    let build = args.output.join("build");
    let device = Device::find(example.device())?;
    let built = build::build(
        &build::Options {
            model: model_folder,
            output: build.clone(),
            target: Some(Target::Device(Box::new(device.clone()))),
            layout: match example.is_overlay() {
                true => Layout::Overlay { sizes: OverlaySizes::default(), schedule: Schedule::default() },
                false => Layout::Scheduled {
                    schedule: Schedule {
                        calibrate: Some(file(inputs_file)),
                        calibration_samples: Some(CALIBRATION),
                        clock_mhz: Some(CLOCK_MHZ),
                        ..Schedule::default()
                    },
                    folding: Folding::default(),
                },
            },
            // The folder is new.
            existing: Existing::Discard,
        },
        &display,
    )?;
    let manifest = &built.manifest;
    let (_, estimate) = built.estimate.as_ref().ok_or_else(|| Error::check("there is no estimate"))?;
    let area = Area::of(&estimate.total, &device);
    let overlay = |sizes: &OverlayOptions| {
        let (lanes, spikes) = (sizes.lanes, sizes.spikes);
        format!("3. build: an overlay, one engine for all layers: {lanes} lanes, {spikes} spikes per cycle")
    };
    say(&match &manifest.folding {
        Architecture::Overlay(sizes) => overlay(sizes),
        Architecture::Loadable(loadable) => overlay(&loadable.options),
        Architecture::Streaming(_) => format!(
            "3. build: {} stages, balanced on {CALIBRATION} {samples}: the fastest design that fits {} by the cost model",
            manifest.stages.len(),
            device.part
        ),
    })?;

    // The report shows what the golden model does on all of them.
    let context = report::Context { model: &model, lowered: &lowered, golden: &golden, manifest };
    let measured = report::measured(&context, &inputs, Some(&labels), 0, &figures, &display)?;
    measured.save(&build)?;
    inputs.truncate(compared);
    let simulated = cosim::simulate(&build, &inputs, &simulation::Options::default(), &display)?;
    let text = match &simulated.first_mismatch {
        None => equal(0, simulated.spikes_checked, "spikes, membranes and tracers"),
        Some(_) => "NOT equal, see below".to_owned(),
    };
    let fewer = if args.full || args.cosim.is_some() { "" } else { "; --full takes more" };
    say(&format!(
        "4. cosim: RTL in Verilator on {} {}{fewer}\n   RTL = golden model: {text}",
        inputs.len(),
        if inputs.len() == 1 { one.split(' ').next_back().unwrap_or(one) } else { samples }
    ))?;

    let target = Target::Device(Box::new(device.clone()));
    let synthesis = match args.full {
        true => Some(synth::yosys(&build, None, Core::default(), Some(&target), manifest, &display)?),
        false => None,
    };
    say(&match &synthesis {
        Some(synthesis) => {
            format!("5. synth: {} {}", synthesis.utilisation.tool, synthesis.utilisation.tool_version)
        }
        None => format!(
            "5. synth: not run; the area below is an estimate. Yosys takes minutes: snn2rtl synth {}",
            build.display()
        ),
    })?;
    let (page, _) = report::write(&build, None)?;

    let report = Report {
        example: example.name(),
        golden: &figures,
        cosim: &simulated,
        clock_mhz: CLOCK_MHZ,
        samples_per_second: 1e6 * CLOCK_MHZ / simulated.cycles_per_sample.mean.max(1.0),
        estimate: area,
        fit: synthesis.as_ref().and_then(|synthesis| synthesis.fit.clone()),
        utilisation: synthesis.as_ref().map(|synthesis| &synthesis.utilisation),
        build: &build,
        report: &page,
        seconds: start.elapsed().as_secs_f64(),
    };
    if args.json {
        output::json(&report)?;
    } else {
        output::print(&summary(example, &report).to_string())?;
        output::print(&format!("report: {}", page.display()))?;
        output::print(&format!("layers and widths: snn2rtl inspect {}", build.display()))?;
    }
    figures.check()?;
    simulated.check()?;
    figures.reference.as_ref().map_or(Ok(()), |r| agreement(r, &lowered.network))
}

/// Whether two evaluations are equal, and of how many comparisons.
fn equal(different: u64, all: u64, what: &str) -> String {
    match different {
        0 => format!("equal ({} {what})", thousands(all)),
        n => format!("NOT equal ({} of {} {what} differ)", thousands(n), thousands(all)),
    }
}

/// A network of synapses and thresholds equals float64 in every neuron. LayerNorm, softmax and residual sums have
/// constants that are rounded: of a hundred samples one may differ, none in its class.
fn agreement(found: &golden_run::ReferenceReport, network: &Network) -> Result<()> {
    let rounded = |id| matches!(network.node(id).op, Op::LayerNorm(_) | Op::Softmax(_) | Op::Sum(_));
    let allowed = match network.topological().into_iter().any(rounded) {
        true => found.reference_samples / 100,
        false => 0,
    };
    if found.reference_mismatched_samples > allowed as u64 {
        return Err(Error::check("neurons differ from what PyTorch computed in float64"));
    }
    match found.reference_mismatched_classes {
        Some(classes) if classes > 0 => {
            Err(Error::check("classes differ from what PyTorch computed in float64"))
        }
        _ => Ok(()),
    }
}

/// Writes the example's files into the folder.
fn prepare(example: Example, folder: &Path) -> Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).map_err(|e| Error::io("create", parent, &e))?;
    }
    let mark = format!("{{\"format_version\": 1, \"example\": \"{}\"}}\n", example.name());
    let mut files = example.files().to_vec();
    files.push((MARK, mark.as_bytes()));
    crate::folder::replace(folder, "folder of a demo", &files, &[], |path| {
        let found = crate::folder::entries(path)?;
        let ours = found.iter().any(|entry| entry.ends_with(MARK));
        Ok(if ours { None } else { found.into_iter().next() })
    })
}

/// The table at the end of the demo: every figure is of this run.
fn summary(example: Example, report: &Report<'_>) -> comfy_table::Table {
    let Report { golden, cosim, .. } = report;
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String| rows.push([what.to_owned(), value]);
    let (one, many) = example.sample();
    row(
        "accuracy",
        format!(
            "{:.2} % of {} {many}",
            100.0 * golden.accuracy.unwrap_or(0.0),
            thousands(golden.samples as u64)
        ),
    );
    row(
        "golden model = integer network",
        equal(golden.one_shot_mismatches, golden.neurons_checked, "neurons"),
    );
    if let Some(r) = golden.reference {
        row(
            "golden model = PyTorch in float64",
            equal(r.reference_mismatched_neurons, r.reference_neurons_checked, "neurons"),
        );
    }
    let rtl = match &cosim.first_mismatch {
        None => equal(0, cosim.spikes_checked, "spikes"),
        Some(_) => "NOT equal".to_owned(),
    };
    row("RTL = golden model", rtl);
    row(
        &format!("{many} per second at {} MHz", report.clock_mhz),
        thousands(report.samples_per_second.round() as u64),
    );
    row("interval between results, cycles", thousands(cosim.cycles_per_sample.mean.round() as u64));
    let alone = cosim
        .first_latency_cycles
        .map_or_else(String::new, |cycles| format!(", {} of the first", thousands(cycles)));
    row(
        &format!("latency of {one}, cycles"),
        format!("{} in the mean{alone}", thousands(cosim.latency_cycles.mean.round() as u64)),
    );
    let percent = |resources: &[crate::synth::Resource]| {
        let shown = resources.iter().filter(|resource| resource.used > 0 && resource.name != "LUT as memory");
        let text = shown.map(|r| {
            let share = r.percent.map_or_else(String::new, |percent| format!(" ({percent:.0} %)"));
            format!("{} {}{share}", thousands(r.used), r.name)
        });
        text.collect::<Vec<_>>().join(", ")
    };
    match &report.fit {
        Some(fit) => row(&format!("{}, Yosys", fit.device), percent(&fit.resources)),
        None => row(&format!("{}, ESTIMATED", report.estimate.device), percent(&report.estimate.resources)),
    }
    // The overlay computes layer after layer: it has no time-steps of the whole network.
    if !example.is_overlay() {
        row(
            "time-steps",
            format!("{:.1} in the mean, at most {}", golden.time_steps.mean, golden.time_steps.max),
        );
    }
    row("seconds", format!("{:.0}", report.seconds));
    output::table([example.title(), ""], rows, 1)
}
