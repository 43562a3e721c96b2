//! Neurons that decide by their row (`overlay_place.sv`, `overlay_row_fire.sv`).

use super::writes::Writes;
use crate::golden::SpikeCode;
use crate::overlay::machine::Machine;

/// The neurons of four beats, for one of the units that use them.
pub(super) struct RowFire {
    /// A quad may begin in the cycle in which the one before is handed over.
    eager: bool,
    /// Beats whose multiples groups begin at.
    align: usize,
    level_bits: u64,
    unary: bool,
    /// Cycles of a quad, and how many of them write.
    cycles: u64,
    steps: u64,
    /// Beats of the present quad, quads of the present group.
    lane: usize,
    quad: usize,
    /// The cycles in which the last beat was taken, and in which the last quad was handed over and takes its last step.
    taken: u64,
    handed: u64,
    last_step: u64,
    /// The cycles of the last two writes.
    written: [u64; 2],
}

impl RowFire {
    pub fn new(machine: &Machine, code: SpikeCode) -> Self {
        Self {
            eager: machine.row_lanes >= 4,
            align: machine.group() / machine.row_lanes.max(1),
            level_bits: machine.row_level_bits.into(),
            unary: code == SpikeCode::Unary,
            cycles: 1,
            steps: 1,
            lane: 0,
            quad: 0,
            taken: 0,
            handed: 0,
            last_step: 0,
            written: [0; 2],
        }
    }

    /// Neurons of so many local time-steps follow.
    pub fn begin(&mut self, steps: u64) {
        self.cycles = self.level_bits + if self.unary { steps } else { 0 };
        self.steps = steps;
    }

    fn take(&mut self, there: u64) -> u64 {
        // The first of a quad follows when the quad before has been handed over.
        let free = if self.lane == 0 && self.handed > 0 { self.handed + u64::from(!self.eager) } else { 0 };
        self.taken = there.max(self.taken + 1).max(free);
        self.lane += 1;
        self.taken
    }

    fn end_quad(&mut self, writes: &Writes) {
        let full = self.taken + 1;
        let threshold = if self.lane == 1 { full } else { self.taken };
        let early = if self.cycles > 1 { 1 } else { 0 };
        let threshold = threshold.max(self.last_step.saturating_sub(early));
        self.handed = (threshold + 1).max(full).max(self.last_step);
        self.last_step = self.handed;
        for step in 0..self.cycles {
            self.last_step += 1;
            if step + self.steps >= self.cycles {
                // A queue of two writes, which wait while the engine writes.
                self.last_step = self.last_step.max(self.written[0] + 1);
                let write = writes.free((self.last_step + 1).max(self.written[1] + 1));
                self.written = [self.written[1], write];
            }
        }
        self.lane = 0;
        self.quad += 1;
    }

    /// A beat that is there from a cycle on; the cycle in which it is taken. The last one of a group fills it up.
    pub fn beat(&mut self, there: u64, group_end: bool, writes: &Writes) -> u64 {
        let taken = self.take(there);
        if self.lane == 4 || group_end {
            self.end_quad(writes);
        }
        if group_end {
            while !self.quad.is_multiple_of((self.align / 4).max(1)) {
                self.take(self.taken + 1);
                self.end_quad(writes);
            }
            self.quad = 0;
        }
        taken
    }

    /// The cycle of the last beat, fills of groups included.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The cycle from which on the row whose last element was taken counts as complete.
    pub fn complete(&self) -> u64 {
        self.written[1] + 2
    }
}
