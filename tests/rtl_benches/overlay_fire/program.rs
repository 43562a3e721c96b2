//! Instructions, and the chunks that they get.

use snn2rtl::overlay::isa::Fire;

use super::super::images::{Random, Word};
use super::neuron::{Function, Neuron};
use super::{Case, INSTRUCTIONS, OPERAND_BITS, SPIKE_BITS};

/// An instruction with the neurons of each group of a row.
pub struct Instruction {
    pub fields: Fire,
    pub neurons: Vec<Vec<Neuron>>,
}

/// Sums of a chunk, and how many of them are elements.
pub struct Chunk {
    pub sums: Vec<i64>,
    pub elements: usize,
}

/// Elements of each chunk of a row.
fn sizes(i: &Fire) -> Vec<usize> {
    let size = |c| if (c + 1) % i.inner == 0 { i.tail } else { i.full };
    (0..i.chunks).map(|c| size(c) as usize).collect()
}

/// Each kind of instruction first, then any; chooses thresholds.
pub fn instruction(
    random: &mut Random,
    case: &Case,
    functions: &[Vec<Function>],
    n: usize,
    thresholds: &mut Vec<Word>,
) -> Instruction {
    // Neurons to spikes, sums one by one, operands in both orders, softmax, readout.
    let kind = if n < 6 { n as i64 } else { random.range(0, 5) };
    let mut flag = || u128::from(random.once_in(2));
    let (neurons, spikes_out, operand_out, transpose, serial) = match kind {
        0 => (1, 1, 0, 0, 0),
        1 => (flag(), 0, 0, 0, 1),
        2 if case.operands => (1, flag(), 1, 0, flag()),
        3 if case.operands => (1, flag(), 1, 1, 0),
        4 => (flag(), 0, 0, 0, 2),
        5 => (flag(), 0, 0, 0, 3),
        _ => (1, flag(), 0, 0, 1),
    };
    let spikes_out = spikes_out & neurons;
    let table = if case.piece > 0 { neurons & flag() } else { 0 };
    let wide = u128::from(serial == 1 && case.serial_lanes > 1 && random.once_in(2));
    let mut size = || {
        let most = case.chunk_lanes;
        if random.once_in(3) { most } else { random.range(1, most) }
    };
    let (mut full, mut tail) = (size(), size());
    let (inner, outer) = (random.range(1, 3), random.range(1, 2));
    // Only the last beat of a row or of a group of scores may have fewer elements than the others.
    let beats = |n: i64| (n / case.serial_lanes).max(1) * case.serial_lanes;
    if wide == 1 || serial == 2 {
        full = beats(full);
        if outer > 1 && serial == 1 {
            tail = beats(tail);
        }
    }
    let rows = if transpose == 1 { random.range(1, case.chunk_lanes + 2) } else { random.range(1, 5) };
    let (steps, most) = match case.unary {
        true => {
            let most = (1i64 << case.level) - 1;
            (random.range(1, most), most)
        }
        false => {
            let steps = random.range(1, case.steps);
            (steps, (1i64 << steps) - 1)
        }
    };
    let limit = |random: &mut Random| if random.once_in(2) { most } else { random.range(0, most) };
    let (high, low) = (limit(random), limit(random));
    // As many comparisons as the longest function needs, or more.
    let longest = functions.iter().flatten().map(Function::words).max().unwrap_or(1);
    let needed = i64::from(usize::BITS - (longest - 1).leading_zeros());
    let any = |random: &mut Random, bits: i64| random.range(0, (1 << bits) - 1) as u128;
    // Elements that are written at once begin at a multiple of as many words.
    let operand = |word: u128| match transpose {
        1 => word / case.operand_lanes as u128 * case.operand_lanes as u128,
        _ => word,
    };
    let fields = Fire {
        last: u128::from(n + 1 == INSTRUCTIONS),
        neurons,
        spikes_out,
        operand_out,
        transpose,
        unary: case.unary.into(),
        table,
        probes: if table == 1 { needed as u128 } else { any(random, 2) },
        serial,
        wide,
        rows: rows as u128,
        chunks: (inner * outer) as u128,
        inner: inner as u128,
        full: full as u128,
        tail: tail as u128,
        steps: steps as u128,
        high: high as u128,
        low: low as u128,
        thresholds: (thresholds.len() / case.turns as usize) as u128,
        spikes: any(random, SPIKE_BITS),
        row_stride: any(random, SPIKE_BITS),
        step_stride: any(random, SPIKE_BITS),
        operand_words: operand(any(random, OPERAND_BITS)),
        operand_stride: operand(any(random, OPERAND_BITS)),
        operand_groups: random.range(1, case.chunk_lanes / case.lanes / case.turns) as u128,
        ..Fire::default()
    };
    let lanes = case.lanes as usize;
    let mut groups = Vec::new();
    for size in sizes(&fields) {
        // Groups that are written together begin with a chunk.
        for first in (0..size.next_multiple_of(lanes * case.turns as usize)).step_by(lanes) {
            let neuron = |lane: usize| neuron(random, case, &fields, &functions[lane], first + lane < size);
            groups.push((0..lanes).map(neuron).collect::<Vec<_>>());
        }
    }
    for group in &groups {
        let mut word = Word::default();
        group.iter().for_each(|neuron| neuron.push(&mut word, case));
        thresholds.push(word);
    }
    Instruction { fields, neurons: groups }
}

fn neuron(random: &mut Random, case: &Case, i: &Fire, functions: &[Function], element: bool) -> Neuron {
    let edge = 1i64 << (case.start - 1);
    match (i.table, element) {
        (1, true) => Neuron::Table(random.pick_of(&functions[1..]).clone()),
        (1, false) => Neuron::Table(functions[0].clone()),
        (_, false) => Neuron::Line { start: 0, theta: 1 },
        (_, true) => {
            let theta = random.range(1, (1 << case.theta) - 1) >> random.range(0, case.theta - 1);
            Neuron::Line {
                start: random.range(-edge, edge - 1) >> random.range(0, case.start - 1),
                theta: theta.max(1),
            }
        }
    }
}

/// Chunks of an instruction. Sums are near what their neurons compare them with.
pub fn chunks(random: &mut Random, case: &Case, own: &Instruction) -> Vec<Chunk> {
    let lanes = case.lanes as usize;
    let edge = 1i64 << (case.acc - 1);
    let mut chunks = Vec::new();
    for _ in 0..own.fields.rows {
        let mut group = 0;
        for elements in sizes(&own.fields) {
            let mut sums = Vec::new();
            for lane in 0..case.chunk_lanes as usize {
                let beyond = lane >= elements;
                let neuron = own.neurons.get(group + lane / lanes).map(|g| &g[lane % lanes]);
                let near = match neuron {
                    Some(Neuron::Line { start, theta }) => {
                        let level = random.range(-(own.fields.low as i64) - 2, own.fields.high as i64 + 2);
                        ((level * theta - start) >> case.fraction) + random.range(-1, 1)
                    }
                    Some(Neuron::Table(function)) => match function.pieces.as_slice() {
                        [] => 0,
                        pieces => random.pick(pieces).0 + random.range(-1, 1),
                    },
                    None => 0,
                };
                let any = random.range(-edge, edge - 1);
                let sum = if random.once_in(4) { any } else { near.clamp(-edge, edge - 1) };
                // Sums of the last group beyond its last element are 0, if they are nothing else.
                let last_group = lane / lanes == (elements - 1) / lanes;
                sums.push(if beyond && last_group && !case.ragged { 0 } else { sum });
            }
            group += elements.div_ceil(lanes).next_multiple_of(case.turns as usize);
            chunks.push(Chunk { sums, elements });
        }
    }
    chunks
}

/// Cycles that an instruction may take when nothing holds it back.
pub fn cycles(case: &Case, own: &Instruction, chunks: &[Chunk]) -> i64 {
    let i = &own.fields;
    let lanes = case.lanes as usize;
    let steps = if case.unary { i.steps as i64 } else { case.steps };
    let mut cycles = 0;
    for chunk in chunks {
        for first in (0..chunk.elements).step_by(lanes) {
            let elements = (chunk.elements - first).min(lanes) as i64;
            let beats = (elements + case.serial_lanes - 1) / case.serial_lanes;
            let walk = match (i.serial, i.wide) {
                (1, 1) | (2, _) => beats,
                (0, _) if i.transpose == 0 => 1,
                (0, _) => (elements + case.operand_lanes - 1) / case.operand_lanes,
                _ => elements,
            };
            let fire = if i.neurons == 1 { steps.max(2) } else { 1 };
            let search = if i.table == 1 { i.probes as i64 + 2 } else { 0 };
            cycles += walk.max(fire).max(search);
        }
        cycles += 2;
    }
    // The way through all stages; the next instruction is read meanwhile.
    let drain = 10 + 2 * steps + if i.table == 1 { i.probes as i64 + 2 } else { 0 };
    (cycles + drain).max(Fire::WORDS as i64 + 3)
}
