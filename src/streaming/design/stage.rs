//! Hardware stages: one instance of a library module each.

use super::lanes::width_of;
use super::rom::in_blocks;
use super::rows::{Embedding, LayerNorm, Mask, Product, Reorder, Scale, Select, Softmax, Sum};
use crate::hardware::Output;
use crate::integer::{self, Range, Rule};

/// A stage of the pipeline.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The model's name of the node it implements.
    pub node: String,
    /// Its kind, with the parameters of its module.
    pub kind: Kind,
    /// Streams that it reads, in the order of its ports.
    pub inputs: Vec<usize>,
    /// Streams that it writes.
    pub outputs: Vec<usize>,
}

impl Stage {
    /// Maximum increment of its work counter per cycle.
    pub fn work_a_cycle(&self) -> u64 {
        self.kind.matmul().map_or(1, |matmul| matmul.banks as u64)
    }
}

/// The module a stage is an instance of.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Synaptic layer on raw values.
    AnalogMatmul(Matmul),
    /// Raw values directly into neurons.
    AnalogPass(AnalogPass),
    /// Rate encoding: the same change in several time-steps.
    Repeat(Repeat),
    /// Synaptic layer on spikes.
    SpikeMatmul(Matmul),
    /// ST-BIF+ neurons.
    Neurons(Neurons),
    /// Product of two spike streams: left and right operand.
    Product(Product),
    /// ST-BIF+ neurons on LayerNorm.
    LayerNorm(LayerNorm),
    /// ST-BIF+ neurons on softmax; a second input masks.
    Softmax(Softmax),
    /// Accumulated logits, argmax, result frame.
    Readout(Readout),
    /// The same stream for several readers.
    Fork,
    /// A stream times a coefficient, in the same or fewer lanes.
    Scale(Scale),
    /// Sum of streams of changes.
    Sum(Sum),
    /// Some of the rows.
    Select(Select),
    /// Values in another order.
    Reorder(Reorder),
    /// Rows of a table.
    Embedding(Embedding),
    /// Padding mask of the tokens.
    Mask(Mask),
}

impl Kind {
    /// The matrix product, if it is one.
    pub fn matmul(&self) -> Option<&Matmul> {
        if let Self::AnalogMatmul(matmul) | Self::SpikeMatmul(matmul) = self { Some(matmul) } else { None }
    }

    /// The readout, if it is one.
    pub fn readout(&self) -> Option<&Readout> {
        if let Self::Readout(readout) = self { Some(readout) } else { None }
    }

    /// Whether rows without change may travel as one beat; none for a stage that is not an array of neurons.
    pub fn skip_rows(&self) -> Option<bool> {
        match self {
            Self::Neurons(neurons) => Some(neurons.skip_rows),
            Self::LayerNorm(norm) => Some(norm.skip_rows),
            Self::Softmax(softmax) => Some(softmax.skip_rows),
            Self::AnalogMatmul(_)
            | Self::AnalogPass(_)
            | Self::Repeat(_)
            | Self::SpikeMatmul(_)
            | Self::Product(_)
            | Self::Readout(_)
            | Self::Fork
            | Self::Scale(_)
            | Self::Sum(_)
            | Self::Select(_)
            | Self::Reorder(_)
            | Self::Embedding(_)
            | Self::Mask(_) => None,
        }
    }
}

/// An event-driven matrix product.
#[derive(Clone, Debug)]
pub struct Matmul {
    /// Rows of a time-step.
    pub rows: usize,
    /// Channels in a beat of the input.
    pub in_lanes: usize,
    /// Channels in a beat of the output: weights added in one cycle.
    pub out_lanes: usize,
    /// Most events that are taken in one cycle: banks of the input and of the weights.
    pub banks: usize,
    /// Words of a bank of weights, from its end, that are in look-up tables instead of block memory.
    pub lut_words: usize,
    /// Width in bits of an input value; 1 for spikes.
    pub value_width: u32,
    /// Width in bits of a weight.
    pub weight_width: u32,
    /// Width in bits of an accumulated change.
    pub delta_width: u32,
    /// Sizes and weights.
    pub linear: integer::Linear,
}

impl AnalogPass {
    /// Beats of a row.
    pub fn chunks(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }
}

impl Repeat {
    /// Beats of a row.
    pub fn chunks(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }

    /// Words of its memory, each of all lanes.
    pub fn words(&self) -> usize {
        self.rows * self.chunks()
    }
}

impl Matmul {
    /// Input channels of a bank: channel `i` is number `i / banks` of bank `i % banks`.
    pub fn bank_inputs(&self) -> usize {
        self.linear.inputs.div_ceil(self.banks)
    }

    /// Words of a bank of weights.
    pub fn bank_words(&self) -> usize {
        self.bank_inputs() * self.out_chunks()
    }

    /// Words of a bank of weights that are in look-up tables where nobody has chosen: all of them where they fill blocks
    /// badly, else none.
    pub fn default_lut_words(&self) -> usize {
        let words = self.bank_words();
        if in_blocks(self.out_lanes * width_of(self.weight_width), words, 1) { 0 } else { words }
    }

    /// Cycles of the engine for one event: chunks of an output row.
    pub fn out_chunks(&self) -> usize {
        self.linear.outputs.div_ceil(self.out_lanes)
    }
}

/// Raw values as changes.
#[derive(Clone, Debug)]
pub struct AnalogPass {
    /// Rows.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of a value.
    pub width: u32,
}

/// Repetition of a change.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// Rows.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of a change.
    pub width: u32,
    /// Number of time-steps.
    pub steps: u32,
}

/// A neuron array.
#[derive(Clone, Debug)]
pub struct Neurons {
    /// Rows.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of an incoming change.
    pub delta_width: u32,
    /// Whether rows without change may travel as one beat.
    pub skip_rows: bool,
    /// Constants and rule.
    pub neuron: integer::Neuron,
}

impl Neurons {
    /// Chunks of a row.
    pub fn chunks(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }

    /// Words of its state, each of all lanes.
    pub fn words(&self) -> usize {
        self.rows * self.chunks()
    }

    /// Width in bits of a neuron's state: membrane and tracer.
    pub fn state_width(&self) -> u32 {
        self.membrane_width() + self.level_width()
    }

    /// Words of the table of a lane; 0 without a table.
    pub fn table_words(&self) -> usize {
        match &self.neuron.rule {
            Rule::Affine { .. } => 0,
            Rule::Table => self.chunks() * self.neuron.steps(),
        }
    }

    /// Width in bits of a neuron's constants: start and threshold; 0 with a table.
    pub fn constant_width(&self) -> u32 {
        match &self.neuron.rule {
            Rule::Affine { .. } => self.membrane_width() + self.threshold_width(),
            Rule::Table => 0,
        }
    }

    /// Fraction bits of the membrane against a change of `A`.
    pub fn fraction(&self) -> u32 {
        match self.neuron.rule {
            Rule::Affine { fraction, .. } => fraction,
            Rule::Table => 0,
        }
    }

    /// Width in bits of the membrane: its proven range, and not below that of a change, which is added to it.
    pub fn membrane_width(&self) -> u32 {
        self.neuron.membrane.signed_width().max(self.delta_width + self.fraction())
    }

    /// Width in bits of the tracer.
    pub fn level_width(&self) -> u32 {
        Range::new(self.neuron.low.into(), self.neuron.high.into()).signed_width()
    }

    /// Width in bits of an unsigned threshold θ (line), or of a signed `T(c, k)` (table).
    pub fn threshold_width(&self) -> u32 {
        match &self.neuron.rule {
            Rule::Affine { theta, .. } => {
                let most = theta.iter().copied().max().unwrap_or(1);
                Range::new(0, most).signed_width() - 1
            }
            Rule::Table => {
                let all = self.neuron.thresholds.iter().copied();
                // Padding lanes hold 0 and 1.
                all.fold(Range::new(0, 1), |r, t| r.union(Range::new(t, t))).signed_width()
            }
        }
    }

    /// Width in bits of a level's word in the table: its thresholds and, with non_monotone, whether it is reached below
    /// them.
    pub fn table_width(&self) -> u32 {
        let crossings = u32::try_from(self.neuron.crossings()).unwrap_or(u32::MAX);
        crossings.saturating_mul(self.threshold_width()) + u32::from(self.neuron.non_monotone.is_some())
    }
}

/// The readout.
#[derive(Clone, Debug)]
pub struct Readout {
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of an incoming change.
    pub delta_width: u32,
    /// Whether it has the confidence rule.
    pub confidence: bool,
    /// Constants.
    pub readout: integer::Readout,
}

impl Readout {
    /// Beats of a row.
    pub fn chunks(&self) -> usize {
        self.readout.channels.div_ceil(self.lanes)
    }

    /// Width in bits of a channel's word of constants: the offset and, if it is not a shift, the multiplier.
    pub fn constant_width(&self) -> u32 {
        self.value_width() + self.factor_width()
    }

    /// Width in bits of the multiplier; 0 if it is a shift.
    pub fn factor_width(&self) -> u32 {
        if self.shift().is_none() { self.multiplier_width() } else { 0 }
    }

    /// The common left shift, where every channel's multiplier is the same power of two.
    pub fn shift(&self) -> Option<u32> {
        let (first, rest) = self.readout.multiplier.split_first()?;
        let power = *first > 0 && first.count_ones() == 1;
        (power && rest.iter().all(|m| m == first)).then(|| first.trailing_zeros())
    }

    /// Width in bits of the accumulated input.
    pub fn acc_width(&self) -> u32 {
        self.readout.total.signed_width().max(self.delta_width)
    }

    /// Width in bits of a signed multiplier.
    pub fn multiplier_width(&self) -> u32 {
        let all = self.readout.multiplier.iter();
        all.fold(Range::new(0, 0), |r, &m| r.union(Range::new(m, m))).signed_width()
    }

    /// Width in bits of a value.
    pub fn value_width(&self) -> u32 {
        self.readout.value_width.max(self.acc_width() + self.shift().unwrap_or(0))
    }

    /// Width in bits of an unsigned margin between two values; registers reach to 64. 0 without a confidence rule.
    pub fn margin_width(&self) -> u32 {
        if !self.confidence {
            return 0;
        }
        u32::try_from(width_of(self.value_width())).unwrap_or(64).min(64)
    }

    /// The result frame; `node` is the stage's.
    pub fn output(&self, node: &str) -> Output {
        Output {
            node: node.to_owned(),
            classes: self.readout.channels,
            rows: 1,
            value_width: self.value_width(),
            margin_width: self.margin_width(),
        }
    }
}

impl Stage {
    /// Name of the library module.
    pub fn module(&self) -> &'static str {
        match self.kind {
            Kind::AnalogMatmul(_) => "analog_matmul",
            Kind::AnalogPass(_) => "analog_pass",
            Kind::Repeat(_) => "rate_encoder",
            Kind::SpikeMatmul(_) => "spike_matmul",
            Kind::Neurons(_) => "spike_neurons",
            Kind::Product(_) => "spike_product",
            Kind::LayerNorm(_) => "layer_norm_neurons",
            Kind::Softmax(_) => "softmax_neurons",
            Kind::Readout(_) => "readout",
            Kind::Fork => "stream_fork",
            Kind::Scale(_) => "stream_scale",
            Kind::Sum(_) => "residual_sum",
            Kind::Select(_) => "row_select",
            Kind::Reorder(_) => "permute_buffer",
            Kind::Embedding(_) => "token_embedding",
            Kind::Mask(_) => "token_mask",
        }
    }

    /// Whether it has counters: engines, neurons and what stands for them; not what only passes beats on.
    pub fn is_counted(&self) -> bool {
        match self.kind {
            Kind::AnalogMatmul(_)
            | Kind::AnalogPass(_)
            | Kind::Repeat(_)
            | Kind::SpikeMatmul(_)
            | Kind::Neurons(_)
            | Kind::Product(_)
            | Kind::LayerNorm(_)
            | Kind::Softmax(_)
            | Kind::Readout(_) => true,
            Kind::Fork
            | Kind::Scale(_)
            | Kind::Sum(_)
            | Kind::Select(_)
            | Kind::Reorder(_)
            | Kind::Embedding(_)
            | Kind::Mask(_) => false,
        }
    }

    /// Whether it is an array of neurons, which reports to co-simulation.
    pub fn is_neurons(&self) -> bool {
        self.kind.skip_rows().is_some()
    }
}
