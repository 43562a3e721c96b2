//! What a network ends in, and its registers.

use super::images::{Random, Word, write_image};
use super::runner::{Group, Set, file};

#[test]
fn outputs() {
    let mut group = Group::new("outputs");
    readout(&mut group);
    axi_lite_regs(&mut group);
    group.run();
}

fn readout(group: &mut Group) {
    let positions = |constants, channels, lanes, delta, acc, multiplier, value, use_multiplier, shift| {
        [
            ("Channels", channels),
            ("Constants", constants),
            ("Lanes", lanes),
            ("DeltaWidth", delta),
            ("AccWidth", acc),
            ("MultiplierWidth", multiplier),
            ("ValueWidth", value),
            ("UseMultiplier", use_multiplier),
            ("Shift", shift),
        ]
    };
    let set = |channels, lanes, delta, acc, multiplier, value, use_multiplier, shift| {
        positions(channels, channels, lanes, delta, acc, multiplier, value, use_multiplier, shift)
    };
    let sets = [
        set(10, 4, 12, 16, 18, 36, 1, 0),
        set(10, 10, 12, 16, 8, 32, 0, 3),
        set(1, 1, 4, 8, 8, 20, 1, 0),
        set(7, 3, 9, 20, 24, 60, 1, 0),
        // Factors of 0 and 1, so that classes tie.
        set(12, 4, 3, 8, 2, 16, 1, 0),
        set(9, 2, 6, 12, 8, 33, 0, 0),
        positions(5, 15, 4, 12, 16, 18, 36, 1, 0),
        positions(1, 6, 1, 9, 20, 8, 32, 0, 3),
    ];
    let mut sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    let unconfident = [sets[0], &[("Confidence", 0)]].concat();
    sets.push(&unconfident);
    group.add("readout", &sets, |get, base| {
        let mut random = Random(get("Channels") as u64);
        let (mut image, mut reference) = (Vec::new(), Vec::new());
        for _ in 0..get("Constants") {
            let highest =
                if get("MultiplierWidth") == 2 { 1 } else { (1 << (get("MultiplierWidth") - 1)) - 1 };
            let m = random.range(if highest == 1 { 0 } else { -highest - 1 }, highest);
            let b = if highest == 1 {
                0
            } else {
                random.range(-1 << (get("AccWidth") - 1), 1 << (get("AccWidth") - 1))
            };
            let mut word = Word::default();
            word.push(b, get("ValueWidth"));
            if get("UseMultiplier") == 1 {
                word.push(m, get("MultiplierWidth"));
            }
            image.push(word);
            for number in [m, b] {
                let mut word = Word::default();
                word.push(number, 64);
                reference.push(word);
            }
        }
        let (own, all) = (reference.clone(), 2 * get("Channels") as usize);
        let reference: Vec<Word> = own.into_iter().cycle().take(all).collect();
        let files =
            [("ConstFile", base.with_extension("hex")), ("ReferenceFile", base.with_extension("ref.hex"))];
        write_image(&files[0].1, &image);
        write_image(&files[1].1, &reference);
        files.iter().map(|(key, path)| (*key, file(path))).collect()
    });
}

fn axi_lite_regs(group: &mut Group) {
    let sets: &[Set] = &[
        &[("Stages", 2), ("AddrWidth", 7)],
        &[("Stages", 1), ("AddrWidth", 8), ("MarginWidth", 64), ("CountWidth", 1)],
        &[("Stages", 5), ("AddrWidth", 12), ("MarginWidth", 5)],
        &[("Stages", 12), ("AddrWidth", 10)],
        &[("Stages", 1), ("AddrWidth", 7), ("MarginWidth", 0)],
        &[("Stages", 2), ("AddrWidth", 8), ("EventCycles", 66_000), ("Rounds", 1), ("CountWidth", 16)],
    ];
    group.add("axi_lite_regs", sets, |_, _| Vec::new());
}
