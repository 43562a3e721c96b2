//! Rows of the vector unit (`overlay_vector.sv`, `overlay_layer_norm.sv`, `overlay_sum_neurons.sv`).

use super::fire::FireUnit;
use super::row_fire::RowFire;
use super::sequencer::Sequencer;
use super::writes::Writes;
use super::{Busy, count, number};
use crate::overlay::isa::Vector;
use crate::overlay::plan::Plan;

/// From the last element that is read to the row's being complete.
const WRITTEN: u64 = 6;
/// From the slot of the square to v.
const SQUARE: u64 = 8;
/// From an element that is decided to the neurons, of LayerNorm and of neurons of sums.
const DECIDED: u64 = 5;
const READ: u64 = 2;
/// From an element that is read to its write.
const WRITES: u64 = 5;

/// The vector unit.
pub(super) struct VectorUnit<'a> {
    plan: &'a Plan,
    list: Sequencer,
    fire: RowFire,
    /// The cycle in which the instruction has begun.
    started: u64,
    /// The cycle in which the last row began, and the first in which another can.
    begun: u64,
    free: u64,
    /// LayerNorm: the cycle from which on the root is idle, and the one of the last element that was decided.
    root: u64,
    decided: u64,
    /// The cycle in which the last row was complete.
    done: u64,
}

impl<'a> VectorUnit<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            list: Sequencer::new(Vector::WORDS),
            fire: RowFire::new(&plan.machine, plan.code),
            started: 0,
            begun: 0,
            free: 0,
            root: 0,
            decided: 0,
            done: 0,
        }
    }

    /// A row whose conditions hold from a cycle on; the cycle from which on it counts as complete.
    pub fn row(&mut self, n: usize, row: usize, start: u64, fire: &FireUnit<'_>, busy: &mut Busy) -> u64 {
        let (writes, sums) = (&fire.writes, &fire.sums);
        let v = &self.plan.vector[n];
        if row == 0 {
            self.fire.begin(count(v.steps));
            self.begun = self.started;
            self.free = 0;
        }
        // Two conditions, one after the other.
        let go = (self.begun + 1).max(start) + 2;
        let begin = go.max(self.free);
        self.begun = begin;
        if row == 0 {
            busy.begin = begin;
        }
        let machine = &self.plan.machine;
        let lanes = if matches!(v.op, 3 | 5) { machine.row_lanes.max(1) } else { 1 };
        // Those that are read at once count as one.
        let channels = count(v.channels).div_ceil(lanes as u64);
        let visible = match v.op {
            3 => self.layer_norm(begin, channels, writes),
            4 => {
                self.free = begin + 2;
                begin + 3
            }
            5 => self.neurons(begin, channels, writes),
            _ => {
                // The row of a table that is here is looked up; `add` reads two sums.
                let looked = if v.op == 2 && self.plan.tables.is_none() { 2 } else { 0 };
                let reads = channels * if v.op == 1 && v.accumulate == 1 { 2 } else { 1 };
                // A sum is written when the engine does not reach the memory.
                let last = sums.after(begin + looked + WRITES, reads) - WRITES;
                self.free = last + 1;
                busy.fire += reads;
                last + WRITTEN + 1
            }
        };
        if matches!(v.op, 3 | 5) {
            busy.fire += channels;
        }
        self.done = visible - 1;
        busy.end = visible;
        if row + 1 == number(v.rows) {
            self.started = self.list.next(self.done + 2);
        }
        visible
    }

    /// A row of LayerNorm is read twice, with its root between.
    fn layer_norm(&mut self, begin: u64, channels: u64, writes: &Writes) -> u64 {
        // The numbers of a beat are added up in as many stages.
        let levels = u64::from(self.plan.machine.row_lanes.max(1).ilog2());
        let square = begin + channels.max(4 + levels) + 1;
        self.free = square;
        let bits = u64::from(self.plan.machine.square_width.max(2)).div_ceil(2);
        let valid = square + SQUARE + levels;
        let root = valid.max(self.root);
        let there = (root + 1 + bits).max(self.decided);
        self.root = there + 1;
        // The rows behind wait where the root is not idle.
        self.free += root - valid;
        let mut element = there;
        for channel in 0..channels {
            let taken = self.fire.beat(element + 1 + DECIDED, channel + 1 == channels, writes);
            element = taken - DECIDED;
        }
        self.decided = element;
        self.fire.complete()
    }

    fn neurons(&mut self, begin: u64, channels: u64, writes: &Writes) -> u64 {
        let mut element = begin;
        for channel in 0..channels {
            let taken = self.fire.beat(element + 1 + READ, channel + 1 == channels, writes);
            element = taken - READ;
        }
        self.free = element;
        self.fire.complete()
    }

    /// The cycle in which the list is at its end.
    pub fn end(&self) -> u64 {
        if self.plan.vector.is_empty() { 0 } else { self.done + 2 }
    }
}
