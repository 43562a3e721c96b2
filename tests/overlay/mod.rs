//! The overlay's compiler: programs, run by an interpreter of their own, against the settled golden model.

mod interpreter;

use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data;
use snn2rtl::golden::{Settled, SpikeCode, Unobserved};
use snn2rtl::integer::{Network, Op};
use snn2rtl::lower::lower;
use snn2rtl::overlay::plan::Unit;
use snn2rtl::overlay::{Options, Plan, compile};

use crate::common::{mnist_mlp, repository, vit_small};
use crate::generator;
use crate::random::{self, Random};
use interpreter::{Interpreter, Outcome, STAGES, Schedule, Stage};

/// Every order of stages that favours one of them, or holds it back.
fn adversarial() -> Vec<Schedule> {
    let mut all = Vec::new();
    for first in STAGES {
        for last in STAGES.into_iter().filter(|&last| last != first) {
            let rest = STAGES.into_iter().filter(|&stage| stage != first && stage != last);
            for reversed in [false, true] {
                let mut rest: Vec<Stage> = rest.clone().collect();
                if reversed {
                    rest.reverse();
                }
                let order: Vec<Stage> = std::iter::once(first).chain(rest).chain([last]).collect();
                all.push(Schedule::Priority(order.try_into().expect("seven stages")));
            }
        }
    }
    all
}

/// Compares a sample's outcome with the golden model.
fn compare(plan: &Plan, settled: &Settled, raw: &[i32], outcome: &Outcome) {
    let golden = settled.run(&mut settled.state(), raw, &mut Unobserved);
    assert_eq!(outcome.totals, golden.totals, "accumulated logits");
    assert_eq!(outcome.values, golden.values, "logits");
    assert_eq!(plan.layers.len(), settled.layers().len(), "layers of neurons");
    for (layer, levels) in settled.layers().iter().zip(&golden.levels) {
        let place =
            plan.layers.iter().find(|place| place.node == layer.node).expect("a place for each layer");
        let list = usize::from(place.unit == Unit::Vector);
        for (row, expected) in levels.chunks(layer.channels).enumerate() {
            let own = &outcome.levels[&(list, place.instruction, row)];
            let own: Vec<i64> = place.positions.iter().map(|&p| own[p]).collect();
            let expected: Vec<i64> = expected.iter().map(|&l| l.into()).collect();
            assert_eq!(own, expected, "{} row {row}", layer.name);
            if layer.channels < 8 {
                assert_eq!(place.rows, layer.rows);
            }
        }
    }
}

/// Compiles and runs samples one after the other.
fn check(network: &Network, options: &Options, samples: &[Vec<i32>], schedules: &[Schedule]) -> Plan {
    let plan = compile(network, options).expect("compiles");
    run(&plan, network, options, samples, schedules);
    plan
}

fn run(plan: &Plan, network: &Network, options: &Options, samples: &[Vec<i32>], schedules: &[Schedule]) {
    let settled = Settled::new(network, options.code).expect("a golden model");
    let mut interpreter = Interpreter::new(plan);
    for schedule in schedules {
        for (n, raw) in samples.iter().enumerate() {
            let next = &samples[(n + 1) % samples.len()];
            let outcome = interpreter.run(raw, next, schedule).unwrap_or_else(|fault| {
                panic!("{schedule:?}: {fault}\n{}", plan.text());
            });
            compare(plan, &settled, raw, &outcome);
        }
    }
    let text = plan.text();
    let lists = Plan::parse(&text).expect("a listing");
    assert_eq!(lists, (plan.fetch.clone(), plan.fire.clone(), plan.vector.clone()));
}

fn transformer(path: &str, spec: snn2rtl::quant::InputSpec) -> Network {
    let options = snn2rtl::import::Options { input: spec, weight_bits: None };
    let imported = snn2rtl::import::import(&repository(path), &options).expect("imports");
    let (model, _) =
        convert(&imported.network, "test", &imported.producer, EncodingChoice::Analog).expect("converts");
    lower(&model).expect("lowers").network
}

fn mnist_vit() -> Network {
    use snn2rtl::quant::{Element, InputSpec, Scaling};
    let half = || vec!["0.5".parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    transformer("examples/mnist_vit/mnist_vit.onnx", spec)
}

fn review_encoder() -> Network {
    use snn2rtl::quant::{Element, InputSpec, Scaling};
    let scaling = Scaling::Affine { scale: vec!["1".parse().expect("a number")], zero_point: 0 };
    let spec = InputSpec { element: Element::U16, scaling, channel_axis: None };
    transformer("examples/review_encoder/review_encoder.onnx", spec)
}

fn samples(file: &str, count: usize) -> Vec<Vec<i32>> {
    let path = repository(file).display().to_string();
    let (shape, values) = data::read_integers(&path).expect("samples");
    let size: usize = shape.0[1..].iter().product();
    values.chunks(size).take(count).map(|s| s.iter().map(|&q| q as i32).collect()).collect()
}

#[test]
fn mnist_mlp_in_every_form() {
    let network = lower(&mnist_mlp(EncodingChoice::Analog)).expect("lowers").network;
    let samples = samples("examples/mnist_mlp/sample/images.npy", 3);
    for code in SpikeCode::ALL {
        for (lanes, spikes, fire_lanes, fetch_width) in [(64, 2, 8, 64), (16, 1, 4, 8), (96, 4, 32, 128)] {
            let options = Options { lanes, spikes, fire_lanes, fetch_width, code };
            check(&network, &options, &samples, &[Schedule::Random(1)]);
        }
    }
}

#[test]
fn mnist_vit_in_several_forms() {
    let network = mnist_vit();
    let samples = samples("examples/mnist_vit/sample/images.npy", 2);
    for (lanes, spikes, fire_lanes, fetch_width, code) in
        [(64, 2, 8, 64, SpikeCode::Radix), (16, 2, 8, 32, SpikeCode::Radix), (24, 1, 4, 16, SpikeCode::Unary)]
    {
        let options = Options { lanes, spikes, fire_lanes, fetch_width, code };
        check(&network, &options, &samples, &[Schedule::Random(3), Schedule::Priority(STAGES)]);
    }
}

#[test]
fn vit_small_and_every_adversarial_schedule() {
    let network = lower(&vit_small()).expect("lowers").network;
    let mut random = Random(5);
    let samples: Vec<Vec<i32>> =
        (0..2).map(|_| (0..784).map(|_| random.range(0, 255) as i32).collect()).collect();
    let options = Options { lanes: 16, ..Options::default() };
    check(&network, &options, &samples, &adversarial());
}

#[test]
fn review_encoder_masks() {
    let network = review_encoder();
    let mut samples = samples("examples/review_encoder/sample/ids.npy", 2);
    samples.push(vec![0; samples[0].len()]);
    let options = Options { lanes: 32, ..Options::default() };
    check(&network, &options, &samples, &[Schedule::Random(7)]);
}

fn options() -> impl Strategy<Value = Options> {
    (1usize..6, 1usize..4, 2u32..5, 0u32..3, any::<bool>()).prop_map(|(lanes, spikes, w, f, radix)| {
        let fire_lanes = 1 << w;
        Options {
            lanes: lanes * fire_lanes,
            spikes,
            fire_lanes,
            fetch_width: fire_lanes << f,
            code: if radix { SpikeCode::Radix } else { SpikeCode::Unary },
        }
    })
}

/// Schedules for a small network.
fn schedules(seed: u64) -> Vec<Schedule> {
    let all = adversarial();
    let mut list = vec![Schedule::Random(seed)];
    list.extend(
        (0..3).map(|n| all[(seed.wrapping_mul(31).wrapping_add(n * 17) % all.len() as u64) as usize].clone()),
    );
    list
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_transformers(seed in any::<u64>(), options in options()) {
        let mut random = Random(seed);
        let recipe = generator::Recipe::any(seed, &mut random);
        let network = generator::network(&recipe);
        let (model, _) = convert(&network, "random", "test", EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers");
        let samples: Vec<Vec<i32>> = (0..2).map(|_| generator::sample(&recipe, &mut random)).collect();
        match compile(&lowered.network, &options) {
            Ok(plan) => run(&plan, &lowered.network, &options, &samples, &schedules(seed)),
            Err(error) => {
                let table = lowered.network.topological().into_iter().any(|id| matches!(
                    &lowered.network.node(id).op,
                    Op::Neuron(n) if n.rule == snn2rtl::integer::Rule::Table
                ));
                prop_assert!(table, "{error:?}\n{}", lowered.network.text());
                prop_assert!(error.node.is_some() && error.fix.is_some());
            }
        }
    }

    #[test]
    fn random_perceptrons(
        seed in any::<u64>(),
        rows in 1usize..5,
        channels in 1usize..40,
        widths in prop::collection::vec(1usize..40, 0..5),
        classes in 1usize..20,
        odd in any::<bool>(),
        options in options(),
    ) {
        let weight = [1i64, 127, 3000, 100_000, 1 << 28][(seed % 5) as usize];
        let recipe = random::Recipe { seed, rows, channels, widths, classes, steps: 1, weight, tables: 0, odd };
        let network = random::network(&recipe);
        let mut random = Random(seed ^ 1);
        let Op::Input(input) = &network.node(network.topological()[0]).op else { panic!("an input first") };
        let samples: Vec<Vec<i32>> = (0..2).map(|_| random::sample(&mut random, input, 60)).collect();
        match compile(&network, &options) {
            Ok(plan) => run(&plan, &network, &options, &samples, &schedules(seed)),
            Err(error) => {
                prop_assert!(odd, "{error:?}\n{}", network.text());
                prop_assert!(error.node.is_some() && error.fix.is_some());
            }
        }
    }
}
