//! Functions of every element, such as GELU, however they are written: one node, or all the nodes between two values,
//! each of which acts element by element and reads, beside computed values, numbers.
//!
//! Backwards from a value, all paths join repeatedly in a single value. The function goes back to the last such
//! value that is followed by something other than a sum with or a product by a number.

use std::collections::{BTreeSet, HashMap};

use super::{Context, Found, Site, elementwise, passthrough, quantiser};
use crate::error::{Error, Result};
use crate::import::decode::{NodeIndex, ValueId};
use crate::import::name;
use crate::import::tensor::Type;
use crate::qann::Op;
use crate::quant::Function;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    // Operators that do nothing are handled elsewhere.
    if ["Identity", "Cast", "CastLike"].iter().any(|op| site.node.is(op)) {
        return Ok(None);
    }
    let Some((root, nodes)) = region(context, site.value)? else { return Ok(None) };
    let model = context.flow.model;
    let (Some(from), Some(to)) = (context.flow.data_extents(root)?, context.flow.data_extents(site.value)?)
    else {
        return Ok(Some(Found::Blocked(vec![root])));
    };
    if from != to || matches!(context.flow.element_type(root), Some(Type::Int { .. } | Type::Bool)) {
        return Ok(None);
    }
    let mut function = Function::identity();
    let mut results = HashMap::from([(root, elementwise::Result::Number(0))]);
    for &index in &nodes {
        let node = &model.nodes[index];
        let result = elementwise::apply(context, node, &mut function, &results)?;
        let (Some(result), Some(&Some(output))) = (result, node.outputs.first()) else { return Ok(None) };
        results.insert(output, result);
    }
    function.check().map_err(Error::input)?;
    let names = nodes.iter().map(|&n| model.nodes[n].op.as_str());
    let detail: Vec<&str> = names.filter(|op| !["Identity", "Cast", "CastLike"].contains(op)).collect();
    let nodes: Vec<NodeIndex> = nodes.into_iter().collect();
    Ok(Some(Found::Operator {
        op: Op::Function(function),
        sources: vec![root],
        name: name::of_scope(model, &nodes),
        detail: detail.join(" "),
    }))
}

/// The value that a function reads, and its nodes; none if nothing but sums with and products by numbers is behind
/// `value`.
fn region(context: &Context, value: ValueId) -> Result<Option<(ValueId, BTreeSet<NodeIndex>)>> {
    let model = context.flow.model;
    let mut found = None;
    // Values whose writers have not been looked at, and the nodes so far.
    let mut open = BTreeSet::from([value]);
    let mut nodes: BTreeSet<NodeIndex> = BTreeSet::new();
    let mut curved = false;
    loop {
        let only = if open.len() == 1 { open.first().copied() } else { None };
        if let Some(root) = only.filter(|_| curved && !is_truth(context, open.first())) {
            found = Some((root, nodes.clone()));
            curved = false;
        }
        if only.is_some_and(|v| v != value && !matches!(quantiser::form_of(context, v), Ok(None))) {
            return Ok(found);
        }
        // The last of them: it may be computed from the others, not they from it.
        let last = open
            .iter()
            .filter_map(|&v| Some((model.producer_of(v)?, v)))
            .max_by_key(|((index, _), _)| *index);
        let Some(((index, node), last)) = last else { return Ok(found) };
        if !elementwise::is_known(node) && !passthrough::is_float_cast(context.flow, node) {
            // A clip after a rounding is a part of a quantiser.
            let rounds = ["Floor", "Ceil", "Round"].iter().any(|op| node.is(op));
            return Ok(found.filter(|(root, _)| !(rounds && *root == last)));
        }
        nodes.insert(index);
        if nodes.len() > Function::MOST_STEPS {
            return Ok(found);
        }
        open.remove(&last);
        let mut computed = 0;
        for &input in node.inputs.iter().flatten() {
            if !context.flow.is_constant(input) {
                computed += 1;
                open.insert(input);
            } else if elementwise::number(context, input)?.is_none() {
                return Ok(found);
            }
        }
        curved |= elementwise::is_curved(node, computed > 1, !context.flow.is_constant(node.input(0)?));
    }
}

/// Whether a value is the result of a comparison.
fn is_truth(context: &Context, value: Option<&ValueId>) -> bool {
    value.is_some_and(|&v| context.flow.element_type(v) == Some(Type::Bool))
}
