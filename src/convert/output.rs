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
        let shape = self.graph.node(source.node).shape.clone();
        if shape.rows() != 1 {
            return Err(Error::input(format!(
                "the model's output has {} rows; expected one row of logits",
                shape.rows()
            ))
            .at_node(name)
            .fix("pool or flatten before the last layer"));
        }
        let logits = match &self.graph.node(source.node).op {
            Op::Linear(_) => {
                self.fold_order_into_outputs(name, &source)?;
                source.node
            }
            Op::Neuron(_) => {
                self.notes.push((
                    name.to_owned(),
                    "quantised logits: accumulated through an identity layer".into(),
                ));
                let identity = self.unused_name(format!("{name}.identity"));
                self.linear(&identity, &identity_weights(shape.channels()), &[], &source, 1)?.node
            }
            Op::Input(_) | Op::Readout => {
                return Err(Error::input("the model's output is its input").at_node(name));
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
