//! Random neurons: the golden model against the integer network, membranes within their proven range, and against float64.

use proptest::prelude::*;
use snn2rtl::golden::{Membranes, Observer, Settled, SpikeCode};
use snn2rtl::graph::{Shape, Window};
use snn2rtl::integer::{self, eval};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, Encoding, InputSpec, Precision, Scaling, Weights};
use snn2rtl::snn::{Input, Lif, Linear, Model, Network, Op, Reset, Time, eval as float};

/// A network of a layer, its neurons, and the numbers of their spikes.
pub fn network(lif: Lif, weights: Vec<i32>, inputs: usize, bias: Vec<f64>) -> Model {
    let (steps, outputs) = (lif.time.steps, weights.len() / inputs);
    let scaling = Scaling::Affine { scale: vec!["1".parse().expect("a number")], zero_point: 0 };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let sample = Shape(if lif.time.constant { vec![inputs] } else { vec![steps, inputs] });
    let encoding = Encoding::Train { highest: 3, coding: None };
    let mut network = Network::new();
    let input = network.add("input", Op::Input(Input { sample, spec, encoding }), &[]).expect("an input");
    let weights = Weights { inputs, outputs, levels: weights, scale: vec![0.125] };
    let layer = network.add("layer", Op::Linear(Linear::plain(weights, bias)), &[input]).expect("a layer");
    let neurons = network.add("neurons", Op::Lif(lif), &[layer]).expect("neurons");
    let mut levels = vec![0; outputs * outputs];
    levels.iter_mut().step_by(outputs + 1).for_each(|w| *w = 1);
    let levels = levels.chunks(outputs).flat_map(|row| row.repeat(steps)).collect();
    let count = Weights { inputs: outputs * steps, outputs, levels, scale: vec![1.0] };
    let count =
        network.add("count", Op::Linear(Linear::plain(count, Vec::new())), &[neurons]).expect("a layer");
    network.add("output", Op::Readout, &[count]).expect("a readout");
    Model {
        network,
        name: "random".into(),
        producer: "test".into(),
        views: [].into(),
        precision: Precision::EXACT,
        padding: None,
    }
}

/// Checks that membranes lie within the range that was proven.
struct InRange(integer::Range);

impl Observer for InRange {
    fn membranes(&mut self, _: usize, _: u32, membranes: Membranes<'_>) {
        for v in membranes.to_vec() {
            assert!(self.0.contains(v), "{v} in {}", self.0);
        }
    }
}

fn resets() -> impl Strategy<Value = Reset> {
    prop::sample::select(vec![Reset::Never, Reset::Subtract, Reset::SubtractLate, Reset::Value])
}

prop_compose! {
    pub fn cases()(
        steps in 1usize..8, inputs in 1usize..4, outputs in 1usize..4, constant in any::<bool>(),
        above in any::<bool>(), reset in resets(), has_synapse in any::<bool>(),
    )(
        time in Just(Time { steps, constant }),
        (above, reset, inputs) in Just((above, reset, inputs)),
        threshold in prop::collection::vec(-8i32..40, outputs),
        leak in prop::collection::vec(0i32..=8, outputs),
        synapse in prop::collection::vec(0i32..=8, if has_synapse { outputs } else { 0 }),
        value in prop::collection::vec(-8i32..8, outputs),
        weights in prop::collection::vec(-9i32..=9, outputs * inputs),
        bias in prop::collection::vec(-4i32..4, outputs),
        raw in prop::collection::vec(0i32..=3, if constant { inputs } else { inputs * steps }),
        bits in 1u32..=32,
    ) -> (Lif, Vec<i32>, usize, Vec<f64>, Vec<i32>) {
        let real = |list: Vec<i32>, unit: f64| -> Vec<f64> { list.iter().map(|&v| f64::from(v) * unit).collect() };
        let lif = Lif {
            time,
            reset,
            above,
            threshold: real(threshold, 0.25),
            leak: real(leak, 0.125),
            value: real(value, 0.5),
            start: vec![0.0],
            synapse: real(synapse, 0.125),
            bits,
        };
        (lif, weights, inputs, real(bias, 0.0625), raw)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn neurons((lif, weights, inputs, bias, raw) in cases()) {
        let steps = lif.time.steps as u32;
        let exact = lif.bits >= 3 * 2 * steps + 8;
        let model = network(lif, weights, inputs, bias);
        let lowered = lower(&model).expect("lowers");
        let golden = Settled::new(&lowered.network, SpikeCode::Unary).expect("compiles");
        let id = lowered.network.find("neurons").expect("neurons");
        let integer::Op::Lif(own) = &lowered.network.node(id).op else { panic!("no neurons") };
        let outcome = golden.run(&mut golden.state(), &raw, &mut InRange(own.membrane));
        let once = eval::evaluate(&lowered.network, &raw);
        prop_assert_eq!(&outcome.levels[0], &once.levels[0].1);
        prop_assert_eq!(&outcome.values, &once.values);
        // Numbers of few bits: float64 is exact, and so is the membrane if it has the bits.
        if exact {
            prop_assert!(lowered.rounded.is_empty(), "{:?}", lowered.rounded);
            prop_assert_eq!(&outcome.levels[0], &float::evaluate(&model.network, &raw).levels[0].1);
        }
    }
}

/// Maps of several time-steps are read one by one: a convolution of two time-steps is that of each.
#[test]
fn windows_do_not_see_other_time_steps() {
    let window = Window {
        frames: 2,
        size: [3, 3],
        channels: 1,
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        before: [1, 1],
        after: [1, 1],
        groups: 1,
        places: None,
    };
    let weights = Weights { inputs: 9, outputs: 1, levels: (1..=9).collect(), scale: vec![1.0] };
    let mut x = vec![0.0; 18];
    x[8] = 1.0;
    let both = snn2rtl::float::convolution(&x, &window, &weights, &[]);
    let first = snn2rtl::float::convolution(&x[..9], &Window { frames: 1, ..window }, &weights, &[]);
    assert_eq!(&both[..9], first);
    assert_eq!(&both[9..], [0.0; 9]);
}
