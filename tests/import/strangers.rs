//! Files as other people's tools write them (`tests/fixtures/strangers`), against a float64 evaluation of the ONNX file: levels
//! of every quantiser that was found, and logits, of the float network; logits of the golden model.

use std::path::{Path, PathBuf};

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data::{read_floats, read_integers};
use snn2rtl::golden::{Golden, Limits, Unobserved};
use snn2rtl::graph::Shape;
use snn2rtl::import::{Adjustments, Binding, Examined, examine};
use snn2rtl::lower::lower;
use snn2rtl::qann::eval::evaluate;
use snn2rtl::quant::{Element, InputSpec, Padding, Scaling};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/strangers")
}

/// Images of bytes, as most of the files take them.
fn image() -> InputSpec {
    let half = || vec!["0.5".parse().unwrap()];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    InputSpec { element: Element::U8, scaling, channel_axis: None }
}

/// Images of bytes whose black is 0.
fn black() -> InputSpec {
    let number = |text: &str| vec![text.parse().unwrap()];
    let scaling = Scaling::Normalise { mean: number("0"), std: number("1") };
    InputSpec { element: Element::U8, scaling, channel_axis: None }
}

/// Imports a file that has no problem.
fn read(name: &str, input: Option<&InputSpec>, adjustments: &Adjustments) -> Examined {
    let path = folder().join(format!("{name}.onnx"));
    let examined = examine(&path, input, None, adjustments).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(examined.problems.is_empty(), "{name}: {:?}", examined.problems);
    examined
}

/// Compares all that is in the reference; the number of layers of which the levels were compared.
fn check(name: &str, input: Option<&InputSpec>, adjustments: &Adjustments) -> usize {
    let network = read(name, input, adjustments).network;
    let (model, _) =
        convert(&network, name, "test", EncodingChoice::Analog).unwrap_or_else(|e| panic!("{name}: {e}"));
    let lowered = lower(&model).unwrap_or_else(|e| panic!("{name}: {e}"));
    let golden = Golden::new(&lowered.network).unwrap();
    let spiking = &model.network;
    let is_readout = |id: &_| matches!(spiking.node(*id).op, snn2rtl::snn::Op::Readout);
    let last = spiking.topological().into_iter().find(is_readout).unwrap();
    let order = model.views.get(&spiking.node(last).name).map(|view| &view.order);
    let mut state = golden.state();
    let array = |array: &str| format!("{}:{array}", folder().join(format!("{name}.npz")).display());
    let (shape, inputs) = read_integers(&array("inputs")).unwrap();
    let (_, logits) = read_floats(&array("logits")).unwrap();
    let size: usize = shape.0[1..].iter().product();
    let largest = logits.iter().fold(1e-9f64, |most, x| most.max(x.abs()));
    let mut compared = std::collections::BTreeSet::new();
    for (n, sample) in inputs.chunks(size).enumerate() {
        let raw: Vec<i32> = sample.iter().map(|&q| i32::try_from(q).unwrap()).collect();
        let float = evaluate(&network, &raw);
        for (node, levels) in &float.levels {
            let layer = &network.node(*node).name;
            let Ok((_, expected)) = read_integers(&array(&format!("level/{layer}"))) else { continue };
            let levels: Vec<i64> = levels.iter().map(|&k| k.into()).collect();
            assert_eq!(levels, expected[n * levels.len()..][..levels.len()], "{name}: {layer}, sample {n}");
            compared.insert(layer.clone());
        }
        let expected = &logits[n * float.logits.len()..][..float.logits.len()];
        let near = |a: f64, b: f64| (a - b).abs() < 1e-5 * largest;
        assert!(float.logits.iter().zip(expected).all(|(&a, &b)| near(a, b)), "{name}, sample {n}");
        let outcome = golden.run(&mut state, &raw, &Limits::default(), &mut Unobserved);
        let (readout, classes) = (&lowered.readout, lowered.readout.scale.len());
        for (c, &b) in expected.iter().enumerate() {
            // The model may have its logits in another order.
            let at = order.map_or(c, |order| order[c]);
            #[expect(clippy::cast_precision_loss)]
            let real = readout.scale[at % classes] * outcome.totals[at] as f64 + readout.bias[at % classes];
            assert!(near(real, b), "{name}, sample {n}: logit {c} is {real}, not {b}");
        }
    }
    compared.len()
}

#[test]
fn quantisers_as_their_authors_write_them() {
    for name in ["mlp_qcfs_ts", "mlp_pact_ts", "mlp_dorefa_ts"] {
        assert_eq!(check(name, Some(&image()), &Adjustments::default()), 2, "{name}");
    }
}

#[test]
fn affine_steps_alone() {
    for name in
        ["mlp_norm_inside_ts", "mlp_neg_ts", "mlp_sub_ts", "mlp_factor_after_ts", "mlp_relu6_after_ts"]
    {
        assert_eq!(check(name, Some(&image()), &Adjustments::default()), 2, "{name}");
    }
}

#[test]
fn other_float_types() {
    for name in ["mlp_half", "mlp_double"] {
        assert_eq!(check(name, Some(&image()), &Adjustments::default()), 2, "{name}");
    }
}

#[test]
fn what_stands_behind_the_logits_is_dropped() {
    for name in ["mlp_lsq_temperature_ts", "mlp_lsq_argmax_ts", "mlp_lsq_sigmoid_ts"] {
        let examined = read(name, Some(&image()), &Adjustments::default());
        let told: Vec<&str> = examined.notes.iter().map(|(_, text)| &text[..]).collect();
        assert!(told.iter().any(|text| text.starts_with("dropped: ")), "{name}: {told:?}");
        assert_eq!(check(name, Some(&image()), &Adjustments::default()), 2, "{name}");
    }
}

#[test]
fn quantised_after_training() {
    for (name, layers) in [("ort_mlp_u8", 3), ("ort_mlp_u16", 3), ("ort_mlp_gelu", 4), ("ort_vit_relu", 10)] {
        let compared = check(name, None, &Adjustments::default());
        assert!(compared >= layers, "{name}: {compared}");
    }
}

/// A causal mask together with padding; RMSNorm.
#[test]
fn decoders() {
    for name in ["gpt_padding_ts", "gpt_rms_ts"] {
        let compared = check(name, None, &Adjustments::default());
        assert!(compared >= 5, "{name}: {compared}");
    }
}

/// Llama, whose layers are quantised before the rotation, and GPT-NeoX, which rotates a part of the channels of float layers.
#[test]
fn rotary_positions() {
    for (name, layers) in
        [("hf_llama_rotated_dynamo", 12), ("hf_grouped_rotated_dynamo", 9), ("hf_neox_rotated_dynamo", 8)]
    {
        let compared = check(name, None, &Adjustments::default());
        assert!(compared >= layers, "{name}: {compared}");
    }
}

/// Hugging Face's classifier of tokens, `[N, tokens, classes]`, with a padding mask.
#[test]
fn classes_of_tokens() {
    let mask = ("attention_mask".to_owned(), Binding::NotToken(1));
    let adjustments = Adjustments { bindings: vec![mask], shapes: Vec::new() };
    assert!(check("hf_bert_tokens_ts", None, &adjustments) >= 7);
    assert_eq!(logits("hf_bert_tokens_ts", None, &adjustments), Shape::matrix(5, 4));
}

/// A residual block and the head of torchvision's FCN: `[N, classes, lines, columns]`.
#[test]
fn classes_of_pixels() {
    assert_eq!(check("cnn_segmenter_ts", Some(&black()), &Adjustments::default()), 4);
    let shape = logits("cnn_segmenter_ts", Some(&black()), &Adjustments::default());
    assert_eq!(shape, Shape(vec![4, 8, 8]));
}

/// The shape of a model's output.
fn logits(name: &str, input: Option<&InputSpec>, adjustments: &Adjustments) -> Shape {
    let network = read(name, input, adjustments).network;
    let last = network.topological().into_iter().next_back().expect("an output");
    let mut shape = network.node(last).shape.clone();
    // Without the batch.
    while shape.0.first() == Some(&1) {
        shape.0.remove(0);
    }
    shape
}

/// Gates of a perceptron, and of the channels of a map.
#[test]
fn gates() {
    assert!(check("gpt_gated_ts", None, &Adjustments::default()) >= 5);
    assert!(check("cnn_mobile_squeeze_ts", Some(&black()), &Adjustments::default()) >= 5);
}

/// Programs of torchao's pt2e.
#[test]
fn quantised_by_pt2e() {
    for (name, layers) in [("pt2e_mlp", 2), ("pt2e_lenet_per_channel", 4)] {
        let compared = check(name, None, &Adjustments::default());
        assert!(compared >= layers, "{name}: {compared}");
    }
}

/// Tokens mixed by linear layers, by convolutions whose channels are the tokens, and by `Einsum`, without a quantiser before the
/// residual sum and with one.
#[test]
fn mixed_tokens() {
    for name in ["mixer_ts", "mixer_einsum_dynamo", "mixer_late_conv_ts"] {
        let compared = check(name, Some(&image()), &Adjustments::default());
        assert!(compared >= 5, "{name}: {compared}");
    }
}

/// FNet: constant matrices on both sides.
#[test]
fn fourier_transforms() {
    assert!(check("ort_fnet_ts", None, &Adjustments::default()) >= 10);
}

/// Tokens beside the tokens before and behind them; the sums of MobileBERT with a factor for each channel.
#[test]
fn moved_rows() {
    for name in ["shifted_ts", "shifted_mix_ts"] {
        let compared = check(name, Some(&image()), &Adjustments::default());
        assert!(compared >= 3, "{name}: {compared}");
    }
    let compared = check("ort_hf_mobilebert_ts", None, &Adjustments::default());
    assert!(compared >= 30, "{compared}");
}

/// A prefix that all queries see, attention sinks, causal blocks.
#[test]
fn prefixes_and_blocks() {
    for name in ["gpt_prefix_ts", "gpt_sinks_ts", "gpt_chunked_ts"] {
        let compared = check(name, None, &Adjustments::default());
        assert!(compared >= 5, "{name}: {compared}");
    }
}

/// A number for each channel behind a ReLU.
#[test]
fn numbers_by_channel() {
    assert_eq!(check("mlp_affine_ts", Some(&image()), &Adjustments::default()), 2);
}

/// Pixels repeated to twice the extents, beside those of the larger map.
#[test]
fn nearest_neighbours() {
    assert_eq!(check("cnn_upsampled_ts", Some(&black()), &Adjustments::default()), 3);
}

/// Linear weights: before a concatenation, before a convolution with and without a power of two as divisor, on the classes of
/// pixels, and of positions.
#[test]
fn linear_interpolation() {
    for (name, layers) in [
        ("cnn_bilinear_ts", 3),
        ("cnn_resized_corners_dynamo", 3),
        ("cnn_resized_line_ts", 4),
        ("cnn_resized_pool_ts", 3),
        ("cnn_resized_segments_ts", 2),
    ] {
        assert_eq!(check(name, Some(&black()), &Adjustments::default()), layers, "{name}");
    }
    assert!(check("ort_unet_bilinear_ts", None, &Adjustments::default()) >= 10);
}

/// Networks of `make_packages.py`: transposed convolutions, parts side by side, maxima of points, padding behind a quantiser, a
/// channel shuffle before a grouped convolution, gates and factors of transposed maps, scores
/// of a single query.
#[test]
fn classes_of_packages() {
    for (name, layers) in [
        ("ort_unet_transposed_ts", 9),
        ("ort_conv_autoencoder_ts", 2),
        ("ort_tabular_dense_ts", 5),
        ("ort_m5_ts", 7),
        ("ort_pointnet_ts", 6),
        ("ort_yolo_relu_ts", 19),
        ("ort_tcn_left_ts", 6),
        ("ort_tv_shufflenet_ts", 26),
        ("ort_gmlp_dynamo", 15),
        ("ort_timm_resmlp_ts", 24),
        ("ort_attention_pool_ts", 12),
    ] {
        let compared = check(name, None, &Adjustments::default());
        assert_eq!(compared, layers, "{name}");
    }
}

/// What is added in these files are levels, so that no sum is rounded.
#[test]
fn sums_of_levels_are_exact() {
    for name in [
        "ort_tabular_dense_ts",
        "ort_yolo_relu_ts",
        "ort_unet_transposed_ts",
        "ort_tcn_left_ts",
        "ort_attention_pool_ts",
    ] {
        let network = read(name, None, &Adjustments::default()).network;
        let (model, _) = convert(&network, name, "test", EncodingChoice::Analog).unwrap();
        let units = lower(&model).unwrap().units;
        assert!(!units.is_empty() && units.values().all(|unit| unit.is_exact), "{name}: {units:?}");
    }
}

#[test]
fn transformers() {
    for name in ["vit_einsum_ts", "vit_gqa_ts", "timm_deit_ts", "timm_vit_avg_ts"] {
        let compared = check(name, Some(&image()), &Adjustments::default());
        assert!(compared >= 5, "{name}: {compared}");
    }
}

#[test]
fn masks_and_positions_of_token_ids() {
    assert!(check("text_min_ts", None, &Adjustments::default()) >= 3);
    assert!(check("text_cumsum_ts", None, &Adjustments::default()) >= 3);
    let mask = ("attention_mask".to_owned(), Binding::NotToken(1));
    let adjustments = Adjustments { bindings: vec![mask], shapes: Vec::new() };
    for name in ["hf_bert_mask_ts", "hf_roberta_mask_ts"] {
        let compared = check(name, None, &adjustments);
        assert!(compared >= 5, "{name}: {compared}");
        let told = read(name, None, &adjustments).notes;
        assert!(told.iter().any(|(_, text)| text.contains("token is 1")), "{name}: {told:?}");
    }
}

/// Positions that are counted, and no mask: samples without padding.
#[test]
fn counted_positions_without_a_mask() {
    assert!(check("hf_roberta_ts", None, &Adjustments::default()) >= 5);
    let examined = read("hf_roberta_ts", None, &Adjustments::default());
    assert_eq!(examined.padding, Some(Padding::Absent(1)));
    assert!(examined.notes.iter().any(|(_, text)| text.contains("samples that contain it are refused")));
    let mask = ("attention_mask".to_owned(), Binding::NotToken(1));
    let adjustments = Adjustments { bindings: vec![mask], shapes: Vec::new() };
    assert_eq!(read("hf_roberta_mask_ts", None, &adjustments).padding, Some(Padding::Last(1)));
    assert_eq!(read("hf_bert_mask_ts", None, &adjustments).padding, None);
    // All masked, but the last layer reads all tokens.
    assert!(check("text_cumsum_flat_ts", None, &Adjustments::default()) >= 3);
    assert_eq!(read("text_cumsum_flat_ts", None, &Adjustments::default()).padding, Some(Padding::Absent(1)));
    assert_eq!(read("text_cumsum_ts", None, &Adjustments::default()).padding, Some(Padding::Last(1)));
}

/// A mask as a second input is not guessed.
#[test]
fn a_second_input_is_named() {
    let path = folder().join("hf_bert_mask_ts.onnx");
    let error = examine(&path, None, None, &Adjustments::default()).err().unwrap();
    assert!(error.problem.contains("2 inputs (input_ids, attention_mask)"), "{error}");
    assert!(error.fix.unwrap().contains("--bind attention_mask=padding:ID"));
    let other = ("mask".to_owned(), Binding::Number(1));
    let adjustments = Adjustments { bindings: vec![other], shapes: Vec::new() };
    let error = examine(&path, None, None, &adjustments).err().unwrap();
    assert!(error.problem.contains("no input \"mask\""), "{error}");
    // Extents that are fixed.
    let adjustments =
        Adjustments { shapes: vec![("input_ids".to_owned(), vec![1, 5, 1])], bindings: Vec::new() };
    let error = examine(&path, None, None, &adjustments).err().unwrap();
    assert!(error.problem.contains("3 extents"), "{error}");
}
