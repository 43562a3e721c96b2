//! Broken hardware: what is said of it, and the waveform. Calls that are wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use snn2rtl::cosim::{self, Bench, FirstMismatch, Options, Report, What};
use snn2rtl::data::Inputs;
use snn2rtl::emit;
use snn2rtl::quant::Element;
use snn2rtl::quant::Rounding::HalfUp;
use snn2rtl::streaming::design;
use tempfile::TempDir;

use crate::network::{Layer, Recipe, model, samples};
use crate::random::Random;

/// Faults in the hardware of the victim: file, what stands there, and what replaces it. A fault acts in a run if the
/// memory image `fault.hex` has its number, so one verilated design serves all tests.
const FAULTS: [(&str, &str, &str); 3] = [
    // After its first row, the readout takes nothing any more.
    (
        "rtl/readout.sv",
        "assign in_ready_o = state_q == StCollect;",
        "assign in_ready_o = state_q == StCollect && !(fault[0] == 8'd1 && steps_q != 0);",
    ),
    (
        "rtl/readout.sv",
        "a_quiet_only_with_last : assert (in_last_i || !in_quiet_i);",
        "a_quiet_only_with_last : assert (in_last_i || !in_quiet_i);\n\
         a_never : assert (fault[0] != 8'd2 || !in_last_i);",
    ),
    // The spikes of stage 1, entry 7 of the counters, begin at 1.
    (
        "rtl/event_counters.sv",
        "fresh ? '0 : old;",
        "fresh ? Width'(fault[0] == 8'd3 && sum_entry_q == EntryWidth'(7)) : old;",
    ),
];

/// The fault that acts, at the beginning of a module.
const FAULT: &str = "  logic [7:0] fault [1];\n  initial $readmemh(\"snn2rtl-images:fault.hex\", fault);\n";

/// Verilates the victim once: later builds take it from the cache.
static VERILATED: LazyLock<()> = LazyLock::new(|| {
    if std::env::var_os("SNN2RTL_NO_CACHE").is_none() {
        Bench::new(&victim().build, &mut |_| ()).expect("verilated");
    }
});

/// A small network in a build folder, and samples.
struct Victim {
    folder: TempDir,
    build: PathBuf,
    inputs: Inputs,
}

fn recipe() -> Recipe {
    let layer =
        |inputs, outputs| Layer { inputs, outputs, levels: (0, 15), rounding: HalfUp, per_channel: false };
    Recipe {
        name: "victim",
        sample: (2, 8),
        element: Element::U8,
        zero_point: 128,
        steps: 1,
        input_neurons: None,
        layers: vec![layer(8, 6), layer(6, 5)],
        classes: 3,
        scaled_classes: false,
    }
}

fn victim() -> Victim {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    let random = &mut Random(5);
    let options = design::Options { lanes: 3, ..design::Options::default() };
    emit::emit(&model(&recipe(), random), &options, &build).expect("written");
    let inputs = samples(&recipe(), random, 12, folder.path());
    let victim = Victim { folder, build, inputs };
    for file in ["rtl/readout.sv", "rtl/event_counters.sv"] {
        // Behind the ports.
        victim.change(file, |text| text.replacen("\n);\n", &format!("\n);\n{FAULT}"), 1));
    }
    for (file, from, to) in FAULTS {
        victim.change(file, |text| text.replace(from, to));
    }
    victim.set_fault(0);
    victim
}

impl Victim {
    /// Changes a file of the build folder.
    fn change(&self, file: &str, change: impl Fn(&str) -> String) {
        let path = self.build.join(file);
        let before = fs::read_to_string(&path).expect("readable");
        let after = change(&before);
        assert_ne!(before, after, "{file} is changed");
        fs::write(&path, after).expect("written");
    }

    /// The fault that acts in the next run; 0 for none.
    fn set_fault(&self, number: usize) {
        fs::write(self.build.join("rom/fault.hex"), format!("{number:02x}\n")).expect("written");
    }

    fn run(&self, fault: usize, options: &Options) -> (Report, FirstMismatch) {
        LazyLock::force(&VERILATED);
        self.set_fault(fault);
        let mut seen = Vec::new();
        let report = cosim::run(&self.build, &self.inputs, options, &mut |p| seen.push(p)).expect("a report");
        assert_eq!(report.mismatches, 1);
        assert_eq!(seen.first(), Some(&cosim::Progress::Building));
        assert_eq!(seen.last(), Some(&cosim::Progress::Waveform));
        let mismatch = report.first_mismatch.clone().expect("a mismatch");
        println!("{mismatch}");
        (report, mismatch)
    }
}

/// No waveform can be written.
fn nowhere() -> Options {
    Options { trace: Some("/no/such/folder/mismatch.vcd".into()), ..Options::default() }
}

/// First and last time of a waveform, in half cycles, and its text.
fn waveform(path: &Path) -> (u64, u64, String) {
    let text = fs::read_to_string(path).expect("a waveform");
    let times: Vec<u64> = text.lines().filter_map(|line| line.strip_prefix('#')?.parse().ok()).collect();
    let (first, last) = (times.first().expect("times"), times.last().expect("times"));
    (*first, *last, text)
}

/// Flips the lowest bit of a word of a memory image that belongs to a node; gives the image's old text.
fn flip(victim: &Victim, node: &str, word: usize) -> (String, String) {
    let manifest = emit::read_manifest(&victim.build).expect("a manifest");
    let rom = manifest.files.iter().find(|f| f.path.starts_with("rom/") && f.path.contains(node));
    let rom = rom.expect("an image").path.clone();
    let before = fs::read_to_string(victim.build.join(&rom)).expect("readable");
    victim.change(&rom, |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (first, _) = lines.iter().enumerate().find(|(_, l)| !l.starts_with("//")).expect("words");
        let word = &mut lines[first + word];
        let last = word.pop().and_then(|c| c.to_digit(16)).expect("hexadecimal");
        word.extend(char::from_digit(last ^ 1, 16));
        lines.join("\n") + "\n"
    });
    (rom, before)
}

#[test]
fn a_wrong_constant_is_found_where_it_acts() {
    let victim = victim();
    LazyLock::force(&VERILATED);
    let mut bench = Bench::new(&victim.build, &mut |_| ()).expect("verilated");
    crate::equal(&mut bench, &victim.inputs, None, None);
    let mut run = |options: Options| {
        let report = bench.run(&victim.inputs, &options, &mut |_| ()).expect("a report");
        assert_eq!(report.mismatches, 1);
        let mismatch = report.first_mismatch.clone().expect("a mismatch");
        println!("{mismatch}");
        (report, mismatch)
    };
    // Images are read when a run begins. The start value of a neuron; the offset of a class.
    let (rom, before) = flip(&victim, "act0", 1);
    let (_, mismatch) = run(nowhere());
    assert_eq!((mismatch.what, mismatch.layer.as_deref()), (What::Neuron, Some("act0")));
    assert_eq!((mismatch.sample, mismatch.time_step, mismatch.row), (Some(0), Some(1), Some(0)));
    fs::write(victim.build.join(rom), before).expect("written");
    let (rom, before) = flip(&victim, "logits", 2);
    let (_, mismatch) = run(Options { stall: Some(3), ..nowhere() });
    assert_eq!((mismatch.what, mismatch.channel), (What::Result, Some(2)));
    assert!(mismatch.message.contains("a value"), "{mismatch}");
    fs::write(victim.build.join(rom), before).expect("written");

    // A weight of the second layer: input 4, the lowest output of the second chunk.
    let manifest = emit::read_manifest(&victim.build).expect("a manifest");
    let stage = manifest.stages.iter().find(|s| s.node == "linear1").expect("the second layer");
    flip(&victim, "linear1", 4 * stage.channels.div_ceil(stage.lanes) + 1);
    let (report, mismatch) = run(Options::default());
    assert_eq!(mismatch.what, What::Neuron);
    assert_eq!((mismatch.layer.as_deref(), mismatch.channel), (Some("act1"), Some(stage.lanes)));
    let (rtl, golden) = (mismatch.rtl.expect("a state"), mismatch.golden.expect("a state"));
    assert_ne!(rtl.membrane, golden.membrane);
    assert!(report.samples < 12 && mismatch.time_step.is_some() && mismatch.row.is_some());
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!(json["first_mismatch"]["what"], "neuron");
    assert_eq!(json["first_mismatch"]["golden"]["membrane"], golden.membrane);
    assert_eq!(json["mismatches"], 1);

    let path = mismatch.waveform.clone().expect("a waveform");
    assert_eq!(path, victim.build.canonicalize().expect("a folder").join("sim/mismatch.vcd"));
    let (first, last, text) = waveform(&path);
    assert_eq!(first, 2 * mismatch.cycle.saturating_sub(200));
    assert_eq!(last, 2 * (mismatch.cycle + 50) - 1);
    assert!(text.contains("tap_v") && text.contains("u_taps"));
    let message = mismatch.to_string();
    for part in ["act1", "sample ", "time-step ", "row ", "channel ", "membrane", "mismatch.vcd"] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn hardware_that_stands_still_is_found() {
    let victim = victim();
    let elsewhere = victim.folder.path().join("elsewhere.vcd");
    let (_, mismatch) =
        victim.run(1, &Options { stall: Some(7), trace: Some(elsewhere.clone()), ..Options::default() });
    assert_eq!(mismatch.what, What::Deadlock);
    assert!(mismatch.message.contains("waits for stage 5, readout of logits"), "{mismatch}");
    assert_eq!(mismatch.waveform.as_ref(), Some(&elsewhere));
    assert!(waveform(&elsewhere).2.contains("u_link"));
    assert!(!victim.build.join("sim/mismatch.vcd").exists());
}

#[test]
fn an_assertion_that_fails_is_told_and_its_text_is_not_printed() {
    let victim = victim();
    let (_, mismatch) = victim.run(2, &nowhere());
    assert_eq!(mismatch.what, What::Assertion);
    assert!(mismatch.message.contains("u_s5_logits.a_never"), "{mismatch}");
    assert!(mismatch.waveform.is_none() && mismatch.message.contains("there is no waveform"), "{mismatch}");
}

#[test]
fn a_wrong_counter_is_found_in_its_register() {
    let victim = victim();
    let (report, mismatch) = victim.run(3, &nowhere());
    assert_eq!((mismatch.what, report.samples), (What::Register, 12));
    assert!(mismatch.message.contains("spikes of stage 1 (act0)"), "{mismatch}");
}

#[test]
fn wrong_calls_are_refused_before_anything_is_built() {
    let mut victim = victim();
    let run = |build: &Path, inputs: &Inputs| {
        let progress = &mut |p| panic!("{p:?}");
        cosim::run(build, inputs, &Options::default(), progress).expect_err("refused")
    };
    let refused = |build: &Path, inputs: &Inputs, text: &str| {
        let error = run(build, inputs);
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(text), "{text:?} in {error}");
    };
    refused(victim.folder.path(), &victim.inputs, "manifest.json");
    refused(&victim.folder.path().join("nothing"), &victim.inputs, "manifest.json");
    let other = Recipe { sample: (2, 9), ..recipe() };
    refused(&victim.build, &samples(&other, &mut Random(1), 2, victim.folder.path()), "18 elements");
    let other = Recipe { element: Element::I8, zero_point: 0, ..recipe() };
    refused(&victim.build, &samples(&other, &mut Random(1), 2, victim.folder.path()), "i8");
    victim.inputs.truncate(0);
    refused(&victim.build, &victim.inputs, "no samples");

    let fresh = self::victim();
    let version = |number: u32| format!("\"format_version\": {number},");
    let (ours, newer) = (version(emit::FORMAT_VERSION), version(emit::FORMAT_VERSION + 1));
    fresh.change("manifest.json", |text| text.replace(&ours, &newer));
    refused(&fresh.build, &fresh.inputs, "version");
    let fresh = self::victim();
    fresh.change("manifest.json", |text| text.replace("\"top\": \"snn", "\"top\": \"-x $(id) snn"));
    refused(&fresh.build, &fresh.inputs, "not a name");
    let fresh = self::victim();
    fresh.change("manifest.json", |text| text.replace("\"node\": \"act1\"", "\"node\": \"act2\""));
    refused(&fresh.build, &fresh.inputs, "stages in the manifest");
    let fresh = self::victim();
    fs::remove_file(fresh.build.join("sim/files.f")).expect("removed");
    refused(&fresh.build, &fresh.inputs, "sim/files.f");
    let fresh = self::victim();
    fs::remove_dir_all(fresh.build.join("model.snn")).expect("removed");
    refused(&fresh.build, &fresh.inputs, "model.snn");
}

#[test]
fn hardware_that_does_not_compile_is_refused() {
    let victim = victim();
    victim.change("rtl/readout.sv", |text| text.replace("endmodule", "wire unused; endmodul"));
    let error = Bench::new(&victim.build, &mut |_| ()).err().expect("refused");
    assert_eq!(error.exit_code(), 2);
    assert!(error.problem.contains("readout.sv"), "{error}");
}
