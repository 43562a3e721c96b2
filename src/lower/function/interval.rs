//! Enclosures in `f64`: of a value, and of a value with its slope. Every bound is rounded outwards.

use crate::quant::{Arithmetic, Binary, Unary};

/// All reals from `low` to `high`; an infinite end is no bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Upper bound of the relative error of the library functions, which are accurate to about one unit in the
/// last of 53 bits.
const MARGIN: f64 = 1.0 / (1u64 << 50) as f64;

/// A value within this of a half counts as a tie of a rounding.
const TIE_WIDTH: f64 = 1.0 / (1u64 << super::tie::TIE) as f64;

/// The nearest integer; the even one of a tie.
fn round(x: f64) -> f64 {
    let low = x.floor();
    let from_half = (x - low) - 0.5;
    // Larger values have no fraction that is so near to a half, but the half.
    match x.abs() < (1u64 << super::tie::TIE) as f64 && from_half.abs() <= TIE_WIDTH {
        true => (low + 0.5).round_ties_even(),
        false => x.round_ties_even(),
    }
}

/// Absolute error of subnormal results.
const TINY: f64 = 1e-300;

impl Interval {
    /// No bounds, or the function is undefined somewhere.
    pub const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// A single float.
    pub fn point(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// From a lower to an upper bound; unbounded if one is NaN.
    fn new(low: f64, high: f64) -> Self {
        if low.is_nan() || high.is_nan() { Self::ALL } else { Self { low, high } }
    }

    /// Bounds that were each rounded to the nearest float.
    fn rounded(low: f64, high: f64) -> Self {
        Self::new(low.next_down(), high.next_up())
    }

    /// The image under a rising library function.
    fn rising(self, f: impl Fn(f64) -> f64) -> Self {
        let (low, high) = (f(self.low), f(self.high));
        let margin = |v: f64| if v.is_finite() { v.abs() * MARGIN + TINY } else { 0.0 };
        let low = if low == f64::INFINITY { f64::MAX } else { low - margin(low) };
        Self::new(low, high + margin(high))
    }

    fn clamped(self, low: f64, high: f64) -> Self {
        Self { low: self.low.clamp(low, high), high: self.high.clamp(low, high) }
    }

    /// The smallest interval that holds both.
    pub fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    pub fn neg(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }

    pub fn add(self, other: Self) -> Self {
        Self::rounded(self.low + other.low, self.high + other.high)
    }

    pub fn sub(self, other: Self) -> Self {
        self.add(other.neg())
    }

    pub fn mul(self, other: Self) -> Self {
        // An infinite bound represents all larger numbers, so its product with 0 is 0.
        let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        let all = [
            product(self.low, other.low),
            product(self.low, other.high),
            product(self.high, other.low),
            product(self.high, other.high),
        ];
        let (low, high) =
            all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &p| (l.min(p), h.max(p)));
        Self::rounded(low, high)
    }

    fn div(self, other: Self) -> Self {
        if other.low <= 0.0 && other.high >= 0.0 {
            return Self::ALL;
        }
        self.mul(Self::rounded(1.0 / other.high, 1.0 / other.low))
    }

    fn abs(self) -> Self {
        if self.low >= 0.0 {
            self
        } else if self.high <= 0.0 {
            self.neg()
        } else {
            Self { low: 0.0, high: self.high.max(-self.low) }
        }
    }

    fn exp(self) -> Self {
        self.rising(f64::exp).clamped(0.0, f64::INFINITY)
    }

    fn sigmoid(self) -> Self {
        self.rising(|x| 1.0 / (1.0 + (-x).exp())).clamped(0.0, 1.0)
    }

    fn sqrt(self) -> Self {
        if self.low < 0.0 { Self::ALL } else { self.rising(f64::sqrt).clamped(0.0, f64::INFINITY) }
    }
}

/// Arithmetic on enclosures of a value.
pub(super) struct Values;

impl Arithmetic for Values {
    type Number = Interval;

    fn constant(&self, value: f64) -> Interval {
        Interval::point(value)
    }

    fn unary(&self, op: Unary, a: &Interval) -> Interval {
        match op {
            Unary::Neg => a.neg(),
            Unary::Abs => a.abs(),
            Unary::Exp => a.exp(),
            Unary::Log if a.low <= 0.0 => Interval::ALL,
            Unary::Log => a.rising(f64::ln),
            Unary::Sqrt => a.sqrt(),
            Unary::Erf => a.rising(libm::erf).clamped(-1.0, 1.0),
            Unary::Tanh => a.rising(f64::tanh).clamped(-1.0, 1.0),
            Unary::Sigmoid => a.sigmoid(),
            Unary::Softplus => {
                a.rising(|x| x.max(0.0) + (-x.abs()).exp().ln_1p()).clamped(0.0, f64::INFINITY)
            }
            // It never falls.
            Unary::Round => Interval::new(round(a.low.next_down()), round(a.high.next_up())),
        }
    }

    fn binary(&self, op: Binary, a: &Interval, b: &Interval) -> Interval {
        match op {
            Binary::Add => a.add(*b),
            Binary::Sub => a.sub(*b),
            Binary::Mul => a.mul(*b),
            Binary::Div => a.div(*b),
            Binary::Min => Interval { low: a.low.min(b.low), high: a.high.min(b.high) },
            Binary::Max => Interval { low: a.low.max(b.low), high: a.high.max(b.high) },
        }
    }

    fn select(&self, [a, b, c, d]: [&Interval; 4]) -> Interval {
        if a.low > b.high {
            *c
        } else if a.high <= b.low {
            *d
        } else {
            c.hull(*d)
        }
    }
}

/// A value and its slope over the same range of `x`: the slopes between any two points lie in `slope`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sloped {
    pub value: Interval,
    pub slope: Interval,
}

/// Arithmetic on enclosures of a value and its slope.
pub(super) struct Slopes;

impl Arithmetic for Slopes {
    type Number = Sloped;

    fn constant(&self, value: f64) -> Sloped {
        Sloped { value: Interval::point(value), slope: Interval::point(0.0) }
    }

    fn unary(&self, op: Unary, a: &Sloped) -> Sloped {
        let value = Values.unary(op, &a.value);
        let one = Interval::point(1.0);
        let factor = match op {
            Unary::Neg => Interval::point(-1.0),
            Unary::Abs if a.value.low >= 0.0 => one,
            Unary::Abs if a.value.high <= 0.0 => Interval::point(-1.0),
            Unary::Abs => Interval { low: -1.0, high: 1.0 },
            Unary::Exp => value,
            Unary::Log => one.div(a.value),
            Unary::Sqrt => Interval::point(0.5).div(value),
            Unary::Erf => {
                let square = a.value.abs().mul(a.value.abs()).clamped(0.0, f64::INFINITY);
                let two_over_root_pi = std::f64::consts::FRAC_2_SQRT_PI;
                square.neg().exp().mul(Interval::rounded(two_over_root_pi, two_over_root_pi))
            }
            Unary::Tanh => {
                let square = value.abs().mul(value.abs());
                one.sub(square).clamped(0.0, 1.0)
            }
            Unary::Sigmoid => value.mul(one.sub(value)).clamped(0.0, 0.25),
            Unary::Softplus => a.value.sigmoid(),
            Unary::Round if value.low == value.high => Interval::point(0.0),
            Unary::Round => return Sloped { value, slope: Interval::ALL },
        };
        Sloped { value, slope: factor.mul(a.slope) }
    }

    fn binary(&self, op: Binary, a: &Sloped, b: &Sloped) -> Sloped {
        let value = Values.binary(op, &a.value, &b.value);
        // If either may be the smaller one, the slope is one of the two or in between.
        let smaller = |a: &Sloped, b: &Sloped| {
            if a.value.high < b.value.low {
                a.slope
            } else if b.value.high < a.value.low {
                b.slope
            } else {
                a.slope.hull(b.slope)
            }
        };
        let slope = match op {
            Binary::Add => a.slope.add(b.slope),
            Binary::Sub => a.slope.sub(b.slope),
            Binary::Mul => a.slope.mul(b.value).add(a.value.mul(b.slope)),
            Binary::Div => a.slope.sub(value.mul(b.slope)).div(b.value),
            Binary::Min => smaller(a, b),
            Binary::Max => {
                if a.value.low > b.value.high {
                    a.slope
                } else if b.value.low > a.value.high {
                    b.slope
                } else {
                    a.slope.hull(b.slope)
                }
            }
        };
        Sloped { value, slope }
    }

    fn select(&self, [a, b, c, d]: [&Sloped; 4]) -> Sloped {
        if a.value.low > b.value.high {
            *c
        } else if a.value.high <= b.value.low {
            *d
        } else {
            // It may be discontinuous.
            Sloped { value: c.value.hull(d.value), slope: Interval::ALL }
        }
    }
}
