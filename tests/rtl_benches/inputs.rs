//! What a network begins with.

use std::path::Path;

use snn2rtl::graph::Shape;
use snn2rtl::integer::{Arrange, Embedding, Op};

use super::images::{Random, Word, signed_width, unsigned_width, write_image, write_rows};
use super::runner::{Group, Parameters, Set, file};
use super::sums::{WIDE, one_shot};
use super::vectors::{Batches, Beats};

const BATCHES: i64 = 6;
const SAMPLES: i64 = 6;

#[test]
fn inputs() {
    let mut group = Group::new("inputs");
    axis_input(&mut group);
    analog_pass(&mut group);
    rate_encoder(&mut group);
    let mut random = Random(9);
    // Values of a sample, of a beat, bits of a value.
    for (count, lanes, width) in [(1, 1, 2), (8, 4, 9), (13, 4, 9), (5, 1, 8), (7, 8, 3), (48, 16, 17)] {
        group.add_one("permute_buffer", |base| reorder(&mut random, count, lanes, width, base));
    }
    // Tokens, entries, channels, lanes.
    for shape in [[4, 16, 8, 2], [1, 1, 1, 1], [3, 5, 7, 4], [6, 40, 3, 8], [2, 9, 5, 5], [7, 2, 6, 1]] {
        group.add_one("token_embedding", |base| embedding(&mut random, shape, base));
    }
    for (tokens, width, padding) in [(4, 9, 0), (1, 2, -1), (7, 3, 2), (32, 16, 1000), (33, 32, -70000)] {
        group.add_one("token_mask", |base| mask(&mut random, tokens, width, padding, base));
    }
    group.run();
}

fn axis_input(group: &mut Group) {
    let set = |lanes, element, signed, zero, value, count, row| {
        [
            ("Lanes", lanes),
            ("ElementWidth", element),
            ("Signed", signed),
            ("ZeroPoint", zero),
            ("ValueWidth", value),
            ("Count", count),
            ("RowChannels", row),
        ]
    };
    let sets = [
        set(8, 8, 0, 0, 9, 784, 784),
        set(4, 8, 0, 128, 8, 10, 10),
        set(4, 8, 1, -3, 9, 24, 8),
        set(3, 16, 1, 0, 16, 7, 7),
        set(1, 16, 0, 7, 17, 1, 1),
        set(8, 8, 0, 0, 9, 3, 3),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("axis_input", &sets, |_, _| Vec::new());
}

fn analog_pass(group: &mut Group) {
    let set = |rows, channels, lanes, value| {
        [("Rows", rows), ("Channels", channels), ("Lanes", lanes), ("ValueWidth", value)]
    };
    let sets = [
        set(1, 8, 4, 9),
        set(1, 9, 4, 9),
        set(1, 1, 1, 2),
        set(4, 6, 3, 17),
        set(3, 2, 1, 8),
        set(1, 3, 8, 9),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("analog_pass", &sets, |_, _| Vec::new());
}

fn rate_encoder(group: &mut Group) {
    let set = |rows, channels, lanes, delta, steps| {
        [("Rows", rows), ("Channels", channels), ("Lanes", lanes), ("DeltaWidth", delta), ("Steps", steps)]
    };
    let sets = [
        set(1, 8, 4, 12, 4),
        set(5, 9, 4, 9, 3),
        set(1, 1, 1, 8, 15),
        set(3, 4, 4, 8, 1),
        set(2, 2, 1, 5, 2),
        set(2, 15, 4, 6, 2),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("rate_encoder", &sets, |_, _| Vec::new());
}

/// Writes what comes in and what must go out, and gives their parameters.
fn write(base: &Path, input: &Beats, output: &Beats, batches: &Batches, most: i64) -> Parameters {
    let [in_file, in_words] = input.write(&base.with_extension("in.hex"));
    let [out_file, out_words] = output.write(&base.with_extension("out.hex"));
    let mut parameters =
        vec![("InFile", in_file), ("InWords", in_words), ("OutFile", out_file), ("OutWords", out_words)];
    parameters.extend(batches.write(base, most));
    parameters
}

fn reorder(random: &mut Random, count: usize, lanes: usize, width: i64, base: &Path) -> Parameters {
    let mut order: Vec<usize> = (0..count).collect();
    (1..count).for_each(|i| order.swap(i, random.range(0, i as i64) as usize));
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    for _ in 0..BATCHES {
        for _ in 0..SAMPLES {
            let most = 1 << (width - 1);
            let raw: Vec<i32> = (0..count).map(|_| random.range(-most, most - 1) as i32).collect();
            for chunk in raw.chunks(lanes) {
                let mut word = Word::default();
                for j in 0..lanes {
                    word.push(chunk.get(j).map_or_else(|| random.next() as i64, |&x| x.into()), width);
                }
                input.push(word);
            }
            let arrange = Arrange { shape: Shape::matrix(1, count), order: order.clone() };
            let arranged = one_shot((1, count), &raw, |network, input| {
                network.add("arrange", Op::Arrange(arrange), &[input]).unwrap()
            });
            for value in arranged {
                let mut word = Word::default();
                word.push(value, width);
                output.push(word);
            }
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    let beats = count.div_ceil(lanes);
    let bits = |values: usize| unsigned_width((values - 1) as i128);
    let words: Vec<Word> = order
        .iter()
        .map(|&element| {
            let mut word = Word::default();
            word.push((element % lanes) as i64, bits(lanes));
            word.push((element / lanes) as i64, bits(beats));
            word
        })
        .collect();
    let path = base.with_extension("order.hex");
    write_image(&path, &words);
    let most = SAMPLES * count as i64 + beats as i64 + 12;
    let mut parameters = write(base, &input, &output, &batches, most);
    parameters.extend([
        ("Count", count.to_string()),
        ("InLanes", lanes.to_string()),
        ("ValueWidth", width.to_string()),
        ("OrderFile", file(&path)),
    ]);
    parameters
}

fn embedding(random: &mut Random, [tokens, entries, channels, lanes]: [usize; 4], base: &Path) -> Parameters {
    let most = 1 << random.range(1, 20);
    let table: Vec<i64> = (0..entries * channels).map(|_| random.range(-most, most)).collect();
    let delta_width = signed_width(table.iter().map(|&x| x.into()));
    let value_width = unsigned_width(entries as i128) + 2;
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    for _ in 0..BATCHES {
        for _ in 0..SAMPLES {
            // Now and then a value that is no row's number.
            let values: Vec<i64> = (0..tokens)
                .map(|_| match random.range(0, 9) {
                    0 => entries as i64,
                    1 => -random.range(1, entries as i64),
                    _ => random.range(0, entries as i64 - 1),
                })
                .collect();
            let known = |value: i64| (0..entries as i64).contains(&value);
            let raw: Vec<i32> = values.iter().map(|&v| if known(v) { v as i32 } else { 0 }).collect();
            let embedding = Embedding { channels, table: table.clone(), total: WIDE };
            let rows = one_shot((1, tokens), &raw, |network, input| {
                network.add("embedding", Op::Embedding(embedding), &[input]).unwrap()
            });
            for (token, (row, &value)) in rows.chunks(channels).zip(&values).enumerate() {
                let mut word = Word::default();
                word.push(value, value_width);
                input.push(word);
                for (k, chunk) in row.chunks(lanes).enumerate() {
                    let mut word = Word::default();
                    let entry = |j: usize| chunk.get(j).copied().filter(|_| known(value)).unwrap_or(0);
                    (0..lanes).for_each(|j| word.push(entry(j), delta_width));
                    let last = token == tokens - 1 && k + 1 == channels.div_ceil(lanes);
                    [false, last, last].into_iter().for_each(|flag| word.push(i64::from(flag), 1));
                    output.push(word);
                }
            }
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    let path = base.with_extension("table.hex");
    write_rows(&path, &table, channels as i64, lanes as i64, delta_width);
    let beats = SAMPLES * (tokens * channels.div_ceil(lanes)) as i64;
    let mut parameters = write(base, &input, &output, &batches, beats + 6);
    parameters.extend([
        ("Tokens", tokens.to_string()),
        ("Entries", entries.to_string()),
        ("Channels", channels.to_string()),
        ("Lanes", lanes.to_string()),
        ("ValueWidth", value_width.to_string()),
        ("DeltaWidth", delta_width.to_string()),
        ("TableFile", file(&path)),
    ]);
    parameters
}

fn mask(random: &mut Random, tokens: i64, width: i64, padding: i64, base: &Path) -> Parameters {
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    for _ in 0..BATCHES {
        for _ in 0..SAMPLES {
            let density = random.range(0, 4);
            let mut word = Word::default();
            for _ in 0..tokens {
                let most = 1 << (width - 1);
                let other = random.range(-most, most - 1);
                let value = if random.range(0, 3) < density { padding } else { other };
                let mut beat = Word::default();
                beat.push(value, width);
                input.push(beat);
                word.push(i64::from(value == padding), 1);
            }
            output.push(word);
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    let mut parameters = write(base, &input, &output, &batches, SAMPLES * tokens + 6);
    parameters.extend([
        ("Tokens", tokens.to_string()),
        ("ValueWidth", width.to_string()),
        ("Padding", padding.to_string()),
    ]);
    parameters
}
