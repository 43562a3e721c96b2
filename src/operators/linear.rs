//! Synaptic layers.

use crate::graph::{Shape, Window};

/// Output shape of a synaptic layer from `inputs` to `outputs` channels with this number of `weights`.
///
/// A layer may read a row of its input as several narrower ones, or several rows as one wide one; the order of elements
/// is the same. With a window, a row reads the pixels that the window sees.
///
/// # Errors
/// If there is not one weight per pair of channels, the input does not consist of whole rows, or the window does not fit.
pub fn linear(
    inputs: usize,
    outputs: usize,
    weights: usize,
    window: Option<&Window>,
    source: &Shape,
) -> Result<Shape, String> {
    if inputs == 0 || outputs == 0 || inputs.checked_mul(outputs) != Some(weights) {
        return Err(format!("{weights} weights for {outputs}×{inputs}"));
    }
    if let Some(window) = window {
        return Ok(Shape::matrix(window.rows_of_layer(source, inputs, outputs)?, outputs));
    }
    if !source.len().is_multiple_of(inputs) {
        return Err(format!("input {source} for weights with {inputs} input channels"));
    }
    Ok(Shape::matrix(source.len() / inputs, outputs))
}
