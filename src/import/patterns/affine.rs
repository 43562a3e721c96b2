//! Constants that are added, subtracted, multiplied or divided by, alone: one number for all elements, or one for each entry
//! of the last extent.

use super::{Context, Found, Part, Site, bias};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::import::dims::broadcast_index;
use crate::qann::Op;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    let Some(op) = node.standard_op().filter(|op| ["Neg", "Add", "Sub", "Mul", "Div"].contains(op)) else {
        return Ok(None);
    };
    let a = node.input(0)?;
    let constant = if op == "Neg" { None } else { Some(node.input(1)?) };
    let (source, constant, reversed) = match constant {
        None => (a, None, false),
        Some(b) => match (flow.is_constant(a), flow.is_constant(b)) {
            (false, true) => (a, Some(b), false),
            (true, false) if op != "Div" => (b, Some(a), true),
            _ => return Ok(None),
        },
    };
    let (Some(from), Some(to)) = (flow.data_extents(source)?, flow.data_extents(site.value)?) else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    if flow.shape(from) != flow.shape(to) {
        return Ok(None);
    }
    let Some(constant) = constant else { return line(site, source, vec![-1.0], vec![0.0]) };
    let (dims, values) = bias::real(context, constant)?;
    let neutral = if matches!(op, "Add" | "Sub") { 0.0 } else { 1.0 };
    if !reversed && values.iter().all(|&v| v == neutral)
        || reversed && op != "Sub" && values.iter().all(|&v| v == neutral)
    {
        return Ok(Some(Found::Same(source)));
    }
    if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
        return Err(Error::input(format!("the constant {bad} of this {op} is not finite"))
            .fix("train or initialise the constants: they must be finite numbers"));
    }
    let uniform = values.windows(2).all(|pair| pair[0] == pair[1]);
    // Products with one number are factors of their own.
    if uniform && matches!(op, "Mul" | "Div") {
        return Ok(None);
    }
    let Some(list) = by_channel(&dims, &values, to) else {
        if let Some((axis, list)) = by_axis(&dims, &values, flow.shape(to).0.len())
            && (matches!(op, "Mul" | "Div") || axis == 0)
        {
            return Ok(Some(of_axis(site, source, op, reversed, (axis, flow.shape(to).0.len()), &list)));
        }
        // Positions and the like: a residual sum.
        return if op == "Sub" {
            spread(context, site, source, (&dims, &values), to, reversed)
        } else {
            Ok(None)
        };
    };
    let negative = || list.iter().map(|v| -v).collect::<Vec<f64>>();
    match op {
        "Add" => line(site, source, vec![1.0], list),
        "Sub" if reversed => line(site, source, vec![-1.0], list),
        "Sub" => line(site, source, vec![1.0], negative()),
        "Mul" => line(site, source, list, vec![0.0]),
        _ => {
            let inverse: Vec<f64> = list.iter().map(|v| 1.0 / v).collect();
            line(site, source, inverse, vec![0.0])
        }
    }
}

/// The extent, of the `rank` extents of a sample, with whose indices a constant varies, if there is one, and the constant's
/// elements there: those of the channels of a feature map, for instance.
fn by_axis(dims: &[usize], values: &[f64], rank: usize) -> Option<(usize, Vec<f64>)> {
    let others = |axis: usize| dims.iter().enumerate().all(|(i, &d)| i == axis || d == 1);
    let at = dims.iter().position(|&d| d > 1).filter(|&at| others(at))?;
    let axis = (at + rank).checked_sub(dims.len())?;
    (axis + 1 < rank && rank > 1).then(|| (axis, values.to_vec()))
}

/// As [`line`], of an extent that is not the last one, between transpositions.
fn of_axis(
    site: Site,
    source: ValueId,
    op: &str,
    reversed: bool,
    (axis, rank): (usize, usize),
    list: &[f64],
) -> Found {
    let each = |f: fn(f64) -> f64| list.iter().map(|&v| f(v)).collect::<Vec<f64>>();
    let (factor, offset) = match op {
        "Add" => (vec![1.0], list.to_vec()),
        "Sub" if reversed => (vec![-1.0], list.to_vec()),
        "Sub" => (vec![1.0], each(|v| -v)),
        "Mul" => (list.to_vec(), vec![0.0]),
        _ => (each(|v| 1.0 / v), vec![0.0]),
    };
    let there: Vec<usize> = (0..rank).filter(|&i| i != axis).chain([axis]).collect();
    let mut back = vec![0; rank];
    there.iter().enumerate().for_each(|(to, &from)| back[from] = to);
    let steps = vec![
        (Op::Transpose(there), vec![Part::Value(source)]),
        (Op::Line { factor, offset }, vec![Part::Before]),
        (Op::Transpose(back), vec![Part::Before]),
    ];
    let detail = format!("{} indices of extent {axis}", list.len());
    Found::Chain { steps, name: site.node.name.clone(), detail }
}

fn line(site: Site, source: ValueId, factor: Vec<f64>, offset: Vec<f64>) -> Result<Option<Found>> {
    let detail = match (&factor[..], &offset[..]) {
        ([a], [b]) => format!("{a}·x + {b}"),
        _ => format!("{} channels", factor.len().max(offset.len())),
    };
    let op = Op::Line { factor, offset };
    Ok(Some(Found::Operator { op, sources: vec![source], name: site.node.name.clone(), detail }))
}

/// One number, or one for each entry of the last extent.
fn by_channel(dims: &[usize], values: &[f64], to: &[usize]) -> Option<Vec<f64>> {
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        return values.first().map(|&number| vec![number]);
    }
    let (last, before) = dims.split_last()?;
    let fits = *last == *to.last()? && before.iter().all(|&d| d == 1);
    fits.then(|| values.to_vec())
}

/// `x − c` or `c − x` with a constant of other extents: a sum with constants.
fn spread(
    context: &Context,
    site: Site,
    source: ValueId,
    (dims, values): (&[usize], &[f64]),
    to: &[usize],
    reversed: bool,
) -> Result<Option<Found>> {
    let index = broadcast_index(dims, to).map_err(Error::input)?;
    let sign = if reversed { 1.0 } else { -1.0 };
    let constant = index.into_iter().map(|i| sign * values[i]).collect();
    let constant = Part::Constant(context.flow.shape(to), constant);
    let first = if reversed { -1.0 } else { 1.0 };
    let steps = vec![
        (Op::Line { factor: vec![first], offset: vec![0.0] }, vec![Part::Value(source)]),
        (Op::Add, vec![Part::Before, constant]),
    ];
    Ok(Some(Found::Chain { steps, name: site.node.name.clone(), detail: "constants".to_owned() }))
}
