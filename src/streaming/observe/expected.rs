//! Expected values of the hardware counters, from the golden model.

use super::recording::Recording;
use crate::hardware::Counter;
use crate::streaming::design::{Design, Kind};

/// A design and its golden model.
pub(super) struct Expected<'a> {
    design: &'a Design,
    /// For each stage of neurons, the index of its layer in the golden model.
    layers: &'a [Option<usize>],
}

impl<'a> Expected<'a> {
    pub fn new(design: &'a Design, layers: &'a [Option<usize>]) -> Self {
        Self { design, layers }
    }

    /// Adds a sample to the counters of all stages. Beats of neurons and readout are not added: how many beats per row
    /// takes may depend on pauses.
    pub fn add(&self, recording: &Recording, raw: &[i32], counters: &mut [Counter]) {
        let zero = self.design.input.zero_point;
        // Beats of the changes that the input causes.
        let mut input_beats = 0;
        for (index, (stage, counter)) in self.design.stages.iter().zip(counters).enumerate() {
            let spikes = |port: usize| stage.inputs.get(port).map_or(0, |&s| self.spikes(s, recording));
            counter.work += match &stage.kind {
                Kind::AnalogMatmul(matmul) => {
                    let events = |row: &[i32]| row.iter().filter(|&&q| q != zero).count() as u64;
                    let raw = self.values(stage.inputs.first().copied().unwrap_or(0), raw);
                    let rows = raw.chunks(matmul.linear.inputs).map(events);
                    let chunks = matmul.out_chunks() as u64;
                    input_beats = rows.clone().map(|n| if n == 0 { 1 } else { chunks }).sum();
                    rows.sum::<u64>() * chunks
                }
                Kind::AnalogPass(pass) => {
                    input_beats = (pass.rows * pass.chunks()) as u64;
                    input_beats
                }
                Kind::Repeat(repeat) => input_beats * u64::from(repeat.steps),
                Kind::SpikeMatmul(matmul) => spikes(0) * matmul.out_chunks() as u64,
                Kind::Product(product) => {
                    spikes(0) * product.left_cycles() as u64 + spikes(1) * product.right_cycles() as u64
                }
                Kind::Neurons(_) | Kind::LayerNorm(_) | Kind::Softmax(_) => {
                    counter.spikes += self.layers[index].map_or(0, |layer| recording.outcome.spikes[layer]);
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
        }
    }

    /// The stage that writes a stream.
    fn writer(&self, stream: usize) -> Option<usize> {
        self.design.stages.iter().position(|stage| stage.outputs.contains(&stream))
    }

    /// Number of spikes that a stream carries.
    fn spikes(&self, stream: usize, recording: &Recording) -> u64 {
        let (mut stream, mut rows) = (stream, 0..self.design.streams[stream].rows);
        while let Some(index) = self.writer(stream) {
            let stage = &self.design.stages[index];
            match &stage.kind {
                Kind::Neurons(_) | Kind::LayerNorm(_) | Kind::Softmax(_) => {
                    let all = self.design.streams[stream].rows;
                    return self.layers[index].map_or(0, |layer| recording.spikes_in(layer, rows, all));
                }
                Kind::Select(select) => rows = rows.start + select.first..rows.end + select.first,
                Kind::Fork => {}
                // These send values or changes.
                Kind::AnalogMatmul(_)
                | Kind::AnalogPass(_)
                | Kind::Repeat(_)
                | Kind::SpikeMatmul(_)
                | Kind::Product(_)
                | Kind::Readout(_)
                | Kind::Scale(_)
                | Kind::Sum(_)
                | Kind::Reorder(_)
                | Kind::Embedding(_)
                | Kind::Mask(_) => return 0,
            }
            stream = stage.inputs.first().copied().unwrap_or(0);
        }
        0
    }

    /// The values of a sample as a stream carries them.
    fn values(&self, stream: usize, raw: &[i32]) -> Vec<i32> {
        let Some(stage) = self.writer(stream).map(|index| &self.design.stages[index]) else {
            return raw.to_vec();
        };
        let values = self.values(stage.inputs.first().copied().unwrap_or(0), raw);
        match &stage.kind {
            Kind::Reorder(reorder) => reorder.order.iter().map(|&e| values[e]).collect(),
            Kind::Fork => values,
            // No other stage sends values.
            Kind::AnalogMatmul(_)
            | Kind::AnalogPass(_)
            | Kind::Repeat(_)
            | Kind::SpikeMatmul(_)
            | Kind::Neurons(_)
            | Kind::Product(_)
            | Kind::LayerNorm(_)
            | Kind::Softmax(_)
            | Kind::Readout(_)
            | Kind::Scale(_)
            | Kind::Sum(_)
            | Kind::Select(_)
            | Kind::Embedding(_)
            | Kind::Mask(_) => values,
        }
    }
}
