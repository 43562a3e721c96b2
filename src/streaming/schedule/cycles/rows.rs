//! Neurons that decide by whole rows (`rtl/row_accumulate.sv`, `row_fire.sv`): a row is accumulated and waits until
//! what the decision needs of it is known, its moments (`layer_norm_neurons.sv`) or the largest score and the sum of
//! each group (`softmax_neurons.sv`).

use std::collections::VecDeque;

use super::link::Link;
use super::position::{Flows, Position};
use crate::streaming::design::{LayerNorm, Softmax, Stage};

/// A beat that waits for its decision.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// When it went into the FIFO.
    at: u64,
    skip: bool,
    /// It ends a group: a head's scores, or a whole row.
    ends: bool,
}

/// What a decision waits for.
enum Needs {
    /// Cycles of the square of the sum, and of the root.
    Moments { square: u64, root: u64 },
    /// Groups of a row.
    Groups(usize),
}

/// State of such neurons.
pub(super) struct RowArray {
    needs: Needs,
    /// Of the front: where it is, when it issued last, when the last three beats left it.
    front: Position,
    beat: usize,
    issued: u64,
    left: [u64; 3],
    in_taken: usize,
    masked: usize,
    /// When each row left last, and from when on it is known that something fired in a time-step.
    rows: Vec<Option<u64>>,
    inside: Vec<bool>,
    fired: Vec<Option<u64>>,
    /// When the sample before was over.
    over: u64,
    /// Beats before the look-up (softmax) and before the decision, and when the last ones left; how many fit.
    first: VecDeque<Waiting>,
    first_left: VecDeque<u64>,
    second: VecDeque<Waiting>,
    second_left: VecDeque<u64>,
    depth: [usize; 2],
    counts: [usize; 3],
    /// Of the look-up: the last beat.
    looked: [u64; 2],
    /// By group: when its last beat went into the first and into the second FIFO.
    maxima: VecDeque<u64>,
    sums: VecDeque<u64>,
    /// Of rows' moments: ends that wait, when the square was begun, when the root's unit takes it.
    square_free: Option<u64>,
    row_ends: VecDeque<u64>,
    squares: VecDeque<u64>,
    begun: u64,
    root: Option<u64>,
    root_free: u64,
    /// Of the decision: where it is, when the last ones left.
    back: Position,
    back_beat: usize,
    decided: u64,
    sent: VecDeque<u64>,
    sent_last: u64,
}

/// Cycles of a beat in the front, and of a decision up to its being offered.
const FRONT: u64 = 3;

impl RowArray {
    /// Of LayerNorm.
    pub fn layer_norm(norm: &LayerNorm, link: &Link) -> Self {
        // A sum of C numbers of either sign is about √C times as large as they are, which in turn stay below the
        // widest.
        let square = u64::from(norm.norm.total.signed_width());
        let root = u64::from(norm.norm.square_width.div_ceil(2));
        let beats = link.beats;
        Self::new(Needs::Moments { square, root }, [usize::MAX, 3 * beats + 4])
    }

    /// Of softmax.
    pub fn softmax(softmax: &Softmax, link: &Link) -> Self {
        let groups = softmax.groups.count.min(link.beats).max(1);
        let group = link.beats.div_ceil(groups);
        Self::new(Needs::Groups(groups), [2 * group + 3, 2 * group + 7])
    }

    fn new(needs: Needs, depth: [usize; 2]) -> Self {
        Self {
            needs,
            front: Position::default(),
            beat: 0,
            issued: 0,
            left: [0; 3],
            in_taken: 0,
            masked: 0,
            rows: Vec::new(),
            inside: Vec::new(),
            fired: Vec::new(),
            over: 0,
            first: VecDeque::new(),
            first_left: VecDeque::new(),
            second: VecDeque::new(),
            second_left: VecDeque::new(),
            depth,
            counts: [0; 3],
            looked: [0; 2],
            maxima: VecDeque::new(),
            sums: VecDeque::new(),
            square_free: Some(0),
            row_ends: VecDeque::new(),
            squares: VecDeque::new(),
            begun: 0,
            root: None,
            root_free: 0,
            back: Position::default(),
            back_beat: 0,
            decided: 0,
            sent: VecDeque::new(),
            sent_last: 0,
        }
    }

    /// Simulates the next events; `None` if there is none yet.
    pub fn play(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let front = self.take(stage, links, flows);
        let looked = self.look();
        self.decide(stage, links, flows).or(looked).or(front)
    }

    /// When beat `n` of those that went into a FIFO may go in, by those that have left.
    fn space(left: &VecDeque<u64>, gone: usize, depth: usize, n: usize) -> Option<u64> {
        let Some(before) = n.checked_sub(depth) else { return Some(0) };
        let back = gone.checked_sub(before).filter(|&back| back > 0)?;
        left.get(left.len().checked_sub(back)?).map(|at| at + 1)
    }

    fn leave(left: &mut VecDeque<u64>, at: u64, depth: usize) {
        left.push_back(at);
        if left.len() > depth.min(1 << 16) {
            left.pop_front();
        }
    }

    /// The front takes a beat.
    fn take(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let Position { sample, step, row } = self.front;
        let flow = flows.of(sample, stage.outputs[0])?;
        let input = flows.of(sample, stage.inputs[0])?;
        let link = &links[stage.outputs[0]];
        let skip = flow.skip(step, row);
        let (beats, cycles) = if skip { (1, 1) } else { (link.beats, link.cycles) };
        self.rows.resize(flow.rows, None);
        self.inside.resize(flow.rows, false);
        if sample > self.back.sample {
            return None;
        }
        let mut at = self.issued.max(self.left[0]).max(self.over);
        if self.beat == 0 {
            // Not before the row has left, and it is known that there is such a time-step.
            if self.inside[row] {
                return None;
            }
            at = at.max(self.rows[row].map_or(0, |left| left + 1));
            if row == 0 && step >= input.steps() {
                at = at.max((*self.fired.get(step - 1)?)? + 1);
            }
        }
        let count = match step < input.steps() {
            true if input.skip(step, row) => 1,
            true => links[stage.inputs[0]].beats,
            false => 0,
        };
        if count > 0 && (self.beat * count / beats).min(count - 1) >= self.in_taken {
            at = at.max(links[stage.inputs[0]].head()?);
        }
        let mask = stage.inputs.get(1).filter(|_| self.masked == sample && self.beat == 0);
        let mut leaves = at + FRONT;
        if let Some(&mask) = mask {
            leaves = leaves.max(links[mask].head()?);
        }
        leaves = leaves.max(self.left[2] + 1);
        let number = self.counts[0];
        leaves = leaves.max(match self.needs {
            Needs::Moments { .. } => Self::space(&self.second_left, self.counts[2], self.depth[1], number)?,
            Needs::Groups(_) => Self::space(&self.first_left, self.counts[1], self.depth[0], number)?,
        });
        let row_end = self.beat + 1 == beats;
        if let (Needs::Moments { .. }, false) = (&self.needs, skip) {
            // The row before it may still wait for its square; one beat is taken all the same.
            if self.beat > 0 || beats == 1 {
                leaves = leaves.max(self.moments()?);
            }
        }
        // All is known: the beat moves.
        if let Some(&mask) = mask {
            links[mask].take(leaves);
            self.masked += 1;
        }
        while self.in_taken < (self.beat + 1) * count / beats {
            links[stage.inputs[0]].take(at);
            self.in_taken += 1;
        }
        let ends = match self.needs {
            Needs::Moments { .. } => row_end,
            Needs::Groups(groups) => (self.beat + 1) * groups / beats > self.beat * groups / beats,
        };
        let waiting = Waiting { at: leaves, skip, ends };
        match self.needs {
            Needs::Moments { .. } => {
                if !skip && row_end {
                    self.row_ends.push_back(leaves + cycles - 1);
                }
                self.second.push_back(waiting);
            }
            Needs::Groups(_) => {
                if !skip && ends {
                    self.maxima.push_back(leaves + cycles - 1);
                }
                self.first.push_back(waiting);
            }
        }
        self.counts[0] += 1;
        self.issued = at + cycles;
        self.left = [self.left[1], self.left[2], leaves + cycles - 1];
        self.beat += 1;
        if row_end {
            (self.beat, self.in_taken) = (0, 0);
            self.inside[row] = true;
            self.front = self.front.next(flow.rows, flow.steps());
        }
        Some(leaves)
    }

    /// From when on the sums of a row can be handed over: all rows that have ended before have begun their squares.
    fn moments(&mut self) -> Option<u64> {
        while let Some(&end) = self.row_ends.front() {
            let begun = (end + 4).max(self.square_free?);
            self.row_ends.pop_front();
            self.squares.push_back(begun);
            self.square_free = None;
            self.begun = begun;
        }
        Some(self.begun)
    }

    /// Of softmax: a beat is looked up in the table.
    fn look(&mut self) -> Option<u64> {
        let waiting = *self.first.front()?;
        let mut at = (waiting.at + 1).max(self.looked[0] + 1).max(self.looked[1]);
        if !waiting.skip {
            at = at.max(self.maxima.front()? + 2);
        }
        let space = Self::space(&self.second_left, self.counts[2], self.depth[1], self.counts[1])?;
        let leaves = (at + 1).max(self.looked[1] + 1).max(space);
        self.looked = [at, leaves];
        if !waiting.skip && waiting.ends {
            self.maxima.pop_front();
            self.sums.push_back(leaves);
        }
        self.first.pop_front();
        self.counts[1] += 1;
        Self::leave(&mut self.first_left, at, self.depth[0]);
        self.second.push_back(Waiting { at: leaves, ..waiting });
        Some(leaves)
    }

    /// A beat is decided and leaves.
    fn decide(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        let waiting = *self.second.front()?;
        let output = stage.outputs[0];
        let flow = flows.of(self.back.sample, output)?;
        let Position { step, row, .. } = self.back;
        let (beats, cycles) = if waiting.skip { (1, 1) } else { (links[output].beats, links[output].cycles) };
        let latency = match self.needs {
            Needs::Moments { .. } => 7,
            Needs::Groups(_) => 6,
        };
        let mut at = (waiting.at + 1).max(self.decided);
        if !waiting.skip {
            at = at.max(match self.needs {
                Needs::Moments { square, root } => {
                    self.moments();
                    let root_at = match self.root {
                        Some(at) => at,
                        None => {
                            let begun = *self.squares.front()?;
                            let taken = (begun + 2 + square).max(self.root_free);
                            self.squares.pop_front();
                            self.square_free = Some(taken + 1);
                            self.root = Some(taken);
                            taken
                        }
                    };
                    root_at + 1 + root
                }
                Needs::Groups(_) => self.sums.front()? + 4,
            });
        }
        if self.sent.len() == latency {
            at = at.max(self.sent[0]);
        }
        let space = links[output].space()?;
        let leaves = (at + latency as u64).max(space).max(self.sent_last + 1);
        links[output].send(leaves);
        self.second.pop_front();
        self.counts[2] += 1;
        Self::leave(&mut self.second_left, at, self.depth[1]);
        self.decided = at + cycles;
        self.sent_last = leaves + cycles - 1;
        self.sent.push_back(leaves);
        if self.sent.len() > latency {
            self.sent.pop_front();
        }
        self.back_beat += 1;
        let row_end = self.back_beat == beats;
        if !waiting.skip && waiting.ends {
            match self.needs {
                Needs::Moments { .. } => {
                    self.root = None;
                    self.root_free = self.decided;
                }
                Needs::Groups(_) => {
                    self.sums.pop_front();
                }
            }
        }
        if row_end {
            self.back_beat = 0;
            self.rows[row] = Some(self.sent_last);
            self.inside[row] = false;
            self.fired.resize(flow.steps(), None);
            if flow.at(step, row) > 0 {
                self.fired[step].get_or_insert(self.sent_last);
            }
            let next = self.back.next(flow.rows, flow.steps());
            if next.sample != self.back.sample {
                // Known when the last beat has left, and then a state.
                self.over = self.sent_last + 2;
                self.fired.clear();
            }
            self.back = next;
        }
        Some(leaves)
    }
}
