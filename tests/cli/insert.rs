//! Quantisers that are inserted, and widths of weights that are searched: `--insert-quantisers`, `--tolerance`, `--calibrate`.

use snn2rtl::data::read_floats;

use crate::session::{INPUT, Session, fixture};

/// A float network whose layers read LayerNorms without a quantiser.
fn unquantised() -> String {
    format!("{} --input u8 --mean 0.5 --std 0.5", fixture("../strangers/mlp_layernorm_unquantised_ts.onnx"))
}

fn samples() -> String {
    format!("{}:inputs", fixture("../strangers/mlp_neg_ts.npz"))
}

/// The bytes of an array of numbers below 256, as NumPy writes them.
fn npy(elements: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({},), }}", elements.len());
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(elements);
    bytes
}

#[test]
fn quantisers_where_there_are_none() {
    let s = Session::new();
    let (model, samples) = (unquantised(), samples());
    s.refused(
        &format!("convert {model} -o q.snn"),
        &["no quantiser between the LayerNorm", "--insert-quantisers 8"],
    );
    let insert = format!("--insert-quantisers 6 --calibrate {samples}");
    let checked = s.run(&format!("check {model} {insert}")).ok().stdout();
    assert!(checked.contains("This model can be converted"), "{checked}");
    let text = s.run(&format!("convert {model} -o q.snn {insert}")).ok().stdout();
    for words in ["quantiser inserted after", "layers.1.1", "layers.3.1", "classes changed"] {
        assert!(text.contains(words), "{text}");
    }
    let json = s.run(&format!("convert {model} -o j.snn {insert} --json")).ok().json();
    let inserted = &json["inserted"];
    assert_eq!((&inserted["bits"], &inserted["samples"]), (&6.into(), &4.into()), "{inserted}");
    let quantisers = inserted["quantisers"].as_array().expect("quantisers");
    let readers: Vec<&str> = quantisers.iter().filter_map(|q| q["readers"][0].as_str()).collect();
    assert_eq!(readers, ["layers.2", "layers.4"]);
    for quantiser in quantisers {
        let [low, high] = [0, 1].map(|n| quantiser["levels"][n].as_i64().expect("a level"));
        assert!(low <= 0 && high - low == 63, "{quantiser}");
    }
    // What is behind the import is exact.
    let run = s.run(&format!("run q.snn --inputs {samples} --json")).ok().json();
    assert_eq!(run["one_shot_mismatches"], 0);
    assert_eq!(run["neurons_checked"], 256);
}

#[test]
fn what_is_refused_of_calibration() {
    let s = Session::new();
    let (model, samples) = (unquantised(), samples());
    for bits in ["0", "17"] {
        let line = format!("convert {model} -o q.snn --insert-quantisers {bits} --calibrate {samples}");
        s.refused(&line, &["supported are 1 to 16"]);
    }
    s.refused(&format!("convert {model} -o q.snn --insert-quantisers 4"), &["--calibrate"]);
    s.refused(&format!("convert {model} -o q.snn --calibrate {samples}"), &["something that it is for"]);
    s.refused(
        &format!("check {model} --calibrate {samples}"),
        &["--calibrate without --insert-quantisers", "convert"],
    );
    s.write("labels.npy", npy(&[1, 2, 3]));
    let labels = "--labels labels.npy";
    s.refused(
        &format!("convert {model} -o q.snn --insert-quantisers 4 --calibrate {samples} {labels}"),
        &["labels of shape [3]"],
    );
    s.refused(&format!("convert {model} -o q.snn --tolerance 5"), &["--calibrate"]);
    s.refused(&format!("convert {model} -o q.snn --tolerance NaN --calibrate {samples} {labels}"), &["NaN"]);
}

#[test]
fn the_smallest_widths_within_a_tolerance() {
    let s = Session::new();
    let array = |name: &str| format!("{}:{name}", fixture("float_weights.npz"));
    let (shape, logits) = read_floats(&array("logits")).expect("logits");
    let class = |row: &[f64]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0) as u8;
    let labels: Vec<u8> = logits.chunks(shape.0[1]).map(class).collect();
    s.write("labels.npy", npy(&labels));
    let line = format!(
        "convert {} -o t.snn {INPUT} --calibrate {} --labels labels.npy --tolerance",
        fixture("float_weights.onnx"),
        array("inputs")
    );
    let json = s.run(&format!("{line} 5 --json")).ok().json();
    let widths = &json["widths"];
    assert_eq!(widths["samples"], 32, "{json}");
    let layers: Vec<u64> =
        widths["layers"].as_array().expect("layers").iter().filter_map(|l| l[1].as_u64()).collect();
    assert!(layers.len() == 3 && layers.iter().all(|bits| (2..=16).contains(bits)), "{widths}");
    assert!(widths["accuracy"].as_f64() >= Some(0.95 - 1e-9), "{widths}");
    // Not to 24 bits, as without the option.
    assert_eq!(json["notes"].as_array().map(Vec::len), Some(0), "{json}");
    let run =
        s.run(&format!("run t.snn --inputs {} --labels labels.npy --json", array("inputs"))).ok().json();
    assert_eq!(run["one_shot_mismatches"], 0);
    assert_eq!(run["accuracy"], widths["accuracy"]);
    // No class may change: more bits.
    let exact = s.run(&format!("{line} 0 --json").replace("t.snn", "e.snn")).ok().json();
    assert_eq!(exact["widths"]["accuracy"], 1.0);
    let own = |v: &serde_json::Value| {
        v["widths"]["layers"].as_array().map(|all| all.iter().filter_map(|l| l[1].as_u64()).sum::<u64>())
    };
    assert!(own(&exact) >= own(&json), "{exact}");
}
