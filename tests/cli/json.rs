//! `docs/json.md` lists every field that a command prints with `--json`, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use snn2rtl::cosim::{self, Spread, StageWork, Stops};
use snn2rtl::synth::{self, Figures, Fit, ModuleUse, Utilisation};
use snn2rtl::target::{Device, Family};

use crate::common::repository;
use crate::session::{Session, example};

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
                    ("proven" | "other", _) => {}
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
fn made(command: &str) -> Value {
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
        total: figures.clone(),
        modules: vec![ModuleUse { instance: "u".into(), module: "m".into(), figures }],
    };
    let device = Device::find("xc7a100t").expect("a device");
    let fit = Fit::of(&utilisation.total, &device);
    match command {
        "synth" => serde_json::to_value(snn2rtl::flow::synth::Synthesis {
            utilisation,
            fit: Some(fit),
            advice: None,
        }),
        _ => serde_json::to_value(cosim::Report {
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
            stages: vec![StageWork {
                stage: 0,
                node: "fc".into(),
                module: "m".into(),
                cycles: 1.0,
                spikes: 1.0,
            }],
            per_sample: Vec::new(),
            simulated_cycles: 1,
            simulated_cycles_per_second: 1.0,
        }),
    }
    .expect("JSON")
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
        "verify mlp.build".to_owned(),
        format!("explore mlp.snn --calibrate {images} --device xc7a100t"),
        format!("report mlp.build --inputs {images} --samples 50"),
        "targets".to_owned(),
        "doctor".to_owned(),
    ];
    for line in &lines {
        let command = line.split(' ').next().unwrap_or_default();
        collect(&s.run(&format!("{line} --json")).json(), command, &mut fields);
    }
    for command in ["cosim", "synth"] {
        collect(&made(command), command, &mut fields);
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
