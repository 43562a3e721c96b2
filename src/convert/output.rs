//! Output → readout.

use super::Conversion;
use super::view::Value;
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
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
        let shape = self.graph.node(node).shape.clone();
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
                let layer = self.identity(name, &source, shape.channels())?;
                self.carrier(name, &layer)?
            }
            Op::Input(_) | Op::Arrange(_) | Op::Readout => {
                return Err(Error::input("the model's output is its input")
                    .fix("end the model with a linear layer that gives the logits")
                    .at_node(name));
            }
            Op::Sum(_) if source.order.is_none() => node,
            Op::Select(_)
            | Op::Lif(_)
            | Op::Embedding(_)
            | Op::Sum(_)
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
