//! A build folder that is built again: results of the same design stay, those of another are not lost unasked.

use std::fs;

use crate::session::Session;

/// Bitstream, synthesis, co-simulation, and a page that is made in no time.
const RESULTS: [&str; 4] =
    ["bitstream/ecp5.bit", "reports/utilisation_xc7.json", "reports/cosim.json", "reports/report.html"];

fn built() -> Session {
    let s = Session::new().mlp();
    s.run("build mlp.snn -o b --lanes 8").ok();
    for name in RESULTS {
        let path = s.path("b").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, name).expect("written");
    }
    s
}

fn there(s: &Session) -> Vec<&'static str> {
    RESULTS
        .into_iter()
        .filter(|name| fs::read_to_string(s.path("b").join(name)).is_ok_and(|t| t == *name))
        .collect()
}

#[test]
fn results_of_the_same_design_stay() {
    let s = built();
    s.run("build mlp.snn -o b --lanes 8").ok();
    assert_eq!(there(&s), RESULTS[..3]);
    s.run("verify b").ok();
}

#[test]
fn results_of_another_design_are_lost_only_with_force() {
    let s = built();
    let before = s.listing();
    s.refused(
        "build mlp.snn -o b --lanes 4",
        &["bitstream", "utilisation_xc7.json", "cosim.json", "--force"],
    );
    assert_eq!((s.listing(), there(&s)), (before, RESULTS.to_vec()));
    s.run("build mlp.snn -o b --lanes 4 --force").ok();
    assert_eq!(there(&s), [""; 0]);
}

/// What counts is what is on disk, not what was written once; only what depends on it is in question.
#[test]
fn results_of_a_changed_folder_are_of_another_design() {
    let s = built();
    let top = s.path("b/rtl/snn_mnist_mlp.sv");
    let text = fs::read_to_string(&top).expect("RTL");
    fs::write(&top, text + "// changed\n").expect("written");
    s.refused("build mlp.snn -o b --lanes 8", &["bitstream", "cosim.json", "--force"]);
    let s = built();
    fs::write(s.path("b/constraints/core.xdc"), "# changed\n").expect("written");
    s.refused("build mlp.snn -o b --lanes 8", &["bitstream", "utilisation_xc7.json"]);
    s.run("build mlp.snn -o b --lanes 8 --force").ok();
    assert_eq!(there(&s), ["reports/cosim.json"]);
}
