//! SESA products: matrix products of two tracers. A spike of one operand adds a column of the other's tracers.

use super::{Form, Range};

/// A product of two tracers. With `S` the tracers after and `q`, `k` the spikes of a time-step, `A` changes by
/// `q·S_Kᵀ + (S_Q − q)·kᵀ`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Kind of the product.
    pub form: Form,
    /// Number of heads.
    pub heads: usize,
    /// Range of the change of `A` in one time-step.
    pub delta: Range,
    /// Range of every partial sum within one time-step, in any order of the events; contains `delta`.
    pub partial: Range,
    /// Range of `A` at any time.
    pub total: Range,
}

impl Product {
    /// Channels per head of operands with these channels: `D` of a right operand.
    pub fn depth(&self, right_channels: usize) -> usize {
        right_channels / self.heads
    }
}
