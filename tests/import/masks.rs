//! Padding masks in the forms in which models write them, and what is refused.

use snn2rtl::graph::Band;
use snn2rtl::qann::Op;

use crate::builder::{Builder, floats, int, int64s, ints, value_info};
use crate::errors::refuse_with;
use crate::transformers::tokens;

const TOKENS: i64 = 4;

/// Ids `x` of an integer type and the scores of each with each: `scores`, of extents `[1, 4, 4]`.
fn model(element: i32) -> Builder {
    let mut b = Builder::new(&[TOKENS]);
    let mut input = value_info("x", &[None, Some(TOKENS)]);
    input.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().elem_type = element;
    b.graph.input[0] = input;
    b.constant(floats("table", &[3, 2], &[0.5, -1.0, 0.25, 2.0, 1.0, -0.75]));
    b.node("Gather", &["table", "x"], "words");
    b.node("Transpose", &["words"], "turned").with(ints("perm", &[0, 2, 1]));
    b.node("MatMul", &["words", "turned"], "scores");
    b.scalar("zero", 0.0).scalar("one", 1.0).scalar("infinity", f32::NEG_INFINITY).scalar("-10000", -1e4);
    b.constant(int64s("padding", &[], &[0])).constant(int64s("axis", &[1], &[1]));
    b
}

/// Puts the truth values of `x = 0` of the keys under `name`.
fn is_padding<'a>(b: &'a mut Builder, name: &str) -> &'a mut Builder {
    b.node("Equal", &["x", "padding"], "equal").node("Unsqueeze", &["equal", "axis"], name)
}

/// Puts truth values of query and key under `hidden`.
fn by_position(b: &mut Builder, hides: fn(usize, usize) -> bool) {
    by_position_named(b, "hidden", hides);
}

fn by_position_named(b: &mut Builder, name: &str, hides: fn(usize, usize) -> bool) {
    let hidden: Vec<i32> = (0..16).map(|e| i32::from(hides(e / 4, e % 4))).collect();
    b.constant(crate::builder::small_ints(name, &[1, 4, 4], 9, &hidden));
}

/// The masks by position of a model, and the tokens that are masked.
fn all_masks(b: &mut Builder) -> (Vec<Band>, Vec<i32>) {
    b.node("Softmax", &["masked"], "y");
    let network = b.import_with(&tokens()).unwrap_or_else(|e| panic!("{e}")).network;
    let (mut bands, mut masked) = (Vec::new(), Vec::new());
    for id in network.topological() {
        match &network.node(id).op {
            Op::Band(band) => bands.push(*band),
            Op::Mask(padding) => {
                assert_eq!(network.inputs(id)[1], network.find("x").unwrap());
                masked.push(*padding);
            }
            _ => {}
        }
    }
    (bands, masked)
}

fn bands(b: &mut Builder) -> Vec<Band> {
    let (bands, masked) = all_masks(b);
    assert_eq!(masked, [] as [i32; 0]);
    bands
}

#[test]
fn masks_by_position() {
    let causal = Band::near(None, Some(0));
    let mut b = model(7);
    by_position(&mut b, |i, j| j > i);
    b.node("Where", &["hidden", "infinity", "scores"], "masked");
    assert_eq!(bands(&mut b), [causal]);

    let mut b = model(7);
    by_position(&mut b, |i, j| j <= i);
    b.node("Where", &["hidden", "scores", "infinity"], "masked");
    assert_eq!(bands(&mut b), [causal]);

    let mut b = model(7);
    by_position(&mut b, |i, j| j > i || j + 1 < i);
    b.node("Where", &["hidden", "infinity", "zero"], "added").node("Add", &["added", "scores"], "masked");
    assert_eq!(bands(&mut b), [Band::near(Some(1), Some(0))]);

    let mut b = model(7);
    by_position(&mut b, |i, j| j > i + 1);
    b.node("Cast", &["hidden"], "drop").with(int("to", 1)).scalar("10000", 1e4);
    b.node("Mul", &["drop", "10000"], "much").node("Sub", &["scores", "much"], "masked");
    assert_eq!(bands(&mut b), [Band::near(None, Some(1))]);

    // A prefix, blocks, and a first key beside a window.
    let mut b = model(7);
    by_position(&mut b, |i, j| j > i && j > 1);
    b.node("Where", &["hidden", "infinity", "scores"], "masked");
    assert_eq!(bands(&mut b), [Band { always: 2, ..causal }]);
    let mut b = model(7);
    by_position(&mut b, |i, j| i / 2 != j / 2);
    b.node("Where", &["hidden", "infinity", "scores"], "masked");
    assert_eq!(bands(&mut b), [Band { behind_block: 2, ahead_block: 2, ..Band::near(Some(0), Some(1)) }]);
    let mut b = model(7);
    by_position(&mut b, |i, j| j > i || j > 0 && j + 1 < i);
    b.node("Where", &["hidden", "infinity", "scores"], "masked");
    assert_eq!(bands(&mut b), [Band { always: 1, ..Band::near(Some(1), Some(0)) }]);

    // One that hides nothing.
    let mut b = model(7);
    by_position(&mut b, |_, _| false);
    b.node("Where", &["hidden", "infinity", "scores"], "masked");
    assert_eq!(bands(&mut b), [] as [Band; 0]);
}

/// Padding and positions, in two masks and in one.
#[test]
fn masks_by_position_and_token() {
    let expected = (vec![Band::near(None, Some(0))], vec![0]);
    let mut b = model(7);
    by_position(&mut b, |i, j| j > i);
    is_padding(&mut b, "m").node("Or", &["m", "hidden"], "all");
    b.node("Where", &["all", "infinity", "scores"], "masked");
    assert_eq!(all_masks(&mut b), expected);

    let mut b = model(7);
    by_position(&mut b, |i, j| j > i);
    is_padding(&mut b, "m").node("Where", &["hidden", "infinity", "scores"], "first");
    b.node("Where", &["m", "infinity", "first"], "masked");
    assert_eq!(all_masks(&mut b), expected);

    let mut b = model(7);
    by_position(&mut b, |i, j| j > i);
    is_padding(&mut b, "m").node("Where", &["hidden", "infinity", "zero"], "first");
    b.node("Where", &["m", "-10000", "first"], "added").node("Add", &["scores", "added"], "masked");
    assert_eq!(all_masks(&mut b), expected);
}

/// The tokens that are masked, by the masks of a model.
fn masked(b: &mut Builder) -> Vec<i32> {
    let (bands, masked) = all_masks(b);
    assert_eq!(bands, [] as [Band; 0]);
    masked
}

#[test]
fn scores_are_replaced() {
    for infinity in ["infinity", "-10000"] {
        let mut b = model(7);
        is_padding(&mut b, "m").node("Where", &["m", infinity, "scores"], "masked");
        assert_eq!(masked(&mut b), [0]);
        let mut b = model(7);
        is_padding(&mut b, "m").node("Not", &["m"], "n").node("Where", &["n", "scores", infinity], "masked");
        assert_eq!(masked(&mut b), [0]);
    }
}

#[test]
fn numbers_are_added_or_subtracted() {
    let mut b = model(7);
    is_padding(&mut b, "m").node("Where", &["m", "infinity", "zero"], "added");
    b.node("Add", &["added", "scores"], "masked");
    assert_eq!(masked(&mut b), [0]);

    let mut b = model(7);
    is_padding(&mut b, "m").node("Not", &["m"], "n").node("Cast", &["n"], "keep").with(int("to", 1));
    b.node("Sub", &["one", "keep"], "drop").node("Mul", &["drop", "-10000"], "added");
    b.node("Add", &["scores", "added"], "masked");
    assert_eq!(masked(&mut b), [0]);

    let mut b = model(7);
    b.scalar("1e9", 1e9);
    is_padding(&mut b, "m").node("Cast", &["m"], "drop").with(int("to", 1));
    b.node("Mul", &["drop", "1e9"], "much").node("Sub", &["scores", "much"], "masked");
    assert_eq!(masked(&mut b), [0]);
}

#[test]
fn any_operators_make_a_mask() {
    // The ids as floats, compared the other way round, spread over the queries; the factor comes after the mask.
    let mut b = model(6);
    b.scalar("half", 0.5).constant(int64s("all", &[3], &[1, 4, 4]));
    b.node("Cast", &["x"], "f").with(int("to", 1)).node("Less", &["f", "half"], "less");
    b.node("Unsqueeze", &["less", "axis"], "u").node("Expand", &["u", "all"], "m");
    b.node("Where", &["m", "infinity", "scores"], "w").node("Mul", &["w", "half"], "masked");
    assert_eq!(masked(&mut b), [0]);

    // Another token; both sides must hold.
    let mut b = model(7);
    b.constant(int64s("two", &[], &[2])).constant(int64s("three", &[], &[3]));
    b.node("GreaterOrEqual", &["x", "two"], "low").node("Less", &["x", "three"], "high");
    b.node("And", &["low", "high"], "both").node("Unsqueeze", &["both", "axis"], "m");
    b.node("Where", &["m", "infinity", "scores"], "masked");
    assert_eq!(masked(&mut b), [2]);

    // Ids that no raw element is.
    let mut b = model(7);
    b.constant(int64s("none", &[], &[-100])).node("Equal", &["x", "none"], "e");
    b.node("Unsqueeze", &["e", "axis"], "m").node("Where", &["m", "infinity", "scores"], "masked");
    assert_eq!(masked(&mut b), [] as [i32; 0]);
}

#[test]
fn ids_of_a_fixed_batch() {
    let mut b = model(7);
    b.graph.input[0] = value_info("x", &[Some(3), Some(TOKENS)]);
    is_padding(&mut b, "m").node("Where", &["m", "infinity", "scores"], "masked");
    assert_eq!(masked(&mut b), [0]);
}

#[test]
fn masks_that_are_refused() {
    let refuse = |name: &str, b: &mut Builder| {
        b.node("Softmax", &["masked"], "y");
        refuse_with(name, b, &tokens());
    };
    let mut b = model(7);
    by_position(&mut b, |i, j| (i < 1) != (j < 1));
    refuse("mask_of_parts", b.node("Where", &["hidden", "infinity", "scores"], "masked"));

    let mut b = model(7);
    by_position(&mut b, |i, j| (i < 1) != (j < 1));
    is_padding(&mut b, "m").node("Or", &["m", "hidden"], "both");
    refuse("parts_and_padding", b.node("Where", &["both", "infinity", "scores"], "masked"));

    let mut b = model(7);
    by_position(&mut b, |i, j| j > i);
    b.scalar("-5", -5.0).node("Where", &["hidden", "-5", "zero"], "small");
    b.node("Where", &["hidden", "infinity", "small"], "added").scalar("-6", -6.0);
    by_position_named(&mut b, "diagonal", |i, j| i == j);
    b.node("Where", &["diagonal", "-6", "added"], "all");
    refuse("small_number_by_position", b.node("Add", &["scores", "all"], "masked"));

    let mut b = model(7);
    b.constant(int64s("last", &[1], &[2])).node("Equal", &["x", "padding"], "equal");
    b.node("Unsqueeze", &["equal", "last"], "m");
    refuse("mask_of_queries", b.node("Where", &["m", "infinity", "scores"], "masked"));

    let mut b = model(7);
    b.constant(int64s("last", &[1], &[2])).node("Equal", &["x", "padding"], "equal");
    b.node("Unsqueeze", &["equal", "last"], "q").node("Unsqueeze", &["equal", "axis"], "k");
    b.node("Or", &["q", "k"], "m");
    refuse("mask_of_pairs", b.node("Where", &["m", "infinity", "scores"], "masked"));

    let mut b = model(7);
    b.constant(int64s("two", &[], &[2])).node("Less", &["x", "two"], "less");
    b.node("Unsqueeze", &["less", "axis"], "m");
    refuse("mask_of_two_tokens", b.node("Where", &["m", "infinity", "scores"], "masked"));

    let mut b = model(7);
    is_padding(&mut b, "m").scalar("-5", -5.0);
    refuse("mask_by_a_small_number", b.node("Where", &["m", "-5", "scores"], "masked"));

    let mut b = model(7);
    is_padding(&mut b, "m").scalar("-5", -5.0).node("Where", &["m", "-5", "zero"], "added");
    refuse("small_number_added", b.node("Add", &["scores", "added"], "masked"));

    let mut b = model(7);
    is_padding(&mut b, "m").node("Cast", &["m"], "drop").with(int("to", 1));
    b.node("Mul", &["drop", "infinity"], "added");
    refuse("zero_times_infinity", b.node("Add", &["scores", "added"], "masked"));

    let mut b = model(7);
    b.node("Greater", &["scores", "zero"], "m");
    refuse("mask_of_scores", b.node("Where", &["m", "infinity", "scores"], "masked"));
}

#[test]
fn integers_are_the_raw_input() {
    let mut b = model(7);
    b.node("Softmax", &["scores"], "y");
    assert!(b.import_with(&tokens()).is_ok());
    refuse_with("integers_with_a_scale", &b, &crate::builder::options());
    let mut b = model(8);
    b.node("Softmax", &["scores"], "y");
    refuse_with("text_input", &b, &tokens());
}

/// Mask, spelt out LayerNorm and mean in one model; nothing is quantised.
pub fn text() -> Builder {
    let mut b = model(7);
    is_padding(&mut b, "m").node("Not", &["m"], "n").node("Cast", &["n"], "keep").with(int("to", 1));
    b.node("Sub", &["one", "keep"], "drop").node("Mul", &["drop", "-10000"], "added");
    b.node("Add", &["scores", "added"], "masked").node("Softmax", &["masked"], "p");
    b.node("MatMul", &["p", "words"], "mixed").node("Add", &["mixed", "words"], "sum");
    b.scalar("two", 2.0).constant(int64s("last", &[1], &[-1])).node("ReduceMean", &["sum", "last"], "mean");
    b.node("Sub", &["sum", "mean"], "d").node("Pow", &["d", "two"], "sq");
    b.node("ReduceMean", &["sq", "last"], "var").node("Add", &["var", "one"], "v").node(
        "Sqrt",
        &["v"],
        "root",
    );
    b.node("Div", &["d", "root"], "layer_norm")
        .node("ReduceMean", &["layer_norm", "axis"], "y")
        .with(int("keepdims", 0));
    b
}
