//! The quantiser `Q(x) = clamp(round(x/s), low, high)`, with value `s·Q(x)`.

use serde::{Deserialize, Serialize};

use super::per_channel;

/// Rounding rule of `x/s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// `floor(x/s + 1/2)`: the rule of SpikeZIP.
    HalfUp,
    /// To nearest, ties to even: ONNX `QuantizeLinear`.
    HalfEven,
    /// To nearest, ties to odd: half-to-even with an odd zero point added before rounding.
    HalfOdd,
    /// To nearest, ties downwards.
    HalfDown,
    /// Downwards.
    Floor,
    /// Upwards.
    Ceil,
    /// Towards zero.
    Truncate,
}

/// The lower boundary of a level, in units of the scale: the level is reached at `halves/2`, or just above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Twice the boundary's position.
    pub halves: i64,
    /// Whether the boundary itself belongs to the level.
    pub inclusive: bool,
}

impl Rounding {
    /// The lower boundary of level `k`: `round(x/s) ≥ k` exactly when `x/s` is at least (or above) it.
    pub fn boundary(self, k: impl Into<i64>) -> Boundary {
        let k: i64 = k.into();
        let half = 2 * k - 1;
        match self {
            Self::HalfUp => Boundary { halves: half, inclusive: true },
            Self::HalfDown => Boundary { halves: half, inclusive: false },
            Self::HalfEven => Boundary { halves: half, inclusive: k % 2 == 0 },
            Self::HalfOdd => Boundary { halves: half, inclusive: k % 2 != 0 },
            Self::Floor => Boundary { halves: 2 * k, inclusive: true },
            Self::Ceil => Boundary { halves: 2 * k - 2, inclusive: false },
            Self::Truncate if k > 0 => Boundary { halves: 2 * k, inclusive: true },
            Self::Truncate => Boundary { halves: 2 * k - 2, inclusive: false },
        }
    }
}

/// A quantiser, for a whole value or for each channel. Every list has one entry for all channels or one per channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiser {
    /// Scale `s` > 0: the spike threshold.
    pub scale: Vec<f32>,
    /// Lowest level (zero point already subtracted).
    pub low: Vec<i32>,
    /// Highest level (zero point already subtracted); at least `low`.
    pub high: Vec<i32>,
    /// The rounding rule.
    pub rounding: Rounding,
}

impl Quantiser {
    /// A quantiser with the same scale and levels for all channels.
    pub fn uniform(scale: f32, low: i32, high: i32, rounding: Rounding) -> Self {
        Self { scale: vec![scale], low: vec![low], high: vec![high], rounding }
    }

    /// The largest magnitude of a level.
    pub const MAX_LEVEL: i32 = 1 << 16;

    /// Checks lengths, signs and order.
    ///
    /// # Errors
    /// Names the violated property.
    pub fn check(&self, channels: usize) -> Result<(), String> {
        for (what, len) in [("scale", self.scale.len()), ("low", self.low.len()), ("high", self.high.len())] {
            if len != 1 && len != channels {
                return Err(format!(
                    "{len} values of '{what}' for {channels} channels; expected 1 or {channels}"
                ));
            }
        }
        if let Some(s) = self.scale.iter().find(|s| !s.is_finite() || **s <= 0.0) {
            return Err(format!("the scale {s} is not a positive finite number"));
        }
        let limit = Self::MAX_LEVEL;
        for c in 0..self.low.len().max(self.high.len()) {
            let (low, high) = (per_channel(&self.low, c), per_channel(&self.high, c));
            if low > high {
                return Err(format!("the lowest level {low} is above the highest level {high}"));
            }
            if low < -limit || high > limit {
                return Err(format!("levels {low}…{high}; supported are −{limit}…{limit}"));
            }
        }
        Ok(())
    }

    /// Lowest and highest level of a tracer in any channel, including the start value 0.
    pub fn tracer_range(&self) -> (i32, i32) {
        let low = self.low.iter().copied().min().unwrap_or(0);
        let high = self.high.iter().copied().max().unwrap_or(0);
        (low.min(0), high.max(0))
    }
}
