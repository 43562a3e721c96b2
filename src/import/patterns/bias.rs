//! Biases: constants that are added to the rows of a product.
//!
//! A quantised bias is meant as its integers times its scale, and several biases in a row as their sum: doubles hold
//! both where floats do not. Where they do not either, the nearest double is taken, and the explanation says so.

use super::Context;
use super::levels;
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::import::dims::broadcast_index;

/// A bias under construction.
pub struct Bias {
    /// One entry per output channel.
    pub values: Vec<f64>,
    /// Whether no entry was rounded.
    pub exact: bool,
}

impl Bias {
    /// A constant that is added to every row of a result with this number of channels.
    pub fn read(context: &Context, value: ValueId, outputs: usize) -> Result<Self> {
        let (dims, found) = elements(context, value)?;
        let wrong = || {
            Error::input(format!("a bias with extents {dims:?} for {outputs} output channels"))
                .fix("add one number an output channel")
        };
        let (channels, before) = dims.split_last().map_or((1, &[][..]), |(&c, b)| (c, b));
        if before.iter().any(|&d| d != 1) {
            return Err(wrong());
        }
        let index = broadcast_index(&[channels], &[outputs]).map_err(|_| wrong())?;
        let values = index.into_iter().map(|i| found.values[i]).collect();
        Self { values, exact: found.exact }.checked()
    }

    /// The bias times a number.
    pub fn scaled(mut self, factor: f32) -> Result<Self> {
        for value in &mut self.values {
            let (product, exact) = product(*value, f64::from(factor));
            *value = product;
            self.exact &= exact;
        }
        self.checked()
    }

    /// The sum with another bias.
    pub fn plus(mut self, other: &Self) -> Result<Self> {
        self.exact &= other.exact;
        for (a, &b) in self.values.iter_mut().zip(&other.values) {
            let sum = *a + b;
            let part = sum - *a;
            let lost = (*a - (sum - part)) + (b - part);
            self.exact &= lost == 0.0;
            *a = sum;
        }
        self.checked()
    }

    fn checked(self) -> Result<Self> {
        match self.values.iter().find(|b| !b.is_finite()) {
            Some(bad) => Err(Error::input(format!("the bias {bad} is not finite"))
                .fix("train or initialise the bias: it must be a finite number")),
            None => Ok(self),
        }
    }
}

/// Extents and elements of a constant as real numbers: what is quantised is its integers times its scale.
pub fn real(context: &Context, value: ValueId) -> Result<(Vec<usize>, Vec<f64>)> {
    elements(context, value).map(|(dims, found)| (dims, found.values))
}

/// The number that a constant is everywhere, if it is one.
pub fn number(context: &Context, value: ValueId) -> Result<Option<f64>> {
    let (_, values) = real(context, value)?;
    Ok(values.first().copied().filter(|first| values.iter().all(|v| v == first)))
}

/// Extents and elements of a constant.
fn elements(context: &Context, value: ValueId) -> Result<(Vec<usize>, Bias)> {
    let mut at = value;
    loop {
        if let Some(found) = levels::of(context, at)? {
            // Integers of at most 41 bits.
            #[expect(clippy::cast_precision_loss)]
            let times = |(e, &level): (usize, &i64)| product(level as f64, found.scale_of(e));
            let (values, exact): (Vec<f64>, Vec<bool>) = found.levels.iter().enumerate().map(times).unzip();
            return Ok((found.dims, Bias { values, exact: exact.into_iter().all(|e| e) }));
        }
        match levels::behind(context, at)? {
            Some(same) => at = same,
            None => break,
        }
    }
    // Other expressions in single precision, as ONNX defines their operators.
    let tensor = context.flow.constant(value)?;
    Ok((tensor.dims.clone(), Bias { values: tensor.to_f64(), exact: true }))
}

/// A product, and whether it is exact.
fn product(a: f64, b: f64) -> (f64, bool) {
    let product = a * b;
    (product, a.mul_add(b, -product) == 0.0 && (product != 0.0 || a == 0.0 || b == 0.0))
}
