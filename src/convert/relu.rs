//! ReLU: kept in mind until the quantiser after it.

use super::Conversion;
use super::view::Value;
use crate::error::{Error, Result};
use crate::snn::Op;

impl Conversion {
    pub(super) fn relu(&mut self, name: &str, source: Value) -> Result<Value> {
        match &self.graph.node(source.node).op {
            // Already not negative: nothing to do.
            Op::Neuron(q) if q.low.iter().all(|&low| low >= 0) => Ok(source),
            Op::Neuron(_) => Err(Error::input("a ReLU after a signed quantiser is not supported")
                .at_node(name)
                .fix("place the ReLU before the quantiser, or make the quantiser unsigned")),
            Op::Input(_) | Op::Linear(_) | Op::Readout => Ok(Value { relu: true, ..source }),
        }
    }
}
