//! A build folder without this program: its FuseSoC description and its scripts, run by those who know nothing else.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{fixture, repository, text_fixture};
use crate::programs::{executable, path_with, program, quoted, wrap};
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::emit;
use snn2rtl::snn::Model;
use snn2rtl::streaming::design::Options;
use snn2rtl::target::{Board, Device, Target};
use snn2rtl::tool::{Command, Finished, Origin, Tool};

/// A folder with the programs, and what `PATH` must be.
fn programs() -> (tempfile::TempDir, OsString) {
    let folder = tempfile::tempdir().expect("a folder");
    wrap(folder.path(), "verilator", &program(Tool::Verilator));
    let yosys = program(Tool::Yosys);
    wrap(folder.path(), "yosys", &yosys);
    if yosys.origin == Origin::Cache {
        // Yosys as a Python package has no Tcl, which Edalize's script is written in.
        fs::rename(folder.path().join("yosys"), folder.path().join("yosys-without-tcl")).expect("renamed");
        let words = [
            program(Tool::Python).path,
            repository("tests/fusesoc/yosys_with_tcl.py"),
            folder.path().join("yosys-without-tcl"),
        ];
        let words = words.map(|word| quoted(&word.to_string_lossy())).join(" ");
        executable(&folder.path().join("yosys"), &format!("#!/bin/sh\nexec {words} \"$@\"\n"));
    }
    let path = path_with(folder.path());
    (folder, path)
}

/// With a cache of objects, where the machine has one: what is compiled is mostly Verilator's run time.
fn cached(command: Command) -> Command {
    match (which::which("ccache"), std::env::home_dir()) {
        (Ok(cache), Some(home)) => {
            let folder = std::env::var_os("CCACHE_DIR").map_or(home.join(".cache/ccache"), Into::into);
            command.env("OBJCACHE", cache).env("CCACHE_DIR", folder)
        }
        _ => command,
    }
}

/// A build folder for ECP5, without a board.
fn built(model: &Model, build: &Path) -> String {
    let device = Device::find("lfe5u-85f-6bg381c").expect("a device");
    built_for(model, Target::Device(Box::new(device)), build)
}

fn built_for(model: &Model, target: Target, build: &Path) -> String {
    let options = Options { lanes: 4, ..Options::default() };
    fs::create_dir_all(build.parent().expect("a folder")).expect("a folder");
    emit::emit_for(model, &options, Some(&target), build).expect("written").top
}

/// Changes the last expected word of the self-checking simulation.
fn spoil(build: &Path) {
    let path = build.join("sim/self_check/expected.hex");
    let text = fs::read_to_string(&path).expect("there");
    let kept = text.trim_end().rsplit_once('\n').expect("lines").0;
    fs::write(path, format!("{kept}\n00000077\n")).expect("written");
}

fn fails(command: &Command, what: &str) -> Finished {
    let finished = command.attempt(&mut |_| ()).expect("started");
    assert!(!finished.status.success() && finished.output.contains(what), "{}", finished.output);
    finished
}

#[test]
#[ignore = "long: FuseSoC, and scripts without this program"]
fn fusesoc_lints_simulates_and_synthesises() {
    let (_programs, path) = programs();
    let fusesoc = program(Tool::FuseSoc);
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let board = Board::find("ulx3s-85f").expect("a board");
    let top = built_for(&fixture("qdq_ties", Analog), Target::Board(Box::new(board)), &build);
    let work = |target: &str| folder.path().join(format!("work_{target}"));
    let run = |target: &str| {
        let target_argument = format!("--target={target}");
        let mut command =
            fusesoc.command().args(["--cores-root"]).arg(&build).args(["run", &target_argument]);
        command = command.arg("--work-root").arg(work(target)).arg(format!("snn2rtl:generated:{top}:0"));
        for path in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command = command.env(path, folder.path().join("home"));
        }
        let command = cached(command);
        command.env("PATH", &path).env_remove("MAKEFLAGS").env_remove("MAKELEVEL").cwd(folder.path())
    };
    for target in ["lint", "sim", "synth", "synth_board"] {
        let finished = run(target).run().unwrap_or_else(|e| panic!("{target}: {e}"));
        assert!(!finished.output.contains("%Warning"), "{}", finished.output);
        assert_eq!(finished.output.contains("PASS: 4 samples"), target == "sim", "{}", finished.output);
    }
    let netlist =
        |entry: fs::DirEntry| Some(entry.path()).filter(|p| p.extension().is_some_and(|e| e == "json"));
    for (target, top, serial) in [("synth", top.as_str(), false), ("synth_board", "board_top", true)] {
        let netlists =
            fs::read_dir(work(target)).expect("a folder").filter_map(|e| netlist(e.expect("readable")));
        let texts: Vec<String> = netlists.map(|path| fs::read_to_string(path).expect("text")).collect();
        let made = |text: &&String| {
            text.contains(&format!("\"{top}\"")) && text.contains("\"type\": \"TRELLIS_FF\"")
        };
        let made = texts.iter().find(made).unwrap_or_else(|| panic!("no netlist of {target}"));
        assert_eq!(made.contains("\"uart_rx_i\""), serial, "{target}");
    }
    assert!(emit::verify(&build).expect("a manifest").is_whole(), "nothing is left in the build folder");

    spoil(&build);
    fails(&run("sim"), "FAIL: sample 3, word");
    // A warning of the linter is an error.
    let path = build.join(format!("rtl/{top}.sv"));
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, text.replacen("\nendmodule", "\n  logic left_over;\nendmodule", 1)).expect("written");
    fails(&run("lint"), "UNUSED");
}

/// A script of the build folder.
fn script(build: &Path, name: &str, arguments: &[&str], path: &OsString) -> Command {
    let script = build.join("scripts").join(name);
    let command = cached(Command::new(name, PathBuf::from("/bin/sh")).arg(script).args(arguments));
    // Started from elsewhere.
    command.env("PATH", path).env_remove("MAKEFLAGS").env_remove("MAKELEVEL").cwd("/")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let path = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &path);
        } else {
            fs::copy(entry.path(), path).expect("copied");
        }
    }
}

/// Builds, puts the folder where its path has everything that a path may have, and removes the first.
fn elsewhere(model: &Model, folder: &Path) -> PathBuf {
    let first = folder.join("build");
    built(model, &first);
    let build = folder.join("it's $(a) folder & \"more\"");
    copy(&first, &build);
    fs::remove_dir_all(first).expect("removed");
    build
}

/// Runs scripts; each ends with a line that begins as said.
fn run_all(build: &Path, path: &OsString, calls: &[(&str, &[&str], &str)]) {
    for &(name, arguments, said) in calls {
        let finished = script(build, name, arguments, path).run().unwrap_or_else(|e| panic!("{name}: {e}"));
        let last = finished.output.lines().last().unwrap_or_default();
        assert!(last.starts_with(said), "{name}: {}", finished.output);
    }
    assert!(emit::verify(build).expect("a manifest").is_whole(), "what scripts leave is not additional");
}

#[test]
#[ignore = "long: FuseSoC, and scripts without this program"]
fn scripts_run_wherever_the_folder_is() {
    let (_programs, path) = programs();
    let folder = tempfile::tempdir().expect("a folder");
    let build = elsewhere(&fixture("qdq_ties", Analog), folder.path());
    let lint = "PASS: lint of snn_qdq_ties";
    let netlist = "PASS: work/snn_qdq_ties.json";
    let simulated = ("simulate.sh", &["+stall"][..], "PASS: 4 samples");
    run_all(&build, &path, &[("lint.sh", &[], lint), simulated, ("synthesise.sh", &[], netlist)]);
    let cells = fs::read_to_string(build.join("work/cells.txt")).expect("there");
    assert!(cells.contains("TRELLIS_FF"), "{cells}");
    assert!(fs::metadata(build.join("work/snn_qdq_ties.json")).is_ok_and(|data| data.len() > 1000));

    fs::write(build.join("rtl/readout.sv"), "module readout; endmodul").expect("written");
    fails(&script(&build, "lint.sh", &[], &path), "readout.sv");
    fails(&script(&build, "synthesise.sh", &[], &path), "FAIL: see work/synthesise.log");
    fails(&script(&build, "simulate.sh", &[], &path), "FAIL: the simulation cannot be built");
}

/// Elements of two bytes, beats of several, a mask, all operators of a Transformer.
#[test]
#[ignore = "long: FuseSoC, and scripts without this program"]
fn a_transformer_checks_itself() {
    let (_programs, path) = programs();
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    built(&text_fixture("text_masked_fill"), &build);
    let said = "PASS: 4 samples";
    run_all(&build, &path, &[("simulate.sh", &[], said), ("simulate.sh", &["+stall"], said)]);
    spoil(&build);
    fails(&script(&build, "simulate.sh", &[], &path), "FAIL: sample 3, word");
}
