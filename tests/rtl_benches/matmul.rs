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
        // Several events a cycle: banks of one lane, of several; channels that fill no bank evenly; one output chunk.
        set(1, 40, 10, (16, 5, 2), 8, 17, 1, 60),
        set(4, 37, 29, (8, 6, 4), 8, 16, 1, 20),
        set(3, 11, 6, (2, 6, 2), 4, 10, 1, 40),
        set(2, 64, 10, (16, 10, 8), 6, 14, 1, 30),
        set(3, 10, 9, (4, 4, 2), 5, 18, 6, 20),
        set(1, 70, 12, (12, 4, 4), 8, 22, 8, 10),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("matmul_engine", &sets, |get, base| vec![("WeightFile", weights(get, base))]);
}

/// Writes random weights for an engine's parameters, an image a bank; the images' base name.
pub fn weights(get: &dyn Fn(&str) -> i64, base: &Path) -> String {
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
        write_image(&base.with_extension(format!("weights_{bank:02}.hex")), &image);
    }
    file(&base.with_extension("weights"))
}
