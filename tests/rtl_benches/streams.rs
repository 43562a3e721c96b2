//! What moves beats without knowing what they mean.

use std::path::Path;

use super::images::{Random, Word};
use super::runner::{Group, Parameters, Set};
use super::vectors::{Batches, Beats};

#[test]
fn streams() {
    let mut group = Group::new("streams");
    stream_fifo(&mut group);
    frame_elements(&mut group);
    let mut random = Random(3);
    for (width, outputs) in [(1, 1), (8, 2), (70, 3), (5, 7)] {
        group.add_one("stream_fork", |base| fork(&mut random, width, outputs, base));
    }
    // Rows, first of those that go out, their number, chunks of a row, bits of a beat.
    for shape in [
        [1, 0, 1, 1, 4],
        [5, 0, 1, 3, 8],
        [5, 4, 1, 2, 6],
        [6, 1, 3, 1, 40],
        [7, 2, 4, 5, 9],
        [3, 0, 3, 2, 5],
    ] {
        group.add_one("row_select", |base| select(&mut random, shape, base));
    }
    super::sums::add(&mut group);
    group.run();
}

/// A register on the reset of the IP resets the sender one cycle before the receiver.
#[test]
fn a_beat_may_be_lost_in_the_last_cycle_before_a_reset() {
    let mut group = Group::new("stream_check");
    group.add("stream_check", &[&[]], |_, _| Vec::new());
    group.run_cases(&[
        ("+case=0", "PASS"),
        ("+case=1", "a_valid_stays"),
        ("+case=2", "a_data_stable"),
        ("+case=3", "PASS"),
        ("+case=4", "a_valid_stays"),
    ]);
}

fn frame_elements(group: &mut Group) {
    let sets: &[Set] = &[
        &[("Values", 4), ("ValueWords", 1), ("Digits", 2), ("ElementWidth", 16), ("Low", -1000)],
        &[("Values", 17), ("ValueWords", 2), ("Digits", 3), ("ElementWidth", 16), ("Low", 77)],
        &[("Values", 1), ("ValueWords", 1), ("Digits", 1), ("ElementWidth", 8), ("Low", -8)],
        &[("Values", 9), ("ValueWords", 2), ("Digits", 1), ("ElementWidth", 8), ("Low", 0)],
        &[("Values", 5), ("ValueWords", 2), ("Digits", 4), ("ElementWidth", 16), ("Low", -1)],
    ];
    for set in sets {
        group.add("frame_elements", &[set], |_, _| Vec::new());
    }
}

fn stream_fifo(group: &mut Group) {
    let sets: &[Set] = &[
        &[("Width", 8), ("Depth", 1)],
        &[("Width", 1), ("Depth", 2)],
        &[("Width", 70), ("Depth", 3)],
        &[("Width", 16), ("Depth", 8)],
        &[("Width", 16), ("Depth", 13)],
        &[("Width", 16), ("Depth", 2), ("UseLink", 1)],
        &[("Width", 33), ("Depth", 5), ("UseLink", 1)],
        &[("Width", 9), ("Depth", 70), ("UseLink", 1)],
        &[("Width", 8), ("Depth", 2), ("UseRam", 1)],
        &[("Width", 70), ("Depth", 3), ("UseRam", 1)],
        &[("Width", 1), ("Depth", 64), ("UseRam", 1)],
        &[("Width", 12), ("Depth", 101), ("UseRam", 1)],
    ];
    group.add("stream_fifo", sets, |_, _| Vec::new());
}

/// A word of random bits.
fn noise(random: &mut Random, width: i64) -> Word {
    let mut word = Word::default();
    (0..width).for_each(|_| word.push(random.range(0, 1), 1));
    word
}

fn fork(random: &mut Random, width: i64, outputs: i64, base: &Path) -> Parameters {
    let (mut beats, mut batches) = (Beats::default(), Batches::default());
    for _ in 0..10 {
        (0..60).for_each(|_| beats.push(noise(random, width)));
        beats.end_batch();
        batches.push(0);
    }
    let [in_file, in_words] = beats.write(&base.with_extension("in.hex"));
    let mut parameters = vec![
        ("Width", width.to_string()),
        ("Outputs", outputs.to_string()),
        ("InFile", in_file),
        ("InWords", in_words),
    ];
    parameters.extend(batches.write(base, 60 + 4));
    parameters
}

fn select(random: &mut Random, [rows, first, count, chunks, width]: [i64; 5], base: &Path) -> Parameters {
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    let mut most = 0;
    for batch in 0..8 {
        for _ in 0..4 {
            let (steps, quiet) = (random.range(1, 4), random.range(0, 1));
            for step in 1..=steps {
                let last = i64::from(step == steps);
                let quiet = quiet * last;
                for row in 0..rows {
                    let skip = random.once_in(3);
                    let selected = (first..first + count).contains(&row);
                    for chunk in 1..=if skip { 1 } else { chunks } {
                        let row_end = skip || chunk == chunks;
                        let data = noise(random, width);
                        let mut word = data.clone();
                        let ends = i64::from(row_end && row == rows - 1);
                        [i64::from(skip), last * ends, quiet * ends]
                            .into_iter()
                            .for_each(|f| word.push(f, 1));
                        input.push(word);
                        most += i64::from(batch == 0);
                        if selected {
                            let mut word = if skip { Word::default() } else { data };
                            word.push(0, if skip { width } else { 0 });
                            let ends = i64::from(row_end && row == first + count - 1);
                            [i64::from(skip), last * ends, quiet * ends]
                                .into_iter()
                                .for_each(|f| word.push(f, 1));
                            output.push(word);
                        }
                    }
                }
            }
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    let [in_file, in_words] = input.write(&base.with_extension("in.hex"));
    let [out_file, out_words] = output.write(&base.with_extension("out.hex"));
    let mut parameters = vec![
        ("InRows", rows.to_string()),
        ("First", first.to_string()),
        ("Count", count.to_string()),
        ("Chunks", chunks.to_string()),
        ("Width", width.to_string()),
        ("InFile", in_file),
        ("InWords", in_words),
        ("OutFile", out_file),
        ("OutWords", out_words),
    ];
    parameters.extend(batches.write(base, most + 5));
    parameters
}
