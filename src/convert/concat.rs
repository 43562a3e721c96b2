//! Concatenated channels: a sum of layers, each of which passes one part on to its own channels. Concatenated positions of maps
//! that have their channels first: a sum of parts in different rows.

use super::Conversion;
use super::linear::no_quantiser;
use super::view::{Content, Pending, Summand, Value};
use crate::error::Result;
use crate::graph::{NodeId, Shape, transposed_index};
use crate::quant::{Quantiser, Rounding, Weights};
use crate::snn::{Linear, Op, View};

impl Conversion {
    /// Whether all parts are maps of one direction, `[channels, positions]`, whose nodes have a row for each position.
    pub(super) fn channels_first_parts(&self, shape: &Shape, axis: usize, parts: &[(&Value, usize)]) -> bool {
        let &[channels, positions] = &shape.0[..] else { return false };
        let ends = parts.iter().skip(1).map(|&(_, first)| first).chain([shape.0[axis]]);
        parts.iter().zip(ends).all(|(&(part, first), end)| {
            let own = if axis == 0 { [end - first, positions] } else { [channels, end - first] };
            let Content::Node(node) = part.content else { return false };
            self.graph.node(node).shape.channels() == own[0]
                && own[0] > 1
                && own[1] > 1
                && part.order.as_ref() == Some(&transposed_index(&[own[1], own[0]], &[1, 0]))
        })
    }

    /// Parts of a map `[channels, positions]`, each from a position on.
    pub(super) fn concat_positions(
        &mut self,
        name: &str,
        shape: &Shape,
        parts: &[(&Value, usize)],
        readers: usize,
    ) -> Result<Value> {
        let (channels, positions) = (shape.0[0], shape.0[1]);
        let plain = |&(part, first): &(&Value, usize)| (Value { order: None, ..part.clone() }, first);
        let plain: Vec<(Value, usize)> = parts.iter().map(plain).collect();
        let parts: Vec<(&Value, usize)> = plain.iter().map(|(part, first)| (part, *first)).collect();
        let sum = self.sum(name, &Shape::matrix(positions, channels), &parts, readers)?;
        Ok(Value { order: Some(transposed_index(&[positions, channels], &[1, 0])), ..sum })
    }

    /// Parts of a value, each from an index of the extent `axis` on, which is that of the channels. Parts of one scale become
    /// neurons of this scale, which pass their levels on; others wait for the quantiser after them.
    pub(super) fn concat_channels(
        &mut self,
        name: &str,
        shape: &Shape,
        axis: usize,
        parts: &[(&Value, usize)],
        readers: usize,
    ) -> Result<Value> {
        let channels = shape.0[axis];
        let ends = parts.iter().skip(1).map(|&(_, first)| first).chain([channels]);
        // The channels behind all other extents, and back.
        let last: Vec<usize> = (0..shape.0.len()).filter(|&i| i != axis).chain([axis]).collect();
        let mut back = vec![0; last.len()];
        last.iter().enumerate().for_each(|(to, &from)| back[from] = to);
        let (mut terms, mut quantisers) = (Vec::new(), Vec::new());
        for (&(part, first), end) in parts.iter().zip(ends) {
            let own = end - first;
            let part = self.rectified(name, part)?;
            self.unscaled(name, &part)?;
            let source = self.carrier(name, &part)?;
            self.passed_levels(source, name)?;
            let len = self.graph.node(source).shape.len();
            let mut extents = shape.0.clone();
            extents[axis] = own;
            let part = part.transposed(&extents, &last).settled(len);
            let (node, order) = self.rows_of(name, &part, own)?;
            quantisers.push(self.passed_levels(node, name)?);
            let mut levels = vec![0; channels * own];
            order.iter().enumerate().for_each(|(c, from)| levels[(first + c) * own + from] = 1);
            let weights = Weights { inputs: own, outputs: channels, levels, scale: vec![1.0] };
            let label = self.unused_name(format!("{name}.part"));
            let op = Op::Linear(Linear::plain(weights, Vec::new()));
            let node = self.graph.add(label, op, &[node])?;
            terms.push(Summand::plain(node, 0));
        }
        let rows = shape.len() / channels;
        let extents: Vec<usize> = last.iter().map(|&i| shape.0[i]).collect();
        let order = transposed_index(&extents, &back);
        let pending = Pending { name: name.to_owned(), rows, channels, terms, constant: Vec::new() };
        let value = if let Some(quantiser) = common(&quantisers) {
            let sum = self.finish_sum(&pending)?;
            let label = self.unused_name(format!("{name}.neurons"));
            self.views.insert(label.clone(), View { shape: shape.clone(), order: order.clone() });
            Value::plain(self.graph.add(label, Op::Neuron(quantiser), &[sum])?, readers)
        } else if readers > 1 {
            Value::plain(self.finish_sum(&pending)?, readers)
        } else {
            Value::of(Content::Sum(pending), readers)
        };
        Ok(Value { order: Some(order), ..value }.settled(shape.len()))
    }

    /// The quantiser of neurons that a layer passes on; none of raw elements.
    fn passed_levels(&self, node: NodeId, name: &str) -> Result<Option<Quantiser>> {
        match (self.levels_of(node), &self.graph.node(node).op) {
            (Some(quantiser), _) => Ok(Some(quantiser.clone())),
            (None, Op::Input(_) | Op::Arrange(_)) => Ok(None),
            (None, _) => Err(no_quantiser("the operator before it", name)),
        }
    }
}

/// Levels of all parts, if they have one scale.
fn common(quantisers: &[Option<Quantiser>]) -> Option<Quantiser> {
    let all: Vec<&Quantiser> = quantisers.iter().map(Option::as_ref).collect::<Option<_>>()?;
    let first = all.first()?;
    let alike =
        |q: &&Quantiser| q.scale == first.scale && [q.scale.len(), q.low.len(), q.high.len()] == [1, 1, 1];
    let low = all.iter().filter_map(|q| q.low.first().copied()).min()?;
    let high = all.iter().filter_map(|q| q.high.first().copied()).max()?;
    let scale = first.scale.clone();
    all.iter().all(alike).then(|| Quantiser {
        scale,
        low: vec![low],
        high: vec![high],
        rounding: Rounding::HalfUp,
    })
}
