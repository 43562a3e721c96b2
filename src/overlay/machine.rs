//! The hardware that a program is compiled for: its parameters, as small as the network allows.

use serde::{Deserialize, Serialize};

use super::tables;
use crate::hardware::MemoryPort;
use crate::integer::Readout;

/// Place and form of the input in spike memory, and its elements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Elements of a sample.
    pub count: usize,
    /// Bits of an element on the input stream.
    pub element_bits: u32,
    /// Width in bits of a signed element less the zero point.
    pub value_width: u32,
    /// Subtracted from each element.
    #[serde(skip)]
    pub zero_point: i32,
    /// Rows and channels in spike memory; 0 if nobody reads the input as spikes.
    pub rows: usize,
    /// Channels of a row.
    pub channels: usize,
    /// Local time-steps: bits of the largest magnitude.
    pub steps: usize,
    /// First word of the half of sample 0, and words of a half.
    #[serde(skip)]
    pub base: usize,
    /// Words of a half; the half of sample 1 follows that of sample 0.
    #[serde(skip)]
    pub half: usize,
    /// Words from one row to the next.
    #[serde(skip)]
    pub row_stride: usize,
    /// Words from one step to the next.
    #[serde(skip)]
    pub step_stride: usize,
    /// Element `k` of the rows is element `order[k]` of the sample; in the sample's own order if absent.
    #[serde(skip)]
    pub order: Option<Vec<usize>>,
    /// There is such an order.
    pub ordered: bool,
    /// Units read raw elements: nobody reads the input as spikes.
    pub raw: bool,
    /// Elements become spikes as they come, without a memory of elements.
    #[serde(default, skip_serializing_if = "is_false")]
    pub direct: bool,
    /// Rows whose groups wait for more elements.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub open: usize,
    /// The order in which elements come, if they become spikes as they come.
    #[serde(skip)]
    pub nest: Option<Nest>,
    /// There is one place for spikes, which a sample leaves when it has been read.
    #[serde(skip)]
    pub single: bool,
}

/// Nested loops in which elements come: planes, bands, passes of a band, rows of a band, elements of a run. Each at least 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nest {
    /// Elements of a run, which belong to one row.
    pub run: usize,
    /// Rows of a band.
    pub band_rows: usize,
    /// Passes through a band.
    pub passes: usize,
    /// Bands.
    pub bands: usize,
    /// Planes.
    pub planes: usize,
}

impl Nest {
    /// Rows whose groups of `lanes` neurons wait for the next pass; 0 if none does.
    pub fn open(&self, lanes: usize) -> usize {
        let waits = self.passes * self.planes > 1 && !self.run.is_multiple_of(lanes);
        if waits { self.band_rows } else { 0 }
    }
}

/// All parameters of the hardware. Depths are numbers of words; 0 where a memory or an operator is absent. Widths are in
/// bits, at least 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// P: sums of a chunk.
    #[serde(skip)]
    pub lanes: usize,
    /// G: events per cycle.
    #[serde(skip)]
    pub spikes: usize,
    /// W: neurons that fire together; fewer than 4 take turns until a group is complete.
    #[serde(skip)]
    pub fire_lanes: usize,
    /// F: neurons of a word of spikes.
    #[serde(skip)]
    pub fetch_width: usize,
    /// R: elements at once of the serial path, LayerNorm, softmax and their neurons.
    #[serde(skip)]
    pub row_lanes: usize,
    /// The input.
    pub input: Input,
    /// Signed weight.
    pub weight_width: u32,
    /// Words of P weights; of the ring, if they come from memory.
    pub weight_depth: usize,
    /// Bits of a beat of the weights from memory; 0 if they are all in the chip.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bus_width: usize,
    /// Ports that bring these beats together, if there are several.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub memory_ports: usize,
    /// Signed level in operand memory.
    pub operand_width: u32,
    /// Words of P levels.
    pub operand_depth: usize,
    /// Most elements of a row of operands that is transposed, if weights come from memory.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub operand_elements: usize,
    /// Signed sum of the engine; partial sums wrap.
    pub acc_width: u32,
    /// Some spikes are negative.
    pub negative: bool,
    /// Fraction bits of the membrane.
    pub fraction: u32,
    /// Unsigned threshold θ.
    pub theta_width: u32,
    /// Signed start value.
    pub start_width: u32,
    /// Unsigned M, and w·θ that it is compared with.
    pub membrane_width: u32,
    /// Words of W thresholds.
    pub threshold_depth: usize,
    /// All neurons of a word of thresholds have one θ.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shared_theta: bool,
    /// Magnitude of a level of neurons that fire.
    pub level_bits: u32,
    /// Neurons of a group beyond the last element of a chunk may have sums of operands that nobody wrote.
    pub ragged: bool,
    /// Signed threshold of a table that neurons decide by.
    pub piece_width: u32,
    /// Words of these tables, in the memory of each neuron of a group; 0 if no neuron decides by a table.
    pub piece_depth: usize,
    /// Words of W membranes of IF and LIF neurons; 0 without such neurons.
    pub lif_depth: usize,
    /// Signed membrane of such a neuron.
    pub lif_width: u32,
    /// Signed synaptic current of such a neuron; 0 if none has one.
    #[serde(default, skip_serializing_if = "is_zero_width")]
    pub current_width: u32,
    /// Bits of a leak behind the point; 0 if no membrane leaks to a part of it.
    pub leak_shift: u32,
    /// Most local time-steps of neurons with radix spikes; at least 1.
    pub max_steps: usize,
    /// Most rows that a unit completes in a sample, and rows of the input.
    pub progress: usize,
    /// The engine adds to sums that are there.
    pub accumulates: bool,
    /// Kinds of vector instructions: sums of sums, tables of rows, masks, LayerNorm, neurons of sums.
    pub adds: bool,
    /// Tables of rows.
    pub embeds: bool,
    /// Masks.
    pub masks: bool,
    /// LayerNorm.
    pub norms: bool,
    /// LayerNorm without the mean.
    pub uncentred: bool,
    /// Masks by position.
    pub bands: bool,
    /// Neurons of sums.
    pub sum_neurons: bool,
    /// Sums for the readout.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sends: bool,
    /// Raw elements that are added to sums.
    #[serde(default, skip_serializing_if = "is_false")]
    pub elements: bool,
    /// Words of spike memory.
    pub spike_depth: usize,
    /// The first of these words have signs, which are in a memory of their own; all have, in theirs, if 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sign_depth: usize,
    /// Signed number of the memory of sums; partial sums wrap.
    pub sum_width: u32,
    /// Words of the memory of sums.
    pub sum_depth: usize,
    /// Signed element on the serial path.
    pub value_width: u32,
    /// Signed coefficient.
    pub coefficient_width: u32,
    /// Entries of the start table, each as wide as a sum.
    pub start_depth: usize,
    /// Start values that come with the stream of weights.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub streamed_starts: usize,
    /// Entries of the coefficients.
    pub coefficient_depth: usize,
    /// Signed Γ; as wide as B.
    pub gamma_width: u32,
    /// Signed B, of which the half that rounding adds is a part.
    pub beta_width: u32,
    /// Fraction bits g of Γ and B.
    pub norm_fraction: u32,
    /// Unsigned v of LayerNorm.
    pub square_width: u32,
    /// Fraction bits of r, the same in all networks of a machine.
    #[serde(default, skip_serializing_if = "is_zero_width")]
    pub root_fraction: u32,
    /// Unsigned ε'.
    pub epsilon_width: u32,
    /// Most channels of an instruction of the vector unit.
    pub max_channels: usize,
    /// Words of constants of LayerNorm: channels.
    pub constant_depth: usize,
    /// Fraction bits of neurons of sums.
    pub neuron_fraction: u32,
    /// Unsigned θ of neurons of sums.
    pub neuron_theta_width: u32,
    /// Unsigned exponential.
    pub exp_width: u32,
    /// Exponentials.
    pub exp_depth: usize,
    /// Unsigned sum of exponentials of a group.
    pub exp_sum_width: u32,
    /// Unsigned scale.
    pub scale_width: u32,
    /// Fraction bits h of the scale.
    pub scale_fraction: u32,
    /// Most scores of a group; 0 without softmax.
    pub max_group: usize,
    /// Elements that can be masked; 0 without a mask.
    pub mask_depth: usize,
    /// Signed V of row fire, and its M.
    pub row_value_width: u32,
    /// Unsigned θ of row fire.
    pub row_theta_width: u32,
    /// Magnitude of a level of row fire.
    pub row_level_bits: u32,
    /// Most local time-steps of row fire.
    pub row_max_steps: usize,
    /// Signed entry of the rows of embeddings.
    pub table_width: u32,
    /// Entries of the rows of embeddings.
    pub table_depth: usize,
    /// Instructions of the three lists.
    pub fetch_count: usize,
    /// Fire instructions; as many as fetch instructions.
    pub fire_count: usize,
    /// Vector instructions.
    pub vector_count: usize,
    /// Largest numbers in instructions: rows.
    pub max_rows: usize,
    /// Local time-steps of a source.
    pub max_fetch_steps: usize,
    /// Segments.
    pub max_segments: usize,
    /// Entries of the window table; 0 without windows.
    pub window_depth: usize,
    /// Signed level of which the largest is taken; 0 without pools.
    pub pool_width: u32,
    /// Products element by element.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gates: bool,
    /// Outer chunks.
    pub max_outer: usize,
    /// Inner chunks.
    pub max_inner: usize,
    /// Groups of a row of spikes, or of a row of sums.
    pub max_groups: usize,
    /// Chunks of a row.
    pub max_chunks: usize,
    /// The readout.
    pub readout: ReadoutPart,
}

/// Leaves out what machines with all weights in the chip do not have.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Leaves out what machines with all weights in the chip do not have.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Leaves out what machines without synaptic currents do not have.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero_width(width: &u32) -> bool {
    *width == 0
}

/// Parameters of the readout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadoutPart {
    /// Logits: rows × channels.
    pub classes: usize,
    /// Channels of a row: words of constants.
    pub channels: usize,
    /// Signed multiplier.
    pub multiplier_width: u32,
    /// Signed value.
    pub value_width: u32,
    /// If all multipliers are this power of two, the hardware shifts; not if they are loaded.
    #[serde(skip)]
    pub shift: Option<u32>,
}

impl ReadoutPart {
    /// Of the network's readout with this many logits.
    pub(super) fn new(readout: &Readout, classes: usize) -> Self {
        let shift = match readout.multiplier.split_first() {
            Some((&first, rest)) if first > 0 && first.count_ones() == 1 => {
                rest.iter().all(|&m| m == first).then(|| first.trailing_zeros())
            }
            _ => None,
        };
        let all = readout
            .multiplier
            .iter()
            .fold(crate::integer::Range::new(0, 0), |r, &m| r.union(crate::integer::Range::new(m, m)));
        Self {
            classes,
            channels: readout.channels,
            multiplier_width: all.signed_width(),
            value_width: readout.value_width.max(readout.total.signed_width() + shift.unwrap_or(0)),
            shift,
        }
    }
}

/// Bits that count up to this number.
pub(super) fn bits(most: usize) -> u32 {
    usize::BITS - most.leading_zeros()
}

/// Bits of a lane in the address of one lane of a word of operands.
pub(super) fn lane_bits(lanes: usize) -> u32 {
    bits(lanes.saturating_sub(1)).max(1)
}

/// The smallest part of a word of spikes that is written, in neurons.
pub(super) const LEAST_GROUP: usize = 4;

/// Words of operands from which they have a further bank.
const OPERAND_BANK: usize = 256;

impl Machine {
    /// Elements of a transposed row that are written at once. With all weights in the chip these are the banks of operand
    /// memory: a power of two up to the row lanes, as long as the banks fill at least half of a block.
    pub(super) fn operand_lanes(&self) -> usize {
        if self.bus_width > 0 {
            return self.row_lanes.max(1);
        }
        let banks = (self.operand_depth / OPERAND_BANK).max(1);
        self.row_lanes.min(1 << banks.ilog2()).max(1)
    }

    /// Bits of a start value in the stream of weights.
    pub(super) fn start_entry(&self) -> usize {
        (self.sum_width as usize).next_power_of_two().max(32)
    }

    /// Bits of an entry of the tables of rows in memory; 0 if none are there.
    pub(super) fn gather_width(&self) -> usize {
        if self.embeds && self.bus_width > 0 { tables::entry(self.table_width) } else { 0 }
    }

    /// Neurons whose spikes are written together: what the fields of instructions count in groups.
    pub fn group(&self) -> usize {
        self.fire_lanes.max(LEAST_GROUP)
    }

    /// Turns in which a group fires.
    pub(super) fn turns(&self) -> usize {
        self.group() / self.fire_lanes.max(1)
    }

    /// Ports that bring a beat of weights together.
    pub(super) fn ports(&self) -> usize {
        self.memory_ports.max(1)
    }

    /// The ports to memory.
    pub(crate) fn memory_port(&self) -> MemoryPort {
        MemoryPort::of(self.bus_width / self.ports(), self.ports())
    }

    /// Memories of sums of the serial path that are read in turn, if weights come from memory: two if that takes no more blocks.
    pub(super) fn sum_halves(&self) -> usize {
        let words = self.sum_depth.div_ceil(self.row_lanes.max(1));
        if self.bus_width > 0 && self.accumulates && words > 1024 { 2 } else { 1 }
    }

    /// Groups of neurons that wait in fire, so that the adders may complete the next chunk.
    pub(super) fn waiting_groups(&self) -> usize {
        if self.fire_lanes < 16 { 0 } else { 8 }
    }

    /// Bits of an address of spike memory.
    pub(super) fn spike_bits(&self) -> u32 {
        bits(self.spike_depth.saturating_sub(1)).max(1)
    }

    /// Bits of an address of weights or operands.
    pub(super) fn word_bits(&self) -> u32 {
        let word = |depth: usize| bits(depth.saturating_sub(1)).max(1);
        let (weight, operand) = (word(self.weight_depth), word(self.operand_depth));
        match self.gates {
            true => 1 + weight.max(operand + lane_bits(self.lanes)),
            false => weight.max(operand),
        }
    }
}
