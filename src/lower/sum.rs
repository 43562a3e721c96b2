//! The residual stream and tables: fixed point.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use super::interval::Span;
use super::rational::{exact, integer, round};
use super::value::{Kind, Value};
use crate::graph::Shape;
use crate::integer::{self, Range, Term};
use crate::snn;

/// `2^−fraction`.
fn unit(fraction: u32) -> BigRational {
    BigRational::new(BigInt::one(), BigInt::one() << fraction)
}

/// The integer nearest to `value` in units of `2^−fraction`.
fn fixed(value: &BigRational, fraction: u32) -> Result<i64, String> {
    let scaled = round(&(value * integer(BigInt::one() << fraction)));
    scaled
        .to_i64()
        .filter(|v| v.unsigned_abs() < 1 << 62)
        .ok_or_else(|| format!("the value {value} needs more than 62 bits with {fraction} fraction bits"))
}

/// As [`fixed`], for the exact value of a float: tables of words have tens of millions of entries.
///
/// # Errors
/// If the value is not finite or does not fit.
fn fixed_float(value: f32, fraction: u32) -> Result<i64, String> {
    const MANTISSA: u32 = 23;
    let bits = value.to_bits();
    let exponent = bits >> MANTISSA & 0xff;
    let below = i64::from(bits & ((1 << MANTISSA) - 1));
    // |value| = magnitude·2^(exponent − 150); subnormal numbers have no leading 1 and the exponent of 1.
    let (magnitude, exponent) = match exponent {
        0xff => return Err(format!("the parameter {value} is not finite")),
        0 => (below, 1),
        _ => (below + (1 << MANTISSA), exponent),
    };
    let shift = i64::from(exponent) - 150 + i64::from(fraction);
    let scaled = match u32::try_from(shift.unsigned_abs()) {
        Ok(left @ 0..=38) if shift >= 0 => magnitude << left,
        _ if magnitude == 0 => 0,
        _ if shift >= 0 => return fixed(&exact(value)?, fraction),
        // The magnitude is below 2^24, so a quarter of it and less is rounded to 0 from 26 bits on.
        Ok(right @ 1..=25) => (magnitude + (1 << (right - 1))) >> right,
        _ => 0,
    };
    Ok(if value < 0.0 { -scaled } else { scaled })
}

/// Lowers a table; its entries are in units of the residual stream.
///
/// # Errors
/// If an entry does not fit.
pub(super) fn embedding(
    embedding: &snn::Embedding,
    fraction: u32,
) -> Result<(integer::Embedding, Value), String> {
    let table: Vec<i64> =
        embedding.table.iter().map(|&x| fixed_float(x, fraction)).collect::<Result<_, _>>()?;
    let total = table.iter().fold(Range::new(0, 0), |r, &x| r.union(Range::new(x, x)));
    let kind = Kind { scale: unit(fraction), offset: BigRational::zero(), step: total, total };
    let lowered = integer::Embedding { channels: embedding.channels, table, total };
    Ok((lowered, Value::per_channel(vec![kind])))
}

/// Lowers a sum of `inputs`, given by their meaning and their shapes.
///
/// An input of value `g_c·A + b_c` adds `round(2^R·g_c)·A`; its `b_c` is added to the start value.
///
/// # Errors
/// If a coefficient or the sum does not fit, or an input's rows differ in their scales.
pub(super) fn lower(
    sum: &snn::Sum,
    inputs: &[(&Value, &Shape)],
    fraction: u32,
) -> Result<(integer::Sum, Value), String> {
    let (rows, channels) = (sum.rows, sum.channels);
    let mut start: Vec<BigRational> = match sum.constant.len() {
        0 => vec![BigRational::zero(); rows * channels],
        _ => sum.constant.iter().map(|&x| exact(x)).collect::<Result<_, _>>()?,
    };
    let mut totals = vec![Span::ZERO; rows * channels];
    let mut steps = vec![Span::ZERO; rows * channels];
    let mut terms = Vec::new();
    for (&(value, shape), &first) in inputs.iter().zip(&sum.first) {
        let columns = value.columns(shape.rows(), channels)?;
        let mut coefficient = Vec::with_capacity(channels);
        for (c, column) in columns.iter().enumerate() {
            let factor = fixed(column.scale, fraction)?;
            coefficient.push(factor);
            for row in first..first + shape.rows() {
                let e = row * channels + c;
                start[e] += column.offset;
                totals[e] = totals[e].plus(Span::from(column.total).scaled(factor));
                steps[e] = steps[e].plus(Span::from(column.step).scaled(factor));
            }
        }
        coefficient.dedup();
        if coefficient.len() != 1 {
            coefficient = columns.iter().map(|c| fixed(c.scale, fraction)).collect::<Result<_, _>>()?;
        }
        terms.push(Term { first, coefficient });
    }
    let start: Vec<i64> = start.iter().map(|x| fixed(x, fraction)).collect::<Result<_, _>>()?;
    let point = |e: usize| Span { low: start[e].into(), high: start[e].into() };
    let over = |spans: &[Span], with_start: bool| -> Result<Range, String> {
        let spans = spans.iter().enumerate().map(|(e, s)| if with_start { s.plus(point(e)) } else { *s });
        let all = spans.fold(Span::ZERO, Span::union);
        all.range().ok_or_else(|| format!("the sum needs more than 62 bits with {fraction} fraction bits"))
    };
    let total = over(&totals, true)?;
    // In the first time-step the start value is part of the change.
    let delta = over(&steps, false)?.union(over(&steps, true)?);
    let kind = Kind { scale: unit(fraction), offset: BigRational::zero(), step: delta, total };
    Ok((integer::Sum { rows, channels, terms, start, total, delta }, Value::per_channel(vec![kind])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_become_the_integers_of_their_exact_values() {
        let mut values =
            vec![0.0, -0.0, 1.0, 0.5, -0.5, 1.5, f32::MIN_POSITIVE, f32::from_bits(1), f32::MAX, f32::MIN];
        // Ties and their neighbours at every exponent, of both signs.
        values.extend((0..1 << 14).map(|n: u32| f32::from_bits(n.wrapping_mul(0x9e37_79b1))));
        for exponent in 0..=254 {
            for low in [0, 1, 0x40_0000, 0x40_0001, 0x7f_ffff, 0x60_0000, 0x10_0000] {
                values.push(f32::from_bits(exponent << 23 | low));
                values.push(-f32::from_bits(exponent << 23 | low));
            }
        }
        for value in values {
            for fraction in [0, 1, 7, 24, 29, 40, 61] {
                let slow = exact(value).and_then(|value| fixed(&value, fraction));
                if value.is_finite() {
                    assert_eq!(fixed_float(value, fraction), slow, "{value:e} with {fraction} bits");
                } else {
                    assert!(fixed_float(value, fraction).is_err(), "{value}");
                }
            }
        }
    }
}
