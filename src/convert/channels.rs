//! Neurons with other channels: some of them, in another order, or several times. Heads that share keys, and views of one
//! layer of queries, keys and values, are read through these.

use super::Conversion;
use super::carried::raw_levels;
use super::linear::{picking, reordered};
use super::view::Value;
use crate::error::{Error, Result};
use crate::graph::{NodeId, transposed_index};
use crate::quant::Quantiser;
use crate::snn::{Op, Sum};

impl Conversion {
    /// The neurons whose channel `c` is channel `list[c]` of `node`: the node itself, or a copy of its layer with other
    /// outputs; or a copy of the neurons behind a layer of zeros and ones.
    pub(super) fn with_channels(&mut self, name: &str, node: NodeId, list: Vec<usize>) -> Result<NodeId> {
        let channels = self.graph.node(node).shape.channels();
        if list.iter().copied().eq(0..channels) {
            return Ok(node);
        }
        let key = (node, list);
        if let Some(&known) = self.parts.get(&key) {
            return Ok(known);
        }
        let list = &key.1;
        let Op::Neuron(quantiser) = self.graph.node(node).op.clone() else {
            return Err(Error::input("some channels of a value that is not quantised are not supported")
                .at_node(name)
                .fix("quantise the value before it is divided into parts"));
        };
        let below = self.graph.inputs(node)[0];
        let own = self.graph.node(node).name.clone();
        let layer = self.unused_name(format!("{own}.part.layer"));
        let read = match &self.graph.node(below).op {
            Op::Linear(linear) if linear.window.is_none() => {
                let (op, source) = (Op::Linear(reordered(linear, list)), self.graph.inputs(below)[0]);
                self.graph.add(layer, op, &[source])?
            }
            Op::Input(_)
            | Op::Linear(_)
            | Op::MaxPool(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::Function(_)
            | Op::Readout => self.graph.add(layer, Op::Linear(picking(channels, list)), &[node])?,
        };
        let label = self.unused_name(format!("{own}.part"));
        let part = self.graph.add(label, Op::Neuron(picked(&quantiser, list)), &[read])?;
        self.parts.insert(key, part);
        Ok(part)
    }
}

impl Conversion {
    /// Neurons in one row that pass on the elements of a value of neurons in its own order, whatever that is, behind a layer
    /// of zeros and ones. `None` if the value is not carried by neurons, or such a layer would be too large.
    pub(super) fn rearranged(&mut self, name: &str, node: NodeId, value: &Value) -> Result<Option<NodeId>> {
        let quantiser = match &self.graph.node(node).op {
            Op::Neuron(quantiser) => Some(quantiser.clone()),
            Op::Input(input) => raw_levels(&input.spec),
            Op::Linear(_)
            | Op::MaxPool(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::Function(_)
            | Op::Readout => None,
        };
        let (Some(quantiser), Some(order)) = (quantiser, &value.order) else { return Ok(None) };
        let shape = &self.graph.node(node).shape;
        let (inputs, channels) = (shape.len(), shape.channels());
        let weights = order.len().saturating_mul(inputs);
        if weights > MOST_PICKED
            && let Some(neurons) = self.turned_neurons(name, node, &quantiser, order)?
        {
            return Ok(Some(neurons));
        }
        if weights > MOST_REARRANGED {
            return Ok(None);
        }
        let key = (node, order.clone());
        if let Some(&known) = self.rearranged.get(&key) {
            return Ok(Some(known));
        }
        let picking = picking(inputs, order);
        let of_channels: Vec<usize> = order.iter().map(|e| e % channels).collect();
        let quantiser = picked(&quantiser, &of_channels);
        let own = self.graph.node(node).name.clone();
        let layer = self.unused_name(format!("{own}.rearranged.layer"));
        let layer = self.graph.add(layer, Op::Linear(picking), &[node])?;
        let label = self.unused_name(format!("{own}.rearranged"));
        let neurons = self.graph.add(label, Op::Neuron(quantiser), &[layer])?;
        let note = format!("reads {own:?} in another order, through neurons that pass its levels on");
        self.notes.push((name.to_owned(), note));
        self.rearranged.insert(key, neurons);
        Ok(Some(neurons))
    }
}

impl Conversion {
    /// Neurons of which the rows are the columns of other neurons: a sum adds these column by column.
    fn turned_neurons(
        &mut self,
        name: &str,
        node: NodeId,
        quantiser: &Quantiser,
        order: &[usize],
    ) -> Result<Option<NodeId>> {
        let (rows, own) = (self.graph.node(node).shape.rows(), self.graph.node(node).shape.channels());
        let uniform = [quantiser.scale.len(), quantiser.low.len(), quantiser.high.len()] == [1, 1, 1];
        let is_neuron = matches!(self.graph.node(node).op, Op::Neuron(_));
        if !uniform || !is_neuron || *order != transposed_index(&[rows, own], &[1, 0]) {
            return Ok(None);
        }
        let key = (node, order.to_vec());
        if let Some(&known) = self.rearranged.get(&key) {
            return Ok(Some(known));
        }
        let source = self.graph.node(node).name.clone();
        let sum = Sum {
            rows: own,
            channels: rows,
            first: vec![0],
            constant: Vec::new(),
            factors: Vec::new(),
            turned: vec![0],
        };
        let label = self.unused_name(format!("{source}.turned.sum"));
        let sum = self.graph.add(label, Op::Sum(sum), &[node])?;
        let label = self.unused_name(format!("{source}.turned"));
        let neurons = self.graph.add(label, Op::Neuron(quantiser.clone()), &[sum])?;
        let note =
            format!("reads the columns of {source:?} as rows, through neurons that pass its levels on");
        self.notes.push((name.to_owned(), note));
        self.rearranged.insert(key, neurons);
        Ok(Some(neurons))
    }
}

impl Conversion {
    /// Neurons that pass on the elements of a value of neurons in its own order, in rows of `channels`. `None` as of
    /// [`Self::rearranged`].
    pub(super) fn in_rows(
        &mut self,
        name: &str,
        node: NodeId,
        value: &Value,
        channels: usize,
    ) -> Result<Option<NodeId>> {
        let Op::Neuron(quantiser) = self.graph.node(node).op.clone() else { return Ok(None) };
        let Some(row) = self.rearranged(name, node, value)? else { return Ok(None) };
        if self.graph.node(row).shape.channels() == channels {
            return Ok(Some(row));
        }
        if [quantiser.scale.len(), quantiser.low.len(), quantiser.high.len()] != [1, 1, 1] {
            return Ok(None);
        }
        let layer = self.identity(name, &Value::plain(row, 2), channels)?;
        let layer = self.carrier(name, &layer)?;
        let label = self.unused_name(format!("{name}.rows"));
        self.graph.add(label, Op::Neuron(quantiser), &[layer]).map(Some)
    }
}

/// With more weights than this, columns become rows through a sum instead of through a layer.
const MOST_PICKED: usize = 1 << 16;

/// Maximum number of weights of a layer that only puts elements in another order.
const MOST_REARRANGED: usize = 1 << 22;

/// The quantiser of these channels.
fn picked(quantiser: &Quantiser, list: &[usize]) -> Quantiser {
    fn each<T: Copy>(values: &[T], list: &[usize]) -> Vec<T> {
        if values.len() == 1 { values.to_vec() } else { list.iter().map(|&c| values[c]).collect() }
    }
    Quantiser {
        scale: each(&quantiser.scale, list),
        low: each(&quantiser.low, list),
        high: each(&quantiser.high, list),
        rounding: quantiser.rounding,
    }
}

/// The channels of a node of `channels` through which a value of extents `[heads, m, n]` is read, if element `(h, i, j)` is
/// to be that of `place(h, i, j)`: a row, and one of `wanted` channels.
pub(super) fn read_as(
    value: &Value,
    channels: usize,
    [heads, m, n]: [usize; 3],
    wanted: usize,
    place: impl Fn(usize, usize, usize) -> (usize, usize),
) -> Option<Vec<usize>> {
    if value.order.as_ref().is_some_and(|order| order.len() != heads * m * n) {
        return None;
    }
    let mut list: Vec<Option<usize>> = vec![None; wanted];
    for e in 0..heads * m * n {
        let (row, channel) = place(e / (m * n), e / n % m, e % n);
        let element = value.order.as_ref().map_or(e, |order| order[e]);
        let from = element % channels;
        let entry = list.get_mut(channel)?;
        if element / channels != row || *entry.get_or_insert(from) != from {
            return None;
        }
    }
    list.into_iter().collect()
}
