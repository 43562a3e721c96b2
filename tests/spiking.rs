//! Networks that spike already: every spike of every neuron in every time-step against the frameworks' own runs in float64.

use snn2rtl::data::{self, Inputs};
use snn2rtl::golden::{Settled, SpikeCode};
use snn2rtl::integer::eval;
use snn2rtl::lower::lower;
use snn2rtl::nir::{self, Neurons, Options, Samples};
use snn2rtl::quant::{Coding, Element, InputSpec, Scaling};
use snn2rtl::snn::{Model, Op, eval as float};

use crate::common::repository;

mod damaged;
pub mod random;

/// What a fixture was run with.
struct Fixture {
    name: &'static str,
    neurons: &'static str,
    steps: usize,
    dt: f64,
    /// A static image, `x = q/255`.
    image: bool,
}

const FIXTURES: [Fixture; 9] = [
    Fixture { name: "snntorch_mlp", neurons: "snntorch", steps: 20, dt: 1e-4, image: false },
    Fixture { name: "snntorch_zero", neurons: "snntorch-zero", steps: 20, dt: 1e-4, image: false },
    Fixture { name: "snntorch_conv", neurons: "snntorch", steps: 10, dt: 1e-4, image: false },
    Fixture { name: "snntorch_synaptic", neurons: "snntorch", steps: 16, dt: 1e-4, image: false },
    Fixture { name: "spikingjelly_conv", neurons: "spikingjelly", steps: 8, dt: 1e-4, image: false },
    Fixture { name: "spikingjelly_current", neurons: "spikingjelly", steps: 12, dt: 1e-4, image: true },
    Fixture { name: "spikingjelly_cuba", neurons: "spikingjelly", steps: 16, dt: 1e-4, image: false },
    Fixture { name: "spikingjelly_ann2snn", neurons: "soft", steps: 12, dt: 1e-4, image: true },
    // Its exporter writes tau·dt for tau, so the time-step becomes dt².
    Fixture { name: "norse_box", neurons: "nir", steps: 16, dt: 1e-6, image: false },
];

const PLAIN: Fixture = Fixture { name: "nir_nodes", neurons: "nir", steps: 10, dt: 1e-4, image: false };

impl Fixture {
    fn options(&self) -> Options {
        let list = |text: &str| vec![text.parse().expect("a decimal number")];
        let scaling = Scaling::Normalise { mean: list("0"), std: list("1") };
        let image = InputSpec { element: Element::U8, scaling, channel_axis: None };
        Options {
            time_steps: Some(self.steps),
            dt: self.dt,
            neurons: Some(self.neurons.parse::<Neurons>().expect("a rule")),
            samples: if self.image { Samples::Constant } else { Samples::Train(None) },
            input: self.image.then_some(image),
            ..Options::default()
        }
    }

    fn examined(&self) -> nir::Examined {
        let path = repository(&format!("tests/fixtures/spiking/{}.nir", self.name));
        nir::examine(&path, self.name, &self.options()).expect("a NIR file")
    }

    fn model(&self) -> Model {
        let examined = self.examined();
        assert!(examined.problems.is_empty(), "{}: {:?}", self.name, examined.problems);
        assert!(examined.nodes.iter().all(|node| node.became.is_some()), "{:?}", examined.nodes);
        examined.model.expect("a network")
    }
}

/// All fixtures: name, network, samples.
pub fn fixtures() -> Vec<(&'static str, Model, Vec<Vec<i32>>)> {
    let of = |fixture: &Fixture| {
        let model = fixture.model();
        let samples = samples(fixture, &model);
        (fixture.name, model, samples)
    };
    FIXTURES.iter().chain([&PLAIN]).map(of).collect()
}

/// An array of the fixture.
fn array(fixture: &Fixture, name: &str) -> (Vec<usize>, Vec<i64>) {
    let path = repository(&format!("tests/fixtures/spiking/{}.npz", fixture.name));
    let (shape, values) = data::read_integers(&format!("{}:{name}", path.display())).expect(name);
    (shape.0, values)
}

/// The fixture's samples.
fn samples(fixture: &Fixture, model: &Model) -> Vec<Vec<i32>> {
    let input = model.network.topological().into_iter().find_map(|id| match &model.network.node(id).op {
        Op::Input(input) => Some(input.clone()),
        _ => None,
    });
    let input = input.expect("an input");
    let path = repository(&format!("tests/fixtures/spiking/{}.npz:inputs", fixture.name));
    let inputs = Inputs::read_for(&path.display().to_string(), &input.sample, &input.spec).expect("samples");
    (0..inputs.len()).map(|n| inputs.sample(n)).collect()
}

#[test]
fn every_spike_is_the_framework_s() {
    for fixture in FIXTURES.iter().chain([&PLAIN]) {
        let model = fixture.model();
        let lowered = lower(&model).expect("lowers");
        let golden = Settled::new(&lowered.network, SpikeCode::Radix).expect("compiles");
        let inputs = samples(fixture, &model);
        let fill = |n: usize, raw: &mut Vec<i32>| raw.clone_from(&inputs[n]);
        let outcomes = golden.run_all(inputs.len(), fill, |_| ());
        let mut fired = 0;
        for (i, layer) in golden.layers().iter().enumerate() {
            let (shape, expected) = array(fixture, &format!("level/{}", layer.name));
            assert_eq!(shape[0], inputs.len(), "{}", fixture.name);
            for (n, expected) in expected.chunks(layer.rows * layer.channels).enumerate() {
                let levels = &outcomes[n].levels[i];
                let ours: Vec<i64> = match model.views.get(&layer.name) {
                    Some(view) => view.order.iter().map(|&e| levels[e].into()).collect(),
                    None => pooled(&model, &layer.name, levels),
                };
                assert_eq!(ours, expected, "{}: layer {} of sample {n}", fixture.name, layer.name);
                fired += ours.iter().filter(|&&s| s != 0).count();
            }
        }
        assert!(fired > 100, "{}: {fired} spikes", fixture.name);
        // Classes are those of the numbers of spikes, or of sums of currents.
        let logits = repository(&format!("tests/fixtures/spiking/{}.npz:logits", fixture.name));
        let (shape, logits) = data::read_floats(&logits.display().to_string()).expect("logits");
        for (outcome, logits) in outcomes.iter().zip(logits.chunks(shape.channels())) {
            let best = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            assert_eq!(logits[outcome.class], best, "{}: {logits:?}", fixture.name);
        }
    }
}

/// Levels of a pool channel by channel, as frameworks have them.
fn pooled(model: &Model, name: &str, levels: &[i32]) -> Vec<i64> {
    let id = model.network.find(name).expect("a layer");
    let Op::Linear(linear) = &model.network.node(model.network.inputs(id)[0]).op else { panic!("no layer") };
    let Some(window) = &linear.window else { return levels.iter().map(|&s| s.into()).collect() };
    let (channels, pixels) = (linear.weights.outputs, window.pixels() / window.frames);
    let element = |e: usize| {
        let (t, c, p) = (e / (channels * pixels), e / pixels % channels, e % pixels);
        i64::from(levels[(t * pixels + p) * channels + c])
    };
    (0..levels.len()).map(element).collect()
}

#[test]
fn golden_model_integer_network_and_float64_agree() {
    for fixture in FIXTURES.iter().chain([&PLAIN]) {
        let model = fixture.model();
        let lowered = lower(&model).expect("lowers");
        let golden = Settled::new(&lowered.network, SpikeCode::Unary).expect("compiles");
        for raw in samples(fixture, &model) {
            let outcome = golden.run(&mut golden.state(), &raw, &mut snn2rtl::golden::Unobserved);
            let once = eval::evaluate(&lowered.network, &raw);
            let real = float::evaluate(&model.network, &raw);
            let levels: Vec<&Vec<i32>> = once.levels.iter().map(|(_, levels)| levels).collect();
            assert_eq!(outcome.levels.iter().collect::<Vec<_>>(), levels, "{}", fixture.name);
            let levels: Vec<&Vec<i32>> = real.levels.iter().map(|(_, levels)| levels).collect();
            assert_eq!(outcome.levels.iter().collect::<Vec<_>>(), levels, "{}: float64", fixture.name);
            assert_eq!((outcome.values, outcome.class), (once.values.clone(), once.class()));
        }
    }
}

#[test]
fn what_is_rounded_is_said() {
    let rounded = |name: &str| -> Vec<String> {
        let fixture = FIXTURES.iter().find(|fixture| fixture.name == name).expect("a fixture");
        let lowered = lower(&fixture.model()).expect("lowers");
        lowered.rounded.into_iter().map(|(name, _)| name).collect()
    };
    // Leaks of 0.9 and 0.8 round, halves and no leak do not.
    assert_eq!(rounded("snntorch_mlp"), ["1", "3"]);
    assert!(rounded("spikingjelly_conv").iter().all(|name| name == "_7"));
    // The weights of most layers have more than 24 bits.
    let weights = FIXTURES[0].examined().rounded;
    assert!(
        !weights.is_empty() && weights.iter().all(|(_, what)| what.starts_with("weights")),
        "{weights:?}"
    );
}

#[test]
fn a_saved_model_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    for fixture in FIXTURES.iter().chain([&PLAIN]) {
        let model = fixture.model();
        let path = folder.path().join(fixture.name);
        snn2rtl::snn::file::save(&model, &path).expect("saves");
        let again = snn2rtl::snn::file::load(&path).expect("loads");
        assert_eq!(model.network.text(), again.network.text());
        assert_eq!((&model.views, lower(&model).expect("lowers").network.text()), {
            let lowered = lower(&again).expect("lowers").network.text();
            (&again.views, lowered)
        });
    }
}

#[test]
fn codings() {
    let train =
        |coding: Coding, q: i32| -> Vec<i32> { (0..5).map(|t| coding.spike(q, 255, t, 5).into()).collect() };
    assert_eq!(train(Coding::Rate, 0), [0, 0, 0, 0, 0]);
    assert_eq!(train(Coding::Rate, 255), [1, 1, 1, 1, 1]);
    assert_eq!(train(Coding::Rate, 102), [0, 0, 1, 0, 1]);
    assert_eq!(train(Coding::Latency, 255), [1, 0, 0, 0, 0]);
    assert_eq!(train(Coding::Latency, 1), [0, 0, 0, 0, 1]);
    assert_eq!(train(Coding::Latency, 0), [0, 0, 0, 0, 0]);
    for q in 0..=255 {
        assert_eq!(train(Coding::Rate, q).iter().sum::<i32>(), 5 * q / 255);
        assert_eq!(train(Coding::Latency, q).iter().sum::<i32>(), i32::from(q > 0));
    }
}
