//! Stages of the pipeline and their working time.

use serde::Serialize;

use super::golden::PredictedCycles;
use crate::cosim;
use crate::emit::Manifest;

/// A stage of the pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// The model's node.
    pub node: String,
    /// Library module.
    pub module: String,
    /// Rows of a time-step.
    pub rows: usize,
    /// Output channels of a row.
    pub channels: usize,
    /// Output channels of a beat.
    pub lanes: usize,
    /// Whether it has counters; a stage that only passes beats through has none.
    pub has_register: bool,
    /// Streams that it reads.
    pub inputs: Vec<usize>,
    /// Streams that it writes.
    pub outputs: Vec<usize>,
    /// Widths in bits by the name of the quantity.
    pub widths: Vec<(String, u32)>,
    /// Bits of read-only memory.
    pub rom_bits: u64,
    /// Bits of state memory.
    pub state_bits: u64,
    /// Work cycles per sample, counted by its register in co-simulation; `None` for a stage without register.
    pub counted: Option<f64>,
    /// Busy cycles per sample, predicted by the cycle model.
    pub predicted: Option<f64>,
    /// Share of the cycles in which it works: counted in co-simulation, or else predicted by the cycle model.
    pub utilisation: Option<f64>,
}

/// The stages of a build.
pub fn stages(
    manifest: &Manifest,
    cosim: Option<&cosim::Report>,
    predicted: Option<&PredictedCycles>,
) -> Vec<Stage> {
    let predicted = predicted.filter(|predicted| predicted.busy.len() == manifest.stages.len());
    let counted = |index: usize, node: &str| {
        let of = |work: &&cosim::StageWork| work.stage == index && work.node == node;
        cosim.and_then(|report| report.stages.iter().find(of)).map(|work| work.cycles)
    };
    let share = |busy: Option<f64>, all: f64| busy.filter(|_| all > 0.0).map(|busy| busy / all);
    let stage = |(index, entry): (usize, &crate::emit::StageEntry)| {
        let (counted, predicted_busy) =
            (counted(index, &entry.node), predicted.map(|predicted| predicted.busy[index]));
        let seen = cosim.and_then(|report| share(counted, report.cycles_per_sample.mean));
        Stage {
            node: entry.node.clone(),
            module: entry.module.clone(),
            rows: entry.rows,
            channels: entry.channels,
            lanes: entry.lanes,
            has_register: entry.register.is_some(),
            inputs: entry.inputs.clone(),
            outputs: entry.outputs.clone(),
            widths: entry.widths.clone(),
            rom_bits: entry.rom_bits,
            state_bits: entry.state_bits,
            counted,
            predicted: predicted_busy,
            utilisation: seen
                .or_else(|| predicted.and_then(|predicted| share(predicted_busy, predicted.per_sample))),
        }
    };
    manifest.stages.iter().enumerate().map(stage).collect()
}
