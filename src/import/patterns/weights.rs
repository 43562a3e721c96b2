//! Weights: a constant matrix behind a quantiser in any form, as integers with their scales.

use super::quantiser::{self, Form, Spread};
use super::{Context, linear_form, passthrough, qdq};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::import::dims;
use crate::quant::{Quantiser, Rounding, Weights};

/// Integer levels of a constant before they are brought into the order of [`Weights`].
struct Levels {
    dims: Vec<usize>,
    levels: Vec<i32>,
    /// One entry an element, or one for all.
    scale: Vec<f32>,
    form: &'static str,
}

/// Weights that are stored output by output (`by_output`) or input by input; and how they were found.
pub fn read(context: &Context, value: ValueId, by_output: bool) -> Result<(Weights, String)> {
    let mut value = value;
    let mut by_output = by_output;
    let model = context.flow.model;
    loop {
        if let Some(levels) = quantised(context, value)? {
            return arrange(&levels, by_output);
        }
        if let Some(sum) = linear_form::resolve(context, value, &mut Vec::new())?
            && sum.offset == 0.0
            && sum.value != value
        {
            value = sum.value;
            continue;
        }
        let Some((_, node)) = model.producer_of(value) else { break };
        if node.is("Transpose") {
            let order = dims::order(node.ints("perm"), 2).map_err(|e| Error::input(e).at_node(&node.name))?;
            by_output ^= order == [1, 0];
        } else if !passthrough::is_float_cast(node) {
            break;
        }
        value = node.input(0)?;
    }
    let Some(bits) = context.options.weight_bits else {
        return Err(Error::input("the weights of this layer are not quantised").fix(
            "quantise them in training, or pass --weight-bits 8 to round them now (symmetric, per output channel)",
        ));
    };
    arrange(&rounded(context, value, by_output, bits)?, by_output)
}

/// The integers behind a quantiser or `DequantizeLinear`.
fn quantised(context: &Context, value: ValueId) -> Result<Option<Levels>> {
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
    quantiser::check_scale(&scale.values).map_err(|e| at(Error::input(e)))?;
    let zero = zero.by_element(&integers.dims).map_err(at)?;
    let limit = i64::from(Quantiser::MAX_LEVEL);
    let level = |(&q, &z): (&i64, &i64)| {
        q.checked_sub(z)
            .filter(|l| l.abs() <= limit)
            .and_then(|l| i32::try_from(l).ok())
            .ok_or_else(|| Error::input(format!("a weight of {q} − {z}; supported are −{limit}…{limit}")))
    };
    let levels: Vec<i32> = integers
        .as_ints()
        .map_err(Error::input)?
        .iter()
        .zip(&zero)
        .map(level)
        .collect::<Result<_>>()
        .map_err(at)?;
    let scale = spread(&scale, &integers.dims).map_err(at)?;
    Ok(Some(Levels { dims: integers.dims.clone(), levels, scale, form: "DequantizeLinear" }))
}

/// One scale for all, or one an element.
fn spread(scale: &Spread<f32>, dims: &[usize]) -> Result<Vec<f32>> {
    if scale.values.len() == 1 { Ok(scale.values.clone()) } else { scale.by_element(dims) }
}

/// Applies a quantiser to a constant. The ratio of two floats in double precision is further from every boundary than
/// its rounding error, or exactly on it: the levels are those of real arithmetic.
fn apply(context: &Context, form: &Form) -> Result<Levels> {
    let at = |e: Error| match form.nodes.first() {
        Some(&n) => e.at_node(&context.flow.model.nodes[n].name),
        None => e,
    };
    if !context.flow.is_constant(form.source) {
        return Err(at(Error::input("the right operand of this product is computed from the input")));
    }
    let tensor = context.flow.constant(form.source)?;
    let dims = &tensor.dims;
    let values = tensor.as_f32().map_err(|e| at(Error::input(e)))?;
    let (low, high) = (form.low.by_element(dims).map_err(at)?, form.high.by_element(dims).map_err(at)?);
    let limit = Quantiser::MAX_LEVEL;
    if low.iter().chain(&high).any(|l| !(-limit..=limit).contains(l)) {
        return Err(at(Error::input(format!("levels beyond −{limit}…{limit} are not supported"))));
    }
    let scale = spread(&form.scale, dims).map_err(at)?;
    let levels = values
        .iter()
        .enumerate()
        .map(|(e, &w)| {
            let s = if scale.len() == 1 { scale[0] } else { scale[e] };
            finite(w).map(|w| level(form.rounding, w / f64::from(s)).max(low[e]).min(high[e]))
        })
        .collect::<Result<_>>()
        .map_err(at)?;
    Ok(Levels { dims: dims.clone(), levels, scale, form: form.form })
}

fn finite(w: f32) -> Result<f64> {
    if w.is_finite() { Ok(f64::from(w)) } else { Err(Error::input(format!("a weight is {w}"))) }
}

/// The ratio as an integer; saturates.
fn level(rounding: Rounding, ratio: f64) -> i32 {
    quantiser::level(match rounding {
        Rounding::HalfUp => (ratio + 0.5).floor(),
        Rounding::HalfDown => (ratio - 0.5).ceil(),
        Rounding::HalfEven => ratio.round_ties_even(),
        Rounding::HalfOdd => (ratio + 1.0).round_ties_even() - 1.0,
        Rounding::Floor => ratio.floor(),
        Rounding::Ceil => ratio.ceil(),
        Rounding::Truncate => ratio.trunc(),
    })
}

/// Rounds float weights: symmetric, one scale an output channel, `max|w| / (2^(bits − 1) − 1)` in single precision.
fn rounded(context: &Context, value: ValueId, by_output: bool, bits: u8) -> Result<Levels> {
    let tensor = context.flow.constant(value)?;
    let values = tensor.as_f32().map_err(Error::input)?;
    let [rows, columns] = matrix(&tensor.dims)?;
    let output = |e: usize| if by_output { e / columns } else { e % columns };
    let outputs = if by_output { rows } else { columns };
    let mut largest = vec![0f32; outputs];
    for (e, &w) in values.iter().enumerate() {
        finite(w)?;
        largest[output(e)] = largest[output(e)].max(w.abs());
    }
    let top = (1i32 << (bits - 1)) - 1;
    #[expect(clippy::cast_precision_loss)]
    let scales: Vec<f32> = largest
        .iter()
        .map(|&m| if m == 0.0 { 1.0 } else { (m / top as f32).max(f32::MIN_POSITIVE) })
        .collect();
    let scale: Vec<f32> = (0..values.len()).map(|e| scales[output(e)]).collect();
    let one = |(&w, &s): (&f32, &f32)| level(Rounding::HalfUp, f64::from(w) / f64::from(s)).clamp(-top, top);
    let levels = values.iter().zip(&scale).map(one).collect();
    Ok(Levels { dims: tensor.dims.clone(), levels, scale, form: "floats, rounded at import" })
}

/// Extents of a matrix.
fn matrix(dims: &[usize]) -> Result<[usize; 2]> {
    match dims {
        &[rows, columns] if rows > 0 && columns > 0 => Ok([rows, columns]),
        _ => Err(Error::input(format!("weights with extents {dims:?}; supported is a matrix"))),
    }
}

/// Brings levels into the order of [`Weights`] and finds the scale of every output.
fn arrange(found: &Levels, by_output: bool) -> Result<(Weights, String)> {
    let [rows, columns] = matrix(&found.dims)?;
    let (outputs, inputs) = if by_output { (rows, columns) } else { (columns, rows) };
    let element = |o: usize, i: usize| if by_output { o * columns + i } else { i * columns + o };
    let levels: Vec<i32> =
        (0..outputs).flat_map(|o| (0..inputs).map(move |i| element(o, i))).map(|e| found.levels[e]).collect();
    let scale = if found.scale.len() == 1 {
        found.scale.clone()
    } else {
        let of_output = |o: usize| found.scale[element(o, 0)];
        if (0..outputs).any(|o| (0..inputs).any(|i| found.scale[element(o, i)] != of_output(o))) {
            return Err(Error::input("the weights have a scale that differs between input channels")
                .fix("quantise the weights per tensor or per output channel"));
        }
        (0..outputs).map(of_output).collect()
    };
    let low = levels.iter().min().copied().unwrap_or(0);
    let high = levels.iter().max().copied().unwrap_or(0);
    let scales = if scale.len() == 1 { "per tensor" } else { "per output channel" };
    let detail = format!("{outputs}×{inputs} weights {low}…{high} {scales} ({})", found.form);
    Ok((Weights { inputs, outputs, levels, scale }, detail))
}
