//! Small Transformers that PyTorch's exporters have written: padding masks, LayerNorm in one node or many, pooling; against
//! float64 runs in PyTorch.

use std::path::Path;

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data::{read_floats, read_integers};
use snn2rtl::golden::{Golden, Limits, Unobserved};
use snn2rtl::import::{Imported, Options, import};
use snn2rtl::lower::lower_with;
use snn2rtl::qann::eval::evaluate;
use snn2rtl::quant::{Element, InputSpec, Precision, Scaling};

pub fn tokens() -> Options {
    let scaling = Scaling::Affine { scale: vec!["1".parse().unwrap()], zero_point: 0 };
    Options { input: InputSpec { element: Element::U16, scaling, channel_axis: None }, weight_bits: None }
}

/// Rounding of float64.
const EXACT: f64 = 1e-9;
/// Rounding of float32: one exporter has evaluated `scale·level` of constants, and PyTorch's own quantiser multiplies in
/// single precision.
const ROUNDED: f64 = 1e-6;

/// Levels and logits of all samples, as imported in float64 and as spikes at quiescence.
fn check(name: &str, options: &Options, tolerance: f64) -> Imported {
    check_in("transformers", name, options, tolerance)
}

/// As [`check`], of a model in another folder of fixtures.
pub fn check_in(folder: &str, name: &str, options: &Options, tolerance: f64) -> Imported {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let imported = import(&folder.join(format!("{name}.onnx")), options).unwrap_or_else(|e| panic!("{e}"));
    let (model, _) = convert(&imported.network, name, "test", EncodingChoice::Analog).unwrap();
    // With all the bits there are: what is rounded in lowering is not in question here.
    let most = Precision::MOST;
    let precision = Precision { residual: most, affine: most, exponent: most, scale: most };
    let golden = Golden::new(&lower_with(&model, precision).unwrap().network).unwrap();
    let mut state = golden.state();
    let array = |array: &str| format!("{}:{array}", folder.join(format!("{name}.npz")).display());
    let (shape, inputs) = read_integers(&array("inputs")).unwrap();
    let (_, logits) = read_floats(&array("logits")).unwrap();
    let size: usize = shape.0[1..].iter().product();
    let reference = |name: &str| read_integers(&array(&format!("level/{name}"))).unwrap().1;
    let mut compared = 0;
    for (n, sample) in inputs.chunks(size).enumerate() {
        let raw: Vec<i32> = sample.iter().map(|&q| i32::try_from(q).unwrap()).collect();
        let float = evaluate(&imported.network, &raw);
        for (node, levels) in &float.levels {
            let name = &imported.network.node(*node).name;
            let levels: Vec<i64> = levels.iter().map(|&k| k.into()).collect();
            assert_eq!(levels, reference(name)[n * levels.len()..][..levels.len()], "{name}, sample {n}");
        }
        for (a, b) in float.logits.iter().zip(&logits[n * float.logits.len()..]) {
            assert!((a - b).abs() < tolerance, "sample {n}: {a}, not {b}");
        }
        let outcome = golden.run(&mut state, &raw, &Limits::default(), &mut Unobserved);
        for (layer, levels) in golden.layers().iter().zip(&outcome.levels) {
            let seen: Vec<i64> = match model.views.get(&layer.name) {
                Some(view) => view.order.iter().map(|&e| levels[e].into()).collect(),
                None => levels.iter().map(|&k| k.into()).collect(),
            };
            let expected = reference(&layer.name);
            assert_eq!(seen, expected[n * seen.len()..][..seen.len()], "{}, sample {n}", layer.name);
            compared += seen.len();
        }
    }
    assert!(compared > 0);
    imported
}

/// How often each of these operators is in a network.
fn count(imported: &Imported, kinds: [&str; 3]) -> [usize; 3] {
    let text = imported.network.text();
    kinds.map(|kind| text.matches(&format!(": {kind} [")).count())
}

const KINDS: [&str; 3] = ["mask", "layer_norm", "mean"];

#[test]
fn scores_filled_where_tokens_are_padding() {
    assert_eq!(count(&check("text_masked_fill", &tokens(), EXACT), KINDS), [1, 3, 0]);
}

#[test]
fn the_other_exporter_and_the_mean_of_all_tokens() {
    assert_eq!(count(&check("text_dynamo", &tokens(), ROUNDED), KINDS), [1, 4, 1]);
}

#[test]
fn the_smallest_float_is_added_and_layer_norm_is_spelt_out() {
    let imported = check("text_smallest_float", &tokens(), EXACT);
    assert_eq!(count(&imported, KINDS), [1, 3, 1]);
    assert!(imported.network.text().contains("1 is padding"));
}

#[test]
fn a_number_is_added_for_each_query_and_the_mean_is_quantised() {
    assert_eq!(count(&check("text_minus_10000", &tokens(), EXACT), KINDS), [1, 4, 1]);
}

#[test]
fn quantise_linear() {
    assert_eq!(count(&check("text_qdq", &tokens(), ROUNDED), KINDS), [1, 3, 0]);
}

#[test]
fn images_whose_tokens_are_averaged() {
    let scaling = Scaling::Affine { scale: vec!["0.015625".parse().unwrap()], zero_point: 128 };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let imported = check("image_mean", &Options { input, weight_bits: None }, EXACT);
    assert_eq!(count(&imported, KINDS), [0, 3, 1]);
}

/// Queries and keys turned by their positions, of levels and of the layers themselves: RMSNorm, SwiGLU, a causal mask, logits
/// of all positions.
#[test]
fn decoders_with_rotary_positions() {
    for (name, quantisers) in [("llama", 15), ("llama_rotated_layers", 13)] {
        let imported = check(name, &tokens(), ROUNDED);
        let kinds = ["times", "layer_norm", "band"];
        assert_eq!(count(&imported, kinds), [4, 3, 1], "{name}");
        assert_eq!(count(&imported, ["quantise", "mul", "mask"]), [quantisers, 1, 0], "{name}");
    }
}
