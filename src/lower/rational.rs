//! Exact rationals: from `f32` and decimal literals, to the nearest `f64`.

use std::fmt::Display;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::float::FloatCore;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::quant::Decimal;

/// The exact value of an `f32` or `f64`.
///
/// # Errors
/// When it is not finite.
pub(super) fn exact<F: FloatCore + Display>(value: F) -> Result<BigRational, String> {
    BigRational::from_float(value).ok_or_else(|| format!("the parameter {value} is not finite"))
}

/// The exact value of a decimal literal: `±digits·10^exponent`.
///
/// # Errors
/// When the literal has no digits.
pub(super) fn decimal(literal: &Decimal) -> Result<BigRational, String> {
    let (negative, digits, exponent) = literal.parts();
    let digits: BigInt = digits.parse().map_err(|_| format!("{literal} is not a decimal number"))?;
    let power = num_traits::pow(BigInt::from(10), usize::try_from(exponent.unsigned_abs()).unwrap_or(0));
    let value = if exponent < 0 {
        BigRational::new(digits, power)
    } else {
        BigRational::from_integer(digits * power)
    };
    Ok(if negative { -value } else { value })
}

/// The integer `value` as a rational.
pub(super) fn integer(value: impl Into<BigInt>) -> BigRational {
    BigRational::from_integer(value.into())
}

/// The nearest integer, ties away from zero.
pub(super) fn round(value: &BigRational) -> BigInt {
    let twice: BigInt = value.numer().abs() * 2 + value.denom();
    let magnitude = twice.div_floor(&(value.denom() * 2));
    if value.is_negative() { -magnitude } else { magnitude }
}

/// The nearest `f64`, ties to even; beyond the largest finite one, infinity.
pub(super) fn to_f64(value: &BigRational) -> f64 {
    const MANTISSA: i64 = 53;
    const LOWEST_EXPONENT: i64 = -1074;
    if value.is_zero() {
        return 0.0;
    }
    let (p, q) = (value.numer().abs(), value.denom());
    let bits = |v: &BigInt| i64::try_from(v.bits()).unwrap_or(i64::MAX);
    // 2^(magnitude − 1) ≤ p/q < 2^magnitude, after the comparison.
    let mut magnitude = bits(&p) - bits(q);
    if shifted(&p, -magnitude) >= shifted(q, magnitude) {
        magnitude += 1;
    }
    // The value is mantissa·2^exponent with a mantissa of at most 53 bits, fewer for subnormal numbers.
    let exponent = (magnitude - MANTISSA).max(LOWEST_EXPONENT);
    let (n, d) = if exponent < 0 { (shifted(&p, -exponent), q.clone()) } else { (p, shifted(q, exponent)) };
    let (mut mantissa, rest) = n.div_rem(&d);
    let twice = rest * 2;
    if twice > d || (twice == d && mantissa.is_odd()) {
        mantissa += 1;
    }
    // Both factors and the product are exact; two factors, since 2^exponent alone may be too small.
    let half = i32::try_from(exponent / 2).unwrap_or(i32::MAX);
    let rest = i32::try_from(exponent - exponent / 2).unwrap_or(i32::MAX);
    let magnitude = mantissa.to_f64().unwrap_or(f64::INFINITY) * 2f64.powi(half) * 2f64.powi(rest);
    if value.is_negative() { -magnitude } else { magnitude }
}

/// `value·2^by`; unchanged for negative `by`.
fn shifted(value: &BigInt, by: i64) -> BigInt {
    value << usize::try_from(by).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use num_traits::One;

    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, p, q) in
            [("0.1307", 1307, 10000), ("-1.5e-3", -15, 10000), ("2.5E2", 250, 1), ("+.5", 1, 2), ("-0", 0, 1)]
        {
            let literal: Decimal = text.parse().expect("a literal");
            assert_eq!(decimal(&literal), Ok(BigRational::new(p.into(), q.into())), "{text}");
        }
    }

    #[test]
    fn nearest_integer() {
        for (p, q, expected) in
            [(1, 2, 1), (-1, 2, -1), (7, 3, 2), (-8, 3, -3), (5, 2, 3), (4, 1, 4), (0, 1, 0)]
        {
            assert_eq!(round(&BigRational::new(p.into(), q.into())), expected.into(), "{p}/{q}");
        }
    }

    #[test]
    fn negative_zero_is_zero() {
        assert!(exact(-0.0f32).expect("finite").is_zero());
        assert!(exact(f32::INFINITY).is_err() && exact(f64::NAN).is_err());
    }

    #[test]
    fn nearest_f64() {
        let mut samples = vec![0.0, 1.0, -1.5, 0.1, f64::MIN_POSITIVE, 5e-324, 1e-310, f64::MAX, 1.0 / 3.0];
        samples.extend((0..200).map(|i| (f64::from(i) - 99.3) * 1.37f64.powi(i * 7 - 700)));
        for v in samples {
            let exact = BigRational::from_float(v).expect("finite");
            assert_eq!(to_f64(&exact), v, "{v:e}");
            // A third of an ulp away it is still the nearest.
            let ulp = &exact - BigRational::from_float(v.next_down()).expect("finite");
            assert_eq!(to_f64(&(&exact - &ulp / integer(3))), v, "{v:e} and a bit");
        }
        for (p, q) in [(1i64, 3i64), (2, 3), (-22, 7), (1, 10), (123_456_789, 1_000)] {
            #[expect(clippy::cast_precision_loss)]
            let direct = p as f64 / q as f64;
            assert_eq!(to_f64(&BigRational::new(p.into(), q.into())), direct);
        }
        let one = integer(1);
        let tie = |numerator: i64| &one + BigRational::new(numerator.into(), BigInt::one() << 53);
        assert_eq!(to_f64(&tie(1)), 1.0);
        assert_eq!(to_f64(&tie(3)), 1.0 + 2.0 * f64::EPSILON);
        assert_eq!(to_f64(&integer(BigInt::one() << 1030)), f64::INFINITY);
    }
}
