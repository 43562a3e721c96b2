//! Search for all edges of a channel, and their proof.

use num_rational::BigRational;

use super::super::rational::{integer, to_f64};
use super::super::value::Column;
use super::boundary::Boundaries;
use super::fixed::Fixed;
use super::interval::{Interval, Sloped, Slopes, Values};
use crate::integer::Neuron;
use crate::quant::{Function, Quantiser};

/// From this `A` on, up to the next piece, the level is `level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lower) struct Piece {
    pub start: i64,
    pub level: i32,
}

/// Fraction bits for values near a boundary, tried one after the other.
const BITS: [u64; 4] = [128, 256, 512, 1024];

/// Maximum number of enclosures of a channel's function, for each of its levels and for the function itself; an
/// enclosure in fixed point counts as many times as it has bits.
const EFFORT: (u64, u64) = (1 << 10, 1 << 18);

/// The pieces of a channel over its whole range of `A`; neighbours have different levels.
///
/// # Errors
/// If the function is undefined somewhere, or changes too often.
pub(in crate::lower) fn pieces(
    function: &Function,
    quantiser: &Quantiser,
    c: usize,
    column: &Column<'_>,
) -> Result<Vec<Piece>, String> {
    let mut channel = Channel::new(function, quantiser, c, column)?;
    let mut found = Vec::new();
    let (first, last) = (column.total.low, column.total.high);
    // Ranges to be searched, the lowest on top.
    let mut open = vec![(first, last)];
    while let Some((a, b)) = open.pop() {
        match channel.look(a, b)? {
            Look::Constant(level) => push(&mut found, a, level),
            Look::Monotone => channel.bisect(a, b, &mut found)?,
            Look::Unclear => {
                let middle = a + (b - a) / 2;
                open.extend([(middle + 1, b), (a, middle)]);
            }
        }
    }
    Ok(found)
}

/// Checks, from the finished thresholds only, that they give each `A` of a channel the level of the function; returns
/// the number of ranges of `A` that were decided.
///
/// # Errors
/// Names a level that is wrong.
pub(in crate::lower) fn prove(
    neuron: &Neuron,
    function: &Function,
    quantiser: &Quantiser,
    c: usize,
    column: &Column<'_>,
) -> Result<u64, String> {
    let mut channel = Channel::new(function, quantiser, c, column)?;
    let wrong = |a: i64, level: i32| format!("internal error: level {level} at A = {a} fails in channel {c}");
    let (first, last) = (column.total.low, column.total.high);
    let mut starts: Vec<i64> =
        neuron.thresholds_of(c).iter().copied().filter(|t| (first + 1..=last).contains(t)).collect();
    starts.push(first);
    starts.sort_unstable();
    starts.dedup();
    let mut count = 0;
    for (i, &start) in starts.iter().enumerate() {
        let level = neuron.level(c, start);
        let mut open = vec![(start, starts.get(i + 1).map_or(last, |next| next - 1))];
        while let Some((a, b)) = open.pop() {
            count += 1;
            match channel.look(a, b)? {
                Look::Constant(found) if found == level => {}
                Look::Constant(_) => return Err(wrong(a, level)),
                // Between two values with the same level, a monotone function has that level.
                Look::Monotone => {
                    for end in [a, b] {
                        if channel.level(end)? != level {
                            return Err(wrong(end, level));
                        }
                    }
                }
                Look::Unclear => {
                    let middle = a + (b - a) / 2;
                    open.extend([(middle + 1, b), (a, middle)]);
                }
            }
        }
    }
    Ok(count)
}

/// Adds a piece, unless it continues the last one.
fn push(pieces: &mut Vec<Piece>, start: i64, level: i32) {
    if pieces.last().is_none_or(|piece| piece.level != level) {
        pieces.push(Piece { start, level });
    }
}

/// Result of the enclosures over a range of `A`.
enum Look {
    /// One level.
    Constant(i32),
    /// The function is monotone.
    Monotone,
    /// Not decided.
    Unclear,
}

/// A channel's function of `A`, and the levels of its values.
struct Channel<'a> {
    function: &'a Function,
    boundaries: Boundaries,
    scale: &'a BigRational,
    offset: &'a BigRational,
    /// Floats next to scale and offset.
    near: (f64, f64),
    effort: u64,
}

impl<'a> Channel<'a> {
    fn new(function: &'a Function, q: &Quantiser, c: usize, column: &Column<'a>) -> Result<Self, String> {
        let boundaries = Boundaries::new(q, c)?;
        let levels = u64::try_from(q.high.iter().max().unwrap_or(&0) - q.low.iter().min().unwrap_or(&0));
        let effort = EFFORT.0 * levels.unwrap_or(0) + EFFORT.1;
        let near = (to_f64(column.scale), to_f64(column.offset));
        Ok(Self { function, boundaries, scale: column.scale, offset: column.offset, near, effort })
    }

    /// `x = scale·A + offset` for all `A` from `a` to `b`.
    fn x(&self, a: i64, b: i64) -> Interval {
        let around = |v: f64| Interval { low: v.next_down(), high: v.next_up() };
        #[expect(clippy::cast_precision_loss)]
        let range = Interval { low: (a as f64).next_down(), high: (b as f64).next_up() };
        let range = match a.abs().max(b.abs()) {
            // Such integers are exact in floats.
            0..=0x1F_FFFF_FFFF_FFFF => Interval { low: range.low.next_up(), high: range.high.next_down() },
            _ => range,
        };
        around(self.near.0).mul(range).add(around(self.near.1))
    }

    fn work(&mut self, effort: u64) -> Result<(), String> {
        let left = self.effort.checked_sub(effort);
        self.effort = left.ok_or(
            "the function before this quantiser changes its level too often, or is so steep or \
                                  so curved that its levels cannot be separated",
        )?;
        Ok(())
    }

    /// Classifies the range from `a` to `b`.
    fn look(&mut self, a: i64, b: i64) -> Result<Look, String> {
        if a == b {
            return self.level(a).map(Look::Constant);
        }
        self.work(1)?;
        let x = self.x(a, b);
        let Sloped { value, slope } =
            self.function.evaluate(&Slopes, Sloped { value: x, slope: Interval::point(1.0) });
        Ok(match self.boundaries.levels(value) {
            (low, high) if low == high => Look::Constant(low),
            _ if slope.low >= 0.0 || slope.high <= 0.0 => Look::Monotone,
            _ => Look::Unclear,
        })
    }

    /// The level of a single `A`.
    fn level(&mut self, a: i64) -> Result<i32, String> {
        self.work(1)?;
        let value = self.function.evaluate(&Values, self.x(a, a));
        let (mut low, mut high) = self.boundaries.levels(value);
        if low == high {
            return Ok(low);
        }
        let x = self.scale * integer(a) + self.offset;
        let undefined = || {
            format!("the function before this quantiser has no value at {}, or an extreme one", to_f64(&x))
        };
        for bits in BITS {
            self.work(bits)?;
            let fixed = Fixed { bits };
            let value = self.function.evaluate(&fixed, Some(fixed.rational(&x))).ok_or_else(undefined)?;
            // Levels up to `low` are reached, those above `high` are not.
            while low < high {
                match self.boundaries.reached(low + 1, &value, bits) {
                    Some(true) => low += 1,
                    Some(false) => high = low,
                    None => break,
                }
            }
            if low == high {
                return Ok(low);
            }
        }
        // It is indistinguishable from the boundary itself, which belongs to the upper level.
        Ok(low + 1)
    }

    /// The pieces of a range in which the function is monotone.
    fn bisect(&mut self, a: i64, b: i64, found: &mut Vec<Piece>) -> Result<(), String> {
        let mut open = vec![(a, self.level(a)?, b, self.level(b)?)];
        while let Some((a, at_a, b, at_b)) = open.pop() {
            if at_a == at_b || b - a <= 1 {
                push(found, a, at_a);
                push(found, b, at_b);
                continue;
            }
            let middle = a + (b - a) / 2;
            let level = self.level(middle)?;
            open.extend([(middle, level, b, at_b), (a, at_a, middle, level)]);
        }
        Ok(())
    }
}
