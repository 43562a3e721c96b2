//! Windows of convolutions: what an output pixel reads of a layer of neurons or of the input.
//!
//! A convolution of one group gathers the spikes of each output pixel side by side and adds their weights like any
//! synaptic layer. With several groups, an event adds the weights of its own group.

use num_traits::{AsPrimitive, PrimInt};

use crate::integer::{Linear, Range, Window};

use super::sums::{Delta, Sums};
use super::weights::verify;

/// The window of a synaptic layer.
#[derive(Clone, Debug)]
pub(super) struct WindowPlan {
    pub window: Window,
    /// Tap and source row of what each output pixel reads: of pixel `p` from `first[p]` on.
    taps: Vec<(u32, u32)>,
    first: Vec<usize>,
    /// Additions that an event in each source row causes.
    fan_outs: Vec<u64>,
}

/// Weights of a layer with several groups, input by input.
#[derive(Clone, Debug)]
pub(super) struct Grouped {
    pub weights: Vec<i64>,
    pub outputs: usize,
    pub stride: usize,
    pub partial: Range,
}

impl WindowPlan {
    /// The window of a layer, if it has one.
    pub(super) fn new(linear: &Linear) -> Option<Self> {
        let fan_outs = linear.fan_outs()?;
        linear.window.as_ref().map(|window| Self::of(window, fan_outs))
    }

    /// A window with these additions by source row.
    pub(super) fn of(window: &Window, fan_outs: Vec<u64>) -> Self {
        let (mut taps, mut first) = (Vec::new(), vec![0]);
        for pixel in 0..window.pixels() {
            // Values have at most 2^30 elements.
            taps.extend(window.rows(pixel).map(|(tap, row)| (tap as u32, row as u32)));
            first.push(taps.len());
        }
        Self { window: window.clone(), taps, first, fan_outs }
    }

    /// Tap and source row of what an output pixel reads.
    pub(super) fn taps(&self, pixel: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let own = &self.taps[self.first[pixel]..self.first[pixel + 1]];
        own.iter().map(|&(tap, row)| (tap as usize, row as usize))
    }

    /// What the output pixels read, side by side. Padding stays as it is in `gathered`.
    pub(super) fn gather<T: Copy + Default>(&self, x: &[T], gathered: &mut Vec<T>) {
        let (channels, inputs) = (self.window.channels, self.window.inputs());
        let pixels = self.first.len() - 1;
        gathered.resize(pixels * inputs, T::default());
        for (pixel, own) in gathered.chunks_exact_mut(inputs).enumerate() {
            for (tap, row) in self.taps(pixel) {
                own[tap * channels..][..channels].copy_from_slice(&x[row * channels..][..channels]);
            }
        }
    }

    /// The elements that the output pixels read and that are not 0: index among all that they read, and value.
    pub(super) fn list(&self, x: &[i32], list: &mut Vec<(u32, i32)>) {
        let (channels, inputs) = (self.window.channels, self.window.inputs());
        list.clear();
        for pixel in 0..self.first.len() - 1 {
            for (tap, row) in self.taps(pixel) {
                let first = (pixel * inputs + tap * channels) as u32;
                let own = (first..).zip(&x[row * channels..][..channels]);
                list.extend(own.filter(|(_, value)| **value != 0).map(|(e, value)| (e, *value)));
            }
        }
    }

    /// Additions that these events cause.
    pub(super) fn additions(&self, spikes: &[i8]) -> u64 {
        let rows = spikes.chunks(self.window.channels).zip(&self.fan_outs);
        rows.map(|(row, fan_out)| row.iter().filter(|&&s| s != 0).count() as u64 * fan_out).sum()
    }

    /// Additions that an event of this element causes.
    pub(super) fn fan_out(&self, element: usize) -> u64 {
        self.fan_outs[element / self.window.channels]
    }

    /// The change of `A` of a layer with several groups.
    pub(super) fn grouped<T: Copy + Into<i64>, const CHECK: bool>(
        &self,
        layer: &Grouped,
        x: &[T],
        delta: &mut Delta,
    ) {
        let touched = delta.touched.as_mut_slice();
        match &mut delta.sums {
            Sums::I16(d) => self.add::<_, _, CHECK>(layer, x, d, touched),
            Sums::I32(d) => self.add::<_, _, CHECK>(layer, x, d, touched),
            Sums::I64(d) => self.add::<_, _, CHECK>(layer, x, d, touched),
        }
    }

    fn add<T: Copy + Into<i64>, D: PrimInt + AsPrimitive<i64>, const CHECK: bool>(
        &self,
        layer: &Grouped,
        x: &[T],
        delta: &mut [D],
        touched: &mut [bool],
    ) where
        i64: AsPrimitive<D>,
    {
        let (channels, depth) = (self.window.channels, self.window.depth());
        let part = layer.outputs / self.window.groups;
        for (pixel, (sums, touched)) in delta.chunks_exact_mut(layer.stride).zip(touched).enumerate() {
            if *touched {
                sums.fill(D::zero());
                *touched = false;
            }
            for (tap, row) in self.taps(pixel) {
                for (c, &value) in x[row * channels..][..channels].iter().enumerate() {
                    let value: i64 = value.into();
                    if value == 0 {
                        continue;
                    }
                    *touched = true;
                    let first = c / depth * part;
                    let weights = &layer.weights[(tap * depth + c % depth) * layer.outputs + first..][..part];
                    for (sum, w) in sums[first..first + part].iter_mut().zip(weights) {
                        *sum = *sum + (value * w).as_();
                    }
                    if CHECK {
                        verify(sums, layer.partial);
                    }
                }
            }
        }
    }
}
