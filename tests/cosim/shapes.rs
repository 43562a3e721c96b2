//! Networks of other shapes than the example: rows, regrouped rows, tables, single neurons, wide and deep ones.

use snn2rtl::cosim::{self, Bench};
use snn2rtl::emit;
use snn2rtl::golden::Confidence;
use snn2rtl::graph::Shape;
use snn2rtl::lower::lower;
use snn2rtl::quant::Rounding::{Floor, HalfEven, HalfUp};
use snn2rtl::quant::{Element, Encoding, InputSpec, Precision, Quantiser, Scaling, Weights};
use snn2rtl::snn::{Input, Linear, Model, Network, Op};
use snn2rtl::streaming::design::{Options, plan};
use snn2rtl::streaming::schedule::estimate;
use snn2rtl::target::Family;

use crate::network::{Layer, Recipe, model, samples};
use crate::random::Random;
use crate::{equal, equal_with};

/// Builds one network and runs it in every way.
fn check(recipe: &Recipe, lanes: usize, fifo_depth: usize) -> emit::Manifest {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let random = &mut Random(recipe.name.bytes().map(u64::from).sum());
    let options = Options { lanes, fifo_depth, ..Options::default() };
    let manifest = emit::emit(&model(recipe, random), &options, &build).expect("written");
    let inputs = samples(recipe, random, 40, folder.path());
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    let plain = equal(&mut bench, &inputs, None, None);
    assert!(plain.spikes_fired * 20 > plain.spikes_checked, "{}: next to nothing fires", recipe.name);
    for seed in [1, 2] {
        let stalled = equal(&mut bench, &inputs, Some(seed), None);
        assert_eq!(stalled.spikes_fired, plain.spikes_fired);
    }
    for (t_max, stall) in [(1, None), (2, Some(3)), (5, Some(4))] {
        let cut = equal(&mut bench, &inputs, stall, Some(t_max));
        assert!(cut.time_steps.max <= t_max.into());
    }
    for (margin, steps, stall) in [(0, 1, None), (3, 2, Some(5))] {
        let confidence = Some(Confidence { margin, steps });
        equal_with(&mut bench, &inputs, &cosim::Options { confidence, stall, ..cosim::Options::default() });
    }
    manifest
}

fn uses(manifest: &emit::Manifest, module: &str) -> bool {
    manifest.stages.iter().any(|stage| stage.module == module)
}

#[test]
fn rows_that_are_regrouped() {
    let layer =
        |inputs, outputs, levels| Layer { inputs, outputs, levels, rounding: HalfUp, per_channel: false };
    let recipe = Recipe {
        name: "regrouped",
        sample: (3, 12),
        element: Element::U8,
        zero_point: 128,
        steps: 1,
        input_neurons: None,
        // 3 × 12 → 3 × 10 → 5 × 8, read as 2 × 20 → 2 × 6, then all at once.
        layers: vec![layer(12, 10, (0, 15)), layer(6, 8, (-8, 7)), layer(20, 6, (0, 7))],
        classes: 4,
        scaled_classes: true,
    };
    check(&recipe, 4, 3);
}

#[test]
fn state_in_ultra_ram() {
    let layer = Layer { inputs: 6, outputs: 32, levels: (0, 15), rounding: HalfUp, per_channel: false };
    let recipe = Recipe {
        name: "large_state",
        sample: (128, 6),
        element: Element::U8,
        zero_point: 128,
        steps: 1,
        input_neurons: None,
        layers: vec![layer],
        classes: 2,
        scaled_classes: false,
    };
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let random = &mut Random(5);
    let model = model(&recipe, random);
    let options = Options { lanes: 2, ultra_ram: true, ..Options::default() };
    let design = plan("large_state", &lower(&model).expect("lowers").network, &options).expect("a design");
    let [with, without] = [true, false].map(|ultra_ram| {
        let design = snn2rtl::streaming::design::Design { ultra_ram, ..design.clone() };
        estimate(&design, Family::Xcup).total
    });
    assert_eq!((with.uram, without.uram), (1, 0));
    assert!(with.bram < without.bram, "{with:?} {without:?}");
    emit::emit(&model, &options, &build).expect("written");
    let library = std::fs::read_to_string(build.join("rtl/sync_ram.sv")).expect("a memory");
    assert!(library.contains("ram_style = \"ultra\""));
    let inputs = samples(&recipe, random, 2, folder.path());
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    for stall in [None, Some(1)] {
        equal(&mut bench, &inputs, stall, None);
    }
}

#[test]
fn rows_with_tables_and_a_scale_a_channel() {
    let layer =
        |inputs, outputs, levels| Layer { inputs, outputs, levels, rounding: HalfEven, per_channel: true };
    let recipe = Recipe {
        name: "tables",
        sample: (4, 7),
        element: Element::I8,
        zero_point: -3,
        steps: 1,
        input_neurons: None,
        layers: vec![layer(7, 9, (-4, 3)), layer(9, 5, (0, 15))],
        classes: 3,
        scaled_classes: false,
    };
    let manifest = check(&recipe, 3, 2);
    assert!(manifest.files.iter().any(|file| file.path.contains("thresholds")), "neurons with a table");
}

#[test]
fn a_single_neuron() {
    let layer = Layer { inputs: 1, outputs: 1, levels: (0, 1), rounding: Floor, per_channel: false };
    let recipe = Recipe {
        name: "single",
        sample: (1, 1),
        element: Element::U8,
        zero_point: 100,
        steps: 1,
        input_neurons: None,
        layers: vec![layer],
        classes: 1,
        scaled_classes: false,
    };
    check(&recipe, 1, 1);
}

#[test]
fn neurons_on_the_input_with_rate_encoding() {
    let layer = Layer { inputs: 10, outputs: 11, levels: (-3, 4), rounding: HalfUp, per_channel: true };
    let recipe = Recipe {
        name: "input_neurons",
        sample: (5, 10),
        element: Element::U16,
        zero_point: 30_000,
        steps: 4,
        input_neurons: Some((-8, 7)),
        layers: vec![layer],
        classes: 5,
        scaled_classes: false,
    };
    let manifest = check(&recipe, 8, 2);
    assert!(uses(&manifest, "analog_pass") && uses(&manifest, "rate_encoder"));
}

#[test]
fn wide_and_deep() {
    let layer =
        |inputs, outputs, levels| Layer { inputs, outputs, levels, rounding: HalfUp, per_channel: false };
    let recipe = Recipe {
        name: "deep",
        sample: (1, 301),
        element: Element::U8,
        zero_point: 0,
        steps: 1,
        input_neurons: None,
        layers: vec![
            layer(301, 70, (0, 15)),
            layer(70, 33, (-128, 127)),
            layer(33, 1, (-1, 0)),
            layer(1, 40, (0, 3)),
        ],
        classes: 17,
        scaled_classes: true,
    };
    check(&recipe, 64, 5);
}

/// Weights of 0 and −1 have one bit, those of 0 none: hardware has at least two.
#[test]
fn weights_of_one_bit_or_none() {
    let mut network = Network::new();
    let scaling = Scaling::Affine { scale: vec!["0.5".parse().expect("a number")], zero_point: 0 };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let input = Input { sample: Shape(vec![2]), spec, encoding: Encoding::Analog };
    let mut last = network.add("pixels", Op::Input(input), &[]).expect("an input");
    for (n, levels) in [[3, -4, 5, 1], [0, -1, -1, 0], [0, 0, 0, 0], [1, 2, -3, 4]].into_iter().enumerate() {
        let weights = Weights { inputs: 2, outputs: 2, levels: levels.to_vec(), scale: vec![0.25] };
        let linear = Linear::plain(weights, vec![0.6, -0.4]);
        last = network.add(format!("fc{n}"), Op::Linear(linear), &[last]).expect("fits");
        if n < 3 {
            let neuron = Op::Neuron(Quantiser::uniform(0.25, -8, 7, HalfUp));
            last = network.add(format!("act{n}"), neuron, &[last]).expect("fits");
        }
    }
    network.add("logits", Op::Readout, &[last]).expect("fits");
    let (name, producer) = ("few_bits".to_owned(), "hand".to_owned());
    let precision = Precision::EXACT;
    let model = Model { network, name, producer, views: Default::default(), precision, padding: None };
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let manifest = emit::emit(&model, &Options::default(), &build).expect("written");
    assert!(uses(&manifest, "spike_matmul"));
    // For the samples alone.
    let recipe = Recipe {
        name: "few_bits",
        sample: (1, 2),
        element: Element::U8,
        zero_point: 0,
        steps: 1,
        input_neurons: None,
        layers: Vec::new(),
        classes: 2,
        scaled_classes: false,
    };
    let inputs = samples(&recipe, &mut Random(2), 24, folder.path());
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    let plain = equal(&mut bench, &inputs, None, None);
    assert!(plain.spikes_fired > 0);
    equal(&mut bench, &inputs, Some(1), None);
}
