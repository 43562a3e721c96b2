//! The matrix product: events, one after the other over the chunks of the output; a row accumulates in one of two banks
//! while the row before it leaves from the other (`rtl/matmul_engine.sv`).

use std::collections::VecDeque;

use super::events::Events;
use super::link::Link;
use super::position::{Flows, Position};
use crate::streaming::design::Stage;

/// Cycles from an event's being taken to its first accumulation, from a single bank.
const DEEP: u64 = 4;

/// An engine.
pub(super) struct Engine {
    events: Events,
    /// Cycles of an event.
    chunks: u64,
    /// Cycles from an entry's being taken to its first accumulation: a level of the adder tree each time the banks
    /// double.
    deep: u64,
    /// When the engine can take the next entry; whether that is the first of its row.
    free: u64,
    begun: bool,
    /// Rows that are accumulated, and when; and, from the end of a row on, when a bank was empty again.
    full: VecDeque<u64>,
    emptied: VecDeque<u64>,
    /// The row that leaves.
    at: Position,
    beat: usize,
    drained: u64,
    sent: u64,
}

impl Engine {
    /// With this number of chunks of the output and banks of the input.
    pub fn new(chunks: usize, banks: usize) -> Self {
        Self {
            events: Events::new(false, banks),
            chunks: chunks as u64,
            deep: DEEP + u64::from(banks.max(1).ilog2()),
            free: 0,
            begun: false,
            full: VecDeque::new(),
            emptied: VecDeque::from([0, 0]),
            at: Position::default(),
            beat: 0,
            drained: 0,
            sent: 0,
        }
    }

    /// Simulates one event; `None` if there is none yet.
    pub fn play(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let taken = self.events.play(stage.inputs[0], links, flows);
        let worked = self.work();
        self.drain(stage.outputs[0], links, flows).or(worked).or(taken)
    }

    /// Takes an entry.
    fn work(&mut self) -> Option<u64> {
        let entry = self.events.head()?;
        let mut at = entry.there.max(self.free);
        if !self.begun {
            // The bank must have been emptied of the row before the last.
            at = at.max((self.emptied.front()? + 1).saturating_sub(self.deep));
        }
        self.events.take(at);
        self.begun = !entry.row_end;
        let cycles = if entry.event { self.chunks } else { 1 };
        self.free = at + cycles;
        if entry.row_end {
            self.emptied.pop_front();
            self.full.push_back(at + cycles - 1 + self.deep + 1);
        }
        Some(at)
    }

    /// A beat leaves.
    fn drain(&mut self, output: usize, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let full = *self.full.front()?;
        let flow = flows.of(self.at.sample, output)?;
        let skip = flow.skip(self.at.step, self.at.row);
        let (beats, cycles) = if skip { (1, 1) } else { (links[output].beats, links[output].cycles) };
        let space = links[output].space()?;
        let read = full.max(self.drained).max(self.sent.saturating_sub(1));
        let at = (read + 1).max(space).max(self.sent);
        links[output].send(at);
        self.drained = read + cycles;
        self.sent = at + cycles;
        self.beat += 1;
        if self.beat == beats {
            self.beat = 0;
            self.full.pop_front();
            // With one chunk the beat that leaves is a copy; with several it is what the bank shows.
            self.emptied.push_back(if self.chunks == 1 { self.drained - 1 } else { self.sent - 1 });
            self.at = self.at.next(flow.rows, flow.steps());
        }
        Some(at)
    }
}
