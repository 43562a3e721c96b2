//! Attention: products of two layers of neurons, head by head, and the softmax between them.

use super::Conversion;
use super::channels::read_as;
use super::view::{Content, Value};
use crate::error::{Error, Result};
use crate::graph::{Band, NodeId, Shape};
use crate::snn::{Form, Op, Product, Softmax};

impl Conversion {
    /// A matrix product of two layers of neurons: `Q·Kᵀ` or `P·V`, distinguished by the order of their elements.
    pub(super) fn product(
        &mut self,
        name: &str,
        (left, right): (&Value, &Value),
        (left_shape, right_shape): (&Shape, &Shape),
        readers: usize,
    ) -> Result<Value> {
        let unsupported = || {
            Error::input(
                "a product of two computed values that is not of the form Q·Kᵀ or P·V is not supported",
            )
            .at_node(name)
            .fix("heads must be extents of their own, and both operands quantised")
        };
        let (a, b) = (self.neurons_of(name, left)?, self.neurons_of(name, right)?);
        let &[.., inner, columns] = &right_shape.0[..] else { return Err(unsupported()) };
        let heads = right_shape.len() / (inner * columns);
        let rows = left_shape.len() / (heads * inner);
        let (of_a, of_b) = (self.graph.node(a).shape.channels(), self.graph.node(b).shape.channels());
        let (wide, narrow) = (heads * inner, heads * columns);
        // Queries and probabilities have the heads side by side, and so have keys and values.
        let queries = || read_as(left, of_a, [heads, rows, inner], wide, |h, i, d| (i, h * inner + d));
        let scores =
            read_as(right, of_b, [heads, inner, columns], wide, |h, d, j| (j, h * inner + d)).zip(queries());
        let mix = read_as(right, of_b, [heads, inner, columns], narrow, |h, j, d| (j, h * columns + d))
            .zip(queries());
        // A single row or channel can be both.
        let below = self.graph.inputs(a);
        let of_softmax = below.iter().any(|&i| matches!(self.graph.node(i).op, Op::Softmax(_)));
        let (form, a, b) = match (scores, mix) {
            (Some(_), Some((keys, queries))) if of_softmax => {
                (Form::Mix, self.with_channels(name, a, queries)?, self.with_channels(name, b, keys)?)
            }
            (Some((keys, queries)), _) => {
                (Form::Scores, self.with_channels(name, a, queries)?, self.with_channels(name, b, keys)?)
            }
            (_, Some((keys, queries))) => {
                (Form::Mix, self.with_channels(name, a, queries)?, self.with_channels(name, b, keys)?)
            }
            (None, None) => {
                let (form, order, channels) =
                    if of_softmax { (Form::Mix, [1, 0, 2], narrow) } else { (Form::Scores, [2, 0, 1], wide) };
                let a = self.heads_beside(name, a, left, [heads, rows, inner], [1, 0, 2], wide)?;
                let b = self.heads_beside(name, b, right, [heads, inner, columns], order, channels)?;
                (form, a.ok_or_else(unsupported)?, b.ok_or_else(unsupported)?)
            }
        };
        let product = self.graph.add(name, Op::Product(Product { form, heads }), &[a, b])?;
        let mut value = Value::plain(product, readers);
        value.factor = left.factor * right.factor;
        value.order = Some(side_by_side(heads, rows, columns));
        Ok(value)
    }

    /// Neurons that have the heads of an operand of these extents side by side, in rows of `channels`, if it has them in
    /// another order. `None` if they would be too many.
    fn heads_beside(
        &mut self,
        name: &str,
        node: NodeId,
        value: &Value,
        extents: [usize; 3],
        order: [usize; 3],
        channels: usize,
    ) -> Result<Option<NodeId>> {
        let own = self.graph.node(node).shape.clone();
        let elements: usize = extents.iter().product();
        if value.order.as_ref().map_or(own.len(), Vec::len) != elements {
            return Ok(None);
        }
        let value = Value { factor: 1.0, ..value.clone() }.transposed(&extents, &order).settled(own.len());
        if value.order.is_none() && own.channels() == channels {
            return Ok(Some(node));
        }
        let order = value.order.clone().or_else(|| Some((0..elements).collect()));
        self.in_rows(name, node, &Value { order, ..value }, channels)
    }

    /// The layer of neurons that carries a value.
    pub(super) fn neurons_of(&mut self, name: &str, value: &Value) -> Result<NodeId> {
        self.rows_themselves(name, value)?;
        self.applied(name, value)?;
        let node = self.carrier(name, value)?;
        match (&self.graph.node(node).op, value.relu || value.offset != 0.0, value.is_masked()) {
            (Op::Neuron(_), false, false) => Ok(node),
            _ => Err(Error::input(format!("an operand of this product is not quantised, so spikes cannot carry it: {}", self.described(node)))
                .at_node(name)
                .fix("train with activation quantisers on both operands of every product, or insert quantisers: --insert-quantisers 8 --calibrate SAMPLES.npy")),
        }
    }

    pub(super) fn mask(
        &mut self,
        name: &str,
        scores: &Value,
        ids: &Value,
        padding: i32,
        readers: usize,
    ) -> Result<Value> {
        let input = self.carrier(name, ids)?;
        self.rows_themselves(name, ids)?;
        self.applied(name, ids)?;
        let other = scores.mask.is_some_and(|mask| mask != (input, padding));
        if !matches!(self.graph.node(input).op, Op::Input(_)) || ids.order.is_some() {
            return Err(Error::input("a mask that is not made of the model's input is not supported")
                .fix("derive the mask from the token ids inside the model")
                .at_node(name));
        }
        if other {
            return Err(Error::input("two masks on the same scores are not supported")
                .fix("mask padding once, by one token")
                .at_node(name));
        }
        Ok(Value { mask: Some((input, padding)), ..scores.clone().also_read_by(readers) })
    }

    /// A mask by position of scores.
    pub(super) fn band(&mut self, name: &str, band: Band, scores: &Value, readers: usize) -> Result<Value> {
        self.rows_themselves(name, scores)?;
        self.applied(name, scores)?;
        let both = scores.band.and(band).ok_or_else(|| {
            Error::input(format!(
                "two masks by position of the same scores ({}; {band}) are not supported",
                scores.band
            ))
            .at_node(name)
            .fix("mask by position once")
        })?;
        Ok(Value { band: both, ..scores.clone().also_read_by(readers) })
    }

    pub(super) fn softmax(
        &mut self,
        name: &str,
        source: &Value,
        shape: &Shape,
        readers: usize,
    ) -> Result<Value> {
        let unsupported = |what: &str| {
            Error::input(format!("a softmax of {what} is not supported"))
                .at_node(name)
                .fix("the softmax of attention reads Q·Kᵀ, scaled and masked")
        };
        self.applied(name, source)?;
        let Content::Node(mut product) = source.content else {
            return Err(unsupported("a sum").fix(
                "quantise the scores after what is added to them (relative positions), and before the softmax: ONNX Runtime does so \
                 if Add is among the operators that it quantises",
            ));
        };
        let (heads, rows, tokens) = match (&self.graph.node(product).op, &shape.0[..]) {
            (Op::Product(Product { form: Form::Scores, heads }), _) => {
                let shape = &self.graph.node(product).shape;
                (*heads, shape.rows(), shape.channels() / heads)
            }
            // Quantised scores: the heads are extents of their own.
            (Op::Neuron(_), &[.., rows, tokens]) if rows * tokens > 0 => {
                (shape.len() / (rows * tokens), rows, tokens)
            }
            _ => return Err(unsupported("something else than scores")),
        };
        if let Op::Neuron(_) = self.graph.node(product).op {
            self.notes.push((name.to_owned(), "reads quantised scores through an identity layer".into()));
            let all = Value {
                order: None,
                factor: 1.0,
                offset: 0.0,
                mask: None,
                band: Band::ALL,
                ..source.clone()
            };
            let layer = self.identity(name, &all, self.graph.node(product).shape.channels())?;
            product = self.carrier(name, &layer)?;
        }
        // Sums of scores may have each head in a row of its own.
        let own = &self.graph.node(product).shape;
        let apart = own.channels() == tokens && heads > 1;
        if own.len() != heads * rows * tokens || own.channels() != heads * tokens && !apart {
            return Err(unsupported("rearranged scores"));
        }
        if apart && source.is_masked() {
            return Err(unsupported("masked scores that have each head in a row of its own"));
        }
        let (groups, expected) = match apart {
            true => (1, (0..own.len()).collect()),
            false => (heads, side_by_side(heads, rows, tokens)),
        };
        let in_order = match &source.order {
            None => expected.into_iter().eq(0..heads * rows * tokens),
            Some(order) => *order == expected,
        };
        if !in_order || source.relu || shape.channels() != tokens {
            return Err(unsupported("rearranged scores"));
        }
        let padding = source.mask.map(|(_, padding)| padding);
        let op = Op::Softmax(Softmax { groups, factor: source.factor, padding, band: source.band });
        let inputs: Vec<NodeId> = [product].into_iter().chain(source.mask.map(|(input, _)| input)).collect();
        let mut value = Value::plain(self.graph.add(name, op, &inputs)?, readers);
        value.order.clone_from(&source.order);
        Ok(value)
    }
}

/// Elements of `[heads, rows, columns]` in a layer that has the heads side by side: `[rows, heads·columns]`.
fn side_by_side(heads: usize, rows: usize, columns: usize) -> Vec<usize> {
    let index = |h: usize, i: usize, j: usize| i * heads * columns + h * columns + j;
    (0..heads).flat_map(|h| (0..rows).flat_map(move |i| (0..columns).map(move |j| index(h, i, j)))).collect()
}
