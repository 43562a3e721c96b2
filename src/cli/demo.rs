//! `demo`: the whole path on the built-in example.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args as ClapArgs;
use serde::Serialize;

use super::{compare, convert, cosim, load, output, run};
use crate::convert::EncodingChoice;
use crate::cosim as simulation;
use crate::data;
use crate::design::Options;
use crate::emit;
use crate::error::{Error, Result};
use crate::golden::Golden;
use crate::quant::{Element, InputSpec, Scaling};
use crate::synth::{self, Family};
use crate::{import, lower, snn};

/// Arguments of `demo`.
#[derive(ClapArgs)]
pub struct Args {
    /// The folder for everything that is written; replaced if an earlier demo wrote it.
    #[arg(short, long, value_name = "DIR", default_value = "build/demo")]
    output: PathBuf,
    /// Images that are co-simulated.
    #[arg(long, value_name = "N", default_value_t = 64)]
    cosim: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The example: a trained network, its sample, and what PyTorch computed in float64.
const FILES: [(&str, &[u8]); 4] = [
    ("mnist_mlp.onnx", include_bytes!("../../examples/mnist_mlp/mnist_mlp.onnx")),
    ("images.npy", include_bytes!("../../examples/mnist_mlp/sample/images.npy")),
    ("labels.npy", include_bytes!("../../examples/mnist_mlp/sample/labels.npy")),
    ("reference.npz", include_bytes!("../../examples/mnist_mlp/sample/reference.npz")),
];

/// Marks a folder that a demo wrote.
const MARK: &str = "demo.json";

#[derive(Serialize)]
struct Report<'a> {
    golden: &'a run::Report,
    cosim: &'a simulation::Report,
    utilisation: &'a synth::Utilisation,
    build: &'a Path,
    seconds: f64,
}

/// Runs every stage and prints the figures.
///
/// # Errors
/// When a tool is missing and cannot be provided, or the folder cannot be written; a difference is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    if args.cosim == 0 {
        return Err(Error::input("no images are to be co-simulated: --cosim 0"));
    }
    prepare(&args.output)?;
    let file = |name: &str| args.output.join(name).display().to_string();
    let say = |text: &str| if args.json { Ok(()) } else { output::print(text) };

    say("1. convert: ONNX → spiking network")?;
    let options = import::Options { input: input_spec()?, weight_bits: None };
    let onnx = args.output.join("mnist_mlp.onnx");
    let converted = convert::convert(&onnx, &options, EncodingChoice::Analog, None)?;
    let model = converted.model;
    snn::file::save(&model, &args.output.join("model.snn"))?;
    say(&super::inspect::layers(&model)?)?;

    say("2. golden model on all images, against the integer network in one shot and PyTorch in float64")?;
    let lowered = lower::lower(&model)?;
    let golden = Golden::new(&lowered.network)?;
    let names: Vec<String> = golden.layers().iter().map(|l| l.name.clone()).collect();
    let mut inputs = load::inputs(&file("images.npy"), &model, None)?;
    let labels = data::read_labels(&file("labels.npy"), inputs.len())?;
    let reference = compare::Reference::read(&args.output.join("reference.npz"), &names)?;
    let choices =
        run::Choices { labels: Some(&labels), t_max: None, float: true, reference: Some(reference) };
    let figures = run::measure(&model, &lowered, &golden, &inputs, &choices)?;

    say("3. build: RTL, memory images, manifest")?;
    let build = args.output.join("build");
    let manifest = emit::emit(&model, &Options::default(), &build)?;
    say(&super::build::stages(&manifest))?;

    say("4. co-simulation: RTL in Verilator against the golden model")?;
    inputs.truncate(args.cosim);
    let compared = cosim::simulate(&build, &inputs, &simulation::Options::default())?;

    say("5. synthesis: Yosys for Xilinx 7 series")?;
    let spinner = output::spinner("Yosys");
    let result = synth::yosys(&build, Family::Xc7, &mut |step| spinner.set_message(format!("Yosys: {step}")));
    spinner.finish_and_clear();
    let utilisation = result?;
    say(&utilisation.table().to_string())?;

    let seconds = start.elapsed().as_secs_f64();
    let report =
        Report { golden: &figures, cosim: &compared, utilisation: &utilisation, build: &build, seconds };
    if args.json {
        output::json(&report)?;
    } else {
        output::print(&summary(&report).to_string())?;
        output::print(&format!("build folder: {}", build.display()))?;
    }
    run::check(&figures)?;
    cosim::check(&compared)?;
    match figures.reference {
        Some(r) if r.reference_mismatched_neurons > 0 => {
            Err(Error::check("neurons differ from what PyTorch computed in float64"))
        }
        _ => Ok(()),
    }
}

/// Images as the example takes them: `x = (q/255 − 0.1307)/0.3081`.
fn input_spec() -> Result<InputSpec> {
    let decimal = |text: &str| Ok(vec![text.parse().map_err(Error::input)?]);
    let scaling = Scaling::Normalise { mean: decimal("0.1307")?, std: decimal("0.3081")? };
    Ok(InputSpec { element: Element::U8, scaling, channel_axis: None })
}

/// Writes the example's files into the folder.
fn prepare(folder: &Path) -> Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).map_err(|e| Error::io("create", parent, &e))?;
    }
    let mut files: Vec<(&str, &[u8])> = FILES.to_vec();
    files.push((MARK, b"{\"format_version\": 1, \"example\": \"mnist_mlp\"}\n"));
    crate::folder::replace(folder, "folder of a demo", &files, |path| {
        let found = crate::folder::entries(path)?;
        let ours = found.iter().any(|entry| entry.ends_with(MARK));
        Ok(if ours { None } else { found.into_iter().next() })
    })
}

/// The table that the demo ends with.
fn summary(report: &Report<'_>) -> comfy_table::Table {
    let Report { golden, cosim, utilisation, .. } = report;
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String| rows.push([what.to_owned(), value]);
    row("images", output::thousands(golden.samples as u64));
    row("accuracy", format!("{:.2} %", 100.0 * golden.accuracy.unwrap_or(0.0)));
    let steps = &golden.time_steps;
    row("time-steps to quiescence", format!("{:.1} in the mean, at most {}", steps.mean, steps.max));
    row("spikes a neuron", format!("{:.2}", golden.spikes_per_neuron));
    row("golden model, images a second", format!("{:.0}", golden.samples_per_second));
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
    row("cycles an image", format!("{:.0} in the mean, at most {}", cycles.mean, cycles.max));
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
    output::table(["mnist_mlp, 784-128-10", ""], rows, 1)
}
