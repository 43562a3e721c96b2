//! Spike-LayerNorm: `γ/s` and `β/s` in fixed point, ε in the unit of the squares, widths.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive};

use super::rational::{exact, integer, round};
use super::value::Column;
use crate::integer::{LayerNorm, Range};
use crate::quant::{Quantiser, per_channel};
use crate::snn;

/// Lowers LayerNorm and the quantiser behind it, on a row of sums with these channels.
///
/// # Errors
/// If the levels of the quantiser exclude 0, a constant does not fit, or values need more than 126 bits.
pub(super) fn lower(
    norm: &snn::LayerNorm,
    quantiser: &Quantiser,
    columns: &[Column<'_>],
    fraction: u32,
    root_fraction: u32,
) -> Result<LayerNorm, String> {
    let (low, high) = levels(quantiser)?;
    let channels = columns.len();
    let total = columns.iter().map(|c| c.total).fold(Range::new(0, 0), Range::union);
    let unit = columns.first().map(|c| c.scale.clone()).ok_or("no channels")?;
    let one = integer(BigInt::one() << fraction);
    let scaled = |values: &[f32]| -> Result<Vec<i64>, String> {
        let value = |(c, &v): (usize, &f32)| {
            let ratio = exact(v)? / exact(per_channel(&quantiser.scale, c))?;
            let fixed = round(&(ratio * &one));
            fixed.to_i64().ok_or_else(|| format!("γ or β {v} divided by the scale needs more than 63 bits"))
        };
        values.iter().enumerate().map(value).collect()
    };
    let (gamma, beta) = (scaled(&norm.gamma)?, scaled(&norm.beta)?);
    // v is in units of unit²/4^h, times C².
    let finer = BigInt::one() << (2 * root_fraction);
    let square = BigRational::from_integer(BigInt::from(channels).pow(2) * &finer) / (&unit * &unit);
    let epsilon = round(&(exact(norm.epsilon)? * square)).max(BigInt::one());

    // |c_i| ≤ (C − 1)·(high − low) and, by Popoviciu's inequality, v − ε' ≤ C²·(high − low)²/4. Without a mean,
    // |c_i| ≤ C·max|X| and v − ε' ≤ (C·max|X|)².
    let reach = BigInt::from(total.low.unsigned_abs().max(total.high.unsigned_abs()));
    let squares = &reach * &reach * BigInt::from(channels).pow(2);
    let (centred, most): (BigInt, BigInt) = if norm.centred {
        let width = BigInt::from(total.high) - total.low;
        let most = (&width * &width * BigInt::from(channels).pow(2) * &finer) / 4 + &epsilon + 1;
        (&width * (channels.max(2) - 1), most)
    } else {
        (&reach * channels, &squares * &finer + &epsilon)
    };
    let root = most.sqrt();
    let largest = |list: &[i64]| list.iter().map(|v| v.unsigned_abs()).max().unwrap_or(0);
    let halves = BigInt::from(2 * i64::from(high.max(-low)) + 2);
    let decision = ((&centred * largest(&gamma)) << root_fraction)
        + &root * largest(&beta)
        + ((&root * halves) << (fraction - 1));
    let (square_width, decision_width) = (bits(&most), bits(&decision) + 1);
    // Also the plain sum of squares, and the root, must fit.
    if square_width.max(bits(&squares)) > 126 || decision_width > 126 || bits(&root) > 62 {
        return Err(format!(
            "LayerNorm would need squares of {} bits and decisions of {decision_width} bits; supported are 126",
            square_width.max(bits(&squares))
        ));
    }
    let epsilon = epsilon.to_i128().ok_or("ε needs more than 127 bits")?;
    let rounding = quantiser.rounding;
    Ok(LayerNorm {
        low,
        high,
        rounding,
        gamma,
        beta,
        fraction,
        epsilon,
        root_fraction,
        centred: norm.centred,
        total,
        square_width,
        decision_width,
    })
}

/// The levels of a quantiser whose range is the same for all channels and contains 0.
///
/// # Errors
/// If it is not.
pub(super) fn levels(quantiser: &Quantiser) -> Result<(i32, i32), String> {
    match (&quantiser.low[..], &quantiser.high[..]) {
        (&[low], &[high]) if low <= 0 && high >= 0 => Ok((low, high)),
        _ => Err("a quantiser after LayerNorm or softmax needs one range of levels that contains 0".into()),
    }
}

/// Bits of a magnitude.
pub(super) fn bits(value: &BigInt) -> u32 {
    u32::try_from(value.bits()).unwrap_or(u32::MAX)
}
