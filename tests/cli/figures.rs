//! Figures and tables.

use std::fs;

use snn2rtl::data;

use crate::common::repository;
use crate::session::{Session, example};

#[test]
fn the_doctor_lists_every_tool() {
    let tools = Session::new().run("doctor --json").json();
    let tools = tools["tools"].as_array().expect("a list");
    assert!(tools.iter().any(|t| t["tool"] == "Verilator") && tools.len() > 10);
}

/// Multiply-accumulates of `vit_small`: 16 patches of 49, 17 tokens of 32 channels, 2 heads, an MLP of 64, 10 classes.
#[test]
fn energy_is_operations_times_published_energies() {
    let session = Session::new();
    let model = repository("tests/fixtures/vit_small/vit_small.onnx").display().to_string();
    session.run(&format!("convert {model} -o vit.snn --input u8 --mean 0.5 --std 0.5")).ok();
    let images = repository("tests/fixtures/vit_small/vit_small_reference.npz").display().to_string();
    let bounds = session.run("inspect vit.snn --json").ok().json()["energy"].clone();
    let linear = 17 * 32 * (3 * 32 + 32 + 2 * 64);
    let attention = 2 * 17 * 17 * 32;
    let macs = 16 * 49 * 32 + linear + attention + 32 * 10;
    assert_eq!(bounds["qann_macs"], macs);
    assert_eq!(bounds["input_macs"], 16 * 49 * 32);
    assert_eq!(bounds["layer_norm_elements"], 3 * 17 * 32);
    assert_eq!(bounds["softmax_elements"], 2 * 17 * 17);
    let close = |value: &serde_json::Value, expected: f64| {
        let value = value.as_f64().expect("a number");
        assert!((value - expected).abs() < 1e-9 * expected, "{value} for {expected}");
    };
    close(&bounds["qann_nj_per_sample"], f64::from(macs) * 4.6e-3);
    let report =
        session.run(&format!("run vit.snn --inputs {images}:inputs --samples 20 --json")).ok().json();
    let figure = |name: &str| report[name].as_f64().expect("a number");
    let snn = figure("sops_per_sample") * 0.9e-3 + figure("input_macs_per_sample") * 4.6e-3;
    close(&report["energy"]["snn_nj_per_sample"], snn);
    close(&report["energy"]["ratio"], snn / (f64::from(macs) * 4.6e-3));
    let most = bounds["worst_nj_per_sample"].as_f64().expect("a number");
    assert!(snn <= most && report["time_steps"]["max"].as_u64() <= bounds["worst_time_steps"].as_u64());
    let text = session.run("inspect vit.snn").ok().stdout();
    assert!(text.contains("45 nm") && text.contains("4.6 pJ") && text.contains("0.9 pJ"), "{text}");
}

#[test]
fn compact_widths_are_chosen_saved_and_used() {
    let session = Session::new();
    let model = repository("tests/fixtures/vit_small/vit_small.onnx").display().to_string();
    session.run(&format!("convert {model} -o vit.snn --input u8 --mean 0.5 --std 0.5")).ok();
    let samples = repository("tests/fixtures/vit_small/vit_small_reference.npz").display().to_string();
    let calibration = format!("--calibrate {samples}:inputs --labels {samples}:labels --samples 300");
    let line = format!("compact vit.snn {calibration} --tolerance 0.5 -o compact.snn");
    let found = session.run(&format!("{line} --json")).ok().json();
    let bits = |precision: &serde_json::Value| {
        ["residual", "affine", "exponent", "scale"].map(|w| precision[w].as_u64().expect("a width"))
    };
    let chosen = bits(&found["precision"]);
    assert!(chosen.iter().sum::<u64>() < 60, "{chosen:?}");
    let table = found["table"].as_array().expect("a list");
    let entry = |role: &str| table.iter().find(|entry| entry["role"] == role).expect(role);
    let figure = |role: &str, name: &str| entry(role)[name].as_f64().expect("a number");
    let loss = figure("exact", "accuracy") - figure("compact", "accuracy");
    assert!(loss * 100.0 <= 0.5 + 1e-9, "{loss}");
    assert_eq!(figure("exact", "float_mismatched_neurons"), 0.0);
    assert!(figure("compact", "float_mismatched_neurons") > 0.0);

    // Every command works with these widths.
    let inspected = session.run("inspect compact.snn --json").ok().json();
    assert_eq!(bits(&inspected["precision"]), chosen);
    assert_eq!(inspected["multiplier_bits"], entry("compact")["multiplier_bits"]);
    let memory = ["parameter_bits", "state_bits"].map(|bits| inspected[bits].as_u64().expect("a number"));
    assert_eq!(Some(memory[0] + memory[1]), entry("compact")["memory_bits"].as_u64());
    let run = format!("--inputs {samples}:inputs --labels {samples}:labels --samples 300 --float --json");
    let ran = session.run(&format!("run compact.snn {run} --dump compact.npz")).ok().json();
    assert_eq!(ran["one_shot_mismatches"], 0);
    for name in
        ["accuracy", "float_mismatched_neurons", "float_mismatched_samples", "float_mismatched_classes"]
    {
        assert_eq!(ran[name], entry("compact")[name], "{name}");
    }
    let exact = session.run(&format!("run vit.snn {run}")).ok().json();
    assert_eq!(exact["float_mismatched_neurons"], 0);
    let (_, levels) = data::read_integers(&format!("{}:level/norm.1", session.path("compact.npz").display()))
        .expect("levels");
    assert_eq!(levels.len(), 300 * 17 * 32);
    session.run("build compact.snn -o build --lanes 16").ok();
    session.run("build vit.snn -o exact --lanes 16").ok();
    let rom = |build: &str| fs::read_dir(session.path(build).join("rom")).expect("a folder").count();
    assert_eq!(rom("build"), rom("exact"));
    assert_eq!(bits(&session.run("inspect build --json").ok().json()["precision"]), chosen);

    // As tables; and a compact model is compared with profile exact as well.
    let text =
        session.run(&line.replace("vit.snn", "compact.snn").replace(" -o compact.snn", "")).ok().stdout();
    let widths = chosen.map(|w| w.to_string()).join(", ");
    for words in ["residual alone", "residual − 1", "nothing is written", &widths, "26, 24, 24, 30"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(session.run("inspect compact.snn").ok().stdout().contains("profile compact"));

    let refused = |line: &str, words: &[&str]| session.refused(line, words);
    refused(&line.replace("--tolerance 0.5", "--tolerance=-1"), &["tolerance of -1"]);
    refused(&line.replace("0.5", "100"), &["tolerance of 100", "below 100"]);
    refused(&line.replace("0.5", "NaN"), &["tolerance of NaN"]);
    refused(&line.replace("300", "0"), &["--samples 0"]);
    refused(&line.replace(":labels", ":inputs"), &["labels"]);
    refused(&line.replace("-o compact.snn", "-o ."), &["cannot be the name of a model"]);
    refused(&line.replace("-o compact.snn", "-o compact.npz"), &["compact.npz", "not a model"]);
    refused(&line.replace("-o compact.snn", "-o none/compact.snn"), &["none/compact.snn"]);
    let session = session.mlp();
    let (images, labels) = (example("sample/images.npy"), example("sample/labels.npy"));
    session.refused(
        &format!("compact mlp.snn --calibrate {images} --labels {labels} -o other.snn"),
        &["nothing to narrow", "mlp.snn"],
    );
}
