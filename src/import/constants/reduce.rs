//! Reductions of constants.

use super::Call;
use crate::import::dims::axis;
use crate::import::tensor::{Elements, Tensor};

/// Evaluates the operator `op`: `ReduceProd`, `ReduceSum`, `ReduceMin`, `ReduceMax` or `ReduceMean`.
pub fn evaluate(call: &Call, op: &str) -> Result<Tensor, String> {
    let x = call.get(0)?;
    let rank = x.dims.len();
    let axes = call.list("axes", 1)?.unwrap_or(&[]);
    let mut reduced = vec![axes.is_empty() && call.node.int("noop_with_empty_axes", 0) == 0; rank];
    for &a in axes {
        reduced[axis(a, rank)?] = true;
    }
    let kept: Vec<usize> =
        x.dims.iter().zip(&reduced).map(|(&extent, &gone)| if gone { 1 } else { extent }).collect();
    let keep = call.node.int("keepdims", 1) != 0;
    let dims: Vec<usize> =
        kept.iter().zip(&reduced).filter(|(_, gone)| keep || !**gone).map(|(&d, _)| d).collect();
    if !matches!(x.data, Elements::Int(_)) {
        return floats(op, x, &kept, dims);
    }
    let mut result: Vec<Option<i64>> = vec![None; kept.iter().product()];
    for (e, &value) in x.as_ints()?.iter().enumerate() {
        let index = index(e, &x.dims, &kept);
        let combined = match result[index] {
            None => Some(value),
            Some(before) => match op {
                "ReduceProd" => before.checked_mul(value),
                "ReduceSum" => before.checked_add(value),
                "ReduceMin" => Some(before.min(value)),
                "ReduceMean" => None,
                _ => Some(before.max(value)),
            },
        };
        result[index] = Some(combined.ok_or("the result is too large")?);
    }
    // Of nothing.
    let neutral = match op {
        "ReduceProd" => Some(1),
        "ReduceSum" => Some(0),
        _ => None,
    };
    let data: Option<Vec<i64>> = result.into_iter().map(|r| r.or(neutral)).collect();
    let data = data.ok_or("an extreme of no elements")?;
    Ok(Tensor { ty: x.ty, dims, data: Elements::Int(data) })
}

/// Where element `e` of a tensor with extents `dims` goes; extents of 1 in `kept` are reduced.
fn index(mut e: usize, dims: &[usize], kept: &[usize]) -> usize {
    let (mut index, mut stride) = (0, 1);
    for (&extent, &kept) in dims.iter().zip(kept).rev() {
        index += e % extent % kept * stride;
        stride *= kept;
        e /= extent;
    }
    index
}

/// A reduction of floats, in double precision, rounded once.
fn floats(op: &str, x: &Tensor, kept: &[usize], dims: Vec<usize>) -> Result<Tensor, String> {
    let mut groups: Vec<Vec<f64>> = vec![Vec::new(); kept.iter().product()];
    for (e, value) in x.to_f64().into_iter().enumerate() {
        groups[index(e, &x.dims, kept)].push(value);
    }
    #[expect(clippy::cast_precision_loss)]
    let one = |group: Vec<f64>| -> Option<f64> {
        Some(match op {
            "ReduceProd" => group.iter().product(),
            "ReduceSum" => group.iter().sum(),
            "ReduceMean" => group.iter().sum::<f64>() / group.len() as f64,
            "ReduceMin" => group.into_iter().reduce(f64::min)?,
            _ => group.into_iter().reduce(f64::max)?,
        })
    };
    let data: Option<Vec<f64>> = groups.into_iter().map(one).collect();
    let data = data.ok_or("an extreme of no elements")?;
    #[expect(clippy::cast_possible_truncation)]
    Ok(match x.data {
        Elements::F64(_) => Tensor { ty: x.ty, dims, data: Elements::F64(data) },
        _ => Tensor::f32(dims, data.into_iter().map(|x| x as f32).collect()),
    })
}
