//! The hardware that a program is compiled for: its parameters, as small as the network allows.

use crate::error::{Error, Result};
use crate::golden::SpikeCode;
use crate::integer::{Network, Op, Readout};

/// What a user chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Output channels of a chunk; a multiple of `fire_lanes`.
    pub lanes: usize,
    /// Events per cycle; at least 1.
    pub spikes: usize,
    /// Neurons that fire together; a power of two from 4.
    pub fire_lanes: usize,
    /// Neurons of a word of spike memory; a power of two from `fire_lanes`.
    pub fetch_width: usize,
    /// What a spike carries.
    pub code: SpikeCode,
}

impl Default for Options {
    fn default() -> Self {
        Self { lanes: 64, spikes: 2, fire_lanes: 8, fetch_width: 64, code: SpikeCode::Radix }
    }
}

impl Options {
    /// The defaults, with fewer lanes if no layer has so many outputs.
    pub fn sensible(network: &Network) -> Self {
        let all = Self::default();
        let ids = network.topological();
        let most = ids.iter().map(|&id| match &network.node(id).op {
            Op::Linear(_)
            | Op::Neuron(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Softmax(_)
            | Op::Readout(_) => network.node(id).shape.channels(),
            Op::Input(_) | Op::Arrange(_) | Op::Select(_) | Op::Embedding(_) => 1,
        });
        let most = most.max().unwrap_or(1).next_multiple_of(all.fire_lanes);
        Self { lanes: all.lanes.min(most), ..all }
    }

    /// Checks the values.
    ///
    /// # Errors
    /// Names the value that is out of range, and the range.
    pub fn check(&self) -> Result<()> {
        let Self { lanes, spikes, fire_lanes, fetch_width, .. } = *self;
        let problem = if fire_lanes < 4 || !fire_lanes.is_power_of_two() || fire_lanes > 1 << 10 {
            format!("{fire_lanes} fire lanes: they must be a power of two from 4 to 1024")
        } else if lanes == 0 || !lanes.is_multiple_of(fire_lanes) || lanes > 1 << 14 {
            format!("{lanes} lanes: they must be a multiple of the {fire_lanes} fire lanes, at most 16384")
        } else if spikes == 0 || spikes > 64 {
            format!("{spikes} spikes per cycle: they must be 1 to 64")
        } else if !fetch_width.is_power_of_two() || fetch_width < fire_lanes || fetch_width > 1 << 14 {
            format!(
                "a fetch width of {fetch_width}: it must be a power of two from the {fire_lanes} fire lanes to 16384"
            )
        } else {
            return Ok(());
        };
        Err(Error::input(problem).fix("choose other parameters for the overlay"))
    }
}

/// Place and form of the input in spike memory, and its elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Elements of a sample.
    pub count: usize,
    /// Width in bits of a signed element less the zero point.
    pub value_width: u32,
    /// Subtracted from each element.
    pub zero_point: i32,
    /// Rows and channels in spike memory; 0 if nobody reads the input as spikes.
    pub rows: usize,
    /// Channels of a row.
    pub channels: usize,
    /// Local time-steps: bits of the largest magnitude.
    pub steps: usize,
    /// First word of the half of sample 0, and words of a half.
    pub base: usize,
    /// Words of a half; the half of sample 1 follows that of sample 0.
    pub half: usize,
    /// Words from one row to the next.
    pub row_stride: usize,
    /// Words from one step to the next.
    pub step_stride: usize,
    /// Element `k` of the rows is element `order[k]` of the sample; in the sample's own order if absent.
    pub order: Option<Vec<usize>>,
}

/// All parameters of the hardware. Depths are numbers of words; 0 where a memory or an operator is absent. Widths are in
/// bits, at least 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// P: sums of a chunk.
    pub lanes: usize,
    /// G: events per cycle.
    pub spikes: usize,
    /// W: neurons that fire together.
    pub fire_lanes: usize,
    /// F: neurons of a word of spikes.
    pub fetch_width: usize,
    /// The input.
    pub input: Input,
    /// Signed weight.
    pub weight_width: u32,
    /// Words of P weights.
    pub weight_depth: usize,
    /// Signed level in operand memory.
    pub operand_width: u32,
    /// Words of P levels.
    pub operand_depth: usize,
    /// Signed sum of the engine; partial sums wrap.
    pub acc_width: u32,
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
    /// Magnitude of a level of neurons that fire.
    pub level_bits: u32,
    /// Neurons of a group beyond the last element of a chunk may have sums of operands that nobody wrote.
    pub ragged: bool,
    /// Signed threshold of a table that neurons decide by.
    pub piece_width: u32,
    /// Words of these tables, in the memory of each neuron of a group; 0 if no neuron decides by a table.
    pub piece_depth: usize,
    /// Most local time-steps of neurons with radix spikes; at least 1.
    pub max_steps: usize,
    /// Words of spike memory.
    pub spike_depth: usize,
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
    /// Entries of the coefficients.
    pub coefficient_depth: usize,
    /// Signed Γ; as wide as B.
    pub gamma_width: u32,
    /// Signed B.
    pub beta_width: u32,
    /// Fraction bits g of Γ and B.
    pub norm_fraction: u32,
    /// Unsigned v of LayerNorm.
    pub square_width: u32,
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

/// Elements that the serial path takes at once, if so many neurons fire together; the same as `SerialLanes` in
/// `rtl/overlay/overlay_core.sv`.
pub(super) const fn serial_lanes(fire_lanes: usize) -> usize {
    if fire_lanes >= 8 { 2 } else { 1 }
}

/// Parameters of the readout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadoutPart {
    /// Logits: rows × channels.
    pub classes: usize,
    /// Channels: words of the image.
    pub channels: usize,
    /// Signed multiplier.
    pub multiplier_width: u32,
    /// Signed value.
    pub value_width: u32,
    /// If all multipliers are this power of two, the hardware shifts.
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

impl Machine {
    /// Bits of an address of spike memory.
    pub(super) fn spike_bits(&self) -> u32 {
        bits(self.spike_depth.saturating_sub(1)).max(1)
    }

    /// Bits of an address of weights or operands.
    pub(super) fn word_bits(&self) -> u32 {
        bits(self.weight_depth.max(self.operand_depth).saturating_sub(1)).max(1)
    }
}
