//! The residual stream and tables: fixed point.

use num_rational::BigRational;
use num_traits::Zero;

use super::dyadic::Dyadic;
use super::interval::Span;
use super::rational::exact;
use super::value::{Kind, Value};
use crate::graph::Shape;
use crate::integer::{self, Range, Term};
use crate::snn;

/// Lowers a table; its entries are in units of the residual stream.
///
/// # Errors
/// If an entry does not fit.
pub(super) fn embedding(
    embedding: &snn::Embedding,
    unit: Dyadic,
) -> Result<(integer::Embedding, Value), String> {
    let table: Vec<i64> = embedding.table.iter().map(|&x| unit.round_float(x)).collect::<Result<_, _>>()?;
    let total = table.iter().fold(Range::new(0, 0), |r, &x| r.union(Range::new(x, x)));
    let kind = Kind { scale: unit.value(), offset: BigRational::zero(), step: total, total };
    let lowered = integer::Embedding { channels: embedding.channels, table, total };
    Ok((lowered, Value::per_channel(vec![kind])))
}

/// Coefficients with factors have at least this many bits fewer than sums have fraction bits.
const FEWEST: i64 = 12;

/// With a unit of their own they have this many bits fewer.
const OWN: i64 = 4;

/// The unit of a sum with factors, if its coefficients would have fewer than `fraction − 12` bits in units of `2^−fraction`: the
/// unit of weights that were floats is far below that of their factors. They have `fraction − 4` bits then.
///
/// # Errors
/// If an input's rows differ in their scales.
pub(super) fn unit_of_factors(
    sum: &snn::Sum,
    inputs: &[(&Value, &Shape)],
    fraction: u32,
) -> Result<Option<Dyadic>, String> {
    let mut most = i64::from(fraction);
    for (&(value, shape), factors) in inputs.iter().zip(&sum.factors) {
        if factors.is_empty() {
            continue;
        }
        let columns = value.columns(shape.rows(), sum.channels)?;
        let largest = columns.iter().map(|column| column.scale).max();
        if let Some(scale) = largest.filter(|scale| !scale.is_zero()) {
            // 2^−bits ≤ scale, but for the last bit.
            let bits = scale.denom().bits().cast_signed() - scale.numer().bits().cast_signed();
            if bits > FEWEST {
                most = most.max(i64::from(fraction) - OWN + bits);
            }
        }
    }
    let finer = u32::try_from(most).ok().filter(|&most| most > fraction);
    Ok(finer.map(Dyadic::fraction))
}

/// Lowers a sum of `inputs`, given by their meaning and their shapes.
///
/// With a unit `u`, an input of value `g_c·A + b_c` adds `round(g_c/u)·A`; its `b_c` is added to the start value.
/// With factors `f` of its elements these are `f·g_c` and `f·b_c`.
///
/// # Errors
/// If a coefficient or the sum does not fit, or an input's rows differ in their scales.
pub(super) fn lower(
    sum: &snn::Sum,
    inputs: &[(&Value, &Shape)],
    unit: Dyadic,
) -> Result<(integer::Sum, Value), String> {
    let (rows, channels) = (sum.rows, sum.channels);
    let mut start: Vec<BigRational> = match sum.constant.len() {
        0 => vec![BigRational::zero(); rows * channels],
        _ => sum.constant.iter().map(|&x| exact(x)).collect::<Result<_, _>>()?,
    };
    let mut totals = vec![Span::ZERO; rows * channels];
    let mut steps = vec![Span::ZERO; rows * channels];
    let mut terms = Vec::new();
    for (port, (&(value, shape), &first)) in inputs.iter().zip(&sum.first).enumerate() {
        let turned = sum.turned.contains(&port);
        let columns = value.columns(shape.rows(), if turned { shape.channels() } else { channels })?;
        let mut coefficient = Vec::with_capacity(channels);
        if let Some(factors) = sum.factors.get(port).filter(|list| !list.is_empty()) {
            for (e, &factor) in factors.iter().enumerate() {
                let (at, column, times) = (first * channels + e, &columns[e % channels], exact(factor)?);
                let factor = unit.round(&(column.scale * &times))?;
                coefficient.push(factor);
                start[at] += column.offset * &times;
                totals[at] = totals[at].plus(Span::from(column.total).scaled(factor));
                steps[at] = steps[at].plus(Span::from(column.step).scaled(factor));
            }
            if coefficient.windows(2).all(|pair| pair[0] == pair[1]) {
                coefficient.truncate(1);
            } else if coefficient.chunks(channels).all(|row| row == &coefficient[..channels]) {
                coefficient.truncate(channels);
            }
            terms.push(Term { first, coefficient, turned: false });
            continue;
        }
        for (c, column) in columns.iter().enumerate() {
            let factor = unit.round(column.scale)?;
            coefficient.push(factor);
            for row in 0..shape.rows() {
                let e = if turned { (first + c) * channels + row } else { (first + row) * channels + c };
                start[e] += column.offset;
                totals[e] = totals[e].plus(Span::from(column.total).scaled(factor));
                steps[e] = steps[e].plus(Span::from(column.step).scaled(factor));
            }
        }
        coefficient.dedup();
        if coefficient.len() != 1 {
            coefficient = columns.iter().map(|c| unit.round(c.scale)).collect::<Result<_, _>>()?;
        }
        terms.push(Term { first, coefficient, turned });
    }
    let start: Vec<i64> = start.iter().map(|x| unit.round(x)).collect::<Result<_, _>>()?;
    let point = |e: usize| Span { low: start[e].into(), high: start[e].into() };
    let over = |spans: &[Span], with_start: bool| -> Result<Range, String> {
        let spans = spans.iter().enumerate().map(|(e, s)| if with_start { s.plus(point(e)) } else { *s });
        let all = spans.fold(Span::ZERO, Span::union);
        all.range().ok_or_else(|| format!("the sum needs more than 62 bits in units of {}", unit.describe()))
    };
    let total = over(&totals, true)?;
    // In the first time-step the start value is part of the change.
    let delta = over(&steps, false)?.union(over(&steps, true)?);
    let kind = Kind { scale: unit.value(), offset: BigRational::zero(), step: delta, total };
    Ok((integer::Sum { rows, channels, terms, start, total, delta }, Value::per_channel(vec![kind])))
}
