//! How many cycles a design takes: its pipeline played row by row with measured spikes.
//!
//! A stage takes a row when it is free, the row is there and there is room for what becomes of the row before it. What a
//! row costs is stated in the contract of its module (`rtl/`); `Unit::cost` says the same in numbers. FIFOs hold whole
//! rows, as many as their depth has beats for.

use super::activity::Activity;
use super::flow::{Flow, flows};
use crate::design::{Design, Kind, Stage};

/// Cycles of a design.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycles {
    /// Cycles from the end of one sample to the end of the next; of the only sample, from its begin.
    pub per_sample: f64,
    /// By stage: cycles a sample in which it is busy with rows.
    pub busy: Vec<f64>,
}

impl Cycles {
    /// The stage that is busy longest.
    pub fn busiest(&self) -> Option<usize> {
        (0..self.busy.len()).max_by(|&a, &b| self.busy[a].total_cmp(&self.busy[b]))
    }
}

/// Plays all samples of `activity` one after the other.
pub fn cycles(design: &Design, activity: &Activity) -> Cycles {
    let mut pipeline = Pipeline::new(design);
    let mut ends = Vec::new();
    for sample in &activity.samples {
        let flows = flows(design, activity, sample);
        pipeline.enter(&flows);
        ends.push(pipeline.play(&flows));
    }
    let samples = ends.len();
    let per_sample = match (ends.first(), ends.last()) {
        (Some(&first), Some(&last)) if samples > 1 => (last - first) as f64 / (samples - 1) as f64,
        (Some(&only), _) => only as f64,
        (None, _) => 0.0,
    };
    let busy = pipeline.units.iter().map(|unit| unit.busy as f64 / samples.max(1) as f64).collect();
    Cycles { per_sample, busy }
}

/// Rows on a stream, of the sample that is under way and, for the room in the FIFO, of the one before it.
#[derive(Clone, Debug, Default)]
struct Lane {
    /// When a row was there for the reader.
    there: Vec<u64>,
    /// When the reader had taken it.
    taken: Vec<u64>,
    /// The last ones of the sample before.
    before: Vec<u64>,
    /// Whole rows that the FIFO holds.
    room: usize,
}

impl Lane {
    /// When row `n` may be sent; none while that is not known.
    fn open(&self, n: usize) -> Option<u64> {
        match n.checked_sub(self.room + 1) {
            Some(m) => self.taken.get(m).copied(),
            // Counted from the end of the sample before.
            None => {
                let back = self.room + 1 - n;
                Some(self.before.len().checked_sub(back).map_or(0, |m| self.before[m]))
            }
        }
    }
}

/// A stage at work.
#[derive(Clone, Debug, Default)]
struct Unit {
    step: usize,
    row: usize,
    /// Rows taken of the right operand in this time-step.
    right: usize,
    /// When it is free for the next row.
    free: u64,
    /// When the last row that goes out has left, and the one before it.
    drained: [u64; 2],
    /// Rows that something fired in in the time-step before.
    fired: Vec<bool>,
    sent: usize,
    taken: Vec<usize>,
    busy: u64,
    done: bool,
}

struct Pipeline<'a> {
    design: &'a Design,
    lanes: Vec<Lane>,
    units: Vec<Unit>,
}

/// Cycles between a row's last beat in and its last beat out, about, in any stage.
const LATENCY: u64 = 4;

/// Events that wait in an engine after their row was taken.
const WAITING: u64 = 10;

impl<'a> Pipeline<'a> {
    fn new(design: &'a Design) -> Self {
        let lane = |stream: &crate::design::Stream| {
            let room = stream.depth / stream.chunks().max(1);
            Lane { room, ..Lane::default() }
        };
        let unit = |stage: &Stage| Unit { taken: vec![0; stage.inputs.len()], ..Unit::default() };
        Self {
            design,
            lanes: design.streams.iter().map(lane).collect(),
            units: design.stages.iter().map(unit).collect(),
        }
    }

    /// A sample is offered as soon as the input stream takes it.
    fn enter(&mut self, flows: &[Flow]) {
        for lane in &mut self.lanes {
            let keep = lane.taken.len().saturating_sub(lane.room + 1);
            lane.before.extend(lane.taken.drain(..).skip(keep));
            let extra = lane.before.len().saturating_sub(lane.room + 1);
            lane.before.drain(..extra);
            lane.there.clear();
        }
        let beats = self.design.streams[0].chunks() as u64;
        let mut time = 0;
        for n in 0..flows[0].events.len() {
            // Rows that do not wait for others; the first stage is what holds them up.
            time = self.lanes[0].open(n.min(self.lanes[0].room)).unwrap_or(0).max(time) + beats;
            self.lanes[0].there.push(time);
        }
        for (unit, stage) in self.units.iter_mut().zip(&self.design.stages) {
            *unit = Unit {
                free: unit.free,
                drained: unit.drained,
                busy: unit.busy,
                taken: vec![0; stage.inputs.len()],
                ..Unit::default()
            };
        }
    }

    /// Plays a sample; when the readout is done with it.
    fn play(&mut self, flows: &[Flow]) -> u64 {
        loop {
            let mut moved = false;
            for index in 0..self.units.len() {
                while !self.units[index].done && self.row(index, flows).is_some() {
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        self.units.iter().map(|unit| unit.free).max().unwrap_or(0)
    }

    /// Lets a stage take one row; none while it cannot.
    fn row(&mut self, index: usize, flows: &[Flow]) -> Option<()> {
        let stage = &self.design.stages[index];
        let unit = &self.units[index];
        let inputs: Vec<&Flow> = stage.inputs.iter().map(|&s| &flows[s]).collect();
        let steps = inputs.iter().map(|flow| flow.steps()).max().unwrap_or(1);
        let out = stage.outputs.first().map(|&s| &flows[s]);
        let all = out.map_or(steps, Flow::steps);
        if unit.step >= all {
            self.units[index].done = true;
            return Some(());
        }
        if let Kind::Product(product) = &stage.kind {
            let right = inputs[1];
            if unit.step < right.steps() && unit.right < right.rows {
                let there = *self.lanes[stage.inputs[1]].there.get(unit.taken[1])?;
                let events = u64::from(right.at(unit.step, unit.right));
                let beats = self.beats(stage.inputs[1], events);
                let cost = (events * product.right_cycles() as u64).max(beats).max(1);
                let unit = &mut self.units[index];
                unit.free = (unit.free + cost).max(there + 1);
                unit.busy += cost;
                unit.right += 1;
                unit.taken[1] += 1;
                let at = unit.free;
                self.lanes[stage.inputs[1]].taken.push(at);
                return Some(());
            }
        }
        // What has to be there.
        let mut there = 0;
        let mut takes = Vec::new();
        for (port, (&stream, flow)) in stage.inputs.iter().zip(&inputs).enumerate() {
            let skips = match &stage.kind {
                Kind::Product(_) => port == 1,
                Kind::Sum(sum) => {
                    !(sum.parts[port].0..sum.parts[port].0 + sum.parts[port].1).contains(&unit.row)
                }
                Kind::Softmax(_) => port == 1 && (unit.step > 0 || unit.row > 0),
                Kind::Reorder(_) | Kind::Mask(_) => true,
                Kind::Embedding(_) => unit.taken[port] == flow.events.len(),
                _ => false,
            };
            if !skips && unit.step < flow.steps() {
                there = there.max(*self.lanes[stream].there.get(unit.taken[port])?);
                takes.push(port);
            }
        }
        // A whole sample before anything goes out.
        if matches!(stage.kind, Kind::Reorder(_) | Kind::Mask(_)) {
            let all = flows[stage.inputs[0]].events.len();
            there = *self.lanes[stage.inputs[0]].there.get(all - 1)?;
            takes = if unit.row == 0 { vec![0; all] } else { Vec::new() };
        }
        let sends = match &stage.kind {
            Kind::Select(select) => (select.first..select.first + select.count).contains(&unit.row),
            _ => true,
        };
        let mut room = 0;
        if sends {
            for &output in &stage.outputs {
                room = room.max(self.lanes[output].open(unit.sent)?);
            }
        }
        let (step, row) = (unit.step, unit.row);
        let events = inputs.first().map_or(0, |flow| u64::from(flow.at(step, row)));
        let (cost, beats) = self.cost(stage, unit, flows, events);
        let rows = match &stage.kind {
            Kind::Reorder(_) | Kind::Mask(_) | Kind::Embedding(_) => out.map_or(1, |flow| flow.rows),
            Kind::Sum(sum) => sum.rows,
            _ => inputs.first().map_or(1, |flow| flow.rows),
        };
        let fires = stage.is_neurons() && out.is_some_and(|flow| flow.at(step, row) > 0);
        let engine = matches!(stage.kind, Kind::SpikeMatmul(_) | Kind::AnalogMatmul(_) | Kind::Product(_));
        let unit = &mut self.units[index];
        let start = unit.free.max(if engine { unit.drained[0] } else { room });
        let end = (start + cost).max(there + 1);
        unit.busy += cost;
        unit.free = end;
        let gone = if engine {
            let gone = end.max(unit.drained[1]).max(room) + beats;
            unit.drained = [unit.drained[1], gone];
            gone
        } else {
            end
        };
        if unit.fired.len() < rows {
            unit.fired.resize(rows, false);
        }
        unit.fired[row] = fires;
        let waiting = match &stage.kind {
            Kind::SpikeMatmul(m) | Kind::AnalogMatmul(m) => {
                let entries = u64::from(inputs[0].busiest(step, row, m.banks));
                entries.min(WAITING) * m.out_chunks() as u64
            }
            _ => 0,
        };
        unit.row += 1;
        if unit.row == rows {
            (unit.row, unit.right) = (0, 0);
            unit.step += 1;
        }
        if sends {
            unit.sent += 1;
        }
        for &port in &takes {
            unit.taken[port] += 1;
            self.lanes[stage.inputs[port]].taken.push(end - waiting.min(cost));
        }
        if sends {
            for &output in &stage.outputs {
                self.lanes[output].there.push(gone + LATENCY);
            }
        }
        Some(())
    }

    /// Beats of a row with so many events.
    fn beats(&self, stream: usize, events: u64) -> u64 {
        if events == 0 { 1 } else { self.design.streams[stream].chunks() as u64 }
    }

    /// Cycles that a stage takes for a row, and beats in which it leaves where that comes after.
    fn cost(&self, stage: &Stage, unit: &Unit, flows: &[Flow], events: u64) -> (u64, u64) {
        let input = stage.inputs.first().map_or(1, |&s| self.beats(s, events));
        let output = stage.outputs.first().map_or(1, |&s| {
            let chunks = self.design.streams[s].chunks() as u64;
            if flows[s].at(unit.step, unit.row) == 0 && self.design.streams[s].has_flags() {
                1
            } else {
                chunks
            }
        });
        let changes = events > 0 || unit.fired.get(unit.row) == Some(&true);
        match &stage.kind {
            Kind::SpikeMatmul(m) | Kind::AnalogMatmul(m) => {
                // A bank that has no event more waits for those that have.
                let entries = u64::from(flows[stage.inputs[0]].busiest(unit.step, unit.row, m.banks));
                ((entries * m.out_chunks() as u64).max(input), output)
            }
            Kind::Product(product) => {
                // Rows leave through the same pipeline.
                ((events * product.left_cycles() as u64).max(input) + output, 0)
            }
            Kind::Neurons(neurons) => (if changes { neurons.chunks() as u64 } else { 1 }, 0),
            Kind::Norm(norm) => {
                let root = u64::from(norm.norm.square_width.div_ceil(2)) + 1;
                (if changes { (norm.chunks() as u64).max(root) } else { 1 }, 0)
            }
            Kind::Softmax(softmax) => (if changes { softmax.chunks() as u64 } else { 1 }, 0),
            Kind::Reorder(_) => (self.design.streams[stage.outputs[0]].chunks() as u64, 0),
            Kind::Mask(_) => (1, 0),
            Kind::Readout(_) => (input, 0),
            Kind::Sum(_)
            | Kind::Scale(_)
            | Kind::Fork
            | Kind::Select(_)
            | Kind::Embedding(_)
            | Kind::Repeat(_)
            | Kind::AnalogPass(_) => (input.max(output), 0),
        }
    }
}
