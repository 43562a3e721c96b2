//! Names from a model, pushed through the whole flow: nothing that they say is ever done, and every file is read by the
//! parser of its own language.

mod common;
#[path = "hostile_names/parsers.rs"]
mod parsers;
#[path = "common/programs.rs"]
mod programs;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::repository;
use parsers::Parsers;
use prost::Message;
use serde_json::Value;
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
    let shown = [&output.stdout[..], &output.stderr[..]].map(|text| String::from_utf8_lossy(text).into_owned());
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

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Names of the nodes that a model file has.
fn nodes(model: &Path) -> Vec<String> {
    let graph = fs::read(model.join("graph.json")).expect("there");
    let graph: Value = serde_json::from_slice(&graph).expect("JSON");
    let nodes = graph["nodes"].as_array().expect("a list").iter();
    nodes.map(|node| node["name"].as_str().expect("a name").to_owned()).collect()
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
fn build(folder: &Path, names: &[String], name: &str, target: &[&str]) -> PathBuf {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("m'$(touch pwned).onnx"), renamed(names, &names[0])).expect("written");
    let name = format!("--name={}", name.replace('\0', ""));
    let mut words = vec!["convert", "m'$(touch pwned).onnx", "-o", "m [x].snn", &name, "--input", "u8"];
    words.extend(["--scale", "0.015625", "--zero-point", "128", "--explain"]);
    run(folder, &words);
    words.push("--json");
    json(&run(folder, &words));
    run(folder, &["inspect", "m [x].snn", "--text"]);
    json(&run(folder, &["inspect", "m [x].snn", "--json"]));
    run(folder, &[&["build", "m [x].snn", "-o", FOLDER, "--lanes", "4"], target].concat());
    json(&run(folder, &[&["build", "m [x].snn", "-o", FOLDER, "--lanes", "4", "--json"], target].concat()));
    run(folder, &["verify", FOLDER, "--model", "m [x].snn"]);
    folder.join(FOLDER)
}

#[test]
fn every_file_is_what_it_is_called() {
    let parsers = Parsers::new();
    let folder = tempfile::tempdir().expect("a folder");
    let names = names();
    let mut seen: Vec<String> = Vec::new();
    for (n, part) in names.chunks(4).enumerate() {
        let inside = folder.path().join(n.to_string());
        // With a board, its top level and its files; every name is that of a model once, too.
        let target: &[&str] = if n % 4 == 0 { &["--target", "ulx3s-85f"] } else { &[] };
        let built = build(&inside, part, &part[n % part.len()], target);
        seen.extend(nodes(&inside.join("m [x].snn")));
        parsers.read_all(&built);
    }
    // The names really were in there.
    let there = names.iter().filter(|name| seen.contains(name)).count();
    assert!(there * 3 > names.len(), "{there} of {} names are those of nodes", names.len());
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
        let built = build(&inside, &worst, &worst[0], target);
        run(&inside, &["run", "m [x].snn", "--inputs", &inputs, "--dump", "all [x].npz"]);
        let svg = ["--svg", "front'ier $(touch pwned).svg"];
        let explore = ["explore", FOLDER, "--calibrate", &inputs];
        run(&inside, &[&explore[..], &svg, target].concat());
        json(&run(&inside, &[&explore[..], &["--json"], target].concat()));
        if n == 0 {
            run(&inside, &["cosim", FOLDER, "--inputs", &inputs, "--samples", "2"]);
            run(&inside, &["synth", FOLDER]);
        }
        // Commands that not every version has.
        let help = String::from_utf8_lossy(&run(&inside, &["help"]).stdout).into_owned();
        if help.lines().any(|line| line.trim_start().starts_with("report ")) {
            run(&inside, &["report", FOLDER]);
        }
        run(&inside, &["verify", FOLDER]);
        parsers.read_all(&built);
        let svg = inside.join("front'ier $(touch pwned).svg");
        parsers.read(&inside, &svg);
        let text = fs::read_to_string(svg).expect("text");
        assert!(text.contains("&lt;script&gt;"), "the name is in the picture: {text}");
    }
    nothing_was_done(folder.path());
}
