//! Recordings of the golden model for the samples inside, kept until the hardware has completed them.

use std::collections::VecDeque;
use std::ops::Range;

use crate::golden::{Membranes, Observer, Settled, SettledOutcome};
use crate::hardware::NeuronState;

/// A layer of neurons: local time-step by time-step, row-major.
#[derive(Clone, Debug, Default)]
pub(super) struct LayerRecord {
    spikes: Vec<i8>,
    membranes: Vec<i64>,
    tracers: Vec<i32>,
    neurons: usize,
}

impl LayerRecord {
    /// A neuron after a step; after the last one that was recorded nothing fires.
    pub fn state(&self, step: usize, neuron: usize) -> Option<NeuronState> {
        let steps = self.spikes.len().checked_div(self.neurons)?;
        let at = step.min(steps.checked_sub(1)?) * self.neurons + neuron;
        Some(NeuronState {
            spike: if step < steps { self.spikes[at].into() } else { 0 },
            membrane: self.membranes[at],
            tracer: self.tracers[at],
        })
    }

    /// Spikes of these neurons; those of further rows are not computed where nothing reads them.
    pub fn spikes_of(&self, neurons: Range<usize>) -> u64 {
        let steps = self.spikes.chunks(self.neurons.max(1));
        let fired = |step: &[i8]| {
            let own = step.iter().take(neurons.end).skip(neurons.start);
            own.filter(|&&spike| spike != 0).count() as u64
        };
        steps.map(fired).sum()
    }

    /// What a layer that decides by rows has read: its membranes, which do not change.
    pub fn input(&self, neuron: usize) -> Option<i64> {
        self.membranes.get(neuron).copied()
    }
}

/// A sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    pub outcome: SettledOutcome,
    pub layers: Vec<LayerRecord>,
}

impl Observer for Recording {
    fn spikes(&mut self, layer: usize, _step: u32, spikes: &[i8]) {
        if self.layers.len() <= layer {
            self.layers.resize_with(layer + 1, LayerRecord::default);
        }
        self.layers[layer].neurons = spikes.len();
        self.layers[layer].spikes.extend_from_slice(spikes);
    }

    fn membranes(&mut self, layer: usize, _step: u32, membranes: Membranes<'_>) {
        let record = &mut self.layers[layer];
        record.tracers.extend_from_slice(membranes.tracers);
        record.membranes.extend((0..membranes.tracers.len()).map(|n| membranes.membrane(n)));
    }
}

/// Runs the golden model on a sample.
pub(super) fn record(golden: &Settled, raw: &[i32]) -> Recording {
    let mut recording = Recording::default();
    recording.outcome = golden.run(&mut golden.state(), raw, &mut recording);
    recording
}

/// The recordings of the samples inside.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// Index of the first sample.
    first: usize,
    recordings: VecDeque<Recording>,
}

impl Inside {
    pub fn push(&mut self, recording: Recording) {
        self.recordings.push_back(recording);
    }

    /// The recording of a sample; `None` if it was not started yet or is completed.
    pub fn get(&self, sample: usize) -> Option<&Recording> {
        self.recordings.get(sample.checked_sub(self.first)?)
    }

    /// Forgets the samples before this one.
    pub fn forget_before(&mut self, sample: usize) {
        while self.first < sample && self.recordings.pop_front().is_some() {
            self.first += 1;
        }
    }
}
