//! A value as a sum of others: additions, subtractions and negations resolved, cancelled terms removed.
//!
//! This resolves straight-through estimators: `x + (y − x)` is `y` in any form.

use std::collections::BTreeMap;

use super::Context;
use crate::error::Result;
use crate::import::decode::{Node, NodeIndex, Origin, ValueId};
use crate::import::tensor::count;

/// A value plus a number.
pub struct Shifted {
    /// The value.
    pub value: ValueId,
    /// The number.
    pub offset: f64,
}

/// Maximum number of additions in a quantiser.
const MOST_STEPS: usize = 64;

/// Resolves a value; none when it is not one value plus a number. Nodes seen on the way are added to `nodes`.
pub fn resolve(context: &Context, value: ValueId, nodes: &mut Vec<NodeIndex>) -> Result<Option<Shifted>> {
    reduce(context, value, nodes, true)
}

/// The constant that remains of a sum of constants when what cancels is gone: `s` for `(s − s·g) + s·g`, the way in
/// which training changes the gradient of a scale; the value itself where more than one remains. `g` is not looked at:
/// it may count the elements of the running batch.
pub fn remainder(context: &Context, value: ValueId) -> Result<ValueId> {
    Ok(reduce(context, value, &mut Vec::new(), false)?.map_or(value, |found| found.value))
}

/// Resolves a value; with `numbers`, constants of one element are gathered in the offset.
fn reduce(
    context: &Context,
    value: ValueId,
    nodes: &mut Vec<NodeIndex>,
    numbers: bool,
) -> Result<Option<Shifted>> {
    let flow = context.flow;
    let mut terms: BTreeMap<ValueId, i64> = BTreeMap::from([(value, 1)]);
    let mut seen = Vec::new();
    let mut offset = 0.0;
    for _ in 0..MOST_STEPS {
        // The latest node first, so that all paths to a value have met before it is resolved itself.
        let latest = terms
            .keys()
            .filter_map(|&v| flow.model.producer_of(v).map(|(index, node)| (index, node, v)))
            .filter(|(_, node, _)| is_sum(context, node))
            .max_by_key(|&(index, _, _)| index);
        let Some((index, node, v)) = latest else {
            let mut rest = terms.into_iter();
            let (Some((value, 1)), None) = (rest.next(), rest.next()) else { return Ok(None) };
            nodes.extend(seen);
            return Ok(Some(Shifted { value, offset }));
        };
        seen.push(index);
        let factor = terms.remove(&v).unwrap_or(0);
        let signs: &[i64] = match node.op.as_str() {
            "Add" => &[1, 1],
            "Sub" => &[1, -1],
            "Neg" => &[-1],
            _ => &[1],
        };
        for (port, sign) in signs.iter().enumerate() {
            let operand = node.input(port)?;
            let Some(coefficient) = factor.checked_mul(*sign) else { return Ok(None) };
            let other = (signs.len() == 2).then(|| node.input(1 - port)).transpose()?;
            if let Some(other) = other.filter(|_| numbers)
                && is_number(context, operand, other)?
            {
                let tensor = flow.constant(operand)?;
                #[expect(clippy::cast_precision_loss)]
                let product = coefficient as f64 * tensor.uniform().unwrap_or(f64::NAN);
                offset += product;
                continue;
            }
            let sum = terms.get(&operand).copied().unwrap_or(0).checked_add(coefficient);
            match sum {
                Some(0) => terms.remove(&operand),
                Some(sum) => terms.insert(operand, sum),
                None => return Ok(None),
            };
        }
    }
    Ok(None)
}

/// Operators that this form resolves.
fn is_sum(context: &Context, node: &Node) -> bool {
    ["Add", "Sub", "Neg", "Identity"].iter().any(|op| node.is(op))
        || super::passthrough::is_float_cast(context.flow, node)
}

/// Whether an operand is a number beside the other operand: a constant with one element, which is either added to a
/// computed value or stands in the file as it is.
fn is_number(context: &Context, operand: ValueId, other: ValueId) -> Result<bool> {
    let flow = context.flow;
    if !flow.is_constant(operand) {
        return Ok(false);
    }
    let Some(dims) = flow.extents(operand)? else { return Ok(false) };
    if count(&dims) != Ok(1) {
        return Ok(false);
    }
    Ok(!flow.is_constant(other) || is_literal(context, operand))
}

/// Whether a constant stands in the file as it is, possibly under another shape or float type.
fn is_literal(context: &Context, mut value: ValueId) -> bool {
    loop {
        match &context.flow.model.values[value].origin {
            Origin::Constant(_) => return true,
            Origin::Input => return false,
            Origin::Node { node, .. } => {
                let node = &context.flow.model.nodes[*node];
                let moves = ["Identity", "Cast", "Unsqueeze", "Squeeze", "Reshape"];
                match node.optional_input(0) {
                    None => return node.is("Constant"),
                    Some(source) if moves.iter().any(|op| node.is(op)) => value = source,
                    Some(_) => return false,
                }
            }
        }
    }
}
