//! The small fixtures, each a case of its own.

use snn2rtl::convert::EncodingChoice;
use snn2rtl::import::Options;
use snn2rtl::quant::{Element, InputSpec, Scaling};

use super::chain::Chain;
use super::reference::{Reference, decimal, fixture};

/// `x = q/64 − 2`.
pub fn options() -> Options {
    let scaling = Scaling::Affine { scale: vec![decimal("0.015625")], zero_point: 128 };
    Options { input: InputSpec { element: Element::U8, scaling, channel_axis: None }, weight_bits: None }
}

fn check(name: &str, quantisers: &[&str]) {
    let archive = fixture(&format!("{name}.npz"));
    let samples = format!("{}:inputs", archive.display());
    let reference = Reference::read(&samples, &archive, quantisers);
    let chain = Chain::import(&fixture(&format!("{name}.onnx")), &options(), EncodingChoice::Analog);
    eprintln!("{name}\n{}{:?}", chain.explanation, chain.lowered.proof);
    reference.check(&chain, |_| true);
    reference.check(&chain, |_| false);
    chain.round_trip();
}

macro_rules! cases {
    ($($name:ident: $quantisers:expr;)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name), &$quantisers);
        })*
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
