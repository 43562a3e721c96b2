//! Neurons on the softmax of groups of rows.

use std::path::Path;

use snn2rtl::graph::Band;
use snn2rtl::integer::{Range, Softmax};

use super::images::{Random, Word, signed_width, unsigned_width, write_image};
use super::row_array::{Array, Levels, Shape, cycles};
use super::runner::{Group, Parameters, file};
use super::vectors::Beats;

const BATCHES: i64 = 6;
const SAMPLES: i64 = 4;

struct Case {
    rows: usize,
    groups: usize,
    tokens: usize,
    pad: usize,
    lanes: usize,
    /// Bits of an accumulated score, of an exponential, fraction bits of the scale.
    bits: [i64; 3],
    table: usize,
    masked: bool,
    skip_rows: bool,
}

const fn case(rows: usize, [groups, tokens, pad, lanes]: [usize; 4], bits: [i64; 3], table: usize) -> Case {
    Case { rows, groups, tokens, pad, lanes, bits, table, masked: false, skip_rows: true }
}

const fn masked(case: Case) -> Case {
    Case { masked: true, ..case }
}

const fn full(case: Case) -> Case {
    Case { skip_rows: false, ..case }
}

const CASES: [Case; 12] = [
    case(1, [2, 4, 4, 2], [8, 12, 10], 16),
    case(1, [1, 1, 1, 1], [5, 4, 3], 1),
    case(3, [1, 5, 5, 1], [6, 8, 6], 40),
    case(5, [4, 17, 18, 9], [9, 12, 12], 300),
    // A group is one chunk; a chunk without a single token.
    case(9, [3, 3, 4, 4], [7, 6, 5], 20),
    case(2, [2, 2, 6, 2], [7, 10, 8], 33),
    masked(case(1, [2, 4, 4, 2], [8, 12, 10], 64)),
    masked(case(1, [1, 1, 1, 1], [4, 5, 4], 8)),
    masked(case(6, [2, 7, 8, 4], [8, 9, 7], 100)),
    masked(case(3, [3, 6, 6, 1], [6, 16, 14], 63)),
    full(case(3, [2, 3, 3, 3], [7, 8, 8], 50)),
    masked(full(case(2, [1, 9, 12, 3], [20, 30, 34], 1000))),
];

pub fn add(group: &mut Group) {
    let mut random = Random(11);
    for (turn, case) in CASES.iter().enumerate() {
        group.add_one("softmax_neurons", |base| neurons(&mut random, turn, case, base));
    }
}

/// A softmax with random constants; its widths are not used.
fn softmax(random: &mut Random, case: &Case, levels: Levels, total: Range) -> Softmax {
    let Levels { low, high, rounding } = levels;
    let [_, exp, scale_fraction] = case.bits;
    let mut entry = (1i64 << exp) - 1;
    let mut table = Vec::new();
    for _ in 0..case.table {
        table.push(entry);
        entry -= random.range(0, entry / 4);
    }
    // The highest level is reached by a probability around 1/2 to 1.
    let most = ((1 << scale_fraction) / (2 * i64::from(high))).max(1);
    // With a power of two, values lie on boundaries.
    let mut scale = random.range((most / 2).max(1), most);
    if random.once_in(2) {
        scale = 1 << scale.ilog2();
    }
    Softmax {
        groups: case.groups,
        low,
        high,
        rounding,
        table,
        exp_fraction: exp as u32,
        scale,
        scale_fraction: scale_fraction as u32,
        padding: None,
        band: Band::ALL,
        total,
        sum_width: 126,
        decision_width: 126,
    }
}

fn neurons(random: &mut Random, turn: usize, case: &Case, base: &Path) -> Parameters {
    let &Case { rows, groups, tokens, pad, lanes, bits, masked, skip_rows, .. } = case;
    // A softmax is never negative.
    let levels = loop {
        let levels = Levels::random(random, turn);
        if levels.high > 0 {
            break levels;
        }
    };
    // Scores about as far apart as the table is long.
    let most = (1 << (bits[0] - 1)).min(2 * case.table as i64);
    let total = Range::new(-most, most - 1);
    let softmax = softmax(random, case, levels, total);
    let shape = Shape { rows, channels: groups * pad, lanes, skip_rows };
    let mut array = Array::new(shape);
    let mut masks = Beats::default();
    // The farthest that a sum and a decision come.
    let (mut largest_sum, mut decision_width) = (1, 1);
    let mut first = Vec::new();
    for batch in 0..BATCHES {
        let t_max = if batch % 3 == 0 { 0 } else { random.range(1, 4) as u16 };
        for _ in 0..SAMPLES {
            let kind = if masked { random.range(0, 5) } else { 5 };
            let mask: Vec<bool> = (0..tokens).map(|_| kind == 0 || (kind < 5 && random.once_in(3))).collect();
            if masked {
                let mut word = Word::default();
                mask.iter().for_each(|&m| word.push(i64::from(m), 1));
                masks.push(word);
            }
            let mut decide = |row: &[i64], tracers: &mut [i32]| {
                let mut spikes = Vec::new();
                for (scores, tracers) in row.chunks(pad).zip(tracers.chunks_mut(pad)) {
                    let mut exps = Vec::new();
                    let sum = softmax.exps(&scores[..tokens], |j| mask[j], &mut exps);
                    largest_sum = largest_sum.max(exps.iter().sum());
                    for (j, s) in tracers.iter_mut().enumerate() {
                        let (mut up, mut down) = (false, false);
                        if j < tokens && !mask[j] {
                            for halves in levels.around(*s).into_iter().flatten() {
                                let value = i128::from(exps[j]) << softmax.scale_fraction;
                                let decision = value - i128::from(halves) * sum;
                                decision_width = decision_width.max(signed_width([decision]));
                            }
                            up = *s < softmax.high && softmax.reached(exps[j], sum, *s + 1);
                            down = *s > softmax.low && !softmax.reached(exps[j], sum, *s);
                        }
                        let spike = i8::from(up) - i8::from(down);
                        *s += i32::from(spike);
                        spikes.push(spike);
                    }
                }
                spikes
            };
            array.sample(random, t_max, total, &mut decide);
        }
        if batch == 0 {
            first = array.steps.clone();
        }
        array.end_batch(t_max);
        if masked {
            masks.end_batch();
        }
    }
    let chunks = shape.chunks() as i64;
    let latency = chunks + 2 * (pad / lanes) as i64 + 20;
    let mut parameters = array.write(base, levels, cycles(&first, chunks, latency));

    let exp_width = unsigned_width(softmax.table[0].into());
    let words: Vec<Word> = softmax
        .table
        .iter()
        .map(|&e| {
            let mut word = Word::default();
            word.push(e, exp_width);
            word
        })
        .collect();
    let path = base.with_extension("table.hex");
    write_image(&path, &words);
    let scale_width = unsigned_width(softmax.scale.into());
    parameters.extend([
        ("Groups", groups.to_string()),
        ("GroupPad", pad.to_string()),
        ("Tokens", tokens.to_string()),
        ("TableSize", softmax.table.len().to_string()),
        ("ExpWidth", exp_width.to_string()),
        ("SumWidth", unsigned_width(i128::from(largest_sum)).max(exp_width).to_string()),
        ("ScaleWidth", scale_width.to_string()),
        ("Scale", format!("{scale_width}'h{:x}", softmax.scale)),
        ("ScaleFraction", softmax.scale_fraction.to_string()),
        ("DecisionWidth", decision_width.to_string()),
        ("UseMask", u8::from(masked).to_string()),
        ("TableFile", file(&path)),
    ]);
    if masked {
        let [mask_file, mask_words] = masks.write(&base.with_extension("mask.hex"));
        parameters.extend([("MaskFile", mask_file), ("MaskWords", mask_words)]);
    }
    parameters
}
