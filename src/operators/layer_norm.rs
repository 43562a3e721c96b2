//! LayerNorm over the channels of each row.

use crate::graph::Shape;

/// Output shape of a LayerNorm with this number of `γ` and `β`: that of its input.
///
/// # Errors
/// If there is not one of each per channel.
pub fn layer_norm(gamma: usize, beta: usize, source: &Shape) -> Result<Shape, String> {
    if gamma != source.channels() || beta != source.channels() {
        return Err(format!("{gamma} γ and {beta} β for {source}"));
    }
    Ok(source.clone())
}
