//! A network of what no converted model has: raw elements in a sum, LayerNorm as both operands of a product with heads
//! of three channels, softmax of a synaptic layer, rows taken apart and joined, ties.

use snn2rtl::graph::{Band, NodeId, Shape};
use snn2rtl::integer::{
    Form, Input, LayerNorm, Linear, Network, Neuron, Op, Product, Range, Readout, Rounding, Rule, Select,
    Softmax, Sum, Term,
};
use snn2rtl::quant::Element;

use crate::random::Random;

/// A network in the making, with the range of each node's values.
struct Builder {
    network: Network,
    random: Random,
    ranges: Vec<Range>,
    rounding: Rounding,
    /// Fraction bits of the roots of LayerNorm.
    root_fraction: u32,
}

fn scaled(range: Range, factor: i64) -> Range {
    let (a, b) = (range.low * factor, range.high * factor);
    Range::new(a.min(b), a.max(b))
}

impl Builder {
    fn add(&mut self, name: &str, op: Op, inputs: &[NodeId], range: Range) -> NodeId {
        let id = self.network.add(name, op, inputs).expect(name);
        assert_eq!(id.index(), self.ranges.len());
        self.ranges.push(range);
        id
    }

    fn range(&self, id: NodeId) -> Range {
        self.ranges[id.index()]
    }

    fn linear(&mut self, name: &str, source: NodeId, inputs: usize, outputs: usize) -> NodeId {
        let weights: Vec<i64> = (0..inputs * outputs).map(|_| self.random.range(-7, 7)).collect();
        let range = self.range(source);
        let most = range.low.abs().max(range.high.abs()) * 7 * inputs as i64;
        let total = Range::new(-most, most);
        let weight = Range::new(-7, 7);
        let linear = Linear {
            inputs,
            outputs,
            weights: weights.into(),
            weight,
            delta: total,
            partial: total,
            total,
            window: None,
        };
        self.add(name, Op::Linear(linear), &[source], total)
    }

    fn neuron(&mut self, name: &str, source: NodeId) -> NodeId {
        let (low, high) = (-3, 5);
        let channels = self.network.node(source).shape.channels();
        let total = self.range(source);
        let theta: Vec<i64> = (0..channels).map(|_| self.random.range(1, total.high.max(4) / 2)).collect();
        let start: Vec<i64> = theta.iter().map(|&t| self.random.range(-t, 2 * t)).collect();
        let mut thresholds = Vec::new();
        for (&t, &v0) in theta.iter().zip(&start) {
            for k in i64::from(low) + 1..=i64::from(high) {
                thresholds.push((-(-(t * k - v0)).div_euclid(2)).clamp(total.low, total.high + 1));
            }
        }
        let edge = |a: i64| {
            let all =
                theta.iter().zip(&start).flat_map(move |(&t, &v0)| [v0 + 2 * a - 5 * t, v0 + 2 * a + 3 * t]);
            all.collect::<Vec<i64>>()
        };
        let all = [edge(total.low), edge(total.high)].concat();
        let membrane = all.iter().fold(Range::new(0, 0), |r, &v| r.union(Range::new(v, v)));
        let rule = Rule::Affine { fraction: 1, theta, start };
        let neuron = Neuron { low, high, thresholds, non_monotone: None, rule, total, membrane };
        self.add(name, Op::Neuron(neuron), &[source], Range::new(low.into(), high.into()))
    }

    /// Few fraction bits and small factors: many values lie on a boundary.
    fn layer_norm(&mut self, name: &str, source: NodeId) -> NodeId {
        let channels = self.network.node(source).shape.channels();
        let mut list =
            |low: i64, high: i64| (0..channels).map(|_| self.random.range(low, high)).collect::<Vec<i64>>();
        let (gamma, beta) = (list(-3, 3), list(-2, 2));
        let total = self.range(source);
        let spread = i128::from(total.high - total.low) * channels as i128;
        let root_fraction = self.root_fraction;
        let square_width = 128 - (((spread * spread) << (2 * root_fraction)) + 1).leading_zeros();
        let norm = LayerNorm {
            low: -4,
            high: 3,
            rounding: self.rounding,
            gamma,
            beta,
            fraction: 1,
            epsilon: 1,
            root_fraction,
            centred: true,
            total,
            square_width,
            decision_width: 100,
        };
        self.add(name, Op::LayerNorm(norm), &[source], Range::new(-4, 3))
    }

    fn softmax(&mut self, name: &str, source: NodeId, groups: usize) -> NodeId {
        let softmax = Softmax {
            groups,
            low: 0,
            high: 6,
            rounding: self.rounding,
            table: vec![8, 4, 2, 1],
            exp_fraction: 3,
            scale: 1,
            scale_fraction: 3,
            padding: None,
            band: Band::ALL,
            total: self.range(source),
            sum_width: 8,
            decision_width: 40,
        };
        self.add(name, Op::Softmax(softmax), &[source], Range::new(0, 6))
    }

    fn product(&mut self, name: &str, form: Form, left: NodeId, right: NodeId) -> NodeId {
        let total = Range::new(-500, 500);
        let product = Product { form, heads: 2, delta: total, partial: total, total };
        self.add(name, Op::Product(product), &[left, right], total)
    }

    fn sum(&mut self, name: &str, terms: &[(NodeId, usize, Vec<i64>)], start: bool) -> NodeId {
        let (rows, channels) = (3, 6);
        let start: Vec<i64> =
            (0..rows * channels).map(|_| if start { self.random.range(-9, 9) } else { 0 }).collect();
        let mut total = Range::new(-9, 9);
        for (id, _, coefficient) in terms {
            let all = coefficient.iter().map(|&k| scaled(self.range(*id), k));
            let hull = all.fold(Range::new(0, 0), Range::union);
            total = Range::new(total.low + hull.low, total.high + hull.high);
        }
        let inputs: Vec<NodeId> = terms.iter().map(|(id, ..)| *id).collect();
        let terms = terms
            .iter()
            .map(|(_, first, k)| Term { first: *first, coefficient: k.clone(), turned: false })
            .collect();
        let sum = Sum { rows, channels, terms, start, total, delta: total };
        self.add(name, Op::Sum(sum), &inputs, total)
    }
}

/// Makes the network.
pub fn network(seed: u64, rounding: Rounding) -> Network {
    let root_fraction = (seed % 3 * 2) as u32;
    let mut b = Builder {
        network: Network::new(),
        random: Random(seed),
        ranges: Vec::new(),
        rounding,
        root_fraction,
    };
    let range = Range::new(-100, 155);
    let shape = Shape::matrix(3, 6);
    let input = Input { shape, element: Element::U8, zero_point: 100, range, steps: 1 };
    let raw = b.add("raw", Op::Input(input), &[], range);
    let coefficients: Vec<i64> = (0..6).map(|_| b.random.range(-2, 2)).collect();
    let sum0 = b.sum("sum0", &[(raw, 0, coefficients)], true);
    let norm = b.layer_norm("norm", sum0);
    let scores = b.product("scores", Form::Scores, norm, norm);
    let p = b.softmax("p", scores, 2);
    let mix = b.product("mix", Form::Mix, p, norm);
    let mixed = b.neuron("mixed", mix);
    let last = b.add("last", Op::Select(Select { first: 1, count: 2 }), &[norm], Range::new(-4, 3));
    // Rows 1 and 2 first: row 0 has to be begun by itself.
    let start = b.random.chance(50);
    let other = b.sum("other", &[(last, 1, vec![3]), (mixed, 0, vec![2])], start);
    let sum1 = b.sum("sum1", &[(mixed, 0, vec![5]), (sum0, 0, vec![1]), (other, 0, vec![-2])], false);
    let norm1 = b.layer_norm("norm1", sum1);
    let quantised = b.neuron("quantised", norm1);
    let apart = b.linear("apart", quantised, 3, 5);
    let apart = b.neuron("apart.neurons", apart);
    let logits = b.linear("logits", apart, 5, 6);
    let probabilities = b.softmax("probabilities", logits, 2);
    let row = b.add("row", Op::Select(Select { first: 1, count: 4 }), &[probabilities], Range::new(0, 6));
    let head = b.linear("head", row, 12, 5);
    let total = b.range(head);
    let readout = Readout {
        channels: 5,
        multiplier: vec![4; 5],
        offset: vec![1, -2, 3, -4, 5],
        total,
        value_width: 40,
    };
    b.add("readout", Op::Readout(readout), &[head], total);
    b.network
}
