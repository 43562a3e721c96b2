//! The float64 reference: evaluates the imported network as it stands, on a path that shares nothing with lowering.

use super::{Network, Op, dense};
use crate::graph::NodeId;
use crate::quant::{Quantiser, Rounding, per_channel};

/// What one evaluation yields.
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
/// When `raw` has not as many elements as the input node, or the graph was not checked.
pub fn evaluate(network: &Network, raw: &[i32]) -> Evaluation {
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
            (Op::Linear { weights, bias }, Some((_, x))) => {
                let real: Vec<f64> = (0..weights.outputs)
                    .flat_map(|o| (0..weights.inputs).map(move |i| (o, i)))
                    .map(|(o, i)| f64::from(weights.level(o, i)) * f64::from(per_channel(&weights.scale, o)))
                    .collect();
                let row = |x: &[f64], o: usize| -> f64 {
                    let w = &real[o * weights.inputs..(o + 1) * weights.inputs];
                    let sum: f64 = x.iter().zip(w).map(|(a, b)| a * b).sum();
                    sum + bias.get(o).copied().unwrap_or(0.0)
                };
                x.chunks(weights.inputs)
                    .flat_map(|x| (0..weights.outputs).map(|o| row(x, o)).collect::<Vec<_>>())
                    .collect()
            }
            (Op::Quantise(q), Some((_, x))) => {
                let channels = node.shape.channels();
                let levels: Vec<i32> =
                    x.iter().enumerate().map(|(e, &x)| level(q, e % channels, x)).collect();
                let value = levels
                    .iter()
                    .enumerate()
                    .map(|(e, &k)| f64::from(k) * f64::from(per_channel(&q.scale, e % channels)))
                    .collect();
                result.levels.push((id, levels));
                value
            }
            (Op::Relu, Some((_, x))) => x.iter().map(|x| x.max(0.0)).collect(),
            (Op::Transpose(order), Some((source, x))) => transpose(x, &source.shape.0, order),
            (Op::Constant { values, .. }, _) => values.clone(),
            (Op::Add, Some((_, a))) => a.iter().zip(&values[inputs[1].index()]).map(|(a, b)| a + b).collect(),
            (Op::Concat(axis), Some(_)) => {
                let parts: Vec<(&[usize], &[f64])> =
                    inputs.iter().map(|i| (&network.node(*i).shape.0[..], &values[i.index()][..])).collect();
                dense::concat(&parts, *axis)
            }
            (Op::Slice { axis, first, count }, Some((source, x))) => {
                dense::slice(x, &source.shape.0, *axis, *first, *count)
            }
            (Op::Scale(factor), Some((_, x))) => x.iter().map(|x| x * factor).collect(),
            (Op::MatMul, Some((source, a))) => {
                let channels = node.shape.channels();
                dense::matmul(a, &values[inputs[1].index()], source.shape.channels(), channels)
            }
            (Op::LayerNorm { gamma, beta, epsilon }, Some((_, x))) => {
                x.chunks(gamma.len()).flat_map(|row| dense::layer_norm(row, gamma, beta, *epsilon)).collect()
            }
            (Op::Softmax, Some((_, x))) => x.chunks(node.shape.channels()).flat_map(dense::softmax).collect(),
            (Op::Mask(padding), Some((_, x))) => {
                let ids = &values[inputs[1].index()];
                let masked = |e: usize| ids[e % ids.len()] == f64::from(*padding);
                x.iter().enumerate().map(|(e, &x)| if masked(e) { f64::NEG_INFINITY } else { x }).collect()
            }
            (Op::Embedding { channels, table }, Some((_, ids))) => {
                let row = |id: &f64| {
                    // Ids are raw elements of at most 16 bits.
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let first = *id as usize * channels;
                    table[first..first + channels].iter().map(|&x| f64::from(x))
                };
                ids.iter().flat_map(row).collect()
            }
            (Op::Reshape(_), Some((_, x))) => x.clone(),
            (Op::Output, Some((_, x))) => {
                result.logits.clone_from(x);
                x.clone()
            }
            (_, None) => unreachable!("a checked graph has an input for every operator"),
        };
        if values.len() <= id.index() {
            values.resize(id.index() + 1, Vec::new());
        }
        values[id.index()] = value;
    }
    result
}

/// `clamp(round(x/s), low, high)` in `f64` arithmetic.
fn level(quantiser: &Quantiser, channel: usize, x: f64) -> i32 {
    let ratio = x / f64::from(per_channel(&quantiser.scale, channel));
    let rounded = match quantiser.rounding {
        Rounding::HalfUp => (ratio + 0.5).floor(),
        Rounding::HalfDown => (ratio - 0.5).ceil(),
        Rounding::HalfEven => ratio.round_ties_even(),
        Rounding::HalfOdd => (ratio + 1.0).round_ties_even() - 1.0,
        Rounding::Floor => ratio.floor(),
        Rounding::Ceil => ratio.ceil(),
        Rounding::Truncate => ratio.trunc(),
    };
    let (low, high) = (per_channel(&quantiser.low, channel), per_channel(&quantiser.high, channel));
    // The clamped value is an integer of at most 17 bits.
    #[expect(clippy::cast_possible_truncation)]
    let level = rounded.clamp(f64::from(low), f64::from(high)) as i32;
    level
}

/// Element `e` of the output, for every `e`, of a transposition of a row-major array.
fn transpose(x: &[f64], extents: &[usize], order: &[usize]) -> Vec<f64> {
    crate::graph::transposed_index(extents, order).into_iter().map(|e| x[e]).collect()
}
