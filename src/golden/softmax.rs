//! Spike-softmax: the decisions of a row.

use num_traits::{AsPrimitive, PrimInt};

use crate::integer::Softmax;

use super::edges::{self, Edges};
use super::neuron::{Context, Row};

/// Softmax with what all rows share.
#[derive(Clone, Debug)]
pub(super) struct SoftmaxPlan {
    softmax: Softmax,
    /// Positions with this raw element, in this arrangement of the input, are masked.
    mask: Option<(usize, i32)>,
    /// Whether a decision fits 62 bits.
    narrow: bool,
}

impl SoftmaxPlan {
    pub(super) fn new(softmax: &Softmax, mask: Option<(usize, i32)>) -> Self {
        let narrow = softmax.decision_width <= 62 && edges::fit(softmax.low, softmax.high);
        Self { softmax: softmax.clone(), mask, narrow }
    }

    /// Accumulates, then moves every tracer by one towards its level, or not at all; a masked element stays at level 0.
    #[inline(always)]
    pub(super) fn row<D, V>(&self, mut row: Row<'_, D, V>, context: &mut Context<'_>)
    where
        D: AsPrimitive<V>,
        V: PrimInt + AsPrimitive<i64>,
    {
        row.accumulate();
        let size = row.sums.len() / self.softmax.groups;
        let padding = self.mask.map(|(arrangement, padding)| (&context.values[arrangement][..], padding));
        let states = row.tracers.chunks_mut(size).zip(row.spikes.chunks_mut(size));
        for (scores, (tracers, spikes)) in row.sums.chunks(size).zip(states) {
            let scratch = &mut context.scratch;
            match padding {
                None if self.narrow => {
                    self.exps(scores, &mut scratch.values);
                    self.decide(&scratch.values, tracers, spikes, &mut scratch.edges);
                }
                _ => {
                    scratch.scores.clear();
                    scratch.scores.extend(scores.iter().map(|a| a.as_()));
                    self.decide_wide(&scratch.scores, padding, tracers, spikes, &mut scratch.values);
                }
            }
        }
    }

    /// Each `e` of a group without mask.
    #[inline(always)]
    fn exps<V: AsPrimitive<i64> + Ord>(&self, scores: &[V], exps: &mut Vec<i64>) {
        let most: i64 = scores.iter().max().map_or(0, |a| a.as_());
        exps.clear();
        exps.extend(scores.iter().map(|a| self.softmax.exp(most - a.as_())));
    }

    /// Each `e` compared with the least ones that reach the levels, in 64 bits.
    #[inline(always)]
    fn decide(&self, exps: &[i64], tracers: &mut [i32], spikes: &mut [i8], edges: &mut Edges) {
        let Softmax { low, high, rounding, scale, scale_fraction, .. } = self.softmax;
        let scaled_sum = scale * exps.iter().sum::<i64>();
        edges.set(low, high, |k| {
            let boundary = rounding.boundary(k);
            let edge = boundary.halves * scaled_sum + i64::from(!boundary.inclusive);
            // e·2^h ≥ edge exactly when e ≥ ceil(edge/2^h).
            (edge + (1 << scale_fraction) - 1) >> scale_fraction
        });
        edges.decide(low, exps, tracers, spikes);
    }

    /// The same for any width and number of levels, and with a mask.
    #[inline(never)]
    fn decide_wide(
        &self,
        scores: &[i64],
        padding: Option<(&[i32], i32)>,
        tracers: &mut [i32],
        spikes: &mut [i8],
        exps: &mut Vec<i64>,
    ) {
        let softmax = &self.softmax;
        let masked = |j: usize| padding.is_some_and(|(values, padding)| values[j] == padding);
        let sum = softmax.exps(scores, masked, exps);
        for (j, ((s, spike), &e)) in tracers.iter_mut().zip(spikes).zip(exps.iter()).enumerate() {
            let live = !masked(j);
            let up = live && *s < softmax.high && softmax.reached(e, sum, *s + 1);
            let down = live && !up && *s > softmax.low && !softmax.reached(e, sum, *s);
            *spike = i8::from(up) - i8::from(down);
            *s += i32::from(*spike);
        }
    }
}
