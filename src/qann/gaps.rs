//! Where an activation reaches a synapse, a product or a sum without a quantiser, and networks with quantisers there.

use std::collections::{BTreeMap, HashMap};

use super::{Network, Op};
use crate::error::Result;
use crate::graph::NodeId;
use crate::quant::{Binary, Quantiser, Step};

/// A value that needs a quantiser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The node whose result it is.
    pub after: NodeId,
    /// The readers of the quantised value, and which of their inputs it is.
    pub readers: Vec<(NodeId, usize)>,
}

/// What a value is made of, behind views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carried {
    /// Levels, or raw elements.
    Levels,
    /// A layer of weights.
    Layer,
    /// A sum, a table, a constant.
    Sum,
    /// The result of this node, which only neurons can read.
    Other(NodeId),
}

/// All values that need a quantiser, sources first.
pub fn gaps(network: &Network) -> Vec<Gap> {
    let mut carried: HashMap<NodeId, Carried> = HashMap::new();
    // By position of the node after which a quantiser stands.
    let mut found: BTreeMap<usize, Gap> = BTreeMap::new();
    let order = network.topological();
    let position: HashMap<NodeId, usize> = order.iter().enumerate().map(|(at, &id)| (id, at)).collect();
    for &id in &order {
        let inputs = network.inputs(id);
        for (port, source) in inputs.iter().enumerate() {
            let Some(&value) = carried.get(source) else { continue };
            if may_read(&network.node(id).op, value) {
                continue;
            }
            match value {
                Carried::Other(origin) => {
                    // All read the same quantised value.
                    found
                        .entry(position[&origin])
                        .or_insert_with(|| Gap { after: origin, readers: readers(network, origin) });
                }
                Carried::Levels | Carried::Layer | Carried::Sum => {
                    let gap = found
                        .entry(position[source])
                        .or_insert_with(|| Gap { after: *source, readers: Vec::new() });
                    gap.readers.push((id, port));
                }
            }
        }
        let sources: Vec<Carried> = inputs.iter().filter_map(|i| carried.get(i).copied()).collect();
        carried.insert(id, of(network, id, &sources));
    }
    found.into_values().collect()
}

/// Every reader of a node, and the input that it is.
fn readers(network: &Network, id: NodeId) -> Vec<(NodeId, usize)> {
    let mut all = Vec::new();
    let mut consumers = network.consumers(id);
    consumers.dedup();
    for reader in consumers {
        let inputs = network.inputs(reader);
        all.extend(
            inputs.iter().enumerate().filter(|(_, input)| **input == id).map(|(port, _)| (reader, port)),
        );
    }
    all
}

/// Whether an operator can read a value without a quantiser between them.
fn may_read(op: &Op, value: Carried) -> bool {
    match op {
        Op::Linear { .. }
        | Op::Convolution { .. }
        | Op::AveragePool(_)
        | Op::Resample { .. }
        | Op::MatMul
        | Op::Mul => value == Carried::Levels,
        Op::Mean => matches!(value, Carried::Levels | Carried::Sum),
        Op::Add | Op::Concat(_) | Op::Times(_) | Op::LayerNorm { .. } | Op::Output => {
            !matches!(value, Carried::Other(_))
        }
        Op::Input { .. }
        | Op::MaxPool(_)
        | Op::Affine { .. }
        | Op::Quantise(_)
        | Op::Relu
        | Op::Function(_)
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Pick { .. }
        | Op::Constant { .. }
        | Op::Slice { .. }
        | Op::Scale(_)
        | Op::Line { .. }
        | Op::Softmax
        | Op::Mask(_)
        | Op::Band(_)
        | Op::Embedding { .. } => true,
    }
}

/// What the result of a node is made of.
fn of(network: &Network, id: NodeId, sources: &[Carried]) -> Carried {
    let first = sources.first().copied().unwrap_or(Carried::Sum);
    match &network.node(id).op {
        Op::Input { .. } | Op::Quantise(_) => Carried::Levels,
        Op::Linear { .. } | Op::Convolution { .. } | Op::AveragePool(_) | Op::Resample { .. } => {
            Carried::Layer
        }
        Op::Affine { .. } => {
            if first == Carried::Levels {
                Carried::Layer
            } else {
                first
            }
        }
        Op::Add | Op::Times(_) | Op::Embedding { .. } | Op::Constant { .. } => Carried::Sum,
        Op::Concat(_) if sources.iter().all(|&s| s == Carried::Levels) => Carried::Levels,
        Op::Concat(_) => Carried::Sum,
        Op::MaxPool(_) | Op::Relu if first == Carried::Levels => Carried::Levels,
        Op::Function(function) if first == Carried::Levels && function.steps().iter().all(clips) => {
            Carried::Levels
        }
        // A mean of a sum is the sum of the means.
        Op::Mean
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Pick { .. }
        | Op::Slice { .. }
        | Op::Scale(_)
        | Op::Line { .. }
        | Op::Mask(_)
        | Op::Band(_)
        | Op::Output => first,
        Op::MaxPool(_)
        | Op::Relu
        | Op::Function(_)
        | Op::MatMul
        | Op::Mul
        | Op::LayerNorm { .. }
        | Op::Softmax => Carried::Other(id),
    }
}

/// Whether a step takes levels to levels, if its constants are levels.
fn clips(step: &Step) -> bool {
    matches!(step, Step::Constant(_) | Step::Binary(Binary::Min | Binary::Max, ..))
}

/// The network with a quantiser for each gap, named after the node before it.
///
/// # Errors
/// If a quantiser does not fit its value.
pub fn filled(network: &Network, gaps: &[Gap], quantisers: &[Quantiser]) -> Result<Network> {
    let mut filled = Network::new();
    let mut own: HashMap<NodeId, NodeId> = HashMap::new();
    let mut through: HashMap<(NodeId, usize), NodeId> = HashMap::new();
    for id in network.topological() {
        let node = network.node(id);
        let inputs = network.inputs(id);
        let read =
            |(port, input): (usize, &NodeId)| through.get(&(id, port)).or_else(|| own.get(input)).copied();
        let sources: Vec<NodeId> = inputs.iter().enumerate().filter_map(read).collect();
        let new = filled.add(node.name.clone(), node.op.clone(), &sources)?;
        own.insert(id, new);
        for (gap, quantiser) in gaps.iter().zip(quantisers).filter(|(gap, _)| gap.after == id) {
            let name = network.unused_name(format!("{}.quantiser", node.name));
            let quantised = filled.add(name, Op::Quantise(quantiser.clone()), &[new])?;
            through.extend(gap.readers.iter().map(|&reader| (reader, quantised)));
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::{filled, gaps};
    use crate::graph::Shape;
    use crate::qann::{Network, Op};
    use crate::quant::{InputSpec, Quantiser, Rounding, Weights};

    /// Words, a norm that a layer and an addition read, a ReLU, a layer.
    fn network() -> Network {
        let mut n = Network::new();
        let ids =
            n.add("x", Op::Input { shape: Shape(vec![3]), spec: InputSpec::tokens() }, &[]).expect("it fits");
        let table = Op::Embedding { channels: 2, table: vec![0.5; 8] };
        let words = n.add("words", table, &[ids]).expect("it fits");
        let norm = Op::LayerNorm { gamma: vec![1.0; 2], beta: vec![0.0; 2], epsilon: 0.1, centred: true };
        let norm = n.add("norm", norm, &[words]).expect("it fits");
        let layer = || Op::Linear {
            weights: Weights { inputs: 2, outputs: 2, levels: vec![1, 0, 0, 1], scale: vec![1.0] },
            bias: vec![],
        };
        let first = n.add("first", layer(), &[norm]).expect("it fits");
        let relu = n.add("relu", Op::Relu, &[first]).expect("it fits");
        let second = n.add("second", layer(), &[relu]).expect("it fits");
        let sum = n.add("sum", Op::Add, &[second, norm]).expect("it fits");
        let head = n.add("head", layer(), &[sum]).expect("it fits");
        n.add("y", Op::Output, &[head]).expect("it fits");
        n
    }

    #[test]
    fn each_value_is_quantised_once() {
        let network = network();
        let found = gaps(&network);
        let name = |id| network.node(id).name.as_str();
        let after: Vec<&str> = found.iter().map(|gap| name(gap.after)).collect();
        assert_eq!(after, ["norm", "relu", "sum"]);
        let readers: Vec<(&str, usize)> =
            found[0].readers.iter().map(|&(id, port)| (name(id), port)).collect();
        assert_eq!(readers, [("first", 0), ("sum", 1)]);
        let quantiser = Quantiser::uniform(0.5, -8, 7, Rounding::HalfUp);
        let all = filled(&network, &found, &vec![quantiser; 3]).expect("it fits");
        assert_eq!(gaps(&all), []);
        assert_eq!(all.len(), network.len() + 3);
        let sum = all.find("sum").expect("it fits");
        assert_eq!(all.node(all.inputs(sum)[1]).name, "norm.quantiser");
    }
}
