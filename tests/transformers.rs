//! Random small Transformers through conversion, lowering, golden model and one-pass evaluation, against float64.

use crate::generator::{Recipe, functions, network, sample};
use crate::naive::{Trace, naive};
use crate::random::Random;
use num_rational::BigRational;
use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::golden::{Golden, Limits};
use snn2rtl::graph::Band;
use snn2rtl::integer::cost::operations;
use snn2rtl::integer::{Op, eval};
use snn2rtl::lower::lower;
use snn2rtl::{qann, snn};

fn recipe() -> impl Strategy<Value = Recipe> {
    let sizes = (1usize..5, 1usize..4, 1usize..4, 1usize..3, 1usize..8);
    let levels = prop::sample::select(vec![2i32, 4, 8, 16, 32]);
    let bits = 2u32..9;
    let function = prop::sample::select(functions());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (any::<u64>(), sizes, levels, bits, flags, function).prop_map(
        |(
            seed,
            (tokens, heads, depth, blocks, hidden),
            levels,
            weight_bits,
            (words, mask, fused, post_norm, mean),
            function,
        )| {
            Recipe {
                seed,
                tokens,
                heads,
                depth,
                blocks,
                hidden,
                levels,
                mixed: false,
                weight_bits,
                words,
                mask: words && mask,
                fused,
                post_norm,
                quantised_sums: seed % 4 == 0,
                exact_sums: seed % 3 == 1,
                linear_attention: !(words && mask) && seed % 3 == 0,
                two_softmaxes: seed % 5 == 1,
                gated: false,
                mean,
                function,
                band: Band::ALL,
                rms: false,
                all: false,
                rotary: false,
            }
            .varied()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn golden_model_is_the_naive_tracker_and_ends_at_the_one_shot_network(recipe in recipe()) {
        let network = network(&recipe);
        let (model, _) = convert(&network, "random", "test", EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers");
        let golden = Golden::new(&lowered.network).expect("compiles");
        let checked = Golden::checked(&lowered.network).expect("compiles");
        let (mut state, mut wide) = (golden.state(), checked.state());
        let mut random = Random(recipe.seed ^ 1);
        let limits = Limits { class_per_step: true, ..Limits::default() };
        for _ in 0..3 {
            let raw = sample(&recipe, &mut random);
            let mut trace = Trace::default();
            let outcome = golden.run(&mut state, &raw, &limits, &mut trace);
            prop_assert!(outcome.quiescent);
            let expected = eval::evaluate(&lowered.network, &raw);
            prop_assert_eq!(&outcome.values, &expected.values);
            let nodes: Vec<_> = golden.layers().iter().map(|l| l.node).collect();
            let levels: Vec<_> = nodes.into_iter().zip(outcome.levels.iter().cloned()).collect();
            prop_assert_eq!(levels, expected.levels);
            let plain = naive(&lowered.network, &raw, u32::MAX);
            prop_assert_eq!(&trace.spikes, &plain.spikes);
            prop_assert_eq!(&trace.logits, &plain.logits);
            prop_assert_eq!(&outcome.final_step, &plain.final_step);
            prop_assert_eq!(&checked.run(&mut wide, &raw, &limits, &mut Trace::default()), &outcome);
            let bounds = operations(&lowered.network);
            prop_assert!(u64::from(outcome.time_steps) <= bounds.time_steps);
            prop_assert!(outcome.sops <= bounds.sops * u64::from(outcome.time_steps));
        }
    }

    #[test]
    fn a_saved_transformer_is_the_same(recipe in recipe()) {
        let (model, _) = convert(&network(&recipe), "random", "test", EncodingChoice::Analog).expect("converts");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("m.snn");
        snn::file::save(&model, &path).expect("saved");
        let loaded = snn::file::load(&path).expect("loaded");
        prop_assert_eq!(snn::file::files(&loaded).expect("encoded"), snn::file::files(&model).expect("encoded"));
        prop_assert_eq!(loaded.network.text(), model.network.text());
        prop_assert_eq!(loaded.views, model.views);
    }
}

/// Both float64 evaluations and the integer network agree on all neurons of all but a few inputs: a value within rounding
/// of a boundary may fall on either side, and then cascade.
#[test]
fn integers_are_float64_on_nearly_all_inputs() {
    let mut random = Random(11);
    let (mut inputs, mut differing, mut boxes) = (0u32, 0u32, 0u32);
    for seed in 0..150 {
        // Sums of few bits are ties too often for floats.
        let recipe = Recipe { exact_sums: false, ..Recipe::any(seed, &mut random) }.varied();
        let network = network(&recipe);
        let (model, _) = convert(&network, "random", "test", EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers");
        for _ in 0..4 {
            let raw = sample(&recipe, &mut random);
            let integer = eval::evaluate(&lowered.network, &raw);
            let real = snn::eval::evaluate(&model.network, &raw);
            let float = qann::eval::evaluate(&network, &raw);
            inputs += 1;
            let same = integer.levels.iter().zip(&real.levels).all(|((_, a), (_, b))| a == b);
            differing += u32::from(!same);
            // By name and in the original's order.
            let seen = |name: &str, levels: &[i32]| match model.views.get(name) {
                Some(view) => view.order.iter().map(|&e| levels[e]).collect(),
                None => levels.to_vec(),
            };
            let agree = float.levels.iter().all(|(id, levels)| {
                let name = &network.node(*id).name;
                let own = real.levels.iter().find(|(i, _)| model.network.node(*i).name == *name);
                own.is_some_and(|(_, own)| seen(name, own) == *levels)
            });
            boxes += u32::from(!agree);
        }
    }
    assert!(f64::from(differing) <= 0.01 * f64::from(inputs), "{differing} of {inputs} inputs differ");
    // The two float64 paths differ in the order of additions only.
    assert!(boxes <= 1, "{boxes} of {inputs} inputs differ between box 1 and box 2");
}

/// Where all scales and constants are multiples of s·2^k, so are the sums: each term is its scale, and none is rounded. The
/// factors of rotated sums are multiples of nothing.
#[test]
fn sums_of_scales_with_a_common_factor_are_exact() {
    let (mut exact, mut terms, mut others, mut rotated) = (0, 0, 0, 0);
    for seed in 0..60 {
        let recipe = Recipe::any(seed, &mut Random(seed)).varied();
        let (model, _) =
            convert(&network(&recipe), "random", "test", EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers");
        let is_rotated = |name: &str| {
            let op = model.network.find(name).map(|id| &model.network.node(id).op);
            matches!(op, Some(snn::Op::Sum(sum)) if sum.factors.iter().any(|list| !list.is_empty()))
        };
        let (turned, plain): (Vec<_>, Vec<_>) =
            lowered.units.iter().partition(|(name, _)| is_rotated(name.as_str()));
        assert!(turned.iter().all(|(_, unit)| !unit.is_exact), "seed {seed}: {turned:?}");
        rotated += u32::from(recipe.exact_sums && !turned.is_empty());
        let all = plain.iter().all(|(_, unit)| unit.is_exact);
        assert!(all || !recipe.exact_sums, "seed {seed}: {:?}", lowered.units);
        others += u32::from(!all);
        if !recipe.exact_sums {
            continue;
        }
        for id in lowered.network.topological() {
            let node = lowered.network.node(id);
            let Op::Sum(sum) = &node.op else { continue };
            if is_rotated(&node.name) {
                continue;
            }
            assert!(sum.total.signed_width() <= 20, "seed {seed}: {}", node.name);
            let unit = &lowered.units[&node.name].value;
            for (source, term) in lowered.network.inputs(id).into_iter().zip(&sum.terms) {
                let name = &lowered.network.node(source).name;
                let own = model.network.find(name).map(|own| &model.network.node(own).op);
                if let Some(snn::Op::Neuron(quantiser)) = own {
                    let scale = BigRational::from_float(quantiser.scale[0]).expect("finite");
                    let coefficient = BigRational::from_integer(term.coefficient[0].into());
                    assert_eq!(coefficient * unit, scale, "seed {seed}: {}, {name}", node.name);
                    terms += 1;
                }
            }
        }
        exact += 1;
    }
    assert!(exact >= 15 && terms > exact && others >= 20, "{exact} networks, {terms} terms, {others} others");
    assert!(rotated > 0, "no rotated sums beside exact ones");
}
