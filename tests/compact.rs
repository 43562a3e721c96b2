//! Profile `compact`: any widths are exact or refused, and the chosen ones are the smallest within the tolerance.

use std::path::Path;

use crate::generator::{Recipe, network, sample};
use crate::naive::{Trace, naive};
use crate::random::Random;
use proptest::prelude::*;
use snn2rtl::compact::{Entry, Role, compact};
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data::{Inputs, NpzWriter};
use snn2rtl::error::Kind;
use snn2rtl::golden::{Golden, Limits};
use snn2rtl::graph::Shape;
use snn2rtl::integer::{cost, eval};
use snn2rtl::lower::{lower, lower_with};
use snn2rtl::quant::{Element, Precision};
use snn2rtl::snn::{self, Model};

fn model(recipe: &Recipe) -> Model {
    convert(&network(recipe), "random", "test", EncodingChoice::Analog).expect("converts").0
}

/// Samples as calibration reads them, and as lists.
fn samples(recipe: &Recipe, count: usize, folder: &Path) -> (Inputs, Vec<Vec<i32>>) {
    let mut random = Random(recipe.seed ^ 3);
    let raw: Vec<Vec<i32>> = (0..count).map(|_| sample(recipe, &mut random)).collect();
    let elements = raw[0].len();
    let flat = raw.iter().flatten();
    let file = folder.join("samples.npz");
    let mut writer = NpzWriter::create(&file).expect("a writable folder");
    let element = if recipe.words { Element::U16 } else { Element::U8 };
    let written = match element {
        Element::U16 => writer.add("x", &[count, elements], &flat.map(|&q| q as u16).collect::<Vec<_>>()),
        _ => writer.add("x", &[count, elements], &flat.map(|&q| q as u8).collect::<Vec<_>>()),
    };
    written.and_then(|()| writer.finish()).expect("written");
    let location = format!("{}:x", file.display());
    (Inputs::read(&location, &Shape::matrix(1, elements), element).expect("read back"), raw)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_widths_are_exact_or_refused(seed: u64, bits in [0u32..=34, 0u32..=34, 0u32..=34, 0u32..=34]) {
        let mut random = Random(seed);
        let recipe = Recipe::any(seed, &mut random);
        let model = model(&recipe);
        let precision = Precision::from_bits(bits);
        let lowered = match lower_with(&model, precision) {
            Ok(lowered) => lowered,
            Err(error) => {
                prop_assert_eq!(error.kind, Kind::Input);
                let outside = bits.iter().any(|bits| !(1..=Precision::MOST).contains(bits));
                prop_assert_eq!(error.node.is_none(), outside, "{}", error);
                return Ok(());
            }
        };
        prop_assert!(precision.check().is_ok());
        let golden = Golden::new(&lowered.network).expect("compiles");
        let checked = Golden::checked(&lowered.network).expect("compiles");
        let (mut state, mut wide) = (golden.state(), checked.state());
        let limits = Limits { t_max: None, confidence: None, class_per_step: true };
        for _ in 0..3 {
            let raw = sample(&recipe, &mut random);
            let mut trace = Trace::default();
            let outcome = golden.run(&mut state, &raw, &limits, &mut trace);
            prop_assert!(outcome.quiescent);
            let expected = eval::evaluate(&lowered.network, &raw);
            prop_assert_eq!(&outcome.values, &expected.values);
            let expected: Vec<_> = expected.levels.into_iter().map(|(_, levels)| levels).collect();
            prop_assert_eq!(&outcome.levels, &expected);
            prop_assert_eq!(&trace.spikes, &naive(&lowered.network, &raw, u32::MAX).spikes);
            prop_assert_eq!(&checked.run(&mut wide, &raw, &limits, &mut Trace::default()), &outcome);
        }
    }
}

/// Right answers, neurons and samples that differ from float64, by the one-pass evaluation; none if it cannot be lowered.
fn recount(model: &Model, precision: Precision, raw: &[Vec<i32>], labels: &[i64]) -> Option<[u64; 4]> {
    let lowered = lower_with(model, precision).ok()?;
    let mut counts = [0; 4];
    for (raw, &label) in raw.iter().zip(labels) {
        let ours = eval::evaluate(&lowered.network, raw);
        let real = snn::eval::evaluate(&model.network, raw);
        let pairs = ours.levels.iter().zip(&real.levels);
        let neurons: usize =
            pairs.map(|((_, a), (_, b))| a.iter().zip(b).filter(|(a, b)| a != b).count()).sum();
        counts[0] += u64::from(ours.class() as i64 == label);
        counts[1] += neurons as u64;
        counts[2] += u64::from(neurons > 0);
        counts[3] += u64::from(ours.class() != real.class());
    }
    Some(counts)
}

#[test]
fn the_chosen_widths_are_the_smallest_within_the_tolerance() {
    const SAMPLES: usize = 200;
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Random(3);
    let mut narrowed = 0;
    for seed in 0..6 {
        let recipe = Recipe { tokens: 4, heads: 2, depth: 3, ..Recipe::any(seed, &mut random) };
        let mut model = model(&recipe);
        let (inputs, raw) = samples(&recipe, SAMPLES, folder.path());
        // Every tenth label is wrong.
        let class = |raw: &Vec<i32>| snn::eval::evaluate(&model.network, raw).class() as i64;
        let labels: Vec<i64> =
            raw.iter().enumerate().map(|(n, raw)| class(raw) + i64::from(n % 10 == 0)).collect();
        let tolerance = if seed % 2 == 0 { 0.0 } else { 2.5 };
        let found = compact(&model, &inputs, &labels, tolerance, &|_| ()).expect("found");
        let recount = |precision| recount(&model, precision, &raw, &labels);
        let exact = recount(Precision::EXACT).expect("lowers");
        let allowed = exact[0] - if seed % 2 == 0 { 0 } else { 5 };
        for Entry { role, width, precision, survey } in &found.table {
            let counts = recount(*precision);
            assert_eq!(survey.is_some(), counts.is_some(), "{precision:?}");
            let within = counts.is_some_and(|counts| counts[0] >= allowed);
            match role {
                Role::Exact | Role::Compact => assert!(within, "{precision:?}"),
                Role::OneLess => assert!(!within, "seed {seed}: {width:?} can be lowered: {precision:?}"),
                Role::Alone => {}
            }
            if let (Some(s), Some([right, neurons, samples, classes])) = (survey, counts) {
                assert_eq!((s.accuracy * SAMPLES as f64).round(), right as f64);
                let ours =
                    [s.float_mismatched_neurons, s.float_mismatched_samples, s.float_mismatched_classes];
                assert_eq!(ours, [neurons, samples, classes], "{precision:?}");
                let network = lower_with(&model, *precision).expect("lowers").network;
                assert_eq!((s.memory_bits, s.multiplier_bits), cost::totals(&network));
            }
        }
        let of = |role: Role| found.table.iter().filter(move |entry| entry.role == role);
        let bits = found.precision.bits();
        assert_eq!(of(Role::OneLess).count(), bits.iter().filter(|&&bits| bits > 1).count());
        let cost = |role: Role| of(role).next().and_then(|entry| entry.survey).expect("lowers");
        let (exact, chosen) = (cost(Role::Exact), cost(Role::Compact));
        assert!(chosen.memory_bits < exact.memory_bits && chosen.multiplier_bits < exact.multiplier_bits);
        assert!(bits.iter().zip(Precision::EXACT.bits()).all(|(bits, exact)| *bits <= exact));
        assert!(found.trials.iter().any(|t| t.accepted && t.precision == found.precision));
        // A trial that is stopped early has lost more than the tolerance.
        let stopped = found.trials.iter().filter(|t| !t.accepted && t.refused.is_none());
        for trial in stopped {
            assert!(trial.right as u64 + ((SAMPLES - trial.samples) as u64) < allowed, "{trial:?}");
        }
        narrowed += bits.iter().zip(Precision::EXACT.bits()).map(|(bits, exact)| exact - bits).sum::<u32>();

        // It is part of the model, and of what the model becomes.
        model.precision = found.precision;
        let path = folder.path().join("compact.snn");
        snn::file::save(&model, &path).expect("saved");
        let loaded = snn::file::load(&path).expect("loaded");
        assert_eq!(loaded.precision, found.precision);
        let text = |model: &Model| lower(model).expect("lowers").network.text();
        assert_eq!(text(&loaded), lower_with(&model, found.precision).expect("lowers").network.text());
        model.precision = Precision::EXACT;
        assert_ne!(text(&loaded), text(&model));
    }
    assert!(narrowed > 6 * 30, "only {narrowed} bits less in all");
}
