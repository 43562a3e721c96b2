//! The readout: integers whose order is exactly the order of the real logits.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use super::RealReadout;
use super::rational::{integer, to_f64};
use super::unit::{common_unit, multiple};
use super::value::Column;
use crate::integer::{Range, Readout};

/// Maximum width of values.
const MAX_WIDTH: u64 = 120;

/// Lowers the readout of logits `ℓ_c = g_c·A_c + β_c`.
///
/// In the common unit `u` of the `g_c`, a logit is `ℓ_c/u = n_c·A_c + β_c/u` with an integer `n_c`: an integer plus the
/// fractional part `φ_c` of `β_c/u`, which never changes. Two logits compare like their integer parts and, where these
/// are equal, like their `φ`. So for any map `r` of the fractional parts to `0…2^F − 1` that keeps their order and
/// equality,
///
/// ```text
/// value_c = 2^F·n_c·A_c + 2^F·floor(β_c/u) + r(φ_c)
/// ```
///
/// compares exactly like `ℓ_c`: the integer part is the high bits, `r` the low `F` bits. `r(φ) = floor(φ·2^F)` is taken
/// with the smallest `F` that separates unequal `φ`; where `F` would exceed the bits of a rank by more than 8, `r(φ)`
/// is the rank. Either way `ℓ_c` is within `u` of `value_c·u/2^F`.
///
/// Channels whose `A` is always 0 take part in the order with any multiplier; they do not refine the unit.
///
/// # Errors
/// When constants exceed 62 bits or values 120 bits.
pub(super) fn lower(columns: &[Column<'_>]) -> Result<(Readout, RealReadout), String> {
    let dead = |c: &Column<'_>| c.total == Range::new(0, 0);
    let mut unit = common_unit(columns.iter().filter(|c| !dead(c)).map(|c| c.scale));
    if unit.is_zero() {
        unit = columns.first().map_or_else(BigRational::one, |c| c.scale.clone());
    }
    let shifts: Vec<BigRational> = columns.iter().map(|c| c.offset / &unit).collect();
    let fractions: Vec<BigRational> = shifts.iter().map(|b| b - b.floor()).collect();
    let (fraction, low_bits) = order(&fractions);

    let mut multiplier = Vec::with_capacity(columns.len());
    let mut offset = Vec::with_capacity(columns.len());
    let mut width = 1;
    for (c, column) in columns.iter().enumerate() {
        let factor = if dead(column) { BigInt::one() } else { multiple(column.scale, &unit) };
        let factor = factor << fraction;
        let shift = (shifts[c].floor().to_integer() << fraction) + &low_bits[c];
        let ends = [column.total.low, column.total.high].map(|a| &factor * a + &shift);
        width = ends.iter().map(signed_width).max().unwrap_or(1).max(width);
        if width > MAX_WIDTH || factor.bits() > 62 {
            return Err(format!(
                "the exact order among the logits needs values of {width} bits and multipliers of {} bits; supported are \
                 {MAX_WIDTH} and 62",
                factor.bits()
            ));
        }
        multiplier.push(factor.to_i64().unwrap_or(i64::MAX));
        offset.push(shift.to_i128().ok_or("an offset of the readout exceeds 128 bits")?);
    }
    let real = RealReadout {
        scale: columns.iter().map(|c| to_f64(c.scale)).collect(),
        bias: columns.iter().map(|c| to_f64(c.offset)).collect(),
        unit: to_f64(&(unit / integer(BigInt::one() << fraction))),
    };
    let total = columns.iter().map(|c| c.total).fold(Range::new(0, 0), Range::union);
    let value_width = u32::try_from(width).unwrap_or(u32::MAX);
    Ok((Readout { channels: columns.len(), multiplier, offset, total, value_width }, real))
}

/// `F` and, for each fractional part, its integer in `0…2^F − 1` in the order.
fn order(fractions: &[BigRational]) -> (u32, Vec<BigInt>) {
    let mut distinct: Vec<&BigRational> = fractions.iter().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let rank_bits = usize::BITS - distinct.len().saturating_sub(1).leading_zeros();
    let floor = |v: &BigRational, bits: u32| (v * integer(BigInt::one() << bits)).to_integer();
    for bits in 0..=rank_bits + 8 {
        let floors: Vec<BigInt> = distinct.iter().map(|v| floor(v, bits)).collect();
        if floors.is_sorted_by(|a, b| a < b) {
            return (bits, fractions.iter().map(|v| floor(v, bits)).collect());
        }
    }
    let rank = |v: &BigRational| distinct.partition_point(|d| *d < v).into();
    (rank_bits, fractions.iter().map(rank).collect())
}

/// Width in bits of the two's complement.
fn signed_width(value: &BigInt) -> u64 {
    let magnitude = if *value < BigInt::zero() { -value - 1 } else { value.clone() };
    magnitude.bits() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(p: i64, q: i64) -> BigRational {
        BigRational::new(p.into(), q.into())
    }

    #[test]
    fn fractional_parts_far_apart_keep_their_leading_bits() {
        assert_eq!(order(&[ratio(0, 1), ratio(0, 1)]), (0, vec![0.into(), 0.into()]));
        assert_eq!(order(&[ratio(1, 2), ratio(0, 1), ratio(1, 2)]), (1, vec![1.into(), 0.into(), 1.into()]));
        assert_eq!(order(&[ratio(5, 8), ratio(3, 4)]), (2, vec![2.into(), 3.into()]));
    }

    #[test]
    fn fractional_parts_close_together_are_ranked() {
        let close = [ratio(1, 1 << 40), ratio(0, 1), ratio(2, 1 << 40), ratio(0, 1)];
        assert_eq!(order(&close), (2, vec![1.into(), 0.into(), 2.into(), 0.into()]));
    }
}
