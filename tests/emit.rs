//! The build folder: golden RTL, determinism, names, what it may replace.

use crate::common;
use std::fs;
use std::path::Path;

use crate::common::{assert_golden, fixture};
use crate::designs::designs;
use snn2rtl::architecture::{Options as Architecture, OverlayOptions};
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::emit::{self, Files};
use snn2rtl::streaming::design::{LayerFolding, Options};

fn text<'a>(files: &'a Files, path: &str) -> &'a str {
    let (_, bytes) = files.iter().find(|(name, _)| name == path).expect(path);
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn the_top_level_is_the_committed_one() {
    for (name, model, options) in designs() {
        let (manifest, files) = emit::render(&model, &options).expect("rendered");
        assert_golden(&format!("rtl/{name}.sv"), text(&files, &format!("rtl/{}.sv", manifest.top)));
        // Images of a whole network, readable in one piece.
        if name == "scale_per_channel" {
            let images = files.iter().filter(|(path, _)| path.starts_with("rom/"));
            let all = images.map(|(path, bytes)| format!("{path}\n{}\n", String::from_utf8_lossy(bytes)));
            assert_golden(&format!("rtl/{name}_images.txt"), &all.collect::<String>());
        }
    }
}

/// A small network as an overlay: the top level, and all images in one piece.
#[test]
fn the_overlay_is_the_committed_one() {
    let model = fixture("qdq_activation_per_channel", Analog);
    let options =
        OverlayOptions { lanes: 4, fire_lanes: 4, fetch_width: 4, row_lanes: 1, ..OverlayOptions::default() };
    let (manifest, files) = emit::render(&model, &Architecture::Overlay(options)).expect("rendered");
    assert_golden("rtl/overlay.sv", text(&files, &format!("rtl/{}.sv", manifest.top)));
    let images = files.iter().filter(|(path, _)| path.starts_with("rom/"));
    let all = images.map(|(path, bytes)| format!("{path}\n{}\n", String::from_utf8_lossy(bytes)));
    assert_golden("rtl/overlay_images.txt", &all.collect::<String>());
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let model = fixture("qdq_per_channel_weights", Analog);
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (folder.path().join("a"), folder.path().join("deeper/b"));
    fs::create_dir(folder.path().join("deeper")).expect("a folder");
    let manifest = emit::emit(&model, &Options::default(), &a).expect("written");
    emit::emit(&model, &Options::default(), &b).expect("written");
    for file in &manifest.files {
        let bytes = fs::read(a.join(&file.path)).expect("listed files exist");
        assert_eq!(bytes, fs::read(b.join(&file.path)).expect("the same file"), "{}", file.path);
        assert_eq!(*file, emit::FileEntry::of(&file.path, &bytes));
    }
    assert_eq!(emit::read_manifest(&b).expect("read"), manifest);
    // Every file is listed, beside the manifest itself.
    let mut found = 0;
    let mut folders = vec![a];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() { folders.push(path) } else { found += 1 }
        }
    }
    assert_eq!(found, manifest.files.len() + 1);
}

#[test]
fn only_a_build_folder_is_ever_replaced() {
    let model = fixture("qdq_ties", Analog);
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    emit::emit(&model, &Options::default(), &build).expect("written");
    fs::write(build.join("reports.txt"), "of a tool").expect("written");
    let narrow = emit::emit(&model, &Options { lanes: 1, ..Options::default() }, &build).expect("replaced");
    assert_eq!(emit::read_manifest(&build).expect("read"), narrow);

    let other = folder.path().join("other");
    fs::create_dir(&other).expect("a folder");
    emit::emit(&model, &Options::default(), &other).expect("an empty folder is taken");
    for (name, content) in [("notes.txt", "mine"), ("manifest.json", "{\"format_version\": 1}")] {
        let taken = folder.path().join(format!("taken_{name}"));
        fs::create_dir(&taken).expect("a folder");
        fs::write(taken.join(name), content).expect("written");
        let error = emit::emit(&model, &Options::default(), &taken).expect_err("somebody's folder");
        assert!(error.problem.contains(name), "{error}");
        assert_eq!(fs::read_dir(&taken).expect("readable").count(), 1);
    }
    assert!(emit::emit(&model, &Options::default(), Path::new("/proc/build")).is_err());
    let left: Vec<_> = fs::read_dir(folder.path()).expect("readable").collect();
    assert_eq!(left.len(), 4, "nothing half-written: {left:?}");
}

#[test]
fn names_of_the_model_never_reach_the_code() {
    let mut model = fixture("qdq_ties", Analog);
    let hostile = [
        "\"; $finish; //",
        "*/ endmodule /*",
        "a\n`include \"/etc/passwd\"",
        "../../x",
        "module",
        "verilator lint_off",
        "\u{202e}\\",
        "x",
        "x",
    ];
    model.name = "../`x`\n\"; $finish".into();
    for (id, name) in model.network.topological().into_iter().zip(hostile) {
        model.network.node_mut(id).name = name.into();
    }
    let (manifest, files) = emit::render(&model, &Options::default()).expect("rendered");
    assert_eq!(manifest.top, "snn_x_finish");
    let top = text(&files, "rtl/snn_x_finish.sv");
    for bad in ["$finish;", "`include", "*/", "/*", "\\", "verilator lint"] {
        assert!(!top.contains(bad), "{bad} in\n{top}");
    }
    let directives = ["`default_nettype none", "`default_nettype wire"];
    let lines = top.lines().filter(|line| !directives.contains(line));
    let code: Vec<&str> = lines.map(|line| line.split("//").next().unwrap_or("")).collect();
    for bad in ["`", "%", ".."] {
        assert!(!code.iter().any(|line| line.contains(bad) || !line.is_ascii()), "{bad} in\n{top}");
    }
    assert_eq!(code.iter().filter(|line| line.trim() == "endmodule").count(), 1);
    let plain = |path: &str| path.chars().all(|c| c.is_ascii_alphanumeric() || "._/".contains(c));
    assert!(files.iter().all(|(path, _)| plain(path) && !path.contains("..")));
}

#[test]
fn what_hardware_cannot_do_is_named() {
    let model = fixture("qdq_ties", Analog);
    for (lanes, fifo_depth) in [(0, 2), (65, 2), (4, 0), (4, 5000)] {
        let error = emit::render(&model, &Options { lanes, fifo_depth, ..Options::default() })
            .expect_err("out of range");
        assert_eq!(error.exit_code(), 2);
    }
}

#[test]
fn a_folding_is_read_back_and_builds_the_same() {
    let model = common::mnist_mlp(Analog);
    let folder = tempfile::tempdir().expect("a folder");
    let layers = [("act1", 2), ("fc2", 3)].map(|(name, lanes)| (name.to_owned(), LayerFolding::lanes(lanes)));
    let options = Options { lanes: 12, layers: layers.into(), ..Options::default() };
    let build = folder.path().join("first");
    let first = emit::emit(&model, &options, &build).expect("written");
    let folding = emit::read_folding(&build.join("folding.json")).expect("read back");
    let layers = &folding.streaming().expect("of stages").layers;
    let lanes: Vec<(&str, usize)> = layers.iter().map(|(n, l)| (n.as_str(), l.lanes)).collect();
    // 128 channels in 12 lanes take 11 beats, in 11 they would take 12; 10 channels in 3 lanes take 4.
    assert_eq!(lanes, [("act1", 2), ("fc1", 12), ("fc2", 3)]);
    let (second, files) = emit::render(&model, &folding).expect("rendered");
    assert_eq!(second.stages, first.stages);
    let top = std::fs::read_to_string(build.join(format!("rtl/{}.sv", first.top))).expect("there");
    assert_eq!(text(&files, &format!("rtl/{}.sv", first.top)), top);
    assert_eq!(
        text(&files, "folding.json"),
        std::fs::read_to_string(build.join("folding.json")).expect("there")
    );

    for (name, lanes, problem) in [
        ("fc3", 2, "names a layer that the model does not have"),
        ("logits", 2, "names a layer that the model does not have"),
        ("fc1", 0, "0 lanes; possible are 1…64"),
        ("fc1", 65, "65 lanes; possible are 1…64"),
    ] {
        let layers = [(name.to_owned(), LayerFolding::lanes(lanes))].into();
        let error = emit::render(&model, &Options { layers, ..Options::default() }).expect_err("wrong");
        assert!(error.problem.contains(problem) && error.exit_code() == 2, "{error}");
    }
    let damaged = folder.path().join("damaged.json");
    for (text, problem) in [
        ("{", "cannot be read"),
        (
            "{\"format_version\": 9, \"model\": \"\", \"folding\": {\"lanes\": 1, \"fifo_depth\": 1, \"join_fifos\": \"minimal\"}}",
            "version 9",
        ),
        (
            "{\"format_version\": 1, \"model\": \"\", \"folding\": {\"lanes\": 1, \"fifo_depth\": 1, \"join_fifos\": \"minimal\", \"lane\": 1}}",
            "unknown field `lane`",
        ),
    ] {
        std::fs::write(&damaged, text).expect("written");
        let error = emit::read_folding(&damaged).expect_err("damaged");
        assert!(error.problem.contains(problem) && error.exit_code() == 2, "{error}");
    }
}
