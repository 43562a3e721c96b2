//! Quantisers in any form.

use super::form::{Form, SCALE, check_scale};
use super::{Context, Found, Site, arithmetic, qdq, qonnx, scaled};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::import::name;
use crate::qann::Op;
use crate::quant::Quantiser;

/// The quantiser whose result this value is.
///
/// # Errors
/// If it is one and is invalid or not supported; the error names the node.
pub fn form_of(context: &Context, value: ValueId) -> Result<Option<Form>> {
    let Some((index, node)) = context.flow.model.producer_of(value) else { return Ok(None) };
    let site = Site { value, index, port: 0, node };
    for form in [arithmetic::form_of, qdq::form_of, qonnx::form_of] {
        if let Some(form) = form(context, site).map_err(|e| e.at_node(&node.name))? {
            check_scale(&form.scale.values).map_err(|e| Error::input(e).at_node(&node.name).fix(SCALE))?;
            return Ok(Some(form));
        }
    }
    Ok(None)
}

/// The pattern: a quantiser on an activation.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let form = match form_of(context, site.value) {
        Ok(Some(form)) => form,
        // Other ways of writing the scale.
        other => {
            return match scaled::find(context, site)? {
                Some(found) => Ok(Some(found)),
                None => other.map(|_| None),
            };
        }
    };
    let Some(dims) = context.flow.data_extents(form.source)? else {
        return Ok(Some(Found::Blocked(vec![form.source])));
    };
    let quantiser = Quantiser {
        scale: form.scale.by_channel(dims)?,
        low: form.low.by_channel(dims)?,
        high: form.high.by_channel(dims)?,
        rounding: form.rounding,
    };
    let fix = "use at most 65,536 levels on each side of 0, and per-channel lists of the channels' length";
    quantiser.check(dims.last().copied().unwrap_or(1)).map_err(|e| Error::input(e).fix(fix))?;
    let op = Op::Quantise(quantiser);
    Ok(Some(Found::Operator {
        detail: format!("{}: {}", form.form, crate::graph::Operator::describe(&op)),
        op,
        sources: vec![form.source],
        name: name::of_scope(context.flow.model, &form.nodes),
    }))
}
