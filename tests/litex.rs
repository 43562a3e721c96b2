//! The module for LiteX: a SoC with it is elaborated by LiteX and simulated; a host on its bus puts samples into the memory of
//! the SoC, starts the DMA channels and reads result frames, which are those of the golden model.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use snn2rtl::architecture::Options as Folding;
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::emit;
use snn2rtl::golden::{Golden, Limits, Unobserved};
use snn2rtl::overlay::Options as OverlayOptions;
use snn2rtl::snn::{Model, Op};
use snn2rtl::streaming::design::Options;
use snn2rtl::tool::{Tool, Toolbox};

use crate::common::{fixture, repository};

/// Samples that are run, one after the other.
const SAMPLES: usize = 3;

/// Random samples in the range of the input, element by element.
fn samples(model: &Model) -> (Vec<Vec<i32>>, usize) {
    let input = model.network.topological().into_iter().find_map(|id| match &model.network.node(id).op {
        Op::Input(input) => Some(input),
        _ => None,
    });
    let input = input.expect("an input");
    let (low, high) = model.raw_range();
    let span = i64::from(high) - i64::from(low) + 1;
    let mut state = 88172645463325252u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (i64::from(low) + (state % span.unsigned_abs()) as i64) as i32
    };
    let count = input.sample.len();
    let samples = (0..SAMPLES).map(|_| (0..count).map(|_| next()).collect()).collect();
    (samples, input.spec.element.bits() as usize)
}

/// Result frames by the golden model: values, class, time-steps, flags.
fn frames(model: &Model, samples: &[Vec<i32>], words: usize, settled: bool) -> Vec<Vec<u32>> {
    let lowered = snn2rtl::lower::lower(model).expect("lowered");
    let golden = Golden::new(&lowered.network).expect("a golden model");
    let mut state = golden.state();
    let frame = |sample: &Vec<i32>| {
        let outcome = golden.run(&mut state, sample, &Limits::default(), &mut Unobserved);
        let mut frame: Vec<u32> = Vec::new();
        for value in &outcome.values {
            let value = i64::try_from(*value).expect("64 bits");
            frame.extend((0..words).map(|n| (value >> (32 * n)) as u32));
        }
        let steps = if settled { 1 } else { outcome.time_steps as u32 };
        frame.extend([outcome.class as u32, steps, 1]);
        frame
    };
    samples.iter().map(frame).collect()
}

/// Elaborates and simulates a SoC around a build folder.
fn check(model: &Model, folding: &Folding, folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).expect("a folder");
    let build = folder.join("build");
    let manifest = emit::emit(model, folding, &build).expect("written");
    let tools = Toolbox::from_env();
    let litex = tools.get(Tool::Litex).unwrap_or_else(|e| panic!("{e}"));
    let soc = folder.join("soc");
    // LiteX writes what memories begin with where it runs, and the simulation reads it there.
    std::fs::create_dir_all(&soc).expect("a folder");
    let elaborate =
        litex.command().cwd(&soc).arg(repository("tests/litex/elaborate.py")).arg(&build).arg(&soc);
    elaborate.run().unwrap_or_else(|e| panic!("{e}"));
    let map: Value =
        serde_json::from_slice(&std::fs::read(soc.join("map.json")).expect("a map")).expect("JSON");

    let list = std::fs::read_to_string(build.join("rtl/files.f")).expect("a list");
    let verilator = tools.get(Tool::Verilator).unwrap_or_else(|e| panic!("{e}"));
    let objects = folder.join("obj");
    // The Verilog of LiteX has warnings of its own.
    let run = verilator.command().cwd(&build).args(["--cc", "--exe", "--build", "--prefix", "Vsoc"]);
    let run = run.args(["--top-module", "soc", "-Wno-fatal", "-Wno-lint", "-Wno-style", "-Wno-MULTITOP"]);
    let run = run.args(["-Wno-COMBDLY", "--assert", "--timescale", "1ns/1ps"]);
    let run = run.args(list.split_whitespace()).arg(soc.join("soc.v"));
    let run = run.arg(repository("tests/litex/host.cpp")).arg("--Mdir").arg(&objects).args(["-o", "soc"]);
    run.run().unwrap_or_else(|e| panic!("{e}"));

    let (samples, bits) = samples(model);
    let number = |path: [&str; 2]| map[path[0]][path[1]].as_u64().expect("a number") as u32;
    let bytes = |name: &str| map[name].as_u64().expect("a number") as u32;
    let (memory, registers) = (number(["memories", "samples_ram"]), number(["memories", "network"]));
    let (sample_bytes, frame_bytes) = (bytes("sample_bytes"), bytes("frame_bytes"));
    let result = memory + 0x2000;
    let mut commands = String::new();
    let mut say = |line: std::fmt::Arguments| writeln!(commands, "{line}").expect("a text");
    for sample in &samples {
        let mut packed: Vec<u8> = Vec::new();
        let lanes = manifest.input.beat_lanes;
        for beat in sample.chunks(lanes) {
            // What a beat has beyond its lanes is ignored.
            let filled = beat.iter().chain([&0x55; 64]).take(lanes.next_power_of_two());
            filled.for_each(|element| packed.extend(&element.to_le_bytes()[..bits / 8]));
        }
        packed.resize(sample_bytes as usize, 0xEE);
        for (n, word) in packed.chunks(4).enumerate() {
            let word = u32::from_le_bytes(word.try_into().expect("4 bytes"));
            say(format_args!("w {:x} {word:x}", memory + 4 * n as u32));
        }
        for (channel, base, length) in [("results", result, frame_bytes), ("samples", memory, sample_bytes)] {
            let csr = |name: &str| number(["csr", &format!("network_{channel}_{name}")]);
            // The high half of a base comes first.
            let writes = [(csr("enable"), 0), (csr("base"), 0), (csr("base") + 4, base)];
            for (address, value) in writes.into_iter().chain([(csr("length"), length), (csr("enable"), 1)]) {
                say(format_args!("w {address:x} {value:x}"));
            }
        }
        say(format_args!("p {:x} 1", number(["csr", "network_results_done"])));
        (0..frame_bytes / 4).for_each(|n| say(format_args!("r {:x}", result + 4 * n)));
    }
    say(format_args!("r {registers:x}"));
    let input = folder.join("commands");
    std::fs::write(&input, &commands).expect("written");
    let output = Command::new(objects.join("soc"))
        .current_dir(&soc)
        .stdin(Stdio::from(std::fs::File::open(&input).expect("commands")))
        .output()
        .expect("a simulation");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let numbers = text.lines().filter_map(|line| u32::from_str_radix(line, 16).ok());
    let expected =
        frames(model, &samples, manifest.output.words_per_value, matches!(folding, Folding::Overlay(_)));
    let identity = 0x534E_4E31;
    let expected: Vec<u32> = expected.concat().into_iter().chain([identity]).collect();
    assert_eq!(numbers.collect::<Vec<_>>(), expected);
}

#[test]
fn a_soc_of_litex_runs_samples_by_dma() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("litex");
    // Elements of 8 bits, one in a beat of the overlay, several in one of the streaming design; samples that end in a word.
    let model = fixture("qdq_ties", Analog);
    let overlay = OverlayOptions { lanes: 8, ..OverlayOptions::default() };
    check(&model, &Folding::from(overlay), &folder.join("overlay"));
    let streaming = Options { lanes: 3, ..Options::default() };
    check(&fixture("qdq_tokens_flatten", Analog), &Folding::from(&streaming), &folder.join("streaming"));
}
