//! Products, element by element: of two computed values (gates of perceptrons, squeeze-and-excitation), and with constants for
//! each position and channel (rotary positions).

use super::{Context, Found, Site, bias};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::import::dims::broadcast_index;
use crate::qann::{Op, repeated};

/// The pattern, behind all that know a product.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    if !node.is("Mul") {
        return Ok(None);
    }
    let (a, b) = (node.input(0)?, node.input(1)?);
    if flow.is_constant(a) || flow.is_constant(b) {
        let (source, constant) = if flow.is_constant(a) { (b, a) } else { (a, b) };
        return turned(context, site, source, constant);
    }
    let (Some(first), Some(second)) = (flow.data_extents(a)?, flow.data_extents(b)?) else {
        return Ok(Some(Found::Blocked(vec![a, b])));
    };
    let shapes = [flow.shape(first), flow.shape(second)];
    let (sources, detail) = match () {
        () if shapes[0] == shapes[1] => (vec![a, b], "a gate"),
        () if repeated(&shapes[1], &shapes[0]).is_some() => (vec![a, b], "a gate that is repeated"),
        () if repeated(&shapes[0], &shapes[1]).is_some() => (vec![b, a], "a gate that is repeated"),
        () => {
            return Err(Error::input(format!(
                "a product of values of extents {first:?} and {second:?}, both of which are repeated, is not supported"
            ))
            .fix("multiply a value with a gate of its extents, or of one element where it has several"));
        }
    };
    Ok(Some(Found::Operator { op: Op::Mul, sources, name: node.name.clone(), detail: detail.to_owned() }))
}

/// A product with a constant that differs between elements in any way.
fn turned(context: &Context, site: Site, source: ValueId, constant: ValueId) -> Result<Option<Found>> {
    let flow = context.flow;
    let (Some(from), Some(to)) = (flow.data_extents(source)?, flow.data_extents(site.value)?) else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    if flow.shape(from) != flow.shape(to) {
        return Ok(None);
    }
    let (dims, values) = bias::real(context, constant)?;
    if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
        return Err(Error::input(format!("the factor {bad} of this product is not finite"))
            .fix("positions and other constants must be finite numbers"));
    }
    // Constants have no batch, or one of 1.
    let shape = flow.shape(to);
    let mut own = to.to_vec();
    if own.len() > shape.0.len() {
        own[0] = 1;
    }
    let index = broadcast_index(&dims, &own).map_err(Error::input)?;
    let factors: Vec<f64> = index.into_iter().map(|i| values[i]).collect();
    if factors.len() != shape.len() {
        return Ok(None);
    }
    let (op, name) = (Op::Times(factors), site.node.name.clone());
    let detail = "factors for each position and channel".to_owned();
    Ok(Some(Found::Operator { op, sources: vec![source], name, detail }))
}
