//! Neurons on single channels, alone and before an engine that reads other rows.

use std::path::Path;

use super::images::{Random, Word, write_image};
use super::matmul::weights;
use super::non_monotone_tables::non_monotone_tables;
use super::runner::{Group, Set, file};

#[test]
fn neurons() {
    let mut group = Group::new("neurons");
    spike_neurons(&mut group);
    regroup(&mut group);
    group.run();
}

fn spike_neurons(group: &mut Group) {
    let set = |rows,
               channels,
               lanes,
               delta,
               membrane,
               level,
               low,
               high,
               fraction,
               theta,
               table,
               table_width,
               skip| {
        [
            ("Rows", rows),
            ("Channels", channels),
            ("Lanes", lanes),
            ("DeltaWidth", delta),
            ("MembraneWidth", membrane),
            ("LevelWidth", level),
            ("LevelMin", low),
            ("LevelMax", high),
            ("Fraction", fraction),
            ("ThetaWidth", theta),
            ("UseTable", table),
            ("TableWidth", table_width),
            ("SkipRows", skip),
        ]
    };
    let sets = [
        set(1, 32, 4, 8, 14, 5, 0, 15, 0, 6, 0, 16, 1),
        // A single chunk: the state is needed again at once. Then two and three.
        set(1, 3, 4, 6, 16, 4, -8, 7, 2, 8, 0, 16, 1),
        set(2, 3, 3, 6, 16, 5, -8, 7, 2, 7, 0, 16, 1),
        set(3, 1, 1, 7, 16, 3, -1, 3, 3, 9, 0, 16, 1),
        set(7, 10, 4, 8, 16, 5, 0, 15, 1, 7, 0, 16, 1),
        set(5, 16, 8, 8, 14, 3, -1, 1, 0, 5, 0, 16, 1),
        // The table rule.
        set(1, 19, 4, 8, 14, 5, 0, 15, 0, 8, 1, 12, 1),
        set(4, 6, 4, 8, 14, 4, -8, 7, 0, 8, 1, 15, 1),
        set(1, 1, 1, 8, 14, 2, 0, 1, 0, 8, 1, 12, 1),
        // Every row in full.
        set(7, 10, 4, 8, 16, 5, 0, 15, 1, 7, 0, 16, 0),
        set(2, 3, 3, 6, 16, 5, -8, 7, 2, 7, 0, 16, 0),
        set(4, 6, 4, 8, 14, 4, -8, 7, 0, 8, 1, 15, 0),
    ];
    let mut sets: Vec<Vec<(&str, i64)>> = sets.iter().map(|set| set.to_vec()).collect();
    sets.iter_mut().for_each(|set| set.extend([("NonMonotone", 0), ("Crossings", 1), ("Edges", 0)]));
    // Levels that are reached, left and reached again.
    for (set, edges) in [
        (set(3, 10, 4, 8, 14, 5, -3, 8, 0, 8, 1, 15, 1), 9),
        (set(1, 5, 2, 8, 14, 4, -8, 7, 0, 8, 1, 15, 1), 4),
        (set(4, 6, 8, 8, 14, 2, 0, 1, 0, 8, 1, 15, 0), 1),
    ] {
        sets.push([&set[..], &[("NonMonotone", 1), ("Crossings", edges), ("Edges", edges)]].concat());
    }
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("spike_neurons", &sets, |get, base| {
        let mut random = Random(get("Channels") as u64);
        let (channels, lanes) = (get("Channels"), get("Lanes"));
        let chunks = (channels + lanes - 1) / lanes;
        let (low, high) = (get("LevelMin"), get("LevelMax"));
        let mut reference = Vec::new();
        let mut line = Vec::new();
        let mut tables: Vec<Vec<Word>> = (0..lanes).map(|_| Vec::new()).collect();
        let mut note = |value: i64| {
            let mut word = Word::default();
            word.push(value, 32);
            reference.push(word);
        };
        for chunk in 0..chunks {
            let mut constants = Word::default();
            for lane in 0..lanes {
                let real = chunk * lanes + lane < channels;
                if get("UseTable") == 1 {
                    let mut bound = random.range(-200, 50);
                    for level in low + 1..=high {
                        bound += random.range(0, 40);
                        let bound = if real { bound } else { i64::from(level > 0) };
                        let mut word = Word::default();
                        word.push(bound, get("TableWidth"));
                        tables[lane as usize].push(word);
                        if real {
                            note(bound);
                        }
                    }
                } else {
                    let theta = if real { random.range(1, (1 << get("ThetaWidth")) - 1) } else { 1 };
                    let v0 = if real { random.range(-theta, theta) } else { 0 };
                    constants.push(v0, get("MembraneWidth"));
                    constants.push(theta, get("ThetaWidth"));
                    if real {
                        note(theta);
                        note(v0);
                    }
                }
            }
            line.push(constants);
        }
        if get("NonMonotone") == 1 {
            (tables, reference) = non_monotone_tables(get, &mut random);
        }
        let reference_path = base.with_extension("ref.hex");
        write_image(&reference_path, &reference);
        let mut files = vec![("ReferenceFile", file(&reference_path))];
        if get("UseTable") == 1 {
            for (lane, table) in tables.iter().enumerate() {
                write_image(Path::new(&format!("{}_{lane:02}.hex", base.display())), table);
            }
            files.push(("TableFile", file(base)));
        } else {
            let path = base.with_extension("hex");
            write_image(&path, &line);
            files.push(("ConstFile", file(&path)));
        }
        files
    });
}

fn regroup(group: &mut Group) {
    let set = |rows, channels, out_rows, inputs, outputs, lanes, out_lanes, banks| {
        [
            ("Rows", rows),
            ("Channels", channels),
            ("OutRows", out_rows),
            ("InChannels", inputs),
            ("OutChannels", outputs),
            ("Lanes", lanes),
            ("OutLanes", out_lanes),
            ("Banks", banks),
            ("WeightWidth", 5),
        ]
    };
    let sets = [
        set(4, 32, 1, 128, 10, 16, 10, 1),
        set(1, 24, 4, 6, 3, 3, 2, 1),
        set(6, 4, 4, 6, 5, 2, 2, 2),
        set(4, 6, 12, 2, 4, 1, 4, 1),
        // The same rows: full rows of zeros are allowed everywhere.
        set(5, 8, 5, 8, 8, 4, 4, 1),
    ];
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("regroup", &sets, |get, base| {
        let mut random = Random(get("Channels") as u64);
        let mut image = Vec::new();
        for _ in 0..get("Channels") / get("Lanes") {
            let mut word = Word::default();
            for _ in 0..get("Lanes") {
                let theta = random.range(1, 63);
                word.push(random.range(0, theta), 16);
                word.push(theta, 6);
            }
            image.push(word);
        }
        let path = base.with_extension("hex");
        write_image(&path, &image);
        vec![("WeightFile", weights(get, base, 0)), ("ConstFile", file(&path))]
    });
}
