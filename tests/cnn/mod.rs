//! Convolutional networks: the golden model in both schedules against one-pass evaluation, a naive stepper, and float64; files
//! of other people's tools against the levels that those tools compute.

#![allow(clippy::unwrap_used)]

pub mod generator;

use std::collections::BTreeMap;

use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data::{read_floats, read_integers};
use snn2rtl::golden::{Golden, Limits, Observer, Settled, SpikeCode, Unobserved};
use snn2rtl::import::{Options, import};
use snn2rtl::integer::Op;
use snn2rtl::lower::{Lowered, lower};
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::snn::file::{load, save};
use snn2rtl::{integer, qann, snn};

use crate::common::repository;
use crate::naive::{Trace, naive};
use crate::random::Random;
use generator::{Recipe, network, sample};

/// Has every local time-step carried out.
struct Watching;

impl Observer for Watching {}

fn recipe() -> impl Strategy<Value = Recipe> {
    let levels =
        prop_oneof![Just(vec![(0, 15)]), Just(vec![(-8, 7), (0, 15)]), Just(vec![(0, 1), (-1, 2), (0, 40)]),];
    (any::<u64>(), levels, any::<bool>()).prop_map(|(seed, levels, sums)| Recipe { seed, levels, sums })
}

/// The network at the stages before hardware.
fn converted(network: &qann::Network) -> (snn::Model, Lowered) {
    let (model, _) =
        convert(network, "cnn", "test", EncodingChoice::Analog).unwrap_or_else(|e| panic!("{e}"));
    let lowered = lower(&model).unwrap_or_else(|e| panic!("{e}"));
    (model, lowered)
}

/// Every evaluation of a sample ends at the same levels; every time-step is that of the naive stepper.
fn check(network: &qann::Network, (model, lowered): &(snn::Model, Lowered), raw: &[i32]) {
    let once = integer::eval::evaluate(&lowered.network, raw);
    let ops = || lowered.network.topological().into_iter().map(|id| &lowered.network.node(id).op);
    let levels: Vec<&Vec<i32>> = once.levels.iter().map(|(_, levels)| levels).collect();
    for golden in [Golden::new(&lowered.network).unwrap(), Golden::checked(&lowered.network).unwrap()] {
        let mut trace = Trace::default();
        let outcome = golden.run(&mut golden.state(), raw, &Limits::default(), &mut trace);
        assert!(outcome.levels.iter().eq(levels.iter().copied()), "levels at quiescence");
        assert_eq!(outcome.totals, once.totals);
        let expected = naive(&lowered.network, raw, u32::MAX);
        assert_eq!(trace.spikes, expected.spikes);
        assert_eq!(trace.logits, expected.logits);
        if !ops().any(|op| matches!(op, Op::Sum(_) | Op::Product(_))) {
            assert_eq!(outcome.additions, expected.additions);
        }
        assert_eq!(outcome.input_macs, expected.input_macs);
        assert_eq!(outcome.final_step, expected.final_step);
    }
    for code in SpikeCode::ALL {
        let settled = Settled::new(&lowered.network, code).unwrap();
        let outcome = settled.run(&mut settled.state(), raw, &mut Watching);
        assert!(outcome.levels.iter().eq(levels.iter().copied()), "settled levels");
        assert_eq!(outcome.totals, once.totals);
        assert_eq!(outcome.additions, crate::settled::additions_by_hand(&lowered.network, code, &outcome));
    }
    let float = snn::eval::evaluate(&model.network, raw);
    assert!(float.levels.iter().map(|(_, levels)| levels).eq(levels.iter().copied()), "float64");
    // Quantisers that became neurons, in the order of the original network.
    let names: BTreeMap<&str, &Vec<i32>> =
        once.levels.iter().map(|(id, l)| (lowered.network.node(*id).name.as_str(), l)).collect();
    let original = qann::eval::evaluate(network, raw);
    for (own, expected) in float.logits.iter().zip(&original.logits) {
        assert!((own - expected).abs() <= 1e-9 * expected.abs().max(1.0), "logits {own} and {expected}");
    }
    let mut compared = 0;
    for (id, expected) in &original.levels {
        let name = network.node(*id).name.as_str();
        let Some(own) = names.get(name) else { continue };
        let own: Vec<i32> = match model.views.get(name) {
            Some(view) => view.order.iter().map(|&e| own[e]).collect(),
            None => (*own).clone(),
        };
        assert_eq!(&own, expected, "{name}");
        compared += 1;
    }
    assert!(compared > 0 || original.levels.is_empty(), "no layer of {} was compared", original.levels.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_evaluation_of_a_random_network_agrees(recipe in recipe()) {
        let network = network(&recipe);
        let stages = converted(&network);
        let random = &mut Random(recipe.seed ^ 1);
        for _ in 0..2 {
            check(&network, &stages, &sample(&network, random));
        }
        // The same after it was saved.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cnn.snn");
        save(&stages.0, &path).unwrap();
        let loaded = load(&path).unwrap();
        prop_assert_eq!(loaded.network.text(), stages.0.network.text());
        prop_assert_eq!(&loaded.views, &stages.0.views);
        prop_assert_eq!(lower(&loaded).unwrap().network.text(), stages.1.network.text());
    }
}

/// A file of another tool: every level of these layers of neurons, and the class, are those that the tool computes.
fn tool(name: &str, neurons: &[&str]) {
    let file = |suffix: &str| repository(&format!("tests/fixtures/cnn/{name}.{suffix}"));
    let scaling = Scaling::Affine { scale: vec!["0.0078125".parse().unwrap()], zero_point: 0 };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let imported = import(&file("onnx"), &Options { input, weight_bits: None });
    let (model, lowered) = converted(&imported.unwrap_or_else(|e| panic!("{e}")).network);
    let golden = Golden::new(&lowered.network).unwrap();
    let settled = Settled::new(&lowered.network, SpikeCode::Radix).unwrap();
    let archive = file("npz");
    let array = |array: &str| read_integers(&format!("{}:{array}", archive.display())).unwrap();
    let (shape, raw) = array("inputs");
    let raw: Vec<i32> = raw.into_iter().map(|q| q as i32).collect();
    let (_, logits) = read_floats(&format!("{}:logits", archive.display())).unwrap();
    let size = raw.len() / shape.0[0];
    let expected: BTreeMap<&str, Vec<i128>> = neurons
        .iter()
        .map(|n| (*n, array(&format!("level/{n}")).1.into_iter().map(i128::from).collect()))
        .collect();
    for (sample, raw) in raw.chunks(size).enumerate() {
        let outcome = golden.run(&mut golden.state(), raw, &Limits::default(), &mut Unobserved);
        let at_once = settled.run(&mut settled.state(), raw, &mut Unobserved);
        assert_eq!(outcome.levels, at_once.levels);
        let mut compared = 0;
        for (layer, levels) in golden.layers().iter().zip(&outcome.levels) {
            let Some(all) = expected.get(layer.name.as_str()) else { continue };
            let own = &all[sample * levels.len()..][..levels.len()];
            let order = model.views.get(&layer.name).map(|view| view.order.clone());
            let order = order.unwrap_or_else(|| (0..levels.len()).collect());
            let found: Vec<i128> = order.iter().map(|&e| levels[e].into()).collect();
            assert_eq!(found, own, "{name}: {}, sample {sample}", layer.name);
            compared += 1;
        }
        assert_eq!(compared, neurons.len(), "{name}: layers that were compared");
        let logits = &logits[sample * 3..][..3];
        let class = (0..3).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
        assert_eq!(outcome.values[outcome.class], outcome.values[class], "class of sample {sample}");
    }
}

#[test]
fn convolutions_of_onnx_runtime() {
    tool(
        "runtime_lenet_u8",
        &[
            "input_DequantizeLinear",
            "body.1",
            "body.2_1",
            "body.4",
            "body.6",
            "body.8",
            "logits_DequantizeLinear",
        ],
    );
    tool(
        "runtime_line_u8",
        &["input_DequantizeLinear", "body.1", "body.2_1", "body.5", "logits_DequantizeLinear"],
    );
}

#[test]
fn depthwise_and_dilated_convolutions_of_onnx_runtime() {
    let pooled = "/Flatten_output_0_DequantizeLinear";
    tool(
        "runtime_mobile_u8",
        &[
            "input_DequantizeLinear",
            "body.1",
            "body.3",
            "body.5",
            "body.6_1",
            "body.8",
            pooled,
            "logits_DequantizeLinear",
        ],
    );
    tool(
        "runtime_mobile_i8",
        &["input_DequantizeLinear", "body.1_1", "body.3_1", "body.5_1", "body.6_1", "body.8_1", pooled],
    );
}

#[test]
fn residual_sums_of_onnx_runtime() {
    tool(
        "runtime_residual_u8",
        &[
            "input_DequantizeLinear",
            "stem.1",
            "first.1",
            "first.2_1",
            "/Relu_output_0_DequantizeLinear",
            "short_1",
            "second.1",
            "second.2_1",
            "/Relu_1_output_0_DequantizeLinear",
            "/ReduceMean_output_0_DequantizeLinear",
            "logits_DequantizeLinear",
        ],
    );
}

#[test]
fn normalised_convolutions_of_brevitas() {
    let names = ["quan", "act1", "act2", "act3", "act4"].map(|n| format!("{n}.act_quant.export_handler"));
    tool("brevitas_cnn", &names.each_ref().map(String::as_str));
}

/// The trained network of `examples/NAME`: number of right classes of all images, the number of levels that the reference has
/// of these quantisers and that were compared, in both schedules.
fn trained(name: &str, model: &snn::Model, quantisers: &[&str]) -> (usize, usize, usize) {
    let lowered = lower(model).unwrap();
    let sample = |file: &str| repository(&format!("examples/{name}/sample/{file}")).display().to_string();
    let (shape, pixels) = read_integers(&sample("images.npy")).unwrap();
    let (_, labels) = read_integers(&sample("labels.npy")).unwrap();
    let (_, logits) = read_floats(&sample("reference.npz:logits")).unwrap();
    let size: usize = shape.0[1..].iter().product();
    let images: Vec<Vec<i32>> =
        pixels.chunks(size).map(|image| image.iter().map(|&q| q as i32).collect()).collect();
    let settled = Settled::new(&lowered.network, SpikeCode::Radix).unwrap();
    let outcomes = settled.run_all(images.len(), |n, raw| raw.clone_from(&images[n]), |_| ());
    let mut right = 0;
    for (n, (outcome, logits)) in outcomes.iter().zip(logits.chunks(10)).enumerate() {
        let class = (0..10).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
        assert_eq!(outcome.class, class, "image {n}");
        right += usize::from(i64::try_from(class) == Ok(labels[n]));
    }
    let mut compared = 0;
    for quantiser in quantisers {
        let (_, expected) = read_integers(&sample(&format!("reference.npz:level/{quantiser}"))).unwrap();
        let layer = settled.layers().iter().position(|layer| layer.name == *quantiser);
        let layer = layer.unwrap_or_else(|| panic!("{quantiser} in {}", model.network.text()));
        let len = outcomes[0].levels[layer].len();
        let order = match model.views.get(*quantiser) {
            Some(view) => view.order.clone(),
            None => (0..len).collect(),
        };
        for (n, expected) in expected.chunks(len).enumerate() {
            let own: Vec<i64> = order.iter().map(|&e| outcomes[n].levels[layer][e].into()).collect();
            assert_eq!(own, expected, "{quantiser}, image {n}");
            compared += own.len();
        }
    }
    let golden = Golden::new(&lowered.network).unwrap();
    for (raw, settled) in images.iter().zip(&outcomes).take(8) {
        let outcome = golden.run(&mut golden.state(), raw, &Limits::default(), &mut Unobserved);
        assert_eq!(outcome.levels, settled.levels);
    }
    (right, outcomes.len(), compared)
}

#[test]
fn the_trained_network_has_the_levels_of_its_reference() {
    let model = crate::common::mnist_cnn();
    let (right, images, compared) = trained("mnist_cnn", &model, &["act1", "pool", "act2", "pool_1", "act3"]);
    assert_eq!((right, images), (1479, 1500));
    assert_eq!(compared, 64 * (8 * (784 + 196) + 16 * (196 + 49) + 32 * 25));
}

#[test]
fn the_residual_network_has_the_levels_of_its_reference() {
    let model = crate::common::resnet8();
    let blocks = ["block1.act1", "block1.act2", "block2.act1", "block2.act2", "block3.act1", "block3.act2"];
    let (right, images, compared) =
        trained("resnet8", &model, &[&["act"][..], &blocks, &["act_pool"]].concat());
    assert_eq!((right, images), (972, 1000));
    assert_eq!(compared, 64 * (3 * 8 * 256 + 2 * 16 * 64 + 2 * 32 * 16 + 32));
}
