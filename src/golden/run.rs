//! The loop over time-steps.

use crate::integer::Range;

use super::confidence::{Confidence, Held};
use super::logits::{argmax, values};
use super::observer::{Membranes, Observer};
use super::plan::{Golden, ReadoutPlan, Stage};
use super::row::Context;
use super::source::Source;
use super::state::State;
use super::sums::{Delta, Sums};
use super::synapse::SynapsePlan;

/// Stop conditions and recordings of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Stop after this many time-steps if the network is not quiescent before.
    pub t_max: Option<u32>,
    /// Stop as soon as this rule is satisfied.
    pub confidence: Option<Confidence>,
    /// Record the class after every time-step.
    pub class_per_step: bool,
}

/// Result of a run. Layers are counted as in [`Golden::layers`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Index of the largest value of the readout, the lowest index if several are equal.
    pub class: usize,
    /// `multiplier·A + offset` of the readout, row-major.
    pub values: Vec<i128>,
    /// Accumulated input `A` of the readout, row-major.
    pub totals: Vec<i64>,
    /// Tracers `S` of every neuron layer, row-major.
    pub levels: Vec<Vec<i32>>,
    /// Number of time-steps up to and including the first quiescent one, or the limit.
    pub time_steps: u32,
    /// Whether the last time-step was quiescent: the input has ended and no neuron fired, so nothing can change any
    /// more.
    pub quiescent: bool,
    /// Whether the confidence rule stopped it, with neither quiescence nor the limit in the same time-step.
    pub confident: bool,
    /// Number of spikes of every neuron layer.
    pub spikes: Vec<u64>,
    /// Additions of a weight caused by a spike.
    pub sops: u64,
    /// The same by the neuron layer whose spikes caused them.
    pub additions: Vec<u64>,
    /// Additions of a weight times an element of the input, except elements that are 0.
    pub input_macs: u64,
    /// For every neuron layer, the first time-step, not before the final step of its source, in which it did not fire;
    /// from it on nothing changes up to this layer. The input's final step is the last in which it is applied.
    pub final_step: Vec<u32>,
    /// The class after every time-step; empty unless requested.
    pub class_per_step: Vec<usize>,
}

impl Golden {
    /// Runs one raw sample (row-major, in the shape of the input) until quiescence.
    ///
    /// # Panics
    /// If the sample has the wrong number of elements or one outside the input's range, if `state` belongs to
    /// another model, or if a [`Golden::checked`] model leaves a proven range.
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
        let mut held = Held::default();
        while outcome.time_steps < limit && !outcome.quiescent && !outcome.confident {
            outcome.time_steps += 1;
            let t = outcome.time_steps;
            let (fired, changed) = self.step::<O, CHECK>(state, t, observer);
            outcome.quiescent = !fired && t >= self.input.steps;
            if let (Some(rule), Some(plan), false) = (&limits.confidence, self.readout(), outcome.quiescent) {
                outcome.confident = held.step(rule, &plan.readout, &state.totals) && t < limit;
            }
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
        outcome.additions.clone_from(&state.additions);
        (outcome.sops, outcome.input_macs) = (state.additions.iter().sum(), state.input_macs);
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
        let shifted = |q: i32| {
            let value = q - self.input.zero_point;
            assert!(self.input.range.contains(value.into()), "element {q} of a sample");
            value
        };
        let lists = state.inputs.iter_mut().zip(&mut state.values);
        for (order, (list, values)) in self.arrangements.iter().zip(lists) {
            list.clear();
            values.clear();
            match &order[..] {
                [] => values.extend(raw.iter().map(|&q| shifted(q))),
                order => values.extend(order.iter().map(|&e| shifted(raw[e]))),
            }
            list.extend((0u32..).zip(values.iter().copied()).filter(|&(_, value)| value != 0));
        }
    }

    /// One pass in topological order; returns whether a neuron fired, and whether the readout changed.
    fn step<O: Observer, const CHECK: bool>(
        &self,
        state: &mut State,
        t: u32,
        observer: &mut O,
    ) -> (bool, bool) {
        let mut layer = 0;
        let (mut fired, mut changed) = (false, false);
        for stage in &self.stages {
            match stage {
                Stage::Synapse(plan) => self.synapse::<CHECK>(plan, state, t),
                Stage::Embedding(plan) => {
                    plan.step(&state.values[plan.arrangement], t, &mut state.deltas[plan.output]);
                }
                Stage::Sum(plan) => {
                    for source in &plan.passed {
                        if let Source::Layer { layer, first, end } = *source {
                            state.additions[layer] += state.neurons[layer].fired_in(first, end);
                        }
                    }
                    plan.step(&mut state.deltas, t);
                }
                Stage::Product(plan) => {
                    let delta = &mut state.deltas[plan.output];
                    let product = &mut state.products[plan.state];
                    let (left, right) = plan.step(&state.neurons, delta, product, CHECK);
                    state.additions[plan.left] += left;
                    state.additions[plan.right] += right;
                }
                Stage::Pool(plan) => {
                    let (pool, delta) = (&mut state.pools[plan.state], &mut state.deltas[plan.output]);
                    plan.step((&state.values, &state.neurons), (t, self.input.steps), pool, delta);
                    if CHECK {
                        plan.verify(pool);
                    }
                }
                Stage::Neuron(plan) => {
                    let end = |source: &Source| match *source {
                        Source::Input(_) => Some(self.input.steps),
                        Source::Layer { layer, .. } => state.neurons[layer].final_step,
                    };
                    // Nothing is known before every source is final.
                    let source_final =
                        plan.sources.iter().try_fold(0, |last: u32, source| Some(last.max(end(source)?)));
                    let neurons = &mut state.neurons[layer];
                    let mut context = Context { values: &state.values, scratch: &mut state.scratch, row: 0 };
                    plan.step(&state.deltas[plan.input], neurons, &mut context);
                    if CHECK {
                        plan.verify(self.total_of(plan.input), &state.deltas[plan.input], neurons);
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
                    let delta = &state.deltas[plan.input];
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
    fn synapse<const CHECK: bool>(&self, plan: &SynapsePlan, state: &mut State, t: u32) {
        let delta = &mut state.deltas[plan.output];
        let fan_out = if plan.weights.passes() { 0 } else { plan.outputs as u64 };
        match plan.source {
            Source::Layer { layer, first, end } => {
                let neurons = &state.neurons[layer];
                let fired = neurons.fired_in(first, end);
                state.additions[layer] += match &plan.window {
                    Some(window) => window.additions(&neurons.spikes[first as usize..end as usize]),
                    None => fired * fan_out,
                };
                if fired > 0 || delta.any {
                    plan.spikes::<CHECK>(neurons, first as usize, delta, &mut state.gathered);
                    delta.any = fired > 0;
                }
            }
            Source::Input(arrangement) if t <= self.input.steps => {
                let values = &state.inputs[arrangement];
                state.input_macs += match &plan.window {
                    Some(window) => values.iter().map(|&(e, _)| window.fan_out(e as usize)).sum(),
                    None => values.len() as u64 * fan_out,
                };
                // It is the same in every time-step, so the result of the first one is kept.
                if t == 1 {
                    let narrow = self.input.range.signed_width() <= 16;
                    match &plan.window {
                        Some(window) => {
                            let gathered = &mut state.gathered.values;
                            window.list(&state.values[arrangement], gathered);
                            plan.values::<CHECK>(gathered, &state.values[arrangement], narrow, delta);
                        }
                        None => plan.values::<CHECK>(values, &[], narrow, delta),
                    }
                }
            }
            Source::Input(_) if delta.any => {
                delta.sums.clear();
                delta.touched.fill(false);
                delta.any = false;
            }
            Source::Input(_) => {}
        }
        if CHECK {
            plan.verify(delta);
        }
    }

    /// Proven range of the sums of a synaptic layer.
    fn total_of(&self, input: usize) -> Option<Range> {
        self.stages.iter().find_map(|stage| {
            let Stage::Synapse(plan) = stage else { return None };
            (plan.output == input).then_some(plan.ranges.total)
        })
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
