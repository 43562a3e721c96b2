//! The overlay's neurons: programs on chunks of sums, and what becomes of them, from `docs/overlay.md`.

mod neuron;
mod program;

use std::path::Path;

use snn2rtl::overlay::isa::Fire;

use super::images::{Random, Word, unsigned_width, write_image};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};
use neuron::Function;
use program::{Chunk, Instruction};

const BATCHES: usize = 4;
const INSTRUCTIONS: usize = 12;
const SPIKE_BITS: i64 = 9;
const OPERAND_BITS: i64 = 8;

struct Case {
    chunk_lanes: i64,
    lanes: i64,
    /// Groups of neurons whose spikes are written together.
    turns: i64,
    serial_lanes: i64,
    /// Levels that a transposed row writes at once.
    operand_lanes: i64,
    fetch_width: i64,
    /// Bits of a sum, of a start value, of a threshold; fraction bits.
    acc: i64,
    start: i64,
    theta: i64,
    fraction: i64,
    /// Bits of a magnitude, most steps of radix spikes.
    level: i64,
    steps: i64,
    unary: bool,
    operands: bool,
    /// Sums beyond the last element may be anything.
    ragged: bool,
    /// Bits of a threshold of a table, 0 without tables; words of a function, at most.
    piece: i64,
    pieces: i64,
}

const CASES: [Case; 12] = [
    Case {
        chunk_lanes: 16,
        lanes: 8,
        turns: 1,
        serial_lanes: 2,
        operand_lanes: 2,
        fetch_width: 32,
        acc: 16,
        start: 18,
        theta: 14,
        fraction: 4,
        level: 4,
        steps: 4,
        unary: false,
        operands: true,
        ragged: false,
        piece: 0,
        pieces: 0,
    },
    Case {
        chunk_lanes: 4,
        lanes: 4,
        turns: 1,
        serial_lanes: 1,
        operand_lanes: 1,
        fetch_width: 4,
        acc: 9,
        start: 8,
        theta: 6,
        fraction: 2,
        level: 3,
        steps: 3,
        unary: false,
        operands: true,
        ragged: true,
        piece: 9,
        pieces: 7,
    },
    Case {
        chunk_lanes: 24,
        lanes: 8,
        turns: 1,
        serial_lanes: 2,
        operand_lanes: 1,
        fetch_width: 8,
        acc: 12,
        start: 12,
        theta: 9,
        fraction: 3,
        level: 5,
        steps: 4,
        unary: false,
        operands: true,
        ragged: false,
        piece: 12,
        pieces: 20,
    },
    Case {
        chunk_lanes: 16,
        lanes: 4,
        turns: 1,
        serial_lanes: 1,
        operand_lanes: 1,
        fetch_width: 16,
        acc: 14,
        start: 15,
        theta: 12,
        fraction: 5,
        level: 3,
        steps: 1,
        unary: true,
        operands: true,
        ragged: false,
        piece: 0,
        pieces: 0,
    },
    Case {
        chunk_lanes: 8,
        lanes: 8,
        turns: 1,
        serial_lanes: 2,
        operand_lanes: 2,
        fetch_width: 64,
        acc: 20,
        start: 26,
        theta: 22,
        fraction: 8,
        level: 8,
        steps: 8,
        unary: false,
        operands: false,
        ragged: false,
        piece: 0,
        pieces: 0,
    },
    Case {
        chunk_lanes: 4,
        lanes: 4,
        turns: 1,
        serial_lanes: 1,
        operand_lanes: 1,
        fetch_width: 8,
        acc: 8,
        start: 9,
        theta: 7,
        fraction: 3,
        level: 1,
        steps: 1,
        unary: false,
        operands: true,
        ragged: true,
        piece: 0,
        pieces: 0,
    },
    Case {
        chunk_lanes: 16,
        lanes: 16,
        turns: 1,
        serial_lanes: 2,
        operand_lanes: 1,
        fetch_width: 32,
        acc: 10,
        start: 9,
        theta: 8,
        fraction: 3,
        level: 4,
        steps: 1,
        unary: true,
        operands: true,
        ragged: true,
        piece: 10,
        pieces: 12,
    },
    Case {
        chunk_lanes: 32,
        lanes: 16,
        turns: 1,
        serial_lanes: 4,
        operand_lanes: 4,
        fetch_width: 32,
        acc: 14,
        start: 15,
        theta: 12,
        fraction: 4,
        level: 4,
        steps: 4,
        unary: false,
        operands: true,
        ragged: false,
        piece: 0,
        pieces: 0,
    },
    Case {
        chunk_lanes: 32,
        lanes: 32,
        turns: 1,
        serial_lanes: 8,
        operand_lanes: 4,
        fetch_width: 64,
        acc: 14,
        start: 15,
        theta: 12,
        fraction: 4,
        level: 4,
        steps: 4,
        unary: false,
        operands: true,
        ragged: false,
        piece: 0,
        pieces: 0,
    },
    Case {
        chunk_lanes: 12,
        lanes: 1,
        turns: 4,
        serial_lanes: 1,
        operand_lanes: 1,
        fetch_width: 4,
        acc: 12,
        start: 15,
        theta: 12,
        fraction: 4,
        level: 4,
        steps: 4,
        unary: false,
        operands: true,
        ragged: false,
        piece: 12,
        pieces: 9,
    },
    Case {
        chunk_lanes: 8,
        lanes: 2,
        turns: 2,
        serial_lanes: 1,
        operand_lanes: 1,
        fetch_width: 16,
        acc: 14,
        start: 15,
        theta: 12,
        fraction: 4,
        level: 3,
        steps: 1,
        unary: false,
        operands: true,
        ragged: true,
        piece: 0,
        pieces: 0,
    },
    Case {
        chunk_lanes: 8,
        lanes: 1,
        turns: 4,
        serial_lanes: 1,
        operand_lanes: 1,
        fetch_width: 8,
        acc: 16,
        start: 15,
        theta: 12,
        fraction: 4,
        level: 5,
        steps: 5,
        unary: false,
        operands: false,
        ragged: false,
        piece: 0,
        pieces: 0,
    },
];

#[test]
fn overlay_fire() {
    let mut group = Group::new("overlay_fire");
    let mut random = Random(53);
    for case in CASES {
        group.add_one("overlay_fire", |base| programs(&mut random, &case, base));
    }
    // With groups that wait: as many as a chunk has, fewer, more; one is the least.
    for (turn, case) in CASES.iter().enumerate() {
        let waiting = [8, 2, 1, 3][turn % 4];
        group.add_one("overlay_fire", |base| {
            let mut parameters = programs(&mut random, case, base);
            parameters.push(("Waiting", i64::to_string(&waiting)));
            parameters
        });
    }
    group.run();
}

/// What a program must leave.
struct Results<'a> {
    case: &'a Case,
    spikes: Beats,
    operands: Beats,
    serial: Beats,
    /// Steps, operands and elements so far.
    counts: [i64; 3],
    rows: Vec<Word>,
    begins: Vec<Word>,
    /// Levels and spikes of the neurons whose spikes are written with those of the next group.
    together: Vec<(i64, Vec<bool>)>,
    /// The largest M, and what it is compared with.
    membrane: i128,
}

impl Results<'_> {
    fn counts(&self) -> Word {
        let mut word = Word::default();
        self.counts.iter().for_each(|&count| word.push(count, 32));
        word
    }

    /// An instruction on its chunks.
    fn run(&mut self, own: &Instruction, chunks: &[Chunk]) {
        let i = &own.fields;
        let mut begin = self.counts();
        begin.push(i.serial == 2, 1);
        self.begins.push(begin);
        let last_row = chunks.len() / i.chunks as usize - 1;
        for (row, chunks) in chunks.chunks(i.chunks as usize).enumerate() {
            let mut group = 0;
            for (c, chunk) in chunks.iter().enumerate() {
                let inner_end = (c + 1) % i.inner as usize == 0;
                let row_end = c + 1 == chunks.len();
                let lanes = self.case.lanes as usize;
                let groups = chunk.elements.div_ceil(lanes);
                for g in 0..groups {
                    let sums = &chunk.sums[g * lanes..][..lanes];
                    let elements = (chunk.elements - g * lanes).min(lanes);
                    let ends =
                        [inner_end, row_end, row_end && row == last_row].map(|end| end && g + 1 == groups);
                    self.group(own, (row as i64, group), sums, (elements, g + 1 == groups), ends);
                    group += 1;
                }
                // The next chunk begins with a group that is written.
                group += (-group).rem_euclid(self.case.turns);
            }
            if i.serial != 2 {
                let counts = self.counts();
                self.rows.push(counts);
            }
        }
    }

    fn group(
        &mut self,
        own: &Instruction,
        (row, g): (i64, i64),
        sums: &[i64],
        (elements, chunk_end): (usize, bool),
        [group_end, row_end, instruction_end]: [bool; 3],
    ) {
        let (i, case) = (&own.fields, self.case);
        let mut values: Vec<i64> = sums.to_vec();
        if i.neurons == 1 {
            let outcomes: Vec<(i64, Vec<bool>)> = (0..case.lanes as usize)
                .map(|lane| {
                    let neuron = &own.neurons[g as usize][lane];
                    let sum = if lane < elements { sums[lane] } else { 0 };
                    neuron.fire(sum, i, case, &mut self.membrane)
                })
                .collect();
            values = outcomes.iter().map(|outcome| outcome.0).collect();
            self.together.extend(outcomes);
            if chunk_end || (g + 1) % case.turns == 0 {
                self.write(i, (row, g / case.turns));
            }
        }
        if i.operand_out == 1 {
            self.operand(i, (row, g), &values, elements);
        }
        if i.serial > 0 {
            let value_width = case.acc.max(case.level + 1);
            let wide = case.serial_lanes > 1 && (i.wide == 1 || i.serial == 2);
            let step = if wide { case.serial_lanes as usize } else { 1 };
            for (n, element) in values[..elements].chunks(step).enumerate() {
                let last = n * step + element.len() == elements;
                let mut word = Word::default();
                word.push(wide, 1);
                (0..case.serial_lanes as usize).for_each(|lane| word.push(lane < element.len(), 1));
                (0..case.serial_lanes as usize)
                    .for_each(|lane| word.push(element.get(lane).copied().unwrap_or(0), value_width));
                word.push(last && group_end, 1);
                word.push(last && row_end, 1);
                word.push(last && instruction_end, 1);
                self.serial.push(word);
                self.counts[2] += 1;
            }
        }
    }

    /// The spikes of neurons that are written together, group `g` of these.
    fn write(&mut self, i: &Fire, (row, g): (i64, i64)) {
        let case = self.case;
        let field = |v: u128| v as i64;
        let group = case.turns * case.lanes;
        let mut outcomes = std::mem::take(&mut self.together);
        outcomes.resize(group as usize, (0, vec![false; i.steps as usize]));
        for step in 0..field(i.steps) {
            let mut word = Word::default();
            let written = i.spikes_out == 1;
            let neuron = g * group;
            let address = field(i.spikes)
                + row * field(i.row_stride)
                + step * field(i.step_stride)
                + neuron / case.fetch_width;
            let place = neuron % case.fetch_width / group;
            word.push(written, 1);
            word.push(if written { address } else { 0 }, SPIKE_BITS);
            (0..case.fetch_width / group).for_each(|p| word.push(written && p == place, 1));
            let fires = |o: &(i64, Vec<bool>)| o.1[step as usize];
            outcomes.iter().for_each(|o| word.push(fires(o), 1));
            outcomes.iter().for_each(|o| word.push(fires(o) && o.0 < 0, 1));
            self.spikes.push(word);
            self.counts[0] += 1;
        }
    }

    /// The operand words of a group.
    fn operand(&mut self, i: &Fire, (row, g): (i64, i64), levels: &[i64], elements: usize) {
        let case = self.case;
        let field = |v: u128| v as i64;
        // Level `n` goes to bank and lane `to(n)`.
        let mut write = |address: i64, values: &[i64], to: &dyn Fn(i64) -> (i64, i64)| {
            let mut lanes = vec![None; (case.operand_lanes * case.chunk_lanes) as usize];
            for (n, &value) in (0..).zip(values) {
                let (bank, lane) = to(n);
                lanes[(bank * case.chunk_lanes + lane) as usize] = Some(value);
            }
            let mut word = Word::default();
            lanes.iter().for_each(|lane| word.push(lane.is_some(), 1));
            word.push(address, OPERAND_BITS);
            lanes.iter().for_each(|lane| word.push(lane.unwrap_or(0), case.level + 1));
            self.operands.push(word);
            self.counts[1] += 1;
        };
        let (base, stride) = (field(i.operand_words), field(i.operand_stride));
        if i.transpose == 1 {
            let block = row / case.chunk_lanes;
            let beats = levels[..elements].chunks(case.operand_lanes as usize);
            for (first, beat) in (0..).step_by(case.operand_lanes as usize).zip(beats) {
                let element = g * case.lanes + first;
                write(base + block * stride + element, beat, &|n| (n, row % case.chunk_lanes));
            }
        } else {
            let groups = field(i.operand_groups) * case.turns;
            let address = base + g / groups * stride + row;
            let bank = address.rem_euclid(case.operand_lanes);
            write(address, levels, &|n| (bank, case.lanes * (g % groups) + n));
        }
    }
}

fn programs(random: &mut Random, case: &Case, base: &Path) -> Parameters {
    let functions: Vec<Vec<Function>> = neuron::functions(random, case);
    let depth =
        functions.iter().map(|bank| bank.iter().map(Function::words).sum::<usize>()).max().unwrap_or(0);
    let depth = if case.piece > 0 { depth } else { 0 };
    let mut thresholds: Vec<Word> = Vec::new();
    let program: Vec<Instruction> = (0..INSTRUCTIONS)
        .map(|n| program::instruction(random, case, &functions, n, &mut thresholds))
        .collect();
    let threshold_bits = unsigned_width((thresholds.len() as i128 - 1).max(1));
    let mut results = Results {
        case,
        spikes: Beats::default(),
        operands: Beats::default(),
        serial: Beats::default(),
        counts: [0; 3],
        rows: Vec::new(),
        begins: Vec::new(),
        together: Vec::new(),
        membrane: 0,
    };
    let (mut input, mut batches, mut first_batch) = (Beats::default(), Batches::default(), 20);
    for batch in 0..BATCHES {
        for instruction in &program {
            let chunks = program::chunks(random, case, instruction);
            for chunk in &chunks {
                let mut word = Word::default();
                chunk.sums.iter().for_each(|&sum| word.push(sum, case.acc));
                input.push(word);
            }
            if batch == 0 {
                first_batch += program::cycles(case, instruction, &chunks);
            }
            results.run(instruction, &chunks);
        }
        input.end_batch();
        results.spikes.end_batch();
        results.serial.end_batch();
        if case.operands {
            results.operands.end_batch();
        }
        batches.push(0);
    }
    let image = |part: &str, words: &[Word]| {
        let path = base.with_extension(format!("{part}.hex"));
        write_image(&path, words);
        file(&path)
    };
    let mut list = Vec::new();
    for word in program.iter().flat_map(|own| own.fields.encode()) {
        let mut own = Word::default();
        own.push(word, 32);
        list.push(own);
    }
    neuron::write(&functions, case, base);
    let membrane = unsigned_width(results.membrane).max(case.acc);
    let mut parameters = batches.write(base, first_batch);
    parameters.extend(input.parameters(base, "in", ["InFile", "InWords"]));
    parameters.extend(results.spikes.parameters(base, "spikes", ["SpikeFile", "SpikeWords"]));
    parameters.extend(results.serial.parameters(base, "serial", ["SerialFile", "SerialWords"]));
    if case.operands {
        parameters.extend(results.operands.parameters(base, "operands", ["OperandFile", "OperandWords"]));
    }
    let most = |wanted: fn(&Fire) -> u128| {
        let most = program.iter().map(|own| wanted(&own.fields)).max().unwrap_or(1);
        unsigned_width(most as i128).to_string()
    };
    parameters.extend([
        ("ProgramFile", image("program", &list)),
        ("ThresholdFile", image("thresholds", &thresholds)),
        ("RowFile", image("rows", &results.rows)),
        ("RowWords", results.rows.len().to_string()),
        ("BeginFile", image("begins", &results.begins)),
        ("BeginWords", results.begins.len().to_string()),
        ("PieceFile", format!("\"{}_pieces\"", base.display())),
        ("PieceDepth", depth.to_string()),
        ("PieceWidth", case.piece.max(1).to_string()),
        ("Instructions", INSTRUCTIONS.to_string()),
        ("ChunkLanes", case.chunk_lanes.to_string()),
        ("Lanes", case.lanes.to_string()),
        ("Turns", case.turns.to_string()),
        ("SerialLanes", case.serial_lanes.to_string()),
        ("BankLanes", case.operand_lanes.to_string()),
        ("FetchWidth", case.fetch_width.to_string()),
        ("AccWidth", case.acc.to_string()),
        ("Fraction", case.fraction.to_string()),
        ("MembraneWidth", membrane.to_string()),
        ("ThetaWidth", case.theta.to_string()),
        ("StartWidth", case.start.to_string()),
        ("LevelBits", case.level.to_string()),
        ("MaxSteps", case.steps.to_string()),
        ("Unary", u8::from(case.unary).to_string()),
        ("StepBits", (case.level + 1).to_string()),
        ("OperandWidth", (case.level + 1).to_string()),
        ("OperandBits", OPERAND_BITS.to_string()),
        ("HasOperands", u8::from(case.operands).to_string()),
        ("SpikeBits", SPIKE_BITS.to_string()),
        ("ThresholdBits", threshold_bits.to_string()),
        ("Ragged", u8::from(case.ragged).to_string()),
        ("RowBits", most(|i| i.rows)),
        ("ChunkBits", most(|i| i.chunks)),
        ("ElementBits", unsigned_width(i128::from(case.chunk_lanes)).to_string()),
    ]);
    parameters
}
