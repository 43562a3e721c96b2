//! Functions of every element, such as GELU. They are stored until the quantiser after them, whose neurons then track
//! the quantised value of the function.

use super::Conversion;
use super::line::line;
use super::view::Value;
use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::quant::Function;
use crate::snn::Op;

impl Conversion {
    /// A value with a function applied.
    pub(super) fn function(&mut self, name: &str, function: &Function, source: &Value) -> Result<Value> {
        if source.is_masked() {
            self.unscaled(name, source)?;
        }
        let before = match &source.function {
            Some(before) => before.clone(),
            None if source.relu => Function::relu(),
            None => Function::identity(),
        };
        let function = before.then(&line(source.factor, source.offset)).then(function);
        function.check().map_err(|problem| Error::input(problem).at_node(name))?;
        Ok(Value { relu: false, factor: 1.0, offset: 0.0, function: Some(function), ..source.clone() })
    }

    /// Fails if a value still has a function to apply.
    pub(super) fn applied(&self, name: &str, value: &Value) -> Result<()> {
        if value.function.is_some() { Err(unquantised(name)) } else { Ok(()) }
    }

    /// The node that applies a function to another one for the neurons `name`.
    pub(super) fn function_of(&mut self, name: &str, function: Function, node: NodeId) -> Result<NodeId> {
        let read = self.graph.node(node);
        match &read.op {
            Op::Input(_)
            | Op::Arrange(_)
            | Op::Linear(_)
            | Op::Sum(_)
            | Op::Embedding(_)
            | Op::Product(_) => {}
            Op::LayerNorm(_)
            | Op::Softmax(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Select(_)
            | Op::Function(_)
            | Op::MaxPool(_)
            | Op::Readout => {
                let problem = format!(
                    "a function of {:?}, without a quantiser between them, is not supported",
                    read.name
                );
                let fix = "quantise the value before the activation function, too";
                return Err(Error::input(problem).at_node(name).fix(fix));
            }
        }
        let label = self.unused_name(format!("{name}.function"));
        self.graph.add(label, Op::Function(function), &[node])
    }
}

/// The error for a function that something other than a quantiser reads.
fn unquantised(name: &str) -> Error {
    Error::input("an activation function before this operator has no quantiser after it, so spikes cannot carry its value")
        .at_node(name)
        .fix("train with an activation quantiser after every activation function")
}
