//! The overlay's fetch unit: programs, and the words that they read, from `docs/overlay.md`.

use std::path::Path;

use snn2rtl::overlay::isa::Fetch;

use super::images::{Random, Word, unsigned_width, write_image};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

const BATCHES: usize = 4;
const INSTRUCTIONS: usize = 12;
const MOST_PROGRESS: i64 = 40;
const WINDOWS: usize = 24;

struct Case {
    fetch_width: i64,
    fire_lanes: i64,
    /// Bits of addresses: spikes, weights.
    spike_bits: i64,
    word_bits: i64,
    windows: bool,
    maximum: bool,
    /// Words that advance from row to row.
    gates: bool,
    progress_bits: i64,
    /// Most rows, steps, taps, outer chunks, inner chunks, groups of a row.
    most: [i64; 6],
}

const CASES: [Case; 7] = [
    Case {
        fetch_width: 32,
        fire_lanes: 8,
        spike_bits: 8,
        word_bits: 8,
        windows: false,
        maximum: false,
        gates: true,
        progress_bits: 16,
        most: [6, 4, 3, 3, 3, 12],
    },
    Case {
        fetch_width: 8,
        fire_lanes: 8,
        spike_bits: 6,
        word_bits: 7,
        windows: true,
        maximum: true,
        gates: false,
        progress_bits: 6,
        most: [6, 3, 3, 2, 2, 4],
    },
    Case {
        fetch_width: 16,
        fire_lanes: 4,
        spike_bits: 7,
        word_bits: 12,
        windows: true,
        maximum: false,
        gates: true,
        progress_bits: 7,
        most: [9, 4, 3, 3, 2, 9],
    },
    Case {
        fetch_width: 64,
        fire_lanes: 8,
        spike_bits: 8,
        word_bits: 10,
        windows: false,
        maximum: true,
        gates: false,
        progress_bits: 8,
        most: [5, 4, 4, 2, 3, 20],
    },
    Case {
        fetch_width: 4,
        fire_lanes: 4,
        spike_bits: 10,
        word_bits: 12,
        windows: true,
        maximum: true,
        gates: true,
        progress_bits: 16,
        most: [7, 2, 2, 3, 1, 5],
    },
    Case {
        fetch_width: 16,
        fire_lanes: 8,
        spike_bits: 5,
        word_bits: 5,
        windows: false,
        maximum: false,
        gates: false,
        progress_bits: 6,
        most: [1, 1, 1, 1, 1, 2],
    },
    Case {
        fetch_width: 128,
        fire_lanes: 4,
        spike_bits: 4,
        word_bits: 9,
        windows: true,
        maximum: true,
        gates: true,
        progress_bits: 9,
        most: [4, 3, 3, 2, 2, 70],
    },
];

#[test]
fn overlay_fetch() {
    let mut group = Group::new("overlay_fetch");
    let mut random = Random(47);
    for case in CASES {
        group.add_one("overlay_fetch", |base| programs(&mut random, &case, base));
    }
    group.run();
}

/// An entry of the window table.
struct Window {
    count: i64,
    words: i64,
    source: i64,
}

/// A condition that is met sooner or later.
fn condition(random: &mut Random, rows: i64) -> [u128; 3] {
    let step = random.range(0, 3).min(MOST_PROGRESS / rows);
    [random.range(0, 3), random.range(0, MOST_PROGRESS - step * (rows - 1)), step].map(|v| v as u128)
}

fn instruction(random: &mut Random, case: &Case, n: usize) -> Fetch {
    let [rows, steps, taps, outer, inner, groups] =
        case.most.map(|most| if random.once_in(4) { most } else { random.range(1, most) });
    // All slices lie within the groups that can be counted.
    let slice_groups = random.range(1, groups);
    let slice_step = if outer > 1 { random.range(0, (groups - slice_groups) / (outer - 1)) } else { 0 };
    let [wait0, wait1] = [0, 1].map(|_| condition(random, rows));
    let windowed = case.windows && random.once_in(2);
    let columns = if windowed { random.range(1, rows) } else { 0 };
    let half = WINDOWS as i64 / 2;
    let (lines, columns_in_table) = if windowed { ((rows + columns - 1) / columns, columns) } else { (1, 1) };
    let line_entries = random.range(0, (half - lines).max(0));
    let column_entries = half + random.range(0, (half - columns_in_table).max(0));
    let mut any = |bits: i64| random.range(0, (1 << bits.min(30)) - 1) as u128;
    let (spike, word) = (case.spike_bits, case.word_bits);
    Fetch {
        last: u128::from(n + 1 == INSTRUCTIONS),
        operand: any(1),
        doubling: any(1),
        input: u128::from(any(2) == 0),
        maximum: if case.maximum { any(1) } else { 0 },
        diagonal: if case.gates && !windowed { any(1) } else { 0 },
        wait0_unit: wait0[0],
        wait0_base: wait0[1],
        wait0_step: wait0[2],
        wait1_unit: wait1[0],
        wait1_base: wait1[1],
        wait1_step: wait1[2],
        rows: rows as u128,
        source: any(spike),
        row_stride: any(spike.min(16)),
        steps: steps as u128,
        step_stride: any(spike),
        segments: taps as u128,
        segment_stride: any(spike.min(16)),
        columns: columns as u128,
        line_entries: line_entries as u128,
        column_entries: column_entries as u128,
        line_stride: any(spike),
        line_words: any(word),
        outer: outer as u128,
        inner: inner as u128,
        slice_step: slice_step as u128,
        slice_groups: slice_groups as u128,
        words: any(word),
        outer_words: any(word),
        inner_words: any(word),
        segment_words: any(word),
    }
}

/// What a sample's program reads and sends.
struct Machine<'a> {
    case: &'a Case,
    windows: &'a [Window],
    /// Spike memory: neurons that spike, with their signs.
    spikes: &'a [Vec<Option<bool>>],
    input_half: i64,
    input_rows: i64,
    reads: Beats,
    needs: Vec<Word>,
    output: Beats,
    /// Cycles of an instruction, if nothing holds it back.
    cycles: i64,
}

impl Machine<'_> {
    /// Taps of a row: words of spikes and of weights from the instruction's own.
    fn taps(&self, i: &Fetch, row: i64) -> Vec<(i64, i64)> {
        let field = |v: u128| v as i64;
        if i.columns == 0 {
            let at =
                |s| (row * field(i.row_stride) + s * field(i.segment_stride), s * field(i.segment_words));
            return (0..field(i.segments)).map(at).collect();
        }
        let (line, column) = (row / field(i.columns), row % field(i.columns));
        let l = &self.windows[(field(i.line_entries) + line) as usize];
        let c = &self.windows[(field(i.column_entries) + column) as usize];
        let tap = |a: i64, b: i64| {
            (
                l.source + c.source + a * field(i.line_stride) + b * field(i.segment_stride),
                l.words + c.words + a * field(i.line_words) + b * field(i.segment_words),
            )
        };
        (0..l.count).flat_map(|a| (0..c.count).map(move |b| tap(a, b))).collect()
    }

    fn run(&mut self, i: &Fetch, sample: usize) {
        let field = |v: u128| v as i64;
        for row in 0..field(i.rows) {
            let mut needs = [0i64; 4];
            for (unit, base, step) in
                [(i.wait0_unit, i.wait0_base, i.wait0_step), (i.wait1_unit, i.wait1_base, i.wait1_step)]
            {
                if unit > 0 {
                    let need = &mut needs[unit as usize - 1];
                    *need = (*need).max(field(base) + row * field(step));
                }
            }
            let windowed = i.columns != 0;
            if i.input == 1 {
                needs[3] = if windowed { self.input_rows } else { row + 1 };
            }
            let line_begins = windowed && row % field(i.columns) == 0;
            self.cycles += if line_begins {
                4
            } else if windowed {
                3
            } else {
                2
            };
            let taps = self.taps(i, row);
            let half = if i.input == 1 && sample % 2 == 1 { self.input_half } else { 0 };
            for outer in 0..field(i.outer) {
                for inner in 0..field(i.inner) {
                    let words = field(i.words) + outer * field(i.outer_words) + inner * field(i.inner_words);
                    // The highest bit says that a lane of a word is meant.
                    let place = field(i.diagonal) << (self.case.word_bits - 1);
                    let of_row = if i.diagonal == 1 { row * field(i.line_words) } else { 0 };
                    let words = words + of_row + place;
                    let first = outer * field(i.slice_step);
                    let slice = first..first + field(i.slice_groups);
                    // The order of steps and taps.
                    let steps = 0..field(i.steps);
                    let tap_count = taps.len();
                    let order: Vec<(i64, usize)> = match i.maximum {
                        1 => (0..tap_count).flat_map(|t| steps.clone().map(move |s| (s, t))).collect(),
                        _ => steps.flat_map(|s| (0..tap_count).map(move |t| (s, t))).collect(),
                    };
                    for (step, tap) in order {
                        let (at, weights) = taps[tap];
                        let source = field(i.source) + half + at + step * field(i.step_stride);
                        self.step(i, (step, tap, tap_count), source, words + weights, slice.clone(), needs);
                    }
                }
            }
        }
    }

    /// The words of a tap in a step.
    fn step(
        &mut self,
        i: &Fetch,
        (step, tap, taps): (i64, usize, usize),
        source: i64,
        words: i64,
        slice: std::ops::Range<i64>,
        needs: [i64; 4],
    ) {
        let case = self.case;
        let groups = case.fetch_width / case.fire_lanes;
        let (first, last) = (slice.start / groups, (slice.end - 1) / groups);
        let maximum = i.maximum == 1;
        let (begins, ends) = (tap == 0 || maximum, tap + 1 == taps || maximum);
        for w in first..=last {
            self.cycles += 1;
            let address = (source + w).rem_euclid(1 << case.spike_bits);
            let (mut read, mut need) = (Word::default(), Word::default());
            read.push(address, case.spike_bits);
            needs.iter().for_each(|&n| need.push(n, 8));
            self.reads.push(read);
            self.needs.push(need);
            let neuron = |n: i64| {
                let group = w * groups + n / case.fire_lanes;
                self.spikes[address as usize][n as usize].filter(|_| slice.contains(&group))
            };
            let mut word = Word::default();
            (0..case.fetch_width).for_each(|n| word.push(neuron(n).is_some(), 1));
            (0..case.fetch_width).for_each(|n| word.push(neuron(n) == Some(true), 1));
            word.push(words + case.fetch_width * w, case.word_bits);
            let marks = [
                i.operand == 1,
                begins && step == 0 && w == first,
                begins && step > 0 && i.doubling == 1 && w == first,
                ends && step + 1 == i.steps as i64 && w == last,
                maximum && tap + 1 < taps,
                maximum && tap > 0,
            ];
            marks.iter().for_each(|&mark| word.push(mark, 1));
            self.output.push(word);
        }
    }
}

fn programs(random: &mut Random, case: &Case, base: &Path) -> Parameters {
    let [rows, steps, taps, outer, inner, groups] = case.most;
    let count_bits = |most: i64| unsigned_width(i128::from(most));
    let segment_bits = count_bits(taps);
    let windows: Vec<Window> = (0..WINDOWS)
        .map(|_| Window {
            count: random.range(1, taps),
            words: random.range(0, (1 << case.word_bits) - 1),
            source: random.range(0, (1 << case.spike_bits) - 1),
        })
        .collect();
    let window_words: Vec<Word> = windows
        .iter()
        .map(|window| {
            let mut word = Word::default();
            word.push(window.source, case.spike_bits);
            word.push(window.words, case.word_bits);
            word.push(window.count, segment_bits);
            word
        })
        .collect();
    let spikes: Vec<Vec<Option<bool>>> = (0..1 << case.spike_bits)
        .map(|_| {
            (0..case.fetch_width)
                .map(|_| if random.once_in(2) { Some(random.once_in(2)) } else { None })
                .collect()
        })
        .collect();
    let spike_words: Vec<Word> = spikes
        .iter()
        .map(|neurons| {
            let mut word = Word::default();
            neurons.iter().for_each(|n| word.push(n.is_some(), 1));
            // The sign of a neuron that does not spike may be any.
            neurons.iter().for_each(|n| word.push(n.unwrap_or_else(|| random.once_in(2)), 1));
            word
        })
        .collect();
    let program: Vec<Fetch> = (0..INSTRUCTIONS).map(|n| instruction(random, case, n)).collect();
    let mut list: Vec<Word> = Vec::new();
    for instruction in &program {
        for word in instruction.encode() {
            let mut own = Word::default();
            own.push(word, 32);
            list.push(own);
        }
    }
    let mut machine = Machine {
        case,
        windows: &windows,
        spikes: &spikes,
        input_half: random.range(0, (1 << case.spike_bits) - 1),
        input_rows: random.range(1, 10),
        reads: Beats::default(),
        needs: Vec::new(),
        output: Beats::default(),
        cycles: 0,
    };
    let (mut batches, mut first_batch) = (Batches::default(), 0);
    for sample in 0..BATCHES {
        for instruction in &program {
            machine.cycles = 0;
            machine.run(instruction, sample);
            if sample == 0 {
                // The next instruction is read meanwhile.
                first_batch += (machine.cycles + 1).max(Fetch::WORDS as i64 + 3);
            }
        }
        machine.reads.end_batch();
        machine.output.end_batch();
        batches.push(0);
    }
    let image = |part: &str, words: &[Word]| {
        let path = base.with_extension(format!("{part}.hex"));
        write_image(&path, words);
        file(&path)
    };
    let mut parameters = batches.write(base, first_batch + 20);
    parameters.extend(machine.reads.parameters(base, "read", ["ReadFile", "ReadWords"]));
    parameters.extend(machine.output.parameters(base, "out", ["OutFile", "OutWords"]));
    parameters.extend([
        ("NeedFile", image("need", &machine.needs)),
        ("ProgramFile", image("program", &list)),
        ("SpikeFile", image("spikes", &spike_words)),
        ("WindowFile", image("windows", &window_words)),
        ("WindowDepth", if case.windows { WINDOWS } else { 0 }.to_string()),
        ("HasMaximum", u8::from(case.maximum).to_string()),
        ("HasGates", u8::from(case.gates).to_string()),
        ("Instructions", INSTRUCTIONS.to_string()),
        ("MostProgress", MOST_PROGRESS.to_string()),
        ("FetchWidth", case.fetch_width.to_string()),
        ("FireLanes", case.fire_lanes.to_string()),
        ("SpikeBits", case.spike_bits.to_string()),
        ("WordBits", case.word_bits.to_string()),
        ("RowBits", count_bits(rows).to_string()),
        ("StepBits", count_bits(steps).to_string()),
        ("SegmentBits", segment_bits.to_string()),
        ("OuterBits", count_bits(outer).to_string()),
        ("InnerBits", count_bits(inner).to_string()),
        // A slice that would follow the last one.
        ("GroupBits", (count_bits(groups) + count_bits(case.fetch_width / case.fire_lanes)).to_string()),
        ("InputHalf", machine.input_half.to_string()),
        ("InputRows", machine.input_rows.to_string()),
        ("ProgressBits", case.progress_bits.to_string()),
    ]);
    parameters
}
