//! Sums of streams: the residual stream of a Transformer, in fixed point.

use super::Range;

/// `X[r, c] = start[r, c] + Σ_n coefficient_n[c]·A_n[r − first_n, c]` over the inputs `n`, where `A_n` is what input
/// `n` has sent so far: tracers, accumulated sums, rows of a table.
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
    /// Value of 1 in the input: one entry for all channels, or one per channel.
    pub coefficient: Vec<i64>,
}

impl Sum {
    /// Checks lengths; `inputs` are rows and channels of the inputs.
    ///
    /// # Errors
    /// Names the violated property.
    pub fn check(&self, inputs: &[(usize, usize)]) -> Result<(), String> {
        if self.rows == 0 || self.channels == 0 || self.start.len() != self.rows * self.channels {
            return Err(format!("{} start values for {}×{}", self.start.len(), self.rows, self.channels));
        }
        if inputs.len() != self.terms.len() {
            return Err(format!("{} inputs for {} terms", inputs.len(), self.terms.len()));
        }
        for (term, &(rows, channels)) in self.terms.iter().zip(inputs) {
            if channels != self.channels || term.first.checked_add(rows).is_none_or(|end| end > self.rows) {
                return Err(format!(
                    "input of {rows}×{channels} at row {} of a sum of {}×{}",
                    term.first, self.rows, self.channels
                ));
            }
            if ![1, self.channels].contains(&term.coefficient.len()) {
                return Err(format!("{} coefficients for {channels} channels", term.coefficient.len()));
            }
        }
        Ok(())
    }
}
