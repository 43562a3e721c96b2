//! What a QANN value has become: a node of the spiking network, seen in some order.

use crate::graph::{NodeId, transposed_index};

/// A QANN value in terms of the spiking network.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// The node whose output it is.
    pub node: NodeId,
    /// Element `e` of the value is element `order[e]` of the node's output; `None` where they are the same.
    pub order: Option<Vec<usize>>,
    /// Whether `max(·, 0)` is still to be applied.
    pub relu: bool,
    /// Whether some node on the way here has more than one reader.
    pub shared: bool,
}

impl Value {
    /// A node's output as it stands.
    pub fn plain(node: NodeId, readers: usize) -> Self {
        Self { node, order: None, relu: false, shared: readers > 1 }
    }

    /// The same value behind a view that has this many readers.
    pub fn also_read_by(mut self, readers: usize) -> Self {
        self.shared |= readers > 1;
        self
    }

    /// The value after a transposition from these extents.
    pub fn transposed(mut self, extents: &[usize], order: &[usize]) -> Self {
        let index = transposed_index(extents, order);
        let index: Vec<usize> = match &self.order {
            None => index,
            Some(before) => index.into_iter().map(|e| before[e]).collect(),
        };
        let identity = index.iter().enumerate().all(|(e, &i)| e == i);
        self.order = (!identity).then_some(index);
        self
    }

    /// The order as a permutation of the `channels` of every row; `None` when it moves data between rows.
    pub fn channel_order(&self, channels: usize) -> Option<Vec<usize>> {
        let Some(order) = &self.order else { return Some((0..channels).collect()) };
        let first: Vec<usize> = order.iter().take(channels).copied().collect();
        let same_in_each_row =
            order.iter().enumerate().all(|(e, &i)| i == e / channels * channels + first[e % channels]);
        (same_in_each_row && first.iter().all(|&i| i < channels)).then_some(first)
    }
}
