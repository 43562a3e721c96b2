//! A sample, node by node.

use std::sync::atomic::{AtomicUsize, Ordering};

use multiversion::multiversion;
use num_traits::{AsPrimitive, WrappingAdd};
use rayon::prelude::*;

use crate::error::Result;
use crate::integer::{Sum, Term};

use super::super::batch::in_order;
use super::super::observer::{Observer, Unobserved};
use super::super::schedule::SpikeCode;
use super::super::window::WindowPlan;
use super::fire::{Decision, settle};
use super::plan::{Node, Settled, Step};
use super::product::Operand;
use super::readers::spikes;
use super::softmax::Room;
use super::values::Values;

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
    buffers: Vec<Values>,
    events: Vec<(u32, i32)>,
    /// What the output pixels of a window read.
    gathered: Vec<i32>,
    softmax: Room,
    operand: Operand,
}

impl Settled {
    /// Room for a run.
    pub fn state(&self) -> SettledState {
        let buffers = self.nodes.iter().map(|node| Values::new(node.range, node.len)).collect();
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
        let mut outcome = SettledOutcome::default();
        for (n, node) in self.nodes.iter().enumerate() {
            let mut out = std::mem::take(&mut state.buffers[n]);
            outcome.input_macs += self.input_macs(node, state);
            self.node(node, raw, state, &mut out, &mut outcome);
            if let Some(range) = node.step.range() {
                self.fire(node, range, state, out.narrow(), observer, &mut outcome);
            }
            if let Step::Readout(_) = node.step {
                observer.logits(1, &outcome.totals);
            }
            state.buffers[n] = out;
        }
        outcome.additions = self.readers.additions_of(self.code, &outcome.levels, &outcome.spikes);
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

    /// As [`Self::run_all`], but with an observer for each sample, and handing outcome and observer to `sink` in order
    /// of the samples, on the calling thread, so that only a few samples' worth of them are in memory.
    ///
    /// # Errors
    /// The first error of `sink`; only samples that are already running are completed after it.
    pub fn stream<O: Observer + Send>(
        &self,
        count: usize,
        sample: impl Fn(usize, &mut Vec<i32>) + Sync,
        observer: impl Fn(usize) -> O + Sync,
        sink: impl FnMut(usize, SettledOutcome, O) -> Result<()>,
    ) -> Result<()> {
        let room = || (self.state(), Vec::new());
        let run = |(state, raw): &mut (_, Vec<i32>), index| {
            sample(index, raw);
            let mut observer = observer(index);
            (self.run(state, raw, &mut observer), observer)
        };
        in_order(count, room, run, sink)
    }

    /// Additions of a weight times an element of the input that a node makes.
    fn input_macs(&self, node: &Node, state: &SettledState) -> u64 {
        let Step::Linear(linear) = &node.step else { return 0 };
        match self.nodes[node.inputs[0]].step {
            Step::Input | Step::Arrange(_) => {
                let values = state.buffers[node.inputs[0]].narrow();
                if let Some(window) = linear.window() {
                    let events = values.iter().enumerate().filter(|(_, v)| **v != 0);
                    return events.map(|(e, _)| window.fan_out(e)).sum();
                }
                values.iter().filter(|&&v| v != 0).count() as u64 * linear.outputs as u64
            }
            Step::Select(_)
            | Step::Embedding(_)
            | Step::Linear(_)
            | Step::Product(_)
            | Step::Sum(_)
            | Step::Neuron(_)
            | Step::Lif(_)
            | Step::LayerNorm(_)
            | Step::Softmax(_)
            | Step::MaxPool(_)
            | Step::Readout(_) => 0,
        }
    }

    /// Computes a node's values.
    fn node(
        &self,
        node: &Node,
        raw: &[i32],
        state: &mut SettledState,
        out: &mut Values,
        outcome: &mut SettledOutcome,
    ) {
        let SettledState { buffers, events, gathered, softmax, operand } = state;
        let input = |port: usize| &buffers[node.inputs[port]];
        match &node.step {
            Step::Input => {
                for (out, &q) in out.narrow_mut().iter_mut().zip(raw) {
                    let value = q - self.input.zero_point;
                    assert!(self.input.range.contains(value.into()), "element {q} of a sample");
                    *out = value * self.input.steps as i32;
                }
            }
            Step::Arrange(order) => {
                let x = input(0).narrow();
                out.narrow_mut().iter_mut().zip(order).for_each(|(out, &e)| *out = x[e]);
            }
            Step::Select(first) => match (input(0), out) {
                (Values::I32(x), Values::I32(out)) => out.copy_from_slice(&x[*first..][..node.len]),
                (x, out) => (0..node.len).for_each(|e| out.set(e, x.get(first + e))),
            },
            Step::Embedding(embedding) => {
                for (r, &q) in input(0).narrow().iter().enumerate() {
                    let row = &embedding.table[q as usize * embedding.channels..][..embedding.channels];
                    let first = r * embedding.channels;
                    row.iter().enumerate().for_each(|(c, &x)| out.set(first + c, x));
                }
            }
            Step::Linear(linear) => linear.sums(input(0).narrow(), gathered, events, out),
            Step::MaxPool(window) => max_pool(window, input(0).narrow(), out),
            Step::Product(product) => product.sums(input(0).narrow(), input(1).narrow(), operand, out),
            Step::Sum(sum) => add_up(sum, (0..node.inputs.len()).map(input), out),
            Step::Neuron(plan) => plan.levels(input(0), node.channels, out.narrow_mut()),
            Step::Lif(plan) => plan.levels(input(0), out.narrow_mut(), |_, _| {}),
            Step::LayerNorm(plan) => plan.levels(input(0), out.narrow_mut()),
            Step::Softmax(plan) => {
                let ids = node.inputs.get(1).map(|&i| buffers[i].narrow());
                plan.levels(input(0), ids, softmax, out.narrow_mut());
            }
            Step::Readout(readout) => {
                outcome.totals = input(0).iter().collect();
                let value = |(e, &a): (usize, &i64)| {
                    let c = e % readout.channels;
                    i128::from(readout.multiplier[c]) * i128::from(a) + readout.offset[c]
                };
                outcome.values = outcome.totals.iter().enumerate().map(value).collect();
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
        levels: &[i32],
        observer: &mut O,
        outcome: &mut SettledOutcome,
    ) {
        let layer = outcome.levels.len();
        if O::OBSERVES {
            let sums = &state.buffers[node.inputs[0]];
            let mut membranes = Vec::new();
            if let Step::Lif(plan) = &node.step {
                membranes.resize(levels.len(), 0);
                plan.levels(sums, &mut vec![0; levels.len()], |e, membrane| membranes[e] = membrane);
            }
            // IF and LIF neurons have done their time-steps, in rows: one spike each, by the membrane that decided about it.
            let lif = membranes.iter().zip(levels);
            let lif = lif.map(|(&input, &level)| Decision::Table { input, level: level.into() });
            let decisions = sums.iter().zip(levels).enumerate().map(|(e, (input, &level))| {
                let table = Decision::Table { input, level: level.into() };
                // LayerNorm and softmax decide by a table, too.
                let Step::Neuron(plan) = &node.step else { return table };
                plan.membrane(e % node.channels, input)
                    .map_or(table, |(membrane, theta)| Decision::Affine { membrane, theta })
            });
            let decisions = if membranes.is_empty() { decisions.collect() } else { lif.collect() };
            let fired = settle(layer, self.code, (low, high), decisions, observer);
            assert_eq!(fired, levels, "layer {} settles at its levels", self.layers[layer].name);
        }
        let most = self.code.most_steps(low, high);
        outcome.local_steps.push(match self.code {
            SpikeCode::Unary => (largest(levels) + 1).min(most),
            SpikeCode::Radix => most,
        });
        outcome.spikes.push(spikes(self.code, levels));
        outcome.levels.push(levels.to_vec());
    }
}

/// Largest magnitude of a level.
#[multiversion(targets = "simd")]
fn largest(levels: &[i32]) -> u32 {
    levels.iter().fold(0, |most, s| most.max(s.unsigned_abs()))
}

impl Step {
    /// Lowest and highest level of a layer of neurons.
    fn range(&self) -> Option<(i32, i32)> {
        match self {
            Self::Neuron(plan) => Some((plan.neuron.low, plan.neuron.high)),
            Self::Lif(_) => Some((0, 1)),
            Self::LayerNorm(plan) => Some((plan.norm.low, plan.norm.high)),
            Self::Softmax(plan) => Some((plan.softmax.low, plan.softmax.high)),
            Self::Input
            | Self::Arrange(_)
            | Self::Select(_)
            | Self::Embedding(_)
            | Self::Linear(_)
            | Self::Product(_)
            | Self::Sum(_)
            | Self::MaxPool(_)
            | Self::Readout(_) => None,
        }
    }
}

/// The largest of what each window sees, channel by channel.
fn max_pool(window: &WindowPlan, x: &[i32], out: &mut Values) {
    let (pixels, channels) = (window.window.pixels(), window.window.channels);
    for (pixel, c) in (0..pixels).flat_map(|p| (0..channels).map(move |c| (p, c))) {
        let seen = window.taps(pixel).map(|(_, row)| x[row * channels + c]).max().unwrap_or(0);
        out.set(pixel * channels + c, seen.into());
    }
}

/// `X[r, c] = start[r, c] + Σ_n coefficient_n[c]·A_n[r − first_n, c]`.
fn add_up<'a>(sum: &Sum, inputs: impl Iterator<Item = &'a Values>, out: &mut Values) {
    match out {
        Values::I64(out) => out.copy_from_slice(&sum.start),
        Values::I32(out) => out.iter_mut().zip(&sum.start).for_each(|(out, &x)| *out = x as i32),
    }
    for (term, input) in sum.terms.iter().zip(inputs) {
        let first = term.first * sum.channels;
        let term = (term, sum.channels);
        match (&mut *out, input) {
            (Values::I64(out), Values::I32(a)) => add_term(&mut out[first..], a, term),
            (Values::I64(out), Values::I64(a)) => add_term(&mut out[first..], a, term),
            (Values::I32(out), Values::I32(a)) => add_term(&mut out[first..], a, term),
            (Values::I32(out), Values::I64(a)) => add_term(&mut out[first..], a, term),
        }
    }
}

/// Adds one input. Partial sums may leave the range of 32 bits; they wrap, and the whole sum is right again.
fn add_term<X, A>(x: &mut [X], a: &[A], (term, channels): (&Term, usize))
where
    X: Copy + 'static + WrappingAdd + AsPrimitive<i64>,
    A: AsPrimitive<i64>,
    i64: AsPrimitive<X>,
{
    let add = |(x, a, c): (&mut X, &A, i64)| *x = x.wrapping_add(&c.wrapping_mul(a.as_()).as_());
    if term.turned {
        let columns = a.len() / channels.max(1);
        for (row, a) in a.chunks(columns.max(1)).enumerate() {
            for (column, a) in a.iter().enumerate() {
                add((&mut x[column * channels + row], a, term.of_channel(column)));
            }
        }
        return;
    }
    for (row, (x, a)) in x.chunks_mut(channels).zip(a.chunks(channels)).enumerate() {
        let each = x.iter_mut().zip(a);
        match term.row(row, channels) {
            [one] => each.map(|(x, a)| (x, a, *one)).for_each(add),
            list => each.zip(list).map(|((x, a), c)| (x, a, *c)).for_each(add),
        }
    }
}
