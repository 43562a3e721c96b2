//! What raw samples are, where the model tells it and where it does not.

use std::path::Path;

use snn2rtl::import::{Adjustments, Examined, examine};
use snn2rtl::quant::{Element, InputSpec, Scaling};

use crate::builder::{Builder, floats, int64s, small_ints, value_info};

fn examined(builder: &Builder) -> Examined {
    let folder = tempfile::tempdir().unwrap();
    examine(&builder.save(folder.path()), None, None, &Adjustments::default())
        .unwrap_or_else(|e| panic!("{e}"))
}

/// What is inferred, with the reason.
fn inferred(builder: &Builder) -> (InputSpec, String) {
    let samples = examined(builder).samples.unwrap();
    (samples.spec, samples.inferred.unwrap())
}

/// A model of integers of this type.
fn integers(ty: i32) -> Builder {
    let mut b = Builder::new(&[4]);
    let mut input = value_info("x", &[None, Some(4)]);
    input.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().elem_type = ty;
    b.graph.input[0] = input;
    b
}

#[test]
fn integers_that_index_a_table_are_tokens() {
    for ty in [2, 6, 7] {
        let mut b = integers(ty);
        b.constant(floats("table", &[3, 2], &[0.5, -1.0, 0.25, 2.0, 1.0, -0.75]));
        b.constant(int64s("shape", &[2], &[1, 4]));
        b.node("Reshape", &["x", "shape"], "r").node("Gather", &["table", "r"], "y");
        let (spec, reason) = inferred(&b);
        assert_eq!(spec, InputSpec::tokens());
        assert!(reason.contains("tokens") && reason.contains("\"y\""), "{reason}");
    }
}

#[test]
fn integers_of_few_bits_are_what_they_are() {
    for (ty, element) in [(2, Element::U8), (3, Element::I8), (4, Element::U16)] {
        let mut b = integers(ty);
        b.constant(small_ints("w", &[4, 2], 3, &[1, 2, 3, 4, 5, 6, 7, 8])).scalar("s", 0.5);
        b.node("DequantizeLinear", &["w", "s"], "wq").node("CastLike", &["x", "s"], "f");
        b.node("MatMul", &["f", "wq"], "y");
        let (spec, reason) = inferred(&b);
        assert_eq!(spec, InputSpec { element, ..InputSpec::tokens() }, "{reason}");
    }
    let mut b = integers(6);
    b.node("Identity", &["x"], "y");
    let examined = examined(&b);
    assert!(examined.samples.is_none());
    assert!(examined.problems[0].problem.contains("index no table"), "{}", examined.problems[0]);
}

/// A quantiser that alone reads the input tells what its levels are worth.
#[test]
fn the_levels_of_the_first_quantiser() {
    for (low, high, element, zero_point) in [
        (0.0, 255.0, Element::U8, 0),
        (0.0, 15.0, Element::U8, 0),
        (-128.0, 127.0, Element::I8, 0),
        (-8.0, 7.0, Element::I8, 0),
        (-100.0, 155.0, Element::U8, 100),
        (0.0, 65535.0, Element::U16, 0),
    ] {
        let mut b = Builder::new(&[4]);
        b.scalar("s", 0.1).spikezip("act", "x", "s", low, high, "y");
        let (spec, reason) = inferred(&b);
        let scaling = Scaling::Affine { scale: vec!["0.1".parse().unwrap()], zero_point };
        assert_eq!(spec, InputSpec { element, scaling, channel_axis: None }, "{reason}");
        assert!(reason.contains("\"act\""), "{reason}");
    }
}

#[test]
fn what_the_model_does_not_tell_is_a_problem_with_advice() {
    let mut relu = Builder::new(&[4]);
    relu.node("Relu", &["x"], "y");
    let mut both = Builder::new(&[4]);
    both.scalar("s", 0.1).spikezip("act", "x", "s", 0.0, 15.0, "q").node("Add", &["q", "x"], "y");
    let mut wide = Builder::new(&[4]);
    wide.scalar("s", 0.1).spikezip("act", "x", "s", -300.0, 300.0, "y");
    for (b, why) in [(relu, "no"), (both, "not only a quantiser reads it"), (wide, "the levels -300…300")] {
        let examined = examined(&b);
        assert!(examined.samples.is_none());
        let problem = &examined.problems[0];
        assert!(problem.problem.contains("does not tell what raw samples are"), "{problem}");
        assert!(problem.problem.contains(why), "{problem}");
        assert!(problem.fix.as_ref().unwrap().contains("--input u8 --mean"), "{problem}");
    }
}

/// With what is inferred, the trained text encoder is the same network as with what its users give.
#[test]
fn an_example_is_the_same_network_without_being_told() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/review_encoder/review_encoder.onnx");
    let told = examine(&path, Some(&InputSpec::tokens()), None, &Adjustments::default()).unwrap();
    let alone = examine(&path, None, None, &Adjustments::default()).unwrap();
    assert!(alone.problems.is_empty());
    assert_eq!(alone.network.text(), told.network.text());
}
