//! Networks in parts: levels and logits are those of the whole.

use std::collections::BTreeSet;

use snn2rtl::golden::{Settled, SettledOutcome, SpikeCode, Unobserved};
use snn2rtl::graph::NodeId;
use snn2rtl::integer::eval::evaluate;
use snn2rtl::integer::{Network, Op};
use snn2rtl::lower::lower;
use snn2rtl::overlay::Options;
use snn2rtl::snn::Model;
use snn2rtl::split::{self, Kind, Part};

mod cores;

use crate::common::{mnist_cnn, mnist_mlp, mnist_vit, review_encoder, text_fixture, vit_small};
use crate::overlay::{check, schedules};
use crate::random::Random;
use snn2rtl::convert::EncodingChoice;

/// Random raw samples of a model.
fn samples(model: &Model, count: usize) -> Vec<Vec<i32>> {
    let elements = snn2rtl::flow::load::sample_form(model).expect("an input").0.len();
    let (low, high) = model.raw_range();
    let mut random = Random(5);
    let mut element = || random.range(low.into(), high.into()) as i32;
    (0..count).map(|_| (0..elements).map(|_| element()).collect()).collect()
}

fn network(model: &Model) -> Network {
    lower(model).expect("lowers").network
}

fn run(network: &Network, raw: &[i32]) -> (Settled, SettledOutcome) {
    let settled = Settled::new(network, SpikeCode::Radix).expect("a golden model");
    let outcome = settled.run(&mut settled.state(), raw, &mut Unobserved);
    (settled, outcome)
}

/// Runs the parts one after the other; compares all levels and the logits. The samples of each part.
fn compare(model: &Model, parts: &[Part], raw: &[i32]) -> Vec<Vec<i32>> {
    let (whole, expected) = run(&network(model), raw);
    let mut present = raw.to_vec();
    let mut inputs = Vec::new();
    let mut layers = BTreeSet::new();
    for part in parts {
        let own = network(&part.model);
        let (settled, outcome) = run(&own, &present);
        inputs.push(present.clone());
        for (layer, levels) in settled.layers().iter().zip(&outcome.levels) {
            let index = whole.layers().iter().position(|other| other.name == layer.name);
            assert_eq!(levels, &expected.levels[index.expect("a layer of the whole")], "{}", layer.name);
            layers.insert(layer.name.clone());
        }
        assert_eq!(evaluate(&own, &present).values, outcome.values, "{}", part.model.name);
        match &part.boundary {
            Some(boundary) => {
                present = boundary.elements(&outcome.values, &present);
                assert_eq!(present.len() as u64 * u64::from(boundary.element.bits()), boundary.bits());
            }
            None => assert_eq!(
                (outcome.totals, outcome.values),
                (expected.totals.clone(), expected.values.clone())
            ),
        }
    }
    assert_eq!(layers.len(), whole.layers().len(), "each layer is in a part");
    inputs
}

/// Places of a model with the values that cross there.
fn places(model: &Model) -> Vec<(NodeId, Kind)> {
    let kind = |id: NodeId| {
        let parts = split::split(model, &[id]).expect("parts");
        (id, parts[0].boundary.as_ref().expect("a boundary").kind)
    };
    split::places(&model.network).into_iter().map(kind).collect()
}

/// A perceptron, a convolutional network, Vision Transformers: cut at each place, and at all of them.
#[test]
fn parts_compute_what_the_whole_computes() {
    for (model, least) in [
        (mnist_mlp(EncodingChoice::Analog), [1, 0]),
        (mnist_cnn(), [3, 0]),
        (vit_small(), [1, 2]),
        (mnist_vit(), [1, 3]),
    ] {
        let raw = samples(&model, 1).remove(0);
        let places = places(&model);
        let of = |wanted: Kind| places.iter().filter(|(_, kind)| *kind == wanted).count();
        println!("{}: {} cuts of levels, {} of sums", model.name, of(Kind::Levels), of(Kind::Sums));
        assert!(of(Kind::Levels) >= least[0] && of(Kind::Sums) >= least[1], "{}", model.name);
        for (place, _) in &places {
            compare(&model, &split::split(&model, &[*place]).expect("parts"), &raw);
        }
        let all: Vec<NodeId> = places.iter().map(|(place, _)| *place).collect();
        let parts = split::split(&model, &all).expect("parts");
        assert_eq!(parts.len(), all.len() + 1);
        compare(&model, &parts, &raw);
    }
}

/// The overlay computes both parts of each cut: its programs, run by the interpreter, against the golden model.
#[test]
fn programs_of_parts() {
    let models = [(mnist_mlp(EncodingChoice::Analog), 1), (vit_small(), 1), (vit_small(), 2)];
    let mut sends = 0;
    for (model, row_lanes) in models {
        let fire_lanes = 4 * row_lanes;
        let options = Options { lanes: 16, fire_lanes, fetch_width: 16, row_lanes, ..Options::default() };
        for (place, kind) in places(&model) {
            let parts = split::split(&model, &[place]).expect("parts");
            let inputs = compare(&model, &parts, &samples(&model, 1)[0]);
            for (part, input) in parts.iter().zip(inputs) {
                let plan = check(&network(&part.model), &options, &[input], &schedules(3));
                assert_eq!(plan.machine.sends, kind == Kind::Sums && part.boundary.is_some());
                // Levels that only sums read come in the same way.
                assert!(kind != Kind::Sums || part.boundary.is_some() || plan.machine.elements);
                sends += usize::from(plan.machine.sends);
            }
        }
    }
    assert!(sends >= 4, "{sends} cuts of sums");
}

/// Softmax nodes with a mask.
fn masks(network: &Network) -> usize {
    let masked =
        |id: &NodeId| matches!(network.node(*id).op, Op::Softmax(_)) && network.inputs(*id).len() == 2;
    network.topological().into_iter().filter(masked).count()
}

/// Random tokens of which the last ones are padding.
fn sentences(model: &Model, count: usize) -> Vec<Vec<i32>> {
    let padding = model.background().expect("padding");
    let mut raw = samples(model, count);
    for (n, sentence) in raw.iter_mut().enumerate() {
        let end = sentence.len() - n % sentence.len();
        sentence[end..].fill(padding);
    }
    raw
}

/// Masks read the raw tokens in every block: these cross beside the values, so text encoders are cut between and within blocks, at
/// levels and at sums, at each place and at all of them.
#[test]
fn a_mask_crosses_a_cut() {
    for model in [text_fixture("text_dynamo"), review_encoder()] {
        let raw = sentences(&model, 3);
        let (mut behind, mut kinds) = (0, BTreeSet::new());
        let places = places(&model);
        for (place, kind) in &places {
            let parts = split::split(&model, &[*place]).expect("parts");
            let boundary = parts[0].boundary.as_ref().expect("a boundary");
            let own = masks(&network(&parts[1].model));
            assert_eq!(boundary.front > 0, own > 0, "{}", model.network.node(*place).name);
            behind += usize::from(own > 0);
            if own > 0 {
                kinds.insert(format!("{kind:?}"));
            }
            for sentence in &raw {
                compare(&model, &parts, sentence);
            }
        }
        println!("{}: {behind} of {} cuts with a mask behind them: {kinds:?}", model.name, places.len());
        assert!(behind >= 2, "{} cuts", behind);
        let all: Vec<NodeId> = places.iter().map(|(place, _)| *place).collect();
        let parts = split::split(&model, &all).expect("parts");
        compare(&model, &parts, &raw[2]);
        // The float64 evaluation of a part takes the padding from the raw elements, too.
        let inputs = compare(&model, &parts, &raw[2]);
        for (part, input) in parts.iter().zip(&inputs).skip(1) {
            let levels = snn2rtl::snn::eval::evaluate(&part.model.network, input).levels;
            let (_, outcome) = run(&network(&part.model), input);
            for ((id, own), settled) in levels.iter().zip(&outcome.levels) {
                assert_eq!(own, settled, "{}", part.model.network.node(*id).name);
            }
        }
    }
}

/// Programs of the parts of a text encoder, run by the interpreter.
#[test]
fn programs_of_parts_with_a_mask() {
    let model = text_fixture("text_dynamo");
    let raw = sentences(&model, 3).remove(2);
    let options = Options { lanes: 16, fire_lanes: 4, fetch_width: 16, row_lanes: 1, ..Options::default() };
    let mut masked = 0;
    for (place, _) in places(&model) {
        let parts = split::split(&model, &[place]).expect("parts");
        let inputs = compare(&model, &parts, &raw);
        let own = network(&parts[1].model);
        let plan = check(&own, &options, &[inputs[1].clone()], &schedules(3));
        assert!(masks(&own) == 0 || plan.machine.elements, "{}", model.network.node(place).name);
        masked += usize::from(masks(&own) > 0);
    }
    assert!(masked >= 2, "{masked} cuts");
}
