//! How many bits the operators keep that are not exact: residual stream, LayerNorm, softmax.

use serde::Serialize;

/// Fraction bits. Everything else is exact and has none to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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

    /// Most bits of each.
    pub const MOST: u32 = 32;
}

impl Default for Precision {
    fn default() -> Self {
        Self::EXACT
    }
}
