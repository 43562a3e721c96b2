//! IF and LIF neurons: neuron by neuron, each through all its time-steps.

use crate::integer::{Lif, Reset, per_channel};

use super::values::Values;

/// Neurons of a layer.
#[derive(Clone, Debug)]
pub(super) struct LifPlan {
    pub lif: Lif,
    channels: usize,
}

impl LifPlan {
    pub(super) fn new(lif: &Lif, channels: usize) -> Self {
        Self { lif: lif.clone(), channels }
    }

    /// The spikes of all time-steps. `seen` gets the membrane that decided about each.
    pub(super) fn levels(&self, sums: &Values, levels: &mut [i32], mut seen: impl FnMut(usize, i64)) {
        let Lif { time, reset, fraction, .. } = self.lif;
        let neurons = time.neurons(levels.len());
        for n in 0..neurons {
            let c = n % self.channels;
            let (leak, threshold) = (per_channel(&self.lif.leak, c), self.lif.threshold[c]);
            let (drive, subtract, value) = (self.lif.drive[c], self.lif.subtract[c], self.lif.value[c]);
            let mut left = self.lif.start[c];
            let mut current = 0;
            for t in 0..time.steps {
                let e = t * neurons + n;
                let a = sums.get(if time.constant { n } else { e });
                let mut input = (a << fraction) + drive;
                if !self.lif.synapse.is_empty() {
                    current = per_channel(&self.lif.synapse, c).of(current) + input;
                    input = current;
                }
                let membrane = left + input;
                let fires = membrane >= threshold;
                let (before, after) = match reset {
                    Reset::Subtract => (subtract, 0),
                    Reset::SubtractLate => (0, subtract),
                    Reset::Never | Reset::Value => (0, 0),
                };
                left = match fires {
                    false => leak.of(membrane),
                    true if reset == Reset::Value => value,
                    true => leak.of(membrane - before) - after,
                };
                debug_assert!(self.lif.membrane.contains(membrane) && self.lif.membrane.contains(left));
                levels[e] = i32::from(fires);
                seen(e, membrane);
            }
        }
    }
}
