//! The trained example.

use std::path::Path;

use snn2rtl::convert::EncodingChoice::{self, Analog, Rate};
use snn2rtl::cosim::Bench;
use snn2rtl::data::Inputs;
use snn2rtl::emit;
use snn2rtl::streaming::design;

use crate::common::{mnist_mlp, repository};
use crate::{contents, equal};

/// A bench of the example, in a folder whose name asks for trouble, and real images.
fn example(folder: &Path, encoding: EncodingChoice, images: usize) -> (Bench, Inputs) {
    let build = folder.join("it's a \"build\" \\ $folder é");
    let model = mnist_mlp(encoding);
    emit::emit(&model, &design::Options::default(), &build).expect("written");
    let before = contents(&build);
    let bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    assert!(before == contents(&build), "the build folder is left as it is");
    let images_file = repository("examples/mnist_mlp/sample/images.npy");
    let input = model.network.find("image").or_else(|| model.network.topological().first().copied());
    let input = model.network.node(input.expect("an input"));
    let snn2rtl::snn::Op::Input(input) = &input.op else { panic!("{:?} is not the input", input.op) };
    let location = images_file.to_str().expect("a path in Unicode");
    let mut inputs = Inputs::read(location, &input.sample, input.spec.element).expect("images");
    inputs.truncate(images);
    (bench, inputs)
}

#[test]
fn every_spike_of_the_example_is_the_golden_model_s() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut bench, mut inputs) = example(folder.path(), Analog, 64);
    let plain = equal(&mut bench, &inputs, None, None);
    assert_eq!(plain.neurons_checked, 64 * 128);
    assert_eq!(plain.busiest_engine, "fc1");
    let share = plain.busiest_utilisation.expect("a whole run");
    assert!((0.85..=1.0).contains(&share), "the busiest engine works in {share} of the cycles");
    assert!(plain.cycles_lower_bound <= plain.cycles_per_sample.mean);
    assert!(plain.latency_cycles.max >= plain.cycles_per_sample.max);

    inputs.truncate(16);
    let stalled: Vec<_> = [1, 2].map(|seed| equal(&mut bench, &inputs, Some(seed), None)).into();
    for report in &stalled {
        assert_eq!(report.cycles_lower_bound, stalled[0].cycles_lower_bound);
        assert_eq!(report.time_steps, stalled[0].time_steps);
        assert!(report.cycles_per_sample.mean > plain.cycles_per_sample.mean);
    }
    assert_ne!(stalled[0].simulated_cycles, stalled[1].simulated_cycles);
    for stall in [None, Some(3)] {
        let cut = equal(&mut bench, &inputs, stall, Some(3));
        assert_eq!((cut.time_steps.mean, cut.time_steps.max), (3.0, 3));
        assert!(cut.spikes_fired < stalled[0].spikes_fired);
    }
    // One sample alone.
    inputs.truncate(1);
    let alone = equal(&mut bench, &inputs, None, None);
    assert_eq!(alone.cycles_per_sample, alone.latency_cycles);
}

#[test]
fn every_spike_of_the_example_with_rate_encoding() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut bench, inputs) = example(folder.path(), Rate(None), 16);
    let plain = equal(&mut bench, &inputs, None, None);
    assert!(plain.time_steps.max >= 16);
    equal(&mut bench, &inputs, Some(4), None);
    // Before the input has been applied in full.
    let cut = equal(&mut bench, &inputs, Some(5), Some(5));
    assert_eq!(cut.time_steps.max, 5);
}
