//! Rotary positions: sums of values times constants of their own for each element, where all terms read channels of the same
//! rows in some order. Until something reads such a value it is a combination; then it becomes a sum with factors.

use super::Conversion;
use super::linear::{picking, reordered};
use super::view::{Content, Part, Value};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::quant::per_channel;
use crate::snn::{Op, Sum};

/// What to do about values that cannot be rotated.
const ROTATE: &str = "rotate the result of a linear layer, or quantise the value before its rotation: --insert-quantisers 8 --calibrate SAMPLES.npy";

impl Conversion {
    /// The terms of a value, if they are layers of weights or neurons that are only rearranged and multiplied.
    fn terms(&self, value: &Value) -> Option<Vec<Part>> {
        let plain = value.function.is_none()
            && !value.relu
            && !value.is_masked()
            && value.averaged == 1
            && value.offset == 0.0;
        match &value.content {
            _ if !plain => None,
            Content::Combination(parts) => Some(parts.clone()),
            Content::Node(node) if matches!(self.graph.node(*node).op, Op::Linear(_) | Op::Neuron(_)) => {
                let (len, channels) =
                    (self.graph.node(*node).shape.len(), self.graph.node(*node).shape.channels());
                let order = value.order.clone().unwrap_or_else(|| (0..len).collect());
                // A copy of a layer that others read, times numbers: `-x[half:]`.
                let (node, times) = self.multiples.get(node).cloned().unwrap_or((*node, vec![1.0]));
                let factor = |e: &usize| value.factor * per_channel(&times, e % channels);
                let factors = order.iter().map(factor).collect();
                Some(vec![Part { node, order, factors }])
            }
            Content::Node(_) | Content::Constant(_) | Content::Sum(_) | Content::Pool(_) => None,
        }
    }

    /// Every element times a constant of its own.
    pub(super) fn times(&mut self, name: &str, factors: &[f64], source: &Value) -> Result<Value> {
        if let Content::Constant(values) = &source.content {
            let values = values.iter().zip(factors).map(|(x, f)| x * f).collect();
            return Ok(Value { content: Content::Constant(values), ..source.clone() });
        }
        let mut parts = self.terms(source).ok_or_else(|| {
            Error::input("a factor for each position and channel (rotary positions) of something else than a layer's result or quantised values is not supported")
                .at_node(name)
                .fix(ROTATE)
        })?;
        for part in &mut parts {
            part.factors.iter_mut().zip(factors).for_each(|(own, f)| *own *= f);
        }
        Ok(Value::of(Content::Combination(parts), 2))
    }

    /// A combination times one number; none for another value.
    pub(super) fn times_one(&self, factor: f64, source: &Value) -> Option<Value> {
        let Content::Combination(mut parts) = source.content.clone() else { return None };
        parts.iter_mut().flat_map(|part| &mut part.factors).for_each(|own| *own *= factor);
        Some(Value { content: Content::Combination(parts), ..source.clone() })
    }

    /// The sum of two values of which one is a combination and the other can be part of one.
    pub(super) fn joined(&self, a: &Value, b: &Value) -> Option<Value> {
        if !is_combination(a) && !is_combination(b) {
            return None;
        }
        let parts = [self.terms(a)?, self.terms(b)?].concat();
        Some(Value::of(Content::Combination(parts), 2))
    }

    /// Parts of the same nodes, put together along an extent: a combination, or a view of one node.
    pub(super) fn put_together(
        &self,
        shape: &Shape,
        axis: usize,
        parts: &[(&Value, usize)],
    ) -> Option<Value> {
        let inner: usize = shape.0[axis + 1..].iter().product();
        let ends = parts.iter().skip(1).map(|&(_, first)| first).chain([shape.0[axis]]);
        let extents: Vec<usize> = parts.iter().zip(ends).map(|(&(_, first), end)| end - first).collect();
        let terms: Vec<Vec<Part>> =
            parts.iter().map(|(value, _)| self.terms(value)).collect::<Option<_>>()?;
        let count = terms.iter().map(Vec::len).max()?;
        let longest = terms.iter().find(|own| own.len() == count)?;
        let mut all = Vec::new();
        for (t, like) in longest.iter().enumerate() {
            let mut own = Vec::new();
            for term in &terms {
                own.push(match term.get(t) {
                    Some(part) if part.node == like.node => part.clone(),
                    Some(_) => return None,
                    // Nothing is added: any channel of the row, 0 times.
                    None => {
                        let first = term.first().filter(|first| first.node == like.node)?;
                        Part { factors: vec![0.0; first.order.len()], ..first.clone() }
                    }
                });
            }
            let mut put = Part { node: like.node, order: Vec::new(), factors: Vec::new() };
            for outer in 0..shape.0[..axis].iter().product() {
                for (part, extent) in own.iter().zip(&extents) {
                    let size = extent * inner;
                    let range = outer * size..(outer + 1) * size;
                    put.order.extend_from_slice(part.order.get(range.clone())?);
                    put.factors.extend_from_slice(part.factors.get(range)?);
                }
            }
            all.push(put);
        }
        match &mut all[..] {
            [one] if one.factors.windows(2).all(|pair| pair[0] == pair[1]) => {
                let factor = one.factors.first().copied()?;
                let order = Some(std::mem::take(&mut one.order));
                Some(Value { order, factor, ..Value::plain(one.node, 2) })
            }
            _ => Some(Value::of(Content::Combination(all), 2)),
        }
    }

    /// A combination as a sum; other values as they are.
    pub(super) fn settled_sum(&mut self, name: &str, value: &Value) -> Result<Value> {
        let Content::Combination(parts) = &value.content else { return Ok(value.clone()) };
        let refused = |what: &str| {
            Err(Error::input(format!("rotary positions {what} are not supported")).at_node(name).fix(
                "rotate all positions by factors of the channels of one layer, in rows of as many channels",
            ))
        };
        let name = self.unused_name(format!("{name}.rotated"));
        let mut base: Option<(usize, usize, Vec<usize>)> = None;
        let (mut nodes, mut all_factors) = (Vec::new(), Vec::new());
        for part in parts {
            let (node, order) = self.only_used(&name, part.node, parts, &part.order)?;
            let shape = self.graph.node(node).shape.clone();
            let (rows, channels) = (shape.rows(), shape.channels());
            let (base_rows, base_channels, at) =
                base.get_or_insert_with(|| (rows, channels, order.clone())).clone();
            if !is_onto(&at, base_rows * base_channels) || rows != base_rows {
                return refused("that leave out some elements, or of values of different rows");
            }
            let mut from: Vec<Option<usize>> = vec![None; base_channels];
            let mut factors = vec![0.0; base_rows * base_channels];
            let mut known = vec![false; base_rows * base_channels];
            for ((&place, &element), &factor) in at.iter().zip(&order).zip(&part.factors) {
                // Keys that several heads of queries share are there several times.
                if std::mem::replace(&mut known[place], true) && factors[place] != factor {
                    return refused("that repeat an element with other factors");
                }
                factors[place] = factor;
                // What is not added may come from anywhere.
                if factor == 0.0 {
                    continue;
                }
                let channel = from[place % base_channels].get_or_insert(element % channels);
                let same_row = place / base_channels == element / channels;
                if *channel != element % channels || !same_row {
                    return refused("in which channels of several rows are mixed");
                }
            }
            let from: Vec<usize> = from.into_iter().map(|c| c.unwrap_or(0)).collect();
            nodes.push(self.channels_of(&name, node, &from)?);
            all_factors.push(factors);
        }
        let Some((rows, channels, at)) = base else { return refused("of nothing") };
        let sum = Sum {
            rows,
            channels,
            first: vec![0; nodes.len()],
            constant: Vec::new(),
            factors: all_factors,
            turned: Vec::new(),
        };
        let node = self.graph.add(name, Op::Sum(sum), &nodes)?;
        Ok(Value { order: Some(at), ..Value::plain(node, 2) }.settled(rows * channels))
    }

    /// The node with the channels that the parts read of it, and the order among these.
    fn only_used(
        &mut self,
        name: &str,
        node: NodeId,
        parts: &[Part],
        order: &[usize],
    ) -> Result<(NodeId, Vec<usize>)> {
        let channels = self.graph.node(node).shape.channels();
        let mut used = vec![false; channels];
        let own = parts.iter().filter(|part| part.node == node);
        own.flat_map(|part| &part.order).for_each(|e| used[e % channels] = true);
        let list: Vec<usize> = (0..channels).filter(|&c| used[c]).collect();
        let mut position = vec![0; channels];
        list.iter().enumerate().for_each(|(at, &c)| position[c] = at);
        let order = order.iter().map(|e| e / channels * list.len() + position[e % channels]).collect();
        Ok((self.part_of(name, node, list)?, order))
    }

    /// A node whose channel `c` is channel `list[c]` of a layer or of neurons: the node itself, a copy of the layer, or a layer
    /// of zeros and ones that reads the neurons.
    fn channels_of(&mut self, name: &str, node: NodeId, list: &[usize]) -> Result<NodeId> {
        let own = self.graph.node(node);
        let channels = own.shape.channels();
        let all = list.iter().copied().eq(0..channels);
        // Sums want wide weights in their own unit.
        if let Op::Linear(linear) = &own.op
            && (linear.weights.is_wide() || !all)
        {
            let (op, below) = (Op::Linear(reordered(linear, list)), self.graph.inputs(node)[0]);
            let label = self.unused_name(format!("{}.rotated", own.name));
            return self.graph.add(label, op, &[below]);
        }
        if all {
            return Ok(node);
        }
        let op = Op::Linear(picking(channels, list));
        let label = self.unused_name(format!("{name}.channels"));
        self.graph.add(label, op, &[node])
    }

    /// Some channels of a layer or of neurons, in ascending order.
    fn part_of(&mut self, name: &str, node: NodeId, list: Vec<usize>) -> Result<NodeId> {
        let own = self.graph.node(node);
        let Op::Linear(linear) = &own.op else { return self.with_channels(name, node, list) };
        if list.len() >= own.shape.channels() {
            return Ok(node);
        }
        if let Some(&known) = self.parts.get(&(node, list.clone())) {
            return Ok(known);
        }
        let (op, below) = (Op::Linear(reordered(linear, &list)), self.graph.inputs(node)[0]);
        let label = self.unused_name(format!("{}.part", own.name));
        let part = self.graph.add(label, op, &[below])?;
        self.parts.insert((node, list), part);
        Ok(part)
    }
}

pub(super) fn is_combination(value: &Value) -> bool {
    matches!(value.content, Content::Combination(_))
}

/// Whether each of `0…len − 1` is there, and nothing else.
fn is_onto(order: &[usize], len: usize) -> bool {
    let mut seen = vec![false; len];
    order.iter().all(|&e| {
        e < len && {
            seen[e] = true;
            true
        }
    }) && seen.into_iter().all(|seen| seen)
}
