//! The overlay's memories.

use std::path::Path;

use super::images::{Random, Word, unsigned_width, write_image};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

const IN: [&str; 2] = ["InFile", "InWords"];
const OUT: [&str; 2] = ["OutFile", "OutWords"];

/// Words of each bank, ports, bits of a word. Look-up tables and blocks; one bank, two, three, the last one short or as
/// long as it may be; one memory, one with a single port behind another.
const CASES: [(&[usize], usize, i64); 9] = [
    (&[1], 1, 3),
    (&[5], 2, 9),
    (&[40], 3, 4),
    (&[1000], 2, 24),
    (&[600], 1, 40),
    (&[1024, 76], 2, 6),
    (&[2048, 852], 1, 30),
    (&[4096, 1024, 76], 3, 5),
    (&[4096, 1024, 380], 4, 6),
];

#[test]
fn overlay_memories() {
    let mut group = Group::new("overlay_memories");
    let mut random = Random(37);
    for case in CASES {
        group.add_one("overlay_weights", |base| weights(&mut random, case, base));
    }
    for (part, parts, depth) in [(8, 4, 16), (5, 3, 33), (1, 1, 1), (9, 8, 200), (3, 40, 32), (2, 2, 2)] {
        let set = [("PartWidth", part), ("Parts", parts), ("Depth", depth)];
        group.add("masked_ram", &[&set], |_, _| Vec::new());
    }
    group.run();
}

fn weights(random: &mut Random, (banks, ports, width): (&[usize], usize, i64), base: &Path) -> Parameters {
    let depth: usize = banks.iter().sum();
    let edge = 1i64 << (width - 1);
    // No word is 0, so that a word that is cleared differs.
    let words: Vec<i64> = (0..depth).map(|_| random.range(1, 2 * edge - 1)).collect();
    let mut parameters = Vec::new();
    let mut from = 0;
    for (name, &bank) in ["File0", "File1", "File2"].into_iter().zip(banks) {
        let image = base.with_extension(format!("{name}.hex"));
        let word = |&value: &i64| {
            let mut word = Word::default();
            word.push(value, width);
            word
        };
        write_image(&image, &words[from..from + bank].iter().map(word).collect::<Vec<_>>());
        parameters.push((name, file(&image)));
        from += bank;
    }
    let addr_bits = unsigned_width((depth as i128 - 1).max(1));
    // The first and the last word of each bank.
    let ends = banks.iter().scan(0, |end, &bank| {
        let begin = *end;
        *end += bank;
        Some([begin, *end - 1])
    });
    let ends: Vec<usize> = ends.flatten().collect();
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    for _ in 0..4 {
        for _ in 0..400 {
            let reads: Vec<(bool, usize)> = (0..ports)
                .map(|_| {
                    let any = random.range(0, depth as i64 - 1) as usize;
                    (random.once_in(4), if random.once_in(2) { random.pick(&ends) } else { any })
                })
                .collect();
            let (mut beat, mut data) = (Word::default(), Word::default());
            reads.iter().for_each(|read| beat.push(read.0, 1));
            reads.iter().for_each(|read| beat.push(read.1 as i64, addr_bits));
            reads.iter().for_each(|&(clear, at)| data.push(if clear { 0 } else { words[at] }, width));
            input.push(beat);
            output.push(data);
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    parameters.extend(batches.write(base, 0));
    parameters.extend(input.parameters(base, "in", IN));
    parameters.extend(output.parameters(base, "out", OUT));
    parameters.extend([
        ("Ports", ports.to_string()),
        ("Width", width.to_string()),
        ("Depth", depth.to_string()),
    ]);
    parameters
}
