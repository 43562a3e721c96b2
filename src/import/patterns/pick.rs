//! Elements repeated, selected or put in another order by constants: `Expand`, `Tile`, `Gather` of several indices, `Slice` with
//! steps, `DepthToSpace`. Grouped queries repeat keys and values this way.

use std::rc::Rc;

use super::{Context, Found, Part, Site};
use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::import::constants::{self, Call};
use crate::import::decode::ValueId;
use crate::import::tensor::{Elements, Tensor, Type, count};
use crate::qann::Op;

/// The pattern: the operator is applied to the indices of the elements.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    if !["Expand", "Tile", "Gather", "GatherElements", "Slice", "DepthToSpace", "SpaceToDepth"]
        .iter()
        .any(|op| node.is(op))
    {
        return Ok(None);
    }
    let source = node.input(0)?;
    let parameters: Vec<Option<ValueId>> = node.inputs.iter().skip(1).copied().collect();
    if flow.is_constant(source) || parameters.iter().flatten().any(|&v| !flow.is_constant(v)) {
        return Ok(None);
    }
    let (Some(from), Some(to)) = (flow.data_extents(source)?, flow.data_extents(site.value)?) else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    if from == to && (node.is("Expand") || node.is("Tile")) {
        return Ok(Some(Found::Same(source)));
    }
    if flow.batch != 1 {
        return Err(Error::input("elements of a fixed batch are repeated or selected")
            .fix("export with a batch of 1, or a dynamic one"));
    }
    let len = count(from).map_err(Error::input)?;
    let indices =
        Tensor { ty: Type::I64, dims: from.to_vec(), data: Elements::Int((0i64..).take(len).collect()) };
    let mut inputs = vec![Some(Rc::new(indices))];
    for value in parameters {
        inputs.push(value.map(|v| flow.constant(v)).transpose()?);
    }
    let room = count(to).map_err(Error::input)?;
    let picked = constants::evaluate(&Call { node, inputs, folder: &flow.model.folder, room })
        .map_err(Error::input)?;
    let order = picked.as_ints().map_err(Error::input)?;
    let order: Vec<usize> = order.iter().filter_map(|&e| usize::try_from(e).ok()).collect();
    let steps = vec![
        (Op::Reshape(Shape(from.to_vec())), vec![Part::Value(source)]),
        (Op::Pick { shape: flow.shape(to), order }, vec![Part::Before]),
    ];
    Ok(Some(Found::Chain { steps, name: node.name.clone(), detail: format!("{from:?} to {to:?}") }))
}
