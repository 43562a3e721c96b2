//! The front of an engine: chunks become single events, which wait in a small FIFO (`rtl/spike_encoder.sv`).

use std::collections::VecDeque;

use super::link::Link;
use super::position::{Flows, Position};

/// An entry of the FIFO: an event, or the end of a row without one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// From when on the engine can take it.
    pub there: u64,
    pub event: bool,
    /// It is the row's last.
    pub row_end: bool,
}

/// Entries that the FIFO holds.
const DEPTH: usize = 8;

/// One spike encoder with its FIFO.
#[derive(Default)]
pub(super) struct Events {
    at: Position,
    beat: usize,
    /// Events of the chunk that is being encoded that are still to come; it has been taken at, and ends its row.
    pending: u32,
    chunk: Option<(u64, bool)>,
    /// From when on the next event can be picked, and a chunk be taken.
    pick: u64,
    free: u64,
    entries: VecDeque<Entry>,
    /// When the last entries were taken.
    taken: VecDeque<u64>,
    pushed: usize,
    popped: usize,
    /// Whether there is a register between FIFO and engine.
    registered: bool,
    /// Banks of the input; an entry has an event of each that still has one.
    banks: usize,
}

impl Events {
    /// With or without a register behind the FIFO, from this number of banks.
    pub fn new(registered: bool, banks: usize) -> Self {
        Self { registered, banks, ..Self::default() }
    }

    /// The entry that the engine takes next; `None` if unknown.
    pub fn head(&self) -> Option<Entry> {
        self.entries.front().copied()
    }

    /// The engine takes an entry.
    pub fn take(&mut self, at: u64) {
        self.entries.pop_front();
        self.taken.push_back(at);
        self.popped += 1;
        if self.taken.len() > self.depth() {
            self.taken.pop_front();
        }
    }

    /// From when on an entry can be pushed.
    fn space(&self) -> Option<u64> {
        // A register behind the FIFO is one more slot.
        let Some(before) = self.pushed.checked_sub(self.depth()) else { return Some(0) };
        let back = self.popped.checked_sub(before).filter(|&back| back > 0)?;
        self.taken.get(self.taken.len().checked_sub(back)?).map(|at| at + 1)
    }

    fn depth(&self) -> usize {
        DEPTH + usize::from(self.registered)
    }

    /// Takes a chunk or pushes an entry; `None` if neither can move yet.
    pub fn play(&mut self, input: usize, links: &mut [Link], flows: &Flows) -> Option<u64> {
        if let Some((taken, row_end)) = self.chunk {
            let pick = self.pick.max(taken + 1);
            let push = (pick + 1).max(self.space()?);
            let event = self.pending > 0;
            self.pending = self.pending.saturating_sub(1);
            let last = self.pending == 0;
            self.entries.push_back(Entry {
                there: push + 1 + u64::from(self.registered),
                event,
                row_end: row_end && last,
            });
            self.pushed += 1;
            // The encoded event waits in a register.
            self.pick = push;
            if last {
                self.chunk = None;
                self.free = self.free.max(push - 1);
            }
            return Some(push);
        }
        let flow = flows.of(self.at.sample, input)?;
        let Position { step, row, .. } = self.at;
        let (skip, events) = (flow.skip(step, row), u64::from(flow.busiest(step, row, self.banks)));
        let (beats, cycles) = if skip { (1, 1) } else { (links[input].beats, links[input].cycles) };
        let at = links[input].head()?.max(self.free);
        links[input].take(at);
        self.free = at + cycles;
        // Events are assumed to be spread evenly over the row.
        let upto = |beat: usize| beat as u64 * events / beats as u64;
        let own = upto(self.beat + 1) - upto(self.beat);
        self.beat += 1;
        let row_end = self.beat == beats;
        if row_end {
            self.beat = 0;
            self.at = self.at.next(flow.rows, flow.steps());
        }
        if own > 0 || row_end {
            self.pending = u32::try_from(own).unwrap_or(u32::MAX);
            self.chunk = Some((at, row_end));
        }
        Some(at)
    }
}
