//! The residual stream.

use crate::graph::Shape;

/// Output shape of a sum of `rows` × `channels`; the first row of each input is added to the row `first` of the sum.
///
/// # Errors
/// If the sum has no elements or too many, or an input has other channels or rows beyond the sum.
pub fn sum(rows: usize, channels: usize, first: &[usize], inputs: &[&Shape]) -> Result<Shape, String> {
    let shape = Shape::matrix(rows, channels);
    if !shape.is_sane() || inputs.is_empty() || inputs.len() != first.len() {
        return Err(format!("{} inputs at {} offsets of {shape}", inputs.len(), first.len()));
    }
    for (input, first) in inputs.iter().zip(first) {
        let end = first.checked_add(input.rows());
        if input.channels() != channels || end.is_none_or(|end| end > rows) {
            return Err(format!("input {input} at row {first} of {shape}"));
        }
    }
    Ok(shape)
}
