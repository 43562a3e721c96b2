//! Boards and devices on the command line.

use std::fs;
use std::process::Command;

use crate::common::repository;
use crate::session::{Done, INPUT, Session, example, fixture};
use snn2rtl::target::Device;

/// A session with a small converted model, `m.snn`.
fn small() -> Session {
    let s = Session::new();
    s.run(&format!("convert {} -o m.snn {INPUT}", fixture("qdq_ties.onnx"))).ok();
    s
}

#[test]
fn every_target_is_listed() {
    let s = Session::new();
    let text = s.run("targets").ok().stdout();
    let json = s.run("targets --json").ok().json();
    let boards = json["boards"].as_array().expect("boards");
    let entries = fs::read_dir(repository("constraints")).expect("a folder");
    let mut files: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .filter(|name| name != "devices")
        .collect();
    files.sort();
    let mut names: Vec<&str> = boards.iter().map(|b| b["name"].as_str().expect("a name")).collect();
    names.sort_unstable();
    assert_eq!(names, files, "every description is carried by the program");
    assert!(names.iter().all(|name| text.contains(name)), "{text}");
    let of = |name: &str| boards.iter().find(|b| b["name"] == name).expect("a board");
    assert_eq!(
        (of("ulx3s-85f")["open_flow"].as_str(), of("u250")["open_flow"].as_str()),
        (Some("bitstream"), Some("resources"))
    );
    assert_eq!(of("icebreaker")["clock_hz"], 12_000_000);
    let devices = json["devices"].as_array().expect("devices");
    let zcu104 = devices.iter().find(|d| d["part"] == of("zcu104")["device"]).expect("its device");
    assert_eq!((&zcu104["family"], &zcu104["luts"]), (&"xcup".into(), &230_400.into()));
}

#[test]
fn a_build_for_a_board_has_its_constraints() {
    let s = small();
    let json = s.run("build m.snn -o b --target ULX3S-85F --json").ok().json();
    assert_eq!(json["target"]["board"], "ulx3s-85f");
    assert_eq!(
        (&json["target"]["device"], &json["target"]["family"]),
        (&"lfe5u-85f-6bg381c".into(), &"ecp5".into())
    );
    let same = |name: &str| {
        let there = fs::read(s.path(&format!("b/constraints/{name}"))).expect("written");
        assert_eq!(there, fs::read(repository("constraints").join(name)).expect("in the repository"));
    };
    same("ulx3s-85f.lpf");
    same("ulx3s-85f.toml");
    let clock = fs::read_to_string(s.path("b/constraints/clock.sdc")).expect("a clock");
    assert!(clock.contains("-period 40.000 [get_ports clk_i]"), "{clock}");
    assert!(!s.path("b/constraints/core.xdc").exists(), "two clocks");
    let listed = json["files"]
        .as_array()
        .expect("files")
        .iter()
        .filter(|f| f["path"].as_str().is_some_and(|path| path.starts_with("constraints/")));
    assert_eq!(listed.count(), 3);

    let json = s.run("build m.snn -o b --device xc7a100t --json").ok().json();
    assert_eq!(json["target"], serde_json::json!({"device": "xc7a100tcsg324-1", "family": "xc7"}));
    assert!(s.path("b/constraints/core.xdc").exists());
    let json = s.run("build m.snn -o b --json").ok().json();
    assert!(json["target"].is_null());
}

#[test]
fn a_new_board_is_two_files() {
    let s = small();
    let text = "name = \"mine\"\ntitle = \"My board\"\ndevice = \"lfe5u-25f\"\npins = \"my.lpf\"\nsource = \"me\"\n\
        [clock]\nhz = 50000000\n[serial]\nbaud = 115200\n[reset]\nbutton = \"K1\"\n";
    let pins: String =
        [("clk_i", "G2"), ("rst_ni", "D6"), ("uart_rx_i", "M1"), ("uart_tx_o", "L4"), ("led_o", "B2")]
            .map(|(port, pin)| format!("LOCATE COMP \"{port}\" SITE \"{pin}\";\n"))
            .concat();
    fs::create_dir(s.path("boards")).expect("a folder");
    s.write("boards/mine.toml", text);
    s.refused("build m.snn -o b --target boards/mine.toml", &["my.lpf"]);
    s.write("boards/my.lpf", &pins);
    let json = s.run("build m.snn -o b --target boards/mine.toml --json").ok().json();
    assert_eq!(
        (&json["target"]["board"], &json["target"]["device"]),
        (&"mine".into(), &"lfe5u-25f-6bg381c".into())
    );
    let clock = fs::read_to_string(s.path("b/constraints/clock.sdc")).expect("a clock");
    assert!(clock.contains("-period 20.000"), "{clock}");

    for (from, to, words) in [
        ("title", "titel", vec!["line 2", "titel"]),
        ("hz = 50000000", "", vec!["clock", "missing field `hz`"]),
        ("hz = 50000000", "hz = \"fast\"", vec!["clock.hz", "invalid type"]),
        ("hz = 50000000", "hz = 0", vec!["clock.hz", "1000…1000000000"]),
        ("hz = 50000000", "hz = 50000000\nedge = 1", vec!["edge"]),
        ("baud = 115200", "baud = 50000000", vec!["serial.baud"]),
        ("lfe5u-25f", "lfe5u-25", vec!["key `device`", "did you mean `lfe5u-25f`", "xc7a35t"]),
        ("\"mine\"", "\"mine; exec rm\"", vec!["key `name`", "not a plain name"]),
        ("\"mine\"", "\"../mine\"", vec!["key `name`"]),
        ("my.lpf", "../my.lpf", vec!["key `pins`", "not a plain name"]),
        ("my.lpf", "my.lpf]", vec!["key `pins`"]),
        ("my.lpf", "my.xdc", vec!["my.xdc"]),
        ("my.lpf", "clock.lpf", vec!["key `pins`", "another file"]),
        ("\"My board\"", "\"\\u001b[31m\"", vec!["key `title`"]),
        ("[clock]", "[clock", vec!["line 6"]),
        ("[serial]\nbaud = 115200\n", "", vec!["reset"]),
        ("[reset]", "[processor]\npreset = \"a:b:c\"\n[reset]", vec!["key `processor`", "family xcup"]),
        ("[reset]", "[processor]\npreset = \"a:b\"\n[reset]", vec!["key `processor.preset`", "three names"]),
        (
            "[reset]",
            "[processor]\npreset = \"a:$b;:c\"\n[reset]",
            vec!["key `processor.preset`", "not a plain"],
        ),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        s.write("boards/bad.toml", changed);
        s.write("boards/my.xdc", &pins);
        s.write("boards/clock.lpf", &pins);
        let words: Vec<&str> = words.into_iter().chain(["boards/"]).collect();
        s.refused("build m.snn -o c --target boards/bad.toml", &words);
    }
    for (from, to, word) in [
        ("\"B2\"", "\"L4\"", "pin `L4` is taken"),
        ("led_o", "lamp_o", "port `lamp_o`"),
        ("LOCATE COMP \"clk_i\"", "# LOCATE COMP \"clk_i\"", "port `clk_i` is not placed"),
    ] {
        s.write("boards/my.lpf", pins.replacen(from, to, 1));
        s.refused("build m.snn -o c --target boards/mine.toml", &["my.lpf", word]);
    }
    s.write("boards/mine.toml", [0xff, 0xfe]);
    s.refused("build m.snn -o c --target boards/mine.toml", &["mine.toml", "UTF-8"]);
    s.write("boards/mine.toml", "[".repeat(100_000));
    s.refused("build m.snn -o c --target boards/mine.toml", &["mine.toml"]);
    s.write("boards/mine.toml", "#".repeat(2 << 20));
    s.refused("build m.snn -o c --target boards/mine.toml", &["mine.toml", "2097152 bytes"]);
    s.refused("build m.snn -o c --target boards", &["the board `boards`"]);
    s.refused("build m.snn -o c --target boards/none.toml", &["none.toml"]);
}

#[test]
fn names_that_are_not_known_are_refused() {
    let s = small();
    s.refused("build m.snn -o b --target ulx3s", &["did you mean `ulx3s-85f`", "icebreaker", "FILE.toml"]);
    s.refused("build m.snn -o b --device xc7a100", &["did you mean `xc7a100t`", "xczu7ev"]);
    s.refused("build m.snn -o b --device ;", &["known are"]);
    let done = s.run("build m.snn -o b --target u250 --device xcu250");
    assert_eq!(done.output.status.code(), Some(2));
    assert!(done.stderr().contains("cannot be used with"), "{}", done.all());
}

/// A Yosys that finds one module, whose cells are these.
fn synth(s: &Session, line: &str, cells: &str) -> Done {
    let stat = format!(r#"{{"modules": {{"$top": {{"num_cells_by_type": {{{cells}}}}}}}}}"#);
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = -V ]; then echo 'Yosys 0.70'; exit; fi\nwork=${{2%/*}}\n\
         top=$(sed -n 's/.*-top \\([a-z_0-9]*\\).*/\\1/p' \"$2\" | head -1)\n\
         if [ \"$2\" = \"$work/elaborate.ys\" ]; then\n\
         printf 'module \\\\%s\\nend\\n' \"$top\" | tee \"$work/design.il\" > \"$work/top.il\"\n\
         else\ncat > \"$work/top.json\" <<END\n{stat}\nEND\n\
         echo '{{\"modules\": {{}}}}' > \"$work/top.cells.json\"\nfi\n"
    );
    s.write("yosys", script);
    let mut command = Command::new("chmod");
    command.arg("+x").arg(s.path("yosys"));
    assert!(command.status().expect("started").success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_snn2rtl"));
    command.args(line.split_whitespace()).env("SNN2RTL_YOSYS", s.path("yosys"));
    s.run_command(command, line)
}

#[test]
fn what_does_not_fit_is_a_failed_check() {
    let s = small();
    s.run("build m.snn -o b --target tang-nano-20k").ok();
    let fits = r#""LUT4": 10368, "DFFRE": 10, "pROM": 46"#;
    let done = synth(&s, "synth b", fits).ok();
    for word in ["gw2ar-18", "10,368", "20,736", "50.0 %", "100.0 %", "BSRAM"] {
        assert!(done.stdout().contains(word), "{word}\n{}", done.all());
    }
    let json = synth(&s, "synth b --json", fits).ok().json();
    assert_eq!((&json["family"], &json["fit"]["fits"]), (&"gowin".into(), &true.into()));

    let done = synth(&s, "synth b", r#""LUT4": 20740, "pROM": 47"#);
    assert_eq!(done.output.status.code(), Some(1), "{}", done.all());
    for word in
        ["does not fit gw2ar-18", "LUT 20,740 of 20,736 (0.1 % too many)", "BSRAM 47 of 46 (2.2 % too many)"]
    {
        assert!(done.stderr().contains(word), "{word}\n{}", done.all());
    }
    assert!(done.stdout().contains("100.0 %") && done.stdout().contains("102.2 %"), "{}", done.all());
    // Another family says nothing about the board, and no target has no limit.
    let json = synth(&s, "synth b --family xc7 --json", r#""LUT6": 99999999"#).ok().json();
    assert_eq!((&json["family"], json["fit"].is_null()), (&"xc7".into(), true));
    s.refused("build m.snn -o b", &["utilisation_gowin.json", "--force"]);
    s.run("build m.snn -o b --force").ok();
    let json = synth(&s, "synth b --json", r#""LUT6": 99999999"#).ok().json();
    assert_eq!((&json["family"], json["fit"].is_null()), (&"xc7".into(), true));
}

#[test]
fn a_damaged_target_in_a_build_folder_is_refused() {
    let s = small();
    s.run("build m.snn -o b --target icebreaker").ok();
    let manifest = fs::read_to_string(s.path("b/manifest.json")).expect("a manifest");
    for (from, to, words) in [
        ("\"ice40up5k-sg48\"", "\"x; exec\"", ["manifest.json", "the device"]),
        ("\"icebreaker\"", "\"../../x\"", ["manifest.json", "not a plain name"]),
        ("\"ice40up5k-sg48\"", "\"ice40hx8k\"", ["icebreaker.toml", "not ice40up5k"]),
        ("\"ice40\"", "\"ice50\"", ["manifest.json", "ice50"]),
    ] {
        let changed = manifest.replacen(from, to, 1);
        assert_ne!(changed, manifest);
        s.write("b/manifest.json", changed);
        s.refused("synth b", &words);
    }
}

/// Without a number of lanes a build is balanced, and fits the device where any design does; lanes that are asked for stay.
#[test]
fn designs_are_balanced_by_default() {
    let s = Session::new();
    let model = repository("examples/mnist_vit/mnist_vit.onnx");
    s.run(&format!("convert {} -o v.snn --input u8 --mean 0.5 --std 0.5", model.display())).ok();
    let build = |arguments: &str| {
        let done = s.run(&format!("build v.snn -o b --architecture streaming --json {arguments}")).ok();
        (done.json()["folding"]["lanes"].clone(), done.stderr().contains("does not fit"))
    };
    // 16 lanes everywhere are too many, what is balanced is not.
    assert_eq!(build("--device xc7a100t --lanes 16"), (16.into(), true));
    assert!(!build("--device xc7a100t").1);
    // Where none fits, what would is said.
    assert!(build("--device xc7a35t").1);
    // Without a device it is the design with the smallest product of area and cycles, where a multiplier or a block of
    // memory counts as 250 LUTs, of those that leave a quarter of everything free on a small device.
    let built = |name: &str| {
        s.run(&format!("build {name}.snn -o free --architecture streaming --force")).ok();
        let text = fs::read_to_string(s.path("free/reports/explore_xc7.json")).expect("kept");
        let found: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(found["spikes"], serde_json::json!({"synthetic": {"samples": 2}}));
        let device = Device::find(found["sized_for"].as_str().expect("a device")).expect("known");
        let designs = found["designs"].as_array().expect("a list");
        let of =
            |d: &serde_json::Value, name: &str| d[name].as_u64().unwrap_or_else(|| panic!("{name} in {d}"));
        let has_room = |d: &serde_json::Value| {
            let there = [
                ("lut", device.luts),
                ("ff", device.ffs),
                ("dsp", device.dsps.count),
                ("bram", device.brams[0].count),
            ];
            there.into_iter().all(|(name, there)| 4 * of(d, name) <= 3 * there)
        };
        let cycles = |d: &serde_json::Value| d["cycles_per_sample"].as_f64().expect("a number");
        let product =
            |d: &serde_json::Value| (of(d, "lut") + 250 * (of(d, "dsp") + of(d, "bram"))) as f64 * cycles(d);
        let chosen = designs.iter().find(|design| design["chosen"] == true).expect("one");
        assert!(has_room(chosen), "{chosen}");
        assert!(designs.iter().all(|d| product(d) >= product(chosen) || !has_room(d)), "{found}");
        (device.die, ["lut", "dsp", "bram"].map(|name| of(chosen, name)), cycles(chosen))
    };
    // 16 lanes everywhere take 93,615 LUT and 78,001 cycles.
    let (die, [lut, ..], cycles) = built("v");
    assert!(die == "xc7z020" && lut < 40_000 && cycles < 93_000.0, "{lut} {cycles} {die}");
    // The samples have background as digits have, and multipliers are few: the smallest known board of the family holds the
    // perceptron. The design with the smallest product of all takes 512 of them.
    let model = repository("examples/mnist_mlp/mnist_mlp.onnx");
    s.run(&format!("convert {} -o p.snn --input u8 --mean 0.1307 --std 0.3081", model.display())).ok();
    let (die, [lut, dsp, blocks], cycles) = built("p");
    assert!(die == "xc7a35t" && lut < 10_000 && dsp < 64 && blocks < 64, "{lut} {dsp} {blocks} {die}");
    assert!(cycles < 2_000.0, "{cycles}");
}

#[test]
fn what_examples_need_is_told_for_every_board() {
    let s = Session::new();
    let json = s.run("targets --examples --json").ok().json();
    let (boards, examples) = (json["boards"].as_array(), json["examples"].as_array());
    let (boards, examples) = (boards.expect("boards"), examples.expect("examples"));
    assert_eq!(examples.len(), 3 * boards.len());
    let mut held = 0;
    for entry in examples {
        let fits = !entry["smallest"].is_null();
        assert_eq!(fits, entry["short"].as_array().is_some_and(Vec::is_empty), "{entry}");
        assert_eq!(fits, !entry["fastest"].is_null(), "{entry}");
        held += usize::from(fits);
        if fits {
            let of = |which: &str, what: &str| entry[which][what].as_f64().expect("a number");
            assert!(of("fastest", "cycles_per_sample") <= of("smallest", "cycles_per_sample"), "{entry}");
        }
    }
    assert!(held > 0 && held < examples.len(), "{held} fit");

    // A board that is short of block memory alone has weights in look-up tables.
    let of = |board: &str, example: &str| {
        examples.iter().find(|e| e["board"] == board && e["example"] == example).expect("an entry")
    };
    assert_eq!(of("tang-nano-20k", "mnist_mlp")["short"], serde_json::json!([]));

    // The area of the smallest design equals the estimate of a build of it.
    let (s, images) = (s.mlp(), example("sample/images.npy"));
    let line = format!("build mlp.snn -o b --target arty-a7-100t --calibrate {images} --fps 1");
    let text = s.run(&line).ok().stdout();
    let total = text.lines().find(|line| line.contains("in total")).expect("a total").replace(',', "");
    let entry = &of("arty-a7-100t", "mnist_mlp")["smallest"];
    for what in ["lut", "ff", "bram", "dsp"] {
        let number = entry[what].to_string();
        assert!(total.split(['│', '┆']).any(|cell| cell.trim() == number), "{what} {number}: {total}");
    }
    let text = s.run("targets --examples").ok().stdout();
    for words in ["does not fit: ", "fastest", "review_encoder", "% too"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn ultra_ram_is_for_devices_that_have_it() {
    let s = small();
    s.run("build m.snn -o plain").ok();
    let folding = fs::read_to_string(s.path("plain/folding.json")).expect("a folding");
    let changed = folding.replacen("\"lanes\"", "\"ultra_ram\": true, \"lanes\"", 1);
    assert_ne!(changed, folding);
    s.write("folding.json", changed);
    s.refused(
        "build m.snn -o none --folding folding.json --target ulx3s-85f",
        &["`ultra_ram` is for UltraScale+", "ecp5 has no UltraRAM"],
    );
    s.run("build m.snn -o b --folding folding.json --target zcu104").ok();
    assert!(fs::read_to_string(s.path("b/rtl/sync_ram.sv")).expect("RTL").contains("\"ultra\""));
    s.refused("synth b --family xc7", &["UltraRAM, which xc7 does not have"]);
}
