//! IF and LIF neurons with time-steps of the model itself: what their two forms share.

use serde::{Deserialize, Serialize};

use crate::graph::Shape;

/// What a spike does to the membrane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// Nothing.
    Never,
    /// The threshold is subtracted, and the rest leaks: `v ← leak(v − θ)`.
    Subtract,
    /// The threshold is subtracted after the leak: `v ← leak(v) − θ`.
    SubtractLate,
    /// The membrane becomes the reset value, which leaks: `v ← leak(v_reset)`.
    Value,
}

/// Time-steps of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Number of time-steps `T`.
    pub steps: usize,
    /// What the layer reads has one time-step only, which is applied in each of them. Otherwise its rows are those of the
    /// first time-step, then those of the second, and so on.
    pub constant: bool,
}

impl Time {
    /// The largest number of time-steps.
    pub const MOST: usize = 1 << 16;

    /// Rows × channels of the spikes: those of the first time-step first.
    ///
    /// # Errors
    /// If the rows are not those of so many time-steps.
    pub fn shape(&self, source: &Shape) -> Result<Shape, String> {
        let Self { steps, constant } = *self;
        if !(1..=Self::MOST).contains(&steps) {
            return Err(format!("{steps} time-steps; supported are 1 to {}", Self::MOST));
        }
        if !constant && !source.rows().is_multiple_of(steps) {
            return Err(format!("{} rows for {steps} time-steps", source.rows()));
        }
        let rows = source.rows().checked_mul(if constant { steps } else { 1 });
        match rows.map(|rows| Shape::matrix(rows, source.channels())) {
            Some(shape) if shape.is_sane() => Ok(shape),
            _ => Err(format!("{steps} time-steps of {source} are no elements, or too many")),
        }
    }

    /// Neurons whose spikes these are, if they are so many in all time-steps.
    pub fn neurons(&self, spikes: usize) -> usize {
        spikes / self.steps.max(1)
    }
}
