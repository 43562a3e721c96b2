//! The stepped golden model against one-pass evaluation, and against a naive stepper that knows nothing but the tracker
//! `spike = clamp(Q(A) − S, −1, +1)`.

use crate::random;
use std::cmp::Reverse;
use std::sync::Arc;

use crate::naive::{Trace, naive};
use crate::random::{Random, Recipe};
use proptest::prelude::*;
use snn2rtl::golden::{Confidence, Golden, Limits, Unobserved, correct_per_step};
use snn2rtl::integer::cost::operations;
use snn2rtl::integer::eval::evaluate;
use snn2rtl::integer::{Network, Neuron, NonMonotone, Op, Range, Readout, Rule};

fn recipe() -> impl Strategy<Value = Recipe> {
    let weight = prop::sample::select(vec![1i64, 7, 127, 128, 3000, 40_000, 100_000, 1 << 28]);
    let widths = prop::collection::vec(1usize..40, 0..5);
    (any::<u64>(), 1usize..5, 1usize..40, widths, 1usize..20, 1u32..4, weight, 0i64..100, any::<bool>())
        .prop_map(|(seed, rows, channels, widths, classes, steps, weight, tables, odd)| Recipe {
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

const CLASSES: Limits = Limits { t_max: None, confidence: None, class_per_step: true };

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn at_quiescence_every_neuron_and_logit_is_that_of_one_shot_evaluation(
        recipe in recipe(), percent in 0i64..100,
    ) {
        let network = random::network(&recipe);
        let golden = Golden::new(&network).expect("compiles");
        let checked = Golden::checked(&network).expect("compiles");
        let (mut state, mut wide) = (golden.state(), checked.state());
        let mut random = Random(recipe.seed ^ 1);
        // Several samples through one state: nothing of the last one may remain.
        for _ in 0..3 {
            let raw = random::sample(&mut random, golden.input(), percent);
            let outcome = golden.run(&mut state, &raw, &CLASSES, &mut Unobserved);
            let expected = evaluate(&network, &raw);
            prop_assert!(outcome.quiescent);
            prop_assert_eq!(&outcome.totals, &expected.totals);
            prop_assert_eq!(&outcome.values, &expected.values);
            prop_assert_eq!(outcome.class, expected.class());
            prop_assert_eq!(outcome.class_per_step.last(), Some(&outcome.class));
            let nodes: Vec<_> = golden.layers().iter().map(|l| l.node).collect();
            let levels: Vec<_> = nodes.into_iter().zip(outcome.levels.iter().cloned()).collect();
            prop_assert_eq!(levels, expected.levels);
            let checked = checked.run(&mut wide, &raw, &CLASSES, &mut Unobserved);
            prop_assert_eq!(&outcome, &checked);
            let bounds = operations(&network);
            prop_assert!(u64::from(outcome.time_steps) <= bounds.time_steps);
            prop_assert!(outcome.sops <= bounds.sops * u64::from(outcome.time_steps));
            prop_assert!(outcome.input_macs <= bounds.input_macs);
        }
    }

    #[test]
    fn every_step_is_that_of_the_naive_tracker(recipe in recipe(), percent in 0i64..100, t_max in 0u32..30) {
        let network = random::network(&recipe);
        let golden = Golden::new(&network).expect("compiles");
        let raw = random::sample(&mut Random(recipe.seed ^ 2), golden.input(), percent);
        let t_max = if t_max == 29 { u32::MAX } else { t_max };
        let expected = naive(&network, &raw, t_max);
        let mut trace = Trace::default();
        let limits = Limits { t_max: Some(t_max), ..CLASSES };
        let outcome = golden.run(&mut golden.state(), &raw, &limits, &mut trace);
        prop_assert_eq!(&trace.spikes, &expected.spikes);
        prop_assert_eq!(&trace.logits, &expected.logits);
        prop_assert_eq!(outcome.time_steps as usize, expected.logits.len());
        prop_assert_eq!(outcome.class_per_step.len(), expected.logits.len());
        prop_assert_eq!(outcome.quiescent, expected.quiescent);
        prop_assert_eq!(&outcome.final_step, &expected.final_step);
        prop_assert_eq!(&outcome.additions, &expected.additions);
        prop_assert_eq!(outcome.sops, outcome.additions.iter().sum::<u64>());
        prop_assert_eq!(outcome.input_macs, expected.input_macs);
        let counts: Vec<u64> = (0..golden.layers().len())
            .map(|l| expected.spikes.iter().map(|s| s[l].iter().filter(|s| **s != 0).count() as u64).sum())
            .collect();
        prop_assert_eq!(&outcome.spikes, &counts);
        if let Some(last) = trace.tracers.last() {
            prop_assert_eq!(&outcome.levels, last);
        }
        // Looking changes nothing.
        let unseen = golden.run(&mut golden.state(), &raw, &limits, &mut Unobserved);
        prop_assert_eq!(&outcome, &unseen);
        // A chain is quiescent when its last layer is.
        if outcome.quiescent {
            let steps = golden.input().steps;
            prop_assert_eq!(outcome.final_step.iter().copied().max().unwrap_or(steps), outcome.time_steps);
            if !recipe.odd && !recipe.widths.is_empty() {
                prop_assert_eq!(outcome.final_step.last(), Some(&outcome.time_steps));
                prop_assert!(outcome.final_step.is_sorted());
            }
        }
    }
}

/// The time-step after which the confidence rule holds, from the readout's inputs after each.
fn stop(readout: &Readout, logits: &[Vec<i64>], rule: Confidence) -> Option<usize> {
    let (mut begun, mut before, mut held) = (false, None, 0);
    logits.iter().position(|totals| {
        begun |= totals.iter().any(|a| *a != 0);
        let mut values: Vec<(i128, Reverse<usize>)> = (0..totals.len())
            .map(|c| {
                let (multiplier, offset) =
                    (readout.multiplier[c % readout.channels], readout.offset[c % readout.channels]);
                (i128::from(multiplier) * i128::from(totals[c]) + offset, Reverse(c))
            })
            .collect();
        values.sort();
        let (best, Reverse(class)) = values.pop().expect("a class");
        let clear = values.last().is_none_or(|(second, _)| best - second >= i128::from(rule.margin));
        held = if begun && clear { if before == Some(class) { held + 1 } else { 1 } } else { 0 };
        before = begun.then_some(class);
        begun && held >= rule.steps
    })
}

proptest! {
    #[test]
    fn confidence_stops_at_the_first_step_at_which_the_margin_has_held(
        recipe in recipe(), percent in 0i64..100, bits in 0u32..24, steps in 1u16..5,
    ) {
        let network = random::network(&recipe);
        let golden = Golden::new(&network).expect("compiles");
        let raw = random::sample(&mut Random(recipe.seed ^ 3), golden.input(), percent);
        let rule = Confidence { margin: (1 << bits) - 1, steps };
        let readout = network.topological().into_iter().find_map(|id| match &network.node(id).op {
            Op::Readout(readout) => Some(readout.clone()),
            _ => None,
        });
        let mut whole = Trace::default();
        let settled = golden.run(&mut golden.state(), &raw, &CLASSES, &mut whole);
        let limits = Limits { confidence: Some(rule), ..CLASSES };
        let mut trace = Trace::default();
        let outcome = golden.run(&mut golden.state(), &raw, &limits, &mut trace);
        let all = whole.logits.len();
        // In the time-step of quiescence, that is what has stopped it.
        let end = stop(&readout.expect("a readout"), &whole.logits, rule).filter(|end| end + 1 < all);
        prop_assert_eq!(outcome.confident, end.is_some());
        prop_assert_eq!(outcome.quiescent, end.is_none());
        let end = end.map_or(all, |end| end + 1);
        prop_assert_eq!(outcome.time_steps as usize, end);
        prop_assert_eq!(&trace.spikes, &whole.spikes[..end]);
        prop_assert_eq!(&trace.logits, &whole.logits[..end]);
        prop_assert_eq!(&outcome.class_per_step, &settled.class_per_step[..end]);
    }
}

fn mlp(seed: u64, rows: usize) -> Network {
    random::network(&Recipe {
        seed,
        rows,
        channels: 24,
        widths: vec![32, 17],
        classes: 10,
        steps: 1,
        weight: 127,
        tables: 0,
        odd: false,
    })
}

#[test]
fn outcomes_and_traces_do_not_depend_on_the_number_of_threads() {
    let network = mlp(5, 3);
    let golden = Golden::new(&network).expect("compiles");
    let sample = |index: usize, raw: &mut Vec<i32>| {
        *raw = random::sample(&mut Random(index as u64), golden.input(), 30);
    };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            let largest = std::sync::atomic::AtomicUsize::new(0);
            let progress = |n: usize| {
                largest.fetch_max(n, std::sync::atomic::Ordering::Relaxed);
            };
            let all = golden.run_all(150, sample, &CLASSES, progress);
            assert_eq!(largest.into_inner(), 150);
            let mut streamed = Vec::new();
            golden
                .stream(
                    150,
                    sample,
                    &CLASSES,
                    |_| Trace::default(),
                    |index, outcome, trace| {
                        assert_eq!(index, streamed.len());
                        streamed.push((outcome, trace));
                        Ok(())
                    },
                )
                .expect("nothing fails");
            (all, streamed)
        })
    };
    let (all, streamed) = run(1);
    assert!(all.iter().zip(&streamed).all(|(a, (b, _))| a == b));
    for threads in [2, 3, 8] {
        let (other, other_streamed) = run(threads);
        assert_eq!(all, other);
        assert!(streamed == other_streamed);
    }
    let labels: Vec<i64> = all.iter().map(|o| o.class as i64).collect();
    let correct = correct_per_step(&all, &labels);
    assert_eq!(correct.last(), Some(&150));
}

#[test]
fn the_stream_stops_at_the_first_error() {
    let network = mlp(6, 1);
    let golden = Golden::new(&network).expect("compiles");
    let mut seen = 0;
    let result = golden.stream(
        100,
        |_, raw| raw.resize(24, golden.input().zero_point),
        &Limits::default(),
        |_| Unobserved,
        |index, _, _| {
            seen += 1;
            if index == 7 { Err(snn2rtl::error::Error::input("full")) } else { Ok(()) }
        },
    );
    assert!(result.is_err());
    assert_eq!(seen, 8);
}

#[test]
fn without_neurons_a_run_lasts_as_long_as_its_input() {
    let mut recipe = Recipe {
        seed: 3,
        rows: 2,
        channels: 5,
        widths: vec![],
        classes: 4,
        steps: 3,
        weight: 9,
        tables: 0,
        odd: false,
    };
    for steps in [1, 3] {
        recipe.steps = steps;
        let network = random::network(&recipe);
        let golden = Golden::new(&network).expect("compiles");
        let raw = random::sample(&mut Random(1), golden.input(), 100);
        let outcome = golden.run(&mut golden.state(), &raw, &Limits::default(), &mut Unobserved);
        assert!(outcome.quiescent);
        assert_eq!(outcome.time_steps, steps);
        assert_eq!(outcome.totals, evaluate(&network, &raw).totals);
    }
}

#[test]
fn of_equal_logits_the_first_is_the_class() {
    let mut network = mlp(8, 1);
    let id = network.find("logits").expect("the readout");
    if let Op::Readout(readout) = &mut network.node_mut(id).op {
        readout.multiplier = vec![0; 10];
        readout.offset = vec![1, 5, 5, 0, 5, 1, 2, 3, 4, 5];
    }
    let golden = Golden::new(&network).expect("compiles");
    let raw = random::sample(&mut Random(1), golden.input(), 50);
    let outcome = golden.run(&mut golden.state(), &raw, &CLASSES, &mut Unobserved);
    assert_eq!(outcome.class, 1);
    assert_eq!(evaluate(&network, &raw).class(), 1);
    assert!(outcome.class_per_step.iter().all(|&c| c == 1));
}

#[test]
fn networks_that_cannot_be_stepped_are_refused() {
    let mut network = mlp(9, 1);
    let (head, id) = (network.find("head").expect("a layer"), network.find("linear0").expect("a layer"));
    let mut second = network.node(head).op.clone();
    if let Op::Linear(linear) = &mut second {
        (linear.inputs, linear.outputs, linear.weights) = (32, 1, vec![1; 32].into());
    }
    network.add("second", second, &[id]).expect("fits");
    let error = Golden::new(&network).expect_err("two synaptic layers in a row");
    assert_eq!(error.node.as_deref(), Some("second"));

    let mut network = mlp(9, 1);
    if let Op::Linear(linear) = &mut network.node_mut(id).op {
        Arc::make_mut(&mut linear.weights)[3] = 1000;
    }
    assert!(Golden::new(&network).expect_err("a weight out of range").problem.contains("weight"));
    assert!(Golden::new(&Network::new()).is_err());
}

#[test]
#[should_panic(expected = "outside")]
fn a_checked_model_finds_a_range_that_is_too_narrow() {
    let mut network = mlp(10, 1);
    let id = network.find("linear1").expect("a layer");
    if let Op::Linear(linear) = &mut network.node_mut(id).op {
        linear.total = snn2rtl::integer::Range::new(0, 0);
    }
    let golden = Golden::checked(&network).expect("compiles");
    for seed in 0..20 {
        let raw = random::sample(&mut Random(seed), golden.input(), 100);
        golden.run(&mut golden.state(), &raw, &Limits::default(), &mut Unobserved);
    }
}

/// A path with many spikes in one row, all of the same extreme weight, so that sums pass every narrower type.
#[test]
fn many_spikes_of_extreme_weight_add_up() {
    use snn2rtl::graph::Shape;
    use snn2rtl::integer::{Input, Linear, Readout};
    use snn2rtl::quant::Element;
    const WIDE: usize = 700;
    for extremes in [[-128i64, 127, -128], [-32768, 32767, 5], [1 << 31, -(1 << 31), 3]] {
        let mut network = Network::new();
        let one = Range::new(-1, 255);
        let input =
            Input { shape: Shape::matrix(1, 1), element: Element::U8, zero_point: 1, range: one, steps: 1 };
        let last = network.add("input", Op::Input(input), &[]).expect("an input");
        let fan_out = Linear {
            inputs: 1,
            outputs: WIDE,
            weights: vec![1; WIDE].into(),
            weight: Range::new(1, 1),
            delta: one,
            partial: one,
            total: one,
            window: None,
        };
        let last = network.add("fan out", Op::Linear(fan_out), &[last]).expect("fits");
        let neuron = Neuron {
            low: -1,
            high: 1,
            thresholds: [0, 1].repeat(WIDE),
            non_monotone: None,
            rule: Rule::Affine { fraction: 0, theta: vec![1; WIDE], start: vec![0; WIDE] },
            total: one,
            membrane: Range::new(-2, 256),
        };
        let last = network.add("neuron", Op::Neuron(neuron), &[last]).expect("fits");
        let sums = extremes.iter().fold(Range::new(0, 0), |r, &w| {
            let sum = WIDE as i64 * w.abs();
            r.union(Range::new(-sum, sum))
        });
        let weight = extremes.iter().fold(Range::new(0, 0), |r, &w| r.union(Range::new(w, w)));
        let fan_in = Linear {
            inputs: WIDE,
            outputs: 3,
            weights: extremes.repeat(WIDE).into(),
            weight,
            delta: sums,
            partial: sums,
            total: sums,
            window: None,
        };
        let last = network.add("fan in", Op::Linear(fan_in), &[last]).expect("fits");
        let readout =
            Readout { channels: 3, multiplier: vec![1; 3], offset: vec![0; 3], total: sums, value_width: 64 };
        network.add("logits", Op::Readout(readout), &[last]).expect("fits");
        for raw in [0, 1, 2, 255] {
            let expected = evaluate(&network, &[raw]);
            for golden in [Golden::new(&network), Golden::checked(&network)] {
                let golden = golden.expect("compiles");
                let outcome = golden.run(&mut golden.state(), &[raw], &CLASSES, &mut Unobserved);
                assert_eq!(outcome.totals, expected.totals, "{extremes:?} {raw}");
            }
        }
    }
}

/// Levels that are reached, left and reached again are those of the function that they were made of, at every sum.
#[test]
fn non_monotone_tables_are_the_functions_they_were_made_of() {
    let mut random = Random(29);
    for _ in 0..300 {
        let (low, high) = random.pick(&[(0, 1), (-1, 0), (0, 15), (-8, 7), (-2, 3)]);
        let total = Range::new(random.range(-60, 0), random.range(0, 60));
        let all: Vec<_> = (0..3).map(|_| random::pieces(&mut random, (low, high), total)).collect();
        let (thresholds, non_monotone) = random::non_monotone_tables(&all, (low, high), total);
        let mut neuron = Neuron {
            low,
            high,
            thresholds,
            non_monotone: Some(non_monotone),
            rule: Rule::Table,
            total,
            membrane: total,
        };
        assert_eq!(neuron.check(3), Ok(()));
        for (c, pieces) in all.iter().enumerate() {
            for a in total.low..=total.high {
                assert_eq!(neuron.level(c, a), random::level_of(pieces, a), "{pieces:?} at {a}");
            }
        }
        // A level without the one below it.
        if high - low > 1 {
            neuron.non_monotone = Some(NonMonotone { crossings: 1, base: vec![low; 3] });
            neuron.thresholds = (low..high).rev().map(|k| i64::from(k - low)).collect::<Vec<_>>().repeat(3);
            neuron.total = Range::new(-60, 60);
            assert!(neuron.check(3).is_err());
        }
    }
}
