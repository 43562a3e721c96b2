//! `Reshape`, `Flatten`, `Squeeze`, `Unsqueeze`, `Transpose`.

use super::{Context, Found, Part, Site};
use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::import::dims;
use crate::qann::Op;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let moves = node.is("Transpose");
    if !moves && !["Reshape", "Flatten", "Squeeze", "Unsqueeze"].iter().any(|op| node.is(op)) {
        return Ok(None);
    }
    let source = node.input(0)?;
    let (Some(from), Some(to)) = (context.flow.data_extents(source)?, context.flow.data_extents(site.value)?)
    else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let op = if moves {
        let order = dims::order(node.ints("perm"), from.len()).map_err(Error::input)?;
        match order.split_first() {
            Some((0, rest)) if rest.is_sorted() => return Ok(Some(Found::Same(source))),
            Some((0, rest)) if from[0] == context.flow.batch => {
                Op::Transpose(rest.iter().map(|i| i - 1).collect())
            }
            _ if context.flow.batch != 1 => {
                return Err(
                    Error::input("this Transpose moves the batch").fix("keep the batch as the first extent")
                );
            }
            // A batch of 1 is an extent like any other.
            _ => {
                let steps = vec![
                    (Op::Reshape(Shape(from.to_vec())), vec![Part::Value(source)]),
                    (Op::Transpose(order), vec![Part::Before]),
                    (Op::Reshape(context.flow.shape(to)), vec![Part::Before]),
                ];
                let detail = format!("{from:?} to {to:?}");
                return Ok(Some(Found::Chain { steps, name: node.name.clone(), detail }));
            }
        }
    } else if from == to {
        return Ok(Some(Found::Same(source)));
    } else {
        Op::Reshape(context.flow.shape(to))
    };
    let detail = format!("{from:?} to {to:?}");
    Ok(Some(Found::Operator { op, sources: vec![source], name: node.name.clone(), detail }))
}
