//! Linear layers: `Gemm`, or `MatMul` with constant weights on the right, and `Add` of a constant bias.

use super::bias::Bias;
use super::{Context, Found, Part, Site, form, passthrough, weights};
use crate::error::{Error, Result};
use crate::import::decode::{Node, NodeIndex, ValueId};
use crate::import::name;
use crate::qann::Op;
use crate::quant::Weights;

/// Maximum number of consecutive constants.
const MOST_BIASES: usize = 8;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let mut nodes = vec![site.index];
    let mut constants = Vec::new();
    let mut node = site.node;
    while node.is("Add") {
        let (a, b) = (node.input(0)?, node.input(1)?);
        let (data, constant) = match (context.flow.is_constant(a), context.flow.is_constant(b)) {
            (false, true) => (a, b),
            (true, false) => (b, a),
            _ => return Ok(None),
        };
        constants.push(constant);
        let Some((index, next)) = writer(context, data)? else { return Ok(None) };
        if constants.len() > MOST_BIASES {
            return Ok(None);
        }
        nodes.push(index);
        node = next;
    }
    if !node.is("MatMul") && !node.is("Gemm") {
        return Ok(None);
    }
    let at = |e: Error| e.at_node(&node.name);
    let source = node.input(0)?;
    let right = node.input(1)?;
    if context.flow.is_constant(source) {
        // Constants that are added belong to nodes of their own.
        return if constants.is_empty() { left(context, site, source, right).map_err(at) } else { Ok(None) };
    }
    if !context.flow.is_constant(right) {
        return Ok(None);
    }
    let gemm = node.is("Gemm");
    if gemm && node.int("transA", 0) != 0 {
        return Err(at(Error::input("a Gemm with a transposed left operand is not supported")
            .fix("export the layer as x·W, without transA")));
    }
    let by_output = gemm && node.int("transB", 0) != 0;
    let (mut weights, mut detail) = weights::read(context, right, by_output).map_err(at)?;
    let mut biases = Vec::new();
    if gemm {
        scale(&mut weights, node.float("alpha", 1.0)).map_err(at)?;
        let beta = node.float("beta", 1.0);
        if let Some(c) = node.optional_input(2).filter(|_| beta != 0.0) {
            let bias = Bias::read(context, c, weights.outputs).and_then(|b| b.scaled(beta));
            biases.push(bias.map_err(at)?);
        }
    }
    for &constant in constants.iter().rev() {
        biases.push(Bias::read(context, constant, weights.outputs)?);
    }
    let bias = biases.into_iter().map(Ok).reduce(|a, b| a?.plus(&b?)).transpose()?;
    if let Some(bias) = &bias {
        detail.push_str(if bias.exact { ", bias" } else { ", bias (rounded to doubles)" });
    }
    let bias = bias.map(|b| b.values).unwrap_or_default();
    let Some(_) = context.flow.data_extents(source).map_err(at)? else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    Ok(Some(Found::Operator {
        op: Op::Linear { weights, bias },
        sources: vec![source],
        name: name::of_scope(context.flow.model, &nodes),
        detail,
    }))
}

/// `W·x` with constant weights, which mixes rows: the transposed value through a layer.
fn left(context: &Context, site: Site, constant: ValueId, source: ValueId) -> Result<Option<Found>> {
    let flow = context.flow;
    let dims = flow.extents(constant)?.unwrap_or_default();
    let refused = || {
        Error::input("the left operand of this product is constant")
            .fix("write the layer as x·W with the weights on the right")
    };
    if !site.node.is("MatMul") || dims.len() != 2 || flow.is_constant(source) {
        return Err(refused());
    }
    let (Some(from), Some(_)) = (flow.data_extents(source)?, flow.data_extents(site.value)?) else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let rank = flow.shape(from).0.len();
    if rank < 2 {
        return Err(refused());
    }
    let (weights, detail) = weights::read(context, constant, true)?;
    let swapped = || (0..rank - 2).chain([rank - 1, rank - 2]).collect::<Vec<usize>>();
    let steps = vec![
        (Op::Transpose(swapped()), vec![Part::Value(source)]),
        (Op::Linear { weights, bias: Vec::new() }, vec![Part::Before]),
        (Op::Transpose(swapped()), vec![Part::Before]),
    ];
    let name = name::of_scope(flow.model, &[site.index]);
    Ok(Some(Found::Chain { steps, name, detail: format!("of rows, {detail}") }))
}

/// The node that writes a value, behind operators that do nothing.
fn writer<'a>(context: &Context<'a>, mut value: ValueId) -> Result<Option<(NodeIndex, &'a Node)>> {
    loop {
        match context.flow.model.producer_of(value) {
            Some((_, node)) if node.is("Identity") || passthrough::is_float_cast(context.flow, node) => {
                value = node.input(0)?
            }
            found => return Ok(found),
        }
    }
}

/// Multiplies the scales of weights by a number: a product of two floats, which a double holds.
fn scale(weights: &mut Weights, factor: f32) -> Result<()> {
    if factor == 1.0 {
        return Ok(());
    }
    weights.scaled(&[f64::from(factor)]).map_err(|e| Error::input(e).fix(form::SCALE))
}
