//! The trained text encoder of `examples/review_encoder`: accuracy, classes, every neuron against one-pass evaluation, and a
//! sentence without words.

#![allow(clippy::unwrap_used)]

use crate::common::repository;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data;
use snn2rtl::golden::{Golden, Limits, Unobserved};
use snn2rtl::import::{Options, import};
use snn2rtl::integer::eval;
use snn2rtl::lower::lower;
use snn2rtl::qann;
use snn2rtl::quant::{Element, InputSpec, Scaling};

#[test]
fn accuracy_and_classes_are_those_of_the_trained_network() {
    let scaling = Scaling::Affine { scale: vec!["1".parse().unwrap()], zero_point: 0 };
    let input = InputSpec { element: Element::U16, scaling, channel_axis: None };
    let path = repository("examples/review_encoder/review_encoder.onnx");
    let imported = import(&path, &Options { input, weight_bits: None }).unwrap();
    let (model, _) =
        convert(&imported.network, "review_encoder", &imported.producer, EncodingChoice::Analog).unwrap();
    let lowered = lower(&model).unwrap();
    let golden = Golden::new(&lowered.network).unwrap();

    let sample =
        |file: &str| repository(&format!("examples/review_encoder/sample/{file}")).display().to_string();
    let (shape, ids) = data::read_integers(&sample("ids.npy")).unwrap();
    let (_, labels) = data::read_integers(&sample("labels.npy")).unwrap();
    let (logit_shape, logits) = data::read_floats(&sample("reference.npz:logits")).unwrap();
    let size: usize = shape.0[1..].iter().product();
    let sentences: Vec<Vec<i32>> =
        ids.chunks(size).map(|sentence| sentence.iter().map(|&q| q as i32).collect()).collect();
    let fill = |n: usize, raw: &mut Vec<i32>| raw.clone_from(&sentences[n]);
    let outcomes = golden.run_all(sentences.len(), fill, &Limits::default(), |_| ());

    let mut right = 0;
    for (n, (outcome, logits)) in outcomes.iter().zip(logits.chunks(logit_shape.channels())).enumerate() {
        let class = usize::from(logits[1] > logits[0]);
        assert_eq!(outcome.class, class, "sentence {n}");
        right += usize::from(i64::try_from(class) == Ok(labels[n]));
        if n < 100 {
            let expected = eval::evaluate(&lowered.network, &sentences[n]);
            let levels: Vec<_> = expected.levels.into_iter().map(|(_, levels)| levels).collect();
            assert_eq!(outcome.levels, levels, "sentence {n}");
        }
    }
    assert_eq!((right, outcomes.len()), (1148, 1500));

    // Where every token is padding, nothing is attended to: all probabilities are 0.
    let nothing = vec![0; size];
    let outcome = golden.run(&mut golden.state(), &nothing, &Limits::default(), &mut Unobserved);
    let float = qann::eval::evaluate(&imported.network, &nothing);
    for (layer, levels) in golden.layers().iter().zip(&outcome.levels) {
        let own = |id| imported.network.node(id).name == layer.name;
        let (_, expected) = float.levels.iter().find(|(id, _)| own(*id)).unwrap();
        let seen: Vec<i32> = match model.views.get(&layer.name) {
            Some(view) => view.order.iter().map(|&e| levels[e]).collect(),
            None => levels.clone(),
        };
        assert_eq!(seen, *expected, "{}", layer.name);
        if layer.name.ends_with("attn_quan") && !layer.name.contains("after") {
            assert!(levels.iter().all(|&k| k == 0), "{}", layer.name);
        }
    }
}
