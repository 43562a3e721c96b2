//! Raw elements in another order.

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

impl Arrange {
    /// The output shape.
    ///
    /// # Errors
    /// If the order is no permutation of the input's elements, or the output is no matrix of as many elements.
    pub fn shape(&self, source: &Shape) -> Result<Shape, String> {
        let count = source.len();
        let mut seen = vec![false; count];
        let is_permutation = self.order.len() == count
            && self.order.iter().all(|&e| e < count && !std::mem::replace(&mut seen[e], true));
        if self.shape.0.len() != 2 || !self.shape.is_sane() || self.shape.len() != count || !is_permutation {
            return Err(format!(
                "an order of {} elements as {} for input {source}",
                self.order.len(),
                self.shape
            ));
        }
        Ok(self.shape.clone())
    }
}
