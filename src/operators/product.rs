//! Products of two layers of neurons: those of attention, and gates.

use serde::{Deserialize, Serialize};

use crate::graph::Shape;

/// Kind of a product, for `H` heads of `D` channels over `T` rows (tokens).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `A[i, h·T + j] = Σ_d Q[i, h·D + d]·K[j, h·D + d]`: rows of scores, heads side by side.
    Scores,
    /// `A[i, h·D + d] = Σ_j P[i, h·T + j]·V[j, h·D + d]`.
    Mix,
    /// `A[i, c] = X[i, c]·G[i, c]`, or `X[i, c]·G[0, c]` if `G` has one row: a gate. There is one head.
    Gate,
}

/// Output shape of a product of two operands, head by head.
///
/// # Errors
/// If the operands do not fit together or do not consist of whole heads.
pub fn product(form: Form, heads: usize, left: &Shape, right: &Shape) -> Result<Shape, String> {
    let problem = || format!("operands {left} and {right} with {heads} heads");
    if heads == 0 || !right.channels().is_multiple_of(heads) {
        return Err(problem());
    }
    let scores = heads.checked_mul(right.rows()).ok_or_else(problem)?;
    let (fits, channels) = match form {
        Form::Scores => (left.channels() == right.channels(), scores),
        Form::Mix => (left.channels() == scores, right.channels()),
        Form::Gate => {
            let rows = right.rows() == left.rows() || right.rows() == 1;
            (heads == 1 && rows && left.channels() == right.channels(), right.channels())
        }
    };
    if fits { Ok(Shape::matrix(left.rows(), channels)) } else { Err(problem()) }
}
