//! What is refused, and what is then left on disk.

use std::fs;
use std::process::Command;

use snn2rtl::data::NpzWriter;

use crate::session::{INPUT, Session, example, fixture};

#[test]
fn damaged_models_are_refused() {
    let s = Session::new();
    let whole = fs::read(fixture("qdq_matmul_add.onnx")).expect("a fixture");
    s.write("truncated.onnx", &whole[..whole.len() / 2]);
    s.write("text.onnx", "this is not a model");
    s.write("empty.onnx", "");
    fs::create_dir(s.path("folder.onnx")).expect("a folder");
    for name in ["truncated", "text", "empty", "folder", "missing"] {
        s.refused(&format!("convert {name}.onnx -o m.snn {INPUT}"), &[&format!("{name}.onnx")]);
    }
    // Bytes of a scale: the tests of the importer change every kind of constant; this is the program's exit.
    s.refused(
        &format!("convert {} -o m.snn --input u8", fixture("qdq_matmul_add.onnx")),
        &["--mean", "--scale"],
    );
    s.refused(
        &format!("convert {} -o m.snn --input u8 --mean 0 --std 0", fixture("qdq_matmul_add.onnx")),
        &[],
    );
}

/// Positions that are counted from the tokens are those of samples with padding at the end, or without any.
#[test]
fn padding_where_positions_would_be_others_is_refused() {
    let s = Session::new();
    let ids = |name: &str, padded: &[usize]| {
        let tokens = (0..5).map(|at| if padded.contains(&usize::from(at)) { 1 } else { 2 + at });
        let tokens: Vec<u16> = tokens.collect();
        let mut file = NpzWriter::create(&s.path(name)).expect("a file");
        file.add("ids", &[1, 5], &tokens).expect("written");
        file.finish().expect("written");
    };
    ids("plain.npz", &[]);
    ids("right.npz", &[3, 4]);
    ids("left.npz", &[0, 4]);
    let stranger = |name: &str| fixture(&format!("../strangers/{name}.onnx"));
    s.run(&format!("convert {} -o none.snn", stranger("hf_roberta_ts"))).ok();
    let bind = "--bind attention_mask=padding:1";
    s.run(&format!("convert {} -o mask.snn {bind}", stranger("hf_roberta_mask_ts"))).ok();
    s.run("run none.snn --inputs plain.npz:ids").ok();
    s.run("run mask.snn --inputs right.npz:ids").ok();
    s.refused("run none.snn --inputs right.npz:ids", &["token 1 at index 3", "no token may be 1"]);
    // The driver checks samples by these.
    s.run("build none.snn -o none.build").ok();
    let text = fs::read_to_string(s.path("none.build/manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(manifest["input"]["padding"], serde_json::json!({"rule": "absent", "token": 1}));
    assert_eq!(manifest["input"]["range"], serde_json::json!([0, 23]));
    s.refused("run mask.snn --inputs left.npz:ids", &["token 1 at index 0", "only be at the end"]);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    let before = s.listing();
    for line in [
        "convert".to_owned(),
        "nonsense".to_owned(),
        "convert x.onnx -o m.snn --input u8 --mean one --std 1".to_owned(),
        "convert x.onnx -o m.snn --input u8 --mean 0".to_owned(),
        "convert x.onnx -o m.snn --input u8 --scale 1 --encoding often".to_owned(),
        "build mlp.snn -o b --lanes many".to_owned(),
    ] {
        let done = s.run(&line);
        assert_eq!(done.output.status.code(), Some(2), "{}", done.all());
        assert_eq!(done.listing, before);
    }
    s.refused("build mlp.snn -o b --lanes 0", &["0 lanes", "1…64"]);
    s.refused("build mlp.snn -o b --fifo-depth 0", &["FIFO depth 0"]);
    s.refused(&format!("run mlp.snn --inputs {images} --t-max 0"), &["--t-max 0"]);
    s.refused(&format!("run mlp.snn --inputs {images} --samples 0"), &["--samples 0"]);
    s.refused("build none.snn -o b", &["none.snn", "snn2rtl convert"]);
    s.refused("cosim mlp.snn --inputs x.npy", &["manifest.json", "snn2rtl build"]);
    s.refused("synth mlp.snn --family xc7", &["manifest.json"]);
    s.run("build mlp.snn -o b").ok();
    s.refused("synth b --family ice50", &["ice50", "xc7, xcup, ecp5, ice40 or gowin"]);
    s.refused("synth b --core units --tool nextpnr", &["--core is an option of synthesis with Yosys alone"]);
    s.refused("cosim b --inputs none.npy", &["none.npy"]);
    let line = format!("cosim b --inputs {images} --samples 1");
    s.refused(&format!("{line} --per-sample none/x.csv"), &["none/x.csv"]);
    s.refused(&format!("{line} --patience 2"), &["--margin"]);
    s.refused(&format!("{line} --margin -1"), &["a margin of -1", "--margin 1 --patience 3"]);
    s.refused(&format!("{line} --margin 1e9"), &["no class can stand out"]);
    s.refused(&format!("{line} --margin 1 --patience 0"), &["0 time-steps"]);
}

#[test]
fn samples_that_do_not_fit_are_refused() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    let reference = example("sample/reference.npz");
    s.refused(&format!("run mlp.snn --inputs {}", example("sample/labels.npy")), &["labels.npy", "expects"]);
    s.refused(&format!("run mlp.snn --inputs {reference}"), &["several arrays"]);
    s.refused(&format!("run mlp.snn --inputs {reference}:nothing"), &["nothing", "level/act1"]);
    s.refused(&format!("run mlp.snn --inputs {reference}:level/act1"), &["1500×128", "1×28×28"]);
    s.refused(&format!("run mlp.snn --inputs {images} --labels {images}"), &["images.npy"]);
    s.refused(
        &format!("run mlp.snn --inputs {images} --reference {}", fixture("qdq_ties.npz")),
        &["128 neurons", "act1"],
    );
    s.write("short.npy", &fs::read(&images).expect("a sample")[..5000]);
    s.refused("run mlp.snn --inputs short.npy", &["short.npy", "truncated"]);
    s.write("text.npy", "1 2 3");
    s.refused("run mlp.snn --inputs text.npy", &["text.npy"]);
}

#[test]
fn what_is_there_already_is_left_alone() {
    let s = Session::new().mlp();
    s.write("file", "mine");
    fs::create_dir(s.path("folder")).expect("a folder");
    s.write("folder/notes", "mine");
    let onnx = example("mnist_mlp.onnx");
    for path in ["file", "folder", "file/m.snn", "none/deeper/m.snn", "/proc/m.snn"] {
        s.refused(&format!("convert {onnx} -o {path} --input u8 --mean 0.1307 --std 0.3081"), &[path]);
        s.refused(&format!("build mlp.snn -o {path}"), &[path]);
    }
    let images = example("sample/images.npy");
    s.refused(&format!("run mlp.snn --inputs {images} --samples 2 --dump none/all.npz"), &["none"]);
    assert_eq!(fs::read(s.path("folder/notes")).expect("there"), b"mine");
}

#[test]
fn a_disk_that_fills_leaves_nothing_half_written() {
    let s = Session::new().mlp();
    let before = s.listing();
    let program = env!("CARGO_BIN_EXE_snn2rtl");
    let images = example("sample/images.npy");
    for line in [
        format!("convert {} -o m.snn --input u8 --mean 0 --std 1", example("mnist_mlp.onnx")),
        "build mlp.snn -o b".to_owned(),
        format!("run mlp.snn --inputs {images} --dump all.npz"),
    ] {
        // No file may grow beyond 8 blocks; the signal for it is ignored, so that writing fails.
        let script = format!("ulimit -f 8; trap '' XFSZ; exec {program} {line}");
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]);
        s.run_command(shell, &line).refused(&before, &["cannot write"]);
    }
}

#[test]
fn a_damaged_model_folder_is_refused() {
    let s = Session::new().mlp();
    let graph = fs::read_to_string(s.path("mlp.snn/graph.json")).expect("there");
    s.write("mlp.snn/graph.json", graph.replace("\"format_version\": 1", "\"format_version\": 9"));
    s.refused("inspect mlp.snn", &["version 9", "graph.json"]);
    s.write("mlp.snn/graph.json", &graph[..graph.len() / 2]);
    s.refused("inspect mlp.snn", &["graph.json", "docs/model-format.md"]);
    s.write("mlp.snn/graph.json", &graph);
    fs::remove_file(s.path("mlp.snn/weights.safetensors")).expect("removed");
    s.refused("inspect mlp.snn", &["weights.safetensors", "snn2rtl convert"]);
}

#[test]
fn without_verilator_and_without_a_network_it_is_said() {
    let s = Session::new().mlp();
    s.run("build mlp.snn -o b").ok();
    let before = s.listing();
    let empty = s.folder.path().join("mlp.snn");
    let line = format!("cosim b --inputs {} --samples 1", example("sample/images.npy"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_snn2rtl"));
    // Nothing on the path, and a cache with nothing in it.
    command
        .args(line.split_whitespace())
        .env("PATH", &empty)
        .env("XDG_CACHE_HOME", s.folder.path().join("b/rom"));
    command.env("HOME", &empty).env("PIP_NO_INDEX", "1");
    s.run_command(command, &line).refused(&before, &["Verilator"]);
}

#[test]
fn rtl_that_differs_is_a_failed_check() {
    let s = Session::new();
    s.run(&format!("convert {} -o m.snn {INPUT}", fixture("lsq_ties.onnx"))).ok();
    s.run("build m.snn -o b").ok();
    let inputs = format!("{}:inputs", fixture("lsq_ties.npz"));
    let line = format!("cosim b --inputs {inputs} --samples 2 --per-sample each.csv --json");
    let json = s.run(&line).ok().json();
    let each = fs::read_to_string(s.path("each.csv")).expect("a table");
    assert!(each.starts_with("sample,time_steps,spikes,sops,cycles,latency\n0,"), "{each}");
    assert_eq!(each.lines().count(), 3, "{each}");
    for key in ["samples", "time_steps", "neurons_checked", "spikes_checked", "cycles_per_sample"] {
        assert!(!json[key].is_null(), "{key}");
    }
    assert_eq!((json["samples"].as_u64(), json["mismatches"].as_u64()), (Some(2), Some(0)));

    // What was found stays in the build folder, for the report.
    let kept = |name: &str| -> serde_json::Value {
        let path = s.path("b/reports").join(name);
        serde_json::from_slice(&fs::read(path).expect("kept")).expect("JSON")
    };
    assert_eq!(kept("cosim.json"), json);
    let stages = json["stages"].as_array().expect("a list");
    assert!(stages.iter().any(|stage| stage["cycles"].as_f64() == json["cycles_lower_bound"].as_f64()));
    let holds =
        |s: &Session, line: &str| -> Option<bool> { s.run(line).json()["equalities"][0]["holds"].as_bool() };
    assert_eq!(holds(&s, "report b --json"), Some(true));

    // The start value of a neuron, in a word of its memory image.
    let path = fs::read_dir(s.path("b/rom")).expect("images").map(|e| e.expect("an entry").path());
    let image = path
        .into_iter()
        .find(|p| p.to_string_lossy().contains("_act1_") && p.to_string_lossy().ends_with("_constants.hex"));
    let image = image.expect("constants of the first neurons");
    let text = fs::read_to_string(&image).expect("an image");
    let last = text.trim_end().chars().last().expect("a digit").to_digit(16).expect("a digit") ^ 7;
    let changed = format!("{}{last:x}\n", &text.trim_end()[..text.trim_end().len() - 1]);
    fs::write(&image, changed).expect("written");
    let done = s.run(&format!("cosim b --inputs {inputs} --samples 2"));
    assert_eq!(done.output.status.code(), Some(1), "{}", done.all());
    let told = done.stderr();
    for word in ["act1", "time-step", "channel", "waveform"] {
        assert!(told.contains(word), "{word}\n{}", done.all());
    }
    assert!(s.path("b/sim/mismatch.vcd").exists());
    assert_eq!(kept("cosim.json")["first_mismatch"]["layer"], "act1");
    assert_eq!(holds(&s, "report b --json"), Some(false));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let s = Session::new().mlp();
    let program = env!("CARGO_BIN_EXE_snn2rtl");
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("set -o pipefail; {program} inspect mlp.snn --text | true; echo done")]);
    let done = s.run_command(shell, "inspect | true");
    assert!(done.output.stderr.is_empty(), "{}", done.all());
}

#[test]
fn with_json_errors_are_json() {
    let session = Session::new();
    let last = |line: &str, code: i32| -> serde_json::Value {
        let done = session.run(line);
        assert_eq!(done.output.status.code(), Some(code), "{}", done.all());
        assert!(done.output.stdout.is_empty(), "{}", done.all());
        let text = done.stderr();
        serde_json::from_str(text.lines().last().unwrap_or_default())
            .unwrap_or_else(|e| panic!("{e}: {text}"))
    };
    let error = last("inspect none.snn --json", 2)["error"].clone();
    assert_eq!((&error["stage"], &error["exit_code"]), (&"inspect".into(), &2.into()));
    assert!(error["file"].as_str().is_some_and(|file| file.contains("none.snn")), "{error}");
    let tokens = fixture("../transformers/text_masked_fill.onnx");
    let error = last(&format!("convert {tokens} -o tokens.snn {INPUT} --json"), 2)["error"].clone();
    assert!(error["fix"].as_str().is_some_and(|fix| fix.contains("leave --input")), "{error}");
    assert!(error["node"].is_string() && error["problem"].is_string(), "{error}");
    // A call that clap refuses, too; not the help.
    let error = last("run --json --no-such-option", 2)["error"].clone();
    assert_eq!(error["stage"], "run");
    assert!(error["problem"].as_str().is_some_and(|text| text.contains("--no-such-option")), "{error}");
    assert!(session.run("run --json --help").ok().stdout().contains("Usage"));
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Session::new().run(&format!("completions {shell}")).ok().stdout();
        for word in ["convert", "cosim", "per-sample", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
