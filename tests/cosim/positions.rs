//! Networks as other people's tools write them, most with logits of several positions: on the overlay, every level and every
//! logit.

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data::read_integers;
use snn2rtl::golden::SpikeCode;
use snn2rtl::import::{Adjustments, Binding, examine};
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::snn::Model;

use crate::common::repository;
use crate::overlay::{check, options};
use crate::transformers::inputs;

/// The model and the samples of a fixture.
fn stranger(name: &str, input: Option<&InputSpec>, adjustments: &Adjustments) -> (Model, Vec<Vec<i32>>) {
    let path = repository(&format!("tests/fixtures/strangers/{name}.onnx"));
    let examined = examine(&path, input, None, adjustments).expect("a model");
    assert!(examined.problems.is_empty(), "{:?}", examined.problems);
    let (model, _) = convert(&examined.network, name, "test", EncodingChoice::Analog).expect("converts");
    let array = format!("{}:inputs", path.with_extension("npz").display());
    let (shape, all) = read_integers(&array).expect("samples");
    let size: usize = shape.0[1..].iter().product();
    let one = |sample: &[i64]| sample.iter().map(|&q| i32::try_from(q).expect("an element")).collect();
    (model, all.chunks(size).map(one).collect())
}

/// Token classification with a padding mask.
#[test]
fn classes_of_tokens() {
    let mask = ("attention_mask".to_owned(), Binding::NotToken(1));
    let adjustments = Adjustments { bindings: vec![mask], shapes: Vec::new() };
    let (model, raw) = stranger("hf_bert_tokens_ts", None, &adjustments);
    let folder = tempfile::tempdir().expect("a folder");
    let samples = inputs(&raw, true, folder.path());
    check(&model, options(16, 2, 8, 16, SpikeCode::Radix), &samples, &[None, Some(41)]);
}

/// Segmentation: a class for each pixel.
#[test]
fn classes_of_pixels() {
    let number = |text: &str| vec![text.parse().expect("a number")];
    let scaling = Scaling::Normalise { mean: number("0"), std: number("1") };
    let black = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let (model, raw) = stranger("cnn_segmenter_ts", Some(&black), &Adjustments::default());
    let folder = tempfile::tempdir().expect("a folder");
    let samples = inputs(&raw, false, folder.path());
    check(&model, options(16, 1, 4, 16, SpikeCode::Unary), &samples, &[None, Some(42)]);
}

/// Maps between levels, with a power of two as divisor and with another number; classes of pixels that are resized to the image.
#[test]
fn linear_interpolation() {
    let number = |text: &str| vec![text.parse().expect("a number")];
    let scaling = Scaling::Normalise { mean: number("0"), std: number("1") };
    let black = InputSpec { element: Element::U8, scaling, channel_axis: None };
    for (name, code) in [
        ("cnn_bilinear_ts", SpikeCode::Radix),
        ("cnn_resized_corners_dynamo", SpikeCode::Radix),
        ("cnn_resized_segments_ts", SpikeCode::Unary),
    ] {
        let (model, raw) = stranger(name, Some(&black), &Adjustments::default());
        let folder = tempfile::tempdir().expect("a folder");
        let samples = inputs(&raw[..2], false, folder.path());
        check(&model, options(16, 2, 4, 16, code), &samples, &[None, Some(44)]);
    }
}

/// Llama whose heads of queries share a head of keys, which are rotated once.
#[test]
fn rotary_positions_of_grouped_keys() {
    let (model, raw) = stranger("hf_grouped_rotated_dynamo", None, &Adjustments::default());
    let folder = tempfile::tempdir().expect("a folder");
    let samples = inputs(&raw[..2], true, folder.path());
    check(&model, options(16, 2, 8, 16, SpikeCode::Radix), &samples, &[None, Some(45)]);
}

/// GPT-NeoX of Hugging Face: a part of the channels is rotated, of layers whose weights are floats.
#[test]
fn rotary_positions_of_float_layers() {
    let (model, raw) = stranger("hf_neox_rotated_dynamo", None, &Adjustments::default());
    let folder = tempfile::tempdir().expect("a folder");
    let samples = inputs(&raw, true, folder.path());
    check(&model, options(16, 2, 8, 16, SpikeCode::Radix), &samples, &[None, Some(43)]);
}

/// gMLP: the levels of a layer are terms of two sums and are computed for each, which the counter of spikes shows.
#[test]
fn neurons_of_two_sums() {
    let number = |text: &str| vec![text.parse().expect("a number")];
    let scaling = Scaling::Normalise { mean: number("0.5"), std: number("0.5") };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let (model, raw) = stranger("ort_gmlp_dynamo", Some(&spec), &Adjustments::default());
    let raw: Vec<Vec<i32>> =
        raw.iter().take(1).map(|sample| sample.iter().map(|q| q + 128).collect()).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let samples = inputs(&raw, false, folder.path());
    check(&model, options(16, 2, 8, 16, SpikeCode::Radix), &samples, &[None]);
}

/// MLP-Mixer: layers whose rows are the columns of a residual sum; levels that go that way, too. Rows of tokens that are moved.
#[test]
fn rows_and_columns() {
    let number = |text: &str| vec![text.parse().expect("a number")];
    let scaling = Scaling::Normalise { mean: number("0.5"), std: number("0.5") };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    for (name, lanes, fire_lanes, code) in [
        ("mixer_ts", 16, 8, SpikeCode::Radix),
        ("mixer_late_conv_ts", 8, 4, SpikeCode::Unary),
        ("shifted_ts", 16, 16, SpikeCode::Radix),
    ] {
        let (model, raw) = stranger(name, Some(&spec), &Adjustments::default());
        let folder = tempfile::tempdir().expect("a folder");
        let samples = inputs(&raw[..2], false, folder.path());
        check(&model, options(lanes, 2, fire_lanes, 16, code), &samples, &[None, Some(44)]);
    }
}
