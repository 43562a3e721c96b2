//! Concatenated channels of feature maps: a sum of layers, each of which passes one part on to its own channels.

use super::Conversion;
use super::linear::no_quantiser;
use super::view::{Content, Pending, Value};
use crate::error::Result;
use crate::graph::{Shape, transposed_index};
use crate::quant::{Quantiser, Rounding, Weights};
use crate::snn::{Linear, Op, View};

impl Conversion {
    /// Parts of a map of `[channels, lines, columns]`, each from a channel on. Parts of one scale become neurons of this
    /// scale, which pass their levels on; others wait for the quantiser after them.
    pub(super) fn concat_channels(
        &mut self,
        name: &str,
        shape: &Shape,
        parts: &[(&Value, usize)],
        readers: usize,
    ) -> Result<Value> {
        let (channels, lines, columns) = (shape.0[0], shape.0[1], shape.0[2]);
        let ends = parts.iter().skip(1).map(|&(_, first)| first).chain([channels]);
        let (mut terms, mut quantisers) = (Vec::new(), Vec::new());
        for (&(part, first), end) in parts.iter().zip(ends) {
            let own = end - first;
            let part = self.rectified(name, part)?;
            self.unscaled(name, &part)?;
            let source = self.carrier(name, &part)?;
            let len = self.graph.node(source).shape.len();
            let last = part.transposed(&[own, lines, columns], &[1, 2, 0]).settled(len);
            let (node, order) = self.rows_of(name, &last, own)?;
            let quantiser = self.levels_of(node).cloned();
            quantisers.push(quantiser.ok_or_else(|| no_quantiser("the operator before it", name))?);
            let mut levels = vec![0; channels * own];
            order.iter().enumerate().for_each(|(c, from)| levels[(first + c) * own + from] = 1);
            let weights = Weights { inputs: own, outputs: channels, levels, scale: vec![1.0] };
            let label = self.unused_name(format!("{name}.part"));
            let op = Op::Linear(Linear::plain(weights, Vec::new()));
            terms.push((self.graph.add(label, op, &[node])?, 0));
        }
        let rows = lines * columns;
        let order = transposed_index(&[rows, channels], &[1, 0]);
        let pending = Pending { name: name.to_owned(), rows, channels, terms, constant: Vec::new() };
        let one_scale = quantisers.windows(2).all(|pair| pair[0].scale == pair[1].scale)
            && quantisers.iter().all(|q| [q.scale.len(), q.low.len(), q.high.len()] == [1, 1, 1]);
        let value = if one_scale {
            let sum = self.finish_sum(&pending)?;
            let all = |of: fn(&Quantiser) -> i32| quantisers.iter().map(of).collect::<Vec<_>>();
            let low = all(|q| q.low[0]).into_iter().min().unwrap_or(0);
            let high = all(|q| q.high[0]).into_iter().max().unwrap_or(0);
            let quantiser = Quantiser {
                scale: quantisers[0].scale.clone(),
                low: vec![low],
                high: vec![high],
                rounding: Rounding::HalfUp,
            };
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
}
