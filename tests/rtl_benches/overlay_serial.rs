//! The overlay's serial path into the memory of sums.

use std::path::Path;

use super::images::{Random, Word, write_image};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

struct Case {
    lanes: usize,
    /// Bits of an element, of a coefficient, of a sum.
    value: i64,
    coefficient: i64,
    sum: i64,
    /// Bits of addresses: sums, start values, coefficients.
    sum_bits: i64,
    start_bits: i64,
    coefficient_bits: i64,
}

const CASES: [Case; 8] = [
    Case { lanes: 1, value: 16, coefficient: 16, sum: 24, sum_bits: 7, start_bits: 5, coefficient_bits: 4 },
    Case { lanes: 2, value: 9, coefficient: 12, sum: 30, sum_bits: 8, start_bits: 7, coefficient_bits: 5 },
    Case { lanes: 2, value: 20, coefficient: 30, sum: 48, sum_bits: 6, start_bits: 6, coefficient_bits: 6 },
    Case { lanes: 1, value: 2, coefficient: 1, sum: 3, sum_bits: 4, start_bits: 1, coefficient_bits: 1 },
    Case { lanes: 2, value: 4, coefficient: 20, sum: 12, sum_bits: 5, start_bits: 5, coefficient_bits: 3 },
    Case { lanes: 4, value: 9, coefficient: 12, sum: 30, sum_bits: 8, start_bits: 7, coefficient_bits: 5 },
    Case { lanes: 4, value: 5, coefficient: 7, sum: 14, sum_bits: 6, start_bits: 5, coefficient_bits: 4 },
    Case { lanes: 8, value: 9, coefficient: 12, sum: 20, sum_bits: 8, start_bits: 6, coefficient_bits: 5 },
];

#[test]
fn overlay_serial() {
    let mut group = Group::new("overlay_serial");
    let mut random = Random(41);
    for case in CASES {
        group.add_one("overlay_serial", |base| elements(&mut random, &case, base));
    }
    group.run();
}

/// A memory: a number for each word of each bank; where there is one bank, an entry is a word.
struct Banks {
    bits: i64,
    words: Vec<i64>,
}

impl Banks {
    fn new(random: &mut Random, lanes: usize, bits: i64, width: i64) -> Self {
        let edge = 1i64 << (width - 1);
        Self { bits, words: (0..lanes << bits).map(|_| random.range(-edge, edge - 1)).collect() }
    }

    /// Word of entry `at` in bank `lane`.
    fn word(&mut self, lanes: usize, lane: usize, at: i64) -> &mut i64 {
        let size = 1usize << self.bits;
        &mut self.words[lane * size + at as usize % size / lanes]
    }

    fn write(&self, path: &Path, width: i64) -> String {
        let word = |&value: &i64| {
            let mut word = Word::default();
            word.push(value, width);
            word
        };
        write_image(path, &self.words.iter().map(word).collect::<Vec<_>>());
        file(path)
    }
}

fn wrapped(value: i128, width: i64) -> i64 {
    ((value << (128 - width)) >> (128 - width)) as i64
}

fn elements(random: &mut Random, case: &Case, base: &Path) -> Parameters {
    let lanes = case.lanes;
    let mut sums = Banks::new(random, lanes, case.sum_bits, case.sum);
    let mut starts = Banks::new(random, lanes, case.start_bits, case.sum);
    let mut coefficients = Banks::new(random, lanes, case.coefficient_bits, case.coefficient);
    let images = [
        ("SumFile", sums.write(&base.with_extension("sums.hex"), case.sum)),
        ("StartFile", starts.write(&base.with_extension("starts.hex"), case.sum)),
        ("CoefficientFile", coefficients.write(&base.with_extension("factors.hex"), case.coefficient)),
    ];
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    let (value_edge, edge) = (1i64 << (case.value - 1), 1i64 << (case.coefficient - 1));
    for _ in 0..4 {
        for _ in 0..12 {
            let turned = random.once_in(3);
            let wide = !turned && lanes > 1 && random.once_in(2);
            let aligned = |n: i64| n / lanes as i64 * lanes as i64;
            let [accumulate, start, per_channel, per_row] = [0; 4].map(|_| random.once_in(2));
            let (start, per_row) = (start && !turned, per_row && !turned);
            let sum_at = aligned(random.range(0, (1 << case.sum_bits) - 1));
            let start_at = aligned(random.range(0, (1 << case.start_bits) - 1));
            let factor_at = aligned(random.range(0, (1 << case.coefficient_bits) - 1));
            let coefficient = random.range(-edge, edge - 1);
            let channels = random.range(1, 9 + 2 * lanes as i64).min(1 << case.coefficient_bits);
            // From one row to the next.
            let pitch = aligned(channels + lanes as i64 - 1);
            // Each sum once.
            let rows = random.range(1, 4).min(((1 << case.sum_bits) / pitch).max(1));
            // Rows that are columns: the distance of their elements.
            let stride = aligned(random.range(1, 4) + lanes as i64 - 1);
            let (rows, channels) = match turned {
                true => (rows.min(stride), channels.min((1 << case.sum_bits) / stride).max(1)),
                false => (rows, channels),
            };
            let mut fields = Word::default();
            [accumulate, start, per_channel, per_row].iter().for_each(|&flag| fields.push(flag, 1));
            fields.push(sum_at, case.sum_bits);
            fields.push(start_at, case.start_bits);
            fields.push(factor_at, case.coefficient_bits);
            fields.push(coefficient, case.coefficient);
            fields.push(stride, case.sum_bits);
            fields.push(turned, 1);
            // With the first word, the fields; with the others, anything.
            let mut push = |random: &mut Random, fresh: bool, wide: bool, row_end: bool, values: &[i64]| {
                let mut word = fields.clone();
                [fresh, wide, row_end].iter().for_each(|&flag| word.push(flag, 1));
                for lane in 0..lanes {
                    // Of an element alone, it does not matter which are here.
                    word.push(if wide { lane < values.len() } else { random.once_in(2) }, 1);
                }
                for lane in 0..lanes {
                    let other = random.range(-value_edge, value_edge - 1);
                    word.push(values.get(lane).copied().unwrap_or(other), case.value);
                }
                input.push(word);
            };
            let odd = random.once_in(2);
            push(random, true, odd, odd, &[]);
            let step = if wide { lanes as i64 } else { 1 };
            let mut beats = Vec::new();
            for row in 0..rows {
                beats.extend((0..channels).step_by(step as usize).map(|c| (row * pitch, c)));
            }
            for (row, c) in beats {
                let count = step.min(channels - c);
                let values: Vec<i64> =
                    (0..count).map(|_| random.range(-value_edge, value_edge - 1)).collect();
                push(random, false, wide, c + step >= channels, &values);
                let i = row + c;
                let place = if turned { c * stride + row / pitch } else { i };
                let at = (sum_at + place) % (1 << case.sum_bits);
                let mut data = vec![0i64; lanes];
                let mut written = vec![false; lanes];
                for (n, &value) in (0i64..).zip(&values) {
                    let lane = ((at + n) % lanes as i64) as usize;
                    let factor = match per_channel {
                        true if turned => *coefficients.word(lanes, lane, factor_at + c * lanes as i64),
                        true => *coefficients.word(lanes, lane, factor_at + if per_row { i } else { c } + n),
                        false => coefficient,
                    };
                    let present = *sums.word(lanes, lane, at + n);
                    let entry = *starts.word(lanes, lane, start_at + i + n);
                    let from = if accumulate {
                        present
                    } else if start {
                        entry
                    } else {
                        0
                    };
                    let sum = i128::from(from) + i128::from(factor) * i128::from(value);
                    let sum = wrapped(sum, case.sum);
                    *sums.word(lanes, lane, at + n) = sum;
                    (data[lane], written[lane]) = (sum, true);
                }
                let mut word = Word::default();
                written.iter().for_each(|&lane| word.push(lane, 1));
                word.push(at, case.sum_bits);
                data.iter().for_each(|&sum| word.push(sum, case.sum));
                output.push(word);
            }
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    let mut parameters = batches.write(base, 0);
    parameters.extend(input.parameters(base, "in", ["InFile", "InWords"]));
    parameters.extend(output.parameters(base, "out", ["OutFile", "OutWords"]));
    parameters.extend(images);
    parameters.extend([
        ("Lanes", lanes.to_string()),
        ("ValueWidth", case.value.to_string()),
        ("CoefficientWidth", case.coefficient.to_string()),
        ("SumWidth", case.sum.to_string()),
        ("SumBits", case.sum_bits.to_string()),
        ("StartBits", case.start_bits.to_string()),
        ("CoefficientBits", case.coefficient_bits.to_string()),
    ]);
    parameters
}
