//! Counterpart of a QANN value: a node of the spiking network, read in some order; or a constant, or an open sum.

use crate::graph::{Band, NodeId, Window, transposed_index};
use crate::quant::Function;

/// A value of the QANN in terms of the spiking network.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// The carrier of the value.
    pub content: Content,
    /// Element `e` of the value is element `order[e]` of the node; `None` for the same order.
    pub order: Option<Vec<usize>>,
    /// Whether a ReLU was applied.
    pub relu: bool,
    /// The function applied to every element, including a ReLU before it.
    pub function: Option<Function>,
    /// The factor of every element, after a ReLU.
    pub factor: f64,
    /// What is added to every element then.
    pub offset: f64,
    /// The least and the largest number that elements of each channel are, of a value that only quantisers read.
    pub bounds: Option<Vec<(f64, f64)>>,
    /// Raw input and the element whose positions are masked.
    pub mask: Option<(NodeId, i32)>,
    /// The keys that a query sees.
    pub band: Band,
    /// The value is the mean of this many rows of its carrier; 1 for the rows themselves.
    pub averaged: usize,
    /// Whether several operators read it.
    pub shared: bool,
}

/// Carrier of a value.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A node.
    Node(NodeId),
    /// Constants, row-major.
    Constant(Vec<f64>),
    /// Rows of terms and constants with one reader, which may add to them.
    Sum(Pending),
    /// A pool of a value that is not quantised yet.
    Pool(Box<Pooled>),
    /// Elements of nodes times constants of their own, added up. It has no order of its own.
    Combination(Vec<Part>),
}

/// A term of a combination: element `e` is `factors[e]` times element `order[e]` of the node.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub node: NodeId,
    pub order: Vec<usize>,
    pub factors: Vec<f64>,
}

/// A pool of a value that is not quantised yet.
#[derive(Clone, Debug)]
pub(super) struct Pooled {
    pub name: String,
    pub window: Window,
    pub source: Value,
}

/// A node of an open sum.
#[derive(Clone, Debug)]
pub(super) struct Summand {
    pub node: NodeId,
    /// The row to which its first row is added.
    pub first: usize,
    /// Its columns are rows of the sum.
    pub turned: bool,
    /// A factor of each of its elements; empty for 1.
    pub factors: Vec<f64>,
}

impl Summand {
    /// As it is, from a row on.
    pub fn plain(node: NodeId, first: usize) -> Self {
        Self { node, first, turned: false, factors: Vec::new() }
    }
}

/// An open sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    /// Name of the operator that began it.
    pub name: String,
    pub rows: usize,
    pub channels: usize,
    /// What is added.
    pub terms: Vec<Summand>,
    /// Row-major.
    pub constant: Vec<f64>,
}

impl Value {
    pub fn plain(node: NodeId, readers: usize) -> Self {
        Self::of(Content::Node(node), readers)
    }

    pub fn of(content: Content, readers: usize) -> Self {
        Self {
            content,
            order: None,
            relu: false,
            function: None,
            factor: 1.0,
            offset: 0.0,
            bounds: None,
            mask: None,
            band: Band::ALL,
            averaged: 1,
            shared: readers > 1,
        }
    }

    /// Whether a mask hides some of the elements.
    pub fn is_masked(&self) -> bool {
        self.mask.is_some() || self.band != Band::ALL
    }

    pub fn also_read_by(mut self, readers: usize) -> Self {
        self.shared |= readers > 1;
        self
    }

    /// The same value with the extents of `extents` in another order.
    pub fn transposed(self, extents: &[usize], order: &[usize]) -> Self {
        let index = transposed_index(extents, order);
        self.picked(&index)
    }

    /// `count` indices from `first` on along one of the extents.
    pub fn sliced(self, extents: &[usize], axis: usize, first: usize, count: usize) -> Self {
        let inner: usize = extents[axis + 1..].iter().product();
        let block = extents[axis] * inner;
        let all: usize = extents.iter().product();
        let index: Vec<usize> =
            (0..all).filter(|e| (first * inner..(first + count) * inner).contains(&(e % block))).collect();
        self.picked(&index)
    }

    /// The elements with these indices.
    pub fn picked(mut self, index: &[usize]) -> Self {
        match (&mut self.content, &self.order) {
            (Content::Constant(values), _) => *values = index.iter().map(|&e| values[e]).collect(),
            (Content::Combination(parts), _) => {
                for part in parts {
                    part.order = index.iter().map(|&e| part.order[e]).collect();
                    part.factors = index.iter().map(|&e| part.factors[e]).collect();
                }
            }
            (_, None) => self.order = Some(index.to_vec()),
            (_, Some(before)) => self.order = Some(index.iter().map(|&e| before[e]).collect()),
        }
        self
    }

    /// Drops an order that is the identity in a node of `len` elements.
    pub fn settled(mut self, len: usize) -> Self {
        if self.order.as_ref().is_some_and(|order| order.iter().copied().eq(0..len)) {
            self.order = None;
        }
        self
    }

    /// The order as one of the channels of a row of `channels` elements, the same in every row: output channel → node
    /// channel. `None` if the order moves data between rows, or differs from row to row.
    pub fn channel_order(&self, channels: usize) -> Option<Vec<usize>> {
        let Some(order) = &self.order else { return Some((0..channels).collect()) };
        let first: Vec<usize> = order.iter().take(channels).copied().collect();
        let same_in_each_row =
            order.iter().enumerate().all(|(e, &i)| i == e / channels * channels + first[e % channels]);
        (same_in_each_row && first.iter().all(|&i| i < channels)).then_some(first)
    }

    /// The order as some channels of each of `rows` rows of `from`: those of a row of `to`. `None` if it differs from row to row.
    pub fn part_of_rows(&self, rows: usize, from: usize, to: usize) -> Option<Vec<usize>> {
        let order = self.order.as_ref()?;
        let list: Vec<usize> = order.iter().take(to).copied().collect();
        let alike = |(e, &i): (usize, &usize)| i == e / to * from + list[e % to];
        (to > 0
            && order.len() == rows * to
            && list.iter().all(|&c| c < from)
            && order.iter().enumerate().all(alike))
        .then_some(list)
    }

    /// The order as whole rows of `channels` elements, consecutive from row `first` on, each in the same order of
    /// channels: `(first, order)`.
    pub fn rows(&self, channels: usize) -> Option<(usize, Vec<usize>)> {
        let order = self.order.as_ref()?;
        let first = order.first()? / channels;
        let within = Self {
            order: Some(order.iter().map(|&i| i.checked_sub(first * channels)).collect::<Option<_>>()?),
            ..self.clone()
        };
        within.channel_order(channels).map(|order| (first, order))
    }
}
