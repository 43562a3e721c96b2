//! Quantisers whose scale is spread over several operations, as QCFS, PACT and DoReFa have it: `floor(clip(x/λ, 0, 1)·t + ½)/t·λ`,
//! `round(clip(x, 0, α)·(n/α))·(α/n)`, `round(clip(x, 0, 1)·n)/n`.
//!
//! The chain is followed back from its last multiplication. Numbers that divide before rounding, and those that multiply,
//! are kept apart: `x·m/d` is rounded, so that the scale `d` of the neurons and the factor `m` before them are exact where
//! `d/m` is not a float.

use super::clip::{Bounds, clip_of};
use super::{Context, Found, Part, Site, linear_form};
use crate::error::Result;
use crate::import::decode::{Node, NodeIndex, ValueId};
use crate::import::name;
use crate::qann::Op;
use crate::quant::{Quantiser, Rounding};

/// Maximum number of operations before, and after, rounding.
const MOST_STEPS: usize = 16;

/// A product of numbers: exact as long as both parts are.
#[derive(Clone, Copy)]
struct Ratio {
    times: f64,
    over: f64,
}

impl Ratio {
    const ONE: Self = Self { times: 1.0, over: 1.0 };

    fn value(self) -> f64 {
        self.times / self.over
    }
}

/// The quantiser that ends in this node; none for anything else.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    if !["Mul", "Div", "Floor", "Ceil", "Round"].iter().any(|op| site.node.is(op)) {
        return Ok(None);
    }
    let model = context.flow.model;
    let mut nodes = Vec::new();
    let (mut value, mut after) = (site.value, Ratio::ONE);
    while let Some((inner, number, divides, index)) = scaled(context, value)? {
        nodes.push(index);
        if divides {
            after.over *= number
        } else {
            after.times *= number
        }
        value = inner;
        if nodes.len() > MOST_STEPS {
            return Ok(None);
        }
    }
    // A straight-through estimator around the rounding.
    if let Some(sum) = linear_form::resolve(context, value, &mut nodes)?
        && sum.offset == 0.0
    {
        value = sum.value;
    }
    let Some((index, rounding)) = model.producer_of(value) else { return Ok(None) };
    nodes.push(index);
    let Some((mut value, mut before, mut bounds, offset)) = before_rounding(context, rounding, &mut nodes)?
    else {
        return Ok(None);
    };
    let rule = match (rounding.op.as_str(), offset) {
        ("Floor", 0.5) => Rounding::HalfUp,
        ("Floor", 0.0) => Rounding::Floor,
        ("Ceil", 0.0) => Rounding::Ceil,
        ("Ceil", -0.5) => Rounding::HalfDown,
        ("Round", 0.0) => Rounding::HalfEven,
        _ => return Ok(None),
    };
    // Numbers and clips before the sum: every bound in units of what is rounded.
    for _ in 0..MOST_STEPS {
        let is_pact = pact(context, value)?.is_some();
        if let Some((inner, number, divides, index)) = scaled(context, value)?.filter(|_| !is_pact) {
            nodes.push(index);
            if divides {
                before.over *= number
            } else {
                before.times *= number
            }
            value = inner;
        } else if let Some(clip) =
            pact(context, value)?.map_or_else(|| clip_of(context, value), |c| Ok(Some(c)))?
        {
            // A ReLU without an upper bound inside is a layer's own.
            nodes.push(clip.node);
            let unit = before.value();
            bounds.clip_inside(level(rule, clip.low * unit), level(rule, clip.high * unit));
            value = clip.inner;
        } else {
            break;
        }
    }
    let (Some((low, high)), true) = (bounds.both(), !context.flow.is_constant(value)) else {
        return Ok(None);
    };
    if !bounds.are_integers() || low.abs().max(high.abs()) > f64::from(Quantiser::MAX_LEVEL) {
        return Ok(None);
    }
    if context.flow.data_extents(value)?.is_none() {
        return Ok(Some(Found::Blocked(vec![value])));
    }
    // One float as the scale where that is exact.
    let whole = before.over / before.times;
    #[expect(clippy::cast_possible_truncation)]
    let (scale, factor) = if f64::from(whole as f32) * before.times == before.over {
        (whole as f32, 1.0)
    } else if f64::from(before.over as f32) == before.over {
        (before.over as f32, before.times)
    } else {
        return Ok(None);
    };
    #[expect(clippy::cast_possible_truncation)]
    let quantiser = Quantiser::uniform(scale, low as i32, high as i32, rule);
    let mut steps = Vec::new();
    if factor != 1.0 {
        steps.push((Op::Scale(factor), vec![Part::Value(value)]));
    }
    let read = if factor == 1.0 { Part::Value(value) } else { Part::Before };
    let detail = format!(
        "scales in several steps: {}",
        crate::graph::Operator::describe(&Op::Quantise(quantiser.clone()))
    );
    steps.push((Op::Quantise(quantiser), vec![read]));
    // What a level is worth beside the neurons' scale.
    let rest = after.times / (after.over * f64::from(scale));
    if rest != 1.0 {
        steps.push((Op::Scale(rest), vec![Part::Before]));
    }
    Ok(Some(Found::Chain { steps, name: name::of_scope(model, &nodes), detail }))
}

/// What is rounded: a value, the numbers it is multiplied by, bounds of the level, and the number that is added last.
type Rounded = Option<(ValueId, Ratio, Bounds, f64)>;

fn before_rounding(context: &Context, rounding: &Node, nodes: &mut Vec<NodeIndex>) -> Result<Rounded> {
    if !["Floor", "Ceil", "Round"].iter().any(|op| rounding.is(op)) {
        return Ok(None);
    }
    let Some(sum) = linear_form::resolve(context, rounding.input(0)?, nodes)? else { return Ok(None) };
    Ok(Some((sum.value, Ratio::ONE, Bounds::none(), sum.offset)))
}

/// The level of a bound: bounds that are no whole numbers are rounded like any value.
fn level(rule: Rounding, bound: f64) -> f64 {
    if !bound.is_finite() {
        return bound;
    }
    // A bound that is a whole number but for the rounding of doubles.
    let near = bound.round();
    if (bound - near).abs() < 1e-6 * near.abs().max(1.0) {
        return near;
    }
    match rule {
        Rounding::HalfUp => (bound + 0.5).floor(),
        Rounding::HalfDown => (bound - 0.5).ceil(),
        Rounding::HalfEven | Rounding::HalfOdd => bound.round_ties_even(),
        Rounding::Floor | Rounding::Truncate => bound.floor(),
        Rounding::Ceil => bound.ceil(),
    }
}

/// A positive number that a value is multiplied or divided by: the value, the number, whether it divides, the node.
fn scaled(context: &Context, value: ValueId) -> Result<Option<(ValueId, f64, bool, NodeIndex)>> {
    let flow = context.flow;
    let Some((index, node)) = flow.model.producer_of(value).filter(|(_, n)| n.is("Mul") || n.is("Div"))
    else {
        return Ok(None);
    };
    let (a, b) = (node.input(0)?, node.input(1)?);
    let (inner, number) = match (flow.is_constant(a), flow.is_constant(b)) {
        (false, true) => (a, b),
        (true, false) if node.is("Mul") => (b, a),
        _ => return Ok(None),
    };
    let number = flow.constant(linear_form::remainder(context, number)?)?.uniform();
    Ok(number.filter(|&x| x > 0.0 && x.is_finite()).map(|x| (inner, x, node.is("Div"), index)))
}

/// PACT's clip: `½·(|x| − |x − α| + α)`, which is `x` between 0 and `α`.
fn pact(context: &Context, value: ValueId) -> Result<Option<super::clip::Clip>> {
    let Some((sum, 0.5, false, index)) = scaled(context, value)?.or(halved(context, value)?) else {
        return Ok(None);
    };
    let model = context.flow.model;
    let of = |value: ValueId, op: &str| model.producer_of(value).map(|(_, n)| n).filter(|n| n.is(op));
    let Some(outer) = of(sum, "Add") else { return Ok(None) };
    let (difference, alpha) = (outer.input(0)?, outer.input(1)?);
    let Some(difference) = of(difference, "Sub") else { return Ok(None) };
    let (Some(first), Some(second)) = (of(difference.input(0)?, "Abs"), of(difference.input(1)?, "Abs"))
    else {
        return Ok(None);
    };
    let Some(inner) = of(second.input(0)?, "Sub") else { return Ok(None) };
    let constant = |v: ValueId| -> Result<Option<f64>> {
        if context.flow.is_constant(v) { Ok(context.flow.constant(v)?.uniform()) } else { Ok(None) }
    };
    let (x, high) = (inner.input(0)?, constant(inner.input(1)?)?);
    if first.input(0)? != x || high.is_none() || high != constant(alpha)? {
        return Ok(None);
    }
    let high = high.unwrap_or_default();
    Ok(Some(super::clip::Clip { inner: x, low: 0.0, high, node: index, is_relu: false }))
}

/// A division by 2 as a product with ½.
fn halved(context: &Context, value: ValueId) -> Result<Option<(ValueId, f64, bool, NodeIndex)>> {
    Ok(scaled(context, value)?
        .filter(|&(_, n, divides, _)| divides && n == 2.0)
        .map(|(v, _, _, i)| (v, 0.5, false, i)))
}
