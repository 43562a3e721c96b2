//! SESA products: matrix products of two tracers. A spike of one operand adds a column of the other's tracers.

use super::Range;

/// Kind of a product of attention, for `H` heads of `D` channels over `T` rows (tokens).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `A[i, h·T + j] = Σ_d Q[i, h·D + d]·K[j, h·D + d]`: rows of scores, heads side by side.
    Scores,
    /// `A[i, h·D + d] = Σ_j P[i, h·T + j]·V[j, h·D + d]`.
    Mix,
}

/// A product of two tracers. With `S` the tracers after and `q`, `k` the spikes of a time-step, `A` changes by
/// `q·S_Kᵀ + (S_Q − q)·kᵀ`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Kind of the product.
    pub form: Form,
    /// Number of heads.
    pub heads: usize,
    /// Range of the change of `A` in one time-step.
    pub delta: Range,
    /// Range of every partial sum within one time-step, in any order of the events; contains `delta`.
    pub partial: Range,
    /// Range of `A` at any time.
    pub total: Range,
}

impl Product {
    /// Rows and channels of the product of operands of these rows and channels.
    ///
    /// # Errors
    /// If they do not fit together.
    pub fn shape(&self, left: (usize, usize), right: (usize, usize)) -> Result<(usize, usize), String> {
        let ((rows, left_channels), (tokens, right_channels)) = (left, right);
        let fits = self.heads > 0
            && right_channels.is_multiple_of(self.heads)
            && match self.form {
                Form::Scores => left_channels == right_channels,
                Form::Mix => left_channels == self.heads * tokens,
            };
        if !fits {
            return Err(format!(
                "operands of {rows}×{left_channels} and {tokens}×{right_channels} with {} heads",
                self.heads
            ));
        }
        Ok(match self.form {
            Form::Scores => (rows, self.heads * tokens),
            Form::Mix => (rows, right_channels),
        })
    }

    /// Channels per head of operands with these channels: `D` of a right operand.
    pub fn depth(&self, right_channels: usize) -> usize {
        right_channels / self.heads
    }
}
