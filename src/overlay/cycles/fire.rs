//! Groups that fire, and elements of the serial path (`overlay_fire.sv`).

use std::collections::VecDeque;

use super::sequencer::Sequencer;
use super::softmax::SoftmaxUnit;
use super::writes::Writes;
use super::{Busy, ENGINE, SOFTMAX, count, number};
use crate::golden::SpikeCode;
use crate::overlay::isa::Fire;
use crate::overlay::plan::Plan;

/// Cycles from the last event of a chunk to its sums.
const SUMS: u64 = 6;
/// Cycles of a group of IF or LIF neurons before its spikes are there, and more of a leak and of a synaptic current.
const LIF: u64 = 3;
const CURRENT: u64 = 1;
const LEAK: u64 = 2;
/// Cycles from the last element of a row to its being complete, where neurons do not take turns.
const COMPLETE: u64 = 6;
/// From an element to its write to the memory of sums, and to the first cycle in which reads and writes take turns.
const WRITTEN: u64 = 6;
const ADDED: u64 = 4;

/// When the next chunk may be complete, and how much of that is due to a change of the instruction or to softmax.
#[derive(Clone, Copy, Default)]
pub(super) struct Room {
    /// The first cycle for its last event.
    pub at: u64,
    /// Cycles of the change.
    pub change: u64,
    /// Cycles in which softmax had not taken all scores of the instruction before.
    pub softmax: u64,
}

/// Second half of the engine.
pub(super) struct FireUnit<'a> {
    plan: &'a Plan,
    list: Sequencer,
    /// Cycles from the last element of a row to its being complete.
    complete: u64,
    softmax: SoftmaxUnit,
    /// Groups are taken from this cycle on; the instruction could have begun in `free`, were softmax idle.
    from: u64,
    free: u64,
    /// The instruction that is executed.
    instruction: Option<usize>,
    /// The cycles in which the last group has left each stage: sums, membrane, magnitude, steps, elements.
    selected: u64,
    membrane: u64,
    magnitude: u64,
    steps: u64,
    elements: u64,
    room: Room,
    /// The cycles in which the last groups have left the queue.
    waiting: VecDeque<u64>,
    /// The cycles in which spikes are written, and those in which nobody else reaches a memory of sums with one port for both.
    pub writes: Writes,
    pub sums: Writes,
}

impl<'a> FireUnit<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            list: Sequencer::new(Fire::WORDS),
            complete: COMPLETE + if plan.machine.turns() > 1 { plan.machine.max_steps as u64 } else { 0 },
            softmax: SoftmaxUnit::new(&plan.machine, plan.code),
            from: 1,
            free: 0,
            instruction: None,
            selected: 0,
            membrane: 0,
            magnitude: 0,
            steps: 0,
            elements: 0,
            room: Room::default(),
            waiting: VecDeque::new(),
            writes: Writes::default(),
            sums: Writes::default(),
        }
    }

    /// When the next chunk may be complete.
    pub fn room(&self) -> Room {
        self.room
    }

    /// Takes a chunk whose last event was in the cycle before `end`; `last` of the inner chunks.
    pub fn chunk(&mut self, n: usize, end: u64, last: bool, busy: &mut Busy) {
        let fire = &self.plan.fire[n];
        let there = end - 1 + SUMS;
        let mut room = Room::default();
        if self.instruction != Some(n) {
            self.begin(n, fire);
            let late = self.from.saturating_sub(there);
            room.softmax = late.min(self.from - self.free);
            room.change = late - room.softmax;
        }
        let (lanes, turns) = (self.plan.machine.fire_lanes, self.plan.machine.turns());
        let mut turn = 0;
        let mut left = number(if last { fire.tail } else { fire.full });
        let mut take = there.max(self.from);
        loop {
            // It leaves for the queue, if there is one, and from there a cycle later at the earliest.
            let waiting = self.plan.machine.waiting_groups();
            let mut leaves = take.max(self.selected);
            if waiting > 0 {
                if self.waiting.len() == waiting {
                    take = take.max(self.waiting.pop_front().unwrap_or(0) + 1);
                }
                leaves = (take + 1).max(self.selected);
                self.waiting.push_back(leaves);
            } else {
                take = leaves;
            }
            let elements = left.min(lanes);
            left -= elements;
            turn = (turn + 1) % turns;
            self.group(fire, (leaves, elements), [turn == 0 || left == 0, left == 0 && last], busy);
            if left == 0 {
                break;
            }
            take += 1;
        }
        room.at = take + 1;
        self.room = room;
    }

    /// Begins an instruction.
    fn begin(&mut self, n: usize, fire: &Fire) {
        self.free = match self.instruction {
            Some(_) => self.list.next(self.elements + self.complete) + 1,
            None => 1,
        };
        self.from = match fire.serial {
            2 => self.free.max(self.softmax.idle() + 1),
            _ => self.free,
        };
        if fire.serial == 2 {
            self.softmax.begin(fire);
        }
        self.instruction = Some(n);
    }

    /// Neurons that are taken together in this cycle, and how many of them are elements; whether they are the last of those
    /// whose spikes are written together, and of a group of scores.
    fn group(
        &mut self,
        fire: &Fire,
        (take, elements): (u64, usize),
        [written, group_end]: [bool; 2],
        busy: &mut Busy,
    ) {
        let machine = &self.plan.machine;
        let at_once = fire.at_once(machine.row_lanes.max(1), machine.operand_lanes());
        let mut cycles = if fire.walks() { elements.div_ceil(at_once) as u64 } else { 1 };
        // With one memory of sums, what is added to what is there comes in every second cycle; beats of sums in two memories
        // follow one another.
        let adds = fire.serial == 1 && fire.accumulate == 1;
        if adds && machine.bus_width > 0 && (fire.wide == 0 || machine.sum_halves() == 1) {
            cycles *= 2;
        }
        let mut firing = 0;
        let out = if fire.neurons == 1 {
            let steps = match self.plan.code {
                SpikeCode::Unary => count(fire.steps),
                SpikeCode::Radix => self.plan.machine.max_steps as u64,
            };
            firing = steps;
            // A search in the tables goes on while the group before fires.
            let found = take
                + 1
                + if fire.table == 1 { count(fire.probes) + 1 } else { 0 }
                + if fire.lif > 0 {
                    LIF + if machine.leak_shift > 0 { LEAK } else { 0 }
                        + if machine.current_width > 0 { CURRENT } else { 0 }
                } else {
                    0
                };
            let membrane = found.max(self.membrane);
            self.selected = membrane;
            let magnitude = (membrane + 1).max(self.magnitude);
            self.membrane = magnitude;
            // The threshold is taken in the last but one step of the group before, or in the last.
            let early = if steps > 1 { 1 } else { 0 };
            let threshold = (magnitude + 1).max(self.steps.saturating_sub(early));
            let load = (threshold + 1).max(self.steps);
            self.magnitude = load;
            self.steps = (load + steps).max(self.elements);
            if fire.spikes_out == 1 && written {
                // Spikes that are written together follow when all of them are there.
                let last = load + steps + 2 + if machine.turns() > 1 { steps } else { 0 };
                self.writes.push(last - count(fire.steps).min(steps), last);
            }
            self.steps
        } else {
            self.selected = (take + 1).max(self.elements);
            self.selected
        };
        self.elements = match fire.serial {
            2 => {
                let mut at = out;
                for beat in 0..cycles {
                    let last = beat + 1 == cycles;
                    at = self.softmax.score(at + 1, group_end && last, &self.writes, busy);
                }
                at
            }
            _ => out + cycles,
        };
        if fire.serial == 1 && machine.bus_width > 0 {
            // It is read in the one cycle and written in the other.
            let from = if adds { ADDED } else { WRITTEN };
            self.sums.push(out + from, out + cycles + WRITTEN);
        }
        busy.fire += firing.max(cycles);
    }

    /// The row is complete: the unit that counts it, and the cycle from which on it does.
    pub fn end_row(&mut self, n: usize, busy: &mut Busy) -> (usize, u64) {
        let fire = &self.plan.fire[n];
        let end = match fire.serial {
            2 => self.softmax.row(),
            _ => self.elements + self.complete + 1,
        };
        busy.end = end;
        busy.passed = self.elements;
        (if fire.serial == 2 { SOFTMAX } else { ENGINE }, end)
    }

    /// The cycle in which the list is at its end.
    pub fn end(&self) -> u64 {
        self.elements + self.complete + 1
    }
}
