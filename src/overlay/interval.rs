//! Cycles of an overlay with the spikes of samples, in the mean over these.

use super::cycles::{self, Account, Busy};
use super::design::Design;
use super::entry::{Unit, units};
use super::isa::{Fetch, Fire, Vector};
use super::machine::Machine;
use crate::hardware::{Activity, Adders, Cycles, Waits};

/// What the samples show, in the mean.
#[derive(Clone, Debug)]
pub(crate) struct Interval {
    /// Cycles, and those of each unit.
    pub cycles: Cycles,
    /// What the adders do.
    pub adders: Adders,
    /// Cycles of each matrix product in which its words are taken apart or its groups fire, whichever are more; of each
    /// vector instruction those in which it reads channels.
    pub instructions: [Vec<f64>; 2],
    /// Instructions of the first sample.
    pub first: cycles::Estimate,
}

/// Of a design. Without samples, nothing spikes. Weights from memory come a beat in `beat_cycles` cycles at most.
pub(crate) fn interval(design: &Design, activity: &Activity, beat_cycles: f64) -> Interval {
    let plan = &design.plan;
    let names: Vec<&str> = activity.layers.iter().map(String::as_str).collect();
    let silent = vec![plan.machine.input.zero_point; plan.machine.input.count];
    let mut estimates: Vec<cycles::Estimate> = activity
        .samples
        .iter()
        .map(|sample| cycles::estimate(plan, &sample.raw, &plan.levels(&names, &sample.levels), beat_cycles))
        .collect();
    if estimates.is_empty() {
        estimates.push(cycles::estimate(plan, &silent, &plan.levels(&[], &[]), beat_cycles));
    }
    let count = estimates.len();
    let mean =
        |of: &dyn Fn(&cycles::Estimate) -> u64| estimates.iter().map(of).sum::<u64>() as f64 / count as f64;
    let list = |of: &dyn Fn(&cycles::Estimate) -> &[Busy], instructions: usize| {
        let instruction = |n: usize| mean(&|estimate| of(estimate).get(n).map_or(0, |b| b.fetch.max(b.fire)));
        (0..instructions).map(instruction).collect::<Vec<_>>()
    };
    let engine = list(&|estimate| &estimate.engine, plan.fetch.len());
    let vector = list(&|estimate| &estimate.vector, plan.vector.len());
    let mut account = Account::default();
    estimates.iter().for_each(|estimate| account.add(&estimate.account));
    let busy = units(design).into_iter().map(|unit| match unit {
        Unit::Engine => mean(&|estimate| estimate.account.adding + estimate.account.silent),
        Unit::Vector => vector.iter().sum(),
        Unit::Softmax => {
            engine.iter().zip(&plan.fire).filter(|(_, fire)| fire.serial == 2).map(|(c, _)| c).sum()
        }
        Unit::Readout => design.output.frame_words() as f64,
    });
    Interval {
        cycles: Cycles { per_sample: mean(&|estimate| estimate.total), busy: busy.collect() },
        adders: account.mean(count).into(),
        instructions: [engine, vector],
        first: estimates.swap_remove(0),
    }
}

/// A sample takes no longer than with a spike of every neuron in every local time-step. Nothing passes the interfaces in
/// that time.
pub(crate) fn waits(design: &Design) -> Waits {
    let plan = &design.plan;
    let engine = plan.fetch.iter().zip(&plan.fire).map(|(fetch, fire)| engine(&plan.machine, fetch, fire));
    let vector = plan.vector.iter().map(|v| 4 * vector(v));
    let all = engine.chain(vector).fold(0, u128::saturating_add);
    let input = (design.input.count * plan.machine.input.steps.max(1)) as u128;
    Waits { cycles: u64::try_from(all.saturating_add(input)).unwrap_or(u64::MAX), readers: Vec::new() }
}

/// Cycles between two chunks, and between two rows of the vector unit, that no work is done in.
const CHUNK: u128 = 6;
const ROW: u128 = 40;

/// Most cycles of an engine instruction: fetch, then fire.
fn engine(machine: &Machine, fetch: &Fetch, fire: &Fire) -> u128 {
    let neurons = fetch.slice_groups * machine.group() as u128;
    let words = neurons.div_ceil(machine.fetch_width.max(1) as u128) + 1;
    let events = neurons.div_ceil(machine.spikes.max(1) as u128);
    let chunks = fetch.rows * fetch.outer * fetch.inner;
    let parts = fetch.steps * fetch.segments;
    let groups = fire.full.div_ceil(machine.fire_lanes.max(1) as u128);
    // A search in a table goes on while the group before fires.
    let search = if fire.table == 1 { fire.probes } else { 0 };
    let firing = if fire.neurons == 1 { groups * (fire.steps.max(search) + 2) } else { groups };
    let serial = if fire.walks() { fire.full } else { 0 };
    chunks * (parts * words.max(events) + firing.max(serial) + 2 * CHUNK)
}

/// Cycles of a vector instruction. LayerNorm reads a row twice and takes a root.
fn vector(vector: &Vector) -> u128 {
    let channels = if vector.op == 3 { vector.channels * (8 + vector.steps) / 4 } else { vector.channels };
    vector.rows * (channels + ROW)
}
