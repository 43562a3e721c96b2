//! Spike-LayerNorm: the decisions of a row.

use num_traits::{AsPrimitive, PrimInt};

use crate::integer::{LayerNorm, Moments};

use super::filter::Filter;
use super::row::Row;

/// LayerNorm with the values shared by all rows.
#[derive(Clone, Debug)]
pub(super) struct LayerNormPlan {
    norm: LayerNorm,
    /// Decides nearly all rows; not in a checked model.
    filter: Option<Filter>,
    squares: Squares,
}

/// Method for `ΣX²`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Squares {
    /// In 64 bits.
    Narrow,
    /// By halves: `X = 2^24·H + L` with `|H| ≤ 2^23`; the sums of `H²`, `H·L` and `L²` have 64 bits.
    Halves,
    /// In 128 bits.
    Wide,
}

/// Bits of the lower half.
const HALF: u32 = 24;

impl Squares {
    /// For rows of `channels` elements of at most `reach`.
    fn new(reach: i128, channels: i128) -> Self {
        let squares = (reach * reach).checked_mul(channels);
        if squares.is_some_and(|s| i64::try_from(s).is_ok()) {
            Self::Narrow
        } else if reach < 1 << (2 * HALF - 1) && channels < 1 << 14 {
            Self::Halves
        } else {
            Self::Wide
        }
    }

    /// `ΣX²`.
    #[inline(always)]
    fn sum<V: AsPrimitive<i64>>(self, row: &[V]) -> i128 {
        match self {
            Self::Narrow => row.iter().map(|x| x.as_() * x.as_()).sum::<i64>().into(),
            Self::Halves => {
                // Products of two 32-bit numbers are faster than others.
                let product = |a: i32, b: i32| i64::from(a) * i64::from(b);
                let (mut highs, mut mixed, mut lows) = (0i64, 0i64, 0i64);
                for x in row {
                    let x: i64 = x.as_();
                    let (high, low) = ((x >> HALF) as i32, (x & ((1 << HALF) - 1)) as i32);
                    highs += product(high, high);
                    mixed += product(high, low);
                    lows += product(low, low);
                }
                (i128::from(highs) << (2 * HALF)) + (i128::from(mixed) << (HALF + 1)) + i128::from(lows)
            }
            Self::Wide => row.iter().map(|x| i128::from(x.as_()) * i128::from(x.as_())).sum(),
        }
    }
}

impl LayerNormPlan {
    pub(super) fn new(norm: &LayerNorm, checked: bool) -> Self {
        let reach = i128::from(norm.total.low.unsigned_abs().max(norm.total.high.unsigned_abs()));
        Self {
            norm: norm.clone(),
            filter: if checked { None } else { Filter::new(norm) },
            squares: if checked { Squares::Wide } else { Squares::new(reach, norm.gamma.len() as i128) },
        }
    }

    /// Accumulates, then moves every tracer by at most one towards its level.
    #[inline(always)]
    pub(super) fn row<D, V>(&self, mut row: Row<'_, D, V>)
    where
        D: AsPrimitive<V>,
        V: PrimInt + AsPrimitive<i64>,
    {
        row.accumulate();
        let moments = self.moments(row.sums);
        if let Some(filter) = &self.filter
            && filter.decide(row.sums, moments, row.tracers, row.spikes)
        {
            return;
        }
        self.decide(row, moments);
    }

    /// The decisions in floats, where there are such.
    pub(super) fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// ΣX and r of a row.
    #[inline(always)]
    pub(super) fn moments<V: AsPrimitive<i64>>(&self, row: &[V]) -> Moments {
        let sum: i64 = if self.norm.centred { row.iter().map(|x| x.as_()).sum() } else { 0 };
        let squares = self.squares.sum(row);
        let variance = row.len() as i128 * squares - i128::from(sum) * i128::from(sum);
        let v = (variance << (2 * self.norm.root_fraction)) + self.norm.epsilon;
        Moments { sum, root: root(v) }
    }

    /// All decisions in 128-bit integers.
    #[inline(never)]
    fn decide<D, V: AsPrimitive<i64>>(&self, row: Row<'_, D, V>, moments: Moments) {
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
    if v >= 1 << 100 {
        return i64::try_from(v.isqrt()).unwrap_or(i64::MAX);
    }
    let square = |r: i64| i128::from(r) * i128::from(r);
    // A root of both halves at once would be a function call.
    let estimate = (v >> 64) as i64 as f64 * 2f64.powi(64) + v as u64 as f64;
    let mut root = estimate.sqrt() as i64;
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
    use proptest::prelude::*;

    use super::{Filter, HALF, LayerNormPlan, Squares};
    use crate::integer::{LayerNorm, Moments, Range, Rounding};

    #[test]
    fn squares_of_every_width() {
        for bits in [10, 27, 33, 40, 2 * HALF - 1, 2 * HALF, 60] {
            let most = (1i64 << bits) - 1;
            let row: Vec<i64> =
                (0..64).map(|i| if i % 3 == 0 { -most } else { most - i * i * (most >> 20) }).collect();
            let expected: i128 = row.iter().map(|&x| i128::from(x) * i128::from(x)).sum();
            let squares = Squares::new(most.into(), 64);
            assert_eq!(squares.sum(&row), expected, "{bits} bits, {squares:?}");
        }
    }

    fn layer_norm(gamma: Vec<i64>, beta: Vec<i64>, rounding: Rounding, centred: bool) -> LayerNorm {
        LayerNorm {
            low: -8,
            high: 7,
            rounding,
            gamma,
            beta,
            fraction: 24,
            epsilon: 1,
            root_fraction: 0,
            centred,
            total: Range::new(-(1 << 40), 1 << 40),
            square_width: 100,
            decision_width: 100,
        }
    }

    /// Multiples of Γ and B, an offset of both, a level.
    type Multiple = (i64, i64, i64, i32);

    proptest! {
        /// The filter decides like the integers, or not at all: also next to boundaries, which `Γ = 2^23·j` and small
        /// sums make frequent.
        #[test]
        fn filter_decides_like_integers(
            row in prop::collection::vec(prop_oneof![-3i64..3, -(1i64 << 40)..1 << 40], 1..40),
            multiples in prop::collection::vec((-20i64..20, -20i64..20, -2i64..3, -8i32..8), 40),
            rounding in prop_oneof![Just(Rounding::HalfUp), Just(Rounding::HalfEven), Just(Rounding::Ceil)],
            centred in any::<bool>(),
        ) {
            let n = row.len();
            let constants = |f: &dyn Fn(&Multiple) -> i64| multiples[..n].iter().map(f).collect();
            let (gamma, beta) = (constants(&|m| (m.0 << 23) + m.2), constants(&|m| (m.1 << 23) + m.2));
            let norm = layer_norm(gamma, beta, rounding, centred);
            let plan = LayerNormPlan::new(&norm, false);
            let moments = plan.moments(&row);
            prop_assert_eq!(moments, norm.moments(&row));
            let before: Vec<i32> = multiples.iter().map(|m| m.3).collect();
            let (mut tracers, mut spikes) = (before.clone(), vec![0i8; n]);
            let filter = Filter::new(&norm).expect("exact in floats");
            if filter.decide(&row, moments, &mut tracers, &mut spikes) {
                for c in 0..n {
                    let spike = (norm.level(moments, c, row[c]) - before[c]).clamp(-1, 1);
                    prop_assert_eq!((i32::from(spikes[c]), tracers[c]), (spike, before[c] + spike));
                }
            } else {
                prop_assert_eq!(tracers, before);
            }
        }
    }

    #[test]
    fn a_tie_is_left_to_integers() {
        // c = ±1 of 2, v = 1 + ε', r = 1: Γ·c = 2^23·r is the boundary of level 1.
        let norm = layer_norm(vec![1 << 23; 2], vec![0; 2], Rounding::HalfUp, true);
        let row = [0i64, 1];
        let moments = norm.moments(&row);
        assert_eq!(moments, Moments { sum: 1, root: 1 });
        let filter = Filter::new(&norm).expect("exact in floats");
        assert!(!filter.decide(&row, moments, &mut [0; 2], &mut [0; 2]));
        assert!(filter.decide(&row, Moments { sum: 1, root: 3 }, &mut [0; 2], &mut [0; 2]));
    }

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
