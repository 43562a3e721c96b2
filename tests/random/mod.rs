//! Random integer networks whose ranges, thresholds and decision rules are consistent by construction.

#![allow(dead_code, reason = "each test program that includes this uses a part of it")]

use snn2rtl::graph::{NodeId, Shape};
use snn2rtl::integer::{Input, Linear, Network, Neuron, NonMonotone, Op, Range, Readout, Rule};
use snn2rtl::quant::Element;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        let span = (high - low) as u64 + 1;
        low + (self.next() % span) as i64
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.range(0, list.len() as i64 - 1) as usize]
    }

    pub fn chance(&mut self, percent: i64) -> bool {
        self.range(1, 100) <= percent
    }
}

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub seed: u64,
    /// Rows × channels of the input.
    pub rows: usize,
    pub channels: usize,
    /// Outputs of the synaptic layers before neurons.
    pub widths: Vec<usize>,
    pub classes: usize,
    /// Steps of the input.
    pub steps: u32,
    /// Weights lie in ±this.
    pub weight: i64,
    /// Percent of layers that decide by a table.
    pub tables: i64,
    /// Whether layers may be left out or shared, and rows be regrouped.
    pub odd: bool,
}

/// Range of what a node has sent to its readers, summed over any number of time-steps, and of what it sends in one.
#[derive(Clone, Copy)]
struct Sent {
    total: Range,
    once: Range,
}

pub fn input_range(element: Element, zero_point: i32) -> Range {
    let (low, high) = element.range();
    Range::new((low - zero_point).into(), (high - zero_point).into())
}

/// Smallest and largest Σ w·x over all outputs, with each x in `x` or 0.
fn hull(weights: &[i64], outputs: usize, x: Range) -> Range {
    let mut range = Range::new(0, 0);
    for o in 0..outputs {
        let column = || weights.iter().skip(o).step_by(outputs);
        let low = column().map(|w| (w * x.low).min(w * x.high).min(0)).sum();
        let high = column().map(|w| (w * x.low).max(w * x.high).max(0)).sum();
        range = range.union(Range::new(low, high));
    }
    range
}

fn linear(random: &mut Random, inputs: usize, outputs: usize, limit: i64, sent: Sent) -> (Linear, Sent) {
    let weights: Vec<i64> = (0..inputs * outputs)
        .map(|_| if random.chance(20) { 0 } else { random.range(-limit, limit) })
        .collect();
    let weight = weights.iter().fold(Range::new(0, 0), |r, &w| r.union(Range::new(w, w)));
    let total = hull(&weights, outputs, sent.total);
    let delta = hull(&weights, outputs, sent.once);
    (
        Linear {
            inputs,
            outputs,
            weights: weights.into(),
            weight,
            delta,
            partial: delta,
            total,
            window: None,
        },
        Sent { total, once: delta },
    )
}

/// A level below all edges, and edges with the level after each.
pub type Pieces = (i32, Vec<(i64, i32)>);

/// Any function from accumulated inputs to levels.
pub fn pieces(random: &mut Random, (low, high): (i32, i32), total: Range) -> Pieces {
    let level = |random: &mut Random| random.range(low.into(), high.into()) as i32;
    let mut edges: Vec<i64> = (0..random.range(0, 9)).map(|_| random.range(total.low, total.high)).collect();
    edges.sort_unstable();
    edges.dedup();
    (level(random), edges.into_iter().map(|edge| (edge, level(random))).collect())
}

/// The level of an accumulated input.
pub fn level_of((base, edges): &Pieces, a: i64) -> i32 {
    edges.iter().take_while(|(edge, _)| *edge <= a).last().map_or(*base, |(_, level)| *level)
}

/// Thresholds of these functions, one a channel.
pub fn non_monotone_tables(all: &[Pieces], (low, high): (i32, i32), total: Range) -> (Vec<i64>, NonMonotone) {
    let changes = |(base, edges): &Pieces, k: i32| -> Vec<i64> {
        let mut within = *base >= k;
        let mut list = Vec::new();
        for &(edge, level) in edges {
            if (level >= k) != within {
                list.push(edge);
                within = !within;
            }
        }
        list
    };
    let lists: Vec<Vec<i64>> =
        all.iter().flat_map(|p| (low + 1..=high).map(move |k| changes(p, k))).collect();
    let crossings = lists.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut thresholds = Vec::new();
    for list in lists {
        let missing = crossings - list.len();
        thresholds.extend(list.into_iter().chain(std::iter::repeat_n(total.high + 1, missing)));
    }
    (thresholds, NonMonotone { crossings, base: all.iter().map(|p| p.0).collect() })
}

fn neuron(random: &mut Random, channels: usize, total: Range, tables: i64) -> (Neuron, Sent) {
    let levels = random.pick(&[(0, 0), (0, 1), (-1, 0), (0, 15), (-8, 7), (-2, 3), (0, 40)]);
    neuron_with(random, channels, total, tables, levels)
}

fn neuron_with(
    random: &mut Random,
    channels: usize,
    total: Range,
    tables: i64,
    (low, high): (i32, i32),
) -> (Neuron, Sent) {
    let mut thresholds = Vec::new();
    let span = total.high - total.low + 1;
    let mut non_monotone = None;
    let rule = if random.chance(tables) && random.chance(50) {
        let pieces: Vec<Pieces> = (0..channels).map(|_| pieces(random, (low, high), total)).collect();
        let tables = non_monotone_tables(&pieces, (low, high), total);
        thresholds = tables.0;
        non_monotone = Some(tables.1);
        Rule::Table
    } else if random.chance(tables) {
        for _ in 0..channels {
            let mut list: Vec<i64> = (low..high).map(|_| random.range(total.low, total.high + 1)).collect();
            list.sort_unstable();
            thresholds.extend(list);
        }
        Rule::Table
    } else {
        let fraction = random.range(0, 5) as u32;
        let unit = 1i64 << fraction;
        let (mut theta, mut start) = (Vec::new(), Vec::new());
        for _ in 0..channels {
            let t = random.range(1, (span * unit / 4).max(2));
            let v0 = random.range(-2 * t, 2 * t);
            for k in low + 1..=high {
                // The smallest A with 2^F·A ≥ θ·k − v0.
                let exact = -(-(t * i64::from(k) - v0)).div_euclid(unit);
                thresholds.push(exact.clamp(total.low, total.high + 1));
            }
            theta.push(t);
            start.push(v0);
        }
        Rule::Affine { fraction, theta, start }
    };
    let mut membrane = total;
    if let Rule::Affine { fraction, theta, start } = &rule {
        let (low, high) = (i64::from(low), i64::from(high));
        membrane = (0..channels)
            .map(|c| {
                let base = |a: i64| start[c] + (a << fraction);
                Range::new(base(total.low) - theta[c] * high, base(total.high) - theta[c] * low)
            })
            .reduce(Range::union)
            .expect("at least one channel");
    }
    let sent = Sent { total: Range::new(low.into(), high.into()), once: Range::new(-1, 1) };
    (Neuron { low, high, thresholds, non_monotone, rule, total, membrane }, sent)
}

/// Makes a network.
pub fn network(recipe: &Recipe) -> Network {
    let random = &mut Random(recipe.seed);
    let mut network = Network::new();
    let element = random.pick(&[Element::U8, Element::I8, Element::U16]);
    let zero_point = match random.range(0, 2) {
        0 => 0,
        _ => random.range(element.range().0.into(), element.range().1.into()) as i32,
    };
    let range = input_range(element, zero_point);
    let input = Input {
        shape: Shape::matrix(recipe.rows, recipe.channels),
        element,
        zero_point,
        range,
        steps: recipe.steps,
    };
    let steps = i64::from(recipe.steps);
    let mut sent =
        Sent { total: Range::new(range.low.min(0) * steps, range.high.max(0) * steps), once: range };
    let mut last = network.add("input", Op::Input(input), &[]).expect("an input");
    for (n, &width) in recipe.widths.iter().enumerate() {
        if !(recipe.odd && random.chance(15)) {
            last = add_linear(&mut network, random, recipe, &format!("linear{n}"), last, width, &mut sent);
        }
        let channels = network.node(last).shape.channels();
        if recipe.odd && random.chance(15) {
            let (side, _) = neuron(random, channels, sent.total, recipe.tables);
            network.add(format!("side{n}"), Op::Neuron(side), &[last]).expect("a side branch");
        }
        let (op, own) = neuron(random, channels, sent.total, recipe.tables);
        last = network.add(format!("neuron{n}"), Op::Neuron(op), &[last]).expect("neurons");
        sent = own;
    }
    if !(recipe.odd && random.chance(15)) {
        last = add_linear(&mut network, random, recipe, "head", last, recipe.classes, &mut sent);
    }
    let channels = network.node(last).shape.channels();
    let readout = Readout {
        channels,
        multiplier: (0..channels).map(|_| random.range(1, 9)).collect(),
        offset: (0..channels).map(|_| random.range(-9, 9).into()).collect(),
        total: sent.total,
        value_width: 80,
    };
    network.add("logits", Op::Readout(readout), &[last]).expect("a readout");
    network
}

/// A chain of synaptic layers and neurons with these levels, one after the other.
pub fn chain(seed: u64, levels: &[(i32, i32)], tables: i64) -> Network {
    let random = &mut Random(seed);
    let mut network = Network::new();
    let (range, shape) = (Range::new(0, 255), Shape::matrix(2, 6));
    let input = Input { shape, element: Element::U8, zero_point: 0, range, steps: 1 };
    let mut last = network.add("input", Op::Input(input), &[]).expect("an input");
    let mut sent = Sent { total: range, once: range };
    for (n, &levels) in levels.iter().enumerate() {
        let (synapses, own) = linear(random, network.node(last).shape.channels(), 7, 100, sent);
        last = network.add(format!("linear{n}"), Op::Linear(synapses), &[last]).expect("a layer");
        let (neurons, own) = neuron_with(random, 7, own.total, tables, levels);
        last = network.add(format!("neuron{n}"), Op::Neuron(neurons), &[last]).expect("neurons");
        sent = own;
    }
    let readout = Readout {
        channels: 7,
        multiplier: vec![1; 7],
        offset: vec![0; 7],
        total: sent.total,
        value_width: 80,
    };
    network.add("logits", Op::Readout(readout), &[last]).expect("a readout");
    network
}

fn add_linear(
    network: &mut Network,
    random: &mut Random,
    recipe: &Recipe,
    name: &str,
    last: NodeId,
    outputs: usize,
    sent: &mut Sent,
) -> NodeId {
    let shape = &network.node(last).shape;
    let (len, channels) = (shape.len(), shape.channels());
    let mut inputs = channels;
    if recipe.odd && random.chance(40) {
        let divisors: Vec<usize> = (1..=len).filter(|d| len.is_multiple_of(*d)).collect();
        inputs = random.pick(&divisors);
    }
    let (op, own) = linear(random, inputs, outputs, recipe.weight, *sent);
    *sent = own;
    network.add(name, Op::Linear(op), &[last]).expect("a synaptic layer")
}

/// A raw sample of the network's input, about `percent` of its elements not at the zero point.
pub fn sample(random: &mut Random, input: &Input, percent: i64) -> Vec<i32> {
    let (low, high) = input.element.range();
    let value = |random: &mut Random| random.range(low.into(), high.into()) as i32;
    (0..input.shape.len())
        .map(|_| if random.chance(percent) { value(random) } else { input.zero_point })
        .collect()
}
