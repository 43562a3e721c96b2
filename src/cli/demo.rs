//! `demo`: all steps on a built-in example.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::builder::PossibleValue;
use clap::{Args as ClapArgs, ValueEnum};
use serde::Serialize;

use super::output;
use crate::architecture::Options;
use crate::convert::EncodingChoice;
use crate::cosim as simulation;
use crate::data;
use crate::emit;
use crate::error::{Error, Result};
use crate::flow::examples::Example;
use crate::flow::run as golden_run;
use crate::flow::{compare, convert, cosim, load, report};
use crate::golden::Golden;
use crate::integer::{Network, Op};
use crate::synth;
use crate::target::Family;
use crate::{lower, snn};

/// Arguments of `demo`.
#[derive(ClapArgs)]
pub struct Args {
    /// The folder for all output; replaced if an earlier demo wrote it.
    #[arg(short, long, value_name = "DIR", default_value = "build/demo")]
    output: PathBuf,
    /// The trained network.
    #[arg(long, value_enum, value_name = "NAME", default_value_t = ExampleName(Example::MnistVit))]
    example: ExampleName,
    /// Number of co-simulated samples; default 16 for a Transformer, 64 otherwise.
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

#[derive(Serialize)]
struct Report<'a> {
    example: &'static str,
    golden: &'a golden_run::Report,
    cosim: &'a simulation::Report,
    utilisation: &'a synth::Utilisation,
    build: &'a Path,
    report: &'a Path,
    seconds: f64,
}

/// Runs every stage and prints the figures.
///
/// # Errors
/// When a tool is missing and cannot be provided, or the folder cannot be written; a difference is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let ExampleName(example) = args.example;
    let display = output::Display::new();
    let (_, samples) = example.sample();
    let compared = args.cosim.unwrap_or(example.cosim_samples());
    if compared == 0 {
        return Err(Error::input(format!("no {samples} are to be co-simulated: --cosim 0")));
    }
    prepare(example, &args.output)?;
    let [model_file, inputs_file, labels_file, reference_file] = example.files().map(|(name, _)| name);
    let file = |name: &str| args.output.join(name).display().to_string();
    let say = |text: &str| if args.json { Ok(()) } else { output::print(text) };

    say("1. convert: ONNX → spiking network")?;
    let onnx = args.output.join(model_file);
    let converted = convert::imported(&onnx, &example.options()?, EncodingChoice::Analog, None)?;
    let model = converted.model;
    snn::file::save(&model, &args.output.join("model.snn"))?;
    say(&super::inspect::layers(&model)?)?;

    say(&format!(
        "2. golden model on all {samples}, against the integer network in one shot and PyTorch in float64"
    ))?;
    let lowered = lower::lower(&model)?;
    let golden = Golden::new(&lowered.network)?;
    let names: Vec<String> = golden.layers().iter().map(|l| l.name.clone()).collect();
    let mut inputs = load::inputs(&file(inputs_file), &model, None)?;
    let labels = data::read_labels(&file(labels_file), inputs.len())?;
    let reference = compare::Reference::read(&args.output.join(reference_file), &names)?;
    let choices = golden_run::Choices {
        labels: Some(&labels),
        t_max: None,
        confidence: None,
        float: true,
        reference: Some(reference),
    };
    let figures = golden_run::measure(&model, &lowered, &golden, &inputs, &choices, &display)?;

    say("3. build: RTL, memory images, manifest")?;
    let build = args.output.join("build");
    let manifest = emit::emit(&model, &Options::default(), &build)?;
    say(&super::build::stages(&manifest))?;

    say("4. co-simulation: RTL in Verilator against the golden model")?;
    // The report shows what the golden model does on all of them.
    let context = report::Context { model: &model, lowered: &lowered, golden: &golden, manifest: &manifest };
    let measured = report::measured(&context, &inputs, Some(&labels), 0, &figures, &display)?;
    inputs.truncate(compared);
    let simulated = cosim::simulate(&build, &inputs, &simulation::Options::default(), &display)?;

    say("5. synthesis: Yosys for Xilinx 7 series")?;
    let spinner = output::spinner("Yosys");
    let result = synth::yosys(&build, Family::Xc7, &|step| spinner.set_message(format!("Yosys: {step}")));
    spinner.finish_and_clear();
    let utilisation = result?;
    say(&utilisation.table().to_string())?;

    measured.save(&build)?;
    let (page, _) = report::write(&build, None)?;

    let seconds = start.elapsed().as_secs_f64();
    let report = Report {
        example: example.name(),
        golden: &figures,
        cosim: &simulated,
        utilisation: &utilisation,
        build: &build,
        report: &page,
        seconds,
    };
    if args.json {
        output::json(&report)?;
    } else {
        output::print(&summary(example, &report).to_string())?;
        output::print(&format!("build folder: {}", build.display()))?;
        output::print(&format!("report: {}", page.display()))?;
    }
    figures.check()?;
    simulated.check()?;
    figures.reference.as_ref().map_or(Ok(()), |r| agreement(r, &lowered.network))
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

/// The table at the end of the demo.
fn summary(example: Example, report: &Report<'_>) -> comfy_table::Table {
    let Report { golden, cosim, utilisation, .. } = report;
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String| rows.push([what.to_owned(), value]);
    let (one, many) = example.sample();
    row(many, output::thousands(golden.samples as u64));
    row("accuracy", format!("{:.2} %", 100.0 * golden.accuracy.unwrap_or(0.0)));
    let steps = &golden.time_steps;
    row("time-steps to quiescence", format!("{:.1} in the mean, at most {}", steps.mean, steps.max));
    row("spikes a neuron", format!("{:.2}", golden.spikes_per_neuron));
    row(&format!("golden model, {many} a second"), format!("{:.0}", golden.samples_per_second));
    let of = |bad: u64, all: u64| format!("{} of {} differ", output::thousands(bad), output::thousands(all));
    row("1. golden model = integer network, neurons", of(golden.one_shot_mismatches, golden.neurons_checked));
    if let Some(r) = golden.reference {
        let neurons = of(r.reference_mismatched_neurons, r.reference_neurons_checked);
        row("2. golden model = PyTorch in float64, neurons", neurons);
    }
    let rtl = match &cosim.first_mismatch {
        None => of(0, cosim.spikes_checked),
        Some(_) => "a mismatch, see below".to_owned(),
    };
    row("3. RTL = golden model, spikes and membranes", rtl);
    let cycles = cosim.cycles_per_sample;
    row(&format!("cycles {one}"), format!("{:.0} in the mean, at most {}", cycles.mean, cycles.max));
    row("lower bound by the busiest engine", format!("{:.0}", cosim.cycles_lower_bound));
    if let Some(share) = cosim.busiest_utilisation {
        row("the busiest engine is at work", format!("{:.1} % of the cycles", 100.0 * share));
    }
    let total = &utilisation.total;
    let unit = &utilisation.bram_unit;
    row(
        "Xilinx 7 series",
        format!("{} LUT, {} FF, {} {unit}, {} DSP", total.lut, total.ff, total.bram, total.dsp),
    );
    row("seconds", format!("{:.0}", report.seconds));
    output::table([example.title(), ""], rows, 1)
}
