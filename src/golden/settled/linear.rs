//! Synaptic layers on complete inputs: `A[r, o] = Σ_i w[i, o]·x[r, i]`.

use multiversion::multiversion;

use crate::integer::Linear;

/// Outputs whose sums are kept in registers.
const BLOCK: usize = 32;

/// A synaptic layer. Weights lie block of outputs by block of outputs, in each input by input.
#[derive(Clone, Debug)]
pub(super) struct LinearPlan {
    pub inputs: usize,
    pub outputs: usize,
    weights: Weights,
}

#[derive(Clone, Debug)]
enum Weights {
    /// 16-bit weights and 32-bit sums.
    Narrow(Vec<[i16; BLOCK]>),
    /// Everything else.
    Wide(Vec<[i64; BLOCK]>),
}

impl LinearPlan {
    pub(super) fn new(linear: &Linear) -> Self {
        // Partial sums may leave the range; they wrap, and the whole sum is right again.
        let narrow = linear.weight.signed_width() <= 16 && linear.total.signed_width() <= 32;
        let weights = if narrow {
            Weights::Narrow(blocks(linear, |w| w as i16))
        } else {
            Weights::Wide(blocks(linear, |w| w))
        };
        Self { inputs: linear.inputs, outputs: linear.outputs, weights }
    }

    /// `A`, row by row, into `sums`; returns the elements of `x` that are not 0. `events` is room.
    pub(super) fn sums(&self, x: &[i64], events: &mut Vec<(u32, i32)>, sums: &mut [i64]) {
        for (x, sums) in x.chunks(self.inputs).zip(sums.chunks_mut(self.outputs)) {
            events.clear();
            // Raw elements and levels have at most 32 bits.
            events.extend((0u32..).zip(x.iter().map(|&v| v as i32)).filter(|&(_, v)| v != 0));
            match &self.weights {
                Weights::Narrow(weights) => narrow(weights, self.inputs, events, sums),
                Weights::Wide(weights) => {
                    for (weights, sums) in weights.chunks(self.inputs).zip(sums.chunks_mut(BLOCK)) {
                        let mut total = [0i64; BLOCK];
                        for &(i, v) in events.iter() {
                            for (t, w) in total.iter_mut().zip(&weights[i as usize]) {
                                *t = t.wrapping_add(w.wrapping_mul(v.into()));
                            }
                        }
                        sums.copy_from_slice(&total[..sums.len()]);
                    }
                }
            }
        }
    }
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
fn narrow(weights: &[[i16; BLOCK]], inputs: usize, events: &[(u32, i32)], sums: &mut [i64]) {
    for (weights, sums) in weights.chunks(inputs).zip(sums.chunks_mut(BLOCK)) {
        let mut total = [0i32; BLOCK];
        for &(i, v) in events {
            for (t, w) in total.iter_mut().zip(&weights[i as usize]) {
                *t = t.wrapping_add(i32::from(*w).wrapping_mul(v));
            }
        }
        for (sum, t) in sums.iter_mut().zip(total) {
            *sum = t.into();
        }
    }
}
