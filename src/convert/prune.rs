//! Removes nodes that nothing needs any more.

use std::collections::HashMap;

use crate::error::Result;
use crate::graph::NodeId;
use crate::snn::{Network, Op};

/// The nodes that the readout depends on.
pub(super) fn reachable(graph: &Network) -> Result<Network> {
    let order = graph.topological();
    let mut needed = vec![false; order.iter().map(|i| i.index() + 1).max().unwrap_or(0)];
    for &id in order.iter().rev() {
        needed[id.index()] |= matches!(graph.node(id).op, Op::Readout);
        if needed[id.index()] {
            graph.inputs(id).into_iter().for_each(|i| needed[i.index()] = true);
        }
    }
    let mut pruned = Network::new();
    let mut kept: HashMap<NodeId, NodeId> = HashMap::new();
    for id in order.into_iter().filter(|i| needed[i.index()]) {
        let node = graph.node(id);
        let inputs: Vec<NodeId> = graph.inputs(id).iter().map(|i| kept[i]).collect();
        kept.insert(id, pruned.add(&node.name, node.op.clone(), &inputs)?);
    }
    Ok(pruned)
}
