//! Levels by thresholds.

use multiversion::multiversion;

use crate::integer::{Neuron, Rule};

use super::values::Values;

/// Neurons of a layer.
#[derive(Clone, Debug)]
pub(super) struct NeuronPlan {
    pub neuron: Neuron,
    /// For few levels that rise with `A` in 32 bits: the thresholds, level by level, one per channel.
    by_level: Option<Vec<i32>>,
}

/// Comparing with every threshold, many channels at a time, is faster than searching up to this many.
const FEW: usize = 64;

impl NeuronPlan {
    pub(super) fn new(neuron: &Neuron) -> Self {
        let (steps, channels) = (neuron.steps(), neuron.channels());
        let narrow = neuron.thresholds.iter().all(|&t| i32::try_from(t).is_ok());
        let few = neuron.non_monotone.is_none() && steps <= FEW && narrow;
        let by_level = few.then(|| {
            let level = |k: usize| (0..channels).map(move |c| neuron.thresholds[c * steps + k] as i32);
            (0..steps).flat_map(level).collect()
        });
        Self { neuron: neuron.clone(), by_level }
    }

    /// The levels of all rows.
    pub(super) fn levels(&self, sums: &Values, channels: usize, levels: &mut [i32]) {
        match (&self.by_level, sums) {
            (Some(thresholds), Values::I32(sums)) => {
                for (sums, levels) in sums.chunks(channels).zip(levels.chunks_mut(channels)) {
                    compare(thresholds, self.neuron.low, sums, levels);
                }
            }
            _ => {
                for (e, (level, a)) in levels.iter_mut().zip(sums.iter()).enumerate() {
                    *level = self.neuron.level(e % channels, a);
                }
            }
        }
    }

    /// Membrane and threshold of one level, before the first local time-step; `None` where a table decides.
    pub(super) fn membrane(&self, channel: usize, a: i64) -> Option<(i64, i64)> {
        match &self.neuron.rule {
            Rule::Affine { fraction, theta, start } => {
                Some((start[channel] + (a << fraction), theta[channel]))
            }
            Rule::Table => None,
        }
    }
}

#[multiversion(targets = "simd")]
fn compare(thresholds: &[i32], low: i32, sums: &[i32], levels: &mut [i32]) {
    const BLOCK: usize = 32;
    let channels = sums.len();
    let mut first = 0;
    // Levels of a block stay in registers while its thresholds are read.
    while first + BLOCK <= channels {
        let mut own = [0i32; BLOCK];
        own.copy_from_slice(&sums[first..first + BLOCK]);
        let mut level = [low; BLOCK];
        for thresholds in thresholds.chunks_exact(channels) {
            let thresholds = &thresholds[first..first + BLOCK];
            for ((level, a), t) in level.iter_mut().zip(&own).zip(thresholds) {
                *level += i32::from(a >= t);
            }
        }
        levels[first..first + BLOCK].copy_from_slice(&level);
        first += BLOCK;
    }
    let (sums, levels) = (&sums[first..], &mut levels[first..]);
    levels.fill(low);
    for thresholds in thresholds.chunks_exact(channels) {
        for ((level, a), t) in levels.iter_mut().zip(sums).zip(&thresholds[first..]) {
            *level += i32::from(a >= t);
        }
    }
}
