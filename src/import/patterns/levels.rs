//! The integers behind a constant: stored ones, or those that a quantiser makes of floats, in exact arithmetic.

use super::form::{self, Form, Spread};
use super::quantiser;
use super::{Context, linear_form, passthrough, qdq};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::quant::Rounding;

/// A constant as integers times scales.
pub struct Levels {
    /// Extents.
    pub dims: Vec<usize>,
    /// The integers, zero point subtracted.
    pub levels: Vec<i64>,
    /// One entry per element, or one for all.
    pub scale: Vec<f64>,
    /// The pattern that was found.
    pub form: &'static str,
}

impl Levels {
    /// Scale of an element.
    pub fn scale_of(&self, element: usize) -> f64 {
        if self.scale.len() == 1 { self.scale[0] } else { self.scale[element] }
    }
}

/// The integers of a constant that is quantised.
///
/// # Errors
/// If it is quantised and its quantiser is wrong.
pub fn of(context: &Context, value: ValueId) -> Result<Option<Levels>> {
    if let Some(form) = quantiser::form_of(context, value)? {
        return apply(context, &form).map(Some);
    }
    let Some((_, node)) = context.flow.model.producer_of(value) else { return Ok(None) };
    if !node.is("DequantizeLinear") {
        return Ok(None);
    }
    let at = |e: Error| e.at_node(&node.name);
    let integers = context.flow.constant(node.input(0)?)?;
    let (scale, zero) = qdq::parameters(context, node, &integers.dims)?;
    form::check_scale(&scale.values).map_err(|e| at(Error::input(e)))?;
    let zero = zero.by_element(&integers.dims).map_err(at)?;
    let stored = integers.as_ints().map_err(Error::input).map_err(at)?;
    let level = |(&q, &z): (&i64, &i64)| {
        q.checked_sub(z).filter(|l| l.unsigned_abs() < 1 << 40).ok_or_else(|| {
            at(Error::input(format!("the integer {q} with zero point {z}; supported are 40 bits"))
                .fix("quantise to at most 32 bits"))
        })
    };
    let levels = stored.iter().zip(&zero).map(level).collect::<Result<_>>()?;
    let scale = spread(&scale, &integers.dims).map_err(at)?.into_iter().map(f64::from).collect();
    Ok(Some(Levels { dims: integers.dims.clone(), levels, scale, form: "DequantizeLinear" }))
}

/// What a constant is the same as, one step back: behind a cast to floats, an `Identity`, or a sum that cancels.
pub fn behind(context: &Context, value: ValueId) -> Result<Option<ValueId>> {
    if let Some(sum) = linear_form::resolve(context, value, &mut Vec::new())?
        && sum.offset == 0.0
        && sum.value != value
    {
        return Ok(Some(sum.value));
    }
    match context.flow.model.producer_of(value) {
        Some((_, node)) if passthrough::is_float_cast(context.flow, node) => node.input(0).map(Some),
        _ => Ok(None),
    }
}

/// One scale for all, or one per element.
fn spread(scale: &Spread<f32>, dims: &[usize]) -> Result<Vec<f32>> {
    if scale.values.len() == 1 { Ok(scale.values.clone()) } else { scale.by_element(dims) }
}

/// Applies a quantiser to a constant.
fn apply(context: &Context, form: &Form) -> Result<Levels> {
    let at = |e: Error| match form.nodes.first() {
        Some(&n) => e.at_node(&context.flow.model.nodes[n].name),
        None => e,
    };
    if !context.flow.is_constant(form.source) {
        return Err(at(Error::input("the right operand of this product is computed from the input")
            .fix("write the layer as x·W with constant weights on the right")));
    }
    let tensor = context.flow.constant(form.source)?;
    let dims = &tensor.dims;
    let values = tensor.as_f32().map_err(|e| at(Error::input(e)))?;
    let (low, high) = (form.low.by_element(dims).map_err(at)?, form.high.by_element(dims).map_err(at)?);
    let scale = spread(&form.scale, dims).map_err(at)?;
    let mut levels = Vec::with_capacity(values.len());
    for (e, &w) in values.iter().enumerate() {
        let scale = if scale.len() == 1 { scale[0] } else { scale[e] };
        let level = level(form.rounding, finite(w).map_err(at)?, scale);
        levels.push(level.max(low[e].into()).min(high[e].into()));
    }
    let scale = scale.into_iter().map(f64::from).collect();
    Ok(Levels { dims: dims.clone(), levels, scale, form: form.form })
}

/// The number, if it is one.
pub fn finite(w: f32) -> Result<f32> {
    if w.is_finite() {
        Ok(w)
    } else {
        Err(Error::input(format!("a weight is {w}"))
            .fix("train or initialise the weights: they must be finite numbers"))
    }
}

/// `round(w/s)`; beyond ±2^40 some number beyond ±2^39.
pub fn level(rounding: Rounding, w: f32, s: f32) -> i64 {
    let (halves, rest) = twice(w, s);
    let reached = |k: i64| {
        let boundary = rounding.boundary(k);
        halves > boundary.halves || (halves == boundary.halves && (boundary.inclusive || rest))
    };
    // The integers beside w/s.
    let floor = halves.div_euclid(2);
    if reached(floor + 1) { floor + 1 } else { floor }
}

/// `floor(2·w/s)`, and whether `2·w/s` is more than that; for a finite `w` and a positive finite `s`.
fn twice(w: f32, s: f32) -> (i64, bool) {
    const FURTHEST: i32 = 64;
    let parts = |x: f32| {
        let (exponent, mantissa) = (x.to_bits() >> 23 & 0xff, x.to_bits() & 0x7f_ffff);
        let mantissa = i128::from(if exponent == 0 { mantissa } else { mantissa | 1 << 23 });
        // At most 255.
        (mantissa, exponent.max(1) as i32)
    };
    let ((m, e), (n, f)) = (parts(w), parts(s));
    // 2·w/s = m/n·2^shift; beyond 2^64 only the sign matters.
    let shift = (e - f + 1).clamp(-FURTHEST, FURTHEST);
    let m = if w.is_sign_negative() { -m } else { m };
    let (numerator, denominator) = if shift < 0 { (m, n << -shift) } else { (m << shift, n) };
    let (floor, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let limit = 1i128 << 41;
    (i64::try_from(floor.clamp(-limit, limit)).unwrap_or(0), rest != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Rounding; 7] = [
        Rounding::HalfUp,
        Rounding::HalfEven,
        Rounding::HalfOdd,
        Rounding::HalfDown,
        Rounding::Floor,
        Rounding::Ceil,
        Rounding::Truncate,
    ];

    #[test]
    fn quotients_that_doubles_hold_are_rounded_as_doubles() {
        for rounding in ALL {
            for q in -80i16..=80 {
                let (w, s) = (f32::from(q) * 0.125, 0.5);
                let x = f64::from(q) * 0.25;
                let expected = match rounding {
                    Rounding::HalfUp => (x + 0.5).floor(),
                    Rounding::HalfDown => (x - 0.5).ceil(),
                    Rounding::HalfEven => x.round_ties_even(),
                    Rounding::HalfOdd => (x + 1.0).round_ties_even() - 1.0,
                    Rounding::Floor => x.floor(),
                    Rounding::Ceil => x.ceil(),
                    Rounding::Truncate => x.trunc(),
                };
                #[expect(clippy::cast_precision_loss)]
                let found = level(rounding, w, s) as f64;
                assert_eq!(found, expected, "{rounding:?} of {x}");
            }
        }
    }

    #[test]
    fn extremes() {
        let up = Rounding::HalfUp;
        assert_eq!(level(up, 0.0, f32::MAX), 0);
        assert_eq!(level(up, -0.0, 1e-45), 0);
        assert_eq!(level(up, 1e-45, 1e-45), 1);
        assert_eq!(level(up, f32::MAX, f32::MAX), 1);
        assert_eq!(level(up, 1e-45, f32::MAX), 0);
        assert_eq!(level(Rounding::Ceil, 1e-45, f32::MAX), 1);
        assert_eq!(level(Rounding::Floor, -1e-45, f32::MAX), -1);
        assert!(level(up, f32::MAX, 1e-45) > 1 << 39);
        assert!(level(up, f32::MIN, 1e-45) < -(1 << 39));
        // One unit in the last place below a half.
        assert_eq!(level(up, 0.5f32.next_down(), 1.0), 0);
        assert_eq!(level(up, 8_388_607.5, 1.0), 8_388_608);
        assert_eq!(level(Rounding::HalfEven, 8_388_606.5, 1.0), 8_388_606);
    }
}
