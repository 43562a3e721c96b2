//! Everything that keeps a network from being converted. After a problem the conversion goes on as if it were mended:
//! neurons stand for the values that a node cannot read, or for its result. What reads a result that neurons stand for is
//! not reported, for its problem may be a consequence.

use std::collections::HashSet;

use super::view::{Content, Value};
use super::{Conversion, needed};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::quant::{Encoding, InputSpec, Quantiser, Rounding};
use crate::{qann, snn};

/// All problems, sources first. Some nodes of the network may be placeholders for what could not be imported.
pub fn problems(network: &qann::Network, placeholders: &HashSet<NodeId>) -> Vec<Error> {
    let mut search =
        Search { conversion: Conversion::default(), pretended: HashSet::new(), problems: vec![] };
    let order = needed(network).unwrap_or_else(|_| network.topological());
    for id in order {
        search.node(network, id, placeholders.contains(&id));
    }
    search.problems
}

/// What to do about an operator that does not fit what it reads, for a reason that has no advice of its own.
const UNEXPECTED: &str =
    "quantise what this operator reads, per tensor, and keep one row of channels for each token";

/// A conversion that goes on after problems.
struct Search {
    conversion: Conversion,
    /// Nodes that stand for results of which nothing is known.
    pretended: HashSet<NodeId>,
    problems: Vec<Error>,
}

impl Search {
    fn node(&mut self, network: &qann::Network, id: NodeId, is_placeholder: bool) {
        let node = network.node(id);
        if is_placeholder {
            return self.pretend(network, id);
        }
        let inputs = network.inputs(id);
        let values = &self.conversion.values;
        let sources: Option<Vec<Value>> = inputs.iter().map(|i| values.get(i).cloned()).collect();
        let Some(sources) = sources else { return self.pretend(network, id) };
        let error = match self.conversion.value(network, id, &sources) {
            Ok(value) => {
                self.conversion.values.insert(id, value);
                return;
            }
            Err(error) => error,
        };
        if sources.iter().any(|source| self.is_pretended(source)) {
            return self.pretend(network, id);
        }
        let mut error = error.at_node(&node.name);
        error.fix.get_or_insert_with(|| UNEXPECTED.to_owned());
        self.problems.push(error);
        let shapes = inputs.iter().map(|&i| &network.node(i).shape);
        let quantised = shapes.map(|shape| self.neurons(&node.name, shape)).collect::<Result<Vec<_>>>();
        let mended = quantised.and_then(|sources| self.conversion.value(network, id, &sources));
        match mended {
            Ok(value) => {
                // Which product it is shows only in the order of the heads, which these neurons do not have.
                if let (qann::Op::MatMul, Content::Node(product)) = (&node.op, &value.content) {
                    self.pretended.insert(*product);
                }
                self.conversion.values.insert(id, value);
            }
            Err(_) => self.pretend(network, id),
        }
    }

    /// Whether a value is one of which nothing is known.
    fn is_pretended(&self, value: &Value) -> bool {
        match &value.content {
            Content::Node(node) => self.pretended.contains(node),
            Content::Sum(sum) => sum.terms.iter().any(|term| self.pretended.contains(&term.node)),
            Content::Pool(pooled) => self.is_pretended(&pooled.source),
            Content::Combination(parts) => parts.iter().any(|part| self.pretended.contains(&part.node)),
            Content::Constant(_) => false,
        }
    }

    /// Lets neurons stand for a node's result.
    fn pretend(&mut self, network: &qann::Network, id: NodeId) {
        let node = network.node(id);
        if let Ok(value) = self.neurons(&node.name, &node.shape) {
            if let Content::Node(neurons) = value.content {
                self.pretended.insert(neurons);
            }
            self.conversion.values.insert(id, value);
        }
    }

    /// Neurons of a shape that read nothing of the network; several readers may read them.
    fn neurons(&mut self, name: &str, shape: &Shape) -> Result<Value> {
        const SHARED: usize = 2;
        let input =
            snn::Input { sample: shape.clone(), spec: InputSpec::tokens(), encoding: Encoding::Analog };
        let conversion = &mut self.conversion;
        let label = conversion.unused_name(format!("{name}.pretended"));
        let input = conversion.graph.add(label, snn::Op::Input(input), &[])?;
        let quantiser =
            Quantiser { scale: vec![1.0], low: vec![0], high: vec![1], rounding: Rounding::HalfUp };
        let label = conversion.unused_name(format!("{name}.neurons"));
        let neurons = conversion.graph.add(label, snn::Op::Neuron(quantiser), &[input])?;
        Ok(Value::plain(neurons, SHARED))
    }
}
