//! `Relu`. After a quantiser without negative levels it changes nothing and vanishes.

use super::{Context, Found, Site, quantiser};
use crate::error::Result;
use crate::import::name;
use crate::qann::Op;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    if !site.node.is("Relu") {
        return Ok(None);
    }
    let source = site.node.input(0)?;
    if context.flow.data_extents(source)?.is_none() {
        return Ok(Some(Found::Blocked(vec![source])));
    }
    if let Some(form) = quantiser::form_of(context, source)?
        && form.low.values.iter().all(|&low| low >= 0)
    {
        return Ok(Some(Found::Same(source)));
    }
    Ok(Some(Found::Operator {
        op: Op::Relu,
        sources: vec![source],
        name: name::of_scope(context.flow.model, &[site.index]),
        detail: String::new(),
    }))
}
