//! The overlay: the same networks through one engine.

use std::path::Path;

use snn2rtl::architecture::{Design, Options as Folding, image};
use snn2rtl::convert::EncodingChoice::{self, Analog};
use snn2rtl::convert::convert;
use snn2rtl::cosim::clients::vectors;
use snn2rtl::cosim::{Bench, Report, Run};
use snn2rtl::data::Inputs;
use snn2rtl::emit;
use snn2rtl::golden::SpikeCode;
use snn2rtl::graph::Band;
use snn2rtl::integer::Network;
use snn2rtl::lower::lower;
use snn2rtl::overlay::{Loadable, Options};
use snn2rtl::quant::{Element, Function};
use snn2rtl::snn::{Model, Op};
use snn2rtl::streaming::design;

use crate::cnn;
use crate::common::{
    assert_golden, functions_fixture, mnist_cnn, mnist_mlp, mnist_vit, repository, review_encoder, vit_small,
};
use crate::equal;
use crate::generator::{Recipe, network, residual_perceptron, sample};
use crate::random::Random;
use crate::transformers::inputs as written;

pub fn options(
    lanes: usize,
    spikes: usize,
    fire_lanes: usize,
    fetch_width: usize,
    code: SpikeCode,
) -> Options {
    Options { lanes, spikes, fire_lanes, fetch_width, row_lanes: Options::usual_row_lanes(fire_lanes), code }
}

/// Samples of a file for a model.
fn samples(model: &Model, file: &str, count: usize) -> Inputs {
    let input = model.network.topological().into_iter().find_map(|id| match &model.network.node(id).op {
        Op::Input(input) => Some(input.clone()),
        _ => None,
    });
    let input = input.expect("an input");
    let location = repository(file);
    let location = location.to_str().expect("a path in Unicode");
    let mut inputs = Inputs::read(location, &input.sample, input.spec.element).expect("samples");
    inputs.truncate(count);
    inputs
}

/// Cycles from result to result without pauses, and those that the model of cycles tells from the spikes.
fn cycles(report: &Report) -> (f64, f64) {
    let adders = report.adders.as_ref().expect("of an overlay");
    let parts: f64 = adders.parts.iter().map(|part| part.cycles).sum();
    assert!((parts - adders.cycles).abs() < 1e-6 * parts, "{adders:?}");
    (report.cycles_per_sample.mean, adders.cycles)
}

/// Builds an overlay and runs it; the model of cycles is right to 5 %.
fn check_cycles(model: &Model, options: Options, inputs: &Inputs) {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    emit::emit(model, &Folding::Overlay(options), &build).expect("written");
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    let (measured, told) = cycles(&equal(&mut bench, inputs, None, None));
    assert!(
        (told / measured - 1.0).abs() < 0.05,
        "{options:?}: {told:.0} cycles told, {measured:.0} measured"
    );
}

#[test]
fn cycles_are_told_from_spikes() {
    let model = vit_small();
    let images = samples(&model, "examples/mnist_vit/sample/images.npy", 6);
    check_cycles(&model, options(32, 2, 8, 64, SpikeCode::Radix), &images);
    check_cycles(&model, options(24, 4, 4, 32, SpikeCode::Unary), &images);
    let model = mnist_mlp(Analog);
    let images = samples(&model, "examples/mnist_mlp/sample/images.npy", 8);
    check_cycles(&model, options(32, 2, 8, 32, SpikeCode::Radix), &images);
    check_cycles(&model, options(16, 1, 4, 16, SpikeCode::Unary), &images);
}

/// Builds an overlay and runs it, with the given stalls.
pub fn check(model: &Model, options: Options, inputs: &Inputs, stalls: &[Option<u64>]) {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    emit::emit(model, &Folding::Overlay(options), &build).expect("written");
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    let fired: Vec<u64> =
        stalls.iter().map(|&stall| equal(&mut bench, inputs, stall, None).spikes_fired).collect();
    assert!(fired[0] > 0 && fired.iter().all(|&n| n == fired[0]), "{fired:?}");
}

#[test]
fn the_perceptron_in_both_codes() {
    let model = mnist_mlp(Analog);
    let images = samples(&model, "examples/mnist_mlp/sample/images.npy", 16);
    check(&model, options(32, 2, 8, 32, SpikeCode::Radix), &images, &[None, Some(1), Some(2)]);
    let mut few = images;
    few.truncate(4);
    check(&model, options(16, 1, 4, 16, SpikeCode::Unary), &few, &[None, Some(3)]);
}

#[test]
fn a_transformer_in_both_codes() {
    let model = vit_small();
    let images = samples(&model, "examples/mnist_vit/sample/images.npy", 6);
    check(&model, options(32, 2, 8, 64, SpikeCode::Radix), &images, &[None, Some(1)]);
    let mut few = images;
    few.truncate(2);
    check(&model, options(24, 4, 4, 32, SpikeCode::Unary), &few, &[None, Some(2)]);
}

/// Result words of the same samples from both architectures; the time-steps are those of the schedule.
fn same_results(model: &Model, inputs: &Inputs, options: Options) {
    let results = |folding: &Folding| {
        let folder = tempfile::tempdir().expect("a folder");
        let build = folder.path().join("build");
        let manifest = emit::emit(model, folding, &build).expect("written");
        let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
        equal(&mut bench, inputs, None, None);
        let words = vectors(&build, inputs).expect("vectors").results.swap_remove(0);
        let values = manifest.output.classes * manifest.output.words_per_value;
        words.into_iter().map(|words| words[..=values].to_vec()).collect::<Vec<_>>()
    };
    let streaming = results(&Folding::Streaming(design::Options::uniform(8)));
    assert_eq!(streaming, results(&Folding::Overlay(options)));
    assert!(streaming.len() > 3);
}

#[test]
fn both_architectures_give_the_same_results() {
    let model = mnist_mlp(Analog);
    let images = samples(&model, "examples/mnist_mlp/sample/images.npy", 8);
    same_results(&model, &images, options(32, 2, 8, 32, SpikeCode::Radix));
}

#[test]
fn both_architectures_give_the_same_results_of_a_transformer() {
    let recipe = recipe();
    let (model, _) = convert(&network(&recipe), "small", "test", EncodingChoice::Analog).expect("converts");
    let random = &mut Random(19);
    let raw: Vec<Vec<i32>> = (0..4).map(|_| sample(&recipe, random)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let inputs = written(&raw, recipe.words, folder.path());
    same_results(&model, &inputs, options(16, 2, 4, 16, SpikeCode::Radix));
}

/// Weights of the first layer are wrong: the message names instruction, layer, sample, local time-step, row and channel.
#[test]
fn wrong_weights_are_found_where_they_act() {
    let model = mnist_mlp(Analog);
    let images = samples(&model, "examples/mnist_mlp/sample/images.npy", 2);
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let machine = options(32, 2, 8, 32, SpikeCode::Radix);
    emit::emit(&model, &Folding::Overlay(machine), &build).expect("written");
    let rom = build.join("rom/weights_0.hex");
    let text = std::fs::read_to_string(&rom).expect("an image");
    // Weights of pixels in the middle to channel 1: the ninth bit of a word of weights of 8 bits.
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let first = lines.iter().position(|line| !line.starts_with("//")).expect("a word");
    for line in &mut lines[first + 400..first + 412] {
        let at = line.len() - 3;
        let digit = u32::from_str_radix(&line[at..=at], 16).expect("a digit") ^ 1;
        line.replace_range(at..=at, &format!("{digit:x}"));
    }
    std::fs::write(&rom, lines.join("\n") + "\n").expect("written");
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    let run = snn2rtl::cosim::Options {
        trace: Some("/no/such/folder/mismatch.vcd".into()),
        ..snn2rtl::cosim::Options::default()
    };
    let report = bench.run(&images, &run, &mut |_| ()).expect("a report");
    assert_eq!(report.mismatches, 1);
    let message = report.first_mismatch.expect("a mismatch").to_string();
    println!("{message}");
    // The cycle follows from the hardware, and no waveform is written.
    let until = |line: &str, end: &str| line.split(end).next().unwrap_or_default().to_owned();
    let lines = message.lines().map(|line| until(&until(line, "; there is no waveform"), ", cycle "));
    assert_golden("cosim/overlay_mismatch.txt", &(lines.collect::<Vec<_>>().join("\n") + "\n"));
}

/// Samples of random elements.
pub fn random_samples(model: &Model, count: usize, seed: u64, folder: &Path) -> Inputs {
    let input = model.network.topological().into_iter().find_map(|id| match &model.network.node(id).op {
        Op::Input(input) => Some(input.clone()),
        _ => None,
    });
    let input = input.expect("an input");
    let (elements, (low, high)) = (input.sample.len(), model.raw_range());
    let random = &mut Random(seed);
    let mut sample = || (0..elements).map(|_| random.range(low.into(), high.into()) as i32).collect();
    let raw: Vec<Vec<i32>> = (0..count).map(|_| sample()).collect();
    let words = input.spec.element == Element::U16;
    let folder = folder.join(seed.to_string());
    std::fs::create_dir_all(&folder).expect("a folder");
    written(&raw, words, &folder)
}

/// Networks that have little in common: tables of levels; a perceptron; attention; words, a table of rows and a mask; gates. Each
/// is loaded into one simulation after the other, which is reset once, and between them images that the core must refuse.
#[test]
fn networks_are_loaded_one_after_the_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = [
        functions_fixture("chain_20"),
        mnist_mlp(Analog),
        vit_small(),
        crate::common::text_fixture("text_masked_fill"),
        // Gates, and logits of all tokens.
        small(&Recipe { gated: true, hidden: 22, all: true, seed: 33, ..recipe() }),
    ];
    let networks: Vec<Network> = models.iter().map(|model| lower(model).expect("lowers").network).collect();
    let sizes = options(16, 2, 8, 32, SpikeCode::Radix);
    let machine = Loadable::for_networks(&networks.iter().collect::<Vec<_>>(), &sizes).expect("a machine");
    let folding = Folding::Loadable(Box::new(machine));
    let build = folder.path().join("build");
    emit::emit(&models[0], &folding, &build).expect("written");
    let inputs: Vec<Inputs> =
        (1..).zip(&models).map(|(seed, model)| random_samples(model, 3, seed, folder.path())).collect();
    let images: Vec<Vec<u32>> = models
        .iter()
        .zip(&networks)
        .map(|(model, network)| {
            let design = Design::plan(&model.name, network, &folding).expect("fits");
            design.image().expect("an image").expect("is loaded")
        })
        .collect();
    let good = &images[1];
    let last = good.len() - 1;
    let with = |at: usize, word: u32| {
        let mut words = good.clone();
        words[at] = word;
        words[last] = image::crc(&words[..last]);
        words
    };
    let mut torn = good.clone();
    torn[last / 2] ^= 1 << 9;
    let bad = [
        vec![
            (with(0, 0), 1),
            (with(1, image::VERSION + 1), 2),
            (with(2, good[2] ^ 1), 3),
            (with(3, 8), 4),
            (with(3, last as u32), 4),
        ],
        vec![(with(4, 99), 5), (with(5, 1), 6), (with(6, u32::MAX), 6), (torn, 7)],
        vec![(good[..last].to_vec(), 0), (good[..5].to_vec(), 0), (Vec::new(), 0)],
        vec![(with(6, 0), 6), (good[..last / 3].to_vec(), 0)],
        vec![(with(2, good[2] ^ 2), 3)],
    ];
    let order = [0, 1, 2, 3, 1, 4, 3, 0, 4];
    let runs: Vec<Run> =
        order.iter().map(|&n| Run { model: &models[n], inputs: &inputs[n], bad: &bad[n] }).collect();
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    for stall in [None, Some(1)] {
        let reports = bench.run_in_turn(&runs, stall).expect("runs");
        for (report, &n) in reports.iter().zip(&order) {
            assert_eq!(report.first_mismatch.as_ref().map(ToString::to_string), None, "{}", models[n].name);
            assert_eq!((report.mismatches, report.samples), (0, 3), "{}", models[n].name);
            assert!(report.neurons_checked > 0 && report.registers_checked > 10, "{}", models[n].name);
        }
        assert_eq!(reports.len(), order.len());
    }
}

fn small(recipe: &Recipe) -> Model {
    convert(&network(recipe), "small", "test", EncodingChoice::Analog).expect("converts").0
}

fn transformer(recipe: &Recipe, options: Options, folder: &Path) {
    let model = small(recipe);
    let random = &mut Random(recipe.seed ^ 7);
    let raw: Vec<Vec<i32>> = (0..6).map(|_| sample(recipe, random)).collect();
    check(&model, options, &written(&raw, recipe.words, folder), &[None, Some(recipe.seed)]);
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

/// Residual sums without fraction bits, and roots of LayerNorm that have some.
#[test]
fn exact_sums_on_the_overlay() {
    let folder = tempfile::tempdir().expect("a folder");
    let patches = Recipe { seed: 31, exact_sums: true, blocks: 2, hidden: 13, ..recipe() };
    transformer(&patches, options(16, 2, 8, 16, SpikeCode::Radix), folder.path());
    let words =
        Recipe { seed: 34, words: true, mask: true, post_norm: true, quantised_sums: true, ..patches };
    transformer(&words, options(8, 1, 1, 8, SpikeCode::Radix), folder.path());
}

#[test]
fn words_with_padding_on_the_overlay() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = Recipe { seed: 6, words: true, mask: true, mixed: true, post_norm: true, ..recipe() };
    transformer(&words, options(16, 2, 4, 16, SpikeCode::Radix), folder.path());
}

/// Keys by position, with and without padding; RMSNorm.
#[test]
fn causal_masks_and_norms_without_mean() {
    let folder = tempfile::tempdir().expect("a folder");
    let causal = Band::near(None, Some(0));
    let words = Recipe { seed: 31, tokens: 5, words: true, mask: true, band: causal, rms: true, ..recipe() };
    transformer(&words, options(16, 2, 8, 16, SpikeCode::Radix), folder.path());
    let window = Band::near(Some(1), Some(2));
    let both = Recipe { seed: 32, tokens: 6, band: window, ..recipe() };
    transformer(&both, options(8, 1, 4, 8, SpikeCode::Unary), folder.path());
}

/// A prefix that all queries see, and blocks of queries.
#[test]
fn prefixes_and_blocks() {
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = Band { always: 2, ..Band::near(Some(1), Some(0)) };
    let words = Recipe { seed: 38, tokens: 6, words: true, mask: true, band: prefix, ..recipe() };
    transformer(&words, options(16, 2, 8, 16, SpikeCode::Radix), folder.path());
    let blocks = Band { ahead_block: 3, behind_block: 2, ..Band::near(Some(1), Some(2)) };
    let both = Recipe { seed: 39, tokens: 7, band: blocks, ..recipe() };
    transformer(&both, options(8, 1, 4, 8, SpikeCode::Unary), folder.path());
}

/// Language models and classifiers of tokens: a row of logits for each position.
#[test]
fn logits_of_all_positions() {
    let folder = tempfile::tempdir().expect("a folder");
    let causal = Band::near(None, Some(0));
    let words = Recipe { seed: 34, tokens: 5, words: true, band: causal, rms: true, all: true, ..recipe() };
    transformer(&words, options(16, 2, 8, 16, SpikeCode::Radix), folder.path());
    let after = Recipe { seed: 35, post_norm: true, mask: true, band: Band::ALL, ..words };
    transformer(&after, options(4, 1, 4, 4, SpikeCode::Unary), folder.path());
}

/// Queries and keys rotated by their positions, with and without a quantiser before; depths that are odd.
#[test]
fn rotary_positions() {
    let folder = tempfile::tempdir().expect("a folder");
    let causal = Band::near(None, Some(0));
    let words = Recipe { seed: 36, tokens: 5, depth: 4, words: true, rotary: true, ..recipe() };
    let words = Recipe { band: causal, rms: true, blocks: 2, fused: false, all: true, ..words };
    transformer(&words, options(16, 2, 8, 16, SpikeCode::Radix), folder.path());
    let fused = Recipe { seed: 37, tokens: 6, rotary: true, mixed: true, ..recipe() };
    transformer(&fused, options(8, 1, 4, 8, SpikeCode::Unary), folder.path());
}

/// Rows, heads and groups of scores that are no multiple of what LayerNorm, softmax and sums take at once.
#[test]
fn rows_in_beats() {
    for (fire_lanes, row_lanes, seed) in [(8, 1, 21), (8, 2, 22), (16, 4, 23), (32, 8, 24)] {
        let folder = tempfile::tempdir().expect("a folder");
        let words = seed % 2 == 0;
        let own = Recipe { seed, tokens: 5, hidden: 13, words, mask: words, ..recipe() };
        let options = options(2 * fire_lanes, 2, fire_lanes, fire_lanes, SpikeCode::Radix);
        transformer(&own, Options { row_lanes, ..options }, folder.path());
    }
}

/// Fewer than four neurons fire together, and take turns until a group of spikes is complete: chunks that end within a
/// group, operands in both orders, tables of levels.
#[test]
fn neurons_that_take_turns() {
    for (fire_lanes, seed) in [(1, 25), (2, 26)] {
        let folder = tempfile::tempdir().expect("a folder");
        let function = Some(Function::gelu());
        let own = Recipe { seed, tokens: 5, hidden: 13, function, mixed: true, ..recipe() };
        transformer(&own, options(8, 1, fire_lanes, 8, SpikeCode::Radix), folder.path());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let linear = Recipe { seed: 27, linear_attention: true, blocks: 2, tokens: 6, ..recipe() };
    transformer(&linear, options(12, 2, 1, 16, SpikeCode::Radix), folder.path());
}

/// A residual stream that is quantised after every addition, and its levels as terms of sums, operands and sources.
#[test]
fn neurons_of_sums_in_both_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let sums = Recipe { seed: 9, quantised_sums: true, ..recipe() };
    transformer(&sums, options(16, 2, 4, 16, SpikeCode::Radix), folder.path());
    let words = Recipe { seed: 10, words: true, mixed: true, post_norm: true, levels: 32, ..sums };
    transformer(&words, options(24, 1, 8, 16, SpikeCode::Unary), folder.path());
    let recipe = Recipe { seed: 11, blocks: 3, hidden: 21, ..recipe() };
    let network = residual_perceptron(&recipe);
    let (model, _) = convert(&network, "small", "test", EncodingChoice::Analog).expect("converts");
    let random = &mut Random(13);
    let raw: Vec<Vec<i32>> = (0..6).map(|_| sample(&recipe, random)).collect();
    let inputs = written(&raw, false, folder.path());
    check(&model, options(16, 2, 4, 16, SpikeCode::Radix), &inputs, &[None, Some(1)]);
}

/// Attention without softmax: neurons read scores, whose number is not a multiple of the neurons that fire together.
/// Scores with two readers: each softmax has its own levels and limits.
#[test]
fn two_softmaxes_of_the_same_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let two = Recipe { seed: 23, two_softmaxes: true, tokens: 5, ..recipe() };
    transformer(&two, options(16, 2, 8, 16, SpikeCode::Unary), folder.path());
    // Copies of levels whose rows take several chunks.
    transformer(&Recipe { tokens: 6, ..two }, options(8, 1, 4, 8, SpikeCode::Unary), folder.path());
}

#[test]
fn linear_attention_in_both_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let linear = Recipe { seed: 12, linear_attention: true, blocks: 2, ..recipe() };
    transformer(&linear, options(8, 2, 4, 8, SpikeCode::Radix), folder.path());
    transformer(&Recipe { tokens: 5, ..linear }, options(8, 1, 8, 8, SpikeCode::Unary), folder.path());
}

/// GELU between the layers of the perceptron, other functions between synaptic layers.
#[test]
fn levels_by_tables_in_both_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let gelu = Recipe { seed: 7, function: Some(Function::gelu()), ..recipe() };
    transformer(&gelu, options(16, 2, 4, 16, SpikeCode::Radix), folder.path());
    let model = functions_fixture("chain_20");
    let random = &mut Random(4);
    let raw: Vec<Vec<i32>> = (0..4).map(|_| (0..6).map(|_| random.range(0, 255) as i32).collect()).collect();
    let inputs = written(&raw, false, folder.path());
    check(&model, options(8, 1, 4, 8, SpikeCode::Radix), &inputs, &[None, Some(1)]);
    check(&model, options(16, 2, 8, 16, SpikeCode::Unary), &inputs, &[None, Some(2)]);
}

/// A random convolutional network on a random machine: 4 samples.
fn convolutional(seed: u64, code: SpikeCode) {
    let random = &mut Random(seed);
    let levels = random.pick(&[&[(0, 15)][..], &[(-8, 7), (0, 3)], &[(0, 1), (-2, 2), (0, 40)]]).to_vec();
    let recipe = cnn::Recipe { seed, levels, sums: random.chance(50) };
    let network = cnn::network(&recipe);
    let (model, _) = convert(&network, "small", "test", EncodingChoice::Analog).expect("converts");
    let fire_lanes = random.pick(&[4, 8]);
    let options = options(
        fire_lanes * random.pick(&[1, 2, 3]),
        random.pick(&[1, 2, 3]),
        fire_lanes,
        fire_lanes * random.pick(&[1, 2, 4]),
        code,
    );
    let folder = tempfile::tempdir().expect("a folder");
    let raw: Vec<Vec<i32>> = (0..4).map(|_| cnn::sample(&network, random)).collect();
    println!("{seed}: {options:?}\n{}", model.network.text());
    check(&model, options, &written(&raw, false, folder.path()), &[None, Some(seed)]);
}

#[test]
fn convolutional_networks() {
    convolutional(1, SpikeCode::Radix);
    convolutional(4, SpikeCode::Unary);
}

/// Gates for each channel, for each pixel, and for each element; of tokens, in chunks of which the last one is shorter.
#[test]
fn gates() {
    convolutional(21, SpikeCode::Radix);
    convolutional(3, SpikeCode::Unary);
    convolutional(6, SpikeCode::Radix);
    let folder = tempfile::tempdir().expect("a folder");
    let gated = Recipe { gated: true, hidden: 22, ..recipe() };
    transformer(&gated, options(8, 2, 4, 8, SpikeCode::Radix), folder.path());
    let turns = Recipe { gated: true, hidden: 6, words: true, mask: true, ..recipe() };
    transformer(&turns, options(24, 1, 1, 8, SpikeCode::Radix), folder.path());
}

#[test]
fn the_trained_convolutional_network() {
    let model = mnist_cnn();
    let images = samples(&model, "examples/mnist_cnn/sample/images.npy", 2);
    check(&model, options(32, 2, 8, 16, SpikeCode::Radix), &images, &[None, Some(1)]);
}

#[test]
#[ignore = "long: 16 images of the trained convolutional network in both codes"]
fn the_trained_convolutional_network_on_several_machines() {
    let model = mnist_cnn();
    let images = samples(&model, "examples/mnist_cnn/sample/images.npy", 16);
    check(&model, options(32, 2, 8, 16, SpikeCode::Radix), &images, &[None, Some(1)]);
    check(&model, options(8, 1, 4, 8, SpikeCode::Unary), &images, &[None, Some(2)]);
}

#[test]
#[ignore = "long: random convolutional networks"]
fn any_convolutional_network() {
    let cases: u64 = std::env::var("SNN2RTL_CASES").map_or(10, |n| n.parse().expect("a number"));
    for seed in 100..100 + cases {
        convolutional(seed, if seed % 3 == 0 { SpikeCode::Unary } else { SpikeCode::Radix });
    }
}

/// Any shape that the overlay takes, any size of the machine.
#[test]
#[ignore = "long: random Transformers"]
fn whatever_the_overlay_takes() {
    let cases = std::env::var("SNN2RTL_CASES").map_or(6, |n| n.parse().expect("a number"));
    let (mut seed, mut run) = (100, 0);
    while run < cases {
        seed += 1;
        let random = &mut Random(seed);
        let quantised_sums = random.chance(30);
        let recipe = Recipe { quantised_sums, ..Recipe::any(seed, random) };
        let linear_attention = !recipe.mask && random.chance(30);
        let recipe = Recipe { linear_attention, ..recipe }.varied();
        let fire_lanes = random.pick(&[1, 2, 4, 8]);
        let group = fire_lanes.max(4);
        let codes = [SpikeCode::Radix, if fire_lanes < 4 { SpikeCode::Radix } else { SpikeCode::Unary }];
        let options = options(
            group * random.pick(&[1, 2, 3, 8]),
            random.pick(&[1, 2, 3, 4]),
            fire_lanes,
            group * random.pick(&[1, 2, 8]),
            random.pick(&codes),
        );
        let folder = tempfile::tempdir().expect("a folder");
        println!("{recipe:?}, {options:?}");
        let (model, _) =
            convert(&network(&recipe), "small", "test", EncodingChoice::Analog).expect("converts");
        let network = snn2rtl::lower::lower(&model).expect("lowers").network;
        let plan = snn2rtl::overlay::compile(&network, &options).expect("compiles");
        println!("{} words of tables", plan.machine.piece_depth);
        transformer(&recipe, options, folder.path());
        run += 1;
    }
}

#[test]
#[ignore = "long: 16 images and 16 sentences of the examples"]
fn the_trained_transformers() {
    let vit = mnist_vit();
    let images = samples(&vit, "examples/mnist_vit/sample/images.npy", 16);
    check(&vit, options(64, 2, 8, 64, SpikeCode::Radix), &images, &[None, Some(1)]);
    let encoder = review_encoder();
    let sentences = samples(&encoder, "examples/review_encoder/sample/ids.npy", 16);
    check(&encoder, options(32, 2, 8, 32, SpikeCode::Radix), &sentences, &[None, Some(2)]);
}
