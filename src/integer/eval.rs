//! One-pass evaluation: the integer network as an ordinary quantised network, without time and without spikes.
//!
//! Dense and simple on purpose; it shares no code with the stepped model. At quiescence both must agree exactly.

use super::{Form, Linear, Network, Op, Product};
use crate::graph::{NodeId, Window};

/// Result of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Levels `S` of every neuron layer in topological order: node and levels, row-major.
    pub levels: Vec<(NodeId, Vec<i32>)>,
    /// Accumulated input `A` of the readout, row-major.
    pub totals: Vec<i64>,
    /// `multiplier·A + offset` of the readout, row-major.
    pub values: Vec<i128>,
}

impl Evaluation {
    /// The class: index of the largest value, the lowest index if several are equal.
    pub fn class(&self) -> usize {
        (0..self.values.len()).rev().max_by_key(|&i| self.values[i]).unwrap_or(0)
    }
}

/// Evaluates one raw sample (row-major, in the shape of the input node).
///
/// # Panics
/// If `raw` does not have as many elements as the input node, or the graph was not checked.
pub fn evaluate(network: &Network, raw: &[i32]) -> Evaluation {
    let mut sums: Vec<Vec<i64>> = Vec::new();
    let mut result = Evaluation::default();
    for id in network.topological() {
        let node = network.node(id);
        let inputs = network.inputs(id);
        let source = inputs.first().map(|i| &sums[i.index()]);
        // Sum over all time-steps of the values that the node sends to its readers.
        let sum = match (&node.op, source) {
            (Op::Input(input), _) => {
                assert_eq!(raw.len(), input.shape.len(), "elements of a sample");
                raw.iter().map(|&q| i64::from(q - input.zero_point) * i64::from(input.steps)).collect()
            }
            (Op::Linear(linear @ Linear { window: Some(window), .. }), Some(x)) => {
                convolution(linear, window, x)
            }
            (Op::Linear(linear), Some(x)) => {
                let output = |x: &[i64], o: usize| -> i64 {
                    x.iter().enumerate().map(|(i, x)| x * linear.weights[i * linear.outputs + o]).sum()
                };
                x.chunks(linear.inputs)
                    .flat_map(|x| (0..linear.outputs).map(move |o| output(x, o)))
                    .collect::<Vec<i64>>()
            }
            (Op::Neuron(neuron), Some(a)) => {
                let channels = node.shape.channels();
                let levels: Vec<i32> =
                    a.iter().enumerate().map(|(e, &a)| neuron.level(e % channels, a)).collect();
                let sum = levels.iter().map(|&s| i64::from(s)).collect();
                result.levels.push((id, levels));
                sum
            }
            (Op::Lif(lif), Some(a)) => {
                let channels = node.shape.channels();
                let neurons = lif.time.neurons(node.shape.len());
                let mut states: Vec<_> = (0..neurons).map(|n| lif.first(n % channels)).collect();
                let mut levels = Vec::with_capacity(node.shape.len());
                for t in 0..lif.time.steps {
                    let own = if lif.time.constant { a } else { &a[t * neurons..] };
                    for (n, state) in states.iter_mut().enumerate() {
                        levels.push(i32::from(lif.constants(n % channels).step(state, own[n]).0));
                    }
                }
                result.levels.push((id, levels));
                levels_of(&result)
            }
            (Op::Arrange(arrange), Some(x)) => arrange.order.iter().map(|&e| x[e]).collect(),
            (Op::Select(select), Some(x)) => {
                let channels = node.shape.channels();
                x[select.first * channels..(select.first + select.count) * channels].to_vec()
            }
            (Op::Embedding(embedding), Some(ids)) => {
                let row = |&q: &i64| {
                    let first = usize::try_from(q).unwrap_or(usize::MAX).saturating_mul(embedding.channels);
                    embedding.table[first..first + embedding.channels].iter().copied()
                };
                ids.iter().flat_map(row).collect()
            }
            (Op::Sum(sum), _) => {
                let mut total = sum.start.clone();
                for (term, input) in sum.terms.iter().zip(&inputs) {
                    if term.turned {
                        let columns = network.node(*input).shape.channels();
                        for (e, a) in sums[input.index()].iter().enumerate() {
                            let (row, column) = (e / columns, e % columns);
                            total[(term.first + column) * sum.channels + row] += term.of_channel(column) * a;
                        }
                        continue;
                    }
                    let rows = &mut total[term.first * sum.channels..];
                    for (e, (x, a)) in rows.iter_mut().zip(&sums[input.index()]).enumerate() {
                        *x += term.coefficient[e % term.coefficient.len()] * a;
                    }
                }
                total
            }
            (Op::LayerNorm(norm), Some(x)) => {
                let row = |row: &[i64]| {
                    let moments = norm.moments(row);
                    row.iter().enumerate().map(|(c, &x)| norm.level(moments, c, x)).collect::<Vec<_>>()
                };
                let levels: Vec<i32> = x.chunks(node.shape.channels()).flat_map(row).collect();
                result.levels.push((id, levels));
                levels_of(&result)
            }
            (Op::Product(product), Some(left)) => {
                let right = &sums[inputs[1].index()];
                let (tokens, channels) = {
                    let s = &network.node(inputs[1]).shape;
                    (s.rows(), s.channels())
                };
                product_of(product, left, right, tokens, channels)
            }
            (Op::Softmax(softmax), Some(scores)) => {
                let tokens = node.shape.channels() / softmax.groups;
                let raw = |i: &NodeId| &sums[i.index()];
                let padded = inputs.get(1).map(raw).zip(softmax.padding);
                let mut exps = Vec::new();
                let mut levels = Vec::new();
                for (g, group) in scores.chunks(tokens).enumerate() {
                    let masked = |j: usize| {
                        padded.is_some_and(|(ids, p)| ids[j] == i64::from(p))
                            || softmax.band.hides(g / softmax.groups, j)
                    };
                    let sum = softmax.exps(group, masked, &mut exps);
                    let level = |(j, &e): (usize, &i64)| if masked(j) { 0 } else { softmax.level(e, sum) };
                    levels.extend(exps.iter().enumerate().map(level));
                }
                result.levels.push((id, levels));
                levels_of(&result)
            }
            (Op::MaxPool(pool), Some(x)) => {
                let window = &pool.window;
                let seen = |pixel: usize, c: usize| {
                    let rows = window.rows(pixel).map(|(_, row)| x[row * window.channels + c]);
                    rows.max().unwrap_or(0)
                };
                let pixels = 0..window.pixels();
                pixels
                    .flat_map(|p| (0..window.channels).map(move |c| (p, c)))
                    .map(|(p, c)| seen(p, c))
                    .collect()
            }
            (Op::Readout(readout), Some(a)) => {
                let value = |(e, &a): (usize, &i64)| {
                    let c = e % readout.channels;
                    i128::from(readout.multiplier[c]) * i128::from(a) + readout.offset[c]
                };
                result.values = a.iter().enumerate().map(value).collect();
                result.totals.clone_from(a);
                a.clone()
            }
            (_, None) => unreachable!("a checked graph has an input for every operator"),
        };
        if sums.len() <= id.index() {
            sums.resize(id.index() + 1, Vec::new());
        }
        sums[id.index()] = sum;
    }
    result
}

/// A synaptic layer with a window, by its definition.
fn convolution(linear: &Linear, window: &Window, x: &[i64]) -> Vec<i64> {
    let (depth, part) = (window.depth(), linear.outputs / window.groups);
    let mut sums = vec![0; window.pixels() * linear.outputs];
    for (pixel, sums) in sums.chunks_mut(linear.outputs).enumerate() {
        for (tap, row) in window.rows(pixel) {
            for (o, sum) in sums.iter_mut().enumerate() {
                let inputs = &x[row * window.channels + o / part * depth..][..depth];
                let weight = |c: usize| linear.weights[(tap * depth + c) * linear.outputs + o];
                *sum += inputs.iter().enumerate().map(|(c, x)| x * weight(c)).sum::<i64>();
            }
        }
    }
    sums
}

/// The levels that were recorded last, as sums.
fn levels_of(result: &Evaluation) -> Vec<i64> {
    result.levels.last().map_or_else(Vec::new, |(_, levels)| levels.iter().map(|&s| i64::from(s)).collect())
}

/// The product of two tracers, by its definition; the right operand has this many tokens and channels.
fn product_of(product: &Product, left: &[i64], right: &[i64], tokens: usize, channels: usize) -> Vec<i64> {
    let depth = product.depth(channels);
    let heads = 0..product.heads;
    match product.form {
        Form::Scores => left
            .chunks(channels)
            .flat_map(|q| heads.clone().flat_map(move |h| (0..tokens).map(move |j| (q, h, j))))
            .map(|(q, h, j)| (h * depth..(h + 1) * depth).map(|c| q[c] * right[j * channels + c]).sum())
            .collect(),
        Form::Mix => left
            .chunks(product.heads * tokens)
            .flat_map(|p| (0..channels).map(move |c| (p, c)))
            .map(|(p, c)| (0..tokens).map(|j| p[c / depth * tokens + j] * right[j * channels + c]).sum())
            .collect(),
        Form::Gate => left.iter().zip(right.iter().cycle()).map(|(x, g)| x * g).collect(),
    }
}
