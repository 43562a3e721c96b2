//! What a user reads when a model cannot be imported. The texts are in `tests/goldens/import_errors/`; set
//! `UPDATE_GOLDENS=1` to rewrite them.

use std::path::PathBuf;

use snn2rtl::error::Error;
use snn2rtl::import::Options;

use crate::builder::{
    Builder, floats, import_bytes, int, int64s, ints, options, small_ints, string, value_info,
};

/// Compares an error with its golden text.
fn check(name: &str, error: &Error) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/import_errors");
    let path = folder.join(format!("{name}.txt"));
    let error = Error { file: None, ..error.clone() };
    let text = format!("{error}\n");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{}", path.display());
    assert_eq!(error.exit_code(), 2);
    for one in error.each() {
        assert!(one.fix.is_some(), "{name}: no fix for {one}");
    }
}

fn refuse(name: &str, builder: &Builder) {
    refuse_with(name, builder, &options());
}

pub fn refuse_with(name: &str, builder: &Builder, options: &Options) {
    let folder = tempfile::tempdir().unwrap();
    let checked = snn2rtl::flow::check(&snn2rtl::flow::check::Options {
        model: builder.save(folder.path()),
        input: Some(options.input.clone()),
        weight_bits: options.weight_bits,
        adjustments: Default::default(),
        encoding: snn2rtl::convert::EncodingChoice::Analog,
        precision: snn2rtl::quant::Precision::EXACT,
        spiking: snn2rtl::nir::Options::default(),
        name: None,
        insert: None,
        search: None,
    });
    match checked.and_then(|checked| checked.converted()) {
        Ok(converted) => panic!("{name} was converted:\n{}", converted.model.network.text()),
        Err(error) => check(name, &error),
    }
}

/// A model with one node that reads `x`.
fn one(op: &str, inputs: &[&str]) -> Builder {
    let mut b = Builder::new(&[4]);
    b.scalar("c", 0.5).node(op, inputs, "y");
    b
}

fn quantiser() -> Builder {
    let mut b = Builder::new(&[3, 4]);
    b.scalar("s", 0.5).spikezip("act", "x", "s", -8.0, 7.0, "y");
    b
}

/// Replaces a constant.
fn with(mut builder: Builder, tensor: snn2rtl::import::proto::TensorProto) -> Builder {
    builder.graph.initializer.retain(|t| t.name != tensor.name);
    builder.constant(tensor);
    builder
}

#[test]
fn files() {
    let refuse = |name: &str, bytes: &[u8]| check(name, &import_bytes(bytes, &options()).unwrap_err());
    let whole = quantiser().encode();
    refuse("empty_file", &[]);
    refuse("truncated", &whole[..whole.len() - 9]);
    refuse("text", b"this is not a model");
    let error = snn2rtl::import::import(std::path::Path::new("/nonexistent/m.onnx"), &options()).unwrap_err();
    check("missing_file", &error);
    assert!(error.to_string().contains("m.onnx"));
}

#[test]
fn inputs_and_outputs() {
    let mut b = quantiser();
    b.graph.input.push(value_info("mask", &[Some(1), Some(4)]));
    refuse("two_inputs", &b);
    let mut b = quantiser();
    b.graph.output.push(value_info("x", &[None]));
    refuse("two_outputs", &b);
    let mut b = quantiser();
    b.graph.output[0].name = "nothing".into();
    refuse("output_not_written", &b);
    let mut b = quantiser();
    b.graph.input[0] = value_info("x", &[None, None, Some(4)]);
    refuse("dynamic_extent", &b);
    let mut b = quantiser();
    b.graph.input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape = None;
    refuse("no_shape", &b);
    let mut b = quantiser();
    b.graph.input[0] = value_info("x", &[None, Some(1 << 40), Some(1 << 40)]);
    refuse("huge_input", &b);
    let mut b = quantiser();
    b.graph.input[0] = value_info("x", &[None]);
    refuse("batch_only", &b);
}

#[test]
fn wiring() {
    let mut b = quantiser();
    b.graph.node[0].input[0] = "nothing".into();
    refuse("missing_input", &b);
    let mut b = quantiser();
    b.graph.node[0].input[0] = "/act/Floor".into();
    refuse("cycle", &b);
    let mut b = quantiser();
    b.node("Relu", &["x"], "/act/Floor");
    refuse("duplicate_value", &b);
    let mut b = quantiser();
    b.graph.node.clear();
    refuse("no_nodes", &b);
    refuse("constant_output", &one("Relu", &["c"]));
    refuse("omitted_input", &one("Relu", &[""]));
}

/// A convolution of 2×6×6 with these attributes.
fn convolution(extents: &[i64], weights: &[f32], attributes: &[(&str, &[i64])], group: i64) -> Builder {
    let mut b = Builder::new(&[2, 6, 6]);
    b.constant(floats("w", extents, weights)).node("Conv", &["x", "w"], "c").with(int("group", group));
    for (name, list) in attributes {
        b.with(ints(name, list));
    }
    b.node("Flatten", &["c"], "y");
    b
}

#[test]
fn feature_maps() {
    let kernels: &[i64] = &[2, 2, 3, 3];
    type Lists<'a> = &'a [(&'a str, &'a [i64])];
    let cases: [(&str, Lists<'_>); 6] = [
        ("negative_padding", &[("pads", &[1, -1, 1, 1])]),
        ("stride_of_zero", &[("strides", &[0, 1])]),
        ("padding_in_one_list", &[("pads", &[1, 1])]),
        ("huge_padding", &[("pads", &[1 << 40, 0, 0, 0])]),
        ("huge_dilation", &[("dilations", &[i64::MAX, 1])]),
        ("kernel_beyond_the_image", &[("dilations", &[3, 3])]),
    ];
    for (name, attributes) in cases {
        refuse(name, &convolution(kernels, &[0.5; 36], attributes, 1));
    }
    refuse("groups_that_do_not_divide", &convolution(&[2, 1, 3, 3], &[0.5; 18], &[], 3));
    refuse("no_groups", &convolution(&[2, 1, 3, 3], &[0.5; 18], &[], 0));
    refuse("nan_kernel", &convolution(kernels, &[f32::NAN; 36], &[], 1));
    refuse("three_directions", &{
        let mut b = Builder::new(&[1, 2, 6, 6]);
        b.constant(floats("w", &[2, 1, 1, 3, 3], &[0.5; 18])).node("Conv", &["x", "w"], "y");
        b
    });
    // Padding with a mean: no raw element is 0.
    let mut b = Builder::new(&[2, 6, 6]);
    b.node("AveragePool", &["x"], "y").with(ints("kernel_shape", &[2, 2])).with(ints("pads", &[1, 1, 0, 0]));
    refuse("pool_without_padding", &b);
    let mut b = Builder::new(&[2, 6, 6]);
    b.node("MaxPool", &["x"], "y").with(ints("kernel_shape", &[2, 2]));
    refuse("pool_without_quantiser", &b);
    let mut b = Builder::new(&[2, 6, 6]);
    b.constant(int64s("pads", &[8], &[0, 0, 1, 1, 0, 0, 1, 1])).node("Pad", &["x", "pads"], "y");
    refuse("pad_alone", &b);
    let normalise = |scale: &[f32], training: i64| {
        let mut b = Builder::new(&[2, 6, 6]);
        b.constant(floats("s", &[2], scale)).constant(floats("v", &[2], &[1.0, -1.0]));
        b.node("BatchNormalization", &["x", "s", "s", "s", "v"], "y").with(int("training_mode", training));
        b
    };
    refuse("negative_variance", &normalise(&[1.0, 1.0], 0));
    refuse("infinite_factor", &normalise(&[f32::INFINITY, 1.0], 0));
    refuse("training_mode", &normalise(&[1.0, 1.0], 1));
}

#[test]
fn operators() {
    refuse("unsupported_operator", &one("Sin", &["x"]));
    let mut b = one("Trunc", &["x", "c"]);
    b.domain("qonnx.custom_op.general");
    refuse("trunc", &b);
    let mut b = one("BipolarQuant", &["x", "c"]);
    b.domain("qonnx.custom_op.general");
    refuse("bipolar_quant", &b);
    let mut b = Builder::new(&[4]);
    b.node("Softmax", &["x"], "s").node("Mul", &["x", "s"], "y");
    refuse("product_of_values", &b);
    let numbers = |dims: &[i64]| {
        let mut b = Builder::new(dims);
        for (name, value) in [("zero", 0), ("one", 1), ("two", 2), ("four", 4)] {
            b.constant(int64s(name, &[1], &[value]));
        }
        b
    };
    let mut b = numbers(&[3, 4]);
    b.node("Slice", &["x", "zero", "one", "one"], "s").node("Slice", &["x", "zero", "one", "two"], "t");
    b.node("Mul", &["s", "t"], "y");
    refuse("product_of_repeated_values", &b);
    // A roll of a map along its lines.
    let mut b = numbers(&[4, 4, 2]);
    b.node("Slice", &["x", "two", "four", "one"], "s").node("Slice", &["x", "zero", "two", "one"], "t");
    b.node("Concat", &["s", "t"], "y").with(int("axis", 1));
    refuse("rolled", &b);
    let mut b = Builder::new(&[4]);
    b.scalar("c", 3.5).node("Sigmoid", &["x"], "s").node("Pow", &["s", "c"], "y");
    refuse("power", &b);
    let mut b = Builder::new(&[4]);
    b.constant(floats("c", &[4], &[1.0, 2.0, 3.0, 4.0])).node("Mul", &["x", "c"], "y");
    refuse("product_with_constant", &b);
    let mut b = Builder::new(&[4]);
    b.constant(floats("c", &[3, 4], &[0.0; 12])).node("Add", &["x", "c"], "y");
    refuse("spread_value", &b);
    let mut b = Builder::new(&[4]);
    b.constant(floats("w", &[1, 1], &[1.0])).node("MatMul", &["w", "x"], "y");
    refuse("constant_on_the_left", &b);
    let mut b = Builder::new(&[4]);
    b.node("Sin", &["x"], "a").node("Cos", &["a"], "e").node("Cos", &["e"], "y");
    refuse("several_unsupported", &b);
    let mut b = Builder::new(&[4]);
    b.node("NonZero", &["x"], "n").node("Shape", &["n"], "t").node("Reshape", &["x", "t"], "r");
    b.node("Relu", &["r"], "y");
    refuse("shape_computed_from_data", &b);
}

#[test]
fn quantisers() {
    for (name, scale) in [
        ("zero_scale", 0.0),
        ("negative_scale", -0.5),
        ("nan_scale", f32::NAN),
        ("infinite_scale", f32::INFINITY),
    ] {
        refuse(name, &with(quantiser(), floats("s", &[], &[scale])));
    }
    refuse("scale_on_rows", &with(quantiser(), floats("s", &[3, 1], &[0.5, 0.25, 1.0])));
    refuse("fractional_bound", &with(quantiser(), floats("/act/high", &[], &[7.5])));
    refuse("bounds_by_channel", &with(quantiser(), floats("/act/high", &[4], &[7.0, 7.0, 6.0, 7.0])));
    refuse("offset", &with(quantiser(), floats("/act/half", &[], &[0.25])));
    refuse("too_many_levels", &with(quantiser(), floats("/act/high", &[], &[1e6])));
    refuse("no_upper_bound", &with(quantiser(), floats("/act/high", &[], &[f32::MAX])));
    let mut b = quantiser();
    b.scalar("other", 0.25);
    b.graph.node[0].input[1] = "other".into();
    refuse("two_scales", &b);
    let mut b = quantiser();
    b.scalar("r", 3.0);
    b.graph.node[0].op_type = "Mul".into();
    b.graph.node[0].input[1] = "r".into();
    refuse("rounded_reciprocal", &b);
    let mut b = quantiser();
    b.graph.node[0].op_type = "Relu".into();
    b.graph.node[0].input.pop();
    refuse("no_division", &b);
}

#[test]
fn quantisers_with_parameters() {
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.5).scalar("t", 0.25);
    b.node("QuantizeLinear", &["x", "s"], "q").node("DequantizeLinear", &["q", "t"], "y");
    refuse("dequantised_with_another_scale", &b);
    let mut b = Builder::new(&[4]);
    b.constant(floats("s", &[1, 2], &[0.5, 0.5]));
    b.node("QuantizeLinear", &["x", "s"], "q").node("DequantizeLinear", &["q", "s"], "y");
    b.with(int("block_size", 2));
    refuse("blocked", &b);
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.5).node("QuantizeLinear", &["x", "s"], "y");
    refuse("not_dequantised", &b);
    let quant = |zero: f32, bits: f32, mode: &str| {
        let mut b = Builder::new(&[4]);
        b.scalar("s", 0.5).scalar("z", zero).scalar("b", bits);
        b.node("Quant", &["x", "s", "z", "b"], "y").domain("qonnx.custom_op.general");
        b.with(string("rounding_mode", mode));
        b
    };
    refuse("fractional_zero_point", &quant(0.5, 4.0, "ROUND"));
    refuse("rounding_mode", &quant(1.0, 4.0, "ROUND_TO_ZERO"));
    refuse("half_away_from_zero", &quant(0.0, 4.0, "HALF_UP"));
    refuse("unknown_rounding_mode", &quant(0.0, 4.0, "SIDEWAYS\n"));
    refuse("fractional_width", &quant(0.0, 3.5, "ROUND"));
    refuse("bipolar_width", &quant(0.0, 1.0, "ROUND"));
}

#[test]
fn weights() {
    let layer = |tensor| {
        let mut b = Builder::new(&[2]);
        b.constant(tensor).scalar("s", 0.5).spikezip("fc1/wq", "w", "s", -8.0, 7.0, "wq");
        b.node("MatMul", &["x", "wq"], "/fc1/MatMul").node("Relu", &["/fc1/MatMul"], "y");
        b
    };
    refuse("nan_weight", &layer(floats("w", &[2, 1], &[1.0, f32::NAN])));
    refuse("weights_not_a_matrix", &layer(floats("w", &[2], &[1.0, 2.0])));
    refuse("text_constant", &layer(small_ints("w", &[2, 1], 8, &[1, 2])));
    refuse("too_few_elements", &layer(floats("w", &[2, 1], &[1.0])));
    refuse("huge_constant", &layer(floats("w", &[1 << 31, 1 << 31], &[1.0])));
    let by_input = with(layer(floats("w", &[2, 2], &[1.0; 4])), floats("s", &[2, 1], &[0.5, 0.25]));
    refuse("scale_by_input", &by_input);
    let mut b = layer(floats("w", &[2, 1], &[1.0; 2]));
    b.graph.node.iter_mut().find(|n| n.op_type == "MatMul").unwrap().input[1] = "x".into();
    refuse("two_computed_factors", &b);
}

#[test]
fn constants_out_of_proportion() {
    let mut b = Builder::new(&[4]);
    b.constant(int64s("t", &[2], &[1 << 14, 1 << 14])).node("ConstantOfShape", &["t"], "c");
    b.node("MatMul", &["x", "c"], "y");
    let error = b.import_with(&Options { weight_bits: Some(8), ..options() }).unwrap_err();
    check("out_of_proportion", &error);
}

/// Every message is in the documentation as it is, so that a search for it finds the page.
#[test]
fn the_page_lists_every_message() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/importing.md")).unwrap();
    let goldens = std::fs::read_dir(root.join("tests/goldens/import_errors")).unwrap();
    let mut missing: Vec<String> = goldens
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .flat_map(|text| messages(&text))
        .filter(|message| !page.contains(message))
        .collect();
    missing.sort();
    assert!(missing.is_empty(), "not in docs/importing.md:\n{}", missing.join("\n"));
}

/// The problems in a golden text, as they stand in the documentation: alone, or in a numbered list below its title.
fn messages(text: &str) -> Vec<String> {
    let mut lines = text.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned);
    let first = lines.next().unwrap_or_default();
    let rest: Vec<String> =
        lines.filter_map(|line| line.split_once(". ").map(|(_, problem)| problem.to_owned())).collect();
    let all = if rest.is_empty() { vec![first] } else { rest };
    all.into_iter().map(|problem| format!("`{problem}`")).collect()
}

/// A small network with a problem in each of several nodes: all are found at once, and only they.
#[test]
fn all_problems_at_once() {
    // No quantiser between the layers; their float weights are no problem.
    let weights = |b: &mut Builder, name: &str, rows: i64, columns: i64| {
        let primes = [2.0f32, 3.0, 5.0, 7.0, 11.0, 13.0];
        let data: Vec<f32> = (0..rows * columns).map(|n| primes[n as usize % 6].sqrt() + n as f32).collect();
        b.constant(floats(name, &[rows, columns], &data));
    };
    let mut b = Builder::new(&[3]);
    weights(&mut b, "w1", 3, 4);
    weights(&mut b, "w2", 4, 2);
    b.node("MatMul", &["x", "w1"], "/fc1/MatMul").node("Relu", &["/fc1/MatMul"], "r");
    b.node("MatMul", &["r", "w2"], "y");
    refuse("weights_and_activations", &b);
    // An unsupported operator of known extents, before it a wrong quantiser, behind it a wrong mean.
    let mut b = Builder::new(&[3, 4]);
    b.scalar("s", -0.5).spikezip("act", "x", "s", -8.0, 7.0, "q");
    b.node("Sin", &["q"], "sin").node("ReduceMean", &["sin"], "y");
    b.with(ints("axes", &[1, 2]));
    refuse("before_and_behind_an_unsupported_operator", &b);
    // Overlapping kernels with weights that are not quantised; the extents behind them are known all the same.
    let mut b = Builder::new(&[1, 6, 6]);
    let kernel: Vec<f32> = (0u8..18).map(|n| (f32::from(n) + 2.0).sqrt()).collect();
    b.constant(floats("k", &[2, 1, 3, 3], &kernel))
        .node("Conv", &["x", "k"], "c")
        .with(ints("strides", &[1, 1]));
    b.node("Softmax", &["c"], "p").with(int("axis", 1));
    b.node("Sin", &["p"], "y");
    refuse("convolution_and_softmax", &b);
}
