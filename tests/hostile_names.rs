//! Names from a model, pushed through the whole flow: nothing that they say is ever done, and every file is read by the
//! parser of its own language.

#[path = "hostile_names/parsers.rs"]
mod parsers;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::repository;
use parsers::Parsers;
use prost::Message;
use serde_json::{Value, json};
use snn2rtl::import::proto::ModelProto;

/// Names that mean something to somebody: quotes, expansions, comments, directives, keywords, markup, control characters.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "\"; $finish; //",
        "$(touch pwned)",
        "`touch pwned`",
        "\"'; touch pwned; '\"",
        "\\",
        "ends with \\",
        "]",
        "[exec touch pwned]",
        "{",
        "}",
        "a\nb",
        "\r\n#!/bin/sh\ntouch pwned\n",
        "*/ endmodule /*",
        "// synopsys translate_off",
        "x\n`include \"/etc/passwd\"",
        "verilator lint_off",
        "module",
        "endmodule",
        "1'b0",
        "naïve ünïcode 漢字 🧠",
        "\u{202e}gnp.exe",
        "\u{2028}\u{feff}\u{ffff}",
        "<script>alert(1)</script>",
        "--><!--",
        "--",
        "]]>",
        "&lt;&#0;&",
        "'",
        "%s%n%x",
        "${HOME}",
        "# comment",
        ": - {a: *b, <<: &c d}",
        "!!python/object/apply:os.system ['touch pwned']",
        "\t",
        "\0",
        "\u{1b}[2J\u{7}",
        "../../outside",
        "/etc/passwd",
        "@{ x }@ @% end %@",
        "{{ x }}",
        "[link](javascript:alert)",
        "-rf",
        "",
        " ",
        // Equal as identifiers.
        "a b",
        "a_b",
        "a-b",
    ]
    .map(str::to_owned)
    .into();
    names.push("long".repeat(2000));
    names
}

/// Folders with names that shells, make and Tcl would take apart.
const FOLDER: &str = "it's $(touch pwned) [x] {y} \\n & \"more\" <b>";

/// A small network with these names at its nodes, and tensors and producer called after them.
fn renamed(names: &[String], producer: &str) -> Vec<u8> {
    let bytes = fs::read(repository("tests/fixtures/onnx/qdq_ties.onnx")).expect("a fixture");
    let mut model = ModelProto::decode(&bytes[..]).expect("ONNX");
    (model.producer_name, model.producer_version) = (producer.to_owned(), producer.to_owned());
    let graph = model.graph.as_mut().expect("a graph");
    graph.name = producer.to_owned();
    let mut tensors: HashMap<String, String> = HashMap::new();
    let mut rename = |name: &mut String| {
        if !name.is_empty() {
            let count = tensors.len();
            let other = || format!("{}{count}", names[count % names.len()]);
            *name = tensors.entry(name.clone()).or_insert_with(other).clone();
        }
    };
    graph.input.iter_mut().chain(&mut graph.output).for_each(|info| rename(&mut info.name));
    graph.initializer.iter_mut().for_each(|tensor| rename(&mut tensor.name));
    for (n, node) in graph.node.iter_mut().enumerate() {
        node.input.iter_mut().chain(&mut node.output).for_each(&mut rename);
        node.metadata_props.clear();
        node.name = names[n % names.len()].clone();
    }
    model.encode_to_vec()
}

/// Runs the program in a folder; what it shows must not steer a terminal.
fn run(folder: &Path, words: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_snn2rtl")).args(words).current_dir(folder).output();
    let output = output.expect("started");
    let shown =
        [&output.stdout[..], &output.stderr[..]].map(|text| String::from_utf8_lossy(text).into_owned());
    for text in &shown {
        let steers = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2028}\u{feff}".contains(c);
        // JSON escapes what JSON must.
        let json = words.contains(&"--json");
        assert!(json || !text.contains(steers), "{words:?} shows {text:?}");
        assert!(!text.contains("panicked"), "{words:?}: {text}");
    }
    assert!(output.status.success(), "{words:?}\n{}\n{}", shown[0], shown[1]);
    output
}

/// What a command printed is JSON.
fn is_json(output: &Output) {
    serde_json::from_slice::<Value>(&output.stdout).expect("JSON");
}

/// Gives the nodes of a model file exactly these names, as another program might; the model and its producer have the first.
fn name_nodes(model: &Path, names: &[String]) {
    let path = model.join("graph.json");
    let mut graph: Value = serde_json::from_slice(&fs::read(&path).expect("there")).expect("JSON");
    let (nodes, name) = (graph["nodes"].as_array_mut().expect("a list"), json!(names[0]));
    let others = (0..).map(|n| format!("node {n}"));
    let mut renamed: HashMap<String, String> = HashMap::new();
    for (node, name) in nodes.iter_mut().zip(names.iter().cloned().chain(others)) {
        for input in node["inputs"].as_array_mut().expect("a list") {
            *input = json!(renamed[input.as_str().expect("a name")]);
        }
        let before = node["name"].as_str().expect("a name").to_owned();
        node["name"] = json!(name);
        renamed.insert(before, name);
    }
    assert!(renamed.len() >= names.len(), "room for every name");
    (graph["name"], graph["producer"]) = (name.clone(), name);
    fs::write(path, graph.to_string()).expect("written");
}

/// Nothing was done that a name asks for.
fn nothing_was_done(folder: &Path) {
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(inside).expect("readable") {
            let path = entry.expect("readable").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            assert!(name != "pwned" && name != "outside", "{}", path.display());
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            }
        }
    }
}

/// Converts and builds a model, with all that is written on the way.
fn build(folder: &Path, names: &[String], target: &[&str]) -> PathBuf {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("m'$(touch pwned).onnx"), renamed(names, &names[0])).expect("written");
    // No argument has a zero byte.
    let name = format!("--name={}", names[0].replace('\0', ""));
    let mut words = vec!["convert", "m'$(touch pwned).onnx", "-o", "m [x].snn", &name, "--input", "u8"];
    words.extend(["--scale", "0.015625", "--zero-point", "128", "--explain"]);
    run(folder, &words);
    words.push("--json");
    is_json(&run(folder, &words));
    name_nodes(&folder.join("m [x].snn"), names);
    run(folder, &["inspect", "m [x].snn", "--text"]);
    is_json(&run(folder, &["inspect", "m [x].snn", "--json"]));
    run(folder, &[&["build", "m [x].snn", "-o", FOLDER, "--lanes", "4"], target].concat());
    is_json(&run(
        folder,
        &[&["build", "m [x].snn", "-o", FOLDER, "--lanes", "4", "--json"], target].concat(),
    ));
    run(folder, &["verify", FOLDER, "--model", "m [x].snn"]);
    folder.join(FOLDER)
}

#[test]
fn every_file_is_what_it_is_called() {
    let parsers = Parsers::new();
    let folder = tempfile::tempdir().expect("a folder");
    for (n, part) in names().chunks(7).enumerate() {
        let inside = folder.path().join(n.to_string());
        // With a board, its top level and its files.
        let target: &[&str] = if n % 3 == 0 { &["--target", "ulx3s-85f"] } else { &[] };
        let built = build(&inside, part, target);
        parsers.read_all(&built);
        // JSON has the names as they are.
        let manifest = fs::read(built.join("manifest.json")).expect("there");
        let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
        assert_eq!(manifest["model"], part[0]);
        let stages = manifest["stages"].as_array().expect("a list");
        for name in &part[1..] {
            assert!(stages.iter().any(|stage| stage["node"] == *name), "{name:?} is no stage");
        }
    }
    nothing_was_done(folder.path());
}

#[test]
fn all_commands_with_the_worst_names() {
    let parsers = Parsers::new();
    let folder = tempfile::tempdir().expect("a folder");
    let worst = [
        "*/ </script><script>alert(1)</script>\n`include \"x\" $(touch pwned)",
        "[exec touch pwned] \"; $finish; // \\",
        "]]>--><!-- & '\" \u{202e}\u{1b}[2J",
        "\r\n: - {a: *b}\u{ffff}",
    ];
    let worst = worst.map(str::to_owned);
    let inputs = repository("tests/fixtures/onnx/qdq_ties.npz").display().to_string() + ":inputs";
    for (n, target) in [&["--target", "ulx3s-85f"][..], &["--device", "xc7a35t"]].into_iter().enumerate() {
        let inside = folder.path().join(n.to_string());
        let built = build(&inside, &worst, target);
        run(&inside, &["run", "m [x].snn", "--inputs", &inputs, "--dump", "all [x].npz"]);
        let svg = ["--svg", "front'ier $(touch pwned).svg"];
        let explore = ["explore", FOLDER, "--calibrate", &inputs];
        run(&inside, &[&explore[..], &svg, target].concat());
        is_json(&run(&inside, &[&explore[..], &["--json"], target].concat()));
        if n == 0 {
            // Synthesis reads no names but those of files and modules, which are plain.
            run(&inside, &["cosim", FOLDER, "--inputs", &inputs, "--samples", "2"]);
        }
        run(&inside, &["report", FOLDER]);
        run(&inside, &["verify", FOLDER]);
        parsers.read_all(&built);
        let svg = inside.join("front'ier $(touch pwned).svg");
        parsers.read(&inside, &svg);
        let text = fs::read_to_string(svg).expect("text");
        assert!(text.contains("&lt;script&gt;"), "the name is in the picture: {text}");
    }
    nothing_was_done(folder.path());
}
