//! The spiking network at quiescence in float64: real scales and real arithmetic, on a path that shares no code with
//! lowering.

use super::{Form, Network, Op, Product};
use crate::float;
use crate::graph::{NodeId, Shape};

/// Result of an evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Real logits, row-major.
    pub logits: Vec<f64>,
    /// Levels of every layer of neurons in topological order: node and levels, row-major.
    pub levels: Vec<(NodeId, Vec<i32>)>,
}

impl Evaluation {
    /// The class: index of the largest logit, the lowest index if several are equal.
    pub fn class(&self) -> usize {
        let logits = &self.logits;
        (0..logits.len()).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or(0)
    }
}

/// Evaluates one raw sample (row-major, in the model's own shape).
///
/// # Panics
/// If `raw` does not have as many elements as the input, an element is beyond a table, or the graph was not checked.
pub fn evaluate(network: &Network, raw: &[i32]) -> Evaluation {
    let mut values: Vec<Vec<f64>> = Vec::new();
    let mut result = Evaluation::default();
    for id in network.topological() {
        let node = network.node(id);
        let inputs = network.inputs(id);
        let channels = node.shape.channels();
        let read = |port: usize| &values[inputs[port].index()];
        let shape = |port: usize| &network.node(inputs[port]).shape;
        let value = match &node.op {
            Op::Input(input) => {
                assert_eq!(raw.len(), input.sample.len(), "elements of a sample");
                let real =
                    |(e, &q): (usize, &i32)| input.spec.real(q, input.spec.channel_of(&input.sample.0, e));
                raw.iter().enumerate().map(real).collect()
            }
            Op::Linear(linear) => {
                let sums = match &linear.window {
                    Some(window) => float::convolution(read(0), window, &linear.weights, &[]),
                    None => float::linear(read(0), &linear.weights, &[]),
                };
                let biased = |(e, sum): (usize, f64)| {
                    sum / f64::from(linear.divisor) + linear.bias.get(e % channels).copied().unwrap_or(0.0)
                };
                sums.into_iter().enumerate().map(biased).collect()
            }
            Op::Neuron(quantiser) => {
                let (levels, value) = float::quantise(read(0), quantiser, channels);
                result.levels.push((id, levels));
                value
            }
            Op::Lif(lif) => {
                let spikes = lif.spikes(read(0), channels);
                let value = spikes.iter().map(|&s| f64::from(s)).collect();
                result.levels.push((id, spikes));
                value
            }
            Op::Arrange(arrange) => arrange.order.iter().map(|&e| read(0)[e]).collect(),
            Op::Select(s) => read(0)[s.first * channels..(s.first + s.count) * channels].to_vec(),
            Op::Embedding(table) => float::rows(&table.table, table.channels, read(0)),
            Op::Sum(sum) => {
                let mut total = match sum.constant.len() {
                    0 => vec![0.0; node.shape.len()],
                    _ => sum.constant.clone(),
                };
                for (port, first) in sum.first.iter().enumerate() {
                    let factors = sum.factors.get(port).map_or(&[][..], |list| list);
                    let factor = |e: usize| factors.get(e).copied().unwrap_or(1.0);
                    if sum.turned.contains(&port) {
                        let columns = shape(port).channels();
                        for (e, a) in read(port).iter().enumerate() {
                            total[(first + e % columns) * channels + e / columns] += a;
                        }
                        continue;
                    }
                    let added = read(port).iter().enumerate().map(|(e, a)| a * factor(e));
                    total[first * channels..].iter_mut().zip(added).for_each(|(x, a)| *x += a);
                }
                total
            }
            Op::LayerNorm(norm) => read(0)
                .chunks(channels)
                .flat_map(|row| float::layer_norm(row, &norm.gamma, &norm.beta, norm.epsilon, norm.centred))
                .collect(),
            Op::Product(product) => attend(product, (read(0), shape(0)), (read(1), shape(1))),
            Op::Softmax(softmax) => {
                let size = channels / softmax.groups;
                // The padding is a raw element.
                let is_raw = |port: usize| matches!(network.node(inputs[port]).op, Op::Input(_));
                let padded = |j: usize| {
                    softmax.padding.is_some_and(|p| match is_raw(1) {
                        true => raw[j] == p,
                        false => read(1)[j] == f64::from(p),
                    })
                };
                let group = |(g, scores): (usize, &[f64])| {
                    let masked = |j: usize| padded(j) || softmax.band.hides(g / softmax.groups, j);
                    let score = |(j, a): (usize, &f64)| match masked(j) {
                        true => f64::NEG_INFINITY,
                        false => a * softmax.factor,
                    };
                    float::softmax(&scores.iter().enumerate().map(score).collect::<Vec<_>>())
                };
                read(0).chunks(size).enumerate().flat_map(group).collect()
            }
            Op::Function(function) => float::apply(read(0), function),
            Op::MaxPool(window) => float::max_pool(read(0), window),
            Op::Readout => {
                result.logits.clone_from(read(0));
                read(0).clone()
            }
        };
        if values.len() <= id.index() {
            values.resize(id.index() + 1, Vec::new());
        }
        values[id.index()] = value;
    }
    result
}

/// `Q·Kᵀ` or `P·V`, heads side by side; or a gate.
fn attend(product: &Product, (left, from): (&[f64], &Shape), (right, with): (&[f64], &Shape)) -> Vec<f64> {
    let (tokens, width) = (with.rows(), with.channels());
    let depth = width / product.heads;
    let rows = left.chunks(from.channels());
    match product.form {
        Form::Scores => rows
            .flat_map(|q| (0..product.heads * tokens).map(move |c| (q, c / tokens * depth, c % tokens)))
            .map(|(q, first, j)| (first..first + depth).map(|c| q[c] * right[j * width + c]).sum())
            .collect(),
        Form::Mix => rows
            .flat_map(|p| (0..width).map(move |c| (p, c / depth * tokens, c)))
            .map(|(p, first, c)| (0..tokens).map(|j| p[first + j] * right[j * width + c]).sum())
            .collect(),
        Form::Gate => left.iter().zip(right.iter().cycle()).map(|(x, g)| x * g).collect(),
    }
}
