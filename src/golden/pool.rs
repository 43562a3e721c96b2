//! Pools of maxima: an output pixel accumulates the largest of what its window sees.
//!
//! A tracer changes by at most one level in a time-step, and so does the largest of several: what a pool sends is ternary, as
//! spikes are.

use crate::integer::{MaxPool, Range};

use super::source::Source;
use super::sums::{Delta, Neurons, Sums};
use super::window::WindowPlan;

/// A pool.
#[derive(Clone, Debug)]
pub(super) struct PoolPlan {
    pub source: Source,
    /// Index of its accumulation, and of its state.
    pub output: usize,
    pub state: usize,
    window: WindowPlan,
    pub total: Range,
}

impl PoolPlan {
    pub(super) fn new(pool: &MaxPool, source: Source, output: usize, state: usize) -> Self {
        let window = WindowPlan::of(&pool.window, Vec::new());
        Self { source, output, state, window, total: pool.total }
    }

    /// `A` before the first time-step.
    pub(super) fn new_state(&self) -> Vec<i64> {
        vec![0; self.window.window.shape().len()]
    }

    /// The change of `A` in time-step `t`; the input is applied in `steps` of them.
    pub(super) fn step(
        &self,
        (values, neurons): (&[Vec<i32>], &[Neurons]),
        (t, steps): (u32, u32),
        pool: &mut [i64],
        delta: &mut Delta,
    ) {
        match self.source {
            Source::Layer { layer, first, end } => {
                let tracers = &neurons[layer].tracers[first as usize..end as usize];
                self.change(|e| tracers[e].into(), pool, delta);
            }
            Source::Input(arrangement) => {
                let (values, times) = (&values[arrangement], i64::from(t.min(steps)));
                self.change(|e| i64::from(values[e]) * times, pool, delta);
            }
        }
    }

    fn change(&self, x: impl Fn(usize) -> i64, pool: &mut [i64], delta: &mut Delta) {
        let channels = self.window.window.channels;
        delta.any = false;
        for (pixel, (sums, touched)) in pool.chunks_mut(channels).zip(&mut delta.touched).enumerate() {
            *touched = false;
            for (c, sum) in sums.iter_mut().enumerate() {
                let seen = self.window.taps(pixel).map(|(_, row)| x(row * channels + c)).max().unwrap_or(0);
                let change = seen - *sum;
                *touched |= change != 0;
                *sum = seen;
                let e = pixel * channels + c;
                match &mut delta.sums {
                    Sums::I16(d) => d[e] = change as i16,
                    Sums::I32(d) => d[e] = change as i32,
                    Sums::I64(d) => d[e] = change,
                }
            }
            delta.any |= *touched;
        }
    }

    /// Verifies the range of `A`.
    pub(super) fn verify(&self, pool: &[i64]) {
        for a in pool {
            assert!(self.total.contains(*a), "A = {a} outside {}", self.total);
        }
    }
}
