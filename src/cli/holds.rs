//! Which of the program's own examples each board holds, and how fast.

use serde::Serialize;

use super::examples::Example;
use super::output::{self, thousands};
use super::{convert, load};
use crate::convert::EncodingChoice;
use crate::design::{Joins, Options};
use crate::error::{Error, Result};
use crate::golden::Golden;
use crate::lower;
use crate::schedule::{Activity, Point, Scheduler, estimate, needs};
use crate::target::{Board, Family, Short};

/// Samples of an example that its pipeline is balanced on.
const SAMPLES: usize = 2;

/// An example on a board.
#[derive(Serialize)]
pub struct Holding {
    board: String,
    example: &'static str,
    /// The designs that fit, the smallest and the fastest; none where nothing fits.
    smallest: Option<Held>,
    fastest: Option<Held>,
    /// What the smallest design lacks, where it does not fit.
    short: Vec<Short>,
}

/// A design that fits.
#[derive(Clone, Serialize)]
struct Held {
    cycles: f64,
    samples_per_second: f64,
    lut: u64,
    ff: u64,
    bram: u64,
    dsp: u64,
}

/// Every example on every board.
///
/// # Errors
/// When the examples cannot be written to a temporary folder.
pub fn holdings(boards: &[Board]) -> Result<Vec<Holding>> {
    let examples = [Example::MnistMlp, Example::MnistVit, Example::ReviewEncoder];
    let frontiers: Vec<Result<Vec<Point>>> = std::thread::scope(|scope| {
        let threads = examples.map(|example| scope.spawn(move || frontier(example)));
        let failed = |_| Err(Error::check("an example could not be scheduled"));
        threads.map(|thread| thread.join().unwrap_or_else(failed)).into()
    });
    let mut holdings = Vec::new();
    for (example, points) in examples.into_iter().zip(frontiers) {
        let points = points?;
        holdings.extend(boards.iter().map(|board| holding(board, example, &points)));
    }
    // All examples of a board together.
    holdings.sort_by_key(|holding| boards.iter().position(|board| board.name == holding.board));
    Ok(holdings)
}

/// Designs of an example from the smallest to the fastest.
fn frontier(example: Example) -> Result<Vec<Point>> {
    let folder = tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), &e))?;
    let [model, samples, ..] = example.files();
    for (name, bytes) in [model, samples] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).map_err(|e| Error::io("write", &path, &e))?;
    }
    let onnx = folder.path().join(model.0);
    let model = convert::convert(&onnx, &example.options()?, EncodingChoice::Analog, None)?.model;
    let location = folder.path().join(samples.0).display().to_string();
    let inputs = load::inputs(&location, &model, Some(SAMPLES))?;
    let network = lower::lower(&model)?.network;
    let activity = Activity::measure(&Golden::new(&network)?, (0..inputs.len()).map(|n| inputs.sample(n)));
    let base = Options { joins: Joins::Minimal, ..Options::default() };
    Scheduler::new(&model.name, &network, &activity, Family::Xc7, &base).frontier(&|_| ())
}

fn holding(board: &Board, example: Example, points: &[Point]) -> Holding {
    let device = &board.device;
    let totals: Vec<_> = points.iter().map(|point| estimate(&point.design, device.family).total).collect();
    let short = |n: usize| Short::of(needs(&totals[n], device));
    let held = |n: usize| {
        let (cycles, total) = (points[n].cycles.per_sample, totals[n]);
        let samples_per_second = board.clock_hz as f64 / cycles.max(1.0);
        let crate::schedule::Figures { lut, ff, bram, dsp } = total;
        Held { cycles, samples_per_second, lut, ff, bram, dsp }
    };
    let fit: Vec<usize> = (0..points.len()).filter(|&n| short(n).is_empty()).collect();
    // Where nothing fits, what the design lacks that comes nearest to it.
    let worst = |n: &usize| {
        let over = |(_, needed, there): (&str, u64, u64)| needed as f64 / (there as f64).max(0.5);
        needs(&totals[*n], device).into_iter().map(over).fold(0.0, f64::max)
    };
    let nearest = (0..points.len()).min_by(|a, b| worst(a).total_cmp(&worst(b)));
    Holding {
        board: board.name.clone(),
        example: example.name(),
        smallest: fit.first().map(|&n| held(n)),
        fastest: fit.last().map(|&n| held(n)),
        short: if fit.is_empty() { nearest.map(short).unwrap_or_default() } else { Vec::new() },
    }
}

/// As a table: for each board and example the smallest design and, where it is another, the fastest.
pub fn table(holdings: &[Holding]) -> String {
    let mut rows = Vec::new();
    for holding in holdings {
        let start = [holding.board.clone(), holding.example.to_owned()];
        let mut row = |kind: String, cells: [String; 6]| {
            let [board, example] = start.clone();
            let [cycles, rate, lut, ff, bram, dsp] = cells;
            rows.push([board, example, kind, cycles, rate, lut, ff, bram, dsp]);
        };
        match (&holding.smallest, &holding.fastest) {
            (Some(smallest), Some(fastest)) => {
                row("smallest".to_owned(), cells(smallest));
                if fastest.cycles < smallest.cycles {
                    row("fastest".to_owned(), cells(fastest));
                }
            }
            _ => row(format!("does not fit: {}", Short::list(&holding.short)), Default::default()),
        }
    }
    let header = ["board", "example", "design", "cycles", "samples/s", "LUT", "FF", "block RAM", "DSP"];
    output::table(header, rows, 3).to_string()
}

fn cells(held: &Held) -> [String; 6] {
    let rounded = |value: f64| thousands(value.round() as u64);
    [
        rounded(held.cycles),
        rounded(held.samples_per_second),
        thousands(held.lut),
        thousands(held.ff),
        thousands(held.bram),
        thousands(held.dsp),
    ]
}
