//! Networks in parts, for several devices.

use std::fs;

use crate::session::{Session, example};

#[test]
fn networks_are_split_and_their_parts_built() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    let line = format!("split mlp.snn --parts 2 --calibrate {images} -o parts");
    let table = s.run(&line).ok().stdout();
    assert!(table.contains("levels of ") && table.contains("the parts give the logits"), "{table}");
    let plan = s.run(&format!("{line} --json")).ok().json();
    let parts = plan["parts"].as_array().expect("a list");
    assert_eq!(parts.len(), 2);
    let crossing = &parts[0]["crossing"];
    let number = |value: &serde_json::Value| value.as_u64().expect("a number");
    assert_eq!(crossing["kind"], "levels", "{crossing}");
    assert_eq!(
        number(&crossing["bits"]),
        number(&crossing["values"]) * number(&crossing["digits"]) * number(&crossing["element_bits"])
    );
    assert!(parts[1]["crossing"].is_null() && parts[1]["problem"].is_null(), "{plan}");
    let whole = s.run("inspect mlp.snn --json").ok().json();
    let sum = |key: &str| parts.iter().map(|part| number(&part[key])).sum::<u64>();
    assert_eq!((sum("neurons"), sum("synapses")), (number(&whole["neurons"]), number(&whole["synapses"])));

    // Each part is a model like others.
    s.run(&format!("run parts/part1.snn --inputs {images} --samples 2")).ok();
    s.run("build parts/part1.snn -o first --architecture overlay --lanes 16").ok();
    s.run("build parts/part2.snn -o second --architecture overlay --lanes 8 --fire-lanes 4").ok();
    let listing = s.run("inspect second").ok().stdout();
    assert!(listing.contains("part2"), "{listing}");

    // The same by name; what cannot be.
    let node = crossing["node"].as_str().expect("a name");
    let named = s.run(&format!("split mlp.snn --cut {node} -o named --json")).ok().json();
    assert_eq!(named["parts"][0]["crossing"]["node"], node);
    assert_eq!(
        fs::read(s.path("named/part2.snn/graph.json")).ok(),
        fs::read(s.path("parts/part2.snn/graph.json")).ok()
    );
    s.refused("split mlp.snn --parts 1 -o p", &["1 parts", "2 to 64"]);
    s.refused("split mlp.snn --parts 40 -o p", &["40 parts", "places to cut"]);
    s.refused("split mlp.snn --cut nothing -o p", &["cannot be cut behind", node]);
    s.refused("split mlp.snn -o p", &["--parts"]);
    s.refused("split none.snn --parts 2 -o p", &["not a model"]);
    s.write("taken", "");
    s.refused("split mlp.snn --parts 2 -o taken", &["taken"]);
    // A model is no place for parts, nor are parts of another split.
    s.refused("split mlp.snn --parts 2 -o mlp.snn", &["something else", "graph.json"]);
    fs::rename(s.path("parts/part2.snn"), s.path("parts/part3.snn")).expect("renamed");
    s.refused("split mlp.snn --parts 2 -o parts", &["something else", "part3.snn"]);
}
