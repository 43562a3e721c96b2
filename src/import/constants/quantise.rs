//! `QuantizeLinear`, `DequantizeLinear` and QONNX `Quant` on constants, in `f32` as they are defined.

use super::Call;
use crate::import::dims::{axis, broadcast_index};
use crate::import::tensor::{Elements, Tensor, Type};

/// Evaluates the operator `op`.
pub fn evaluate(call: &Call, op: &str) -> Result<Tensor, String> {
    let x = call.get(0)?;
    let scale = call.get(1)?;
    if call.node.int("block_size", 0) != 0 {
        return Err("blocked quantisation is not supported".into());
    }
    let spread = spread_dims(&scale.dims, &x.dims, call.node.int("axis", 1))?;
    let index = broadcast_index(&spread, &x.dims)?;
    let scale = scale.as_f32()?;
    let zero = match call.optional(2) {
        Some(zero) if zero.len() == scale.len() => zero.as_ints()?.to_vec(),
        Some(_) => return Err("the zero point has not the extents of the scale".into()),
        None => vec![0; scale.len()],
    };
    if op == "DequantizeLinear" {
        #[expect(clippy::cast_precision_loss)]
        let one = |(&q, &i): (&i64, &usize)| q.saturating_sub(zero[i]) as f32 * scale[i];
        let data = x.as_ints()?.iter().zip(&index).map(one).collect();
        return Ok(Tensor::f32(x.dims.clone(), data));
    }
    let ty = output_type(call)?;
    let (low, high) = ty.range().ok_or("quantisation to floats is not supported")?;
    #[expect(clippy::cast_possible_truncation)]
    let one = |(&x, &i): (&f32, &usize)| {
        let rounded = (x / scale[i]).round_ties_even();
        (rounded as i64).saturating_add(zero[i]).clamp(low, high)
    };
    let data = x.as_f32()?.iter().zip(&index).map(one).collect();
    Ok(Tensor { ty, dims: x.dims.clone(), data: Elements::Int(data) })
}

/// QONNX `Quant`: this is how a quantised bias becomes floats; weights are not evaluated but kept as integers.
pub fn quant(call: &Call) -> Result<Tensor, String> {
    const WIDEST: f32 = 32.0;
    let x = call.get(0)?;
    let list = |port: usize| -> Result<Vec<f32>, String> {
        let tensor = call.get(port)?;
        let (values, index) = (tensor.as_f32()?, broadcast_index(&tensor.dims, &x.dims)?);
        Ok(index.into_iter().map(|i| values[i]).collect())
    };
    let (scale, zero, bits) = (list(1)?, list(2)?, list(3)?);
    let signed = call.node.int("signed", 1) != 0;
    if let Some(b) =
        bits.iter().find(|b| b.fract() != 0.0 || **b > WIDEST || **b < 1.0 + f32::from(u8::from(signed)))
    {
        return Err(format!("a width of {b} bits is not supported"));
    }
    let narrowed = f32::from(u8::from(call.node.int("narrow", 1) != 0));
    let mode = call.node.string("rounding_mode", "ROUND").to_uppercase();
    let round = rounding(&mode)?;
    let one = |(e, &x): (usize, &f32)| {
        let all = bits[e].exp2();
        let (low, high) =
            if signed { (-all / 2.0 + narrowed, all / 2.0 - 1.0) } else { (0.0, all - 1.0 - narrowed) };
        (round((x / scale[e] + zero[e]).max(low).min(high)) - zero[e]) * scale[e]
    };
    let data = x.as_f32()?.iter().enumerate().map(one).collect();
    Ok(Tensor::f32(x.dims.clone(), data))
}

/// QONNX's rounding modes; "up" and "down" mean away from and towards zero.
fn rounding(mode: &str) -> Result<fn(f32) -> f32, String> {
    Ok(match mode {
        "ROUND" | "HALF_EVEN" => f32::round_ties_even,
        "CEIL" => f32::ceil,
        "FLOOR" => f32::floor,
        "UP" => |x| x.abs().ceil().copysign(x),
        "DOWN" | "ROUND_TO_ZERO" => f32::trunc,
        "HALF_UP" => |x| (x.abs() + 0.5).floor().copysign(x),
        "HALF_DOWN" => |x| (x.abs() - 0.5).ceil().copysign(x),
        _ => return Err(format!("the rounding mode {:?} is unknown", crate::error::printable(mode))),
    })
}

/// Integer type that `QuantizeLinear` writes.
fn output_type(call: &Call) -> Result<Type, String> {
    match (call.optional(2), call.node.int("output_dtype", 0)) {
        (Some(zero), _) => Ok(zero.ty),
        (None, 0) => Ok(Type::Int { bits: 8, signed: false }),
        (None, number) => Type::from_onnx(i32::try_from(number).unwrap_or(0)),
    }
}

/// Extents under which a scale, scalar or along `axis`, spreads over a value with extents `dims`.
pub fn spread_dims(scale: &[usize], dims: &[usize], along: i64) -> Result<Vec<usize>, String> {
    match scale {
        [] | [1] => Ok(vec![]),
        [n] => {
            let along = axis(along, dims.len())?;
            if dims[along] != *n {
                return Err(format!("{n} scales along extent {along} of {dims:?}"));
            }
            let mut spread = vec![1; dims.len()];
            spread[along] = *n;
            Ok(spread)
        }
        _ => Err("blocked quantisation is not supported".into()),
    }
}
