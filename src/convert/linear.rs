//! Linear map → synaptic layer.

use super::Conversion;
use super::view::Value;
use crate::error::{Error, Result};
use crate::quant::Weights;
use crate::snn::{Linear, Op};

impl Conversion {
    pub(super) fn linear(
        &mut self,
        name: &str,
        weights: &Weights,
        bias: &[f64],
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        if source.relu {
            return Err(no_quantiser("the ReLU before it", name));
        }
        match &self.graph.node(source.node).op {
            Op::Linear(_) => return Err(no_quantiser("the linear layer before it", name)),
            Op::Input(_) | Op::Neuron(_) | Op::Readout => {}
        }
        let order = source.channel_order(weights.inputs).ok_or_else(|| {
            Error::input("a transposition before this layer moves data between rows that share its weights")
                .at_node(name)
                .fix("transpose channels only, or flatten to one row before this layer")
        })?;
        let mut levels = vec![0; weights.levels.len()];
        for o in 0..weights.outputs {
            for (i, &from) in order.iter().enumerate() {
                levels[o * weights.inputs + from] = weights.level(o, i);
            }
        }
        let weights = Weights { levels, ..weights.clone() };
        let op = Op::Linear(Linear { weights, bias: bias.to_vec() });
        Ok(Value::plain(self.graph.add(name, op, &[source.node])?, readers))
    }

    /// Reorders the outputs of a synaptic layer such that `value` is its output as it stands.
    pub(super) fn fold_order_into_outputs(&mut self, name: &str, value: &Value) -> Result<()> {
        if value.order.is_none() {
            return Ok(());
        }
        let problem = |what: &str| {
            Error::input(format!("a transposition between {what} and this quantiser cannot be folded"))
                .at_node(name)
                .fix("move the transposition behind the quantiser")
        };
        let channels = self.graph.node(value.node).shape.channels();
        let order = value.channel_order(channels).ok_or_else(|| problem("rows of the layer before"))?;
        if value.shared {
            return Err(problem("a layer with several readers"));
        }
        let Op::Linear(linear) = &mut self.graph.node_mut(value.node).op else {
            return Err(problem("the input"));
        };
        *linear = reordered(linear, &order);
        Ok(())
    }
}

/// The layer whose output `o` is output `order[o]` of `linear`.
fn reordered(linear: &Linear, order: &[usize]) -> Linear {
    let w = &linear.weights;
    let levels = order.iter().flat_map(|&o| &w.levels[o * w.inputs..(o + 1) * w.inputs]).copied().collect();
    Linear {
        weights: Weights { inputs: w.inputs, outputs: w.outputs, levels, scale: picked(&w.scale, order) },
        bias: picked(&linear.bias, order),
    }
}

/// A list with one entry an output in this order; one with fewer entries stays as it is.
fn picked<T: Copy>(list: &[T], order: &[usize]) -> Vec<T> {
    if list.len() == order.len() { order.iter().map(|&o| list[o]).collect() } else { list.to_vec() }
}

fn no_quantiser(what: &str, name: &str) -> Error {
    Error::input(format!(
        "there is no quantiser between {what} and this layer, so spikes cannot carry its input"
    ))
    .at_node(name)
    .fix("train with an activation quantiser before every layer but the first")
}
