//! Products of two spike streams.

use super::images::Random;
use super::runner::{Group, Set};

#[test]
fn product() {
    let mut group = Group::new("product");
    spike_product(&mut group);
    group.run();
}

fn spike_product(group: &mut Group) {
    let set = |mix, heads, depth, left_rows, right_rows, pad, lanes: [i64; 3], levels: [i64; 2]| {
        // Spikes of a time-step on either side meet tracers of the other: the farthest partial sum.
        let inner: i64 = if mix == 1 { right_rows } else { depth };
        let most = inner * ((1 << (levels[0] - 1)) + (1 << (levels[1] - 1)));
        [
            ("Mix", mix),
            ("Heads", heads),
            ("Depth", depth),
            ("LeftRows", left_rows),
            ("RightRows", right_rows),
            ("GroupPad", pad),
            ("LeftLanes", lanes[0]),
            ("RightLanes", lanes[1]),
            ("OutLanes", lanes[2]),
            ("LeftLevelWidth", levels[0]),
            ("RightLevelWidth", levels[1]),
            ("DeltaWidth", i64::from(most.ilog2()) + 2),
        ]
    };
    let mut sets = vec![
        set(0, 4, 16, 17, 17, 18, [16, 16, 9], [5, 5]),
        set(1, 4, 16, 17, 17, 18, [9, 16, 16], [5, 5]),
        // Few words and few lanes: writes and reads come close.
        set(0, 1, 1, 1, 1, 1, [1, 1, 1], [3, 4]),
        set(1, 1, 1, 1, 1, 1, [1, 1, 1], [2, 2]),
        set(0, 1, 2, 1, 3, 4, [1, 2, 4], [2, 5]),
        set(1, 2, 8, 3, 1, 3, [4, 3, 8], [4, 2]),
        // Rows of exactly one chunk, and of one more.
        set(0, 2, 3, 4, 9, 12, [3, 4, 4], [4, 3]),
        set(1, 3, 6, 4, 7, 7, [8, 1, 3], [3, 5]),
    ];
    let mut random = Random(1);
    for i in 0..4 {
        let out_lanes = [1, 3, 4, 8, 9, 16][random.range(0, 5) as usize];
        let (mix, right_rows) = (i % 2, random.range(1, 20));
        let chunks = if mix == 1 { random.range(1, 2) } else { (right_rows + out_lanes - 1) / out_lanes };
        let (depth, pad) = if mix == 1 {
            (chunks * out_lanes, right_rows + random.range(0, 3))
        } else {
            (random.range(1, 10), (chunks + random.range(0, 1)) * out_lanes)
        };
        let lanes = [random.range(1, 16), random.range(1, 16), out_lanes];
        let levels = [random.range(2, 6), random.range(2, 6)];
        sets.push(set(mix, random.range(1, 4), depth, random.range(1, 20), right_rows, pad, lanes, levels));
    }
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("spike_product", &sets, |_, _| Vec::new());
}
