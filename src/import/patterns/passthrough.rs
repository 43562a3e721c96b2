//! Operators that do nothing in inference: `Identity`, `Dropout`, casts between float types.

use super::{Context, Found, Site};
use crate::error::{Error, Result};
use crate::import::decode::Node;
use crate::import::flow::Flow;
use crate::import::tensor::Type;

/// Whether this is a cast to single or double precision, which real arithmetic does not see.
pub fn is_float_cast(flow: &Flow, node: &Node) -> bool {
    let to = || node.outputs.first().copied().flatten().and_then(|output| flow.element_type(output));
    (node.is("Cast") || node.is("CastLike")) && matches!(to(), Some(Type::F32 | Type::F64))
}

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    if node.is("Dropout") {
        if let Some(training) = node.optional_input(2)
            && context.flow.constant(training)?.uniform() != Some(0.0)
        {
            return Err(
                Error::input("this Dropout is in training mode").fix("export the model in inference mode")
            );
        }
    } else if !node.is("Identity") && !is_float_cast(context.flow, node) {
        return Ok(None);
    }
    Ok(Some(Found::Same(node.input(0)?)))
}
