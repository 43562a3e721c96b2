//! What a node has computed, in the narrower of two machine types.

use crate::integer::Range;

/// Values of a node, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Values {
    I32(Vec<i32>),
    I64(Vec<i64>),
}

impl Default for Values {
    fn default() -> Self {
        Self::I32(Vec::new())
    }
}

impl Values {
    /// Room for values of this range.
    pub(super) fn new(range: Range, len: usize) -> Self {
        if range.signed_width() <= 32 { Self::I32(vec![0; len]) } else { Self::I64(vec![0; len]) }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::I32(v) => v.len(),
            Self::I64(v) => v.len(),
        }
    }

    /// Levels and raw elements, which have at most 32 bits.
    pub(super) fn narrow(&self) -> &[i32] {
        match self {
            Self::I32(v) => v,
            Self::I64(_) => &[],
        }
    }

    /// The same, to be written.
    pub(super) fn narrow_mut(&mut self) -> &mut [i32] {
        match self {
            Self::I32(v) => v,
            Self::I64(_) => &mut [],
        }
    }

    pub(super) fn get(&self, index: usize) -> i64 {
        match self {
            Self::I32(v) => v[index].into(),
            Self::I64(v) => v[index],
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = i64> {
        (0..self.len()).map(|e| self.get(e))
    }

    /// Writes a value that is proven to lie in the range.
    pub(super) fn set(&mut self, index: usize, value: i64) {
        match self {
            Self::I32(v) => v[index] = value as i32,
            Self::I64(v) => v[index] = value,
        }
    }
}
