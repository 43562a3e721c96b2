//! ReLU. It is stored until the quantiser after it. On neurons, it is a quantiser of the same scale without negative
//! levels.

use super::Conversion;
use super::line::line;
use super::unquantised::no_quantiser;
use super::view::{Content, Value};
use crate::error::{Result, printable};
use crate::quant::{Function, Quantiser};
use crate::snn::Op;

impl Conversion {
    pub(super) fn relu(&self, source: Value) -> Value {
        if source.function.is_none() && (source.offset != 0.0 || source.factor < 0.0) {
            let before = if source.relu { Function::relu() } else { Function::identity() };
            let function = before.then(&line(source.factor, source.offset)).then(&Function::relu());
            return Value { function: Some(function), relu: false, factor: 1.0, offset: 0.0, ..source };
        }
        if let Some(function) = source.function {
            return Value { function: Some(function.then(&Function::relu())), ..source };
        }
        if let Content::Node(node) = source.content
            && let Op::Neuron(q) = &self.graph.node(node).op
            && q.low.iter().all(|&low| low >= 0)
        {
            // Already not negative: nothing to do.
            return source;
        }
        Value { relu: true, ..source }
    }

    /// Applies the ReLU of a value that a layer reads. Only neurons can carry the result.
    pub(super) fn rectified(&mut self, name: &str, source: &Value) -> Result<Value> {
        if !source.relu {
            return Ok(source.clone());
        }
        let Content::Node(node) = source.content else {
            return Err(no_quantiser("the ReLU before it", name));
        };
        let node = self.graph.node(node);
        let Op::Neuron(quantiser) = &node.op else {
            return Err(no_quantiser(&format!("the ReLU after {:?}", printable(&node.name)), name));
        };
        let positive = |list: &[i32]| list.iter().map(|&level| level.max(0)).collect();
        let (low, high) = (positive(&quantiser.low), positive(&quantiser.high));
        let (quantiser, shape) = (Quantiser { low, high, ..quantiser.clone() }, node.shape.clone());
        let label = self.unused_name(format!("{}.relu", node.name));
        // It is element-wise, so the order does not matter.
        let neurons = Value { order: None, ..source.clone() };
        let neurons = self.quantise(&label, &quantiser, &shape, neurons, 1)?;
        Ok(Value { order: source.order.clone(), shared: source.shared, ..neurons })
    }
}
