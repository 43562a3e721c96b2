//! Neurons on a function of their accumulated input: the thresholds of its quantised value over the whole proven range.
//!
//! The function need not be monotone. Between two integers `A` and `A + 1` at which the level differs there is an edge;
//! the edges of a channel are found rigorously, with enclosures of the function and of its slope over ranges of `A`
//! (in [`interval`]), and the level of a single `A` with enclosures in fixed point where floats do not suffice (in
//! [`fixed`]).

mod boundary;
mod fixed;
mod interval;
mod search;
mod tie;

#[cfg(test)]
mod tests;

pub(super) use search::{Piece, pieces, prove};
