//! The design: the integer network as a pipeline of hardware stages with lanes, widths of streams and FIFO
//! depths.
//!
//! Nothing here decides a numeric question: every width is copied from a proven range.

mod lanes;
mod plan;
mod rom;
mod rows;
mod stage;
mod stream;

pub use plan::{Joins, LayerFolding, Options, plan};
pub use rom::in_blocks;
pub use rows::{Embedding, LayerNorm, Levels, Mask, Product, Reorder, Scale, Select, Softmax, Sum};
pub use stage::{AnalogPass, Kind, Matmul, Neurons, Readout, Repeat, Stage};
pub use stream::{Carries, Groups, Stream};

use crate::hardware::{Input, Output};

/// A pipeline of stages joined by streams.
#[derive(Clone, Debug)]
pub struct Design {
    /// The model's name.
    pub model: String,
    /// What arrives on the input stream.
    pub input: Input,
    /// Stages in the order of the data; each says which streams it reads and writes.
    pub stages: Vec<Stage>,
    /// Streams; the input adapter writes number 0.
    pub streams: Vec<Stream>,
    /// Whether large memories for state are UltraRAM.
    pub ultra_ram: bool,
}

impl Design {
    /// Indices of the stages that have counters, in the order of their registers.
    pub fn counted(&self) -> impl Iterator<Item = usize> {
        (0..self.stages.len()).filter(|&stage| self.stages[stage].is_counted())
    }

    /// The folding of this design, layer by layer: `options` and the result give the same design.
    #[must_use]
    pub fn folding(&self, options: &Options) -> Options {
        let lanes = |stage: &Stage| {
            let lanes = match &stage.kind {
                Kind::AnalogMatmul(matmul) | Kind::SpikeMatmul(matmul) => matmul.out_lanes,
                Kind::Neurons(neurons) => neurons.lanes,
                Kind::Product(product) => product.lanes[2],
                Kind::LayerNorm(norm) => norm.lanes,
                Kind::Softmax(softmax) => softmax.lanes,
                Kind::Sum(sum) => sum.lanes,
                Kind::Embedding(embedding) => embedding.lanes,
                Kind::AnalogPass(_)
                | Kind::Repeat(_)
                | Kind::Readout(_)
                | Kind::Fork
                | Kind::Scale(_)
                | Kind::Select(_)
                | Kind::Reorder(_)
                | Kind::Mask(_) => return None,
            };
            let matmul = stage.kind.matmul();
            let spikes = matmul.map(|matmul| matmul.banks);
            let lut_words = matmul
                .filter(|matmul| matmul.lut_words != matmul.default_lut_words())
                .map(|matmul| matmul.lut_words);
            Some((stage.node.clone(), LayerFolding { lanes, spikes, lut_words }))
        };
        Options {
            input_lanes: Some(self.input.beat_lanes),
            ultra_ram: self.ultra_ram,
            layers: self.stages.iter().filter_map(lanes).collect(),
            ..options.clone()
        }
    }

    /// Maximum number of spikes that a stage sends, or of its work, in one cycle.
    pub fn most_in_a_cycle(&self) -> usize {
        let of = |stage: &Stage| {
            let lanes = stage.outputs.first().map_or(1, |&stream| self.streams[stream].lanes);
            (if stage.is_neurons() { lanes } else { 1 }).max(stage.work_a_cycle() as usize)
        };
        self.counted().map(|stage| of(&self.stages[stage])).max().unwrap_or(1)
    }

    /// The stage that reads a stream.
    pub fn reader(&self, stream: usize) -> Option<usize> {
        self.stages.iter().position(|stage| stage.inputs.contains(&stream))
    }

    /// The output stream.
    pub fn output(&self) -> Output {
        let of = |stage: &Stage| stage.kind.readout().map(|readout| readout.output(&stage.node));
        let output = self.stages.iter().find_map(of);
        // No plan is made without a readout.
        output.unwrap_or(Output { node: String::new(), classes: 0, rows: 1, value_width: 0, margin_width: 0 })
    }
}
