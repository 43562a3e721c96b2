//! Synaptic layers: unequal input scales are merged into the weights; ranges of all sums.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

use super::interval::Span;
use super::rational::{exact, integer, round};
use super::unit::{common_unit, multiple};
use super::value::{Column, Kind, Value};
use crate::error::{Error, Result};
use crate::graph::Window;
use crate::integer::{Linear, MaxPool, Range};
use crate::quant::per_channel;
use crate::snn;

const ONE_SCALE: &str = "quantise the tensor that this layer reads with one scale for all channels";
const UNEVEN: &str = "places of a feature map whose weights have different sums read raw elements that are normalised with a mean";
const UNPADDED: &str = "quantise the input before this layer, give it without a mean (--mean 0), or train the layer without padding";

/// Which columns of the source the inputs of an output are.
struct Reads {
    groups: usize,
    /// Channels and outputs of a group.
    depth: usize,
    part: usize,
    /// Whether there is a window.
    windowed: bool,
}

impl Reads {
    fn new(linear: &snn::Linear) -> Self {
        let groups = linear.window.as_ref().map_or(1, |w| w.groups);
        let depth = linear.window.as_ref().map_or(linear.weights.inputs, Window::depth);
        Self { groups, depth, part: linear.weights.outputs / groups, windowed: linear.window.is_some() }
    }

    fn group(&self, output: usize) -> usize {
        output / self.part
    }

    fn outputs(&self, group: usize) -> std::ops::Range<usize> {
        group * self.part..(group + 1) * self.part
    }

    /// The inputs that a row reads at once: all of them, or those of the places of a window.
    fn lists(&self, linear: &snn::Linear) -> Vec<Vec<usize>> {
        let Some(window) = &linear.window else { return vec![(0..linear.weights.inputs).collect()] };
        let inputs = |tap: usize| tap * self.depth..(tap + 1) * self.depth;
        window.tap_lists().into_iter().map(|taps| taps.into_iter().flat_map(inputs).collect()).collect()
    }

    fn column(&self, group: usize, input: usize) -> usize {
        if self.windowed { group * self.depth + input % self.depth } else { input }
    }
}

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
    let inputs = weights.inputs;
    let seen = linear.window.as_ref().map_or((rows, inputs), |w| (w.source().rows(), w.channels));
    let columns = source.columns(seen.0, seen.1).map_err(|problem| Error::input(problem).fix(ONE_SCALE))?;
    let reads = Reads::new(linear);

    // Each group of outputs has a unit of its own.
    let mut units = Vec::new();
    for group in 0..reads.groups {
        let mut used = vec![false; source.kinds.len()];
        for i in 0..inputs {
            used[columns[reads.column(group, i)].kind] |=
                reads.outputs(group).any(|o| weights.level(o, i) != 0);
        }
        units.push(factors(source, &used)?);
    }
    let divisor = integer(linear.divisor);

    let weight = |o: usize, i: usize| {
        let group = reads.group(o);
        let kind = columns[reads.column(group, i)].kind;
        let weight = i128::from(weights.level(o, i)) * i128::from(units[group].1[kind]);
        Span { low: weight, high: weight }
            .range()
            .map(|range| range.low)
            .ok_or_else(|| too_wide("weights", weight))
    };
    let scale = |o: usize| -> Result<BigRational> {
        Ok(exact(per_channel(&weights.scale, o)).map_err(Error::input)? * &units[reads.group(o)].0 / &divisor)
    };
    accumulated(linear, source, (&columns, &reads), weight, scale)
}

/// As [`lower`], for a layer that only sums read, with weights in the unit `2^-fraction` of the sums: the integers of floats
/// are so many units of their own that the sum could not tell that unit from 0. Every weight is rounded, not its sums.
///
/// # Errors
/// As [`lower`].
pub(super) fn lower_summand(
    linear: &snn::Linear,
    rows: usize,
    source: &Value,
    fraction: u32,
) -> Result<(Linear, Value)> {
    let weights = &linear.weights;
    let seen = linear.window.as_ref().map_or((rows, weights.inputs), |w| (w.source().rows(), w.channels));
    let columns = source.columns(seen.0, seen.1).map_err(|problem| Error::input(problem).fix(ONE_SCALE))?;
    let reads = Reads::new(linear);
    let one = integer(BigInt::one() << fraction);
    let scales: Vec<BigRational> = (0..weights.outputs)
        .map(|o| Ok(exact(per_channel(&weights.scale, o))? * &one / integer(linear.divisor)))
        .collect::<Result<_, String>>()
        .map_err(Error::input)?;
    let weight = |o: usize, i: usize| {
        let exact = &scales[o]
            * &source.kinds[columns[reads.column(reads.group(o), i)].kind].scale
            * integer(weights.level(o, i));
        round(&exact).to_i64().ok_or_else(|| wide("weights", exact.to_integer().bits() + 1))
    };
    accumulated(linear, source, (&columns, &reads), weight, |_| Ok(BigRational::one() / &one))
}

/// The layer with these integer weights, and the ranges of its sums.
fn accumulated(
    linear: &snn::Linear,
    source: &Value,
    (columns, reads): (&[Column<'_>], &Reads),
    weight: impl Fn(usize, usize) -> Result<i64>,
    scale: impl Fn(usize) -> Result<BigRational>,
) -> Result<(Linear, Value)> {
    let (inputs, outputs) = (linear.weights.inputs, linear.weights.outputs);
    let mut integers = Vec::with_capacity(inputs * outputs);
    for i in 0..inputs {
        for o in 0..outputs {
            integers.push(weight(o, i)?);
        }
    }
    // Of what pixels read at once.
    let mut steps: Vec<Option<Span>> = vec![None; outputs];
    let mut totals: Vec<Option<Span>> = vec![None; outputs];
    let lists = reads.lists(linear);
    for list in &lists {
        let mut sums = vec![(Span::ZERO, Span::ZERO); outputs];
        for &i in list {
            for (o, (step, total)) in sums.iter_mut().enumerate() {
                let column = &columns[reads.column(reads.group(o), i)];
                let weight = integers[i * outputs + o];
                *step = step.plus(Span::from(column.step).scaled(weight));
                *total = total.plus(Span::from(column.total).scaled(weight));
            }
        }
        for (o, (step, total)) in sums.into_iter().enumerate() {
            steps[o] = Some(steps[o].map_or(step, |own| own.union(step)));
            totals[o] = Some(totals[o].map_or(total, |own| own.union(total)));
        }
    }

    let offsets = offsets(linear, source, (columns, reads), &lists)?;
    let mut kinds = Vec::with_capacity(outputs);
    for (o, offset) in offsets.into_iter().enumerate() {
        let fit = |span: Span| span.range().ok_or_else(|| too_wide("sums", span.high.max(-span.low)));
        let (step, total) = (steps[o].unwrap_or(Span::ZERO), totals[o].unwrap_or(Span::ZERO));
        kinds.push(Kind { scale: scale(o)?, offset, step: fit(step)?, total: fit(total)? });
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
        window: linear.window.clone(),
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
fn offsets(
    linear: &snn::Linear,
    source: &Value,
    (columns, reads): (&[Column<'_>], &Reads),
    lists: &[Vec<usize>],
) -> Result<Vec<BigRational>> {
    let snn::Linear { weights, divisor, bias, window } = linear;
    let exact = |x: f64| exact(x).map_err(Error::input);
    if columns.iter().any(|column| !column.offset.is_zero()) && window.as_ref().is_some_and(Window::pads) {
        let problem = "padding of 0 beside raw elements that are normalised with a mean: no element means 0";
        return Err(Error::input(problem).fix(UNPADDED));
    }
    // Weights are first summed over the inputs that share an offset.
    let shifted: Vec<usize> =
        (0..source.kinds.len()).filter(|&k| !source.kinds[k].offset.is_zero()).collect();
    let mut position = vec![None; source.kinds.len()];
    for (at, &kind) in shifted.iter().enumerate() {
        position[kind] = Some(at);
    }
    (0..weights.outputs)
        .map(|o| {
            let sums_of = |list: &Vec<usize>| {
                let mut sums = vec![0i64; shifted.len()];
                for &i in list.iter().filter(|_| !shifted.is_empty()) {
                    if let Some(at) = position[columns[reads.column(reads.group(o), i)].kind] {
                        sums[at] += i64::from(weights.level(o, i));
                    }
                }
                sums
            };
            let mut of_lists = lists.iter().map(sums_of);
            let sums = of_lists.next().unwrap_or_else(|| vec![0; shifted.len()]);
            if of_lists.any(|other| other != sums) {
                return Err(Error::input(UNEVEN).fix(UNPADDED));
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

/// Lowers a pool of maxima, channel by channel. Scales are positive, so the largest integer is the largest value.
///
/// # Errors
/// If pixels differ in their scales.
pub(super) fn max_pool(window: &Window, source: &Value) -> Result<(MaxPool, Value)> {
    let columns = source
        .columns(window.source().rows(), window.channels)
        .map_err(|problem| Error::input(problem).fix(ONE_SCALE))?;
    let over = |of: fn(&Column<'_>) -> Range| columns.iter().map(of).fold(Range::new(0, 0), Range::union);
    let pool = MaxPool { window: window.clone(), total: over(|c| c.total), delta: over(|c| c.step) };
    let kind = |c: &Column<'_>| {
        let (scale, offset) = (c.scale.clone(), c.offset.clone());
        Kind { scale, offset, step: c.step, total: c.total }
    };
    let value = Value::per_channel(columns.iter().map(kind).collect());
    Ok((pool, value))
}
