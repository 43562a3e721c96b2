//! Levels that are decided by whole rows: LayerNorm and softmax.
//!
//! A level is estimated in floats and corrected by the exact comparisons of the integer network, so an estimate that is
//! wrong costs time, never exactness.

use crate::integer::{LayerNorm, Softmax};

use super::super::layer_norm::LayerNormPlan as Moments;

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
}

/// The level that is reached while the next one is not, near an estimate.
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
    pub(super) fn levels(&self, sums: &[i64], levels: &mut [i64]) {
        let norm = &self.norm;
        let channels = norm.gamma.len();
        for (sums, levels) in sums.chunks(channels).zip(levels.chunks_mut(channels)) {
            let moments = self.moments.moments(sums);
            let half = moments.root as f64 * 2f64.powi(norm.fraction as i32 - 1);
            let offset = f64::from(norm.rounding.boundary(0).halves as i32);
            for (c, (level, &x)) in levels.iter_mut().zip(sums).enumerate() {
                let numerator = norm.numerator(moments, c, x);
                let estimate = (numerator as f64 / half - offset) * 0.5;
                let reached = |k| norm.reached(moments, numerator, k);
                *level = corrected(estimate, (norm.low, norm.high), reached).into();
            }
        }
    }
}

impl SoftmaxPlan {
    pub(super) fn new(softmax: &Softmax, channels: usize) -> Self {
        Self { softmax: softmax.clone(), size: channels / softmax.groups }
    }

    /// The levels of all rows of scores; `ids` are the raw elements that mask. `exps` is room.
    pub(super) fn levels(
        &self,
        scores: &[i64],
        ids: Option<&[i64]>,
        exps: &mut Vec<i64>,
        levels: &mut [i64],
    ) {
        let softmax = &self.softmax;
        let mask = ids.zip(softmax.padding.map(i64::from));
        let masked = |j: usize| mask.is_some_and(|(ids, padding)| ids[j] == padding);
        let offset = f64::from(softmax.rounding.boundary(0).halves as i32);
        for (scores, levels) in scores.chunks(self.size).zip(levels.chunks_mut(self.size)) {
            let sum = softmax.exps(scores, masked, exps);
            let unit = 2f64.powi(softmax.scale_fraction as i32) / sum as f64;
            for (j, (level, &e)) in levels.iter_mut().zip(exps.iter()).enumerate() {
                if masked(j) {
                    *level = 0;
                    continue;
                }
                let estimate = (e as f64 * unit - offset) * 0.5;
                let reached = |k| softmax.reached(e, sum, k);
                *level = corrected(estimate, (softmax.low, softmax.high), reached).into();
            }
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
