//! The float64 reference: evaluates the imported network on a path that shares no code with lowering.

use super::{Network, Op, repeated};
use crate::float;
use crate::graph::NodeId;
use crate::quant::per_channel;

/// Result of an evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Output values, row-major.
    pub logits: Vec<f64>,
    /// Levels of every quantiser in topological order: node and levels, row-major.
    pub levels: Vec<(NodeId, Vec<i32>)>,
}

/// Evaluates one raw sample (row-major, in the shape of the input node).
///
/// # Panics
/// If `raw` does not have as many elements as the input node, or the graph was not checked.
pub fn evaluate(network: &Network, raw: &[i32]) -> Evaluation {
    observed(network, raw, &mut |_, _| {})
}

/// As [`evaluate`]; `observe` sees the value of every node.
///
/// # Panics
/// As [`evaluate`].
pub fn observed(network: &Network, raw: &[i32], observe: &mut dyn FnMut(NodeId, &[f64])) -> Evaluation {
    let mut values: Vec<Vec<f64>> = Vec::new();
    let mut result = Evaluation::default();
    for id in network.topological() {
        let node = network.node(id);
        let inputs = network.inputs(id);
        let source = inputs.first().map(|&i| (network.node(i), &values[i.index()]));
        let value = match (&node.op, source) {
            (Op::Input { shape, spec }, _) => {
                assert_eq!(raw.len(), shape.len(), "elements of a sample");
                raw.iter().enumerate().map(|(e, &q)| spec.real(q, spec.channel_of(&shape.0, e))).collect()
            }
            (Op::Linear { weights, bias }, Some((_, x))) => float::linear(x, weights, bias),
            (Op::Convolution { window, weights, bias }, Some((_, x))) => {
                float::convolution(x, window, weights, bias)
            }
            (Op::AveragePool(window), Some((_, x))) => float::average_pool(x, window),
            (Op::Resample { window, weights, divisor }, Some((_, x))) => {
                float::resample(x, window, weights, *divisor)
            }
            (Op::MaxPool(window), Some((_, x))) => float::max_pool(x, window),
            (Op::Affine { gain, offset }, Some((_, x))) => {
                let channels = gain.len();
                let each = x.iter().enumerate().map(|(e, x)| (e % channels, x));
                each.map(|(c, x)| gain[c] * x + offset[c]).collect()
            }
            (Op::Quantise(q), Some((_, x))) => {
                let (levels, value) = float::quantise(x, q, node.shape.channels());
                result.levels.push((id, levels));
                value
            }
            (Op::Relu, Some((_, x))) => x.iter().map(|x| x.max(0.0)).collect(),
            (Op::Function(function), Some((_, x))) => float::apply(x, function),
            (Op::Transpose(order), Some((source, x))) => float::transpose(x, &source.shape.0, order),
            (Op::Constant { values, .. }, _) => values.clone(),
            (Op::Add, Some((_, a))) => a.iter().zip(&values[inputs[1].index()]).map(|(a, b)| a + b).collect(),
            (Op::Mul, Some((_, a))) => {
                let index = repeated(&network.node(inputs[1]).shape, &node.shape).unwrap_or_default();
                let b = &values[inputs[1].index()];
                a.iter().zip(index).map(|(a, e)| a * b[e]).collect()
            }
            (Op::Concat(axis), Some(_)) => {
                let parts: Vec<(&[usize], &[f64])> =
                    inputs.iter().map(|i| (&network.node(*i).shape.0[..], &values[i.index()][..])).collect();
                float::concat(&parts, *axis)
            }
            (Op::Slice { axis, first, count }, Some((source, x))) => {
                float::slice(x, &source.shape.0, *axis, *first, *count)
            }
            (Op::Scale(factor), Some((_, x))) => x.iter().map(|x| x * factor).collect(),
            (Op::Times(factors), Some((_, x))) => x.iter().zip(factors).map(|(x, f)| x * f).collect(),
            (Op::Pick { order, .. }, Some((_, x))) => order.iter().map(|&e| x[e]).collect(),
            (Op::Line { factor, offset }, Some((_, x))) => {
                let channels = node.shape.channels();
                let at = |list: &[f64], e: usize| per_channel(list, e % channels);
                x.iter().enumerate().map(|(e, x)| x * at(factor, e) + at(offset, e)).collect()
            }
            (Op::MatMul, Some((source, a))) => {
                let channels = node.shape.channels();
                float::matmul(a, &values[inputs[1].index()], source.shape.channels(), channels)
            }
            (Op::LayerNorm { gamma, beta, epsilon, centred }, Some((_, x))) => {
                let row = |row| float::layer_norm(row, gamma, beta, *epsilon, *centred);
                x.chunks(gamma.len()).flat_map(row).collect()
            }
            (Op::Mean, Some((source, x))) => {
                let channels = node.shape.channels();
                x.chunks(source.shape.len() / node.shape.rows())
                    .flat_map(|m| float::mean(m, channels))
                    .collect()
            }
            (Op::Softmax, Some((_, x))) => x.chunks(node.shape.channels()).flat_map(float::softmax).collect(),
            (Op::Mask(padding), Some((_, x))) => {
                let ids = &values[inputs[1].index()];
                let masked = |e: usize| ids[e % ids.len()] == f64::from(*padding);
                x.iter().enumerate().map(|(e, &x)| if masked(e) { f64::NEG_INFINITY } else { x }).collect()
            }
            (Op::Band(band), Some((_, x))) => {
                let keys = node.shape.channels();
                let hidden = |e: usize| band.hides(e / keys % keys, e % keys);
                x.iter().enumerate().map(|(e, &x)| if hidden(e) { f64::NEG_INFINITY } else { x }).collect()
            }
            (Op::Embedding { channels, table }, Some((_, ids))) => float::rows(table, *channels, ids),
            (Op::Reshape(_), Some((_, x))) => x.clone(),
            (Op::Output, Some((_, x))) => {
                result.logits.clone_from(x);
                x.clone()
            }
            (_, None) => unreachable!("a checked graph has an input for every operator"),
        };
        observe(id, &value);
        if values.len() <= id.index() {
            values.resize(id.index() + 1, Vec::new());
        }
        values[id.index()] = value;
    }
    result
}
