//! Removes nodes that nothing needs any more.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::graph::NodeId;
use crate::snn::{Network, Op};

/// The nodes that the readout depends on.
pub(super) fn reachable(graph: &Network) -> Result<Network> {
    let order = graph.topological();
    let readouts = order.iter().filter(|&&id| matches!(graph.node(id).op, Op::Readout));
    let needed: HashSet<NodeId> = readouts.flat_map(|&id| graph.up_to(id)).collect();
    let mut pruned = Network::new();
    let mut kept: HashMap<NodeId, NodeId> = HashMap::new();
    for id in order.into_iter().filter(|id| needed.contains(id)) {
        let node = graph.node(id);
        let inputs: Vec<NodeId> = graph.inputs(id).iter().map(|i| kept[i]).collect();
        kept.insert(id, pruned.add(&node.name, node.op.clone(), &inputs)?);
    }
    Ok(pruned)
}
