//! What the hardware's counters must have counted, from what the golden model has done.

use super::dut::Dut;
use super::recording::Recording;
use crate::streaming::design::Kind;

/// Spikes and work of every stage, summed over samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub spikes: Vec<u64>,
    /// For engines, accumulations of a chunk; for a pass or a repetition, beats. Neurons and readout count beats, too, but
    /// how many beats a row takes may depend on pauses.
    pub work: Vec<u64>,
}

impl Expected {
    pub fn new(dut: &Dut) -> Self {
        let stages = dut.design.stages.len();
        Self { spikes: vec![0; stages], work: vec![0; stages] }
    }

    /// Adds a sample.
    pub fn add(&mut self, dut: &Dut, recording: &Recording, raw: &[i32]) {
        let zero = dut.design.input.zero_point;
        // Beats of the changes that the input causes.
        let mut input_beats = 0;
        for (index, stage) in dut.design.stages.iter().enumerate() {
            let spikes = |port: usize| stage.inputs.get(port).map_or(0, |&s| dut.spikes(s, recording));
            let work = match &stage.kind {
                Kind::AnalogMatmul(matmul) => {
                    let events = |row: &[i32]| row.iter().filter(|&&q| q != zero).count() as u64;
                    let raw = dut.values(stage.inputs.first().copied().unwrap_or(0), raw);
                    let rows = raw.chunks(matmul.linear.inputs).map(events);
                    let chunks = matmul.out_chunks() as u64;
                    input_beats = rows.clone().map(|n| if n == 0 { 1 } else { chunks }).sum();
                    rows.sum::<u64>() * chunks
                }
                Kind::AnalogPass(pass) => {
                    input_beats = (pass.rows * pass.channels.div_ceil(pass.lanes)) as u64;
                    input_beats
                }
                Kind::Repeat(repeat) => input_beats * u64::from(repeat.steps),
                Kind::SpikeMatmul(matmul) => spikes(0) * matmul.out_chunks() as u64,
                Kind::Product(product) => {
                    spikes(0) * product.left_cycles() as u64 + spikes(1) * product.right_cycles() as u64
                }
                Kind::Neurons(_) | Kind::LayerNorm(_) | Kind::Softmax(_) => {
                    let fired = dut.layers[index].map_or(0, |layer| recording.outcome.spikes[layer]);
                    self.spikes[index] += fired;
                    0
                }
                Kind::Readout(_)
                | Kind::Fork
                | Kind::Scale(_)
                | Kind::Sum(_)
                | Kind::Select(_)
                | Kind::Reorder(_)
                | Kind::Embedding(_)
                | Kind::Mask(_) => 0,
            };
            self.work[index] += work;
        }
    }
}
