//! Sums of streams: the residual stream of a Transformer, in fixed point.

use super::Range;
use crate::graph::Shape;
use crate::operators;

/// `X[r, c] = start[r, c] + Σ_n coefficient_n[c]·A_n[r − first_n, c]` over the inputs `n`, where `A_n` is what input
/// `n` has sent so far: tracers, accumulated sums, rows of a table. Of inputs that are turned,
/// `coefficient_n[r − first_n]·A_n[c, r − first_n]` is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Number of rows.
    pub rows: usize,
    /// Number of channels.
    pub channels: usize,
    /// One entry per input.
    pub terms: Vec<Term>,
    /// Value before the first time-step, row-major.
    pub start: Vec<i64>,
    /// Range of `X` at any time.
    pub total: Range,
    /// Range of the change of `X` in one time-step after the first.
    pub delta: Range,
}

/// One input of a [`Sum`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The row of the sum to which the first row of the input is added.
    pub first: usize,
    /// Value of 1 in the input: one entry for all channels, one per channel, or one per element of the input, row-major.
    pub coefficient: Vec<i64>,
    /// Columns of the input are rows of the sum; a coefficient for each channel of the input is one for each row of the sum.
    pub turned: bool,
}

impl Term {
    /// The coefficients of a row of the input, one or one per channel.
    pub fn row(&self, row: usize, channels: usize) -> &[i64] {
        match self.coefficient.len() > channels {
            true => &self.coefficient[row * channels..(row + 1) * channels],
            false => &self.coefficient,
        }
    }

    /// The coefficient of a channel of the input; of an input that is turned, that of a row of the sum.
    pub fn of_channel(&self, channel: usize) -> i64 {
        let one = self.coefficient.first().copied().unwrap_or(0);
        self.coefficient.get(channel).copied().unwrap_or(one)
    }
}

impl Sum {
    /// The output shape, for inputs of these shapes.
    ///
    /// # Errors
    /// Names the lengths that do not fit together.
    pub fn shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let first: Vec<usize> = self.terms.iter().map(|term| term.first).collect();
        let turned: Vec<usize> = (0..self.terms.len()).filter(|&n| self.terms[n].turned).collect();
        let shape = operators::sum(self.rows, self.channels, &first, &turned, inputs)?;
        if self.start.len() != shape.len() {
            return Err(format!("{} start values for {shape}", self.start.len()));
        }
        let fits = |(term, input): &(&Term, &&Shape)| match term.turned {
            true => [1, input.channels()].contains(&term.coefficient.len()),
            false => [1, self.channels, input.len()].contains(&term.coefficient.len()),
        };
        if let Some((term, _)) = self.terms.iter().zip(inputs).find(|pair| !fits(pair)) {
            return Err(format!("{} coefficients for {} channels", term.coefficient.len(), self.channels));
        }
        Ok(shape)
    }
}
