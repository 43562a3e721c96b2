//! Recordings of the golden model for the samples inside, kept until the hardware has completed them.

use std::collections::VecDeque;
use std::ops::Range;

use rayon::prelude::*;

use crate::data::Inputs;
use crate::golden::{Golden, Limits, Membranes, Observer, Outcome};

/// Bytes that recordings made ahead may take together, as far as they can be made one by one.
const BUDGET: usize = 256 << 20;

/// A layer of neurons: step by step, row-major, up to the layer's final step.
#[derive(Clone, Debug, Default)]
pub(super) struct LayerRecord {
    pub spikes: Vec<i8>,
    pub membranes: Vec<i64>,
    pub tracers: Vec<i32>,
    /// Whether the layer and all before it could not fire any more after its final step, as against having been
    /// stopped.
    pub quiet: bool,
    /// Whether it may continue after its final step until it receives the stop signal of the readout.
    pub open: bool,
}

/// A sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    pub outcome: Outcome,
    pub layers: Vec<LayerRecord>,
    /// The readout's accumulated input, step by step.
    pub totals: Vec<i64>,
}

impl Observer for Recording {
    fn spikes(&mut self, layer: usize, _step: u32, spikes: &[i8]) {
        self.layer(layer).spikes.extend_from_slice(spikes);
    }

    fn membranes(&mut self, layer: usize, _step: u32, membranes: Membranes<'_>) {
        let record = self.layer(layer);
        record.tracers.extend_from_slice(membranes.tracers);
        record.membranes.extend((0..membranes.tracers.len()).map(|n| membranes.membrane(n)));
    }

    fn logits(&mut self, _step: u32, totals: &[i64]) {
        self.totals.extend_from_slice(totals);
    }
}

impl Recording {
    fn layer(&mut self, layer: usize) -> &mut LayerRecord {
        if self.layers.len() <= layer {
            self.layers.resize_with(layer + 1, LayerRecord::default);
        }
        &mut self.layers[layer]
    }

    /// Forgets the steps after a layer's final one, in which hardware is silent, and finds out why each layer ended.
    fn finish(&mut self, outcome: Outcome, golden: &Golden) {
        let sources = golden.layer_sources();
        for (n, layer) in golden.layers().iter().enumerate() {
            let (neurons, last) = (layer.rows * layer.channels, outcome.final_step[n]);
            // The latest of the sources, and whether all of them have come to their end.
            let ends = sources[n].iter().map(|source| match *source {
                None => (golden.input().steps, true),
                Some(before) => (outcome.final_step[before], self.layers[before].quiet),
            });
            let (source_end, sources_quiet) =
                ends.fold((0, true), |(end, quiet), (e, q)| (end.max(e), quiet && q));
            let keep = last as usize * neurons;
            let record = self.layer(n);
            record.spikes.truncate(keep);
            record.tracers.truncate(keep);
            record.membranes.truncate(keep);
            let silent = record.spikes[keep - neurons..].iter().all(|&s| s == 0);
            // A layer may be stopped before its source has come to its end.
            record.quiet = sources_quiet && silent && source_end <= last;
            record.open = outcome.confident && !record.quiet;
        }
        self.outcome = outcome;
    }

    /// Number of spikes in some of the rows of a layer that has `all` rows.
    pub fn spikes_in(&self, layer: usize, rows: Range<usize>, all: usize) -> u64 {
        if rows.len() == all {
            return self.outcome.spikes[layer];
        }
        let levels = self.outcome.levels[layer].len();
        let channels = levels / all;
        let part = rows.start * channels..rows.end * channels;
        let steps = self.layers[layer].spikes.chunks(levels);
        steps.map(|step| step[part.clone()].iter().filter(|&&s| s != 0).count() as u64).sum()
    }

    fn bytes(&self) -> usize {
        let neurons: usize = self.layers.iter().map(|l| l.spikes.len()).sum();
        neurons * (size_of::<i8>() + size_of::<i32>() + size_of::<i64>())
            + self.totals.len() * size_of::<i64>()
    }
}

/// Runs the golden model ahead, several samples in parallel.
pub(super) struct Recorder<'a> {
    golden: &'a Golden,
    inputs: &'a Inputs,
    limits: Limits,
    next: usize,
    batch: usize,
    ready: VecDeque<Recording>,
}

impl<'a> Recorder<'a> {
    pub fn new(golden: &'a Golden, inputs: &'a Inputs, limits: Limits) -> Self {
        let batch = rayon::current_num_threads();
        Self { golden, inputs, limits, next: 0, batch, ready: VecDeque::new() }
    }

    /// The recording of the next sample.
    pub fn next(&mut self) -> Option<Recording> {
        if self.ready.is_empty() {
            let samples = self.next..self.inputs.len().min(self.next + self.batch);
            self.next = samples.end;
            let (golden, inputs, limits) = (self.golden, self.inputs, self.limits);
            let run = |(state, raw): &mut (_, Vec<i32>), index| {
                inputs.fill(index, raw);
                let mut recording = Recording::default();
                let outcome = golden.run(state, raw, &limits, &mut recording);
                recording.finish(outcome, golden);
                recording
            };
            let made: Vec<Recording> =
                samples.into_par_iter().map_init(|| (golden.state(), Vec::new()), run).collect();
            let largest = made.iter().map(Recording::bytes).max().unwrap_or(0).max(1);
            self.batch = (BUDGET / largest).clamp(1, 16 * rayon::current_num_threads());
            self.ready.extend(made);
        }
        self.ready.pop_front()
    }
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
