//! Products of two layers: exact; scales multiply, ranges follow from those of the tracers.

use num_rational::BigRational;
use num_traits::Zero;

use super::interval::Span;
use super::value::{Column, Kind, Value};
use crate::integer::{Product, Range};
use crate::snn::{self, Form};

/// Lowers a product over `length` terms (channels of a head, or tokens; 1 for a gate) of operands with these channels.
///
/// # Errors
/// If an operand of attention has scales per channel, or sums do not fit.
pub(super) fn lower(
    product: &snn::Product,
    left: &[Column<'_>],
    right: &[Column<'_>],
    length: usize,
) -> Result<(Product, Value), String> {
    if product.form == Form::Gate {
        return gate(product, left, right);
    }
    let (left_scale, left) = operand(left)?;
    let (right_scale, right) = operand(right)?;
    let (delta, total) = ranges(left, right, length)?;
    let kind = Kind { scale: left_scale * right_scale, offset: BigRational::zero(), step: delta, total };
    Ok((lowered(product, delta, total), Value::per_channel(vec![kind])))
}

/// A gate: every channel has its own scale.
fn gate(
    product: &snn::Product,
    left: &[Column<'_>],
    right: &[Column<'_>],
) -> Result<(Product, Value), String> {
    if left.iter().chain(right).any(|column| !column.offset.is_zero()) {
        return Err("an operand of a gate has an offset".into());
    }
    let kind = |(left, right): (&Column<'_>, &Column<'_>)| {
        let (step, total) = ranges(left.total, right.total, 1)?;
        Ok(Kind { scale: left.scale * right.scale, offset: BigRational::zero(), step, total })
    };
    let kinds = left.iter().zip(right).map(kind).collect::<Result<Vec<Kind>, String>>()?;
    let none = Range::new(0, 0);
    let delta = kinds.iter().fold(none, |all, kind| all.union(kind.step));
    let total = kinds.iter().fold(none, |all, kind| all.union(kind.total));
    Ok((lowered(product, delta, total), Value::per_channel(kinds)))
}

fn lowered(product: &snn::Product, delta: Range, total: Range) -> Product {
    Product { form: product.form, heads: product.heads, delta, partial: delta, total }
}

/// Ranges of the change of a sum of so many products in a time-step, and of the sum.
fn ranges(left: Range, right: Range, length: usize) -> Result<(Range, Range), String> {
    let length = i64::try_from(length).map_err(|_| "too many terms")?;
    let times = |a: Range, b: Range| {
        let ends = [a.low, a.high].map(|a| Span::from(b).scaled(a));
        ends[0].union(ends[1])
    };
    let fit = |span: Span| span.range().ok_or("the sums of a product of attention need more than 62 bits");
    let total = fit(times(left, right).scaled(length))?;
    // Each term may change by a spike of either side, or of both.
    let step = |moved: Range| if moved == Range::new(0, 0) { moved } else { Range::new(-1, 1) };
    let once = times(step(left), right).plus(times(step(right), left));
    Ok((fit(once.scaled(length))?, total))
}

/// The one scale of an operand, and the range of its tracers.
fn operand<'a>(columns: &[Column<'a>]) -> Result<(&'a BigRational, Range), String> {
    let first = columns.first().ok_or("no channels")?;
    if columns.iter().any(|c| c.scale != first.scale || !c.offset.is_zero()) {
        return Err("operands of a product of attention need one scale for all channels".into());
    }
    Ok((first.scale, columns.iter().map(|c| c.total).fold(Range::new(0, 0), Range::union)))
}
