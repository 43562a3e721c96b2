//! The memories that a model image fills.

use crate::overlay::isa::{Fetch, Fire, Vector};
use crate::overlay::machine::{Machine, bits};

use super::scalars::Scalar;

/// Words before the needs: offset and bytes of the stream in the image, its words in the ring; its beats before the start values,
/// of these, and all of them; offset and bytes of the tables of rows.
pub(super) const STREAM_NUMBERS: usize = 8;
/// Most words of the weights in memory: 4 GiB with all of an image.
const MOST_WORDS: usize = 1 << 29;

/// A memory of constants or programs. Its number in images is its position in [`MemoryKind::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// Numbers of the network that no instruction has.
    Scalars,
    /// Instructions.
    Fetch,
    /// Instructions.
    Fire,
    /// Instructions.
    Vector,
    /// Words of P weights.
    Weights,
    /// Words of W thresholds.
    Thresholds,
    /// Words of W pieces.
    Pieces,
    /// Entries of the window table.
    Windows,
    /// Start values.
    Starts,
    /// The same, for the serial path.
    StartBeats,
    /// Coefficients.
    Coefficients,
    /// The same, for the serial path.
    CoefficientBeats,
    /// Entries of tables of rows.
    Table,
    /// Constants of LayerNorm.
    Constants,
    /// Exponentials.
    Exponentials,
    /// Multipliers and offsets of the logits.
    Readout,
    /// Order of the elements.
    Order,
    /// The numbers of the stream of weights, and what of it each fetch instruction reads.
    Needs,
    /// Weights that stay in memory: no memory of the machine.
    Stream,
}

impl MemoryKind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::Scalars,
        Self::Fetch,
        Self::Fire,
        Self::Vector,
        Self::Weights,
        Self::Thresholds,
        Self::Pieces,
        Self::Windows,
        Self::Starts,
        Self::StartBeats,
        Self::Coefficients,
        Self::CoefficientBeats,
        Self::Table,
        Self::Constants,
        Self::Exponentials,
        Self::Readout,
        Self::Order,
        Self::Needs,
        Self::Stream,
    ];

    /// Its number in images.
    pub fn number(self) -> u32 {
        (0..).zip(Self::ALL).find(|(_, kind)| *kind == self).map_or(u32::MAX, |(n, _)| n)
    }

    /// Its name in text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalars => "scalars",
            Self::Fetch => "fetch program",
            Self::Fire => "fire program",
            Self::Vector => "vector program",
            Self::Weights => "weights",
            Self::Thresholds => "thresholds",
            Self::Pieces => "tables of levels",
            Self::Windows => "window table",
            Self::Starts => "start values",
            Self::StartBeats => "start values of the serial path",
            Self::Coefficients => "coefficients",
            Self::CoefficientBeats => "coefficients of the serial path",
            Self::Table => "tables of rows",
            Self::Constants => "constants of LayerNorm",
            Self::Exponentials => "exponentials",
            Self::Readout => "readout",
            Self::Order => "order of the elements",
            Self::Needs => "needs of weights",
            Self::Stream => "weights in memory",
        }
    }

    /// The name in SystemVerilog.
    pub(super) fn identifier(self) -> String {
        format!("{self:?}")
    }

    /// Words, and bits of a word, in a machine; 0 words of a memory that it does not have.
    pub fn size(self, machine: &Machine) -> (usize, u32) {
        let m = machine;
        let wide = |count: usize, width: u32| count as u32 * width;
        let beat = m.row_lanes.max(1);
        let there = |condition: bool, words: usize| if condition { words } else { 0 };
        // Memories of rows are there with the unit.
        match self {
            Self::Scalars => (Scalar::ALL.len(), 32),
            Self::Fetch => (m.fetch_count * Fetch::WORDS, 32),
            Self::Fire => (m.fire_count * Fire::WORDS, 32),
            Self::Vector => (m.vector_count * Vector::WORDS, 32),
            Self::Weights => (there(m.bus_width == 0, m.weight_depth), wide(m.lanes, m.weight_width)),
            Self::Thresholds => {
                let thetas = if m.shared_theta { 1 } else { m.fire_lanes };
                let bits = wide(thetas, m.theta_width) + wide(m.fire_lanes, m.start_width);
                (m.threshold_depth.max(1), bits)
            }
            Self::Pieces => (m.piece_depth, wide(m.fire_lanes, m.piece_width + m.level_bits + 1)),
            Self::Windows => (m.window_depth, m.spike_bits() + m.word_bits() + bits(m.max_segments)),
            Self::Starts => (m.start_depth, m.sum_width),
            Self::StartBeats => (m.start_depth.div_ceil(beat), wide(beat, m.sum_width)),
            Self::Coefficients => (m.coefficient_depth, m.coefficient_width),
            Self::CoefficientBeats => (m.coefficient_depth.div_ceil(beat), wide(beat, m.coefficient_width)),
            Self::Table => (m.table_depth, m.table_width),
            Self::Constants => {
                (m.constant_depth.div_ceil(beat), wide(2 * beat, m.gamma_width.max(m.beta_width)))
            }
            Self::Exponentials => (there(m.max_group > 0, m.exp_depth), m.exp_width),
            Self::Readout => (m.readout.channels, m.readout.multiplier_width + m.readout.value_width),
            Self::Needs => (there(m.bus_width > 0, STREAM_NUMBERS + m.fetch_count), 32),
            Self::Stream => (there(m.bus_width > 0, MOST_WORDS), 32),
            Self::Order => {
                (there(m.input.ordered, m.input.count), bits(m.input.count.saturating_sub(1)).max(1))
            }
        }
    }

    /// Parts of 32 bits of a word.
    pub fn parts(self, machine: &Machine) -> u32 {
        self.size(machine).1.div_ceil(32)
    }
}

/// Most parts of a word of all memories.
pub(in crate::overlay) fn most_parts(machine: &Machine) -> u32 {
    let parts = MemoryKind::ALL.iter().map(|kind| kind.parts(machine));
    parts.max().unwrap_or(1)
}
