//! Operators of Transformers.

use crate::graph::Shape;

/// Raw elements in another order, for instance patches of an image: element `e` of the output is element `order[e]` of
/// the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrange {
    /// Rows × channels of the output.
    pub shape: Shape,
    /// A permutation.
    pub order: Vec<usize>,
}

/// Rows `first…first + count − 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Select {
    /// First row.
    pub first: usize,
    /// Number of rows.
    pub count: usize,
}

/// A table with a row for each value of a raw element; each element gives a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// Number of channels.
    pub channels: usize,
    /// Row `q` at `q·channels`.
    pub table: Vec<f32>,
}

/// The residual stream: `X[r, c] = constant[r, c] + Σ_n x_n[r − first_n, c]` over the inputs `n`.
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
}

/// LayerNorm over the channels of each row: `γ·(X − μ)/√(σ² + ε) + β`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNorm {
    /// One entry per channel.
    pub gamma: Vec<f32>,
    /// One entry per channel.
    pub beta: Vec<f32>,
    /// Added to the variance.
    pub epsilon: f32,
}

/// Kind of a product of attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `Q·Kᵀ` of each head, heads side by side.
    Scores,
    /// `P·V` of each head.
    Mix,
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
}

impl Select {
    pub(super) fn shape(self, source: &Shape) -> Result<Shape, String> {
        match self.first.checked_add(self.count) {
            Some(end) if self.count > 0 && end <= source.rows() => {
                Ok(Shape::matrix(self.count, source.channels()))
            }
            _ => Err(format!("{} rows from row {} of {source}", self.count, self.first)),
        }
    }
}

impl Arrange {
    pub(super) fn shape(&self, source: &Shape) -> Result<Shape, String> {
        let mut seen = self.order.clone();
        seen.sort_unstable();
        if self.shape.0.len() != 2
            || !seen.into_iter().eq(0..source.len())
            || self.shape.len() != source.len()
        {
            return Err(format!(
                "an order of {} elements as {} for input {source}",
                self.order.len(),
                self.shape
            ));
        }
        Ok(self.shape.clone())
    }
}

impl Embedding {
    pub(super) fn shape(&self, source: &Shape) -> Result<Shape, String> {
        if self.channels == 0 || self.table.is_empty() || !self.table.len().is_multiple_of(self.channels) {
            return Err(format!("a table of {} entries for {} channels", self.table.len(), self.channels));
        }
        finite("entry of the table", &self.table)?;
        Ok(Shape::matrix(source.len(), self.channels))
    }
}

impl Sum {
    pub(super) fn shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let shape = Shape::matrix(self.rows, self.channels);
        if !shape.is_sane() || inputs.is_empty() || inputs.len() != self.first.len() {
            return Err(format!("{} inputs at {} offsets of {shape}", inputs.len(), self.first.len()));
        }
        for (input, first) in inputs.iter().zip(&self.first) {
            let end = first.checked_add(input.rows());
            if input.channels() != self.channels || end.is_none_or(|end| end > self.rows) {
                return Err(format!("input {input} at row {first} of {shape}"));
            }
        }
        if !self.constant.is_empty() && self.constant.len() != shape.len() {
            return Err(format!("{} constants for {shape}", self.constant.len()));
        }
        finite("constant", &self.constant).map(|()| shape)
    }
}

impl LayerNorm {
    pub(super) fn shape(&self, source: &Shape) -> Result<Shape, String> {
        if self.gamma.len() != source.channels() || self.beta.len() != source.channels() {
            return Err(format!("{} γ and {} β for {source}", self.gamma.len(), self.beta.len()));
        }
        finite("γ", &self.gamma)?;
        finite("β", &self.beta)?;
        if !self.epsilon.is_finite() || self.epsilon <= 0.0 {
            return Err(format!("ε = {}; expected a positive finite number", self.epsilon));
        }
        Ok(source.clone())
    }
}

impl Product {
    pub(super) fn shape(self, left: &Shape, right: &Shape) -> Result<Shape, String> {
        let fits = self.heads > 0
            && right.channels().is_multiple_of(self.heads)
            && match self.form {
                Form::Scores => left.channels() == right.channels(),
                Form::Mix => left.channels() == self.heads * right.rows(),
            };
        match (fits, self.form) {
            (true, Form::Scores) => Ok(Shape::matrix(left.rows(), self.heads * right.rows())),
            (true, Form::Mix) => Ok(Shape::matrix(left.rows(), right.channels())),
            (false, _) => Err(format!("operands {left} and {right} with {} heads", self.heads)),
        }
    }
}

impl Softmax {
    pub(super) fn shape(&self, source: &Shape, mask: &[&Shape]) -> Result<Shape, String> {
        if self.groups == 0 || !source.channels().is_multiple_of(self.groups) {
            return Err(format!("{source} in {} groups", self.groups));
        }
        if !self.factor.is_finite() || self.factor <= 0.0 {
            return Err(format!("the factor {} on the scores is not a positive finite number", self.factor));
        }
        match (self.padding, mask) {
            (None, []) => Ok(source.clone()),
            (Some(_), [mask]) if mask.len() == source.channels() / self.groups => Ok(source.clone()),
            _ => Err(format!("{} inputs beside the scores", mask.len())),
        }
    }
}

fn finite<F: Copy + Into<f64>>(what: &str, values: &[F]) -> Result<(), String> {
    match values.iter().map(|&v| v.into()).find(|v: &f64| !v.is_finite()) {
        Some(v) => Err(format!("the {what} {v} is not finite")),
        None => Ok(()),
    }
}
