//! Networks with activation functions, as PyTorch has exported them, on the inputs of their references.

use std::path::Path;

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::cosim::Bench;
use snn2rtl::data::Inputs;
use snn2rtl::emit;
use snn2rtl::graph::Shape;
use snn2rtl::import;
use snn2rtl::quant::{Decimal, Element, InputSpec, Scaling};
use snn2rtl::streaming::design::Options;

use crate::equal;

/// Imports, builds and runs a fixture, without and with stalls.
fn check(name: &str, element: Element, scale: &str, zero_point: i32) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/functions");
    let scale: Decimal = scale.parse().expect("a decimal number");
    let scaling = Scaling::Affine { scale: vec![scale], zero_point };
    let input = InputSpec { element, scaling, channel_axis: None };
    let path = fixtures.join(format!("{name}.onnx"));
    let imported = import::import(&path, &import::Options { input, weight_bits: None }).expect("imports");
    let (model, _) = convert(&imported.network, name, "test", EncodingChoice::Analog).expect("converts");
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    emit::emit(&model, &Options { lanes: 4, ..Options::default() }, &build).expect("written");
    let location = format!("{}:inputs", fixtures.join(format!("{name}.npz")).display());
    let inputs = Inputs::read(&location, &Shape::matrix(1, 6), element).expect("readable");
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    let plain = equal(&mut bench, &inputs, None, None);
    let stalled = equal(&mut bench, &inputs, Some(9), None);
    assert_eq!(stalled.spikes_fired, plain.spikes_fired);
}

#[test]
fn one_function_after_the_other() {
    check("chain_20", Element::U8, "0.015625", 128);
}

#[test]
fn gelu_in_a_text_encoder() {
    check("text_gelu", Element::U16, "1", 0);
}
