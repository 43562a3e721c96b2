//! Output → readout.

use super::Conversion;
use super::view::Value;
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape, transposed_index};
use crate::snn::{Op, View};

impl Conversion {
    /// `extents` are those of the model's output.
    pub(super) fn output(&mut self, name: &str, source: Value, extents: &Shape) -> Result<Value> {
        let node = self.carrier(name, &source)?;
        let quantised = matches!(self.graph.node(node).op, Op::Neuron(_));
        if !quantised {
            self.unscaled(name, &source)?;
        }
        if source.relu && !quantised {
            return Err(Error::input("the model's output is a ReLU without a quantiser")
                .at_node(name)
                .fix("end the model with its last linear layer, or quantise its output"));
        }
        let mut view = None;
        let logits = match &self.graph.node(node).op {
            Op::Linear(_) => match self.outputs(name, node, &source)? {
                (logits, None) => logits,
                (logits, Some(order)) => {
                    view = self.channels_first(logits, &order, extents);
                    if view.is_none() {
                        return Err(rearranged(name));
                    }
                    logits
                }
            },
            Op::Neuron(_) => {
                self.notes.push((
                    name.to_owned(),
                    "quantised logits: accumulated through an identity layer".into(),
                ));
                let (layer, order) = self.quantised_logits(name, node, &source, extents)?;
                view = order.map(|order| View { shape: extents.clone(), order });
                layer
            }
            Op::Input(_) | Op::Arrange(_) | Op::Readout => {
                return Err(Error::input("the model's output is its input")
                    .fix("end the model with a linear layer that gives the logits")
                    .at_node(name));
            }
            Op::Sum(_) => {
                if let Some(order) = &source.order {
                    view = Some(self.channels_first(node, order, extents).ok_or_else(|| rearranged(name))?);
                }
                node
            }
            Op::Select(_)
            | Op::Lif(_)
            | Op::Embedding(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::Function(_)
            | Op::MaxPool(_) => {
                return Err(Error::input("the model's output is not that of a linear layer or a quantiser")
                    .at_node(name)
                    .fix("end the model with a linear layer that gives the logits"));
            }
        };
        let shape = &self.graph.node(logits).shape;
        let (rows, channels) = (shape.rows(), shape.channels());
        if rows > 1 {
            // One class for each row, not for all of them together.
            if view.is_none() && extents.channels() != channels {
                return Err(rearranged(name));
            }
            self.notes.push((
                name.to_owned(),
                format!("{rows} positions, each with {channels} logits and a class of its own"),
            ));
        }
        let name = self.unused_name(name.to_owned());
        self.views.extend(view.map(|view| (name.clone(), view)));
        Ok(Value::plain(self.graph.add(name, Op::Readout, &[logits])?, 1))
    }
}

impl Conversion {
    /// A layer that passes quantised logits on, and the order of its elements in which the model has them, if it is another.
    /// Channels of a map are the first extent, and become the classes of a position.
    fn quantised_logits(
        &mut self,
        name: &str,
        node: NodeId,
        source: &Value,
        extents: &Shape,
    ) -> Result<(NodeId, Option<Vec<usize>>)> {
        let shape = self.graph.node(node).shape.clone();
        let (rows, channels) = (shape.rows(), shape.channels());
        let map = |rows: usize, channels: usize| transposed_index(&[rows, channels], &[1, 0]);
        let first = extents.0.first().copied().unwrap_or(1);
        let (source, channels, order) = match &source.order {
            None => (source.clone(), channels, None),
            Some(order) if extents.0.len() > 1 && first == channels && *order == map(rows, channels) => {
                (Value { order: None, ..source.clone() }, channels, Some(order.clone()))
            }
            // In a further order, through neurons that have a row for each position.
            Some(order) if extents.0.len() > 2 && source.channel_order(channels).is_none() => {
                let rows = order.len() / first;
                (source.clone().transposed(&[first, rows], &[1, 0]), first, Some(map(rows, first)))
            }
            Some(_) if extents.0.len() == 2 && source.channel_order(channels).is_none() => {
                (source.clone(), extents.channels(), None)
            }
            Some(_) => (source.clone(), channels, None),
        };
        let layer = self.identity(name, &source, channels)?;
        Ok((self.carrier(name, &layer)?, order))
    }

    /// The view of a map of logits whose channels are the first extent, as convolutions have it.
    fn channels_first(&self, logits: NodeId, order: &[usize], extents: &Shape) -> Option<View> {
        let shape = &self.graph.node(logits).shape;
        let (rows, channels) = (shape.rows(), shape.channels());
        let transposed = (0..channels).flat_map(|c| (0..rows).map(move |row| row * channels + c));
        let fits = extents.0.first() == Some(&channels) && order.iter().copied().eq(transposed);
        fits.then(|| View { shape: extents.clone(), order: order.to_vec() })
    }
}

/// The refusal of logits in an order that says nothing about classes.
fn rearranged(name: &str) -> Error {
    Error::input("the logits are rearranged")
        .fix("remove the reshape or transposition after the last layer: its outputs are the classes, of one row or of several")
        .at_node(name)
}
