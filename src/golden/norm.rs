//! Spike-LayerNorm: the decisions of a row.

use num_traits::{AsPrimitive, PrimInt};

use crate::integer::{Moments, Norm};

use super::edges;
use super::neuron::Row;
use super::state::Scratch;

/// LayerNorm with what all rows share.
#[derive(Clone, Debug)]
pub(super) struct NormPlan {
    norm: Norm,
    /// Whether a decision fits 63 bits.
    narrow: bool,
    /// Whether `ΣX²` does.
    narrow_squares: bool,
}

impl NormPlan {
    pub(super) fn new(norm: &Norm) -> Self {
        let reach = i128::from(norm.total.low.unsigned_abs().max(norm.total.high.unsigned_abs()));
        let squares = (reach * reach).checked_mul(norm.gamma.len() as i128);
        Self {
            norm: norm.clone(),
            narrow: norm.decision_width <= 63 && edges::fit(norm.low, norm.high),
            narrow_squares: squares.is_some_and(|s| i64::try_from(s).is_ok()),
        }
    }

    /// Accumulates, then moves every tracer by one towards its level, or not at all.
    #[inline(always)]
    pub(super) fn row<D, V>(&self, mut row: Row<'_, D, V>, scratch: &mut Scratch)
    where
        D: AsPrimitive<V>,
        V: PrimInt + AsPrimitive<i64>,
    {
        row.accumulate();
        let moments = self.moments(row.sums);
        if self.narrow {
            self.decide(row, moments, scratch);
        } else {
            self.decide_wide(row, moments);
        }
    }

    /// ΣX and r of a row.
    #[inline(always)]
    fn moments<V: AsPrimitive<i64>>(&self, row: &[V]) -> Moments {
        let sum: i64 = row.iter().map(|x| x.as_()).sum();
        let squares = if self.narrow_squares {
            i128::from(row.iter().map(|x| x.as_() * x.as_()).sum::<i64>())
        } else {
            row.iter().map(|x| i128::from(x.as_()) * i128::from(x.as_())).sum()
        };
        let v = row.len() as i128 * squares - i128::from(sum) * i128::from(sum) + self.norm.epsilon;
        Moments { sum, root: root(v) }
    }

    /// `Γ·c + B·r` compared with the edges of all levels, in 64 bits.
    #[inline(always)]
    fn decide<D, V: AsPrimitive<i64>>(&self, row: Row<'_, D, V>, moments: Moments, scratch: &mut Scratch) {
        let Norm { low, high, rounding, fraction, .. } = self.norm;
        let Moments { sum, root } = moments;
        let channels = row.sums.len() as i64;
        let Scratch { edges, values, .. } = scratch;
        values.clear();
        let constants = self.norm.gamma.iter().zip(&self.norm.beta);
        let numerator =
            |(x, (gamma, beta)): (&V, (&i64, &i64))| gamma * (channels * x.as_() - sum) + beta * root;
        values.extend(row.sums.iter().zip(constants).map(numerator));
        edges.set(low, high, |k| {
            let boundary = rounding.boundary(k);
            boundary.halves * (root << (fraction - 1)) + i64::from(!boundary.inclusive)
        });
        edges.decide(low, values, row.tracers, row.spikes);
    }

    /// The same for any width and number of levels.
    #[inline(never)]
    fn decide_wide<D, V: AsPrimitive<i64>>(&self, row: Row<'_, D, V>, moments: Moments) {
        let norm = &self.norm;
        for (c, ((x, s), spike)) in row.sums.iter().zip(row.tracers).zip(row.spikes).enumerate() {
            let numerator = norm.numerator(moments, c, x.as_());
            let up = *s < norm.high && norm.reached(moments, numerator, *s + 1);
            let down = !up && *s > norm.low && !norm.reached(moments, numerator, *s);
            *spike = i8::from(up) - i8::from(down);
            *s += i32::from(*spike);
        }
    }
}

/// `floor(√v)` for `v < 2^126`: an estimate, corrected.
#[inline(always)]
fn root(v: i128) -> i64 {
    let mut root = (v as f64).sqrt() as i64;
    let square = |r: i64| i128::from(r) * i128::from(r);
    if v >= 1 << 100 {
        return i64::try_from(v.isqrt()).unwrap_or(i64::MAX);
    }
    // The estimate is at most one off.
    while square(root) > v {
        root -= 1;
    }
    while square(root + 1) <= v {
        root += 1;
    }
    root
}

#[cfg(test)]
mod tests {
    #[test]
    fn roots_around_squares() {
        for r in [
            1i64,
            2,
            3,
            1000,
            (1 << 26) + 1,
            (1 << 32) - 1,
            0x1_2345_6789,
            (1 << 49) + 12345,
            1 << 50,
            (1 << 62) - 3,
        ] {
            let square = i128::from(r) * i128::from(r);
            for v in [square - 1, square, square + 1, square + i128::from(r), square + 2 * i128::from(r)] {
                assert_eq!(i128::from(super::root(v)), v.isqrt(), "root of {v}");
            }
        }
    }
}
