//! What operators of the spiking and of the integer network have in common: parameters that contain no numbers of the
//! network, output shapes, checks of lengths. One file per operator.
//!
//! Values are matrices of rows (tokens) × channels. Every rule returns the output shape, or a message that names the
//! lengths that do not fit.

mod arrange;
mod embedding;
mod layer_norm;
mod lif;
mod linear;
mod neurons;
mod product;
mod select;
mod softmax;
mod sum;

pub use arrange::Arrange;
pub use embedding::embedding;
pub use layer_norm::layer_norm;
pub use lif::{Reset, Time};
pub use linear::linear;
pub use neurons::contains_zero;
pub use product::{Form, product};
pub use select::Select;
pub use softmax::softmax;
pub use sum::sum;

/// Checks that all values are finite; `what` names one of them.
///
/// # Errors
/// Contains the first value that is not.
pub fn finite<F: Copy + Into<f64>>(what: &str, values: &[F]) -> Result<(), String> {
    match values.iter().map(|&v| v.into()).find(|v: &f64| !v.is_finite()) {
        Some(v) => Err(format!("the {what} {v} is not finite")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
