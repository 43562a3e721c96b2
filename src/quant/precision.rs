//! Fraction bits of the operators that are rounded: residual stream, LayerNorm, softmax.

use serde::{Deserialize, Serialize};

/// Fraction bits. All other operators are exact and have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precision {
    /// Of the residual stream `X`.
    pub residual: u32,
    /// Of `γ/s` and `β/s` of LayerNorm.
    pub affine: u32,
    /// Of the exponential's table.
    pub exponent: u32,
    /// Of the softmax quantiser's scale.
    pub scale: u32,
}

impl Precision {
    /// Profile `exact`: at least 99.5 % of inputs equal a float64 evaluation at every neuron; measured in
    /// `docs/numerics.md`.
    pub const EXACT: Self = Self { residual: 26, affine: 24, exponent: 24, scale: 30 };

    /// Largest number of bits.
    pub const MOST: u32 = 32;

    /// Number of widths.
    pub const WIDTHS: usize = 4;

    /// The widths in the order of the fields.
    pub fn bits(self) -> [u32; Self::WIDTHS] {
        [self.residual, self.affine, self.exponent, self.scale]
    }

    /// From widths in the order of the fields.
    pub fn from_bits([residual, affine, exponent, scale]: [u32; Self::WIDTHS]) -> Self {
        Self { residual, affine, exponent, scale }
    }

    /// Name of the profile: `exact`, `compact` with fewer bits, or `wide` if a width has more bits than in `exact`.
    pub fn profile(self) -> &'static str {
        let mut pairs = self.bits().into_iter().zip(Self::EXACT.bits());
        if self == Self::EXACT {
            "exact"
        } else if pairs.all(|(bits, exact)| bits <= exact) {
            "compact"
        } else {
            "wide"
        }
    }

    /// Checks that each width is in range.
    ///
    /// # Errors
    /// Names the widths and their range.
    pub fn check(self) -> Result<(), String> {
        if self.bits().iter().all(|bits| (1..=Self::MOST).contains(bits)) {
            return Ok(());
        }
        let [residual, affine, exponent, scale] = self.bits();
        let most = Self::MOST;
        Err(format!("fraction bits {residual}, {affine}, {exponent}, {scale}; possible are 1…{most} of each"))
    }
}

impl Default for Precision {
    fn default() -> Self {
        Self::EXACT
    }
}
