//! Operators on constants that move elements and change none.

use super::Call;
use crate::graph::transposed_index;
use crate::import::blocks;
use crate::import::dims;
use crate::import::slices;
use crate::import::tensor::{Elements, Tensor, Type, count};

/// Evaluates the operator `op`.
pub fn evaluate(call: &Call, op: &str) -> Result<Tensor, String> {
    match op {
        "Concat" => return concat(call),
        "ConstantOfShape" => return constant_of_shape(call),
        "Range" => return range(call),
        _ => {}
    }
    let x = call.get(0)?;
    match op {
        "DepthToSpace" | "SpaceToDepth" => {
            let (dims, index) = blocks::order(call.node, &x.dims)?;
            Ok(pick(x, dims, &index))
        }
        "Resize" | "Upsample" => resize(call, x),
        "Reshape" => {
            let target = call.list("shape", 1)?.ok_or("a Reshape without a shape")?;
            under(x, dims::reshape(&x.dims, target, call.node.int("allowzero", 0) != 0)?)
        }
        "Flatten" => under(x, dims::flatten(&x.dims, call.node.int("axis", 1))?),
        "Squeeze" => under(x, dims::squeeze(&x.dims, call.list("axes", 1)?)?),
        "Unsqueeze" => {
            let axes = call.list("axes", 1)?.ok_or("an Unsqueeze without axes")?;
            under(x, dims::unsqueeze(&x.dims, axes)?)
        }
        "Transpose" => {
            let order = dims::order(call.node.ints("perm"), x.dims.len())?;
            let extents = order.iter().map(|&i| x.dims[i]).collect();
            Ok(pick(x, extents, &transposed_index(&x.dims, &order)))
        }
        "Expand" => {
            let target = extents(call.get(1)?.as_ints()?)?;
            let to = dims::broadcast(&x.dims, &target)?;
            call.room_for(&to)?;
            let index = dims::broadcast_index(&x.dims, &to)?;
            Ok(pick(x, to, &index))
        }
        "Gather" => gather(call, x),
        _ => slice(call, x),
    }
}

/// `Resize` to the same extents, as models have it that can interpolate their positions.
fn resize(call: &Call, x: &Tensor) -> Result<Tensor, String> {
    let list = |port: usize| call.optional(port).map(Tensor::to_f64).filter(|values| !values.is_empty());
    let early = call.node.is("Upsample") || call.inputs.len() == 2;
    let scales = list(if early { 1 } else { 2 });
    let sizes = if early { None } else { list(3) };
    #[expect(clippy::cast_precision_loss)]
    let own = sizes.is_some_and(|sizes| sizes.iter().copied().eq(x.dims.iter().map(|&d| d as f64)));
    let crops = call.node.string("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize";
    if (own || scales.is_some_and(|scales| scales.iter().all(|&s| s == 1.0))) && !crops {
        return Ok(x.clone());
    }
    Err("a constant that is resized to other extents; export with the size for which it was trained".into())
}

/// The same elements under other extents.
fn under(x: &Tensor, dims: Vec<usize>) -> Result<Tensor, String> {
    count(&dims)?;
    Ok(Tensor { ty: x.ty, dims, data: x.data.clone() })
}

/// These elements, in this order.
pub fn pick(x: &Tensor, dims: Vec<usize>, index: &[usize]) -> Tensor {
    let data = match &x.data {
        Elements::F32(v) => Elements::F32(index.iter().map(|&i| v[i]).collect()),
        Elements::F64(v) => Elements::F64(index.iter().map(|&i| v[i]).collect()),
        Elements::Int(v) => Elements::Int(index.iter().map(|&i| v[i]).collect()),
    };
    Tensor { ty: x.ty, dims, data }
}

/// Integers as extents.
fn extents(list: &[i64]) -> Result<Vec<usize>, String> {
    let dims = list
        .iter()
        .map(|&d| usize::try_from(d).map_err(|_| format!("extents {list:?} are negative")))
        .collect::<Result<Vec<_>, _>>()?;
    count(&dims)?;
    Ok(dims)
}

fn gather(call: &Call, x: &Tensor) -> Result<Tensor, String> {
    let indices = call.get(1)?;
    let axis = dims::axis(call.node.int("axis", 0), x.dims.len())?;
    let chosen = indices
        .as_ints()?
        .iter()
        .map(|&i| {
            dims::axis(i, x.dims[axis]).map_err(|_| format!("index {i} of an extent of {}", x.dims[axis]))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let result: Vec<usize> = [&x.dims[..axis], &indices.dims, &x.dims[axis + 1..]].concat();
    call.room_for(&result)?;
    let inner = count(&x.dims[axis + 1..])?;
    let outer = count(&x.dims[..axis])?;
    let index: Vec<usize> = (0..outer)
        .flat_map(|o| chosen.iter().map(move |&k| (o * x.dims[axis] + k) * inner))
        .flat_map(|base| base..base + inner)
        .collect();
    Ok(pick(x, result, &index))
}

fn concat(call: &Call) -> Result<Tensor, String> {
    let parts: Vec<&Tensor> = (0..call.inputs.len()).map(|p| call.get(p)).collect::<Result<_, _>>()?;
    let first = *parts.first().ok_or("a Concat of nothing")?;
    let axis = dims::axis(call.node.int("axis", 0), first.dims.len())?;
    let fits = |p: &&Tensor| {
        let others = |d: &[usize]| {
            d.iter().enumerate().filter(|(i, _)| *i != axis).map(|(_, &d)| d).collect::<Vec<_>>()
        };
        p.ty == first.ty && p.dims.len() == first.dims.len() && others(&p.dims) == others(&first.dims)
    };
    if !parts.iter().all(fits) {
        return Err("the parts of a Concat do not fit each other".into());
    }
    let mut result = first.dims.clone();
    result[axis] =
        parts.iter().map(|p| p.dims[axis]).try_fold(0usize, usize::checked_add).ok_or("a huge Concat")?;
    call.room_for(&result)?;
    let outer = count(&first.dims[..axis])?;
    macro_rules! join {
        ($variant:ident) => {{
            let mut out = Vec::new();
            for o in 0..outer {
                for part in &parts {
                    let Elements::$variant(v) = &part.data else { continue };
                    let chunk = v.len() / outer.max(1);
                    out.extend_from_slice(&v[o * chunk..(o + 1) * chunk]);
                }
            }
            Elements::$variant(out)
        }};
    }
    let data = match &first.data {
        Elements::F32(_) => join!(F32),
        Elements::F64(_) => join!(F64),
        Elements::Int(_) => join!(Int),
    };
    Ok(Tensor { ty: first.ty, dims: result, data })
}

fn constant_of_shape(call: &Call) -> Result<Tensor, String> {
    let dims = extents(call.get(0)?.as_ints()?)?;
    let len = call.room_for(&dims)?;
    let value = match call.node.attribute("value").and_then(|a| a.t.as_ref()) {
        Some(proto) => Tensor::decode(proto, call.folder)?,
        None => Tensor::f32(vec![1], vec![0.0]),
    };
    if value.len() == 1 {
        Ok(pick(&value, dims, &vec![0; len]))
    } else {
        Err("a fill value that is not one".into())
    }
}

fn range(call: &Call) -> Result<Tensor, String> {
    let one = |port: usize| match call.get(port)?.as_ints()? {
        [x] => Ok(*x),
        _ => Err("a Range of more than numbers".to_string()),
    };
    let (start, end, step) = (one(0)?, one(1)?, one(2)?);
    if step == 0 {
        return Err("a Range with step 0".into());
    }
    let span = (i128::from(end) - i128::from(start)) * i128::from(step.signum());
    let len = if span <= 0 { 0 } else { (span - 1) / i128::from(step).abs() + 1 };
    let len = call.room_for(&[usize::try_from(len).unwrap_or(usize::MAX)])?;
    let data: Vec<i64> = (0i64..).take(len).map(|k| start.wrapping_add(k.wrapping_mul(step))).collect();
    Ok(Tensor { ty: Type::I64, dims: vec![len], data: Elements::Int(data) })
}

fn slice(call: &Call, x: &Tensor) -> Result<Tensor, String> {
    let starts = call.list("starts", 1)?.ok_or("a Slice without starts")?;
    let ends = call.list("ends", 2)?.ok_or("a Slice without ends")?;
    let all: Vec<i64> = (0i64..).take(starts.len()).collect();
    let axes = call.list("axes", 3)?.unwrap_or(&all);
    let ones = vec![1; starts.len()];
    let steps = call.list("steps", 4)?.unwrap_or(&ones);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err("the lists of a Slice are of unequal length".into());
    }
    let mut result = x.clone();
    for i in 0..starts.len() {
        let axis = dims::axis(axes[i], x.dims.len())?;
        result = slice_axis(&result, axis, starts[i], ends[i], steps[i])?;
    }
    Ok(result)
}

fn slice_axis(x: &Tensor, axis: usize, start: i64, end: i64, step: i64) -> Result<Tensor, String> {
    let chosen = slices::chosen(x.dims[axis], start, end, step)?;
    let mut dims = x.dims.clone();
    dims[axis] = chosen.len();
    let (outer, inner) = (count(&x.dims[..axis])?, count(&x.dims[axis + 1..])?);
    let index: Vec<usize> = (0..outer)
        .flat_map(|o| chosen.iter().map(move |&k| (o * x.dims[axis] + k) * inner))
        .flat_map(|base| base..base + inner)
        .collect();
    Ok(pick(x, dims, &index))
}
