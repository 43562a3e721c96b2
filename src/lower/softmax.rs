//! Spike-softmax: the exponential's table, the quantiser's scale in fixed point, widths.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};

use super::exp;
use super::layer_norm::{bits, levels};
use super::rational::{exact, integer, round};
use super::value::Column;
use crate::integer::{Range, Softmax};
use crate::quant::{Precision, Quantiser};
use crate::snn;

/// Lowers softmax and the quantiser behind it, on rows of scores with these channels.
///
/// # Errors
/// If scores or quantiser have scales per channel, the quantiser's levels exclude 0, or a table is too long.
pub(super) fn lower(
    softmax: &snn::Softmax,
    quantiser: &Quantiser,
    columns: &[Column<'_>],
    precision: Precision,
) -> Result<Softmax, String> {
    let (low, high) = levels(quantiser)?;
    let [scale] = quantiser.scale[..] else {
        return Err("a quantiser after softmax needs one scale".into());
    };
    let first = columns.first().ok_or("no channels")?;
    if columns.iter().any(|c| c.scale != first.scale || c.offset != first.offset) {
        return Err("the scores of a softmax need one scale".into());
    }
    let factor = BigRational::from_float(softmax.factor).ok_or("the factor on the scores is not finite")?;
    let kappa = factor * first.scale;
    if !kappa.is_positive() {
        return Err("the factor on the scores is not positive".into());
    }
    let table = exp::table(&kappa, precision.exponent)?;
    let half = exact(scale)? / integer(2);
    let fixed = round(&(half * integer(BigInt::one() << precision.scale)));
    let fixed = fixed.to_i64().filter(|&s| s >= 1).ok_or_else(|| {
        format!("half the scale {scale} is 0 or too large with {} fraction bits", precision.scale)
    })?;
    let total = columns.iter().map(|c| c.total).fold(Range::new(0, 0), Range::union);
    let sum = BigInt::from(columns.len() / softmax.groups) << precision.exponent;
    let halves = BigInt::from(2 * i64::from(high.max(-low)) + 2);
    let decision = (BigInt::one() << (precision.scale + precision.exponent)) + halves * fixed * &sum;
    let (sum_width, decision_width) = (bits(&sum), bits(&decision) + 1);
    if decision_width > 126 {
        return Err(format!("softmax would need decisions of {decision_width} bits; supported are 126"));
    }
    Ok(Softmax {
        groups: softmax.groups,
        low,
        high,
        rounding: quantiser.rounding,
        table,
        exp_fraction: precision.exponent,
        scale: fixed,
        scale_fraction: precision.scale,
        padding: softmax.padding,
        band: softmax.band,
        total,
        sum_width,
        decision_width,
    })
}
