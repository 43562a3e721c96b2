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
    let set = |rows, inputs, outputs, in_lanes, out_lanes, weight, delta, value, steps| {
        [
            ("Rows", rows),
            ("InChannels", inputs),
            ("OutChannels", outputs),
            ("InLanes", in_lanes),
            ("OutLanes", out_lanes),
            ("WeightWidth", weight),
            ("DeltaWidth", delta),
            ("ValueWidth", value),
            ("Steps", steps),
        ]
    };
    let sets = [
        set(1, 8, 8, 4, 4, 4, 12, 1, 60),
        // One output chunk: an event every cycle into the same accumulators.
        set(1, 40, 10, 16, 10, 8, 16, 1, 60),
        set(5, 7, 3, 7, 3, 4, 8, 1, 30),
        // A chunk a row on both sides; single lanes; padding on both sides.
        set(6, 4, 2, 4, 2, 3, 6, 1, 40),
        set(3, 5, 4, 1, 1, 4, 8, 1, 30),
        set(4, 37, 29, 8, 6, 8, 16, 1, 12),
        set(1, 1, 1, 1, 1, 4, 5, 1, 60),
        set(1, 784, 128, 8, 16, 8, 30, 9, 1),
        set(3, 10, 9, 4, 4, 5, 18, 6, 20),
        set(2, 9, 3, 3, 3, 8, 22, 8, 30),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("matmul_engine", &sets, |get, base| vec![("WeightFile", weights(get, base))]);
}

/// Writes random weights for an engine's parameters.
pub fn weights(get: &dyn Fn(&str) -> i64, base: &Path) -> String {
    let mut random = Random(get("InChannels") as u64);
    let words = get("InChannels") * ((get("OutChannels") + get("OutLanes") - 1) / get("OutLanes"));
    let mut image: Vec<Word> = Vec::new();
    for _ in 0..words {
        let mut word = Word::default();
        for _ in 0..get("OutLanes") {
            word.push(random.next() as i64, get("WeightWidth"));
        }
        image.push(word);
    }
    let path = base.with_extension("weights.hex");
    write_image(&path, &image);
    file(&path)
}
