//! Spike-LayerNorm: ST-BIF+ neurons that track the quantised LayerNorm of a row of sums. No division.
//!
//! For a row `X` of `C` channels, `LN(X)_i = γ_i·(X_i − μ)/√(σ² + ε) + β_i`. With the integers
//!
//! ```text
//! c_i = C·X_i − ΣX        v = 4^h·(C·ΣX² − (ΣX)²) + ε'        r = floor(√v)
//! ```
//!
//! with `h` fraction bits of `r`, which few bits of `X` need.
//! RMSNorm is the same with 0 for `μ` and for `ΣX`.
//!
//! `LN(X)_i/s` is `(γ_i/s)·c_i/√v + β_i/s`, so level `k` with the boundary `b/2` is reached when `2^h·Γ_i·c_i + B_i·r ≥
//! b·r·2^(g−1)` (`>` for an exclusive boundary), `Γ` and `B` being `γ/s` and `β/s` with `g` fraction bits.

use super::Range;
use crate::graph::Shape;
use crate::operators;
use crate::quant::Rounding;

/// LayerNorm and quantiser over the channels of each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerNorm {
    /// Lowest level; at most 0.
    pub low: i32,
    /// Highest level; at least 0.
    pub high: i32,
    /// Rule for values on a boundary.
    pub rounding: Rounding,
    /// `Γ`, one entry per channel.
    pub gamma: Vec<i64>,
    /// `B`, one entry per channel.
    pub beta: Vec<i64>,
    /// Fraction bits `g` of `Γ` and `B`, at least 1.
    pub fraction: u32,
    /// `ε' = ε·C²`, in the unit of `v`; at least 1.
    pub epsilon: i128,
    /// Fraction bits `h` of `r`.
    pub root_fraction: u32,
    /// LayerNorm; otherwise RMSNorm.
    pub centred: bool,
    /// Range of `X`.
    pub total: Range,
    /// Width in bits of unsigned `v`.
    pub square_width: u32,
    /// Width in bits (two's complement) of `2^h·Γ·c + B·r − b·r·2^(g−1)`.
    pub decision_width: u32,
}

/// Values shared by all channels of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    /// ΣX; 0 for RMSNorm.
    pub sum: i64,
    /// r.
    pub root: i64,
}

impl LayerNorm {
    /// The most fraction bits of `r`: as many as residual sums have at most.
    pub const MOST_ROOT_FRACTION: u32 = 32;

    /// ΣX and r of a row.
    pub fn moments(&self, row: &[i64]) -> Moments {
        let sum: i64 = if self.centred { row.iter().sum() } else { 0 };
        let squares: i128 = row.iter().map(|&x| i128::from(x) * i128::from(x)).sum();
        let channels = i128::try_from(row.len()).unwrap_or(i128::MAX);
        let variance = channels * squares - i128::from(sum) * i128::from(sum);
        let v = (variance << (2 * self.root_fraction)) + self.epsilon;
        // v is positive and its root has at most 63 bits: both are checked when the network is lowered.
        Moments { sum, root: i64::try_from(v.max(0).isqrt()).unwrap_or(i64::MAX) }
    }

    /// `2^h·Γ·c + B·r` of one element.
    pub fn numerator(&self, moments: Moments, channel: usize, x: i64) -> i128 {
        let channels = i128::try_from(self.gamma.len()).unwrap_or(i128::MAX);
        let centred = channels * i128::from(x) - i128::from(moments.sum);
        ((i128::from(self.gamma[channel]) * centred) << self.root_fraction)
            + i128::from(self.beta[channel]) * i128::from(moments.root)
    }

    /// Whether level `k` is reached.
    pub fn reached(&self, moments: Moments, numerator: i128, k: i32) -> bool {
        let boundary = self.rounding.boundary(k);
        let edge = (i128::from(boundary.halves) * i128::from(moments.root)) << (self.fraction - 1);
        numerator >= edge + i128::from(!boundary.inclusive)
    }

    /// The level of one element.
    pub fn level(&self, moments: Moments, channel: usize, x: i64) -> i32 {
        let numerator = self.numerator(moments, channel, x);
        (self.low + 1..=self.high).rev().find(|&k| self.reached(moments, numerator, k)).unwrap_or(self.low)
    }

    /// The output shape, for an input of this shape.
    ///
    /// # Errors
    /// Names the length or range that is wrong.
    pub fn shape(&self, source: &Shape) -> Result<Shape, String> {
        operators::contains_zero(self.low, self.high)?;
        if !(1..=62).contains(&self.fraction) || self.epsilon < 1 {
            return Err(format!("{} fraction bits and ε' = {}", self.fraction, self.epsilon));
        }
        if self.square_width > 126
            || self.decision_width > 126
            || self.root_fraction > Self::MOST_ROOT_FRACTION
        {
            return Err(format!("v of {} and decisions of {} bits", self.square_width, self.decision_width));
        }
        operators::layer_norm(self.gamma.len(), self.beta.len(), source)
    }

    /// One line for the text form.
    pub fn describe(&self) -> String {
        format!(
            "levels {}…{}, {:?}, X {}, {} fraction bits, v {} bits, decision {} bits{}{}",
            self.low,
            self.high,
            self.rounding,
            self.total,
            self.fraction,
            self.square_width,
            self.decision_width,
            match self.root_fraction {
                0 => String::new(),
                bits => format!(", r {bits} fraction bits"),
            },
            if self.centred { "" } else { ", without mean" }
        )
    }
}
