//! The mean of rows. It is stored until a layer reads it as one wide row, with its weights repeated for each row and
//! the sums divided by the number of rows. This is exact: the division is part of the layer's real scale.

use super::Conversion;
use super::linear::no_quantiser;
use super::view::{Content, Value};
use crate::error::{Error, Result};
use crate::graph::{Shape, Window};
use crate::quant::Weights;
use crate::snn::{Linear, Op};

/// Maximum number of weights of a mean whose channels see each other; beyond it each channel has weights of its own.
const MOST_DENSE: usize = 1 << 20;
/// Maximum number of weights of a layer after they were repeated for each row.
const MOST_WEIGHTS: usize = 1 << 26;

impl Conversion {
    /// The mean of the rows of a value of this shape.
    pub(super) fn mean(
        &mut self,
        name: &str,
        source: &Value,
        shape: &Shape,
        readers: usize,
    ) -> Result<Value> {
        let source = self.rectified(name, source)?;
        self.unscaled(name, &source)?;
        let rows = shape.0.get(shape.0.len().wrapping_sub(2)).copied().unwrap_or(1);
        if shape.rows() != rows {
            let problem = format!("the mean over one of several extents of rows of {shape} is not supported");
            return Err(Error::input(problem).at_node(name).fix("average over all tokens"));
        }
        let carried = match &source.content {
            Content::Node(node) => &self.graph.node(*node).op,
            Content::Pool(pooled) => return Err(super::pool::unquantised(&pooled.name)),
            Content::Sum(_) | Content::Constant(_) => return Err(no_quantiser("the sum before it", name)),
        };
        if !matches!(carried, Op::Neuron(_) | Op::Input(_) | Op::Select(_) | Op::Arrange(_)) {
            return Err(no_quantiser("the operator before it", name));
        }
        Ok(Value { averaged: rows, ..source }.also_read_by(readers))
    }

    /// Fails if a value is a mean of rows.
    pub(super) fn rows_themselves(&self, name: &str, value: &Value) -> Result<()> {
        if value.averaged == 1 {
            return Ok(());
        }
        Err(Error::input("a mean of tokens that neither a layer nor a quantiser reads is not supported")
            .at_node(name)
            .fix("quantise the mean, or let a linear layer read it"))
    }

    /// A layer that reads a mean of rows.
    pub(super) fn linear_of_mean(
        &mut self,
        name: &str,
        weights: &Weights,
        bias: &[f64],
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        if source.relu {
            return Err(no_quantiser("the ReLU before it", name));
        }
        let rows = source.averaged;
        let (inputs, outputs) = (weights.inputs, weights.outputs);
        let (node, order) = self.rows_of(name, &Value { averaged: 1, ..source.clone() }, inputs)?;
        let divisor = u32::try_from(rows).ok();
        let fits = inputs.saturating_mul(rows).saturating_mul(outputs) <= MOST_WEIGHTS;
        let Some(divisor) = divisor.filter(|_| fits && self.graph.node(node).shape.len() == rows * inputs)
        else {
            let problem = format!("a mean of {rows} tokens of {inputs} channels is too large for this layer");
            return Err(Error::input(problem)
                .at_node(name)
                .fix("pool before the channels are widened, or quantise the mean"));
        };
        let mut levels = vec![0; outputs * rows * inputs];
        for o in 0..outputs {
            for row in 0..rows {
                for (i, &from) in order.iter().enumerate() {
                    levels[(o * rows + row) * inputs + from] = weights.level(o, i);
                }
            }
        }
        let weights = Weights { inputs: rows * inputs, outputs, levels, scale: weights.scale.clone() };
        let op = Op::Linear(Linear { divisor, ..Linear::plain(weights, bias.to_vec()) });
        Ok(Value::plain(self.graph.add(name, op, &[node])?, readers))
    }

    /// A mean of rows as a separate layer, for the quantiser that reads it.
    pub(super) fn averaged(&mut self, name: &str, source: &Value) -> Result<Value> {
        let node = self.carrier(name, source)?;
        let rows = source.averaged;
        let channels = source.order.as_ref().map_or(self.graph.node(node).shape.len(), Vec::len) / rows;
        if rows.saturating_mul(channels).saturating_mul(channels) > MOST_DENSE {
            let window = Window { kernel: [1, rows], ..Window::pixel(rows, channels, 1) };
            window.check().map_err(|problem| Error::input(problem).at_node(name))?;
            let label = self.unused_name(format!("{name}.mean"));
            let plain = Value { relu: false, averaged: 1, ..source.clone() };
            let layer = self.average_pool(&label, &window, &plain, 1)?;
            return Ok(Value { relu: source.relu, ..layer });
        }
        let mut levels = vec![0; channels * channels];
        levels.iter_mut().step_by(channels + 1).for_each(|w| *w = 1);
        let weights = Weights { inputs: channels, outputs: channels, levels, scale: vec![1.0] };
        let label = self.unused_name(format!("{name}.mean"));
        let plain = Value { relu: false, ..source.clone() };
        let layer = self.linear_of_mean(&label, &weights, &[], &plain, 1)?;
        Ok(Value { relu: source.relu, ..layer })
    }
}
