//! QANN → SNN: every quantiser becomes an ST-BIF+ neuron, every linear map a synaptic layer.
//!
//! Views (reshape, transpose, slice) and ReLU disappear: a view becomes an order of channels that is merged into
//! adjacent weights, a selection of outputs, or the layout of heads; a ReLU before a quantiser raises the lowest level
//! of that quantiser. Another function before a quantiser is stored until then.

mod affine;
mod attention;
mod bounded;
mod carried;
mod channels;
mod clip;
mod concat;
mod convolution;
mod function;
mod gate;
mod identity;
mod line;
mod linear;
mod mean;
mod output;
mod pool;
mod problems;
mod prune;
mod quantise;
mod relu;
mod resample;
mod residual;
mod rotate;
mod scaled_sum;
mod turned;
mod unquantised;
mod view;

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::quant::{Encoding, Precision};
use crate::{qann, snn};

use view::{Content, Value};

/// When the input is applied, as selected by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodingChoice {
    /// At the first time-step.
    Analog,
    /// Spread over this many time-steps; by default the number of levels of the first neurons.
    Rate(Option<u32>),
}

/// Notes on the conversion, one line each.
pub type Notes = Vec<(String, String)>;

/// Converts a quantised network; the notes describe operators that have no counterpart.
///
/// # Errors
/// Names the node whose pattern has no spiking equivalent, and the supported forms.
pub fn convert(
    network: &qann::Network,
    name: &str,
    producer: &str,
    encoding: EncodingChoice,
) -> Result<(snn::Model, Notes)> {
    network.check("quantised network")?;
    let mut conversion = Conversion::default();
    for id in needed(network)? {
        conversion.node(network, id)?;
    }
    let mut graph = prune::reachable(&conversion.graph)?;
    set_encoding(&mut graph, encoding)?;
    graph.check("spiking network")?;
    let mut views = conversion.views;
    views.retain(|name, _| graph.find(name).is_some());
    let (name, producer) = (name.to_owned(), producer.to_owned());
    let precision = Precision::EXACT;
    let model = snn::Model { network: graph, name, producer, views, precision, padding: None };
    Ok((model, conversion.notes))
}

pub use problems::problems;

/// The state of a conversion.
#[derive(Default)]
struct Conversion {
    graph: snn::Network,
    /// Counterparts of the values of the QANN.
    values: HashMap<NodeId, Value>,
    notes: Notes,
    /// Neurons that have another shape and order in the QANN.
    views: BTreeMap<String, snn::View>,
    /// Neurons with other channels than those of this node.
    parts: HashMap<(NodeId, Vec<usize>), NodeId>,
    /// Layers that are another layer times one number, or one for each channel.
    multiples: HashMap<NodeId, (NodeId, Vec<f64>)>,
    /// Neurons that carry the values of this node exactly, and what their values are divided by.
    carriers: HashMap<NodeId, (NodeId, u32)>,
    /// Neurons in one row, with these elements of those of this node.
    rearranged: HashMap<(NodeId, Vec<usize>), NodeId>,
}

impl Conversion {
    fn node(&mut self, network: &qann::Network, id: NodeId) -> Result<()> {
        let inputs = network.inputs(id);
        let sources: Option<Vec<Value>> = inputs.iter().map(|i| self.values.get(i).cloned()).collect();
        let name = &network.node(id).name;
        let sources = sources.ok_or_else(|| Error::input("an operator without an input").at_node(name))?;
        let value = self.value(network, id, &sources)?;
        self.values.insert(id, value);
        Ok(())
    }

    /// What a node of the QANN becomes that reads these values.
    fn value(&mut self, network: &qann::Network, id: NodeId, sources: &[Value]) -> Result<Value> {
        let node = network.node(id);
        let inputs = network.inputs(id);
        let extents = |i: NodeId| &network.node(i).shape.0;
        let readers = network.consumers(id).len();
        let name = &node.name;
        let sources = &self.settled_sums(name, &node.op, sources)?[..];
        let value = match (&node.op, sources) {
            (qann::Op::Input { shape, spec }, _) => {
                let input =
                    snn::Input { sample: shape.clone(), spec: spec.clone(), encoding: Encoding::Analog };
                Value::plain(self.graph.add(name, snn::Op::Input(input), &[])?, readers)
            }
            (qann::Op::Constant { values, .. }, _) => Value::of(Content::Constant(values.clone()), readers),
            (qann::Op::Linear { weights, bias }, [source]) => {
                self.linear(name, weights, bias, source, readers)?
            }
            (qann::Op::Convolution { window, weights, bias }, [source]) => {
                self.convolution(name, window, weights, bias, source, readers)?
            }
            (qann::Op::AveragePool(window), [source]) => self.average_pool(name, window, source, readers)?,
            (qann::Op::Resample { window, weights, divisor }, [source]) => {
                self.resample(name, (window, weights, *divisor), source, readers)?
            }
            (qann::Op::MaxPool(window), [source]) => self.max_pool(name, window, source, readers)?,
            (qann::Op::Affine { gain, offset }, [source]) => {
                self.affine(name, gain, offset, source, readers)?
            }
            (qann::Op::Quantise(quantiser), [source]) => {
                self.quantise(name, quantiser, &node.shape, source.clone(), readers)?
            }
            (qann::Op::Relu, [source]) => self.relu(source.clone()),
            (qann::Op::Function(function), [source]) => {
                self.function(name, function, source)?.also_read_by(readers)
            }
            (qann::Op::Reshape(_), [source]) => source.clone().also_read_by(readers),
            (qann::Op::Transpose(order), [source]) => {
                self.rows_themselves(name, source)?;
                source.clone().transposed(extents(inputs[0]), order).also_read_by(readers)
            }
            (qann::Op::Pick { order, .. }, [source]) => {
                self.rows_themselves(name, source)?;
                source.clone().picked(order).also_read_by(readers)
            }
            (qann::Op::Slice { axis, first, count }, [source]) => {
                self.rows_themselves(name, source)?;
                let source = source.clone().sliced(extents(inputs[0]), *axis, *first, *count);
                source.also_read_by(readers)
            }
            (qann::Op::Add, [a, b]) => self.add(name, &node.shape, (a, b), readers)?,
            (qann::Op::Concat(axis), parts) => {
                let mut first = 0;
                let mut pieces = Vec::new();
                for (part, &input) in parts.iter().zip(&inputs) {
                    pieces.push((part, first));
                    first += extents(input)[*axis];
                }
                self.concat(name, &node.shape, *axis, &pieces, readers)?
            }
            (qann::Op::Embedding { channels, table }, [source]) => {
                self.embedding(name, *channels, table, source, readers)?
            }
            (qann::Op::LayerNorm { gamma, beta, epsilon, centred }, [source]) => {
                let norm = snn::LayerNorm {
                    gamma: gamma.clone(),
                    beta: beta.clone(),
                    epsilon: *epsilon,
                    centred: *centred,
                };
                self.layer_norm(name, norm, &node.shape, source, readers)?
            }
            (qann::Op::Times(factors), [source]) => self.times(name, factors, source)?,
            (qann::Op::Scale(factor), [source]) => {
                self.line(name, &[*factor], &[0.0], source, &node.shape, readers)?
            }
            (qann::Op::Line { factor, offset }, [source]) => {
                let quantised = |&reader: &NodeId| matches!(network.node(reader).op, qann::Op::Quantise(_));
                if factor.len().max(offset.len()) > 1
                    && readers > 0
                    && network.consumers(id).iter().all(quantised)
                    && let Some(value) = self.bounded_line(name, (factor, offset), source, &node.shape)?
                {
                    return Ok(value.also_read_by(readers));
                }
                self.line(name, factor, offset, source, &node.shape, readers)?
            }
            (qann::Op::Mask(padding), [scores, ids]) => self.mask(name, scores, ids, *padding, readers)?,
            (qann::Op::Band(band), [scores]) => self.band(name, *band, scores, readers)?,
            (qann::Op::MatMul, [a, b]) => {
                let shapes = (&network.node(inputs[0]).shape, &network.node(inputs[1]).shape);
                self.product(name, (a, b), shapes, readers)?
            }
            (qann::Op::Mul, [a, b]) => {
                self.gate(name, (a, b), (&node.shape, &network.node(inputs[1]).shape), readers)?
            }
            (qann::Op::Mean, [source]) => self.mean(name, source, &network.node(inputs[0]).shape, readers)?,
            (qann::Op::Softmax, [source]) => self.softmax(name, source, &node.shape, readers)?,
            (qann::Op::Output, [source]) => self.output(name, source.clone(), &node.shape)?,
            _ => return Err(Error::input(format!("{} inputs", sources.len())).at_node(name)),
        };
        Ok(match value.content {
            Content::Node(node) => value.settled(self.graph.node(node).shape.len()),
            Content::Constant(_) | Content::Sum(_) | Content::Pool(_) | Content::Combination(_) => value,
        })
    }

    /// What an operator reads: combinations become sums, unless it can make another combination of them.
    fn settled_sums(&mut self, name: &str, op: &qann::Op, sources: &[Value]) -> Result<Vec<Value>> {
        let keeps = matches!(
            op,
            qann::Op::Reshape(_)
                | qann::Op::Transpose(_)
                | qann::Op::Pick { .. }
                | qann::Op::Slice { .. }
                | qann::Op::Concat(_)
                | qann::Op::Add
                | qann::Op::Times(_)
                | qann::Op::Scale(_)
        );
        let factor =
            matches!(op, qann::Op::Line { factor, offset } if factor.len() == 1 && offset[..] == [0.0]);
        let keeps = keeps || factor;
        sources
            .iter()
            .map(|value| if keeps { Ok(value.clone()) } else { self.settled_sum(name, value) })
            .collect()
    }

    /// The sum of two values.
    fn add(&mut self, name: &str, shape: &Shape, (a, b): (&Value, &Value), readers: usize) -> Result<Value> {
        if let Some(joined) = self.joined(a, b) {
            return if readers > 1 { self.settled_sum(name, &joined) } else { Ok(joined) };
        }
        let (a, b) = (self.settled_sum(name, a)?, self.settled_sum(name, b)?);
        self.sum(name, shape, &[(&a, 0), (&b, 0)], readers)
    }

    /// The node that carries a value, which is not a constant.
    fn carrier(&mut self, name: &str, value: &Value) -> Result<NodeId> {
        match &value.content {
            Content::Node(node) => Ok(*node),
            Content::Sum(pending) => self.finish_sum(pending),
            Content::Pool(pooled) => Err(pool::unquantised(&pooled.name)),
            Content::Combination(_) => {
                Err(Error::input("rotary positions that are not quantised are not supported here")
                    .at_node(name)
                    .fix("quantise the value after its rotation"))
            }
            Content::Constant(_) => {
                Err(Error::input("this operator reads a constant, where the input's data is expected")
                    .fix("let the exporter evaluate what does not depend on the input")
                    .at_node(name))
            }
        }
    }

    /// Fails if a value was multiplied, masked or averaged.
    fn unscaled(&self, name: &str, value: &Value) -> Result<()> {
        self.rows_themselves(name, value)?;
        let problem = match value {
            Value { function: Some(_), .. } => return self.applied(name, value),
            Value { mask: Some(_), .. } => "a mask that no softmax follows",
            Value { factor, offset, .. } if *factor != 1.0 || *offset != 0.0 => {
                "a multiplication by a constant, or the addition of one, that neither a layer, a quantiser nor a softmax reads"
            }
            _ => return Ok(()),
        };
        Err(Error::input(format!("{problem} is not supported"))
            .at_node(name)
            .fix("multiply constant factors into the weights or scales before"))
    }

    /// The node and the order of its channels through which a layer of `channels` inputs reads a value. Neurons in an order
    /// that no layer can read are passed on by others.
    fn rows_of(&mut self, name: &str, value: &Value, channels: usize) -> Result<(NodeId, Vec<usize>)> {
        let error = match self.plain_rows_of(name, value, channels) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let Content::Node(node) = value.content else { return Err(error) };
        let shape = self.graph.node(node).shape.clone();
        if let snn::Op::Neuron(_) = self.graph.node(node).op
            && let Some(list) = value.part_of_rows(shape.rows(), shape.channels(), channels)
        {
            return Ok((self.with_channels(name, node, list)?, (0..channels).collect()));
        }
        match self.rearranged(name, node, value)? {
            Some(neurons) => Ok((neurons, (0..channels).collect())),
            None => Err(error),
        }
    }

    /// As [`Self::rows_of`], without further neurons.
    fn plain_rows_of(&mut self, name: &str, value: &Value, channels: usize) -> Result<(NodeId, Vec<usize>)> {
        let node = self.carrier(name, value)?;
        let shape = self.graph.node(node).shape.clone();
        let whole = value.order.as_ref().is_none_or(|order| order.len() == shape.len());
        if whole && let Some(order) = value.channel_order(channels) {
            return Ok((node, order));
        }
        let identity = || (0..channels).collect();
        if let (snn::Op::Input(_), Some(order), true) = (&self.graph.node(node).op, &value.order, whole) {
            let shape = Shape::matrix(order.len() / channels, channels);
            let arrange = snn::Arrange { shape, order: order.clone() };
            let name = self.unused_name(format!("{name}.arrange"));
            return Ok((self.graph.add(name, snn::Op::Arrange(arrange), &[node])?, identity()));
        }
        if whole && let Some(neurons) = self.arranged_neurons(name, node, value, channels)? {
            return Ok((neurons, identity()));
        }
        let length = value.order.as_ref().map_or(0, Vec::len);
        if channels == shape.channels()
            && let Some((first, order)) = value.rows(channels)
            && let snn::Op::Neuron(_) = self.graph.node(node).op
        {
            let select = snn::Select { first, count: length / channels };
            let name = self.unused_name(format!("{name}.rows"));
            return Ok((self.graph.add(name, snn::Op::Select(select), &[node])?, order));
        }
        Err(Error::input("a transposition before this layer moves data between rows that share its weights")
            .at_node(name)
            .fix("quantise the value before it is transposed, if it is small; or transpose channels only, or flatten to one row before this layer"))
    }

    /// Neurons of the raw input in the order in which a layer of `channels` inputs reads them; `None` for other neurons.
    fn arranged_neurons(
        &mut self,
        name: &str,
        node: NodeId,
        value: &Value,
        channels: usize,
    ) -> Result<Option<NodeId>> {
        let (snn::Op::Neuron(quantiser), Some(order)) = (&self.graph.node(node).op, &value.order) else {
            return Ok(None);
        };
        let lists = [quantiser.scale.len(), quantiser.low.len(), quantiser.high.len()];
        let source = self.only_source(node);
        let (input, order) = match source.map(|source| (source, &self.graph.node(source).op)) {
            Some((input, snn::Op::Input(_))) => (input, order.clone()),
            Some((arranged, snn::Op::Arrange(before))) => {
                let order = order.iter().map(|&e| before.order[e]).collect();
                let Some(input) = self.only_source(arranged) else { return Ok(None) };
                (input, order)
            }
            _ => return Ok(None),
        };
        if lists != [1, 1, 1] || self.views.contains_key(&self.graph.node(node).name) {
            return Ok(None);
        }
        let quantiser = quantiser.clone();
        let (own, shape) = (self.graph.node(node).name.clone(), self.graph.node(node).shape.clone());
        let of = value.order.clone().unwrap_or_default();
        let arrange = snn::Arrange { shape: Shape::matrix(order.len() / channels, channels), order };
        let label = self.unused_name(format!("{name}.arrange"));
        let arrange = self.graph.add(label, snn::Op::Arrange(arrange), &[input])?;
        let mut label = self.unused_name(format!("{own}.arranged"));
        if !value.shared {
            // Nobody reads the neurons in their first order.
            std::mem::swap(&mut self.graph.node_mut(node).name, &mut label);
            let mut back = vec![0; of.len()];
            of.iter().enumerate().for_each(|(at, &e)| back[e] = at);
            self.views.insert(label.clone(), snn::View { shape, order: back });
        }
        self.graph.add(label, snn::Op::Neuron(quantiser), &[arrange]).map(Some)
    }

    /// What a node with one input reads.
    fn only_source(&self, node: NodeId) -> Option<NodeId> {
        self.graph.inputs(node).first().copied()
    }

    /// A name that no node has yet.
    fn unused_name(&self, wanted: String) -> String {
        self.graph.unused_name(wanted)
    }
}

/// Nodes that the output depends on, in topological order.
fn needed(network: &qann::Network) -> Result<Vec<NodeId>> {
    let order = network.topological();
    let outputs: Vec<NodeId> =
        order.iter().copied().filter(|&i| matches!(network.node(i).op, qann::Op::Output)).collect();
    let [output] = outputs[..] else {
        return Err(Error::input(format!("the network has {} outputs; expected 1", outputs.len())));
    };
    let reached = network.up_to(output);
    Ok(order.into_iter().filter(|i| reached.contains(i)).collect())
}

/// Sets the selected encoding in the input node.
fn set_encoding(graph: &mut snn::Network, choice: EncodingChoice) -> Result<()> {
    let order = graph.topological();
    let first_neuron = order.iter().find_map(|&i| {
        if let snn::Op::Neuron(q) = &graph.node(i).op { Some(q.tracer_range()) } else { None }
    });
    let encoding = match (choice, first_neuron) {
        (EncodingChoice::Analog, _) => Encoding::Analog,
        (EncodingChoice::Rate(Some(0)), _) => {
            return Err(Error::input("rate encoding needs at least one time-step")
                .fix("give --encoding rate:STEPS with 1 step or more"));
        }
        (EncodingChoice::Rate(Some(steps)), _) => Encoding::Rate { steps },
        (EncodingChoice::Rate(None), Some((low, high))) => {
            Encoding::Rate { steps: low.abs_diff(high).max(1) + 1 }
        }
        (EncodingChoice::Rate(None), None) => Encoding::Rate { steps: 1 },
    };
    for id in order {
        if let snn::Op::Input(input) = &mut graph.node_mut(id).op {
            input.encoding = encoding;
        }
    }
    Ok(())
}
