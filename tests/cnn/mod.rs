//! Convolutional networks: the golden model in both schedules against one-pass evaluation, a naive stepper, and float64; files
//! of other people's tools against the levels that those tools compute.

#![allow(clippy::unwrap_used)]

pub mod generator;

use std::collections::BTreeMap;

use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::golden::{Golden, Limits, Observer, Settled, SpikeCode};
use snn2rtl::integer::Op;
use snn2rtl::lower::{Lowered, lower};
use snn2rtl::snn::file::{load, save};
use snn2rtl::{integer, qann, snn};

use crate::naive::{Trace, naive};
use crate::random::Random;
use generator::{Recipe, network, sample};

/// Has every local time-step carried out.
struct Watching;

impl Observer for Watching {}

fn recipe() -> impl Strategy<Value = Recipe> {
    let levels =
        prop_oneof![Just(vec![(0, 15)]), Just(vec![(-8, 7), (0, 15)]), Just(vec![(0, 1), (-1, 2), (0, 40)]),];
    (any::<u64>(), levels, any::<bool>()).prop_map(|(seed, levels, sums)| Recipe { seed, levels, sums })
}

/// The network at the stages before hardware.
fn converted(network: &qann::Network) -> (snn::Model, Lowered) {
    let (model, _) =
        convert(network, "cnn", "test", EncodingChoice::Analog).unwrap_or_else(|e| panic!("{e}"));
    let lowered = lower(&model).unwrap_or_else(|e| panic!("{e}"));
    (model, lowered)
}

/// Every evaluation of a sample ends at the same levels; every time-step is that of the naive stepper.
fn check(network: &qann::Network, (model, lowered): &(snn::Model, Lowered), raw: &[i32]) {
    let once = integer::eval::evaluate(&lowered.network, raw);
    let ops = || lowered.network.topological().into_iter().map(|id| &lowered.network.node(id).op);
    let levels: Vec<&Vec<i32>> = once.levels.iter().map(|(_, levels)| levels).collect();
    for golden in [Golden::new(&lowered.network).unwrap(), Golden::checked(&lowered.network).unwrap()] {
        let mut trace = Trace::default();
        let outcome = golden.run(&mut golden.state(), raw, &Limits::default(), &mut trace);
        assert!(outcome.levels.iter().eq(levels.iter().copied()), "levels at quiescence");
        assert_eq!(outcome.totals, once.totals);
        let expected = naive(&lowered.network, raw, u32::MAX);
        assert_eq!(trace.spikes, expected.spikes);
        assert_eq!(trace.logits, expected.logits);
        if !ops().any(|op| matches!(op, Op::Sum(_))) {
            assert_eq!(outcome.additions, expected.additions);
        }
        assert_eq!(outcome.input_macs, expected.input_macs);
        assert_eq!(outcome.final_step, expected.final_step);
    }
    for code in SpikeCode::ALL {
        let settled = Settled::new(&lowered.network, code).unwrap();
        let outcome = settled.run(&mut settled.state(), raw, &mut Watching);
        assert!(outcome.levels.iter().eq(levels.iter().copied()), "settled levels");
        assert_eq!(outcome.totals, once.totals);
        assert_eq!(outcome.additions, crate::settled::additions_by_hand(&lowered.network, code, &outcome));
    }
    let float = snn::eval::evaluate(&model.network, raw);
    assert!(float.levels.iter().map(|(_, levels)| levels).eq(levels.iter().copied()), "float64");
    // Quantisers that became neurons, in the order of the original network.
    let names: BTreeMap<&str, &Vec<i32>> =
        once.levels.iter().map(|(id, l)| (lowered.network.node(*id).name.as_str(), l)).collect();
    let original = qann::eval::evaluate(network, raw);
    for (own, expected) in float.logits.iter().zip(&original.logits) {
        assert!((own - expected).abs() <= 1e-9 * expected.abs().max(1.0), "logits {own} and {expected}");
    }
    let mut compared = 0;
    for (id, expected) in &original.levels {
        let name = network.node(*id).name.as_str();
        let Some(own) = names.get(name) else { continue };
        let own: Vec<i32> = match model.views.get(name) {
            Some(view) => view.order.iter().map(|&e| own[e]).collect(),
            None => (*own).clone(),
        };
        assert_eq!(&own, expected, "{name}");
        compared += 1;
    }
    assert!(compared > 0 || original.levels.is_empty(), "no layer of {} was compared", original.levels.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_evaluation_of_a_random_network_agrees(recipe in recipe()) {
        let network = network(&recipe);
        let stages = converted(&network);
        let random = &mut Random(recipe.seed ^ 1);
        for _ in 0..2 {
            check(&network, &stages, &sample(&network, random));
        }
        // The same after it was saved.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cnn.snn");
        save(&stages.0, &path).unwrap();
        let loaded = load(&path).unwrap();
        prop_assert_eq!(loaded.network.text(), stages.0.network.text());
        prop_assert_eq!(&loaded.views, &stages.0.views);
        prop_assert_eq!(lower(&loaded).unwrap().network.text(), stages.1.network.text());
    }
}
