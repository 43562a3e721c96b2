//! Stages whose beats move through a few registers: all of them stall together while the output is not taken, or,
//! in neurons, no more beats are taken than there is room for behind the registers.

use std::collections::VecDeque;

use super::link::Link;
use super::position::{Flows, Position};
use crate::streaming::design::{Kind, Stage};

/// Cycles from the issue of a neurons' beat until its state is written and it is known whether it fired.
const STATE: usize = 4;

/// State of such a stage.
#[derive(Default)]
pub(super) struct Pipe {
    /// Registers between the issue of a beat and its being offered.
    latency: usize,
    /// Beats inside at most, and cycles until the slot of one that leaves is free for another.
    slots: usize,
    freed: u64,
    at: Position,
    beat: usize,
    /// Beats of this row taken at each port.
    taken: Vec<usize>,
    /// Beats of this row at each port.
    counts: Vec<usize>,
    /// When the last beat was issued, and for how long.
    issued: Option<(u64, u64)>,
    /// When the last beats left, one for each slot, and when the very last.
    left: VecDeque<u64>,
    sent: Option<u64>,
    /// Of neurons: when each row's states were written, and from when on it is known that something fired in the
    /// time-step.
    rows: Vec<Vec<u64>>,
    fired: Option<u64>,
    fired_before: u64,
    /// Nothing of the next sample before.
    ready: u64,
}

impl Pipe {
    /// A stage with so many registers between the issue of a beat and its being offered, each of which holds a beat.
    pub fn of(latency: usize) -> Self {
        Self { latency, slots: latency, ..Self::default() }
    }

    /// An array of neurons: beats wait in a FIFO behind its registers.
    pub fn of_neurons() -> Self {
        Self { latency: STATE + 1, slots: 7, freed: 1, ..Self::default() }
    }

    /// Simulates one beat; `None` if it cannot move yet.
    pub fn play(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let Position { sample, step, row } = self.at;
        let output = stage.outputs.first().copied();
        // A selection goes through all rows that come in.
        let shape = match (&stage.kind, output) {
            (Kind::Select(_), _) | (_, None) => stage.inputs[0],
            (_, Some(output)) => output,
        };
        let flow = flows.of(sample, shape)?;
        let (rows, steps) = (flow.rows, flow.steps());
        let skip = flow.skip(step, row);
        let beats = if skip { 1 } else { links[shape].beats };
        self.taken.resize(stage.inputs.len(), 0);

        let cycles = if skip { 1 } else { links[shape].cycles };
        let mut at = self.issued.map_or(0, |(at, cycles)| at + cycles).max(self.ready);
        // What has to be there: beat by beat, in as many beats as come in.
        self.counts.clear();
        for (port, &input) in stage.inputs.iter().enumerate() {
            let flow = flows.of(sample, input)?;
            let own = if let Kind::Sum(sum) = &stage.kind {
                row.checked_sub(sum.parts[port].0).filter(|&row| row < sum.parts[port].1)
            } else {
                Some(row)
            };
            let count = match own {
                Some(own) if step < flow.steps() && !flow.skip(step, own) => links[input].beats,
                Some(_) if step < flow.steps() => 1,
                _ => 0,
            };
            let needs = (self.beat * count / beats).min(count.saturating_sub(1));
            if count > 0 && needs >= self.taken[port] {
                at = at.max(links[input].head()?);
            }
            self.counts.push(count);
        }
        if matches!(stage.kind, Kind::Neurons(_)) {
            at = at.max(self.neurons(stage, step, flows, rows)?);
        }
        if self.left.len() == self.slots {
            at = at.max(self.left[0] + self.freed);
        }
        let sends = if let Kind::Select(select) = &stage.kind {
            Self::selected(select.first, select.count, row, rows, self.beat + 1 == beats)
        } else {
            output.is_some()
        };
        let mut leaves = at + self.latency as u64;
        if let Some(output) = output.filter(|_| sends) {
            leaves = leaves.max(links[output].space()?).max(self.sent.map_or(0, |sent| sent + 1));
            links[output].send(leaves);
            self.sent = Some(leaves + cycles - 1);
            self.left.push_back(leaves);
            if self.left.len() > self.slots {
                self.left.pop_front();
            }
        }
        for (port, &input) in stage.inputs.iter().enumerate() {
            while self.taken[port] < (self.beat + 1) * self.counts[port] / beats {
                links[input].take(at);
                self.taken[port] += 1;
            }
        }
        self.issued = Some((at, cycles));
        if stage.is_neurons() {
            self.remember(at, flow.at(step, row) as usize, beats);
        }
        self.beat += 1;
        if self.beat == beats {
            self.beat = 0;
            self.taken.fill(0);
            self.at = self.at.next(rows, steps);
            if stage.is_neurons() && self.at.row == 0 {
                self.fired_before = self.fired.take().unwrap_or(0);
                if self.at.step == 0 {
                    // That nothing fired is known with the last beat, and then is a state.
                    self.ready = at + STATE as u64 + 1;
                    self.fired_before = 0;
                }
            }
        }
        Some(leaves)
    }

    /// The rows of a selection, the last beat of which waits for the end of the time-step.
    fn selected(first: usize, count: usize, row: usize, rows: usize, ends: bool) -> bool {
        let last = row + 1 == first + count && ends;
        ((first..first + count).contains(&row) && !last) || (row + 1 == rows && ends)
    }

    /// When neurons can take the next beat up.
    fn neurons(&mut self, stage: &Stage, step: usize, flows: &Flows, rows: usize) -> Option<u64> {
        let Position { sample, row, .. } = self.at;
        self.rows.resize(rows, Vec::new());
        let mut at = 0;
        // A chunk is taken up again after its state is written.
        if let Some(&written) = self.rows[row].get(self.beat) {
            at = written + 1;
        }
        let own = step >= flows.of(sample, stage.inputs[0])?.steps();
        if own && row == 0 && self.beat == 0 {
            at = at.max(self.fired_before);
        }
        Some(at)
    }

    fn remember(&mut self, at: u64, spikes: usize, beats: usize) {
        let row = &mut self.rows[self.at.row];
        if row.len() < beats {
            row.resize(beats, 0);
        }
        row[self.beat] = at + STATE as u64;
        // Spikes are assumed to be spread evenly over the row.
        if spikes > 0 && self.fired.is_none() && self.beat == beats / (spikes + 1) {
            self.fired = Some(at + STATE as u64);
        }
    }
}

/// A fork: each reader takes a beat when it can, the next one is offered when all have.
#[derive(Default)]
pub(super) struct Fork {
    free: u64,
    /// When each reader took the beat that is offered.
    taken: Vec<Option<u64>>,
}

impl Fork {
    /// Simulates one beat; `None` if it cannot move yet.
    pub fn play(&mut self, stage: &Stage, links: &mut [Link]) -> Option<u64> {
        let offered = links[stage.inputs[0]].head()?.max(self.free);
        self.taken.resize(stage.outputs.len(), None);
        let mut moved = false;
        for (taken, &output) in self.taken.iter_mut().zip(&stage.outputs) {
            if let (None, Some(space)) = (&taken, links[output].space()) {
                let at = offered.max(space);
                links[output].send(at);
                *taken = Some(at);
                moved = true;
            }
        }
        let all: Option<Vec<u64>> = self.taken.iter().copied().collect();
        if let Some(all) = all {
            let at = all.into_iter().max().unwrap_or(offered);
            links[stage.inputs[0]].take(at);
            self.free = at + links[stage.inputs[0]].cycles;
            self.taken.fill(None);
            return Some(at);
        }
        moved.then_some(offered)
    }
}
