//! Raw input data and its real value.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::per_channel;

/// Type of a raw element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// 0…255
    U8,
    /// −128…127
    I8,
    /// 0…65535
    U16,
}

impl Element {
    /// Smallest and largest value.
    pub fn range(self) -> (i32, i32) {
        match self {
            Self::U8 => (0, 255),
            Self::I8 => (-128, 127),
            Self::U16 => (0, 65535),
        }
    }

    /// Width in bits.
    pub fn bits(self) -> u32 {
        if self == Self::U16 { 16 } else { 8 }
    }

    /// Whether it is signed.
    pub fn is_signed(self) -> bool {
        self == Self::I8
    }

    /// NumPy's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::I8 => "i8",
            Self::U16 => "u16",
        }
    }
}

/// A decimal literal such as `0.1307` or `-1.5e-3`, stored as written, because its value is exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(String);

impl Decimal {
    /// Sign, digits without the point, and the power of ten they are multiplied by: `-1.5e-3` is (true, "15", −4).
    pub fn parts(&self) -> (bool, String, i32) {
        let (mantissa, exponent) = self.0.split_once(['e', 'E']).unwrap_or((&self.0, "0"));
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        (negative, format!("{whole}{fraction}"), exponent - i32::try_from(fraction.len()).unwrap_or(0))
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl FromStr for Decimal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const LONGEST: usize = 200;
        let shape_ok = text.len() <= LONGEST
            && text.bytes().any(|b| b.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let exponent_ok =
            text.split_once(['e', 'E']).is_none_or(|(_, e)| e.parse::<i32>().is_ok_and(|e| e.abs() <= 200));
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() && shape_ok && exponent_ok => Ok(Self(text.to_owned())),
            _ => Err(format!("{text:?} is not a decimal number such as 0.1307")),
        }
    }
}

impl TryFrom<String> for Decimal {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> Self {
        decimal.0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The real value `x` of a raw element `q`. Lists have one entry for all channels or one per channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scaling {
    /// `x = (q/q_max − mean)/std`, with `q_max` the element type's largest value.
    Normalise {
        /// Mean of each channel.
        mean: Vec<Decimal>,
        /// Standard deviation > 0 of each channel.
        std: Vec<Decimal>,
    },
    /// `x = scale·(q − zero_point)`.
    Affine {
        /// Scale > 0 of each channel.
        scale: Vec<Decimal>,
        /// The raw value of 0.
        zero_point: i32,
    },
}

/// The raw data of a sample and its meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Type of a raw element.
    pub element: Element,
    /// Real value of a raw element.
    pub scaling: Scaling,
    /// Axis of the model's input shape (without the batch) that is the channel of `scaling`; needed if its lists are
    /// longer than 1. Images are channel first: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_axis: Option<usize>,
}

/// When the input is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Encoding {
    /// The whole input at the first time-step, nothing after.
    Analog,
    /// Evenly spread over the first time-steps.
    Rate {
        /// Number of time-steps it is spread over.
        steps: u32,
    },
    /// The first extent of a sample are time-steps of the network itself; the whole input is there from the first time-step
    /// on.
    Train {
        /// The largest raw element.
        highest: i32,
        /// How static samples, without that extent, become such trains.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coding: Option<Coding>,
    },
}

/// How a static element `q` of `0…q_max` becomes a train of 0 and 1 over `T` time-steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// `floor(T·q/q_max)` spikes, evenly spread: one in time-step `t` (from 1) if `floor(t·q/q_max)` is more than before.
    Rate,
    /// One spike, the earlier the larger the element: in time-step `floor((q_max − q)·T/q_max)` (from 0); none for 0.
    Latency,
}

impl Coding {
    /// Whether there is a spike in time-step `t`, counted from 0, of `steps`.
    pub fn spike(self, q: i32, highest: i32, t: usize, steps: usize) -> bool {
        let (q, highest, t, steps) = (i64::from(q), i64::from(highest).max(1), t as i64, steps as i64);
        match self {
            Self::Rate => (t + 1) * q / highest > t * q / highest,
            Self::Latency => q > 0 && (highest - q) * steps / highest == t,
        }
    }
}

impl InputSpec {
    /// Indices into an embedding table: `u16`, unscaled.
    pub fn tokens() -> Self {
        let scaling = Scaling::Affine { scale: vec![Decimal("1".to_owned())], zero_point: 0 };
        Self { element: Element::U16, scaling, channel_axis: None }
    }

    /// The raw value that causes no event: it is subtracted from every element.
    pub fn zero_point(&self) -> i32 {
        match &self.scaling {
            Scaling::Normalise { .. } => 0,
            Scaling::Affine { zero_point, .. } => *zero_point,
        }
    }

    /// Channel of `scaling` that each element of a sample of this shape belongs to.
    pub fn channel_of(&self, shape: &[usize], element: usize) -> usize {
        let Some(axis) = self.channel_axis else { return 0 };
        let inner: usize = shape[axis + 1..].iter().product();
        element / inner % shape[axis]
    }

    /// The real number for raw element `q` in channel `c`, in `f64` arithmetic.
    pub fn real(&self, q: i32, c: usize) -> f64 {
        match &self.scaling {
            Scaling::Normalise { mean, std } => {
                let at = |list: &[Decimal]| if list.len() == 1 { list[0].to_f64() } else { list[c].to_f64() };
                (f64::from(q) / f64::from(self.element.range().1) - at(mean)) / at(std)
            }
            Scaling::Affine { scale, zero_point } => {
                let scales: Vec<f64> = scale.iter().map(Decimal::to_f64).collect();
                per_channel(&scales, c) * f64::from(q - zero_point)
            }
        }
    }

    /// Checks lengths, signs and ranges against the shape of a sample.
    ///
    /// # Errors
    /// Names the violated property.
    pub fn check(&self, shape: &[usize]) -> Result<(), String> {
        let lists: [&[Decimal]; 2] = match &self.scaling {
            Scaling::Normalise { mean, std } => [mean, std],
            Scaling::Affine { scale, .. } => [scale, scale],
        };
        if let Some(axis) = self.channel_axis
            && axis >= shape.len()
        {
            return Err(format!("channel axis {axis} of an input with {} extents", shape.len()));
        }
        let channels = self.channel_axis.map_or(1, |axis| shape[axis]);
        for list in lists {
            if list.len() != 1 && (self.channel_axis.is_none() || list.len() != channels) {
                return Err(format!("{} values of the input's scaling for {channels} channels", list.len()));
            }
        }
        if let Some(bad) = lists[1].iter().find(|d| d.to_f64() <= 0.0) {
            return Err(format!("the input's scale or standard deviation {bad} is not positive"));
        }
        match &self.scaling {
            Scaling::Normalise { .. } if self.element.is_signed() => {
                Err("mean and standard deviation need an unsigned element type".into())
            }
            Scaling::Affine { zero_point, .. } => {
                let (low, high) = self.element.range();
                if (low..=high).contains(zero_point) {
                    Ok(())
                } else {
                    Err(format!("the input's zero point {zero_point} is outside {low}…{high}"))
                }
            }
            Scaling::Normalise { .. } => Ok(()),
        }
    }
}
