//! A sum times one number for each channel, plus another one: its terms times the number. Layers take it into their scales,
//! other terms as factors of the sum.

use super::Conversion;
use super::view::{Content, Pending, Summand, Value};
use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::quant::per_channel;
use crate::snn::Op;

/// Maximum number of sums within sums.
const DEEPEST: usize = 64;

impl Conversion {
    /// `factor·x + offset` of a sum, each one number or one for each channel; `None` if the value is no sum of rows of these
    /// channels, or tokens are mixed into it.
    pub(super) fn scaled_sum(
        &mut self,
        name: &str,
        factor: &[f64],
        offset: &[f64],
        source: &Value,
    ) -> Result<Option<Pending>> {
        let open = match &source.content {
            Content::Sum(sum) => sum.clone(),
            Content::Node(node) if matches!(self.graph.node(*node).op, Op::Sum(_)) => self.pending(*node),
            Content::Node(_) | Content::Constant(_) | Content::Pool(_) | Content::Combination(_) => {
                return Ok(None);
            }
        };
        let fits = [factor, offset].iter().all(|list| [1, open.channels].contains(&list.len()));
        if source.order.is_some() || !fits {
            return Ok(None);
        }
        let mut scaled = Pending {
            name: name.to_owned(),
            rows: open.rows,
            channels: open.channels,
            terms: Vec::new(),
            constant: (0..open.rows * open.channels)
                .map(|e| per_channel(offset, e % open.channels))
                .collect(),
        };
        let done = self.add_scaled(name, factor, &open, 0, &mut scaled, DEEPEST)?;
        Ok(done.then_some(scaled))
    }

    /// Adds the terms of a sum times the factors, from a row on. Whether all of them could be.
    fn add_scaled(
        &mut self,
        name: &str,
        factor: &[f64],
        open: &Pending,
        first: usize,
        to: &mut Pending,
        depth: usize,
    ) -> Result<bool> {
        let channels = open.channels;
        for (e, value) in open.constant.iter().enumerate() {
            to.constant[first * channels + e] += value * per_channel(factor, e % channels);
        }
        for term in &open.terms {
            if term.turned {
                return Ok(false);
            }
            let own = Summand { first: term.first + first, ..term.clone() };
            match &self.graph.node(term.node).op {
                Op::Linear(_) if term.factors.is_empty() => {
                    let node = self.scaled_layer(name, factor, term.node)?;
                    to.terms.push(Summand { node, ..own });
                }
                Op::Sum(_) if term.factors.is_empty() && depth > 0 => {
                    let inner = self.pending(term.node);
                    if !self.add_scaled(name, factor, &inner, own.first, to, depth - 1)? {
                        return Ok(false);
                    }
                }
                Op::Linear(_) | Op::Neuron(_) | Op::Select(_) | Op::Embedding(_) => {
                    let len = self.graph.node(term.node).shape.len();
                    let each = |e: usize| {
                        term.factors.get(e).copied().unwrap_or(1.0) * per_channel(factor, e % channels)
                    };
                    to.terms.push(Summand { factors: (0..len).map(each).collect(), ..own });
                }
                Op::Input(_)
                | Op::Lif(_)
                | Op::Arrange(_)
                | Op::Sum(_)
                | Op::LayerNorm(_)
                | Op::Product(_)
                | Op::Softmax(_)
                | Op::Function(_)
                | Op::MaxPool(_)
                | Op::Readout => return Ok(false),
            }
        }
        Ok(true)
    }

    /// A copy of a layer whose outputs are multiplied.
    fn scaled_layer(&mut self, name: &str, factor: &[f64], node: NodeId) -> Result<NodeId> {
        let Op::Linear(linear) = &self.graph.node(node).op else { return Ok(node) };
        let mut linear = linear.clone();
        linear.weights.scaled(factor).map_err(|problem| Error::input(problem).at_node(name))?;
        linear.bias.iter_mut().enumerate().for_each(|(o, bias)| *bias *= per_channel(factor, o));
        let below = self.graph.inputs(node)[0];
        let label = self.unused_name(format!("{}.scaled", self.graph.node(node).name));
        self.graph.add(label, Op::Linear(linear), &[below])
    }

    /// An open sum that several operators read, as a node.
    pub(super) fn settled_open(&mut self, value: &Value, readers: usize) -> Result<Value> {
        match &value.content {
            Content::Sum(sum) => Ok(Value::plain(self.finish_sum(&sum.clone())?, readers)),
            Content::Node(_) | Content::Constant(_) | Content::Pool(_) | Content::Combination(_) => {
                Ok(value.clone().also_read_by(readers))
            }
        }
    }
}
