//! Comparison of a layer of neurons.

use std::ops::Range;

use super::recording::Inside;
use super::taps::Beat;
use crate::hardware::{Compared, FirstMismatch, What};
use crate::overlay::isa::Fire;
use crate::overlay::plan::{LayerPlace, Plan, Unit};

/// A position among the neurons of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub row: usize,
    /// Position of the first neuron in its row.
    pub first: usize,
    pub step: usize,
}

/// A layer.
pub(super) struct Layer {
    name: String,
    pub unit: Unit,
    /// Index in the fire or in the vector list.
    pub instruction: usize,
    /// Its number in the golden model.
    pub index: usize,
    first_row: usize,
    rows: usize,
    /// Instructions that compute it one after the other, and positions of each; the one that is due.
    pub pieces: usize,
    span: usize,
    piece: usize,
    /// The channel at each position of a row; positions up to a whole number of groups.
    channels: Vec<Option<usize>>,
    /// Positions that do not fire: at the end of a chunk, because neurons take turns; between groups of scores.
    passed: Vec<bool>,
    own_channels: usize,
    /// The hardware's membranes are the layer's times a power of two.
    shift: u32,
    /// What the first spike of neurons of a sum takes off.
    first: Option<i64>,
    steps: usize,
    /// What comes next.
    next: Place,
    pub sample: usize,
    /// Whether its neurons were computed before.
    again: bool,
    /// Sample, row and channel of the next number that is read.
    read: (usize, usize, usize),
    pub compared: Compared,
}

impl Layer {
    /// `index` is its number in the golden model.
    pub fn new(index: usize, place: &LayerPlace, plan: &Plan) -> Self {
        let own_channels = place.positions.len();
        let align = plan.machine.group();
        let reach = place.positions.iter().max().map_or(0, |p| p + 1).next_multiple_of(align);
        // Behind the last neuron, whole groups may only fill up.
        let fired = match place.unit {
            Unit::Engine => plan.fire[place.instruction].groups(align) * align,
            Unit::Softmax | Unit::Vector => 0,
        };
        let mut channels = vec![None; reach.max(fired)];
        let mut passed = vec![false; channels.len()];
        if place.unit == Unit::Engine {
            pass(&mut passed, &plan.fire[place.instruction], plan.machine.fire_lanes, align);
        }
        for (channel, &position) in place.positions.iter().enumerate() {
            channels[position] = Some(channel);
        }
        if place.unit == Unit::Softmax && plan.fire[place.instruction].apart == 1 {
            // Between groups of scores, groups of neurons do not fire.
            for (passed, channels) in passed.chunks_mut(align).zip(channels.chunks(align)) {
                passed.fill(channels.iter().all(Option::is_none));
            }
        }
        let worth = |theta: i64| {
            let vector = &plan.vector[place.instruction];
            let worth = if vector.unary == 1 { 1 } else { 1 << vector.steps.saturating_sub(1).min(62) };
            theta.saturating_mul(worth)
        };
        let steps = match place.unit {
            Unit::Engine | Unit::Softmax => plan.fire[place.instruction].steps,
            Unit::Vector => plan.vector[place.instruction].steps,
        };
        Self {
            name: place.name.clone(),
            unit: place.unit,
            instruction: place.instruction,
            index,
            first_row: place.first_row,
            rows: place.rows,
            pieces: place.pieces,
            span: if place.pieces > 1 { place.span } else { channels.len() },
            piece: 0,
            channels,
            passed,
            own_channels,
            shift: place.shift,
            first: place.theta.map(worth),
            steps: usize::try_from(steps).unwrap_or(usize::MAX),
            next: Place { row: 0, first: 0, step: 0 },
            sample: 0,
            again: false,
            read: (0, 0, 0),
            compared: Compared::default(),
        }
    }

    /// Of neurons that another instruction has computed before: compared all the same, but counted once.
    pub fn again(mut self) -> Self {
        self.again = true;
        self
    }

    /// Position of the first neuron that an instruction computes.
    pub fn first(&self, instruction: usize) -> usize {
        instruction.saturating_sub(self.instruction) * self.span
    }

    /// Neurons that the hardware computes.
    pub fn neurons(&self) -> Range<usize> {
        self.first_row * self.own_channels..(self.first_row + self.rows) * self.own_channels
    }

    /// Compares a group after a local time-step; whether the layer is complete for its sample.
    pub fn check(
        &mut self,
        beat: &Beat<'_>,
        place: Option<Place>,
        inside: &Inside,
    ) -> Result<bool, Box<FirstMismatch>> {
        let Place { row, first, step } = self.next;
        let at = |mismatch: Box<FirstMismatch>| {
            mismatch.at(self.sample, &self.name, u32::try_from(step + 1).unwrap_or(u32::MAX))
        };
        let place = place.unwrap_or(Place { step: beat.step, ..self.next });
        if place != self.next {
            let message = format!(
                "neurons from {} of row {} fire in local time-step {}; those from {first} of row {row} are due in {}",
                place.first,
                place.row,
                place.step + 1,
                step + 1
            );
            return Err(at(FirstMismatch::new(What::Order, beat.cycle, message)));
        }
        let Some(record) = inside.get(self.sample).and_then(|r| r.layers.get(self.index)) else {
            let message = "neurons fire for a sample that has not begun";
            return Err(at(FirstMismatch::new(What::Order, beat.cycle, message)));
        };
        for lane in 0..beat.lanes() {
            let rtl = beat.neuron(lane);
            let Some(channel) = self.channels.get(first + lane).copied().flatten() else {
                if rtl.spike == 0 {
                    continue;
                }
                let message = "a lane without a neuron fires";
                return Err(at(FirstMismatch::new(What::Neuron, beat.cycle, message)));
            };
            let expected = record.state(step, (self.first_row + row) * self.own_channels + channel);
            let same = |expected: crate::hardware::NeuronState| {
                let membranes = self.unit != Unit::Engine || expected.membrane << self.shift == rtl.membrane;
                (expected.spike, expected.tracer) == (rtl.spike, rtl.tracer) && membranes
            };
            if !expected.is_some_and(same) {
                let mut mismatch = at(FirstMismatch::new(
                    What::Neuron,
                    beat.cycle,
                    format!("a neuron differs from the golden model (instruction {})", self.instruction),
                ));
                mismatch.row = Some(row);
                mismatch.channel = Some(channel);
                mismatch.rtl = Some(rtl);
                mismatch.golden = expected;
                return Err(mismatch);
            }
            self.compared.spikes += 1;
            self.compared.fired += u64::from(rtl.spike != 0);
            self.compared.neurons += u64::from(!self.again && step + 1 == self.steps);
        }
        // Step by step, group by group, row by row.
        self.next.step += 1;
        if self.next.step < self.steps {
            return Ok(false);
        }
        self.next.step = 0;
        self.next.first += beat.lanes();
        while self.passed.get(self.next.first) == Some(&true) {
            self.next.first += 1;
        }
        if self.next.first < ((self.piece + 1) * self.span).min(self.channels.len()) {
            return Ok(false);
        }
        self.next.first = self.piece * self.span;
        self.next.row += 1;
        if self.next.row < self.rows {
            return Ok(false);
        }
        self.next.row = 0;
        self.piece = (self.piece + 1) % self.pieces;
        self.next.first = self.piece * self.span;
        if self.piece > 0 {
            return Ok(false);
        }
        self.sample += 1;
        Ok(true)
    }

    /// Compares a number that the layer reads; whether it was the last of its sample.
    pub fn read(&mut self, value: i64, cycle: u64, inside: &Inside) -> Result<bool, Box<FirstMismatch>> {
        let (sample, row, channel) = self.read;
        let record = inside.get(sample).and_then(|r| r.layers.get(self.index));
        let neuron = row * self.own_channels + channel;
        let expected = record.and_then(|record| match self.first {
            None => record.input(neuron),
            // The membrane before the first local time-step.
            Some(theta) => record
                .state(0, neuron)
                .map(|first| (first.membrane + i64::from(first.spike) * theta) << self.shift),
        });
        if expected != Some(value) {
            let message = match expected {
                Some(expected) => format!(
                    "what the neurons read is {value}, not {expected} (instruction {})",
                    self.instruction
                ),
                None => "a row is read for a sample that has not begun".to_owned(),
            };
            let mut mismatch = FirstMismatch::new(What::Neuron, cycle, message).at(sample, &self.name, 1);
            mismatch.row = Some(row);
            mismatch.channel = Some(channel);
            return Err(mismatch);
        }
        self.read.2 += 1;
        if self.read.2 < self.own_channels {
            return Ok(false);
        }
        self.read = (sample, row + 1, 0);
        if row + 1 < self.rows {
            return Ok(false);
        }
        self.read = (sample + 1, 0, 0);
        Ok(true)
    }

    /// Whether exactly this many samples are complete.
    pub fn is_at(&self, samples: usize) -> bool {
        let reads = self.unit == Unit::Engine || self.read == (samples, 0, 0);
        self.sample == samples && self.next == Place { row: 0, first: 0, step: 0 } && reads
    }
}

/// Marks the positions behind the last neurons of each chunk, of which `lanes` fire together, up to a whole group.
fn pass(passed: &mut [bool], fire: &Fire, lanes: usize, group: usize) {
    let inner = fire.inner.max(1);
    let mut first = 0;
    for chunk in 1..=fire.chunks {
        let elements = if chunk.is_multiple_of(inner) { fire.tail } else { fire.full };
        let elements = usize::try_from(elements).unwrap_or(usize::MAX);
        let next = first + elements.next_multiple_of(group);
        for position in first + elements.next_multiple_of(lanes)..next {
            if let Some(position) = passed.get_mut(position) {
                *position = true;
            }
        }
        first = next;
    }
}
