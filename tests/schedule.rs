//! The scheduler's cycles against those of co-simulation.

mod common;

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data::Inputs;
use snn2rtl::design::{self, Folded, Options};
use snn2rtl::golden::Golden;
use snn2rtl::import::{self, import};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::schedule::{Activity, cycles};

/// Model, how its input is read, samples, lanes of all layers and of some, and cycles a sample as `snn2rtl cosim` counted
/// them on the first `samples` of the example.
type Seen = (&'static str, &'static str, usize, usize, &'static [(&'static str, usize)], f64);

const SEEN: &[Seen] = &[
    ("mnist_vit", "images", 16, 16, &[], 78_028.0),
    ("review_encoder", "ids", 16, 16, &[], 123_108.0),
    ("mnist_mlp", "images", 64, 16, &[], 1_204.6),
    ("mnist_mlp", "images", 16, 16, &[("act1", 2), ("fc2", 2)], 2_325.0),
    ("mnist_mlp", "images", 16, 1, &[], 18_025.7),
];

#[test]
fn cycles_are_those_of_cosimulation_within_5_percent() {
    for &(name, file, samples, lanes, layers, seen) in SEEN {
        let decimal = |text: &str| vec![text.parse().expect("a decimal number")];
        let normalise = |mean, std| InputSpec {
            element: Element::U8,
            scaling: Scaling::Normalise { mean: decimal(mean), std: decimal(std) },
            channel_axis: None,
        };
        let input = match name {
            "mnist_vit" => normalise("0.5", "0.5"),
            "mnist_mlp" => normalise("0.1307", "0.3081"),
            _ => InputSpec::tokens(),
        };
        let path = common::repository(&format!("examples/{name}/{name}.onnx"));
        let imported = import(&path, &import::Options { input, weight_bits: None }).expect("imports");
        let (model, _) =
            convert(&imported.network, name, &imported.producer, EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers");
        let golden = Golden::new(&lowered.network).expect("compiles");
        let location = common::repository(&format!("examples/{name}/sample/{file}.npy"));
        let shape = &golden.input().shape;
        let inputs =
            Inputs::read(&location.display().to_string(), shape, golden.input().element).expect("read");
        let activity = Activity::measure(&golden, (0..samples).map(|n| inputs.sample(n)));
        let layers = layers.iter().map(|&(name, lanes)| (name.to_owned(), Folded::lanes(lanes))).collect();
        let options = Options { lanes, layers, ..Options::default() };
        let design = design::plan(name, &lowered.network, &options).expect("planned");
        let told = cycles(&design, &activity).per_sample;
        println!("{name}: {told:.1} cycles, {seen} seen, {:+.1} %", 100.0 * (told / seen - 1.0));
        assert!((told / seen - 1.0).abs() < 0.05, "{name}: {told} cycles, {seen} seen");
    }
}
