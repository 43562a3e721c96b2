//! `compact`: the smallest widths whose accuracy on calibration samples stays within a tolerance.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde::Serialize;

use super::output;
use crate::compact::{self, Entry, Found, Progress, Role};
use crate::error::{Error, Result, printable};
use crate::flow::{Positions, load};
use crate::quant::Precision;
use crate::snn::{self, Model};

/// Arguments of `compact`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Calibration samples: FILE.npy or FILE.npz:NAME, batch first.
    #[arg(long, value_name = "FILE")]
    calibrate: String,
    /// Their labels: FILE.npy or FILE.npz:NAME.
    #[arg(long, value_name = "FILE")]
    labels: String,
    /// Maximum loss of accuracy on these samples against profile 'exact', in percentage points.
    #[arg(long, value_name = "POINTS", default_value_t = 0.5)]
    tolerance: f64,
    /// Use only the first N samples.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// The folder to write; without it, the widths are only reported. An existing model is replaced.
    #[arg(short, long, value_name = "MODEL.snn")]
    output: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    output: Option<&'a Path>,
    #[serde(flatten)]
    found: &'a Found,
}

/// Searches, saves, prints.
///
/// # Errors
/// When model or samples are wrong, there is nothing to narrow, or the output cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let mut model = load::model(&args.model)?;
    let inputs = load::inputs(&args.calibrate, &model, args.samples)?;
    let positions = Positions::of(&model);
    if positions.rows > 1 {
        return Err(Error::input(format!(
            "logits of {} positions; compact counts the classes of whole samples",
            positions.rows
        ))
        .fix("give the logits of one position, or choose the widths with convert --fraction-bits"));
    }
    let labels = load::labels(&args.labels, inputs.len(), args.samples, positions)?;
    if let Some(path) = &args.output {
        snn::file::check_place(path)?;
    }
    let bar = output::bar("", inputs.len());
    let show = |Progress { precision, done }: Progress| {
        bar.set_message(precision.map_or_else(|| "table, float64".to_owned(), text));
        bar.set_position(done as u64);
    };
    let found = compact::compact(&model, &inputs, &labels, args.tolerance, &show);
    bar.finish_and_clear();
    let found = found.map_err(|e| e.at_file(&args.model))?;
    model.precision = found.precision;
    if let Some(path) = &args.output {
        snn::file::save(&model, path)?;
    }
    if args.json {
        return output::json(&Report { model: &model.name, output: args.output.as_deref(), found: &found });
    }
    print(&model, &found)?;
    output::print(&match &args.output {
        Some(path) => format!("model: {}", path.display()),
        None => "nothing is written; --output MODEL.snn saves the model with these widths".into(),
    })
}

/// The widths as text.
fn text(precision: Precision) -> String {
    precision.bits().map(|bits| bits.to_string()).join(", ")
}

fn print(model: &Model, found: &Found) -> Result<()> {
    let header = [
        "fraction bits",
        "residual",
        "γ/β",
        "exponent",
        "scale",
        "inputs",
        "neurons",
        "classes",
        "accuracy",
        "memory",
        "multipliers",
    ];
    output::print(&format!(
        "{}: {} calibration samples",
        printable(&model.name),
        output::thousands(found.samples as u64)
    ))?;
    let rows = found.table.iter().map(row).collect();
    output::print(&output::table(header, rows, 1).to_string())?;
    output::print(
        "alone: profile exact with only this width reduced; − 1: compact with one bit less of it. inputs, neurons, classes: \
         number that differ from the quantised network in float64. memory, multipliers: bits, estimated from the widths of \
         the integer network; multipliers of LayerNorm and softmax count the product of their operands' widths.",
    )?;
    let tried = found.trials.len();
    output::print(&format!(
        "compact: fraction bits {} instead of {}; {tried} sets of widths tried, tolerance {} percentage points",
        text(found.precision),
        text(Precision::EXACT),
        found.tolerance
    ))
}

fn row(entry: &Entry) -> [String; 11] {
    let width = entry.width.map_or("", |width| match width {
        "affine" => "γ/β",
        other => other,
    });
    let what = match entry.role {
        Role::Exact => "exact".to_owned(),
        Role::Compact => "compact".to_owned(),
        Role::Alone => format!("{width} alone"),
        Role::OneLess => format!("{width} − 1"),
    };
    let [residual, affine, exponent, scale] = entry.precision.bits().map(|bits| bits.to_string());
    let [inputs, neurons, classes, accuracy, memory, multipliers] = match entry.survey {
        None => ["cannot be lowered", "", "", "", "", ""].map(str::to_owned),
        Some(s) => [
            output::thousands(s.float_mismatched_samples),
            output::thousands(s.float_mismatched_neurons),
            output::thousands(s.float_mismatched_classes),
            format!("{:.2} %", 100.0 * s.accuracy),
            output::thousands(s.memory_bits),
            output::thousands(s.multiplier_bits),
        ],
    };
    [what, residual, affine, exponent, scale, inputs, neurons, classes, accuracy, memory, multipliers]
}
