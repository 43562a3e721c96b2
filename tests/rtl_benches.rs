//! The benches of `sim/benches`, each built once with Verilator for several parameter sets and run with several seeds.
//!
//! A bench is a module `<name>_tb` that checks itself. This file holds the parameter sets, makes the random ROM images
//! that they name, writes the top module that instantiates one bench per set, and runs it. A bench fails by `$fatal`.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use snn2rtl::tool::{self, Command, Program};

/// Seeds that every bench is run with.
const SEEDS: [u32; 3] = [1, 2, 3];

/// A call of Verilator.
fn verilator() -> Command {
    static VERILATOR: LazyLock<Program> = LazyLock::new(|| tool::verilator().unwrap());
    VERILATOR.command()
}

/// A parameter set: integers by name.
type Set<'a> = &'a [(&'a str, i64)];

/// A small generator of reproducible numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `low..=high`.
    fn range(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }
}

/// A word of a ROM image, filled from the low end.
#[derive(Default)]
struct Word(Vec<bool>);

impl Word {
    fn push(&mut self, value: i64, width: i64) {
        self.0.extend((0..width).map(|bit| value >> bit.min(63) & 1 == 1));
    }

    fn hex(&self) -> String {
        let nibbles = self.0.chunks(4).rev();
        nibbles
            .map(|n| char::from_digit((0..n.len()).map(|b| u32::from(n[b]) << b).sum(), 16).unwrap())
            .collect()
    }
}

fn write_image(path: &Path, words: &[Word]) {
    let text: String = words.iter().map(|word| word.hex() + "\n").collect();
    fs::write(path, text).unwrap();
}

/// Builds and runs the bench `name` for all `sets`; `images` writes a set's images and names them as parameters.
fn run(
    name: &str,
    sets: &[Set],
    mut images: impl FnMut(&dyn Fn(&str) -> i64, &Path) -> Vec<(&'static str, PathBuf)>,
) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();

    let mut top = format!(
        "module bench (\n  input  logic clk_i,\n  output logic done_o\n);\n  logic [{}:0] done;\n  assign done_o = &done;\n",
        sets.len() - 1
    );
    for (i, set) in sets.iter().enumerate() {
        let get =
            |key: &str| set.iter().find(|(k, _)| *k == key).unwrap_or_else(|| panic!("no parameter {key}")).1;
        let mut parameters: Vec<String> = set.iter().map(|(key, value)| format!(".{key}({value})")).collect();
        let files = images(&get, &dir.join(format!("set{i}")));
        parameters.extend(files.iter().map(|(key, path)| format!(".{key}(\"{}\")", path.display())));
        let parameters = parameters.join(", ");
        writeln!(top, "  {name}_tb #({parameters}) u_set{i} (.clk_i, .done_o(done[{i}]));").unwrap();
    }
    top += "endmodule\n";
    fs::write(dir.join("bench.sv"), top).unwrap();

    let optimisation = "OPT_FAST=-O0 OPT_GLOBAL=-O0 OPT_SLOW=-O0";
    let mut build = verilator()
        .args(["--cc", "--exe", "--build", "-j", "2", "--assert", "-Wno-lint", "-Wno-style"])
        .args(["--x-assign", "unique", "--x-initial", "unique", "-CFLAGS", "-O0", "-MAKEFLAGS", optimisation])
        .args(["--prefix", "Vbench", "--top-module", "bench", "--Mdir"])
        .arg(dir.join("obj"));
    for file in library() {
        // The benches use the link that stalls.
        let folder = if file == "stream_link.sv" { "sim" } else { "rtl" };
        build = build.arg(root.join(folder).join(file));
    }
    let benches = root.join("sim/benches");
    for file in ["bench_reset.sv", "bench_source.sv", &format!("{name}_tb.sv"), "bench_main.cpp"] {
        build = build.arg(benches.join(file));
    }
    finish(&build.arg(dir.join("bench.sv")));
    for seed in SEEDS {
        let bench = Command::new(name, dir.join("obj/Vbench"))
            .arg(format!("+verilator+seed+{seed}"))
            .args(["+verilator+rand+reset+2", "+report"]);
        print!("{name}, seed {seed}: {}", finish(&bench));
    }
}

/// The library's files, in order.
fn library() -> Vec<String> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl/files.f");
    fs::read_to_string(list).unwrap().lines().map(str::to_owned).collect()
}

/// Runs a command that must succeed and returns what it printed.
fn finish(command: &Command) -> String {
    command.run().unwrap_or_else(|error| panic!("{error}")).output
}

/// Every module alone, with its default parameters and at the edges of their ranges, without a warning.
#[test]
fn lint() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases: Vec<(String, Vec<&str>)> =
        library().iter().map(|file| (file.trim_end_matches(".sv").to_owned(), Vec::new())).collect();
    let edges: &[(&str, &[&str])] = &[
        ("stream_fifo", &["Depth=1"]),
        ("stream_fifo", &["Depth=3", "Width=1"]),
        ("sync_rom", &["Depth=1"]),
        ("sync_ram", &["Depth=1"]),
        ("spike_matmul", &["InChannels=1", "OutChannels=1", "InLanes=1", "OutLanes=1"]),
        ("spike_matmul", &["OutChannels=4", "InChannels=4"]),
        ("spike_matmul", &["Rows=3", "InChannels=37", "OutChannels=29", "OutLanes=6", "WeightWidth=8"]),
        ("analog_matmul", &["Rows=3", "InChannels=10", "DeltaWidth=30", "WeightWidth=8"]),
        ("analog_matmul", &["InChannels=4", "OutChannels=4", "DeltaWidth=10"]),
        ("analog_pass", &["Channels=1", "Lanes=1"]),
        ("analog_pass", &["Channels=12", "Rows=3"]),
        ("analog_pass", &["Channels=3", "ValueWidth=1"]),
        ("lane_rotator", &["Lanes=1"]),
        ("lane_rotator", &["Lanes=9", "Back=1"]),
        ("spike_events", &["Channels=1", "Lanes=1", "Unit=1"]),
        ("spike_product", &["Mix=1"]),
        ("spike_product", &["OutLanes=6", "LeftRows=17", "RightLevelWidth=3"]),
        ("spike_product", &["OutLanes=1", "Heads=1", "Depth=1", "LeftRows=1", "RightRows=1", "GroupPad=1"]),
        ("spike_product", &["Mix=1", "OutLanes=4", "Heads=1", "LeftRows=4", "LeftLevelWidth=2"]),
        ("spike_neurons", &["Channels=1", "Lanes=1", "Rows=1"]),
        ("spike_neurons", &["Rows=4", "SkipRows=0"]),
        ("spike_neurons", &["Channels=4", "Rows=6", "Fraction=3", "ThetaWidth=20"]),
        ("spike_neurons", &["LevelMin=-1", "LevelMax=1", "LevelWidth=2"]),
        ("spike_neurons", &["UseTable=1", "LevelMin=-8", "LevelMax=7", "Lanes=8", "TableWidth=20"]),
        ("spike_neurons", &["UseTable=1", "LevelMax=1", "Channels=1", "Lanes=1", "TableWidth=12"]),
        ("delta_repeat", &["Steps=1", "Channels=1", "Lanes=1"]),
        ("delta_repeat", &["Rows=5", "Steps=15"]),
        ("readout", &["UseMultiplier=0", "Shift=3"]),
        ("readout", &["Channels=1", "Lanes=1", "ValueWidth=60"]),
        ("axis_input", &["Signed=1", "ZeroPoint=-3", "Count=24", "RowChannels=8"]),
        ("axis_input", &["ElementWidth=16", "ValueWidth=17", "Count=1"]),
        ("axi_lite_regs", &["Stages=1", "AddrWidth=7"]),
        ("axi_lite_regs", &["Stages=20", "AddrWidth=12"]),
    ];
    cases.extend(edges.iter().map(|(module, parameters)| ((*module).to_owned(), parameters.to_vec())));
    for (module, parameters) in cases {
        let lint = verilator()
            .args(["--lint-only", "-Wall", "--assert", "--top-module", &module])
            .args(parameters.iter().map(|parameter| format!("-G{parameter}")))
            .arg(root.join("sim/lint/waivers.vlt"))
            .args(library().iter().map(|file| root.join("rtl").join(file)));
        finish(&lint);
    }
}

#[test]
fn stream_fifo() {
    let sets: &[Set] = &[
        &[("Width", 8), ("Depth", 1)],
        &[("Width", 1), ("Depth", 2)],
        &[("Width", 70), ("Depth", 3)],
        &[("Width", 16), ("Depth", 8)],
        &[("Width", 16), ("Depth", 13)],
        &[("Width", 16), ("Depth", 2), ("UseLink", 1)],
        &[("Width", 33), ("Depth", 5), ("UseLink", 1)],
    ];
    run("stream_fifo", sets, |_, _| Vec::new());
}

#[test]
fn matmul_engine() {
    let set = |rows, inputs, outputs, in_lanes, out_lanes, weight, delta, value, steps| {
        [
            ("Rows", rows),
            ("InChannels", inputs),
            ("OutChannels", outputs),
            ("InLanes", in_lanes),
            ("OutLanes", out_lanes),
            ("WeightWidth", weight),
            ("DeltaWidth", delta),
            ("ValueWidth", value),
            ("Steps", steps),
        ]
    };
    let sets = [
        set(1, 8, 8, 4, 4, 4, 12, 1, 60),
        // One output chunk: an event every cycle into the same accumulators.
        set(1, 40, 10, 16, 10, 8, 16, 1, 60),
        set(5, 7, 3, 7, 3, 4, 8, 1, 30),
        // A chunk a row on both sides; single lanes; padding on both sides.
        set(6, 4, 2, 4, 2, 3, 6, 1, 40),
        set(3, 5, 4, 1, 1, 4, 8, 1, 30),
        set(4, 37, 29, 8, 6, 8, 16, 1, 12),
        set(1, 1, 1, 1, 1, 4, 5, 1, 60),
        set(1, 784, 128, 8, 16, 8, 30, 9, 1),
        set(3, 10, 9, 4, 4, 5, 18, 6, 20),
        set(2, 9, 3, 3, 3, 8, 22, 8, 30),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    run("matmul_engine", &sets, |get, base| vec![("WeightFile", weights(get, base))]);
}

/// Writes random weights for an engine's parameters.
fn weights(get: &dyn Fn(&str) -> i64, base: &Path) -> PathBuf {
    let mut random = Random(get("InChannels") as u64);
    let words = get("InChannels") * ((get("OutChannels") + get("OutLanes") - 1) / get("OutLanes"));
    let mut image: Vec<Word> = Vec::new();
    for _ in 0..words {
        let mut word = Word::default();
        for _ in 0..get("OutLanes") {
            word.push(random.next() as i64, get("WeightWidth"));
        }
        image.push(word);
    }
    let path = base.with_extension("weights.hex");
    write_image(&path, &image);
    path
}

#[test]
fn spike_product() {
    let set = |mix, heads, depth, left_rows, right_rows, pad, lanes: [i64; 3], levels: [i64; 2]| {
        // Spikes of a time-step on either side meet tracers of the other: the farthest partial sum.
        let inner: i64 = if mix == 1 { right_rows } else { depth };
        let most = inner * ((1 << (levels[0] - 1)) + (1 << (levels[1] - 1)));
        [
            ("Mix", mix),
            ("Heads", heads),
            ("Depth", depth),
            ("LeftRows", left_rows),
            ("RightRows", right_rows),
            ("GroupPad", pad),
            ("LeftLanes", lanes[0]),
            ("RightLanes", lanes[1]),
            ("OutLanes", lanes[2]),
            ("LeftLevelWidth", levels[0]),
            ("RightLevelWidth", levels[1]),
            ("DeltaWidth", i64::from(most.ilog2()) + 2),
        ]
    };
    let mut sets = vec![
        set(0, 4, 16, 17, 17, 18, [16, 16, 9], [5, 5]),
        set(1, 4, 16, 17, 17, 18, [9, 16, 16], [5, 5]),
        // Few words and few lanes: writes and reads come close.
        set(0, 1, 1, 1, 1, 1, [1, 1, 1], [3, 4]),
        set(1, 1, 1, 1, 1, 1, [1, 1, 1], [2, 2]),
        set(0, 1, 2, 1, 3, 4, [1, 2, 4], [2, 5]),
        set(1, 2, 8, 3, 1, 3, [4, 3, 8], [4, 2]),
        // Rows of exactly one chunk, and of one more.
        set(0, 2, 3, 4, 9, 12, [3, 4, 4], [4, 3]),
        set(1, 3, 6, 4, 7, 7, [8, 1, 3], [3, 5]),
    ];
    let mut random = Random(1);
    for i in 0..8 {
        let out_lanes = [1, 3, 4, 8, 9, 16][random.range(0, 5) as usize];
        let (mix, right_rows) = (i % 2, random.range(1, 20));
        let chunks = if mix == 1 { random.range(1, 2) } else { (right_rows + out_lanes - 1) / out_lanes };
        let (depth, pad) = if mix == 1 {
            (chunks * out_lanes, right_rows + random.range(0, 3))
        } else {
            (random.range(1, 10), (chunks + random.range(0, 1)) * out_lanes)
        };
        let lanes = [random.range(1, 16), random.range(1, 16), out_lanes];
        let levels = [random.range(2, 6), random.range(2, 6)];
        sets.push(set(mix, random.range(1, 4), depth, random.range(1, 20), right_rows, pad, lanes, levels));
    }
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    run("spike_product", &sets, |_, _| Vec::new());
}

#[test]
fn analog_pass() {
    let set = |rows, channels, lanes, value| {
        [("Rows", rows), ("Channels", channels), ("Lanes", lanes), ("ValueWidth", value)]
    };
    let sets = [
        set(1, 8, 4, 9),
        set(1, 9, 4, 9),
        set(1, 1, 1, 2),
        set(4, 6, 3, 17),
        set(3, 2, 1, 8),
        set(1, 3, 8, 9),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    run("analog_pass", &sets, |_, _| Vec::new());
}

/// Neurons before an engine that reads other rows.
#[test]
fn regroup() {
    let set = |rows, channels, out_rows, inputs, outputs, lanes, out_lanes| {
        [
            ("Rows", rows),
            ("Channels", channels),
            ("OutRows", out_rows),
            ("InChannels", inputs),
            ("OutChannels", outputs),
            ("Lanes", lanes),
            ("OutLanes", out_lanes),
            ("WeightWidth", 5),
        ]
    };
    let sets = [
        set(4, 32, 1, 128, 10, 16, 10),
        set(1, 24, 4, 6, 3, 3, 2),
        set(6, 4, 4, 6, 5, 2, 2),
        set(4, 6, 12, 2, 4, 1, 4),
        // The same rows: full rows of zeros are allowed everywhere.
        set(5, 8, 5, 8, 8, 4, 4),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    run("regroup", &sets, |get, base| {
        let mut random = Random(get("Channels") as u64);
        let mut image = Vec::new();
        for _ in 0..get("Channels") / get("Lanes") {
            let mut word = Word::default();
            for _ in 0..get("Lanes") {
                let theta = random.range(1, 63);
                word.push(random.range(0, theta), 16);
                word.push(theta, 6);
            }
            image.push(word);
        }
        let path = base.with_extension("hex");
        write_image(&path, &image);
        vec![("WeightFile", weights(get, base)), ("ConstFile", path)]
    });
}

#[test]
fn spike_neurons() {
    let set = |rows,
               channels,
               lanes,
               delta,
               membrane,
               level,
               low,
               high,
               fraction,
               theta,
               table,
               table_width,
               skip| {
        [
            ("Rows", rows),
            ("Channels", channels),
            ("Lanes", lanes),
            ("DeltaWidth", delta),
            ("MembraneWidth", membrane),
            ("LevelWidth", level),
            ("LevelMin", low),
            ("LevelMax", high),
            ("Fraction", fraction),
            ("ThetaWidth", theta),
            ("UseTable", table),
            ("TableWidth", table_width),
            ("SkipRows", skip),
        ]
    };
    let sets = [
        set(1, 32, 4, 8, 14, 5, 0, 15, 0, 6, 0, 16, 1),
        // A single chunk: the state is needed again at once. Then two and three.
        set(1, 3, 4, 6, 16, 4, -8, 7, 2, 8, 0, 16, 1),
        set(2, 3, 3, 6, 16, 5, -8, 7, 2, 7, 0, 16, 1),
        set(3, 1, 1, 7, 16, 3, -1, 3, 3, 9, 0, 16, 1),
        set(7, 10, 4, 8, 16, 5, 0, 15, 1, 7, 0, 16, 1),
        set(5, 16, 8, 8, 14, 3, -1, 1, 0, 5, 0, 16, 1),
        // The table rule.
        set(1, 19, 4, 8, 14, 5, 0, 15, 0, 8, 1, 12, 1),
        set(4, 6, 4, 8, 14, 4, -8, 7, 0, 8, 1, 15, 1),
        set(1, 1, 1, 8, 14, 2, 0, 1, 0, 8, 1, 12, 1),
        // Every row in full.
        set(7, 10, 4, 8, 16, 5, 0, 15, 1, 7, 0, 16, 0),
        set(2, 3, 3, 6, 16, 5, -8, 7, 2, 7, 0, 16, 0),
        set(4, 6, 4, 8, 14, 4, -8, 7, 0, 8, 1, 15, 0),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    run("spike_neurons", &sets, |get, base| {
        let mut random = Random(get("Channels") as u64);
        let (channels, lanes) = (get("Channels"), get("Lanes"));
        let chunks = (channels + lanes - 1) / lanes;
        let (low, high) = (get("LevelMin"), get("LevelMax"));
        let mut reference = Vec::new();
        let mut line = Vec::new();
        let mut tables: Vec<Vec<Word>> = (0..lanes).map(|_| Vec::new()).collect();
        let mut note = |value| {
            let mut word = Word::default();
            word.push(value, 32);
            reference.push(word);
        };
        for chunk in 0..chunks {
            let mut constants = Word::default();
            for lane in 0..lanes {
                let real = chunk * lanes + lane < channels;
                if get("UseTable") == 1 {
                    let mut bound = random.range(-200, 50);
                    for level in low + 1..=high {
                        bound += random.range(0, 40);
                        let bound = if real { bound } else { i64::from(level > 0) };
                        let mut word = Word::default();
                        word.push(bound, get("TableWidth"));
                        tables[lane as usize].push(word);
                        if real {
                            note(bound);
                        }
                    }
                } else {
                    let theta = if real { random.range(1, (1 << get("ThetaWidth")) - 1) } else { 1 };
                    let v0 = if real { random.range(-theta, theta) } else { 0 };
                    constants.push(v0, get("MembraneWidth"));
                    constants.push(theta, get("ThetaWidth"));
                    if real {
                        note(theta);
                        note(v0);
                    }
                }
            }
            line.push(constants);
        }
        let reference_path = base.with_extension("ref.hex");
        write_image(&reference_path, &reference);
        let mut files = vec![("ReferenceFile", reference_path)];
        if get("UseTable") == 1 {
            for (lane, table) in tables.iter().enumerate() {
                write_image(Path::new(&format!("{}_{lane:02}.hex", base.display())), table);
            }
            files.push(("TableFile", base.to_path_buf()));
        } else {
            let path = base.with_extension("hex");
            write_image(&path, &line);
            files.push(("ConstFile", path));
        }
        files
    });
}

#[test]
fn delta_repeat() {
    let set = |rows, channels, lanes, delta, steps| {
        [("Rows", rows), ("Channels", channels), ("Lanes", lanes), ("DeltaWidth", delta), ("Steps", steps)]
    };
    let sets = [
        set(1, 8, 4, 12, 4),
        set(5, 9, 4, 9, 3),
        set(1, 1, 1, 8, 15),
        set(3, 4, 4, 8, 1),
        set(2, 2, 1, 5, 2),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    run("delta_repeat", &sets, |_, _| Vec::new());
}

#[test]
fn readout() {
    let set = |channels, lanes, delta, acc, multiplier, value, use_multiplier, shift| {
        [
            ("Channels", channels),
            ("Lanes", lanes),
            ("DeltaWidth", delta),
            ("AccWidth", acc),
            ("MultiplierWidth", multiplier),
            ("ValueWidth", value),
            ("UseMultiplier", use_multiplier),
            ("Shift", shift),
        ]
    };
    let sets = [
        set(10, 4, 12, 16, 18, 36, 1, 0),
        set(10, 10, 12, 16, 8, 32, 0, 3),
        set(1, 1, 4, 8, 8, 20, 1, 0),
        set(7, 3, 9, 20, 24, 60, 1, 0),
        // Factors of 0 and 1, so that classes tie.
        set(12, 4, 3, 8, 2, 16, 1, 0),
        set(9, 2, 6, 12, 8, 33, 0, 0),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    run("readout", &sets, |get, base| {
        let mut random = Random(get("Channels") as u64);
        let (mut image, mut reference) = (Vec::new(), Vec::new());
        for _ in 0..get("Channels") {
            let highest =
                if get("MultiplierWidth") == 2 { 1 } else { (1 << (get("MultiplierWidth") - 1)) - 1 };
            let m = random.range(if highest == 1 { 0 } else { -highest - 1 }, highest);
            let b = if highest == 1 {
                0
            } else {
                random.range(-1 << (get("AccWidth") - 1), 1 << (get("AccWidth") - 1))
            };
            let mut word = Word::default();
            word.push(b, get("ValueWidth"));
            if get("UseMultiplier") == 1 {
                word.push(m, get("MultiplierWidth"));
            }
            image.push(word);
            for number in [m, b] {
                let mut word = Word::default();
                word.push(number, 64);
                reference.push(word);
            }
        }
        let files =
            [("ConstFile", base.with_extension("hex")), ("ReferenceFile", base.with_extension("ref.hex"))];
        write_image(&files[0].1, &image);
        write_image(&files[1].1, &reference);
        files.into()
    });
}

#[test]
fn axis_input() {
    let set = |lanes, element, signed, zero, value, count, row| {
        [
            ("Lanes", lanes),
            ("ElementWidth", element),
            ("Signed", signed),
            ("ZeroPoint", zero),
            ("ValueWidth", value),
            ("Count", count),
            ("RowChannels", row),
        ]
    };
    let sets = [
        set(8, 8, 0, 0, 9, 784, 784),
        set(4, 8, 0, 128, 8, 10, 10),
        set(4, 8, 1, -3, 9, 24, 8),
        set(3, 16, 1, 0, 16, 7, 7),
        set(1, 16, 0, 7, 17, 1, 1),
        set(8, 8, 0, 0, 9, 3, 3),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    run("axis_input", &sets, |_, _| Vec::new());
}

#[test]
fn axi_lite_regs() {
    let sets: &[Set] = &[
        &[("Stages", 2), ("AddrWidth", 7)],
        &[("Stages", 1), ("AddrWidth", 8), ("MarginWidth", 64)],
        &[("Stages", 5), ("AddrWidth", 12), ("MarginWidth", 5)],
        &[("Stages", 2), ("AddrWidth", 8), ("EventCycles", 66_000), ("Rounds", 1)],
    ];
    run("axi_lite_regs", sets, |_, _| Vec::new());
}
