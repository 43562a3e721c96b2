//! Products of two computed values, element by element: gates of perceptrons, squeeze-and-excitation. Rotary positions are
//! refused by name.

use super::{Context, Found, Site};
use crate::error::{Error, Result};
use crate::qann::{Op, repeated};

/// The pattern, behind all that know a product.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    if !node.is("Mul") {
        return Ok(None);
    }
    let (a, b) = (node.input(0)?, node.input(1)?);
    if flow.is_constant(a) || flow.is_constant(b) {
        let constant = if flow.is_constant(a) { a } else { b };
        let dims = flow.extents(constant)?.unwrap_or_default();
        let turns = matches!(dims[..], [.., rows, channels] if rows > 1 && channels > 1);
        if !turns || flow.constant(constant)?.uniform().is_some() {
            return Ok(None);
        }
        return Err(Error::input(format!(
            "a factor of extents {dims:?}, for each position and channel (rotary positions), is not supported"
        ))
        .fix("use learned or sinusoidal positions that are added to the embeddings, or factors for each channel"));
    }
    let (Some(first), Some(second)) = (flow.data_extents(a)?, flow.data_extents(b)?) else {
        return Ok(Some(Found::Blocked(vec![a, b])));
    };
    let shapes = [flow.shape(first), flow.shape(second)];
    let (sources, detail) = match () {
        () if shapes[0] == shapes[1] => (vec![a, b], "a gate"),
        () if repeated(&shapes[1], &shapes[0]).is_some() => (vec![a, b], "a gate that is repeated"),
        () if repeated(&shapes[0], &shapes[1]).is_some() => (vec![b, a], "a gate that is repeated"),
        () => {
            return Err(Error::input(format!(
                "a product of values of extents {first:?} and {second:?}, both of which are repeated, is not supported"
            ))
            .fix("multiply a value with a gate of its extents, or of one element where it has several"));
        }
    };
    Ok(Some(Found::Operator { op: Op::Mul, sources, name: node.name.clone(), detail: detail.to_owned() }))
}
