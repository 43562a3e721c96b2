//! Every module alone, without a warning.

use std::collections::BTreeSet;
use std::path::Path;

use super::runner::{COMPILER, RESULTS, finish, library, verilator};

/// Options of each call.
const OPTIONS: [&str; 3] = ["--lint-only", "-Wall", "--assert"];

/// The memories of UltraScale+: a small one, and one that is UltraRAM.
const ULTRA_RAM: [[&str; 2]; 2] = [["Width=3", "Depth=1"], ["Width=72", "Depth=1024"]];

/// Every module alone, with its default parameters and at the edges of their ranges, without a warning.
#[test]
fn lint() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases: Vec<(String, Vec<&str>)> = library()
        .iter()
        .map(|file| Path::new(file).file_stem().unwrap().to_str().unwrap().to_owned())
        // A package is no module; those that read it are checked with it.
        .filter(|name| !name.ends_with("_pkg"))
        .map(|name| (name, Vec::new()))
        .collect();
    let edges: &[(&str, &[&str])] = &[
        ("credit_counter", &["Credits=1"]),
        ("credit_fifo", &["Credits=2", "Width=1"]),
        ("row_flags", &["Rows=1"]),
        ("row_flags", &["Rows=17"]),
        ("stream_fifo", &["Depth=1"]),
        ("stream_fifo", &["Depth=3", "Width=1"]),
        ("sync_rom", &["Depth=1"]),
        ("sync_rom", &["Style=1"]),
        ("sync_rom", &["Style=2"]),
        ("sync_rom", &["Style=2", "Depth=17"]),
        ("sync_rom", &["Width=36", "Depth=512"]),
        ("lut_rom", &["Depth=1"]),
        ("threshold_rom", &["Depth=1"]),
        ("threshold_rom", &["Width=18", "Depth=1024"]),
        ("weight_rom", &["Depth=1", "LutWords=1"]),
        ("weight_rom", &["Depth=16", "LutWords=3"]),
        ("weight_rom", &["Depth=16", "LutWords=8"]),
        ("weight_rom", &["Depth=33", "LutWords=32"]),
        ("weight_rom", &["Depth=33", "LutWords=1"]),
        ("spike_matmul", &["Banks=2", "LutWords=4"]),
        ("sync_ram", &["Depth=1"]),
        ("spike_matmul", &["InChannels=1", "OutChannels=1", "InLanes=1", "OutLanes=1"]),
        ("spike_matmul", &["OutChannels=4", "InChannels=4"]),
        ("spike_matmul", &["Rows=3", "InChannels=37", "OutChannels=29", "OutLanes=6", "WeightWidth=8"]),
        ("spike_matmul", &["Banks=2", "OutChannels=4", "InChannels=9"]),
        ("spike_matmul", &["Banks=8", "InLanes=16", "InChannels=40", "OutChannels=30"]),
        ("analog_matmul", &["Banks=4", "InChannels=10", "DeltaWidth=30", "WeightWidth=8"]),
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
        ("spike_neurons", &["Stops=0"]),
        ("layer_norm_neurons", &["Stops=0"]),
        ("softmax_neurons", &["Stops=0"]),
        ("overlay_row_fire", &["LevelWidth=1", "Unary=0"]),
        ("overlay_row_fire", &["ValueWidth=51", "ThetaWidth=50", "LevelWidth=8"]),
        ("overlay_row_fire", &["ValueWidth=30", "ThetaWidth=8", "LevelWidth=4"]),
        ("thermometer_count", &[]),
        ("thermometer_sum", &["Most=4"]),
        ("more_than", &["Width=33", "Most=4"]),
        ("more_than", &["Width=4", "Most=4"]),
        ("overlay_pieces", &[]),
        ("overlay_pieces", &["Lanes=4", "AccWidth=9", "PieceWidth=12", "LevelBits=1", "Depth=1"]),
        ("overlay_fire", &["PieceDepth=40", "PieceWidth=12"]),
        ("overlay_fire", &["LifDepth=20", "LifWidth=30", "LeakShift=24"]),
        ("overlay_lif", &[]),
        ("overlay_lif", &["Lanes=4", "Depth=1", "LeakShift=3"]),
        ("overlay_lif", &["CurrentWidth=20", "LeakShift=24"]),
        ("overlay_lif", &["Lanes=1", "CurrentWidth=30", "StateWidth=20"]),
        ("overlay_fire", &["LifDepth=20", "LifWidth=30", "LeakShift=24", "CurrentWidth=28"]),
        ("overlay_fetch", &["HasGates=1"]),
        ("overlay_place", &["WordNeurons=4"]),
        ("overlay_place", &["WordNeurons=32", "Align=16"]),
        ("overlay_row_fire", &["Lanes=4", "LevelWidth=3"]),
        ("overlay_serial", &["Lanes=4"]),
        ("overlay_fire", &["Lanes=16", "SerialLanes=4", "OperandLanes=2"]),
        ("overlay_fire", &["Lanes=16", "SerialLanes=4", "OperandLanes=4"]),
        ("overlay_softmax", &["Lanes=2", "Align=8", "GroupMax=9"]),
        ("overlay_softmax", &["Lanes=8", "Align=32", "WordNeurons=32"]),
        ("overlay_layer_norm", &["Lanes=2", "Align=8"]),
        ("overlay_layer_norm", &["Lanes=8", "Align=32", "WordNeurons=64"]),
        ("overlay_sum_neurons", &["Lanes=4", "Align=16"]),
        ("overlay_vector", &["Lanes=4", "Align=16"]),
        ("overlay_softmax", &["GroupMax=1", "WordNeurons=4"]),
        ("overlay_softmax", &["ExpWidth=24", "SumWidth=29", "ScaleWidth=20", "Fraction=22", "GroupMax=70"]),
        ("overlay_layer_norm", &["ChannelsMax=4", "WordNeurons=4"]),
        (
            "overlay_layer_norm",
            &["SumWidth=30", "ChannelsMax=64", "SquareWidth=69", "ConstWidth=24", "Fraction=24"],
        ),
        ("overlay_vector", &["HasAdd=0", "HasMask=0"]),
        ("overlay_vector", &["HasEmbed=0", "HasMask=0", "HasPerChannel=0"]),
        ("overlay_vector", &["HasLayerNorm=0", "HasStart=0"]),
        ("overlay_vector", &["HasLayerNorm=0", "HasAdd=0", "HasEmbed=0", "HasMask=0"]),
        ("spike_neurons", &["Channels=4", "Rows=6", "Fraction=3", "ThetaWidth=20"]),
        ("spike_neurons", &["LevelMin=-1", "LevelMax=1", "LevelWidth=2"]),
        ("spike_neurons", &["UseTable=1", "LevelMin=-8", "LevelMax=7", "Lanes=8", "TableWidth=20"]),
        ("spike_neurons", &["UseTable=1", "LevelMax=1", "Channels=1", "Lanes=1", "TableWidth=12"]),
        ("spike_neurons", &["UseTable=1", "NonMonotone=1", "Crossings=3", "TableWidth=20"]),
        ("rate_encoder", &["Steps=1", "Channels=1", "Lanes=1"]),
        ("rate_encoder", &["Rows=5", "Steps=15"]),
        ("readout", &["UseMultiplier=0", "Shift=3"]),
        ("readout", &["MarginWidth=0"]),
        ("confidence_rule", &["Channels=1"]),
        ("confidence_settings", &["MarginWidth=64"]),
        ("confidence_settings", &["MarginWidth=0"]),
        ("readout", &["Channels=1", "Lanes=1", "ValueWidth=60"]),
        ("readout", &["Channels=12", "Constants=4"]),
        ("axis_input", &["Signed=1", "ZeroPoint=-3", "Count=24", "RowChannels=8"]),
        ("axis_input", &["ElementWidth=16", "ValueWidth=17", "Count=1"]),
        ("axi_lite_regs", &["Stages=1", "AddrWidth=7"]),
        ("axi_lite_regs", &["MarginWidth=0"]),
        ("axi_lite_regs", &["Stages=20", "AddrWidth=12"]),
        ("axi_read_master", &["DataWidth=32", "MaxBurst=256", "BufferBeats=256", "LengthWidth=26"]),
        ("axi_read_master", &["DataWidth=512", "MaxBurst=256", "AddrWidth=64", "BufferBeats=64"]),
        (
            "axi_read_master",
            &["DataWidth=64", "MaxBurst=1", "Outstanding=2", "BufferBeats=2", "LengthWidth=3"],
        ),
        ("axi_read_master", &["DataWidth=8", "PageBytes=16", "IdWidth=4"]),
        ("frame_elements", &["Values=1", "Digits=1", "ElementWidth=8"]),
        ("frame_elements", &["Values=1088", "ValueWords=2", "Digits=3"]),
        ("overlay_vector", &["HasAdd=0", "HasSend=1", "HasElements=1", "HasEmbed=0", "HasMask=0"]),
        ("overlay_vector", &["HasSend=1", "HasElements=1"]),
        ("load_registers", &["Reads=1"]),
        ("overlay_core", &["Loadable=1", "StreamWidth=64"]),
        (
            "overlay_core",
            &[
                "Loadable=1",
                "StreamWidth=64",
                "RowLanes=2",
                "SignDepth=8",
                "InputDirect=1",
                "SharedTheta=1",
                "StartStream=32",
                "VectorCount=2",
                "HasLayerNorm=1",
                "ConstantDepth=16",
                "MaxGroup=8",
                "ExpDepth=16",
                "OperandDepth=16",
                "SumDepth=16",
            ],
        ),
        ("overlay_words", &["Ports=1", "OperandDepth=24"]),
        ("overlay_words", &["Ports=5", "OperandWidth=6", "OperandDepth=16", "Part=4"]),
        ("overlay_two_ports", &["Ultra=0"]),
        ("overlay_rom", &["Loadable=1", "Tables=1"]),
        ("overlay_operands", &["Lanes=16", "Beat=4"]),
        ("overlay_input_direct", &["Open=7", "Rows=14"]),
        ("overlay_start_stream", &["EntryWidth=128"]),
        ("masked_ram", &["Ultra=1"]),
        ("overlay_memory", &["Streams=0", "DataWidth=32"]),
        ("overlay_memory", &["DataWidth=512", "AddrWidth=64", "MaxBurst=64"]),
        ("overlay_memory", &["Rows=1", "DataWidth=256"]),
        ("overlay_memory", &["Ports=2"]),
        ("overlay_memory", &["Ports=8", "DataWidth=256", "Rows=1"]),
        ("overlay_events", &["Halves=1"]),
        ("overlay_events", &["Halves=1", "Spikes=4", "FetchWidth=128"]),
        ("overlay_row_fire", &["Lanes=8", "Eager=1"]),
        ("overlay_fire", &["Waiting=8"]),
        ("overlay_gather", &["EntryWidth=128", "Width=40"]),
        ("overlay_gather", &["BeatWidth=32", "EntryWidth=8", "Width=6", "RawWidth=33"]),
        ("overlay_vector", &["EntryStream=1"]),
        ("overlay_weight_ring", &["Width=300"]),
        ("overlay_weight_ring", &["Width=20", "Count=1", "Depth=4"]),
        ("model_reader", &["DataWidth=32", "LengthWidth=3"]),
        ("overlay_core", &["Loadable=1", "LoadWidth=512"]),
        ("overlay_weights", &["Loadable=1", "Depth=3000"]),
        ("overlay_input", &["HasRaw=1", "Loadable=1", "HasOrder=1"]),
        ("overlay_input", &["HasSpikes=0", "HasRaw=1"]),
        ("overlay_frames", &["ElementWidth=16", "ValueWidth=17", "Count=1"]),
        ("overlay_logits", &["Channels=1", "ValueWidth=60"]),
        ("overlay_logits", &["Channels=12", "Constants=3"]),
        ("model_reader", &["DataWidth=512", "AddrWidth=64"]),
        ("uart_rx", &["ClocksPerBit=4"]),
        ("uart_tx", &["ClocksPerBit=2"]),
        ("block_buffer", &["BlockBytes=1", "BeatBytes=1", "SampleBytes=1"]),
        ("result_buffer", &["FrameWords=1"]),
        ("uart_shell", &["BlockBytes=1", "BeatBytes=1", "SampleBytes=1", "FrameWords=1"]),
        ("uart_shell", &["AddrWidth=16", "ClocksPerBit=4", "IdentityBytes=62", "BlockBytes=1024"]),
    ];
    cases.extend(edges.iter().map(|(module, parameters)| ((*module).to_owned(), parameters.to_vec())));
    // A result without a warning is kept by all that it depends on; calls that differ give another key.
    let mut key = COMPILER.key("lint").folder("rtl", &root.join("rtl")).unwrap();
    key = key.file("waivers", &root.join("sim/lint/waivers.vlt")).unwrap().text("options", OPTIONS.join(" "));
    for (module, parameters) in &cases {
        key = key.text("module", module).text("parameters", parameters.join(" "));
    }
    let key = key.text("UltraRAM", format!("{ULTRA_RAM:?}")).finish();
    if RESULTS.as_ref().and_then(|store| store.get(&key)).is_some() {
        println!("not run again: lint of {} modules", cases.len());
        return;
    }
    let files = library();
    let packages: Vec<_> = files.iter().filter(|file| file.ends_with("_pkg.sv")).collect();
    let folders: BTreeSet<_> = files.iter().filter_map(|file| Path::new(file).parent()).collect();
    // Verilator reads the module, the packages, and what it finds by the name of a module that is used: a process takes
    // half the time that it takes with the whole library.
    let lint = |file: &str, module: &str, parameters: &[&str]| {
        let lint = verilator()
            .args(OPTIONS)
            .args(["--top-module", module])
            .args(parameters.iter().map(|parameter| format!("-G{parameter}")))
            .arg(root.join("sim/lint/waivers.vlt"))
            .args(packages.iter().map(|file| root.join("rtl").join(file)));
        let lint = lint.arg(root.join("rtl").join(file));
        finish(&folders.iter().fold(lint, |lint, folder| lint.arg("-y").arg(root.join("rtl").join(folder))));
    };
    for parameters in ULTRA_RAM {
        lint("xcup/sync_ram.sv", "sync_ram", &parameters);
    }
    for (module, parameters) in cases {
        let file = files.iter().find(|file| Path::new(file).file_stem().is_some_and(|stem| *stem == *module));
        lint(file.unwrap_or_else(|| panic!("no file of {module}")), &module, &parameters);
    }
    if let Some(store) = &*RESULTS {
        store.put(&key, b"no warning").unwrap();
    }
}

/// Files of SystemVerilog in a folder of the repository.
fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "sv"));
    let read = |path: std::path::PathBuf| {
        (path.display().to_string(), std::fs::read_to_string(&path).expect("a file"))
    };
    sources.map(read).collect()
}

/// A misspelt name is an error, not a wire of one bit; and ports say their net type, which some tools then ask for.
#[test]
fn no_file_has_implicit_nets() {
    let folders =
        ["rtl", "rtl/axi", "rtl/overlay", "rtl/xcup", "sim", "sim/benches", "sim/formal", "templates"];
    let files: Vec<_> = folders.into_iter().flat_map(sources).collect();
    assert!(files.len() > 100, "{} files", files.len());
    for (name, text) in files {
        let first = text.lines().find(|line| !line.is_empty() && !line.starts_with("//"));
        assert_eq!(first, Some("`default_nettype none"), "{name}");
        assert_eq!(text.lines().last(), Some("`default_nettype wire"), "{name}");
        for line in text.lines().filter(|line| line.starts_with("  input")) {
            let kind = line.split_whitespace().nth(1);
            assert!(matches!(kind, Some("wire" | "var")), "{name}: {line}");
        }
    }
}

/// Yosys gives `{…, c ? W'(x) : y, …}` the width of `x` where that is more than `W`, so what is in front of it moves.
#[test]
fn no_cast_is_a_choice_of_a_concatenation() {
    for (name, text) in ["rtl", "rtl/axi", "rtl/overlay", "rtl/xcup"].into_iter().flat_map(sources) {
        let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or("").trim()).collect();
        let code = code.join(" ");
        let mut begins = Vec::new();
        for (at, c) in code.char_indices() {
            match c {
                '{' => begins.push(at),
                '}' => {
                    let inner = &code[begins.pop().unwrap_or(at)..at];
                    // A cast of a literal has its own width.
                    let is_cast = |(quote, _): (usize, &str)| {
                        !inner[quote + 2..].starts_with(|c: char| c.is_ascii_digit())
                    };
                    let chosen = inner.contains('?') && inner.match_indices("'(").any(is_cast);
                    assert!(inner.contains(';') || !chosen, "{name}: {inner}");
                }
                _ => {}
            }
        }
    }
}

/// Vivado takes two styles on one memory for a conflict.
#[test]
fn no_memory_has_two_styles() {
    for (name, text) in ["rtl", "rtl/axi", "rtl/overlay", "rtl/xcup"].into_iter().flat_map(sources) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            let styles = code.matches("_style").count();
            assert!(styles <= 1, "{name}:{}: {line}", number + 1);
        }
    }
}
