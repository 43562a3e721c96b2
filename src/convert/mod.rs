//! QANN → SNN: every quantiser becomes an ST-BIF+ neuron, every linear map a synaptic layer.
//!
//! Views (reshape, transpose) and ReLU vanish: a view becomes an order of channels that is folded into the weights next
//! to it, and a ReLU before a quantiser raises the quantiser's lowest level.

mod linear;
mod output;
mod quantise;
mod relu;
mod view;

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::quant::Encoding;
use crate::{qann, snn};

use view::Value;

/// When the input is applied, as the user chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodingChoice {
    /// At the first time-step.
    Analog,
    /// Spread over this many time-steps; by default as many as the first neurons have levels.
    Rate(Option<u32>),
}

/// What the conversion did where, one line each.
pub type Notes = Vec<(String, String)>;

/// Converts a quantised network; the notes say what became of operators that have no counterpart.
///
/// # Errors
/// Names the node whose pattern has no spiking equivalent, and what is supported.
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
    let mut graph = conversion.graph;
    set_encoding(&mut graph, encoding)?;
    graph.check("spiking network")?;
    let model = snn::Model { network: graph, name: name.to_owned(), producer: producer.to_owned() };
    Ok((model, conversion.notes))
}

/// The state of a conversion.
#[derive(Default)]
struct Conversion {
    graph: snn::Network,
    /// What each QANN node has become.
    values: HashMap<NodeId, Value>,
    notes: Notes,
}

impl Conversion {
    fn node(&mut self, network: &qann::Network, id: NodeId) -> Result<()> {
        let node = network.node(id);
        let source = network.inputs(id).first().and_then(|i| self.values.get(i)).cloned();
        let readers = network.consumers(id).len();
        let value = match (&node.op, source) {
            (qann::Op::Input { shape, spec }, _) => {
                let input =
                    snn::Input { sample: shape.clone(), spec: spec.clone(), encoding: Encoding::Analog };
                Value::plain(self.graph.add(&node.name, snn::Op::Input(input), &[])?, readers)
            }
            (qann::Op::Linear { weights, bias }, Some(source)) => {
                self.linear(&node.name, weights, bias, &source, readers)?
            }
            (qann::Op::Quantise(quantiser), Some(source)) => {
                self.quantise(&node.name, quantiser, &node.shape, source, readers)?
            }
            (qann::Op::Relu, Some(source)) => self.relu(&node.name, source)?,
            (qann::Op::Reshape(_), Some(source)) => source.also_read_by(readers),
            (qann::Op::Transpose(order), Some(source)) => {
                let before: &Shape = &network.node(network.inputs(id)[0]).shape;
                source.transposed(&before.0, order).also_read_by(readers)
            }
            (qann::Op::Output, Some(source)) => self.output(&node.name, source)?,
            (_, None) => return Err(Error::input("an operator without an input").at_node(&node.name)),
        };
        self.values.insert(id, value);
        Ok(())
    }

    /// A name that no node has yet.
    fn unused_name(&self, wanted: String) -> String {
        let mut name = wanted;
        while self.graph.find(&name).is_some() {
            name.push('_');
        }
        name
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
    let mut reached: std::collections::HashSet<NodeId> = [output].into();
    let mut stack = vec![output];
    while let Some(id) = stack.pop() {
        for source in network.inputs(id) {
            if reached.insert(source) {
                stack.push(source);
            }
        }
    }
    Ok(order.into_iter().filter(|i| reached.contains(i)).collect())
}

/// Writes the chosen encoding into the input node.
fn set_encoding(graph: &mut snn::Network, choice: EncodingChoice) -> Result<()> {
    let order = graph.topological();
    let first_neuron = order.iter().find_map(|&i| match &graph.node(i).op {
        snn::Op::Neuron(q) => Some(q.tracer_range()),
        snn::Op::Input(_) | snn::Op::Linear(_) | snn::Op::Readout => None,
    });
    let encoding = match (choice, first_neuron) {
        (EncodingChoice::Analog, _) => Encoding::Analog,
        (EncodingChoice::Rate(Some(0)), _) => {
            return Err(Error::input("rate encoding needs at least one time-step"));
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
