//! What raw data may mean: every element type, scalings for all and for each channel along any extent, both encodings.

use snn2rtl::convert::EncodingChoice;
use snn2rtl::import::{Options, import};
use snn2rtl::lower::lower;
use snn2rtl::qann::Network;
use snn2rtl::quant::{Decimal, Element, InputSpec, Scaling};

use super::networks::check;
use super::random::Random;
use super::reference::{decimal, fixture};

/// As many of these numbers as are needed.
fn list(numbers: [&str; 3], count: usize) -> Vec<Decimal> {
    numbers.into_iter().cycle().take(count).map(decimal).collect()
}

/// Scalings of a sample of these extents, along one of them or none; real values are a few units large.
fn specs(extents: &[usize], axis: Option<usize>) -> Vec<InputSpec> {
    let count = axis.map_or(1, |axis| extents[axis]);
    let mut specs = Vec::new();
    for element in [Element::U8, Element::I8, Element::U16] {
        let spec = |scaling| InputSpec { element, scaling, channel_axis: axis };
        if !element.is_signed() {
            let mean = list(["0.485", "-4.56e-1", "0"], count);
            let std = list(["0.229", "224E-3", "0.25"], count);
            specs.push(spec(Scaling::Normalise { mean, std }));
        }
        let (low, high) = element.range();
        let numbers = match element {
            Element::U16 => ["0.0001", "1.5e-4", "0.00006103515625"],
            Element::U8 | Element::I8 => ["0.02", "2.5e-2", "0.015625"],
        };
        for zero_point in [low, high / 2, high] {
            specs.push(spec(Scaling::Affine { scale: list(numbers, count), zero_point }));
        }
    }
    specs
}

fn options(input: InputSpec) -> Options {
    Options { input, weight_bits: None }
}

/// A fixture's network for this input.
fn network(name: &str, spec: InputSpec) -> Network {
    import(&fixture(name), &options(spec)).unwrap_or_else(|e| panic!("{e}")).network
}

/// Samples of any values, and of the ends of the range.
fn samples(element: Element, len: usize) -> Vec<Vec<i32>> {
    let random = &mut Random(7);
    let (low, high) = element.range();
    let any = |random: &mut Random| random.range(low.into(), high.into()) as i32;
    let mut samples: Vec<Vec<i32>> = (0..6).map(|_| (0..len).map(|_| any(random)).collect()).collect();
    samples.extend([vec![low; len], vec![high; len]]);
    samples
}

const ENCODINGS: [EncodingChoice; 4] = [
    EncodingChoice::Analog,
    EncodingChoice::Rate(Some(1)),
    EncodingChoice::Rate(Some(7)),
    EncodingChoice::Rate(None),
];

#[test]
fn scalings_along_any_extent() {
    let extents = [2, 3, 4];
    for axis in [None, Some(0), Some(1), Some(2)] {
        for spec in specs(&extents, axis) {
            let element = spec.element;
            let network = network("qdq_transpose_flatten.onnx", spec);
            check(&network, &ENCODINGS, &samples(element, 24));
        }
    }
}

#[test]
fn rows_that_share_weights() {
    let extents = [4, 6];
    for axis in [None, Some(1)] {
        for spec in specs(&extents, axis) {
            let element = spec.element;
            let network = network("qdq_tokens_flatten.onnx", spec);
            check(&network, &ENCODINGS, &samples(element, 24));
        }
    }
    // They cannot have scales of their own: one set of integer weights would have to serve them all.
    for spec in specs(&extents, Some(0)) {
        let network = network("qdq_tokens_flatten.onnx", spec);
        let (model, _) = snn2rtl::convert::convert(&network, "m", "p", EncodingChoice::Analog)
            .unwrap_or_else(|e| panic!("{e}"));
        let error = lower(&model).map(|_| ()).expect_err("rows of different scale");
        assert!(error.problem.contains("another scale in row"), "{error}");
        assert_eq!(error.node.as_deref(), Some("fc1"));
    }
}

#[test]
fn a_quantiser_on_the_input() {
    // One scale only: neurons of all channels of this quantiser have the same threshold in the input's unit.
    for spec in specs(&[12], None).into_iter().chain(specs(&[12], Some(0))) {
        let element = spec.element;
        let network = network("qdq_input_quantiser.onnx", spec);
        check(&network, &ENCODINGS, &samples(element, 12));
    }
}

#[test]
fn an_input_that_is_the_quantiser_level_needs_no_neurons() {
    let quantised = |scale: &str, zero_point| InputSpec {
        element: Element::I8,
        scaling: Scaling::Affine { scale: vec![decimal(scale)], zero_point },
        channel_axis: None,
    };
    // The scale of this quantiser is a float near 1/64; printed with few digits it is still meant.
    let other = network("qdq_input_quantiser.onnx", quantised("1", 0));
    let id = other.find("input_quan").expect("a quantiser");
    let snn2rtl::qann::Op::Quantise(q) = &other.node(id).op else { panic!("no quantiser") };
    let scale = q.scale[0];
    for (text, direct) in [(format!("{scale}"), true), (format!("{scale:.5}"), true), ("0.03".into(), false)]
    {
        let network = network("qdq_input_quantiser.onnx", quantised(&text, -5));
        let chains = check(&network, &ENCODINGS, &samples(Element::I8, 12));
        for chain in chains {
            assert_eq!(!chain.neurons().contains(&"input_quan"), direct, "{text}");
        }
    }
}

#[test]
fn wrong_specifications_are_refused() {
    let affine = |scale: &[&str], zero_point| Scaling::Affine {
        scale: scale.iter().map(|s| decimal(s)).collect(),
        zero_point,
    };
    let normalise = |std: &str| Scaling::Normalise { mean: vec![decimal("0")], std: vec![decimal(std)] };
    for (element, scaling, channel_axis, expected) in [
        (Element::U8, affine(&["1"], -1), None, "zero point -1 is outside 0…255"),
        (Element::I8, affine(&["1"], 128), None, "zero point 128 is outside -128…127"),
        (Element::U8, affine(&["0"], 0), None, "standard deviation 0 is not positive"),
        (Element::U8, normalise("-0.5"), None, "-0.5 is not positive"),
        (Element::I8, normalise("1"), None, "need an unsigned element type"),
        (Element::U8, affine(&["1", "2"], 0), None, "2 values of the input's scaling for 1 channels"),
        (Element::U8, affine(&["1", "2"], 0), Some(1), "2 values of the input's scaling for 3 channels"),
        (Element::U8, affine(&["1"], 0), Some(3), "channel axis 3 of an input with 3 extents"),
    ] {
        let spec = InputSpec { element, scaling, channel_axis };
        let error =
            import(&fixture("qdq_transpose_flatten.onnx"), &options(spec)).map(|_| ()).expect_err(expected);
        assert!(error.problem.contains(expected), "{error}");
    }
}
