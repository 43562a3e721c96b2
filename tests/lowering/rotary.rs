//! Sums with factors of layers whose weights were floats: units below those of other sums.

use snn2rtl::error::Error;
use snn2rtl::graph::Shape;
use snn2rtl::integer::Op as Integer;
use snn2rtl::lower::{Lowered, lower};
use snn2rtl::quant::{Element, Encoding, InputSpec, Precision, Quantiser, Rounding, Scaling, Weights};
use snn2rtl::snn::{Input, Linear, Model, Network, Op, Sum};

const ROWS: usize = 3;
/// Not a multiple of anything; with few bits it would be 1.
const FACTORS: [f64; 2 * ROWS] = [1.0, 0.0, 0.540_302_3, 0.841_471, -0.416_146_8, 0.909_297_4];

/// A layer with weights `levels` in units of `scale`, and a sum with factors; a second sum reads it, or neurons do.
fn lowered(levels: [i32; 4], scale: f64, added: bool) -> Result<Lowered, Error> {
    let mut network = Network::new();
    let scaling = Scaling::Affine { scale: vec!["0.25".parse().expect("a number")], zero_point: 128 };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let input = Input { sample: Shape::matrix(ROWS, 2), spec, encoding: Encoding::Analog };
    let input = network.add("input", Op::Input(input), &[]).expect("an input");
    let linear = |inputs, levels: &[i32], scale: f64| {
        let weights =
            Weights { inputs, outputs: levels.len() / inputs, levels: levels.to_vec(), scale: vec![scale] };
        Op::Linear(Linear::plain(weights, Vec::new()))
    };
    let layer = network.add("layer", linear(2, &levels, scale), &[input]).expect("fits");
    let sum = |factors| Sum {
        rows: ROWS,
        channels: 2,
        first: vec![0],
        constant: Vec::new(),
        factors,
        turned: Vec::new(),
    };
    let turned = network.add("turned", Op::Sum(sum(vec![FACTORS.to_vec()])), &[layer]).expect("fits");
    let last = match added {
        true => network.add("added", Op::Sum(sum(Vec::new())), &[turned]).expect("fits"),
        false => turned,
    };
    let neurons = Op::Neuron(Quantiser::uniform(0.25, -8, 7, Rounding::HalfUp));
    let neurons = network.add("neurons", neurons, &[last]).expect("fits");
    let head = network.add("head", linear(2, &[1, 2], 1.0), &[neurons]).expect("fits");
    network.add("logits", Op::Readout, &[head]).expect("fits");
    let (name, producer) = ("hand".to_owned(), "hand".to_owned());
    lower(&Model { network, name, producer, views: Default::default(), precision: Precision::EXACT })
}

/// The largest difference of a coefficient from the factor that it stands for, as a part of the largest one.
fn worst(lowered: &Lowered) -> f64 {
    let id = lowered.network.find("turned").expect("the sum");
    let Integer::Sum(sum) = &lowered.network.node(id).op else { panic!("no sum") };
    let all = &sum.terms[0].coefficient;
    assert_eq!(all.len(), FACTORS.len());
    #[expect(clippy::cast_precision_loss)]
    let difference = |(&own, &factor): (&i64, &f64)| (own as f64 / all[0] as f64 - factor).abs();
    all.iter().zip(&FACTORS).map(difference).fold(0.0, f64::max)
}

#[test]
fn factors_have_bits_enough_whatever_the_unit_of_the_weights() {
    for (levels, scale) in [
        ([5, -3, 7, 1], 0.03),
        ([5_000_001, -3, 7_654_321, 1], 1.1e-7),
        ([5_000_001, -3, 7_654_321, 1], 1.1e-9),
    ] {
        let lowered = lowered(levels, scale, false).expect("lowers");
        assert!(worst(&lowered) < 1e-5, "{scale}: {}", worst(&lowered));
        let is_fixed = lowered.units["turned"].float() == Some(2f64.powi(-26));
        assert_eq!(is_fixed, levels[0] == 5, "{scale}: {:?}", lowered.units);
    }
}

/// Other sums keep their fraction bits, in which the factors would be rounded to a few bits.
#[test]
fn a_sum_of_factors_of_float_weights_is_quantised_first() {
    let error = lowered([5_000_001, -3, 7_654_321, 1], 1.1e-7, true).expect_err("too fine");
    assert!(error.problem.contains("rotary positions need units of 2^-4"), "{error}");
    assert!(error.fix.is_some_and(|fix| fix.contains("--weight-bits")), "no fix");
    assert!(worst(&lowered([5, -3, 7, 1], 0.03, true).expect("lowers")) < 1e-5);
}
