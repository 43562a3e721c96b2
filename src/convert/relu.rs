//! ReLU: kept in mind until the quantiser after it.

use super::Conversion;
use super::view::{Content, Value};
use crate::error::{Error, Result};
use crate::snn::Op;

impl Conversion {
    pub(super) fn relu(&mut self, name: &str, source: Value) -> Result<Value> {
        let Content::Node(node) = source.content else { return Ok(Value { relu: true, ..source }) };
        match &self.graph.node(node).op {
            // Already not negative: nothing to do.
            Op::Neuron(q) if q.low.iter().all(|&low| low >= 0) => Ok(source),
            Op::Neuron(_) => Err(Error::input("a ReLU after a signed quantiser is not supported")
                .at_node(name)
                .fix("place the ReLU before the quantiser, or make the quantiser unsigned")),
            _ => Ok(Value { relu: true, ..source }),
        }
    }
}
