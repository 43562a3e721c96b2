//! Values that no quantiser has made levels: the messages.

use super::Conversion;
use crate::error::{Error, printable};
use crate::graph::NodeId;
use crate::snn::Op;

impl Conversion {
    /// A node in a message: what it is, and its name.
    pub(super) fn described(&self, node: NodeId) -> String {
        let node = self.graph.node(node);
        let what = match &node.op {
            Op::Input(_) => "the input",
            Op::Linear(_) => "the linear layer",
            Op::Sum(_) | Op::Embedding(_) => "the sum",
            Op::LayerNorm(_) => "the LayerNorm",
            Op::Function(_) => "the function",
            Op::Product(_) => "the product",
            Op::Softmax(_) => "the softmax",
            Op::MaxPool(_) => "the pool",
            Op::Neuron(_) | Op::Lif(_) | Op::Arrange(_) | Op::Select(_) | Op::Readout => {
                "what is computed from"
            }
        };
        format!("{what} {:?}", printable(&node.name))
    }
}

/// What to do about it.
const QUANTISE: &str = "train with an activation quantiser before every layer but the first, or insert quantisers: --insert-quantisers 8 --calibrate SAMPLES.npy";

/// The error for a layer that reads `what`, of this name.
pub(super) fn no_quantiser(what: &str, name: &str) -> Error {
    Error::input(format!(
        "there is no quantiser between {what} and this layer, so spikes cannot carry its input"
    ))
    .at_node(name)
    .fix(QUANTISE)
}
