//! What Vivado is documented not to take does not stand in the RTL.

use std::collections::BTreeSet;

use snn2rtl::emit;
use snn2rtl::streaming::design::Options;
use snn2rtl::target::{Board, Target};
use snn2rtl::tool::{Tool, Toolbox};

use crate::common::fixture;
use crate::designs::designs;
use snn2rtl::convert::EncodingChoice::Analog;

/// Words of constructs that UG901 (Synthesis) lists as not supported or ignored: tables of Verilog Constructs and of
/// SystemVerilog Constructs, versions 2022.1 to 2026.1.
const NOT_SUPPORTED: [&str; 22] = [
    "force",
    "release",
    "forever",
    "event",
    "wait",
    "wait_order",
    "fork",
    "join",
    "join_any",
    "join_none",
    "disable",
    "tri0",
    "tri1",
    "trireg",
    "real",
    "realtime",
    "specify",
    "specparam",
    "macromodule",
    "tagged",
    "iff",
    "$cast",
];

/// Words of what is there for verification, which no synthesis takes.
const VERIFICATION: [&str; 20] = [
    "assume",
    "bind",
    "chandle",
    "checker",
    "class",
    "clocking",
    "constraint",
    "cover",
    "covergroup",
    "coverpoint",
    "expect",
    "final",
    "program",
    "property",
    "rand",
    "randc",
    "randcase",
    "randsequence",
    "restrict",
    "sequence",
];

/// System tasks and functions of UG901's table that it supports; and `$error`, which is not in the table (others than those in the
/// table are ignored, it says) and stands only where a parameter is out of range.
const SYSTEM: [&str; 6] = ["$clog2", "$signed", "$unsigned", "$readmemh", "$bits", "$error"];

/// The words of a source that synthesis reads, without comments and strings.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut within = Vec::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let plain: String = line.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        match plain.split_whitespace().collect::<Vec<_>>()[..] {
            ["`ifndef", "SYNTHESIS"] => within.push(false),
            ["`ifdef", "SYNTHESIS"] => within.push(true),
            // For proofs and for Yosys: never in Vivado.
            ["`ifdef", "FORMAL" | "YOSYS"] => within.push(false),
            // For the other families.
            ["`ifdef", macros] if macros.starts_with("SNN2RTL_") => within.push(false),
            ["`else"] => {
                let last = within.last_mut().expect("a condition");
                *last = !*last;
            }
            ["`endif"] => assert!(within.pop().is_some(), "conditions are balanced"),
            _ if within.iter().all(|synthesised| *synthesised) => {
                let splits = |c: char| !(c.is_ascii_alphanumeric() || "_$`".contains(c));
                words.extend(plain.split(splits).filter(|word| !word.is_empty()).map(str::to_owned));
                // Delays.
                words.extend(plain.contains(" #1").then(|| "#1".to_owned()));
            }
            _ => {}
        }
    }
    assert!(within.is_empty(), "conditions are balanced");
    words
}

#[test]
fn nothing_that_synthesis_does_not_take() {
    let arty = Target::Board(Box::new(Board::find("arty-a7-35t").expect("a board")));
    let mut seen = BTreeSet::new();
    for (name, model, options) in designs() {
        let (_, files) = emit::render_for(&model, &options, Some(&arty)).expect("rendered");
        for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("rtl/") && path.contains(".sv"))
        {
            if !seen.insert((path.clone(), bytes.clone())) {
                continue;
            }
            for word in words(&String::from_utf8_lossy(bytes)) {
                let system = word.starts_with('$') && !SYSTEM.contains(&word.as_str());
                let directive =
                    word.starts_with('`') && !["`default_nettype", "`timescale"].contains(&word.as_str());
                assert!(
                    ![&NOT_SUPPORTED[..], &VERIFICATION].iter().any(|list| list.contains(&word.as_str()))
                        && !system
                        && !directive
                        && word != "#1",
                    "{name}: {path} has `{word}`"
                );
            }
        }
    }
}

#[test]
fn words_are_told_from_comments_strings_and_simulation() {
    let text = "a \"fork\" b // wait\n`ifndef SYNTHESIS\n force x;\n`endif\nassign y = $clog2(z) #1;";
    assert_eq!(words(text), ["a", "b", "assign", "y", "$clog2", "z", "1", "#1"]);
}

#[test]
fn the_top_level_of_the_ip_is_plain_verilog() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, model, options) in [
        ("bytes", fixture("qdq_ties", Analog), Options::default()),
        ("odd", fixture("qdq_tokens_flatten", Analog), Options { lanes: 3, ..Options::default() }),
    ] {
        let build = folder.path().join(name);
        let manifest = emit::emit(&model, &options, &build).expect("written");
        let ip = format!("{}_ip", manifest.top);
        let verilator = Toolbox::from_env().get(Tool::Verilator).expect("Verilator");
        let run = verilator.command().cwd(&build).args(["--lint-only", "-Wall", "--top-module", &ip]);
        // The language of a file follows from its name: `.v` is plain Verilog here.
        let run = run.args(["--default-language", "1364-2005", "+systemverilogext+sv", "-f", "rtl/files.f"]);
        run.arg(format!("rtl/{ip}.v")).run().unwrap_or_else(|e| panic!("{e}"));
    }
}
