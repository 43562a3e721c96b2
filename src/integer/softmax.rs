//! Spike-softmax: ST-BIF+ neurons that track the quantised softmax of a row of accumulated scores. No division.
//!
//! For the scores `A_j` of a row, with `κ` the real value of 1 in them, `e_j = exp(−κ·(max A − A_j))` is a table over
//! the integers `max A − A_j`. Level `k` with the boundary `h/2` of the scale `s` is reached when `e_j ≥ s·h/2·Σe` (`>`
//! for an exclusive boundary): one multiplication per row, none per element. Masked scores are excluded from maximum
//! and sum.

use super::Range;
use crate::graph::{Band, Shape};
use crate::operators;
use crate::quant::Rounding;

/// Softmax and quantiser over each group of channels of each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// Number of groups (heads) that the channels of a row are divided into.
    pub groups: usize,
    /// Lowest level; at most 0.
    pub low: i32,
    /// Highest level; at least 0.
    pub high: i32,
    /// Rule for values on a boundary.
    pub rounding: Rounding,
    /// `table[d] = round(2^f·exp(−κ·d))`; 0 beyond its end.
    pub table: Vec<i64>,
    /// Fraction bits `f` of the table.
    pub exp_fraction: u32,
    /// `round(2^h·s/2)`.
    pub scale: i64,
    /// Fraction bits `h` of the scale.
    pub scale_fraction: u32,
    /// The raw element of the mask input whose position is masked; `None` without a mask input.
    pub padding: Option<i32>,
    /// The keys (channels of a group) that a query (row) sees; the others are masked.
    pub band: Band,
    /// Range of `A`.
    pub total: Range,
    /// Width in bits of unsigned Σe.
    pub sum_width: u32,
    /// Width in bits (two's complement) of `2^h·e − h·scale·Σe`.
    pub decision_width: u32,
}

impl Softmax {
    /// `exp(−κ·d)`.
    pub fn exp(&self, distance: i64) -> i64 {
        usize::try_from(distance).ok().and_then(|d| self.table.get(d).copied()).unwrap_or(0)
    }

    /// `scale·Σe` of a group; writes each `e` to `exps`. `masked` gives the excluded channels.
    pub fn exps(&self, scores: &[i64], masked: impl Fn(usize) -> bool, exps: &mut Vec<i64>) -> i128 {
        let most = scores.iter().enumerate().filter(|(j, _)| !masked(*j)).map(|(_, &a)| a).max();
        exps.clear();
        exps.extend(scores.iter().enumerate().map(|(j, &a)| match most {
            Some(most) if !masked(j) => self.exp(most - a),
            _ => 0,
        }));
        i128::from(self.scale) * exps.iter().map(|&e| i128::from(e)).sum::<i128>()
    }

    /// Whether level `k` is reached; masked elements have `e = 0` and level 0.
    pub fn reached(&self, exp: i64, scaled_sum: i128, k: i32) -> bool {
        let boundary = self.rounding.boundary(k);
        let edge = i128::from(boundary.halves) * scaled_sum;
        (i128::from(exp) << self.scale_fraction) >= edge + i128::from(!boundary.inclusive)
    }

    /// The level of one element.
    pub fn level(&self, exp: i64, scaled_sum: i128) -> i32 {
        (self.low + 1..=self.high).rev().find(|&k| self.reached(exp, scaled_sum, k)).unwrap_or(self.low)
    }

    /// The output shape, for scores and other inputs of these shapes.
    ///
    /// # Errors
    /// Names the length or range that is wrong.
    pub fn shape(&self, source: &Shape, others: &[&Shape]) -> Result<Shape, String> {
        operators::contains_zero(self.low, self.high)?;
        if self.table.first().is_none_or(|&e| e < 1) || self.scale < 1 {
            return Err("an empty table or a scale below 1".into());
        }
        if self.scale_fraction > 62 || self.decision_width > 126 {
            return Err(format!("decisions of {} bits", self.decision_width));
        }
        operators::softmax(self.groups, self.padding.is_some(), source, others)
    }

    /// One line for the text form.
    pub fn describe(&self) -> String {
        format!(
            "levels {}…{}, {:?}, {} groups, A {}, table of {}, Σe {} bits, decision {} bits{}",
            self.low,
            self.high,
            self.rounding,
            self.groups,
            self.total,
            self.table.len(),
            self.sum_width,
            self.decision_width,
            if self.band == Band::ALL { String::new() } else { format!(", {}", self.band) }
        )
    }
}
