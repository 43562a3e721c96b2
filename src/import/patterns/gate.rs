//! Products of two computed values, element by element, which no integer sum is: gates, squeeze-and-excitation, rotary
//! positions. They are refused by name.

use super::{Context, Found, Site};
use crate::error::{Error, Result};

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
    let what = match first == second {
        true => "a gate: the product of two computed values, element by element",
        false => "squeeze-and-excitation: the product of a value with a gate for each of its channels",
    };
    Err(Error::input(format!("{what}, is not supported"))
        .fix("a product of two spike trains is no sum of weights: train without the gate (an MLP of two layers, blocks without squeeze-and-excitation), or let one side be constant"))
}
