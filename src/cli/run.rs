//! `run`: the golden model on samples.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::confidence::ConfidenceArgs;
use super::{energy, output};
use crate::error::{Error, Result, printable};
use crate::flow;
use crate::flow::run::{LayerSpikes, Report};
use crate::golden::{Schedule, SpikeCode};

/// Arguments of `run`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn or a build folder.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Samples: FILE.npy or FILE.npz:NAME, batch first.
    #[arg(long, value_name = "FILE")]
    inputs: String,
    /// Labels: FILE.npy or FILE.npz:NAME.
    #[arg(long, value_name = "FILE")]
    labels: Option<String>,
    /// Use only the first N samples.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// The order of the updates: all layers in every time-step, or layer after layer.
    #[arg(long, value_name = "SCHEDULE", default_value_t, value_parser = schedules())]
    schedule: Schedule,
    /// Value of a spike in the settled schedule: one level, or a power of two.
    #[arg(long, value_name = "CODE", default_value_t, value_parser = codes())]
    code: SpikeCode,
    /// Stop each sample after this many time-steps of the synchronous schedule.
    #[arg(long, value_name = "T")]
    t_max: Option<u32>,
    #[command(flatten)]
    confidence: ConfidenceArgs,
    /// Also evaluate the network in float64, without integers, and count differences.
    #[arg(long)]
    float: bool,
    /// Compare with levels (level/NEURON) and logits from another program.
    #[arg(long, value_name = "FILE.npz")]
    reference: Option<PathBuf>,
    /// Write logits, levels and spikes of every neuron and time-step to this file.
    #[arg(long, value_name = "FILE.npz")]
    dump: Option<PathBuf>,
    /// Number of threads; default: one per core.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Parser of a schedule.
fn schedules() -> impl TypedValueParser<Value = Schedule> {
    PossibleValuesParser::new(Schedule::ALL.map(Schedule::name)).try_map(|name| name.parse::<Schedule>())
}

/// Parser of a spike code.
fn codes() -> impl TypedValueParser<Value = SpikeCode> {
    PossibleValuesParser::new(SpikeCode::ALL.map(SpikeCode::name)).try_map(|name| name.parse::<SpikeCode>())
}

/// Runs and prints.
///
/// # Errors
/// When model or samples are wrong; a one-pass mismatch is a failed check.
pub fn run(args: &Args) -> Result<()> {
    if let Some(threads) = args.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.clamp(1, 1024)).build_global();
        pool.map_err(|e| Error::input(format!("{threads} threads cannot be started: {e}")))?;
    }
    let options = flow::run::Options {
        model: args.model.clone(),
        inputs: args.inputs.clone(),
        labels: args.labels.clone(),
        samples: args.samples,
        schedule: args.schedule,
        code: args.code,
        t_max: args.t_max,
        stop: args.confidence.stop(),
        float: args.float,
        reference: args.reference.clone(),
        dump: args.dump.clone(),
    };
    let report = flow::run(&options, &output::Display::new())?;
    if args.json {
        output::json(&report)?;
    } else {
        print(&report)?;
    }
    report.check()
}

/// Prints the figures as tables.
fn print(report: &Report) -> Result<()> {
    let mut rows = vec![["samples".to_owned(), report.samples.to_string()]];
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    if let Some(accuracy) = report.accuracy {
        row("accuracy", format!("{:.2} %", 100.0 * accuracy));
    }
    row(
        "schedule",
        match report.schedule {
            Schedule::Synchronous => report.schedule.to_string(),
            Schedule::Settled => format!("{}, {} spikes", report.schedule, report.code),
        },
    );
    let steps = match report.schedule {
        Schedule::Synchronous => "time-steps",
        Schedule::Settled => "local time-steps of all layers",
    };
    row(&format!("{steps}, mean"), format!("{:.2}", report.time_steps.mean));
    row(&format!("{steps}, largest"), report.time_steps.max.to_string());
    if report.stopped > 0 {
        row("stopped by T_max", report.stopped.to_string());
    }
    if report.confident > 0 {
        row("stopped by confidence", report.confident.to_string());
    }
    row("neurons compared with the integer network", output::thousands(report.neurons_checked));
    row("of these, different", output::thousands(report.one_shot_mismatches));
    row("spikes per neuron", format!("{:.3}", report.spikes_per_neuron));
    row("synaptic operations per sample", format!("{:.0}", report.sops_per_sample));
    row("samples per second", format!("{:.0}", report.samples_per_second));
    row("synaptic operations per second", format!("{:.3e}", report.sops_per_second));
    if let Some(float) = report.float {
        row("neurons that differ from float64", output::thousands(float.float_mismatched_neurons));
        row("samples with such a neuron", output::thousands(float.float_mismatched_samples));
        row("classes that differ", output::thousands(float.float_mismatched_classes));
    }
    if let Some(reference) = report.reference {
        row("neurons compared with the reference", output::thousands(reference.reference_neurons_checked));
        row("of these, different", output::thousands(reference.reference_mismatched_neurons));
        row("samples with such a neuron", output::thousands(reference.reference_mismatched_samples));
        if let Some(classes) = reference.reference_mismatched_classes {
            row("classes that differ", output::thousands(classes));
        }
    }
    output::print(&output::table(["golden model", ""], rows, 1).to_string())?;
    output::print(&energy::measured(&report.energy))?;
    output::print(&layers(&report.layers))?;
    if let Some(steps) = &report.accuracy_per_step {
        let rows = (1..).zip(steps).map(|(t, a)| [format!("{t}"), format!("{:.2} %", 100.0 * a), gauge(*a)]);
        output::print(&output::table(["time-step", "accuracy", ""], rows.collect(), 3).to_string())?;
    }
    Ok(())
}

/// A row for each layer.
fn layers(layers: &[LayerSpikes]) -> String {
    let each = |l: &LayerSpikes| {
        let mut row = vec![
            printable(&l.name),
            output::thousands(l.neurons as u64),
            format!("{:.0}", l.spikes),
            format!("{:.3}", l.spikes_per_neuron),
            l.spikes_per_level.map_or(String::new(), |spikes| format!("{spikes:.3}")),
            format!("{:.0}", l.sops_per_sample),
        ];
        row.extend(l.local_steps.map(|steps| format!("{:.2}", steps.mean)));
        row
    };
    let mut head = vec!["layer", "neurons", "spikes", "a neuron", "a level", "additions"];
    if layers.iter().any(|l| l.local_steps.is_some()) {
        head.push("local steps");
    }
    output::table(head, layers.iter().map(each).collect(), 1).to_string()
}

/// A share as a bar of text.
fn gauge(share: f64) -> String {
    const LENGTH: usize = 40;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let filled = (share.clamp(0.0, 1.0) * LENGTH as f64).round() as usize;
    "█".repeat(filled) + &"·".repeat(LENGTH - filled)
}
