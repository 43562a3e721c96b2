//! Softmax of scores.

use crate::graph::Shape;

/// Output shape of a softmax over each of `groups` (heads) of channels of a row: that of its input. `others` are the
/// inputs beside the scores: the raw input if positions are `masked`, an element for each channel of a group first.
///
/// # Errors
/// If the channels do not consist of whole groups, or the mask is missing, not expected or too short.
pub fn softmax(groups: usize, masked: bool, source: &Shape, others: &[&Shape]) -> Result<Shape, String> {
    if groups == 0 || !source.channels().is_multiple_of(groups) {
        return Err(format!("{source} in {groups} groups"));
    }
    let positions = source.channels() / groups;
    match (masked, others) {
        (false, []) => Ok(source.clone()),
        (true, [mask]) if mask.len() >= positions => Ok(source.clone()),
        (true, [mask]) => Err(format!("a mask {mask} for {positions} positions")),
        _ => Err(format!("{} inputs beside the scores; expected {}", others.len(), u8::from(masked))),
    }
}
