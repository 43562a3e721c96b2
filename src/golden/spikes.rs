//! Spikes times weights: a spike ±1 on input `i` adds `±w[i, ·]` to the row it belongs to.

use multiversion::multiversion;
use num_traits::{AsPrimitive, PrimInt};

use super::weights::{BLOCK, Extent, PART, SIGNED_ROWS, WORD, block, verify};

/// The spikes of a word of neurons: neuron `8·j + b` is at bit `8·b + j`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Word {
    fired: u64,
    /// The negative spikes.
    down: u64,
}

impl Word {
    /// Of at most [`WORD`] spikes.
    #[inline(always)]
    fn new(spikes: &[i8]) -> Self {
        match <&[i8; WORD]>::try_from(spikes) {
            Ok(spikes) => Self::of_all(spikes),
            Err(_) => {
                let mut all = [0; WORD];
                all[..spikes.len()].copy_from_slice(spikes);
                Self::of_all(&all)
            }
        }
    }

    #[inline(always)]
    fn of_all(spikes: &[i8; WORD]) -> Self {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let (mut fired, mut down) = (0, 0);
        for (j, eight) in spikes.as_chunks::<8>().0.iter().enumerate() {
            let bytes = u64::from_le_bytes(eight.map(|s| s as u8));
            fired |= (bytes & ONES) << j;
            down |= ((bytes >> 7) & ONES) << j;
        }
        Self { fired, down }
    }
}

/// Sums the weights of all spikes. Rows without spikes that had some in the time-step before are set to 0.
#[multiversion(targets = "simd")]
pub(super) fn add<W, N, D, const CHECK: bool>(
    extent: Extent,
    weights: &[W],
    spikes: &[i8],
    delta: &mut [D],
    touched: &mut [bool],
) where
    W: AsPrimitive<N>,
    N: PrimInt + AsPrimitive<D>,
    D: PrimInt + AsPrimitive<i64>,
{
    let rows = delta.chunks_exact_mut(extent.stride).zip(spikes.chunks_exact(extent.inputs));
    for ((row, spikes), touched) in rows.zip(touched) {
        let any = match block(extent.stride) / BLOCK {
            4 => add_row::<W, N, D, { 4 * BLOCK }, CHECK>(extent, weights, spikes, row),
            2 => add_row::<W, N, D, { 2 * BLOCK }, CHECK>(extent, weights, spikes, row),
            _ => add_row::<W, N, D, BLOCK, CHECK>(extent, weights, spikes, row),
        };
        if !any && *touched {
            row.fill(D::zero());
        }
        *touched = any;
    }
}

/// Sums the weights of the spikes of a row, in blocks of `B` outputs; returns whether there are any, and does not
/// change the sums otherwise. The weights of a part are added in the type `N` before they are added to `D`, four at a
/// time: the loop has fewer and more uniform iterations, so the branch predictor handles it better. If `CHECK`, every
/// partial sum is verified.
#[inline(always)]
fn add_row<W, N, D, const B: usize, const CHECK: bool>(
    extent: Extent,
    weights: &[W],
    spikes: &[i8],
    row: &mut [D],
) -> bool
where
    W: AsPrimitive<N>,
    N: PrimInt + AsPrimitive<D>,
    D: PrimInt + AsPrimitive<i64>,
{
    // Rows are selected by index, not from slices of the words, so that the compiler can prove that sums do not alias
    // weights.
    let weights = weights.as_chunks::<B>().0;
    let mut first = 0;
    let mut any = false;
    for part in spikes.chunks(PART) {
        let mut words = [Word::default(); PART / WORD];
        let count = part.len().div_ceil(WORD);
        for (word, spikes) in words.iter_mut().zip(part.chunks(WORD)) {
            *word = Word::new(spikes);
        }
        let words = &words[..count];
        let own = first;
        first += count * SIGNED_ROWS * (extent.stride / B);
        if words.iter().all(|word| word.fired == 0) {
            continue;
        }
        for (b, block) in row.chunks_exact_mut(B).enumerate() {
            let mut sums = [D::zero(); B];
            if any {
                sums.copy_from_slice(block);
            }
            let mut narrow = [N::zero(); B];
            for (w, word) in words.iter().enumerate() {
                let own = own + (b * count + w) * SIGNED_ROWS;
                let mut fired = word.fired;
                // The row of the next event; a row of zeros if none is left, because then `bit` is 64.
                let mut next = || {
                    let bit = fired.trailing_zeros();
                    fired &= fired.wrapping_sub(1);
                    let sign = word.down.wrapping_shr(bit) & 1;
                    &weights[own + bit as usize + sign as usize * (WORD + 1)]
                };
                for _ in 0..word.fired.count_ones().div_ceil(4) {
                    let four = [next(), next(), next(), next()];
                    if CHECK {
                        for row in four {
                            for (sum, w) in sums.iter_mut().zip(row) {
                                *sum = *sum + w.as_().as_();
                            }
                            verify(&sums, extent.partial);
                        }
                        continue;
                    }
                    let [w0, w1, w2, w3] = four;
                    let rows = w0.iter().zip(w1).zip(w2).zip(w3);
                    for (sum, (((w0, w1), w2), w3)) in narrow.iter_mut().zip(rows) {
                        *sum = *sum + ((w0.as_() + w1.as_()) + (w2.as_() + w3.as_()));
                    }
                }
            }
            for (sum, w) in sums.iter_mut().zip(&narrow) {
                *sum = *sum + w.as_();
            }
            block.copy_from_slice(&sums);
        }
        any = true;
    }
    any
}

/// The spikes.
#[multiversion(targets = "simd")]
pub(super) fn pass<D: PrimInt + 'static>(extent: Extent, spikes: &[i8], delta: &mut [D], touched: &mut [bool])
where
    i8: AsPrimitive<D>,
{
    let rows = delta.chunks_mut(extent.stride).zip(spikes.chunks(extent.stride));
    for ((delta, spikes), touched) in rows.zip(touched) {
        let mut any = 0;
        for (d, s) in delta.iter_mut().zip(spikes) {
            *d = s.as_();
            any |= s;
        }
        *touched = any != 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::weights::signed;
    use super::*;
    use crate::integer::Range;

    /// A pattern without a period of 8, with silent rows and rows that fire everywhere.
    fn spike(row: usize, i: usize) -> i8 {
        match row {
            1 => 0,
            2 if i.is_multiple_of(3) => -1,
            2 => 1,
            _ => ((row + i * i + 3 * i) % 7) as i8 % 3 - 1,
        }
    }

    #[test]
    fn sums_are_those_of_the_spikes() {
        for (inputs, outputs) in
            [(1, 1), (7, 16), (63, 20), (64, 64), (65, 33), (192, 128), (200, 100), (500, 7)]
        {
            let rows = 5;
            let weight = |i: usize, o: usize| ((i * 31 + o * 17 + i * o) % 255) as i64 - 127;
            let weights: Vec<i64> = (0..inputs * outputs).map(|e| weight(e / outputs, e % outputs)).collect();
            let stride = outputs.next_multiple_of(BLOCK);
            let extent = Extent { inputs, stride, partial: Range::new(-(1 << 30), 1 << 30) };
            let spikes: Vec<i8> = (0..rows * inputs).map(|e| spike(e / inputs, e % inputs)).collect();
            let (mut delta, mut touched) = (vec![77i32; rows * stride], vec![true; rows]);
            add::<i8, i16, i32, false>(extent, &signed(&weights, outputs), &spikes, &mut delta, &mut touched);
            let mut checked = vec![77i64; rows * stride];
            touched.fill(true);
            add::<i64, i64, i64, true>(
                extent,
                &signed(&weights, outputs),
                &spikes,
                &mut checked,
                &mut touched,
            );
            for (row, spikes) in spikes.chunks(inputs).enumerate() {
                assert_eq!(touched[row], spikes.iter().any(|&s| s != 0), "{inputs} inputs, row {row}");
                for o in 0..stride {
                    let terms = spikes.iter().enumerate().map(|(i, &s)| i64::from(s) * weight(i, o));
                    let expected: i64 = if o < outputs { terms.sum() } else { 0 };
                    let e = row * stride + o;
                    assert_eq!((delta[e].into(), checked[e]), (expected, expected), "{inputs}, {row}, {o}");
                }
            }
        }
    }
}
