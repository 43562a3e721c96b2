//! A sample, node by node.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::integer::Sum;

use super::super::observer::{Observer, Unobserved};
use super::super::schedule::SpikeCode;
use super::fire::{Decision, settle};
use super::plan::{Node, Settled, Step};

/// What a run yields. Layers are counted as in [`Settled::layers`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettledOutcome {
    /// Index of the largest value of the readout, the lowest index of several.
    pub class: usize,
    /// `multiplier·A + offset` of the readout, row-major.
    pub values: Vec<i128>,
    /// Accumulated input `A` of the readout, row-major.
    pub totals: Vec<i64>,
    /// Tracers `S` of every neuron layer, row-major.
    pub levels: Vec<Vec<i32>>,
    /// Spikes of every neuron layer.
    pub spikes: Vec<u64>,
    /// Additions of a weight, of another layer's level, or to a residual sum, that the spikes of a layer caused.
    pub additions: Vec<u64>,
    /// Local time-steps of every neuron layer: in unary code up to and including the first without a spike, at most as
    /// many as the largest magnitude of a level; in radix code the bits of that magnitude.
    pub local_steps: Vec<u32>,
    /// Additions of a weight times an element of the input, elements that are 0 left out.
    pub input_macs: u64,
}

/// Room for a run; reuse it from sample to sample.
#[derive(Clone, Debug, Default)]
pub struct SettledState {
    /// What each node has computed: raw elements, sums or levels.
    buffers: Vec<Vec<i64>>,
    events: Vec<(u32, i32)>,
    scratch: Vec<i64>,
}

impl Settled {
    /// Room for a run.
    pub fn state(&self) -> SettledState {
        let buffers = self.nodes.iter().map(|node| vec![0; node.len]).collect();
        SettledState { buffers, ..SettledState::default() }
    }

    /// Runs one raw sample (row-major, in the shape of the input), layer after layer.
    ///
    /// # Panics
    /// When the sample has the wrong number of elements, an element outside the input's range, or `state` belongs to
    /// another model.
    pub fn run<O: Observer>(
        &self,
        state: &mut SettledState,
        raw: &[i32],
        observer: &mut O,
    ) -> SettledOutcome {
        assert_eq!(raw.len(), self.input.shape.len(), "elements of a sample");
        let layers = self.layers.len();
        let mut outcome = SettledOutcome { additions: vec![0; layers], ..SettledOutcome::default() };
        for (n, node) in self.nodes.iter().enumerate() {
            let mut out = std::mem::take(&mut state.buffers[n]);
            self.node(node, raw, state, &mut out, &mut outcome);
            if let Some((low, high)) = node.step.range() {
                self.fire(node, (low, high), state, &out, observer, &mut outcome);
            }
            if let Step::Readout(_) = node.step {
                observer.logits(1, &out);
            }
            state.buffers[n] = out;
        }
        outcome
    }

    /// Samples `0…count − 1`, each put into the given buffer by `sample`, in parallel; outcomes in order. `progress` is
    /// called after each sample with the number of samples done, from any thread.
    pub fn run_all(
        &self,
        count: usize,
        sample: impl Fn(usize, &mut Vec<i32>) + Sync,
        progress: impl Fn(usize) + Sync,
    ) -> Vec<SettledOutcome> {
        let done = AtomicUsize::new(0);
        let run = |(state, raw): &mut (_, Vec<i32>), index| {
            sample(index, raw);
            let outcome = self.run(state, raw, &mut Unobserved);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            outcome
        };
        (0..count).into_par_iter().map_init(|| (self.state(), Vec::new()), run).collect()
    }

    /// Computes a node's values and counts the additions.
    fn node(
        &self,
        node: &Node,
        raw: &[i32],
        state: &mut SettledState,
        out: &mut [i64],
        outcome: &mut SettledOutcome,
    ) {
        let SettledState { buffers, events, scratch } = state;
        let input = |port: usize| &buffers[node.inputs[port]][..];
        let mut count = |port: usize, fan_out: u64| {
            let (source, values) = (&self.nodes[node.inputs[port]], input(port));
            if let Some(layer) = source.layer {
                let spikes: u64 = values.iter().map(|&s| u64::from(self.code.spikes(s as i32))).sum();
                outcome.additions[layer] += spikes * fan_out;
            } else if let (Step::Input | Step::Arrange(_), Step::Linear(_)) = (&source.step, &node.step) {
                outcome.input_macs += values.iter().filter(|&&v| v != 0).count() as u64 * fan_out;
            }
        };
        match &node.step {
            Step::Input => {
                for (out, &q) in out.iter_mut().zip(raw) {
                    let value = i64::from(q) - i64::from(self.input.zero_point);
                    assert!(self.input.range.contains(value), "element {q} of a sample");
                    *out = value * i64::from(self.input.steps);
                }
            }
            Step::Arrange(order) => {
                let x = input(0);
                out.iter_mut().zip(order).for_each(|(out, &e)| *out = x[e]);
            }
            Step::Select(first) => out.copy_from_slice(&input(0)[*first..][..node.len]),
            Step::Embedding(embedding) => {
                for (row, &q) in out.chunks_mut(embedding.channels).zip(input(0)) {
                    let first = q as usize * embedding.channels;
                    row.copy_from_slice(&embedding.table[first..][..embedding.channels]);
                }
            }
            Step::Linear(linear) => {
                count(0, linear.outputs as u64);
                linear.sums(input(0), events, out);
            }
            Step::Product(product) => {
                count(0, product.fan_out());
                product.sums(input(0), input(1), scratch, out);
            }
            Step::Sum(sum) => {
                (0..node.inputs.len()).for_each(|port| count(port, 1));
                add_up(sum, (0..node.inputs.len()).map(input), out);
            }
            Step::Neuron(plan) => plan.levels(input(0), node.channels, out),
            Step::LayerNorm(plan) => plan.levels(input(0), out),
            Step::Softmax(plan) => {
                let ids = node.inputs.get(1).map(|&i| &buffers[i][..]);
                plan.levels(&buffers[node.inputs[0]], ids, scratch, out);
            }
            Step::Readout(readout) => {
                out.copy_from_slice(input(0));
                let value = |(e, &a): (usize, &i64)| {
                    let c = e % readout.channels;
                    i128::from(readout.multiplier[c]) * i128::from(a) + readout.offset[c]
                };
                outcome.totals = out.to_vec();
                outcome.values = out.iter().enumerate().map(value).collect();
                let values = &outcome.values;
                outcome.class = (0..values.len()).rev().max_by_key(|&i| values[i]).unwrap_or(0);
            }
        }
    }

    /// Notes the levels of a layer, its spikes and local time-steps; with an observer, carries them out.
    fn fire<O: Observer>(
        &self,
        node: &Node,
        (low, high): (i32, i32),
        state: &SettledState,
        levels: &[i64],
        observer: &mut O,
        outcome: &mut SettledOutcome,
    ) {
        let layer = outcome.levels.len();
        let levels: Vec<i32> = levels.iter().map(|&s| s as i32).collect();
        if O::OBSERVES {
            let sums = &state.buffers[node.inputs[0]];
            let decisions = sums.iter().zip(&levels).enumerate().map(|(e, (&input, &level))| {
                let table = Decision::Table { input, level: level.into() };
                match &node.step {
                    Step::Neuron(plan) => plan
                        .membrane(e % node.channels, input)
                        .map_or(table, |(membrane, theta)| Decision::Affine { membrane, theta }),
                    _ => table,
                }
            });
            let fired = settle(layer, self.code, (low, high), decisions.collect(), observer);
            assert_eq!(fired, levels, "layer {} settles at its levels", self.layers[layer].name);
        }
        let limit = self.code.most_steps(low, high);
        outcome.local_steps.push(match self.code {
            SpikeCode::Unary => levels.iter().map(|s| s.unsigned_abs() + 1).max().unwrap_or(0).min(limit),
            SpikeCode::Radix => limit,
        });
        outcome.spikes.push(levels.iter().map(|&s| u64::from(self.code.spikes(s))).sum());
        outcome.levels.push(levels);
    }
}

impl Step {
    /// Lowest and highest level of a layer of neurons.
    fn range(&self) -> Option<(i32, i32)> {
        match self {
            Self::Neuron(plan) => Some((plan.neuron.low, plan.neuron.high)),
            Self::LayerNorm(plan) => Some((plan.norm.low, plan.norm.high)),
            Self::Softmax(plan) => Some((plan.softmax.low, plan.softmax.high)),
            Self::Input
            | Self::Arrange(_)
            | Self::Select(_)
            | Self::Embedding(_)
            | Self::Linear(_)
            | Self::Product(_)
            | Self::Sum(_)
            | Self::Readout(_) => None,
        }
    }
}

/// `X[r, c] = start[r, c] + Σ_n coefficient_n[c]·A_n[r − first_n, c]`.
fn add_up<'a>(sum: &Sum, inputs: impl Iterator<Item = &'a [i64]>, out: &mut [i64]) {
    out.copy_from_slice(&sum.start);
    for (term, input) in sum.terms.iter().zip(inputs) {
        let rows = out[term.first * sum.channels..].chunks_mut(sum.channels);
        for (x, a) in rows.zip(input.chunks(sum.channels)) {
            match &term.coefficient[..] {
                [one] => x.iter_mut().zip(a).for_each(|(x, a)| *x += one * a),
                each => x.iter_mut().zip(a).zip(each).for_each(|((x, a), c)| *x += c * a),
            }
        }
    }
}
