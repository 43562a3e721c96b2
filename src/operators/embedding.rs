//! Rows of a table, selected by raw elements.

use crate::graph::Shape;

/// Output shape of a table of `entries` in rows of `channels`: one row for each element of the input.
///
/// # Errors
/// If the table is empty or does not consist of whole rows.
pub fn embedding(channels: usize, entries: usize, source: &Shape) -> Result<Shape, String> {
    if channels == 0 || entries == 0 || !entries.is_multiple_of(channels) {
        return Err(format!("a table of {entries} entries for {channels} channels"));
    }
    Ok(Shape::matrix(source.len(), channels))
}
