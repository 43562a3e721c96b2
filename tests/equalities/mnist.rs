//! The example, in the form that its training wrote and in others: all 1500 images.

use std::path::Path;
use std::time::Instant;

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::import::{Options, import};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, InputSpec, Scaling};

use super::chain::{Chain, assert_same_integers};
use super::reference::{Reference, decimal, file, fixture, integers};

const EXAMPLE: &str = "examples/mnist_mlp/mnist_mlp.onnx";

fn options() -> Options {
    let scaling = Scaling::Normalise { mean: vec![decimal("0.1307")], std: vec![decimal("0.3081")] };
    Options { input: InputSpec { element: Element::U8, scaling, channel_axis: None }, weight_bits: None }
}

fn chain(path: &Path, encoding: EncodingChoice) -> Chain {
    Chain::import(path, &options(), encoding)
}

fn sample(name: &str) -> String {
    file("examples/mnist_mlp/sample").join(name).to_str().expect("a path").to_owned()
}

/// Every image through every program; proven ranges are verified on some.
fn check(chain: &Chain) {
    let reference = Reference::read(&sample("images.npy"), sample("reference.npz").as_ref(), &["act1"]);
    let classes = reference.check(chain, |index| index % 50 == 0);
    let (_, labels) = integers(&sample("labels.npy"));
    let right = classes.iter().zip(&labels).filter(|(c, l)| i32::try_from(**c) == Ok(**l)).count();
    assert_eq!((right, classes.len()), (1470, 1500));
    chain.round_trip();
}

#[test]
fn the_example() {
    check(&chain(&file(EXAMPLE), EncodingChoice::Analog));
}

#[test]
fn the_example_in_rate_encoding() {
    check(&chain(&file(EXAMPLE), EncodingChoice::Rate(Some(5))));
}

/// Another form of the example: the same integers, the same logits, and the same answers.
fn same_as_the_example(name: &str) {
    let example = chain(&file(EXAMPLE), EncodingChoice::Analog);
    let other = chain(&fixture(name), EncodingChoice::Analog);
    assert_same_integers(&example.lowered.network, &other.lowered.network, false);
    assert_eq!(example.lowered.readout, other.lowered.readout);
    check(&other);
}

#[test]
fn torch_export() {
    same_as_the_example("mnist_mlp_dynamo.onnx");
}

#[test]
fn torch_export_unoptimised() {
    same_as_the_example("mnist_mlp_dynamo_unoptimised.onnx");
}

#[test]
fn qdq() {
    same_as_the_example("mnist_mlp_qdq.onnx");
}

#[test]
fn qdq_with_clip_and_integer_biases() {
    same_as_the_example("mnist_mlp_qdq_uint8_clip.onnx");
}

#[test]
fn qonnx() {
    same_as_the_example("mnist_mlp_qonnx.onnx");
}

#[test]
fn import_to_integers_takes_less_than_a_second() {
    let start = Instant::now();
    let imported = import(&file(EXAMPLE), &options()).expect("imports");
    let read = start.elapsed();
    let (model, _) = convert(&imported.network, "m", "p", EncodingChoice::Analog).expect("converts");
    let lowered = lower(&model).expect("lowers");
    let all = start.elapsed();
    println!("import {read:?}, with conversion and lowering {all:?}");
    assert_eq!(lowered.proof.len(), 1);
    let limit = if cfg!(debug_assertions) { 10.0 } else { 1.0 };
    assert!(all.as_secs_f64() < limit, "{all:?}");
}
