//! Linear layers, activations, reshapes.

use snn2rtl::error::Error;
use snn2rtl::graph::Shape;
use snn2rtl::import::Options;
use snn2rtl::qann::{Network, Op};
use snn2rtl::quant::Weights;

use crate::builder::{Builder, float, floats, int, int64s, ints, options, small_ints};

fn network(builder: &Builder) -> Network {
    builder.import().unwrap_or_else(|e| panic!("{e}")).network
}

/// The only linear layer of a model, whose bias is made of floats.
fn linear(builder: &Builder) -> (Weights, Vec<f32>) {
    let (weights, bias) = layer(&network(builder));
    #[expect(clippy::cast_possible_truncation)]
    let float = |&b: &f64| Some(b as f32).filter(|&f| f64::from(f) == b);
    (weights, bias.iter().map(float).collect::<Option<_>>().expect("floats"))
}

/// The only linear layer of a network.
fn layer(network: &Network) -> (Weights, Vec<f64>) {
    let found: Vec<(Weights, Vec<f64>)> = network
        .topological()
        .into_iter()
        .filter_map(|id| match &network.node(id).op {
            Op::Linear { weights, bias } => Some((weights.clone(), bias.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(found.len(), 1);
    found[0].clone()
}

/// Weights 2×3, output by output, in steps of 1/4, behind a SpikeZIP quantiser of that scale.
const FLOATS: [f32; 6] = [0.25, -0.5, 0.74, 0.125, -0.126, 9.0];

fn weights() -> Weights {
    Weights { inputs: 3, outputs: 2, levels: vec![1, -2, 3, 1, -1, 7], scale: vec![0.25] }
}

fn quantised() -> Builder {
    let mut b = Builder::new(&[3]);
    b.constant(floats("w", &[2, 3], &FLOATS))
        .scalar("ws", 0.25)
        .spikezip("fc/wq", "w", "ws", -8.0, 7.0, "wq");
    b.constant(floats("b", &[2], &[0.1, 0.2]));
    b
}

#[test]
fn gemm_and_matmul() {
    let mut gemm = quantised();
    gemm.node("Gemm", &["x", "wq", "b"], "y").with(int("transB", 1));
    assert_eq!(linear(&gemm), (weights(), vec![0.1, 0.2]));
    let mut matmul = quantised();
    matmul.node("Transpose", &["wq"], "wt").with(ints("perm", &[1, 0]));
    matmul.node("MatMul", &["x", "wt"], "m").node("Add", &["b", "m"], "y");
    assert_eq!(linear(&matmul), (weights(), vec![0.1, 0.2]));
    let mut transposed_twice = quantised();
    transposed_twice.node("Transpose", &["wq"], "wt").node("Cast", &["wt"], "wc").with(int("to", 1));
    transposed_twice.node("Transpose", &["wc"], "w3");
    transposed_twice.node("Gemm", &["x", "w3"], "y").with(int("transB", 1));
    assert_eq!(linear(&transposed_twice), (weights(), vec![]));
}

#[test]
fn bias_forms() {
    for (dims, data, expected) in
        [(&[][..], &[0.5][..], [0.5, 0.5]), (&[1, 2], &[0.5, 1.0], [0.5, 1.0]), (&[1], &[0.5], [0.5, 0.5])]
    {
        let mut b = quantised();
        b.constant(floats("c", dims, data)).node("Gemm", &["x", "wq"], "m").with(int("transB", 1));
        b.node("Add", &["m", "c"], "y");
        assert_eq!(linear(&b).1, expected);
    }
    let mut integers = quantised();
    integers.constant(small_ints("bi", &[2], 6, &[1 << 20, -3])).scalar("bs", 0.125);
    integers.node("DequantizeLinear", &["bi", "bs"], "bd");
    integers.node("Gemm", &["x", "wq", "bd"], "y").with(int("transB", 1));
    assert_eq!(linear(&integers).1, [131_072.0, -0.375]);
    let mut twice = quantised();
    twice.constant(floats("c", &[2], &[1.0, -0.25]));
    twice.node("Gemm", &["x", "wq"], "m").with(int("transB", 1));
    twice.node("Add", &["m", "c"], "a").scalar("d", 0.5).node("Add", &["a", "d"], "y");
    assert_eq!(linear(&twice).1, [1.5, 0.25]);
}

#[test]
fn biases_that_no_float_holds() {
    // An integer of 30 bits times a scale of 24 bits needs 54 bits at most; a double holds 53.
    let scale = 0.1f32;
    let bias = |level: i32, more: f32| {
        let mut b = quantised();
        b.constant(small_ints("bi", &[2], 6, &[level, -3])).scalar("bs", scale).scalar("more", more);
        b.node("DequantizeLinear", &["bi", "bs"], "bd");
        b.node("Gemm", &["x", "wq", "bd"], "m").with(int("transB", 1)).node("Add", &["m", "more"], "y");
        let imported = b.import().unwrap_or_else(|e| panic!("{e}"));
        let detail = &imported.explanation.last().unwrap().detail;
        (layer(&imported.network).1, detail.contains("rounded to doubles"))
    };
    let exact = |level: i32| f64::from(level) * f64::from(scale);
    assert_eq!(bias(12_345_679, 0.0), (vec![exact(12_345_679), exact(-3)], false));
    assert_eq!(bias(12_345_679, 0.5), (vec![exact(12_345_679) + 0.5, exact(-3) + 0.5], false));
    assert_eq!(bias((1 << 30) + 1, 0.0), (vec![exact((1 << 30) + 1), exact(-3)], true));
    assert_eq!(bias(1, 1e30), (vec![f64::from(1e30f32); 2], true));
}

#[test]
fn biases_behind_quantisers() {
    let mut lsq = quantised();
    lsq.scalar("bs", 0.1).spikezip("fc/bq", "b", "bs", -128.0, 127.0, "bd");
    lsq.node("Gemm", &["x", "wq", "bd"], "y").with(int("transB", 1));
    assert_eq!(layer(&network(&lsq)).1, [1.0, 2.0].map(|k| k * f64::from(0.1f32)));
    let mut quant = quantised();
    quant.scalar("bs", 1e-9).scalar("z", 0.0).scalar("bits", 32.0);
    quant
        .node("Quant", &["b", "bs", "z", "bits"], "bd")
        .domain("qonnx.custom_op.general")
        .with(int("narrow", 0));
    quant.node("Gemm", &["x", "wq"], "m").with(int("transB", 1)).node("Add", &["m", "bd"], "y");
    // round(0.1f32/1e-9f32) and round(0.2f32/1e-9f32), in exact arithmetic.
    let scale = f64::from(1e-9f32);
    assert_eq!(layer(&network(&quant)).1, [100_000_004.0 * scale, 200_000_009.0 * scale]);
}

#[test]
fn factors_are_merged_exactly() {
    let mut b = quantised();
    b.node("Gemm", &["x", "wq", "b"], "y").with(int("transB", 1));
    b.with(float("alpha", 0.5)).with(float("beta", 2.0));
    let (w, bias) = linear(&b);
    assert_eq!((w.scale, bias), (vec![0.125], vec![0.2, 0.4]));
}

#[test]
fn weights_in_every_form() {
    let expected = Weights { scale: vec![0.25, 0.5], ..weights() };
    let levels = [1, -2, 3, 1, -1, 7];
    let mut integers = Builder::new(&[3]);
    integers.constant(small_ints("w", &[2, 3], 3, &levels)).constant(floats("s", &[2], &[0.25, 0.5]));
    integers.node("DequantizeLinear", &["w", "s"], "d").with(int("axis", 0));
    integers.node("Gemm", &["x", "d"], "y").with(int("transB", 1));
    assert_eq!(linear(&integers).0, expected);

    let shifted: Vec<i32> = levels.iter().map(|l| l + 5).collect();
    let mut unsigned = Builder::new(&[3]);
    unsigned.constant(small_ints("w", &[2, 3], 2, &shifted)).constant(floats("s", &[2], &[0.25, 0.5]));
    unsigned.constant(small_ints("z", &[2], 2, &[5, 5]));
    unsigned.node("DequantizeLinear", &["w", "s", "z"], "d").with(int("axis", 0)).node(
        "Transpose",
        &["d"],
        "t",
    );
    unsigned.node("MatMul", &["x", "t"], "y");
    assert_eq!(linear(&unsigned).0, expected);

    let real = [0.25, -0.5, 0.75, 0.5, -0.5, 99.0];
    for scale in [&[2, 1][..], &[1, 2, 1]] {
        let mut quant = Builder::new(&[3]);
        quant.constant(floats("w", &[2, 3], &real)).constant(floats("s", scale, &[0.25, 0.5]));
        quant.scalar("z", 0.0).scalar("bits", 4.0);
        quant.node("Quant", &["w", "s", "z", "bits"], "d").domain("qonnx.custom_op.general");
        quant.node("Gemm", &["x", "d"], "y").with(int("transB", 1));
        assert_eq!(linear(&quant).0, expected);
    }

    let mut packed = Builder::new(&[3]);
    packed.constant(small_ints("w", &[2, 3], 22, &[0xE1, 0x13, 0x7F])).scalar("s", 0.25);
    packed.node("DequantizeLinear", &["w", "s"], "d").node("Gemm", &["x", "d"], "y").with(int("transB", 1));
    assert_eq!(linear(&packed).0, weights());
}

#[test]
fn weights_are_quantised_in_exact_arithmetic() {
    // In single precision w/s + 1/2 rounds up to 1; the exact ratio is below 1/2.
    let s = 1.0f32;
    let w = 0.5f32 - f32::EPSILON / 4.0;
    assert_eq!((w / s + 0.5).floor(), 1.0);
    let mut b = Builder::new(&[1]);
    b.constant(floats("w", &[1, 1], &[w])).scalar("ws", s).spikezip("wq", "w", "ws", -8.0, 7.0, "d");
    b.node("MatMul", &["x", "d"], "y");
    assert_eq!(linear(&b).0.levels, [0]);
}

/// Imports a layer with these weights, 2×3, and no quantiser.
fn plain(w: &[f32], weight_bits: Option<u8>) -> Result<(Weights, String), Error> {
    let mut b = Builder::new(&[3]);
    b.constant(floats("w", &[2, 3], w)).node("Gemm", &["x", "w"], "y").with(int("transB", 1));
    let imported = b.import_with(&Options { weight_bits, ..options() })?;
    Ok((layer(&imported.network).0, imported.explanation[0].detail.clone()))
}

#[test]
fn float_weights_are_rounded_on_request() {
    let w = [0.5, -1.0, 0.2f32.sqrt() - 0.2, 0.0, 0.0, 0.0];
    let (weights, detail) = plain(&w, Some(4)).unwrap();
    // 1/7 in single precision is a little more than 1/7, so that 1/2 is a little less than 3 1/2 of it.
    assert_eq!(weights.levels, [3, -7, 2, 0, 0, 0]);
    assert_eq!(weights.scale, [f64::from(1.0f32 / 7.0), 1.0]);
    assert_eq!(detail, "2×3 weights -7…3 per output channel (floats, rounded at import)");
}

#[test]
fn float_weights_are_taken_to_24_bits_of_the_largest() {
    // One unit is 2^-23 for the first output; for the second 2^-24, and two zeros at the end are part of the scale.
    let (first, second) = ([1.5 - f32::EPSILON, 2f32.powi(-23), 2f32.powi(-24) * 3.0], [0.5, 0.0, 0.25]);
    let (weights, detail) = plain(&[first, second].concat(), None).unwrap();
    assert_eq!(weights.levels, [(3 << 22) - 1, 1, 2, 2, 0, 1]);
    assert_eq!(weights.scale, [2f64.powi(-23), 0.25]);
    assert_eq!(detail, "2×3 weights 0…12582911 per output channel (floats, to 24 bits of the largest)");
    // Floats of random mantissas come back exactly where their exponents are equal, and to half a unit elsewhere.
    let random = [0.7f32.sqrt(), -(0.6f32.sqrt()), 0.003f32.sqrt(), -1e30f32.sqrt(), 1e-38, 0.0];
    let (weights, _) = plain(&random, None).unwrap();
    for (e, &w) in random.iter().enumerate() {
        let back = f64::from(weights.levels[e]) * weights.scale[e / 3];
        let largest = f64::from(random[e / 3 * 3].abs());
        assert!((back - f64::from(w)).abs() <= largest * 2f64.powi(-24), "{w} became {back}");
    }
    assert_eq!(f64::from(weights.levels[0]) * weights.scale[0], f64::from(random[0]));
}

#[test]
fn float_weights_that_are_multiples_of_a_scale_are_kept() {
    let product = |k: [i8; 6], s: [f32; 2]| {
        let w: Vec<f32> = (0..6).map(|e| f32::from(k[e]) * s[e / 3]).collect();
        (w, k.map(i32::from))
    };
    let (w, k) = product([1, -128, 77, 0, 5, 127], [0.1, 0.1]);
    for bits in [None, Some(8), Some(16)] {
        let (weights, detail) = plain(&w, bits).unwrap();
        assert_eq!((&weights.levels[..], &weights.scale[..]), (&k[..], &[f64::from(0.1f32)][..]));
        assert_eq!(detail, "2×3 weights -128…127 per tensor (floats that are integers times a scale)");
    }
    // Too wide for 4 bits: rounded.
    assert_eq!(plain(&w, Some(4)).unwrap().0.scale.len(), 2);
    let (w, k) = product([1, -128, 77, 1, 5, 127], [0.1, 0.0123]);
    let (weights, detail) = plain(&w, None).unwrap();
    let scales = [0.1f32, 0.0123].map(f64::from);
    assert_eq!((&weights.levels[..], &weights.scale[..]), (&k[..], &scales[..]));
    assert!(detail.contains("per output channel"), "{detail}");
}

#[test]
fn shape_chains_with_a_dynamic_batch() {
    let mut b = Builder::new(&[2, 3, 4]);
    b.node("Shape", &["x"], "shape").constant(int64s("zero", &[], &[0])).constant(int64s("m1", &[1], &[-1]));
    b.constant(int64s("axes", &[1], &[0]));
    b.node("Gather", &["shape", "zero"], "n").node("Unsqueeze", &["n", "axes"], "n1");
    b.node("Concat", &["n1", "m1"], "target").with(int("axis", 0));
    b.node("Reshape", &["x", "target"], "flat").node("Relu", &["flat"], "y");
    let n = network(&b);
    assert_eq!(n.node(n.find("flat").unwrap()).op, Op::Reshape(Shape(vec![24])));
}

#[test]
fn moves() {
    let mut b = Builder::new(&[2, 1, 3]);
    b.constant(int64s("axes", &[1], &[2])).constant(int64s("last", &[1], &[-1]));
    b.node("Squeeze", &["x", "axes"], "a").node("Transpose", &["a"], "t").with(ints("perm", &[0, 2, 1]));
    b.node("Unsqueeze", &["t", "last"], "u").node("Dropout", &["u"], "d").node("Flatten", &["d"], "f");
    b.node("Identity", &["f"], "i").node("Relu", &["i"], "r").node("Cast", &["r"], "y").with(int("to", 11));
    let text = network(&b).text();
    let kinds: Vec<&str> = text.lines().filter_map(|l| l.split(": ").nth(1)?.split(' ').next()).collect();
    assert_eq!(kinds, ["input", "reshape", "transpose", "reshape", "reshape", "relu", "output"]);
}

/// LayerNorm of 3 channels in single operations; `change` may alter them.
fn spelt_out(change: impl Fn(&mut Builder)) -> Builder {
    let mut b = Builder::new(&[2, 3]);
    b.scalar("two", 2.0).scalar("half", 0.5).scalar("e", 0.01);
    b.constant(floats("g", &[3], &[1.0, 2.0, 3.0])).constant(floats("b", &[3], &[0.5, 0.25, 0.0]));
    b.constant(int64s("last", &[1], &[-1])).constant(int64s("rows", &[1], &[1]));
    b.node("ReduceMean", &["x", "last"], "mean").node("Sub", &["x", "mean"], "d");
    b.node("Pow", &["d", "two"], "sq").node("ReduceMean", &["sq", "last"], "var");
    b.node("Add", &["var", "e"], "v").node("Sqrt", &["v"], "root").node("Div", &["d", "root"], "n");
    b.node("Mul", &["n", "g"], "ng").node("Add", &["ng", "b"], "y");
    change(&mut b);
    b
}

/// Replaces the node that writes `output`.
fn replace(b: &mut Builder, output: &str, op: &str, inputs: &[&str]) {
    b.graph.node.retain(|n| n.output[0] != output);
    b.node(op, inputs, output);
}

#[test]
fn layer_norm_spelt_out() {
    let parts = |b: &Builder| {
        let network = network(b);
        assert_eq!(network.len(), 3, "{}", network.text());
        let norm = network.topological()[1];
        let Op::LayerNorm { gamma, beta, epsilon, centred: true } = &network.node(norm).op else {
            panic!("no norm")
        };
        (gamma.clone(), beta.clone(), *epsilon)
    };
    let expected = (vec![1.0, 2.0, 3.0], vec![0.5, 0.25, 0.0], 0.01);
    assert_eq!(parts(&spelt_out(|_| ())), expected);
    assert_eq!(parts(&spelt_out(|b| replace(b, "sq", "Mul", &["d", "d"]))), expected);
    assert_eq!(parts(&spelt_out(|b| replace(b, "root", "Pow", &["v", "half"]))), expected);
    assert_eq!(parts(&spelt_out(|b| replace(b, "y", "Add", &["b", "ng"]))), expected);
    let reciprocal = |b: &mut Builder| {
        b.node("Reciprocal", &["root"], "r");
        replace(b, "n", "Mul", &["r", "d"]);
    };
    assert_eq!(parts(&spelt_out(reciprocal)), expected);
    let twice = |b: &mut Builder| {
        b.node("Sub", &["x", "mean"], "d2").node("Cast", &["d2"], "d3").with(int("to", 1));
        replace(b, "sq", "Pow", &["d3", "two"]);
    };
    assert_eq!(parts(&spelt_out(twice)), expected);
    // Without β, then without γ.
    let no_beta = |b: &mut Builder| replace(b, "y", "Mul", &["g", "n"]);
    assert_eq!(parts(&spelt_out(no_beta)), (expected.0.clone(), vec![0.0; 3], 0.01));
    let plain = |b: &mut Builder| replace(b, "y", "Div", &["d", "root"]);
    assert_eq!(parts(&spelt_out(plain)), (vec![1.0; 3], vec![0.0; 3], 0.01));
}

#[test]
fn rms_norm() {
    let parts = |b: &Builder| {
        let network = network(b);
        assert_eq!(network.len(), 3, "{}", network.text());
        let norm = network.topological()[1];
        let Op::LayerNorm { gamma, beta, epsilon, centred: false } = &network.node(norm).op else {
            panic!("no norm")
        };
        assert_eq!(beta, &[0.0; 3]);
        (gamma.clone(), *epsilon)
    };
    let expected = (vec![1.0, 2.0, 3.0], 0.01);
    let spelt_out = |square: [&str; 3], rest: &[(&str, &[&str], &str)]| {
        let mut b = Builder::new(&[2, 3]);
        b.scalar("two", 2.0).scalar("half", 0.5).scalar("e", 0.01).scalar("one", 1.0);
        b.constant(floats("g", &[3], &[1.0, 2.0, 3.0])).constant(int64s("last", &[1], &[-1]));
        b.node(square[0], &square[1..], "sq").node("ReduceMean", &["sq", "last"], "var");
        b.node("Add", &["var", "e"], "v");
        rest.iter().for_each(|(op, inputs, output)| {
            b.node(op, inputs, output);
        });
        b
    };
    // PyTorch's, and that of Llama.
    let torch: &[(&str, &[&str], &str)] = &[
        ("Sqrt", &["v"], "root"),
        ("Reciprocal", &["root"], "r"),
        ("Mul", &["x", "r"], "n"),
        ("Mul", &["n", "g"], "y"),
    ];
    assert_eq!(parts(&spelt_out(["Pow", "x", "two"], torch)), expected);
    let llama: &[(&str, &[&str], &str)] =
        &[("Pow", &["v", "half"], "root"), ("Div", &["x", "root"], "n"), ("Mul", &["g", "n"], "y")];
    assert_eq!(parts(&spelt_out(["Mul", "x", "x"], llama)), expected);
    let inverse: &[(&str, &[&str], &str)] = &[
        ("Sqrt", &["v"], "root"),
        ("Div", &["one", "root"], "r"),
        ("Mul", &["r", "x"], "n"),
        ("Mul", &["g", "n"], "y"),
    ];
    assert_eq!(parts(&spelt_out(["Mul", "x", "x"], inverse)), expected);
    let mut b = Builder::new(&[2, 3]);
    b.constant(floats("g", &[3], &[1.0, 2.0, 3.0])).node("RMSNormalization", &["x", "g"], "y");
    b.graph.node.last_mut().unwrap().attribute.push(float("epsilon", 0.01));
    assert_eq!(parts(&b), expected);
}

#[test]
fn what_is_nearly_a_layer_norm() {
    let refused = |change: &dyn Fn(&mut Builder)| {
        let network = spelt_out(change).import();
        assert!(network.is_err(), "{}", network.unwrap().network.text());
    };
    refused(&|b| replace(b, "sq", "Pow", &["d", "half"]));
    refused(&|b| replace(b, "sq", "Pow", &["x", "two"]));
    refused(&|b| replace(b, "n", "Div", &["x", "root"]));
    refused(&|b| replace(b, "root", "Sqrt", &["var"]));
    refused(&|b| replace(b, "var", "ReduceMean", &["sq", "rows"]));
    refused(&|b| replace(b, "mean", "ReduceMean", &["x", "rows"]));
    refused(&|b| {
        b.constant(floats("g2", &[2, 1], &[1.0, 2.0]));
        replace(b, "ng", "Mul", &["n", "g2"]);
    });
}

#[test]
fn means() {
    let mean = |extents: &[i64], axes: &[i64], keep: i64| {
        let mut b = Builder::new(extents);
        b.constant(int64s("axes", &[axes.len() as i64], axes));
        b.node("ReduceMean", &["x", "axes"], "y").with(int("keepdims", keep));
        b.import().map(|i| i.network)
    };
    let shape = |network: Network| network.node(network.find("y").unwrap()).shape.0.clone();
    assert_eq!(shape(mean(&[4, 3], &[1], 0).unwrap()), [3]);
    assert_eq!(shape(mean(&[4, 3], &[-2], 1).unwrap()), [1, 3]);
    assert_eq!(shape(mean(&[1, 3], &[1], 0).unwrap()), [3]);
    let problem = |extents: &[i64], axes: &[i64]| mean(extents, axes, 1).unwrap_err().problem;
    assert_eq!(problem(&[4, 3], &[2]), "a mean of [1, 4, 3] over the extents [2] is not supported");
    assert!(problem(&[2, 4, 3], &[1]).contains("over the extents [1]"));
    // All pixels of a feature map.
    assert_eq!(shape(mean(&[2, 4, 3], &[2, 3], 1).unwrap()), [2, 1, 1]);
    assert!(problem(&[2, 4, 3], &[1, 3]).contains("over the extents [1, 3]"));
    assert!(problem(&[4, 3], &[7]).contains("axis 7"));
}
