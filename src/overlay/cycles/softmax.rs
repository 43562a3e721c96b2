//! Scores on their way through softmax (`overlay_softmax.sv`).

use std::collections::VecDeque;

use super::row_fire::RowFire;
use super::writes::Writes;
use super::{Busy, count};
use crate::golden::SpikeCode;
use crate::overlay::isa::Fire;
use crate::overlay::machine::Machine;

/// From the last score of a group to its maximum; from the last exponential that is looked up to the scaled sum; from a
/// score that is looked up to its exponential.
const MAXIMUM: u64 = 2;
const SUM: u64 = 7;
const EXPONENTIAL: u64 = 4;
/// Groups between exponentials and output.
const GROUPS: usize = 2;

/// Softmax behind the engine.
pub(super) struct SoftmaxUnit {
    /// From the last exponential that is looked up to the scaled sum.
    sum: u64,
    /// Beats of scores that can wait for their maximum, and exponentials for their sum.
    depth: usize,
    fire: RowFire,
    /// The cycles in which the scores of the present group were taken.
    scores: Vec<u64>,
    /// The cycles in which the last scores were looked up, and in which the last exponentials have left.
    looked: VecDeque<u64>,
    left: VecDeque<u64>,
    /// The cycles in which the last groups have left.
    groups: VecDeque<u64>,
    taken: u64,
}

impl SoftmaxUnit {
    pub fn new(machine: &Machine, code: SpikeCode) -> Self {
        Self {
            // Several numbers of a beat are added up in a cycle of their own.
            sum: SUM + u64::from(machine.row_lanes > 1),
            depth: machine.max_group.div_ceil(machine.row_lanes.max(1)) + 8,
            fire: RowFire::new(machine, code),
            scores: Vec::new(),
            looked: VecDeque::new(),
            left: VecDeque::new(),
            groups: VecDeque::new(),
            taken: 0,
        }
    }

    /// An instruction begins.
    pub fn begin(&mut self, fire: &Fire) {
        self.fire.begin(count(fire.steps));
    }

    /// A beat of scores that is there from a cycle on; the cycle in which it is taken.
    pub fn score(&mut self, there: u64, group_end: bool, writes: &Writes, busy: &mut Busy) -> u64 {
        let full = match self.looked.len() + self.scores.len() {
            waiting if waiting >= self.depth => {
                self.looked.get(waiting - self.depth).map_or(0, |looked| looked + 1)
            }
            _ => 0,
        };
        self.taken = there.max(self.taken + 1).max(full);
        self.scores.push(self.taken);
        if group_end {
            self.group(writes, busy);
        }
        self.taken
    }

    /// A group whose scores are all there.
    fn group(&mut self, writes: &Writes, busy: &mut Busy) {
        let maximum = self.taken + MAXIMUM;
        let scores = std::mem::take(&mut self.scores);
        let mut look = self.looked.back().copied().unwrap_or(0);
        let mut looks = Vec::with_capacity(scores.len());
        for (at, _) in scores.iter().enumerate() {
            look = maximum.max(look + 1);
            if at + 1 == scores.len() && self.groups.len() >= GROUPS {
                // There is room for another sum.
                look = look.max(self.groups[self.groups.len() - GROUPS] + 1);
            }
            looks.push(look);
        }
        let sum = look + self.sum;
        let count = looks.len();
        for (at, looked) in looks.into_iter().enumerate() {
            let there = sum.max(looked + EXPONENTIAL) + 1;
            let fired = self.fire.beat(there, at + 1 == count, writes);
            busy.softmax = Some((busy.softmax.map_or(fired, |(first, _)| first), fired));
            self.looked.push_back(looked);
            self.left.push_back(fired - 1);
        }
        self.groups.push_back(self.left.back().copied().unwrap_or(0));
        while self.looked.len() > self.depth {
            self.looked.pop_front();
            self.left.pop_front();
        }
        while self.groups.len() > GROUPS {
            self.groups.pop_front();
        }
    }

    /// The cycle from which on nothing is inside.
    pub fn idle(&self) -> u64 {
        self.fire.taken() + 1
    }

    /// The cycle from which on the row whose last score was taken counts as complete.
    pub fn row(&self) -> u64 {
        self.fire.complete()
    }
}
