//! Enclosures in fixed point with a given number of bits, for numbers that floats cannot distinguish.
//!
//! Every function is enclosed from series whose remainders are bounded; every rounding is outwards.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::super::rational::exact;
use super::tie::TIE;
use crate::quant::{Arithmetic, Binary, Unary};

/// All reals from `low·2^−bits` to `high·2^−bits`.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub low: BigInt,
    pub high: BigInt,
}

/// Arithmetic with this number of fraction bits. The result is `None` if the function is undefined or out of range.
pub(super) struct Fixed {
    pub bits: u64,
}

/// Maximum magnitude of an exponent.
const MOST_EXPONENT: i64 = 2048;

/// `floor(value·2^−by)`.
fn down(value: &BigInt, by: u64) -> BigInt {
    value.div_floor(&(BigInt::one() << by))
}

/// `ceil(value·2^−by)`.
fn up(value: &BigInt, by: u64) -> BigInt {
    value.div_ceil(&(BigInt::one() << by))
}

impl Bounds {
    fn new(low: BigInt, high: BigInt) -> Self {
        Self { low, high }
    }

    fn neg(&self) -> Self {
        Self::new(-&self.high, -&self.low)
    }

    /// From `from` to `to` fraction bits, `from ≥ to`.
    fn shortened(&self, from: u64, to: u64) -> Self {
        Self::new(down(&self.low, from - to), up(&self.high, from - to))
    }
}

impl Fixed {
    fn one(&self) -> BigInt {
        BigInt::one() << self.bits
    }

    /// An exact number.
    pub fn rational(&self, value: &BigRational) -> Bounds {
        let scaled = value.numer() << self.bits;
        Bounds::new(scaled.div_floor(value.denom()), scaled.div_ceil(value.denom()))
    }

    fn mul(&self, a: &Bounds, b: &Bounds) -> Bounds {
        let all = [&a.low * &b.low, &a.low * &b.high, &a.high * &b.low, &a.high * &b.high];
        let (low, high) = (all.iter().min(), all.iter().max());
        let (low, high) = (low.cloned().unwrap_or_default(), high.cloned().unwrap_or_default());
        Bounds::new(down(&low, self.bits), up(&high, self.bits))
    }

    fn div(&self, a: &Bounds, b: &Bounds) -> Option<Bounds> {
        if !b.low.is_positive() && !b.high.is_negative() {
            return None;
        }
        let quotients = |f: fn(&BigInt, &BigInt) -> BigInt| -> Vec<BigInt> {
            let ends = [(&a.low, &b.low), (&a.low, &b.high), (&a.high, &b.low), (&a.high, &b.high)];
            ends.map(|(a, b)| f(&(a << self.bits), b)).into()
        };
        let low = quotients(|a, b| a.div_floor(b)).into_iter().min()?;
        let high = quotients(|a, b| a.div_ceil(b)).into_iter().max()?;
        Some(Bounds::new(low, high))
    }

    /// The image under a monotone rising function that is enclosed at single numbers.
    fn rising(&self, a: &Bounds, f: impl Fn(&BigInt) -> Option<Bounds>) -> Option<Bounds> {
        let low = f(&a.low)?;
        let high = if a.high == a.low { low.high } else { f(&a.high)?.high };
        Some(Bounds::new(low.low, high))
    }

    /// The smallest integer that is at least `|x|`; `None` if it is large.
    fn size(&self, x: &BigInt) -> Option<u64> {
        up(&x.abs(), self.bits).to_i64().filter(|&n| n <= MOST_EXPONENT).map(i64::unsigned_abs)
    }

    /// `exp(x)`: the series at `x/2^n`, squared `n` times.
    fn exp(&self, x: &BigInt) -> Option<Bounds> {
        let Some(size) = self.size(x) else {
            // Below 2^−2048, or out of range.
            return x.is_negative().then(|| Bounds::new(BigInt::zero(), BigInt::one()));
        };
        let halvings = u64::from((size + 1).ilog2()) + 6;
        let work = self.bits + halvings + 2 * size + 16;
        let fixed = Self { bits: work };
        // x·2^−halvings, between two neighbours.
        let small = x << (work - self.bits);
        let small = Bounds::new(down(&small, halvings), up(&small, halvings));
        let (mut sum, mut term) =
            (Bounds::new(fixed.one(), fixed.one()), Bounds::new(fixed.one(), fixed.one()));
        for n in 1u32.. {
            term = fixed.mul(&term, &small);
            term = Bounds::new(term.low.div_floor(&n.into()), term.high.div_ceil(&n.into()));
            sum = Bounds::new(sum.low + &term.low, sum.high + &term.high);
            let largest = term.low.abs().max(term.high.abs());
            // |x/2^n| < 1/2: the remainder is smaller than the last term.
            if largest <= BigInt::from(2) {
                sum = Bounds::new(sum.low - &largest, sum.high + &largest);
                break;
            }
        }
        for _ in 0..halvings {
            sum = fixed.mul(&sum, &sum);
        }
        Some(sum.shortened(work, self.bits))
    }

    /// `Σ z^(2n+1)/(2n+1)` for `|z| ≤ 1/3`, the inverse hyperbolic tangent; `sign` −1 for the inverse tangent.
    fn inverse(&self, z: &Bounds, sign: i32) -> Bounds {
        let square = self.mul(z, z);
        let square = if sign < 0 { square.neg() } else { square };
        let (mut sum, mut power) = (z.clone(), z.clone());
        for n in 1u32.. {
            power = self.mul(&power, &square);
            let by = BigInt::from(2 * n + 1);
            sum = Bounds::new(sum.low + power.low.div_floor(&by), sum.high + power.high.div_ceil(&by));
            let largest = power.low.abs().max(power.high.abs());
            if largest <= BigInt::from(2) {
                return Bounds::new(sum.low - &largest, sum.high + &largest);
            }
        }
        sum
    }

    /// The fraction `p/q`.
    fn ratio(&self, p: i32, q: i32) -> Bounds {
        self.rational(&BigRational::new(p.into(), q.into()))
    }

    /// π by Machin's formula, `16·atan(1/5) − 4·atan(1/239)`.
    fn pi(&self) -> Bounds {
        let (a, b) = (self.inverse(&self.ratio(1, 5), -1), self.inverse(&self.ratio(1, 239), -1));
        Bounds::new(a.low * 16 - b.high * 4, a.high * 16 - b.low * 4)
    }

    /// `ln x = e·ln 2 + 2·artanh((m − 1)/(m + 1))` for `x = m·2^e` with `m` in `[1/2, 1)`.
    fn log(&self, x: &BigInt) -> Option<Bounds> {
        if !x.is_positive() {
            return None;
        }
        let fixed = Self { bits: self.bits + 64 };
        let digits = x.bits();
        let one = BigInt::one() << digits;
        let z = fixed.rational(&BigRational::new(x - &one, x + &one));
        let mantissa = fixed.inverse(&z, 1);
        let half = fixed.inverse(&fixed.ratio(1, 3), 1);
        let exponent = BigInt::from(digits) - BigInt::from(self.bits);
        let scaled = match exponent.is_negative() {
            true => Bounds::new(&half.high * &exponent, &half.low * &exponent),
            false => Bounds::new(&half.low * &exponent, &half.high * &exponent),
        };
        let sum = Bounds::new((mantissa.low + scaled.low) * 2, (mantissa.high + scaled.high) * 2);
        Some(sum.shortened(fixed.bits, self.bits))
    }

    fn sqrt(&self, a: &Bounds) -> Option<Bounds> {
        if a.low.is_negative() {
            return None;
        }
        Some(Bounds::new((&a.low << self.bits).sqrt(), (&a.high << self.bits).sqrt() + 1))
    }

    /// `2/√π·exp(−x²)·Σ 2^n·x^(2n+1)/(1·3·5…(2n+1))`, all terms of which are positive for positive x.
    fn erf(&self, x: &BigInt) -> Option<Bounds> {
        if x.is_negative() {
            return self.erf(&-x).map(|r| r.neg());
        }
        let size = self.size(x).unwrap_or(u64::MAX);
        // 1 − erf(x) < exp(−x²) < 2^−bits
        if size > 1 && (size - 1).saturating_mul(size - 1) >= self.bits {
            return Some(Bounds::new(self.one() - 1, self.one()));
        }
        let work = self.bits + 4 * size * size + 32;
        let fixed = Self { bits: work };
        let x = x << (work - self.bits);
        let x = Bounds::new(x.clone(), x);
        let square = fixed.mul(&x, &x);
        let double = Bounds::new(&square.low * 2, &square.high * 2);
        let (mut sum, mut term) = (x.clone(), x);
        for n in 1u64.. {
            let by = BigInt::from(2 * n + 1);
            term = fixed.mul(&term, &double);
            term = Bounds::new(term.low.div_floor(&by), term.high.div_ceil(&by));
            sum = Bounds::new(sum.low + &term.low, sum.high + &term.high);
            // From here on a term is at most half of the one before.
            if 2 * n + 3 >= 4 * size * size && term.high <= BigInt::from(2) {
                sum.high += &term.high;
                break;
            }
        }
        let exp = fixed.rising(&square.neg(), |x| fixed.exp(x))?;
        let root = fixed.sqrt(&fixed.pi())?;
        let product = fixed.mul(&exp, &sum);
        let double = Bounds::new(product.low * 2, product.high * 2);
        Some(fixed.div(&double, &root)?.shortened(work, self.bits))
    }

    /// `1/(1 + exp(−x))`
    fn sigmoid(&self, x: &BigInt) -> Option<Bounds> {
        let one = self.one();
        let exp = self.exp(&-x.abs())?;
        let sum = Bounds::new(exp.low + &one, exp.high + &one);
        let upper = self.div(&Bounds::new(one.clone(), one.clone()), &sum)?;
        Some(match x.is_negative() {
            false => upper,
            true => Bounds::new(&one - upper.high, one - upper.low),
        })
    }

    /// `2·sigmoid(2x) − 1`
    fn tanh(&self, x: &BigInt) -> Option<Bounds> {
        let s = self.sigmoid(&(x * 2))?;
        Some(Bounds::new(s.low * 2 - self.one(), s.high * 2 - self.one()))
    }

    /// The nearest integers; the even one where both ends are within 2^−40 of one half.
    fn round(&self, a: &Bounds) -> Bounds {
        let (one, tie) = (self.one(), self.one() >> TIE);
        let near = |x: &BigInt| {
            let floor = x.div_floor(&one);
            let rest = x - &floor * &one;
            let from_half: BigInt = &rest * 2 - &one;
            if from_half.abs() <= &tie * 2 {
                // A tie.
                return &floor + i32::from(floor.is_odd());
            }
            if rest * 2 > one { floor + 1 } else { floor }
        };
        let (low, high) = (near(&a.low), near(&a.high));
        Bounds::new(low * &one, high * &one)
    }

    /// `max(x, 0) + ln(1 + exp(−|x|))`
    fn softplus(&self, x: &BigInt) -> Option<Bounds> {
        let exp = self.exp(&-x.abs())?;
        let sum = Bounds::new(exp.low + self.one(), exp.high + self.one());
        let log = self.rising(&sum, |x| self.log(x))?;
        let rest = if x.is_negative() { BigInt::zero() } else { x.clone() };
        Some(Bounds::new(log.low + &rest, log.high + rest))
    }
}

impl Arithmetic for Fixed {
    type Number = Option<Bounds>;

    fn constant(&self, value: f64) -> Option<Bounds> {
        exact(value).ok().map(|value| self.rational(&value))
    }

    fn unary(&self, op: Unary, a: &Option<Bounds>) -> Option<Bounds> {
        let a = a.as_ref()?;
        match op {
            Unary::Neg => Some(a.neg()),
            Unary::Abs if !a.low.is_negative() => Some(a.clone()),
            Unary::Abs if !a.high.is_positive() => Some(a.neg()),
            Unary::Abs => Some(Bounds::new(BigInt::zero(), a.high.clone().max(-&a.low))),
            Unary::Exp => self.rising(a, |x| self.exp(x)),
            Unary::Log => self.rising(a, |x| self.log(x)),
            Unary::Sqrt => self.sqrt(a),
            Unary::Erf => self.rising(a, |x| self.erf(x)),
            Unary::Tanh => self.rising(a, |x| self.tanh(x)),
            Unary::Sigmoid => self.rising(a, |x| self.sigmoid(x)),
            Unary::Softplus => self.rising(a, |x| self.softplus(x)),
            Unary::Round => Some(self.round(a)),
        }
    }

    fn binary(&self, op: Binary, a: &Option<Bounds>, b: &Option<Bounds>) -> Option<Bounds> {
        let (a, b) = (a.as_ref()?, b.as_ref()?);
        match op {
            Binary::Add => Some(Bounds::new(&a.low + &b.low, &a.high + &b.high)),
            Binary::Sub => Some(Bounds::new(&a.low - &b.high, &a.high - &b.low)),
            Binary::Mul => Some(self.mul(a, b)),
            Binary::Div => self.div(a, b),
            Binary::Min => Some(Bounds::new((&a.low).min(&b.low).clone(), (&a.high).min(&b.high).clone())),
            Binary::Max => Some(Bounds::new((&a.low).max(&b.low).clone(), (&a.high).max(&b.high).clone())),
        }
    }

    fn select(&self, [a, b, c, d]: [&Option<Bounds>; 4]) -> Option<Bounds> {
        let (a, b) = (a.as_ref()?, b.as_ref()?);
        if a.low > b.high {
            c.clone()
        } else if a.high <= b.low {
            d.clone()
        } else {
            let (c, d) = (c.as_ref()?, d.as_ref()?);
            Some(Bounds::new((&c.low).min(&d.low).clone(), (&c.high).max(&d.high).clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::interval::{Interval, Values};
    use super::super::tests::Plain;
    use super::*;

    const UNARY: [Unary; 10] = [
        Unary::Neg,
        Unary::Abs,
        Unary::Exp,
        Unary::Log,
        Unary::Sqrt,
        Unary::Erf,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Softplus,
        Unary::Round,
    ];

    fn to_f64(value: &BigInt, bits: u64) -> f64 {
        super::super::super::rational::to_f64(&BigRational::new(value.clone(), BigInt::one() << bits))
    }

    /// The enclosures of every function are narrow, agree with floats and lie in the floats' enclosures.
    #[test]
    fn functions_are_enclosed() {
        let mut samples: Vec<f64> = (-400..400).map(|n| f64::from(n) * 0.0371).collect();
        samples.extend([0.0, 1e-9, -1e-9, 40.0, -40.0, 300.5, -300.5, 1.0, 0.5, -0.751_791_524_693_564_5]);
        for op in UNARY {
            for &x in &samples {
                if x <= 0.0 && op == Unary::Log || x < 0.0 && op == Unary::Sqrt {
                    continue;
                }
                let fixed = Fixed { bits: 160 };
                let found = fixed.unary(op, &fixed.constant(x)).expect("a value");
                let width = &found.high - &found.low;
                // If a number has more bits before the point than after it, not all bits after it are exact.
                let most = BigInt::one() << found.high.bits().saturating_sub(150).max(40);
                assert!(width <= most, "{op:?}({x}): {width}");
                let (low, high) = (to_f64(&found.low, 160), to_f64(&found.high, 160));
                let float = Plain.unary(op, &x);
                let close = |a: f64, b: f64| (a - b).abs() <= 4e-15 * b.abs() + 1e-40;
                assert!(close(low, float) && close(high, float), "{op:?}({x}): {low}…{high}, not {float}");
                let outer = Values.unary(op, &Interval::point(x));
                assert!(outer.low <= high && low <= outer.high, "{op:?}({x}): {low}…{high}, not {outer:?}");
            }
        }
    }

    #[test]
    fn well_known_digits() {
        let digits = |b: &Bounds, bits: u64| {
            (down(&(&b.low * 10u64.pow(18)), bits), up(&(&b.high * 10u64.pow(18)), bits))
        };
        let fixed = Fixed { bits: 128 };
        let (low, high) = digits(&fixed.pi(), 128);
        assert_eq!((low, high), (3_141_592_653_589_793_238u64.into(), 3_141_592_653_589_793_239u64.into()));
        let one = fixed.one();
        // erf(1), e, ln 2.
        let (low, high) = digits(&fixed.erf(&one).expect("a value"), 128);
        assert_eq!((low, high), (842_700_792_949_714_869u64.into(), 842_700_792_949_714_870u64.into()));
        let (low, high) = digits(&fixed.exp(&one).expect("a value"), 128);
        assert_eq!((low, high), (2_718_281_828_459_045_235u64.into(), 2_718_281_828_459_045_236u64.into()));
        let (low, high) = digits(&fixed.log(&(one * 2)).expect("a value"), 128);
        assert_eq!((low, high), (693_147_180_559_945_309u64.into(), 693_147_180_559_945_310u64.into()));
    }

    #[test]
    fn what_has_no_value() {
        let fixed = Fixed { bits: 64 };
        assert!(fixed.unary(Unary::Log, &fixed.constant(-1.0)).is_none());
        assert!(fixed.unary(Unary::Sqrt, &fixed.constant(-1.0)).is_none());
        assert!(fixed.unary(Unary::Exp, &fixed.constant(1e9)).is_none());
        assert!(fixed.binary(Binary::Div, &fixed.constant(1.0), &fixed.constant(0.0)).is_none());
        assert!(fixed.unary(Unary::Exp, &fixed.constant(-1e9)).is_some());
    }
}
