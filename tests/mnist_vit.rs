//! The trained Vision Transformer of `examples/mnist_vit`: accuracy, classes, and every neuron against one-pass evaluation.

#![allow(clippy::unwrap_used)]

use crate::common::{mnist_vit_pow2, repository};
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data;
use snn2rtl::golden::{Golden, Limits, Settled, SpikeCode};
use snn2rtl::import::{Options, import};
use snn2rtl::integer::{Op, eval};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, InputSpec, Scaling};

#[test]
fn accuracy_and_classes_are_those_of_the_trained_network() {
    let half = || vec!["0.5".parse().unwrap()];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let path = repository("examples/mnist_vit/mnist_vit.onnx");
    let imported = import(&path, &Options { input, weight_bits: None }).unwrap();
    let (model, _) =
        convert(&imported.network, "mnist_vit", &imported.producer, EncodingChoice::Analog).unwrap();
    let lowered = lower(&model).unwrap();
    let golden = Golden::new(&lowered.network).unwrap();

    let sample = |file: &str| repository(&format!("examples/mnist_vit/sample/{file}")).display().to_string();
    let (shape, pixels) = data::read_integers(&sample("images.npy")).unwrap();
    let (_, labels) = data::read_integers(&sample("labels.npy")).unwrap();
    let (logit_shape, logits) = data::read_floats(&sample("reference.npz:logits")).unwrap();
    let size: usize = shape.0[1..].iter().product();
    let images: Vec<Vec<i32>> =
        pixels.chunks(size).map(|image| image.iter().map(|&q| q as i32).collect()).collect();
    let fill = |n: usize, raw: &mut Vec<i32>| raw.clone_from(&images[n]);
    let outcomes = golden.run_all(images.len(), fill, &Limits::default(), |_| ());

    let mut right = 0;
    for (n, (outcome, logits)) in outcomes.iter().zip(logits.chunks(logit_shape.channels())).enumerate() {
        let class = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
        assert_eq!(outcome.class, class, "image {n}");
        right += usize::from(i64::try_from(class) == Ok(labels[n]));
        if n < 200 {
            let expected = eval::evaluate(&lowered.network, &images[n]);
            let levels: Vec<_> = expected.levels.into_iter().map(|(_, levels)| levels).collect();
            assert_eq!(outcome.levels, levels, "image {n}");
        }
    }
    assert_eq!((right, outcomes.len()), (1463, 1500));
}

/// The network whose residual scales are s·2^k: sums of 11 bits, without rounding.
#[test]
fn residual_scales_with_a_common_factor() {
    let model = mnist_vit_pow2();
    let lowered = lower(&model).unwrap();
    assert!(lowered.units.len() == 5 && lowered.units.values().all(|unit| unit.is_exact));
    let width = |id| match &lowered.network.node(id).op {
        Op::Sum(sum) => sum.total.signed_width(),
        _ => 0,
    };
    assert_eq!(lowered.network.topological().into_iter().map(width).max(), Some(11));

    let sample = |file: &str| repository(&format!("examples/mnist_vit/sample/{file}")).display().to_string();
    let (shape, pixels) = data::read_integers(&sample("images.npy")).unwrap();
    let (_, labels) = data::read_integers(&sample("labels.npy")).unwrap();
    let size: usize = shape.0[1..].iter().product();
    let images: Vec<Vec<i32>> =
        pixels.chunks(size).map(|image| image.iter().map(|&q| q as i32).collect()).collect();
    let settled = Settled::new(&lowered.network, SpikeCode::Radix).unwrap();
    let fill = |n: usize, raw: &mut Vec<i32>| raw.clone_from(&images[n]);
    let outcomes = settled.run_all(images.len(), fill, |_| ());
    for (n, outcome) in outcomes.iter().enumerate().take(100) {
        let expected = eval::evaluate(&lowered.network, &images[n]);
        let levels: Vec<_> = expected.levels.into_iter().map(|(_, levels)| levels).collect();
        assert_eq!(outcome.levels, levels, "image {n}");
    }
    let right =
        outcomes.iter().zip(&labels).filter(|(outcome, label)| i64::try_from(outcome.class) == Ok(**label));
    assert_eq!(right.count(), 1473);
}
