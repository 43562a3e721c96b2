//! What the user, or the scheduler, chooses about the hardware.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::integer::{Network, Op};

/// Choices about the hardware: for all layers, and for some by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Most output channels that an engine adds to in one cycle, where `layers` does not say.
    pub lanes: usize,
    /// Depth of the FIFO on every stream, at least.
    pub fifo_depth: usize,
    /// Depth of the FIFOs where paths meet again.
    #[serde(rename = "join_fifos")]
    pub joins: Joins,
    /// Layers by the name of their node.
    #[serde(default)]
    pub layers: BTreeMap<String, Folded>,
}

/// How one layer is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folded {
    /// Most output channels that it works on in one cycle; fewer where the shapes of what it is connected with ask for it.
    pub lanes: usize,
}

/// How deep the FIFOs are where paths meet again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Joins {
    /// The earlier path runs on while the later one catches up.
    #[default]
    Overlapped,
    /// No deeper than the pipeline needs to move at all: less memory, more waiting.
    Minimal,
}

impl Options {
    /// Most lanes that may be asked for.
    pub const MAX_LANES: usize = 64;

    /// Every layer in the same number of lanes.
    pub fn uniform(lanes: usize) -> Self {
        Self { lanes, ..Self::default() }
    }

    /// Most lanes of a node. Where nothing is said of it, LayerNorm has an eighth of an engine's and softmax a quarter:
    /// they work on a row once a time-step, an engine works once a spike. Neurons then take what comes.
    pub(super) fn most(&self, network: &Network, id: NodeId) -> usize {
        let node = network.node(id);
        let rows = (self.lanes / 8).max(1);
        match (self.layers.get(&node.name), &node.op) {
            (Some(layer), _) => layer.lanes,
            (None, Op::Norm(_) | Op::Sum(_) | Op::Embedding(_)) => rows,
            (None, Op::Softmax(_)) => 2 * rows,
            (None, Op::Neuron(_)) => Self::MAX_LANES,
            (None, _) => self.lanes,
        }
    }

    /// Whether a node's lanes can be chosen.
    pub fn is_folded(op: &Op) -> bool {
        match op {
            Op::Linear(_)
            | Op::Neuron(_)
            | Op::Norm(_)
            | Op::Softmax(_)
            | Op::Product(_)
            | Op::Sum(_)
            | Op::Embedding(_) => true,
            Op::Input(_) | Op::Arrange(_) | Op::Select(_) | Op::Readout(_) => false,
        }
    }

    /// Whether all of it is possible for this network.
    pub(super) fn check(&self, network: &Network) -> Result<()> {
        let possible = 1..=Self::MAX_LANES;
        if !possible.contains(&self.lanes) {
            let most = Self::MAX_LANES;
            return Err(Error::input(format!("{} lanes; possible are 1…{most}", self.lanes)));
        }
        if !(1..=1024).contains(&self.fifo_depth) {
            let depth = self.fifo_depth;
            return Err(Error::input(format!("FIFO depth {depth}; possible are 1…1024")));
        }
        let nodes = network.topological().into_iter().map(|id| network.node(id));
        let known: Vec<&str> =
            nodes.filter(|node| Self::is_folded(&node.op)).map(|node| node.name.as_str()).collect();
        let names: HashSet<&str> = known.iter().copied().collect();
        for (name, layer) in &self.layers {
            if !names.contains(name.as_str()) {
                let known: Vec<String> = known.iter().map(|name| crate::error::printable(name)).collect();
                return Err(Error::input("the folding names a layer that the model does not have")
                    .at_node(name)
                    .fix(format!("layers that can be folded are {}", known.join(", "))));
            }
            if !possible.contains(&layer.lanes) {
                let most = Self::MAX_LANES;
                return Err(
                    Error::input(format!("{} lanes; possible are 1…{most}", layer.lanes)).at_node(name)
                );
            }
        }
        Ok(())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { lanes: 16, fifo_depth: 2, joins: Joins::default(), layers: BTreeMap::new() }
    }
}
