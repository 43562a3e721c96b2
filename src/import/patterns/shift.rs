//! Rows beside rows: a value and the same value moved by some rows, as `Pad` with zeros, `Slice` and `Concat` write it, side by
//! side. That is a convolution over the rows whose weights are ones. Zeros stay zeros in a quantiser, so the value is
//! quantised before its rows are moved.

use super::{Context, Found, Part, Site, convolution, quantiser};
use crate::error::{Error, Result};
use crate::graph::{Shape, Window};
use crate::import::decode::{Node, ValueId};
use crate::import::{dims, name};
use crate::qann::Op;
use crate::quant::{Quantiser, Weights};

/// Some channels of the rows of a value `[batch, rows, channels]`, or rows of zeros.
#[derive(Clone, Debug)]
struct Moved {
    base: ValueId,
    rows: Vec<Option<usize>>,
    channels: std::ops::Range<usize>,
}

/// Maximum number of operators between a value and its rows.
const DEEPEST: usize = 8;

/// Maximum number of rows.
const MOST_ROWS: usize = 1 << 16;

/// Maximum number of weights of the convolution.
const MOST_WEIGHTS: usize = 1 << 22;

/// The pattern behind a quantiser.
pub fn quantised(context: &Context, site: Site) -> Result<Option<Found>> {
    let Ok(Some(form)) = quantiser::form_of(context, site.value) else { return Ok(None) };
    let Some(parts) = beside(context, form.source)? else { return Ok(None) };
    let Some(quantiser) = with_zero(context, form.source, &form)? else { return Ok(None) };
    let name = name::of_scope(context.flow.model, &form.nodes);
    chain(context, &parts, Some(&quantiser), &quantiser, name)
}

/// The pattern of values that are quantised already.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    if !site.node.is("Pad") && !site.node.is("Concat") {
        return Ok(None);
    }
    let Some(parts) = beside(context, site.value)? else { return Ok(None) };
    let Some(base) = parts.first().map(|part| part.base) else { return Ok(None) };
    let Ok(Some(form)) = quantiser::form_of(context, base) else {
        return Err(Error::input("rows that are moved, of a value that is not quantised, are not supported")
            .fix("quantise the value before its rows are moved, or directly behind"));
    };
    let Some(quantiser) = with_zero(context, base, &form)? else { return Ok(None) };
    let name = name::of_scope(context.flow.model, &[site.index]);
    chain(context, &parts, None, &quantiser, name)
}

/// The quantiser of a value, if it has one scale and the level 0.
fn with_zero(context: &Context, value: ValueId, form: &super::form::Form) -> Result<Option<Quantiser>> {
    let Some(dims) = context.flow.data_extents(value)? else { return Ok(None) };
    let found = Quantiser {
        scale: form.scale.by_channel(dims)?,
        low: form.low.by_channel(dims)?,
        high: form.high.by_channel(dims)?,
        rounding: form.rounding,
    };
    let one = [found.scale.len(), found.low.len(), found.high.len()] == [1, 1, 1];
    let zero = found.low.iter().all(|&low| low <= 0) && found.high.iter().all(|&high| high >= 0);
    Ok((one && zero && found.check(1).is_ok()).then_some(found))
}

/// The parts side by side, if they are rows of one value and some of them are moved and padded.
fn beside(context: &Context, value: ValueId) -> Result<Option<Vec<Moved>>> {
    let Some((_, node)) = context.flow.model.producer_of(value) else { return Ok(None) };
    let Some(dims) = context.flow.data_extents(value)? else { return Ok(None) };
    let values: Vec<ValueId> = if node.is("Concat") {
        if dims::axis(node.int("axis", 0), dims.len()).ok() != Some(dims.len() - 1) {
            return Ok(None);
        }
        (0..node.inputs.len()).map(|n| node.input(n)).collect::<Result<_>>()?
    } else if node.is("Pad") {
        vec![value]
    } else {
        return Ok(None);
    };
    let mut parts = Vec::new();
    for value in values {
        let Some(part) = moved(context, value, DEEPEST)? else { return Ok(None) };
        parts.push(part);
    }
    let Some(first) = parts.first() else { return Ok(None) };
    let same = parts.iter().all(|part| part.base == first.base && part.rows.len() == first.rows.len());
    let zeros = parts.iter().any(|part| part.rows.iter().any(Option::is_none));
    Ok((same && zeros).then_some(parts))
}

/// A value as rows of another one; the value itself where nothing moves its rows.
fn moved(context: &Context, value: ValueId, depth: usize) -> Result<Option<Moved>> {
    let flow = context.flow;
    if flow.is_constant(value) {
        return Ok(None);
    }
    let Some(dims) = flow.data_extents(value)? else { return Ok(None) };
    let &[batch, rows, channels] = dims else { return Ok(None) };
    if batch != flow.batch || flow.shape(dims).0.len() != 2 || rows > MOST_ROWS {
        return Ok(None);
    }
    let itself = Moved { base: value, rows: (0..rows).map(Some).collect(), channels: 0..channels };
    let Some((_, node)) = flow.model.producer_of(value) else { return Ok(Some(itself)) };
    let found = match depth.checked_sub(1) {
        None => None,
        Some(depth) if node.is("Pad") => padded(context, node, depth)?,
        Some(depth) if node.is("Slice") => sliced(context, node, depth)?,
        Some(depth) if node.is("Concat") => stacked(context, node, depth)?,
        Some(_) => None,
    };
    Ok(Some(found.unwrap_or(itself)))
}

/// Rows of zeros before and behind; fewer rows where their number is negative.
fn padded(context: &Context, node: &Node, depth: usize) -> Result<Option<Moved>> {
    let Ok(pads) = convolution::signed_pads(context, node) else { return Ok(None) };
    let &[0, before, 0, 0, after, 0] = &pads[..] else { return Ok(None) };
    // Rows that are added and taken away again.
    if [before, after].iter().any(|n| usize::try_from(n.unsigned_abs()).is_ok_and(|n| n > MOST_ROWS)) {
        return Ok(None);
    }
    let Some(mut inner) = moved(context, node.input(0)?, depth)? else { return Ok(None) };
    let count = |n: i64| usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    let list = inner.rows.len();
    let cut = |n: i64| if n < 0 { count(n).min(list) } else { 0 };
    let end = list.saturating_sub(cut(after)).max(cut(before));
    let kept = inner.rows[cut(before)..end].to_vec();
    let zeros = |n: i64| std::iter::repeat_n(None, if n > 0 { count(n) } else { 0 });
    // The extents of the value were found to be sane.
    inner.rows = zeros(before).chain(kept).chain(zeros(after)).collect();
    Ok(Some(inner))
}

/// Some rows, some channels, or both.
fn sliced(context: &Context, node: &Node, depth: usize) -> Result<Option<Moved>> {
    let source = node.input(0)?;
    let Some(from) = context.flow.data_extents(source)? else { return Ok(None) };
    let Ok(cuts) = context.flow.slices(node, from) else { return Ok(None) };
    let Some(mut inner) = moved(context, source, depth)? else { return Ok(None) };
    for cut in cuts {
        let (Some(first), Ok(count)) = (cut.contiguous(from[cut.axis]), cut.count(from[cut.axis])) else {
            return Ok(None);
        };
        match cut.axis {
            1 => inner.rows = inner.rows.iter().skip(first).take(count).copied().collect(),
            2 => inner.channels = inner.channels.start + first..inner.channels.start + first + count,
            _ => return Ok(None),
        }
    }
    Ok(Some(inner))
}

/// Rows and rows of zeros, one below the other.
fn stacked(context: &Context, node: &Node, depth: usize) -> Result<Option<Moved>> {
    if !matches!(node.int("axis", 0), 1 | -2) {
        return Ok(None);
    }
    let (mut all, mut rows) = (None::<Moved>, Vec::new());
    for n in 0..node.inputs.len() {
        let value = node.input(n)?;
        if context.flow.is_constant(value) {
            let tensor = context.flow.constant(value)?;
            let (Some(0.0), &[_, count, _]) = (tensor.uniform(), &tensor.dims[..]) else { return Ok(None) };
            rows.extend(std::iter::repeat_n(None, count));
            continue;
        }
        let Some(part) = moved(context, value, depth)? else { return Ok(None) };
        rows.extend_from_slice(&part.rows);
        match &all {
            Some(other) if other.base != part.base || other.channels != part.channels => return Ok(None),
            Some(_) => {}
            None => all = Some(part),
        }
    }
    Ok(all.map(|part| Moved { rows, ..part }))
}

/// How far rows are moved: row `t` is row `t + distance` of the value.
fn distance(part: &Moved, height: usize) -> Option<i64> {
    let found = part.rows.iter().enumerate().find_map(|(t, row)| Some((t, (*row)?)));
    let (t, row) = found?;
    let distance = i64::try_from(row).ok()?.checked_sub(i64::try_from(t).ok()?)?;
    let expected = |t: usize| {
        let row = usize::try_from(i64::try_from(t).ok()?.checked_add(distance)?).ok()?;
        (row < height).then_some(row)
    };
    part.rows.iter().enumerate().all(|(t, row)| *row == expected(t)).then_some(distance)
}

/// The operators: neurons of the value if it is not quantised yet, the convolution, and neurons that pass on its levels.
fn chain(
    context: &Context,
    parts: &[Moved],
    before: Option<&Quantiser>,
    quantiser: &Quantiser,
    name: String,
) -> Result<Option<Found>> {
    let Some(first) = parts.first() else { return Ok(None) };
    let Some(&[_, height, channels]) = context.flow.data_extents(first.base)? else { return Ok(None) };
    let count = first.rows.len();
    let Some(moves) = parts.iter().map(|part| distance(part, height)).collect::<Option<Vec<i64>>>() else {
        return Err(Error::input("rows of zeros between rows that are moved are not supported")
            .fix("move all rows by the same number of rows, and pad with zeros at the ends"));
    };
    // Every place sees some row, whatever its weights are.
    let more = i64::try_from(height).unwrap_or(i64::MAX).saturating_sub(i64::try_from(count).unwrap_or(0));
    let low = moves.iter().copied().fold(more.min(0), i64::min);
    let high = moves.iter().copied().fold(more.max(0), i64::max);
    let size = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    let taps = size(high - low).saturating_add(1);
    let window = Window {
        frames: 1,
        size: [1, height],
        channels,
        kernel: [1, taps],
        stride: [1, 1],
        dilation: [1, 1],
        before: [0, size(-low)],
        after: [0, size(high - more)],
        groups: 1,
        places: None,
    };
    window.check().map_err(Error::input)?;
    let outputs: usize = parts.iter().map(|part| part.channels.len()).sum();
    let inputs = window.inputs();
    if outputs.checked_mul(inputs).is_none_or(|weights| weights > MOST_WEIGHTS) {
        return Err(Error::input(format!("rows that are moved: {outputs}×{inputs} weights are too many"))
            .fix("move rows by fewer rows"));
    }
    let mut levels = vec![0; outputs * inputs];
    let places = parts.iter().zip(&moves).flat_map(|(part, &d)| part.channels.clone().map(move |c| (d, c)));
    for (o, (d, c)) in places.enumerate() {
        levels[o * inputs + size(d - low) * channels + c] = 1;
    }
    let weights = Weights { inputs, outputs, levels, scale: vec![1.0] };
    let mut steps = Vec::new();
    let mut part = Part::Value(first.base);
    if let Some(quantiser) = before {
        steps.push((Op::Quantise(quantiser.clone()), vec![part]));
        part = Part::Before;
    }
    steps.push((Op::Reshape(Shape(vec![1, height, channels])), vec![part]));
    let detail = format!("{} moved by rows, {}", parts.len(), window.describe());
    steps.push((Op::Convolution { window, weights, bias: Vec::new() }, vec![Part::Before]));
    steps.push((Op::Reshape(Shape(vec![count, outputs])), vec![Part::Before]));
    steps.push((Op::Quantise(quantiser.clone()), vec![Part::Before]));
    Ok(Some(Found::Chain { steps, name, detail }))
}
