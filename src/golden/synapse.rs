//! Synaptic layers: a spike ±1 on input `i` adds `±w[i, ·]` to the row it belongs to.

use multiversion::multiversion;
use num_traits::{AsPrimitive, PrimInt, WrappingMul};

use crate::integer::{Linear, Range};

use super::events::Events;
use super::plan::Source;
use super::state::{Delta, Neurons, Sums, Width};

/// Rows are padded to a multiple of this many outputs with zeros.
const BLOCK: usize = 16;

/// Outputs are summed in blocks of this many, which fit the registers of any machine.
fn block(stride: usize) -> usize {
    [4 * BLOCK, 2 * BLOCK].into_iter().find(|&b| stride.is_multiple_of(b)).unwrap_or(BLOCK)
}

/// A synaptic layer; or, with [`Weights::Passing`], none: events are passed on as they are.
#[derive(Clone, Debug)]
pub(super) struct SynapsePlan {
    pub source: Source,
    /// Index of its accumulation.
    pub output: usize,
    pub rows: usize,
    pub inputs: usize,
    pub outputs: usize,
    /// Outputs rounded up to whole blocks.
    pub stride: usize,
    pub weights: Weights,
    /// Type of the sums.
    pub width: Width,
    pub ranges: Ranges,
}

/// Weights in the narrowest type: block after block of outputs, in each a row for each input.
#[derive(Clone, Debug)]
pub(super) enum Weights {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    Passing,
}

/// What a checked model verifies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranges {
    pub delta: Range,
    pub partial: Range,
    pub total: Range,
}

/// Shape of a layer, as its kernels see it.
#[derive(Clone, Copy)]
struct Extent {
    inputs: usize,
    stride: usize,
    partial: Range,
}

impl SynapsePlan {
    pub(super) fn new(linear: &Linear, source: Source, rows: usize, width: Width) -> Self {
        let stride = linear.outputs.next_multiple_of(BLOCK);
        let narrowest = match linear.weight.signed_width() {
            0..=16 => Width::W16,
            17..=32 => Width::W32,
            _ => Width::W64,
        };
        let eight = linear.weight.signed_width() <= 8;
        let weights = match width.max(narrowest) {
            Width::W64 => Weights::I64(padded(linear, stride)),
            Width::W32 if narrowest == Width::W32 => Weights::I32(padded(linear, stride)),
            _ if eight => Weights::I8(padded(linear, stride)),
            _ => Weights::I16(padded(linear, stride)),
        };
        Self {
            source,
            output: 0,
            rows,
            inputs: linear.inputs,
            outputs: linear.outputs,
            stride,
            weights,
            width: width.max(narrowest),
            ranges: Ranges { delta: linear.delta, partial: linear.partial, total: linear.total },
        }
    }

    /// No synapses: what a source emits is what its reader accumulates.
    pub(super) fn passing(source: Source, rows: usize, channels: usize, width: Width) -> Self {
        let any = Range::new(-(1 << 62), 1 << 62);
        Self {
            source,
            output: 0,
            rows,
            inputs: channels,
            outputs: channels,
            stride: channels,
            weights: Weights::Passing,
            width,
            ranges: Ranges { delta: any, partial: any, total: any },
        }
    }

    fn extent(&self) -> Extent {
        Extent { inputs: self.inputs, stride: self.stride, partial: self.ranges.partial }
    }

    /// The change of `A` by the spikes of a time-step, of the neurons from `first` on.
    pub(super) fn spikes<const CHECK: bool>(&self, neurons: &Neurons, first: usize, delta: &mut Delta) {
        let extent = self.extent();
        let touched = delta.touched.as_mut_slice();
        let events = match &neurons.events {
            Some(events) if !self.weights.passes() => (events, first),
            _ => {
                let spikes = &neurons.spikes[first..][..self.rows * self.inputs];
                return match &mut delta.sums {
                    Sums::I16(d) => pass_spikes(extent, spikes, d, touched),
                    Sums::I32(d) => pass_spikes(extent, spikes, d, touched),
                    Sums::I64(d) => pass_spikes(extent, spikes, d, touched),
                };
            }
        };
        match (&self.weights, &mut delta.sums) {
            (Weights::I8(w), Sums::I16(d)) => add::<_, i16, _, CHECK>(extent, w, events, d, touched),
            // 16-bit sums of up to 255 weights are exact and twice as fast.
            (Weights::I8(w), Sums::I32(d)) => add::<_, i16, _, CHECK>(extent, w, events, d, touched),
            (Weights::I16(w), Sums::I16(d)) => add::<_, i16, _, CHECK>(extent, w, events, d, touched),
            (Weights::I16(w), Sums::I32(d)) => add::<_, i32, _, CHECK>(extent, w, events, d, touched),
            (Weights::I32(w), Sums::I32(d)) => add::<_, i32, _, CHECK>(extent, w, events, d, touched),
            (Weights::I64(w), Sums::I64(d)) => add::<_, i64, _, CHECK>(extent, w, events, d, touched),
            _ => unreachable!("sums are at least as wide as the weights"),
        }
    }

    /// The change of `A` by the values of the input; `narrow` says that all of them fit 16 bits.
    pub(super) fn values<const CHECK: bool>(&self, values: &[(u32, i32)], narrow: bool, delta: &mut Delta) {
        let extent = self.extent();
        let touched = delta.touched.as_mut_slice();
        match (&self.weights, &mut delta.sums) {
            (Weights::I8(w), Sums::I16(d)) => add_values::<_, _, i32, CHECK>(extent, w, values, d, touched),
            // Where both factors are known to have 16 bits, machines have faster multiplications.
            (Weights::I8(w), Sums::I32(d)) if narrow => {
                add_values::<_, _, i16, CHECK>(extent, w, values, d, touched);
            }
            (Weights::I8(w), Sums::I32(d)) => add_values::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::I16(w), Sums::I16(d)) => add_values::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::I16(w), Sums::I32(d)) if narrow => {
                add_values::<_, _, i16, CHECK>(extent, w, values, d, touched);
            }
            (Weights::I16(w), Sums::I32(d)) => add_values::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::I32(w), Sums::I32(d)) => add_values::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::I64(w), Sums::I64(d)) => add_values::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::Passing, Sums::I32(d)) => pass_values(extent, values, d, touched),
            (Weights::Passing, Sums::I64(d)) => pass_values(extent, values, d, touched),
            _ => unreachable!("sums are at least as wide as the weights"),
        }
        delta.any = !values.is_empty();
    }

    /// Verifies the ranges of a whole time-step: that of the change, and that of nothing outside the outputs.
    pub(super) fn verify(&self, delta: &Delta) {
        let Sums::I64(sums) = &delta.sums else { unreachable!("a checked model has 64-bit sums") };
        for row in sums.chunks(self.stride) {
            for d in &row[..self.outputs] {
                assert!(self.ranges.delta.contains(*d), "Δ = {d} outside {}", self.ranges.delta);
            }
            assert!(row[self.outputs..].iter().all(|&d| d == 0), "padding of a row");
        }
    }
}

/// Weights block after block, with zeros after the last output.
fn padded<W: Copy + Default + 'static>(linear: &Linear, stride: usize) -> Vec<W>
where
    i64: AsPrimitive<W>,
{
    let size = block(stride);
    let mut weights = vec![W::default(); linear.inputs * stride];
    for (i, row) in linear.weights.chunks(linear.outputs).enumerate() {
        for (b, source) in row.chunks(size).enumerate() {
            let start = (b * linear.inputs + i) * size;
            weights[start..].iter_mut().zip(source).for_each(|(w, source)| *w = source.as_());
        }
    }
    weights
}

/// Events that may be added up in the narrow type `N` of [`add_row`]: 255·128 < 2^15.
const AT_ONCE: usize = 255;

/// Sums the weights of all spikes of the neurons from `first` on.
#[multiversion(targets = "simd")]
fn add<W, N, D, const CHECK: bool>(
    extent: Extent,
    weights: &[W],
    (events, first): (&Events, usize),
    delta: &mut [D],
    touched: &mut [bool],
) where
    W: AsPrimitive<N>,
    N: PrimInt + AsPrimitive<D>,
    D: PrimInt + AsPrimitive<i64>,
{
    for (r, (row, touched)) in delta.chunks_mut(extent.stride).zip(touched).enumerate() {
        let first = first + r * extent.inputs;
        let (up, down) = events.between(first, first + extent.inputs);
        if up.is_empty() && down.is_empty() {
            if *touched {
                row.fill(D::zero());
                *touched = false;
            }
            continue;
        }
        *touched = true;
        let spikes = (up, down);
        match (block(extent.stride) / BLOCK, CHECK) {
            (4, false) => add_row::<W, N, D, { 4 * BLOCK }, AT_ONCE>(extent, weights, spikes, first, row),
            (2, false) => add_row::<W, N, D, { 2 * BLOCK }, AT_ONCE>(extent, weights, spikes, first, row),
            (_, false) => add_row::<W, N, D, BLOCK, AT_ONCE>(extent, weights, spikes, first, row),
            (4, true) => add_row::<W, N, D, { 4 * BLOCK }, 1>(extent, weights, spikes, first, row),
            (2, true) => add_row::<W, N, D, { 2 * BLOCK }, 1>(extent, weights, spikes, first, row),
            (_, true) => add_row::<W, N, D, BLOCK, 1>(extent, weights, spikes, first, row),
        }
    }
}

/// Sums the weights of the spikes (up, down) of a row whose inputs start at index `first`, in blocks of `B` outputs. At
/// most `M` are added up in the type `N` before they go on to `D`; if only one, every partial sum is verified.
#[inline(always)]
fn add_row<W, N, D, const B: usize, const M: usize>(
    extent: Extent,
    weights: &[W],
    (up, down): (&[u32], &[u32]),
    first: usize,
    row: &mut [D],
) where
    W: AsPrimitive<N>,
    N: PrimInt + AsPrimitive<D>,
    D: PrimInt + AsPrimitive<i64>,
{
    for (block, weights) in row.chunks_exact_mut(B).zip(weights.chunks_exact(extent.inputs * B)) {
        let weights = weights.as_chunks::<B>().0;
        let mut sums = [D::zero(); B];
        let narrow = |indices: &[u32]| {
            let mut narrow = [N::zero(); B];
            for &index in indices {
                for (sum, w) in narrow.iter_mut().zip(&weights[index as usize - first]) {
                    *sum = *sum + w.as_();
                }
            }
            narrow
        };
        for indices in up.chunks(M) {
            sums.iter_mut().zip(narrow(indices)).for_each(|(sum, w)| *sum = *sum + w.as_());
            verify::<D, M>(&sums, extent.partial);
        }
        for indices in down.chunks(M) {
            sums.iter_mut().zip(narrow(indices)).for_each(|(sum, w)| *sum = *sum - w.as_());
            verify::<D, M>(&sums, extent.partial);
        }
        block.iter_mut().zip(sums).for_each(|(d, sum)| *d = sum);
    }
}

/// Verifies partial sums, where they consist of single events.
#[inline(always)]
fn verify<D: AsPrimitive<i64>, const M: usize>(sums: &[D], partial: Range) {
    if M == 1 {
        for sum in sums {
            assert!(partial.contains(sum.as_()), "partial sum {} outside {partial}", sum.as_());
        }
    }
}

/// Values have the type `F`; `delta` must be 0 before.
#[multiversion(targets = "simd")]
fn add_values<W, D, F, const CHECK: bool>(
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
            4 => add_values_row::<W, D, F, { 4 * BLOCK }, CHECK>(extent, weights, own, first, row),
            2 => add_values_row::<W, D, F, { 2 * BLOCK }, CHECK>(extent, weights, own, first, row),
            _ => add_values_row::<W, D, F, BLOCK, CHECK>(extent, weights, own, first, row),
        }
    }
}

/// The same for a row whose inputs start at index `first`.
#[inline(always)]
fn add_values_row<W, D, F, const B: usize, const CHECK: bool>(
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
                // The product is within the range of partial sums, so it is exact even where `value` is cut.
                *sum = *sum + value.wrapping_mul(&w.as_());
            }
            if CHECK {
                verify::<D, 1>(&sums, extent.partial);
            }
        }
        block.iter_mut().zip(sums).for_each(|(d, sum)| *d = sum);
    }
}

fn pass_spikes<D: PrimInt + 'static>(extent: Extent, spikes: &[i8], delta: &mut [D], touched: &mut [bool])
where
    i8: AsPrimitive<D>,
{
    let rows = delta.chunks_mut(extent.stride).zip(spikes.chunks(extent.stride));
    for ((delta, spikes), touched) in rows.zip(touched) {
        delta.iter_mut().zip(spikes).for_each(|(d, s)| *d = s.as_());
        *touched = spikes.iter().fold(0, |any, s| any | s) != 0;
    }
}

fn pass_values<D>(extent: Extent, values: &[(u32, i32)], delta: &mut [D], touched: &mut [bool])
where
    D: PrimInt + 'static,
    i32: AsPrimitive<D>,
{
    for &(index, value) in values {
        delta[index as usize] = value.as_();
        touched[index as usize / extent.stride] = true;
    }
}
