//! Synaptic layers on complete inputs: `A[r, o] = Σ_i w[i, o]·x[r, i]`.

use std::sync::Arc;

use multiversion::multiversion;

use crate::integer::{Linear, Range};

use super::super::window::WindowPlan;
use super::values::Values;

/// Outputs whose sums are kept in registers.
const BLOCK: usize = 64;

/// A synaptic layer. Weights lie block of outputs by block of outputs, in each input by input.
#[derive(Clone, Debug)]
pub(super) struct LinearPlan {
    pub inputs: usize,
    pub outputs: usize,
    weights: Weights,
    window: Option<WindowPlan>,
}

#[derive(Clone, Debug)]
enum Weights {
    /// Products of 16 bits, of which this many can be added in 16 bits.
    Short(Vec<[i16; BLOCK]>, usize),
    /// 16-bit weights and 32-bit sums.
    Narrow(Vec<[i16; BLOCK]>),
    /// Everything else.
    Wide(Vec<[i64; BLOCK]>),
    /// Of several groups of channels, as they are.
    Grouped(Arc<[i64]>),
}

/// Adding fewer products than this in 16 bits is not worth the additions of their sums.
const WORTH: u64 = 4;

impl LinearPlan {
    /// `source` is the range of what the layer reads.
    pub(super) fn new(linear: &Linear, source: Range) -> Self {
        let most = |r: Range| r.low.unsigned_abs().max(r.high.unsigned_abs());
        let product = most(linear.weight).saturating_mul(most(source)).max(1);
        // Partial sums may leave the range of the total; they wrap, and the whole sum is right again.
        let at_once = match linear.total.signed_width() <= 16 {
            true => u64::MAX,
            false => i16::MAX as u64 / product,
        };
        let total_is_narrow = linear.total.signed_width() <= 32;
        let weights = match (product <= i16::MAX as u64 && at_once >= WORTH, total_is_narrow) {
            (true, true) => {
                let at_once = usize::try_from(at_once).unwrap_or(usize::MAX);
                Weights::Short(blocks(linear, |w| w as i16), at_once)
            }
            (false, true) if linear.weight.signed_width() <= 16 => {
                Weights::Narrow(blocks(linear, |w| w as i16))
            }
            _ => Weights::Wide(blocks(linear, |w| w)),
        };
        let window = WindowPlan::new(linear);
        let grouped = window.as_ref().is_some_and(|w| w.window.groups > 1 || w.window.places.is_some());
        let weights = if grouped { Weights::Grouped(Arc::clone(&linear.weights)) } else { weights };
        Self { inputs: linear.inputs, outputs: linear.outputs, weights, window }
    }

    /// What a row reads, if not a row.
    pub(super) fn window(&self) -> Option<&WindowPlan> {
        self.window.as_ref()
    }

    /// `A`, row by row, into `sums`. `gathered` and `events` are room.
    pub(super) fn sums(
        &self,
        x: &[i32],
        gathered: &mut Vec<i32>,
        events: &mut Vec<(u32, i32)>,
        sums: &mut Values,
    ) {
        let x = match (&self.window, &self.weights) {
            (Some(window), Weights::Grouped(weights)) => {
                return grouped(window, weights, self.outputs, x, sums);
            }
            (Some(window), _) => {
                gathered.clear();
                window.gather(x, gathered);
                gathered
            }
            (None, _) => x,
        };
        for (r, x) in x.chunks(self.inputs).enumerate() {
            collect(x, events);
            let first = r * self.outputs;
            match (&self.weights, &mut *sums) {
                (Weights::Short(weights, at_once), Values::I32(sums)) => {
                    short(weights, self.inputs, *at_once, events, &mut sums[first..][..self.outputs]);
                }
                (Weights::Narrow(weights), Values::I32(sums)) => {
                    narrow(weights, self.inputs, events, &mut sums[first..][..self.outputs]);
                }
                (Weights::Wide(weights), sums) => {
                    for (b, weights) in weights.chunks(self.inputs).enumerate() {
                        let mut total = [0i64; BLOCK];
                        for &(i, v) in events.iter() {
                            for (t, w) in total.iter_mut().zip(&weights[i as usize]) {
                                *t = t.wrapping_add(w.wrapping_mul(v.into()));
                            }
                        }
                        let outputs = BLOCK.min(self.outputs - b * BLOCK);
                        for (o, &t) in total[..outputs].iter().enumerate() {
                            sums.set(first + b * BLOCK + o, t);
                        }
                    }
                }
                (Weights::Grouped(_), _) => unreachable!("groups have a window"),
                (Weights::Short(..) | Weights::Narrow(_), Values::I64(_)) => {
                    unreachable!("a total of 32 bits has a buffer of 32 bits")
                }
            }
        }
    }
}

/// Sums of several groups of channels.
fn grouped(window: &WindowPlan, weights: &[i64], outputs: usize, x: &[i32], sums: &mut Values) {
    let (channels, depth) = (window.window.channels, window.window.depth());
    let part = outputs / window.window.groups;
    let mut totals = vec![0i64; outputs];
    for pixel in 0..window.window.pixels() {
        totals.fill(0);
        for (tap, row) in window.taps(pixel) {
            for (c, &v) in x[row * channels..][..channels].iter().enumerate().filter(|(_, v)| **v != 0) {
                let first = c / depth * part;
                let own = &weights[(tap * depth + c % depth) * outputs + first..][..part];
                for (total, w) in totals[first..first + part].iter_mut().zip(own) {
                    *total = total.wrapping_add(w.wrapping_mul(v.into()));
                }
            }
        }
        totals.iter().enumerate().for_each(|(o, &total)| sums.set(pixel * outputs + o, total));
    }
}

/// The elements that are not 0, without a branch for each.
fn collect(x: &[i32], events: &mut Vec<(u32, i32)>) {
    events.resize(x.len(), (0, 0));
    let mut count = 0;
    for (i, &v) in (0u32..).zip(x) {
        events[count] = (i, v);
        count += usize::from(v != 0);
    }
    events.truncate(count);
}

fn blocks<W: Copy + Default>(linear: &Linear, narrow: impl Fn(i64) -> W) -> Vec<[W; BLOCK]> {
    let mut blocks = Vec::new();
    for first in (0..linear.outputs).step_by(BLOCK) {
        let last = linear.outputs.min(first + BLOCK);
        for row in linear.weights.chunks(linear.outputs) {
            let mut block = [W::default(); BLOCK];
            for (b, &w) in block.iter_mut().zip(&row[first..last]) {
                *b = narrow(w);
            }
            blocks.push(block);
        }
    }
    blocks
}

#[multiversion(targets = "simd")]
fn short(weights: &[[i16; BLOCK]], inputs: usize, at_once: usize, events: &[(u32, i32)], sums: &mut [i32]) {
    for (weights, sums) in weights.chunks(inputs).zip(sums.chunks_mut(BLOCK)) {
        let mut total = [0i32; BLOCK];
        for events in events.chunks(at_once) {
            let mut part = [0i16; BLOCK];
            for &(i, v) in events {
                let v = v as i16;
                for (t, w) in part.iter_mut().zip(&weights[i as usize]) {
                    *t = t.wrapping_add(w.wrapping_mul(v));
                }
            }
            for (t, p) in total.iter_mut().zip(part) {
                *t += i32::from(p);
            }
        }
        sums.copy_from_slice(&total[..sums.len()]);
    }
}

#[multiversion(targets = "simd")]
fn narrow(weights: &[[i16; BLOCK]], inputs: usize, events: &[(u32, i32)], sums: &mut [i32]) {
    for (weights, sums) in weights.chunks(inputs).zip(sums.chunks_mut(BLOCK)) {
        let mut total = [0i32; BLOCK];
        for &(i, v) in events {
            for (t, w) in total.iter_mut().zip(&weights[i as usize]) {
                *t = t.wrapping_add(i32::from(*w).wrapping_mul(v));
            }
        }
        sums.copy_from_slice(&total[..sums.len()]);
    }
}
