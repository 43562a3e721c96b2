//! Reductions of integer constants, as computed shapes need them.

use super::Call;
use crate::import::dims::axis;
use crate::import::tensor::{Elements, Tensor};

/// Evaluates the operator `op`: `ReduceProd`, `ReduceSum`, `ReduceMin` or `ReduceMax`.
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
    let mut result: Vec<Option<i64>> = vec![None; kept.iter().product()];
    for (e, &value) in x.as_ints()?.iter().enumerate() {
        let index = index(e, &x.dims, &kept);
        let combined = match result[index] {
            None => Some(value),
            Some(before) => match op {
                "ReduceProd" => before.checked_mul(value),
                "ReduceSum" => before.checked_add(value),
                "ReduceMin" => Some(before.min(value)),
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
    let keep = call.node.int("keepdims", 1) != 0;
    let dims = kept.iter().zip(&reduced).filter(|(_, gone)| keep || !**gone).map(|(&d, _)| d).collect();
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
