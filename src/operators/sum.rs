//! The residual stream.

use crate::graph::Shape;

/// Output shape of a sum of `rows` × `channels`; the first row of each input is added to the row `first` of the sum. Of the
/// inputs `turned`, columns are rows of the sum.
///
/// # Errors
/// If the sum has no elements or too many, or an input has other channels or rows beyond the sum, or is not there.
pub fn sum(
    rows: usize,
    channels: usize,
    first: &[usize],
    turned: &[usize],
    inputs: &[&Shape],
) -> Result<Shape, String> {
    let shape = Shape::matrix(rows, channels);
    if !shape.is_sane() || inputs.is_empty() || inputs.len() != first.len() {
        return Err(format!("{} inputs at {} offsets of {shape}", inputs.len(), first.len()));
    }
    if let Some(port) = turned.iter().find(|&&port| port >= inputs.len()) {
        return Err(format!("input {port} of {} is turned", inputs.len()));
    }
    for (port, (input, first)) in inputs.iter().zip(first).enumerate() {
        let turned = turned.contains(&port);
        let (own_rows, own_channels) = match turned {
            true => (input.channels(), input.rows()),
            false => (input.rows(), input.channels()),
        };
        let end = first.checked_add(own_rows);
        if own_channels != channels || end.is_none_or(|end| end > rows) {
            let turned = if turned { ", turned," } else { "" };
            return Err(format!("input {input}{turned} at row {first} of {shape}"));
        }
    }
    Ok(shape)
}
