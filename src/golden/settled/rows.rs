//! Levels that are decided by whole rows: LayerNorm and softmax.
//!
//! A level is estimated in floats and corrected by the exact comparisons of the integer network, so an estimate that is
//! wrong costs time, never exactness.

use num_traits::AsPrimitive;

use crate::integer::{LayerNorm, Softmax};

use super::super::layer_norm::LayerNormPlan as Moments;
use super::super::levels::Even;
use super::values::Values;

/// LayerNorm of each row.
#[derive(Clone, Debug)]
pub(super) struct LayerNormPlan {
    pub norm: LayerNorm,
    moments: Moments,
}

/// Softmax of each group of each row.
#[derive(Clone, Debug)]
pub(super) struct SoftmaxPlan {
    pub softmax: Softmax,
    /// Elements of a group.
    size: usize,
    /// Where the levels begin, if a decision fits 62 bits.
    even: Option<Even>,
}

/// The level that is reached while the next one is not, near an estimate.
#[inline(always)]
fn corrected(estimate: f64, (low, high): (i32, i32), reached: impl Fn(i32) -> bool) -> i32 {
    // A float that is not a number becomes 0.
    let mut level = (estimate.floor() as i32).clamp(low, high);
    while level < high && reached(level + 1) {
        level += 1;
    }
    while level > low && !reached(level) {
        level -= 1;
    }
    level
}

impl LayerNormPlan {
    pub(super) fn new(norm: &LayerNorm) -> Self {
        Self { norm: norm.clone(), moments: Moments::new(norm, false) }
    }

    /// The levels of all rows of sums.
    pub(super) fn levels(&self, sums: &Values, levels: &mut [i32]) {
        let channels = self.norm.gamma.len();
        match sums {
            Values::I32(sums) => {
                sums.chunks(channels).zip(levels.chunks_mut(channels)).for_each(|(x, s)| self.row(x, s));
            }
            Values::I64(sums) => {
                sums.chunks(channels).zip(levels.chunks_mut(channels)).for_each(|(x, s)| self.row(x, s));
            }
        }
    }

    fn row<V: AsPrimitive<i64>>(&self, row: &[V], levels: &mut [i32]) {
        let moments = self.moments.moments(row);
        if let Some(filter) = self.moments.filter()
            && filter.levels(row, moments, levels)
        {
            return;
        }
        let norm = &self.norm;
        let half = moments.root as f64 * 2f64.powi(norm.fraction as i32 - 1);
        let offset = norm.rounding.boundary(0).halves as f64;
        for (c, (level, x)) in levels.iter_mut().zip(row).enumerate() {
            let numerator = norm.numerator(moments, c, x.as_());
            let estimate = (numerator as f64 / half - offset) * 0.5;
            let reached = |k| norm.reached(moments, numerator, k);
            *level = corrected(estimate, (norm.low, norm.high), reached);
        }
    }
}

impl SoftmaxPlan {
    pub(super) fn new(softmax: &Softmax, channels: usize) -> Self {
        let even = Even::new(softmax.rounding, softmax.low, softmax.high);
        let narrow = even.filter(|_| softmax.decision_width <= 62);
        Self { softmax: softmax.clone(), size: channels / softmax.groups, even: narrow }
    }

    /// The levels of all rows of scores; `ids` are the raw elements that mask. `exps` and `scores` are room.
    pub(super) fn levels(
        &self,
        sums: &Values,
        ids: Option<&[i32]>,
        (exps, scores): (&mut Vec<i64>, &mut Vec<i64>),
        levels: &mut [i32],
    ) {
        let softmax = &self.softmax;
        let mask = ids.zip(softmax.padding);
        let masked = |j: usize| mask.is_some_and(|(ids, padding)| ids[j] == padding);
        for (g, levels) in levels.chunks_mut(self.size).enumerate() {
            if let (Some(even), None, Values::I32(sums)) = (self.even, mask, sums) {
                self.group(even, &sums[g * self.size..][..self.size], exps, levels);
                continue;
            }
            scores.clear();
            scores.extend((0..self.size).map(|j| sums.get(g * self.size + j)));
            let sum = softmax.exps(scores, masked, exps);
            let unit = 2f64.powi(softmax.scale_fraction as i32) / sum as f64;
            let offset = softmax.rounding.boundary(0).halves as f64;
            for (j, (level, &e)) in levels.iter_mut().zip(exps.iter()).enumerate() {
                if masked(j) {
                    *level = 0;
                    continue;
                }
                let estimate = (e as f64 * unit - offset) * 0.5;
                let reached = |k| softmax.reached(e, sum, k);
                *level = corrected(estimate, (softmax.low, softmax.high), reached);
            }
        }
    }

    /// A group without a mask whose decisions have 62 bits: `2^h·e` against `(2·k + offset)·scale·Σe`.
    fn group(&self, even: Even, scores: &[i32], exps: &mut Vec<i64>, levels: &mut [i32]) {
        let Softmax { low, high, scale, scale_fraction, ref table, .. } = self.softmax;
        let most = scores.iter().copied().max().unwrap_or(0);
        let exp = |&a: &i32| table.get((i64::from(most) - i64::from(a)) as usize).copied().unwrap_or(0);
        exps.clear();
        exps.extend(scores.iter().map(exp));
        let sum: i64 = exps.iter().sum();
        let scaled = scale * sum;
        let unit = 2f64.powi(scale_fraction as i32) / scaled as f64;
        for (level, &e) in levels.iter_mut().zip(exps.iter()) {
            let shifted = e << scale_fraction;
            let reached = |k: i32| {
                let k = i64::from(k);
                shifted >= (2 * k + even.offset) * scaled + even.exclusive(k)
            };
            let estimate = (e as f64 * unit - even.offset as f64) * 0.5;
            *level = corrected(estimate, (low, high), reached);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::corrected;

    #[test]
    fn no_estimate_is_too_wrong() {
        for estimate in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e300, -9.5, -3.0, 0.0, 2.4, 7.9, 1e9] {
            for level in -8..=7 {
                assert_eq!(corrected(estimate, (-8, 7), |k| k <= level), level, "{estimate}");
            }
        }
    }
}
