//! Both ends of the pipeline, and the stages that take a whole sample before anything goes out.

use super::link::Link;
use super::position::{Flows, Position};
use crate::streaming::design::{Kind, Stage};

/// The adapter of the input stream: samples are offered as soon as they are taken.
#[derive(Default)]
pub(super) struct Source {
    sample: usize,
    beat: usize,
    free: u64,
}

impl Source {
    /// Sends one beat; `None` if it cannot move yet.
    pub fn play(&mut self, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let flow = flows.of(self.sample, 0)?;
        let link = &mut links[0];
        let at = self.free.max(link.space()?);
        link.send(at);
        self.free = at + link.cycles;
        self.beat += 1;
        if self.beat == flow.rows * link.beats {
            (self.sample, self.beat) = (self.sample + 1, 0);
        }
        Some(at)
    }
}

/// Values in another order: two samples are inside, one comes in while the one before goes out. A mask is such a stage,
/// too, with one beat that goes out.
#[derive(Default)]
pub(super) struct Buffer {
    /// Beats taken, and when the next can be.
    got: usize,
    free: u64,
    /// By sample: when all of it was there, and when all of it had left.
    whole: Vec<u64>,
    gone: Vec<u64>,
    at: Position,
    beat: usize,
    issued: u64,
    sent: u64,
}

impl Buffer {
    /// Simulates one beat in or out; `None` if neither can move yet.
    pub fn play(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let came = self.take(stage, links, flows);
        self.send(stage, links, flows).or(came)
    }

    fn take(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let input = stage.inputs[0];
        let beats = flows.of(self.whole.len(), input)?.rows * links[input].beats;
        let halves = if matches!(stage.kind, Kind::Mask(_)) { 1 } else { 2 };
        let open = match self.whole.len().checked_sub(halves) {
            Some(before) => *self.gone.get(before)? + 1,
            None => 0,
        };
        let at = links[input].head()?.max(self.free).max(open);
        links[input].take(at);
        self.free = at + links[input].cycles;
        self.got += 1;
        if self.got == beats {
            self.whole.push(self.free);
            self.got = 0;
        }
        Some(at)
    }

    fn send(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        /// From the issue of a value to its being offered.
        const LATENCY: u64 = 3;
        let output = stage.outputs[0];
        let flow = flows.of(self.at.sample, output)?;
        let whole = *self.whole.get(self.at.sample)?;
        let latency = if matches!(stage.kind, Kind::Mask(_)) { 0 } else { LATENCY };
        let issue = self.issued.max(whole).max(self.sent.saturating_sub(latency));
        let at = (issue + latency).max(links[output].space()?);
        links[output].send(at);
        (self.issued, self.sent) = (issue + links[output].cycles, at + links[output].cycles);
        self.beat += 1;
        if self.beat == links[output].beats {
            self.beat = 0;
            let next = self.at.next(flow.rows, flow.steps());
            if next.sample > self.at.sample {
                self.gone.push(self.sent);
            }
            self.at = next;
        }
        Some(at)
    }
}

/// A table: a row out for each value in.
#[derive(Default)]
pub(super) struct Table {
    at: Position,
    beat: usize,
    issued: u64,
    sent: u64,
}

impl Table {
    /// Simulates one beat out; `None` if it cannot move yet.
    pub fn play(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        const LATENCY: u64 = 2;
        let (input, output) = (stage.inputs[0], stage.outputs[0]);
        let flow = flows.of(self.at.sample, output)?;
        let issue = links[input].head()?.max(self.issued).max(self.sent.saturating_sub(LATENCY));
        let at = (issue + LATENCY).max(links[output].space()?);
        links[output].send(at);
        (self.issued, self.sent) = (issue + links[output].cycles, at + links[output].cycles);
        self.beat += 1;
        if self.beat == links[output].beats {
            self.beat = 0;
            links[input].take(issue);
            self.at = self.at.next(flow.rows, flow.steps());
        }
        Some(at)
    }
}

/// The readout.
#[derive(Default)]
pub(super) struct Readout {
    at: Position,
    beat: usize,
    free: u64,
    /// When each sample's result frame had left.
    pub ends: Vec<u64>,
}

impl Readout {
    /// Takes one beat; `None` if it cannot move yet.
    pub fn play(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        /// From the last beat to the first word of the frame.
        const FIRST_WORD: u64 = 5;
        let Kind::Readout(readout) = &stage.kind else { return None };
        let input = stage.inputs[0];
        let flow = flows.of(self.at.sample, input)?;
        let Position { step, row, .. } = self.at;
        let skip = flow.skip(step, row);
        let (beats, cycles) = if skip { (1, 1) } else { (links[input].beats, links[input].cycles) };
        let at = links[input].head()?.max(self.free);
        links[input].take(at);
        self.free = at + cycles;
        self.beat += 1;
        if self.beat == beats {
            self.beat = 0;
            let next = self.at.next(flow.rows, flow.steps());
            if next.sample > self.at.sample {
                self.free += FIRST_WORD + readout.output(&stage.node).frame_words() as u64 - 1;
                self.ends.push(self.free);
            }
            self.at = next;
        }
        Some(at)
    }
}
