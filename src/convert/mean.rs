//! The mean of rows. It is stored until a layer reads it as one wide row, with its weights repeated for each row and
//! the sums divided by the number of rows. This is exact: the division is part of the layer's real scale.

use super::Conversion;
use super::unquantised::no_quantiser;
use super::view::{Content, Pending, Summand, Value};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape, Window};
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
            Content::Node(node)
                if matches!(self.graph.node(*node).op, Op::Sum(_)) && source.order.is_none() =>
            {
                return self.mean_of_sum(name, &self.pending(*node), readers);
            }
            Content::Node(node) => &self.graph.node(*node).op,
            Content::Pool(pooled) => return Err(super::pool::unquantised(&pooled.name)),
            Content::Sum(sum) => return self.mean_of_sum(name, &sum.clone(), readers),
            Content::Constant(_) => return Err(no_quantiser("the constant before it", name)),
            Content::Combination(_) => return Err(no_quantiser("the rotation before it", name)),
        };
        if !matches!(carried, Op::Neuron(_) | Op::Input(_) | Op::Select(_) | Op::Arrange(_)) {
            return Err(no_quantiser("the operator before it", name));
        }
        Ok(Value { averaged: rows, ..source }.also_read_by(readers))
    }

    /// A sum that has its node already, as one that is still open.
    pub(super) fn pending(&self, node: NodeId) -> Pending {
        let Op::Sum(sum) = &self.graph.node(node).op else { return Pending::default() };
        let inputs = self.graph.inputs(node).into_iter().zip(&sum.first).enumerate();
        let terms = inputs
            .map(|(port, (node, &first))| Summand {
                node,
                first,
                turned: sum.turned.contains(&port),
                factors: sum.factors.get(port).cloned().unwrap_or_default(),
            })
            .collect();
        let name = self.graph.node(node).name.clone();
        Pending { name, rows: sum.rows, channels: sum.channels, terms, constant: sum.constant.clone() }
    }

    /// The mean of the rows of a sum: the sum of its terms' means. Layers of weights read the mean of what they read.
    fn mean_of_sum(&mut self, name: &str, sum: &Pending, readers: usize) -> Result<Value> {
        let (rows, channels) = (sum.rows, sum.channels);
        let wide = u32::try_from(rows).map_err(|_| Error::input("a mean of too many rows").at_node(name))?;
        #[expect(clippy::cast_precision_loss)]
        let count = rows as f64;
        let mut mean = Pending { name: name.to_owned(), rows: 1, channels, ..Pending::default() };
        if !sum.constant.is_empty() {
            let of = |c: usize| sum.constant.iter().skip(c).step_by(channels).sum::<f64>() / count;
            mean.constant = (0..channels).map(of).collect();
        }
        for term in &sum.terms {
            let node = term.node;
            if term.turned || !term.factors.is_empty() {
                return Err(no_quantiser("the sum before it", name));
            }
            let term = self.graph.node(node);
            let own = term.shape.rows();
            let (layer, below) = match &term.op {
                Op::Linear(linear) => (linear.clone(), self.graph.inputs(node)[0]),
                Op::Neuron(_) | Op::Select(_) => {
                    let mut levels = vec![0; channels * channels];
                    levels.iter_mut().step_by(channels + 1).for_each(|w| *w = 1);
                    let weights = Weights { inputs: channels, outputs: channels, levels, scale: vec![1.0] };
                    (Linear::plain(weights, Vec::new()), node)
                }
                Op::Sum(_) => {
                    let inner = self.pending(node);
                    let value = self.mean_of_sum(name, &inner, 1)?;
                    // The mean of fewer rows, in this sum's share.
                    if inner.rows != rows {
                        return Err(no_quantiser("the sum before it", name));
                    }
                    if let Content::Sum(inner) = value.content {
                        mean.terms.extend(inner.terms);
                        mean.constant.resize(channels, 0.0);
                        mean.constant.iter_mut().zip(&inner.constant).for_each(|(x, v)| *x += v);
                    }
                    continue;
                }
                Op::Input(_)
                | Op::Lif(_)
                | Op::MaxPool(_)
                | Op::Arrange(_)
                | Op::Embedding(_)
                | Op::LayerNorm(_)
                | Op::Product(_)
                | Op::Softmax(_)
                | Op::Function(_)
                | Op::Readout => {
                    return Err(Error::input(
                        "a mean of a sum with something else than layers and neurons in it is not supported",
                    )
                    .at_node(name)
                    .fix("quantise the sum before the mean is taken"));
                }
            };
            let w = &layer.weights;
            if layer.divisor != 1
                || layer.window.is_some()
                || w.levels.len().saturating_mul(own) > MOST_WEIGHTS
            {
                return Err(no_quantiser("the sum before it", name));
            }
            let levels = w.levels.chunks(w.inputs).flat_map(|row| row.repeat(own)).collect();
            let weights =
                Weights { inputs: w.inputs * own, outputs: w.outputs, levels, scale: w.scale.clone() };
            #[expect(clippy::cast_precision_loss)]
            let share = own as f64 / count;
            let bias = layer.bias.iter().map(|b| b * share).collect();
            let label = self.unused_name(format!("{}.mean", self.graph.node(node).name));
            let op = Op::Linear(Linear { divisor: wide, ..Linear::plain(weights, bias) });
            let node = self.graph.add(label, op, &[below])?;
            mean.terms.push(Summand::plain(node, 0));
        }
        if readers > 1 {
            return Ok(Value::plain(self.finish_sum(&mean)?, readers));
        }
        Ok(Value::of(Content::Sum(mean), readers))
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
