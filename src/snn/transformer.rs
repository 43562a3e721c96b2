//! Operators of Transformers.

use crate::graph::{Band, Shape};
use crate::operators::{self, Form, finite};

/// A table with a row for each value of a raw element; each element gives a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// Number of channels.
    pub channels: usize,
    /// Row `q` at `q·channels`.
    pub table: Vec<f32>,
}

/// The residual stream: `X[r, c] = constant[r, c] + Σ_n factor_n·x_n[r − first_n, c]` over the inputs `n`. Rotary positions
/// have factors, other sums have none. An input `n` that is turned adds `x_n[c, r − first_n]` to `X[r, c]`: a layer that mixes
/// tokens has a row for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// Number of rows.
    pub rows: usize,
    /// Number of channels.
    pub channels: usize,
    /// For each input, the row to which its first row is added.
    pub first: Vec<usize>,
    /// Constants, row-major; or empty.
    pub constant: Vec<f64>,
    /// For each input, a factor of each of its elements, row-major, or an empty list for 1; or no lists at all.
    pub factors: Vec<Vec<f64>>,
    /// Inputs that are turned, without factors: their columns are rows of the sum.
    pub turned: Vec<usize>,
}

/// LayerNorm over the channels of each row: `γ·(X − μ)/√(σ² + ε) + β`. RMSNorm is the same with 0 for `μ`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNorm {
    /// One entry per channel.
    pub gamma: Vec<f32>,
    /// One entry per channel.
    pub beta: Vec<f32>,
    /// Added to the variance.
    pub epsilon: f32,
    /// LayerNorm; otherwise RMSNorm.
    pub centred: bool,
}

/// SESA: product of two layers of neurons, head by head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// The kind.
    pub form: Form,
    /// Number of heads.
    pub heads: usize,
}

/// Softmax over groups of channels of `factor` times the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softmax {
    /// Number of groups (heads).
    pub groups: usize,
    /// Factor on the scores, `1/√d`.
    pub factor: f64,
    /// Raw element of the second input that marks a masked position.
    pub padding: Option<i32>,
    /// The keys that a query sees.
    pub band: Band,
}

impl Embedding {
    pub(super) fn shape(&self, source: &Shape) -> Result<Shape, String> {
        finite("entry of the table", &self.table)?;
        operators::embedding(self.channels, self.table.len(), source)
    }
}

impl Sum {
    pub(super) fn shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let shape = operators::sum(self.rows, self.channels, &self.first, &self.turned, inputs)?;
        if !self.constant.is_empty() && self.constant.len() != shape.len() {
            return Err(format!("{} constants for {shape}", self.constant.len()));
        }
        if !self.factors.is_empty() && self.factors.len() != inputs.len() {
            return Err(format!("{} lists of factors for {} inputs", self.factors.len(), inputs.len()));
        }
        for (list, input) in self.factors.iter().zip(inputs) {
            if !list.is_empty() && list.len() != input.len() {
                return Err(format!("{} factors for {input}", list.len()));
            }
            finite("factor", list)?;
        }
        if let Some(n) =
            self.turned.iter().find(|&&n| self.factors.get(n).is_some_and(|list| !list.is_empty()))
        {
            return Err(format!("factors of input {n}, which is turned"));
        }
        finite("constant", &self.constant).map(|()| shape)
    }
}

impl LayerNorm {
    pub(super) fn shape(&self, source: &Shape) -> Result<Shape, String> {
        finite("γ", &self.gamma)?;
        finite("β", &self.beta)?;
        if !self.epsilon.is_finite() || self.epsilon <= 0.0 {
            return Err(format!("ε = {}; expected a positive finite number", self.epsilon));
        }
        operators::layer_norm(self.gamma.len(), self.beta.len(), source)
    }
}

impl Softmax {
    pub(super) fn shape(&self, source: &Shape, others: &[&Shape]) -> Result<Shape, String> {
        if !self.factor.is_finite() || self.factor <= 0.0 {
            return Err(format!("the factor {} on the scores is not a positive finite number", self.factor));
        }
        let Band { always, behind_block, ahead_block, .. } = self.band;
        let most = u32::from(u16::MAX);
        if !(1..=most).contains(&behind_block) || !(1..=most).contains(&ahead_block) || always > most {
            return Err(format!("a mask by position with a block of 0, or of more than {most} positions"));
        }
        operators::softmax(self.groups, self.padding.is_some(), source, others)
    }
}
