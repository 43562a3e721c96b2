//! `check`: the whole list at once, for people and for scripts, and the same from `convert`.

use crate::session::{INPUT, Session, example, fixture};

#[test]
fn a_model_that_can_be_converted() {
    let s = Session::new();
    let model = example("mnist_mlp.onnx");
    let line = format!("check {model} --input u8 --mean 0.1307 --std 0.3081");
    let text = s.run(&line).ok().stdout();
    for words in ["This model can be converted", "supported: linear", "layers of weights"] {
        assert!(text.contains(words), "{text}");
    }
    let json = s.run(&format!("{line} --json")).ok().json();
    assert_eq!(json["convertible"], true);
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["input"]["element"], "u8");
    assert!(json["parameters"].as_u64() > Some(50_000) && json["neurons"].as_u64() > Some(0), "{json}");
    let nodes = json["nodes"].as_array().expect("nodes");
    let known = ["supported", "part", "constant", "unused"];
    assert!(nodes.iter().all(|n| known.iter().any(|status| n["status"] == *status)), "{json}");
    assert_eq!(s.listing(), Vec::<String>::new());
}

#[test]
fn a_model_that_cannot_lists_all_problems_and_convert_lists_the_same() {
    let s = Session::new();
    // Nobody tells what raw samples are, and the input has no quantiser.
    let model = example("mnist_mlp.onnx");
    let check = s.run(&format!("check {model}"));
    assert_eq!(check.output.status.code(), Some(2), "{}", check.all());
    for words in ["--input u8 --mean", "fix:", "size: at least"] {
        assert!(check.all().contains(words), "{}", check.all());
    }
    let json = s.run(&format!("check {model} --json"));
    assert_eq!(json.output.status.code(), Some(2), "{}", json.all());
    let report: serde_json::Value = serde_json::from_str(&json.stdout()).expect("one JSON object");
    assert_eq!(report["convertible"], false);
    let problems = report["problems"].as_array().expect("problems");
    assert!(!problems.is_empty() && problems.iter().all(|p| p["fix"].is_string()), "{report}");
    let convert = s.run(&format!("convert {model} -o m.snn"));
    assert_eq!(convert.output.status.code(), Some(2));
    assert_eq!(convert.stderr(), check.stderr());
}

#[test]
fn what_is_inferred_is_said() {
    let s = Session::new();
    let model = fixture("../../../examples/review_encoder/review_encoder.onnx");
    let text = s.run(&format!("convert {model} -o m.snn")).ok().stdout();
    assert!(text.contains("input: tokens"), "{text}");
    let json = s.run(&format!("check {model} --json")).ok().json();
    assert!(json["input"]["inferred"].as_str().is_some_and(|text| text.starts_with("tokens")), "{json}");
    let given = s.run(&format!("check {} {INPUT} --json", fixture("qdq_matmul_add.onnx"))).ok().json();
    assert!(given["input"]["inferred"].is_null(), "{given}");
}
