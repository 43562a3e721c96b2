//! Quantisers that follow quantisers, and identity layers.

use super::Conversion;
use super::view::{Content, Value};
use crate::error::Result;
use crate::graph::{NodeId, Shape};
use crate::quant::{Arithmetic, Binary, Quantiser, Unary, Weights, per_channel};
use crate::snn::{Op, View};

impl Conversion {
    /// A layer that passes every channel unchanged.
    pub(super) fn identity(&mut self, name: &str, source: &Value, channels: usize) -> Result<Value> {
        let label = self.unused_name(format!("{name}.identity"));
        let mut levels = vec![0; channels * channels];
        levels.iter_mut().step_by(channels + 1).for_each(|w| *w = 1);
        let weights = Weights { inputs: channels, outputs: channels, levels, scale: vec![1.0] };
        self.linear(&label, &weights, &[], source, 1)
    }

    /// As [`Self::identity`], under whatever view of its neurons the value is.
    pub(super) fn identity_under(&mut self, name: &str, source: &Value, channels: usize) -> Result<Value> {
        let Content::Node(node) = source.content else { return self.identity(name, source, channels) };
        let Some(order) =
            source.order.clone().filter(|_| self.plain_rows_of(name, source, channels).is_err())
        else {
            return self.identity(name, source, channels);
        };
        let all = Value { order: None, ..source.clone() };
        let layer = self.identity(name, &all, self.graph.node(node).shape.channels())?;
        Ok(Value { order: Some(order), ..layer })
    }

    /// A function of neurons that a layer reads, as neurons of the same scale, if it takes levels to levels: for instance a
    /// ReLU6 after a quantiser.
    pub(super) fn on_levels(&mut self, name: &str, source: &Value) -> Result<Value> {
        let (Some(function), Content::Node(node)) = (&source.function, &source.content) else {
            return Ok(source.clone());
        };
        let Op::Neuron(neurons) = &self.graph.node(*node).op else { return Ok(source.clone()) };
        let &[scale] = &neurons.scale[..] else { return Ok(source.clone()) };
        let (scale, (low, high)) = (f64::from(scale), neurons.tracer_range());
        let exact: Option<Vec<i32>> = (low..=high)
            .map(|k| {
                let level = function.evaluate(&Clips, f64::from(k) * scale) / scale;
                #[expect(clippy::cast_possible_truncation)]
                let nearest = level.round() as i32;
                // Not for what is no number.
                ((level - f64::from(nearest)).abs() < 1e-9).then_some(nearest)
            })
            .collect();
        let Some(levels) = exact else { return Ok(source.clone()) };
        let plain = Value { function: None, ..source.clone() };
        if levels.iter().copied().eq(low..=high) {
            return Ok(plain);
        }
        let bound = |of: fn(i32, i32) -> i32| levels.iter().copied().reduce(of).unwrap_or(0);
        let quantiser = Quantiser {
            scale: neurons.scale.clone(),
            low: vec![bound(i32::min)],
            high: vec![bound(i32::max)],
            rounding: neurons.rounding,
        };
        let shape = self.graph.node(*node).shape.clone();
        let label = self.unused_name(format!("{}.applied", self.graph.node(*node).name));
        // It is element-wise, so the order does not matter.
        let all = Value { order: None, ..source.clone() };
        let neurons = self.quantise(&label, &quantiser, &shape, all, 1)?;
        self.notes.push((name.to_owned(), format!("reads neurons {label:?} for the function before it")));
        Ok(Value { order: source.order.clone(), shared: source.shared, ..neurons })
    }

    /// Merges neurons that nobody else reads with a quantiser of the same scale after them, which then only clamps
    /// their level, for any rounding rule. The result has the name of the neurons.
    pub(super) fn narrowed(
        &mut self,
        name: &str,
        quantiser: &Quantiser,
        node: NodeId,
        source: &Value,
        shape: &Shape,
        readers: usize,
    ) -> Option<Value> {
        let Op::Neuron(before) = &self.graph.node(node).op else { return None };
        let channels = self.graph.node(node).shape.channels();
        let lists = [quantiser.scale.len(), quantiser.low.len(), quantiser.high.len()];
        let same = |c: usize| per_channel(&before.scale, c) == per_channel(&quantiser.scale, c);
        // In another order, and where the neurons have a view, lists of channels mean something else.
        let viewed = source.order.is_some() || self.views.contains_key(&self.graph.node(node).name);
        let whole =
            source.order.as_ref().is_none_or(|order| order.len() == self.graph.node(node).shape.len());
        if source.shared
            || !whole
            || (viewed && lists.into_iter().any(|len| len != 1))
            || !matches!(source.content, Content::Node(_))
            || lists.into_iter().any(|len| len != 1 && len != channels)
            || !(0..channels).all(same)
        {
            return None;
        }
        let clamped = |list: &[i32]| -> Vec<i32> {
            let one = [list, &quantiser.low, &quantiser.high].iter().all(|l| l.len() == 1);
            (0..if one { 1 } else { channels })
                .map(|c| {
                    per_channel(list, c)
                        .max(per_channel(&quantiser.low, c))
                        .min(per_channel(&quantiser.high, c))
                })
                .collect()
        };
        let (low, high) = (clamped(&before.low), clamped(&before.high));
        let merged = Quantiser { low, high, ..before.clone() };
        let node_mut = self.graph.node_mut(node);
        node_mut.op = Op::Neuron(merged);
        let first = std::mem::replace(&mut node_mut.name, name.to_owned());
        self.notes.push((
            name.to_owned(),
            format!("one layer of neurons with {first:?}, which has the same scale"),
        ));
        self.views.remove(&first);
        if let Some(order) = &source.order {
            self.views.insert(name.to_owned(), View { shape: shape.clone(), order: order.clone() });
        }
        Some(Value { order: source.order.clone(), ..Value::plain(node, readers) })
    }
}

/// Arithmetic of functions that only clip; other results are no numbers.
struct Clips;

impl Arithmetic for Clips {
    type Number = f64;

    fn constant(&self, value: f64) -> f64 {
        value
    }

    fn unary(&self, _: Unary, _: &f64) -> f64 {
        f64::NAN
    }

    fn binary(&self, op: Binary, &a: &f64, &b: &f64) -> f64 {
        match op {
            _ if a.is_nan() || b.is_nan() => f64::NAN,
            Binary::Min => a.min(b),
            Binary::Max => a.max(b),
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Div => f64::NAN,
        }
    }

    fn select(&self, _: [&f64; 4]) -> f64 {
        f64::NAN
    }
}
