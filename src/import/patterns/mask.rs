//! The padding mask of attention: scores of tokens that are padding become −∞ before the softmax.
//!
//! It is written as `Where(mask, −∞, scores)` (`masked_fill`), or as a sum with 0 and a number that leaves nothing of
//! its score's exponential: −10000, the smallest float, −∞. All mean −∞ here.

use super::band::{self, FIX, MASKED, reaches_softmax};
use super::probe::Probe;
use super::token_map::{self, TokenMap, dependent};
use super::{Context, Found, Part, Site};
use crate::error::{Error, Result};
use crate::graph::Band;
use crate::import::decode::ValueId;
use crate::import::tensor::Tensor;
use crate::qann::Op;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let chooses = node.is("Where");
    if !chooses && !node.is("Add") && !node.is("Sub") {
        return Ok(None);
    }
    if !reaches_softmax(context, site.value) {
        let condition = node.input(0)?;
        if chooses
            && !context.flow.is_constant(condition)
            && token_map::is_of_raw_elements(context, condition)
        {
            return Err(Error::input("a choice by token ids whose result no softmax reads is not supported")
                .fix("a quantiser of masked scores would replace -inf by its lowest level: quantise the scores before they are masked (ONNX Runtime: nodes_to_exclude=[this node])"));
        }
        return Ok(None);
    }
    let found = if chooses {
        choice(context, node.input(0)?, node.input(1)?, node.input(2)?)
    } else {
        sum(context, node.input(0)?, node.input(1)?, node.is("Sub"))
    };
    let found = match found {
        Ok(Some(found)) => found,
        other => {
            return match probed(context, site)? {
                Some(found) => Ok(Some(found)),
                None => other.map(|_| None),
            };
        }
    };
    let (scores, map, masked) = found;
    let (Some(dims), Some(to)) = (context.flow.data_extents(scores)?, context.flow.data_extents(site.value)?)
    else {
        return Ok(Some(Found::Blocked(vec![scores])));
    };
    if dims != to {
        return Err(Error::input(format!("scores of extents {dims:?} are spread to {to:?} by their mask"))
            .fix("give the mask the extents of the scores, or extents of 1"));
    }
    key_only(context, &map.index_of, dims)?;
    let (low, _) = context.options.input.element.range();
    let tokens: Vec<i32> = (low..).zip(&masked).filter(|(_, masked)| **masked).map(|(q, _)| q).collect();
    match tokens[..] {
        [] => Ok(Some(Found::Same(scores))),
        [padding] => Ok(Some(Found::Operator {
            op: Op::Mask(padding),
            sources: vec![scores, context.flow.model.input],
            name: node.name.clone(),
            detail: format!("token {padding} is padding"),
        })),
        [first, second, ..] => Err(Error::input(format!(
            "this mask leaves out {} tokens ({first}, {second}, …); supported is one, the padding",
            tokens.len()
        ))
        .fix("mask the padding token only")),
    }
}

/// A mask that is no function of single tokens in its operators, but in its values: it is evaluated with each token, and with
/// several, being padding.
fn probed(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    let chooses = node.is("Where");
    let operands: &[(usize, usize, bool)] =
        if chooses { &[(0, 1, false), (0, 2, true)] } else { &[(1, 0, false), (0, 1, false)] };
    for &(mask, scores, when) in operands {
        let (mask, scores) = (node.input(mask)?, node.input(scores)?);
        if flow.is_constant(scores) || node.is("Sub") && mask == node.input(0)? {
            continue;
        }
        if flow.is_constant(mask) {
            continue;
        }
        if chooses {
            // What scores are replaced by.
            let number = if when { node.input(1)? } else { node.input(2)? };
            let masks = |x: f64| !x.is_nan() && x <= MASKED;
            if !flow.is_constant(number) || !flow.constant(number)?.uniform().is_some_and(masks) {
                continue;
            }
        }
        let Some(probe) = Probe::of(context, mask)? else { continue };
        let Some(dims) = flow.data_extents(scores)? else { return Ok(Some(Found::Blocked(vec![scores]))) };
        if dims.last() != Some(&probe.tokens) {
            continue;
        }
        // Which elements of the mask are left out; elements of the last extent belong to keys.
        let left_out = |ids: &[i64]| -> Result<Option<(Vec<bool>, Vec<usize>)>> {
            let tensor = probe.evaluate(ids)?;
            let extents = tensor.dims.clone();
            if tensor.dims.last() != Some(&probe.tokens) {
                return Ok(None);
            }
            let values = tensor.to_f64();
            if chooses {
                return Ok(Some((values.iter().map(|&v| (v != 0.0) == when).collect(), extents)));
            }
            let added = values.iter().map(|&v| if node.is("Sub") { -v } else { v });
            let added: Vec<f64> = added.collect();
            let fits = added.iter().all(|&v| v == 0.0 || v <= MASKED);
            Ok(fits.then(|| (added.iter().map(|&v| v != 0.0).collect(), extents)))
        };
        let plain = probe.without_padding();
        let Some((hidden, extents)) = left_out(&plain)? else { continue };
        let band = band::of(&hidden, &extents, dims)?;
        let mut padding = None;
        for &candidate in &probe.candidates {
            let with = |at: &dyn Fn(usize) -> bool| -> Vec<i64> {
                plain.iter().enumerate().map(|(i, &id)| if at(i) { candidate } else { id }).collect()
            };
            let mut same = true;
            for j in 0..probe.tokens {
                // One token, and all from one on.
                for set in [with(&|i| i == j), with(&|i| i >= j && j > 0)] {
                    let tokens = probe.tokens;
                    // All rows are alike where the mask has no rows of its own.
                    let expected = |e: usize| {
                        set[e % tokens] == candidate || band.hides(e / tokens % tokens, e % tokens)
                    };
                    let Some((found, _)) = left_out(&set)? else { return Ok(None) };
                    same &= found.iter().enumerate().all(|(e, &m)| m == expected(e));
                }
            }
            if same {
                padding = Some(candidate);
            }
        }
        let Some(padding) = padding.and_then(|p| i32::try_from(p).ok()) else {
            return Ok(None);
        };
        context.tell(format!(
            "the mask was evaluated: it leaves out the keys whose token is {padding}, the padding"
        ));
        let mask = (Op::Mask(padding), vec![Part::Value(scores), Part::Value(flow.model.input)]);
        let mut steps = vec![mask];
        if band != Band::ALL {
            steps.push((Op::Band(band), vec![Part::Before]));
        }
        return Ok(Some(Found::Chain {
            steps,
            name: node.name.clone(),
            detail: format!("{band}, token {padding} is padding"),
        }));
    }
    Ok(None)
}

/// The masked value, the function of the tokens, and the masked tokens.
type Masking = Option<(ValueId, TokenMap, Vec<bool>)>;

/// `Where(condition, a, b)` of which one is a number and the other one scores.
fn choice(context: &Context, condition: ValueId, a: ValueId, b: ValueId) -> Result<Masking> {
    let (number, scores, when) = match (context.flow.is_constant(a), context.flow.is_constant(b)) {
        (true, false) => (a, b, true),
        (false, true) => (b, a, false),
        _ => return Ok(None),
    };
    let number = context.flow.constant(number)?;
    if number.uniform().is_none_or(|x| x.is_nan() || x > MASKED) {
        return Err(Error::input("masked scores are not replaced by one very negative number").fix(FIX));
    }
    let Some(map) = token_map::of(context, condition)? else {
        return Err(Error::input("this mask is not made of the model's token ids alone")
            .fix("derive the mask from the ids inside the model, and convert with --input tokens"));
    };
    let truth = map.table.as_ints().map_err(Error::input)?;
    let masked = truth.iter().map(|&t| (t != 0) == when).collect();
    Ok(Some((scores, map, masked)))
}

/// `scores + mask`, `scores − mask`.
fn sum(context: &Context, a: ValueId, b: ValueId, minus: bool) -> Result<Masking> {
    for (scores, mask) in [(a, b), (b, a)] {
        if minus && mask == a {
            continue;
        }
        if context.flow.is_constant(mask) {
            continue;
        }
        let Some(map) = token_map::of(context, mask)? else { continue };
        let added: Vec<f64> = map.table.to_f64().iter().map(|&x| if minus { -x } else { x }).collect();
        if let Some(other) = added.iter().find(|&&x| x != 0.0 && (x.is_nan() || x > MASKED)) {
            let problem =
                format!("this mask adds {other} to scores; supported are 0, and −1000 or less for −∞");
            return Err(Error::input(problem).fix(FIX));
        }
        return Ok(Some((scores, map, added.iter().map(|&x| x != 0.0).collect())));
    }
    Ok(None)
}

/// Checks that every element of a mask, spread over scores, belongs to the key: the token of the last extent.
fn key_only(context: &Context, index_of: &Tensor, scores: &[usize]) -> Result<()> {
    let flow = context.flow;
    let ids = flow.extents(flow.model.input)?.unwrap_or_default();
    let tokens: usize = ids[1..].iter().product();
    let last = scores.last().copied().unwrap_or(0);
    if last != tokens {
        return Err(Error::input(format!("a mask of {tokens} tokens for scores of extents {scores:?}"))
            .fix("mask the tokens of the model's input, before others are added"));
    }
    // A batch of several samples is the first extent of both.
    let batch = ids[0];
    let aligned = batch == 1 || (index_of.dims.len() == scores.len() && index_of.dims[0] == batch);
    let block = (index_of.len() / batch.max(1)).max(1);
    let indices = index_of.as_ints().map_err(Error::input)?;
    let expected = |e: usize| if batch == 1 { e % tokens } else { e / block * tokens + e % tokens };
    let fits = aligned
        && index_of.dims.last() == Some(&tokens)
        && indices.iter().enumerate().all(|(e, &p)| usize::try_from(p) == Ok(expected(e)));
    if fits { Ok(()) } else { Err(dependent("another token than the one that is attended to")) }
}
