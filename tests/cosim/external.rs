//! Overlays whose weights are in memory outside the chip.

use std::path::Path;

use snn2rtl::architecture::{Design, Options as Folding, image};
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::cosim::{Bench, Run};
use snn2rtl::data::Inputs;
use snn2rtl::emit;
use snn2rtl::lower;
use snn2rtl::overlay::{External, Loadable, Options};
use snn2rtl::snn::{Model, Op};

use crate::common::{mnist_mlp, mnist_vit, repository, review_encoder, text_fixture, vit_small};
use crate::equal;
use crate::overlay::random_samples;

fn samples(model: &Model, file: &str, count: usize) -> Inputs {
    let input = model.network.topological().into_iter().find_map(|id| match &model.network.node(id).op {
        Op::Input(input) => Some(input.clone()),
        _ => None,
    });
    let input = input.expect("an input");
    let location = repository(file);
    let location = location.to_str().expect("a path in Unicode");
    let mut inputs = Inputs::read(location, &input.sample, input.spec.element).expect("samples");
    inputs.truncate(count);
    inputs
}

/// Writes a build folder with external weights and compiles it.
fn bench(model: &Model, lanes: usize, external: External, build: &Path) -> Bench {
    let network = lower::lower(model).expect("lowered").network;
    let options = Options { lanes, ..Options::default() };
    let machine = Loadable::with_external_weights(&[&network], &options, external).expect("a machine");
    emit::emit(model, &Folding::Loadable(Box::new(machine)), build).expect("written");
    Bench::new(build, &mut |_| ()).expect("verilated")
}

/// The weights of a perceptron are used once a sample each: the bus is the bottleneck, and is busy.
#[test]
fn a_perceptron_waits_for_memory_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = mnist_mlp(Analog);
    let images = samples(&model, "examples/mnist_mlp/sample/images.npy", 6);
    let mut bench =
        bench(&model, 32, External { bus: 64, ports: 1, ring: None }, &folder.path().join("build"));
    let report = equal(&mut bench, &images, None, None);
    let memory = report.memory_port.expect("a port to memory");
    assert!(memory.memory_share > 0.8, "{memory:?}");
    assert!(memory.lost_cycles > 0, "{memory:?}");
    equal(&mut bench, &images, Some(3), None);
    // Errors at many places, of both kinds; all results are right after the next load.
    let failures: Vec<(u64, u32)> = (0..10).map(|n| (n * n * 211, 2 + (n % 2) as u32)).collect();
    let report = bench.run_after_failures(&images, &failures, Some(5)).expect("a run");
    assert_eq!(report.first_mismatch, None);
    assert_eq!(report.samples, 6);
}

/// Several ports bring the beats of the stream together: memory that limits a design is as many times as fast. Latencies of the
/// ports differ, and an error at any of them is told.
#[test]
fn several_ports_share_the_stream() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = mnist_mlp(Analog);
    let images = samples(&model, "examples/mnist_mlp/sample/images.npy", 4);
    let mut cycles = Vec::new();
    for ports in [1, 2, 4] {
        let external = External { bus: 32, ports, ring: None };
        let mut bench = bench(&model, 64, external, &folder.path().join(format!("build{ports}")));
        let report = equal(&mut bench, &images, None, None);
        cycles.push(report.cycles_per_sample.mean);
        equal(&mut bench, &images, Some(ports as u64), None);
        if ports > 1 {
            let failures: Vec<(u64, u32)> = (0..12).map(|n| (n * n * 211 + n, 2 + (n % 2) as u32)).collect();
            let report = bench.run_after_failures(&images, &failures, Some(5)).expect("a run");
            assert_eq!((report.first_mismatch, report.samples), (None, 4), "{ports} ports");
        }
    }
    assert!(cycles[0] > 1.9 * cycles[1] && cycles[1] > 1.8 * cycles[2], "{cycles:?}");
    assert!(External { bus: 32, ports: 3, ring: None }.check().is_err());
    assert!(External { bus: 32, ports: 16, ring: None }.check().is_err());
}

#[test]
fn a_transformer_does_not_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = vit_small();
    let images = samples(&model, "examples/mnist_vit/sample/images.npy", 3);
    let mut bench =
        bench(&model, 32, External { bus: 128, ports: 1, ring: None }, &folder.path().join("build"));
    let report = equal(&mut bench, &images, None, None);
    let memory = report.memory_port.expect("a port to memory");
    let cycles = memory.memory_cycles as f64;
    assert!(f64::from(memory.lost_cycles) < 0.05 * cycles, "{memory:?}");
    equal(&mut bench, &images, Some(4), None);
}

/// What large machines have: elements become spikes as they come, signs and start values are not stored for all, a product is
/// an instruction for each chunk.
#[test]
fn a_machine_with_few_memories_computes_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = mnist_vit();
    let network = lower::lower(&model).expect("lowered").network;
    let images = samples(&model, "examples/mnist_vit/sample/images.npy", 3);
    let external = External { bus: 64, ports: 1, ring: None };
    let options = Options { lanes: 64, spikes: 3, ..Options::default() };
    let loadable = Loadable::with_external_weights(&[&network], &options, external).expect("a machine");
    let machine = &loadable.machine;
    assert!(machine.input.direct && machine.input.open > 0 && !machine.input.ordered, "{machine:?}");
    assert!(machine.streamed_starts > 0 && machine.start_depth == 0, "{machine:?}");
    assert!(machine.sign_depth > 0 && machine.sign_depth < machine.spike_depth, "{machine:?}");
    // The hidden layers have more channels than lanes.
    let products = snn2rtl::overlay::compile_for(&network, &loadable).expect("a program");
    assert!(products.layers.iter().any(|layer| layer.pieces == 2), "{:?}", products.notes);
    let build = folder.path().join("build");
    emit::emit(&model, &Folding::Loadable(Box::new(loadable)), &build).expect("written");
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    equal(&mut bench, &images, None, None);
    equal(&mut bench, &images, Some(9), None);
}

/// Images that the core reads itself: damaged ones of every kind are refused, and the next good one runs, without a reset.
#[test]
fn bad_images_in_memory_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = [mnist_mlp(Analog), text_fixture("text_masked_fill"), vit_small()];
    let networks: Vec<_> = models.iter().map(|model| lower::lower(model).expect("lowered").network).collect();
    let options = Options { lanes: 16, ..Options::default() };
    let external = External { bus: 64, ports: 1, ring: None };
    let all: Vec<_> = networks.iter().collect();
    let machine = Loadable::with_external_weights(&all, &options, external).expect("a machine");
    let folding = Folding::Loadable(Box::new(machine));
    let build = folder.path().join("build");
    emit::emit(&models[0], &folding, &build).expect("written");
    let inputs: Vec<Inputs> =
        (1..).zip(&models).map(|(seed, model)| random_samples(model, 2, seed, folder.path())).collect();
    let design = Design::plan("text", &networks[1], &folding).expect("fits");
    let good = design.image().expect("words").expect("an image");
    let last = good.len() - 1;
    let with = |at: usize, word: u32| {
        let mut words = good.clone();
        words[at] = word;
        words[last] = image::crc(&words[..last]);
        words
    };
    let torn = |at: usize| {
        let mut words = good.clone();
        words[at] ^= 1 << 9;
        words
    };
    let length = good.len() as u32;
    let outside = image::MemoryKind::Stream.number();
    let is_last = |&at: &usize| good[at..at + 2] == [outside, 0] && at + 3 + good[at + 2] as usize == last;
    let section = (4..last - 2).find(is_last).expect("a last section");
    let mut longer = with(3, length + 10);
    longer[section + 2] += 10;
    let bad = [
        // The begin of a format, of another machine, lengths that are not those of the sections.
        vec![
            (with(0, 0), 1),
            (with(1, image::VERSION + 1), 2),
            (with(2, good[2] ^ 1), 3),
            (with(3, 8), 4),
            (with(3, length - 1), 4),
            // More words than there are: the CRC is taken for a section; or the source ends within the last one.
            (with(3, length + 10), 5),
            (longer, 8),
        ],
        // Sections; single bits in the program, in the weights, and in the last row of the table.
        vec![
            (with(4, 99), 5),
            (with(5, 1), 6),
            (with(6, u32::MAX), 6),
            (with(6, 0), 6),
            (torn(20), 7),
            (torn(last / 2), 7),
            (torn(last - 16), 7),
            (torn(last), 7),
        ],
        // Cut.
        vec![
            (good[..last].to_vec(), 8),
            (good[..last / 3].to_vec(), 8),
            (good[..5].to_vec(), 8),
            (Vec::new(), 8),
        ],
    ];
    let order = [0, 1, 2, 1, 0];
    let runs: Vec<Run> =
        order.iter().map(|&n| Run { model: &models[n], inputs: &inputs[n], bad: &bad[n] }).collect();
    let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
    for stall in [None, Some(1)] {
        let reports = bench.run_in_turn(&runs, stall).expect("runs");
        for (report, &n) in reports.iter().zip(&order) {
            assert_eq!(report.first_mismatch.as_ref().map(ToString::to_string), None, "{}", models[n].name);
            assert_eq!((report.mismatches, report.samples), (0, 2), "{}", models[n].name);
        }
        assert_eq!(reports.len(), order.len());
    }
}

/// The stream of weights is aligned, and the image says where it is.
#[test]
fn images_hold_the_weights_behind_all_else() {
    let model = mnist_mlp(Analog);
    let network = lower::lower(&model).expect("lowered").network;
    let options = Options { lanes: 32, ..Options::default() };
    let refused = Loadable::with_external_weights(
        &[&network],
        &options,
        External { bus: 64, ports: 1, ring: Some(64) },
    );
    assert!(refused.expect_err("too small").to_string().contains("the ring of weights has 64 words"));
    for (bus, ring) in [(48, None), (1024, None), (64, Some(100))] {
        assert!(External { bus, ports: 1, ring }.check().is_err());
    }
    let external = External { bus: 256, ports: 1, ring: None };
    let machine = Loadable::with_external_weights(&[&network], &options, external).expect("a machine");
    let design = Design::plan("mlp", &network, &Folding::Loadable(Box::new(machine)));
    let words = design.expect("a design").image().expect("words").expect("an image");
    let needs = image::MemoryKind::Needs.number();
    let at = (0..words.len()).find(|&at| words[at..].starts_with(&[needs, 0])).expect("needs");
    let [offset, bytes, count] = [words[at + 3], words[at + 4], words[at + 5]];
    assert_eq!(offset % 64, 0);
    // Words of 32 weights of 8 bits.
    assert_eq!(bytes, 32 * count);
    assert_eq!((offset + bytes) as usize, 4 * (words.len() - 1));
}

/// The table of words lies in memory, too: each token's row is read from there, beside the weights, which come through all ports.
#[test]
fn rows_of_tables_come_from_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = review_encoder();
    let network = lower::lower(&model).expect("lowered").network;
    let sentences = samples(&model, "examples/review_encoder/sample/ids.npy", 3);
    for (bus, lanes, ports) in [(64, 32, 1), (256, 64, 1), (64, 32, 2), (128, 64, 4)] {
        let external = External { bus, ports, ring: None };
        let options = Options { lanes, ..Options::default() };
        let loadable = Loadable::with_external_weights(&[&network], &options, external).expect("a machine");
        assert!(loadable.machine.embeds && loadable.machine.table_depth == 0);
        let build = folder.path().join(format!("build{bus}x{ports}"));
        emit::emit(&model, &Folding::Loadable(Box::new(loadable)), &build).expect("written");
        let mut bench = Bench::new(&build, &mut |_| ()).expect("verilated");
        equal(&mut bench, &sentences, None, None);
        equal(&mut bench, &sentences, Some((bus * ports) as u64), None);
        if bus > 64 {
            continue;
        }
        // Errors of rows: the first beat, within the first row and within others, and among those of weights at any port.
        let failures = [(0, 6), (5, 7), (200, 6), (3_000, 2), (3_001, 3)];
        let report = bench.run_after_failures(&sentences, &failures, Some(3)).expect("a run");
        assert_eq!((report.first_mismatch, report.samples), (None, 3));
    }
}
