//! Weights in memory, in the order in which they are read.

use num_traits::AsPrimitive;

use crate::integer::Range;

/// Rows are padded to a multiple of this many outputs with zeros.
pub(super) const BLOCK: usize = 16;

/// Bit of a neuron in a word.
fn bit(neuron: usize) -> usize {
    8 * (neuron % 8) + neuron / 8
}

/// Number of spikes in a word.
pub(super) const WORD: usize = 64;

/// Rows of weights of a word of inputs: those for +1, zeros, those for −1, zeros.
pub(super) const SIGNED_ROWS: usize = 2 * (WORD + 1);

/// Number of inputs whose weights are added in a narrow type: 192·127 < 2^15.
pub(super) const PART: usize = 3 * WORD;

/// Outputs are summed in blocks of this many, which fit the registers of any machine.
pub(super) fn block(stride: usize) -> usize {
    [4 * BLOCK, 2 * BLOCK].into_iter().find(|&b| stride.is_multiple_of(b)).unwrap_or(BLOCK)
}

/// Weights in the narrowest type that can also represent their negatives.
#[derive(Clone, Debug)]
pub(super) enum Weights {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    /// No weights: events are passed through.
    Passing,
}

impl Weights {
    /// Whether events are passed through.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Passing)
    }
}

/// Shape of a layer for its kernels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub inputs: usize,
    /// Outputs rounded up to whole blocks.
    pub stride: usize,
    /// Proven range of partial sums.
    pub partial: Range,
}

/// Verifies partial sums.
#[inline(always)]
pub(super) fn verify<D: AsPrimitive<i64>>(sums: &[D], partial: Range) {
    for sum in sums {
        assert!(partial.contains(sum.as_()), "partial sum {} outside {partial}", sum.as_());
    }
}

/// For values: block after block of outputs, in each a row for each input, with zeros after the last output.
pub(super) fn plain<W: Copy + Default + 'static>(weights: &[i64], outputs: usize) -> Vec<W>
where
    i64: AsPrimitive<W>,
{
    let stride = outputs.next_multiple_of(BLOCK);
    let (size, inputs) = (block(stride), weights.len() / outputs);
    let mut arranged = vec![W::default(); inputs * stride];
    for (i, row) in weights.chunks(outputs).enumerate() {
        for (b, source) in row.chunks(size).enumerate() {
            let start = (b * inputs + i) * size;
            arranged[start..].iter_mut().zip(source).for_each(|(w, source)| *w = source.as_());
        }
    }
    arranged
}

/// For spikes: part after part of inputs, in each block after block of outputs, in each word after word of inputs, in
/// each [`SIGNED_ROWS`] in the order of bits.
pub(super) fn signed<W: Copy + Default + 'static>(weights: &[i64], outputs: usize) -> Vec<W>
where
    i64: AsPrimitive<W>,
{
    let stride = outputs.next_multiple_of(BLOCK);
    let (size, inputs) = (block(stride), weights.len() / outputs);
    let mut arranged = vec![W::default(); inputs.div_ceil(WORD) * SIGNED_ROWS * stride];
    for (i, row) in weights.chunks(outputs).enumerate() {
        let part = i / PART;
        // Words before this part, in this part, and before this one.
        let (before, words) = (part * (PART / WORD), (inputs - part * PART).min(PART).div_ceil(WORD));
        let word = (i - part * PART) / WORD;
        for (b, source) in row.chunks(size).enumerate() {
            let rows = (before * stride / size + b * words + word) * SIGNED_ROWS + bit(i % WORD);
            for (rows, sign) in [(rows, 1), (rows + WORD + 1, -1)] {
                let own = &mut arranged[rows * size..][..size];
                own.iter_mut().zip(source).for_each(|(w, source)| *w = (sign * source).as_());
            }
        }
    }
    arranged
}
