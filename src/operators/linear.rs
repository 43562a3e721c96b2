//! Synaptic layers.

use crate::graph::Shape;

/// Output shape of a synaptic layer from `inputs` to `outputs` channels with this number of `weights`.
///
/// A layer may read a row of its input as several narrower ones, or several rows as one wide one; the order of elements
/// is the same.
///
/// # Errors
/// If there is not one weight per pair of channels, or the input does not consist of whole rows.
pub fn linear(inputs: usize, outputs: usize, weights: usize, source: &Shape) -> Result<Shape, String> {
    if inputs == 0 || outputs == 0 || inputs.checked_mul(outputs) != Some(weights) {
        return Err(format!("{weights} weights for {outputs}×{inputs}"));
    }
    if !source.len().is_multiple_of(inputs) {
        return Err(format!("input {source} for weights with {inputs} input channels"));
    }
    Ok(Shape::matrix(source.len() / inputs, outputs))
}
