//! Layers, and what stages read of them.

use crate::graph::NodeId;

use super::sums::Width;

/// A layer of neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Name in the model.
    pub name: String,
    /// The node in the integer network.
    pub node: NodeId,
    /// Number of rows (tokens).
    pub rows: usize,
    /// Number of channels.
    pub channels: usize,
}

/// Source of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The input, in one of its arrangements; 0 is that of the raw sample.
    Input(usize),
    /// Rows of a layer of neurons, given by the elements `first…end − 1`.
    Layer { layer: usize, first: u32, end: u32 },
}

/// A stage that yields changes of accumulated values.
#[derive(Clone, Debug)]
pub(super) struct Accumulation {
    /// Elements of a row.
    pub stride: usize,
    pub rows: usize,
    /// Its sources.
    pub sources: Vec<Source>,
    /// Type of its changes.
    pub width: Width,
}
