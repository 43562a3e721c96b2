//! ONNX `QuantizeLinear`, then `DequantizeLinear`; between them possibly a clip of the integers to a narrower range.

use super::clip::{Bounds, clip_of};
use super::form::{Form, Spread, level};
use super::{Context, Site};
use crate::error::{Error, Result};
use crate::import::constants::quantise::spread_dims;
use crate::import::decode::{Node, ValueId};
use crate::import::tensor::{Tensor, Type};
use crate::quant::Rounding;

/// The quantiser that ends in this `DequantizeLinear`; none when its integers are constants of the file.
pub fn form_of(context: &Context, site: Site) -> Result<Option<Form>> {
    if !site.node.is("DequantizeLinear") {
        return Ok(None);
    }
    let mut nodes = vec![site.index];
    let mut bounds = Bounds::none();
    let mut value = site.node.input(0)?;
    let quantise = loop {
        let Some((index, node)) = context.flow.model.producer_of(value) else { return Ok(None) };
        nodes.push(index);
        if node.is("QuantizeLinear") {
            break node;
        } else if node.is("Identity") || keeps_levels(context, node) {
            value = node.input(0)?;
        } else if let Some(clip) = clip_of(context, value)? {
            bounds.clip_inside(clip.low, clip.high);
            value = clip.inner;
        } else {
            return Ok(None);
        }
    };
    let source = quantise.input(0)?;
    let Some(extents) = context.flow.extents(source)? else {
        // Extents are not known because of an earlier node; the list is as good as any until that is resolved.
        return Ok(Some(Form {
            form: "QuantizeLinear",
            source,
            scale: Spread::one(1.0),
            low: Spread::one(0),
            high: Spread::one(0),
            rounding: Rounding::HalfEven,
            nodes,
        }));
    };
    let (scale, zero) = parameters(context, quantise, &extents)?;
    if parameters(context, site.node, &extents)? != (scale.clone(), zero.clone()) {
        return Err(Error::input(
            "this quantiser's DequantizeLinear has another scale or zero point than its QuantizeLinear",
        )
        .fix("export both with the same scale and zero point"));
    }
    let ty = output_type(context, quantise)?;
    let Some((lowest, highest)) = ty.range() else {
        return Err(Error::input("quantisation to floats is not supported")
            .fix("quantise to integers of 8 bits or less")
            .at_node(&quantise.name));
    };
    #[expect(clippy::cast_precision_loss)]
    bounds.clip_inside(lowest as f64, highest as f64);
    let (Some((low, high)), true) = (bounds.both(), bounds.are_integers()) else {
        return Err(Error::input("this quantiser is clipped at bounds that are not integers of 32 bits")
            .fix("clip the integers at whole numbers"));
    };
    #[expect(clippy::cast_precision_loss)]
    let shifted = |bound: f64| Spread {
        dims: zero.dims.clone(),
        values: zero.values.iter().map(|&z| level(bound - z as f64)).collect(),
    };
    let (low, high) = (shifted(low), shifted(high));
    Ok(Some(Form { form: "QuantizeLinear", source, scale, low, high, rounding: Rounding::HalfEven, nodes }))
}

/// Scale and zero point of a `QuantizeLinear` or `DequantizeLinear`.
pub fn parameters(context: &Context, node: &Node, extents: &[usize]) -> Result<(Spread<f32>, Spread<i64>)> {
    let at = |e: Error| e.at_node(&node.name);
    let wrong = |problem: String| {
        at(Error::input(problem)
            .fix("use constant scales and zero points, one for the tensor or one a channel"))
    };
    if node.int("block_size", 0) != 0 {
        return Err(
            wrong("blocked quantisation is not supported".into()).fix("quantise per tensor or per channel")
        );
    }
    let read = |value: ValueId| {
        if context.flow.is_constant(value) {
            context.flow.constant(value)
        } else {
            Err(wrong("the scale or zero point of this quantiser is computed from the input".into()))
        }
    };
    let scale = read(node.input(1)?)?;
    let dims = spread_dims(&scale.dims, extents, node.int("axis", 1)).map_err(wrong)?;
    let values = scale.as_f32().map_err(wrong)?;
    let zero = match node.optional_input(2).map(read).transpose()? {
        Some(zero) if zero.len() == values.len() => zero_points(&zero).map_err(wrong)?,
        Some(_) => return Err(wrong("the zero point has not the extents of the scale".into())),
        None => vec![0; values.len()],
    };
    let uniform = zero.windows(2).all(|w| w[0] == w[1]);
    let zero = match zero.first() {
        Some(&z) if uniform => Spread::one(z),
        _ => Spread { dims: dims.clone(), values: zero },
    };
    Ok((Spread { dims, values }, zero))
}

fn zero_points(zero: &Tensor) -> Result<Vec<i64>, String> {
    zero.as_ints().map(<[i64]>::to_vec)
}

/// Integer type that `QuantizeLinear` writes.
fn output_type(context: &Context, node: &Node) -> Result<Type> {
    match (node.optional_input(2), node.int("output_dtype", 0)) {
        (Some(zero), _) => Ok(context.flow.constant(zero)?.ty),
        (None, 0) => Ok(Type::Int { bits: 8, signed: false }),
        (None, number) => Type::from_onnx(i32::try_from(number).unwrap_or(0))
            .map_err(|e| Error::input(e).at_node(&node.name)),
    }
}

/// Whether this is a cast of levels to an integer type that holds all of theirs.
fn keeps_levels(context: &Context, node: &Node) -> bool {
    let ty = |value: Option<ValueId>| value.and_then(|v| context.flow.element_type(v)).and_then(Type::range);
    let (from, to) = (ty(node.optional_input(0)), ty(node.outputs.first().copied().flatten()));
    node.is("Cast") && matches!((from, to), (Some(from), Some(to)) if to.0 <= from.0 && to.1 >= from.1)
}
