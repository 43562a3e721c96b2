//! Every front end in use reads the generated RTL without a warning.

use crate::common;
use std::path::Path;

use crate::common::{functions_fixture, mnist_mlp, text_fixture};
use crate::designs::designs;
use crate::generator::{Recipe, network};
use crate::random::Random;
use snn2rtl::architecture::Options as Architecture;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::emit;
use snn2rtl::golden::SpikeCode;
use snn2rtl::integer::Network;
use snn2rtl::lower::lower;
use snn2rtl::overlay::{Loadable, Options as Overlay};
use snn2rtl::snn::Model;
use snn2rtl::streaming::design::Options;
use snn2rtl::target::{Board, Target};
use snn2rtl::tool::{Tool, Toolbox, run_yosys};

/// Designs that are also checked as a whole board: elements of one and of two bytes, beats of one and of several.
const BOARDS: [&str; 3] = ["mnist_mlp", "scale_per_channel", "text_encoder"];

/// Designs that are enough for a front end that differs little from another one: between them every module.
const FEW: [&str; 7] = [
    "mnist_mlp",
    "scale_per_channel",
    "non_monotone_levels",
    "text_encoder",
    "overlay_functions",
    "overlay_sums",
    "overlay_loadable_text",
];

/// Runs `check` on the build folder of each design, and of some as a board.
fn each(check: impl Fn(&Path, &str, Vec<String>)) {
    each_of(|_| true, check);
}

fn each_of(chosen: impl Fn(&str) -> bool, check: impl Fn(&Path, &str, Vec<String>)) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, model, options) in designs().into_iter().filter(|(name, ..)| chosen(name)) {
        let build = folder.path().join(name);
        // One of them with the memories of UltraScale+.
        let options = Options { ultra_ram: name == "non_monotone_levels", ..options };
        // With a button that resets it, and without.
        let board = if name == "text_encoder" { "arty-a7-35t" } else { "ulx3s-85f" };
        let target = Target::Board(Box::new(Board::find(board).expect("a board")));
        let target = Some(&target).filter(|_| BOARDS.contains(&name));
        let manifest = emit::emit_for(&model, &options, target, &build).expect("written");
        let files = |list: &str| {
            let list = std::fs::read_to_string(build.join(list)).expect("a list of files");
            list.lines().map(str::to_owned).collect()
        };
        check(&build, &manifest.top, files("rtl/files.f"));
        if let Some(serial) = &manifest.serial {
            check(&build, &serial.top, files("rtl/board.f"));
        }
    }
    for (name, model, options) in overlays().into_iter().filter(|(name, ..)| chosen(name)) {
        let build = folder.path().join(name);
        let manifest = emit::emit(&model, &options, &build).expect("written");
        let list = std::fs::read_to_string(build.join("rtl/files.f")).expect("a list of files");
        check(&build, &manifest.top, list.lines().map(str::to_owned).collect());
    }
}

/// Programs for one engine: with little besides it, with tables, with neurons of sums and attention without softmax, with
/// tables of words and a mask; and machines that these are loaded into, one for all of them.
fn overlays() -> Vec<(&'static str, Model, Architecture)> {
    let sizes = |lanes, spikes, fire_lanes, fetch_width, code| Overlay {
        lanes,
        spikes,
        fire_lanes,
        fetch_width,
        row_lanes: Overlay::usual_row_lanes(fire_lanes),
        code,
    };
    let options = |lanes, spikes, fire_lanes, fetch_width, code| {
        Architecture::Overlay(sizes(lanes, spikes, fire_lanes, fetch_width, code))
    };
    let loadable = |models: &[&Model], sizes: Overlay| {
        let networks: Vec<Network> =
            models.iter().map(|model| lower(model).expect("lowers").network).collect();
        let machine = Loadable::for_networks(&networks.iter().collect::<Vec<_>>(), &sizes);
        Architecture::Loadable(Box::new(machine.expect("a machine")))
    };
    let recipe = Recipe { quantised_sums: true, linear_attention: true, ..Recipe::any(3, &mut Random(3)) };
    let (sums, _) = convert(&network(&recipe), "sums", "test", EncodingChoice::Analog).expect("converts");
    let (perceptron, functions) = (mnist_mlp(EncodingChoice::Analog), functions_fixture("chain_qdq"));
    let text = text_fixture("text_masked_fill");
    let one = loadable(&[&perceptron], sizes(8, 1, 4, 8, SpikeCode::Unary));
    let all = loadable(&[&perceptron, &functions, &text], sizes(16, 3, 8, 32, SpikeCode::Radix));
    let loaded_sums = loadable(&[&perceptron, &sums], sizes(16, 3, 8, 32, SpikeCode::Radix));
    vec![
        ("overlay_loadable", perceptron.clone(), one),
        ("overlay_loadable_text", text, all),
        ("overlay_loadable_sums", sums.clone(), loaded_sums),
        ("overlay_perceptron", mnist_mlp(EncodingChoice::Analog), options(32, 2, 8, 32, SpikeCode::Radix)),
        ("overlay_functions", functions_fixture("chain_qdq"), options(8, 1, 4, 8, SpikeCode::Unary)),
        ("overlay_sums", sums, options(8, 2, 4, 8, SpikeCode::Radix)),
        ("overlay_text", text_fixture("text_masked_fill"), options(16, 3, 8, 32, SpikeCode::Radix)),
    ]
}

#[test]
fn verilator() {
    let verilator = Toolbox::from_env().get(Tool::Verilator).expect("Verilator");
    each(|build, top, files| {
        let lint =
            verilator.command().args(["--lint-only", "-Wall", "--assert", "--top-module", top]).args(files);
        lint.cwd(build).run().unwrap_or_else(|e| panic!("{top}: {e}"));
    });
}

#[test]
fn slang() {
    let slang = Toolbox::from_env().get(Tool::Slang).expect("slang");
    each(|build, top, files| {
        // Casts say which width is meant, also where it is that of the operand.
        let options = ["-Wextra", "-Wno-useless-cast", "-Werror", "--top", top];
        let lint = slang.command().args(options).args(files);
        lint.cwd(build).run().unwrap_or_else(|e| panic!("{top}: {e}"));
    });
}

#[test]
fn verible() {
    let verible = Toolbox::from_env().get(Tool::Verible).expect("Verible");
    let rules = common::repository("sim/lint/verible.rules");
    each(|build, top, files| {
        let lint = verible.command().arg("--rules_config").arg(&rules).args(files);
        lint.cwd(build).run().unwrap_or_else(|e| panic!("{top}: {e}"));
    });
}

/// The hierarchy is elaborated, with its memories, and checked for unconnected and doubly driven signals.
fn yosys(tool: Tool, chosen: impl Fn(&str) -> bool) {
    let yosys = Toolbox::from_env().get(tool).expect("Yosys");
    each_of(chosen, |build, top, files| {
        let list = files.join(" ");
        let script = format!(
            "read_verilog -sv {list}\nhierarchy -check -top {top}\nproc\nflatten\nopt_clean\ncheck -assert\n"
        );
        let log = build.join("yosys.log");
        run_yosys(&yosys, &script, build, &log).unwrap_or_else(|e| panic!("{top}: {e}"));
        let log = std::fs::read_to_string(&log).expect("a log");
        let warnings: Vec<&str> = log.lines().filter(|line| line.starts_with("Warning")).collect();
        assert!(warnings.is_empty(), "{top}: {warnings:#?}");
    });
}

#[test]
fn yosys_now() {
    yosys(Tool::Yosys, |name| FEW.contains(&name));
}

#[test]
#[ignore = "long: Yosys on all designs"]
fn yosys_now_on_the_other_designs() {
    yosys(Tool::Yosys, |name| !FEW.contains(&name));
}

#[test]
#[ignore = "long: Yosys 0.23"]
fn yosys_of_debian_12() {
    yosys(Tool::YosysOld, |name| FEW.contains(&name));
}
