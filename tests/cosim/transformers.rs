//! Small Transformers: words with padding and patches, before and after the norm, class token and mean.

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::cosim::{Bench, Options, Report, Stops};
use snn2rtl::data::{Inputs, NpzWriter};
use snn2rtl::design::{self, Joins};
use snn2rtl::emit;
use snn2rtl::golden::Confidence;
use snn2rtl::graph::Shape;
use snn2rtl::integer::{Neuron, Op};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, Function};

use crate::generator::{Recipe, network, sample};
use crate::random::Random;
use crate::{equal, equal_with};

/// Builds one Transformer and runs it in every way; the report of the plain run.
fn check(recipe: &Recipe, options: &design::Options) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let (model, _) = convert(&network(recipe), "small", "test", EncodingChoice::Analog).expect("converts");
    let manifest = emit::emit(&model, options, &build).expect("written");
    for module in ["residual_sum", "norm_neurons", "softmax_neurons", "spike_product"] {
        assert!(manifest.stages.iter().any(|stage| stage.module == module), "no {module}");
    }
    let random = &mut Random(recipe.seed ^ 7);
    let raw: Vec<Vec<i32>> = (0..24).map(|_| sample(recipe, random)).collect();
    let elements = raw[0].len();
    let element = if recipe.words { Element::U16 } else { Element::U8 };
    let flat = raw.into_iter().flatten();
    let file = folder.path().join("samples.npz");
    let mut writer = NpzWriter::create(&file).expect("a writable folder");
    match element {
        Element::U16 => writer.add("x", &[24, elements], &flat.map(|q| q as u16).collect::<Vec<_>>()),
        Element::U8 | Element::I8 => {
            writer.add("x", &[24, elements], &flat.map(|q| q as u8).collect::<Vec<_>>())
        }
    }
    .expect("written");
    writer.finish().expect("written");
    let location = format!("{}:x", file.display());
    let inputs = Inputs::read(&location, &Shape::matrix(1, elements), element).expect("read back");
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
    // From a class that is kept for two time-steps to a margin that few have.
    let mut stopped = 0;
    for (margin, steps, stall, t_max) in
        [(0, 2, None, None), (0, 2, Some(5), None), (1 << 9, 1, Some(6), None), (0, 4, None, Some(6))]
    {
        let confidence = Some(Confidence { margin, steps });
        let report = equal_with(&mut bench, &inputs, &Options { confidence, stall, t_max, trace: None });
        let Stops { quiescent, t_max, confident } = report.stops;
        assert_eq!(quiescent + t_max + confident, 24);
        stopped += confident;
    }
    assert!(stopped > 0, "no sample was stopped by confidence");
    plain
}

/// The same for a Transformer in which enough happens.
fn check_busy(recipe: &Recipe, options: &design::Options) {
    let plain = check(recipe, options);
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
        weight_bits: 8,
        words: false,
        mask: false,
        fused: true,
        post_norm: false,
        mean: false,
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
    check_busy(
        &Recipe { tokens: 5, levels: 8, weight_bits: 5, ..words },
        &design::Options { lanes: 4, fifo_depth: 1, joins: Joins::Minimal },
    );
}

#[test]
fn the_mean_of_two_blocks() {
    let mean = Recipe { seed: 7, mean: true, blocks: 2, levels: 4, depth: 2, ..recipe() };
    check_busy(&mean, &design::Options { lanes: 2, fifo_depth: 3, joins: Joins::Overlapped });
}

/// Any shape, any folding. `SNN2RTL_CASES` asks for more of them than the suite has time for.
#[test]
fn whatever_is_drawn() {
    let cases = std::env::var("SNN2RTL_CASES").map_or(2, |n| n.parse().expect("a number"));
    for seed in 1..=cases {
        let random = &mut Random(seed);
        let recipe = Recipe::any(seed, random);
        let options = design::Options {
            lanes: random.pick(&[1, 2, 3, 8, 16]),
            fifo_depth: random.pick(&[1, 2, 5]),
            joins: random.pick(&[Joins::Minimal, Joins::Overlapped]),
        };
        println!("{recipe:?}, {options:?}");
        check(&recipe, &options);
    }
}

#[test]
fn gelu_before_a_quantiser() {
    let gelu =
        Recipe { seed: 8, blocks: 2, hidden: 9, levels: 32, function: Some(Function::gelu()), ..recipe() };
    check_busy(&gelu, &design::Options { lanes: 4, fifo_depth: 2, joins: Joins::Overlapped });
    let (model, _) = convert(&network(&gelu), "small", "test", EncodingChoice::Analog).expect("converts");
    let lowered = lower(&model).expect("lowers").network;
    for name in ["blocks.0.act", "blocks.1.act"] {
        let node = lowered.node(lowered.find(name).expect("a node"));
        let Op::Neuron(Neuron { folds, .. }) = &node.op else { panic!("{name} is no layer of neurons") };
        assert_eq!(folds.as_ref().map(|folds| folds.crossings), Some(2), "{name}");
    }
}
