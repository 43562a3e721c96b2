//! Linear map → synaptic layer.

use super::Conversion;
use super::convolution::divided;
use super::unquantised::no_quantiser;
use super::view::Value;
use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::quant::{Weights, per_channel};
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
        let source = &self.carried(name, source)?;
        let (weights, divisor, source) = &match source.averaged {
            1 => divided(name, weights, source)?,
            _ => (weights.clone(), 1, source.clone()),
        };
        let (weights, bias) = &with_line(name, weights, bias, source)?;
        let source = &Value { factor: 1.0, offset: 0.0, ..source.clone() };
        if source.averaged > 1 {
            return self.linear_of_mean(name, weights, bias, source, readers);
        }
        let source = &self.on_levels(name, source)?;
        let source = &self.rectified(name, source)?;
        self.unscaled(name, source)?;
        let (node, order) = self.rows_of(name, source, weights.inputs)?;
        match &self.graph.node(node).op {
            Op::Input(_) | Op::Neuron(_) | Op::Lif(_) | Op::Arrange(_) | Op::Select(_) | Op::Readout => {}
            Op::MaxPool(_)
            | Op::Linear(_)
            | Op::Sum(_)
            | Op::Embedding(_)
            | Op::LayerNorm(_)
            | Op::Function(_)
            | Op::Product(_)
            | Op::Softmax(_) => return Err(no_quantiser(&self.described(node), name)),
        }
        let mut levels = vec![0; weights.levels.len()];
        for o in 0..weights.outputs {
            for (i, &from) in order.iter().enumerate() {
                levels[o * weights.inputs + from] = weights.level(o, i);
            }
        }
        let weights = Weights { levels, ..weights.clone() };
        let op = Op::Linear(Linear { divisor: *divisor, ..Linear::plain(weights, bias.to_vec()) });
        Ok(Value::plain(self.graph.add(name, op, &[node])?, readers))
    }

    /// The layer of which a value that is about to be quantised reads all outputs, and the order in which it reads
    /// them. An order of channels is merged into the outputs of the layer, a selection of channels becomes a separate
    /// layer.
    pub(super) fn outputs(
        &mut self,
        name: &str,
        node: NodeId,
        value: &Value,
    ) -> Result<(NodeId, Option<Vec<usize>>)> {
        let Some(order) = &value.order else { return Ok((node, None)) };
        let shape = self.graph.node(node).shape.clone();
        let Op::Linear(linear) = &self.graph.node(node).op else { return Ok((node, Some(order.clone()))) };
        let channels = shape.channels();
        let whole = order.len() == shape.len();
        // Outputs of groups stay with their groups.
        if linear.window.as_ref().is_some_and(|window| window.groups > 1) && whole && !value.shared {
            return Ok((node, Some(order.clone())));
        }
        if whole
            && !value.shared
            && let Some(order) = value.channel_order(channels)
        {
            let linear = reordered(linear, &order);
            self.replace(node, Op::Linear(linear));
            return Ok((node, None));
        }
        // The channels in use, in ascending order, and the index of each among them.
        let mut used = vec![false; channels];
        order.iter().for_each(|e| used[e % channels] = true);
        let chosen: Vec<usize> = (0..channels).filter(|&c| used[c]).collect();
        let mut position = vec![0; channels];
        chosen.iter().enumerate().for_each(|(at, &c)| position[c] = at);
        let inner: Vec<usize> =
            order.iter().map(|e| e / channels * chosen.len() + position[e % channels]).collect();
        if chosen.len() == channels && !value.shared {
            return Ok((node, Some(inner)));
        }
        let part = Op::Linear(reordered(linear, &chosen));
        let label = format!("{}.{}", self.graph.node(node).name, name.rsplit('.').next().unwrap_or(name));
        let (label, source) = (self.unused_name(label), self.graph.inputs(node)[0]);
        Ok((self.graph.add(label, part, &[source])?, Some(inner)))
    }
}

/// Weights and bias of a layer that reads `factor·x + offset`, as those of one that reads `x`.
fn with_line(name: &str, weights: &Weights, bias: &[f64], source: &Value) -> Result<(Weights, Vec<f64>)> {
    let (mut scaled, mut biases) = (weights.clone(), bias.to_vec());
    if source.function.is_some() || source.factor == 1.0 && source.offset == 0.0 {
        return Ok((scaled, biases));
    }
    if source.offset != 0.0 {
        biases.resize(weights.outputs, 0.0);
        for (o, bias) in biases.iter_mut().enumerate() {
            let row = &weights.levels[o * weights.inputs..(o + 1) * weights.inputs];
            let sum: i64 = row.iter().map(|&w| i64::from(w)).sum();
            #[expect(clippy::cast_precision_loss)]
            let sum = sum as f64;
            *bias += source.offset * per_channel(&weights.scale, o) * sum;
        }
    }
    scaled.scaled(&[source.factor]).map_err(|problem| Error::input(problem).at_node(name))?;
    Ok((scaled, biases))
}

/// A layer of zeros and ones whose output `o` is input `list[o]`.
pub(super) fn picking(inputs: usize, list: &[usize]) -> Linear {
    let mut levels = vec![0; list.len() * inputs];
    list.iter().enumerate().for_each(|(o, &from)| levels[o * inputs + from] = 1);
    Linear::plain(Weights { inputs, outputs: list.len(), levels, scale: vec![1.0] }, Vec::new())
}

/// The layer whose output `o` is output `order[o]` of `linear`; outputs may be missing from `order`.
pub(super) fn reordered(linear: &Linear, order: &[usize]) -> Linear {
    let w = &linear.weights;
    let levels = order.iter().flat_map(|&o| &w.levels[o * w.inputs..(o + 1) * w.inputs]).copied().collect();
    Linear {
        divisor: linear.divisor,
        weights: Weights {
            inputs: w.inputs,
            outputs: order.len(),
            levels,
            scale: picked(&w.scale, order, w.outputs),
        },
        bias: picked(&linear.bias, order, w.outputs),
        window: linear.window.clone(),
    }
}

/// The entries of these outputs; a list with one entry for all of them, or none, is unchanged.
fn picked<T: Copy>(list: &[T], order: &[usize], outputs: usize) -> Vec<T> {
    if list.len() == outputs { order.iter().map(|&o| list[o]).collect() } else { list.to_vec() }
}
