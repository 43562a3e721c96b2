//! Hardware options of the user or the scheduler.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::integer::{Network, Op};

/// Hardware options: for all layers, and for some by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Maximum number of output channels that an engine adds to in one cycle; default of `layers`.
    pub lanes: usize,
    /// Maximum number of elements of a sample in one beat of the input, limited to 64 bits; default: as many as fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_lanes: Option<usize>,
    /// Minimum depth of the FIFO of every stream.
    pub fifo_depth: usize,
    /// Depth of the FIFOs where paths join.
    #[serde(rename = "join_fifos")]
    pub joins: Joins,
    /// Whether samples can be ended early by the confidence rule; the hardware for it costs look-up tables in every
    /// neuron array, in the readout and in the registers.
    #[serde(default = "rule_of_confidence", skip_serializing_if = "Clone::clone")]
    pub confidence: bool,
    /// Whether large memories for state are UltraRAM, which only devices of UltraScale+ have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ultra_ram: bool,
    /// Layers by the name of their node.
    #[serde(default)]
    pub layers: BTreeMap<String, LayerFolding>,
}

/// Folding of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerFolding {
    /// Maximum number of output channels that it processes in one cycle; fewer if the shapes of its neighbours require
    /// it.
    pub lanes: usize,
    /// Maximum number of spikes that a synaptic layer takes in one cycle, from as many banks of its input; rounded down
    /// to a divisor of the lanes of what it reads. Default 1; always 1 in layers of other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spikes: Option<usize>,
    /// Number of words at the end of each bank of weights of a synaptic layer that are look-up tables instead of block
    /// memory, at most all of them. Default: all if they fill less than a third of their blocks, else none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lut_words: Option<usize>,
}

impl LayerFolding {
    /// This number of lanes, one spike per cycle.
    pub fn lanes(lanes: usize) -> Self {
        Self { lanes, spikes: None, lut_words: None }
    }
}

/// The default is a design with the confidence rule.
fn rule_of_confidence() -> bool {
    true
}

/// Depth of the FIFOs where paths join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Joins {
    /// The shorter path can run ahead of the longer one.
    #[default]
    Overlapped,
    /// The smallest depth without deadlock: less memory, more stalls.
    Minimal,
}

impl Options {
    /// Maximum number of lanes.
    pub const MAX_LANES: usize = 64;
    /// Possible numbers of spikes per cycle of a synaptic layer.
    pub const SPIKES: [usize; 4] = [1, 2, 4, 8];

    /// Every layer in the same number of lanes.
    pub fn uniform(lanes: usize) -> Self {
        Self { lanes, ..Self::default() }
    }

    /// Maximum number of lanes of a node. By default LayerNorm has an eighth of an engine's and softmax a quarter:
    /// they work on a row once per time-step, an engine works once per spike. Neurons then take what comes.
    pub(super) fn most(&self, network: &Network, id: NodeId) -> usize {
        let node = network.node(id);
        let rows = (self.lanes / 8).max(1);
        match (self.layers.get(&node.name), &node.op) {
            (Some(layer), _) => layer.lanes,
            (None, Op::LayerNorm(_) | Op::Sum(_) | Op::Embedding(_)) => rows,
            (None, Op::Softmax(_)) => 2 * rows,
            (None, Op::Neuron(_)) => Self::MAX_LANES,
            (None, _) => self.lanes,
        }
    }

    /// Banks of the input of a synaptic layer that reads this number of lanes.
    pub(super) fn banks(&self, network: &Network, id: NodeId, in_lanes: usize) -> usize {
        let wanted = self.layers.get(&network.node(id).name).and_then(|layer| layer.spikes).unwrap_or(1);
        let fits = |banks: &&usize| **banks <= wanted && in_lanes.is_multiple_of(**banks);
        Self::SPIKES.iter().rev().find(fits).copied().unwrap_or(1)
    }

    /// Words of each bank of a layer's weights that are in look-up tables, where the folding says so.
    pub(super) fn lut_words(&self, name: &str) -> Option<usize> {
        self.layers.get(name).and_then(|layer| layer.lut_words)
    }

    /// Whether a node's lanes can be chosen.
    pub fn is_folded(op: &Op) -> bool {
        match op {
            Op::Linear(_)
            | Op::Neuron(_)
            | Op::LayerNorm(_)
            | Op::Softmax(_)
            | Op::Product(_)
            | Op::Sum(_)
            | Op::Embedding(_) => true,
            Op::Input(_) | Op::Arrange(_) | Op::Select(_) | Op::Lif(_) | Op::MaxPool(_) | Op::Readout(_) => {
                false
            }
        }
    }

    /// Checks the options for this network.
    pub(super) fn check(&self, network: &Network) -> Result<()> {
        let possible = 1..=Self::MAX_LANES;
        if !possible.contains(&self.lanes) {
            let most = Self::MAX_LANES;
            return Err(Error::input(format!("{} lanes; possible are 1…{most}", self.lanes)));
        }
        if let Some(lanes) = self.input_lanes.filter(|lanes| !possible.contains(lanes)) {
            let most = Self::MAX_LANES;
            return Err(Error::input(format!(
                "{lanes} elements in a beat of the input; possible are 1…{most}"
            )));
        }
        if !(1..=1024).contains(&self.fifo_depth) {
            let depth = self.fifo_depth;
            return Err(Error::input(format!("FIFO depth {depth}; possible are 1…1024")));
        }
        let nodes = || network.topological().into_iter().map(|id| network.node(id));
        let known: Vec<&str> =
            nodes().filter(|node| Self::is_folded(&node.op)).map(|node| node.name.as_str()).collect();
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
            if let Some(spikes) = layer.spikes.filter(|spikes| !Self::SPIKES.contains(spikes)) {
                return Err(Error::input(format!("{spikes} spikes per cycle; possible are 1, 2, 4 and 8"))
                    .at_node(name));
            }
            let synaptic = nodes().any(|node| node.name == *name && matches!(node.op, Op::Linear(_)));
            let given = [("spikes", layer.spikes.is_some()), ("lut_words", layer.lut_words.is_some())];
            if let Some((key, _)) = given.into_iter().find(|(_, given)| *given && !synaptic) {
                return Err(Error::input(format!("`{key}` is for layers with weights; this one has none"))
                    .at_node(name)
                    .fix("leave it out"));
            }
        }
        Ok(())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lanes: 16,
            input_lanes: None,
            fifo_depth: 2,
            joins: Joins::default(),
            confidence: true,
            ultra_ram: false,
            layers: BTreeMap::new(),
        }
    }
}
