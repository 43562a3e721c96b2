//! Synaptic layers: selection of the kernel that adds the weights of their events.

use num_traits::AsPrimitive;

use crate::integer::{Linear, Range};

use super::source::Source;
use super::sums::{Delta, Gathered, Neurons, Sums, Width};
use super::weights::{BLOCK, Extent, Weights, plain, signed};
use super::window::{Grouped, WindowPlan};
use super::{spikes, values};

/// A synaptic layer; or, with [`Weights::Passing`], none: events are passed through.
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
    /// What a row reads, if not a row of the source.
    pub window: Option<WindowPlan>,
    /// Weights of a window with several groups.
    grouped: Option<Grouped>,
    /// Type of the sums.
    pub width: Width,
    pub ranges: Ranges,
}

/// Ranges that a checked model verifies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranges {
    pub delta: Range,
    pub partial: Range,
    pub total: Range,
}

impl SynapsePlan {
    pub(super) fn new(linear: &Linear, source: Source, rows: usize, width: Width) -> Self {
        let stride = linear.outputs.next_multiple_of(BLOCK);
        // The negatives of weights are stored too.
        let range = linear
            .weight
            .union(Range::new(linear.weight.high.saturating_neg(), linear.weight.low.saturating_neg()));
        let narrowest = match range.signed_width() {
            0..=16 => Width::W16,
            17..=32 => Width::W32,
            _ => Width::W64,
        };
        let weights = match width.max(narrowest) {
            Width::W64 => Weights::I64(arranged(linear, source)),
            Width::W32 if narrowest == Width::W32 => Weights::I32(arranged(linear, source)),
            Width::W16 | Width::W32 if range.signed_width() <= 8 => Weights::I8(arranged(linear, source)),
            Width::W16 | Width::W32 => Weights::I16(arranged(linear, source)),
        };
        let window = WindowPlan::new(linear);
        let several = window.as_ref().is_some_and(|w| w.window.groups > 1 || w.window.places.is_some());
        let grouped = several.then(|| Grouped {
            weights: linear.weights.to_vec(),
            outputs: linear.outputs,
            stride,
            partial: linear.partial,
        });
        Self {
            source,
            window,
            grouped,
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

    /// No synapses: the reader accumulates the events of the source.
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
            window: None,
            grouped: None,
            width,
            ranges: Ranges { delta: any, partial: any, total: any },
        }
    }

    fn extent(&self) -> Extent {
        Extent { inputs: self.inputs, stride: self.stride, partial: self.ranges.partial }
    }

    /// The change of `A` by the spikes of a time-step, of the neurons from `first` on.
    pub(super) fn spikes<const CHECK: bool>(
        &self,
        neurons: &Neurons,
        first: usize,
        delta: &mut Delta,
        room: &mut Gathered,
    ) {
        let extent = self.extent();
        let spikes = match (&self.window, &self.grouped) {
            (Some(window), Some(layer)) => {
                return window.grouped::<_, CHECK>(layer, &neurons.spikes[first..], delta);
            }
            (Some(window), None) => {
                room.spikes.clear();
                window.gather(&neurons.spikes[first..], &mut room.spikes);
                &room.spikes[..]
            }
            (None, _) => &neurons.spikes[first..][..self.rows * self.inputs],
        };
        let touched = delta.touched.as_mut_slice();
        match (&self.weights, &mut delta.sums) {
            (Weights::Passing, Sums::I16(d)) => spikes::pass(extent, spikes, d, touched),
            (Weights::Passing, Sums::I32(d)) => spikes::pass(extent, spikes, d, touched),
            (Weights::Passing, Sums::I64(d)) => spikes::pass(extent, spikes, d, touched),
            (Weights::I8(w), Sums::I16(d)) => spikes::add::<_, i16, _, CHECK>(extent, w, spikes, d, touched),
            // 16-bit sums of the weights of a part are exact and twice as fast.
            (Weights::I8(w), Sums::I32(d)) => spikes::add::<_, i16, _, CHECK>(extent, w, spikes, d, touched),
            (Weights::I16(w), Sums::I16(d)) => spikes::add::<_, i16, _, CHECK>(extent, w, spikes, d, touched),
            (Weights::I16(w), Sums::I32(d)) => spikes::add::<_, i32, _, CHECK>(extent, w, spikes, d, touched),
            (Weights::I32(w), Sums::I32(d)) => spikes::add::<_, i32, _, CHECK>(extent, w, spikes, d, touched),
            (Weights::I64(w), Sums::I64(d)) => spikes::add::<_, i64, _, CHECK>(extent, w, spikes, d, touched),
            _ => unreachable!("sums are at least as wide as the weights"),
        }
    }

    /// The change of `A` by the values of the input that are not 0, for a window also by all of them; `narrow`: all of
    /// them fit 16 bits.
    pub(super) fn values<const CHECK: bool>(
        &self,
        values: &[(u32, i32)],
        all: &[i32],
        narrow: bool,
        delta: &mut Delta,
    ) {
        delta.any = !values.is_empty();
        if let (Some(window), Some(layer)) = (&self.window, &self.grouped) {
            return window.grouped::<_, CHECK>(layer, all, delta);
        }
        let extent = self.extent();
        let touched = delta.touched.as_mut_slice();
        match (&self.weights, &mut delta.sums) {
            (Weights::I8(w), Sums::I16(d)) => values::add::<_, _, i32, CHECK>(extent, w, values, d, touched),
            // Multiplications are faster if both factors are known to have 16 bits.
            (Weights::I8(w), Sums::I32(d)) if narrow => {
                values::add::<_, _, i16, CHECK>(extent, w, values, d, touched);
            }
            (Weights::I8(w), Sums::I32(d)) => values::add::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::I16(w), Sums::I16(d)) => values::add::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::I16(w), Sums::I32(d)) if narrow => {
                values::add::<_, _, i16, CHECK>(extent, w, values, d, touched);
            }
            (Weights::I16(w), Sums::I32(d)) => values::add::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::I32(w), Sums::I32(d)) => values::add::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::I64(w), Sums::I64(d)) => values::add::<_, _, i32, CHECK>(extent, w, values, d, touched),
            (Weights::Passing, Sums::I32(d)) => values::pass(extent, values, d, touched),
            (Weights::Passing, Sums::I64(d)) => values::pass(extent, values, d, touched),
            _ => unreachable!("sums are at least as wide as the weights"),
        }
    }

    /// Verifies the ranges of a whole time-step: of the change, and that nothing is outside the outputs.
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

/// The weights in the order in which the events of this source read them.
fn arranged<W: Copy + Default + 'static>(linear: &Linear, source: Source) -> Vec<W>
where
    i64: AsPrimitive<W>,
{
    match source {
        Source::Input(_) => plain(&linear.weights, linear.outputs),
        Source::Layer { .. } => signed(&linear.weights, linear.outputs),
    }
}
