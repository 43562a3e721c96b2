//! The settled golden model: levels against one-pass evaluation, every spike and membrane against a naive tracker that
//! knows nothing but `spike = clamp((Q(A) − S)/w, −1, +1)`, rounded towards 0.

use crate::generator;
use crate::random::{self, Random};
use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::golden::{Membranes, Observer, Settled, SettledOutcome, SpikeCode, Unobserved};
use snn2rtl::integer::eval::{Evaluation, evaluate};
use snn2rtl::integer::{Network, Op, Rule};
use snn2rtl::lower::lower;

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
        | Op::Readout(_) => panic!("not neurons"),
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
