//! The common unit of a set of rationals: the largest number of which all are integer multiples.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

/// The greatest common divisor of rationals, `gcd(p_i/q_i) = gcd(p_i)/lcm(q_i)` for reduced fractions; positive, or 0
/// when all are 0.
pub(super) fn common_unit<'a>(values: impl IntoIterator<Item = &'a BigRational>) -> BigRational {
    let mut p = BigInt::zero();
    let mut q = BigInt::from(1);
    for value in values.into_iter().filter(|v| !v.is_zero()) {
        p = p.gcd(value.numer());
        q = q.lcm(value.denom());
    }
    BigRational::new(p.abs(), q)
}

/// `value/unit`, where `value` is an integer multiple of the unit.
pub(super) fn multiple(value: &BigRational, unit: &BigRational) -> BigInt {
    let quotient = value / unit;
    debug_assert!(quotient.is_integer());
    quotient.to_integer()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(p: i64, q: i64) -> BigRational {
        BigRational::new(p.into(), q.into())
    }

    #[test]
    fn units() {
        let values = [ratio(1, 6), ratio(-3, 4), ratio(0, 1), ratio(5, 1)];
        let unit = common_unit(&values);
        assert_eq!(unit, ratio(1, 12));
        let multiples: Vec<BigInt> = values.iter().map(|v| multiple(v, &unit)).collect();
        assert_eq!(multiples, [2, -9, 0, 60].map(BigInt::from));
        assert_eq!(common_unit(&[ratio(6, 5), ratio(9, 5)]), ratio(3, 5));
        assert!(common_unit(&[ratio(0, 1)]).is_zero());
    }
}
