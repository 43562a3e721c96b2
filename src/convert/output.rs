//! Output → readout.

use super::Conversion;
use super::view::Value;
use crate::error::{Error, Result};
use crate::quant::Weights;
use crate::snn::Op;

impl Conversion {
    pub(super) fn output(&mut self, name: &str, source: Value) -> Result<Value> {
        if source.relu {
            return Err(Error::input("the model's output is a ReLU without a quantiser")
                .at_node(name)
                .fix("end the model with its last linear layer, or quantise its output"));
        }
        self.unscaled(name, &source)?;
        let node = self.carrier(name, &source)?;
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
                (_, Some(_)) => return Err(Error::input("the logits are rearranged").at_node(name)),
            },
            Op::Neuron(_) => {
                self.notes.push((
                    name.to_owned(),
                    "quantised logits: accumulated through an identity layer".into(),
                ));
                let identity = self.unused_name(format!("{name}.identity"));
                let layer = self.linear(&identity, &identity_weights(shape.channels()), &[], &source, 1)?;
                self.carrier(name, &layer)?
            }
            Op::Input(_) | Op::Arrange(_) | Op::Readout => {
                return Err(Error::input("the model's output is its input").at_node(name));
            }
            Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::Softmax(_) => {
                return Err(Error::input("the model's output is not that of a linear layer or a quantiser")
                    .at_node(name)
                    .fix("end the model with a linear layer that gives the logits"));
            }
        };
        let name = self.unused_name(name.to_owned());
        Ok(Value::plain(self.graph.add(name, Op::Readout, &[logits])?, 1))
    }
}

/// Weights that pass every channel on unchanged.
fn identity_weights(channels: usize) -> Weights {
    let mut levels = vec![0; channels * channels];
    levels.iter_mut().step_by(channels + 1).for_each(|w| *w = 1);
    Weights { inputs: channels, outputs: channels, levels, scale: vec![1.0] }
}
