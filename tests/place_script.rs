//! `scripts/place_and_route.sh` of a build folder: Yosys, nextpnr and the packer without this program.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{assert_golden, fixture};
use crate::programs::{executable, path_with, program, wrap};
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::emit;
use snn2rtl::streaming::design::Options;
use snn2rtl::target::{Board, Device, Target};
use snn2rtl::tool::{Command, Tool};

const SCRIPT: &str = "scripts/place_and_route.sh";

fn built(target: Target, build: &Path) {
    let options = Options { lanes: 1, ..Options::default() };
    emit::emit_for(&fixture("qdq_ties", Analog), &options, Some(&target), build).expect("written");
}

fn board(name: &str) -> Target {
    Target::Board(Box::new(Board::find(name).expect("a board")))
}

fn script(build: &Path, path: &OsString) -> Command {
    // Started from elsewhere.
    let shell = Command::new("place_and_route.sh", PathBuf::from("/bin/sh"));
    shell.arg(build.join(SCRIPT)).env("PATH", path).cwd("/")
}

#[test]
fn boards_with_an_open_router_have_the_script() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["ulx3s-85f", "icebreaker", "tang-nano-20k"] {
        let build = folder.path().join(name);
        built(board(name), &build);
        for extension in ["sh", "ys"] {
            let text = fs::read_to_string(build.join(format!("scripts/place_and_route.{extension}")));
            assert_golden(&format!("place_and_route/{name}.{extension}"), &text.expect("a script"));
        }
        let page = fs::read_to_string(build.join("README.md")).expect("a page");
        assert!(page.contains("sh scripts/place_and_route.sh"), "{page}");
    }
    let device = Device::find("lfe5u-85f-6bg381c").expect("a device");
    for (name, target) in
        [("arty-a7-35t", board("arty-a7-35t")), ("device", Target::Device(Box::new(device)))]
    {
        let build = folder.path().join(name);
        built(target, &build);
        assert!(!build.join(SCRIPT).exists(), "{name}");
        let page = fs::read_to_string(build.join("README.md")).expect("a page");
        assert!(!page.contains("place_and_route"), "{page}");
    }
}

/// With recorders instead of the programs: the order of the calls, and what remains after a failure of each.
#[test]
fn a_failure_leaves_no_bitstream() {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("it's a folder");
    built(board("ulx3s-85f"), &build);
    let bitstream = build.join("bitstream/ecp5.bit");
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).expect("a folder");
    let path = path_with(&programs);
    let record = |name: &str, what: &str| {
        let text = format!("#!/bin/sh\necho {name} \"$@\" >>reports/nextpnr_script/calls\n{what}\n");
        executable(&programs.join(name), &text);
    };
    let all = |failing: &str| {
        for (name, what) in [
            ("yosys", "echo netlist >reports/nextpnr_script/netlist.json"),
            ("nextpnr-ecp5", "echo 'Info: Max frequency for clock x: 31.25 MHz (PASS at 30.00 MHz)'"),
            ("ecppack", "echo bits >reports/nextpnr_script/packed.bit"),
        ] {
            record(name, if name == failing { "echo this is what is wrong; exit 1" } else { what });
        }
    };
    all("");
    let fast = script(&build, &path).env("MHZ", "30").env("SEED", "7");
    let finished = fast.run().unwrap_or_else(|e| panic!("{e}"));
    assert!(
        finished.output.ends_with("(PASS at 30.00 MHz)\nPASS: bitstream/ecp5.bit\n"),
        "{}",
        finished.output
    );
    assert_eq!(fs::read_to_string(&bitstream).expect("there"), "bits\n");
    let calls = fs::read_to_string(build.join("reports/nextpnr_script/calls")).expect("there");
    let calls: Vec<&str> = calls.lines().collect();
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert!(calls[0].starts_with("yosys ") && calls[1].ends_with(" --freq 30 --seed 7"), "{calls:?}");
    assert!(emit::verify(&build).expect("a manifest").is_whole(), "what the script leaves is not additional");

    for (failing, log) in [("yosys", "yosys"), ("nextpnr-ecp5", "nextpnr"), ("ecppack", "pack")] {
        all("");
        script(&build, &path).run().unwrap_or_else(|e| panic!("{e}"));
        all(failing);
        let finished = script(&build, &path).attempt(&mut |_| ()).expect("started");
        let end = format!("this is what is wrong\nFAIL: see reports/nextpnr_script/{log}.log\n");
        assert!(!finished.status.success() && finished.output.ends_with(&end), "{}", finished.output);
        assert!(!bitstream.exists(), "{failing}");
    }
}

fn a_board_becomes_a_bitstream(name: &str, tools: [(&str, Tool); 3], bitstream: &str, mark: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    built(board(name), &build);
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).expect("a folder");
    for (name, tool) in tools {
        wrap(&programs, name, &program(tool));
    }
    let path = path_with(&programs);
    let finished = script(&build, &path).run().unwrap_or_else(|e| panic!("{e}"));
    assert!(finished.output.ends_with(&format!("PASS: {bitstream}\n")), "{}", finished.output);
    let bytes = fs::read(build.join(bitstream)).expect("a bitstream");
    assert!(bytes.windows(mark.len()).any(|window| window == mark), "{} bytes", bytes.len());

    let slow = script(&build, &path).env("MHZ", "2000").attempt(&mut |_| ()).expect("started");
    assert!(
        !slow.status.success() && slow.output.ends_with("FAIL: see reports/nextpnr_script/nextpnr.log\n")
    );
    assert!(slow.output.contains("Max frequency") && !build.join(bitstream).exists(), "{}", slow.output);
}

#[test]
#[ignore = "long: place and route"]
fn the_script_writes_a_bitstream_for_ecp5() {
    let tools = [("yosys", Tool::Yosys), ("nextpnr-ecp5", Tool::NextpnrEcp5), ("ecppack", Tool::Ecppack)];
    a_board_becomes_a_bitstream("ulx3s-85f", tools, "bitstream/ecp5.bit", b"LFE5U-85F");
}
