//! The settled golden model: levels against one-pass evaluation, every spike and membrane against a naive tracker that
//! knows nothing but `spike = clamp((Q(A) − S)/w, −1, +1)`, rounded towards 0.

use crate::common;
use crate::equalities::generator as perceptron;
use crate::generator;
use crate::random::{self, Random};
use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data;
use snn2rtl::golden::{Membranes, Observer, Readers, Settled, SettledOutcome, SpikeCode, Unobserved};
use snn2rtl::graph::NodeId;
use snn2rtl::integer::eval::{Evaluation, evaluate};
use snn2rtl::integer::{Form, Network, Op, Rule};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, Rounding};
use snn2rtl::snn::Model;
use std::collections::BTreeMap;

/// Everything an observer sees: for each layer, spikes, membranes and tracers of each local time-step.
#[derive(Default)]
struct Trace {
    spikes: Vec<Vec<Vec<i8>>>,
    membranes: Vec<Vec<(Vec<i64>, Vec<i32>)>>,
    logits: Vec<Vec<i64>>,
}

impl Observer for Trace {
    fn spikes(&mut self, layer: usize, step: u32, spikes: &[i8]) {
        self.spikes.resize(self.spikes.len().max(layer + 1), Vec::new());
        self.spikes[layer].push(spikes.to_vec());
        assert_eq!(self.spikes[layer].len(), step as usize, "steps count from 1, without a gap");
    }

    fn membranes(&mut self, layer: usize, _: u32, membranes: Membranes<'_>) {
        self.membranes.resize(self.membranes.len().max(layer + 1), Vec::new());
        self.membranes[layer].push((membranes.to_vec(), membranes.tracers.to_vec()));
    }

    fn logits(&mut self, _: u32, totals: &[i64]) {
        self.logits.push(totals.to_vec());
    }
}

fn levels_of(op: &Op) -> (i32, i32) {
    match op {
        Op::Neuron(n) => (n.low, n.high),
        Op::LayerNorm(n) => (n.low, n.high),
        Op::Softmax(n) => (n.low, n.high),
        Op::Input(_)
        | Op::Linear(_)
        | Op::Arrange(_)
        | Op::Select(_)
        | Op::Embedding(_)
        | Op::Sum(_)
        | Op::Product(_)
        | Op::MaxPool(_)
        | Op::Lif(_)
        | Op::Readout(_) => panic!("not such neurons"),
    }
}

/// What each local time-step of a layer must be, given the levels where it ends.
fn check_layer(
    network: &Network,
    outcome: &(SettledOutcome, SpikeCode),
    trace: &Trace,
    layer: usize,
    expected: &Evaluation,
) {
    let (node, levels) = &expected.levels[layer];
    let op = &network.node(*node).op;
    let (low, high) = levels_of(op);
    let most = low.unsigned_abs().max(high.unsigned_abs());
    let code = outcome.1;
    let worths: Vec<i32> = match code {
        SpikeCode::Unary => vec![1; most as usize],
        SpikeCode::Radix => (0..32 - most.leading_zeros()).rev().map(|bit| 1 << bit).collect(),
    };
    let empty = Vec::new();
    let steps = trace.spikes.get(layer).unwrap_or(&empty);
    let mut tracers = vec![0i32; levels.len()];
    let mut count = 0u64;
    for (j, spikes) in steps.iter().enumerate() {
        for ((s, q), spike) in tracers.iter_mut().zip(levels).zip(spikes) {
            let due = ((q - *s) / worths[j]).clamp(-1, 1);
            assert_eq!(i32::from(*spike), due, "layer {layer}, local step {j}");
            *s += due * worths[j];
            count += u64::from(due != 0);
        }
        let (membranes, seen) = &trace.membranes[layer][j];
        assert_eq!(*seen, tracers);
        if let Op::Neuron(neuron) = op
            && let Rule::Affine { fraction, theta, start } = &neuron.rule
        {
            // V = v0 + 2^F·A − θ·S: what is left of the threshold at the end says that the level is right.
            let channels = theta.len();
            for (e, (v, s)) in membranes.iter().zip(&tracers).enumerate() {
                let c = e % channels;
                let a = v + theta[c] * i64::from(*s) - start[c];
                assert_eq!(a & ((1 << fraction) - 1), 0, "a whole A");
                if j + 1 == steps.len() {
                    assert!(*v < theta[c] || *s == high, "membrane {v} below θ");
                    assert!(*v >= 0 || *s == low, "membrane {v} not below 0");
                }
            }
        }
    }
    assert_eq!(tracers, *levels, "layer {layer} ends at its levels");
    assert_eq!(outcome.0.spikes[layer], count, "spikes of layer {layer}");
    assert_eq!(outcome.0.local_steps[layer] as usize, steps.len(), "local time-steps of layer {layer}");
    let quiet = steps.last().is_none_or(|last| last.iter().all(|&s| s == 0));
    let whole = steps.len() == worths.len();
    assert!(quiet || whole, "layer {layer} stops when it is quiescent or cannot go on");
}

/// One sample, with and without an observer, against one-pass evaluation.
fn check(network: &Network, raw: &[i32]) {
    let expected = evaluate(network, raw);
    for code in SpikeCode::ALL {
        let settled = Settled::new(network, code).expect("compiles");
        let mut state = settled.state();
        let mut trace = Trace::default();
        let outcome = settled.run(&mut state, raw, &mut trace);
        assert_eq!(settled.run(&mut state, raw, &mut Unobserved), outcome, "observers change nothing");
        let nodes: Vec<_> = settled.layers().iter().map(|l| l.node).collect();
        let levels: Vec<_> = nodes.into_iter().zip(outcome.levels.iter().cloned()).collect();
        assert_eq!(levels, expected.levels, "{code}");
        assert_eq!(outcome.values, expected.values);
        assert_eq!(outcome.totals, expected.totals);
        assert_eq!(outcome.class, expected.class());
        assert_eq!(trace.logits, std::slice::from_ref(&expected.totals));
        for layer in 0..expected.levels.len() {
            check_layer(network, &(outcome.clone(), code), &trace, layer, &expected);
        }
    }
}

fn recipe() -> impl Strategy<Value = random::Recipe> {
    let weight = prop::sample::select(vec![1i64, 127, 3000, 100_000, 1 << 28]);
    let widths = prop::collection::vec(1usize..40, 0..5);
    (any::<u64>(), 1usize..5, 1usize..40, widths, 1usize..20, 1u32..4, weight, 0i64..100, any::<bool>())
        .prop_map(|(seed, rows, channels, widths, classes, steps, weight, tables, odd)| random::Recipe {
            seed,
            rows,
            channels,
            widths,
            classes,
            steps,
            weight,
            tables,
            odd,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn perceptrons_settle_at_the_levels_of_one_shot_evaluation(recipe in recipe(), percent in 0i64..100) {
        let network = random::network(&recipe);
        let mut random = Random(recipe.seed ^ 1);
        let Op::Input(input) = &network.node(network.topological()[0]).op else { panic!("an input first") };
        for _ in 0..2 {
            check(&network, &random::sample(&mut random, input, percent));
        }
    }

    #[test]
    fn transformers_settle_at_the_levels_of_one_shot_evaluation(seed in any::<u64>()) {
        let mut random = Random(seed);
        let recipe = generator::Recipe::any(seed, &mut random);
        let network = generator::network(&recipe);
        let (model, _) = convert(&network, "random", "test", EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers");
        for _ in 0..2 {
            check(&lowered.network, &generator::sample(&recipe, &mut random));
        }
    }
}

/// Every number of levels from 2 to 256, signed and unsigned, one beside the other in a network, with affine and with
/// table thresholds.
#[test]
fn every_number_of_levels() {
    for count in 2..=256i32 {
        let (unsigned, signed) = ((0, count - 1), (-(count / 2), count - 1 - count / 2));
        for tables in [0, 100] {
            let network = random::chain(count as u64, &[unsigned, signed, (-1, 2), unsigned], tables);
            let mut random = Random(count as u64);
            let raw: Vec<i32> = (0..12).map(|_| random.range(0, 255) as i32).collect();
            check(&network, &raw);
        }
    }
}

/// Perceptrons as they are imported, every number of levels from 2 to 256, signed and unsigned in one network, with both
/// roundings to nearest. Round scales and values put sums on boundaries, where the rounding decides.
#[test]
fn every_number_of_levels_with_both_roundings() {
    let layer = |(low, high): (i32, i32), rounding, per_channel| perceptron::Layer {
        width: 3,
        per_channel,
        bias: true,
        relu: false,
        before: Vec::new(),
        levels: perceptron::Levels { low, high, rounding, per_channel },
        rectify: false,
        again: None,
        after: Vec::new(),
    };
    let mut affine = [false; 2];
    for count in 2..=256i32 {
        let (unsigned, signed) = ((0, count - 1), (-(count / 2), count - 1 - count / 2));
        for rounding in [Rounding::HalfUp, Rounding::HalfEven] {
            let layers = [unsigned, signed, (-1, 2), unsigned];
            let recipe = perceptron::Recipe {
                seed: count as u64,
                rows: 1,
                channels: 4,
                input: perceptron::Input {
                    element: Element::U8,
                    normalise: false,
                    axis: None,
                    zero_point: 128,
                },
                first: None,
                layers: layers.map(|levels| layer(levels, rounding, count % 3 == 0)).into(),
                classes: 2,
                last: None,
                round: count % 2 == 0,
            };
            let lowered = converted(&perceptron::network(&recipe));
            for id in lowered.topological() {
                if let Op::Neuron(neuron) = &lowered.node(id).op {
                    affine[usize::from(matches!(neuron.rule, Rule::Affine { .. }))] = true;
                }
            }
            let mut random = Random(count as u64);
            let raw: Vec<i32> = (0..4).map(|_| random.range(0, 255) as i32).collect();
            check(&lowered, &raw);
        }
    }
    assert_eq!(affine, [true; 2], "both rules occur");
}

/// The integer network of an imported one.
fn converted(network: &snn2rtl::qann::Network) -> Network {
    let (model, _) = convert(network, "random", "test", EncodingChoice::Analog).expect("converts");
    lower(&model).expect("lowers").network
}

/// Transformers whose quantisers all differ in levels and rounding, with every function between the layers of the
/// perceptron: words with padding, and patches.
#[test]
fn transformers_of_mixed_levels_with_every_function() {
    let mut non_monotone = 0;
    for (n, function) in generator::functions().into_iter().enumerate() {
        for seed in 0..8 {
            let mut random = Random(100 * n as u64 + seed);
            let words = seed % 2 == 0;
            let any = generator::Recipe::any(seed, &mut random);
            let recipe = generator::Recipe {
                seed: random.next(),
                mixed: true,
                words,
                mask: words,
                function: function.clone(),
                ..any
            };
            let network = converted(&generator::network(&recipe));
            for id in network.topological() {
                let Op::Neuron(neuron) = &network.node(id).op else { continue };
                non_monotone += usize::from(neuron.non_monotone.is_some());
            }
            for _ in 0..3 {
                check(&network, &generator::sample(&recipe, &mut random));
            }
        }
    }
    assert!(non_monotone > 20, "{non_monotone} layers with a function that falls");
}

/// Samples of a file, `limit` at most.
fn samples(location: &str, limit: usize) -> Vec<Vec<i32>> {
    let path = common::repository(location).display().to_string();
    let (shape, values) = data::read_integers(&path).expect("samples");
    let size = shape.0[1..].iter().product();
    values.chunks(size).take(limit).map(|s| s.iter().map(|&q| q as i32).collect()).collect()
}

fn check_all(model: &Model, samples: &[Vec<i32>]) {
    let network = lower(model).expect("lowers").network;
    samples.iter().for_each(|raw| check(&network, raw));
}

#[test]
fn trained_perceptron() {
    let inputs = samples("examples/mnist_mlp/sample/images.npy", 40);
    check_all(&common::mnist_mlp(EncodingChoice::Analog), &inputs);
    // The whole input is there at once, so how it would have been spread over time-steps does not matter.
    check_all(&common::mnist_mlp(EncodingChoice::Rate(Some(7))), &inputs);
}

#[test]
fn trained_vision_transformers() {
    let inputs = samples("tests/fixtures/vit_small/vit_small_reference.npz:inputs", 16);
    check_all(&common::vit_small(), &inputs);
    check_all(&common::mnist_vit(), &samples("examples/mnist_vit/sample/images.npy", 8));
}

#[test]
fn trained_text_encoder_with_padding() {
    let mut sentences = samples("examples/review_encoder/sample/ids.npy", 8);
    let padded = sentences.iter().filter(|ids| ids.contains(&0)).count();
    assert!(padded > 0 && padded < 200, "{padded} sentences with padding");
    // Nothing but padding: nothing is attended to.
    sentences.push(vec![0; sentences[0].len()]);
    check_all(&common::review_encoder(), &sentences);
}

/// Additions neuron by neuron.
pub fn additions_by_hand(network: &Network, code: SpikeCode, outcome: &SettledOutcome) -> Vec<u64> {
    let mut additions = vec![0; outcome.levels.len()];
    // Of each node, the neuron that each element is: layer and index.
    let mut origins: BTreeMap<NodeId, Vec<(usize, usize)>> = BTreeMap::new();
    let mut layers = 0;
    for id in network.topological() {
        let (node, inputs) = (network.node(id), network.inputs(id));
        let fan_out = match &node.op {
            Op::Neuron(_) | Op::Lif(_) | Op::LayerNorm(_) | Op::Softmax(_) => {
                origins.insert(id, (0..node.shape.len()).map(|e| (layers, e)).collect());
                layers += 1;
                continue;
            }
            Op::Select(_) if !origins.contains_key(&inputs[0]) => continue,
            Op::Select(select) => {
                let rows = origins[&inputs[0]].chunks(node.shape.channels()).skip(select.first);
                let taken = rows.take(node.shape.rows()).flatten().copied().collect();
                origins.insert(id, taken);
                continue;
            }
            Op::Linear(linear) if let Some(window) = &linear.window => {
                // A spike meets the weights of its group at each output pixel that sees it.
                let own = (linear.outputs / window.groups) as u64;
                for pixel in 0..window.pixels() {
                    for row in (0..window.taps()).filter_map(|tap| crate::naive::seen(window, pixel, tap)) {
                        let neurons =
                            &origins.get(&inputs[0]).map_or(&[][..], |all| &all[row * window.channels..]);
                        for (layer, e) in neurons.iter().take(window.channels) {
                            let spikes = code.spikes(outcome.levels[*layer][*e]);
                            additions[*layer] += u64::from(spikes) * own;
                        }
                    }
                }
                continue;
            }
            Op::Linear(linear) => linear.outputs as u64,
            // Each element of the left operand meets its head's share of the outputs of its row.
            Op::Product(product) if product.form == Form::Gate => 1,
            Op::Product(product) => (node.shape.channels() / product.heads) as u64,
            Op::Sum(_) => 1,
            Op::Input(_) | Op::Arrange(_) | Op::Embedding(_) | Op::MaxPool(_) | Op::Readout(_) => continue,
        };
        let spiking = if matches!(node.op, Op::Product(_)) { 1 } else { inputs.len() };
        for (layer, e) in inputs[..spiking].iter().filter_map(|i| origins.get(i)).flatten() {
            additions[*layer] += u64::from(code.spikes(outcome.levels[*layer][*e])) * fan_out;
        }
    }
    additions
}

/// Additions are counted from levels alone, for whole layers and for rows of them.
#[test]
fn additions_follow_from_levels() {
    let network = lower(&common::mnist_vit()).expect("lowers").network;
    let readers = Readers::new(&network);
    for code in SpikeCode::ALL {
        let settled = Settled::new(&network, code).expect("compiles");
        let mut state = settled.state();
        for raw in samples("examples/mnist_vit/sample/images.npy", 2) {
            let outcome = settled.run(&mut state, &raw, &mut Unobserved);
            assert_eq!(readers.additions(code, &outcome.levels), outcome.additions);
            assert_eq!(outcome.additions, additions_by_hand(&network, code, &outcome));
            let (additions, spikes) = (outcome.additions.last(), outcome.spikes.last());
            assert!(additions < spikes.map(|n| 5 * n).as_ref(), "the head reads the class token alone");
        }
    }
}
