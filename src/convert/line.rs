//! Products with and sums of constants. After a layer of weights they are merged into its scales and biases. Those that are
//! equal for all elements are stored until a layer, a quantiser or a softmax reads the value.

use super::Conversion;
use super::view::{Content, Value};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::quant::{Binary, Function, per_channel};
use crate::snn::{LayerNorm, Op};

/// A constant that differs between channels, where only one number can be carried on.
const PER_CHANNEL: &str = "a factor or an addend that differs between channels, of something else than a layer's result, is not supported";

impl Conversion {
    /// `factor·x + offset`, each one number or one for each channel of the value's last extent.
    pub(super) fn line(
        &mut self,
        name: &str,
        factor: &[f64],
        offset: &[f64],
        source: &Value,
        shape: &Shape,
        readers: usize,
    ) -> Result<Value> {
        if offset == [0.0]
            && let [factor] = factor
            && let Some(value) = self.times_one(*factor, source)
        {
            return Ok(value.also_read_by(readers));
        }
        let uniform = factor.len() == 1 && offset.len() == 1;
        let (a, b) = (factor[0], offset[0]);
        if let Content::Constant(values) = &source.content {
            let channels = shape.channels();
            let one = |(e, x): (usize, &f64)| {
                x * per_channel(factor, e % channels) + per_channel(offset, e % channels)
            };
            let values = values.iter().enumerate().map(one).collect();
            return Ok(Value { content: Content::Constant(values), ..source.clone().also_read_by(readers) });
        }
        let commutes = !source.relu || factor.iter().all(|&a| a > 0.0) && offset.iter().all(|&b| b == 0.0);
        let plain = source.function.is_none() && !source.is_masked() && source.averaged == 1;
        if plain
            && commutes
            && source.factor == 1.0
            && source.offset == 0.0
            && let Content::Node(node) = source.content
            && let Some(merged) = self.merged(name, factor, offset, node, source, shape)?
        {
            return Ok(merged.also_read_by(readers));
        }
        let only_added = factor.iter().all(|&a| a == 1.0) && plain && !source.relu;
        if only_added && self.is_summand(source) {
            let constant = (0..shape.len()).map(|e| per_channel(offset, e % shape.channels())).collect();
            let constant = Value::of(Content::Constant(constant), 1);
            return self.sum(name, shape, &[(source, 0), (&constant, 0)], readers);
        }
        if !uniform {
            if plain
                && !source.relu
                && source.factor == 1.0
                && source.offset == 0.0
                && let Some(scaled) = self.scaled_sum(name, factor, offset, source)?
            {
                let pending = Value::of(Content::Sum(scaled), 1);
                return if readers > 1 { self.settled_open(&pending, readers) } else { Ok(pending) };
            }
            if plain && !source.relu && self.is_neurons(source) {
                let layer = self.under_order(name, factor, offset, source, shape)?;
                return self.line(name, factor, offset, &layer, shape, readers);
            }
            return Err(Error::input(PER_CHANNEL)
                .at_node(name)
                .fix("move it to a layer's result, right after the layer, or quantise the value before it"));
        }
        if source.function.is_some() || !commutes {
            return Ok(self.function(name, &line(a, b), source)?.also_read_by(readers));
        }
        let (factor, offset) = (source.factor * a, source.offset * a + b);
        Ok(Value { factor, offset, ..source.clone().also_read_by(readers) })
    }

    /// Merges constants into the layer or LayerNorm that writes a value; none if something else does.
    pub(super) fn merged(
        &mut self,
        name: &str,
        factor: &[f64],
        offset: &[f64],
        node: NodeId,
        source: &Value,
        shape: &Shape,
    ) -> Result<Option<Value>> {
        let channels = self.graph.node(node).shape.channels();
        let wrong = |problem: String| Error::input(problem).at_node(name);
        let list = |list: &[f64]| through(list, source, shape.channels(), channels);
        let (Some(factor), Some(offset)) = (list(factor), list(offset)) else { return Ok(None) };
        let op = match &self.graph.node(node).op {
            Op::Linear(linear) => {
                let mut linear = linear.clone();
                linear.weights.scaled(&factor).map_err(wrong)?;
                let bias = |o: usize| {
                    linear.bias.get(o).copied().unwrap_or(0.0) * per_channel(&factor, o)
                        + per_channel(&offset, o)
                };
                linear.bias = (0..channels).map(bias).collect();
                if linear.bias.iter().all(|&b| b == 0.0) {
                    linear.bias.clear();
                }
                Op::Linear(linear)
            }
            Op::LayerNorm(norm) => {
                // γ and β are floats; the operator rounds them to fewer bits.
                #[expect(clippy::cast_possible_truncation)]
                let times = |list: &[f32], offset: &dyn Fn(usize) -> f64| -> Vec<f32> {
                    let one =
                        |(c, &x): (usize, &f32)| (f64::from(x) * per_channel(&factor, c) + offset(c)) as f32;
                    list.iter().enumerate().map(one).collect()
                };
                let gamma = times(&norm.gamma, &|_| 0.0);
                let beta = times(&norm.beta, &|c| per_channel(&offset, c));
                Op::LayerNorm(LayerNorm { gamma, beta, ..norm.clone() })
            }
            Op::Input(_)
            | Op::MaxPool(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::Function(_)
            | Op::Readout => return Ok(None),
        };
        let only_times = matches!(op, Op::Linear(_)) && offset.iter().all(|&b| b == 0.0);
        if !source.shared {
            let known = self.multiples.get(&node).cloned();
            self.replace(node, op);
            if let Some((of, before)) = known.filter(|_| only_times) {
                self.multiples.insert(node, (of, products(&before, &factor)));
            }
            return Ok(Some(source.clone()));
        }
        // Others read the layer without the constants.
        let label = self.unused_name(self.graph.node(node).name.clone());
        let below = self.graph.inputs(node)[0];
        let copy = self.graph.add(label, op, &[below])?;
        if only_times {
            let known = self.multiples.get(&node).cloned();
            let (of, before) = known.unwrap_or((node, vec![1.0]));
            self.multiples.insert(copy, (of, products(&before, &factor)));
        }
        Ok(Some(Value { content: Content::Node(copy), shared: false, ..source.clone() }))
    }

    /// Gives a node another operator; it is no multiple of another layer then.
    pub(super) fn replace(&mut self, node: NodeId, op: Op) {
        self.multiples.remove(&node);
        self.graph.node_mut(node).op = op;
    }

    /// A layer that passes neurons on, to which constants per channel can be merged: with the channels of the neurons, if each
    /// of them has one constant, else in the order of the value.
    fn under_order(
        &mut self,
        name: &str,
        factor: &[f64],
        offset: &[f64],
        source: &Value,
        shape: &Shape,
    ) -> Result<Value> {
        let Content::Node(node) = source.content else {
            return self.identity(name, source, shape.channels());
        };
        let own = self.graph.node(node).shape.channels();
        let one = |list: &[f64]| through(list, source, shape.channels(), own).is_some();
        if source.order.is_none() || !one(factor) || !one(offset) {
            return self.identity(name, source, shape.channels());
        }
        let all = Value { order: None, ..source.clone() };
        let layer = self.identity(name, &all, own)?;
        Ok(Value { order: source.order.clone(), ..layer })
    }

    /// Whether a sum reads this value as it is.
    fn is_summand(&self, value: &Value) -> bool {
        match value.content {
            Content::Sum(_) => true,
            Content::Node(node) => {
                value.order.is_none()
                    && value.factor == 1.0
                    && value.offset == 0.0
                    && matches!(self.graph.node(node).op, Op::Sum(_) | Op::Embedding(_))
            }
            Content::Constant(_) | Content::Pool(_) | Content::Combination(_) => false,
        }
    }

    /// Whether neurons carry this value.
    fn is_neurons(&self, value: &Value) -> bool {
        matches!(value.content, Content::Node(node) if matches!(self.graph.node(node).op, Op::Neuron(_) | Op::Select(_)))
    }
}

/// Products of two lists, each with one number or one for each channel.
fn products(a: &[f64], b: &[f64]) -> Vec<f64> {
    (0..a.len().max(b.len())).map(|c| per_channel(a, c) * per_channel(b, c)).collect()
}

/// `a·x + b`
pub(super) fn line(a: f64, b: f64) -> Function {
    let mut f = if a == 1.0 { Function::identity() } else { Function::times(a) };
    if b != 0.0 {
        let (last, number) = (f.steps().len(), f.constant(b));
        f.binary(Binary::Add, last, number);
    }
    f
}

/// A list for the channels of a value's rows as one for the channels of its node, if every one of these has one entry. A
/// list with one entry is unchanged.
pub(super) fn through<T: Copy + PartialEq>(
    list: &[T],
    value: &Value,
    own: usize,
    channels: usize,
) -> Option<Vec<T>> {
    if list.len() == 1 || value.order.is_none() && own == channels {
        return Some(list.to_vec());
    }
    let Some(order) = &value.order else {
        return channels.is_multiple_of(own).then(|| (0..channels).map(|c| list[c % own]).collect());
    };
    let mut found: Vec<Option<T>> = vec![None; channels];
    for (e, &element) in order.iter().enumerate() {
        let entry = list[e % own];
        if *found[element % channels].get_or_insert(entry) != entry {
            return None;
        }
    }
    // Channels that the value does not read may have anything.
    Some(found.into_iter().map(|entry| entry.unwrap_or(list[0])).collect())
}
