//! Pools of maxima. Neurons read them: a pool of neurons is followed by neurons that pass its levels on. The largest of
//! several quantised values is the quantised largest value, so a quantiser after a pool becomes neurons before it.

use super::Conversion;
use super::view::{Content, Pooled, Value};
use crate::error::{Error, Result};
use crate::graph::{Shape, Window, transposed_index};
use crate::quant::Quantiser;
use crate::snn::{Op, View};

impl Conversion {
    pub(super) fn max_pool(
        &mut self,
        name: &str,
        window: &Window,
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        self.rows_themselves(name, source)?;
        let node = match source.content {
            Content::Node(node) if source.function.is_none() => Some(node),
            Content::Node(_)
            | Content::Constant(_)
            | Content::Sum(_)
            | Content::Pool(_)
            | Content::Combination(_) => None,
        };
        let quantised = node.is_some_and(|node| self.levels_of(node).is_some());
        if !quantised {
            let pooled = Pooled { name: name.to_owned(), window: window.clone(), source: source.clone() };
            return Ok(Value::of(Content::Pool(Box::new(pooled)), readers));
        }
        let source = self.rectified(name, source)?;
        let value = self.pool_of_neurons(name, window, &source)?;
        if let Content::Node(node) = value.content {
            let label = self.graph.node(node).name.clone();
            self.views.insert(label, channels_first(window, value.order.as_deref()));
        }
        Ok(Value { shared: readers > 1, ..value })
    }

    /// The quantiser of neurons, or of those that rows are selected of.
    pub(super) fn levels_of(&self, node: crate::graph::NodeId) -> Option<&Quantiser> {
        match &self.graph.node(node).op {
            Op::Neuron(quantiser) => Some(quantiser),
            Op::Select(_) => self.levels_of(*self.graph.inputs(node).first()?),
            Op::Input(_)
            | Op::Linear(_)
            | Op::Arrange(_)
            | Op::Lif(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::Function(_)
            | Op::MaxPool(_)
            | Op::Readout => None,
        }
    }

    /// A pool of neurons, and neurons of this name that pass its levels on.
    fn pool_of_neurons(&mut self, name: &str, window: &Window, source: &Value) -> Result<Value> {
        self.unscaled(name, source)?;
        let (node, order) = self.rows_of(name, source, window.channels)?;
        let quantiser = self.levels_of(node).cloned().ok_or_else(|| unquantised(name))?;
        let label = self.unused_name(format!("{name}.max"));
        let pool = self.graph.add(label, Op::MaxPool(window.clone()), &[node])?;
        let name = self.unused_name(name.to_owned());
        let neurons = Value::plain(self.graph.add(name, Op::Neuron(quantiser), &[pool])?, 1);
        Ok(self.channels_in(neurons, &order))
    }

    /// A quantiser after a pool: neurons before it, and those of the pool, which have the quantiser's name. `value` is what
    /// became of the pool until then.
    pub(super) fn quantised_pool(
        &mut self,
        name: &str,
        quantiser: &Quantiser,
        pooled: &Pooled,
        value: Value,
    ) -> Result<Value> {
        if value.function.is_some() || [&quantiser.low, &quantiser.high].iter().any(|list| list.len() > 1) {
            return Err(unquantised(&pooled.name));
        }
        if quantiser.scale.len() > 1 {
            return Err(Error::input("a quantiser of several scales after a max pool")
                .at_node(name)
                .fix("quantise per tensor, or before the pool"));
        }
        let Window { size: [lines, columns], channels, .. } = pooled.window;
        let shape = Shape(vec![lines, columns, channels]);
        let label = self.unused_name(format!("{}.neurons", pooled.name));
        let source = Value { relu: pooled.source.relu || value.relu, ..pooled.source.clone() };
        let neurons = self.quantise(&label, quantiser, &shape, source, 1)?;
        let neurons = self.pool_of_neurons(name, &pooled.window, &neurons)?;
        Ok(match (value.order, &neurons.order) {
            (None, _) => neurons,
            (Some(order), None) => Value { order: Some(order), ..neurons },
            (Some(order), Some(inner)) => {
                let order = order.iter().map(|&e| inner[e]).collect();
                Value { order: Some(order), ..neurons }
            }
        })
    }
}

/// The pixels of a pool as exporters write feature maps: channel by channel. `order` is that of a channels-last map.
fn channels_first(window: &Window, order: Option<&[usize]>) -> View {
    let [lines, columns] = window.output();
    let (pixels, channels) = (lines * columns, window.channels);
    let last = transposed_index(&[pixels, channels], &[1, 0]);
    let order = last.into_iter().map(|e| order.map_or(e, |order| order[e])).collect();
    View { shape: Shape(vec![channels, lines, columns]), order }
}

/// The error for a pool whose value no neurons can carry.
pub(super) fn unquantised(name: &str) -> Error {
    Error::input("there is no quantiser after this max pool, so spikes cannot carry its value")
        .at_node(name)
        .fix("quantise, per tensor, before or directly after the pool")
}
