//! `ReduceMean` over the tokens: mean pooling.

use super::{Context, Found, Part, Site};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::qann::Op;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    if !node.is("ReduceMean") {
        return Ok(None);
    }
    let source = node.input(0)?;
    let (Some(from), Some(to)) = (context.flow.data_extents(source)?, context.flow.data_extents(site.value)?)
    else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let reduced = context.flow.reduced(node, from.len()).map_err(Error::input)?;
    let own = context.flow.shape(from);
    let skipped = from.len() - own.0.len();
    let axes: Vec<usize> = (0..from.len()).filter(|&i| reduced[i] && from[i] != 1).collect();
    let steps = match axes[..] {
        [] => vec![(Op::Reshape(context.flow.shape(to)), vec![Part::Value(source)])],
        [axis] if axis >= skipped && axis + 2 == from.len() => vec![
            (Op::Mean, vec![Part::Value(source)]),
            (Op::Reshape(context.flow.shape(to)), vec![Part::Before]),
        ],
        [axis] if axis + 1 == from.len() && is_square(context, source)? => {
            return Err(Error::input(
                "a mean of squares over the last extent that is not part of an RMSNorm is not supported",
            )
            .fix("supported is x / sqrt(mean(x²) + ε) · γ, with a constant ε above 0 inside the root"));
        }
        [axis] if axis + 1 == from.len() && is_centred(context, source, site.value)? => {
            return Err(Error::input("a LayerNorm whose single operations are quantised is not supported").fix(
                "export with opset_version=17 or above, in which LayerNormalization is one node, and quantise that model; or quantise \
                 only MatMul, Gemm and Conv (op_types_to_quantize)",
            ));
        }
        _ => {
            let problem = format!("a mean of {from:?} over the extents {axes:?} is not supported");
            return Err(Error::input(problem)
                .fix("supported is the mean over all tokens: the extent before the last one"));
        }
    };
    let tokens = axes.first().map_or(1, |&axis| from[axis]);
    Ok(Some(Found::Chain { steps, name: node.name.clone(), detail: format!("of {tokens} tokens") }))
}

/// Whether a value is a square.
fn is_square(context: &Context, value: ValueId) -> Result<bool> {
    let Some((_, node)) = context.flow.model.producer_of(value) else { return Ok(false) };
    if node.is("Pow") {
        let exponent = node.input(1)?;
        return Ok(
            context.flow.is_constant(exponent) && context.flow.constant(exponent)?.uniform() == Some(2.0)
        );
    }
    Ok(node.is("Mul") && node.input(0)? == node.input(1)?)
}

/// Whether the mean of `source` is subtracted from it, behind quantisers.
fn is_centred(context: &Context, source: ValueId, mean: ValueId) -> Result<bool> {
    let flow = context.flow;
    let mut value = mean;
    for _ in 0..4 {
        for &index in flow.readers(value) {
            let node = &flow.model.nodes[index];
            if node.is("Sub") && (node.input(0)? == source || node.input(1)? == value) {
                return Ok(true);
            }
        }
        let next = flow.readers(value).iter().map(|&index| &flow.model.nodes[index]);
        let mut next = next
            .filter(|node| ["QuantizeLinear", "DequantizeLinear", "Identity"].iter().any(|op| node.is(op)));
        let Some(after) = next.next().and_then(|node| node.outputs.first().copied().flatten()) else { break };
        value = after;
    }
    Ok(false)
}
