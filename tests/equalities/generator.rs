//! Random quantised multilayer perceptrons: what could have been imported. A recipe says what is there and shrinks; a
//! seed gives the numbers.

use proptest::prelude::*;
use snn2rtl::graph::{NodeId, Shape};
use snn2rtl::qann::{Network, Op};
use snn2rtl::quant::{Decimal, Element, InputSpec, Quantiser, Rounding, Scaling, Weights};

use super::random::Random;
use super::reference::decimal;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub seed: u64,
    pub rows: usize,
    pub channels: usize,
    pub input: Input,
    /// A quantiser on the input.
    pub first: Option<Levels>,
    /// Layers with neurons.
    pub layers: Vec<Layer>,
    pub classes: usize,
    /// A quantiser on the logits.
    pub last: Option<Levels>,
    /// Round numbers everywhere, so that values lie on boundaries exactly.
    pub round: bool,
}

#[derive(Clone, Debug)]
pub struct Input {
    pub element: Element,
    /// Mean and standard deviation; otherwise scale and zero point.
    pub normalise: bool,
    /// Which extent has numbers of its own.
    pub axis: Option<usize>,
    pub zero_point: i32,
}

#[derive(Clone, Debug)]
pub struct Layer {
    pub width: usize,
    pub per_channel: bool,
    pub bias: bool,
    pub relu: bool,
    /// What happens to a value before it is quantised.
    pub before: Vec<View>,
    pub levels: Levels,
    /// A ReLU after the quantiser.
    pub rectify: bool,
    /// Another quantiser, and whether it has the same scale.
    pub again: Option<(Levels, bool)>,
    /// What happens to a value before the next layer reads it.
    pub after: Vec<View>,
}

/// A quantiser.
#[derive(Clone, Debug)]
pub struct Levels {
    pub low: i32,
    pub high: i32,
    pub rounding: Rounding,
    /// A scale for each channel, and levels shifted by a zero point for each.
    pub per_channel: bool,
}

/// The same elements in another shape or order.
#[derive(Clone, Copy, Debug)]
pub enum View {
    /// All rows as one.
    Flatten,
    /// Rows and channels exchanged, then one row.
    TransposeFlatten,
    /// Rows of another length.
    Regroup,
    /// Channels in another order.
    Shuffle,
    /// Every row cut into several of equal length.
    Cut,
}

pub fn levels() -> impl Strategy<Value = Levels> {
    let roundings = vec![
        Rounding::HalfUp,
        Rounding::HalfEven,
        Rounding::HalfOdd,
        Rounding::HalfDown,
        Rounding::Floor,
        Rounding::Ceil,
        Rounding::Truncate,
    ];
    let range = prop_oneof![
        2 => (1i32..32).prop_map(|high| (0, high)),
        2 => (1i32..=16).prop_map(|half| (-half, half - 1)),
        1 => (-31i32..=8, 1i32..32).prop_map(|(low, more)| (low, low + more)),
    ];
    (range, prop::sample::select(roundings), prop::bool::weighted(0.4))
        .prop_map(|((low, high), rounding, per_channel)| Levels { low, high, rounding, per_channel })
}

pub fn recipe() -> impl Strategy<Value = Recipe> {
    let element = prop::sample::select(vec![Element::U8, Element::I8, Element::U16]);
    let input = (element, any::<bool>(), prop::option::weighted(0.4, 0usize..2), 0i32..=127).prop_map(
        |(element, normalise, axis, zero_point)| Input {
            element,
            normalise: normalise && !element.is_signed(),
            axis,
            zero_point,
        },
    );
    let before = prop::sample::select(vec![View::Shuffle, View::Cut, View::Cut]);
    let before = prop_oneof![Just(vec![]), prop::collection::vec(before, 1..4)];
    let after = vec![View::Flatten, View::TransposeFlatten, View::Regroup, View::Shuffle];
    let after = prop::collection::vec(prop::sample::select(after), 0..4);
    let width = prop_oneof![1usize..=20, prop::sample::select(vec![4, 6, 12, 20])];
    let quantisers =
        (levels(), prop::bool::weighted(0.2), prop::option::weighted(0.2, (levels(), any::<bool>())));
    let layer = (width, any::<bool>(), any::<bool>(), any::<bool>(), before, quantisers, after).prop_map(
        |(width, per_channel, bias, relu, before, (levels, rectify, again), after)| Layer {
            width,
            per_channel,
            bias,
            relu,
            before,
            levels,
            rectify,
            again,
            after,
        },
    );
    let quantiser = || prop::option::weighted(0.2, levels());
    let layers = prop::collection::vec(layer, 0..=3);
    (
        any::<u64>(),
        1usize..=4,
        1usize..=12,
        input,
        quantiser(),
        layers,
        1usize..=10,
        quantiser(),
        any::<bool>(),
    )
        .prop_map(|(seed, rows, channels, input, first, layers, classes, last, round)| Recipe {
            seed,
            rows,
            channels,
            input,
            first,
            layers,
            classes,
            last,
            round,
        })
}

/// A network under construction.
struct Making {
    network: Network,
    random: Random,
    round: bool,
    at: NodeId,
    /// Whether the channels of the value differ in scale or are in another order, so that rows may not be cut elsewhere.
    uneven: bool,
    named: usize,
}

/// Makes a network.
pub fn network(recipe: &Recipe) -> Network {
    let mut network = Network::new();
    let mut random = Random(recipe.seed);
    let shape = Shape::matrix(recipe.rows, recipe.channels);
    let spec = spec(recipe, &mut random);
    let at = network.add("input", Op::Input { shape, spec }, &[]).expect("an input");
    let uneven = recipe.input.axis.is_some();
    let mut making = Making { network, random, round: recipe.round, at, uneven, named: 0 };
    if recipe.input.axis == Some(0) {
        // Rows of different scale cannot share weights or thresholds.
        making.view(View::Flatten);
    } else if let Some(levels) = &recipe.first {
        making.quantiser("first", levels, 2.0);
    }
    for (index, layer) in recipe.layers.iter().enumerate() {
        making.linear(&format!("fc{index}"), layer.width, layer.per_channel, layer.bias);
        if layer.relu {
            making.add(&format!("relu{index}"), Op::Relu);
        }
        for &view in &layer.before {
            making.view(view);
        }
        making.quantiser(&format!("act{index}"), &layer.levels, 2.0);
        if layer.rectify {
            making.add(&format!("rectify{index}"), Op::Relu);
        }
        if let Some((levels, same)) = &layer.again {
            making.again(&format!("again{index}"), levels, *same);
        }
        for &view in &layer.after {
            making.view(view);
        }
    }
    making.view(View::Flatten);
    let per_channel = making.random.chance(30);
    making.linear("head", recipe.classes, per_channel, true);
    if let Some(levels) = &recipe.last {
        making.quantiser("last", levels, 4.0);
    }
    making.add("logits", Op::Output);
    making.network.check("random").expect("a network");
    making.network
}

/// Real values from about −2 to 2.
fn spec(recipe: &Recipe, random: &mut Random) -> InputSpec {
    let Input { element, normalise, axis, zero_point } = recipe.input;
    let count = axis.map_or(1, |axis| [recipe.rows, recipe.channels][axis]);
    // Few different numbers: every unrelated one costs bits in the common unit.
    let std: [Decimal; 3] = ["0.229", "0.224", "0.225"].map(decimal);
    let mean: [Decimal; 3] = ["0.485", "-0.456", "0"].map(decimal);
    let scale: [Decimal; 3] = if element == Element::U16 {
        ["3.1e-5", "0.00003", "3e-5"].map(decimal)
    } else {
        ["0.0157", "0.016", "1.5e-2"].map(decimal)
    };
    let even: [Decimal; 3] = if element == Element::U16 {
        ["0.000030517578125", "0.00006103515625", "0.000030517578125"].map(decimal)
    } else {
        ["0.015625", "0.03125", "0.015625"].map(decimal)
    };
    let mut list =
        |from: &[Decimal; 3]| (0..count).map(|_| from[random.range(0, 2) as usize].clone()).collect();
    let scaling = if normalise {
        Scaling::Normalise { mean: list(&mean), std: list(&std) }
    } else {
        Scaling::Affine { scale: list(if recipe.round { &even } else { &scale }), zero_point }
    };
    InputSpec { element, scaling, channel_axis: axis }
}

impl Making {
    fn shape(&self) -> Shape {
        self.network.node(self.at).shape.clone()
    }

    fn add(&mut self, name: &str, op: Op) {
        self.at = self.network.add(name, op, &[self.at]).unwrap_or_else(|e| panic!("{e}"));
    }

    /// A number within a factor of about 1.5 of the typical one.
    fn scale(&mut self, typical: f32) -> f32 {
        if self.round {
            return typical.log2().round().exp2();
        }
        typical * (0.8 + self.random.range(0, 1 << 20) as f32 * (0.45 / (1 << 20) as f32))
    }

    fn scales(&mut self, typical: f32, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.scale(typical)).collect()
    }

    fn linear(&mut self, name: &str, outputs: usize, per_channel: bool, bias: bool) {
        let inputs = self.shape().channels();
        let limit = self.random.pick(&[1, 7, 127, 128]);
        let levels =
            (0..inputs * outputs).map(|_| self.random.range(-limit, limit.min(127)) as i32).collect();
        let typical = 1.5 / (limit as f32 * (inputs as f32).sqrt());
        let scale = self.scales(typical, if per_channel { outputs } else { 1 });
        let scale = scale.into_iter().map(f64::from).collect();
        let bias = if bias { (0..outputs).map(|_| self.bias()).collect() } else { Vec::new() };
        self.add(name, Op::Linear { weights: Weights { inputs, outputs, levels, scale }, bias });
        self.uneven = false;
    }

    /// A bias: a float, or an integer times a scale, which may need a double.
    fn bias(&mut self) -> f64 {
        let sixteenths = self.random.range(-8, 8) as f64 / 16.0;
        match self.random.range(0, 2) {
            _ if self.round => sixteenths,
            0 => self.random.range(-1 << 24, 1 << 24) as f64 * f64::from(3e-8f32),
            _ => f64::from((sixteenths as f32) * 0.77 + 0.013),
        }
    }

    /// A quantiser after another one.
    fn again(&mut self, name: &str, levels: &Levels, same: bool) {
        let before =
            self.network.topological().into_iter().rev().find_map(|id| match &self.network.node(id).op {
                Op::Quantise(q) => Some(q.scale.clone()),
                _ => None,
            });
        let uneven = self.uneven;
        self.quantiser(name, levels, 2.0);
        if let (true, Some(scale), Op::Quantise(q)) = (same, before, &mut self.network.node_mut(self.at).op) {
            self.uneven = uneven || scale.len() > 1 || q.low.len() > 1;
            q.scale = scale;
        }
    }

    /// A quantiser of values in about ±`reach`.
    fn quantiser(&mut self, name: &str, levels: &Levels, reach: f32) {
        let Levels { low, high, rounding, per_channel } = *levels;
        let channels = self.shape().channels();
        let typical = reach / low.abs().max(high.abs()).max(1) as f32;
        let count = if per_channel { channels } else { 1 };
        let scale = self.scales(typical, count);
        let zero: Vec<i32> = if per_channel && self.random.chance(50) {
            (0..count).map(|_| self.random.range(-3, 3) as i32).collect()
        } else {
            vec![0]
        };
        let moved = |end: i32| zero.iter().map(|z| end - z).collect();
        self.uneven = count > 1;
        self.add(name, Op::Quantise(Quantiser { scale, low: moved(low), high: moved(high), rounding }));
    }

    /// A view; where channels differ in scale, only those that a layer can read.
    fn view(&mut self, view: View) {
        let (rows, channels) = (self.shape().rows(), self.shape().channels());
        let divisors = |n: usize| (1..=n).filter(move |d| n.is_multiple_of(*d)).collect::<Vec<_>>();
        match view {
            View::Flatten => self.reshape(vec![rows * channels]),
            View::TransposeFlatten => {
                self.uneven = true;
                self.transpose(vec![1, 0]);
                self.reshape(vec![1, rows * channels]);
            }
            View::Regroup | View::Cut if self.uneven => self.reshape(vec![rows, 1, channels]),
            View::Regroup => {
                let width = self.random.pick(&divisors(rows * channels));
                self.reshape(vec![rows * channels / width, width]);
            }
            View::Cut => {
                let width = self.random.pick(&divisors(channels));
                self.reshape(vec![rows * channels / width, width]);
            }
            View::Shuffle => {
                self.uneven = true;
                let inner = self.random.pick(&divisors(channels));
                self.reshape(vec![rows, channels / inner, inner]);
                self.transpose(vec![0, 2, 1]);
                self.reshape(vec![rows, channels]);
            }
        }
    }

    fn reshape(&mut self, extents: Vec<usize>) {
        self.named += 1;
        self.add(&format!("reshape{}", self.named), Op::Reshape(Shape(extents)));
    }

    fn transpose(&mut self, order: Vec<usize>) {
        self.named += 1;
        let rank = self.shape().0.len();
        if rank != order.len() {
            let (rows, channels) = (self.shape().rows(), self.shape().channels());
            self.reshape(vec![rows, channels]);
        }
        self.add(&format!("transpose{}", self.named), Op::Transpose(order));
    }
}
