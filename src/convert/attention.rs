//! Attention: products of two layers of neurons, head by head, and the softmax between them.

use super::Conversion;
use super::view::{Content, Value};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
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
        let right_nodes = self.graph.node(b).shape.clone();
        // Elements of the operands for head h, and indices (row, inner) and (inner, column).
        let scores = heads * inner == right_nodes.channels()
            && is(left, heads, rows, inner, |h, i, d| i * heads * inner + h * inner + d)
            && is(right, heads, inner, columns, |h, d, j| j * heads * inner + h * inner + d);
        let mix = heads * columns == right_nodes.channels()
            && is(left, heads, rows, inner, |h, i, j| i * heads * inner + h * inner + j)
            && is(right, heads, inner, columns, |h, j, d| j * heads * columns + h * columns + d);
        // A single row or channel can be both.
        let below = self.graph.inputs(a);
        let of_softmax = below.iter().any(|&i| matches!(self.graph.node(i).op, Op::Softmax(_)));
        let form = match (scores, mix) {
            (true, true) if of_softmax => Form::Mix,
            (true, _) => Form::Scores,
            (_, true) => Form::Mix,
            _ => return Err(unsupported()),
        };
        let product = self.graph.add(name, Op::Product(Product { form, heads }), &[a, b])?;
        let mut value = Value::plain(product, readers);
        value.factor = left.factor * right.factor;
        value.order = Some(side_by_side(heads, rows, columns));
        Ok(value)
    }

    /// The layer of neurons that carries a value.
    fn neurons_of(&mut self, name: &str, value: &Value) -> Result<NodeId> {
        self.rows_themselves(name, value)?;
        self.applied(name, value)?;
        let node = self.carrier(name, value)?;
        match (&self.graph.node(node).op, value.relu, value.mask) {
            (Op::Neuron(_), false, None) => Ok(node),
            _ => Err(Error::input("an operand of this product is not quantised, so spikes cannot carry it")
                .at_node(name)
                .fix("train with activation quantisers on both operands of every product")),
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
        let Content::Node(product) = source.content else { return Err(unsupported("a sum")) };
        let node = self.graph.node(product);
        let Op::Product(Product { form: Form::Scores, heads }) = node.op else {
            return Err(unsupported("something else than scores"));
        };
        let (rows, tokens) = (node.shape.rows(), node.shape.channels() / heads);
        let expected = side_by_side(heads, rows, tokens);
        let in_order = match &source.order {
            None => expected.into_iter().eq(0..heads * rows * tokens),
            Some(order) => *order == expected,
        };
        if !in_order || source.relu || shape.channels() != tokens {
            return Err(unsupported("rearranged scores"));
        }
        let padding = source.mask.map(|(_, padding)| padding);
        let op = Op::Softmax(Softmax { groups: heads, factor: source.factor, padding });
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

/// Whether a value of extents `[heads, m, n]` has the layout `element` in its node.
fn is(
    value: &Value,
    heads: usize,
    m: usize,
    n: usize,
    element: impl Fn(usize, usize, usize) -> usize,
) -> bool {
    let mut elements = 0..heads * m * n;
    match &value.order {
        None => elements.all(|e| element(e / (m * n), e / n % m, e % n) == e),
        Some(order) => {
            order.len() == heads * m * n
                && elements.all(|e| element(e / (m * n), e / n % m, e % n) == order[e])
        }
    }
}
