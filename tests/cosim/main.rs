//! Co-simulation: hardware in Verilator against the golden model, on whole networks, and what it says of broken hardware.

#[path = "../cnn/generator.rs"]
mod cnn;
#[path = "../common/mod.rs"]
mod common;
mod example;
mod external;
mod faults;
mod functions;
#[path = "../transformers/generator.rs"]
#[allow(dead_code, reason = "each test program uses a part")]
mod generator;
mod network;
mod overlay;
mod positions;
#[path = "../random/mod.rs"]
mod random;
mod shapes;
mod spiking;
mod transformers;

use std::path::Path;

use snn2rtl::cosim::{Bench, Options, Report};
use snn2rtl::data::Inputs;

/// Runs, prints the figures, and finds no mismatch.
fn equal(bench: &mut Bench, inputs: &Inputs, stall: Option<u64>, t_max: Option<u16>) -> Report {
    equal_with(bench, inputs, &Options { stall, t_max, ..Options::default() })
}

/// The same with any options.
fn equal_with(bench: &mut Bench, inputs: &Inputs, options: &Options) -> Report {
    let report = bench.run(inputs, options, &mut |_| ()).expect("a run");
    if let Some(mismatch) = &report.first_mismatch {
        panic!("{options:?}: {mismatch}");
    }
    println!("{options:?}\n{}", report.table());
    assert_eq!((report.mismatches, report.samples), (0, inputs.len() as u64));
    assert!(report.registers_checked > 16 && report.spikes_checked >= report.neurons_checked);
    report
}

/// The files in a folder and below, with their contents.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).expect("readable")));
        }
    }
    found.sort();
    found
}
