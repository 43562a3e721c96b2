//! IF and LIF neurons on the overlay: every spike and every membrane.

use snn2rtl::architecture::Options as Folding;
use snn2rtl::cosim::Bench;
use snn2rtl::data::Inputs;
use snn2rtl::emit;
use snn2rtl::golden::SpikeCode;
use snn2rtl::nir::{self, Samples};
use snn2rtl::overlay::Options;
use snn2rtl::snn::{Model, Op};

use crate::common::repository;
use crate::equal;

fn model(name: &str, neurons: &str, steps: usize, dt: f64) -> (Model, Inputs) {
    let options = nir::Options {
        time_steps: Some(steps),
        dt,
        neurons: Some(neurons.parse().expect("a rule")),
        samples: Samples::Train(None),
        ..nir::Options::default()
    };
    let path = repository(&format!("tests/fixtures/spiking/{name}.nir"));
    let model = nir::examine(&path, name, &options).expect("a NIR file").model.expect("a network");
    let id = model.network.topological()[0];
    let Op::Input(input) = &model.network.node(id).op else { panic!("an input first") };
    let path = repository(&format!("tests/fixtures/spiking/{name}.npz:inputs"));
    let inputs = Inputs::read_for(&path.display().to_string(), &input.sample, &input.spec).expect("samples");
    (model, inputs)
}

fn check(name: &str, neurons: &str, steps: usize, dt: f64, options: Options) {
    let (model, inputs) = model(name, neurons, steps, dt);
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("build");
    emit::emit(&model, &Folding::Overlay(options), &build).expect("written");
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    for stall in [None, Some(1)] {
        let report = equal(&mut bench, &inputs, stall, None);
        assert!(report.spikes_fired > 100, "{}", report.spikes_fired);
    }
}

fn options(lanes: usize, fire_lanes: usize, fetch_width: usize, code: SpikeCode) -> Options {
    let row_lanes = Options::usual_row_lanes(fire_lanes);
    Options { lanes, spikes: 2, fire_lanes, fetch_width, row_lanes, code }
}

#[test]
fn leaks_with_reset_by_subtraction() {
    check("snntorch_conv", "snntorch", 10, 1e-4, options(16, 4, 16, SpikeCode::Radix));
}

#[test]
fn no_leak_and_halves_with_reset_to_zero() {
    check("spikingjelly_conv", "spikingjelly", 8, 1e-4, options(8, 8, 16, SpikeCode::Unary));
}

#[test]
fn leaks_with_reset_to_zero() {
    check("norse_box", "nir", 16, 1e-6, options(32, 8, 32, SpikeCode::Radix));
}

/// A current beside the membrane: CubaLIF.
#[test]
fn synaptic_currents() {
    check("snntorch_synaptic", "snntorch", 16, 1e-4, options(8, 4, 8, SpikeCode::Radix));
    check("spikingjelly_cuba", "spikingjelly", 16, 1e-4, options(16, 8, 16, SpikeCode::Unary));
}
