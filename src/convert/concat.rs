//! Concatenated channels: a sum of layers, each of which passes one part on to its own channels. Concatenated positions of maps
//! that have their channels first: a sum of parts in different rows.

use super::Conversion;
use super::carried::division;
use super::unquantised::no_quantiser;
use super::view::{Content, Pending, Summand, Value};
use num_integer::Integer;

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
        let (mut layers, mut quantisers, mut divisors) = (Vec::new(), Vec::new(), Vec::new());
        for (&(part, first), end) in parts.iter().zip(ends) {
            let own = end - first;
            let part = self.carried(name, part)?;
            let divisor = division(part.factor).filter(|_| part.offset == 0.0 && part.function.is_none());
            let part = if divisor.is_some() { Value { factor: 1.0, ..part } } else { part };
            divisors.push(divisor.unwrap_or(1));
            let part = self.rectified(name, &part)?;
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
            layers.push((node, weights));
        }
        let common = common(&quantisers, &divisors);
        let mut terms = Vec::new();
        for ((node, mut weights), divisor) in layers.into_iter().zip(divisors) {
            let mut op = Linear { divisor, ..Linear::plain(weights.clone(), Vec::new()) };
            if let Some((_, all)) = &common {
                // In units of the common divisor.
                let times = i32::try_from(*all / divisor).unwrap_or(1);
                weights.levels.iter_mut().for_each(|w| *w *= times);
                op = Linear::plain(weights, Vec::new());
            }
            let label = self.unused_name(format!("{name}.part"));
            terms.push(Summand::plain(self.graph.add(label, Op::Linear(op), &[node])?, 0));
        }
        let rows = shape.len() / channels;
        let extents: Vec<usize> = last.iter().map(|&i| shape.0[i]).collect();
        let order = transposed_index(&extents, &back);
        let pending = Pending { name: name.to_owned(), rows, channels, terms, constant: Vec::new() };
        let value = if let Some((quantiser, divisor)) = common {
            let sum = self.finish_sum(&pending)?;
            let label = self.unused_name(format!("{name}.neurons"));
            self.views.insert(label.clone(), View { shape: shape.clone(), order: order.clone() });
            let factor = 1.0 / f64::from(divisor);
            Value { factor, ..Value::plain(self.graph.add(label, Op::Neuron(quantiser), &[sum])?, readers) }
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

/// Neurons that carry the levels of all parts, each divided by a number, if their scales are whole multiples of the smallest
/// one: their quantiser, and the number that their levels are divided by.
fn common(quantisers: &[Option<Quantiser>], divisors: &[u32]) -> Option<(Quantiser, u32)> {
    let all: Vec<&Quantiser> = quantisers.iter().map(Option::as_ref).collect::<Option<_>>()?;
    let scale = all.iter().flat_map(|q| &q.scale).copied().fold(f32::INFINITY, f32::min);
    let divisor = divisors.iter().try_fold(1u32, |all, &own| all.checked_mul(own / all.gcd(&own)))?;
    let (mut low, mut high) = (i32::MAX, i32::MIN);
    for (quantiser, own) in all.into_iter().zip(divisors) {
        let ([s], [l], [h]) = (&quantiser.scale[..], &quantiser.low[..], &quantiser.high[..]) else {
            return None;
        };
        // Both are floats, so the product of a small whole number is exact.
        let ratio = (f64::from(*s) / f64::from(scale)).round();
        let whole = ratio <= f64::from(Quantiser::MAX_LEVEL) && ratio * f64::from(scale) == f64::from(*s);
        #[expect(clippy::cast_possible_truncation)]
        let times = i32::try_from(divisor / own).ok()?.checked_mul(ratio as i32).filter(|_| whole)?;
        (low, high) = (low.min(l.checked_mul(times)?), high.max(h.checked_mul(times)?));
    }
    let fits = low >= -Quantiser::MAX_LEVEL && high <= Quantiser::MAX_LEVEL;
    fits.then(|| (Quantiser::uniform(scale, low, high, Rounding::HalfUp), divisor))
}
