//! Designs that stand for the class: between them every module, encoding and layout.

use snn2rtl::convert::EncodingChoice::{Analog, Rate};
use snn2rtl::snn::Model;
use snn2rtl::streaming::design::Options;

use crate::common::{fixture, functions_fixture, mnist_mlp, text_fixture, vit_small};

/// Name, model and options of each.
pub fn designs() -> Vec<(&'static str, Model, Options)> {
    let narrow = || Options { lanes: 4, fifo_depth: 3, ..Options::default() };
    vec![
        ("mnist_mlp", mnist_mlp(Analog), Options::default()),
        ("mnist_mlp_rate", mnist_mlp(Rate(None)), Options::default()),
        ("regrouped_rows", fixture("qdq_tokens_transpose_reshape", Analog), narrow()),
        ("flattened_rows", fixture("qdq_tokens_flatten", Analog), narrow()),
        ("quantised_input", fixture("qdq_input_quantiser", Analog), narrow()),
        (
            "scale_per_channel",
            fixture("qdq_activation_per_channel", Analog),
            Options { lanes: 1, ..Options::default() },
        ),
        ("signed_neurons", fixture("qdq_signed_activations", Analog), narrow()),
        ("non_monotone_levels", functions_fixture("chain_qdq"), narrow()),
        ("text_encoder", text_fixture("text_masked_fill"), narrow()),
        ("vision_transformer", vit_small(), Options::default()),
    ]
}
