//! Small Transformers: words with padding and patches, before and after the norm, class token and mean.

use std::path::Path;

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::cosim::{Bench, Options, Report, Stops};
use snn2rtl::data::{Inputs, NpzWriter};
use snn2rtl::emit;
use snn2rtl::golden::Confidence;
use snn2rtl::graph::{Band, Shape};
use snn2rtl::integer;
use snn2rtl::lower::lower;
use snn2rtl::quant::{
    Element, Encoding, Function, InputSpec, Precision, Quantiser, Rounding, Scaling, Weights,
};
use snn2rtl::snn::{Input, LayerNorm, Linear, Model, Network, Op, Sum};
use snn2rtl::streaming::design::{self, Joins};

use crate::generator::{Recipe, network, sample};
use crate::random::Random;
use crate::{equal, equal_with};

/// Reports of a network's run as it is, and of one that stops samples as soon as their class is kept, if its design can.
struct Runs {
    plain: Report,
    early: Option<Report>,
}

/// Builds one Transformer and runs it in every way; what two of the runs were like.
fn check(recipe: &Recipe, options: &design::Options) -> Runs {
    check_with(recipe, options, Precision::EXACT)
}

/// The same with these fraction bits.
fn check_with(recipe: &Recipe, options: &design::Options, precision: Precision) -> Runs {
    let (mut model, _) =
        convert(&network(recipe), "small", "test", EncodingChoice::Analog).expect("converts");
    model.precision = precision;
    let random = &mut Random(recipe.seed ^ 7);
    let raw: Vec<Vec<i32>> = (0..24).map(|_| sample(recipe, random)).collect();
    let element = if recipe.words { Element::U16 } else { Element::U8 };
    let modules = ["residual_sum", "layer_norm_neurons", "softmax_neurons", "spike_product"];
    all_equal(&model, options, &raw, element, &modules)
}

/// Samples, through a file in this folder.
pub fn inputs(raw: &[Vec<i32>], words: bool, folder: &Path) -> Inputs {
    written(raw, if words { Element::U16 } else { Element::U8 }, folder)
}

fn written(raw: &[Vec<i32>], element: Element, folder: &Path) -> Inputs {
    let (count, elements) = (raw.len(), raw[0].len());
    let flat = raw.iter().flatten();
    let file = folder.join("samples.npz");
    let mut writer = NpzWriter::create(&file).expect("a writable folder");
    match element {
        Element::U16 => writer.add("x", &[count, elements], &flat.map(|&q| q as u16).collect::<Vec<_>>()),
        Element::U8 | Element::I8 => {
            writer.add("x", &[count, elements], &flat.map(|&q| q as u8).collect::<Vec<_>>())
        }
    }
    .expect("written");
    writer.finish().expect("written");
    let location = format!("{}:x", file.display());
    Inputs::read(&location, &Shape::matrix(1, elements), element).expect("read back")
}

/// Builds a model, in whose design these modules are, and runs it in every way.
fn all_equal(
    model: &Model,
    options: &design::Options,
    raw: &[Vec<i32>],
    element: Element,
    modules: &[&str],
) -> Runs {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let manifest = emit::emit(model, options, &build).expect("written");
    for module in modules {
        assert!(manifest.stages.iter().any(|stage| stage.module == *module), "no {module}");
    }
    let inputs = written(raw, element, folder.path());
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    let plain = equal(&mut bench, &inputs, None, None);
    for seed in [1, 2] {
        let stalled = equal(&mut bench, &inputs, Some(seed), None);
        assert_eq!(stalled.spikes_fired, plain.spikes_fired);
    }
    for (t_max, stall) in [(1, None), (3, Some(3)), (7, Some(4))] {
        let cut = equal(&mut bench, &inputs, stall, Some(t_max));
        assert!(cut.time_steps.max <= t_max.into());
    }
    if !options.confidence {
        let confidence = Some(Confidence { margin: 0, steps: 2 });
        let asked = Options { confidence, stall: None, t_max: None, ..Options::default() };
        let error = bench.run(&inputs, &asked, &mut |_| ()).expect_err("there is no such rule").to_string();
        assert!(error.contains("without the confidence rule"), "{error}");
        return Runs { plain, early: None };
    }
    // From a class that is kept for two time-steps to a margin of half of what values can differ by.
    let half = 1u64 << (manifest.output.value_bits.min(32) / 2);
    let (mut stopped, mut early) = (0, Vec::new());
    for (margin, steps, stall, t_max) in
        [(0, 2, None, None), (0, 2, Some(5), None), (half, 1, Some(6), None), (0, 4, None, Some(6))]
    {
        let confidence = Some(Confidence { margin, steps });
        let report =
            equal_with(&mut bench, &inputs, &Options { confidence, stall, t_max, ..Options::default() });
        let Stops { quiescent, t_max, confident } = report.stops;
        assert_eq!(quiescent + t_max + confident, raw.len() as u64);
        stopped += confident;
        early.push(report);
    }
    assert!(stopped > 0, "no sample was stopped by confidence");
    Runs { plain, early: Some(early.remove(0)) }
}

/// The same for a Transformer in which enough happens.
fn check_busy(recipe: &Recipe, options: &design::Options) {
    let Runs { plain, early } = check(recipe, options);
    let early = early.expect("a confidence rule");
    // Results are right whether or not the stages hear of a stop; that they do, shows in the cycles: these networks take 37
    // to 91 % of them with it, and the last 99 % without.
    let (cycles, all) = (early.simulated_cycles, plain.simulated_cycles);
    assert!(early.stops.confident == 24 && 20 * cycles < 19 * all, "{cycles} cycles of {all} with stops");
    assert!(plain.spikes_fired * 50 > plain.spikes_checked, "next to nothing fires");
    assert_eq!(plain.per_sample.iter().map(|sample| sample.spikes).sum::<u64>(), plain.spikes_fired);
    assert!(plain.per_sample.iter().all(|sample| sample.cycles > 0 && sample.latency >= sample.cycles));
}

fn recipe() -> Recipe {
    Recipe {
        seed: 5,
        tokens: 4,
        heads: 2,
        depth: 3,
        blocks: 1,
        hidden: 7,
        levels: 16,
        mixed: false,
        weight_bits: 8,
        words: false,
        mask: false,
        band: Band::ALL,
        rms: false,
        fused: true,
        post_norm: false,
        quantised_sums: false,
        exact_sums: false,
        linear_attention: false,
        two_softmaxes: false,
        gated: false,
        mean: false,
        all: false,
        rotary: false,
        function: None,
    }
}

#[test]
fn patches_and_a_class_token() {
    check_busy(&recipe(), &design::Options::default());
}

#[test]
fn words_with_padding() {
    let words = Recipe { seed: 6, words: true, mask: true, post_norm: true, fused: false, ..recipe() };
    let words = Recipe { exact_sums: true, ..words };
    check_busy(
        &Recipe { tokens: 5, levels: 8, weight_bits: 5, ..words },
        &design::Options { lanes: 4, fifo_depth: 1, joins: Joins::Minimal, ..design::Options::default() },
    );
}

#[test]
#[ignore = "long: a Transformer of two blocks"]
fn the_mean_of_two_blocks() {
    let mean = Recipe { seed: 7, mean: true, blocks: 2, levels: 4, depth: 2, ..recipe() };
    check_busy(&mean, &design::Options { lanes: 2, fifo_depth: 3, ..design::Options::default() });
}

/// Any shape, any folding. `SNN2RTL_CASES` asks for more of them than the suite has time for.
#[test]
#[ignore = "long: large random Transformers"]
fn whatever_is_drawn() {
    let cases = std::env::var("SNN2RTL_CASES").map_or(2, |n| n.parse().expect("a number"));
    for seed in 1..=cases {
        let random = &mut Random(seed);
        let recipe = Recipe::any(seed, random);
        let mut options = design::Options {
            lanes: random.pick(&[1, 2, 3, 8, 16]),
            fifo_depth: random.pick(&[1, 2, 5]),
            joins: random.pick(&[Joins::Minimal, Joins::Overlapped]),
            confidence: random.pick(&[true, true, false]),
            ..design::Options::default()
        };
        // Half of the layers in any other number of lanes.
        let (model, _) =
            convert(&network(&recipe), "small", "test", EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers").network;
        for id in lowered.topological() {
            let node = lowered.node(id);
            if design::Options::is_folded(&node.op) && random.pick(&[true, false]) {
                let lanes = random.pick(&[1, 2, 3, 4, 6, 8, 12, 16]);
                let mut layer = design::LayerFolding::lanes(lanes);
                if let integer::Op::Linear(_) = node.op {
                    layer.spikes = random.pick(&[None, Some(2), Some(4)]);
                    layer.lut_words = random.pick(&[None, Some(3), Some(1000)]);
                }
                options.layers.insert(node.name.clone(), layer);
            }
        }
        println!("{recipe:?}, {options:?}");
        check(&recipe, &options);
    }
}

#[test]
fn gelu_before_a_quantiser() {
    let gelu =
        Recipe { seed: 8, blocks: 2, hidden: 9, levels: 32, function: Some(Function::gelu()), ..recipe() };
    check_busy(&gelu, &design::Options { lanes: 4, fifo_depth: 2, ..design::Options::default() });
    let (model, _) = convert(&network(&gelu), "small", "test", EncodingChoice::Analog).expect("converts");
    let lowered = lower(&model).expect("lowers").network;
    for name in ["blocks.0.act", "blocks.1.act"] {
        let node = lowered.node(lowered.find(name).expect("a node"));
        let integer::Op::Neuron(integer::Neuron { non_monotone, .. }) = &node.op else {
            panic!("{name} is no layer of neurons")
        };
        assert_eq!(non_monotone.as_ref().map(|non_monotone| non_monotone.crossings), Some(2), "{name}");
    }
}

/// Profile `compact`, down to one bit of each; the scale of the softmax quantiser needs more not to be 0.
#[test]
fn few_fraction_bits() {
    let words = Recipe { seed: 8, words: true, mask: true, levels: 8, ..recipe() };
    let options = design::Options { lanes: 8, fifo_depth: 1, ..design::Options::default() };
    check_with(&words, &options, Precision { residual: 1, affine: 1, exponent: 1, scale: 5 });
    let patches = Recipe { seed: 9, ..recipe() };
    let options = design::Options { lanes: 4, fifo_depth: 2, ..design::Options::default() };
    check_with(&patches, &options, Precision { residual: 9, affine: 6, exponent: 5, scale: 7 });
}

/// A sum that a layer of weights adds to directly, in units much smaller than one of the sum with a single fraction bit:
/// the coefficient is 0, and fewer bits go out of `stream_scale` than come in.
#[test]
fn what_is_added_with_coefficient_0() {
    let mut network = Network::new();
    let scaling = Scaling::Affine { scale: vec!["0.5".parse().expect("a number")], zero_point: 0 };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let input = Input { sample: Shape(vec![2]), spec, encoding: Encoding::Analog };
    let input = network.add("pixels", Op::Input(input), &[]).expect("an input");
    let linear = |scale: &[f64]| {
        let scale = scale.to_vec();
        let weights = Weights { inputs: 2, outputs: 2, levels: vec![100, -90, 80, 127], scale };
        Op::Linear(Linear::plain(weights, Vec::new()))
    };
    // The second channel's coefficient is 1.
    let small = network.add("small", linear(&[1e-4, 0.7]), &[input]).expect("fits");
    let least = network.add("least", linear(&[1e-5]), &[input]).expect("fits");
    let sum = Sum {
        rows: 1,
        channels: 2,
        first: vec![0],
        constant: vec![0.5, -1.0],
        factors: Vec::new(),
        turned: Vec::new(),
    };
    let wide = network.add("wide", Op::Sum(sum.clone()), &[small]).expect("fits");
    let narrow = network.add("narrow", Op::Sum(sum), &[least]).expect("fits");
    let mut neurons = |name: &str, sum| {
        let norm = LayerNorm { gamma: vec![1.0, 0.5], beta: vec![0.1, 0.2], epsilon: 1e-5, centred: true };
        let norm = network.add(format!("{name}.norm"), Op::LayerNorm(norm), &[sum]).expect("fits");
        let neuron = Op::Neuron(Quantiser::uniform(0.25, -8, 7, Rounding::HalfUp));
        network.add(name, neuron, &[norm]).expect("fits")
    };
    let both = [neurons("act.wide", wide), neurons("act.narrow", narrow)];
    let sum = Sum {
        rows: 1,
        channels: 2,
        first: vec![0, 0],
        constant: Vec::new(),
        factors: Vec::new(),
        turned: Vec::new(),
    };
    let sum = network.add("both", Op::Sum(sum), &both).expect("fits");
    let neuron = Op::Neuron(Quantiser::uniform(0.5, -8, 7, Rounding::HalfUp));
    let neuron = network.add("act", neuron, &[sum]).expect("fits");
    let head = network.add("head", linear(&[1.0]), &[neuron]).expect("fits");
    network.add("logits", Op::Readout, &[head]).expect("fits");
    let precision = Precision { residual: 1, affine: 1, ..Precision::EXACT };
    let (name, producer) = ("hand".to_owned(), "hand".to_owned());
    let model = Model { network, name, producer, views: Default::default(), precision };
    let lowered = lower(&model).expect("lowers");
    let coefficients = |name: &str| {
        let network = &lowered.network;
        let id = network.topological().into_iter().find(|&id| network.node(id).name == name);
        match &network.node(id.expect("there")).op {
            integer::Op::Sum(sum) => sum.terms[0].coefficient.clone(),
            _ => panic!("no sum"),
        }
    };
    assert_eq!((coefficients("wide"), coefficients("narrow")), (vec![0, 1], vec![0]));
    let mut random = Random(1);
    let raw: Vec<Vec<i32>> = (0..24).map(|_| (0..2).map(|_| random.range(0, 255) as i32).collect()).collect();
    let modules = ["stream_scale", "residual_sum", "layer_norm_neurons"];
    let options = design::Options { lanes: 2, fifo_depth: 2, ..design::Options::default() };
    all_equal(&model, &options, &raw, Element::U8, &modules);
}
