//! Shapes of the operators of Transformers.

use super::Op;
use crate::graph::{Shape, Window};
use crate::quant::Weights;

/// Shape of an operator that does not have exactly one input; none for the others.
pub(super) fn of_several(op: &Op, inputs: &[&Shape]) -> Option<Result<Shape, String>> {
    Some(match (op, inputs) {
        (Op::Constant { shape, values }, []) => match shape.is_sane() && values.len() == shape.len() {
            true if values.iter().all(|v| v.is_finite()) => Ok(shape.clone()),
            true => Err("a constant is not finite".into()),
            false => Err(format!("{} values for shape {shape}", values.len())),
        },
        (Op::Add, [a, b]) if a == b => Ok((*a).clone()),
        (Op::Mul, [a, b]) if repeated(b, a).is_some() => Ok((*a).clone()),
        (Op::Add | Op::Mul, _) => Err(format!("inputs {}", list(inputs))),
        (Op::Concat(axis), [first, rest @ ..]) => concat(*axis, first, rest),
        (Op::MatMul, [a, b]) => matmul(a, b),
        (Op::Mask(_), [scores, ids]) if !scores.0.is_empty() && ids.len() == scores.channels() => {
            Ok((*scores).clone())
        }
        (Op::Mask(_), _) => Err(format!("inputs {}", list(inputs))),
        _ => return None,
    })
}

/// For each element of a value of shape `to`, the element of one of shape `from` that is repeated there. `None` if that does
/// not fit.
pub fn repeated(from: &Shape, to: &Shape) -> Option<Vec<usize>> {
    let missing = to.0.len().checked_sub(from.0.len())?;
    let mut index = vec![0];
    for (axis, &extent) in to.0.iter().enumerate() {
        let own = axis.checked_sub(missing).map_or(1, |axis| from.0[axis]);
        if own != extent && own != 1 {
            return None;
        }
        let step = |i: usize| if own == 1 { 0 } else { i };
        index = index.iter().flat_map(|&at| (0..extent).map(move |i| at * own + step(i))).collect();
    }
    Some(index)
}

fn list(inputs: &[&Shape]) -> String {
    let all: Vec<String> = inputs.iter().map(ToString::to_string).collect();
    all.join(", ")
}

fn concat(axis: usize, first: &Shape, rest: &[&Shape]) -> Result<Shape, String> {
    let mut shape = first.clone();
    for other in rest {
        let same = other.0.len() == first.0.len()
            && (0..first.0.len()).all(|i| i == axis || other.0[i] == first.0[i]);
        match shape.0.get_mut(axis) {
            Some(extent) if same => *extent = extent.saturating_add(other.0[axis]),
            _ => return Err(format!("cannot put {other} behind {first} along extent {axis}")),
        }
    }
    if axis < shape.0.len() { Ok(shape) } else { Err(format!("extent {axis} of {first}")) }
}

fn matmul(a: &Shape, b: &Shape) -> Result<Shape, String> {
    let problem = || Err(format!("{a} times {b}"));
    let ([batch_a @ .., m, k], [batch_b @ .., l, n]) = (&a.0[..], &b.0[..]) else { return problem() };
    if batch_a != batch_b || k != l {
        return problem();
    }
    Ok(Shape([batch_a, &[*m, *n]].concat()))
}

/// Scores: as many keys as queries.
pub(super) fn band(input: &Shape) -> Result<Shape, String> {
    match &input.0[..] {
        [.., queries, keys] if queries == keys => Ok(input.clone()),
        _ => Err(format!("scores {input}; expected as many queries as keys")),
    }
}

pub(super) fn pick(input: &Shape, shape: &Shape, order: &[usize]) -> Result<Shape, String> {
    if shape.is_sane() && shape.len() == order.len() && order.iter().all(|&e| e < input.len()) {
        Ok(shape.clone())
    } else {
        Err(format!("{} elements of {input} as {shape}", order.len()))
    }
}

pub(super) fn line(input: &Shape, factor: &[f64], offset: &[f64]) -> Result<Shape, String> {
    if [factor, offset].iter().any(|list| list.len() != 1 && list.len() != input.channels()) {
        return Err(format!("{} factors and {} addends for {input}", factor.len(), offset.len()));
    }
    match factor.iter().chain(offset).find(|v| !v.is_finite()) {
        Some(bad) => Err(format!("the factor or addend {bad} is not finite")),
        None => Ok(input.clone()),
    }
}

pub(super) fn times(input: &Shape, factors: &[f64]) -> Result<Shape, String> {
    if factors.len() != input.len() {
        return Err(format!("{} factors for {input}", factors.len()));
    }
    match factors.iter().find(|f| !f.is_finite()) {
        Some(bad) => Err(format!("the factor {bad} is not finite")),
        None => Ok(input.clone()),
    }
}

pub(super) fn slice(input: &Shape, axis: usize, first: usize, count: usize) -> Result<Shape, String> {
    let mut shape = input.clone();
    match (shape.0.get_mut(axis), first.checked_add(count)) {
        (Some(extent), Some(end)) if count > 0 && end <= *extent => *extent = count,
        _ => return Err(format!("{count} from {first} along extent {axis} of {input}")),
    }
    Ok(shape)
}

pub(super) fn mean(input: &Shape) -> Result<Shape, String> {
    let mut shape = input.clone();
    match &mut shape.0[..] {
        [.., rows, _] => *rows = 1,
        _ => return Err(format!("the mean over the rows of {input}")),
    }
    Ok(shape)
}

pub(super) fn layer_norm(input: &Shape, gamma: &[f32], beta: &[f32], epsilon: f32) -> Result<Shape, String> {
    if input.0.is_empty() || gamma.len() != input.channels() || beta.len() != input.channels() {
        return Err(format!("{} γ and {} β for {input}", gamma.len(), beta.len()));
    }
    if gamma.iter().chain(beta).any(|v| !v.is_finite()) || !epsilon.is_finite() || epsilon <= 0.0 {
        return Err(format!("γ and β must be finite, and ε = {epsilon} positive"));
    }
    Ok(input.clone())
}

pub(super) fn embedding(input: &Shape, channels: usize, table: &[f32]) -> Result<Shape, String> {
    if channels == 0 || table.is_empty() || !table.len().is_multiple_of(channels) {
        return Err(format!("a table of {} entries for {channels} channels", table.len()));
    }
    if table.iter().any(|v| !v.is_finite()) {
        return Err("an entry of the table is not finite".into());
    }
    Ok(Shape([&input.0[..], &[channels]].concat()))
}

/// Lines × columns × channels of a feature map that a window gives.
fn map(window: &Window, channels: usize) -> Shape {
    let [lines, columns] = window.output();
    Shape(vec![lines, columns, channels])
}

fn fits(input: &Shape, window: &Window) -> Result<(), String> {
    window.check()?;
    match input.0[..] == [window.size[0], window.size[1], window.channels] {
        true => Ok(()),
        false => Err(format!(
            "input {input} for a window on {:?} pixels of {} channels",
            window.size, window.channels
        )),
    }
}

pub(super) fn convolution(
    input: &Shape,
    window: &Window,
    weights: &Weights,
    bias: &[f64],
) -> Result<Shape, String> {
    fits(input, window)?;
    weights.check()?;
    window.rows_of_layer(input, weights.inputs, weights.outputs)?;
    if !bias.is_empty() && bias.len() != weights.outputs {
        return Err(format!("{} bias values for {} outputs", bias.len(), weights.outputs));
    }
    match bias.iter().find(|b| !b.is_finite()) {
        Some(b) => Err(format!("the bias {b} is not finite")),
        None => Ok(map(window, weights.outputs)),
    }
}

pub(super) fn pool(input: &Shape, window: &Window) -> Result<Shape, String> {
    fits(input, window)?;
    window.pooled(input).map(|_| map(window, window.channels))
}

pub(super) fn resample(
    input: &Shape,
    window: &Window,
    weights: &[i32],
    divisor: u32,
) -> Result<Shape, String> {
    fits(input, window)?;
    let sum = |list: &Vec<usize>| list.iter().map(|&tap| i64::from(weights[tap])).sum::<i64>();
    if weights.len() != window.taps() || window.places.is_none() || window.groups != 1 || divisor == 0 {
        return Err(format!("{} weights of {} taps, divided by {divisor}", weights.len(), window.taps()));
    }
    match window.tap_lists().iter().map(sum).find(|&sum| sum != i64::from(divisor)) {
        Some(sum) => Err(format!("weights with the sum {sum}, divided by {divisor}")),
        None => Ok(map(window, window.channels)),
    }
}

pub(super) fn affine(input: &Shape, gain: &[f64], offset: &[f64]) -> Result<Shape, String> {
    if gain.len() != input.channels() || offset.len() != input.channels() {
        return Err(format!("{} factors and {} offsets for {input}", gain.len(), offset.len()));
    }
    match gain.iter().any(|g| !g.is_finite() || *g == 0.0) || offset.iter().any(|b| !b.is_finite()) {
        true => Err("a factor of a channel is 0 or not finite, or its offset is not finite".into()),
        false => Ok(input.clone()),
    }
}
