//! How many rows of each node are needed.
//!
//! A classifier that reads one token needs no other row of its last block, but for keys and values. Rows beyond the last one
//! that anything reads are not computed. Those before it are: then all rows of a value are at the same distance.

use std::collections::HashMap;

use crate::graph::NodeId;
use crate::integer::{Form, Network, Op};

/// For each node, the number of its first rows that are computed: all of them where windows are read, which take rows
/// from anywhere, and where rows are time-steps.
pub(super) fn rows(network: &Network) -> HashMap<NodeId, usize> {
    let mut ids = network.topological();
    let windowed = |id: &NodeId| match &network.node(*id).op {
        Op::Linear(linear) => linear.window.is_some(),
        Op::MaxPool(_) | Op::Lif(_) => true,
        Op::Input(_)
        | Op::Neuron(_)
        | Op::Arrange(_)
        | Op::Select(_)
        | Op::Embedding(_)
        | Op::Sum(_)
        | Op::LayerNorm(_)
        | Op::Product(_)
        | Op::Softmax(_)
        | Op::Readout(_) => false,
    };
    if ids.iter().any(windowed) {
        return ids.into_iter().map(|id| (id, network.node(id).shape.rows())).collect();
    }
    ids.reverse();
    let mut live: HashMap<NodeId, usize> = HashMap::new();
    for id in ids {
        let node = network.node(id);
        let all = node.shape.rows();
        // What nothing reads is an output of the network, or a layer of neurons that is computed all the same.
        let own = match network.consumers(id).is_empty() {
            true => all,
            // A layer whose columns are rows of the sum computes all of them.
            false if turns(&node.op) => all,
            false => live.get(&id).copied().unwrap_or(0).clamp(1, all.max(1)),
        };
        live.insert(id, own);
        for (port, source) in network.inputs(id).into_iter().enumerate() {
            let shape = &network.node(source).shape;
            let needed = match &node.op {
                Op::Linear(linear) => (own * linear.inputs).div_ceil(shape.channels().max(1)),
                Op::Neuron(_) | Op::LayerNorm(_) => own,
                // A time-step needs those before it.
                Op::Lif(lif) if !lif.time.constant => own,
                Op::Select(select) => select.first + own,
                Op::Sum(sum) if sum.terms.get(port).is_some_and(|term| term.turned) => shape.rows(),
                Op::Sum(sum) => own.saturating_sub(sum.terms.get(port).map_or(0, |term| term.first)),
                Op::Product(_) | Op::Softmax(_) if port == 0 => own,
                Op::Product(product) if product.form == Form::Gate => own,
                // The right operand, the mask, raw elements.
                Op::Product(_)
                | Op::Softmax(_)
                | Op::Lif(_)
                | Op::Input(_)
                | Op::Arrange(_)
                | Op::Embedding(_)
                | Op::MaxPool(_)
                | Op::Readout(_) => shape.rows(),
            };
            let most = live.entry(source).or_insert(0);
            *most = (*most).max(needed.min(shape.rows()));
        }
    }
    live
}

/// Whether it is a sum of which an input is turned.
fn turns(op: &Op) -> bool {
    matches!(op, Op::Sum(sum) if sum.terms.iter().any(|term| term.turned))
}
