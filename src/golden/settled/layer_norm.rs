//! Levels by LayerNorm.
//!
//! A level is estimated in floats and corrected by the exact comparisons of the integer network, so an estimate that is
//! wrong costs time, never exactness.

use multiversion::multiversion;
use num_traits::AsPrimitive;

use crate::integer::{LayerNorm, Moments as Row};

use super::super::layer_norm::LayerNormPlan as Moments;
use super::values::Values;

/// LayerNorm of each row.
#[derive(Clone, Debug)]
pub(super) struct LayerNormPlan {
    pub norm: LayerNorm,
    moments: Moments,
}

/// The level that is reached while the next one is not, near an estimate.
#[inline(always)]
pub(super) fn corrected(estimate: f64, (low, high): (i32, i32), reached: impl Fn(i32) -> bool) -> i32 {
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
        match sums {
            Values::I32(sums) => rows(self, sums, levels),
            Values::I64(sums) => rows(self, sums, levels),
        }
    }

    /// A row by the comparisons of the integer network.
    #[inline(never)]
    fn exact<V: AsPrimitive<i64>>(&self, row: &[V], moments: Row, levels: &mut [i32]) {
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

#[multiversion(targets = "simd")]
fn rows<V: AsPrimitive<i64>>(plan: &LayerNormPlan, sums: &[V], levels: &mut [i32]) {
    let channels = plan.norm.gamma.len();
    for (row, levels) in sums.chunks_exact(channels).zip(levels.chunks_exact_mut(channels)) {
        let moments = plan.moments.moments(row);
        let certain = plan.moments.filter().is_some_and(|filter| filter.levels(row, moments, levels));
        if !certain {
            plan.exact(row, moments, levels);
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
