//! Synaptic layers: unequal input scales are merged into the weights; ranges of all sums.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use super::interval::Span;
use super::rational::{exact, integer};
use super::unit::{common_unit, multiple};
use super::value::{Column, Kind, Value};
use crate::error::{Error, Result};
use crate::integer::{Linear, Range};
use crate::quant::per_channel;
use crate::snn;

const ONE_SCALE: &str = "quantise the tensor that this layer reads with one scale for all channels";

/// Lowers a layer that reads `source` as `rows` rows.
///
/// With the inputs `x_i = σ_i·e_i + β_i`, the common unit `u` of the `σ_i`, weights `ω_o·W[o, i]` and the divisor `n`:
///
/// ```text
/// x_o = u·ω_o/n·A_o + b_o     A_o = Σ_i w[i, o]·e_i     w[i, o] = W[o, i]·σ_i/u     b_o = bias_o + ω_o/n·Σ_i W[o,
/// i]·β_i
/// ```
///
/// # Errors
/// If rows differ in their scales, or weights or sums need more than 63 bits.
pub(super) fn lower(linear: &snn::Linear, rows: usize, source: &Value) -> Result<(Linear, Value)> {
    let weights = &linear.weights;
    let (inputs, outputs) = (weights.inputs, weights.outputs);
    let columns = source.columns(rows, inputs).map_err(|problem| Error::input(problem).fix(ONE_SCALE))?;

    let mut used = vec![false; source.kinds.len()];
    for (i, column) in columns.iter().enumerate() {
        used[column.kind] |= (0..outputs).any(|o| weights.level(o, i) != 0);
    }
    let (unit, factors) = factors(source, &used)?;
    let divisor = integer(linear.divisor);

    let mut integers = Vec::with_capacity(inputs * outputs);
    let mut steps = vec![Span::ZERO; outputs];
    let mut totals = vec![Span::ZERO; outputs];
    for (i, column) in columns.iter().enumerate() {
        for o in 0..outputs {
            let weight = i128::from(weights.level(o, i)) * i128::from(factors[column.kind]);
            let range =
                Span { low: weight, high: weight }.range().ok_or_else(|| too_wide("weights", weight))?;
            integers.push(range.low);
            steps[o] = steps[o].plus(Span::from(column.step).scaled(range.low));
            totals[o] = totals[o].plus(Span::from(column.total).scaled(range.low));
        }
    }

    let offsets = offsets(linear, source, &columns).map_err(Error::input)?;
    let mut kinds = Vec::with_capacity(outputs);
    for (o, offset) in offsets.into_iter().enumerate() {
        let fit = |span: Span| span.range().ok_or_else(|| too_wide("sums", span.high.max(-span.low)));
        let scale = exact(per_channel(&weights.scale, o)).map_err(Error::input)? * &unit / &divisor;
        kinds.push(Kind { scale, offset, step: fit(steps[o])?, total: fit(totals[o])? });
    }
    let over = |of: fn(&Kind) -> Range| kinds.iter().map(of).fold(Range::new(0, 0), Range::union);
    let delta = over(|k| k.step);
    let weight = integers.iter().map(|&w| Range::new(w, w)).reduce(Range::union).unwrap_or(Range::new(0, 0));
    let lowered = Linear {
        inputs,
        outputs,
        weights: integers.into(),
        weight,
        delta,
        // Each event's range contains 0, so the sum over all events bounds the sum over any of them.
        partial: delta,
        total: over(|k| k.total),
    };
    Ok((lowered, Value::per_channel(kinds)))
}

/// The common unit of the scales of all kinds in use, and each kind as a multiple of it (0 for those not in use).
fn factors(source: &Value, used: &[bool]) -> Result<(BigRational, Vec<i64>)> {
    let in_use = source.kinds.iter().zip(used).filter(|(_, used)| **used).map(|(kind, _)| &kind.scale);
    let unit = common_unit(in_use);
    if unit.is_zero() {
        return Ok((BigRational::one(), vec![0; source.kinds.len()]));
    }
    let mut factors = Vec::with_capacity(source.kinds.len());
    for (kind, &used) in source.kinds.iter().zip(used) {
        let factor = if used { multiple(&kind.scale, &unit) } else { BigInt::zero() };
        factors.push(factor.to_i64().ok_or_else(|| wide("weights", factor.bits() + 1))?);
    }
    Ok((unit, factors))
}

/// `b_o = bias_o + ω_o/n·Σ_i W[o, i]·β_i`.
fn offsets(linear: &snn::Linear, source: &Value, columns: &[Column<'_>]) -> Result<Vec<BigRational>, String> {
    let snn::Linear { weights, divisor, bias } = linear;
    // Weights are first summed over the inputs that share an offset.
    let shifted: Vec<usize> =
        (0..source.kinds.len()).filter(|&k| !source.kinds[k].offset.is_zero()).collect();
    let mut position = vec![None; source.kinds.len()];
    for (at, &kind) in shifted.iter().enumerate() {
        position[kind] = Some(at);
    }
    (0..weights.outputs)
        .map(|o| {
            let mut sums = vec![0i64; shifted.len()];
            if !shifted.is_empty() {
                for (i, column) in columns.iter().enumerate() {
                    if let Some(at) = position[column.kind] {
                        sums[at] += i64::from(weights.level(o, i));
                    }
                }
            }
            let shift: BigRational = sums
                .iter()
                .zip(&shifted)
                .map(|(&sum, &kind)| &source.kinds[kind].offset * integer(sum))
                .sum();
            let bias = exact(bias.get(o).copied().unwrap_or(0.0))?;
            Ok(bias + exact(per_channel(&weights.scale, o))? * shift / integer(*divisor))
        })
        .collect()
}

/// The error for a magnitude beyond 2^62.
fn too_wide(what: &str, magnitude: i128) -> Error {
    wide(what, u64::from(Span { low: 0, high: magnitude.saturating_abs() }.signed_width()))
}

fn wide(what: &str, bits: u64) -> Error {
    Error::input(format!(
        "in the common unit of this layer's input scales its {what} need {bits} bits; supported are 63"
    ))
    .fix(ONE_SCALE)
}
