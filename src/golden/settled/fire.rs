//! Local time-steps of a layer, spike by spike, for observers.

use super::super::observer::{Membranes, Observer};
use super::super::schedule::SpikeCode;
use super::super::sums::Sums;

/// How a neuron decides.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decision {
    /// By membrane and threshold of one level.
    Affine { membrane: i64, theta: i64 },
    /// By comparing the accumulated input with what levels need, which it meets up to this one.
    Table { input: i64, level: i64 },
}

impl Decision {
    /// The spike of a neuron at level `s`, worth `w` levels.
    fn spike(self, s: i32, w: i32, (low, high): (i32, i32)) -> i8 {
        let (wide, s64) = (i64::from(w), i64::from(s));
        let (up, down) = match self {
            Self::Affine { membrane, theta } => (membrane >= wide * theta, membrane < (1 - wide) * theta),
            Self::Table { level, .. } => (level >= s64 + wide, level <= s64 - wide),
        };
        i8::from(up && s + w <= high) - i8::from(down && s - w >= low)
    }

    /// What is left after a spike: of the membrane, its threshold is taken off; a sum stays.
    fn after(self, change: i32) -> Self {
        match self {
            Self::Affine { membrane, theta } => {
                Self::Affine { membrane: membrane - i64::from(change) * theta, theta }
            }
            Self::Table { .. } => self,
        }
    }

    /// What observers see as membrane.
    fn seen(self) -> i64 {
        match self {
            Self::Affine { membrane, .. } => membrane,
            Self::Table { input, .. } => input,
        }
    }
}

/// Runs the local time-steps of a layer and shows each to the observer; returns the levels at the end.
pub(super) fn settle<O: Observer>(
    layer: usize,
    code: SpikeCode,
    levels: (i32, i32),
    mut neurons: Vec<Decision>,
    observer: &mut O,
) -> Vec<i32> {
    let mut tracers = vec![0i32; neurons.len()];
    let mut spikes = vec![0i8; neurons.len()];
    let steps = code.most_steps(levels.0, levels.1);
    for step in 0..steps {
        let worth = code.worth(step, steps);
        for ((neuron, tracer), spike) in neurons.iter_mut().zip(&mut tracers).zip(&mut spikes) {
            *spike = neuron.spike(*tracer, worth, levels);
            let change = i32::from(*spike) * worth;
            *neuron = neuron.after(change);
            *tracer += change;
        }
        observer.spikes(layer, step + 1, &spikes);
        let sums = Sums::I64(neurons.iter().map(|n| n.seen()).collect());
        observer.membranes(layer, step + 1, Membranes { sums: &sums, tracers: &tracers });
        if code == SpikeCode::Unary && spikes.iter().all(|&s| s == 0) {
            break;
        }
    }
    tracers
}
