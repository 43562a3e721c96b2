//! Some of the rows of a value.

use crate::graph::Shape;

/// Rows `first…first + count − 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Select {
    /// First row.
    pub first: usize,
    /// Number of rows.
    pub count: usize,
}

impl Select {
    /// The output shape.
    ///
    /// # Errors
    /// If there are no rows, or the input has fewer.
    pub fn shape(self, source: &Shape) -> Result<Shape, String> {
        match self.first.checked_add(self.count) {
            Some(end) if self.count > 0 && end <= source.rows() => {
                Ok(Shape::matrix(self.count, source.channels()))
            }
            _ => Err(format!("{} rows from row {} of {source}", self.count, self.first)),
        }
    }
}
