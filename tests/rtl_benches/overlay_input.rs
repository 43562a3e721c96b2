//! The overlay's input unit.

use std::path::Path;

use super::images::{Random, Word, unsigned_width, write_image};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

const BATCHES: i64 = 4;
const SAMPLES: i64 = 3;

struct Case {
    /// Bits of a signed value.
    value: i64,
    rows: i64,
    channels: i64,
    /// Local time-steps; 0: others read the elements.
    steps: i64,
    lanes: i64,
    fetch_width: i64,
    /// Elements are taken in another order.
    order: bool,
    progress_bits: i64,
}

const CASES: [Case; 8] = [
    Case {
        value: 9,
        rows: 1,
        channels: 16,
        steps: 8,
        lanes: 8,
        fetch_width: 32,
        order: false,
        progress_bits: 16,
    },
    Case {
        value: 9,
        rows: 4,
        channels: 13,
        steps: 3,
        lanes: 4,
        fetch_width: 8,
        order: true,
        progress_bits: 3,
    },
    Case {
        value: 5,
        rows: 3,
        channels: 1,
        steps: 5,
        lanes: 4,
        fetch_width: 4,
        order: false,
        progress_bits: 2,
    },
    Case {
        value: 12,
        rows: 7,
        channels: 40,
        steps: 1,
        lanes: 16,
        fetch_width: 64,
        order: true,
        progress_bits: 6,
    },
    Case {
        value: 9,
        rows: 1,
        channels: 1,
        steps: 8,
        lanes: 8,
        fetch_width: 16,
        order: false,
        progress_bits: 1,
    },
    Case {
        value: 3,
        rows: 20,
        channels: 3,
        steps: 2,
        lanes: 4,
        fetch_width: 16,
        order: true,
        progress_bits: 5,
    },
    Case {
        value: 9,
        rows: 1,
        channels: 23,
        steps: 0,
        lanes: 8,
        fetch_width: 32,
        order: false,
        progress_bits: 8,
    },
    Case {
        value: 16,
        rows: 1,
        channels: 1,
        steps: 0,
        lanes: 8,
        fetch_width: 8,
        order: false,
        progress_bits: 8,
    },
];

#[test]
fn overlay_input() {
    let mut group = Group::new("overlay_input");
    let mut random = Random(43);
    for case in CASES {
        group.add_one("overlay_input", |base| samples(&mut random, &case, base));
    }
    group.run();
}

fn samples(random: &mut Random, case: &Case, base: &Path) -> Parameters {
    let count = case.rows * case.channels;
    let (words, steps) = ((case.channels + case.fetch_width - 1) / case.fetch_width, case.steps.max(1));
    // Rows and steps do not overlap; between them are other values.
    let row_stride = words + random.range(0, 1);
    let step_stride = case.rows * row_stride + random.range(0, 2);
    let half = steps * step_stride + random.range(0, 3);
    let first = random.range(0, 5);
    let spike_bits = unsigned_width(i128::from(first + 2 * half));
    let mut order: Vec<usize> = (0..count as usize).collect();
    if case.order {
        (1..order.len()).rev().for_each(|i| order.swap(i, random.range(0, i as i64) as usize));
    }
    let most = if case.steps > 0 { (1i64 << case.steps) - 1 } else { i64::MAX };
    let edge = 1i64 << (case.value - 1);
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    let mut raw = Vec::new();
    for n in 0..BATCHES * SAMPLES {
        let values: Vec<i64> = (0..count)
            .map(|_| if random.once_in(4) { 0 } else { random.range(-edge, edge - 1).clamp(-most, most) })
            .collect();
        for &value in &values {
            let mut word = Word::default();
            word.push(value, case.value);
            input.push(word.clone());
            raw.push(word);
        }
        for r in 0..case.rows {
            for (g, group) in (0..case.channels).collect::<Vec<_>>().chunks(case.lanes as usize).enumerate() {
                for step in 0..case.steps {
                    let neuron = g as i64 * case.lanes;
                    let place = neuron % case.fetch_width / case.lanes;
                    let address = first
                        + n % 2 * half
                        + r * row_stride
                        + step * step_stride
                        + neuron / case.fetch_width;
                    let element = |lane: i64| match group.get(lane as usize) {
                        Some(c) => values[order[(r * case.channels + c) as usize]],
                        None => 0,
                    };
                    // The highest bit fires first.
                    let fires = |lane| element(lane).unsigned_abs() >> (case.steps - 1 - step) & 1 == 1;
                    let mut word = Word::default();
                    word.push(address, spike_bits);
                    (0..case.fetch_width / case.lanes).for_each(|p| word.push(p == place, 1));
                    (0..case.lanes).for_each(|lane| word.push(fires(lane), 1));
                    (0..case.lanes).for_each(|lane| word.push(fires(lane) && element(lane) < 0, 1));
                    output.push(word);
                }
            }
        }
        if n % SAMPLES == SAMPLES - 1 {
            input.end_batch();
            if case.steps > 0 {
                output.end_batch();
            }
            batches.push(0);
        }
    }
    let groups = (case.channels + case.lanes - 1) / case.lanes;
    // The first sample comes; then the elements of a group, or its steps, whatever takes longer.
    let group = |g: i64| case.lanes.min(case.channels - g * case.lanes).max(steps);
    let sample = count.max(case.rows * (0..groups).map(group).sum::<i64>());
    let most = if case.steps > 0 { count + SAMPLES * sample + 24 } else { 0 };
    let mut parameters = batches.write(base, most);
    parameters.extend(input.parameters(base, "in", ["InFile", "InWords"]));
    if case.steps > 0 {
        parameters.extend(output.parameters(base, "out", ["OutFile", "OutWords"]));
    }
    let image = base.with_extension("raw.hex");
    write_image(&image, &raw);
    parameters.push(("RawFile", file(&image)));
    if case.order {
        let image = base.with_extension("order.hex");
        let bits = unsigned_width(i128::from((count - 1).max(1)));
        let word = |&at: &usize| {
            let mut word = Word::default();
            word.push(at as i64, bits);
            word
        };
        write_image(&image, &order.iter().map(word).collect::<Vec<_>>());
        parameters.push(("OrderFile", file(&image)));
    }
    parameters.extend([
        ("ProgressBits", case.progress_bits.to_string()),
        ("ValueWidth", case.value.to_string()),
        ("Count", count.to_string()),
        ("HasSpikes", u8::from(case.steps > 0).to_string()),
        ("Rows", case.rows.to_string()),
        ("Channels", case.channels.to_string()),
        ("Steps", steps.to_string()),
        ("Lanes", case.lanes.to_string()),
        ("FetchWidth", case.fetch_width.to_string()),
        ("SpikeBits", spike_bits.to_string()),
        ("Base", first.to_string()),
        ("Half", half.to_string()),
        ("RowStride", row_stride.to_string()),
        ("StepStride", step_stride.to_string()),
        ("HasOrder", u8::from(case.order).to_string()),
        ("Samples", SAMPLES.to_string()),
    ]);
    parameters
}
