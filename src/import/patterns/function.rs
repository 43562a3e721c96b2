//! Functions of every element, such as GELU, however they are written: one node, or all the nodes between two values,
//! each of which acts element by element and reads, beside computed values, numbers.
//!
//! Backwards from a value, all paths join repeatedly in a single value. The function goes back to the last such
//! value that is followed by something other than a sum with or a product by a number.

use std::collections::{BTreeSet, HashMap};

use super::form::Form;
use super::{Context, Found, Site, elementwise, passthrough, quantiser};
use crate::error::{Error, Result};
use crate::import::decode::{NodeIndex, ValueId};
use crate::import::name;
use crate::import::tensor::Type;
use crate::qann::Op;
use crate::quant::{Binary, Function, Rounding, Unary};

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
    // Quantisers are applied as a whole where they end.
    let mut forms: HashMap<NodeIndex, Form> = HashMap::new();
    let mut pieces: BTreeSet<NodeIndex> = BTreeSet::new();
    for &index in &nodes {
        if let Some(output) =
            model.nodes[index].outputs.first().copied().flatten().filter(|&v| v != site.value)
            && let Some(form) = inner_quantiser(context, output)?
            && form.nodes.iter().all(|n| nodes.contains(n))
        {
            pieces.extend(&form.nodes);
            forms.insert(index, form);
        }
    }
    for &index in &nodes {
        let node = &model.nodes[index];
        if let Some(form) = forms.get(&index) {
            let (Some(&elementwise::Result::Number(x)), Some(&Some(output))) =
                (results.get(&form.source), node.outputs.first())
            else {
                return Ok(None);
            };
            results.insert(output, elementwise::Result::Number(quantised(&mut function, form, x)));
            continue;
        }
        if pieces.contains(&index) {
            continue;
        }
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
        // A quantiser on one of several paths is a step.
        if only.is_none()
            && let Some(form) = inner_quantiser(context, last)?
        {
            nodes.extend(&form.nodes);
            open.remove(&last);
            open.insert(form.source);
            curved = true;
            if nodes.len() > Function::MOST_STEPS {
                return Ok(found);
            }
            continue;
        }
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

/// The quantiser that writes a value, if a function may have it as a step: one scale, ties to even.
fn inner_quantiser(context: &Context, value: ValueId) -> Result<Option<Form>> {
    let single = |form: &Form| {
        form.rounding == Rounding::HalfEven
            && [form.scale.values.len(), form.low.values.len(), form.high.values.len()] == [1; 3]
    };
    match quantiser::form_of(context, value) {
        Ok(form) => Ok(form.filter(single).filter(|form| !context.flow.is_constant(form.source))),
        // It is reported where it is read for itself.
        Err(_) => Ok(None),
    }
}

/// Appends a quantiser of an earlier result.
fn quantised(f: &mut Function, form: &Form, x: usize) -> usize {
    let scale = f.constant(form.scale.values[0].into());
    let quotient = f.binary(Binary::Div, x, scale);
    let rounded = f.unary(Unary::Round, quotient);
    let low = f.constant(form.low.values[0].into());
    let above = f.binary(Binary::Max, rounded, low);
    let high = f.constant(form.high.values[0].into());
    let level = f.binary(Binary::Min, above, high);
    f.binary(Binary::Mul, level, scale)
}

/// Whether a value is the result of a comparison.
fn is_truth(context: &Context, value: Option<&ValueId>) -> bool {
    value.is_some_and(|&v| context.flow.element_type(v) == Some(Type::Bool))
}
