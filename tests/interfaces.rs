//! The interfaces of whole cores under clients that are not this project's: cocotbext-axi in Verilator, against the golden
//! model. `SNN2RTL_FRAMES` asks for more frames under random stalls than the suite has time for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::{mnist_mlp, repository, text_fixture};
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::cosim::clients::{self, Options, Report, Vectors};
use snn2rtl::data::Inputs;
use snn2rtl::emit;
use snn2rtl::snn::{Model, Op};
use snn2rtl::streaming::design;

/// The tests in `sim/cocotb/`, as they stand in the files.
fn written() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(repository("sim/cocotb")).expect("the tests") {
        let text = fs::read_to_string(entry.expect("a file").path()).expect("text");
        let after = text.split("@cocotb.test()\nasync def ").skip(1);
        names.extend(after.map(|rest| rest.split('(').next().expect("a name").to_owned()));
    }
    assert!(names.len() > 10, "{names:?}");
    names
}

/// A model's build folder, its simulator's folder, and what is expected of it.
struct Core {
    build: std::path::PathBuf,
    work: std::path::PathBuf,
    vectors: Vectors,
}

impl Core {
    fn new(name: &str, model: &Model, options: &design::Options, location: &str, samples: usize) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interfaces").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let build = folder.join("build");
        emit::emit(model, options, &build).expect("written");
        let input = model.network.topological().into_iter().find_map(|id| match &model.network.node(id).op {
            Op::Input(input) => Some(input),
            _ => None,
        });
        let input = input.expect("an input");
        let mut inputs = Inputs::read(location, &input.sample, input.spec.element).expect("samples");
        inputs.truncate(samples);
        let vectors = clients::vectors(&build, &inputs).expect("vectors");
        Self { build, work: folder.join("work"), vectors }
    }

    fn run(&self, options: Options) -> Report {
        clients::run(&self.build, &self.vectors, &options).unwrap_or_else(|e| panic!("{e}"))
    }

    fn options(&self, frames: usize) -> Options {
        let frames = std::env::var("SNN2RTL_FRAMES").map_or(frames, |n| n.parse().expect("a number"));
        Options { frames, seed: 1, only: None, work: self.work.clone(), again: false }
    }

    /// Every test has been run and has passed.
    fn passes(&self, frames: usize) {
        let report = self.run(self.options(frames));
        for test in &report.tests {
            println!("{}: {} cycles, {:.1} s", test.name, test.cycles, test.seconds);
            assert_eq!(test.failure, None, "{}", test.name);
        }
        let found: BTreeSet<String> = report.tests.into_iter().map(|test| test.name).collect();
        assert_eq!(found, written());
    }
}

#[test]
fn a_perceptron() {
    let images = repository("examples/mnist_mlp/sample/images.npy");
    let images = images.to_str().expect("Unicode");
    let mut core = Core::new("mlp", &mnist_mlp(Analog), &design::Options::default(), images, 64);
    core.passes(40);

    // A result that is not the expected one is a failed test, whatever the simulator's exit code.
    for result in &mut core.vectors.results[0] {
        result[0] ^= 1;
    }
    let only = Some("back_to_back".to_owned());
    let report = core.run(Options { only, again: true, ..core.options(1) });
    let [test] = &report.tests[..] else { panic!("{report:?}") };
    assert!(test.failure.as_ref().is_some_and(|text| text.contains("the result is")), "{test:?}");
}

#[test]
#[ignore = "long: cocotb with many frames"]
fn a_perceptron_with_many_frames() {
    let images = repository("examples/mnist_mlp/sample/images.npy");
    let images = images.to_str().expect("Unicode");
    Core::new("mlp_long", &mnist_mlp(Analog), &design::Options::default(), images, 64).passes(300);
}

#[test]
#[ignore = "long: cocotb with many frames"]
fn a_transformer() {
    let words = repository("tests/fixtures/transformers/text_masked_fill.npz");
    let options = design::Options { lanes: 4, ..design::Options::default() };
    let location = format!("{}:inputs", words.display());
    Core::new("words", &text_fixture("text_masked_fill"), &options, &location, 24).passes(60);
}
