//! The built-in examples on each board: area and speed.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde::Serialize;

use super::examples::Example;
use super::{convert::imported, load};
use crate::architecture::{Architecture, Design, Options};
use crate::convert::EncodingChoice;
use crate::error::{Error, Result};
use crate::folder::Scratch;
use crate::golden::Golden;
use crate::hardware::{Activity, Figures, needs, usage};
use crate::lower;
use crate::target::{Board, Device, Short};

/// Number of samples for the cycles of an example.
const SAMPLES: usize = 2;

/// An example on a board.
#[derive(Clone, Serialize)]
pub struct Holding {
    /// Name of the board.
    pub board: String,
    /// Name of the example.
    pub example: &'static str,
    /// The smallest design of those that fit, blocks counted as look-up tables; none if none fits.
    pub smallest: Option<Held>,
    /// The one with the fewest cycles.
    pub fastest: Option<Held>,
    /// Missing resources of the design that comes nearest to fitting, if none fits.
    pub short: Vec<Short>,
}

/// A design that fits.
#[derive(Clone, Serialize)]
pub struct Held {
    /// Its architecture.
    pub architecture: Architecture,
    /// Cycles per sample.
    #[serde(rename = "cycles_per_sample")]
    pub cycles: f64,
    /// At the board's clock.
    pub samples_per_second: f64,
    /// Look-up tables.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block memories, in the unit of the family.
    pub bram: u64,
    /// Multiplier blocks.
    pub dsp: u64,
}

/// Every example on every board.
///
/// # Errors
/// If the examples cannot be written to a temporary folder.
pub fn holdings(boards: &[Board]) -> Result<Vec<Holding>> {
    let examples = [Example::MnistMlp, Example::MnistVit, Example::ReviewEncoder];
    let found: Vec<Result<Vec<Holding>>> = std::thread::scope(|scope| {
        let all = |example| {
            let designs = Designs::of(example)?;
            Ok(boards.iter().map(|board| designs.on(board, example)).collect())
        };
        let threads = examples.map(|example| scope.spawn(move || all(example)));
        let failed = |_| Err(Error::check("the designs of an example could not be worked out"));
        threads.map(|thread| thread.join().unwrap_or_else(failed)).into()
    });
    let mut holdings = found.into_iter().collect::<Result<Vec<_>>>()?.concat();
    // All examples of a board together.
    holdings.sort_by_key(|holding| boards.iter().position(|board| board.name == holding.board));
    Ok(holdings)
}

/// The foldings of designs of each example in both architectures, as `snn2rtl explore` found them;
/// `scripts/example_foldings.py` writes the file. What the designs take is not in it.
const FOLDINGS: &str = include_str!("board_fit/foldings.json");

/// The designs of an example.
struct Designs {
    designs: Vec<(Design, OnceCell<f64>)>,
    activity: Activity,
}

impl Designs {
    /// # Errors
    /// When a temporary folder cannot be written.
    fn of(example: Example) -> Result<Self> {
        let folder = Scratch::new("snn2rtl-examples-")?;
        let [model, samples, ..] = example.files();
        for (name, bytes) in [model, samples] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).map_err(|e| Error::io("write", &path, &e))?;
        }
        let onnx = folder.path().join(model.0);
        let model = imported(&onnx, &example.options()?, EncodingChoice::Analog, None)?.model;
        let location = folder.path().join(samples.0).display().to_string();
        let inputs = load::inputs(&location, &model, Some(SAMPLES))?;
        let network = lower::lower(&model)?.network;
        let golden = Golden::new(&network)?;
        let activity = Activity::measure(&golden, (0..inputs.len()).map(|n| inputs.sample(n)));
        let foldings: BTreeMap<String, Vec<Options>> = serde_json::from_str(FOLDINGS)
            .map_err(|e| Error::input(format!("the foldings of the examples cannot be read: {e}")))?;
        let foldings = foldings.get(example.name()).map_or(&[][..], Vec::as_slice);
        let design = |options: &Options| Ok((Design::plan(&model.name, &network, options)?, OnceCell::new()));
        Ok(Self { designs: foldings.iter().map(design).collect::<Result<_>>()?, activity })
    }

    /// Cycles per sample, simulated on demand.
    fn cycles(&self, n: usize) -> f64 {
        let (design, cycles) = &self.designs[n];
        *cycles.get_or_init(|| design.cycles(&self.activity).per_sample)
    }

    /// Result of the example on a board.
    fn on(&self, board: &Board, example: Example) -> Holding {
        let device = &board.room();
        let totals: Vec<Figures> = self.designs.iter().map(|(design, _)| total(design, device)).collect();
        let short = |n: usize| Short::of(needs(&totals[n], device));
        let area = |n: usize| totals[n].in_luts();
        let held = |n: usize| {
            let (cycles, Figures { lut, ff, bram, dsp, .. }) = (self.cycles(n), totals[n]);
            let samples_per_second = board.clock_hz as f64 / cycles.max(1.0);
            let architecture = self.designs[n].0.architecture();
            Held { architecture, cycles, samples_per_second, lut, ff, bram, dsp }
        };
        let fit: Vec<usize> = (0..totals.len()).filter(|&n| short(n).is_empty()).collect();
        // Where nothing fits, what the design lacks that comes nearest to it.
        let worst = |n: &usize| usage(&totals[*n], device);
        let nearest = (0..totals.len()).min_by(|a, b| worst(a).total_cmp(&worst(b)));
        Holding {
            board: board.name.clone(),
            example: example.name(),
            smallest: fit.iter().min_by(|&&a, &&b| area(a).total_cmp(&area(b))).map(|&n| held(n)),
            fastest: fit
                .iter()
                .min_by(|&&a, &&b| self.cycles(a).total_cmp(&self.cycles(b)))
                .map(|&n| held(n)),
            short: if fit.is_empty() { nearest.map(short).unwrap_or_default() } else { Vec::new() },
        }
    }
}

/// Area of a design on a device; with weights in look-up tables, if only block memory is exceeded.
fn total(design: &Design, device: &Device) -> Figures {
    design.with_memory_elsewhere(device).as_ref().unwrap_or(design).area(device.family).total
}
