//! Cycles of a sample, from its spikes: a model of the stages and of what they wait for.
//!
//! Fetch takes a cycle for each word of spikes, and more where it has more spikes than fit a cycle. A chunk fires while
//! the next one is accumulated: each group for its local time-steps, or for its elements where they are taken one by
//! one. The vector unit takes a cycle for each channel. Rows begin when their conditions hold.

use super::isa::{Fetch, Fire, Vector};
use super::plan::{Plan, Source};

/// What an instruction takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// Cycles in which words of spikes are read; 0 in the vector unit.
    pub fetch: u64,
    /// Cycles in which groups fire or elements are taken; in the vector unit, in which channels are.
    pub fire: u64,
    /// Events.
    pub events: u64,
    /// The cycle in which the first row begins.
    pub begin: u64,
    /// The cycle in which the last row is complete.
    pub end: u64,
}

/// Estimated cycles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// From the first row to the last logit.
    pub total: u64,
    /// Of each matrix product.
    pub engine: Vec<Busy>,
    /// Of each vector instruction.
    pub vector: Vec<Busy>,
}

/// Cycles from a result to its being in memory.
const LATENCY: u64 = 8;
/// Cycles in which LayerNorm computes a root; a row of the next follows meanwhile.
const ROOT: u64 = 64;

struct Model<'a> {
    plan: &'a Plan,
    /// For each unit, the cycle in which each of its rows is complete.
    progress: [Vec<u64>; 4],
    estimate: Estimate,
    /// Ends of the last chunk's fetch, of its firing, of softmax, of the vector unit.
    fetched: u64,
    fired: u64,
    softmax: u64,
    vector: u64,
}

/// Estimates a sample. `raw` are its elements, `levels` those of each layer, row by row, in the order of
/// [`Plan::layers`].
pub fn estimate(plan: &Plan, raw: &[i32], levels: &[&[i32]]) -> Estimate {
    let mut model = Model {
        plan,
        progress: Default::default(),
        estimate: Estimate::default(),
        fetched: 0,
        fired: 0,
        softmax: 0,
        vector: 0,
    };
    let engine = rows(plan.fetch.iter().map(|f| f.rows));
    let vector = rows(plan.vector.iter().map(|v| v.rows));
    model.estimate.engine = vec![Busy::default(); plan.fetch.len()];
    model.estimate.vector = vec![Busy::default(); plan.vector.len()];
    let (mut e, mut v) = (0, 0);
    let mut counts = Vec::new();
    while e < engine.len() || v < vector.len() {
        let next =
            engine.get(e).and_then(|&(n, r)| Some((n, r, model.start(fetch_waits(&plan.fetch[n]), r)?)));
        if let Some((n, row, start)) = next {
            if row == 0 {
                counts = spikes(plan, n, raw, levels);
            }
            model.engine_row(n, row, start, &counts);
            e += 1;
            continue;
        }
        let next =
            vector.get(v).and_then(|&(n, r)| Some((n, r, model.start(vector_waits(&plan.vector[n]), r)?)));
        match next {
            Some((n, row, start)) => model.vector_row(n, row, start),
            // Conditions that never hold: there is no such program.
            None => break,
        }
        v += 1;
    }
    let ends = model.progress.iter().flatten();
    model.estimate.total = ends.copied().max().unwrap_or(0);
    model.estimate
}

/// Instruction and row of each row of a list.
fn rows(list: impl Iterator<Item = u128>) -> Vec<(usize, usize)> {
    list.enumerate().flat_map(|(n, rows)| (0..number(rows)).map(move |r| (n, r))).collect()
}

fn number(value: u128) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn fetch_waits(f: &Fetch) -> [[u128; 3]; 2] {
    [[f.wait0_unit, f.wait0_base, f.wait0_step], [f.wait1_unit, f.wait1_base, f.wait1_step]]
}

fn vector_waits(v: &Vector) -> [[u128; 3]; 2] {
    [[v.wait0_unit, v.wait0_base, v.wait0_step], [v.wait1_unit, v.wait1_base, v.wait1_step]]
}

impl Model<'_> {
    /// The cycle in which the conditions hold; none if that is not known yet.
    fn start(&self, waits: [[u128; 3]; 2], row: usize) -> Option<u64> {
        let mut start = 0;
        for [unit, base, step] in waits {
            let needed = number(base) + row * number(step);
            if unit > 0 && needed > 0 {
                start = start.max(*self.progress[number(unit)].get(needed - 1)?);
            }
        }
        Some(start)
    }

    fn engine_row(&mut self, n: usize, row: usize, start: u64, counts: &[Vec<u32>]) {
        let (f, fire) = (&self.plan.fetch[n], &self.plan.fire[n]);
        let m = &self.plan.machine;
        let places = m.fetch_width / m.fire_lanes;
        let mut begin = self.fetched.max(start);
        if row == 0 {
            self.estimate.engine[n].begin = begin;
        }
        for outer in 0..number(f.outer) {
            let (mut fetch, mut events) = (0, 0);
            let slice = outer * number(f.slice_step)..outer * number(f.slice_step) + number(f.slice_groups);
            for counts in counts {
                for word in self.pixels(n, row) {
                    let first = word * places;
                    for word in slice.start / places..slice.end.div_ceil(places) {
                        let groups = slice.start.max(word * places)..slice.end.min((word + 1) * places);
                        let own = counts.get(first + groups.start..first + groups.end).unwrap_or(&[]);
                        let count: u64 = own.iter().map(|&c| u64::from(c)).sum();
                        fetch += count.div_ceil(m.spikes as u64).max(1);
                        events += count;
                    }
                }
            }
            for inner in 0..number(f.inner) {
                let firing = chunk_cycles(fire, inner + 1 == number(f.inner), m.fire_lanes as u64);
                // Sums are replaced when the chunk before has left them.
                let end = (begin + fetch).max(self.fired);
                self.fired = end + firing;
                self.fetched = end;
                begin = end;
                let busy = &mut self.estimate.engine[n];
                busy.fetch += fetch;
                busy.fire += firing;
                busy.events += events;
            }
        }
        let mut end = self.fired + LATENCY;
        let unit = if fire.serial == 2 { 2 } else { 1 };
        if unit == 2 {
            // A group's levels follow when its last score is there; the row takes as long again.
            let elements = number(fire.chunks / fire.inner.max(1)) as u64
                * number((fire.inner - 1) * fire.full + fire.tail) as u64;
            self.softmax = end.max(self.softmax) + elements;
            end = self.softmax + LATENCY;
        }
        self.progress[unit].push(end);
        self.estimate.engine[n].end = end;
    }

    /// First words of what a row reads in a step.
    fn pixels(&self, n: usize, row: usize) -> Vec<usize> {
        let f = &self.plan.fetch[n];
        let first = self.plan.sources[n].offset;
        let columns = number(f.columns);
        if columns == 0 {
            let segments = 0..number(f.segments);
            let word = first + row * number(f.row_stride);
            return segments.map(|segment| word + segment * number(f.segment_stride)).collect();
        }
        let entry = |at: u128, o: usize| self.plan.windows[number(at) + o];
        let line = entry(f.line_entries, row / columns);
        let column = entry(f.column_entries, row % columns);
        let word = first + line.source + column.source;
        let taps = (0..line.count).flat_map(|i| (0..column.count).map(move |j| (i, j)));
        taps.map(|(i, j)| word + i * number(f.line_stride) + j * number(f.segment_stride)).collect()
    }

    fn vector_row(&mut self, n: usize, row: usize, start: u64) {
        let v = &self.plan.vector[n];
        // An instruction begins when the one before is complete.
        let before = if row == 0 { self.progress[3].last().copied().unwrap_or(0) } else { 0 };
        let begin = self.vector.max(start).max(before);
        let cycles = number(v.channels) as u64;
        self.vector = begin + cycles;
        // LayerNorm reads a row, computes its root, and reads it again.
        let end = self.vector + LATENCY + if v.op == 3 { ROOT + cycles } else { 0 };
        let busy = &mut self.estimate.vector[n];
        if row == 0 {
            busy.begin = begin;
        }
        busy.fire += cycles;
        busy.end = end;
        self.progress[3].push(end);
    }
}

/// Cycles in which a chunk fires.
fn chunk_cycles(fire: &Fire, last: bool, fire_lanes: u64) -> u64 {
    let elements = number(if last { fire.tail } else { fire.full }) as u64;
    let groups = elements.div_ceil(fire_lanes);
    // A search in a table goes on while the group before fires.
    let search = if fire.table == 1 { number(fire.probes) as u64 + 2 } else { 0 };
    let steps = if fire.neurons == 1 { groups * search.max(number(fire.steps) as u64) } else { groups };
    if fire.serial > 0 { steps.max(elements) } else { steps }
}

/// Spikes of each group of a value in each step: row by row, as groups lie in words.
fn spikes(plan: &Plan, n: usize, raw: &[i32], levels: &[&[i32]]) -> Vec<Vec<u32>> {
    let (m, own) = (&plan.machine, &plan.own.input);
    let (f, Source { layer, row_words, positions, .. }) = (&plan.fetch[n], &plan.sources[n]);
    let row_groups = row_words * m.fetch_width / m.fire_lanes;
    let steps = number(f.steps);
    let element = |k: usize| match layer {
        Some(layer) => levels[*layer][k],
        None => raw[own.order.as_ref().map_or(k, |order| order[k])] - own.zero_point,
    };
    let count = layer.map_or(raw.len(), |layer| levels[layer].len());
    let rows = count / positions.len().max(1);
    let mut counts = vec![vec![0; rows * row_groups]; steps];
    for row in 0..rows {
        for (channel, position) in positions.iter().enumerate() {
            let most = element(row * positions.len() + channel).unsigned_abs();
            let group = row * row_groups + position / m.fire_lanes;
            for (step, counts) in counts.iter_mut().enumerate() {
                counts[group] += match f.doubling {
                    1 => most >> (steps - 1 - step) & 1,
                    _ => u32::from((step as u64) < u64::from(most)),
                };
            }
        }
    }
    counts
}
