//! One-shot evaluation: the integer network as an ordinary quantised network, without time and without spikes.
//!
//! Dense and simple on purpose, and sharing nothing with the stepped model: at quiescence the two must agree exactly.

use super::{Network, Op};
use crate::graph::NodeId;

/// What one evaluation yields.
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
    /// The class: index of the largest value, the lowest index of several.
    pub fn class(&self) -> usize {
        (0..self.values.len()).rev().max_by_key(|&i| self.values[i]).unwrap_or(0)
    }
}

/// Evaluates one raw sample (row-major, in the shape of the input node).
///
/// # Panics
/// When `raw` has not as many elements as the input node, or the graph was not checked.
pub fn evaluate(network: &Network, raw: &[i32]) -> Evaluation {
    let mut sums: Vec<Vec<i64>> = Vec::new();
    let mut result = Evaluation::default();
    for id in network.topological() {
        let node = network.node(id);
        let source = network.inputs(id).first().map(|i| &sums[i.index()]);
        // Sum over all time-steps of what the node sends to its readers.
        let sum = match (&node.op, source) {
            (Op::Input(input), _) => {
                assert_eq!(raw.len(), input.shape.len(), "elements of a sample");
                raw.iter().map(|&q| i64::from(q - input.zero_point) * i64::from(input.steps)).collect()
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
