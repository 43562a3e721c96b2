//! Quantisers in every form, on activations and on weights.

use snn2rtl::qann::Op;
use snn2rtl::quant::{Quantiser, Rounding};

use crate::builder::{Builder, floats, int, small_ints, string};

/// The only quantiser of a model.
pub fn quantiser(builder: &Builder) -> Quantiser {
    let network = builder.import().unwrap_or_else(|e| panic!("{e}")).network;
    let found: Vec<Quantiser> = network
        .topological()
        .into_iter()
        .filter_map(|id| match &network.node(id).op {
            Op::Quantise(q) => Some(q.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(found.len(), 1, "{}", network.text());
    found[0].clone()
}

#[test]
fn spikezip() {
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.3).spikezip("act1", "x", "s", -8.0, 7.0, "y");
    assert_eq!(quantiser(&b), Quantiser::uniform(0.3, -8, 7, Rounding::HalfUp));
    let imported = b.import().unwrap();
    let text = "\"x\": input [4]  # u16 Affine { scale: [Decimal(\"0.0078125\")], zero_point: 4096 }\n\
                \"act1\": quantise [4] <- [\"x\"]  # levels -8…7, HalfUp, per tensor\n\
                \"y\": output [4] <- [\"act1\"]\n";
    assert_eq!(imported.network.text(), text);
    assert_eq!((imported.model_name.as_str(), imported.producer.as_str()), ("test", "builder 1"));
    let line = &imported.explanation[0];
    assert_eq!((line.pattern, line.node.as_str()), ("quantiser", "act1"));
}

/// Adds `scale = (s − s·g) + s·g` to a model.
fn scale_with_gradient(b: &mut Builder, s: f32) {
    b.scalar("s", s).node("Mul", &["s", "g"], "sg");
    b.node("Sub", &["s", "sg"], "rest").node("Add", &["rest", "sg"], "scale");
}

#[test]
fn what_changes_only_the_gradient_of_a_scale_vanishes() {
    let s = 0.119_188_f32;
    let g = 1.0 / 3584f32.sqrt();
    assert_ne!((s - s * g) + s * g, s, "single precision would not give the scale back");
    let mut b = Builder::new(&[4]);
    b.scalar("n", 3584.0).scalar("h", 0.5);
    b.node("Pow", &["n", "h"], "root").node("Reciprocal", &["root"], "g");
    scale_with_gradient(&mut b, s);
    b.spikezip("q", "x", "scale", 0.0, 15.0, "y");
    assert_eq!(quantiser(&b), Quantiser::uniform(s, 0, 15, Rounding::HalfUp));

    // A factor that cannot be evaluated.
    let mut b = Builder::new(&[4]);
    b.scalar("top", 15.0).node("Shape", &["x"], "shape").node("ReduceLogSum", &["shape"], "g");
    scale_with_gradient(&mut b, s);
    b.spikezip("q", "x", "scale", 0.0, 15.0, "y");
    assert_eq!(quantiser(&b), Quantiser::uniform(s, 0, 15, Rounding::HalfUp));

    // What does not cancel is evaluated.
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.5).scalar("t", 0.25).node("Add", &["s", "t"], "u").node("Sub", &["u", "s"], "v");
    b.node("Add", &["v", "u"], "scale").spikezip("q", "x", "scale", 0.0, 15.0, "y");
    assert_eq!(quantiser(&b), Quantiser::uniform(1.0, 0, 15, Rounding::HalfUp));
}

#[test]
fn round_before_or_after_clip() {
    for clip_first in [false, true] {
        let mut b = Builder::new(&[4]);
        b.scalar("s", 0.5).scalar("low", -2.0).scalar("high", 3.0).node("Div", &["x", "s"], "d");
        let (clip, round) = if clip_first { ("d", "c") } else { ("r", "d") };
        b.node("Round", &[round], "r").node("Clip", &[clip, "low", "high"], "c");
        b.node("Mul", &[if clip_first { "r" } else { "c" }, "s"], "y");
        assert_eq!(quantiser(&b), Quantiser::uniform(0.5, -2, 3, Rounding::HalfEven));
    }
}

#[test]
fn scale_per_channel() {
    for dims in [&[3][..], &[1, 3], &[1, 1, 3]] {
        let mut b = Builder::new(&[2, 3]);
        b.constant(floats("s", dims, &[0.5, 0.25, 1.0])).spikezip("q", "x", "s", -8.0, 7.0, "y");
        assert_eq!(quantiser(&b).scale, [0.5, 0.25, 1.0]);
    }
}

#[test]
fn reciprocal_power_of_two() {
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.25).scalar("r", 4.0).scalar("low", 0.0).scalar("high", 7.0);
    b.node("Mul", &["x", "r"], "d").node("Round", &["d"], "r1");
    b.node("Clip", &["r1", "low", "high"], "c").node("Mul", &["c", "s"], "y");
    assert_eq!(quantiser(&b), Quantiser::uniform(0.25, 0, 7, Rounding::HalfEven));
}

#[test]
fn straight_through_around_the_whole_quantiser() {
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.25).spikezip("q", "x", "s", -8.0, 7.0, "v");
    b.node("Sub", &["v", "x"], "delta").node("Identity", &["delta"], "detached").node(
        "Add",
        &["x", "detached"],
        "y",
    );
    assert_eq!(quantiser(&b), Quantiser::uniform(0.25, -8, 7, Rounding::HalfUp));
    assert_eq!(b.import().unwrap().network.len(), 3);
}

/// ONNX number, low, high of the integer types.
const TYPES: [(i32, i32, i32); 7] =
    [(2, 0, 255), (3, -128, 127), (4, 0, 65535), (5, -32768, 32767), (21, 0, 15), (22, -8, 7), (25, 0, 3)];

#[test]
fn quantize_linear_of_every_type() {
    for (ty, low, high) in TYPES {
        let mut b = Builder::new(&[4]);
        b.scalar("s", 0.5).constant(small_ints("z", &[], ty, &[2]));
        b.node("QuantizeLinear", &["x", "s", "z"], "q").node("DequantizeLinear", &["q", "s", "z"], "y");
        assert_eq!(
            quantiser(&b),
            Quantiser::uniform(0.5, low - 2, high - 2, Rounding::HalfEven),
            "type {ty}"
        );
    }
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.5);
    b.node("QuantizeLinear", &["x", "s"], "q").node("DequantizeLinear", &["q", "s"], "y");
    assert_eq!(quantiser(&b), Quantiser::uniform(0.5, 0, 255, Rounding::HalfEven));
    b.graph.node[0].attribute.push(int("output_dtype", 3));
    assert_eq!(quantiser(&b), Quantiser::uniform(0.5, -128, 127, Rounding::HalfEven));
}

#[test]
fn quantize_linear_clipped_and_per_channel() {
    let mut b = Builder::new(&[5, 2]);
    b.constant(floats("s", &[2], &[0.5, 0.25])).constant(small_ints("z", &[2], 3, &[1, -1]));
    b.constant(small_ints("low", &[], 3, &[-4])).constant(small_ints("high", &[], 3, &[3]));
    b.node("QuantizeLinear", &["x", "s", "z"], "q").with(int("axis", -1));
    b.node("Clip", &["q", "low", "high"], "c");
    b.node("DequantizeLinear", &["c", "s", "z"], "y").with(int("axis", 2));
    let expected = Quantiser {
        scale: vec![0.5, 0.25],
        low: vec![-5, -3],
        high: vec![2, 4],
        rounding: Rounding::HalfEven,
    };
    assert_eq!(quantiser(&b), expected);
    b.graph.node[1] = b.graph.node[0].clone();
    b.graph.node.remove(1);
    b.node("Max", &["q", "low"], "m").node("Min", &["high", "m"], "c");
    assert_eq!(quantiser(&b), expected);
}

fn quant(zero: f32, bits: f32, signed: i64, narrow: i64, mode: &str) -> Builder {
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.5).scalar("z", zero).scalar("b", bits);
    b.node("Quant", &["x", "s", "z", "b"], "y").domain("qonnx.custom_op.general");
    b.with(int("signed", signed)).with(int("narrow", narrow)).with(string("rounding_mode", mode));
    b
}

#[test]
fn qonnx_quant() {
    let q = |low, high, rounding| Quantiser::uniform(0.5, low, high, rounding);
    let cases = [
        (quant(0.0, 4.0, 1, 0, "ROUND"), q(-8, 7, Rounding::HalfEven)),
        (quant(0.0, 4.0, 1, 1, "HALF_EVEN"), q(-7, 7, Rounding::HalfEven)),
        (quant(0.0, 4.0, 0, 0, "CEIL"), q(0, 15, Rounding::Ceil)),
        (quant(0.0, 4.0, 0, 1, "FLOOR"), q(0, 14, Rounding::Floor)),
        (quant(3.0, 4.0, 0, 0, "ROUND"), q(-3, 12, Rounding::HalfOdd)),
        (quant(0.0, 1.0, 0, 0, "ROUND"), q(0, 1, Rounding::HalfEven)),
        (quant(0.0, 3.0, 1, 0, "ROUND_TO_ZERO"), q(-4, 3, Rounding::Truncate)),
        (quant(2.0, 3.0, 0, 0, "DOWN"), q(-2, 5, Rounding::Floor)),
        (quant(1.0, 3.0, 0, 0, "HALF_UP"), q(-1, 6, Rounding::HalfUp)),
        (quant(1.0, 3.0, 0, 0, "half_down"), q(-1, 6, Rounding::HalfDown)),
    ];
    for (i, (builder, expected)) in cases.iter().enumerate() {
        assert_eq!(&quantiser(builder), expected, "case {i}");
    }
    for domain in ["finn.custom_op.general", "onnx.brevitas"] {
        let mut b = cases[0].0.clone();
        b.graph.node[0].domain = domain.into();
        assert_eq!(quantiser(&b), cases[0].1);
    }
}
