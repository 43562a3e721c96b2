//! The product of two spike streams (`rtl/spike_product.sv`): in each time-step the right events, then row by row the
//! left ones, each row leaving after its last event; at a sample's end all memories are cleared.

use super::events::Events;
use super::link::Link;
use super::position::Flows;
use crate::integer::Form;
use crate::streaming::design::{Product, Stage};

/// Next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Right,
    Left,
    Drain,
}

/// A product.
pub(super) struct Multiplier {
    left: Events,
    right: Events,
    phase: Phase,
    sample: usize,
    step: usize,
    row: usize,
    beat: usize,
    /// When the next entry can be taken, and when the last event was.
    free: u64,
    event: u64,
    /// Cycles of a left and of a right event, words to clear.
    cycles: [u64; 2],
    words: u64,
    /// Of the beats that leave: when the last one was issued, and when the last ones left, as many as the
    /// output has slots.
    issued: u64,
    sent: [u64; SLOTS],
}

/// Cycles from an event's being taken until its tracer is up to date.
const SETTLED: u64 = 4;
/// Cycles from an entry's being taken to its first beat's being offered.
const LATENCY: u64 = 7;
/// Maximum number of beats in the pipeline and at the output.
const SLOTS: usize = 7;

impl Multiplier {
    /// With the sizes of a product.
    pub fn new(product: &Product) -> Self {
        let head = product.left_cycles();
        let depth = match product.form {
            Form::Scores => product.depth,
            Form::Mix | Form::Gate => product.groups.pad,
        };
        let channels = product.groups.count * depth;
        let words = (product.right_cycles() * channels)
            .max(head * channels)
            .max(product.groups.count * head * product.rows);
        Self {
            left: Events::new(true, 1),
            right: Events::new(true, 1),
            phase: Phase::Right,
            sample: 0,
            step: 0,
            row: 0,
            beat: 0,
            free: words as u64,
            event: 0,
            cycles: [head as u64, product.right_cycles() as u64],
            words: words as u64,
            issued: 0,
            sent: [0; SLOTS],
        }
    }

    /// Simulates one event; `None` if there is none yet.
    pub fn play(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let left = self.left.play(stage.inputs[0], links, flows);
        let right = self.right.play(stage.inputs[1], links, flows);
        self.work(stage, links, flows).or(left).or(right)
    }

    fn work(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let [left, right] = [0, 1].map(|port| flows.of(self.sample, stage.inputs[port]));
        let (left, right) = (left?, right?);
        match self.phase {
            Phase::Right if self.step >= right.steps() => self.phase = Phase::Left,
            Phase::Right => {
                let entry = self.right.head()?;
                let at = self.load(entry.there);
                self.right.take(at);
                self.spend(at, entry.event, 1);
                if entry.row_end {
                    self.row += 1;
                    if self.row == right.rows {
                        self.row = 0;
                        self.settle();
                        self.phase = Phase::Left;
                    }
                }
            }
            Phase::Left if self.step >= left.steps() => self.phase = Phase::Drain,
            Phase::Left => {
                let entry = self.left.head()?;
                let at = self.load(entry.there);
                self.left.take(at);
                // The end of a row without an event is drained at once.
                if entry.event {
                    self.spend(at, true, 0);
                } else {
                    self.free = at;
                }
                if entry.row_end {
                    self.phase = Phase::Drain;
                }
            }
            Phase::Drain => return self.drain(stage.outputs[0], links, flows),
        }
        Some(self.free)
    }

    /// When an entry that is offered from some time on can be taken.
    fn load(&self, there: u64) -> u64 {
        there.max(self.free)
    }

    fn spend(&mut self, at: u64, event: bool, side: usize) {
        self.free = at + if event { self.cycles[side] } else { 1 };
        if event {
            self.event = at;
        }
    }

    /// Tracers must be up to date before the other side begins.
    fn settle(&mut self) {
        self.free = self.free.max(self.event + SETTLED);
    }

    /// A beat of the row leaves.
    fn drain(&mut self, output: usize, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let flow = flows.of(self.sample, output)?;
        let skip = flow.skip(self.step, self.row);
        let (beats, cycles) = if skip { (1, 1) } else { (links[output].beats, links[output].cycles) };
        let space = links[output].space()?;
        // The first beat's entry is taken when the events before it are done.
        let load = if self.beat == 0 { self.free } else { self.issued };
        // A beat begins when there is a slot for it.
        let load = load.max(self.sent[0]);
        let at = (load + LATENCY).max(space).max(self.sent[SLOTS - 1] + 1);
        links[output].send(at);
        self.sent.rotate_left(1);
        self.sent[SLOTS - 1] = at + cycles - 1;
        self.issued = load + cycles;
        self.beat += 1;
        if self.beat == beats {
            self.beat = 0;
            self.free = self.issued;
            self.phase = Phase::Left;
            self.row += 1;
            if self.row == flow.rows {
                self.row = 0;
                self.step += 1;
                self.phase = Phase::Right;
                self.settle();
                if self.step == flow.steps() {
                    self.free += self.words;
                    self.step = 0;
                    self.sample += 1;
                }
            }
        }
        Some(at)
    }
}
