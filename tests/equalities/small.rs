//! The small fixtures, each a case of its own.

use std::path::Path;

use snn2rtl::convert::EncodingChoice;
use snn2rtl::import::Options;
use snn2rtl::qann::{Network, Op};
use snn2rtl::quant::{Element, InputSpec, Scaling, per_channel};

use super::chain::{Chain, Values, argmax, assert_same_integers};
use super::reference::{Reference, decimal, fixture, integers};

/// `x = q/64 − 2`.
pub fn options() -> Options {
    let scaling = Scaling::Affine { scale: vec![decimal("0.015625")], zero_point: 128 };
    Options { input: InputSpec { element: Element::U8, scaling, channel_axis: None }, weight_bits: None }
}

/// The reference of a fixture.
pub fn reference(name: &str, quantisers: &[&str]) -> Reference {
    let archive = fixture(&format!("{name}.npz"));
    Reference::read(&format!("{}:inputs", archive.display()), &archive, quantisers)
}

/// Layers, their weights and scales.
fn layers(network: &Network) -> impl Iterator<Item = (&str, &snn2rtl::quant::Weights)> {
    network.topological().into_iter().filter_map(|id| match &network.node(id).op {
        Op::Linear { weights, .. } => Some((network.node(id).name.as_str(), weights)),
        _ => None,
    })
}

/// Checks the integer weights against those in the archive, which are stored by output or by input.
fn check_weights(network: &Network, archive: &Path) {
    for (name, weights) in layers(network) {
        let (extents, expected) = integers(&format!("{}:weight/{name}", archive.display()));
        let (outputs, inputs) = (weights.outputs, weights.inputs);
        let by_output = extents == [outputs, inputs];
        assert!(by_output || extents == [inputs, outputs], "{name}: {extents:?}");
        for (o, i) in (0..outputs).flat_map(|o| (0..inputs).map(move |i| (o, i))) {
            let at = if by_output { o * inputs + i } else { i * outputs + o };
            assert_eq!(weights.level(o, i), expected[at], "{name}, weight from {i} to {o}");
        }
    }
}

fn check(name: &str, quantisers: &[&str]) {
    check_values(name, quantisers);
    let path = fixture(&format!("{name}.onnx"));
    let chain = Chain::import(&path, &options(), EncodingChoice::Analog);
    check_weights(&chain.network, &fixture(&format!("{name}.npz")));
}

fn check_values(name: &str, quantisers: &[&str]) {
    let reference = reference(name, quantisers);
    let path = fixture(&format!("{name}.onnx"));
    let chain = Chain::import(&path, &options(), EncodingChoice::Analog);
    reference.check(&chain, |_| true);
    reference.check(&chain, |_| false);
    chain.round_trip();
    for steps in [1, 3, 16] {
        let rate = Chain::import(&path, &options(), EncodingChoice::Rate(Some(steps)));
        reference.check(&rate, |_| true);
    }
}

macro_rules! cases {
    ($($name:ident: $quantisers:expr;)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name), &$quantisers);
        })*

        /// Names of all cases.
        const CASES: &[&str] = &[$(stringify!($name)),*];
    };
}

cases! {
    qdq_per_channel_weights: ["act1", "act2"];
    qdq_weight_zero_points: ["act1", "act2"];
    qdq_signed_activations: ["act1", "act2"];
    qdq_activation_zero_point: ["act1", "act2"];
    qdq_activation_per_channel: ["act1", "act2"];
    qdq_uint8_clip: ["act1", "act2"];
    qdq_matmul_add: ["act1", "act2"];
    qdq_tokens_flatten: ["act1", "act2"];
    qdq_tokens_transpose_reshape: ["act1"];
    qdq_transpose_flatten: ["act1"];
    qdq_input_quantiser: ["act1", "input_quan"];
    qdq_quantised_output: ["act1", "act2", "output_quan"];
    qdq_ties: ["act1", "act2"];
    lsq_ties: ["act1", "act2"];
    lsq_matmul_add: ["act1", "act2"];
    lsq_relu_after: ["act1", "act2"];
    lsq_dynamic_scale: ["act1", "act2"];
    qonnx_round: ["act1", "act2"];
    qonnx_floor: ["act1", "act2"];
    qonnx_ceil: ["act1", "act2"];
    qonnx_signed_narrow: ["act1", "act2"];
    qonnx_unsigned_narrow: ["act1", "act2"];
    qonnx_zero_point: ["act1", "act2"];
    float_weights_8bit: ["act1", "act2"];
}

/// Files of other people's tools, and the neurons that come of them.
const OF_TOOLS: [(&str, &[&str]); 5] = [
    ("runtime_static_u8", &["input_DequantizeLinear", "logits_DequantizeLinear", "relu1", "relu2"]),
    // Quantiser, ReLU, quantiser of the same scale: one layer of neurons.
    ("runtime_static_i8", &["input_DequantizeLinear", "logits_DequantizeLinear", "relu1_1", "relu2_1"]),
    ("runtime_static_u4", &["input_DequantizeLinear", "logits_DequantizeLinear", "relu1", "relu2"]),
    (
        "brevitas_qonnx",
        &["act1.act_quant.export_handler", "act2.act_quant.export_handler", "quan.act_quant.export_handler"],
    ),
    (
        "brevitas_qcdq",
        &["act1.act_quant.export_handler", "act2.act_quant.export_handler", "quan.act_quant.export_handler"],
    ),
];

#[test]
fn files_of_other_tools() {
    for (name, quantisers) in OF_TOOLS {
        println!("{name}");
        check_values(name, quantisers);
    }
}

/// Both exports of Brevitas are one network.
#[test]
fn qonnx_and_qcdq_are_the_same() {
    let [a, b] = ["brevitas_qonnx.onnx", "brevitas_qcdq.onnx"]
        .map(|name| Chain::import(&fixture(name), &options(), EncodingChoice::Analog));
    assert_same_integers(&a.lowered.network, &b.lowered.network, true);
}

#[test]
fn every_fixture_has_a_test() {
    let folder = std::fs::read_dir(fixture("")).expect("the fixtures");
    let mut names: Vec<String> = folder
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".onnx")?.to_owned()))
        .filter(|name| !name.starts_with("mnist_mlp") && !name.starts_with("vit_small"))
        .collect();
    names.sort_unstable();
    let mut expected: Vec<&str> =
        CASES.iter().copied().chain(OF_TOOLS.map(|(name, _)| name)).chain(["float_weights"]).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

/// The network of `lsq_ties` and `qdq_ties` is the same but for the rule at ties, which its values meet.
#[test]
fn the_rule_at_ties_matters() {
    let values = |name: &str| -> Vec<Values> {
        let reference = reference(name, &["act1", "act2"]);
        (0..reference.samples.len()).map(|sample| reference.values(sample)).collect()
    };
    assert_ne!(values("lsq_ties"), values("qdq_ties"));
    let chain =
        |name: &str| Chain::import(&fixture(&format!("{name}.onnx")), &options(), EncodingChoice::Analog);
    let (up, even) = (chain("lsq_ties"), chain("qdq_ties"));
    let op = |chain: &Chain, name| {
        chain.model.network.node(chain.model.network.find(name).expect("a node")).op.clone()
    };
    for layer in ["fc1", "fc2", "fc3"] {
        assert_eq!(op(&up, layer), op(&even, layer));
    }
    assert_ne!(op(&up, "act1"), op(&even, "act1"));
}

/// Weights without a quantiser: refused, unless the user wants them rounded.
#[test]
fn float_weights() {
    let path = fixture("float_weights.onnx");
    let reference = reference("float_weights", &["act1", "act2"]);
    // As they are: 24 bits of each channel's largest.
    let chain = Chain::import(&path, &options(), EncodingChoice::Analog);
    for (sample, raw) in reference.samples.iter().enumerate() {
        let (golden, outcome) = chain.golden_values(raw, true);
        let expected = reference.values(sample);
        assert_eq!(golden.levels, expected.levels);
        assert_eq!(outcome.class, argmax(&expected.logits));
    }

    for bits in [4, 8, 16] {
        let options = Options { weight_bits: Some(bits), ..options() };
        let chain = Chain::import(&path, &options, EncodingChoice::Analog);
        assert_eq!(chain.explanation.matches("per output channel (floats, rounded at import)").count(), 3);
        let top = (1 << (bits - 1)) - 1;
        for (_, weights) in layers(&chain.network) {
            for o in 0..weights.outputs {
                let row = &weights.levels[o * weights.inputs..(o + 1) * weights.inputs];
                assert_eq!(row.iter().map(|w| w.abs()).max(), Some(top));
                assert!(per_channel(&weights.scale, o) > 0.0);
            }
        }
        // Programs agree with each other; with the unrounded network in as much as the width allows.
        let (mut same, mut classes) = (0, 0);
        for (sample, raw) in reference.samples.iter().enumerate() {
            let (golden, outcome) = chain.golden_values(raw, true);
            assert_eq!(golden.levels, chain.float_values(raw).levels);
            let expected = reference.values(sample);
            same += usize::from(golden.levels == expected.levels);
            classes += usize::from(outcome.class == argmax(&expected.logits));
        }
        let count = reference.samples.len();
        println!("{bits} bits: {same} of {count} samples with equal levels, {classes} with the same class");
        assert!(bits < 16 || (same, classes) == (count, count));
        chain.round_trip();
    }
}
