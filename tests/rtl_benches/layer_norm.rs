//! Neurons on the LayerNorm of rows, and what they are made of.

use std::path::Path;

use snn2rtl::integer::{LayerNorm, Range};

use super::images::{Random, Word, signed_width, unsigned_width, write_image};
use super::row_array::{Array, Levels, Shape, cycles};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

const BATCHES: i64 = 6;
const SAMPLES: i64 = 4;

/// Rows, channels, lanes, bits of an accumulated input, fraction bits, whether idle rows are skipped.
const SHAPES: [(usize, usize, usize, i64, u32, bool); 12] = [
    (1, 8, 2, 8, 8, true),
    (1, 1, 1, 4, 1, true),
    (3, 1, 1, 6, 3, true),
    // A single chunk with padding; lanes that do not divide the row; lanes that do.
    (4, 3, 8, 7, 5, true),
    (5, 7, 3, 9, 6, true),
    (2, 7, 7, 5, 4, true),
    (7, 16, 4, 10, 8, true),
    // One lane: a row takes longer than its root.
    (3, 40, 1, 6, 7, true),
    (2, 5, 1, 12, 2, true),
    // Wide values.
    (2, 6, 4, 34, 20, true),
    // Every row in full.
    (4, 6, 3, 8, 6, false),
    (1, 2, 2, 9, 9, false),
];

pub fn add(group: &mut Group) {
    let mut random = Random(7);
    for (turn, shape) in SHAPES.into_iter().enumerate() {
        group.add_one("layer_norm_neurons", |base| neurons(&mut random, turn, shape, base));
    }
    for (channels, lanes, bits) in [(8, 2, 8), (1, 1, 5), (7, 3, 12), (3, 8, 4), (20, 1, 16), (64, 16, 30)] {
        group.add_one("row_moments", |base| moments(&mut random, channels, lanes, bits, base));
    }
    for (width, tag) in [(1, 1), (2, 3), (3, 1), (16, 8), (17, 5), (64, 20), (126, 40)] {
        group.add_one("integer_sqrt", |base| roots(&mut random, width, tag, base));
    }
}

/// A LayerNorm with random constants; its widths are not used.
fn layer_norm(
    random: &mut Random,
    channels: usize,
    levels: Levels,
    total: Range,
    fraction: u32,
) -> LayerNorm {
    let Levels { low, high, rounding } = levels;
    // A level is reached by about one deviation.
    let largest = i64::from(high.max(-low)) << fraction;
    let bits = random.range(1, 40);
    let epsilon = i128::from(random.range(1, 1 << bits));
    let root_fraction = if random.once_in(2) { 0 } else { random.range(1, 12) as u32 };
    // Many lie on a boundary, where a channel without deviation meets it.
    let beta = |_| match random.once_in(2) {
        true => random.range(2 * i64::from(low), 2 * i64::from(high)) << (fraction - 1),
        false => random.range(-largest / 2, largest),
    };
    let mut beta: Vec<i64> = (0..channels).map(beta).collect();
    // One that fires even if all inputs are the same.
    beta[0] = if high > 0 { largest } else { -largest };
    LayerNorm {
        low,
        high,
        rounding,
        gamma: (0..channels).map(|_| random.range(-largest, largest)).collect(),
        beta,
        fraction,
        epsilon,
        root_fraction,
        centred: true,
        total,
        square_width: 126,
        decision_width: 126,
    }
}

/// The range of so many bits, or less than it, with 0 inside.
fn range(random: &mut Random, bits: i64) -> Range {
    let most = 1 << (bits - 1);
    match random.range(0, 2) {
        0 => Range::new(-most, most - 1),
        1 => Range::new(-random.range(0, most), most - 1),
        _ => Range::new(0, most - 1),
    }
}

/// v of a row.
fn variance(norm: &LayerNorm, row: &[i64]) -> i128 {
    let squares: i128 = row.iter().map(|&x| i128::from(x) * i128::from(x)).sum();
    let sum: i128 = row.iter().map(|&x| i128::from(x)).sum();
    ((row.len() as i128 * squares - sum * sum) << (2 * norm.root_fraction)) + norm.epsilon
}

fn neurons(
    random: &mut Random,
    turn: usize,
    (rows, channels, lanes, bits, fraction, skip_rows): (usize, usize, usize, i64, u32, bool),
    base: &Path,
) -> Parameters {
    let levels = Levels::random(random, turn);
    let total = range(random, bits);
    let norm = layer_norm(random, channels, levels, total, fraction);
    let shape = Shape { rows, channels, lanes, skip_rows };
    let mut array = Array::new(shape);
    // The farthest that v and a decision come.
    let least = i64::from(norm.root_fraction);
    let (mut square_width, mut decision_width) = (2 * least + 2, least + 2);
    let mut decide = |row: &[i64], tracers: &mut [i32]| {
        let moments = norm.moments(row);
        square_width = square_width.max(unsigned_width(variance(&norm, row)));
        let mut spike = |(c, s): (usize, &mut i32)| {
            let numerator = norm.numerator(moments, c, row[c]);
            for halves in levels.around(*s).into_iter().flatten() {
                let edge = (i128::from(halves) * i128::from(moments.root)) << (fraction - 1);
                decision_width = decision_width.max(signed_width([numerator - edge]));
            }
            let up = *s < norm.high && norm.reached(moments, numerator, *s + 1);
            let down = *s > norm.low && !norm.reached(moments, numerator, *s);
            let spike = i8::from(up) - i8::from(down);
            *s += i32::from(spike);
            spike
        };
        tracers.iter_mut().enumerate().map(&mut spike).collect()
    };
    let mut first = Vec::new();
    for batch in 0..BATCHES {
        let t_max = if batch % 3 == 0 { 0 } else { random.range(1, 4) as u16 };
        for _ in 0..SAMPLES {
            array.sample(random, t_max, total, &mut decide);
        }
        if batch == 0 {
            first = array.steps.clone();
        }
        array.end_batch(t_max);
    }
    // A row takes its chunks, or the bits of its sum or root one by one; the time-step before must have left.
    let sum_bits = bits + unsigned_width(channels as i128);
    let row = (shape.chunks() as i64).max(sum_bits.max(square_width / 2 + 1) + 2);
    let latency = 2 * shape.chunks() as i64 + sum_bits + square_width / 2 + 16;
    let mut parameters = array.write(base, levels, cycles(&first, row, latency));

    let constants = [
        signed_width(norm.gamma.iter().map(|&x| x.into())),
        signed_width(norm.beta.iter().map(|&x| x.into())),
    ];
    let words: Vec<Word> = (0..shape.chunks())
        .map(|chunk| {
            let mut word = Word::default();
            for c in chunk * lanes..(chunk + 1) * lanes {
                // Noise in lanes beyond the channels.
                let noise = random.next() as i64;
                word.push(norm.gamma.get(c).copied().unwrap_or(noise), constants[0]);
                word.push(norm.beta.get(c).copied().unwrap_or(noise), constants[1]);
            }
            word
        })
        .collect();
    let path = base.with_extension("constants.hex");
    write_image(&path, &words);
    parameters.extend([
        ("Channels", channels.to_string()),
        ("GammaWidth", constants[0].to_string()),
        ("BetaWidth", constants[1].to_string()),
        ("Fraction", fraction.to_string()),
        ("SquareWidth", square_width.to_string()),
        ("Epsilon", format!("128'h{:x}", norm.epsilon)),
        ("RootFraction", norm.root_fraction.to_string()),
        ("DecisionWidth", decision_width.to_string()),
        ("ConstFile", file(&path)),
    ]);
    parameters
}

fn moments(random: &mut Random, channels: usize, lanes: usize, bits: i64, base: &Path) -> Parameters {
    let total = Range::new(-(1 << (bits - 1)), (1 << (bits - 1)) - 1);
    let levels = Levels::random(random, 0);
    let norm = layer_norm(random, channels, levels, total, 4);
    let rows: Vec<Vec<i64>> = (0..60)
        .map(|_| {
            let (kind, one) = (random.range(0, 4), random.range(total.low, total.high));
            let value = |c: usize| match kind {
                0 => one,
                1 if c.is_multiple_of(2) => total.low,
                1 => total.high,
                2 => total.low,
                _ => random.range(total.low, total.high),
            };
            (0..channels).map(value).collect()
        })
        .collect();
    let least = 2 * i64::from(norm.root_fraction) + 2;
    let square_width = rows.iter().map(|row| unsigned_width(variance(&norm, row))).max().unwrap().max(least);
    let sum_width = bits + unsigned_width(channels as i128);
    let root_width = (square_width + 1) / 2;

    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    for rows in rows.chunks(15) {
        for row in rows {
            for (k, chunk) in row.chunks(lanes).enumerate() {
                let mut word = Word::default();
                (0..lanes).for_each(|j| word.push(chunk.get(j).copied().unwrap_or(0), bits));
                word.push(i64::from(k + 1 == channels.div_ceil(lanes)), 1);
                input.push(word);
            }
            let moments = norm.moments(row);
            let mut word = Word::default();
            word.push(moments.sum, sum_width);
            word.push(moments.root, root_width);
            output.push(word);
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    let row = (channels.div_ceil(lanes) as i64).max(sum_width.max(root_width) + 2);
    let [in_file, in_words] = input.write(&base.with_extension("in.hex"));
    let [out_file, out_words] = output.write(&base.with_extension("out.hex"));
    let mut parameters = vec![
        ("Channels", channels.to_string()),
        ("Lanes", lanes.to_string()),
        ("AccWidth", bits.to_string()),
        ("SquareWidth", square_width.to_string()),
        ("Epsilon", format!("128'h{:x}", norm.epsilon)),
        ("RootFraction", norm.root_fraction.to_string()),
        ("InFile", in_file),
        ("InWords", in_words),
        ("OutFile", out_file),
        ("OutWords", out_words),
    ];
    parameters.extend(batches.write(base, 16 * row + sum_width + root_width + 10));
    parameters
}

fn roots(random: &mut Random, width: i64, tag_width: i64, base: &Path) -> Parameters {
    let most = (1i128 << width) - 1;
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    for batch in 0..4 {
        for i in 0..30 {
            let any = ((i128::from(random.next() >> 1) << 64) + i128::from(random.next())) & most;
            let square = any.isqrt().pow(2);
            let value = match i % 5 {
                _ if batch == 0 && i == 0 => most,
                _ if batch == 0 && i == 1 => 0,
                0 => square,
                1 => (square - 1).max(0),
                2 => (square + 2 * any.isqrt()).min(most),
                3 => any >> random.range(0, width - 1),
                _ => any,
            };
            let tag = random.next() as i64;
            let (mut number, mut root) = (Word::default(), Word::default());
            number.push(value, width);
            number.push(tag, tag_width);
            root.push(value.isqrt(), (width + 1) / 2);
            root.push(tag, tag_width);
            input.push(number);
            output.push(root);
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    let [in_file, in_words] = input.write(&base.with_extension("in.hex"));
    let [out_file, out_words] = output.write(&base.with_extension("out.hex"));
    let mut parameters = vec![
        ("Width", width.to_string()),
        ("TagWidth", tag_width.to_string()),
        ("InFile", in_file),
        ("InWords", in_words),
        ("OutFile", out_file),
        ("OutWords", out_words),
    ];
    parameters.extend(batches.write(base, 30 * ((width + 1) / 2 + 2) + 5));
    parameters
}
