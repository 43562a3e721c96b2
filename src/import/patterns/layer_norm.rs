//! LayerNorm over the last axis: `LayerNormalization`, or single operations, as operator sets before 17 have
//! it: `(x − mean(x))/√(mean((x − mean(x))²) + ε)·γ + β`. RMSNorm: `RMSNormalization`, or the same without `mean(x)`.

use super::{Context, Found, Site, passthrough};
use crate::error::{Error, Result};
use crate::import::decode::{Node, NodeIndex, ValueId};
use crate::import::dims;
use crate::import::name;
use crate::qann::Op;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let found = if site.node.is("LayerNormalization") || site.node.is("RMSNormalization") {
        one_node(context, site)?
    } else {
        spelt_out(context, site)?
    };
    let Some(Parts { source, gamma, beta, epsilon, centred, nodes }) = found else { return Ok(None) };
    let Some(dims) = context.flow.data_extents(source)? else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let channels = dims.last().copied().unwrap_or(1);
    let gamma = per_channel(context, gamma, channels, 1.0)?;
    let beta = per_channel(context, beta, channels, 0.0)?;
    let mean = if centred { "" } else { ", without mean" };
    let detail = format!("{channels} channels, ε {epsilon}{mean}");
    let name = name::of_scope(context.flow.model, &nodes);
    let op = Op::LayerNorm { gamma, beta, epsilon, centred };
    Ok(Some(Found::Operator { op, sources: vec![source], name, detail }))
}

/// Parts of a LayerNorm.
struct Parts {
    source: ValueId,
    gamma: Option<ValueId>,
    beta: Option<ValueId>,
    epsilon: f32,
    centred: bool,
    nodes: Vec<NodeIndex>,
}

fn one_node(context: &Context, site: Site) -> Result<Option<Parts>> {
    let node = site.node;
    let source = node.input(0)?;
    if let Some(dims) = context.flow.data_extents(source)?
        && dims::axis(node.int("axis", -1), dims.len()).map_err(Error::input)? != dims.len() - 1
    {
        return Err(Error::input("a norm over more than the last extent is not supported")
            .fix("normalise over the channels, the last extent"));
    }
    let centred = node.is("LayerNormalization");
    let (gamma, beta) = (Some(node.input(1)?), node.optional_input(2).filter(|_| centred));
    let epsilon = node.float("epsilon", 1e-5);
    Ok(Some(Parts { source, gamma, beta, epsilon, centred, nodes: vec![site.index] }))
}

/// One number per channel; the same for all if there is no constant.
fn per_channel(context: &Context, value: Option<ValueId>, channels: usize, other: f32) -> Result<Vec<f32>> {
    let Some(value) = value else { return Ok(vec![other; channels]) };
    let tensor = context.flow.constant(value)?;
    let values = tensor.rounded_f32().map_err(Error::input)?;
    match values.len() {
        1 => Ok(vec![values[0]; channels]),
        n if n == channels && tensor.dims.last() == Some(&n) => Ok(values),
        _ => Err(Error::input(format!(
            "γ or β of LayerNorm has extents {:?}; expected one number for each of {channels} channels",
            tensor.dims
        ))
        .fix("give γ and β one number for each channel of the last extent")),
    }
}

/// Follows `… ·γ + β` back to the normalised value.
fn spelt_out(context: &Context, site: Site) -> Result<Option<Parts>> {
    let mut walk = Walk { context, nodes: Vec::new() };
    let mut value = site.value;
    let beta = walk.with_constant(&mut value, "Add")?;
    let gamma = walk.with_constant(&mut value, "Mul")?;
    let Some((centred, deviation)) = walk.quotient(value)? else { return Ok(None) };
    let Some((mut variance, epsilon)) = walk.under_root(deviation)? else { return Ok(None) };
    let source = walk.centred(centred)?;
    let Some(square) = walk.mean(variance)? else { return Ok(None) };
    variance = square;
    let Some(base) = walk.square(variance)? else { return Ok(None) };
    let Some(source) = source else {
        // RMSNorm: what is squared is what is divided.
        let source = walk.same(centred)?;
        let same = walk.same(base)? == source;
        let parts = Parts { source, gamma, beta, epsilon, centred: false, nodes: walk.nodes };
        return Ok(same.then_some(parts));
    };
    // The difference may have been written twice.
    let same = walk.same(base)? == walk.same(centred)? || walk.centred(base)? == Some(source);
    Ok(same.then_some(Parts { source, gamma, beta, epsilon, centred: true, nodes: walk.nodes }))
}

/// Walks back through the operations of a LayerNorm.
struct Walk<'a, 'c> {
    context: &'a Context<'c>,
    nodes: Vec<NodeIndex>,
}

impl<'a> Walk<'a, '_> {
    /// The value, behind operators that do nothing.
    fn same(&self, mut value: ValueId) -> Result<ValueId> {
        while let Some((_, node)) = self.context.flow.model.producer_of(value)
            && (node.is("Identity") || passthrough::is_float_cast(self.context.flow, node))
        {
            value = node.input(0)?;
        }
        Ok(value)
    }

    /// The node of this operator that writes a value.
    fn node(&mut self, value: ValueId, op: &str) -> Result<Option<&'a Node>> {
        let value = self.same(value)?;
        if self.context.flow.is_constant(value) {
            return Ok(None);
        }
        let found = self.context.flow.model.producer_of(value).filter(|(_, node)| node.is(op));
        self.nodes.extend(found.map(|(index, _)| index));
        Ok(found.map(|(_, node)| node))
    }

    /// If the value is computed from another one and a constant, steps back to that, and returns the constant.
    fn with_constant(&mut self, value: &mut ValueId, op: &str) -> Result<Option<ValueId>> {
        let flow = self.context.flow;
        let Some((index, node)) = flow.model.producer_of(self.same(*value)?).filter(|(_, n)| n.is(op)) else {
            return Ok(None);
        };
        let (a, b) = (node.input(0)?, node.input(1)?);
        let (data, constant) = match (flow.is_constant(a), flow.is_constant(b)) {
            (false, true) => (a, b),
            (true, false) => (b, a),
            _ => return Ok(None),
        };
        self.nodes.push(index);
        *value = data;
        Ok(Some(constant))
    }

    /// `a / b`, or `a · (1/b)`.
    fn quotient(&mut self, value: ValueId) -> Result<Option<(ValueId, ValueId)>> {
        if let Some(node) = self.node(value, "Div")? {
            return Ok(Some((node.input(0)?, node.input(1)?)));
        }
        let Some(node) = self.node(value, "Mul")? else { return Ok(None) };
        let (a, b) = (node.input(0)?, node.input(1)?);
        for (a, b) in [(a, b), (b, a)] {
            if let Some(inverse) = self.node(b, "Reciprocal")? {
                return Ok(Some((a, inverse.input(0)?)));
            }
            if let Some(inverse) = self.node(b, "Div")?
                && self.number(inverse.input(0)?)? == Some(1.0)
            {
                return Ok(Some((a, inverse.input(1)?)));
            }
        }
        Ok(None)
    }

    /// `√(v + ε)`: `v` and `ε`.
    fn under_root(&mut self, value: ValueId) -> Result<Option<(ValueId, f32)>> {
        let mut sum = match self.node(value, "Sqrt")? {
            Some(root) => root.input(0)?,
            None => match self.node(value, "Pow")? {
                Some(power) if self.number(power.input(1)?)? == Some(0.5) => power.input(0)?,
                _ => return Ok(None),
            },
        };
        let Some(epsilon) = self.with_constant(&mut sum, "Add")? else { return Ok(None) };
        let Some(epsilon) = self.number(epsilon)? else { return Ok(None) };
        // It was a float, or the nearest float to a double is taken, as `LayerNormalization` would have it.
        #[expect(clippy::cast_possible_truncation)]
        let epsilon = epsilon as f32;
        Ok(Some((sum, epsilon)))
    }

    /// `x` of `x − mean(x)`.
    fn centred(&mut self, value: ValueId) -> Result<Option<ValueId>> {
        let Some(node) = self.node(value, "Sub")? else { return Ok(None) };
        let (x, mean) = (self.same(node.input(0)?)?, node.input(1)?);
        let Some(of) = self.mean(mean)? else { return Ok(None) };
        Ok((self.same(of)? == x).then_some(x))
    }

    /// The value whose mean over the last axis this is; the axis is kept.
    fn mean(&mut self, value: ValueId) -> Result<Option<ValueId>> {
        let Some(node) = self.node(value, "ReduceMean")? else { return Ok(None) };
        let source = node.input(0)?;
        let Some(dims) = self.context.flow.extents(source)? else { return Ok(None) };
        let reduced = self.context.flow.reduced(node, dims.len()).map_err(Error::input)?;
        let last_only = reduced.iter().rev().enumerate().all(|(i, &r)| r == (i == 0));
        Ok((last_only && node.int("keepdims", 1) != 0).then_some(source))
    }

    /// `d` of `d²`.
    fn square(&mut self, value: ValueId) -> Result<Option<ValueId>> {
        if let Some(node) = self.node(value, "Pow")? {
            return Ok((self.number(node.input(1)?)? == Some(2.0)).then_some(node.input(0)?));
        }
        let Some(node) = self.node(value, "Mul")? else { return Ok(None) };
        let (a, b) = (self.same(node.input(0)?)?, self.same(node.input(1)?)?);
        Ok((a == b).then_some(a))
    }

    /// The value of a constant that is a single number.
    fn number(&self, value: ValueId) -> Result<Option<f64>> {
        let flow = self.context.flow;
        if flow.is_constant(value) { Ok(flow.constant(value)?.uniform()) } else { Ok(None) }
    }
}
