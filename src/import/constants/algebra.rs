//! Products, sums along an extent, and selections of constants.

use super::Call;
use crate::import::dims::{self, axis};
use crate::import::tensor::{Elements, Tensor, Type, count};

/// Evaluates the operator `op`.
pub fn evaluate(call: &Call, op: &str) -> Result<Tensor, String> {
    match op {
        "CumSum" => cumsum(call),
        "Trilu" => trilu(call),
        "MatMul" => matmul(call),
        "Tile" => tile(call),
        "GatherElements" => gather_elements(call),
        "GatherND" => gather_nd(call),
        "Softmax" => softmax(call),
        _ => Err(format!("cannot evaluate {op} on constants")),
    }
}

/// The elements with these indices.
fn pick(x: &Tensor, dims: Vec<usize>, index: &[usize]) -> Tensor {
    super::layout::pick(x, dims, index)
}

fn cumsum(call: &Call) -> Result<Tensor, String> {
    let (x, along) = (call.get(0)?, call.get(1)?.as_ints()?);
    let &[along] = along else { return Err("a CumSum along several extents".into()) };
    let along = axis(along, x.dims.len())?;
    let (exclusive, reverse) = (call.node.int("exclusive", 0) != 0, call.node.int("reverse", 0) != 0);
    let (extent, inner) = (x.dims[along], count(&x.dims[along + 1..])?);
    let mut result = x.clone();
    macro_rules! sum {
        ($values:expr, $zero:expr, $add:expr) => {{
            let source = $values.clone();
            for lane in 0..source.len() / extent.max(1) {
                let start = lane / inner * inner * extent + lane % inner;
                let mut total = $zero;
                for step in 0..extent {
                    let e = start + if reverse { extent - 1 - step } else { step } * inner;
                    let next = $add(total, source[e])?;
                    $values[e] = if exclusive { total } else { next };
                    total = next;
                }
            }
        }};
    }
    let too_large = || "a sum that is too large".to_owned();
    match &mut result.data {
        Elements::F32(v) => sum!(v, 0.0, |a: f32, b: f32| Ok::<f32, String>(a + b)),
        Elements::F64(v) => sum!(v, 0.0, |a: f64, b: f64| Ok::<f64, String>(a + b)),
        Elements::Int(v) => sum!(v, 0, |a: i64, b: i64| a.checked_add(b).ok_or_else(too_large)),
    }
    Ok(result)
}

fn trilu(call: &Call) -> Result<Tensor, String> {
    let x = call.get(0)?;
    let k = match call.optional(1).map(Tensor::as_ints).transpose()? {
        None => 0,
        Some(&[k]) => k,
        Some(_) => return Err("a Trilu with several diagonals".into()),
    };
    let &[.., rows, columns] = &x.dims[..] else { return Err("a Trilu of less than a matrix".into()) };
    let upper = call.node.int("upper", 1) != 0;
    let keeps = |e: usize| {
        let at = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let distance = at(e % columns) - at(e / columns % rows);
        if upper { distance >= k } else { distance <= k }
    };
    let mut result = x.clone();
    match &mut result.data {
        Elements::F32(v) => v.iter_mut().enumerate().filter(|(e, _)| !keeps(*e)).for_each(|(_, x)| *x = 0.0),
        Elements::F64(v) => v.iter_mut().enumerate().filter(|(e, _)| !keeps(*e)).for_each(|(_, x)| *x = 0.0),
        Elements::Int(v) => v.iter_mut().enumerate().filter(|(e, _)| !keeps(*e)).for_each(|(_, x)| *x = 0),
    }
    Ok(result)
}

/// A matrix product of floats, its sums in double precision.
#[expect(clippy::cast_possible_truncation)]
fn matmul(call: &Call) -> Result<Tensor, String> {
    let (a, b) = (call.get(0)?, call.get(1)?);
    let result = match (&a.dims[..], &b.dims[..]) {
        ([rows @ .., inner], [k, n]) if !rows.is_empty() && inner == k => [rows, &[*n]].concat(),
        (a, b) => dims::product(a, b)?,
    };
    let (&[.., m, k], &[.., n]) = (&a.dims[..], &b.dims[..]) else {
        return Err("a product of less than matrices".into());
    };
    if b.dims.len() != 2 && b.dims.len() != a.dims.len() {
        return Err("a product of constants of different ranks".into());
    }
    let len = call.room_for(&result)?;
    let (x, y) = (a.to_f64(), b.to_f64());
    let block = if b.dims.len() == 2 { 0 } else { k * n };
    let one = |e: usize| -> f64 {
        let (row, column) = (e / n, e % n);
        (0..k).map(|i| x[row * k + i] * y[row / m * block + i * n + column]).sum()
    };
    let data: Vec<f64> = (0..len).map(one).collect();
    Ok(match a.ty {
        Type::F64 => Tensor { ty: Type::F64, dims: result, data: Elements::F64(data) },
        _ => Tensor::f32(result, data.into_iter().map(|x| x as f32).collect()),
    })
}

fn tile(call: &Call) -> Result<Tensor, String> {
    let (x, repeats) = (call.get(0)?, call.get(1)?.as_ints()?);
    if repeats.len() != x.dims.len() {
        return Err("a Tile whose repeats do not fit".into());
    }
    let times: Vec<usize> = repeats
        .iter()
        .map(|&r| usize::try_from(r).map_err(|_| format!("a repeat of {r}")))
        .collect::<Result<_, _>>()?;
    let product = |(d, r): (&usize, &usize)| d.checked_mul(*r).ok_or("a huge extent");
    let result: Vec<usize> = x.dims.iter().zip(&times).map(product).collect::<Result<_, _>>()?;
    let len = call.room_for(&result)?;
    let index: Vec<usize> = (0..len).map(|e| source_of(e, &result, &x.dims, |d, i| i % x.dims[d])).collect();
    Ok(pick(x, result, &index))
}

/// The element of a tensor of extents `from` that is at the position of element `e` of one of extents `to`, moved by `at`
/// along each extent.
fn source_of(mut e: usize, to: &[usize], from: &[usize], at: impl Fn(usize, usize) -> usize) -> usize {
    let (mut index, mut stride) = (0, 1);
    for d in (0..to.len()).rev() {
        index += at(d, e % to[d]) * stride;
        stride *= from[d];
        e /= to[d];
    }
    index
}

fn gather_elements(call: &Call) -> Result<Tensor, String> {
    let (x, indices) = (call.get(0)?, call.get(1)?);
    let along = axis(call.node.int("axis", 0), x.dims.len())?;
    let fits = indices.dims.len() == x.dims.len()
        && (0..x.dims.len()).all(|d| d == along || indices.dims[d] <= x.dims[d]);
    if !fits {
        return Err("a GatherElements whose indices do not fit".into());
    }
    let chosen = indices.as_ints()?.iter().map(|&i| axis(i, x.dims[along]));
    let chosen =
        chosen.collect::<Result<Vec<_>, _>>().map_err(|_| "an index beyond its extent".to_owned())?;
    let index: Vec<usize> = (0..indices.len())
        .map(|e| source_of(e, &indices.dims, &x.dims, |d, i| if d == along { chosen[e] } else { i }))
        .collect();
    Ok(pick(x, indices.dims.clone(), &index))
}

fn gather_nd(call: &Call) -> Result<Tensor, String> {
    let (x, indices) = (call.get(0)?, call.get(1)?);
    if call.node.int("batch_dims", 0) != 0 {
        return Err("a GatherND with batches".into());
    }
    let (&depth, rows) = indices.dims.split_last().ok_or("a GatherND without indices")?;
    let inner = x.dims.get(depth..).ok_or("a GatherND of more extents than there are")?;
    let block = count(inner)?;
    let result = [rows, inner].concat();
    call.room_for(&result)?;
    let mut index = Vec::new();
    for chosen in indices.as_ints()?.chunks(depth.max(1)) {
        let mut start = 0;
        for (d, &i) in chosen.iter().enumerate() {
            start = start * x.dims[d]
                + axis(i, x.dims[d]).map_err(|_| "an index beyond its extent".to_owned())?;
        }
        index.extend(start * block..(start + 1) * block);
    }
    Ok(pick(x, result, &index))
}

#[expect(clippy::cast_possible_truncation)]
fn softmax(call: &Call) -> Result<Tensor, String> {
    let x = call.get(0)?;
    let last = x.dims.len().checked_sub(1).ok_or("a Softmax of a scalar")?;
    if axis(call.node.int("axis", -1), x.dims.len())? != last {
        return Err("a Softmax over another extent than the last".into());
    }
    let mut data = Vec::with_capacity(x.len());
    for row in x.to_f64().chunks(x.dims[last].max(1)) {
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exps: Vec<f64> = row.iter().map(|x| (x - most).exp()).collect();
        let sum: f64 = exps.iter().sum();
        data.extend(exps.iter().map(|e| (e / sum) as f32));
    }
    Ok(Tensor::f32(x.dims.clone(), data))
}
