//! Observer of a run: called at every time-step, and compiled away if it does nothing.

use super::sums::Sums;

/// Receives the events of a run. Layers are counted as in [`super::Golden::layers`], time-steps from 1.
pub trait Observer {
    /// Whether anything is looked at; what nobody looks at need not be computed.
    const OBSERVES: bool = true;

    /// The ternary spikes of a neuron layer in a time-step, row-major.
    fn spikes(&mut self, _layer: usize, _step: u32, _spikes: &[i8]) {}

    /// The membranes and tracers of a neuron layer after a time-step.
    fn membranes(&mut self, _layer: usize, _step: u32, _membranes: Membranes<'_>) {}

    /// The accumulated input of the readout after a time-step, row-major.
    fn logits(&mut self, _step: u32, _totals: &[i64]) {}
}

/// Observes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    const OBSERVES: bool = false;
}

/// Membranes `V` (the accumulated input `A` for the table rule) and tracers `S` of a layer, row-major.
#[derive(Clone, Copy)]
pub struct Membranes<'a> {
    pub(super) sums: &'a Sums,
    /// Tracers `S`.
    pub tracers: &'a [i32],
}

impl Membranes<'_> {
    /// Membrane of a neuron.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn membrane(&self, index: usize) -> i64 {
        match self.sums {
            Sums::I16(v) => v[index].into(),
            Sums::I32(v) => v[index].into(),
            Sums::I64(v) => v[index],
        }
    }

    /// All membranes.
    pub fn to_vec(&self) -> Vec<i64> {
        (0..self.tracers.len()).map(|i| self.membrane(i)).collect()
    }
}
