//! Matrix products with weights.

use std::path::Path;

use super::images::{Random, Word, write_image};
use super::runner::{Group, Set, file};

#[test]
fn matmul() {
    let mut group = Group::new("matmul");
    matmul_engine(&mut group);
    group.run();
}

fn matmul_engine(group: &mut Group) {
    let set = |rows, inputs, outputs, (in_lanes, out_lanes, banks), weight, delta, value, steps| {
        [
            ("Rows", rows),
            ("InChannels", inputs),
            ("OutChannels", outputs),
            ("InLanes", in_lanes),
            ("OutLanes", out_lanes),
            ("Banks", banks),
            ("WeightWidth", weight),
            ("DeltaWidth", delta),
            ("ValueWidth", value),
            ("Steps", steps),
            ("LutWords", 0),
        ]
    };
    let sets = [
        set(1, 8, 8, (4, 4, 1), 4, 12, 1, 60),
        // One output chunk: an event every cycle into the same accumulators.
        set(1, 40, 10, (16, 10, 1), 8, 16, 1, 60),
        set(5, 7, 3, (7, 3, 1), 4, 8, 1, 30),
        // A chunk a row on both sides; single lanes; padding on both sides.
        set(6, 4, 2, (4, 2, 1), 3, 6, 1, 40),
        set(3, 5, 4, (1, 1, 1), 4, 8, 1, 30),
        set(4, 37, 29, (8, 6, 1), 8, 16, 1, 12),
        set(1, 1, 1, (1, 1, 1), 4, 5, 1, 60),
        set(1, 784, 128, (8, 16, 1), 8, 30, 9, 1),
        set(3, 10, 9, (4, 4, 1), 5, 18, 6, 20),
        set(2, 9, 3, (3, 3, 1), 8, 22, 8, 30),
        // Several events per cycle: banks of one lane, of several; channels that fill no bank evenly; one output chunk.
        set(1, 40, 10, (16, 5, 2), 8, 17, 1, 60),
        set(4, 37, 29, (8, 6, 4), 8, 16, 1, 20),
        set(3, 11, 6, (2, 6, 2), 4, 10, 1, 40),
        set(2, 64, 10, (16, 10, 8), 6, 14, 1, 30),
        set(3, 10, 9, (4, 4, 2), 5, 18, 6, 20),
        set(1, 70, 12, (12, 4, 4), 8, 22, 8, 10),
    ];
    let mut sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    // Weights in look-up tables: the last of them, a power of two at the border, one word, all but one, all.
    let luts: Vec<_> = [(5, 100), (11, 18), (8, 1), (15, 53), (13, 8)]
        .into_iter()
        .map(|(set, words): (usize, i64)| {
            let others = sets[set].iter().filter(|(key, _)| *key != "LutWords").copied();
            others.chain([("LutWords", words)]).collect::<Vec<_>>()
        })
        .collect();
    sets.extend(luts.iter().map(|set| &set[..]));
    group.add("matmul_engine", &sets, |get, base| vec![("WeightFile", weights(get, base, get("LutWords")))]);
}

/// Writes random weights for an engine's parameters, a bank at a time, the last `lut_words` of it to an image of their
/// own; the images' base name.
pub fn weights(get: &dyn Fn(&str) -> i64, base: &Path, lut_words: i64) -> String {
    let mut random = Random(get("InChannels") as u64);
    let banks = get("Banks");
    let chunks = (get("OutChannels") + get("OutLanes") - 1) / get("OutLanes");
    let words = (get("InChannels") + banks - 1) / banks * chunks;
    for bank in 0..banks {
        let mut image: Vec<Word> = Vec::new();
        for _ in 0..words {
            let mut word = Word::default();
            for _ in 0..get("OutLanes") {
                word.push(random.next() as i64, get("WeightWidth"));
            }
            image.push(word);
        }
        // As `weight_rom` reads them; and all, for the bench.
        let in_blocks = image.len() - lut_words as usize;
        for (part, words) in [("", &image[..in_blocks]), ("_lut", &image[in_blocks..]), ("_all", &image[..])]
        {
            write_image(&base.with_extension(format!("weights_{bank:02}{part}.hex")), words);
        }
    }
    file(&base.with_extension("weights"))
}
