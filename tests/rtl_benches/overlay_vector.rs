//! The vector unit of the overlay: programs, and what they leave in the memories.

use std::path::Path;

use snn2rtl::overlay::isa::Vector;

use super::images::{Random, Word, unsigned_width};
use super::overlay_rows::{Config, Norms, Target, numbers, sums};
use super::runner::{Group, Parameters};
use super::vectors::{Batches, Beats};

/// Progress that the other units reach.
const MOST_PROGRESS: i64 = 40;
const BATCHES: usize = 4;
const INSTRUCTIONS: usize = 12;
/// Bits of addresses.
const START_BITS: i64 = 8;
const COEFFICIENT_BITS: i64 = 7;
const RAW_BITS: i64 = 4;
const CONST_BITS: i64 = 7;
const ADDR_BITS: i64 = 9;

struct Case {
    /// Bits of a sum, of a coefficient, of an entry of the table, of a raw element.
    bits: [i64; 4],
    channels_max: i64,
    /// Bits of a constant of LayerNorm, its fraction bits, bits of a level.
    norm: [i64; 3],
    /// Neurons of a word, multiples that rows end at, numbers that LayerNorm and neurons take at once.
    place: [i64; 3],
    /// Instructions that there are: `add`, `embed`, `layer_norm`, `mask`; start values, coefficients by channel;
    /// `neurons`.
    has: [bool; 7],
}

const ALL: [bool; 7] = [true; 7];
/// The constants of channel 0 in an instruction whose result depends on a remainder.
const TIE: usize = 0;
/// Fraction bits of neurons of sums.
const NEURON_FRACTION: i64 = 3;

const CASES: [Case; 9] = [
    Case { bits: [16, 8, 12, 9], channels_max: 16, norm: [12, 8, 4], place: [16, 4, 1], has: ALL },
    Case { bits: [30, 18, 20, 9], channels_max: 64, norm: [24, 24, 4], place: [32, 8, 1], has: ALL },
    Case { bits: [12, 14, 16, 5], channels_max: 5, norm: [9, 6, 3], place: [8, 8, 1], has: ALL },
    Case {
        bits: [20, 8, 12, 9],
        channels_max: 9,
        norm: [12, 8, 4],
        place: [16, 4, 1],
        has: [true, false, true, false, false, false, false],
    },
    Case {
        bits: [24, 30, 20, 12],
        channels_max: 20,
        norm: [12, 8, 4],
        place: [4, 4, 1],
        has: [true, true, false, true, true, false, true],
    },
    Case {
        bits: [10, 4, 8, 6],
        channels_max: 4,
        norm: [8, 5, 2],
        place: [4, 4, 1],
        has: [false, true, true, true, false, true, true],
    },
    Case { bits: [16, 8, 12, 9], channels_max: 15, norm: [12, 8, 4], place: [16, 8, 2], has: ALL },
    Case { bits: [18, 9, 12, 9], channels_max: 22, norm: [12, 8, 3], place: [32, 16, 4], has: ALL },
    Case { bits: [14, 8, 10, 9], channels_max: 41, norm: [10, 8, 4], place: [64, 32, 8], has: ALL },
];

impl Case {
    /// From one row of so many channels to the next.
    fn pitch(&self, channels: i64) -> i64 {
        let lanes = self.place[2];
        (channels + lanes - 1) / lanes * lanes
    }

    /// A multiple of the lanes, at most `most`.
    fn aligned(&self, random: &mut Random, most: i64) -> i64 {
        random.range(0, most) / self.place[2] * self.place[2]
    }
}

#[test]
fn overlay_vector() {
    let mut group = Group::new("overlay_vector");
    let mut random = Random(23);
    for case in CASES {
        group.add_one("overlay_vector", |base| programs(&mut random, &case, base));
    }
    group.run();
}

/// A condition that is met sooner or later: of another unit at any of its rows, of the own one at rows before.
fn condition(random: &mut Random, rows: i64, done: i64) -> [i64; 3] {
    let unit = random.range(0, 3);
    let most = if unit == 3 { done } else { MOST_PROGRESS };
    if unit == 3 && random.once_in(2) {
        // Row r after the one before it.
        return [unit, done, 1];
    }
    let step = random.range(0, 3).min(most / rows);
    [unit, random.range(0, most - step * (rows - 1)), step]
}

/// The low bits of a number, as a field.
fn field(value: i64, bits: u32) -> u128 {
    (value as u128) & (u128::MAX >> (128 - bits))
}

/// The number that its low bits are, with sign.
fn wrapped(value: i128, width: i64) -> i64 {
    ((value << (128 - width)) >> (128 - width)) as i64
}

fn instruction(random: &mut Random, case: &Case, op: u128, last: bool, done: i64) -> Vector {
    let [sum_width, coefficient_width, _, raw_width] = case.bits;
    let [_, _, level_width] = case.norm;
    let rows = random.range(1, 6);
    let channels = if random.once_in(4) { 1 } else { random.range(1, case.channels_max) };
    let size = rows * case.pitch(channels);
    let half = 6 * case.pitch(case.channels_max);
    let source = case.aligned(random, half - size);
    // In place, or to the other half of the memory.
    let target = if random.once_in(3) { source } else { half + case.aligned(random, half - size) };
    let [wait0, wait1] = [0, 1].map(|_| condition(random, rows, done));
    let mut config = Config::random(random, level_width, true);
    config.half_even &= op != 5;
    let place = Target::random(random, ADDR_BITS, case.place);
    let coefficient = random.range(-(1 << (coefficient_width - 1)), (1 << (coefficient_width - 1)) - 1);
    let mut flag = |there: bool| u128::from(there && random.once_in(2));
    let (start, per_channel, accumulate) = (flag(case.has[4]), flag(case.has[5]), flag(true));
    let epsilon = i128::from(1 + (random.range(0, 1 << sum_width) >> random.range(0, sum_width)));
    let table = match op {
        4 => field(random.range(-2, 3).clamp(-(1 << (raw_width - 1)), (1 << (raw_width - 1)) - 1), 32),
        _ => random.range(0, 20) as u128,
    };
    Vector {
        last: last.into(),
        op,
        per_channel,
        accumulate,
        start,
        half_even: config.half_even.into(),
        unary: config.unary.into(),
        uncentred: u128::from(op == 3 && epsilon % 2 == 0),
        wait0_unit: wait0[0] as u128,
        wait0_base: wait0[1] as u128,
        wait0_step: wait0[2] as u128,
        wait1_unit: wait1[0] as u128,
        wait1_base: wait1[1] as u128,
        wait1_step: wait1[2] as u128,
        rows: rows as u128,
        channels: channels as u128,
        source: source as u128,
        target: target as u128,
        starts: case.aligned(random, (1 << START_BITS) - 1) as u128,
        coefficients: case.aligned(random, (1 << COEFFICIENT_BITS) - case.pitch(channels)) as u128,
        coefficient: field(coefficient, 64),
        table,
        spikes: place.base as u128,
        row_stride: place.row_stride as u128,
        step_stride: place.step_stride as u128,
        steps: config.steps as u128,
        high: config.high as u128,
        low: config.low as u128,
        constants: case.aligned(random, (1 << CONST_BITS) - case.pitch(channels)) as u128,
        epsilon: epsilon as u128,
    }
}

/// A LayerNorm of one channel whose value is the threshold of an odd level and a remainder: rounded half to even, the
/// remainder decides.
fn tie(case: &Case, layer_norm: Vector) -> Vector {
    let [_, _, level_width] = case.norm;
    let most = (1 << level_width) - 1;
    Vector {
        channels: 1,
        constants: TIE as u128,
        uncentred: 0,
        // The root is 1.
        epsilon: 1,
        half_even: 1,
        unary: 0,
        steps: level_width as u128,
        high: most,
        low: most,
        ..layer_norm
    }
}

/// The memories of a machine, and what is written to them.
struct Machine<'a> {
    case: &'a Case,
    sums: Vec<i64>,
    sum_bits: i64,
    start: Vec<i64>,
    coefficients: Vec<i64>,
    table: Vec<i64>,
    constants: Vec<[i64; 2]>,
    norms: Norms,
    writes: Beats,
    spikes: Beats,
    masks: Vec<i64>,
}

impl Machine<'_> {
    fn run(&mut self, instruction: &Vector, raw: &[i64]) {
        let (rows, channels) = (instruction.rows as usize, instruction.channels as usize);
        for (r, &own) in raw.iter().enumerate().take(rows) {
            match instruction.op {
                7 => {
                    let row = r * self.case.pitch(channels as i64) as usize;
                    for c in 0..channels {
                        // Addresses wrap.
                        let at =
                            instruction.table as usize + (r * channels + c) * instruction.row_stride as usize;
                        self.element(instruction, raw[at % raw.len()], row + c, c);
                    }
                }
                3 | 5 => self.fire(instruction, r),
                4 => {
                    let masked = i64::from(field(own, 32) == instruction.table);
                    self.masks.push(masked << RAW_BITS | r as i64);
                }
                _ => {
                    let row = r * self.case.pitch(channels as i64) as usize;
                    (0..channels).for_each(|c| self.element(instruction, own, row + c, c));
                }
            }
        }
    }

    fn element(&mut self, instruction: &Vector, raw: i64, x: usize, c: usize) {
        let [sum_width, coefficient_width, ..] = self.case.bits;
        let target = instruction.target as usize + x;
        let value = match instruction.op {
            1 | 6 => self.sums[instruction.source as usize + x],
            7 => raw,
            2 => self.table[instruction.table as usize + raw as usize * instruction.channels as usize + c],
            _ => 0,
        };
        let k = match instruction.per_channel {
            1 => self.coefficients[instruction.coefficients as usize + c],
            _ => wrapped(instruction.coefficient as i128, coefficient_width),
        };
        let base = match (instruction.accumulate, instruction.start) {
            (1, _) => self.sums[target],
            (_, 1) => self.start[(instruction.starts as usize + x) % self.start.len()],
            _ => 0,
        };
        let sum = wrapped(i128::from(base) + i128::from(k) * i128::from(value), sum_width);
        // What is sent is not written.
        let sent = instruction.op == 6;
        if !sent {
            self.sums[target] = sum;
        }
        let mut beat = Word::default();
        beat.push(target as i64, self.sum_bits);
        beat.push(sum, sum_width);
        beat.push(i64::from(sent), 1);
        self.writes.push(beat);
    }

    fn fire(&mut self, instruction: &Vector, r: usize) {
        let channels = instruction.channels as usize;
        let at = instruction.source as usize + r * self.case.pitch(channels as i64) as usize;
        let first = instruction.constants as usize;
        let config = Config {
            steps: instruction.steps as i64,
            unary: instruction.unary == 1,
            half_even: instruction.half_even == 1,
            high: instruction.high as i64,
            low: instruction.low as i64,
        };
        let target = Target {
            addr_width: ADDR_BITS,
            word: self.case.place[0],
            align: self.case.place[1],
            lanes: self.case.place[2],
            apart: false,
            base: instruction.spikes as i64,
            row_stride: instruction.row_stride as i64,
            step_stride: instruction.step_stride as i64,
        };
        let row = &self.sums[at..at + channels];
        let spikes = match instruction.op {
            3 => {
                let own = &self.constants[first..first + channels];
                let centred = instruction.uncentred == 0;
                self.norms.row(row, own, (instruction.epsilon as i128, centred), config)
            }
            _ => {
                let (start, theta) =
                    (wrapped(instruction.coefficient as i128, 64), instruction.epsilon as i128);
                let value = |&x: &i64| i128::from(start) + (i128::from(x) << NEURON_FRACTION);
                row.iter().map(|x| config.spikes(|k| value(x) >= i128::from(k) * theta)).collect()
            }
        };
        target.row(r, &[spikes], config.steps, &mut self.spikes);
    }
}

fn programs(random: &mut Random, case: &Case, base: &Path) -> Parameters {
    let [sum_width, coefficient_width, entry_width, raw_width] = case.bits;
    let [const_width, fraction, level_width] = case.norm;
    let [add, embed, layer_norm, mask, start, per_channel, neurons] = case.has;
    let entries = 6;
    let table_bits = unsigned_width(i128::from(21 + entries * case.channels_max));
    let sum_bits = unsigned_width(i128::from(12 * case.pitch(case.channels_max)));
    let mut numbers_of = |count: i64, width: i64| -> Vec<i64> {
        let most = 1 << (width - 1);
        (0..1i64 << count).map(|_| random.range(-most, most - 1)).collect()
    };
    let (start_table, coefficients) =
        (numbers_of(START_BITS, sum_width), numbers_of(COEFFICIENT_BITS, coefficient_width));
    let table = numbers_of(table_bits, entry_width);
    let norms = Norms::new(random, const_width, fraction);
    let mut constants: Vec<[i64; 2]> = (0..1 << CONST_BITS).map(|_| norms.constant(random)).collect();
    // Half of the unit is added to it: level 1 and the smallest remainder.
    let tie_beta = (1 << (fraction - 1)) + 1;
    let has_tie = layer_norm && tie_beta < 1 << (const_width - 1);
    if has_tie {
        constants[TIE][1] = tie_beta;
    }
    let mut memory = Vec::new();
    while memory.len() < 1 << sum_bits {
        memory.extend(sums(random, sum_width, case.channels_max));
    }
    memory.truncate(1 << sum_bits);

    // Every kind of instruction that there is, then any; the last but one writes a sum.
    let kinds: Vec<u128> = [
        (true, 0),
        (add, 1),
        (embed, 2),
        (layer_norm, 3),
        (mask, 4),
        (neurons, 5),
        (neurons, 6),
        (neurons, 7),
    ]
    .iter()
    .filter(|k| k.0)
    .map(|k| k.1)
    .collect();
    let mut done = 0;
    let program: Vec<Vector> = (0..INSTRUCTIONS)
        .map(|i| {
            let op = kinds.get(i).copied().unwrap_or_else(|| random.pick(&kinds));
            let instruction = instruction(random, case, op, i + 1 == INSTRUCTIONS, done);
            let instruction =
                if has_tie && op == 3 && i < kinds.len() { tie(case, instruction) } else { instruction };
            done += instruction.rows as i64;
            instruction
        })
        .collect();

    let mut machine = Machine {
        case,
        sums: memory.clone(),
        sum_bits,
        start: start_table.clone(),
        coefficients: coefficients.clone(),
        table: table.clone(),
        constants: constants.clone(),
        norms,
        writes: Beats::default(),
        spikes: Beats::default(),
        masks: Vec::new(),
    };
    let (mut batches, mut raw) = (Batches::default(), Vec::new());
    for _ in 0..BATCHES {
        // Rows of the table; without `embed` also negative numbers.
        let low = if embed { 0 } else { -3 };
        let own: Vec<i64> = (0..1 << RAW_BITS).map(|_| random.range(low, entries - 1)).collect();
        program.iter().for_each(|instruction| machine.run(instruction, &own));
        machine.writes.end_batch();
        if layer_norm || neurons {
            machine.spikes.end_batch();
        }
        raw.extend(own);
        batches.push(0);
    }

    let widest = coefficient_width.max(sum_width + NEURON_FRACTION) + 1;
    let value_width = machine.norms.value_width.max(widest);
    let words: Vec<i64> = program.iter().flat_map(Vector::encode).map(i64::from).collect();
    let [write_file, write_words] = machine.writes.write(&base.with_extension("write.hex"));
    let mut parameters = batches.write(base, 0);
    let place = Target::random(random, ADDR_BITS, case.place);
    parameters.extend(place.parameters(level_width));
    if layer_norm || neurons {
        let [out_file, out_words] = machine.spikes.write(&base.with_extension("out.hex"));
        parameters.extend([("OutFile", out_file), ("OutWords", out_words)]);
    }
    if mask {
        parameters.push(("MaskWords", machine.masks.len().to_string()));
        parameters.push(("MaskFile", numbers(base, "mask", &machine.masks, RAW_BITS + 1)));
    }
    let flags = ["HasAdd", "HasEmbed", "HasLayerNorm", "HasMask", "HasStart", "HasPerChannel", "HasNeurons"];
    let flags = flags.into_iter().zip([add, embed, layer_norm, mask, start, per_channel, neurons]);
    parameters.extend(flags.map(|(name, there)| (name, u8::from(there).to_string())));
    parameters.extend(["HasSend", "HasElements"].map(|name| (name, u8::from(neurons).to_string())));
    parameters.extend([
        ("WriteFile", write_file),
        ("WriteWords", write_words),
        ("ProgramFile", numbers(base, "program", &words, 32)),
        ("Instructions", INSTRUCTIONS.to_string()),
        ("MostProgress", MOST_PROGRESS.to_string()),
        ("SumFile", numbers(base, "sums", &memory, sum_width)),
        ("StartFile", numbers(base, "start", &start_table, sum_width)),
        ("CoefficientFile", numbers(base, "coefficients", &coefficients, coefficient_width)),
        ("TableFile", numbers(base, "table", &table, entry_width)),
        ("ConstFile", machine.norms.write(base, &constants)),
        ("RawFile", numbers(base, "raw", &raw, raw_width)),
        ("SumWidth", sum_width.to_string()),
        ("CoefficientWidth", coefficient_width.to_string()),
        ("EntryWidth", entry_width.to_string()),
        ("RawWidth", raw_width.to_string()),
        ("SumAddrWidth", sum_bits.to_string()),
        ("StartAddrWidth", START_BITS.to_string()),
        ("CoefficientAddrWidth", COEFFICIENT_BITS.to_string()),
        ("TableAddrWidth", table_bits.to_string()),
        ("RawAddrWidth", RAW_BITS.to_string()),
        ("ChannelsMax", case.channels_max.to_string()),
        ("ConstWidth", machine.norms.image_width().to_string()),
        ("Fraction", fraction.to_string()),
        ("SquareWidth", machine.norms.square_width.to_string()),
        ("RootFraction", machine.norms.root_fraction.to_string()),
        ("ValueWidth", value_width.to_string()),
        ("NeuronFraction", NEURON_FRACTION.to_string()),
        ("ThetaWidth", ((machine.norms.square_width + 1) / 2).max(sum_width + 1).to_string()),
        ("ConstAddrWidth", CONST_BITS.to_string()),
    ]);
    parameters
}
