//! Compares the pieces with the function at every `A`.

use num_rational::BigRational;
use proptest::prelude::*;

use super::{Piece, pieces, prove};
use crate::integer::Range;
use crate::lower::neuron::lower_function;
use crate::lower::value::{Kind, Value};
use crate::quant::{Arithmetic, Binary, Function, Quantiser, Rounding, Step, Unary};

/// Arithmetic in `f64`.
pub(super) struct Plain;

impl Arithmetic for Plain {
    type Number = f64;

    fn constant(&self, value: f64) -> f64 {
        value
    }

    fn unary(&self, op: Unary, &x: &f64) -> f64 {
        match op {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Exp => x.exp(),
            Unary::Log => x.ln(),
            Unary::Sqrt => x.sqrt(),
            Unary::Erf => libm::erf(x),
            Unary::Tanh => x.tanh(),
            Unary::Sigmoid if x < 0.0 => x.exp() / (1.0 + x.exp()),
            Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Unary::Softplus if x > 0.0 => x + (-x).exp().ln_1p(),
            Unary::Softplus => x.exp().ln_1p(),
            Unary::Round => x.round_ties_even(),
        }
    }

    fn binary(&self, op: Binary, &a: &f64, &b: &f64) -> f64 {
        match op {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            Binary::Min => a.min(b),
            Binary::Max => a.max(b),
        }
    }

    fn select(&self, [a, b, c, d]: [&f64; 4]) -> f64 {
        if a > b { *c } else { *d }
    }
}

/// The level of a value, by the boundaries of the levels.
fn quantised(q: &Quantiser, y: f64) -> i32 {
    let reached = |&k: &i32| {
        let boundary = q.rounding.boundary(k);
        let edge = f64::from(q.scale[0]) * boundary.halves as f64 / 2.0;
        if boundary.inclusive { y >= edge } else { y > edge }
    };
    (q.low[0] + 1..=q.high[0]).take_while(reached).last().unwrap_or(q.low[0])
}

/// `max(x, 0) + slope·min(x, 0)`
fn leaky(slope: f64) -> Function {
    let mut f = Function::identity();
    let (zero, slope) = (f.constant(0.0), f.constant(slope));
    let (above, below) = (f.binary(Binary::Max, 0, zero), f.binary(Binary::Min, 0, zero));
    let below = f.binary(Binary::Mul, below, slope);
    f.binary(Binary::Add, above, below);
    f
}

/// A polynomial, lowest coefficient first.
fn polynomial(coefficients: &[f64]) -> Function {
    let mut f = Function::identity();
    let mut sum = f.constant(0.0);
    for &coefficient in coefficients.iter().rev() {
        let product = f.binary(Binary::Mul, sum, 0);
        let coefficient = f.constant(coefficient);
        sum = f.binary(Binary::Add, product, coefficient);
    }
    f
}

/// Discontinuous and non-monotone.
fn jumps() -> Function {
    let mut f = Function::identity();
    let (edge, low, square) = (f.constant(0.75), f.constant(-0.6), f.binary(Binary::Mul, 0, 0));
    f.push(Step::Select([0, edge, square, low]));
    f
}

fn functions() -> Vec<Function> {
    let one = |op| {
        let mut f = Function::identity();
        f.unary(op, 0);
        f
    };
    vec![
        Function::identity(),
        Function::relu(),
        Function::gelu(),
        Function::gelu_tanh(),
        Function::silu(),
        one(Unary::Sigmoid),
        one(Unary::Tanh),
        one(Unary::Softplus),
        one(Unary::Round),
        one(Unary::Erf),
        one(Unary::Abs),
        one(Unary::Exp),
        one(Unary::Neg),
        leaky(0.1),
        leaky(-0.4),
        polynomial(&[0.3, -1.1, 0.25, 0.5]),
        polynomial(&[0.0, 0.0, 1.0]),
        jumps(),
        Function::silu().then(&Function::times(-2.0)),
    ]
}

const ROUNDINGS: [Rounding; 7] = [
    Rounding::HalfUp,
    Rounding::HalfEven,
    Rounding::HalfOdd,
    Rounding::HalfDown,
    Rounding::Floor,
    Rounding::Ceil,
    Rounding::Truncate,
];

fn value(total: Range, scale: BigRational, offset: BigRational) -> Value {
    Value::per_channel(vec![Kind { scale, offset, step: total, total }])
}

fn level_at(pieces: &[Piece], a: i64) -> i32 {
    pieces[pieces.partition_point(|piece| piece.start <= a) - 1].level
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn levels_are_those_of_the_function_at_every_sum(
        which in 0usize..18, rounding in 0usize..7, levels in prop::sample::select(vec![(-8, 7), (0, 15), (-1, 2), (-128, 127), (2, 5), (-6, -3)]),
        scale in 1i32..2000, gain in 1i64..3000, offset in -4000i64..4000, reach in 1i64..400,
    ) {
        let function = &functions()[which];
        let quantiser = Quantiser::uniform(scale as f32 / 1999.0, levels.0, levels.1, ROUNDINGS[rounding]);
        let ratio = |p: i64, q: i64| BigRational::new(p.into(), q.into());
        let total = Range::new(-reach, 2 * reach);
        let value = value(total, ratio(gain, 64 * 1009), ratio(offset, 4001));
        let columns = value.columns(1, 1).expect("one row");
        let found = pieces(function, &quantiser, 0, &columns[0]).expect("pieces");
        prop_assert_eq!(found[0].start, total.low);
        prop_assert!(found.windows(2).all(|p| p[0].start < p[1].start && p[0].level != p[1].level));
        let (neuron, _) = lower_function(function, &quantiser, &columns).expect("lowers");
        prop_assert_eq!(neuron.check(1), Ok(()));
        prove(&neuron, function, &quantiser, 0, &columns[0]).expect("proven");
        for a in total.low..=total.high {
            let level = level_at(&found, a);
            prop_assert_eq!(neuron.level(0, a), level, "A = {}", a);
            let x = gain as f64 / (64.0 * 1009.0) * a as f64 + offset as f64 / 4001.0;
            let y = function.evaluate(&Plain, x);
            // Within the rounding of float64 at a boundary, either level may be right.
            let [below, expected, above] = [-1e-9, 0.0, 1e-9].map(|d| quantised(&quantiser, y + d));
            prop_assert!(level == expected || below != above, "{} at A = {}: {}, not {}", function, a, level, expected);
        }
    }
}

#[test]
fn ties_are_decided_as_the_rounding_rule_says() {
    // x² at A/4 with s = 1/8: (A/4)²·8 = A²/2, a tie wherever A is odd.
    let value =
        value(Range::new(-5, 5), BigRational::new(1.into(), 4.into()), BigRational::new(0.into(), 1.into()));
    let columns = value.columns(1, 1).expect("one row");
    for (rounding, expected) in [
        (Rounding::HalfUp, [13, 8, 5, 2, 1, 0, 1, 2, 5, 8, 13]),
        (Rounding::HalfDown, [12, 8, 4, 2, 0, 0, 0, 2, 4, 8, 12]),
        (Rounding::HalfEven, [12, 8, 4, 2, 0, 0, 0, 2, 4, 8, 12]),
        (Rounding::HalfOdd, [13, 8, 5, 2, 1, 0, 1, 2, 5, 8, 13]),
        (Rounding::Floor, [12, 8, 4, 2, 0, 0, 0, 2, 4, 8, 12]),
        (Rounding::Ceil, [13, 8, 5, 2, 1, 0, 1, 2, 5, 8, 13]),
    ] {
        let quantiser = Quantiser::uniform(0.125, 0, 15, rounding);
        let (neuron, _) =
            lower_function(&polynomial(&[0.0, 0.0, 1.0]), &quantiser, &columns).expect("lowers");
        assert_eq!(
            [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5].map(|a| neuron.level(0, a)),
            expected,
            "{rounding:?}"
        );
        assert_eq!(neuron.crossings(), 2);
    }
}

#[test]
fn every_wrong_threshold_is_found() {
    let ratio = |p: i64, q: i64| BigRational::new(p.into(), q.into());
    let total = Range::new(-900, 900);
    let value = value(total, ratio(1, 200), ratio(1, 7));
    let columns = value.columns(1, 1).expect("one row");
    let quantiser = Quantiser::uniform(0.06, -8, 7, Rounding::HalfUp);
    let function = Function::gelu();
    let (good, _) = lower_function(&function, &quantiser, &columns).expect("lowers");
    // Level −3 is the lowest that it has: 0.17/0.06 rounded.
    assert_eq!((good.low, good.high, good.crossings()), (-3, 7, 2));
    assert_eq!(good.non_monotone.as_ref().map(|non_monotone| &non_monotone.base[..]), Some(&[0][..]));
    prove(&good, &function, &quantiser, 0, &columns[0]).expect("proven");
    for i in 0..good.thresholds.len() {
        if good.thresholds[i] == total.high + 1 || good.thresholds[i] == total.low {
            continue;
        }
        for by in [-1, 1] {
            let mut wrong = good.clone();
            wrong.thresholds[i] += by;
            let error = prove(&wrong, &function, &quantiser, 0, &columns[0]).expect_err("a wrong threshold");
            assert!(error.contains("fails in channel 0"), "{error}");
        }
    }
}

#[test]
fn what_cannot_be_told_is_an_error() {
    let value = value(
        Range::new(-90, 90),
        BigRational::new(1.into(), 2.into()),
        BigRational::new(0.into(), 1.into()),
    );
    let columns = value.columns(1, 1).expect("one row");
    let quantiser = Quantiser::uniform(0.5, -8, 7, Rounding::HalfUp);
    let mut log = Function::identity();
    log.unary(Unary::Log, 0);
    let error = pieces(&log, &quantiser, 0, &columns[0]).expect_err("no value");
    assert!(error.contains("has no value at -45"), "{error}");
}

/// Sums as wide as they may become, a scale far below that of a float's rounding.
#[test]
fn wide_sums() {
    let total = Range::new(-(1 << 60), 1 << 60);
    let value =
        value(total, BigRational::new(1.into(), (1i64 << 56).into()), BigRational::new(1.into(), 3.into()));
    let columns = value.columns(1, 1).expect("one row");
    for rounding in ROUNDINGS {
        let quantiser = Quantiser::uniform(0.1, -8, 7, rounding);
        for function in functions() {
            let (neuron, _) = lower_function(&function, &quantiser, &columns)
                .unwrap_or_else(|e| panic!("{function}, {rounding:?}: {e}"));
            prove(&neuron, &function, &quantiser, 0, &columns[0]).expect("proven");
        }
    }
}
