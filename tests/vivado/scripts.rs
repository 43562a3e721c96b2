//! The generated Tcl runs in `tclsh`, with Vivado's commands defined as recorders that check how they are called
//! (`tests/vivado/stub.tcl`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use snn2rtl::architecture::Options as Folding;
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::overlay::{External, Loadable, Options as OverlayOptions};
use snn2rtl::snn::Model;
use snn2rtl::streaming::design::Options;
use snn2rtl::target::{Board, Device, Family, Target, boards};
use snn2rtl::{emit, lower};

use crate::common::{fixture, mnist_mlp, repository, text_fixture};

const ALL: [&str; 4] = ["vivado.tcl", "vivado_project.tcl", "vivado_ip.tcl", "vivado_bd.tcl"];

/// `tclsh`, if it is here. Where everything is tested it must be.
pub fn tclsh() -> Option<PathBuf> {
    let found = which::which("tclsh").ok();
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "tclsh is missing: install the package tcl");
        eprintln!("tclsh is not here: the generated Tcl was not run");
    }
    found
}

/// A fresh build folder.
fn build(model: &Model, target: Option<&Target>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    emit::emit_for(model, &Options::default(), target, &folder.path().join("b")).expect("written");
    folder
}

/// Runs a script of the build folder in the stub; what it printed, or how it failed.
fn run(tclsh: &Path, build: &Path, script: &str, slack: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(tclsh);
    command.arg(repository("tests/vivado/stub.tcl")).arg(build).arg(format!("scripts/{script}"));
    let output = command
        .args(arguments)
        .env("STUB_SLACK", slack)
        .env("STUB_MARK", "mark-of-the-environment")
        .output()
        .expect("started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() && out.ends_with("DONE\n") { Ok(out) } else { Err(error + &out) }
}

pub fn right(tclsh: &Path, build: &Path, script: &str, slack: &str, arguments: &[&str]) -> String {
    run(tclsh, build, script, slack, arguments).unwrap_or_else(|error| panic!("{script}: {error}"))
}

#[test]
fn every_script_of_every_target_is_what_vivado_documents() {
    let Some(tclsh) = tclsh() else { return };
    let model = fixture("qdq_ties", Analog);
    let board = |board| Some(Target::Board(Box::new(board)));
    let mut targets: Vec<Option<Target>> = boards().expect("boards").into_iter().map(board).collect();
    targets.push(Some(Target::Device(Box::new(Device::find("xc7a200t").expect("a device")))));
    targets.push(None);
    for target in targets {
        let folder = build(&model, target.as_ref());
        let build = folder.path().join("b");
        let there: Vec<&str> = ALL.into_iter().filter(|s| build.join("scripts").join(s).is_file()).collect();
        let family = target.as_ref().map_or(Family::Xc7, |target| target.device().family);
        let board = target.as_ref().and_then(Target::board);
        let host = board.is_some_and(|board| board.processor.is_some() || board.pcie.is_some());
        let expected: &[&str] = match (family, host) {
            (Family::Xc7 | Family::Xcup, false) => &ALL[..3],
            (Family::Xc7 | Family::Xcup, true) => &ALL,
            _ => &[],
        };
        assert_eq!(there, expected, "{target:?}");
        let bit = build.join(format!("bitstream/{family}.bit"));
        for script in there {
            for (slack, fits) in [("0.5", true), ("-0.1", false)] {
                let calls = right(&tclsh, &build, script, slack, &[]);
                let makes = match script {
                    "vivado_bd.tcl" => true,
                    "vivado.tcl" | "vivado_project.tcl" => board.is_some_and(|board| board.serial.is_some()),
                    _ => false,
                };
                // A design that is too slow has no bitstream, not even that of the run before.
                assert_eq!(bit.is_file(), makes && fits, "{script} for {target:?}");
                let context = calls.contains("out_of_context");
                let alone = script.starts_with("vivado.tcl") || script == "vivado_project.tcl";
                assert_eq!(context, alone && !makes, "{script} for {target:?}");
            }
            let _ = fs::remove_dir_all(build.join("bitstream"));
        }
    }
}

/// An overlay that reads its weights from memory.
fn external(model: &Model) -> Folding {
    let network = lower::lower(model).expect("lowered").network;
    let external = External { bus: 64, ports: 1, ring: None };
    let machine = Loadable::with_external_weights(&[&network], &OverlayOptions::default(), external);
    Folding::Loadable(Box::new(machine.expect("a machine")))
}

/// A build folder whose core reads weights from memory.
fn build_with_memory(model: &Model, target: Option<&Target>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    emit::emit_for(model, &external(model), target, &folder.path().join("b")).expect("written");
    folder
}

#[test]
fn the_port_to_memory_is_packaged_and_connected() {
    let Some(tclsh) = tclsh() else { return };
    let model = mnist_mlp(Analog);
    for name in ["kv260", "zcu104", "u250", "u280"] {
        let target = Target::Board(Box::new(Board::find(name).expect("a board")));
        let folder = build_with_memory(&model, Some(&target));
        let build = folder.path().join("b");
        let packaged = right(&tclsh, &build, "vivado_ip.tcl", "0.5", &[]);
        assert!(packaged.contains("ipx::add_address_space m_axi"), "{packaged}");
        right(&tclsh, &build, "vivado.tcl", "0.5", &[]);
        if target.board().is_some_and(|board| board.processor.is_some()) {
            let design = right(&tclsh, &build, "vivado_bd.tcl", "0.5", &[]);
            assert!(
                design.contains("connect_bd_intf_net pin:weights/M00_AXI pin:ps/S_AXI_HP1_FPD"),
                "{design}"
            );
        }
    }
    // A board that has no memory for the core.
    let target = Target::Board(Box::new(Board::find("arty-a7-35t").expect("a board")));
    let folder = tempfile::tempdir().expect("a folder");
    let refused = emit::emit_for(&model, &external(&model), Some(&target), &folder.path().join("b"));
    assert!(refused.expect_err("no memory").to_string().contains("has no memory that the core reaches"));
}

#[test]
fn the_stub_finds_mistakes_at_the_port_to_memory() {
    let Some(tclsh) = tclsh() else { return };
    let target = Target::Board(Box::new(Board::find("kv260").expect("a board")));
    let folder = build_with_memory(&mnist_mlp(Analog), Some(&target));
    let build = folder.path().join("b");
    breaks(
        &tclsh,
        &[
            (&build, "vivado_ip.tcl", "RLAST m_axi_rlast", "", "the port m_axi_rlast is in no interface"),
            (&build, "vivado_ip.tcl", "ARVALID m_axi_arvalid", "ARVALID m_axi_arready", "is no output"),
            (
                &build,
                "vivado_ip.tcl",
                "master_address_space_ref m_axi",
                "master_address_space_ref m",
                "no address space",
            ),
            (
                &build,
                "vivado_ip.tcl",
                "set_property width 40",
                "set_property width 32",
                "addresses of 40 bits reach",
            ),
            (&build, "vivado_bd.tcl", "  snn/m_axi weights/S00_AXI\n", "", "is not connected"),
            (&build, "vivado_bd.tcl", "  ps/saxihp1_fpd_aclk weights/aclk\n", "", "is not connected"),
            (
                &build,
                "vivado_bd.tcl",
                "PSU__USE__S_AXI_GP3 1",
                "PSU__USE__S_AXI_GP3 0",
                "is not there without",
            ),
        ],
    );
}

#[test]
fn the_part_may_be_chosen_where_none_was_given() {
    let Some(tclsh) = tclsh() else { return };
    let folder = build(&fixture("qdq_ties", Analog), None);
    let build = folder.path().join("b");
    let calls = right(&tclsh, &build, "vivado.tcl", "0.5", &["xc7k325tffg900-2"]);
    assert!(calls.contains("-part xc7k325tffg900-2") && !calls.contains("xc7a100t"), "{calls}");
    let calls = right(&tclsh, &build, "vivado_project.tcl", "0.5", &["create", "xc7k325tffg900-2"]);
    assert!(calls.contains("-part xc7k325tffg900-2") && !calls.contains("launch_runs"), "{calls}");
    // A path that a generic does not carry is refused before anything is done.
    let odd = folder.path().join("a b");
    fs::rename(&build, &odd).expect("renamed");
    let error = run(&tclsh, &odd, "vivado.tcl", "0.5", &[]).expect_err("a blank");
    assert!(error.contains("move it from") && !error.contains("CALL"), "{error}");
}

#[test]
fn beats_that_are_no_power_of_two_are_filled_up() {
    let Some(tclsh) = tclsh() else { return };
    let target = Target::Board(Box::new(Board::find("zcu104").expect("a board")));
    let mut widths = std::collections::BTreeSet::new();
    for model in
        [fixture("qdq_ties", Analog), fixture("qdq_tokens_flatten", Analog), text_fixture("text_qdq")]
    {
        let folder = build(&model, Some(&target));
        let build = folder.path().join("b");
        let calls = right(&tclsh, &build, "vivado_bd.tcl", "0.5", &[]);
        let manifest = emit::read_manifest(&build).expect("a manifest");
        let bits = if manifest.input.element == "u16" { 16 } else { 8 };
        let width = manifest.input.beat_lanes * bits;
        widths.insert(width);
        let expected = format!("CONFIG.c_m_axis_mm2s_tdata_width {}", width.next_power_of_two());
        assert!(calls.contains(&expected), "{width}: {calls}");
    }
    assert!(widths.len() > 1, "all of {widths:?} bits");
}

#[test]
fn names_of_the_model_stay_words() {
    let mut model = fixture("qdq_ties", Analog);
    let marker = tempfile::tempdir().expect("a folder");
    let file = marker.path().join("hostile").display().to_string();
    let exec = format!("[exec touch {file}]");
    model.name = format!("{exec}\"; exec touch {file}; {{ $argv \\ \u{202e}\u{e4}\n#");
    let hostile =
        [exec.clone(), format!("}} ; exec touch {file} ; {{"), "$::env(STUB_MARK)".into(), "\"".into()];
    let ids = model.network.topological();
    for (n, (id, name)) in ids.into_iter().zip(hostile.iter().cycle()).enumerate() {
        model.network.node_mut(id).name = format!("{name}{}", " ".repeat(n / hostile.len()));
    }
    let target = Target::Board(Box::new(Board::find("kv260").expect("a board")));
    let folder = build(&model, Some(&target));
    let build = folder.path().join("b");
    let Some(tclsh) = tclsh() else { return };
    for script in ALL {
        let calls = right(&tclsh, &build, script, "0.5", &[]);
        assert!(!Path::new(&file).exists(), "{script} has run a name");
        if script == "vivado_ip.tcl" {
            let shown = calls.lines().find_map(|line| line.strip_prefix("DISPLAY ")).expect("a name");
            let plain: String =
                model.name.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect();
            assert_eq!(shown, &plain[..plain.len().min(80)]);
            assert!(!calls.contains("mark-of-the-environment"), "{calls}");
        }
    }
}

#[test]
fn the_stub_finds_what_is_wrong() {
    let Some(tclsh) = tclsh() else { return };
    let target = Target::Board(Box::new(Board::find("kv260").expect("a board")));
    let folder = build(&fixture("qdq_ties", Analog), Some(&target));
    let build = folder.path().join("b");
    let serial = Target::Board(Box::new(Board::find("arty-a7-35t").expect("a board")));
    let arty = self::build(&fixture("qdq_ties", Analog), Some(&serial));
    let arty = arty.path().join("b");
    let cases = [
        (
            &build,
            "vivado.tcl",
            "-flatten_hierarchy rebuilt",
            "-flatten_hierarchy rebuild",
            "takes full none rebuilt",
        ),
        (&build, "vivado.tcl", "-generic", "-generics", "has no option -generics"),
        (&build, "vivado.tcl", "opt_design\n", "", "place_design when the design is synthesised"),
        (&build, "vivado.tcl", "report_drc", "report_dcr", "invalid command name \"report_dcr\""),
        (&build, "vivado.tcl", "RomPath", "RomFolder", "has no parameter RomFolder"),
        (&build, "vivado.tcl", "constraints/clock.xdc", "constraints/kv260.xdc", "there is no port led_o"),
        (&build, "vivado.tcl", "rtl/files.f", "rtl/none.f", "no such file"),
        (&build, "vivado.tcl", "read_verilog -sv", "read_verilog", "is SystemVerilog"),
        (&arty, "vivado.tcl", "read_xdc constraints/arty-a7-35t.xdc\n", "", "has no pin or no I/O standard"),
        (
            &arty,
            "vivado_project.tcl",
            "set_property top ",
            "set_property tops ",
            "fileset has no property tops",
        ),
        (&arty, "vivado_project.tcl", "complete synth_1\n", "", "impl_1 before synth_1"),
        (
            &build,
            "vivado_figures.tcl",
            "-boolean_check ROUTED_FULLY",
            "-boolean_check ROUTED",
            "takes PLACED_FULLY",
        ),
        (&build, "vivado_figures.tcl", "DATAPATH_NET_DELAY", "DATAPATH_WIRE_DELAY", "path has no property"),
        (&build, "vivado_ip.tcl", "TLAST m_axis_tlast", "", "the port m_axis_tlast is in no interface"),
        (&build, "vivado_ip.tcl", "TVALID s_axis_tvalid", "TVALID m_axis_tvalid", "is no input"),
        (&build, "vivado_ip.tcl", "rtl/[top]_ip.v", "", "no source has the module"),
        (&build, "vivado_ip.tcl", "-reset aresetn", "-reset reset", "there is no interface reset"),
        (&build, "vivado_ip.tcl", "register t_max 0x010", "register t_max 0x00c", "the register t_max at 12"),
        (&build, "vivado_bd.tcl", "snn/aresetn}", "}", "snn/aresetn is not connected"),
        (&build, "vivado_bd.tcl", "mm2s_tdata_width ", "mm2s_tdata_width 5", "takes 8 16 32"),
        (&build, "vivado_bd.tcl", "CONFIG.NUM_MI 2", "CONFIG.NUM_MI 1", "control/M01_AXI is not there"),
        (&build, "vivado_bd.tcl", "PSU__USE__S_AXI_GP2 1", "PSU__USE__S_AXI_GP2 0", "is not there without"),
        (&build, "vivado_bd.tcl", "  dma/M_AXI_MM2S memory/S00_AXI\n", "", "is not connected"),
        (&build, "vivado_bd.tcl", "assign_bd_address\n", "", "the addresses are not assigned"),
    ];
    breaks(&tclsh, &cases);
}

/// Scripts that are changed at one place: build folder, script, text, what takes its place, words of the message.
pub type Break<'a> = (&'a PathBuf, &'a str, &'a str, &'a str, &'a str);

/// Checks that the stub finds each mistake.
pub fn breaks(tclsh: &Path, cases: &[Break]) {
    for &(build, script, from, to, words) in cases {
        let path = build.join("scripts").join(script);
        let text = fs::read_to_string(&path).expect("a script");
        let top = emit::read_manifest(build).expect("a manifest").top;
        let from = from.replace("[top]", &top);
        assert!(text.contains(&from), "{script} has no {from:?}");
        fs::write(&path, text.replacen(&from, to, 1)).expect("written");
        // The procedure is called by the other scripts.
        let started = if script == "vivado_figures.tcl" { "vivado.tcl" } else { script };
        let error = run(tclsh, build, started, "0.5", &[]).expect_err(words);
        assert!(error.contains(words), "{words:?} is not said:\n{error}");
        fs::write(&path, text).expect("written");
    }
}
