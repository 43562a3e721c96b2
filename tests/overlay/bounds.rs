//! Every address that a program can produce, from its instructions alone, as `docs/overlay.md` describes them: intervals over
//! all rows, steps and chunks, and for weights and operands every neuron that can spike. The compiler has no part in it.

use std::collections::{BTreeMap, BTreeSet};

use snn2rtl::overlay::isa::{Fetch, Fire, Vector};
use snn2rtl::overlay::{Machine, Plan};

/// The largest address of each memory, or what lies outside.
pub type Reached = BTreeMap<&'static str, i128>;

/// What the addresses of a program reach.
///
/// # Errors
/// Names an instruction that leaves a memory, or counts further than the machine.
pub fn reached(plan: &Plan) -> Result<Reached, String> {
    let mut bounds = Bounds { plan, m: &plan.machine, reached: Reached::new() };
    bounds.input()?;
    if plan.sources.len() != plan.fetch.len() || plan.fetch.len() != plan.fire.len() {
        return Err("lists of different lengths".into());
    }
    for (n, f) in plan.fetch.iter().enumerate() {
        bounds.fetch(n, f).map_err(|problem| format!("fetch {n}: {problem}"))?;
    }
    for (n, f) in plan.fire.iter().enumerate() {
        bounds.fire(f).map_err(|problem| format!("fire {n}: {problem}"))?;
    }
    for (n, v) in plan.vector.iter().enumerate() {
        bounds.vector(v).map_err(|problem| format!("vector {n}: {problem}"))?;
    }
    Ok(bounds.reached)
}

struct Bounds<'a> {
    plan: &'a Plan,
    m: &'a Machine,
    reached: Reached,
}

fn i(value: u128) -> i128 {
    i128::try_from(value).expect("a field of less than 128 bits")
}

/// From 0 to `count - 1` times a distance.
fn span(count: i128, stride: u128) -> i128 {
    (count - 1).max(0) * i(stride)
}

impl Bounds<'_> {
    /// Notes that a memory is touched from one address to another.
    fn touch(&mut self, memory: &'static str, from: i128, to: i128, depth: usize) -> Result<(), String> {
        if from < 0 || to < from || to >= depth as i128 {
            return Err(format!("{from}..={to} of {depth} words of {memory}"));
        }
        let most = self.reached.entry(memory).or_insert(0);
        *most = (*most).max(to);
        Ok(())
    }

    fn count(&self, what: &str, value: u128, most: usize) -> Result<(), String> {
        match value >= 1 && value <= most as u128 {
            true => Ok(()),
            false => Err(format!("{value} {what}, of at most {most}")),
        }
    }

    /// Both conditions: what is waited for is at most all rows of a unit.
    fn waits(&self, waits: [[u128; 3]; 2], rows: u128) -> Result<(), String> {
        let fire = |softmax: bool| {
            let own = self.plan.fire.iter().filter(move |f| (f.serial == 2) == softmax);
            own.map(|f| f.rows).sum::<u128>()
        };
        let all = [u128::MAX, fire(false), fire(true), self.plan.vector.iter().map(|v| v.rows).sum()];
        for [unit, base, step] in waits {
            let last = base + (rows - 1) * step;
            if unit > 0 && last > all[unit as usize] {
                return Err(format!("waits for {last} rows of {}", all[unit as usize]));
            }
        }
        Ok(())
    }

    /// Both halves of the input.
    fn input(&mut self) -> Result<(), String> {
        let own = &self.m.input;
        if own.rows == 0 {
            return Ok(());
        }
        let (rows, steps) = (own.rows as i128, own.steps as i128);
        let words = own.channels.div_ceil(self.m.fetch_width) as i128;
        let last = span(rows, own.row_stride as u128) + span(steps, own.step_stride as u128) + words - 1;
        let base = own.base as i128;
        if last >= own.half as i128 {
            return Err("the halves of the input overlap".into());
        }
        self.touch("spikes", base, base + own.half as i128 + last, self.m.spike_depth)
    }

    fn fetch(&mut self, n: usize, f: &Fetch) -> Result<(), String> {
        let m = self.m;
        self.count("rows", f.rows, m.max_rows)?;
        self.count("steps", f.steps, m.max_fetch_steps)?;
        self.count("outer chunks", f.outer, m.max_outer)?;
        self.count("inner chunks", f.inner, m.max_inner)?;
        self.count("groups", f.slice_step * (f.outer - 1) + f.slice_groups, m.max_groups)?;
        self.waits(
            [[f.wait0_unit, f.wait0_base, f.wait0_step], [f.wait1_unit, f.wait1_base, f.wait1_step]],
            f.rows,
        )?;
        let half = if f.input == 1 { m.input.half as i128 } else { 0 };
        let steps = span(i(f.steps), f.step_stride);
        for row in 0..f.rows {
            for (at, weights) in self.taps(f, row)? {
                for outer in 0..f.outer {
                    let groups = outer * f.slice_step..outer * f.slice_step + f.slice_groups;
                    let neurons = groups.start * m.fire_lanes as u128..groups.end * m.fire_lanes as u128;
                    let (from, to) =
                        (neurons.start / m.fetch_width as u128, (neurons.end - 1) / m.fetch_width as u128);
                    let source = i(f.source) + at;
                    self.touch("spikes", source + i(from), source + half + steps + i(to), m.spike_depth)?;
                    // The step does not matter: it has the same neurons.
                    let Some((first, last)) = self.spiking(n, at, neurons) else { continue };
                    for inner in 0..f.inner {
                        let of_row = if f.diagonal == 1 { row * f.line_words } else { 0 };
                        let word = f.words + of_row + outer * f.outer_words;
                        let word = word + inner * f.inner_words + weights;
                        let mut reached = [first, last].map(|neuron| i((word + neuron) % (1 << 32)));
                        if f.diagonal == 1 {
                            let places = m.lanes.next_power_of_two().max(2) as i128;
                            let lanes = reached.map(|at| at % places);
                            if lanes.iter().any(|&lane| lane >= m.lanes as i128) || lanes[0] > lanes[1] {
                                return Err(format!("lanes {lanes:?} of a word"));
                            }
                            reached = reached.map(|at| at / places);
                        }
                        let [from, to] = reached;
                        let (memory, depth) = match f.operand {
                            1 => ("operands", m.operand_depth),
                            _ => ("weights", self.plan.stream.as_ref().map_or(m.weight_depth, |s| s.words)),
                        };
                        self.touch(memory, from, to, depth)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The first and the last neuron of these positions, from the word `at` of the source on, that can spike.
    fn spiking(&self, n: usize, at: i128, neurons: std::ops::Range<u128>) -> Option<(u128, u128)> {
        let source = &self.plan.sources[n];
        let width = self.m.fetch_width as u128;
        let there: BTreeSet<u128> = source.positions.iter().map(|&p| p as u128).collect();
        let spikes = |neuron: &u128| {
            let word = (source.offset as u128 + at as u128 + neuron / width) % source.row_words as u128;
            there.contains(&(word * width + neuron % width))
        };
        let mut own = neurons.filter(spikes);
        let first = own.next()?;
        Some((first, own.next_back().unwrap_or(first)))
    }

    /// Words of spikes and of weights from those of the instruction, for each tap of a row.
    fn taps(&mut self, f: &Fetch, row: u128) -> Result<Vec<(i128, u128)>, String> {
        if f.columns == 0 {
            self.count("segments", f.segments, self.m.max_segments)?;
            let at = |s: u128| (i(row * f.row_stride + s * f.segment_stride), s * f.segment_words);
            return Ok((0..f.segments).map(at).collect());
        }
        let (line, column) = (i(f.line_entries + row / f.columns), i(f.column_entries + row % f.columns));
        self.touch("windows", line, line, self.m.window_depth)?;
        self.touch("windows", column, column, self.m.window_depth)?;
        let (line, column) = (self.plan.windows[line as usize], self.plan.windows[column as usize]);
        self.count("lines of taps", line.count as u128, self.m.max_segments)?;
        self.count("taps of a line", column.count as u128, self.m.max_segments)?;
        let mut taps = Vec::new();
        for a in 0..line.count as u128 {
            for b in 0..column.count as u128 {
                let at = (line.source + column.source) as u128 + a * f.line_stride + b * f.segment_stride;
                let words = (line.words + column.words) as u128 + a * f.line_words + b * f.segment_words;
                taps.push((i(at), words));
            }
        }
        Ok(taps)
    }

    /// Rows of spikes whose rows have so many groups.
    fn spikes(
        &mut self,
        [first, row, step]: [u128; 3],
        [rows, steps, groups]: [i128; 3],
    ) -> Result<(), String> {
        let last_word = (groups * self.m.fire_lanes as i128 - 1) / self.m.fetch_width as i128;
        let last = i(first) + span(rows, row) + span(steps, step) + last_word;
        self.touch("spikes", i(first), last, self.m.spike_depth)
    }

    fn fire(&mut self, f: &Fire) -> Result<(), String> {
        let (m, w) = (self.m, self.m.fire_lanes as u128);
        self.count("rows", f.rows, m.max_rows)?;
        self.count("chunks", f.chunks, m.max_chunks)?;
        self.count("elements", f.full, m.lanes)?;
        self.count("elements", f.tail, m.lanes)?;
        self.count("inner chunks", f.inner, m.max_inner)?;
        if !f.chunks.is_multiple_of(f.inner) {
            return Err("a part of a sequence of chunks".into());
        }
        let sequences = f.chunks / f.inner;
        let groups = sequences * ((f.inner - 1) * f.full.div_ceil(w) + f.tail.div_ceil(w));
        let elements = sequences * ((f.inner - 1) * f.full + f.tail);
        self.count("groups", groups, m.max_groups)?;
        if f.neurons == 1 {
            self.touch("thresholds", i(f.thresholds), i(f.thresholds + groups) - 1, m.threshold_depth)?;
        }
        let rows = i(f.rows);
        if f.spikes_out == 1 {
            let places = [f.spikes, f.row_stride, f.step_stride];
            self.spikes(places, [rows, i(f.steps), i(groups)])?;
        }
        if f.operand_out == 1 {
            let last = match f.transpose {
                1 => {
                    let final_elements = if f.tail.is_multiple_of(w) { w } else { f.tail % w };
                    let block = span((rows + m.lanes as i128 - 1) / m.lanes as i128, f.operand_stride);
                    block + i((groups - 1) * w + final_elements) - 1
                }
                _ => {
                    self.count("groups of a unit", f.operand_groups, m.lanes / m.fire_lanes)?;
                    span(i(groups.div_ceil(f.operand_groups)), f.operand_stride) + rows - 1
                }
            };
            self.touch("operands", i(f.operand_words), i(f.operand_words) + last, m.operand_depth)?;
        }
        if f.serial == 1 {
            let all = match f.turned {
                1 => (i(elements) - 1) * i(f.sum_stride) + rows,
                _ => (rows - 1) * self.pitch(elements) + i(elements),
            };
            self.touch("sums", i(f.sums), i(f.sums) + all - 1, m.sum_depth)?;
            let row = match (f.per_row, f.turned) {
                (1, _) => all,
                (_, 1) => i(elements * m.row_lanes as u128),
                _ => i(elements),
            };
            self.constants([f.start, f.starts, f.per_channel, f.coefficients], all, row)?;
            let lanes = m.row_lanes as u128;
            let begins = [f.sums, f.sum_stride, f.start * f.starts, f.per_channel * f.coefficients];
            if begins.iter().any(|n| n % lanes != 0) {
                return Err("rows of sums that do not begin in bank 0".into());
            }
            // Only the last chunk of a row may end within a beat.
            let within = (f.inner > 1 && !f.full.is_multiple_of(lanes))
                || (sequences > 1 && !f.tail.is_multiple_of(lanes));
            if f.wide == 1 && within {
                return Err("a beat of two chunks".into());
            }
        }
        if f.serial == 2 {
            let scores = (f.inner - 1) * f.full + f.tail;
            self.count("scores", scores, m.max_group)?;
            let own = scores.div_ceil(w);
            let groups = match f.apart {
                1 => (sequences - 1) * own.next_multiple_of(m.fetch_width as u128 / w) + own,
                _ => sequences * own,
            };
            self.spikes([f.spikes, f.row_stride, f.step_stride], [rows, i(f.steps), i(groups)])?;
            let last = i(f.exponentials + f.exponential_count) - 1;
            self.touch("exponentials", i(f.exponentials), last, m.exp_depth)?;
            if f.masked == 1 {
                self.touch("mask", 0, i(scores) - 1, m.mask_depth)?;
            }
        }
        if f.serial == 3 && f.rows * elements != m.readout.classes as u128 {
            return Err(format!("{} logits of {}", f.rows * elements, m.readout.classes));
        }
        Ok(())
    }

    /// Numbers from one row of sums to the next.
    fn pitch(&self, elements: u128) -> i128 {
        i(elements.next_multiple_of(self.m.row_lanes.max(1) as u128))
    }

    /// Start values of all elements, coefficients of a row.
    fn constants(&mut self, fields: [u128; 4], all: i128, row: i128) -> Result<(), String> {
        let [start, starts, per_channel, coefficients] = fields;
        // Those that come with the weights have no addresses.
        if start == 1 && self.plan.own.streamed_starts == 0 {
            self.touch("starts", i(starts), i(starts) + all - 1, self.m.start_depth)?;
        }
        if per_channel == 1 {
            let first = i(coefficients);
            self.touch("coefficients", first, first + row - 1, self.m.coefficient_depth)?;
        }
        Ok(())
    }

    fn vector(&mut self, v: &Vector) -> Result<(), String> {
        let (m, w) = (self.m, self.m.fire_lanes as u128);
        self.count("rows", v.rows, m.max_rows)?;
        self.count("channels", v.channels, m.max_channels)?;
        self.waits(
            [[v.wait0_unit, v.wait0_base, v.wait0_step], [v.wait1_unit, v.wait1_base, v.wait1_step]],
            v.rows,
        )?;
        let channels = i(v.channels);
        let all = (i(v.rows) - 1) * self.pitch(v.channels) + channels;
        if matches!(v.op, 1 | 3 | 5 | 6) {
            self.touch("sums", i(v.source), i(v.source) + all - 1, m.sum_depth)?;
        }
        if v.op <= 2 || v.op == 7 {
            self.touch("sums", i(v.target), i(v.target) + all - 1, m.sum_depth)?;
            self.constants([v.start, v.starts, v.per_channel, v.coefficients], all, channels)?;
        }
        if matches!(v.op, 2 | 4) {
            self.count("raw elements", v.rows, m.input.count)?;
        }
        if v.op == 7 {
            let last = i(v.table) + (i(v.rows) * channels - 1) * i(v.row_stride);
            self.touch("raw elements", i(v.table), last, m.input.count)?;
        }
        match v.op {
            // Only rows of the table are read.
            2 if let Some(tables) = &self.plan.tables => {
                if i(v.row_stride) * 512 < channels * tables.entry as i128 {
                    return Err("rows of a table overlap".into());
                }
                let (first, units) = (i(v.table), tables.words().len() / 16);
                self.touch("tables", first, first + span(i(v.epsilon) + 1, v.row_stride) - 1, units)?;
            }
            // A sample holds rows of the table only; the first of them is there.
            2 => self.touch("table", i(v.table), i(v.table) + channels - 1, m.table_depth)?,
            3 => {
                let first = i(v.constants);
                self.touch("constants", first, first + channels - 1, m.constant_depth)?;
            }
            4 => self.touch("mask", 0, i(v.rows) - 1, m.mask_depth)?,
            _ => {}
        }
        if matches!(v.op, 3 | 5) {
            let places = [v.spikes, v.row_stride, v.step_stride];
            self.spikes(places, [i(v.rows), i(v.steps), i(v.channels.div_ceil(w))])?;
        }
        Ok(())
    }
}
