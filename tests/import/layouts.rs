//! Operators that put elements in other places, and transposed convolutions: what is imported computes what ONNX defines, for
//! random attributes; hostile ones are refused.

use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::golden::{Golden, Limits, Unobserved};
use snn2rtl::lower::lower;
use snn2rtl::qann::eval::evaluate;

use crate::builder::{Builder, floats, int, int64s, ints, string};

/// The logits of a model for a ramp of raw elements, and the real values of these.
fn run(b: &Builder, len: usize) -> (Vec<f64>, Vec<f64>) {
    let imported = b.import().unwrap_or_else(|e| panic!("{e}"));
    let raw: Vec<i32> = (0..len as i32).map(|e| 4096 + (e * 37 + e * e) % 500 - 250).collect();
    let x = raw.iter().map(|&q| f64::from(q - 4096) / 128.0).collect();
    (evaluate(&imported.network, &raw).logits, x)
}

fn problem(b: &Builder) -> String {
    b.import().err().map_or_else(String::new, |e| e.to_string())
}

/// A transposed convolution of `[channels, size…]`.
#[derive(Clone, Debug)]
struct Case {
    size: Vec<usize>,
    groups: usize,
    depth: usize,
    outputs: usize,
    kernel: Vec<usize>,
    stride: Vec<usize>,
    dilation: Vec<usize>,
    pads: Vec<usize>,
    more: Vec<usize>,
}

impl Case {
    fn output(&self) -> Option<Vec<usize>> {
        let rank = self.size.len();
        let one = |d: usize| {
            let all = (self.size[d] - 1) * self.stride[d]
                + (self.kernel[d] - 1) * self.dilation[d]
                + 1
                + self.more[d];
            all.checked_sub(self.pads[d] + self.pads[rank + d]).filter(|&n| n > 0)
        };
        (0..rank).map(one).collect()
    }

    fn weights(&self) -> Vec<f32> {
        let len = self.depth * self.groups * self.outputs * self.kernel.iter().product::<usize>();
        (0..len).map(|e| ((e * 29 + 7) % 15) as f32 - 7.0).collect()
    }

    fn builder(&self) -> Builder {
        let list = |v: &[usize]| v.iter().map(|&n| n as i64).collect::<Vec<i64>>();
        let mut extents = vec![(self.depth * self.groups) as i64];
        extents.extend(list(&self.size));
        let mut b = Builder::new(&extents);
        let mut dims = vec![extents[0], self.outputs as i64];
        dims.extend(list(&self.kernel));
        b.constant(floats("w", &dims, &self.weights()));
        b.constant(floats(
            "b",
            &[(self.outputs * self.groups) as i64],
            &vec![0.5; self.outputs * self.groups],
        ));
        b.node("ConvTranspose", &["x", "w", "b"], "y").with(int("group", self.groups as i64));
        b.with(ints("strides", &list(&self.stride))).with(ints("dilations", &list(&self.dilation)));
        b.with(ints("pads", &list(&self.pads))).with(ints("output_padding", &list(&self.more)));
        b
    }

    /// By definition: every pixel adds the kernel, times itself, to the result.
    fn compute(&self, x: &[f64], output: &[usize]) -> Vec<f64> {
        let two = |v: &[usize], other: usize| if v.len() == 1 { [other, v[0]] } else { [v[0], v[1]] };
        let rank = self.size.len();
        let ([h, w], [kh, kw]) = (two(&self.size, 1), two(&self.kernel, 1));
        let ([sh, sw], [dh, dw]) = (two(&self.stride, 1), two(&self.dilation, 1));
        let ([ph, pw], [oh, ow]) = (two(&self.pads[..rank], 0), two(output, 1));
        let (weights, outputs) = (self.weights(), self.outputs * self.groups);
        let mut y = vec![0.5; outputs * oh * ow];
        for c in 0..self.depth * self.groups {
            for (o, i, j) in
                (0..self.outputs).flat_map(|o| (0..kh).flat_map(move |i| (0..kw).map(move |j| (o, i, j))))
            {
                let weight = f64::from(weights[((c * self.outputs + o) * kh + i) * kw + j]);
                for (r, s) in (0..h).flat_map(|r| (0..w).map(move |s| (r, s))) {
                    let (Some(a), Some(b)) =
                        ((r * sh + i * dh).checked_sub(ph), (s * sw + j * dw).checked_sub(pw))
                    else {
                        continue;
                    };
                    if a < oh && b < ow {
                        let o = c / self.depth * self.outputs + o;
                        y[(o * oh + a) * ow + b] += weight * x[(c * h + r) * w + s];
                    }
                }
            }
        }
        y
    }
}

fn case() -> impl Strategy<Value = Case> {
    (1usize..3).prop_flat_map(|rank| {
        let list = move |range: std::ops::Range<usize>| prop::collection::vec(range, rank);
        let pads = prop::collection::vec(0usize..3, 2 * rank);
        let channels = (1usize..3, 1usize..3, 1usize..3);
        (list(1..4), channels, list(1..5), list(1..4), list(1..3), pads, list(0..2)).prop_map(
            |(size, (groups, depth, outputs), kernel, stride, dilation, pads, more)| Case {
                size,
                groups,
                depth,
                outputs,
                kernel,
                stride,
                dilation,
                pads,
                more,
            },
        )
    })
}

proptest! {
    #[test]
    fn transposed_convolutions(case in case()) {
        let Some(output) = case.output() else {
            prop_assert!(case.builder().import().is_err());
            return Ok(());
        };
        let len = case.depth * case.groups * case.size.iter().product::<usize>();
        let (found, x) = run(&case.builder(), len);
        prop_assert_eq!(found, case.compute(&x, &output));
    }

    /// Whatever the attributes are, there is an answer or an error.
    #[test]
    fn hostile_transposed_convolutions(
        lists in prop::collection::vec(prop::collection::vec(prop_oneof![-2i64..4, Just(i64::MAX), Just(1 << 21)], 0..5), 5),
        group in prop_oneof![-1i64..4, Just(i64::MIN)],
        dims in prop::collection::vec(0i64..3, 2..5),
        weight in prop_oneof![Just(1.0f32), Just(f32::NAN), Just(f32::INFINITY)],
    ) {
        let mut b = Builder::new(&[2, 3, 3]);
        let len = dims.iter().product::<i64>();
        b.constant(floats("w", &dims, &vec![weight; len as usize]));
        b.node("ConvTranspose", &["x", "w"], "y").with(int("group", group));
        for (name, list) in ["strides", "dilations", "pads", "output_padding", "kernel_shape"].iter().zip(&lists) {
            if !list.is_empty() {
                b.with(ints(name, list));
            }
        }
        if let Ok(imported) = b.import() {
            prop_assert!(weight == 1.0);
            let _ = evaluate(&imported.network, &[4096; 18]);
        }
    }

    #[test]
    fn slices_with_steps(start in -7i64..7, end in -7i64..7, step in -3i64..4) {
        let mut b = Builder::new(&[2, 5]);
        let one = |name: &str, value: i64| int64s(name, &[1], &[value]);
        b.constant(one("s", start)).constant(one("e", end)).constant(one("a", 2)).constant(one("t", step));
        b.node("Slice", &["x", "s", "e", "a", "t"], "y");
        let absolute = |p: i64| if p < 0 { p + 5 } else { p };
        let (low, high) = if step > 0 { (0, 5) } else { (-1, 4) };
        let (mut at, stop) = (absolute(start).clamp(low, high), absolute(end).clamp(low, high));
        let mut chosen = Vec::new();
        while step != 0 && (if step > 0 { at < stop } else { at > stop }) {
            chosen.push(at as usize);
            at += step;
        }
        if chosen.is_empty() {
            prop_assert!(b.import().is_err());
            return Ok(());
        }
        let (found, x) = run(&b, 10);
        let expected: Vec<f64> = (0..2).flat_map(|r| chosen.iter().map(move |c| r * 5 + c)).map(|e| x[e]).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn blocks_of_pixels() {
    // The definitions of ONNX, with 8 channels of 1×2 pixels, and 2 channels of 2×4.
    for (mode, channel) in [("DCR", [0usize, 2, 4, 6]), ("CRD", [0, 1, 2, 3])] {
        let mut b = Builder::new(&[8, 1, 2]);
        b.node("DepthToSpace", &["x"], "y").with(int("blocksize", 2)).with(string("mode", mode));
        let (found, x) = run(&b, 16);
        let first: Vec<f64> =
            [(0, 0), (1, 0), (0, 1), (1, 1)].iter().map(|&(c, at)| x[channel[c] * 2 + at]).collect();
        assert_eq!(found[..4], first, "{mode}");
    }
    let mut b = Builder::new(&[2, 2, 4]);
    b.node("SpaceToDepth", &["x"], "y").with(int("blocksize", 2));
    let (found, x) = run(&b, 16);
    let expected: Vec<f64> =
        [0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15].iter().map(|&e| x[e]).collect();
    assert_eq!(found, expected);
    for size in [0, -1, 3, i64::MAX] {
        let mut b = Builder::new(&[8, 1, 2]);
        b.node("DepthToSpace", &["x"], "y").with(int("blocksize", size));
        assert!(problem(&b).contains("blocks of"), "{size}: {}", problem(&b));
    }
}

#[test]
fn a_constant_on_the_left_mixes_rows() {
    let mut b = Builder::new(&[3, 2]);
    b.constant(floats("w", &[2, 3], &[1.0, 2.0, -3.0, 0.0, 5.0, 1.0])).node("MatMul", &["w", "x"], "y");
    let (found, x) = run(&b, 6);
    let row = |w: [f64; 3], c: usize| w[0] * x[c] + w[1] * x[2 + c] + w[2] * x[4 + c];
    let rows = [[1.0, 2.0, -3.0], [0.0, 5.0, 1.0]];
    assert_eq!(found, rows.iter().flat_map(|&w| [row(w, 0), row(w, 1)]).collect::<Vec<_>>());
}

#[test]
fn constants_of_channels_of_a_map_and_differences() {
    let mut b = Builder::new(&[2, 1, 3]);
    b.constant(floats("f", &[2, 1, 1], &[2.0, -0.5])).constant(floats("o", &[1, 2, 1, 1], &[1.0, 3.0]));
    b.node("Mul", &["x", "f"], "m").node("Sub", &["o", "m"], "s").node("Sub", &["x", "s"], "y");
    let (found, x) = run(&b, 6);
    let expected = (0..6).map(|e| {
        let (f, o) = if e < 3 { (2.0, 1.0) } else { (-0.5, 3.0) };
        x[e] - (o - f * x[e])
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn a_resize_to_the_same_extents_is_nothing() {
    for mode in ["linear", "cubic", "nearest"] {
        let mut b = Builder::new(&[1, 2, 3]);
        b.constant(floats("scales", &[4], &[1.0; 4]))
            .node("Resize", &["x", "", "scales"], "y")
            .with(string("mode", mode));
        let (found, x) = run(&b, 6);
        assert_eq!(found, x, "{mode}");
    }
    let mut b = Builder::new(&[1, 2, 3]);
    b.constant(floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0]));
    b.node("Resize", &["x", "", "scales"], "y").with(string("mode", "cubic"));
    assert!(problem(&b).contains("cubic"), "{}", problem(&b));
}

/// A `Resize` with linear weights of values of these extents, by factors or to sizes.
fn linear_resize(extents: &[i64], scales: &[f32], sizes: &[i64], mode: &str) -> Builder {
    let mut b = Builder::new(extents);
    let inputs: &[&str] = if sizes.is_empty() { &["x", "", "scales"] } else { &["x", "", "", "sizes"] };
    if sizes.is_empty() {
        b.constant(floats("scales", &[scales.len() as i64], scales));
    } else {
        b.constant(int64s("sizes", &[sizes.len() as i64], sizes));
    }
    b.node("Resize", inputs, "y")
        .with(string("mode", "linear"))
        .with(string("coordinate_transformation_mode", mode));
    b
}

/// As ONNX defines it, axis by axis.
fn interpolated(x: &[f64], scale: f64, to: usize, mode: &str) -> Vec<f64> {
    let last = x.len() as f64 - 1.0;
    let one = |o: usize| {
        let o = o as f64;
        let at = match mode {
            "half_pixel" => (o + 0.5) / scale - 0.5,
            "pytorch_half_pixel" if to == 1 => 0.0,
            "pytorch_half_pixel" => (o + 0.5) / scale - 0.5,
            "align_corners" if to == 1 => 0.0,
            "align_corners" => o * last / (to as f64 - 1.0),
            "asymmetric" => o / scale,
            other => panic!("{other}"),
        };
        let at = at.clamp(0.0, last);
        let (first, rest) = (at.floor() as usize, at - at.floor());
        x[first] * (1.0 - rest) + x.get(first + 1).map_or(0.0, |next| next * rest)
    };
    (0..to).map(one).collect()
}

#[test]
fn linear_weights_of_every_mode() {
    for mode in ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"] {
        for (from, to) in [(3usize, 6usize), (4, 6), (6, 3), (5, 1), (1, 4), (3, 7)] {
            // Positions of two channels; lines, and columns of a map with its channels last.
            let (size, scale) = (to as i64, to as f64 / from as f64);
            let b = linear_resize(&[2, from as i64], &[], &[1, 2, size], mode);
            let (found, x) = run(&b, 2 * from);
            let expected: Vec<f64> = x.chunks(from).flat_map(|x| interpolated(x, scale, to, mode)).collect();
            let near = |found: &[f64], expected: &[f64]| {
                found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9)
            };
            assert!(near(&found, &expected), "{mode} {from} {to}: {found:?}, not {expected:?}");
            let b = linear_resize(&[1, from as i64, 2], &[], &[1, 1, size, 4], mode);
            let (found, x) = run(&b, 2 * from);
            let wide: Vec<Vec<f64>> = x.chunks(2).map(|line| interpolated(line, 2.0, 4, mode)).collect();
            let column = |c: usize| wide.iter().map(|line| line[c]).collect::<Vec<f64>>();
            let columns: Vec<Vec<f64>> = (0..4).map(|c| interpolated(&column(c), scale, to, mode)).collect();
            let expected: Vec<f64> = (0..to).flat_map(|y| columns.iter().map(move |c| c[y])).collect();
            assert!(near(&found, &expected), "{mode} {from} {to}: {found:?}, not {expected:?}");
        }
    }
    let b = linear_resize(&[2, 2, 3], &[1.0, 2.0, 2.0, 1.0], &[], "half_pixel");
    let (found, x) = run(&b, 12);
    // The second of four lines, the first of four columns, the last channel.
    let expected = (3.0 * x[2] + x[8]) / 4.0;
    assert!((found[(4 * 3) + 2] - expected).abs() < 1e-12, "{found:?}");
}

#[test]
fn what_linear_weights_are_refused() {
    let refused = |b: &Builder, text: &str| assert!(problem(b).contains(text), "{}", problem(b));
    let mut b = linear_resize(&[1, 4, 4], &[1.0, 1.0, 0.5, 0.5], &[], "half_pixel");
    b.with(int("antialias", 1));
    refused(&b, "antialias=1");
    let mut b = linear_resize(&[1, 4, 4], &[1.0, 1.0, 2.0, 2.0], &[], "half_pixel");
    b.with(int("antialias", 1));
    assert_eq!(problem(&b), "");
    refused(
        &linear_resize(&[1, 3, 3], &[1.0, 1.0, 1.5, 1.5], &[], "align_corners"),
        "no whole number of pixels",
    );
    refused(
        &linear_resize(&[1, 3], &[1.0, 1.0, 0.5], &[], "pytorch_half_pixel"),
        "no whole number of pixels",
    );
    refused(&linear_resize(&[2, 3, 3, 3], &[1.0, 1.0, 2.0, 2.0, 2.0], &[], "half_pixel"), "is not supported");
    refused(&linear_resize(&[2, 3, 3], &[1.0, 2.0, 2.0, 2.0], &[], "half_pixel"), "is not supported");
    refused(
        &linear_resize(&[1, 3, 3], &[1.0, 1.0, 2.0, 2.0], &[], "tf_crop_and_resize"),
        "tf_crop_and_resize",
    );
    refused(&linear_resize(&[1, 1500, 1500], &[], &[1, 1, 2998, 2998], "align_corners"), "different weights");
    for bad in [f32::NAN, f32::INFINITY, 0.0, -1.0, 1e30, 1e-30] {
        let b = linear_resize(&[1, 3, 3], &[1.0, 1.0, bad, 2.0], &[], "half_pixel");
        assert!(!problem(&b).is_empty(), "{bad}");
    }
    for bad in [0, -1, i64::MAX] {
        let b = linear_resize(&[1, 3, 3], &[], &[1, 1, bad, 3], "half_pixel");
        assert!(!problem(&b).is_empty(), "{bad}");
    }
}

#[test]
fn the_culprit_is_named_before_the_input() {
    let mut b = Builder::new(&[4, 3]);
    b.constant(floats("w", &[1, 8, 3], &[0.5; 24])).constant(floats("r", &[1, 8, 2], &[0.5; 16]));
    b.node("LSTM", &["x", "w", "r"], "y").with(int("hidden_size", 2));
    assert!(problem(&b).contains("the recurrent layer LSTM is not supported"), "{}", problem(&b));
    let mut b = Builder::new(&[2, 3, 3]);
    b.constant(floats("s", &[2], &[1.0; 2])).constant(floats("o", &[2], &[0.0; 2]));
    b.node("InstanceNormalization", &["x", "s", "o"], "y");
    assert!(problem(&b).contains("statistics are those of all pixels"), "{}", problem(&b));
}

/// LayerNorm of rows that are in another order than those of the neurons: tokens of patches (MobileViT).
#[test]
fn a_layer_norm_keeps_the_order_of_rows() {
    for perm in [[0, 2, 1, 3], [0, 1, 3, 2]] {
        let mut b = Builder::new(&[6, 4]);
        b.scalar("s", 0.25).spikezip("q", "x", "s", -8.0, 7.0, "a");
        b.constant(int64s("parts", &[4], &[1, 2, 3, 4])).constant(int64s("rows", &[3], &[1, 6, 4]));
        b.node("Reshape", &["a", "parts"], "p").node("Transpose", &["p"], "t").with(ints("perm", &perm));
        b.node("Reshape", &["t", "rows"], "r");
        b.constant(floats("g", &[4], &[1.0, 0.5, 2.0, 1.5])).constant(floats(
            "o",
            &[4],
            &[0.0, 0.25, -0.5, 1.0],
        ));
        b.node("LayerNormalization", &["r", "g", "o"], "n")
            .with(int("axis", -1))
            .spikezip("v", "n", "s", -8.0, 7.0, "l");
        let weights: Vec<f32> = (0..48).map(|e| ((e * 11) % 17) as f32 - 8.0).collect();
        b.constant(int64s("one", &[2], &[1, 24])).constant(floats("w", &[24, 2], &weights));
        b.node("Reshape", &["l", "one"], "f").node("MatMul", &["f", "w"], "y");
        same_logits(&b, 24);
    }
}

/// BatchNorm of parts of different scales side by side (DenseNet): each part is normalised by itself.
#[test]
fn a_normalisation_of_parts_side_by_side() {
    let mut b = Builder::new(&[2, 2, 3]);
    b.scalar("s", 0.25).scalar("t", 0.1).spikezip("q", "x", "s", -8.0, 7.0, "a");
    b.spikezip("p", "x", "t", 0.0, 15.0, "c").node("Concat", &["a", "c"], "j").with(int("axis", 1));
    for (name, values) in [("g", [1.0, -0.5, 2.0, 1.5]), ("o", [0.0, 0.25, -0.5, 1.0])] {
        b.constant(floats(name, &[4], &values));
    }
    b.constant(floats("m", &[4], &[0.5, 0.0, -0.25, 0.0])).constant(floats(
        "v",
        &[4],
        &[1.0, 4.0, 0.25, 2.0],
    ));
    b.node("BatchNormalization", &["j", "g", "o", "m", "v"], "n").node("Relu", &["n"], "r");
    b.spikezip("z", "r", "s", 0.0, 15.0, "l");
    let weights: Vec<f32> = (0..48).map(|e| ((e * 11) % 17) as f32 - 8.0).collect();
    b.constant(int64s("one", &[2], &[1, 24])).constant(floats("w", &[24, 2], &weights));
    b.node("Reshape", &["l", "one"], "f").node("MatMul", &["f", "w"], "y");
    same_logits(&b, 12);
}

/// Compares the logits of the golden model with those of the float network, for a ramp of raw elements.
fn same_logits(b: &Builder, len: i32) {
    let network = b.import().unwrap_or_else(|e| panic!("{e}")).network;
    let (model, _) =
        convert(&network, "test", "test", EncodingChoice::Analog).unwrap_or_else(|e| panic!("{e}"));
    let lowered = lower(&model).unwrap_or_else(|e| panic!("{e}"));
    let golden = Golden::new(&lowered.network).unwrap();
    let raw: Vec<i32> = (0..len).map(|e| 4096 + (e * 37 + e * e) % 500 - 250).collect();
    let outcome = golden.run(&mut golden.state(), &raw, &Limits::default(), &mut Unobserved);
    for (c, expected) in evaluate(&network, &raw).logits.into_iter().enumerate() {
        #[expect(clippy::cast_precision_loss)]
        let found = lowered.readout.scale[c] * outcome.totals[c] as f64 + lowered.readout.bias[c];
        assert!((found - expected).abs() < 1e-9, "logit {c} is {found}, not {expected}");
    }
}

/// The sum of a value and a transposed sum that is still open, with as many rows as channels: its terms are transposed.
#[test]
fn an_open_sum_in_another_order_is_not_taken_for_its_own() {
    let mut b = Builder::new(&[3, 3]);
    b.scalar("s", 0.25).spikezip("q", "x", "s", -8.0, 7.0, "a");
    b.constant(floats("w", &[3, 3], &[1.0, 2.0, -3.0, 0.0, 5.0, 1.0, 4.0, -1.0, 2.0]));
    b.constant(floats("v", &[3, 3], &[2.0, 0.0, 1.0, 1.0, 5.0, 1.0, 3.0, -1.0, 0.0]));
    b.node("MatMul", &["a", "w"], "l").node("MatMul", &["a", "v"], "m").node("Add", &["l", "m"], "n");
    b.node("Transpose", &["n"], "t").with(ints("perm", &[0, 2, 1]));
    b.node("Add", &["t", "a"], "y");
    let network = b.import().unwrap_or_else(|e| panic!("{e}")).network;
    let (model, _) =
        convert(&network, "test", "test", EncodingChoice::Analog).unwrap_or_else(|e| panic!("{e}"));
    let lowered = lower(&model).unwrap_or_else(|e| panic!("{e}"));
    let golden = Golden::new(&lowered.network).unwrap();
    let raw: Vec<i32> = (0..9).map(|e| 4096 + (e * 37 + e * e * 11) % 400 - 200).collect();
    let outcome = golden.run(&mut golden.state(), &raw, &Limits::default(), &mut Unobserved);
    let expected = evaluate(&network, &raw).logits;
    assert_eq!(outcome.totals.len(), expected.len());
    let at = |list: &[f64], c: usize| list[c % list.len()];
    for (c, expected) in expected.into_iter().enumerate() {
        #[expect(clippy::cast_precision_loss)]
        let found = at(&lowered.readout.scale, c) * outcome.totals[c] as f64 + at(&lowered.readout.bias, c);
        assert!((found - expected).abs() < 1e-9, "logit {c} is {found}, not {expected}");
    }
}
