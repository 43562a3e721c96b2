//! A quantiser written out in arithmetic, as SpikeZIP's exports have it: `clip(floor(x/s + 1/2), low, high)·s`.
//!
//! Any mixture is read of: sums that cancel (straight-through estimators); numbers added before and after rounding
//! (zero points); `Clip`, `Min`, `Max`, `Relu`, `Where` before and after rounding, or before the division; `Floor`,
//! `Ceil`, `Round`. Rounding is monotone, so `round(clip(y, a, b) + o) = clip(round(y + o), round(a + o), round(b +
//! o))`: every bound becomes a bound of the level, exactly.

use super::clip::{Bounds, clip_of};
use super::form::{Form, SCALE, Spread, check_scale, level};
use super::{Context, Site, linear_form};
use crate::error::{Error, Result};
use crate::import::decode::{Node, NodeIndex, ValueId};
use crate::quant::Rounding;

/// Maximum number of consecutive clips in a quantiser.
const MOST_CLIPS: usize = 64;

/// The quantiser that ends in this multiplication.
pub fn form_of(context: &Context, site: Site) -> Result<Option<Form>> {
    if !site.node.is("Mul") {
        return Ok(None);
    }
    let (a, b) = (site.node.input(0)?, site.node.input(1)?);
    for (chain, scale) in [(a, b), (b, a)] {
        if !context.flow.is_constant(scale) {
            continue;
        }
        let mut nodes = vec![site.index];
        if let Some(form) = follow(context, chain, scale, &mut nodes)? {
            return Ok(Some(form));
        }
    }
    Ok(None)
}

/// Follows the chain back to the quantised value.
fn follow(
    context: &Context,
    chain: ValueId,
    scale: ValueId,
    nodes: &mut Vec<NodeIndex>,
) -> Result<Option<Form>> {
    let mut bounds = Bounds::none();
    // From the multiplication back to the rounding: level = rounded + shift, then clipped.
    let Some(end) = clipped_sum(context, chain, nodes, &mut bounds, |bound, shift| bound + shift)? else {
        return Ok(None);
    };
    let Some((index, rounding_node)) = context.flow.model.producer_of(end.value) else { return Ok(None) };
    let Some(round) = Round::of(rounding_node) else { return Ok(None) };
    nodes.push(index);
    if !bounds.are_integers() {
        return Err(Error::input("a bound of this quantiser is not an integer, after rounding")
            .at_node(&rounding_node.name)
            .fix("clip the rounded value x/s, not the value, at whole numbers"));
    }
    let shift = end.offset;
    // From the rounding back to the division.
    let moved = |bound: f64, offset: f64| round.apply(bound + offset) + shift;
    let at = |e: Error| e.at_node(&rounding_node.name);
    let Some(start) = clipped_sum(context, rounding_node.input(0)?, nodes, &mut bounds, moved)? else {
        return Err(at(Error::input("what is rounded here is not a value divided by a scale")
            .fix("export the quantiser as round(x/s) clipped and multiplied by s")));
    };
    let rounding = round.rule(start.offset, shift).map_err(|e| {
        at(Error::input(e)
            .fix("use floor(x/s + 1/2) or round(x/s), and take a zero point back before scaling"))
    })?;
    let scaled = context.flow.model.producer_of(start.value);
    let Some((index, node)) = scaled.filter(|(_, n)| n.is("Div") || n.is("Mul")) else {
        return Err(at(Error::input("what is rounded here is not divided by a scale")
            .fix("export the quantiser as round(x/s) clipped and multiplied by s")));
    };
    nodes.push(index);
    let (mut source, divisor) = divided(context, node, scale)?;
    if let Some(clip) = clip_of(context, source)?.filter(|c| !c.is_relu && !context.flow.is_constant(c.inner))
        && let [s] = divisor.values.as_slice()
    {
        let ratio = |bound: f64| round.apply(bound / f64::from(*s) + start.offset) + shift;
        bounds.clip_inside(ratio(clip.low), ratio(clip.high));
        nodes.push(clip.node);
        source = clip.inner;
    }
    let (low, high) = bounds.both().ok_or_else(|| {
        at(Error::input("this quantiser has no lower or no upper bound").fix("clip the levels on both sides"))
    })?;
    Ok(Some(Form {
        form: "arithmetic",
        source,
        scale: divisor,
        low: Spread::one(level(low)),
        high: Spread::one(level(high)),
        rounding,
        nodes: std::mem::take(nodes),
    }))
}

/// Follows sums and clips back; each clip's bounds pass through `moved`, with the offset added after it so far.
fn clipped_sum(
    context: &Context,
    mut value: ValueId,
    nodes: &mut Vec<NodeIndex>,
    bounds: &mut Bounds,
    moved: impl Fn(f64, f64) -> f64,
) -> Result<Option<linear_form::Shifted>> {
    let mut offset = 0.0;
    for _ in 0..MOST_CLIPS {
        let Some(sum) = linear_form::resolve(context, value, nodes)? else { return Ok(None) };
        offset += sum.offset;
        let Some(clip) = clip_of(context, sum.value)? else {
            return Ok(Some(linear_form::Shifted { value: sum.value, offset }));
        };
        bounds.clip_inside(moved(clip.low, offset), moved(clip.high, offset));
        nodes.push(clip.node);
        value = clip.inner;
    }
    Ok(None)
}

/// The dividend and the scale, which must be the scale that the level is multiplied by.
fn divided(context: &Context, node: &Node, scale: ValueId) -> Result<(ValueId, Spread<f32>)> {
    let wrong = |problem: String| {
        Error::input(problem).at_node(&node.name).fix("divide by and multiply with the same constant scale")
    };
    let read = |value| Spread::read(context, value).map_err(|e| e.at_node(&node.name));
    let wanted = read(scale)?;
    check_scale(&wanted.values).map_err(|e| wrong(e).fix(SCALE))?;
    let (a, b) = (node.input(0)?, node.input(1)?);
    if node.is("Div") {
        let divisor = read(b)?;
        return if divisor == wanted {
            Ok((a, wanted))
        } else {
            let (d, w) = (divisor.values.first(), wanted.values.first());
            Err(wrong(format!(
                "this quantiser divides by one scale ({:?}, …) and multiplies by another ({:?}, …)",
                d.copied().unwrap_or(f32::NAN),
                w.copied().unwrap_or(f32::NAN)
            )))
        };
    }
    let (source, factor) = if context.flow.is_constant(b) && !is_reciprocal_of(context, a, scale) {
        (a, b)
    } else if context.flow.is_constant(a) {
        (b, a)
    } else {
        return Err(wrong("the scale of this quantiser is computed from the input".into()));
    };
    let factor = read(factor)?;
    let inverse = |(f, s): (&f32, &f32)| f64::from(*f) * f64::from(*s) == 1.0;
    if factor.dims == wanted.dims && factor.values.iter().zip(&wanted.values).all(inverse) {
        return Ok((source, wanted));
    }
    Err(wrong(
        "this quantiser multiplies by a rounded reciprocal of its scale, which is not the same as dividing"
            .into(),
    )
    .fix("export the division itself (x / s), or use scales that are powers of two"))
}

/// Whether `scale` is the reciprocal of this constant; distinguishes factor and value if both are constant.
fn is_reciprocal_of(context: &Context, value: ValueId, scale: ValueId) -> bool {
    let same = |v: ValueId| {
        let (Ok(a), Ok(b)) = (context.flow.constant(v), context.flow.constant(scale)) else { return false };
        a.len() == b.len() && a.to_f64().iter().zip(b.to_f64()).all(|(x, y)| x * y == 1.0)
    };
    context.flow.is_constant(value) && same(value)
}

/// An operator that rounds.
#[derive(Clone, Copy)]
enum Round {
    Floor,
    Ceil,
    Nearest,
}

impl Round {
    fn of(node: &Node) -> Option<Self> {
        match node.standard_op()? {
            "Floor" => Some(Self::Floor),
            "Ceil" => Some(Self::Ceil),
            "Round" => Some(Self::Nearest),
            _ => None,
        }
    }

    fn apply(self, x: f64) -> f64 {
        match self {
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Nearest => x.round_ties_even(),
        }
    }

    /// The rule of `round(y + before) + after`, when it is one that maps 0 to 0.
    fn rule(self, before: f64, after: f64) -> Result<Rounding, String> {
        let whole = before.floor();
        let (rule, moved) = match (self, before - whole) {
            (Self::Floor, 0.0) => (Rounding::Floor, whole),
            (Self::Floor, 0.5) => (Rounding::HalfUp, whole),
            (Self::Ceil, 0.0) => (Rounding::Ceil, whole),
            (Self::Ceil, 0.5) => (Rounding::HalfDown, whole + 1.0),
            (Self::Nearest, 0.0) if whole % 2.0 == 0.0 => (Rounding::HalfEven, whole),
            (Self::Nearest, 0.0) => (Rounding::HalfOdd, whole),
            _ => {
                return Err(format!(
                    "{before} is added before rounding; supported are whole numbers and halves"
                ));
            }
        };
        if moved + after == 0.0 {
            Ok(rule)
        } else {
            Err(format!("the levels of this quantiser are shifted by {} after rounding", moved + after))
        }
    }
}
