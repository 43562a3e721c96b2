//! Spike-softmax: the decisions of a row.

use num_traits::{AsPrimitive, PrimInt};

use crate::graph::Band;
use crate::integer::Softmax;

use super::levels::Even;
use super::row::{Context, Row};
use super::sums::Scratch;

/// Softmax with the values shared by all rows.
#[derive(Clone, Debug)]
pub(super) struct SoftmaxPlan {
    softmax: Softmax,
    /// Positions with this raw element, in this arrangement of the input, are masked.
    mask: Option<(usize, i32)>,
    /// Level boundaries, if a decision fits 62 bits; not in a checked model.
    even: Option<Even>,
}

impl SoftmaxPlan {
    pub(super) fn new(softmax: &Softmax, mask: Option<(usize, i32)>, checked: bool) -> Self {
        let narrow = !checked && softmax.decision_width <= 62;
        let even = Even::new(softmax.rounding, softmax.low, softmax.high).filter(|_| narrow);
        Self { softmax: softmax.clone(), mask, even }
    }

    /// Accumulates, then moves every tracer by at most one towards its level; a masked element stays at level 0.
    #[inline(always)]
    pub(super) fn row<D, V>(&self, mut row: Row<'_, D, V>, context: &mut Context<'_>)
    where
        D: AsPrimitive<V>,
        V: PrimInt + AsPrimitive<i64>,
    {
        row.accumulate();
        let size = row.sums.len() / self.softmax.groups;
        let mask = Mask {
            ids: self.mask.map(|(arrangement, padding)| (&context.values[arrangement][..], padding)),
            band: self.softmax.band,
            query: context.row,
        };
        let masks = mask.ids.is_some() || mask.band != Band::ALL;
        let Scratch { values: exps, scores: masked, sums } = &mut *context.scratch;
        let states = row.tracers.chunks_mut(size).zip(row.spikes.chunks_mut(size));
        let groups = row.sums.chunks(size).zip(states);
        let Some(even) = self.even else {
            for (scores, (tracers, spikes)) in groups {
                masked.clear();
                masked.extend(scores.iter().map(|a| a.as_()));
                self.decide_wide(masked, mask, tracers, spikes, exps);
            }
            return;
        };
        // All groups are looked up before the first one decides, because reading values just after writing them is
        // slow.
        exps.resize(row.sums.len(), 0);
        sums.clear();
        for (scores, exps) in row.sums.chunks(size).zip(exps.chunks_mut(size)) {
            sums.push(if masks {
                self.mask(scores, mask, masked);
                self.exps(masked, exps)
            } else {
                self.exps(scores, exps)
            });
        }
        for (((_, (tracers, spikes)), exps), &sum) in groups.zip(exps.chunks(size)).zip(sums.iter()) {
            self.decide(even, exps, sum, tracers, spikes);
            if masks {
                unmasked(mask, tracers, spikes);
            }
        }
    }

    /// The scores of a group, masked ones so low that their `e` is 0.
    #[inline(always)]
    fn mask<V: AsPrimitive<i64>>(&self, scores: &[V], mask: Mask<'_>, masked: &mut Vec<i64>) {
        let lowest = self.softmax.total.low.saturating_sub(self.softmax.table.len() as i64);
        let score = |(j, a): (usize, &V)| if mask.hides(j) { lowest } else { a.as_() };
        masked.clear();
        masked.extend(scores.iter().enumerate().map(score));
    }

    /// Each `e` of a group; returns their sum.
    #[inline(always)]
    fn exps<V: AsPrimitive<i64>>(&self, scores: &[V], exps: &mut [i64]) -> i64 {
        let most = scores.iter().fold(i64::MIN, |most, a| most.max(a.as_()));
        let table = &self.softmax.table[..];
        let mut sum = 0;
        for (e, a) in exps.iter_mut().zip(scores) {
            // The maximum is not below any score.
            let distance = (most - a.as_()) as usize;
            *e = if distance < table.len() { table[distance] } else { 0 };
            sum += *e;
        }
        sum
    }

    /// Each `2^h·e` of a group with this sum compared with the edges of its level and the next, in 64 bits.
    #[inline(always)]
    fn decide(&self, even: Even, exps: &[i64], sum: i64, tracers: &mut [i32], spikes: &mut [i8]) {
        let Softmax { low, high, scale, scale_fraction, .. } = self.softmax;
        let scaled_sum = scale.wrapping_mul(sum);
        for ((s, spike), e) in tracers.iter_mut().zip(spikes).zip(exps) {
            let level = i64::from(*s);
            // A boundary beyond the outermost levels may leave the range, but is not used.
            let this = (2 * level + even.offset).wrapping_mul(scaled_sum);
            let next = this.wrapping_add(scaled_sum.wrapping_mul(2));
            let e = e << scale_fraction;
            let up = (e >= next.wrapping_add(even.exclusive(level + 1))) & (*s < high);
            let down = (e < this.wrapping_add(even.exclusive(level))) & (*s > low);
            *spike = i8::from(up) - i8::from(down);
            *s += i32::from(*spike);
        }
    }

    /// The same for any width and any levels.
    #[inline(never)]
    fn decide_wide(
        &self,
        scores: &[i64],
        mask: Mask<'_>,
        tracers: &mut [i32],
        spikes: &mut [i8],
        exps: &mut Vec<i64>,
    ) {
        let softmax = &self.softmax;
        let sum = softmax.exps(scores, |j| mask.hides(j), exps);
        for (j, ((s, spike), &e)) in tracers.iter_mut().zip(spikes).zip(exps.iter()).enumerate() {
            let live = !mask.hides(j);
            let up = live && *s < softmax.high && softmax.reached(e, sum, *s + 1);
            let down = live && !up && *s > softmax.low && !softmax.reached(e, sum, *s);
            *spike = i8::from(up) - i8::from(down);
            *s += i32::from(*spike);
        }
    }
}

/// The keys that a row does not see.
#[derive(Clone, Copy)]
struct Mask<'a> {
    /// Raw elements, of which those that are equal to the padding mask a key.
    ids: Option<(&'a [i32], i32)>,
    band: Band,
    query: usize,
}

impl Mask<'_> {
    #[inline(always)]
    fn hides(self, key: usize) -> bool {
        self.ids.is_some_and(|(ids, padding)| ids[key] == padding) || self.band.hides(self.query, key)
    }
}

/// Undoes the decisions of masked neurons, which stay at level 0.
#[inline(always)]
fn unmasked(mask: Mask<'_>, tracers: &mut [i32], spikes: &mut [i8]) {
    for (j, (s, spike)) in tracers.iter_mut().zip(spikes).enumerate() {
        if mask.hides(j) {
            (*s, *spike) = (0, 0);
        }
    }
}
