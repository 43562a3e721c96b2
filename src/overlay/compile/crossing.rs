//! Sums that leave as logits, and come as elements: the two sides of a cut between devices.

use super::item::{Access, Port};
use super::lower::{Lowering, View};
use crate::error::Result;
use crate::graph::NodeId;
use crate::integer::Op;
use crate::overlay::isa::Vector;

/// Largest distance from one element to the next in an instruction.
const MOST_DISTANCE: usize = (1 << 16) - 1;

impl Lowering<'_> {
    /// The logits are rows of a sum.
    pub fn send(&mut self, name: &str, view: View) -> Result<()> {
        let buffer = self.sums_of(view.root)?;
        let channels = self.network.node(view.root).shape.channels();
        self.widths.coefficient.take(1);
        let vector = Vector {
            op: 6,
            coefficient: 1,
            rows: view.count as u128,
            channels: channels as u128,
            ..Vector::default()
        };
        let rows = (view.first..view.first + view.count).map(|r| (r, r + 1)).collect();
        let offset = view.first * self.pitch(channels);
        self.push_vector(name, vector, vec![Access { buffer, port: Port::VectorSource, offset, rows }]);
        Ok(())
    }

    /// Where rows of the input that are terms of sums begin among the raw elements, and the distance from one element to the
    /// next; none if they are not evenly spaced, or if others read the input as well.
    pub fn elements_of(&self, view: View) -> Option<(usize, usize)> {
        let (input, order) = self.raw_order(view.root).ok()?;
        let Op::Input(node) = &self.network.node(input).op else { return None };
        if node.steps != 1 || !self.is_only_added(input) {
            return None;
        }
        let channels = self.network.node(view.root).shape.channels();
        let element = |e: usize| order.as_ref().map_or(Some(e), |order| order.get(e).copied());
        let (begin, count) = (view.first * channels, view.count * channels);
        let first = element(begin)?;
        let distance = if count > 1 { element(begin + 1)?.checked_sub(first)? } else { 1 };
        let even = (0..count).all(|n| element(begin + n) == Some(first + n * distance));
        (even && (1..=MOST_DISTANCE).contains(&distance)).then_some((first, distance))
    }

    /// Whether only sums and masks read a node, through selections and other orders.
    fn is_only_added(&self, id: NodeId) -> bool {
        self.network.consumers(id).into_iter().all(|reader| match &self.network.node(reader).op {
            Op::Select(_) | Op::Arrange(_) => self.is_only_added(reader),
            Op::Sum(_) => true,
            // A mask reads raw elements, too.
            Op::Softmax(_) => self.network.inputs(reader)[0] != id,
            Op::Input(_)
            | Op::Linear(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Embedding(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Readout(_) => false,
        })
    }
}
