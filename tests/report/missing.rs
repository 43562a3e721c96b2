//! What is not known, and what is wrong.

use std::fs;

use snn2rtl::cosim;
use snn2rtl::emit;

use crate::session::fixture;
use crate::{built, complete, kept, page, section};

#[test]
fn a_section_without_data_says_what_provides_it() {
    let session = built();
    let found = session.run("report b --json").ok().json();
    let page = page(&session);
    for (id, command) in [
        ("equalities", "snn2rtl cosim DIR --inputs X.npy"),
        ("equalities", "snn2rtl report DIR --inputs X.npy"),
        ("equalities", "--float --reference F.npz"),
        ("pipeline", "snn2rtl cosim DIR --inputs X.npy"),
        ("spikes", "snn2rtl report DIR --inputs X.npy"),
        ("accuracy", "snn2rtl report DIR --inputs X.npy --labels Y.npy"),
        ("cycles", "snn2rtl cosim DIR --inputs X.npy"),
        ("resources", "<code>snn2rtl synth DIR</code>"),
        ("resources", "<code>snn2rtl synth DIR --tool vivado</code>"),
        ("energy", "snn2rtl report DIR --inputs X.npy"),
        ("folding", "snn2rtl explore DIR --calibrate X.npy"),
    ] {
        let text = section(&page, id);
        assert!(text.contains("class=\"missing\"") && text.contains(command), "{command}, {id}:\n{text}");
    }
    // What follows from the model is there.
    for id in ["widths", "folding"] {
        assert!(section(&page, id).contains("<th scope=\"row\"><bdi>"), "{id}");
    }
    assert!(found["golden"].is_null() && found["cosim"].as_array().is_some_and(Vec::is_empty));
    assert!(found["equalities"].as_array().expect("three").iter().all(|e| e["holds"].is_null()));
    assert!(!page.contains("class=\"tiles\""));
    // Samples without labels have no accuracy.
    session.run(&format!("report b --inputs {}:inputs", fixture("qdq_tokens_flatten.npz"))).ok();
    assert!(section(&crate::page(&session), "accuracy").contains("The samples had no labels"));
}

/// Commands name the family of the build.
#[test]
fn hints_are_of_the_family_of_the_build() {
    let session = built();
    for (options, hints) in [
        ("", ["snn2rtl synth DIR --family xc7", "snn2rtl synth DIR --tool vivado"]),
        ("--device lfe5u-85f", ["snn2rtl synth DIR", "snn2rtl synth DIR --tool nextpnr"]),
        ("--device xczu7ev", ["snn2rtl synth DIR", "snn2rtl synth DIR --tool vivado"]),
    ] {
        session.run(&format!("build m.snn -o b --lanes 4 {options}")).ok();
        session.run("report b").ok();
        for hint in hints {
            let code = format!("<code>{hint}</code>");
            assert!(section(&page(&session), "resources").contains(&code), "{options}: {hint}");
        }
    }
}

#[test]
fn what_does_not_hold_is_said_and_fails() {
    let session = built();
    let build = session.path("b");
    let manifest = emit::read_manifest(&build).expect("a build folder");
    let stages: Vec<_> = manifest.stages.iter().map(|s| (s.node.clone(), s.module.clone())).collect();
    let mut run = kept::run(&stages, None);
    run.mismatches = 1;
    let mismatch = r#"{"what": "neuron", "message": "spike +1 instead of 0", "cycle": 1234, "layer": "act1", "time_step": 3}"#;
    run.first_mismatch = Some(serde_json::from_str(mismatch).expect("a mismatch"));
    run.stages.clear();
    cosim::save(&build, &run).expect("kept");
    let done = session.run("report b");
    assert_eq!(done.output.status.code(), Some(1), "{}", done.all());
    assert!(done.stderr().contains("RTL = golden model"), "{}", done.all());
    let page = page(&session);
    let text = section(&page, "equalities");
    for words in [">differs<", "spike +1 instead of 0", "layer act1, time-step 3, cycle 1234", "card bad"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(section(&page, "cycles").contains("stopped by a mismatch"));
}

#[test]
fn what_is_damaged_is_named() {
    let (session, _) = complete();
    let refused = |line: &str, words: &[&str]| session.refused(line, words);
    refused("report none", &["manifest.json", "snn2rtl build"]);
    refused("report b -o none/report.html", &["none/report.html"]);
    refused("report b --labels x.npy", &["--inputs"]);
    let samples = fixture("qdq_tokens_flatten.npz");
    refused(
        &format!("report b --inputs {samples}:inputs --samples 3 --raster 3"),
        &["--raster 3 of 3 samples"],
    );
    for (name, fix) in [
        ("cosim.json", "snn2rtl cosim"),
        ("cosim_stall.json", "snn2rtl cosim"),
        ("golden.json", "snn2rtl report --inputs"),
        ("utilisation_xc7.json", "snn2rtl synth"),
        ("place_ecp5.json", "snn2rtl synth --tool nextpnr"),
        ("explore_xc7.json", "snn2rtl explore"),
    ] {
        let path = session.path("b/reports").join(name);
        let text = fs::read_to_string(&path).expect("kept");
        let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let version = std::mem::replace(&mut value["format_version"], 9.into());
        for (bad, problem) in [
            (text[..text.len() / 2].to_owned(), "cannot be read"),
            (value.to_string(), "version 9"),
            ("[]".to_owned(), "format_version"),
            (format!("{{\"format_version\": {version}}}"), "missing field"),
        ] {
            fs::write(&path, bad).expect("written");
            refused("report b", &[name, problem, fix]);
        }
        fs::write(&path, text).expect("written");
    }
    // Of another model.
    let golden = session.path("b/reports/golden.json");
    let text = fs::read_to_string(&golden).expect("kept");
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    value["layers"].as_array_mut().expect("layers").clear();
    fs::write(&golden, value.to_string()).expect("written");
    refused("report b", &["golden.json", "not of this model"]);
}
