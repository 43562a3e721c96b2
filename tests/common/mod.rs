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
