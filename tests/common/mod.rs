//! What several test programs share.
#![allow(dead_code, reason = "each test program uses a part")]

use std::path::{Path, PathBuf};

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::import::{Options, import};
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::snn::Model;

/// A path in the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Images as the example takes them: `x = (q/255 − 0.1307)/0.3081`.
pub fn mnist_input() -> InputSpec {
    let decimal = |text: &str| vec![text.parse().expect("a decimal number")];
    InputSpec {
        element: Element::U8,
        scaling: Scaling::Normalise { mean: decimal("0.1307"), std: decimal("0.3081") },
        channel_axis: None,
    }
}

/// The trained example, converted.
pub fn mnist_mlp(encoding: EncodingChoice) -> Model {
    let options = Options { input: mnist_input(), weight_bits: None };
    let imported = import(&repository("examples/mnist_mlp/mnist_mlp.onnx"), &options).expect("imports");
    convert(&imported.network, "mnist_mlp", &imported.producer, encoding).expect("converts").0
}

/// A small network of `tests/fixtures/onnx`, converted; its inputs are `x = (q − 128)/64`.
pub fn fixture(name: &str, encoding: EncodingChoice) -> Model {
    let scaling =
        Scaling::Affine { scale: vec!["0.015625".parse().expect("a decimal number")], zero_point: 128 };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let path = repository(&format!("tests/fixtures/onnx/{name}.onnx"));
    let imported = import(&path, &Options { input, weight_bits: None }).expect("imports");
    convert(&imported.network, name, &imported.producer, encoding).expect("converts").0
}

/// A small text encoder of `tests/fixtures/transformers`, converted; its inputs are token ids.
pub fn text_fixture(name: &str) -> Model {
    let scaling = Scaling::Affine { scale: vec!["1".parse().expect("a decimal number")], zero_point: 0 };
    let input = InputSpec { element: Element::U16, scaling, channel_axis: None };
    transformer(&format!("tests/fixtures/transformers/{name}.onnx"), name, input)
}

/// Layers with activation functions of `tests/fixtures/functions`, converted; inputs are `x = q/64 − 2`.
pub fn functions_fixture(name: &str) -> Model {
    let scale = vec!["0.015625".parse().expect("a decimal number")];
    let scaling = Scaling::Affine { scale, zero_point: 128 };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    transformer(&format!("tests/fixtures/functions/{name}.onnx"), name, input)
}

/// The Vision Transformer of `tests/fixtures/vit_small`, converted; images are `x = (q/255 − 0.5)/0.5`.
pub fn vit_small() -> Model {
    let half = || vec!["0.5".parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    transformer("tests/fixtures/vit_small/vit_small.onnx", "vit_small", input)
}

/// The trained Vision Transformer, converted; images are `x = (q/255 − 0.5)/0.5`.
pub fn mnist_vit() -> Model {
    mnist_vit_from("examples/mnist_vit/mnist_vit.onnx")
}

/// The same with residual scales that are s·2^k.
pub fn mnist_vit_pow2() -> Model {
    mnist_vit_from("examples/mnist_vit/pow2/mnist_vit.onnx")
}

fn mnist_vit_from(path: &str) -> Model {
    let half = || vec!["0.5".parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    transformer(path, "mnist_vit", input)
}

/// The trained convolutional network, converted; images are `x = q/255`.
pub fn mnist_cnn() -> Model {
    let number = |text: &str| vec![text.parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: number("0"), std: number("1") };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    transformer("examples/mnist_cnn/mnist_cnn.onnx", "mnist_cnn", input)
}

/// The trained residual network, converted; images are `x = q/255`.
pub fn resnet8() -> Model {
    let number = |text: &str| vec![text.parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: number("0"), std: number("1") };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    transformer("examples/resnet8/resnet8.onnx", "resnet8", input)
}

/// The trained text encoder, converted; its inputs are token ids.
pub fn review_encoder() -> Model {
    let scaling = Scaling::Affine { scale: vec!["1".parse().expect("a decimal number")], zero_point: 0 };
    let input = InputSpec { element: Element::U16, scaling, channel_axis: None };
    transformer("examples/review_encoder/review_encoder.onnx", "review_encoder", input)
}

fn transformer(path: &str, name: &str, input: InputSpec) -> Model {
    let imported = import(&repository(path), &Options { input, weight_bits: None }).expect("imports");
    convert(&imported.network, name, &imported.producer, EncodingChoice::Analog).expect("converts").0
}

/// Compares with a committed file; with `UPDATE_GOLDENS=1` writes it.
pub fn assert_golden(path: &str, text: &str) {
    let path = repository("tests/goldens").join(path);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for goldens");
        std::fs::write(&path, text).expect("writes a golden file");
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = golden.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| golden.lines().count().min(text.lines().count()));
    assert!(
        golden == text,
        "{} differs from line {} on:\n  is     {:?}\n  should {:?}\nUPDATE_GOLDENS=1 rewrites it",
        path.display(),
        line + 1,
        text.lines().nth(line),
        golden.lines().nth(line)
    );
}
