//! Models written by real exporters, against levels and logits from float64 runs in the exporters' own framework.

use std::path::{Path, PathBuf};

use snn2rtl::data;
use snn2rtl::import::{Imported, Options, import};
use snn2rtl::qann::eval::evaluate;
use snn2rtl::quant::{Element, InputSpec, Scaling};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/onnx").join(name)
}

/// An array of small integers, as it lies in the archive.
fn array(archive: &Path, name: &str) -> Vec<i32> {
    let (_, values) = data::read_integers(&format!("{}:{name}", archive.display())).unwrap();
    values.into_iter().map(|value| i32::try_from(value).unwrap()).collect()
}

/// Checks the levels of all quantisers on all samples; returns how many were compared.
fn levels_agree(imported: &Imported, archive: &Path, sample: usize) -> usize {
    let inputs = array(archive, "inputs");
    let mut compared = 0;
    let mut references = std::collections::HashMap::new();
    for (index, raw) in inputs.chunks_exact(sample).enumerate() {
        for (node, levels) in evaluate(&imported.network, raw).levels {
            let name = &imported.network.node(node).name;
            let reference =
                references.entry(name.clone()).or_insert_with(|| array(archive, &format!("level/{name}")));
            let expected = &reference[index * levels.len()..(index + 1) * levels.len()];
            assert_eq!(levels, expected, "{name}, sample {index}");
            compared += levels.len();
        }
    }
    compared
}

#[test]
fn mlp_of_a_spikezip_transformer() {
    // Its input is the quantised result of a LayerNorm: levels times this scale.
    let scaling = Scaling::Affine { scale: vec!["0.45252764225006104".parse().unwrap()], zero_point: 0 };
    let input = InputSpec { element: Element::I8, scaling, channel_axis: None };
    let imported = import(&fixture("vit_small_mlp.onnx"), &Options { input, weight_bits: None }).unwrap();
    let text = imported.network.text();
    let golden = fixture("vit_small_mlp.qann.txt");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(golden).unwrap());
    let compared = levels_agree(&imported, &fixture("vit_small_mlp.npz"), 17 * 32);
    assert_eq!(compared, 32 * 17 * (64 + 32));
}
