//! Small Transformers: words with padding and patches, before and after the norm, class token and mean.

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::cosim::Bench;
use snn2rtl::data::{Inputs, NpzWriter};
use snn2rtl::design::Options;
use snn2rtl::emit;
use snn2rtl::graph::Shape;
use snn2rtl::quant::{Element, Precision};

use crate::equal;
use crate::generator::{Recipe, network, sample};
use crate::random::Random;

/// Builds one Transformer and runs it in every way.
fn check(recipe: &Recipe, options: Options) {
    check_with(recipe, options, Precision::EXACT);
}

/// The same with these fraction bits.
fn check_with(recipe: &Recipe, options: Options, precision: Precision) {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let (mut model, _) =
        convert(&network(recipe), "small", "test", EncodingChoice::Analog).expect("converts");
    model.precision = precision;
    let manifest = emit::emit(&model, &options, &build).expect("written");
    for module in ["residual_sum", "norm_neurons", "softmax_neurons", "spike_product", "stream_fork"] {
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
    assert!(plain.spikes_fired * 50 > plain.spikes_checked, "next to nothing fires");
    for seed in [1, 2] {
        let stalled = equal(&mut bench, &inputs, Some(seed), None);
        assert_eq!(stalled.spikes_fired, plain.spikes_fired);
    }
    for (t_max, stall) in [(1, None), (3, Some(3)), (7, Some(4))] {
        let cut = equal(&mut bench, &inputs, stall, Some(t_max));
        assert!(cut.time_steps.max <= t_max.into());
    }
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
    }
}

#[test]
fn patches_and_a_class_token() {
    check(&recipe(), Options { lanes: 16, fifo_depth: 2 });
}

#[test]
fn words_with_padding() {
    let words = Recipe { seed: 6, words: true, mask: true, post_norm: true, fused: false, ..recipe() };
    check(&Recipe { tokens: 5, levels: 8, weight_bits: 5, ..words }, Options { lanes: 4, fifo_depth: 1 });
}

#[test]
fn the_mean_of_two_blocks() {
    let mean = Recipe { seed: 7, mean: true, blocks: 2, levels: 4, depth: 2, ..recipe() };
    check(&mean, Options { lanes: 2, fifo_depth: 3 });
}

/// Profile `compact`, down to one bit of each; the scale of the softmax quantiser needs more not to be 0.
#[test]
fn few_fraction_bits() {
    let words = Recipe { seed: 8, words: true, mask: true, levels: 8, ..recipe() };
    let options = Options { lanes: 8, fifo_depth: 1 };
    check_with(&words, options, Precision { residual: 1, affine: 1, exponent: 1, scale: 5 });
    let patches = Recipe { seed: 9, ..recipe() };
    let options = Options { lanes: 4, fifo_depth: 2 };
    check_with(&patches, options, Precision { residual: 9, affine: 6, exponent: 5, scale: 7 });
}
