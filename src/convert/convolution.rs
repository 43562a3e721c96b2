//! Convolutions and average pools of feature maps → synaptic layers with a window.

use super::Conversion;
use super::carried::division;
use super::unquantised::no_quantiser;
use super::view::{Content, Value};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Window};
use crate::quant::Weights;
use crate::snn::{Linear, Op};

impl Conversion {
    pub(super) fn convolution(
        &mut self,
        name: &str,
        window: &Window,
        weights: &Weights,
        bias: &[f64],
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        if let Some(patches) = self.raw_patches(source, window) {
            return self.linear(name, weights, bias, &patches, readers);
        }
        let source = &self.carried(name, source)?;
        let (weights, divisor, source) = &divided(name, weights, source)?;
        let (mut node, mut order) = self.pixels(name, source, window)?;
        if !order.iter().copied().eq(0..window.channels) && window.groups > 1 {
            // Its groups are channels side by side.
            node = self.with_channels(name, node, order)?;
            order = (0..window.channels).collect();
        }
        let plain = order.iter().copied().eq(0..window.channels);
        let depth = window.depth();
        let mut levels = vec![0; weights.levels.len()];
        for o in 0..weights.outputs {
            for i in 0..weights.inputs {
                let from = if plain { i } else { i / depth * depth + order[i % depth] };
                levels[o * weights.inputs + from] = weights.level(o, i);
            }
        }
        let weights = Weights { levels, ..weights.clone() };
        let window = (!window.is_plain()).then(|| window.clone());
        let op = Op::Linear(Linear { window, divisor: *divisor, ..Linear::plain(weights, bias.to_vec()) });
        Ok(Value::plain(self.graph.add(name, op, &[node])?, readers))
    }

    /// The raw input, or neurons of it, in the order in which kernels that lie side by side see it: a row for each place.
    fn raw_patches(&self, source: &Value, window: &Window) -> Option<Value> {
        let Content::Node(node) = source.content else { return None };
        let raw = |node: NodeId| matches!(self.graph.node(node).op, Op::Input(_) | Op::Arrange(_));
        let of_raw = raw(node)
            || (matches!(self.graph.node(node).op, Op::Neuron(_))
                && self.only_source(node).is_some_and(raw)
                && !source.relu);
        let whole = window.pixels() * window.inputs() == window.source().len();
        if !of_raw || !whole || window.stride != window.kernel || window.groups != 1 || window.pads() {
            return None;
        }
        let channels = window.channels;
        let rows = (0..window.pixels()).flat_map(|pixel| window.rows(pixel).map(|(_, row)| row));
        let index: Vec<usize> = rows.flat_map(|row| row * channels..(row + 1) * channels).collect();
        Some(source.clone().picked(&index))
    }

    /// The mean of what a window sees: a layer of weights 1, each channel by itself.
    pub(super) fn average_pool(
        &mut self,
        name: &str,
        window: &Window,
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        let source = &self.carried(name, source)?;
        let factor = source.factor;
        let plain = Value { factor: 1.0, ..source.clone() };
        let (node, order) = self.pixels(name, &plain, window)?;
        let divisor = u32::try_from(window.taps())
            .map_err(|_| Error::input("a pool of too many pixels").at_node(name).fix("pool fewer pixels"))?;
        let channels = window.channels;
        let (inputs, scale) = (window.taps(), vec![1.0]);
        let weights = Weights { inputs, outputs: channels, levels: vec![1; inputs * channels], scale };
        let window = Some(Window { groups: channels, ..window.clone() });
        let op = Op::Linear(Linear { window, divisor, ..Linear::plain(weights, Vec::new()) });
        let pool = Value::plain(self.graph.add(name, op, &[node])?, readers);
        Ok(Value { factor, ..self.channels_in(pool, &order) })
    }

    /// The node of neurons, or of the input, whose pixels a window sees, and the order in which it reads their channels.
    pub(super) fn pixels(
        &mut self,
        name: &str,
        source: &Value,
        window: &Window,
    ) -> Result<(NodeId, Vec<usize>)> {
        let source = &self.rectified(name, source)?;
        self.unscaled(name, source)?;
        let (node, order) = self.rows_of(name, source, window.channels)?;
        match &self.graph.node(node).op {
            Op::Input(_) | Op::Neuron(_) | Op::Lif(_) | Op::Arrange(_) | Op::Select(_) => Ok((node, order)),
            Op::Linear(_)
            | Op::Sum(_)
            | Op::Embedding(_)
            | Op::LayerNorm(_)
            | Op::Function(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::MaxPool(_)
            | Op::Readout => Err(no_quantiser(&self.described(node), name)),
        }
    }

    /// A value whose channel `c` is channel `order[c]` of its node, in every row.
    pub(super) fn channels_in(&self, value: Value, order: &[usize]) -> Value {
        let channels = order.len();
        if order.iter().copied().eq(0..channels) {
            return value;
        }
        let Content::Node(node) = value.content else { return value };
        let len = self.graph.node(node).shape.len();
        let order = (0..len).map(|e| e / channels * channels + order[e % channels]).collect();
        Value { order: Some(order), ..value }
    }
}

/// The weights, the divisor and the source of a layer that reads a value times one number.
pub(super) fn divided(name: &str, weights: &Weights, source: &Value) -> Result<(Weights, u32, Value)> {
    if source.factor == 1.0 || source.offset != 0.0 || source.function.is_some() {
        return Ok((weights.clone(), 1, source.clone()));
    }
    let plain = Value { factor: 1.0, ..source.clone() };
    if let Some(divisor) = division(source.factor) {
        return Ok((weights.clone(), divisor, plain));
    }
    let mut weights = weights.clone();
    weights.scaled(&[source.factor]).map_err(|problem| Error::input(problem).at_node(name))?;
    Ok((weights, 1, plain))
}
