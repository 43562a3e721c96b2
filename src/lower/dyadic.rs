//! Numbers `odd·2^exponent`: the units of residual sums. `unit.rs` has the same for any rationals; tables of words need
//! something faster.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};

use super::rational::{exact, round};

/// `odd·2^exponent`, the unit of a number in fixed point; `odd` is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dyadic {
    pub odd: u64,
    pub exponent: i32,
}

impl Dyadic {
    /// `2^−fraction`.
    pub fn fraction(fraction: u32) -> Self {
        Self { odd: 1, exponent: -i32::try_from(fraction).unwrap_or(i32::MAX) }
    }

    /// Of the value of a float; `None` if it is 0 or not finite.
    pub fn of_float(value: f64) -> Option<Self> {
        const MANTISSA: u32 = 52;
        let bits = value.to_bits();
        let exponent = i32::try_from(bits >> MANTISSA & 0x7ff).ok()?;
        let below = bits & ((1 << MANTISSA) - 1);
        let (magnitude, exponent) = match exponent {
            0x7ff => return None,
            0 => (below, 1),
            _ => (below + (1 << MANTISSA), exponent),
        };
        // |value| = magnitude·2^(exponent − 1075).
        (magnitude != 0).then(|| {
            let zeros = magnitude.trailing_zeros();
            Self { odd: magnitude >> zeros, exponent: exponent - 1075 + zeros.cast_signed() }
        })
    }

    /// Of a rational; `None` if it is 0, has another denominator than a power of two, or too many bits.
    pub fn of(value: &BigRational) -> Option<Self> {
        let denominator = value.denom().trailing_zeros()?;
        if *value.denom() != BigInt::one() << denominator {
            return None;
        }
        let zeros = value.numer().trailing_zeros()?;
        let odd = (value.numer().abs() >> zeros).to_u64()?;
        Some(Self { odd, exponent: i32::try_from(zeros).ok()? - i32::try_from(denominator).ok()? })
    }

    /// The largest number of which both are multiples.
    pub fn common(self, other: Self) -> Self {
        Self { odd: self.odd.gcd(&other.odd), exponent: self.exponent.min(other.exponent) }
    }

    /// As a rational.
    pub fn value(self) -> BigRational {
        let power = BigInt::one() << self.exponent.unsigned_abs();
        let odd = BigInt::from(self.odd);
        if self.exponent < 0 { BigRational::new(odd, power) } else { BigRational::from_integer(odd * power) }
    }

    /// The fewest bits `h` with `unit·2^−h ≤ 2^−fraction`.
    pub fn bits_beyond(self, fraction: u32) -> u32 {
        // odd ≤ 2^width, and less only where odd is 1.
        let width = i64::from(64 - (self.odd - 1).leading_zeros());
        u32::try_from((width + i64::from(self.exponent) + i64::from(fraction)).max(0)).unwrap_or(u32::MAX)
    }

    /// The integer nearest to `value` in this unit.
    ///
    /// # Errors
    /// If it needs more than 62 bits.
    pub fn round(self, value: &BigRational) -> Result<i64, String> {
        let scaled = round(&(value / self.value()));
        scaled.to_i64().filter(|v| v.unsigned_abs() < 1 << 62).ok_or_else(|| {
            format!("the value {value} needs more than 62 bits in units of {}", self.describe())
        })
    }

    /// As [`Self::round`], for the exact value of a float: tables of words have tens of millions of entries.
    ///
    /// # Errors
    /// If the value is not finite or does not fit.
    pub fn round_float(self, value: f32) -> Result<i64, String> {
        const MANTISSA: u32 = 23;
        if self.odd != 1 {
            return self.round(&exact(value)?);
        }
        let bits = value.to_bits();
        let exponent = bits >> MANTISSA & 0xff;
        let below = i64::from(bits & ((1 << MANTISSA) - 1));
        // |value| = magnitude·2^(exponent − 150); subnormal numbers have no leading 1 and the exponent of 1.
        let (magnitude, exponent) = match exponent {
            0xff => return Err(format!("the parameter {value} is not finite")),
            0 => (below, 1),
            _ => (below + (1 << MANTISSA), exponent),
        };
        let shift = i64::from(exponent) - 150 - i64::from(self.exponent);
        let scaled = match u32::try_from(shift.unsigned_abs()) {
            Ok(left @ 0..=38) if shift >= 0 => magnitude << left,
            _ if magnitude == 0 => 0,
            _ if shift >= 0 => return self.round(&exact(value)?),
            // The magnitude is below 2^24, so a quarter of it and less is rounded to 0 from 26 bits on.
            Ok(right @ 1..=25) => (magnitude + (1 << (right - 1))) >> right,
            _ => 0,
        };
        Ok(if value < 0.0 { -scaled } else { scaled })
    }

    /// For messages.
    pub fn describe(self) -> String {
        match self.odd {
            1 => format!("2^{}", self.exponent),
            odd => format!("{odd}·2^{}", self.exponent),
        }
    }

    /// Bits behind the point if the unit is a power of two.
    pub fn as_fraction(self) -> Option<u32> {
        (self.odd == 1).then(|| u32::try_from(-self.exponent).ok()).flatten()
    }
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
                let unit = Dyadic::fraction(fraction);
                let slow = exact(value).and_then(|value| unit.round(&value));
                if value.is_finite() {
                    assert_eq!(unit.round_float(value), slow, "{value:e} with {fraction} bits");
                } else {
                    assert!(unit.round_float(value).is_err(), "{value}");
                }
            }
        }
    }
}
