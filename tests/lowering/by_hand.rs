//! Small networks whose constants are known.

use snn2rtl::graph::Shape;
use snn2rtl::integer::{Neuron, Op, Range, Rule};
use snn2rtl::lower::{Lowered, lower};
use snn2rtl::quant::{Element, Encoding, InputSpec, Quantiser, Rounding, Scaling};
use snn2rtl::snn::{Input, Model, Op as Snn};

use super::case::{bytes, layer, model};
use super::{op, spike};

/// One byte, a layer, neurons, and two logits that sum them; the second is 0.5 higher.
fn chain(weight_scale: f32, weights: Vec<i32>, bias: Vec<f64>, q: Quantiser) -> Model {
    let outputs = weights.len();
    model(vec![
        ("input", bytes(vec![1, 1])),
        ("hidden", layer(1, weights, weight_scale, bias)),
        ("neuron", Snn::Neuron(q)),
        ("last", layer(outputs, vec![1; outputs * 2], 1.0, vec![0.0, 0.5])),
        ("readout", Snn::Readout),
    ])
}

fn neuron(lowered: &Lowered) -> &Neuron {
    let Op::Neuron(neuron) = op(lowered, "neuron") else { panic!("no neuron") };
    neuron
}

#[test]
fn half_up_needs_no_table() {
    let q = Quantiser::uniform(3.0, 0, 15, Rounding::HalfUp);
    let lowered = lower(&chain(0.25, vec![1, -2], vec![-0.0, 100.0], q)).expect("lowers");
    // x = A/4; level k at 3·(k − 1/2): A ≥ 12k − 6.
    let Rule::Affine { fraction: 0, theta, start } = &neuron(&lowered).rule else { panic!("another rule") };
    assert_eq!((theta[0], start[0]), (12, 6));
    assert_eq!(neuron(&lowered).thresholds[..3], [6, 18, 30]);
    assert_eq!((lowered.proof[0].rule, lowered.proof[0].common_theta), ("affine", true));
}

#[test]
fn ties_to_even_may_need_the_table() {
    // Every boundary is hit exactly, and belongs to the even level: distances of 1 and 3 alternate.
    let q = Quantiser::uniform(1.0, -8, 7, Rounding::HalfEven);
    let lowered = lower(&chain(0.5, vec![1, -1], vec![], q)).expect("lowers");
    assert_eq!(neuron(&lowered).rule, Rule::Table);
    assert_eq!(neuron(&lowered).thresholds[8..12], [2, 3, 6, 7]);
    assert_eq!(neuron(&lowered).membrane, neuron(&lowered).total);
    // Where no A lies on a boundary, a line serves.
    let q = Quantiser::uniform(1.0, -8, 7, Rounding::HalfEven);
    let lowered = lower(&chain(0.3, vec![1, -1], vec![0.1, 0.1], q)).expect("lowers");
    assert!(matches!(neuron(&lowered).rule, Rule::Affine { .. }));
}

#[test]
fn one_level_never_fires() {
    for level in [0, 5, -5] {
        let q = Quantiser::uniform(0.5, level, level, Rounding::HalfUp);
        let lowered = lower(&chain(1.0, vec![3, -3, 0], vec![7.0, -7.0, -0.0], q)).expect("lowers");
        let neuron = neuron(&lowered);
        for a in [-765, 0, 765] {
            for c in 0..3 {
                let a = if c == 2 { 0 } else { a };
                if (c == 0 && a < 0) || (c == 1 && a > 0) {
                    continue;
                }
                assert_eq!(neuron.level(c, a), level);
                assert_eq!(spike(neuron, c, a, 0), level.signum());
                assert_eq!(spike(neuron, c, a, level), 0);
            }
        }
        let Op::Linear(last) = op(&lowered, "last") else { panic!("no layer") };
        let reach = 3 * i64::from(level);
        assert_eq!(last.total, Range::new(reach.min(0), reach.max(0)));
        assert_eq!(last.delta, if level == 0 { Range::new(0, 0) } else { Range::new(-3, 3) });
    }
}

#[test]
fn unequal_scales_are_part_of_the_weights() {
    let q = Quantiser { scale: vec![0.5, 0.75], ..Quantiser::uniform(1.0, 0, 3, Rounding::HalfUp) };
    let lowered = lower(&chain(1.0, vec![1, 1], vec![], q)).expect("lowers");
    let Op::Linear(last) = op(&lowered, "last") else { panic!("no layer") };
    assert_eq!(*last.weights, [2, 2, 3, 3]);
    assert_eq!(lowered.readout.scale, [0.25, 0.25]);
    // The second logit is half a unit of 1/4 … that is two units above the first.
    let Op::Readout(readout) = op(&lowered, "readout") else { panic!("no readout") };
    assert_eq!((&readout.multiplier[..], &readout.offset[..]), (&[1, 1][..], &[0, 2][..]));
    assert_eq!((lowered.readout.unit, readout.value_width), (0.25, 6));
}

#[test]
fn scales_too_far_apart_are_refused() {
    let q = Quantiser { scale: vec![1e-30, 0.75], ..Quantiser::uniform(1.0, 0, 3, Rounding::HalfUp) };
    let error = lower(&chain(1.0, vec![1, 1], vec![], q)).expect_err("too wide");
    assert_eq!(error.node.as_deref(), Some("last"));
    assert!(error.problem.contains("bits; supported are 63"), "{error}");
    assert!(error.fix.is_some());
}

#[test]
fn rows_that_share_weights_need_equal_scales() {
    let spec = InputSpec {
        element: Element::U8,
        scaling: Scaling::Affine {
            scale: ["1", "2"].map(|s| s.parse().expect("a literal")).to_vec(),
            zero_point: 0,
        },
        channel_axis: Some(0),
    };
    let input = Input { sample: Shape(vec![2, 3]), spec, encoding: Encoding::Analog };
    let chain = vec![
        ("input", Snn::Input(input)),
        ("shared", layer(3, vec![1; 3], 1.0, vec![])),
        ("readout", Snn::Readout),
    ];
    let error = lower(&model(chain)).expect_err("rows differ");
    assert_eq!(error.node.as_deref(), Some("shared"));
    assert!(error.problem.contains("row 1"), "{error}");
}

#[test]
fn a_linear_layer_needs_a_quantiser_before_it() {
    let linear = layer(1, vec![1], 1.0, vec![]);
    let chain = vec![
        ("input", bytes(vec![1, 1])),
        ("one", linear.clone()),
        ("two", linear),
        ("readout", Snn::Readout),
    ];
    assert_eq!(lower(&model(chain)).expect_err("merge them").node.as_deref(), Some("two"));
}

#[test]
fn neurons_may_read_neurons() {
    let coarse = Quantiser::uniform(2.0, 0, 3, Rounding::HalfUp);
    let chain = vec![
        ("input", bytes(vec![1, 2])),
        ("fine", Snn::Neuron(Quantiser::uniform(1.0, -4, 15, Rounding::HalfUp))),
        ("neuron", Snn::Neuron(coarse)),
        ("readout", Snn::Readout),
    ];
    let lowered = lower(&model(chain)).expect("lowers");
    let neuron = neuron(&lowered);
    assert_eq!((neuron.total, &neuron.thresholds[..3]), (Range::new(-4, 15), &[1, 3, 5][..]));
    assert_eq!(lowered.readout.scale, [2.0, 2.0]);
}

#[test]
fn too_many_thresholds_are_refused() {
    let q = Quantiser::uniform(1.0, -65536, 65536, Rounding::HalfUp);
    let chain = vec![("input", bytes(vec![1024])), ("neuron", Snn::Neuron(q)), ("readout", Snn::Readout)];
    let error = lower(&model(chain)).expect_err("too many");
    assert_eq!(error.node.as_deref(), Some("neuron"));
    assert!(error.problem.contains("1024 channels of 131073 levels"), "{error}");
}
