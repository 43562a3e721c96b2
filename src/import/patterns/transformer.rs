//! Operators of Transformers: patches, products of computed values, residual sums, softmax, parts of values, tables.

use super::{Context, Found, Part, Site, bias, weights};
use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::import::decode::{Node, ValueId};
use crate::import::dims::{self, broadcast_index};
use crate::import::name;
use crate::import::slices::Cut;
use crate::qann::Op;

/// A `Conv` on the model's input whose kernels lie side by side: a linear layer on patches.
pub fn patches(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let source = node.input(0)?;
    let (weights, detail) = weights::read(context, node.input(1)?, true)?;
    let (Some(from), Some(to)) = (context.flow.data_extents(source)?, context.flow.data_extents(site.value)?)
    else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let (&[_, channels, height, width], &[_, outputs, rows, columns]) = (from, to) else {
        return Err(Error::input(format!("a convolution of {from:?}; supported are images"))
            .fix("give the convolution images: [batch, channels, height, width]"));
    };
    let bias = match node.optional_input(2) {
        Some(value) => bias::Bias::read(context, value, outputs)?.values,
        None => Vec::new(),
    };
    let (kh, kw) = (height / rows, width / columns);
    let patch = channels * kh * kw;
    // [channels, rows, kh, columns, kw] to [rows, columns, channels, kh, kw].
    let steps = vec![
        (Op::Reshape(Shape(vec![channels, rows, kh, columns, kw])), vec![Part::Value(source)]),
        (Op::Transpose(vec![1, 3, 0, 2, 4]), vec![Part::Before]),
        (Op::Reshape(Shape(vec![rows * columns, patch])), vec![Part::Before]),
        (Op::Linear { weights, bias }, vec![Part::Before]),
        (Op::Transpose(vec![1, 0]), vec![Part::Before]),
        (Op::Reshape(Shape(vec![outputs, rows, columns])), vec![Part::Before]),
    ];
    let name = name::of_scope(context.flow.model, &[site.index]);
    Ok(Some(Found::Chain { steps, name, detail: format!("{rows}×{columns} patches, {detail}") }))
}

/// A `MatMul` of two computed values.
pub fn product(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    if !node.is("MatMul")
        || context.flow.is_constant(node.input(0)?)
        || context.flow.is_constant(node.input(1)?)
    {
        return Ok(None);
    }
    let sources = vec![node.input(0)?, node.input(1)?];
    for &source in &sources {
        if context.flow.data_extents(source)?.is_none() {
            return Ok(Some(Found::Blocked(sources)));
        }
    }
    operator(node, Op::MatMul, sources, String::new())
}

/// An `Add` of two computed values, or of one and a constant; a `Sub` of two computed values.
pub fn add(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let less = node.is("Sub");
    if !node.is("Add") && !less {
        return Ok(None);
    }
    let operands = [node.input(0)?, node.input(1)?];
    if less && operands.iter().any(|&v| context.flow.is_constant(v)) {
        return Ok(None);
    }
    let blocked: Vec<ValueId> = operands.into_iter().filter(|&v| !context.flow.is_constant(v)).collect();
    let Some(dims) = context.flow.data_extents(site.value)?.map(<[usize]>::to_vec) else {
        return Ok(Some(Found::Blocked(blocked)));
    };
    let mut parts = Vec::new();
    for operand in operands {
        if context.flow.is_constant(operand) {
            parts.push(constant(context, operand, &dims)?);
            continue;
        }
        match context.flow.data_extents(operand)? {
            Some(own) if context.flow.shape(own) == context.flow.shape(&dims) => {
                parts.push(Part::Value(operand))
            }
            Some(own) => {
                return Err(Error::input(format!(
                    "a computed value of extents {own:?} is spread to {dims:?}"
                ))
                .fix("add values of the same extents"));
            }
            None => return Ok(Some(Found::Blocked(blocked))),
        }
    }
    let detail = if blocked.len() == 2 { "two values" } else { "constants" };
    if less {
        let [minuend, subtrahend] = <[Part; 2]>::try_from(parts).unwrap_or([Part::Before, Part::Before]);
        let steps = vec![
            (Op::Line { factor: vec![-1.0], offset: vec![0.0] }, vec![subtrahend]),
            (Op::Add, vec![minuend, Part::Before]),
        ];
        return Ok(Some(Found::Chain { steps, name: node.name.clone(), detail: detail.to_owned() }));
    }
    chain(node, Op::Add, parts, detail.to_owned())
}

/// A `Concat` of computed values and constants.
pub fn concat(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    if !node.is("Concat") {
        return Ok(None);
    }
    let values: Vec<ValueId> = (0..node.inputs.len()).map(|n| node.input(n)).collect::<Result<_>>()?;
    let blocked: Vec<ValueId> = values.iter().copied().filter(|&v| !context.flow.is_constant(v)).collect();
    let Some(dims) = context.flow.data_extents(site.value)? else {
        return Ok(Some(Found::Blocked(blocked)));
    };
    let axis = dims::axis(node.int("axis", 0), dims.len()).map_err(Error::input)?;
    let stripped = dims.len() - context.flow.shape(dims).0.len();
    let Some(axis) = axis.checked_sub(stripped) else {
        return Err(Error::input("this Concat puts batches together").fix("concatenate tokens, not samples"));
    };
    if rolled(context, &values, (axis, context.flow.shape(dims).0.len()))? {
        return Err(Error::input(
            "windows that are shifted or rolled (Swin) are not supported: a roll of a feature map",
        )
        .fix("use attention over all tokens, or windows that are not shifted"));
    }
    let mut parts = Vec::new();
    for value in values {
        if context.flow.is_constant(value) {
            let own = context.flow.extents(value)?.unwrap_or_default();
            parts.push(constant(context, value, &own)?);
        } else {
            parts.push(Part::Value(value));
        }
    }
    chain(node, Op::Concat(axis), parts, format!("{} parts", node.inputs.len()))
}

/// Whether two parts of one map of lines, columns and channels change places along its lines or columns.
fn rolled(context: &Context, values: &[ValueId], (axis, rank): (usize, usize)) -> Result<bool> {
    let mut sources = Vec::new();
    for &value in values {
        match context.flow.model.producer_of(value) {
            Some((_, part)) if part.is("Slice") => sources.push(part.input(0)?),
            _ => return Ok(false),
        }
    }
    Ok(rank == 3 && axis < 2 && sources.len() == 2 && sources[0] == sources[1])
}

/// `Softmax` over the last extent.
pub fn softmax(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    if !node.is("Softmax") {
        return Ok(None);
    }
    let source = node.input(0)?;
    let Some(dims) = context.flow.data_extents(source)? else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    if dims::axis(node.int("axis", -1), dims.len()).map_err(Error::input)? != dims.len() - 1 {
        return Err(Error::input("a Softmax over another extent than the last is not supported")
            .fix("write the softmax over the last extent: softmax(dim=-1)"));
    }
    operator(node, Op::Softmax, vec![source], String::new())
}

/// Parts of a value: `Split`, `Slice`, and `Gather` of one index.
pub fn part(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let gather = node.is("Gather") && context.flow.is_constant(node.input(1)?);
    if !gather && !node.is("Split") && !node.is("Slice") {
        return Ok(None);
    }
    let source = node.input(0)?;
    let (Some(from), Some(to)) = (context.flow.data_extents(source)?, context.flow.data_extents(site.value)?)
    else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let ranges = if gather {
        let axis = dims::axis(node.int("axis", 0), from.len()).map_err(Error::input)?;
        let index = context.flow.constant(node.input(1)?)?;
        let [index] = index.as_ints().map_err(Error::input)? else { return Ok(None) };
        let first = dims::axis(*index, from[axis]).map_err(Error::input)?;
        vec![(axis, first, 1)]
    } else if node.is("Split") {
        let axis = dims::axis(node.int("axis", 0), from.len()).map_err(Error::input)?;
        let parts = context.flow.parts(node).map_err(Error::input)?;
        let first: usize = parts.iter().take(site.port).map(|p| p[axis]).sum();
        vec![(axis, first, to[axis])]
    } else {
        let cuts = context.flow.slices(node, from).map_err(Error::input)?;
        let part = |cut: &Cut| Some((cut.axis, cut.contiguous(from[cut.axis])?, to[cut.axis]));
        // Every second element, or in reverse: a selection.
        let Some(parts) = cuts.iter().map(part).collect() else { return Ok(None) };
        parts
    };
    // All extents, the batch among them; then without it.
    let mut steps = vec![(Op::Reshape(Shape(from.to_vec())), vec![Part::Value(source)])];
    for (axis, first, count) in ranges {
        if axis == 0 && from[0] == context.flow.batch && context.flow.batch != 1 {
            return Err(Error::input("this node takes samples out of the batch")
                .fix("process every sample of the batch in the same way"));
        }
        steps.push((Op::Slice { axis, first, count }, vec![Part::Before]));
    }
    steps.push((Op::Reshape(context.flow.shape(to)), vec![Part::Before]));
    let name = if site.port == 0 { node.name.clone() } else { format!("{}.{}", node.name, site.port) };
    Ok(Some(Found::Chain { steps, name, detail: format!("{from:?} to {to:?}") }))
}

/// A `Gather` of rows of a constant table by computed indices.
pub fn embedding(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    if !node.is("Gather") || !context.flow.is_constant(node.input(0)?) {
        return Ok(None);
    }
    let source = node.input(1)?;
    if context.flow.data_extents(source)?.is_none() {
        return Ok(Some(Found::Blocked(vec![source])));
    }
    let table = context.flow.constant(node.input(0)?)?;
    let &[rows, channels] = &table.dims[..] else {
        return Err(Error::input(format!(
            "a table of extents {:?}; supported are rows of channels",
            table.dims
        ))
        .fix("store the table as a matrix with one row a token"));
    };
    if dims::axis(node.int("axis", 0), 2).map_err(Error::input)? != 0 {
        return Err(Error::input("a Gather of columns of a table is not supported")
            .fix("store the table with one row a token (axis 0)"));
    }
    let table = table.rounded_f32().map_err(Error::input)?;
    let name = name::of_scope(context.flow.model, &[site.index]);
    let detail = format!("{rows} rows of {channels} channels");
    Ok(Some(Found::Operator { op: Op::Embedding { channels, table }, sources: vec![source], name, detail }))
}

/// A `Mul` or `Div` by one number.
pub fn factor(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let divides = node.is("Div");
    if !divides && !node.is("Mul") {
        return Ok(None);
    }
    let (a, b) = (node.input(0)?, node.input(1)?);
    let (source, number) = match (context.flow.is_constant(a), context.flow.is_constant(b)) {
        (false, true) => (a, b),
        (true, false) if !divides => (b, a),
        _ => return Ok(None),
    };
    let (Some(from), Some(to)) = (context.flow.data_extents(source)?, context.flow.data_extents(site.value)?)
    else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let Some(number) = bias::number(context, number)?.filter(|_| from == to) else {
        return Ok(None);
    };
    let factor = if divides { 1.0 / number } else { number };
    operator(node, Op::Scale(factor), vec![source], format!("{factor}"))
}

/// One operator, named like its node.
fn operator(node: &Node, op: Op, sources: Vec<ValueId>, detail: String) -> Result<Option<Found>> {
    Ok(Some(Found::Operator { op, sources, name: node.name.clone(), detail }))
}

/// One operator that may read constants.
fn chain(node: &Node, op: Op, parts: Vec<Part>, detail: String) -> Result<Option<Found>> {
    Ok(Some(Found::Chain { steps: vec![(op, parts)], name: node.name.clone(), detail }))
}

/// A constant spread to these extents.
fn constant(context: &Context, value: ValueId, to: &[usize]) -> Result<Part> {
    let (dims, values) = bias::real(context, value)?;
    let index = broadcast_index(&dims, to).map_err(Error::input)?;
    Ok(Part::Constant(context.flow.shape(to), index.into_iter().map(|i| values[i]).collect()))
}
