//! A number for each channel behind a ReLU, and another one that is added: `a·max(x, 0) + b`. That is `a·x + b`, but not below
//! `b` if `a` is positive, and not above it if `a` is negative. The layer takes `a` and `b`, a quantiser behind takes the bound.

use super::view::{Content, Value};
use super::{Conversion, clip};
use crate::error::Result;
use crate::graph::Shape;
use crate::quant::{Quantiser, per_channel};
use crate::snn::Op;

impl Conversion {
    /// The line behind a ReLU, of a value that nothing but quantisers reads; `None` if it is no layer with a ReLU.
    pub(super) fn bounded_line(
        &mut self,
        name: &str,
        (factor, offset): (&[f64], &[f64]),
        source: &Value,
        shape: &Shape,
    ) -> Result<Option<Value>> {
        let Content::Node(node) = source.content else { return Ok(None) };
        let plain = source.relu
            && source.function.is_none()
            && !source.is_masked()
            && source.averaged == 1
            && (source.factor, source.offset) == (1.0, 0.0)
            && source.bounds.is_none();
        if !plain || !matches!(self.graph.node(node).op, Op::Linear(_)) {
            return Ok(None);
        }
        let below = Value { relu: false, ..source.clone() };
        let Some(merged) = self.merged(name, factor, offset, node, &below, shape)? else { return Ok(None) };
        let bound = |c: usize| match (per_channel(factor, c), per_channel(offset, c)) {
            (a, b) if a > 0.0 => (b, f64::INFINITY),
            (a, b) if a < 0.0 => (f64::NEG_INFINITY, b),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let bounds = (0..shape.channels()).map(bound).collect();
        Ok(Some(Value { bounds: Some(bounds), ..merged }))
    }
}

/// The quantiser of a value between two bounds, those of its channels, as one of the value without them: `Q` never falls.
pub(super) fn within(quantiser: &Quantiser, bounds: &[(f64, f64)]) -> Quantiser {
    let level = |c: usize, x: f64| {
        let levels = (per_channel(&quantiser.low, c), per_channel(&quantiser.high, c));
        clip::level(quantiser.rounding, per_channel(&quantiser.scale, c), levels, x)
    };
    Quantiser {
        low: bounds.iter().enumerate().map(|(c, &(low, _))| level(c, low)).collect(),
        high: bounds.iter().enumerate().map(|(c, &(_, high))| level(c, high)).collect(),
        ..quantiser.clone()
    }
}
