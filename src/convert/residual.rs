//! Residual stream: additions, concatenated rows, tables, LayerNorm.

use super::view::{Content, Pending, Summand, Value};
use super::{Conversion, rotate};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::snn::{Embedding, LayerNorm, Op, Sum};

impl Conversion {
    /// The sum of values, each from a row on; it stays open while it has a single reader.
    pub(super) fn sum(
        &mut self,
        name: &str,
        shape: &Shape,
        parts: &[(&Value, usize)],
        readers: usize,
    ) -> Result<Value> {
        if let Some((plain, common)) = self.in_common_order(parts, shape.channels()) {
            let parts: Vec<(&Value, usize)> = plain.iter().map(|(value, _)| (value, 0)).collect();
            let value = self.sum(name, &plain[0].1, &parts, readers)?;
            return Ok(Value { order: common, ..value });
        }
        let (rows, channels) = (shape.rows(), shape.channels());
        let mut sum =
            Pending { name: name.to_owned(), rows, channels, terms: Vec::new(), constant: Vec::new() };
        for &(part, first) in parts {
            if part.relu {
                return Err(Error::input("a ReLU without a quantiser before this addition is not supported")
                    .at_node(name)
                    .fix("quantise the value before it is added"));
            }
            let scaled = part.factor != 1.0 || part.offset != 0.0;
            let part = &match &part.content {
                Content::Node(node)
                    if scaled && matches!(self.graph.node(*node).op, Op::Neuron(_) | Op::Select(_)) =>
                {
                    self.identity(name, part, channels)?
                }
                Content::Node(_)
                | Content::Constant(_)
                | Content::Sum(_)
                | Content::Pool(_)
                | Content::Combination(_) => part.clone(),
            };
            self.unscaled(name, part)?;
            match &part.content {
                Content::Constant(values) => sum.add_constant(first, values),
                Content::Sum(inner) if part.order.is_some() || inner.channels != channels => {
                    let turned = self.turned_sum(inner, part.order.as_deref(), channels);
                    let (terms, constant) = turned.ok_or_else(|| transposed(name))?;
                    sum.add_constant(first, &constant);
                    let moved = |term: Summand| Summand { first: term.first + first, ..term };
                    sum.terms.extend(terms.into_iter().map(moved));
                }
                Content::Sum(inner) => {
                    sum.add_constant(first, &inner.constant);
                    let moved = |term: &Summand| Summand { first: term.first + first, ..term.clone() };
                    sum.terms.extend(inner.terms.iter().map(moved));
                }
                Content::Pool(pooled) => return Err(super::pool::unquantised(&pooled.name)),
                Content::Node(_) | Content::Combination(_) => {
                    let (node, turned) = match self.turned(part, channels) {
                        Some(node) => (self.for_sum(node, part)?, true),
                        None => (self.term(name, part, channels)?, false),
                    };
                    sum.terms.push(Summand { turned, ..Summand::plain(node, first) });
                }
            }
        }
        if sum.terms.is_empty() {
            return Ok(Value::of(Content::Constant(sum.constant), readers));
        }
        if readers > 1 {
            return Ok(Value::plain(self.finish_sum(&sum)?, readers));
        }
        Ok(Value::of(Content::Sum(sum), readers))
    }

    /// Feature maps that all have their elements in the same other order, or in rows of other channels than the sum: the maps
    /// as they are, with their shape, and the order. Constants are put in the order of the maps.
    #[allow(clippy::type_complexity, reason = "maps, their shape, the order of all")]
    fn in_common_order(
        &self,
        parts: &[(&Value, usize)],
        channels: usize,
    ) -> Option<(Vec<(Value, Shape)>, Option<Vec<usize>>)> {
        let shape = |value: &Value| match &value.content {
            Content::Node(node) => Some(self.graph.node(*node).shape.clone()),
            Content::Sum(sum) => Some(Shape::matrix(sum.rows, sum.channels)),
            Content::Constant(_) | Content::Pool(_) | Content::Combination(_) => None,
        };
        let (order, own) = parts.iter().find_map(|(value, _)| Some((value.order.clone(), shape(value)?)))?;
        if (order.is_none() && own.channels() == channels)
            || order.as_ref().is_some_and(|order| order.len() != own.len())
            || parts.iter().any(|&(_, first)| first != 0)
        {
            return None;
        }
        let mut back: Vec<usize> = (0..own.len()).collect();
        order.iter().flatten().enumerate().for_each(|(e, &at)| back[at] = e);
        let plain = parts.iter().map(|(value, _)| {
            let mut plain = Value { order: None, ..(*value).clone() };
            match &mut plain.content {
                Content::Constant(values) if values.len() == own.len() => {
                    *values = back.iter().map(|&e| values[e]).collect();
                }
                Content::Node(_) | Content::Sum(_)
                    if value.order == order && shape(value).as_ref() == Some(&own) => {}
                Content::Node(_)
                | Content::Constant(_)
                | Content::Sum(_)
                | Content::Pool(_)
                | Content::Combination(_) => return None,
            }
            Some((plain, own.clone()))
        });
        Some((plain.collect::<Option<_>>()?, order))
    }

    /// Concatenated rows: a sum of parts in different rows.
    pub(super) fn concat(
        &mut self,
        name: &str,
        shape: &Shape,
        axis: usize,
        parts: &[(&Value, usize)],
        readers: usize,
    ) -> Result<Value> {
        let rank = shape.0.len();
        let turned = parts.iter().any(|(part, _)| rotate::is_combination(part));
        let first = !turned && self.channels_first_parts(shape, axis, parts);
        if first && axis == 1 {
            return self.concat_positions(name, shape, parts, readers);
        }
        if (axis, rank) == (0, 3) && !turned {
            return self.concat_channels(name, shape, axis, parts, readers);
        }
        let of_rows = axis + 2 == rank && shape.0[..axis].iter().all(|&n| n == 1);
        if (turned || !of_rows)
            && let Some(value) = self.put_together(shape, axis, parts)
        {
            return Ok(value);
        }
        let settled: Vec<Value> =
            parts.iter().map(|(part, _)| self.settled_sum(name, part)).collect::<Result<_>>()?;
        let parts: Vec<(&Value, usize)> =
            settled.iter().zip(parts).map(|(part, (_, at))| (part, *at)).collect();
        if axis + 1 == rank || first {
            return self.concat_channels(name, shape, axis, &parts, readers);
        }
        if !of_rows {
            return Err(Error::input(format!(
                "a concatenation along extent {axis} of {shape} is not supported"
            ))
            .at_node(name)
            .fix("concatenate rows (tokens), or channels of feature maps"));
        }
        self.sum(name, shape, &parts, readers)
    }

    /// The node through which a sum reads a value.
    fn term(&mut self, name: &str, value: &Value, channels: usize) -> Result<NodeId> {
        let (node, order) = self.rows_of(name, value, channels)?;
        if let Op::Neuron(_) = self.graph.node(node).op
            && self.graph.node(node).shape.channels() != channels
            && self.graph.node(node).shape.len().is_multiple_of(channels)
            && order.iter().copied().eq(0..channels)
        {
            // Neurons in rows of another length.
            let layer = self.identity(name, &Value::plain(node, 2), channels)?;
            return self.carrier(name, &layer);
        }
        let source = self.graph.node(node);
        let fits = source.shape.channels() == channels && order.into_iter().eq(0..channels);
        let sums = matches!(
            source.op,
            Op::Neuron(_) | Op::Linear(_) | Op::Sum(_) | Op::Embedding(_) | Op::Select(_)
        );
        match (fits, sums) {
            (true, true) => self.for_sum(node, value),
            (false, _) => Err(transposed(name)),
            (_, false) => Err(Error::input(format!(
                "the addition of {:?}, without a quantiser between them, is not supported",
                source.name
            ))
            .at_node(name)
            .fix("quantise the value before it is added")),
        }
    }

    /// The node itself; or a copy of a layer whose weights are so wide that sums want them in their own unit, if others read
    /// the layer, too.
    fn for_sum(&mut self, node: NodeId, value: &Value) -> Result<NodeId> {
        if let Op::Linear(linear) = &self.graph.node(node).op
            && value.shared
            && linear.weights.is_wide()
        {
            let (op, below) = (Op::Linear(linear.clone()), self.graph.inputs(node)[0]);
            let label = self.unused_name(format!("{}.summand", self.graph.node(node).name));
            return self.graph.add(label, op, &[below]);
        }
        Ok(node)
    }

    /// Creates the node of a sum.
    pub(super) fn finish_sum(&mut self, sum: &Pending) -> Result<NodeId> {
        let nodes: Vec<NodeId> = sum.terms.iter().map(|term| term.node).collect();
        let first = sum.terms.iter().map(|term| term.first).collect();
        let turned = (0..nodes.len()).filter(|&port| sum.terms[port].turned).collect();
        let mut factors: Vec<Vec<f64>> = sum.terms.iter().map(|term| term.factors.clone()).collect();
        if factors.iter().all(Vec::is_empty) {
            factors.clear();
        }
        let (rows, channels) = (sum.rows, sum.channels);
        let name = self.unused_name(sum.name.clone());
        self.graph.add(
            name,
            Op::Sum(Sum { rows, channels, first, constant: sum.constant.clone(), factors, turned }),
            &nodes,
        )
    }

    pub(super) fn embedding(
        &mut self,
        name: &str,
        channels: usize,
        table: &[f32],
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        self.rows_themselves(name, source)?;
        self.applied(name, source)?;
        let node = self.carrier(name, source)?;
        if !matches!(self.graph.node(node).op, Op::Input(_)) || source.order.is_some() {
            return Err(Error::input("a table that is not read by the model's input is not supported")
                .fix("index the table with the model's input itself")
                .at_node(name));
        }
        let op = Op::Embedding(Embedding { channels, table: table.to_vec() });
        Ok(Value::plain(self.graph.add(name, op, &[node])?, readers))
    }

    pub(super) fn layer_norm(
        &mut self,
        name: &str,
        norm: LayerNorm,
        shape: &Shape,
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        self.applied(name, source)?;
        // A single layer is a sum of one.
        let (sum, order) = match &source.content {
            Content::Sum(_) => (self.carrier(name, source)?, source.order.clone()),
            Content::Node(node)
                if matches!(self.graph.node(*node).op, Op::Sum(_)) && source.order.is_none() =>
            {
                (*node, None)
            }
            Content::Node(_) | Content::Constant(_) | Content::Pool(_) | Content::Combination(_) => {
                let label = format!("{name}.sum");
                let source = &self.in_whole_rows(&label, source, shape.channels())?;
                let value = self.sum(&label, shape, &[(source, 0)], 2)?;
                (self.carrier(name, &value)?, value.order)
            }
        };
        let channels = self.graph.node(sum).shape.channels();
        if channels != shape.channels() || !order.as_ref().is_none_or(|order| moves_rows(order, channels)) {
            return Err(transposed(name));
        }
        if source.relu {
            return Err(Error::input("a ReLU before LayerNorm, without a quantiser, is not supported")
                .fix("train with an activation quantiser after the ReLU")
                .at_node(name));
        }
        Ok(Value { order, ..Value::plain(self.graph.add(name, Op::LayerNorm(norm), &[sum])?, readers) })
    }

    /// A value of neurons in rows of `channels`: neurons that pass it on, if its order takes rows apart.
    fn in_whole_rows(&mut self, name: &str, source: &Value, channels: usize) -> Result<Value> {
        let (Content::Node(node), Some(order)) = (&source.content, &source.order) else {
            return Ok(source.clone());
        };
        let node = *node;
        if self.graph.node(node).shape.channels() == channels && moves_rows(order, channels) {
            return Ok(source.clone());
        }
        Ok(match self.in_rows(name, node, source, channels)? {
            Some(neurons) => Value { content: Content::Node(neurons), order: None, ..source.clone() },
            None => source.clone(),
        })
    }
}

/// Whether an order takes rows of so many channels as they are, wherever they are.
fn moves_rows(order: &[usize], channels: usize) -> bool {
    let whole = |row: &[usize]| row.iter().enumerate().all(|(c, &e)| e == row[0] + c);
    order.len().is_multiple_of(channels)
        && order.chunks(channels).all(|row| row[0].is_multiple_of(channels) && whole(row))
}

/// The refusal of a term in another order than the sum.
fn transposed(name: &str) -> Error {
    Error::input("a transposition before this addition cannot be removed").at_node(name).fix(
        "add values in the order in which their layers write them, or quantise the value that is transposed",
    )
}

impl Pending {
    /// Adds constants from a row on.
    fn add_constant(&mut self, first: usize, values: &[f64]) {
        if values.is_empty() {
            return;
        }
        self.constant.resize(self.rows * self.channels, 0.0);
        self.constant[first * self.channels..].iter_mut().zip(values).for_each(|(x, v)| *x += v);
    }
}
