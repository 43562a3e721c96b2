//! Output → readout.

use super::Conversion;
use super::view::Value;
use crate::error::{Error, Result};
use crate::snn::Op;

impl Conversion {
    pub(super) fn output(&mut self, name: &str, source: Value) -> Result<Value> {
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
        if shape.rows() != 1 {
            return Err(Error::input(format!(
                "the model's output has {} rows; expected one row of logits",
                shape.rows()
            ))
            .at_node(name)
            .fix("pool or flatten before the last layer"));
        }
        let logits = match &self.graph.node(node).op {
            Op::Linear(_) => match self.outputs(name, node, &source)? {
                (logits, None) => logits,
                (_, Some(_)) => {
                    return Err(Error::input("the logits are rearranged")
                        .fix("remove the reshape or transposition after the last linear layer")
                        .at_node(name));
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
        let name = self.unused_name(name.to_owned());
        Ok(Value::plain(self.graph.add(name, Op::Readout, &[logits])?, 1))
    }
}
