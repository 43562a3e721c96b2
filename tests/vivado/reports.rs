//! Text reports of Vivado, in the form that its guides and public examples show, become the same report as Yosys' and
//! nextpnr's.

use std::fs;
use std::path::{Path, PathBuf};

use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::emit;
use snn2rtl::place::{Placement, vivado};
use snn2rtl::streaming::design::Options;
use snn2rtl::synth::Utilisation;
use snn2rtl::target::{Board, Device, Target};

use crate::common::{fixture, repository};

/// What is done to a report.
type Change = Box<dyn Fn(&str) -> String>;

/// A build folder and a folder with reports.
struct Case {
    folder: tempfile::TempDir,
    target: Option<Target>,
}

impl Case {
    /// `family` says which reports, `timing` whether they are `met` or `violated`.
    fn new(family: &str, timing: &str) -> Self {
        let target = match family {
            "xc7" => Target::Board(Box::new(Board::find("arty-a7-35t").expect("a board"))),
            _ => Target::Device(Box::new(Device::find("xczu7ev").expect("a device"))),
        };
        let case = Self { folder: tempfile::tempdir().expect("a folder"), target: Some(target) };
        let model = fixture("qdq_ties", Analog);
        emit::emit_for(&model, &Options::default(), case.target.as_ref(), &case.build()).expect("written");
        fs::create_dir(case.reports()).expect("a folder");
        let sample = |name: &str| repository("tests/vivado/reports").join(format!("{family}_{name}.rpt"));
        for (from, to) in [
            ("utilization".to_owned(), "utilization.rpt"),
            ("utilization_hierarchical".to_owned(), "by_instance.txt"),
            (format!("timing_{timing}"), "timing_summary.rpt"),
        ] {
            fs::copy(sample(&from), case.reports().join(to)).expect("copied");
        }
        case
    }

    fn build(&self) -> PathBuf {
        self.folder.path().join("b")
    }

    fn reports(&self) -> PathBuf {
        self.folder.path().join("r")
    }

    fn read(&self) -> snn2rtl::error::Result<vivado::Found> {
        vivado::reports(&self.build(), &self.reports(), self.target.as_ref())
    }

    /// Changes a report.
    fn change(&self, name: &str, change: impl Fn(&str) -> String) -> &Self {
        let path = self.reports().join(name);
        let text = fs::read_to_string(&path).expect("a report");
        let changed = change(&text);
        assert_ne!(text, changed, "{name} is changed");
        fs::write(path, changed).expect("written");
        self
    }

    /// Reading fails with these words, exit code 2, and leaves no result.
    fn refused(&self, words: &[&str]) {
        let error = self.read().expect_err("wrong");
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(error.fix.is_some(), "what to do is said: {text}");
        for word in words {
            assert!(text.contains(word), "{word:?} is not in {text}");
        }
        assert!(!self.build().join("reports").exists(), "no result");
    }
}

fn saved<T: serde::de::DeserializeOwned>(build: &Path, name: &str) -> T {
    let text = fs::read_to_string(build.join("reports").join(name)).expect("saved");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn both_families_are_read_with_timing_met_and_violated() {
    for (family, met) in [("xc7", true), ("xc7", false), ("xcup", true), ("xcup", false)] {
        let case = Case::new(family, if met { "met" } else { "violated" });
        let found = case.read().expect("read");
        let (used, placed) = (&found.utilisation, &found.placement);
        assert_eq!(*used, saved::<Utilisation>(&case.build(), &format!("utilisation_vivado_{family}.json")));
        assert_eq!(*placed, saved::<Placement>(&case.build(), &format!("place_vivado_{family}.json")));
        assert_eq!((used.tool.as_str(), used.tool_version.as_str()), ("Vivado", "2023.2"));
        let total = &used.total;
        let expected = if family == "xc7" { (3127, 176, 2113, 311, 0) } else { (2894, 164, 2051, 160, 3) };
        assert_eq!((total.lut, total.lutram, total.ff, total.carry, total.uram), expected);
        // 24 whole blocks and 17 halves.
        assert_eq!((total.bram, total.dsp), (65, 8));
        let fc1 = used.modules.iter().find(|module| module.instance == "u_s0_fc1").expect("a stage");
        assert_eq!(fc1.module, "analog_matmul");
        assert_eq!(fc1.figures.bram, if family == "xc7" { 63 } else { 64 });
        let own = used.modules.iter().find(|module| module.instance == "(top level)").expect("its own cells");
        assert_eq!(own.figures.lut, if family == "xc7" { 11 } else { 5 });
        assert!(!used.modules.iter().any(|module| module.instance.contains("shell")), "only the core's");
        let blocks = placed.resources.iter().find(|resource| resource.cell == "RAMB18").expect("blocks");
        assert_eq!((blocks.used, blocks.available), (65, if family == "xc7" { 100 } else { 624 }));

        let clock = &placed.clocks[0];
        let (target, slack) =
            if family == "xc7" { (100.0, [4.387, -0.783]) } else { (200.0, [3.104, -0.113]) };
        let slack = slack[usize::from(!met)];
        assert!((clock.target_mhz - target).abs() < 1e-6, "{clock:?}");
        assert!((clock.achieved_mhz - 1e3 / (1e3 / target - slack)).abs() < 1e-6, "{clock:?}");
        let path = &placed.critical_paths[0];
        assert_eq!((path.launch.as_str(), path.capture.as_str()), ("posedge clk", "posedge clk"));
        assert_eq!((path.from.node.as_deref(), path.to.node.as_deref()), (Some("fc1"), Some("act1")));
        let legs: Vec<_> = path.legs.iter().map(|leg| (leg.instance.as_str(), leg.levels)).collect();
        assert_eq!(legs, [("u_s0_fc1", 1), ("u_s1_act1", 1)]);
        let kinds: Vec<&str> = path.hops.iter().map(|hop| hop.kind.as_str()).collect();
        assert_eq!(kinds, ["clk-to-q", "routing", "logic", "routing", "logic", "routing", "setup"]);
        let check = placed.check();
        assert_eq!(check.is_ok(), met);
        if let Err(error) = check {
            assert_eq!(error.exit_code(), 1);
            let words = if family == "xc7" { "set-up by 0.783 ns at 17" } else { "hold by 0.004 ns at 5" };
            assert!(error.problem.contains(words) && error.problem.contains("node `fc1`"), "{error}");
        }
        let text = placed.table().to_string();
        assert!(text.contains(if met { ": met" } else { ": missed" }) && text.contains("routed"), "{text}");
    }
}

#[test]
fn reports_without_the_one_by_hierarchy_are_enough() {
    let case = Case::new("xcup", "met");
    fs::remove_file(case.reports().join("by_instance.txt")).expect("removed");
    let found = case.read().expect("read");
    assert!(found.utilisation.modules.is_empty());
    assert_eq!(found.placement.critical_paths[0].from.node.as_deref(), Some("fc1"));
}

#[test]
fn the_furthest_state_counts() {
    let case = Case::new("xc7", "met");
    let path = case.reports().join("utilization.rpt");
    let text = fs::read_to_string(&path).expect("a report");
    let earlier = text.replace(": Routed", ": Synthesized").replace("3127", "4000");
    fs::write(case.reports().join("before.rpt"), &earlier).expect("written");
    assert_eq!(case.read().expect("read").utilisation.total.lut, 3127);
    fs::write(&path, earlier.replace("4000", "4001")).expect("written");
    fs::remove_dir_all(case.build().join("reports")).expect("removed");
    case.refused(&["several reports of report_utilization"]);
}

#[test]
fn reports_that_are_cut_off_or_of_something_else_are_refused() {
    let cut = |mark: &'static str| move |text: &str| text[..text.find(mark).expect(mark)].to_owned();
    for family in ["xc7", "xcup"] {
        let case = || Case::new(family, "met");
        let cases: [(&str, Change, &str); 12] = [
            ("utilization.rpt", Box::new(cut("Block RAM Tile")), "section `"),
            ("utilization.rpt", Box::new(cut("Table of Contents")), "no table of contents"),
            (
                "utilization.rpt",
                Box::new(|t| t.replace("|   RAMB36/FIFO* ", "|   RAMB37/FIFO* ")),
                "no row `RAMB36/FIFO`",
            ),
            ("utilization.rpt", Box::new(|t| t.replace("LUTs", "LABs")), "neither `Slice LUTs` nor"),
            ("utilization.rpt", Box::new(|t| t.replace("Vivado v.", "Quartus ")), "not by Vivado"),
            ("by_instance.txt", Box::new(|t| t[..t.len() - 200].to_owned()), "cut off"),
            (
                "by_instance.txt",
                Box::new(|t| t.replace("| FFs ", "| FFx ").replace("|  FFs ", "|  FFx ")),
                "no column `FFs`",
            ),
            ("timing_summary.rpt", Box::new(cut("| Timing Details")), "section `Timing Details`"),
            ("timing_summary.rpt", Box::new(cut("| Intra Clock Table")), "section `Intra Clock Table`"),
            ("timing_summary.rpt", Box::new(cut("required time   ")), "within a path"),
            ("timing_summary.rpt", Box::new(cut("Max Delay Paths")), "no path of set-up"),
            (
                "timing_summary.rpt",
                Box::new(|t| t.replace("| Design       ", "| Designs      ")),
                "no `Design`",
            ),
        ];
        for (name, change, words) in cases {
            case().change(name, change).refused(&[words, name]);
        }
        for garbage in [
            "",
            "not a report\n",
            "\u{0}\u{1}|||\n| Tool Version : Vivado v.\n",
            "| Tool Version : Vivado v.2023.2",
        ] {
            for name in ["utilization.rpt", "timing_summary.rpt"] {
                case().change(name, |_| garbage.to_owned()).refused(&[name]);
            }
        }
        let no_clock = |t: &str| {
            let line = t
                .lines()
                .find(|line| line.trim_start().starts_with(if family == "xc7" { "4.387" } else { "3.104" }));
            let line = line.expect("figures");
            t.replacen(line, &line.replace("4.387", "   NA").replace("3.104", "   NA"), 1)
        };
        case().change("timing_summary.rpt", no_clock).refused(&["no clock"]);
    }
    let case = Case::new("xc7", "met");
    case.change("utilization.rpt", |t| t.replace("board_top", "blinky")).refused(&["the design `blinky`"]);
    let case = Case::new("xc7", "met");
    case.change("timing_summary.rpt", |t| t.replace("7a35ti-csg324", "7a100t-csg324"))
        .refused(&["7a100t-csg324"]);
    for name in ["utilization.rpt", "timing_summary.rpt"] {
        let case = Case::new("xc7", "met");
        fs::remove_file(case.reports().join(name)).expect("removed");
        case.refused(&["there is no report of report_"]);
    }
    let nowhere = Case::new("xc7", "met");
    fs::remove_dir_all(nowhere.reports()).expect("removed");
    assert_eq!(nowhere.read().expect_err("no folder").exit_code(), 2);
}
