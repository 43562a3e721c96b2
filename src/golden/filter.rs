//! A filter for LayerNorm: decides a row in 64-bit floats if the result is certainly that of the integers.
//!
//! Level `k` with the boundary `h/2` is reached when `D = Γ·c + B·r − h·r·2^(g−1)` is at least 0, or 1. With the unit
//! roundoff `u = 2^−53`: `Γ`, `B`, `c`, `r`, `h` and `r·2^(g−1)` are exact, three products and two sums are rounded, so
//! the computed `D` differs from the exact one by less than
//!
//! ```text
//! 4·u·(|Γ·c| + |B·r| + |h|·r·2^(g−1))  ≤  4·u·(2·√C·max|Γ| + max|B| + max|h|·2^(g−1))·r
//! ```
//!
//! since `Σc² = C·(C·ΣX² − (ΣX)²) ≤ C·v`, also with 0 for `ΣX`, gives `|c| ≤ √(C·v) < √C·(r + 1)`, and `r ≥ 1` because `ε' ≥ 1`. A `D` that is
//! further from 0 than twice this bound has the sign of the exact one, and is not a tie.

use num_traits::AsPrimitive;

use crate::integer::{LayerNorm, Moments};

use super::levels::Even;

/// Constants of a LayerNorm for the filter.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    gamma: Vec<f64>,
    beta: Vec<f64>,
    low: i32,
    high: i32,
    offset: f64,
    /// `2^(g−1)`.
    unit: f64,
    /// Twice the bound, divided by `r`.
    slack: f64,
}

/// Integers up to this are exact in floats.
const EXACT: i128 = 1 << 53;

impl Filter {
    /// `None` if a constant is not exact, or levels are not evenly spaced.
    pub(super) fn new(norm: &LayerNorm) -> Option<Self> {
        let even = Even::new(norm.rounding, norm.low, norm.high)?;
        let most = |list: &[i64]| list.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0);
        let (gamma, beta) = (most(&norm.gamma), most(&norm.beta));
        let reach = i128::from(norm.total.low.unsigned_abs().max(norm.total.high.unsigned_abs()));
        // C·X, ΣX and their difference.
        let centred = reach.checked_mul(2 * norm.gamma.len() as i128)?;
        let exact = centred <= EXACT && i128::from(gamma.max(beta)) <= EXACT && norm.square_width <= 106;
        if !exact {
            return None;
        }
        let floats = |list: &[i64]| list.iter().map(|&x| x as f64).collect();
        let unit = 2f64.powi(norm.fraction as i32 - 1);
        let halves = 2 * i64::from(norm.low.unsigned_abs().max(norm.high.unsigned_abs())) + 4;
        let channels = norm.gamma.len() as f64;
        let amounts = 2.0 * channels.sqrt() * gamma as f64 + beta as f64 + halves as f64 * unit;
        Some(Self {
            // 2^h·Γ: the power is exact.
            gamma: norm.gamma.iter().map(|&x| x as f64 * 2f64.powi(norm.root_fraction as i32)).collect(),
            beta: floats(&norm.beta),
            low: norm.low,
            high: norm.high,
            offset: even.offset as f64,
            unit,
            slack: amounts * 8.0 * (f64::EPSILON / 2.0),
        })
    }

    /// The levels of a row, or `false` where one is uncertain.
    #[inline(always)]
    pub(super) fn levels<V: AsPrimitive<i64>>(
        &self,
        row: &[V],
        moments: Moments,
        levels: &mut [i32],
    ) -> bool {
        let channels = self.gamma.len() as f64;
        let (sum, root) = (moments.sum as f64, moments.root as f64);
        let (unit, slack) = (root * self.unit, root * self.slack);
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        let each = 0.5 / unit;
        let mut uncertain = false;
        let constants = self.gamma.iter().zip(&self.beta);
        for ((x, (gamma, beta)), level) in row.iter().zip(constants).zip(levels) {
            let x: i64 = x.as_();
            let numerator = gamma * (channels * x as f64 - sum) + beta * root;
            let estimate = (numerator * each - 0.5 * self.offset).floor();
            // Levels are small integers, so the boundaries around this one are computed as in `decide`.
            let k = estimate.max(low).min(high);
            let this = numerator - (2.0 * k + self.offset) * unit;
            let next = numerator - (2.0 * k + 2.0 + self.offset) * unit;
            uncertain |= (this <= slack) & (k > low);
            uncertain |= (next >= -slack) & (k < high);
            *level = k as i32;
        }
        !uncertain
    }

    /// Moves every tracer by at most one towards its level; or moves none and returns `false` if a decision is
    /// uncertain.
    #[inline(always)]
    pub(super) fn decide<V: AsPrimitive<i64>>(
        &self,
        row: &[V],
        moments: Moments,
        tracers: &mut [i32],
        spikes: &mut [i8],
    ) -> bool {
        let channels = self.gamma.len() as f64;
        let (sum, root) = (moments.sum as f64, moments.root as f64);
        let (unit, slack) = (root * self.unit, root * self.slack);
        let mut uncertain = false;
        let neurons = tracers.iter_mut().zip(spikes.iter_mut());
        let constants = self.gamma.iter().zip(&self.beta);
        for ((x, (gamma, beta)), (s, spike)) in row.iter().zip(constants).zip(neurons) {
            let x: i64 = x.as_();
            let numerator = gamma * (channels * x as f64 - sum) + beta * root;
            let this = numerator - (f64::from(2 * *s) + self.offset) * unit;
            let next = numerator - (f64::from(2 * *s + 2) + self.offset) * unit;
            uncertain |= (this.abs() <= slack) | (next.abs() <= slack);
            let up = (next > 0.0) & (*s < self.high);
            let down = (this < 0.0) & (*s > self.low);
            *spike = i8::from(up) - i8::from(down);
            *s += i32::from(*spike);
        }
        if uncertain {
            for (s, spike) in tracers.iter_mut().zip(spikes) {
                *s -= i32::from(*spike);
            }
        }
        !uncertain
    }
}
