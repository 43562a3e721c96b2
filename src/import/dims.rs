//! Arithmetic on extents, as constant folding and shape inference share it.

use super::tensor::count;

/// Extents of an elementwise result.
pub fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let rank = a.len().max(b.len());
    let at = |dims: &[usize], i: usize| if i + dims.len() < rank { 1 } else { dims[i + dims.len() - rank] };
    let dims = (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => Ok(x),
            (1, x) | (x, 1) => Ok(x),
            _ => Err(format!("extents {a:?} and {b:?} do not fit each other")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    count(&dims)?;
    Ok(dims)
}

/// Row-major strides.
pub fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for i in (1..dims.len()).rev() {
        strides[i - 1] = strides[i] * dims[i];
    }
    strides
}

/// For every element of a result with extents `to`, the element of an operand with extents `from` it is made of.
pub fn broadcast_index(from: &[usize], to: &[usize]) -> Result<Vec<usize>, String> {
    if broadcast(from, to)? != to {
        return Err(format!("extents {from:?} do not spread to {to:?}"));
    }
    let own = strides(from);
    let skipped = to.len() - from.len();
    let mut index = vec![0];
    for (i, &extent) in to.iter().enumerate() {
        let stride = if i < skipped || from[i - skipped] == 1 { 0 } else { own[i - skipped] };
        index = index.iter().flat_map(|&base| (0..extent).map(move |k| base + k * stride)).collect();
    }
    Ok(index)
}

/// An axis, possibly counted from the end.
pub fn axis(axis: i64, rank: usize) -> Result<usize, String> {
    let signed = i64::try_from(rank).unwrap_or(i64::MAX);
    let positive = if axis < 0 { axis.saturating_add(signed) } else { axis };
    usize::try_from(positive)
        .ok()
        .filter(|&a| a < rank)
        .ok_or_else(|| format!("axis {axis} of a value with {rank} extents"))
}

/// Extents of a product of two stacks of matrices.
pub fn product(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    match (a, b) {
        ([left @ .., m, k], [right @ .., l, n]) if (left == right || left.is_empty()) && k == l => {
            Ok([right, &[*m, *n]].concat())
        }
        _ => Err(format!("extents {a:?} times {b:?}")),
    }
}

/// Extents of parts one after the other along an axis.
pub fn concat(parts: &[Vec<usize>], at: i64) -> Result<Vec<usize>, String> {
    let Some(first) = parts.first() else { return Err("nothing to concatenate".into()) };
    let mut dims = first.clone();
    let at = axis(at, dims.len())?;
    for part in &parts[1..] {
        let same = part.len() == dims.len() && (0..dims.len()).all(|i| i == at || part[i] == dims[i]);
        if !same {
            return Err(format!("cannot put {part:?} behind {dims:?} along axis {at}"));
        }
        dims[at] = dims[at].saturating_add(part[at]);
    }
    count(&dims)?;
    Ok(dims)
}

/// Extents after `Reshape`.
pub fn reshape(dims: &[usize], target: &[i64], zero_is_zero: bool) -> Result<Vec<usize>, String> {
    let wrong = || format!("cannot reshape {dims:?} to {target:?}");
    let mut result = Vec::with_capacity(target.len());
    let mut open = None;
    for (i, &t) in target.iter().enumerate() {
        result.push(match t {
            -1 if open.is_none() => {
                open = Some(i);
                1
            }
            0 if !zero_is_zero => *dims.get(i).ok_or_else(wrong)?,
            _ => usize::try_from(t).map_err(|_| wrong())?,
        });
    }
    let known = count(&result)?;
    let total = count(dims)?;
    if let Some(open) = open {
        if known == 0 || total % known != 0 {
            return Err(wrong());
        }
        result[open] = total / known;
    }
    if count(&result)? == total { Ok(result) } else { Err(wrong()) }
}

/// Extents after `Squeeze`.
pub fn squeeze(dims: &[usize], axes: Option<&[i64]>) -> Result<Vec<usize>, String> {
    let Some(axes) = axes else { return Ok(dims.iter().copied().filter(|&d| d != 1).collect()) };
    let axes = axes.iter().map(|&a| axis(a, dims.len())).collect::<Result<Vec<_>, _>>()?;
    if let Some(&bad) = axes.iter().find(|&&a| dims[a] != 1) {
        return Err(format!("cannot remove extent {bad} of {dims:?}"));
    }
    Ok(dims.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, &d)| d).collect())
}

/// Extents after `Unsqueeze`.
pub fn unsqueeze(dims: &[usize], axes: &[i64]) -> Result<Vec<usize>, String> {
    const MOST: usize = 64;
    let rank = dims.len() + axes.len();
    if rank > MOST {
        return Err(format!("{rank} extents; supported are {MOST}"));
    }
    let axes = axes.iter().map(|&a| axis(a, rank)).collect::<Result<Vec<_>, _>>()?;
    if (1..axes.len()).any(|i| axes[..i].contains(&axes[i])) {
        return Err(format!("an axis is listed twice in {axes:?}"));
    }
    let mut old = dims.iter();
    Ok((0..rank).map(|i| if axes.contains(&i) { 1 } else { old.next().copied().unwrap_or(1) }).collect())
}

/// Extents after `Flatten`.
pub fn flatten(dims: &[usize], at: i64) -> Result<Vec<usize>, String> {
    let rank = i64::try_from(dims.len()).unwrap_or(i64::MAX);
    let at = if at == rank { dims.len() } else { axis(at, dims.len())? };
    Ok(vec![count(&dims[..at])?, count(&dims[at..])?])
}

/// The order of `Transpose`: as given, or reversed.
pub fn order(perm: Option<&[i64]>, rank: usize) -> Result<Vec<usize>, String> {
    let Some(perm) = perm else { return Ok((0..rank).rev().collect()) };
    let order = perm.iter().map(|&p| axis(p, rank)).collect::<Result<Vec<_>, _>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.into_iter().eq(0..rank) {
        Ok(order)
    } else {
        Err(format!("{perm:?} is not an order of {rank} extents"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reshape_follows_onnx() {
        assert_eq!(reshape(&[2, 3, 4], &[0, -1], false), Ok(vec![2, 12]));
        assert!(reshape(&[2, 3], &[-1, -1], false).is_err());
        assert!(reshape(&[2, 3], &[4, -1], false).is_err());
        assert!(reshape(&[2, 3], &[i64::MAX, i64::MAX], false).is_err());
        assert_eq!(reshape(&[0, 3], &[0, 3], true), Ok(vec![0, 3]));
    }

    #[test]
    fn axes_count_from_both_ends() {
        assert_eq!(unsqueeze(&[2, 3], &[0, -1]), Ok(vec![1, 2, 3, 1]));
        assert!(unsqueeze(&[2, 3], &[0, 0]).is_err());
        assert_eq!(squeeze(&[1, 2, 1], Some(&[-1])), Ok(vec![1, 2]));
        assert!(axis(i64::MIN, 3).is_err());
    }

    #[test]
    fn broadcasting_aligns_the_last_extents() {
        assert_eq!(broadcast(&[4, 1], &[3]), Ok(vec![4, 3]));
        assert!(broadcast(&[4], &[3]).is_err());
        assert_eq!(broadcast_index(&[2, 1], &[2, 2]), Ok(vec![0, 0, 1, 1]));
    }
}
