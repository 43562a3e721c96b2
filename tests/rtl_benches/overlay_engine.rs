//! The overlay's lists of instructions, events, and accumulators.

use std::path::Path;

use super::images::{Random, Word, write_image};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

const BATCHES: usize = 4;
const IN: [&str; 2] = ["InFile", "InWords"];
const OUT: [&str; 2] = ["OutFile", "OutWords"];

#[test]
fn overlay_engine() {
    let mut group = Group::new("overlay_engine");
    let mut random = Random(31);
    for case in [(1, 1), (2, 1), (3, 5), (15, 7), (17, 2), (1, 9)] {
        group.add_one("overlay_sequencer", |base| sequencer(&mut random, case, base));
    }
    for case in EVENT_CASES {
        group.add_one("overlay_events", |base| events(&mut random, &case, base));
    }
    for case in SUM_CASES {
        group.add_one("overlay_accumulate", |base| accumulate(&mut random, &case, base));
    }
    group.run();
}

/// A word of 32 bits for each of `words` in each of `count` instructions.
fn sequencer(random: &mut Random, (words, count): (usize, usize), base: &Path) -> Parameters {
    let mut word = || {
        let mut word = Word::default();
        word.push(random.range(0, u32::MAX.into()), 32);
        word
    };
    let list: Vec<Word> = (0..words * count).map(|_| word()).collect();
    let image = base.with_extension("list.hex");
    write_image(&image, &list);
    let (mut out, mut batches) = (Beats::default(), Batches::default());
    for n in 0..BATCHES * 30 {
        let mut instruction = Word::default();
        list.iter().skip(n % count * words).take(words).for_each(|word| instruction.append(word));
        out.push(instruction);
        if n % 30 == 29 {
            out.end_batch();
            batches.push(0);
        }
    }
    let mut parameters = batches.write(base, 30 * (words as i64 + 2) + 10);
    parameters.extend(out.parameters(base, "out", OUT));
    parameters.extend([("File", file(&image)), ("Words", words.to_string()), ("Count", count.to_string())]);
    parameters
}

struct EventCase {
    width: usize,
    spikes: usize,
    /// There are cycles with half of the events.
    halves: bool,
    word_bits: i64,
}

/// One event, as many as a word has or more, numbers that do not divide it.
const EVENT_CASES: [EventCase; 10] = [
    EventCase { width: 8, spikes: 1, halves: false, word_bits: 6 },
    EventCase { width: 16, spikes: 2, halves: false, word_bits: 9 },
    EventCase { width: 32, spikes: 3, halves: false, word_bits: 5 },
    EventCase { width: 4, spikes: 5, halves: false, word_bits: 12 },
    EventCase { width: 64, spikes: 4, halves: false, word_bits: 10 },
    EventCase { width: 128, spikes: 8, halves: false, word_bits: 16 },
    EventCase { width: 16, spikes: 2, halves: true, word_bits: 9 },
    EventCase { width: 32, spikes: 3, halves: true, word_bits: 5 },
    EventCase { width: 64, spikes: 4, halves: true, word_bits: 10 },
    EventCase { width: 128, spikes: 5, halves: true, word_bits: 16 },
];

fn events(random: &mut Random, case: &EventCase, base: &Path) -> Parameters {
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    let mut first_batch = 0;
    for batch in 0..BATCHES {
        let mut cycles = 10;
        for n in 0..100 {
            let density = random.pick(&[0, 0, 1, 1, 5, 20, 100]);
            // Whatever the sign of a neuron is that does not spike, it does not matter.
            let neurons: Vec<(bool, bool)> =
                (0..case.width).map(|_| (random.range(1, 100) <= density, random.once_in(2))).collect();
            let first = random.range(0, (1 << case.word_bits) - 1);
            let mut mark = || random.once_in(4) || n == 99;
            let (clear, double, last, keep, merge, operand) =
                (mark(), mark(), mark(), mark(), mark(), mark());
            let mut word = Word::default();
            neurons.iter().for_each(|n| word.push(n.0, 1));
            neurons.iter().for_each(|n| word.push(n.1, 1));
            word.push(first, case.word_bits);
            [operand, clear, double, last, keep, merge].iter().for_each(|&mark| word.push(mark, 1));
            input.push(word);

            let spikes: Vec<usize> = (0..case.width).filter(|&n| neurons[n].0).collect();
            let mut beats: Vec<&[usize]> = spikes.chunks(case.spikes).collect();
            if beats.is_empty() && (clear || double || last) {
                beats.push(&[]);
            }
            cycles += beats.len().max(1) as i64;
            for (i, beat) in beats.iter().enumerate() {
                let (begins, ends) = (i == 0, i + 1 == beats.len() && last);
                let mut word = Word::default();
                (0..case.spikes).for_each(|g| word.push(g < beat.len(), 1));
                (0..case.spikes).for_each(|g| word.push(beat.get(g).is_some_and(|&n| neurons[n].1), 1));
                for g in 0..case.spikes {
                    word.push(beat.get(g).map_or(0, |&n| first + n as i64), case.word_bits);
                }
                let marks = [operand, begins && clear, begins && double, ends, ends && keep, ends && merge];
                marks.iter().for_each(|&mark| word.push(mark, 1));
                output.push(word);
            }
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
        if batch == 0 {
            first_batch = cycles;
        }
    }
    let mut parameters = batches.write(base, first_batch);
    parameters.extend(input.parameters(base, "in", IN));
    parameters.extend(output.parameters(base, "out", OUT));
    parameters.extend([
        ("FetchWidth", case.width.to_string()),
        ("Spikes", case.spikes.to_string()),
        ("Halves", u8::from(case.halves).to_string()),
        ("WordBits", case.word_bits.to_string()),
    ]);
    parameters
}

struct SumCase {
    lanes: usize,
    spikes: usize,
    weight: i64,
    /// Bits of an operand, if there are any.
    operand: Option<i64>,
    acc: i64,
    /// Bits of a sum that is compared, 0 if none is.
    pool: i64,
}

const SUM_CASES: [SumCase; 7] = [
    SumCase { lanes: 4, spikes: 1, weight: 8, operand: Some(5), acc: 16, pool: 0 },
    SumCase { lanes: 3, spikes: 2, weight: 4, operand: Some(9), acc: 12, pool: 6 },
    SumCase { lanes: 8, spikes: 4, weight: 3, operand: None, acc: 10, pool: 10 },
    SumCase { lanes: 1, spikes: 3, weight: 1, operand: Some(1), acc: 3, pool: 0 },
    SumCase { lanes: 2, spikes: 5, weight: 6, operand: Some(6), acc: 20, pool: 8 },
    SumCase { lanes: 2, spikes: 2, weight: 8, operand: None, acc: 6, pool: 0 },
    SumCase { lanes: 1, spikes: 8, weight: 2, operand: Some(3), acc: 7, pool: 1 },
];

/// For each event, whether there is one and whether it is negative; and what each adds to each lane.
type Beat = (Vec<(bool, bool)>, Vec<Vec<[i64; 2]>>);

/// A beat of events, and what it adds to each lane.
fn beat(random: &mut Random, case: &SumCase, small: bool) -> Beat {
    let operands = case.operand.is_some() && random.once_in(2);
    let events: Vec<(bool, bool)> =
        (0..case.spikes).map(|_| (!random.once_in(3), random.once_in(2))).collect();
    let bits = if operands { case.operand.unwrap_or(1) } else { case.weight };
    let edge = if small { (1i64 << (bits - 1)).min(2) } else { 1 << (bits - 1) };
    let words = events.iter().map(|&(event, _)| {
        let word = (0..case.lanes).map(|_| {
            let value = if event { random.range(-edge, edge - 1) } else { 0 };
            if operands { [0, value] } else { [value, 0] }
        });
        word.collect()
    });
    let words = words.collect();
    (events, words)
}

fn wrapped(value: i128, width: i64) -> i128 {
    (value << (128 - width)) >> (128 - width)
}

fn accumulate(random: &mut Random, case: &SumCase, base: &Path) -> Parameters {
    let operand_width = case.operand.unwrap_or(2);
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    for _ in 0..BATCHES {
        for _ in 0..60 {
            let doubling = random.once_in(2);
            let taps = if case.pool > 0 && random.once_in(2) { random.range(1, 4) } else { 0 };
            let mut largest: Option<Vec<i128>> = None;
            // Without taps a chunk is one part, which may wrap.
            for tap in 0..taps.max(1) {
                let (sums, words) = loop {
                    let mut sums = vec![0i128; case.lanes];
                    let mut words = Vec::new();
                    let steps = random.range(1, if taps > 0 { 2 } else { 4 });
                    for step in 0..steps {
                        let beats = random.range(1, if taps > 0 { 2 } else { 5 });
                        for n in 0..beats {
                            let (clear, double) = (step == 0 && n == 0, doubling && step > 0 && n == 0);
                            let last = step + 1 == steps && n + 1 == beats;
                            let (events, values) = beat(random, case, taps > 0);
                            for (lane, sum) in sums.iter_mut().enumerate() {
                                *sum *= if double { 2 } else { 1 };
                                for (event, word) in events.iter().zip(&values) {
                                    let value = i128::from(word[lane][0] + word[lane][1]);
                                    *sum += if event.1 { -value } else { value };
                                }
                            }
                            let mut word = Word::default();
                            events.iter().for_each(|e| word.push(e.0, 1));
                            events.iter().for_each(|e| word.push(e.1, 1));
                            let (keep, merge) = (taps > 0 && tap + 1 < taps, taps > 0 && tap > 0);
                            [clear, double, last, keep, merge].iter().for_each(|&m| word.push(m, 1));
                            for (kind, width) in [(0, case.weight), (1, operand_width)] {
                                values.iter().flatten().for_each(|v| word.push(v[kind], width));
                            }
                            words.push(word);
                        }
                    }
                    // What is compared lies in its range.
                    if taps == 0 || sums.iter().all(|&s| wrapped(s, case.pool) == s) {
                        break (sums, words);
                    }
                };
                words.into_iter().for_each(|word| input.push(word));
                largest = Some(match largest {
                    Some(kept) => kept.iter().zip(&sums).map(|(&a, &b)| a.max(b)).collect(),
                    None => sums,
                });
            }
            let mut word = Word::default();
            largest.iter().flatten().for_each(|&sum| word.push(wrapped(sum, case.acc), case.acc));
            output.push(word);
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    let mut parameters = batches.write(base, 0);
    parameters.extend(input.parameters(base, "in", IN));
    parameters.extend(output.parameters(base, "out", OUT));
    parameters.extend([
        ("Lanes", case.lanes.to_string()),
        ("Spikes", case.spikes.to_string()),
        ("WeightWidth", case.weight.to_string()),
        ("OperandWidth", operand_width.to_string()),
        ("AccWidth", case.acc.to_string()),
        ("HasOperands", u8::from(case.operand.is_some()).to_string()),
        ("PoolWidth", case.pool.to_string()),
    ]);
    parameters
}
