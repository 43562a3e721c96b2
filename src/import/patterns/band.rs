//! Masks of attention that depend on positions alone: a causal mask, a sliding window, with or without a prefix that all
//! queries see, or blocks.
//!
//! A constant says which keys a query does not see, as `Where(mask, scores, −∞)` or as a sum with 0 and a number that leaves
//! nothing of its score's exponential.

use super::{Context, Found, Site};
use crate::error::{Error, Result};
use crate::graph::Band;
use crate::import::decode::ValueId;
use crate::qann::Op;

/// Upper bound of a masking number; scores near 0 cannot compensate for it.
pub const MASKED: f64 = -1000.0;

/// The softmax is searched behind this many nodes.
const MOST_NODES: usize = 32;

/// What masks may be.
pub const FIX: &str = "set masked scores to -inf, or add -10000 or less to them, and 0 to the others";

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    let chooses = node.is("Where");
    if !chooses && !node.is("Add") && !node.is("Sub") || !reaches_softmax(context, site.value) {
        return Ok(None);
    }
    let Some((scores, mask)) = operands(context, site)? else { return Ok(None) };
    let tensor = flow.constant(mask)?;
    let hidden: Vec<bool> = if chooses {
        let number_first = flow.is_constant(node.input(1)?);
        tensor.to_f64().into_iter().map(|x| (x != 0.0) == number_first).collect()
    } else {
        let added: Vec<f64> =
            tensor.to_f64().into_iter().map(|x| if node.is("Sub") { -x } else { x }).collect();
        if !added.iter().any(|&x| x <= MASKED) {
            // A bias of the scores, not a mask.
            return Ok(None);
        }
        if let Some(other) = added.iter().find(|&&x| x.is_nan() || x != 0.0 && x > MASKED) {
            let problem =
                format!("this mask adds {other} to scores; supported are 0, and −1000 or less for −∞");
            return Err(Error::input(problem).fix(FIX));
        }
        added.iter().map(|&x| x != 0.0).collect()
    };
    let (Some(from), Some(to)) = (flow.data_extents(scores)?, flow.data_extents(site.value)?) else {
        return Ok(Some(Found::Blocked(vec![scores])));
    };
    if from != to {
        return Err(Error::input(format!("scores of extents {from:?} are spread to {to:?} by their mask"))
            .fix("give the mask the extents of the scores, or extents of 1"));
    }
    let band = of(&hidden, &tensor.dims, from)?;
    if band == Band::ALL {
        return Ok(Some(Found::Same(scores)));
    }
    Ok(Some(Found::Operator {
        op: Op::Band(band),
        sources: vec![scores],
        name: node.name.clone(),
        detail: band.to_string(),
    }))
}

/// The scores, and the constant that says where they are masked.
fn operands(context: &Context, site: Site) -> Result<Option<(ValueId, ValueId)>> {
    let (node, flow) = (site.node, context.flow);
    let (a, b) = (node.input(0)?, node.input(1)?);
    if !node.is("Where") {
        return Ok(match (flow.is_constant(a), flow.is_constant(b)) {
            (false, true) => Some((a, b)),
            (true, false) if node.is("Add") => Some((b, a)),
            _ => None,
        });
    }
    let c = node.input(2)?;
    let (scores, number) = match (flow.is_constant(a), flow.is_constant(b), flow.is_constant(c)) {
        (true, true, false) => (c, b),
        (true, false, true) => (b, c),
        _ => return Ok(None),
    };
    if flow.constant(number)?.uniform().is_none_or(|x| x.is_nan() || x > MASKED) {
        return Err(Error::input("masked scores are not replaced by one very negative number").fix(FIX));
    }
    Ok(Some((scores, a)))
}

/// The band of a mask of these extents, spread over scores.
///
/// # Errors
/// If it hides other keys than a band does.
pub fn of(hidden: &[bool], dims: &[usize], scores: &[usize]) -> Result<Band> {
    if !hidden.contains(&true) {
        return Ok(Band::ALL);
    }
    let problem = || {
        Error::input("this mask by position is neither a causal mask nor a sliding window").fix(
            "supported are masks in which a query sees the keys up to fixed distances before and after it or its block of \
             queries, and the first keys of all; shifted windows (Swin) and parts of different lengths are not",
        )
    };
    let (&[.., queries, keys], &[.., rows, columns]) = (scores, dims) else { return Err(problem()) };
    if queries != keys || (rows, columns) != (queries, keys) || keys == 0 {
        return Err(problem());
    }
    let mut bands = hidden.chunks(keys * keys).map(|matrix| Band::of(matrix, keys));
    let first = bands.next().flatten().ok_or_else(problem)?;
    if bands.all(|band| band == Some(first)) { Ok(first) } else { Err(problem()) }
}

/// Whether a softmax reads this value, possibly after other masks and factors.
pub fn reaches_softmax(context: &Context, value: ValueId) -> bool {
    let mut open = vec![value];
    for _ in 0..MOST_NODES {
        let Some(value) = open.pop() else { return false };
        for &index in context.flow.readers(value) {
            let node = &context.flow.model.nodes[index];
            match node.standard_op() {
                Some("Softmax") => return true,
                Some("Where" | "Add" | "Sub" | "Mul" | "Div" | "Identity" | "Cast" | "Dropout") => {
                    open.extend(node.outputs.first().copied().flatten());
                }
                _ => {}
            }
        }
    }
    false
}
