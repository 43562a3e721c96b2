//! `scripts/vivado_figures.tcl` in the stub of Vivado, and the file that it writes: the same figures as from the text
//! reports.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::emit;
use snn2rtl::error::Result;
use snn2rtl::place::vivado::{self, Found};
use snn2rtl::streaming::design::Options;
use snn2rtl::target::{Board, Device, Target};

use crate::common::{fixture, repository};

fn target(family: &str) -> Target {
    match family {
        "xc7" => Target::Board(Box::new(Board::find("arty-a7-35t").expect("a board"))),
        _ => Target::Device(Box::new(Device::find("xczu7ev").expect("a device"))),
    }
}

fn report(family: &str, name: &str) -> PathBuf {
    repository("tests/vivado/reports").join(format!("{family}_{name}"))
}

/// A build folder after `script`; `timing` is `met` or `violated`.
fn run(tclsh: &Path, family: &str, script: &str, timing: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("b");
    let model = fixture("qdq_ties", Analog);
    emit::emit_for(&model, &Options::default(), Some(&target(family)), &build).expect("written");
    let reports =
        format!("{} {}", report(family, "").display(), report(family, &format!("timing_{timing}")).display());
    let output = Command::new(tclsh)
        .arg(repository("tests/vivado/stub.tcl"))
        .arg(&build)
        .arg(format!("scripts/{script}"))
        .env("STUB_REPORTS", reports)
        .env("STUB_SLACK", "4.387")
        .output()
        .expect("started");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {error}");
    folder
}

fn read(folder: &Path, family: &str) -> Result<Found> {
    vivado::reports(&folder.join("b"), &folder.join("b/reports/vivado"), Some(&target(family)))
}

#[test]
fn the_figures_are_those_of_the_text_reports() {
    let Some(tclsh) = super::scripts::tclsh() else { return };
    for (family, script) in [("xc7", "vivado.tcl"), ("xc7", "vivado_project.tcl"), ("xcup", "vivado.tcl")] {
        for timing in ["met", "violated"] {
            let folder = run(&tclsh, family, script, timing);
            let found = read(folder.path(), family).expect("figures");
            let texts = folder.path().join("texts");
            fs::create_dir(&texts).expect("a folder");
            for name in [
                "utilization.rpt".to_owned(),
                "utilization_hierarchical.rpt".into(),
                format!("timing_{timing}.rpt"),
            ] {
                fs::copy(report(family, &name), texts.join(&name)).expect("copied");
            }
            let text =
                vivado::reports(&folder.path().join("b"), &texts, Some(&target(family))).expect("reports");
            let (used, expected) = (&found.utilisation, &text.utilisation);
            assert!(used.total.lut > 0 && !used.modules.is_empty(), "{used:?}");
            assert_eq!(
                (&used.total, &used.modules),
                (&expected.total, &expected.modules),
                "{family} {script}"
            );
            assert_eq!((&used.tool_version, &used.top), (&expected.tool_version, &expected.top));
            let (placed, expected) = (&found.placement, &text.placement);
            assert_eq!((&placed.resources, &placed.slack), (&expected.resources, &expected.slack));
            assert_eq!(placed.check().is_ok(), timing == "met");

            let [clock] = &placed.clocks[..] else { panic!("{:?}", placed.clocks) };
            assert_eq!((clock.name.as_str(), clock.target_mhz), ("clk", 100.0));
            assert!((clock.achieved_mhz - 1e3 / (10.0 - 4.387)).abs() < 1e-6, "{clock:?}");
            let [path] = &placed.critical_paths[..] else { panic!("{:?}", placed.critical_paths) };
            assert_eq!((path.from.node.as_deref(), path.to.node.as_deref()), (Some("fc1"), Some("act1")));
            assert_eq!((path.delay_ns, path.legs.len(), path.legs[0].levels), (4.375, 1, 4));
            assert_eq!(path.legs[0].instance, "u_s0_fc1 to u_s1_act1");
        }
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let Some(tclsh) = super::scripts::tclsh() else { return };
    let folder = run(&tclsh, "xc7", "vivado.tcl", "met");
    let path = folder.path().join("b/reports/vivado/figures.tsv");
    let whole = fs::read_to_string(&path).expect("figures");
    let replaced = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from:?} is not in {whole}");
        whole.replacen(from, to, 1)
    };
    let without = |record: &str| {
        let lines = whole.lines().filter(|line| !line.starts_with(record));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    for (text, words) in [
        (String::new(), "does not begin"),
        (replaced("snn2rtl-figures\t1", "snn2rtl-figures\t2"), "version 1"),
        (whole[..whole.len() / 2].to_owned(), "cut off"),
        (without("version\t"), "no record `version`"),
        (without("part\t"), "no record `part`"),
        (without("summary\t"), "no record `summary`"),
        (without("clock\t"), "names no clock"),
        (without("used\t"), "neither `Slice LUTs`"),
        (replaced("clock\tclk\t10.000", "clock\tclk"), "another number of fields"),
        (replaced("clock\tclk\t10.000", "clock\tclk\tnan"), "no time"),
        (replaced("clock\tclk\t10.000", "clock\tclk\t-1"), "no period"),
        (replaced("\t1.125\t4", "\t1.125\tmany"), "no number of levels"),
        (replaced("\t3.250\t", "\tinf\t"), "no time"),
        (replaced("design\tboard_top", "design\tblinky"), "the design `blinky`"),
        (replaced("part\txc7a35ti", "part\txc7a100t"), "the device"),
    ] {
        fs::write(&path, text).expect("written");
        let error = read(folder.path(), "xc7").expect_err(words);
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(words) && error.fix.is_some(), "{words:?} is not in {error}");
        assert!(error.to_string().contains("figures.tsv"), "{error}");
    }
    fs::write(&path, whole).expect("written");
    read(folder.path(), "xc7").expect("the file is whole again");
}
