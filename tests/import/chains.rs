//! Random quantisers, spelt out in arithmetic or with parameters: what is imported computes what the nodes compute.

use proptest::prelude::*;
use snn2rtl::qann::eval::evaluate;

use crate::builder::{Builder, floats, int, small_ints, string};

/// A step of arithmetic. Numbers are halves, so that every tie is met.
#[derive(Clone, Debug)]
enum Step {
    Add(i32),
    Sub(i32),
    Clip(i32, i32),
    Min(i32),
    Max(i32),
    Relu,
    WhereAbove(i32),
    WhereBelow(i32),
    /// `v + (v − v)`
    StraightThrough,
    Neg2,
}

fn half(h: i32) -> f32 {
    #[expect(clippy::cast_precision_loss)]
    let value = h as f32 / 2.0;
    value
}

/// Adds a step to a model; returns the name of its result.
fn write(b: &mut Builder, step: &Step, from: &str, index: usize) -> String {
    let v = |s: &str| format!("v{index}{s}");
    let number = |b: &mut Builder, h: i32, s: &str| {
        b.scalar(&v(s), half(h));
        v(s)
    };
    match step {
        Step::Add(h) => {
            let n = number(b, *h, "n");
            b.node("Add", &[&n, from], &v(""));
        }
        Step::Sub(h) => {
            let n = number(b, *h, "n");
            b.node("Sub", &[from, &n], &v(""));
        }
        Step::Clip(low, high) => {
            let (low, high) = (number(b, *low, "l"), number(b, *high, "h"));
            b.node("Clip", &[from, &low, &high], &v(""));
        }
        Step::Min(h) => {
            let n = number(b, *h, "n");
            b.node("Min", &[from, &n], &v(""));
        }
        Step::Max(h) => {
            let n = number(b, *h, "n");
            b.node("Max", &[&n, from], &v(""));
        }
        Step::Relu => {
            b.node("Relu", &[from], &v(""));
        }
        Step::WhereAbove(h) => {
            let n = number(b, *h, "n");
            b.node("Greater", &[from, &n], &v("g")).node("Where", &[&v("g"), &n, from], &v(""));
        }
        Step::WhereBelow(h) => {
            let n = number(b, *h, "n");
            b.node("LessOrEqual", &[&n, from], &v("g")).node("Where", &[&v("g"), from, &n], &v(""));
        }
        Step::StraightThrough => {
            b.node("Sub", &[from, from], &v("z")).node("Add", &[from, &v("z")], &v(""));
        }
        Step::Neg2 => {
            b.node("Neg", &[from], &v("m")).node("Neg", &[&v("m")], &v(""));
        }
    }
    v("")
}

/// What the step computes.
fn compute(step: &Step, x: f64) -> f64 {
    let value = |h: &i32| f64::from(half(*h));
    match step {
        Step::Add(h) => x + value(h),
        Step::Sub(h) => x - value(h),
        Step::Clip(low, high) => x.max(value(low)).min(value(high)),
        Step::Min(h) | Step::WhereAbove(h) => x.min(value(h)),
        Step::Max(h) | Step::WhereBelow(h) => x.max(value(h)),
        Step::Relu => x.max(0.0),
        Step::StraightThrough | Step::Neg2 => x,
    }
}

fn step(unit: i32) -> impl Strategy<Value = Step> {
    let h = move || (-12i32..12).prop_map(move |k| k * unit);
    prop_oneof![
        h().prop_map(Step::Add),
        h().prop_map(Step::Sub),
        (h(), h()).prop_map(|(a, b)| Step::Clip(a, b)),
        h().prop_map(Step::Min),
        h().prop_map(Step::Max),
        Just(Step::Relu),
        h().prop_map(Step::WhereAbove),
        h().prop_map(Step::WhereBelow),
        Just(Step::StraightThrough),
        Just(Step::Neg2),
    ]
}

/// Sum of what the steps add, in halves.
fn added(steps: &[Step]) -> i32 {
    let one = |s: &Step| match s {
        Step::Add(h) => *h,
        Step::Sub(h) => -h,
        _ => 0,
    };
    steps.iter().map(one).sum()
}

/// Raw inputs: every eighth of the range −16 to 16, and its neighbours.
fn raws() -> Vec<i32> {
    (2048..6144).step_by(3).chain((2048..6144).step_by(16)).collect()
}

/// Evaluates a model with one input element on all raw inputs.
fn agrees(b: &Builder, expected: impl Fn(f64) -> f64) -> Result<(), TestCaseError> {
    let imported = b.import().map_err(|e| TestCaseError::fail(e.to_string()))?;
    for raw in raws() {
        let x = f64::from(raw - 4096) / 128.0;
        let y = evaluate(&imported.network, &[raw]).logits[0];
        prop_assert_eq!(y, expected(x), "x = {}", x);
    }
    Ok(())
}

proptest! {
    #[test]
    fn arithmetic(
        before in prop::collection::vec(step(1), 0..5),
        round in 0usize..3,
        after in prop::collection::vec(step(2), 0..5),
        scale in prop_oneof![Just(0.5f32), Just(1.0), Just(2.0)],
        divide in any::<bool>(),
    ) {
        // The number that completes the steps before to whole (nearest) or to a whole or half (floor, ceil), and the
        // whole number that takes everything back after rounding.
        let mut before = before;
        if round == 2 && added(&before) % 2 != 0 {
            before.push(Step::Add(1));
        }
        let sum = added(&before);
        let moved = if round == 1 { sum.div_euclid(2) + sum.rem_euclid(2) } else { sum.div_euclid(2) };
        let mut after = after;
        after.push(Step::Sub(2 * moved + added(&after)));
        after.push(Step::Clip(-40, 38));

        let mut b = Builder::new(&[1]);
        b.scalar("s", scale).scalar("r", 1.0 / scale);
        if divide {
            b.node("Div", &["x", "s"], "start");
        } else {
            b.node("Mul", &["r", "x"], "start");
        }
        let mut at = "start".to_owned();
        let mut index = 0;
        let op = ["Floor", "Ceil", "Round"][round];
        for step in &before {
            at = write(&mut b, step, &at, index);
            index += 1;
        }
        b.node(op, &[&at], "rounded");
        at = "rounded".into();
        for step in &after {
            at = write(&mut b, step, &at, index);
            index += 1;
        }
        b.node("Mul", &[&at, "s"], "y");
        agrees(&b, |x| {
            let mut v = x / f64::from(scale);
            for step in &before {
                v = compute(step, v);
            }
            v = match round {
                0 => v.floor(),
                1 => v.ceil(),
                _ => v.round_ties_even(),
            };
            for step in &after {
                v = compute(step, v);
            }
            v * f64::from(scale)
        })?;
    }

    #[test]
    fn clip_before_the_division(low in -20i32..20, width in 1i32..20, half_up in any::<bool>()) {
        let mut b = Builder::new(&[1]);
        b.scalar("s", 2.0).scalar("l", half(low)).scalar("h", half(low + width)).scalar("o", 0.5);
        b.node("Clip", &["x", "l", "h"], "c").node("Div", &["c", "s"], "d");
        if half_up {
            b.node("Add", &["d", "o"], "p").node("Floor", &["p"], "f");
        } else {
            b.node("Round", &["d"], "f");
        }
        b.node("Mul", &["f", "s"], "y");
        let (l, h) = (f64::from(half(low)), f64::from(half(low + width)));
        agrees(&b, |x| {
            let d = x.max(l).min(h) / 2.0;
            2.0 * if half_up { (d + 0.5).floor() } else { d.round_ties_even() }
        })?;
    }

    #[test]
    fn quantize_linear(zero in -8i32..8, low in -8i32..0, high in 0i32..8) {
        let mut b = Builder::new(&[1]);
        b.scalar("s", 0.5).constant(small_ints("z", &[], 22, &[zero & 15]));
        b.constant(small_ints("l", &[], 22, &[low & 15])).constant(small_ints("h", &[], 22, &[high & 15]));
        b.node("QuantizeLinear", &["x", "s", "z"], "q").node("Clip", &["q", "l", "h"], "c");
        b.node("DequantizeLinear", &["c", "s", "z"], "y");
        agrees(&b, |x| {
            let q = ((x / 0.5).round_ties_even() + f64::from(zero)).clamp(-8.0, 7.0);
            (q.clamp(f64::from(low), f64::from(high)) - f64::from(zero)) * 0.5
        })?;
    }

    #[test]
    fn quant(
        zero in -9i32..9,
        bits in 1i32..6,
        signed in any::<bool>(),
        narrow in any::<bool>(),
        mode in 0usize..8,
    ) {
        let mode = ["ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"][mode];
        let mut b = Builder::new(&[1]);
        #[expect(clippy::cast_precision_loss)]
        b.scalar("s", 0.5).constant(floats("z", &[1], &[zero as f32])).scalar("b", bits as f32);
        b.node("Quant", &["x", "s", "z", "b"], "y").domain("qonnx.custom_op.general");
        b.with(int("signed", signed.into())).with(int("narrow", narrow.into())).with(string("rounding_mode", mode));
        if b.import().is_err() {
            // Only these are refused.
            let two_sided = signed && !["ROUND", "HALF_EVEN", "CEIL", "FLOOR"].contains(&mode);
            prop_assert!(two_sided || (signed && bits == 1));
            return Ok(());
        }
        agrees(&b, |x| {
            let zero = f64::from(zero);
            let all = f64::from(bits).exp2();
            let narrowed = f64::from(u8::from(narrow));
            let (low, high) =
                if signed { (-all / 2.0 + narrowed, all / 2.0 - 1.0) } else { (0.0, all - 1.0 - narrowed) };
            let v = (x / 0.5 + zero).max(low).min(high);
            let rounded = match mode {
                "CEIL" => v.ceil(),
                "FLOOR" => v.floor(),
                "UP" => v.signum() * v.abs().ceil(),
                "DOWN" => v.trunc(),
                "HALF_UP" => v.signum() * (v.abs() + 0.5).floor(),
                "HALF_DOWN" => v.signum() * (v.abs() - 0.5).ceil(),
                _ => v.round_ties_even(),
            };
            (rounded - zero) * 0.5
        })?;
    }
}
