//! Values of the input times weights.

use multiversion::multiversion;
use num_traits::{AsPrimitive, PrimInt, WrappingMul};

use super::weights::{BLOCK, Extent, block, verify};

/// Sums the weights of all elements, each times its value. Values have the type `F`; `delta` must be 0 before.
#[multiversion(targets = "simd")]
pub(super) fn add<W, D, F, const CHECK: bool>(
    extent: Extent,
    weights: &[W],
    values: &[(u32, i32)],
    delta: &mut [D],
    touched: &mut [bool],
) where
    W: AsPrimitive<D>,
    D: PrimInt + WrappingMul + AsPrimitive<i64>,
    F: AsPrimitive<D>,
    i32: AsPrimitive<F>,
{
    let mut values = values;
    for (r, (row, touched)) in delta.chunks_mut(extent.stride).zip(touched).enumerate() {
        let first = r * extent.inputs;
        let count = values.iter().take_while(|v| (v.0 as usize) < first + extent.inputs).count();
        let (own, rest) = values.split_at(count);
        values = rest;
        *touched = !own.is_empty();
        match block(extent.stride) / BLOCK {
            4 => add_row::<W, D, F, { 4 * BLOCK }, CHECK>(extent, weights, own, first, row),
            2 => add_row::<W, D, F, { 2 * BLOCK }, CHECK>(extent, weights, own, first, row),
            _ => add_row::<W, D, F, BLOCK, CHECK>(extent, weights, own, first, row),
        }
    }
}

/// The same for a row whose inputs start at index `first`.
#[inline(always)]
fn add_row<W, D, F, const B: usize, const CHECK: bool>(
    extent: Extent,
    weights: &[W],
    values: &[(u32, i32)],
    first: usize,
    row: &mut [D],
) where
    W: AsPrimitive<D>,
    D: PrimInt + WrappingMul + AsPrimitive<i64>,
    F: AsPrimitive<D>,
    i32: AsPrimitive<F>,
{
    for (block, weights) in row.chunks_exact_mut(B).zip(weights.chunks_exact(extent.inputs * B)) {
        let weights = weights.as_chunks::<B>().0;
        let mut sums = [D::zero(); B];
        for &(index, value) in values {
            let value: F = value.as_();
            let value: D = value.as_();
            for (sum, w) in sums.iter_mut().zip(&weights[index as usize - first]) {
                // The product is within the range of partial sums, so it is exact even if `value` is truncated.
                *sum = *sum + value.wrapping_mul(&w.as_());
            }
            if CHECK {
                verify(&sums, extent.partial);
            }
        }
        block.iter_mut().zip(sums).for_each(|(d, sum)| *d = sum);
    }
}

/// The values.
pub(super) fn pass<D>(extent: Extent, values: &[(u32, i32)], delta: &mut [D], touched: &mut [bool])
where
    D: PrimInt + 'static,
    i32: AsPrimitive<D>,
{
    for &(index, value) in values {
        delta[index as usize] = value.as_();
        touched[index as usize / extent.stride] = true;
    }
}
