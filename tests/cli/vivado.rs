//! `synth --tool vivado`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::common::repository;
use crate::session::{Done, INPUT, Session, fixture};

/// A session with a build folder `b` of a small model, and Vivado's reports of it in `r`.
fn built(target: &str, family: &str, timing: &str) -> Session {
    let s = Session::new();
    s.run(&format!("convert {} -o m.snn {INPUT}", fixture("qdq_ties.onnx"))).ok();
    s.run(&format!("build m.snn -o b {target}")).ok();
    fs::create_dir(s.path("r")).expect("a folder");
    for (sample, name) in [("utilization", "u"), ("utilization_hierarchical", "h"), (timing, "t")] {
        let sample = repository("tests/vivado/reports").join(format!("{family}_{sample}.rpt"));
        fs::copy(sample, s.path(&format!("r/{name}.rpt"))).expect("copied");
    }
    s
}

/// Runs the program with nothing on PATH but this folder.
fn with_path(s: &Session, folder: &str, line: &str) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snn2rtl"));
    command.args(line.split_whitespace()).env("PATH", s.path(folder)).env_remove("SNN2RTL_VIVADO");
    s.run_command(command, line)
}

#[test]
fn without_vivado_it_is_said_what_to_do() {
    let s = built("--target arty-a7-35t", "xc7", "timing_met");
    let before = s.listing();
    with_path(&s, "nothing", "synth b --tool vivado").refused(
        &before,
        &[
            "Vivado is missing",
            "vivado -mode batch -source scripts/vivado.tcl",
            "--tool vivado --reports FOLDER",
            "SNN2RTL_VIVADO",
        ],
    );
    s.refused("synth b --reports r", &["--tool vivado"]);
    s.refused("synth b --tool vivado --reports none", &["none"]);
    s.run("build m.snn -o b --target icebreaker").ok();
    s.refused("synth b --tool vivado", &["no script for Vivado", "AMD board or device"]);
}

#[test]
fn reports_made_elsewhere_are_read() {
    let s = built("--target arty-a7-35t", "xc7", "timing_met");
    let text = s.run("synth b --tool vivado --reports r").ok().stdout();
    for words in ["u_s0_fc1", "178.2 MHz, 100.0 requested: met", "RAMB18", "slowest path in"] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    let json = s.run("synth b --tool vivado --reports r --json").ok().json();
    assert_eq!((&json["utilisation"]["total"]["lut"], &json["placement"]["seed"]), (&3127.into(), &0.into()));
    assert!(
        s.path("b/reports/place_vivado_xc7.json").exists()
            && s.path("b/reports/utilisation_vivado_xc7.json").exists()
    );

    let s = built("--device xczu7ev", "xcup", "timing_violated");
    let done = s.run("synth b --tool vivado --reports r");
    assert_eq!(done.output.status.code(), Some(1), "{}", done.all());
    for words in ["the timing is missed", "set-up by 0.113 ns", "hold by 0.004 ns", "node `fc1`"] {
        assert!(done.stderr().contains(words), "{words}\n{}", done.all());
    }
    // What is refused leaves the results of before alone.
    s.write("r/t.rpt", "| Tool Version : Vivado v.2023.2\n| Command : report_timing_summary\n");
    s.refused("synth b --tool vivado --reports r", &["not a whole report", "t.rpt"]);
}

#[test]
fn vivado_on_the_path_is_run() {
    let s = built("--target arty-a7-35t", "xc7", "timing_met");
    // It leaves the reports where the script says, and the bitstream.
    let vivado = "#!/bin/sh\nif [ \"$1\" = -version ]; then echo 'vivado v2023.2 (64-bit)'; exit; fi\n\
        [ \"$*\" = '-mode batch -nojournal -nolog -notrace -source scripts/vivado.tcl' ] || { echo \"ERROR: $*\"; exit 1; }\n\
        [ -f scripts/vivado.tcl ] || exit 1\n/bin/mkdir -p reports/vivado bitstream && /bin/cp ../r/*.rpt reports/vivado\n\
        [ ! -f ../fails ] || { echo 'ERROR: [Synth 8-439] module not found'; exit 1; }\n: > bitstream/xc7.bit\n";
    fs::create_dir(s.path("bin")).expect("a folder");
    s.write("bin/vivado", vivado);
    fs::set_permissions(s.path("bin/vivado"), fs::Permissions::from_mode(0o755)).expect("a program");
    let json = with_path(&s, "bin", "synth b --tool vivado --json").ok().json();
    assert_eq!(json["placement"]["bitstream"], "bitstream/xc7.bit");
    assert_eq!(json["utilisation"]["tool_version"], "2023.2");
    assert!(s.path("b/reports/vivado/vivado.log").exists());
    s.write("fails", "");
    let done = with_path(&s, "bin", "synth b --tool vivado");
    assert_eq!(done.output.status.code(), Some(2), "{}", done.all());
    assert!(done.stderr().contains("module not found"), "{}", done.all());
}
