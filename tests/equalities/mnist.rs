//! The example, in the form that its training wrote and in others: all 1500 images.

use std::path::Path;

use snn2rtl::convert::EncodingChoice;
use snn2rtl::import::Options;
use snn2rtl::quant::{Element, InputSpec, Scaling};

use super::chain::Chain;
use super::reference::{Reference, decimal, file, fixture, integers};

fn options() -> Options {
    let scaling = Scaling::Normalise { mean: vec![decimal("0.1307")], std: vec![decimal("0.3081")] };
    Options { input: InputSpec { element: Element::U8, scaling, channel_axis: None }, weight_bits: None }
}

fn check(path: &Path) {
    let sample = |name: &str| file("examples/mnist_mlp/sample").join(name);
    let images = sample("images.npy");
    let reference = Reference::read(images.to_str().expect("a path"), &sample("reference.npz"), &["act1"]);
    let chain = Chain::import(path, &options(), EncodingChoice::Analog);
    eprintln!("{}{:?}", chain.explanation, chain.lowered.proof);
    let classes = reference.check(&chain, |i| i % 50 == 0);
    let (_, labels) = integers(sample("labels.npy").to_str().expect("a path"));
    let right = classes.iter().zip(&labels).filter(|(c, l)| i32::try_from(**c) == Ok(**l)).count();
    assert_eq!((right, classes.len()), (1470, 1500));
    chain.round_trip();
}

#[test]
fn torchscript() {
    check(&file("examples/mnist_mlp/mnist_mlp.onnx"));
}
#[test]
fn dynamo() {
    check(&fixture("mnist_mlp_dynamo.onnx"));
}
#[test]
fn dynamo_unoptimised() {
    check(&fixture("mnist_mlp_dynamo_unoptimised.onnx"));
}
#[test]
fn qdq() {
    check(&fixture("mnist_mlp_qdq.onnx"));
}
#[test]
fn qdq_clip() {
    check(&fixture("mnist_mlp_qdq_uint8_clip.onnx"));
}
#[test]
fn qonnx() {
    check(&fixture("mnist_mlp_qonnx.onnx"));
}
