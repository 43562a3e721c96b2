//! The overlay's search in tables of levels.

use std::path::Path;

use super::images::{Random, Word, unsigned_width, write_image};
use super::runner::{Group, Parameters};
use super::vectors::{Batches, Beats};

const PROBE_BITS: i64 = 5;

struct Case {
    lanes: usize,
    acc_width: i64,
    piece_width: i64,
    level_bits: i64,
    /// Most pieces of a function, and functions of each neuron of a group.
    pieces: i64,
    functions: usize,
}

const CASES: [Case; 4] = [
    Case { lanes: 8, acc_width: 16, piece_width: 14, level_bits: 4, pieces: 17, functions: 5 },
    Case { lanes: 4, acc_width: 9, piece_width: 9, level_bits: 1, pieces: 3, functions: 1 },
    Case { lanes: 4, acc_width: 20, piece_width: 20, level_bits: 8, pieces: 300, functions: 3 },
    Case { lanes: 1, acc_width: 6, piece_width: 6, level_bits: 2, pieces: 1, functions: 1 },
];

#[test]
fn overlay_pieces() {
    let mut group = Group::new("overlay_pieces");
    let mut random = Random(29);
    for case in CASES {
        group.add_one("overlay_pieces", |base| search(&mut random, &case, base));
    }
    group.run();
}

/// A function: its first word, and its pieces.
struct Function {
    first: usize,
    pieces: Vec<(i64, i64)>,
}

fn function(random: &mut Random, case: &Case, first: usize) -> Function {
    let most = 1i64 << (case.piece_width - 1);
    let count = if random.once_in(3) { case.pieces } else { random.range(1, case.pieces) };
    let mut thresholds: Vec<i64> = (1..count).map(|_| random.range(-most, most - 1)).collect();
    thresholds.sort_unstable();
    thresholds.dedup();
    let level = (1i64 << case.level_bits) - 1;
    // What stands in place of the first threshold does not matter.
    let all = std::iter::once(random.range(-most, most - 1)).chain(thresholds);
    let pieces = all.map(|threshold| (threshold, random.range(-level, level))).collect();
    Function { first, pieces }
}

fn search(random: &mut Random, case: &Case, base: &Path) -> Parameters {
    let banks: Vec<Vec<Function>> = (0..case.lanes)
        .map(|_| {
            let mut next = 0;
            let mut bank = Vec::new();
            for _ in 0..case.functions {
                let own = function(random, case, next);
                next += own.pieces.len();
                bank.push(own);
            }
            bank
        })
        .collect();
    let size = |bank: &Vec<Function>| bank.iter().map(|f| f.pieces.len()).sum::<usize>();
    let depth = banks.iter().map(size).max().unwrap_or(1);
    for (lane, bank) in banks.iter().enumerate() {
        let words = bank.iter().flat_map(|f| &f.pieces).map(|&(threshold, level)| {
            let mut word = Word::default();
            word.push(threshold, case.piece_width);
            word.push(level, case.level_bits + 1);
            word
        });
        let path = format!("{}_pieces{lane:04}.hex", base.display());
        write_image(Path::new(&path), &words.collect::<Vec<_>>());
    }
    let addr_bits = unsigned_width(i128::from((depth as i64 - 1).max(1)));
    let count_bits = unsigned_width(i128::from(depth as i64));
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    let mut first_batch = 0;
    for batch in 0..4 {
        let mut cycles = 10;
        for _ in 0..100 {
            let chosen: Vec<&Function> =
                banks.iter().map(|bank| &bank[random.range(0, bank.len() as i64 - 1) as usize]).collect();
            let most = chosen.iter().map(|f| f.pieces.len()).max().unwrap_or(1);
            let needed = i64::from(usize::BITS - (most - 1).leading_zeros());
            // More comparisons than needed change nothing.
            let limit = if depth > 1 { addr_bits } else { 0 };
            let probes = if random.once_in(4) { random.range(needed, limit) } else { needed };
            let edge = 1i64 << (case.acc_width - 1);
            let (mut sums, mut levels) = (Word::default(), Word::default());
            for function in &chosen {
                let (threshold, _) =
                    function.pieces[random.range(0, function.pieces.len() as i64 - 1) as usize];
                let sum = match random.range(0, 3) {
                    0 => random.range(-edge, edge - 1),
                    _ => (threshold + random.range(-1, 1)).clamp(-edge, edge - 1),
                };
                let reached = function.pieces[1..].iter().take_while(|(t, _)| *t <= sum).count();
                sums.push(sum, case.acc_width);
                levels.push(function.pieces[reached].1, case.level_bits + 1);
            }
            let mut beat = sums;
            chosen.iter().for_each(|f| beat.push(f.first as i64, addr_bits));
            chosen.iter().for_each(|f| beat.push(f.pieces.len() as i64, count_bits));
            beat.push(probes, PROBE_BITS);
            input.push(beat);
            output.push(levels);
            cycles += probes + 2;
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
        if batch == 0 {
            first_batch = cycles;
        }
    }
    let mut parameters = batches.write(base, first_batch);
    parameters.extend(input.parameters(base, "in", ["InFile", "InWords"]));
    parameters.extend(output.parameters(base, "out", ["OutFile", "OutWords"]));
    parameters.extend([
        ("File", format!("\"{}_pieces\"", base.display())),
        ("Lanes", case.lanes.to_string()),
        ("AccWidth", case.acc_width.to_string()),
        ("PieceWidth", case.piece_width.to_string()),
        ("LevelBits", case.level_bits.to_string()),
        ("Depth", depth.to_string()),
        ("ProbeBits", PROBE_BITS.to_string()),
    ]);
    parameters
}
