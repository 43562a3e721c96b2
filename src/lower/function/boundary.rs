//! The boundaries between the levels of a quantiser, as enclosures and as exact numbers.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::One;

use super::super::rational::{exact, integer};
use super::fixed::Bounds;
use super::interval::Interval;
use super::tie::TIE;
use crate::quant::{Quantiser, per_channel};

/// Boundaries of the levels of one channel.
pub(super) struct Boundaries {
    /// The lowest level.
    pub low: i32,
    /// The exact ones: level `low + 1 + i` is reached from `exact[i]` on.
    exact: Vec<BigRational>,
    /// Lower and upper bounds of the exact ones.
    below: Vec<f64>,
    above: Vec<f64>,
}

impl Boundaries {
    /// The boundaries of a channel, `s·h/2 ∓ s·2^−40`: minus where the boundary belongs to the upper level.
    ///
    /// # Errors
    /// If the scale is not finite.
    pub fn new(q: &Quantiser, c: usize) -> Result<Self, String> {
        let (low, high) = (per_channel(&q.low, c), per_channel(&q.high, c));
        let scale = per_channel(&q.scale, c);
        let tie = exact(scale)? / integer(BigInt::one() << TIE);
        let mut all = Self { low, exact: Vec::new(), below: Vec::new(), above: Vec::new() };
        for k in low + 1..=high {
            let boundary = q.rounding.boundary(k);
            let middle = exact(scale)? * integer(boundary.halves) / integer(2);
            all.exact.push(if boundary.inclusive { middle - &tie } else { middle + &tie });
            // Exact in f64: 24 and 18 bits.
            #[expect(clippy::cast_precision_loss)]
            let middle = f64::from(scale) * (boundary.halves as f64 / 2.0);
            let tie = f64::from(scale) / (1u64 << TIE) as f64;
            let moved = if boundary.inclusive { middle - tie } else { middle + tie };
            all.below.push(moved.next_down());
            all.above.push(moved.next_up());
        }
        Ok(all)
    }

    /// The lowest and the highest level of the values in this interval.
    pub fn levels(&self, value: Interval) -> (i32, i32) {
        let count =
            |list: &[f64], v: f64| i32::try_from(list.partition_point(|&b| b <= v)).unwrap_or(i32::MAX);
        (self.low + count(&self.above, value.low), self.low + count(&self.below, value.high))
    }

    /// Whether a value reaches level `k`, given bounds with this number of fraction bits; `None` if they do not decide.
    pub fn reached(&self, k: i32, value: &Bounds, bits: u64) -> Option<bool> {
        let boundary = &self.exact[usize::try_from(k - self.low - 1).ok()?];
        // value ≥ p/q
        let (p, q) = (boundary.numer() << bits, boundary.denom());
        if &value.low * q >= p {
            Some(true)
        } else if &value.high * q < p {
            Some(false)
        } else {
            None
        }
    }
}
