//! The two forms of quantised networks that SpikeZIPTFQANNRecipe of SpikingJelly 2.0 converts: every level of every quantiser
//! is that of its own run in float64, and so are the classes.

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data;
use snn2rtl::golden::{Golden, Limits, Settled, SpikeCode};
use snn2rtl::import::{Options, import};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, InputSpec, Scaling};

use crate::common::repository;

fn check(name: &str, input: InputSpec) {
    let path = repository(&format!("tests/fixtures/spikezip/{name}.onnx"));
    let imported = import(&path, &Options { input, weight_bits: None }).expect("imports");
    let (model, _) =
        convert(&imported.network, name, &imported.producer, EncodingChoice::Analog).expect("converts");
    let lowered = lower(&model).expect("lowers");
    let array = |what: &str| {
        let path = repository(&format!("tests/fixtures/spikezip/{name}.npz"));
        data::read_integers(&format!("{}:{what}", path.display())).expect(what)
    };
    let (shape, inputs) = array("inputs");
    let size: usize = shape.0[1..].iter().product();
    let inputs: Vec<Vec<i32>> =
        inputs.chunks(size).map(|s| s.iter().map(|&q| i32::try_from(q).expect("small")).collect()).collect();
    let fill = |n: usize, raw: &mut Vec<i32>| raw.clone_from(&inputs[n]);
    let golden = Golden::new(&lowered.network).expect("compiles");
    let settled = Settled::new(&lowered.network, SpikeCode::Radix).expect("compiles");
    let synchronous = golden.run_all(inputs.len(), fill, &Limits::default(), |_| ());
    let outcomes = settled.run_all(inputs.len(), fill, |_| ());
    let mut compared = 0;
    for (i, layer) in settled.layers().iter().enumerate() {
        let (_, expected) = array(&format!("level/{}", layer.name));
        for (n, expected) in expected.chunks(layer.rows * layer.channels).enumerate() {
            let levels = &outcomes[n].levels[i];
            assert_eq!(levels, &synchronous[n].levels[i]);
            let ours: Vec<i64> = match model.views.get(&layer.name) {
                Some(view) => view.order.iter().map(|&e| levels[e].into()).collect(),
                None => levels.iter().map(|&s| s.into()).collect(),
            };
            assert_eq!(ours, expected, "{name}: {} of sample {n}", layer.name);
            compared += ours.len();
        }
    }
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn roberta() {
    check("roberta", InputSpec::tokens());
}

#[test]
fn vit() {
    let half = || vec!["0.5".parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    check("vit", InputSpec { element: Element::U8, scaling, channel_axis: None });
}
