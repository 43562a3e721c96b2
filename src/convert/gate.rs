//! Gates: products of two layers of neurons, element by element.

use super::Conversion;
use super::view::Value;
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::qann::repeated;
use crate::snn::{Form, Op, Product};

impl Conversion {
    /// The product of a value and a gate, which have these shapes; the gate is repeated where it has fewer elements.
    pub(super) fn gate(
        &mut self,
        name: &str,
        (left, right): (&Value, &Value),
        (shape, of_gate): (&Shape, &Shape),
        readers: usize,
    ) -> Result<Value> {
        let unsupported = || {
            Error::input("the two sides of this product have their elements in different orders")
                .at_node(name)
                .fix("multiply values of the same extents, or a map with one gate for each of its channels or pixels")
        };
        let left = self.on_levels(name, left)?;
        let right = self.on_levels(name, right)?;
        let (mut a, b) = (self.neurons_of(name, &left)?, self.neurons_of(name, &right)?);
        let mut order = left.order.clone();
        if order.as_ref().is_some_and(|order| !is_permutation(order, self.graph.node(a).shape.len())) {
            // Some channels of each row.
            let own = self.graph.node(a).shape.clone();
            let list = left.part_of_rows(own.rows(), own.channels(), shape.channels());
            a = self.with_channels(name, a, list.ok_or_else(unsupported)?)?;
            order = None;
        }
        let index = repeated(of_gate, shape).ok_or_else(unsupported)?;
        let pair = |(e, at): (usize, usize)| {
            (order.as_ref().map_or(e, |order| order[e]), right.order.as_ref().map_or(at, |order| order[at]))
        };
        let elements: Vec<(usize, usize)> = index.into_iter().enumerate().map(pair).collect();
        let b = match self.channels_beside(a, b, elements.iter().copied()) {
            Some(list) => self.with_channels(name, b, list)?,
            None => {
                let own = self.graph.node(a).shape.clone();
                let mut gates = vec![0; own.len()];
                elements.iter().for_each(|&(e, at)| gates[e] = at);
                let gates = Value { order: Some(gates), ..Value::plain(b, 2) };
                self.in_rows(name, b, &gates, own.channels())?.ok_or_else(unsupported)?
            }
        };
        let product = self.graph.add(name, Op::Product(Product { form: Form::Gate, heads: 1 }), &[a, b])?;
        let mut value = Value::plain(product, readers);
        value.factor = left.factor * right.factor;
        value.order = order;
        Ok(value)
    }

    /// The channels of `gates` beside those of `node`, if element `a` of the node is multiplied with element `b` of the gates for
    /// each `(a, b)`: the same ones in every row, and the row itself if there is more than one row of gates.
    fn channels_beside(
        &self,
        node: NodeId,
        gates: NodeId,
        elements: impl Iterator<Item = (usize, usize)>,
    ) -> Option<Vec<usize>> {
        let (own, other) = (&self.graph.node(node).shape, &self.graph.node(gates).shape);
        let (channels, of_gates) = (own.channels(), other.channels());
        let mut list: Vec<Option<usize>> = vec![None; channels];
        if other.rows() != 1 && other.rows() != own.rows() {
            return None;
        }
        for (a, b) in elements {
            let (row, channel) = (b / of_gates, b % of_gates);
            let fits = other.rows() == 1 || row == a / channels;
            if !fits || *list.get_mut(a % channels)?.get_or_insert(channel) != channel {
                return None;
            }
        }
        list.into_iter().collect()
    }
}

/// Whether each of so many elements is there once.
fn is_permutation(order: &[usize], len: usize) -> bool {
    let mut seen = vec![false; len];
    let fresh = |&e: &usize| seen.get_mut(e).is_some_and(|seen| !std::mem::replace(seen, true));
    order.len() == len && order.iter().all(fresh)
}
