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
    let tokens = columns.len() / softmax.groups.max(1);
    let fraction = scale_fraction(&half, tokens, 2 * (high.max(-low)) + 1, precision);
    let fixed = in_fixed_point(&half, fraction);
    let fixed = fixed
        .to_i64()
        .filter(|&s| s >= 1)
        .ok_or_else(|| format!("half the scale {scale} is 0 or too large with {fraction} fraction bits"))?;
    let total = columns.iter().map(|c| c.total).fold(Range::new(0, 0), Range::union);
    let sum = BigInt::from(columns.len() / softmax.groups) << precision.exponent;
    let halves = BigInt::from(2 * i64::from(high.max(-low)) + 2);
    let decision = (BigInt::one() << (fraction + precision.exponent)) + halves * fixed * &sum;
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
        scale_fraction: fraction,
        padding: softmax.padding,
        band: softmax.band,
        total,
        sum_width,
        decision_width,
    })
}

/// A number in fixed point.
fn in_fixed_point(value: &BigRational, fraction: u32) -> BigInt {
    round(&(value * integer(BigInt::one() << fraction)))
}

/// Fraction bits of half a quantiser's scale. Scores that are equal have probabilities `1/n`, which scales like 1/255 put next
/// to a boundary; so there are as many more bits as these probabilities need to be on the same side of it as in real
/// arithmetic, or on it. None are added where the user asks for few bits.
fn scale_fraction(half: &BigRational, tokens: usize, most: i32, precision: Precision) -> u32 {
    if precision.scale < Precision::EXACT.scale || !half.is_positive() {
        return precision.scale;
    }
    let right = |fraction: u32| {
        let fixed = in_fixed_point(half, fraction);
        let one = BigInt::one() << fraction;
        (1..=tokens.min(MOST_EQUAL)).all(|n| {
            let n = BigInt::from(n);
            let product = half * integer(n.clone());
            // The boundaries on both sides of 1/n, in halves of a level.
            let below = (product.denom() / product.numer()).min(BigInt::from(most));
            [below.clone(), below + 1i32].into_iter().all(|halves| {
                let real = (integer(halves.clone()) * &product).cmp(&BigRational::one());
                (halves * &fixed * &n).cmp(&one) == real
            })
        })
    };
    (precision.scale..=precision.scale + MOST_MORE).find(|&bits| right(bits)).unwrap_or(precision.scale)
}

/// Numbers of equal scores that are looked at.
const MOST_EQUAL: usize = 1 << 10;

/// Fraction bits that a scale has at most beyond those of the profile.
const MOST_MORE: u32 = 10;

#[cfg(test)]
mod tests {
    use super::{exact, integer, scale_fraction};
    use crate::quant::Precision;

    #[test]
    fn a_scale_has_the_bits_that_equal_scores_need() {
        let bits = |scale: f32, precision| {
            scale_fraction(&(exact(scale).expect("a number") / integer(2)), 8, 511, precision)
        };
        // 255/2 levels are a tie, which the float nearest to 1/255 decides.
        assert_eq!(bits(1.0 / 255.0, Precision::EXACT), 31);
        assert_eq!(bits(1.0 / 256.0, Precision::EXACT), 30);
        assert_eq!(bits(0.0037, Precision::EXACT), 30);
        assert_eq!(bits(1.0 / 255.0, Precision { scale: 24, ..Precision::EXACT }), 24);
    }
}
