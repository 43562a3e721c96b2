//! Functions of single tokens: values each of whose elements is computed from one element of the model's input, by the
//! same operators for all. Such are the padding masks that models derive from their token ids.
//!
//! What the operators are does not matter: the value is evaluated for every raw element that there can be, and its
//! views are applied to the positions of the tokens.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::Context;
use crate::error::{Error, Result};
use crate::import::constants::{self, Call};
use crate::import::decode::{Node, NodeIndex, ValueId};
use crate::import::dims::{broadcast, broadcast_index};
use crate::import::tensor::{Elements, Tensor, Type, count};
use crate::quant::{InputSpec, Scaling};

/// A value that is one function of single tokens.
#[derive(Clone, Debug)]
pub struct TokenMap {
    /// For each element of the value, the element of the input that it is computed from, the batch included.
    pub index_of: Tensor,
    /// The function: one entry for each raw element that there can be, from the smallest on.
    pub table: Rc<Tensor>,
}

/// Operators that act element by element.
const ELEMENTWISE: &[&str] = &[
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Not",
    "And",
    "Or",
    "Xor",
    "Cast",
    "CastLike",
    "Identity",
    "Where",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Neg",
    "Abs",
    "Sign",
    "Relu",
    "Min",
    "Max",
    "Clip",
];

/// Operators that move elements.
const VIEWS: &[&str] = &["Unsqueeze", "Squeeze", "Reshape", "Flatten", "Expand", "Transpose", "Slice"];

/// Maximum number of operators of a mask.
const MOST_NODES: usize = 64;

/// Maximum number of elements of a mask.
const ROOM: usize = 1 << 24;

/// Whether raw elements are the unscaled input of the model.
pub fn is_identity(spec: &InputSpec) -> bool {
    match &spec.scaling {
        Scaling::Affine { scale, zero_point: 0 } => matches!(&scale[..], [one] if one.to_f64() == 1.0),
        _ => false,
    }
}

/// The value as a function of tokens; none if it is not made of the model's input by operators on single elements.
///
/// # Errors
/// When it is, but elements depend on their position or on several tokens.
pub fn of(context: &Context, value: ValueId) -> Result<Option<TokenMap>> {
    let model = context.flow.model;
    if !is_identity(&context.options.input) || context.flow.is_constant(value) {
        return Ok(None);
    }
    // The nodes between the input and the value; nodes are in an order in which sources come first.
    let mut nodes: BTreeSet<NodeIndex> = BTreeSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if value == model.input || context.flow.is_constant(value) {
            continue;
        }
        let Some((index, node)) = model.producer_of(value) else { return Ok(None) };
        let known = node.standard_op().is_some_and(|op| ELEMENTWISE.contains(&op) || VIEWS.contains(&op));
        if !known || context.flow.extents(value)?.is_none() {
            return Ok(None);
        }
        if nodes.insert(index) {
            if nodes.len() > MOST_NODES {
                return Ok(None);
            }
            open.extend(node.inputs.iter().flatten());
        }
    }
    let mut maps: HashMap<ValueId, TokenMap> = HashMap::from([(model.input, input(context)?)]);
    for index in nodes {
        let node = &model.nodes[index];
        let map = apply(context, node, &maps).map_err(|e| e.at_node(&node.name))?;
        if let Some(&Some(output)) = node.outputs.first() {
            maps.insert(output, map);
        }
    }
    Ok(maps.remove(&value))
}

/// The input itself.
fn input(context: &Context) -> Result<TokenMap> {
    let model = context.flow.model;
    let dims = context.flow.extents(model.input)?.unwrap_or_default();
    let len = count(&dims).map_err(Error::input)?;
    let index_of = Tensor { ty: Type::I64, dims, data: Elements::Int((0i64..).take(len).collect()) };
    let (low, high) = context.options.input.element.range();
    let all: Vec<i64> = (i64::from(low)..=i64::from(high)).collect();
    let table = Tensor { ty: Type::I64, dims: vec![all.len()], data: Elements::Int(all) };
    // Integer types too narrow for some raw elements never see them.
    let to = if model.input_type == Type::F32 { Type::F32 } else { Type::I64 };
    let table = constants::convert(&table, to).map_err(Error::input)?;
    Ok(TokenMap { index_of, table: Rc::new(Tensor { ty: model.input_type, ..table }) })
}

/// Applies an operator.
fn apply(context: &Context, node: &Node, maps: &HashMap<ValueId, TokenMap>) -> Result<TokenMap> {
    let wrong = |problem: String| {
        Error::input(format!("{}: {problem}", node.op)).fix(
            "derive the mask from the token ids by comparisons, logic and views with constant parameters",
        )
    };
    let folder = &context.flow.model.folder;
    let evaluate = |inputs: Vec<Option<Rc<Tensor>>>| {
        constants::evaluate(&Call { node, inputs, folder, room: ROOM }).map_err(wrong)
    };
    if node.standard_op().is_some_and(|op| VIEWS.contains(&op)) {
        let source = maps.get(&node.input(0)?).ok_or_else(|| wrong("of a constant".into()))?;
        let mut inputs = vec![Some(Rc::new(source.index_of.clone()))];
        for port in 1..node.inputs.len() {
            inputs.push(node.optional_input(port).map(|v| context.flow.constant(v)).transpose()?);
        }
        return Ok(TokenMap { index_of: evaluate(inputs)?, table: Rc::clone(&source.table) });
    }
    // One number for each raw element, or one for all.
    let (mut operands, mut dims) = (Vec::new(), Vec::new());
    for &operand in &node.inputs {
        let Some(operand) = operand else {
            operands.push(None);
            continue;
        };
        let own = match maps.get(&operand) {
            Some(map) => {
                operands.push(Some(Rc::clone(&map.table)));
                map.index_of.dims.clone()
            }
            None => {
                let tensor = context.flow.constant(operand)?;
                operands.push(Some(Rc::new(number(&tensor)?)));
                tensor.dims.clone()
            }
        };
        dims = broadcast(&dims, &own).map_err(wrong)?;
    }
    let table = if node.is("CastLike") {
        let to = node.outputs.first().copied().flatten().and_then(|output| context.flow.element_type(output));
        let to = to.ok_or_else(|| wrong("to a type that is not known".into()))?;
        let from = operands.first().and_then(Option::as_ref).ok_or_else(|| wrong("of nothing".into()))?;
        constants::convert(from, to).map_err(wrong)?
    } else {
        evaluate(operands)?
    };
    if count(&dims).map_err(wrong)? > ROOM {
        return Err(wrong(format!("a mask of extents {dims:?} is too large")));
    }
    let mut index_of: Option<Vec<i64>> = None;
    for map in node.inputs.iter().flatten().filter_map(|v| maps.get(v)) {
        let own = map.index_of.as_ints().map_err(wrong)?;
        let index = broadcast_index(&map.index_of.dims, &dims).map_err(wrong)?;
        let spread: Vec<i64> = index.into_iter().map(|i| own[i]).collect();
        if index_of.as_ref().is_some_and(|other| *other != spread) {
            return Err(dependent("several tokens"));
        }
        index_of = Some(spread);
    }
    let index_of = index_of.ok_or_else(|| wrong("of constants".into()))?;
    let index_of = Tensor { ty: Type::I64, dims, data: Elements::Int(index_of) };
    Ok(TokenMap { index_of, table: Rc::new(table) })
}

/// Whether a value is computed from the model's input by operators on single elements, logical ones and views alone, as
/// masks are.
pub fn is_of_raw_elements(context: &Context, value: ValueId) -> bool {
    let model = context.flow.model;
    let mut seen = BTreeSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if value == model.input || context.flow.is_constant(value) {
            continue;
        }
        let Some((index, _, node)) = model.writer_of(value) else { return false };
        let known = node.standard_op().is_some_and(|op| {
            ELEMENTWISE.contains(&op) || VIEWS.contains(&op) || ["And", "Or", "Xor", "Concat"].contains(&op)
        });
        if !known || seen.len() > MOST_NODES {
            return false;
        }
        if seen.insert(index) {
            open.extend(node.inputs.iter().flatten());
        }
    }
    is_identity(&context.options.input)
}

/// The one number that a constant is everywhere, without extents.
fn number(tensor: &Tensor) -> Result<Tensor> {
    if tensor.uniform().is_none() {
        return Err(dependent("a token's position, beside the tokens themselves"));
    }
    let data = match &tensor.data {
        Elements::Int(v) => Elements::Int(v[..1].to_vec()),
        Elements::F32(v) => Elements::F32(v[..1].to_vec()),
        Elements::F64(v) => Elements::F64(v[..1].to_vec()),
    };
    Ok(Tensor { ty: tensor.ty, dims: vec![], data })
}

/// The error for a mask that is not a function of the key's token alone.
pub fn dependent(on: &str) -> Error {
    Error::input(format!("a mask that depends on {on} is not supported")).fix(
        "mask padding, scores.masked_fill(ids == padding, -inf) for the tokens that are attended to, and keys by position: two masks one after the other, or their sum",
    )
}
