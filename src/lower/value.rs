//! Meaning of the integers of a value: `x = scale·A + offset`, element by element, and their ranges.

use num_integer::Integer;
use num_rational::BigRational;

use crate::integer::Range;

/// Elements that share a meaning.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// Real value of 1; positive.
    pub scale: BigRational,
    /// Real value at `A = 0`; acts from the first time-step on.
    pub offset: BigRational,
    /// Change in one time-step; contains 0.
    pub step: Range,
    /// Accumulated value at any time; contains 0.
    pub total: Range,
}

/// The output of a node. Element `e` (row-major) is of kind `kinds[of[e mod of.len()]]`.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub kinds: Vec<Kind>,
    pub of: Vec<usize>,
}

/// Properties of one channel for a reader of rows, equal in all rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    /// Index of the kind: columns of one kind share scale and offset.
    pub kind: usize,
    pub scale: &'a BigRational,
    pub offset: &'a BigRational,
    pub step: Range,
    pub total: Range,
}

impl Value {
    /// One kind for each channel.
    pub fn per_channel(kinds: Vec<Kind>) -> Self {
        let of = (0..kinds.len()).collect();
        Self { kinds, of }
    }

    /// The value read as `rows` × `channels`: each channel's meaning, which all rows must share, and the union of the
    /// ranges over the rows.
    ///
    /// # Errors
    /// If rows differ in the meaning of a channel.
    pub fn columns(&self, rows: usize, channels: usize) -> Result<Vec<Column<'_>>, String> {
        // Rows repeat after `period/gcd(period, channels)`.
        let period = self.of.len();
        let different = rows.min(period / period.gcd(&channels));
        (0..channels)
            .map(|c| {
                let kind = self.of[c % period];
                let Kind { scale, offset, step, total } = &self.kinds[kind];
                let (mut step, mut total) = (*step, *total);
                for row in 1..different {
                    let other = &self.kinds[self.of[(row * channels + c) % period]];
                    if other.scale != *scale || other.offset != *offset {
                        return Err(format!(
                            "input channel {c} has another scale in row {row} than in row 0, and both meet the \
                             same constants"
                        ));
                    }
                    step = step.union(other.step);
                    total = total.union(other.total);
                }
                Ok(Column { kind, scale, offset, step, total })
            })
            .collect()
    }
}
