//! The overlay's softmax with its neurons: each instruction by itself, and one behind the other as in the machine.

use std::path::Path;

use snn2rtl::graph::Band;
use snn2rtl::integer::{Range, Softmax};

use super::images::{Random, Word, unsigned_width, write_image};
use super::overlay_rows::{Config, Target, push_config};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

/// Bits of an address of spike memory.
const ADDR_WIDTH: i64 = 9;
/// Instructions that follow one another without a pause.
const RUN: i64 = 4;

/// Softmaxes with their neurons: instructions of a single bench each, and in `overlay_rows`.
pub fn add(group: &mut Group, single: &mut Random, wide: &mut Random) {
    for case in CASES {
        let random = if case.place[2] == 1 { &mut *single } else { &mut *wide };
        group.add_one("overlay_softmax", |base| bench(random, &case, 1, base));
    }
    // Elements of a softmax wait for their neurons when the next one may begin.
    for case in [CASES[0], CASES[3], CASES[6], CASES[7]] {
        let random = if case.place[2] == 1 { &mut *single } else { &mut *wide };
        group.add_one("overlay_rows", |base| bench(random, &case, RUN, base));
    }
}

#[derive(Clone, Copy)]
struct Case {
    group_max: i64,
    /// Bits of a score, of an exponential, fraction bits of the scale, bits of a level.
    bits: [i64; 4],
    /// Bits of an address of an exponential.
    table_bits: i64,
    /// Neurons of a word, multiples that groups begin at, elements of a beat.
    place: [i64; 3],
}

const fn case(group_max: i64, bits: [i64; 4], table_bits: i64, place: [i64; 3]) -> Case {
    Case { group_max, bits, table_bits, place }
}

const CASES: [Case; 11] = [
    case(16, [9, 12, 10, 4], 8, [16, 4, 1]),
    case(17, [12, 24, 22, 4], 6, [32, 8, 1]),
    case(1, [5, 6, 5, 2], 4, [4, 4, 1]),
    case(5, [7, 8, 8, 3], 5, [8, 8, 1]),
    case(70, [8, 10, 12, 8], 7, [64, 16, 1]),
    case(9, [20, 16, 6, 4], 10, [8, 4, 1]),
    case(17, [9, 12, 10, 4], 6, [32, 8, 2]),
    case(70, [8, 10, 12, 3], 7, [64, 16, 4]),
    case(2, [6, 7, 5, 3], 5, [16, 16, 4]),
    case(43, [12, 14, 10, 4], 6, [32, 32, 8]),
    case(9, [34, 12, 10, 4], 6, [16, 8, 2]),
];

/// An instruction: its exponentials and their number, the scale, its neurons and their place.
type Instruction = (i64, i64, i64, Config, Target);

fn instruction(random: &mut Random, case: &Case, apart: bool) -> Instruction {
    let [_, _, fraction, level_width] = case.bits;
    let depth = 1i64 << case.table_bits;
    let config = Config::random(random, level_width, true);
    let target = Target { apart, ..Target::random(random, ADDR_WIDTH, case.place) };
    let first = random.range(0, depth - 1);
    let count = random.range(1, depth - first);
    let most = (1 << fraction) / (2 * config.high.max(1));
    let scale = match random.once_in(2) {
        true => random.range(1, most.max(1)),
        false => 1 << most.max(1).ilog2(),
    };
    (first, count, scale, config, target)
}

/// The operator of the integer network.
fn operator(case: &Case, entries: &[i64], &(first, count, scale, config, _): &Instruction) -> Softmax {
    let [_, exp_width, fraction, _] = case.bits;
    Softmax {
        groups: 1,
        low: -(config.low as i32),
        high: config.high as i32,
        rounding: config.rounding(),
        table: entries[first as usize..(first + count) as usize].to_vec(),
        exp_fraction: exp_width as u32,
        scale,
        scale_fraction: fraction as u32,
        padding: None,
        band: Band::ALL,
        total: Range::new(0, 0),
        sum_width: 126,
        decision_width: 126,
    }
}

/// Streams of a bench, and the largest sum of exponentials.
#[derive(Default)]
struct Streams {
    input: Beats,
    output: Beats,
    largest_sum: i64,
}

/// The scores of an instruction and the spikes that its neurons fire; gives the cycles that it may take.
fn play(
    random: &mut Random,
    case: &Case,
    (softmax, masks): (&Softmax, bool),
    (config, target): (Config, Target),
    streams: &mut Streams,
) -> i64 {
    let [score_width, _, _, level_width] = case.bits;
    // Scores about as far apart as the table is long.
    let spread = (1i64 << (score_width - 1)).min(softmax.table.len() as i64 + 2);
    let (rows, groups) = (random.range(3, 8), random.range(1, 4));
    let mut cycles = 2 * case.group_max + 36;
    for row in 0..rows {
        let size = if random.once_in(2) { case.group_max } else { random.range(1, case.group_max) };
        let mut placed = Vec::new();
        for g in 0..groups {
            let kind = random.range(0, 4);
            let offset = random.range(-(1 << (score_width - 1)), (1 << (score_width - 1)) - spread);
            let scores: Vec<i64> = (0..size)
                .map(|_| {
                    let near = offset + random.range(0, if kind == 1 { 0 } else { spread - 1 });
                    // Where there are such, some that are 2^32 apart.
                    let far = score_width > 33 && near >= 0 && random.once_in(3);
                    if far { near - (1 << 32) } else { near }
                })
                .collect();
            let masked: Vec<bool> =
                (0..size).map(|_| masks && (kind == 0 || (kind > 2 && random.once_in(3)))).collect();
            let mut exps = Vec::new();
            let sum = softmax.exps(&scores, |j| masked[j], &mut exps);
            streams.largest_sum = streams.largest_sum.max(exps.iter().sum());
            let (quads, pass) = target.quads(size);
            // A quad of four beats takes five cycles.
            cycles += (quads * (config.cycles(level_width) + 1).max(5)).max(pass);
            let neuron = |j: usize| match masked[j] {
                true => vec![0; config.steps as usize],
                false => config.spikes(|k| softmax.reached(exps[j], sum, k as i32)),
            };
            placed.push((0..size as usize).map(neuron).collect());
            let ends = [g + 1 == groups, g + 1 == groups && row + 1 == rows];
            beats(random, (score_width, target.lanes), (&scores, &masked), ends, &mut streams.input);
        }
        target.row(row as usize, &placed, config.steps, &mut streams.output);
    }
    cycles
}

/// The beats of a group that may end its row and its instruction.
fn beats(
    random: &mut Random,
    (score_width, lanes): (i64, i64),
    (scores, masked): (&[i64], &[bool]),
    [row_end, end]: [bool; 2],
    input: &mut Beats,
) {
    let size = scores.len() as i64;
    for first in (0..size).step_by(lanes as usize) {
        let own = || (first..first + lanes).map(|j| (j < size, j.min(size - 1) as usize));
        let group_end = first + lanes >= size;
        let mut word = Word::default();
        // What is not there may be anything.
        for (here, j) in own() {
            let most = 1 << (score_width - 1);
            word.push(if here { scores[j] } else { random.range(-most, most - 1) }, score_width);
        }
        own().for_each(|(here, _)| word.push(i64::from(here), 1));
        for (here, j) in own() {
            word.push(i64::from(if here { masked[j] } else { random.once_in(2) }), 1);
        }
        for flag in [group_end, group_end && row_end, group_end && end] {
            word.push(i64::from(flag), 1);
        }
        input.push(word);
    }
}

/// Batches of so many instructions; masks only where the bench has an input for them, with one instruction.
fn bench(random: &mut Random, case: &Case, run: i64, base: &Path) -> Parameters {
    let [score_width, exp_width, fraction, level_width] = case.bits;
    let entries: Vec<i64> = (0..1i64 << case.table_bits)
        .map(|i| match i % 7 {
            0 => (1 << exp_width) - 1,
            _ => random.range(1, (1 << exp_width) - 1) >> random.range(0, exp_width - 1),
        })
        .map(|e: i64| e.max(1))
        .collect();
    let (mut streams, mut batches, mut instructions) = (Streams::default(), Batches::default(), Vec::new());
    let mut first_batch = 0;
    for batch in 0..6 {
        for _ in 0..run {
            let own = instruction(random, case, instructions.len() % 2 == 1);
            let softmax = operator(case, &entries, &own);
            let cycles = play(random, case, (&softmax, run == 1), (own.3, own.4), &mut streams);
            if batch == 0 {
                first_batch += cycles;
            }
            instructions.push(own);
        }
        streams.input.end_batch();
        streams.output.end_batch();
        batches.push(0);
    }
    let scale_width = instructions.iter().map(|i| unsigned_width(i.2.into())).max().unwrap();
    let words: Vec<Word> = instructions
        .iter()
        .map(|&(first, count, scale, config, target)| {
            let mut word = Word::default();
            word.push(first, case.table_bits);
            word.push(count, case.table_bits + 1);
            word.push(scale, scale_width);
            push_config(&mut word, config, target, level_width);
            word.push(i64::from(target.apart), 1);
            word
        })
        .collect();
    let config_file = base.with_extension("config.hex");
    write_image(&config_file, &words);
    let exp_file = base.with_extension("exp.hex");
    let entry = |&e: &i64| {
        let mut word = Word::default();
        word.push(e, exp_width);
        word
    };
    write_image(&exp_file, &entries.iter().map(entry).collect::<Vec<_>>());
    let sum_width = unsigned_width(streams.largest_sum.into()).max(exp_width);
    let mut parameters = batches.write(base, first_batch);
    parameters.extend(streams.input.parameters(base, "in", ["InFile", "InWords"]));
    parameters.extend(streams.output.parameters(base, "out", ["OutFile", "OutWords"]));
    parameters.extend(instructions[0].4.parameters(level_width));
    parameters.extend([
        ("ConfigFile", file(&config_file)),
        ("ExpFile", file(&exp_file)),
        ("ScoreWidth", score_width.to_string()),
        ("GroupMax", case.group_max.to_string()),
        ("ExpWidth", exp_width.to_string()),
        ("ExpAddrWidth", case.table_bits.to_string()),
        ("SumWidth", sum_width.to_string()),
        ("ScaleWidth", scale_width.to_string()),
        ("Fraction", fraction.to_string()),
    ]);
    if run > 1 {
        parameters.push(("Run", run.to_string()));
    }
    parameters
}
