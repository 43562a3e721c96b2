//! Neurons: exact thresholds, the decision rule, and the range of the membrane.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use rayon::prelude::*;

use super::affine::{self, Line};
use super::function::{Piece, pieces};
use super::interval::Span;
use super::rational::{exact, integer};
use super::value::{Column, Kind, Value};
use crate::integer::{Neuron, NonMonotone, Range, Rule};
use crate::quant::{Function, Quantiser, per_channel};

/// Maximum number of thresholds of a layer.
const MAX_THRESHOLDS: usize = 1 << 26;

/// Lowers a layer of neurons whose channels' accumulated inputs are `columns`; also returns the meaning of their
/// spikes.
///
/// # Errors
/// If a scale is not finite, or there are too many thresholds.
pub(super) fn lower(quantiser: &Quantiser, columns: &[Column<'_>]) -> Result<(Neuron, Value), String> {
    room(quantiser, 1, columns.len())?;
    let mut thresholds = Vec::new();
    for (c, column) in columns.iter().enumerate() {
        thresholds.extend(channel_thresholds(quantiser, c, column)?);
    }
    let neuron = decided(quantiser.tracer_range(), thresholds, None, columns);
    Ok((neuron, output(quantiser, columns.len())?))
}

/// As [`lower`], for neurons on a function of their accumulated input. Levels that the function never has are removed.
///
/// # Errors
/// As [`lower`], and if the levels of the function cannot be determined.
pub(super) fn lower_function(
    function: &Function,
    quantiser: &Quantiser,
    columns: &[Column<'_>],
) -> Result<(Neuron, Value), String> {
    let channel = |(c, column): (usize, &Column<'_>)| pieces(function, quantiser, c, column);
    let all: Vec<Vec<Piece>> = columns.par_iter().enumerate().map(channel).collect::<Result<_, String>>()?;
    let quantiser = &narrowed(quantiser, &all);
    let (low, high) = quantiser.tracer_range();
    let never = columns.iter().map(|column| column.total.high).fold(0, i64::max) + 1;
    // The values of `A` at which a channel reaches level k or leaves it.
    let crossings = |pieces: &[Piece], k: i32| -> Vec<i64> {
        let changes = pieces.windows(2).filter(|pair| (pair[0].level < k) != (pair[1].level < k));
        changes.map(|pair| pair[1].start).collect()
    };
    let falls = |pieces: &Vec<Piece>| pieces.windows(2).any(|pair| pair[1].level < pair[0].level);
    let non_monotone = if all.iter().any(falls) {
        let most =
            |pieces: &Vec<Piece>| (low + 1..=high).map(|k| crossings(pieces, k).len()).max().unwrap_or(0);
        let base = all.iter().map(|pieces| pieces[0].level).collect();
        Some(NonMonotone { crossings: all.iter().map(most).max().unwrap_or(0).max(1), base })
    } else {
        None
    };
    let each = non_monotone.as_ref().map_or(1, |non_monotone| non_monotone.crossings);
    room(quantiser, each, columns.len())?;
    let mut thresholds = Vec::new();
    for (column, pieces) in columns.iter().zip(&all) {
        for k in low + 1..=high {
            let own = crossings(pieces, k);
            let rest = match &non_monotone {
                Some(_) => never,
                None if pieces[0].level >= k => column.total.low,
                None => column.total.high + 1,
            };
            let missing = each - own.len();
            thresholds.extend(own.into_iter().chain(std::iter::repeat_n(rest, missing)));
        }
    }
    let neuron = decided((low, high), thresholds, non_monotone, columns);
    Ok((neuron, output(quantiser, columns.len())?))
}

/// The quantiser with the levels that these pieces have in each channel.
fn narrowed(quantiser: &Quantiser, all: &[Vec<Piece>]) -> Quantiser {
    let list = |of: fn(i32, i32) -> i32| -> Vec<i32> {
        let own = |pieces: &Vec<Piece>| pieces.iter().map(|piece| piece.level).reduce(of).unwrap_or(0);
        let list: Vec<i32> = all.iter().map(own).collect();
        if list.windows(2).all(|pair| pair[0] == pair[1]) { list[..list.len().min(1)].to_vec() } else { list }
    };
    Quantiser { low: list(i32::min), high: list(i32::max), ..quantiser.clone() }
}

/// Whether the number of thresholds of a layer is within the limit.
fn room(quantiser: &Quantiser, crossings: usize, channels: usize) -> Result<(), String> {
    let (low, high) = quantiser.tracer_range();
    let steps = usize::try_from(high - low).unwrap_or(0);
    if steps.saturating_mul(crossings).saturating_mul(channels) <= MAX_THRESHOLDS {
        return Ok(());
    }
    let each = if crossings == 1 { String::new() } else { format!(" with {crossings} thresholds each") };
    Err(format!(
        "{channels} channels of {} levels{each}; supported are {MAX_THRESHOLDS} thresholds in a layer",
        steps + 1
    ))
}

/// The neurons with these thresholds, with the affine rule if possible.
fn decided(
    (low, high): (i32, i32),
    thresholds: Vec<i64>,
    non_monotone: Option<NonMonotone>,
    columns: &[Column<'_>],
) -> Neuron {
    let totals: Vec<Range> = columns.iter().map(|column| column.total).collect();
    let total = totals.iter().copied().fold(Range::new(0, 0), Range::union);
    let line = if non_monotone.is_none() { affine::search(&thresholds, low, &totals) } else { None };
    let (rule, membrane) = line
        .and_then(|line| Some((membrane(&line, (low, high), &totals)?, line)))
        .map_or((Rule::Table, total), |(membrane, Line { fraction, theta, start })| {
            (Rule::Affine { fraction, theta, start }, membrane)
        });
    Neuron { low, high, thresholds, non_monotone, rule, total, membrane }
}

/// `T(c, k)` for all `k` in the tracer range but its lowest, clamped to `[A_min, A_max + 1]` of the channel.
///
/// Level `k` is reached when `g·A + b ≥ s·h/2` (`>` for an exclusive boundary) with the boundary's `h` halves. With all
/// three multiplied by a common denominator, `G·A ≥ H·h − B`:
///
/// ```text
/// T = ceil((H·h − B)/G)   or, exclusive,   T = floor((H·h − B)/G) + 1
/// ```
fn channel_thresholds(q: &Quantiser, c: usize, column: &Column<'_>) -> Result<Vec<i64>, String> {
    let (low, high) = q.tracer_range();
    let (lowest, highest) = (per_channel(&q.low, c), per_channel(&q.high, c));
    let half = exact(per_channel(&q.scale, c))? / integer(2);
    let denominator = half.denom().lcm(column.scale.denom()).lcm(column.offset.denom());
    let whole = |v: &BigRational| v.numer() * (&denominator / v.denom());
    let (g, h, b) = (whole(column.scale), whole(&half), whole(column.offset));
    let Range { low: a_min, high: a_max } = column.total;
    Ok((low + 1..=high)
        .map(|k| {
            if k <= lowest {
                return a_min;
            }
            if k > highest {
                return a_max + 1;
            }
            let boundary = q.rounding.boundary(k);
            let numerator: BigInt = &h * boundary.halves - &b;
            let exact = if boundary.inclusive { numerator.div_ceil(&g) } else { numerator.div_floor(&g) + 1 };
            let beyond = if exact < BigInt::zero() { a_min } else { a_max + 1 };
            exact.to_i64().unwrap_or(beyond).clamp(a_min, a_max + 1)
        })
        .collect())
}

/// Range of `V = v0 + 2^F·A − θ·S` for all `A` and `S` in range; `None` when it exceeds ±2^62.
///
/// It also covers the membrane between input and spike, which is `V` with the new `A` and the old `S`.
fn membrane(line: &Line, (low, high): (i32, i32), totals: &[Range]) -> Option<Range> {
    let tracer = Span { low: low.into(), high: high.into() };
    let channel = |c: usize| {
        let start = Span { low: line.start[c].into(), high: line.start[c].into() };
        start.plus(Span::from(totals[c]).scaled(1 << line.fraction)).plus(tracer.scaled(-line.theta[c]))
    };
    (0..totals.len()).map(channel).reduce(Span::union)?.range()
}

/// Meaning of the neurons' spikes: level times scale.
pub(super) fn output(q: &Quantiser, channels: usize) -> Result<Value, String> {
    let kind = |c: usize| {
        let at = |v: i32| i64::from(v);
        let total =
            Range::new(at(per_channel(&q.low, c)), at(per_channel(&q.high, c))).union(Range::new(0, 0));
        // A spike may cancel an earlier one.
        let step = if total == Range::new(0, 0) { total } else { Range::new(-1, 1) };
        Ok(Kind { scale: exact(per_channel(&q.scale, c))?, offset: BigRational::zero(), step, total })
    };
    if q.scale.len() == 1 && q.low.len() == 1 && q.high.len() == 1 {
        return Ok(Value::per_channel(vec![kind(0)?]));
    }
    (0..channels).map(kind).collect::<Result<_, String>>().map(Value::per_channel)
}
