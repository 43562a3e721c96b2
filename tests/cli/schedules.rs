//! `run --schedule` and `--code`, and the table of `docs/schedules.md`.

use std::fmt::Write;
use std::fs;

use serde_json::Value;
use snn2rtl::data;

use crate::common::repository;
use crate::session::{INPUT, Session, example, fixture};

/// The example `mnist_vit`, converted: `vit.snn`; and its samples with labels, as options.
fn vision_transformer() -> (Session, String) {
    let session = Session::new();
    let file = |name: &str| repository(&format!("examples/mnist_vit/{name}")).display().to_string();
    let line = format!("convert {} -o vit.snn --input u8 --mean 0.5 --std 0.5", file("mnist_vit.onnx"));
    session.run(&line).ok();
    let samples = format!("--inputs {} --labels {}", file("sample/images.npy"), file("sample/labels.npy"));
    (session, samples)
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("{name} of {value}"))
}

/// The rows of all layers and their sum, of the three ways to run.
fn table([synchronous, unary, radix]: &[Value; 3]) -> String {
    let layers = |report: &Value| report["layers"].as_array().expect("a list").clone();
    let mut rows = String::new();
    let row = |rows: &mut String, name: &str, neurons: f64, cells: [f64; 9]| {
        let [levels, s, s_adds, u, u_adds, u_steps, r, r_adds, r_steps] = cells;
        let (before, after) = (s / levels, u / levels);
        writeln!(
            rows,
            "| `{name}` | {neurons} | {levels:.0} | {s:.0} | **{before:.2}** | {s_adds:.0} | {u:.0} | \
             **{after:.2}** | {u_adds:.0} | {u_steps:.1} | {r:.0} | {r_adds:.0} | {r_steps:.1} |"
        )
        .expect("a row");
    };
    let (mut total, mut neurons) = ([0.0; 9], 0.0);
    for ((s, u), r) in layers(synchronous).iter().zip(layers(unary)).zip(layers(radix)) {
        let levels = number(s, "spikes") / number(s, "spikes_per_level");
        let own = |layer: &Value| [number(layer, "spikes"), number(layer, "sops_per_sample")];
        let ([s0, s1], [u0, u1], [r0, r1]) = (own(s), own(&u), own(&r));
        let cells = [
            levels,
            s0,
            s1,
            u0,
            u1,
            number(&u["local_steps"], "mean"),
            r0,
            r1,
            number(&r["local_steps"], "mean"),
        ];
        row(&mut rows, s["name"].as_str().expect("a name"), number(s, "neurons"), cells);
        total.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += cell);
        neurons += number(s, "neurons");
    }
    let all = rows.replace('`', "");
    row(&mut rows, "all", neurons, total);
    assert!(!all.contains("NaN"), "{all}");
    rows.replace("| `all`", "| all")
}

/// What is between the lines of the docs page that name the table.
const BEGIN: &str = "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";

#[test]
fn spikes_of_both_schedules_are_those_of_the_docs_page() {
    let (session, samples) = vision_transformer();
    let ways = ["synchronous --code unary", "settled --code unary", "settled --code radix"];
    let reports = ways.map(|way| {
        session.run(&format!("run vit.snn {samples} --samples 100 --schedule {way} --json")).ok().json()
    });
    let path = repository("docs/schedules.md");
    let text = fs::read_to_string(&path).expect("the page");
    let (head, rest) = text.split_once(BEGIN).expect("the table");
    let (rows, tail) = rest.split_once("\n\n").expect("the end of the table");
    let made = table(&reports);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, format!("{head}{BEGIN}{}\n\n{tail}", made.trim_end())).expect("written");
    } else {
        assert_eq!(rows.trim_end(), made.trim_end(), "UPDATE_GOLDENS=1 rewrites docs/schedules.md");
    }

    let [synchronous, unary, radix] = &reports;
    for report in &reports {
        assert_eq!(report["one_shot_mismatches"], 0);
        assert_eq!(report["accuracy"], synchronous["accuracy"]);
        assert_eq!(report["neurons_checked"], synchronous["neurons_checked"]);
        let parts = report["layers"].as_array().expect("a list").iter();
        let sum: f64 = parts.map(|layer| number(layer, "sops_per_sample")).sum();
        assert!((sum / number(report, "sops_per_sample") - 1.0).abs() < 1e-9);
    }
    assert!(synchronous["accuracy_per_step"].is_array() && unary["accuracy_per_step"].is_null());
    for layer in unary["layers"].as_array().expect("a list") {
        assert_eq!(layer["spikes_per_level"], 1.0, "{layer}");
    }
    for layer in radix["layers"].as_array().expect("a list") {
        assert!(number(layer, "spikes_per_level") < 1.0 && number(&layer["local_steps"], "max") <= 4.0);
    }

    // Each run has the accounts of what follows from its levels, its own first.
    let accounts = |report: &Value| report["energy"]["schedules"].as_array().expect("a list").clone();
    let names = |report: &Value| -> Vec<String> {
        accounts(report).iter().map(|a| format!("{} {}", a["schedule"], a["code"]).replace('"', "")).collect()
    };
    assert_eq!(names(synchronous), ["synchronous unary", "settled unary", "settled radix"]);
    assert_eq!(names(unary), ["settled unary", "settled radix"]);
    assert_eq!(names(radix), ["settled radix", "settled unary"]);
    assert_eq!(accounts(synchronous)[1..], accounts(unary)[..]);
    for report in &reports {
        let own = &accounts(report)[0];
        for name in ["sops_per_sample", "input_macs_per_sample"] {
            assert_eq!(own[name], report[name]);
        }
        for name in ["snn_nj_per_sample", "ratio"] {
            assert_eq!(own[name], report["energy"][name]);
        }
        let nj = number(own, "sops_per_sample") * 0.9e-3 + number(own, "input_macs_per_sample") * 4.6e-3;
        assert!((number(own, "snn_nj_per_sample") / nj - 1.0).abs() < 1e-9);
    }

    // As tables.
    let line = format!("run vit.snn {samples} --samples 5 --schedule settled --code radix");
    let text = session.run(&line).ok().stdout();
    for words in ["settled, radix spikes", "local steps", "settled, unary", "quantised"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("time-step │"), "no accuracy by time-step\n{text}");
    // A sample that was stopped has no levels at quiescence.
    let stopped = session.run(&format!("run vit.snn {samples} --samples 5 --t-max 3 --json")).ok().json();
    assert_eq!(names(&stopped), ["synchronous unary"]);
}

#[test]
fn a_settled_run_dumps_the_levels_at_quiescence() {
    let session = Session::new().mlp();
    let (images, reference) = (example("sample/images.npy"), example("sample/reference.npz"));
    let run = |options: &str| {
        let line =
            format!("run mlp.snn --inputs {images} --samples 50 --float --reference {reference} --json");
        let report = session.run(&format!("{line} {options}")).ok().json();
        for zero in ["one_shot_mismatches", "float_mismatched_neurons", "reference_mismatched_neurons"] {
            assert_eq!(report[zero], 0, "{zero}");
        }
    };
    run("--dump synchronous.npz");
    let dump = |file: &str, name: &str| {
        let path = session.path(file).display().to_string();
        data::read_integers(&format!("{path}:{name}")).map(|(shape, values)| (shape.0, values))
    };
    let floats =
        |file: &str| data::read_floats(&format!("{}:logits", session.path(file).display())).expect("logits");
    let levels = dump("synchronous.npz", "level/act1").expect("levels");
    for (code, steps) in [("unary", 15), ("radix", 4)] {
        run(&format!("--schedule settled --code {code} --dump {code}.npz"));
        let file = format!("{code}.npz");
        assert_eq!(dump(&file, "level/act1").expect("levels"), levels);
        assert_eq!(floats(&file), floats("synchronous.npz"));
        assert!(dump(&file, "logits_per_step").is_err());
        let (shape, spikes) = dump(&file, "spike/act1").expect("spikes");
        assert_eq!(shape[1..], [50, 128]);
        assert!(shape[0] <= steps);
        // Spikes times what they are worth.
        let mut sums = vec![0; 50 * 128];
        for (j, spikes) in spikes.chunks(50 * 128).enumerate() {
            let worth = if code == "unary" { 1 } else { 8 >> j };
            sums.iter_mut().zip(spikes).for_each(|(sum, spike)| *sum += worth * spike);
        }
        assert_eq!(sums, levels.1);
    }
}

#[test]
fn rate_encoded_input_settles_at_its_final_value() {
    let session = Session::new();
    let inputs = fixture("qdq_signed_activations.npz");
    let mut seen = Vec::new();
    for encoding in ["analog", "rate:5"] {
        let model = fixture("qdq_signed_activations.onnx");
        session.run(&format!("convert {model} -o m.snn {INPUT} --encoding {encoding}")).ok();
        let line = format!("run m.snn --inputs {inputs}:inputs --reference {inputs} --json");
        let mut settled = session.run(&format!("{line} --schedule settled --code radix")).ok().json();
        for zero in ["one_shot_mismatches", "reference_mismatched_neurons"] {
            assert_eq!(settled[zero], 0, "{encoding}");
        }
        // The account of the settled schedule that a synchronous run gives is the same.
        let synchronous = session.run(&line).ok().json();
        assert_eq!(synchronous["energy"]["schedules"][2], settled["energy"]["schedules"][0], "{encoding}");
        for time in ["samples_per_second", "sops_per_second"] {
            settled[time] = Value::Null;
        }
        seen.push(settled);
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn options_without_meaning_are_refused() {
    let session = Session::new().mlp();
    let line = format!("run mlp.snn --inputs {}", example("sample/images.npy"));
    let refused = |options: &str, words: &[&str]| session.refused(&format!("{line} {options}"), words);
    refused("--code radix", &["--code radix", "synchronous", "--schedule settled"]);
    refused("--schedule settled --t-max 5", &["--t-max", "settled", "--schedule synchronous"]);
    refused("--schedule settled --margin 2", &["--margin", "settled", "--schedule synchronous"]);
    refused("--schedule later", &["later", "synchronous, settled"]);
    refused("--schedule settled --code binary", &["binary", "unary, radix"]);
}
