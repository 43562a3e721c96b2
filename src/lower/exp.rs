//! The exponential as a table of correctly rounded integers.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use super::rational::{integer, round};

/// Bits of the fixed-point arithmetic. The error of an entry is below `2^−(GUARD/2)` of its last bit for any allowed
/// allowed.
const GUARD: u32 = 160;

/// Longest table.
const LONGEST: usize = 1 << 20;

/// `round(2^fraction·exp(−kappa·d))` for `d = 0, 1, …`, up to the last entry that is not 0.
///
/// # Errors
/// If the table would be too long, because `kappa` is too small.
pub(super) fn table(kappa: &BigRational, fraction: u32) -> Result<Vec<i64>, String> {
    let bits = GUARD + fraction;
    let one = BigInt::one() << bits;
    let step = inverse_exp(kappa, bits);
    let mut table = Vec::new();
    let mut value = one.clone();
    loop {
        let entry = round(&BigRational::new(value.clone(), BigInt::one() << (bits - fraction)));
        let entry = entry.to_i64().ok_or("an entry of the exponential's table exceeds 63 bits")?;
        if entry == 0 {
            return Ok(table);
        }
        table.push(entry);
        if table.len() > LONGEST {
            return Err(format!(
                "the table of the exponential needs more than {LONGEST} entries: the scales of the scores are too small"
            ));
        }
        // Rounded to nearest, so that errors do not accumulate in one direction.
        value = (value * &step + (&one >> 1u32)) >> bits;
    }
}

/// `2^bits·exp(−x)` for `x > 0`, by the series of `exp` at `x/2^n < 1/2`, squared `n` times.
fn inverse_exp(x: &BigRational, bits: u32) -> BigInt {
    let mut halvings = 0u32;
    let mut small = x.clone();
    while small > BigRational::new(1.into(), 2.into()) {
        small /= integer(2);
        halvings += 1;
    }
    // Each squaring doubles the relative error.
    let work = bits + halvings + 16;
    let one = BigInt::one() << work;
    let fixed = round(&(small * integer(one.clone())));
    let (mut sum, mut term) = (one.clone(), one);
    for n in 1i64.. {
        term = -((term * &fixed) >> work) / n;
        if term.is_zero() || term == BigInt::from(-1) {
            break;
        }
        sum += &term;
    }
    for _ in 0..halvings {
        sum = (&sum * &sum) >> work;
    }
    sum >> (work - bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_those_of_float64_where_it_is_sure() {
        for (p, q) in [(1i64, 50i64), (1, 3), (7, 2), (1, 1000), (20, 1)] {
            let kappa = BigRational::new(p.into(), q.into());
            let table = table(&kappa, 24).expect("short enough");
            let real = |d: usize| (2f64.powi(24)) * (-(d as f64) * p as f64 / q as f64).exp();
            for (d, &entry) in table.iter().enumerate() {
                let real = real(d);
                let tie = (real.fract() - 0.5).abs() < 1e-6;
                assert!(tie || real.round() as i64 == entry, "exp(-{p}/{q}·{d}): {entry} for {real}");
            }
            assert!(real(table.len()) < 0.5 + 1e-6);
            assert_eq!(table[0], 1 << 24);
        }
        assert!(table(&BigRational::new(1.into(), (1i64 << 40).into()), 24).is_err());
    }
}
