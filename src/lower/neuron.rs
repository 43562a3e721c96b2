//! Neurons: exact thresholds, the decision rule, and the range of the membrane.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};

use super::interval::Span;
use super::line::{self, Line};
use super::rational::{exact, integer};
use super::value::{Column, Kind, Value};
use crate::integer::{Neuron, Range, Rule};
use crate::quant::{Quantiser, per_channel};

/// More thresholds than this in a layer are refused.
const MAX_THRESHOLDS: usize = 1 << 26;

/// Lowers a layer of neurons whose channels' accumulated inputs are `columns`.
///
/// # Errors
/// When a scale is not finite, or there are too many thresholds.
pub(super) fn lower(quantiser: &Quantiser, columns: &[Column<'_>]) -> Result<(Neuron, Value), String> {
    let (low, high) = quantiser.tracer_range();
    let steps = usize::try_from(high - low).unwrap_or(0);
    if steps.saturating_mul(columns.len()) > MAX_THRESHOLDS {
        return Err(format!(
            "{} channels of {} levels; supported are {MAX_THRESHOLDS} thresholds in a layer",
            columns.len(),
            steps + 1
        ));
    }
    let mut thresholds = Vec::with_capacity(steps * columns.len());
    for (c, column) in columns.iter().enumerate() {
        thresholds.extend(channel_thresholds(quantiser, c, column)?);
    }
    let totals: Vec<Range> = columns.iter().map(|column| column.total).collect();
    let total = totals.iter().copied().fold(Range::new(0, 0), Range::union);
    let (rule, membrane) = line::search(&thresholds, low, &totals)
        .and_then(|line| Some((membrane(&line, (low, high), &totals)?, line)))
        .map_or((Rule::Table, total), |(membrane, Line { fraction, theta, start })| {
            (Rule::Line { fraction, theta, start }, membrane)
        });
    let neuron = Neuron { low, high, thresholds, rule, total, membrane };
    Ok((neuron, output(quantiser, columns.len())?))
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
/// It covers the membrane between input and spike as well, which is `V` with the new `A` and the old `S`.
fn membrane(line: &Line, (low, high): (i32, i32), totals: &[Range]) -> Option<Range> {
    let tracer = Span { low: low.into(), high: high.into() };
    let channel = |c: usize| {
        let start = Span { low: line.start[c].into(), high: line.start[c].into() };
        start.plus(Span::from(totals[c]).scaled(1 << line.fraction)).plus(tracer.scaled(-line.theta[c]))
    };
    (0..totals.len()).map(channel).reduce(Span::union)?.range()
}

/// What the neurons' spikes mean: level times scale.
pub(super) fn output(q: &Quantiser, channels: usize) -> Result<Value, String> {
    let kind = |c: usize| {
        let at = |v: i32| i64::from(v);
        let total =
            Range::new(at(per_channel(&q.low, c)), at(per_channel(&q.high, c))).union(Range::new(0, 0));
        // A spike may undo an earlier one.
        let step = if total == Range::new(0, 0) { total } else { Range::new(-1, 1) };
        Ok(Kind { scale: exact(per_channel(&q.scale, c))?, offset: BigRational::zero(), step, total })
    };
    if q.scale.len() == 1 && q.low.len() == 1 && q.high.len() == 1 {
        return Ok(Value::per_channel(vec![kind(0)?]));
    }
    (0..channels).map(kind).collect::<Result<_, String>>().map(Value::per_channel)
}
