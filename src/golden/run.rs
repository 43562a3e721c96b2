//! The loop over time-steps.

use crate::integer::Readout;

use super::observer::{Membranes, Observer};
use super::plan::{Golden, ReadoutPlan, Source, Stage};
use super::state::{Delta, State, Sums};
use super::synapse::SynapsePlan;

/// When a run stops, and what it records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Stop after this many time-steps if the network is not quiescent before.
    pub t_max: Option<u32>,
    /// Record the class after every time-step.
    pub class_per_step: bool,
}

/// What a run yields. Layers are counted as in [`Golden::layers`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Index of the largest value of the readout, the lowest index of several.
    pub class: usize,
    /// `multiplier·A + offset` of the readout, row-major.
    pub values: Vec<i128>,
    /// Accumulated input `A` of the readout, row-major.
    pub totals: Vec<i64>,
    /// Tracers `S` of every neuron layer, row-major.
    pub levels: Vec<Vec<i32>>,
    /// Number of time-steps up to and including the first quiescent one, or the limit.
    pub time_steps: u32,
    /// Whether the last time-step was quiescent: the input is over and no neuron fired, so that nothing can change.
    pub quiescent: bool,
    /// Number of spikes of every neuron layer.
    pub spikes: Vec<u64>,
    /// Additions of a weight caused by a spike.
    pub sops: u64,
    /// Additions of a weight times an element of the input, elements that are 0 left out.
    pub input_macs: u64,
    /// For every neuron layer, the first time-step, not before the final step of its source, in which it did not fire;
    /// from it on nothing changes up to this layer. The input's final step is the last in which it is applied.
    pub final_step: Vec<u32>,
    /// The class after every time-step; empty unless asked for.
    pub class_per_step: Vec<usize>,
}

impl Golden {
    /// Runs one raw sample (row-major, in the shape of the input) until nothing changes any more.
    ///
    /// # Panics
    /// When the sample has the wrong number of elements or one outside the input's range, when `state` belongs to
    /// another model, or when a [`Golden::checked`] model leaves a proven range.
    pub fn run<O: Observer>(
        &self,
        state: &mut State,
        raw: &[i32],
        limits: &Limits,
        observer: &mut O,
    ) -> Outcome {
        if self.checked {
            self.run_with::<O, true>(state, raw, limits, observer)
        } else {
            self.run_with::<O, false>(state, raw, limits, observer)
        }
    }

    fn run_with<O: Observer, const CHECK: bool>(
        &self,
        state: &mut State,
        raw: &[i32],
        limits: &Limits,
        observer: &mut O,
    ) -> Outcome {
        state.reset(self);
        self.load(state, raw);
        let mut outcome = Outcome::default();
        let limit = limits.t_max.unwrap_or(u32::MAX);
        while outcome.time_steps < limit && !outcome.quiescent {
            outcome.time_steps += 1;
            let t = outcome.time_steps;
            let (fired, changed) = self.step::<O, CHECK>(state, t, observer);
            outcome.quiescent = !fired && t >= self.input.steps;
            if limits.class_per_step {
                let class = match outcome.class_per_step.last() {
                    Some(&class) if !changed => class,
                    _ => self.readout().map_or(0, |plan| argmax(&plan.readout, &state.totals)),
                };
                outcome.class_per_step.push(class);
            }
        }
        if let Some(plan) = self.readout() {
            outcome.class = argmax(&plan.readout, &state.totals);
            outcome.values = values(&plan.readout, &state.totals).collect();
        }
        outcome.totals.clone_from(&state.totals);
        (outcome.sops, outcome.input_macs) = (state.sops, state.input_macs);
        for neurons in &state.neurons {
            outcome.levels.push(neurons.tracers.clone());
            outcome.spikes.push(neurons.count);
            outcome.final_step.push(neurons.final_step.unwrap_or(outcome.time_steps));
        }
        outcome
    }

    fn readout(&self) -> Option<&ReadoutPlan> {
        self.stages.iter().find_map(|stage| if let Stage::Readout(plan) = stage { Some(plan) } else { None })
    }

    fn load(&self, state: &mut State, raw: &[i32]) {
        assert_eq!(raw.len(), self.input.shape.len(), "elements of a sample");
        state.input.clear();
        for (index, &q) in (0u32..).zip(raw) {
            let value = q - self.input.zero_point;
            assert!(self.input.range.contains(value.into()), "element {q} of a sample");
            if value != 0 {
                state.input.push((index, value));
            }
        }
    }

    /// One pass in topological order; whether a neuron fired, and whether the readout changed.
    fn step<O: Observer, const CHECK: bool>(
        &self,
        state: &mut State,
        t: u32,
        observer: &mut O,
    ) -> (bool, bool) {
        let (mut synapses, mut layer) = (0, 0);
        let (mut fired, mut changed) = (false, false);
        for stage in &self.stages {
            match stage {
                Stage::Synapse(plan) => {
                    self.synapse::<CHECK>(plan, state, synapses, t);
                    synapses += 1;
                }
                Stage::Neuron(plan) => {
                    let source_final = match plan.source {
                        Source::Input => Some(self.input.steps),
                        Source::Layer(source) => state.neurons[source].final_step,
                    };
                    let neurons = &mut state.neurons[layer];
                    plan.step(&state.deltas[plan.synapse], neurons);
                    if CHECK {
                        plan.verify(self.synapse_plan(plan.synapse), &state.deltas[plan.synapse], neurons);
                    }
                    fired |= neurons.any;
                    if neurons.final_step.is_none() && !neurons.any && source_final.is_some_and(|f| f <= t) {
                        neurons.final_step = Some(t);
                    }
                    observer.spikes(layer, t, &neurons.spikes);
                    let membranes = Membranes { sums: &neurons.sums, tracers: &neurons.tracers };
                    observer.membranes(layer, t, membranes);
                    layer += 1;
                }
                Stage::Readout(plan) => {
                    let delta = &state.deltas[plan.synapse];
                    if delta.any {
                        accumulate(plan, delta, &mut state.totals);
                        changed = true;
                    }
                    if CHECK {
                        let total = plan.readout.total;
                        state
                            .totals
                            .iter()
                            .for_each(|a| assert!(total.contains(*a), "A = {a} outside {total}"));
                    }
                    observer.logits(t, &state.totals);
                }
            }
        }
        (fired, changed)
    }

    /// The change of `A` in a synaptic layer in this time-step.
    fn synapse<const CHECK: bool>(&self, plan: &SynapsePlan, state: &mut State, index: usize, t: u32) {
        let delta = &mut state.deltas[index];
        let fan_out = if plan.weights.passes() { 0 } else { plan.outputs as u64 };
        match plan.source {
            Source::Layer(source) => {
                let events = &state.neurons[source].events;
                state.sops += events.len() as u64 * fan_out;
                plan.spikes::<CHECK>(events, delta);
            }
            Source::Input if t <= self.input.steps => {
                state.input_macs += state.input.len() as u64 * fan_out;
                // The same in every time-step: what the first one computed stays.
                if t == 1 {
                    let narrow = self.input.range.signed_width() <= 16;
                    plan.values::<CHECK>(&state.input, narrow, delta);
                }
            }
            Source::Input if delta.any => {
                delta.sums.clear();
                delta.touched.fill(false);
                delta.any = false;
            }
            Source::Input => {}
        }
        if CHECK {
            plan.verify(delta);
        }
    }

    fn synapse_plan(&self, index: usize) -> &SynapsePlan {
        let mut plans =
            self.stages.iter().filter_map(|s| if let Stage::Synapse(plan) = s { Some(plan) } else { None });
        match plans.nth(index) {
            Some(plan) => plan,
            None => unreachable!("stages refer to synaptic layers of the same model"),
        }
    }
}

/// Adds the change of a time-step to the readout's totals.
fn accumulate(plan: &ReadoutPlan, delta: &Delta, totals: &mut [i64]) {
    fn add<D: Copy + Into<i64>>(plan: &ReadoutPlan, delta: &[D], touched: &[bool], totals: &mut [i64]) {
        let rows = totals.chunks_mut(plan.channels).zip(delta.chunks(plan.stride));
        for ((totals, delta), _) in rows.zip(touched).filter(|(_, touched)| **touched) {
            totals.iter_mut().zip(delta).for_each(|(a, &d)| *a += d.into());
        }
    }
    match &delta.sums {
        Sums::I16(d) => add(plan, d, &delta.touched, totals),
        Sums::I32(d) => add(plan, d, &delta.touched, totals),
        Sums::I64(d) => add(plan, d, &delta.touched, totals),
    }
}

/// `multiplier·A + offset`.
fn values<'a>(readout: &'a Readout, totals: &'a [i64]) -> impl Iterator<Item = i128> + 'a {
    let constants = readout.multiplier.iter().zip(&readout.offset).cycle();
    totals.iter().zip(constants).map(|(&a, (&m, &offset))| i128::from(m) * i128::from(a) + offset)
}

/// Index of the largest value, the lowest index of several.
fn argmax(readout: &Readout, totals: &[i64]) -> usize {
    let mut best: Option<(usize, i128)> = None;
    for (index, value) in values(readout, totals).enumerate() {
        if best.is_none_or(|(_, b)| value > b) {
            best = Some((index, value));
        }
    }
    best.map_or(0, |(index, _)| index)
}
