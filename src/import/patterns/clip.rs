//! Clipping, as exporters write it: `Clip` in both forms, `Min`, `Max`, `Relu`, `Where` with a comparison.

use super::Context;
use crate::error::{Error, Result};
use crate::import::decode::{Node, NodeIndex, ValueId};

/// A clipped value.
pub struct Clip {
    /// The clipped input.
    pub inner: ValueId,
    /// Lower bound, possibly −∞.
    pub low: f64,
    /// Upper bound, possibly +∞.
    pub high: f64,
    /// The node.
    pub node: NodeIndex,
    /// Whether it is a `Relu`, which is also an operator of its own.
    pub is_relu: bool,
}

/// Bounds beyond this mean "none": exporters write the largest float.
const UNBOUNDED: f64 = 2_147_483_648.0;

/// The clipping that writes this value.
///
/// # Errors
/// When the bounds are not numbers, or differ between elements.
pub fn clip_of(context: &Context, value: ValueId) -> Result<Option<Clip>> {
    let Some((index, node)) = context.flow.model.producer_of(value) else { return Ok(None) };
    let found = match node.standard_op() {
        Some("Clip") => clip(context, node)?,
        Some("Relu") => Some((node.input(0)?, 0.0, f64::INFINITY)),
        Some(op @ ("Min" | "Max")) => min_max(context, node, op)?,
        Some("Where") => choice(context, node)?,
        _ => None,
    };
    let Some((inner, low, high)) = found else { return Ok(None) };
    if low.is_nan() || high.is_nan() {
        return Err(Error::input("a bound is not a number")
            .fix("clip at finite numbers, or leave the bound out")
            .at_node(&node.name));
    }
    let low = if low < -UNBOUNDED { f64::NEG_INFINITY } else { low };
    let high = if high > UNBOUNDED { f64::INFINITY } else { high };
    Ok(Some(Clip { inner, low, high, node: index, is_relu: node.is("Relu") }))
}

/// The value of a bound that is a single number.
fn bound(context: &Context, node: &Node, value: ValueId) -> Result<f64> {
    let wrong = |problem: &str| {
        Error::input(problem)
            .at_node(&node.name)
            .fix("export the quantiser with the same integer bounds for all channels")
    };
    if !context.flow.is_constant(value) {
        return Err(wrong("a bound is computed from the input"));
    }
    context.flow.constant(value)?.uniform().ok_or_else(|| wrong("the bounds differ between channels"))
}

fn clip(context: &Context, node: &Node) -> Result<Option<(ValueId, f64, f64)>> {
    let read = |port: usize, name: &str, none: f64| match node.optional_input(port) {
        Some(value) => bound(context, node, value),
        None if node.attribute(name).is_some() => Ok(f64::from(node.float(name, 0.0))),
        None => Ok(none),
    };
    let (low, high) = (read(1, "min", f64::NEG_INFINITY)?, read(2, "max", f64::INFINITY)?);
    Ok(Some((node.input(0)?, low, high)))
}

/// `Min` or `Max` of a value and a number.
fn min_max(context: &Context, node: &Node, op: &str) -> Result<Option<(ValueId, f64, f64)>> {
    if node.inputs.len() != 2 {
        return Ok(None);
    }
    let Some((inner, number)) = value_and_number(context, node.input(0)?, node.input(1)?)? else {
        return Ok(None);
    };
    let number = bound(context, node, number)?;
    Ok(Some(if op == "Min" { (inner, f64::NEG_INFINITY, number) } else { (inner, number, f64::INFINITY) }))
}

/// Separates a value from the number it is compared with: the number is constant and, if both are, has one element.
fn value_and_number(context: &Context, a: ValueId, b: ValueId) -> Result<Option<(ValueId, ValueId)>> {
    let single = |v: ValueId| -> Result<bool> {
        Ok(context.flow.is_constant(v) && context.flow.extents(v)?.is_some_and(|d| d.iter().all(|&d| d == 1)))
    };
    if single(b)? {
        Ok(Some((a, b)))
    } else if single(a)? {
        Ok(Some((b, a)))
    } else {
        Ok(None)
    }
}

/// `Where(x > h, h, x)` and its seven relatives.
fn choice(context: &Context, node: &Node) -> Result<Option<(ValueId, f64, f64)>> {
    let (condition, yes, no) = (node.input(0)?, node.input(1)?, node.input(2)?);
    let Some((_, comparison)) = context.flow.model.producer_of(condition) else { return Ok(None) };
    let greater = match comparison.standard_op() {
        Some("Greater" | "GreaterOrEqual") => true,
        Some("Less" | "LessOrEqual") => false,
        _ => return Ok(None),
    };
    let (left, right) = (comparison.input(0)?, comparison.input(1)?);
    let Some((inner, number)) = value_and_number(context, yes, no)? else { return Ok(None) };
    let Some((compared, limit)) = value_and_number(context, left, right)? else { return Ok(None) };
    let (number, limit) = (bound(context, node, number)?, bound(context, node, limit)?);
    if compared != inner || number != limit {
        return Ok(None);
    }
    // Whether the number replaces the value where the value is the greater one.
    let greater = if compared == left { greater } else { !greater };
    let caps = if inner == no { greater } else { !greater };
    Ok(Some(if caps { (inner, f64::NEG_INFINITY, number) } else { (inner, number, f64::INFINITY) }))
}

/// Bounds of a level, gathered from the outermost clip inwards.
pub struct Bounds {
    low: f64,
    high: f64,
}

impl Bounds {
    /// No bounds.
    pub fn none() -> Self {
        Self { low: f64::NEG_INFINITY, high: f64::INFINITY }
    }

    /// Adds a clip that happens before all that were added so far: its bounds are clipped like any value.
    pub fn clip_inside(&mut self, low: f64, high: f64) {
        let clipped = |x: f64| x.max(self.low).min(self.high);
        (self.low, self.high) = (clipped(low).min(clipped(high)), clipped(high));
    }

    /// Whether all present bounds are integers.
    pub fn are_integers(&self) -> bool {
        [self.low, self.high].iter().all(|b| b.is_infinite() || b.fract() == 0.0)
    }

    /// Both bounds, if both are present.
    pub fn both(&self) -> Option<(f64, f64)> {
        (self.low.is_finite() && self.high.is_finite()).then_some((self.low, self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_clips_are_clipped_by_outer_ones() {
        let mut bounds = Bounds::none();
        bounds.clip_inside(-8.0, 7.0);
        bounds.clip_inside(0.0, f64::INFINITY);
        assert_eq!(bounds.both(), Some((0.0, 7.0)));
        bounds.clip_inside(20.0, 30.0);
        assert_eq!(bounds.both(), Some((7.0, 7.0)));
    }
}
