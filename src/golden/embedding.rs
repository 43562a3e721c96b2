//! Tables of rows, selected by the raw input in the first time-step.

use crate::integer::Embedding;

use super::sums::{Delta, Sums};

/// A table.
#[derive(Clone, Debug)]
pub(super) struct EmbeddingPlan {
    /// Arrangement of the input that it reads.
    pub arrangement: usize,
    /// Index of its accumulation.
    pub output: usize,
    channels: usize,
    table: Vec<i64>,
}

impl EmbeddingPlan {
    pub(super) fn new(embedding: &Embedding, arrangement: usize, output: usize) -> Self {
        Self { arrangement, output, channels: embedding.channels, table: embedding.table.clone() }
    }

    /// The change in a time-step: the rows in the first one, nothing later.
    ///
    /// # Panics
    /// If an element is beyond the table.
    pub(super) fn step(&self, values: &[i32], t: u32, delta: &mut Delta) {
        let Sums::I64(sums) = &mut delta.sums else { unreachable!("sums of tables have 64 bits") };
        if t == 1 {
            for (row, &q) in sums.chunks_mut(self.channels).zip(values) {
                let first = usize::try_from(q).unwrap_or(usize::MAX).saturating_mul(self.channels);
                row.copy_from_slice(&self.table[first..first + self.channels]);
            }
            delta.touched.fill(true);
            delta.any = true;
        } else if delta.any {
            sums.fill(0);
            delta.touched.fill(false);
            delta.any = false;
        }
    }
}
