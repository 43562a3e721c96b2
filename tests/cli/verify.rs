//! `verify`: a build folder against its manifest.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::session::{Done, INPUT, Session, fixture};

/// A small build folder: `build`, from `m.snn`.
fn built() -> Session {
    let s = Session::new();
    s.run(&format!("convert {} -o m.snn {INPUT}", fixture("qdq_ties.onnx"))).ok();
    s.run("build m.snn -o build --lanes 4").ok();
    s
}

/// A check that failed, and said all of `words`.
fn failed(done: &Done, words: &[&str]) {
    assert_eq!(done.output.status.code(), Some(1), "{}", done.all());
    for word in words {
        assert!(done.stderr().contains(word), "{word:?} is not said\n{}", done.all());
    }
}

#[test]
fn a_whole_folder() {
    let s = built();
    // What other commands and scripts write is not additional.
    for output in ["reports/yosys_xc7", "bitstream", "work/simulate", "build", "vivado", "rtl/__pycache__"] {
        fs::create_dir_all(s.path("build").join(output)).expect("a folder");
        fs::write(s.path("build").join(output).join("x"), "of a tool").expect("written");
    }
    fs::write(s.path("build/sim/mismatch.vcd"), "of a tool").expect("written");
    let told = s.run("verify build").ok().stdout();
    assert!(told.contains("files as listed"), "{told}");
    let found = s.run("verify build --json").ok().json();
    let manifest = fs::read(s.path("build/manifest.json")).expect("there");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(found["files"].as_u64(), manifest["files"].as_array().map(|files| files.len() as u64));
    assert_eq!(found["fingerprint"].as_str().map(str::len), Some(64));
    // Wherever it is.
    fs::rename(s.path("build"), s.path("moved")).expect("renamed");
    assert_eq!(s.run("verify moved --json").ok().json(), found);
    let told = s.run("verify moved --model m.snn").ok().stdout();
    assert!(told.contains("the model gives the same build folder"), "{told}");
}

#[test]
fn every_difference_is_listed() {
    let s = built();
    let build = |path: &str| s.path("build").join(path);
    fs::remove_file(build("rtl/readout.sv")).expect("removed");
    fs::remove_dir_all(build("constraints")).expect("removed");
    let text = fs::read_to_string(build("rtl/sync_rom.sv")).expect("there");
    fs::write(build("rtl/sync_rom.sv"), text.replacen("module", "modulf", 1)).expect("written");
    fs::write(build("README.md"), "short").expect("written");
    fs::write(build("rtl/extra.sv"), "").expect("written");
    fs::create_dir_all(build("notes/inside")).expect("a folder");
    fs::write(build("notes/inside/x"), "").expect("written");
    let done = s.run("verify build --json");
    failed(&done, &["missing: rtl/readout.sv", "missing: constraints/core.xdc", "additional: rtl/extra.sv"]);
    let found = done.json();
    assert_eq!(found["missing"], serde_json::json!(["constraints/core.xdc", "rtl/readout.sv"]));
    assert_eq!(found["additional"], serde_json::json!(["notes/", "rtl/extra.sv"]));
    let changed = found["changed"].as_array().expect("a list");
    let changed: Vec<&str> = changed.iter().filter_map(|c| c["path"].as_str()).collect();
    assert_eq!(changed, ["README.md", "rtl/sync_rom.sv"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let s = built();
    let build = |path: &str| s.path("build").join(path);
    // The same bytes, but elsewhere.
    fs::rename(build("rtl/readout.sv"), s.path("readout.sv")).expect("moved");
    symlink(s.path("readout.sv"), build("rtl/readout.sv")).expect("a link");
    fs::rename(build("constraints"), s.path("constraints")).expect("moved");
    symlink(s.path("constraints"), build("constraints")).expect("a link");
    symlink("../manifest.json", build("sim/everything")).expect("a link");
    fs::remove_file(build("README.md")).expect("removed");
    fs::create_dir(build("README.md")).expect("a folder");
    let done = s.run("verify build");
    failed(
        &done,
        &[
            "changed: rtl/readout.sv: this is a link",
            "changed: constraints/core.xdc: a folder on the way is a link",
            "changed: README.md: this is not a file",
            "additional: sim/everything",
        ],
    );
}

#[test]
fn manifests_that_are_none() {
    let s = built();
    let manifest = fs::read_to_string(s.path("build/manifest.json")).expect("there");
    let refused = |text: &str, words: &[&str]| {
        fs::write(s.path("build/manifest.json"), text).expect("written");
        s.refused("verify build", words);
        s.refused("verify build --json", words);
    };
    refused("", &["manifest.json", "cannot be read"]);
    refused(&manifest[..manifest.len() / 2], &["cannot be read"]);
    let version = format!("\"format_version\": {}", snn2rtl::emit::FORMAT_VERSION);
    refused(&manifest.replacen(&version, "\"format_version\": 3", 1), &["not of version"]);
    let listed = "\"path\": \"rtl/readout.sv\"";
    assert!(manifest.contains(listed));
    for hostile in [
        "../outside",
        "/etc/passwd",
        "rtl/../../outside",
        "rtl//readout.sv",
        "./rtl/readout.sv",
        "rtl/readout.sv/",
        "",
        "C:\\\\x",
        "rtl\\\\readout.sv",
        "rtl/a b",
        "rtl/\\u0000",
        "manifest.json",
        "reports/x",
    ] {
        let text = manifest.replacen(listed, &format!("\"path\": \"{hostile}\""), 1);
        refused(&text, &["the manifest lists", "which no build writes"]);
    }
    refused(&manifest.replacen(listed, "\"path\": \"rtl/sync_rom.sv\"", 1), &["twice"]);
    let last = manifest.rfind("\"sha256\": \"").expect("a hash in there") + 11;
    refused(&format!("{}..{}", &manifest[..last], &manifest[last + 2..]), &["no SHA-256"]);
    refused(&manifest.replacen("\"top\": \"snn", "\"top\": \"$(id) snn", 1), &["not a name"]);
    fs::remove_file(s.path("build/manifest.json")).expect("removed");
    s.refused("verify build", &["manifest.json"]);
    s.refused("verify nothing", &["manifest.json"]);
    assert!(!Path::new("outside").exists());
}

#[test]
fn another_model_is_told_apart() {
    let s = built();
    s.run(&format!("convert {} -o other.snn {INPUT} --name qdq_ties", fixture("qonnx_round.onnx"))).ok();
    failed(
        &s.run("verify build --model other.snn"),
        &["the model gives another: model.snn/weights.safetensors"],
    );
    // A manifest that claims another width: the files are as listed, only the model tells.
    let path = s.path("build/manifest.json");
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, text.replacen("\"channels\": ", "\"channels\": 1", 1)).expect("written");
    s.run("verify build").ok();
    failed(&s.run("verify build --model m.snn"), &["the model gives another: manifest.json"]);
}

#[test]
fn the_manifest_says_what_was_proven_and_from_what() {
    let s = built().mlp();
    s.run("build m.snn -o again --folding build/folding.json --target ulx3s-85f").ok();
    let manifest = fs::read(s.path("again/manifest.json")).expect("there");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let roles = manifest["inputs"].as_array().expect("a list").iter().map(|input| input["role"].clone());
    assert_eq!(roles.collect::<Vec<_>>(), ["model", "model", "folding", "board", "board"]);
    let graph = fs::read(s.path("m.snn/graph.json")).expect("there");
    assert_eq!(manifest["inputs"][0]["sha256"], snn2rtl::emit::FileEntry::of("", &graph).sha256);

    let other = s.run("build mlp.snn -o mlp --json").ok().json();
    let mut rules = Vec::new();
    for proof in [&manifest, &other].iter().flat_map(|m| m["proof"].as_array().expect("a list")) {
        let count = |what: &str| proof["proven"][what].as_u64().unwrap_or(0);
        let number = |key: &str| proof[key].as_u64().expect("a number");
        let each = number("channels") * (number("levels") - 1);
        assert_eq!(count("A_min <= T(k) <= A_max + 1"), each, "{proof}");
        let sides = [count("Q(g*(T(k) - 1) + b) < k"), count("Q(g*T(k) + b) >= k")];
        assert!(sides.iter().all(|&n| n > 0 && n <= each), "{proof}");
        let line = [count("(T(k) - 1)*2^F < theta*k - v0"), count("theta*k - v0 <= T(k)*2^F")];
        assert_eq!(line, if proof["rule"] == "affine" { sides } else { [0, 0] }, "{proof}");
        rules.push(proof["rule"].as_str().expect("a rule"));
    }
    assert!(rules.contains(&"affine") && rules.contains(&"table"), "{rules:?}");
}
