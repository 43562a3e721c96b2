//! `docs/json.md` lists every field that a command prints with `--json`, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use snn2rtl::cosim::clients::{self, Test};
use snn2rtl::cosim::{self, MemoryUse, Spread, StageWork, Stops};
use snn2rtl::flow::insert::{Inserted, Placed};
use snn2rtl::flow::synth::Synthesised;
use snn2rtl::flow::widths::Widths;
use snn2rtl::flow::{self, demo};
use snn2rtl::hardware::{self, Adders, AddersPart};
use snn2rtl::place::vivado::Found;
use snn2rtl::place::{self, Clock, CriticalPath, Hop, Leg, Location, Placement, Resource, Slack};
use snn2rtl::synth::{self, Figures, Fit, LogicDepth, ModuleUse, Utilisation};
use snn2rtl::target::{Device, Family};

use crate::common::repository;
use crate::session::{Session, example, fixture};

/// Field → commands that print it.
type Fields = BTreeMap<String, BTreeSet<String>>;

/// Adds the names of all fields of a value. Where keys are names from outside (nodes, cells, inequalities), they are none.
fn collect(value: &Value, command: &str, fields: &mut Fields) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| collect(item, command, fields)),
        Value::Object(map) => {
            for (key, inner) in map {
                fields.entry(key.clone()).or_default().insert(command.to_owned());
                match (key.as_str(), inner) {
                    ("proven" | "other", _) | ("machine", Value::Object(_)) => {}
                    ("layers", Value::Object(nodes)) => {
                        nodes.values().for_each(|node| collect(node, command, fields));
                    }
                    _ => collect(inner, command, fields),
                }
            }
        }
        _ => {}
    }
}

/// Reports of the commands that take minutes, made here: the compiler sees to it that they are complete.
fn made() -> Vec<(&'static str, Value)> {
    let spread = Spread { mean: 1.0, max: 2 };
    let figures = Figures { lut: 1, uram: 1, ..Figures::default() };
    let utilisation = Utilisation {
        format_version: synth::FORMAT_VERSION,
        family: Family::Xc7,
        tool: "yosys".into(),
        tool_version: "0".into(),
        top: "snn".into(),
        command: "synth".into(),
        seconds: 1.0,
        bram_unit: "RAMB18".into(),
        logic_depth: Some(LogicDepth {
            levels: 2,
            lut: 1,
            carry_chains: 1,
            most_carry_chains: 1,
            instance: "u".into(),
            module: "m".into(),
        }),
        total: figures.clone(),
        modules: vec![ModuleUse { instance: "u".into(), module: "m".into(), figures: figures.clone() }],
    };
    let device = Device::find("xc7a100t").expect("a device");
    let fit = Fit::of(&utilisation.total, &device);
    let cosim = cosim::Report {
        samples: 1,
        time_steps: spread,
        neurons_checked: 1,
        spikes_checked: 1,
        spikes_fired: 1,
        registers_checked: 1,
        mismatches: 0,
        first_mismatch: None,
        stall: None,
        t_max: None,
        stops: Stops::default(),
        cycles_per_sample: spread,
        latency_cycles: spread,
        first_latency_cycles: Some(1),
        cycles_lower_bound: 1.0,
        busiest_engine: "fc".into(),
        busiest_utilisation: None,
        adders: Some(Adders {
            parts: vec![AddersPart { what: "adding".into(), cycles: 1.0 }],
            ..Adders::default()
        }),
        stages: vec![StageWork { stage: 0, node: "fc".into(), module: "m".into(), cycles: 1.0, spikes: 1.0 }],
        memory_port: Some(MemoryUse { memory_beats: 1, memory_cycles: 2, memory_share: 0.5, lost_cycles: 1 }),
        per_sample: Vec::new(),
        simulated_cycles: 1,
        simulated_cycles_per_second: 1.0,
    };
    let placement = placement(&figures);
    let test =
        Test { name: "frames".into(), module: "test_stream".into(), seconds: 1.0, cycles: 1, failure: None };
    let placed = Placed { after: "add".into(), readers: vec!["fc".into()], levels: (-8, 7), scale: 0.5 };
    let inserted = Inserted {
        bits: 4,
        samples: 1,
        quantisers: vec![placed],
        classes_changed: 0,
        accuracy_before: Some(1.0),
        accuracy: Some(1.0),
    };
    let widths = Widths {
        tolerance: 1.0,
        samples: 1,
        layers: vec![("fc".into(), 4)],
        accuracy_before: 1.0,
        accuracy: 1.0,
        classes_changed: 0,
        tried: 1,
    };
    let converted = serde_json::json!({"inserted": inserted, "widths": widths});
    let cocotb = clients::Report { frames: 1, seed: 1, samples: 1, tests: vec![test] };
    let path = Path::new("demo");
    let golden = golden_report();
    let demo = demo::Report {
        example: "mnist_mlp",
        golden: &golden,
        cosim: &cosim,
        clock_mhz: 100.0,
        samples_per_second: 1.0,
        estimate: demo::Area::of(&hardware::Figures::default(), &device),
        fit: Some(fit.clone()),
        utilisation: Some(&utilisation),
        build: path,
        report: path,
        seconds: 1.0,
    };
    let json = |value: serde_json::Result<Value>| value.expect("JSON");
    let demo = json(serde_json::to_value(&demo));
    let vivado = Found { utilisation: utilisation.clone(), placement: placement.clone() };
    let yosys = flow::synth::Synthesis { utilisation, fit: Some(fit), advice: None };
    let ways = [
        Synthesised::Utilisation(Box::new(yosys)),
        Synthesised::Placement(Box::new(placement)),
        Synthesised::Vivado(Box::new(vivado)),
    ];
    let synthesised = ways.into_iter().map(|way| ("synth", json(serde_json::to_value(way))));
    let others = [
        ("cosim", json(serde_json::to_value(cosim))),
        ("cocotb", json(serde_json::to_value(cocotb))),
        ("convert", converted),
        ("demo", demo),
    ];
    synthesised.chain(others).collect()
}

/// What nextpnr or Vivado found.
fn placement(figures: &Figures) -> Placement {
    let at = Location {
        instance: "u_s0_fc1".into(),
        module: Some("m".into()),
        node: Some("fc1".into()),
        cell: "c".into(),
    };
    let leg =
        Leg { instance: "u".into(), node: Some("fc1".into()), levels: 1, logic_ns: 1.0, routing_ns: 1.0 };
    Placement {
        format_version: place::FORMAT_VERSION,
        family: Family::Ecp5,
        device: "d".into(),
        tool: "nextpnr-ecp5".into(),
        tool_version: "0".into(),
        top: "top".into(),
        core: "core".into(),
        seed: 1,
        target_mhz: 80.0,
        seconds: 1.0,
        clocks: vec![Clock { name: "clk_i".into(), achieved_mhz: 90.0, target_mhz: 80.0 }],
        synthesised: figures.clone(),
        resources: vec![Resource { cell: "LUT4".into(), used: 1, available: 2 }],
        critical_paths: vec![CriticalPath {
            launch: "clk_i".into(),
            capture: "clk_i".into(),
            from: at.clone(),
            to: at.clone(),
            delay_ns: 1.0,
            legs: vec![leg],
            hops: vec![Hop { kind: "logic".into(), delay_ns: 1.0, at }],
        }],
        bitstream: None,
        slack: Some(Slack { setup_ns: 1.0, hold_ns: 1.0, pulse_ns: 1.0, failing: 0, routed: true }),
    }
}

/// A run on one sample.
fn golden_report() -> flow::run::Report {
    let path = repository("examples/mnist_mlp/sample/images.npy").display().to_string();
    let session = Session::new().mlp();
    let options = flow::run::Options {
        model: session.path("mlp.snn"),
        inputs: path.clone(),
        labels: Some(path.replace("images", "labels")),
        samples: Some(1),
        reference: Some(path.replace("images.npy", "reference.npz").into()),
        float: true,
        ..flow::run::Options::default()
    };
    flow::run(&options, &flow::Silent).expect("a run")
}

fn printed() -> Fields {
    let mut fields = Fields::new();
    let s = Session::new();
    let (images, labels) = (example("sample/images.npy"), example("sample/labels.npy"));
    let vit = repository("tests/fixtures/vit_small/vit_small.onnx").display().to_string();
    let vit_samples = repository("tests/fixtures/vit_small/vit_small_reference.npz").display().to_string();
    let input = "--input u8 --mean 0.1307 --std 0.3081";
    let lines = [
        format!("convert {} -o mlp.snn {input}", example("mnist_mlp.onnx")),
        format!("convert {vit} -o vit.snn --input u8 --mean 0.5 --std 0.5"),
        "inspect vit.snn".to_owned(),
        format!(
            "run mlp.snn --inputs {images} --labels {labels} --float --reference {}",
            example("sample/reference.npz")
        ),
        format!("run vit.snn --inputs {vit_samples}:inputs --samples 9"),
        format!("run vit.snn --inputs {vit_samples}:inputs --samples 9 --schedule settled --code radix"),
        format!("build mlp.snn -o mlp.build --calibrate {images} --device xc7a100t"),
        "build mlp.snn -o overlay.build --architecture overlay".to_owned(),
        format!("convert {} -o text.snn", fixture("../strangers/hf_roberta_ts.onnx")),
        "build text.snn -o text.build".to_owned(),
        "inspect overlay.build".to_owned(),
        format!("report overlay.build --inputs {images} --samples 2"),
        "build mlp.snn -o loadable.build --architecture overlay --lanes 16 --loadable".to_owned(),
        "image mlp.snn --machine loadable.build -o own.bin".to_owned(),
        "build mlp.snn -o external.build --architecture overlay --loadable --weights external --memory-ports 2".to_owned(),
        "inspect external.build".to_owned(),
        format!("report external.build --inputs {images} --samples 2"),
        "verify mlp.build".to_owned(),
        format!("explore mlp.snn --calibrate {images} --device xc7a100t"),
        "explore mlp.snn --weights external --bus-width 512".to_owned(),
        "split mlp.snn --parts 2 -o parts".to_owned(),
        format!(
            "report mlp.build --inputs {images} --samples 50 --float --reference {}",
            example("sample/reference.npz")
        ),
        format!("check {} {input}", example("mnist_mlp.onnx")),
        format!("check {} {input}", fixture("float_weights.onnx")),
        format!("check {} {input}", fixture("../transformers/text_masked_fill.onnx")),
        format!(
            "convert {} -o floats.snn {input} --weight-bits 4 --calibrate {}:inputs",
            fixture("float_weights.onnx"),
            fixture("float_weights.npz")
        ),
        format!(
            "compact vit.snn --calibrate {vit_samples}:inputs --labels {vit_samples}:labels --samples 20 -o c.snn"
        ),
        "targets".to_owned(),
        "doctor".to_owned(),
    ];
    for line in &lines {
        let command = line.split(' ').next().unwrap_or_default();
        collect(&s.run(&format!("{line} --json")).json(), command, &mut fields);
    }
    for (command, value) in made() {
        collect(&value, command, &mut fields);
    }
    fields
}

/// Field → commands and meaning, as documented.
fn documented(text: &str) -> BTreeMap<String, (BTreeSet<String>, String)> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let commands = cells[1].split(',').map(|word| word.trim().to_owned()).collect();
        (cells[0].trim_matches('`').to_owned(), (commands, cells[2].to_owned()))
    })
    .collect()
}

#[test]
fn every_field_is_documented_and_every_documented_field_is_printed() {
    let path = repository("docs/json.md");
    let text = fs::read_to_string(&path).expect("docs/json.md");
    let (printed, documented) = (printed(), documented(&text));
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        let head: Vec<&str> = text.lines().take_while(|line| !line.starts_with("| `")).collect();
        let mut text = head.join("\n") + "\n";
        for (field, commands) in &printed {
            let meaning = documented.get(field).map_or("?", |(_, meaning)| meaning);
            let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
            text += &format!("| `{field}` | {} | {meaning} |\n", commands.join(", "));
        }
        fs::write(&path, text).expect("written");
        return;
    }
    for (field, commands) in &printed {
        let (listed, meaning) = documented.get(field).unwrap_or_else(|| panic!("{field} is not documented"));
        assert_eq!(listed, commands, "{field}");
        assert!(meaning.len() > 3, "{field} has no meaning");
    }
    for field in documented.keys() {
        assert!(printed.contains_key(field), "{field} is documented, but no command prints it");
    }
}
