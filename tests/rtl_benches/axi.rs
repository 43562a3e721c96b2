//! What reads memory over AXI4.

use std::fs;
use std::path::Path;

use snn2rtl::cosim::clients;
use snn2rtl::tool::{Tool, Toolbox};

use super::runner::{COMPILER, Group, RESULTS, Set, finish};

/// Sets of the read master: bits of an address, of a beat and of a length; longest burst, bursts under way, buffer; latency
/// at which beats must come without a gap.
#[test]
fn read_master() {
    let mut group = Group::new("axi_read_master");
    let shapes: [[i64; 7]; 7] = [
        [20, 64, 16, 16, 4, 64, 40],
        [32, 32, 20, 256, 2, 512, 200],
        [18, 512, 17, 64, 4, 128, 30],
        [40, 128, 15, 16, 8, 128, 90],
        [14, 32, 10, 4, 2, 5, 0],
        [16, 256, 7, 8, 3, 8, 0],
        [14, 64, 12, 1, 3, 2, 0],
    ];
    for [address, data, length, burst, outstanding, buffer, latency] in shapes {
        let set: Set = &[
            ("AddrWidth", address),
            ("DataWidth", data),
            ("LengthWidth", length),
            ("MaxBurst", burst),
            ("Outstanding", outstanding),
            ("BufferBeats", buffer),
            ("FastLatency", latency),
        ];
        group.add("axi_read_master", &[set], |_, _| Vec::new());
    }
    group.run();
}

/// The memory of cocotbext-axi is not this project's. Beats narrow and wide, as `sim/axi_ram/` describes.
#[test]
#[ignore = "long: cocotb"]
fn read_master_with_the_memory_of_cocotbext_axi() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut key = COMPILER.key("axi_ram");
    for folder in ["rtl", "sim/axi_ram"] {
        key = key.folder(folder, &root.join(folder)).unwrap();
    }
    let key = key.finish();
    if RESULTS.as_ref().and_then(|store| store.get(&key)).is_some() {
        println!("not run again");
        return;
    }
    let tools = Toolbox::from_env();
    let (verilator, make) = (tools.get(Tool::Verilator).unwrap(), tools.get(Tool::Make).unwrap());
    let (cocotb, compiler) = (tools.get(Tool::Cocotb).unwrap(), tools.get(Tool::Cxx).unwrap());
    for [bits, burst] in [["128", "16"], ["32", "256"], ["512", "64"]] {
        let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axi_ram").join(bits);
        let _ = fs::remove_dir_all(&work);
        let mut run = cocotb.command().arg(root.join("sim/axi_ram/run.py")).arg("--work").arg(&work);
        run = run.args(["--bits", bits, "--burst", burst]).arg("--verilator").arg(&verilator.path);
        run = run.arg("--cxx").arg(&compiler.path);
        for (name, value) in &verilator.env {
            run = run.env(name, value);
        }
        run =
            run.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS").env("MAKE", &make.path);
        finish(&run);
        let tests = clients::read(&work.join("results.xml")).unwrap();
        assert_eq!(tests.len(), 3, "{tests:?}");
        for test in tests {
            println!("{bits} bits, {}: {} cycles", test.name, test.cycles);
            assert_eq!(test.failure, None, "{bits} bits: {}", test.name);
        }
    }
    if let Some(store) = &*RESULTS {
        store.put(&key, b"passed").unwrap();
    }
}

/// Images from memory: bits of an address, of a beat, of a length.
#[test]
fn model_reader() {
    let mut group = Group::new("model_reader");
    for [address, data, length] in [[24, 64, 16], [16, 32, 10], [40, 512, 20], [32, 128, 32]] {
        let set: Set = &[("AddrWidth", address), ("DataWidth", data), ("LengthWidth", length)];
        group.add("model_reader", &[set], |_, _| Vec::new());
    }
    group.run();
}

/// Operands and weights in one memory: ports, lanes of a word and of a group, bits of a weight and of an operand, elements of a
/// beat and of a row, words of the ring.
#[test]
fn words() {
    let mut group = Group::new("words");
    let shapes = [
        [4, 64, 32, 4, 5, 8, 64, 32],
        [1, 8, 8, 6, 3, 2, 16, 8],
        [2, 24, 8, 3, 3, 1, 24, 16],
        [3, 4, 4, 4, 4, 1, 8, 64],
        [5, 128, 64, 2, 4, 16, 64, 16],
    ];
    for [ports, chunk, lanes, weight, operand, beat, elements, ring] in shapes {
        let set: Set = &[
            ("Ports", ports),
            ("ChunkLanes", chunk),
            ("Lanes", lanes),
            ("WeightWidth", weight),
            ("OperandWidth", operand),
            ("Beat", beat),
            ("Elements", elements),
            ("RingDepth", ring),
        ];
        group.add("overlay_words", &[set], |_, _| Vec::new());
    }
    group.run();
}

/// Elements that become spikes as they come: neurons of a group and of a word, elements of a run, rows of a band, passes, bands,
/// planes, one place or two.
#[test]
fn direct_input() {
    let mut group = Group::new("direct_input");
    let shapes = [
        [8, 16, 4, 3, 2, 2, 1, 0],
        [8, 32, 4, 3, 4, 2, 3, 1],
        [4, 8, 13, 1, 1, 5, 1, 0],
        [32, 128, 16, 14, 16, 2, 3, 1],
        [4, 4, 3, 2, 3, 3, 1, 1],
        [8, 8, 1, 1, 1, 1, 1, 1],
    ];
    for [lanes, width, run, rows, passes, bands, planes, single] in shapes {
        let set: Set = &[
            ("Lanes", lanes),
            ("FetchWidth", width),
            ("Run", run),
            ("BandRows", rows),
            ("Passes", passes),
            ("Bands", bands),
            ("Planes", planes),
            ("Single", single),
        ];
        group.add("overlay_input_direct", &[set], |_, _| Vec::new());
    }
    group.run();
}

/// Weights from memory: read ports, bits and words of the ring, bits of a beat, instructions, share of the port's beats.
#[test]
fn weight_ring() {
    let mut group = Group::new("weight_ring");
    let shapes = [
        [2, 64, 16, 64, 5, 0],
        [1, 200, 8, 64, 3, 0],
        [2, 24, 32, 128, 9, 0],
        [3, 256, 128, 64, 4, 95],
        [2, 48, 256, 64, 7, 90],
        [1, 128, 4, 128, 1, 0],
    ];
    for [ports, width, depth, data, count, share] in shapes {
        let set: Set = &[
            ("Ports", ports),
            ("Width", width),
            ("Depth", depth),
            ("DataWidth", data),
            ("Count", count),
            ("Share", share),
        ];
        group.add("overlay_weight_ring", &[set], |_, _| Vec::new());
    }
    group.run();
}

/// Rows of tables from memory: bits of a beat, of an entry in memory and of an entry, of a token; channels; share of the cycles
/// that bring an entry.
#[test]
fn gather() {
    let mut group = Group::new("gather");
    let shapes = [
        [64, 32, 24, 9, 40, 0],
        [128, 32, 29, 17, 100, 90],
        [512, 16, 12, 6, 70, 90],
        [64, 64, 40, 9, 9, 0],
        [256, 8, 8, 12, 3, 0],
        [32, 32, 32, 9, 64, 90],
    ];
    for [data, entry, width, raw, channels, share] in shapes {
        let set: Set = &[
            ("DataWidth", data),
            ("EntryWidth", entry),
            ("Width", width),
            ("RawWidth", raw),
            ("MostChannels", channels),
            ("Share", share),
        ];
        group.add("overlay_gather", &[set], |_, _| Vec::new());
    }
    group.run();
}
