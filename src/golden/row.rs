//! A row of neurons in a time-step, as all kinds of decisions see it.

use num_traits::{AsPrimitive, PrimInt};

use super::sums::Scratch;

/// The part of the raw input that a layer reads by position, and buffers for its rows.
pub(super) struct Context<'a> {
    pub values: &'a [Vec<i32>],
    pub scratch: &'a mut Scratch,
    /// The row.
    pub row: usize,
}

/// A row of neurons in a time-step.
pub(super) struct Row<'a, D, V> {
    /// Change of `A`.
    pub delta: &'a [D],
    /// `V` or `A`.
    pub sums: &'a mut [V],
    /// `S`.
    pub tracers: &'a mut [i32],
    pub spikes: &'a mut [i8],
}

impl<D: AsPrimitive<V>, V: PrimInt + 'static> Row<'_, D, V> {
    /// Adds the change.
    #[inline(always)]
    pub(super) fn accumulate(&mut self) {
        for (a, d) in self.sums.iter_mut().zip(self.delta) {
            *a = *a + d.as_();
        }
    }
}
