//! Random networks in exact arithmetic, as one-shot integers, through time, and in float64.

use num_traits::ToPrimitive;
use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::graph::Shape;
use snn2rtl::qann::{self, Network, Op};
use snn2rtl::quant::{Element, InputSpec, Quantiser, Rounding, Scaling, Weights};

use super::chain::{Chain, Values, assert_close};
use super::exact::{self, Exact, distance};
use super::generator::{network, recipe};
use super::random::Random;
use super::reference::decimal;

/// Raw samples: any, few elements not at the input's zero, the ends of the range only.
fn samples(network: &Network, seed: u64) -> Vec<Vec<i32>> {
    let random = &mut Random(seed ^ 0x5EED);
    let input = network.find("input").expect("an input");
    let Op::Input { shape, spec } = &network.node(input).op else { panic!("no input") };
    let (low, high) = spec.element.range();
    let any = |random: &mut Random| random.range(low.into(), high.into()) as i32;
    let sparse = |random: &mut Random| if random.chance(20) { any(random) } else { spec.zero_point() };
    let ends = |random: &mut Random| random.pick(&[low, high]);
    let kinds: [&dyn Fn(&mut Random) -> i32; 4] = [&any, &any, &sparse, &ends];
    kinds.iter().map(|kind| (0..shape.len()).map(|_| kind(random)).collect()).collect()
}

/// Levels of neurons only: a quantiser may turn out to be the input itself.
fn of_neurons(chain: &Chain, exact: &Exact) -> Values {
    let neurons = chain.neurons();
    let levels = exact.levels.iter().filter(|(name, _)| neurons.contains(&name.as_str()));
    Values {
        levels: levels.map(|(name, levels)| (name.clone(), levels.clone())).collect(),
        logits: exact.float_logits(),
    }
}

/// Checks that float64 differs only where it had to round at a boundary, in any quantiser. Returns whether it differs.
fn check_float(network: &Network, exact: &Exact, raw: &[i32]) -> bool {
    let float = qann::eval::evaluate(network, raw);
    for (id, found) in float.levels {
        let node = network.node(id);
        let Op::Quantise(quantiser) = &node.op else { panic!("levels of {:?}", node.name) };
        let right = &exact.levels[&node.name];
        let differ: Vec<usize> = (0..right.len()).filter(|&e| found[e] != right[e]).collect();
        for &e in &differ {
            let x = &exact.ratios[&node.name][e];
            let near = distance(quantiser.rounding, x).to_f64().expect("a number");
            assert!(near < 1e-9, "{} of {:?} is {near} from a boundary", x, node.name);
        }
        // What comes after reads something else.
        if !differ.is_empty() {
            return true;
        }
    }
    assert_close(&float.logits, &exact.float_logits(), "float64");
    false
}

/// Runs samples through a network in several encodings, and compares everything with exact arithmetic.
pub fn check(network: &Network, encodings: &[EncodingChoice], samples: &[Vec<i32>]) -> Vec<Chain> {
    let chain = |&encoding| Chain::of(network.clone(), "random", "test", encoding);
    let chains: Vec<Chain> = encodings.iter().map(chain).collect();
    for raw in samples {
        let exact = exact::evaluate(network, raw);
        for chain in &chains {
            let expected = of_neurons(chain, &exact);
            for verify in [false, true] {
                let (mut golden, outcome) = chain.golden_values(raw, verify);
                // A ReLU of neurons has neurons, but is no quantiser.
                golden.levels.retain(|name, _| !name.ends_with(".relu"));
                assert_eq!(golden.levels, expected.levels, "golden model");
                assert_close(&golden.logits, &expected.logits, "golden model");
                assert_eq!(outcome.class, exact.class());
            }
        }
        check_float(network, &exact, raw);
    }
    chains
}

/// Sums of decimals that are exactly at a boundary, where float64 may fall below it.
#[test]
fn float64_differs_only_at_ties() {
    let mut network = Network::new();
    let scaling = Scaling::Affine { scale: vec![decimal("0.7")], zero_point: 0 };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let mut add = |name: &str, op: Op| {
        let last = network.topological().last().copied();
        network.add(name, op, last.as_slice()).unwrap_or_else(|e| panic!("{e}"));
    };
    let ones = |inputs| Weights { inputs, outputs: 1, levels: vec![1; inputs], scale: vec![1.0] };
    add("input", Op::Input { shape: Shape(vec![3]), spec });
    add("sum", Op::Linear { weights: ones(3), bias: vec![] });
    add("act", Op::Quantise(Quantiser::uniform(1.0, 0, 15, Rounding::Floor)));
    add("head", Op::Linear { weights: ones(1), bias: vec![] });
    add("logits", Op::Output);
    let chain = Chain::of(network.clone(), "ties", "test", EncodingChoice::Analog);
    let mut differ = 0;
    for (a, b) in (0..=10).flat_map(|a| (0..=10 - a).map(move |b| (a, b))) {
        let raw = [a, b, 10 - a - b];
        let exact = exact::evaluate(&network, &raw);
        let expected = of_neurons(&chain, &exact);
        assert_eq!(expected.levels["act"], [7]);
        assert_eq!(chain.golden_values(&raw, true).0, expected);
        differ += usize::from(check_float(&network, &exact, &raw));
    }
    assert!(differ > 0, "float64 never differs here");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_networks_agree(recipe in recipe(), steps in 1u32..12) {
        let network = network(&recipe);
        let encodings = [EncodingChoice::Analog, EncodingChoice::Rate(Some(steps)), EncodingChoice::Rate(None)];
        let chains = check(&network, &encodings, &samples(&network, recipe.seed));
        // Writing to disk takes longer than all the rest.
        if recipe.seed % 16 == 0 {
            chains[1].round_trip();
        }
    }
}

/// A chain of operators on 3 rows of 2 elements.
fn rows(operators: &[(&str, Op)]) -> Network {
    let mut network = Network::new();
    let scaling = Scaling::Normalise { mean: vec![decimal("0.1307")], std: vec![decimal("0.3")] };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let mut last = network.add("input", Op::Input { shape: Shape(vec![3, 2]), spec }, &[]).expect("an input");
    for (name, op) in operators {
        last = network.add(*name, op.clone(), &[last]).unwrap_or_else(|e| panic!("{e}"));
    }
    network.add("logits", Op::Output, &[last]).expect("an output");
    network
}

fn head() -> Op {
    let weights = Weights { inputs: 2, outputs: 2, levels: vec![3, -1, -2, 5], scale: vec![0.37] };
    Op::Linear { weights, bias: vec![0.1, -0.2] }
}

fn act(low: i32) -> Op {
    Op::Quantise(Quantiser::uniform(0.23, low, 15, Rounding::HalfUp))
}

/// A third is no float: the mean must be part of the layer's exact scale.
#[test]
fn means_of_three_rows_are_exact() {
    let networks = [
        rows(&[("mean", Op::Mean), ("head", head())]),
        rows(&[("fc", head()), ("act", act(-8)), ("mean", Op::Mean), ("head", head())]),
        rows(&[("fc", head()), ("act", act(-8)), ("mean", Op::Mean), ("again", act(-8)), ("head", head())]),
        rows(&[
            ("fc", head()),
            ("act", act(-8)),
            ("relu", Op::Relu),
            ("mean", Op::Mean),
            ("again", act(0)),
            ("head", head()),
        ]),
        rows(&[
            ("fc", head()),
            ("act", act(-8)),
            ("mean", Op::Mean),
            ("relu", Op::Relu),
            ("again", act(-8)),
            ("head", head()),
        ]),
    ];
    let encodings = [EncodingChoice::Analog, EncodingChoice::Rate(Some(4))];
    for (seed, network) in networks.iter().enumerate() {
        let samples: Vec<Vec<i32>> = (0..8).flat_map(|n| samples(network, 100 * n + seed as u64)).collect();
        check(network, &encodings, &samples);
    }
}

#[test]
fn means_that_spikes_cannot_carry() {
    let slice = Op::Slice { axis: 1, first: 0, count: 1 };
    let third = Op::Scale(1.0 / 3.0);
    let mut others = Vec::new();
    for (operators, node, problem) in [
        (vec![("fc", head()), ("mean", Op::Mean), ("head", head())], "mean", "no quantiser"),
        (
            vec![("act", act(-8)), ("mean", Op::Mean), ("relu", Op::Relu), ("head", head())],
            "head",
            "no quantiser",
        ),
        (
            vec![("act", act(-8)), ("mean", Op::Mean), ("slice", slice)],
            "slice",
            "neither a layer nor a quantiser",
        ),
        (
            vec![("act", act(-8)), ("third", third), ("mean", Op::Mean), ("head", head())],
            "mean",
            "multiplication",
        ),
    ] {
        let error = convert(&rows(&operators), "means", "test", EncodingChoice::Analog).expect_err(problem);
        if error.node.as_deref() != Some(node) || !error.problem.contains(problem) {
            others.push(format!("{problem}: {error}"));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}
