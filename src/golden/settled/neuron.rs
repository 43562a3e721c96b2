//! Levels by thresholds.

use multiversion::multiversion;

use crate::integer::{Neuron, Rule};

/// Neurons of a layer.
#[derive(Clone, Debug)]
pub(super) struct NeuronPlan {
    pub neuron: Neuron,
    /// For few levels that rise with `A`: the thresholds, level by level, one a channel.
    by_level: Option<Vec<i64>>,
}

/// Comparing with every threshold, many channels at a time, is faster than searching up to this many.
const FEW: usize = 40;

impl NeuronPlan {
    pub(super) fn new(neuron: &Neuron) -> Self {
        let (steps, channels) = (neuron.steps(), neuron.channels());
        let few = neuron.non_monotone.is_none() && steps <= FEW;
        let by_level = few.then(|| {
            let level = |k: usize| (0..channels).map(move |c| neuron.thresholds[c * steps + k]);
            (0..steps).flat_map(level).collect()
        });
        Self { neuron: neuron.clone(), by_level }
    }

    /// The levels of all rows.
    pub(super) fn levels(&self, sums: &[i64], channels: usize, levels: &mut [i64]) {
        for (sums, levels) in sums.chunks(channels).zip(levels.chunks_mut(channels)) {
            match &self.by_level {
                Some(thresholds) => compare(thresholds, self.neuron.low.into(), sums, levels),
                None => {
                    for (c, (level, &a)) in levels.iter_mut().zip(sums).enumerate() {
                        *level = self.neuron.level(c, a).into();
                    }
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
fn compare(thresholds: &[i64], low: i64, sums: &[i64], levels: &mut [i64]) {
    levels.fill(low);
    for thresholds in thresholds.chunks(sums.len()) {
        for ((level, a), t) in levels.iter_mut().zip(sums).zip(thresholds) {
            *level += i64::from(a >= t);
        }
    }
}
