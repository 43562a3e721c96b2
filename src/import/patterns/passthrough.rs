//! Operators that do nothing in inference: `Identity`, `Dropout`, casts between float types, and of token ids between
//! integer types.

use super::{Context, Found, Site};
use crate::error::{Error, Result};
use crate::import::decode::{Node, ValueId};
use crate::import::flow::Flow;
use crate::import::tensor::Type;

/// Whether this is a cast to single or double precision, which real arithmetic does not see.
pub fn is_float_cast(flow: &Flow, node: &Node) -> bool {
    let to = || node.outputs.first().copied().flatten().and_then(|output| flow.element_type(output));
    (node.is("Cast") || node.is("CastLike")) && matches!(to(), Some(Type::F32 | Type::F64))
}

/// Whether this is a cast between integer types that hold every raw element.
fn keeps_tokens(context: &Context, node: &Node) -> Result<bool> {
    let ty = |value: Option<ValueId>| value.and_then(|v| context.flow.element_type(v));
    let (low, high) = context.options.input.element.range();
    let holds = |ty: Option<Type>| {
        matches!(ty, Some(Type::Int { .. }))
            && ty
                .and_then(Type::range)
                .is_some_and(|(first, last)| first <= low.into() && last >= high.into())
    };
    let output = node.outputs.first().copied().flatten();
    Ok(node.is("Cast") && holds(ty(Some(node.input(0)?))) && holds(ty(output)))
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
    } else if node.is("Where") {
        return nan_replaced(context, node);
    } else if !node.is("Identity") && !is_float_cast(context.flow, node) && !keeps_tokens(context, node)? {
        return Ok(None);
    }
    Ok(Some(Found::Same(node.input(0)?)))
}

/// `Where(IsNaN(x), c, x)`, with which attention replaces rows without any key, is `x` where there are none.
fn nan_replaced(context: &Context, node: &Node) -> Result<Option<Found>> {
    let value = node.input(2)?;
    let test = context.flow.model.producer_of(node.input(0)?).map(|(_, test)| test);
    match test {
        Some(test)
            if test.is("IsNaN") && test.input(0)? == value && context.flow.is_constant(node.input(1)?) =>
        {
            Ok(Some(Found::Same(value)))
        }
        _ => Ok(None),
    }
}
