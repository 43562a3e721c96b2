//! Shapes of values, without the batch dimension.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Extents of a value, outermost first. The last is the channel; all before it together are the rows (tokens).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape(pub Vec<usize>);

impl Shape {
    /// The largest number of elements of a value: fits a `u32` index with margin.
    pub const MAX_ELEMENTS: usize = 1 << 30;

    /// Rows × channels.
    pub fn matrix(rows: usize, channels: usize) -> Self {
        Self(vec![rows, channels])
    }

    /// Number of rows (tokens): the product of all extents but the last; 1 for a vector.
    pub fn rows(&self) -> usize {
        self.0.split_last().map_or(1, |(_, rest)| rest.iter().product())
    }

    /// Number of channels: the last extent; 1 for a scalar.
    pub fn channels(&self) -> usize {
        self.0.last().copied().unwrap_or(1)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.0.iter().product()
    }

    /// Whether some extent is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the product of the extents can be computed and is at most [`Self::MAX_ELEMENTS`], and none is 0.
    pub fn is_sane(&self) -> bool {
        let product = self.0.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        matches!(product, Some(n) if (1..=Self::MAX_ELEMENTS).contains(&n))
    }
}

impl From<&[usize]> for Shape {
    fn from(extents: &[usize]) -> Self {
        Self(extents.to_vec())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extents: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "[{}]", extents.join("×"))
    }
}

/// For every element of a transposed row-major array, the index of the element in the original: extent `i` of the
/// result is extent `order[i]` of the original with these `extents`.
pub fn transposed_index(extents: &[usize], order: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; extents.len()];
    for i in (1..extents.len()).rev() {
        strides[i - 1] = strides[i] * extents[i];
    }
    let mut index = vec![0];
    for &axis in order {
        index = index
            .iter()
            .flat_map(|&base| (0..extents[axis]).map(move |i| (base, i)))
            .map(|(base, i)| base + i * strides[axis])
            .collect();
    }
    index
}
