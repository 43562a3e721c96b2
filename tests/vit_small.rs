//! A Vision Transformer that the paper's own code has trained, exported, and run as a spiking network: every level of 256
//! inputs, every class of 1500, and every spike of every neuron at every time-step of 16.

use crate::common::repository;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data;
use snn2rtl::golden::{Golden, Limits, Observer};
use snn2rtl::import::{Options, import};
use snn2rtl::integer::eval;
use snn2rtl::lower::{Lowered, lower};
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::snn::{self, Model};

fn array(file: &str, name: &str) -> (Vec<usize>, Vec<i64>) {
    let path = repository(&format!("tests/fixtures/vit_small/{file}.npz"));
    let (shape, values) = data::read_integers(&format!("{}:{name}", path.display())).expect(name);
    (shape.0, values)
}

fn model() -> (Model, Lowered) {
    let half = || vec!["0.5".parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let path = repository("tests/fixtures/vit_small/vit_small.onnx");
    let imported = import(&path, &Options { input, weight_bits: None }).expect("imports");
    let (model, _) = convert(&imported.network, "vit_small", &imported.producer, EncodingChoice::Analog)
        .expect("converts");
    let lowered = lower(&model).expect("lowers");
    (model, lowered)
}

/// A layer in the order in which the exported model sees it.
fn seen<T: Copy>(model: &Model, name: &str, layer: &[T]) -> Vec<T> {
    match model.views.get(name) {
        Some(view) => view.order.iter().map(|&e| layer[e]).collect(),
        None => layer.to_vec(),
    }
}

fn samples(file: &str) -> Vec<Vec<i32>> {
    let (shape, values) = array(file, "inputs");
    let size = shape[1..].iter().product();
    values.chunks(size).map(|s| s.iter().map(|&q| q as i32).collect()).collect()
}

#[test]
fn levels_and_classes_are_those_of_the_paper_s_network() {
    let (model, lowered) = model();
    let golden = Golden::new(&lowered.network).expect("compiles");
    let inputs = samples("vit_small_reference");
    let fill = |n: usize, raw: &mut Vec<i32>| raw.clone_from(&inputs[n]);
    let outcomes = golden.run_all(inputs.len(), fill, &Limits::default(), |_| ());
    for (i, layer) in golden.layers().iter().enumerate() {
        let (shape, levels) = array("vit_small_reference", &format!("level/{}", layer.name));
        assert_eq!(shape[0], 256);
        for (n, expected) in levels.chunks(layer.rows * layer.channels).enumerate() {
            let ours: Vec<i64> =
                seen(&model, &layer.name, &outcomes[n].levels[i]).into_iter().map(i64::from).collect();
            assert_eq!(ours, expected, "{} of input {n}", layer.name);
        }
    }
    let path = repository("tests/fixtures/vit_small/vit_small_reference.npz");
    let (shape, logits) = data::read_floats(&format!("{}:logits64", path.display())).expect("logits");
    let labels = array("vit_small_reference", "labels").1;
    let mut right = 0;
    for (n, (outcome, logits)) in outcomes.iter().zip(logits.chunks(shape.channels())).enumerate() {
        let class = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("logits");
        assert_eq!(outcome.class, class, "input {n}");
        assert!(outcome.quiescent);
        for (c, &total) in outcome.totals.iter().enumerate() {
            let logit = lowered.readout.scale[c] * total as f64 + lowered.readout.bias[c];
            assert!((logit - logits[c]).abs() < 1e-9 * (1.0 + logits[c].abs()), "logit {c} of input {n}");
        }
        right += usize::from(i64::try_from(class) == Ok(labels[n]));
    }
    assert_eq!((right, outcomes.len()), (1247, 1500));
}

#[test]
fn at_quiescence_every_neuron_is_that_of_one_shot_evaluation_and_of_float64() {
    let (model, lowered) = model();
    let golden = Golden::checked(&lowered.network).expect("compiles");
    let mut state = golden.state();
    for raw in samples("vit_small_reference").iter().take(24) {
        let outcome = golden.run(&mut state, raw, &Limits::default(), &mut snn2rtl::golden::Unobserved);
        let expected = eval::evaluate(&lowered.network, raw);
        let levels: Vec<_> = expected.levels.into_iter().map(|(_, levels)| levels).collect();
        assert_eq!(outcome.levels, levels);
        assert_eq!(outcome.values, expected.values);
        let real = snn::eval::evaluate(&model.network, raw);
        let real: Vec<_> = real.levels.into_iter().map(|(_, levels)| levels).collect();
        assert_eq!(outcome.levels, real);
    }
}

/// Spikes of every layer, time-step after time-step.
struct Spikes(Vec<Vec<Vec<i8>>>);

impl Observer for Spikes {
    fn spikes(&mut self, layer: usize, _step: u32, spikes: &[i8]) {
        self.0[layer].push(spikes.to_vec());
    }
}

#[test]
fn every_spike_at_every_time_step_is_that_of_the_paper_s_spiking_network() {
    const NAMES: [(&str, &str); 6] = [
        ("quan_q", "q_IF"),
        ("quan_k", "k_IF"),
        ("quan_v", "v_IF"),
        ("after_attn_quan", "after_attn_IF"),
        ("attn_quan", "attn_IF"),
        ("quan_proj", "proj_IF"),
    ];
    let (model, lowered) = model();
    let golden = Golden::new(&lowered.network).expect("compiles");
    let mut state = golden.state();
    let inputs = samples("vit_small_steps");
    let mut ours = Vec::new();
    for raw in &inputs {
        let mut spikes = Spikes(vec![Vec::new(); golden.layers().len()]);
        golden.run(&mut state, raw, &Limits::default(), &mut spikes);
        ours.push(spikes.0);
    }
    let mut compared = 0;
    for (i, layer) in golden.layers().iter().enumerate() {
        let renamed = NAMES.iter().find_map(|(here, there)| {
            layer.name.strip_suffix(&format!(".{here}")).map(|scope| format!("{scope}.{there}"))
        });
        let name = renamed.unwrap_or_else(|| layer.name.clone());
        let (shape, expected) = array("vit_small_steps", &format!("spikes/{name}"));
        let neurons = layer.rows * layer.channels;
        for (at, expected) in expected.chunks(neurons).enumerate() {
            let (t, n) = (at / shape[1], at % shape[1]);
            let silent = vec![0; neurons];
            let spikes = ours[n][i].get(t).unwrap_or(&silent);
            let spikes: Vec<i64> = seen(&model, &layer.name, spikes).into_iter().map(i64::from).collect();
            assert_eq!(spikes, expected, "{name} of input {n} at time-step {}", t + 1);
            compared += neurons;
        }
        assert!(ours.iter().all(|layers| layers[i].len() <= shape[0]), "{name} goes on for longer");
    }
    assert_eq!(compared, 7074 * 16 * 21);
}
