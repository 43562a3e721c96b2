//! Ranges that the widths of the hardware are derived from.

use crate::integer::Range;

/// A range of integers that contains 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub low: i128,
    pub high: i128,
}

impl Span {
    pub fn take(&mut self, value: i128) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }

    pub fn take_range(&mut self, range: Range) {
        self.take(range.low.into());
        self.take(range.high.into());
    }

    /// Bits of the two's complement; at least 1.
    pub fn signed(self) -> u32 {
        let bits = |v: i128| 128 - if v < 0 { !v } else { v }.leading_zeros() + 1;
        bits(self.low).max(bits(self.high))
    }
}

/// Bits of an unsigned number; at least 1.
pub(super) fn unsigned(value: u128) -> u32 {
    (128 - value.leading_zeros()).max(1)
}

/// What has been seen.
#[derive(Debug, Default)]
pub(super) struct Widths {
    pub weight: Span,
    pub operand: Span,
    pub acc: Span,
    pub theta: u128,
    pub start: Span,
    /// M, and what it is compared with.
    pub membrane: u128,
    pub level: u128,
    /// Membranes of IF and LIF neurons, words of them, and bits of their leaks.
    pub lif: Span,
    /// Synaptic currents.
    pub lif_current: Span,
    pub lif_depth: usize,
    /// Thresholds of tables.
    pub piece: Span,
    pub max_steps: usize,
    /// Levels that are compared with each other.
    pub pool: Span,
    pub sum: Span,
    pub value: Span,
    pub coefficient: Span,
    pub gamma: Span,
    pub beta: Span,
    pub square_width: u32,
    pub epsilon: u128,
    pub exp: u128,
    pub exp_sum_width: u32,
    pub scale: u128,
    pub max_group: usize,
    pub mask_depth: usize,
    /// V of row fire, and M.
    pub row_value: Span,
    pub row_theta: u128,
    pub neuron_theta: u128,
    /// Neurons beyond the last element of a chunk have sums of nothing.
    pub ragged: bool,
    pub row_level: u128,
    pub row_max_steps: usize,
    pub table: Span,
}
