//! Terms of sums whose rows are columns of the sum: layers that mix tokens.

use super::Conversion;
use super::view::{Content, Pending, Summand, Value};
use crate::graph::{NodeId, transposed_index};
use crate::snn::Op;

impl Conversion {
    /// The layer of a value whose rows are columns of a sum of `channels`: tokens were mixed.
    pub(super) fn turned(&self, value: &Value, channels: usize) -> Option<NodeId> {
        let (Content::Node(node), Some(order)) = (&value.content, &value.order) else { return None };
        let source = self.graph.node(*node);
        let (rows, own) = (source.shape.rows(), source.shape.channels());
        let turned = rows == channels && *order == transposed_index(&[rows, own], &[1, 0]);
        (turned && rows > 1 && own > 1 && matches!(source.op, Op::Linear(_))).then_some(*node)
    }

    /// The terms and constants of an open sum whose rows are columns of a sum of `channels`.
    pub(super) fn turned_sum(
        &self,
        inner: &Pending,
        order: Option<&[usize]>,
        channels: usize,
    ) -> Option<(Vec<Summand>, Vec<f64>)> {
        let index = transposed_index(&[inner.rows, inner.channels], &[1, 0]);
        if inner.rows != channels || order != Some(&index[..]) {
            return None;
        }
        let plain = |term: &Summand| {
            let source = self.graph.node(term.node);
            let carried = matches!(source.op, Op::Linear(_) | Op::Neuron(_));
            !term.turned && term.factors.is_empty() && carried && source.shape.rows() == channels
        };
        if !inner.terms.iter().all(plain) {
            return None;
        }
        let terms = inner.terms.iter().map(|term| Summand { turned: true, ..term.clone() }).collect();
        let constant = match inner.constant.len() {
            0 => Vec::new(),
            _ => index.iter().map(|&e| inner.constant[e]).collect(),
        };
        Some((terms, constant))
    }
}
