//! A quantiser as it was found: what all ways of writing one have in common.

use super::{Context, linear_form};
use crate::error::{Error, Result};
use crate::import::decode::{NodeIndex, ValueId};
use crate::import::dims::broadcast_index;
use crate::quant::Rounding;

/// A list of numbers that spreads over a value as ONNX broadcasts.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread<T> {
    /// Extents; aligned with the last extents of the value.
    pub dims: Vec<usize>,
    /// As many values as the extents say.
    pub values: Vec<T>,
}

impl Spread<f32> {
    /// A constant, such as a scale; what cancels in a sum is not evaluated.
    pub fn read(context: &Context, value: ValueId) -> Result<Self> {
        if !context.flow.is_constant(value) {
            return Err(Error::input("the scale of this quantiser is computed from the input")
                .fix("use a scale that is fixed after training (static quantisation)"));
        }
        let tensor = context.flow.constant(linear_form::remainder(context, value)?)?;
        let values = tensor.as_f32().map_err(Error::input)?;
        Ok(Self { dims: without_ones(&tensor.dims), values })
    }
}

/// Extents without the leading ones.
pub fn without_ones(dims: &[usize]) -> Vec<usize> {
    dims.iter().copied().skip_while(|&d| d == 1).collect()
}

impl<T: Copy + PartialEq> Spread<T> {
    /// The same number everywhere.
    pub fn one(value: T) -> Self {
        Self { dims: vec![], values: vec![value] }
    }

    /// One value for all channels, or one per channel, of a value with extents `dims`.
    pub fn by_channel(&self, dims: &[usize]) -> Result<Vec<T>> {
        let (&last, before) = match self.dims.split_last() {
            None => return Ok(self.values.clone()),
            Some(split) => split,
        };
        let channels = dims.last().copied().unwrap_or(1);
        if self.values.len() == 1 {
            return Ok(self.values.clone());
        }
        if last == channels && before.iter().all(|&d| d == 1) && self.dims.len() <= dims.len() {
            return Ok(self.values.clone());
        }
        let problem = format!(
            "the quantiser has a scale of extents {:?} for a value of extents {dims:?}; supported are one scale, or \
             one for each entry of the last extent",
            self.dims
        );
        Err(Error::input(problem).fix("quantise this activation per tensor"))
    }

    /// The value for every element of a constant with extents `dims`.
    pub fn by_element(&self, dims: &[usize]) -> Result<Vec<T>> {
        let index = broadcast_index(&self.dims, dims).map_err(Error::input)?;
        Ok(index.into_iter().map(|i| self.values[i]).collect())
    }
}

/// A quantiser as it was found.
pub struct Form {
    /// Its form.
    pub form: &'static str,
    /// The quantised value.
    pub source: ValueId,
    /// The scale.
    pub scale: Spread<f32>,
    /// Lowest level, zero point subtracted.
    pub low: Spread<i32>,
    /// Highest level, zero point subtracted.
    pub high: Spread<i32>,
    /// The rounding rule.
    pub rounding: Rounding,
    /// All nodes of it.
    pub nodes: Vec<NodeIndex>,
}

/// Fix for a wrong scale.
pub const SCALE: &str = "train or calibrate the quantiser: its scale must be positive";

/// Whether all scales are positive numbers.
pub fn check_scale(scales: &[f32]) -> Result<(), String> {
    match scales.iter().find(|s| !s.is_finite() || **s <= 0.0) {
        Some(s) => Err(format!("the scale {s} of a quantiser is not a positive finite number")),
        None if scales.is_empty() => Err("a quantiser without a scale".into()),
        None => Ok(()),
    }
}

/// A bound of the levels as an integer; beyond any supported level when it is beyond what an integer holds.
pub fn level(bound: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation)]
    let level = bound as i32;
    level
}
