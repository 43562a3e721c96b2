//! Sums of streams and their coefficients, against the integer network's sum.

use std::path::Path;

use snn2rtl::graph::{NodeId, Shape};
use snn2rtl::integer::{Input, Network, Op, Range, Readout, Select, Sum, Term, eval::evaluate};
use snn2rtl::quant::Element;

use super::images::{Random, Word, signed_width, write_rows};
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

/// Of any number that the benches use.
pub const WIDE: Range = Range::new(-(1 << 40), 1 << 40);

const BATCHES: i64 = 6;
const SAMPLES: i64 = 4;

/// Rows, channels, lanes; first row and number of rows of each input; whether there are start values.
type SumCase = (usize, usize, usize, &'static [(usize, usize)], bool);

/// Rows, channels, lanes in and out, bits of a delta or 0 for spikes, coefficient for all channels.
type ScaleCase = (usize, usize, [usize; 2], i64, Option<i64>);

pub fn add(group: &mut Group) {
    let mut random = Random(5);
    let sums: [SumCase; 8] = [
        (1, 8, 2, &[(0, 1), (0, 1)], false),
        (1, 1, 1, &[(0, 1)], true),
        (4, 6, 4, &[(0, 4), (0, 4), (0, 4)], true),
        // A class token in front, positions as start values; rows that no input covers.
        (5, 5, 2, &[(1, 4), (0, 1)], true),
        (5, 4, 4, &[(1, 4)], true),
        (6, 3, 1, &[(2, 2), (3, 2)], false),
        (3, 7, 8, &[(0, 3), (2, 1)], false),
        (2, 16, 16, &[(0, 2), (0, 2), (1, 1), (0, 2)], true),
    ];
    for (rows, channels, lanes, parts, start) in sums {
        group.add_one("residual_sum", |base| sum(&mut random, (rows, channels, lanes), parts, start, base));
    }
    let scales: [ScaleCase; 12] = [
        (1, 8, [4, 2], 0, Some(1)),
        (3, 7, [4, 4], 0, Some(-5)),
        (2, 10, [12, 3], 0, None),
        (4, 1, [1, 1], 0, None),
        (2, 5, [8, 2], 0, Some(127)),
        (3, 6, [3, 1], 0, None),
        (1, 8, [4, 2], 9, Some(1)),
        (3, 9, [4, 4], 7, Some(-1)),
        (2, 12, [6, 2], 12, Some(300)),
        (3, 5, [4, 1], 5, None),
        (2, 3, [16, 4], 8, None),
        (1, 1, [2, 1], 1, Some(-2)),
    ];
    for (rows, channels, lanes, width, coefficient) in scales {
        group.add_one("stream_scale", |base| {
            scale(&mut random, (rows, channels), lanes, width, coefficient, base)
        });
    }
}

/// What one operator makes of an input.
pub fn one_shot(
    shape: (usize, usize),
    raw: &[i32],
    build: impl FnOnce(&mut Network, NodeId) -> NodeId,
) -> Vec<i64> {
    let mut network = Network::new();
    let input = Input {
        shape: Shape::matrix(shape.0, shape.1),
        element: Element::I8,
        zero_point: 0,
        range: WIDE,
        steps: 1,
    };
    let input = network.add("input", Op::Input(input), &[]).unwrap();
    let node = build(&mut network, input);
    let channels = network.node(node).shape.channels();
    let readout = Readout {
        channels,
        multiplier: vec![1; channels],
        offset: vec![0; channels],
        total: WIDE,
        value_width: 64,
    };
    network.add("readout", Op::Readout(readout), &[node]).unwrap();
    evaluate(&network, raw).totals
}

/// The sum of some inputs, one below the other in `raw`.
fn total(sum: &Sum, parts: &[(usize, usize)], raw: &[i32]) -> Vec<i64> {
    let rows = parts.iter().map(|part| part.1).sum();
    one_shot((rows, sum.channels), raw, |network, input| {
        let mut first = 0;
        let inputs: Vec<NodeId> = parts
            .iter()
            .enumerate()
            .map(|(n, &(_, count))| {
                let select = Op::Select(Select { first, count });
                first += count;
                network.add(format!("part{n}"), select, &[input]).unwrap()
            })
            .collect();
        network.add("sum", Op::Sum(sum.clone()), &inputs).unwrap()
    })
}

/// A beat before its width is known; none: a skip beat.
struct Beat {
    lanes: Option<Vec<i64>>,
    last: bool,
    quiet: bool,
    batch_end: bool,
}

/// The chunks of a row, or one beat that skips it; the flags go with the last.
fn row_beats(beats: &mut Vec<Beat>, row: Option<&[i64]>, lanes: usize, last: bool, quiet: bool) {
    let Some(row) = row else {
        beats.push(Beat { lanes: None, last, quiet, batch_end: false });
        return;
    };
    for chunk in row.chunks(lanes) {
        let mut chunk = chunk.to_vec();
        chunk.resize(lanes, 0);
        beats.push(Beat { lanes: Some(chunk), last: false, quiet: false, batch_end: false });
    }
    let end = beats.last_mut().unwrap();
    (end.last, end.quiet) = (last, quiet);
}

/// `{quiet, last, skip, lanes}`; a skip beat's lanes are `filled` with ones or zeros.
fn pack(beats: &[Beat], lanes: usize, width: i64, filled: bool) -> Beats {
    let mut packed = Beats::default();
    for beat in beats {
        let mut word = Word::default();
        match &beat.lanes {
            None => (0..lanes).for_each(|_| word.push(if filled { -1 } else { 0 }, width)),
            Some(lanes) => lanes.iter().for_each(|&x| word.push(x, width)),
        }
        [beat.lanes.is_none(), beat.last, beat.quiet].into_iter().for_each(|f| word.push(i64::from(f), 1));
        packed.push(word);
        if beat.batch_end {
            packed.end_batch();
        }
    }
    packed
}

fn width_of<'a>(beats: impl IntoIterator<Item = &'a Beat>) -> i64 {
    signed_width(beats.into_iter().flat_map(|b| b.lanes.iter().flatten().map(|&x| x.into())))
}

/// What has changed.
fn minus(after: &[i64], before: &[i64]) -> Vec<i64> {
    after.iter().zip(before).map(|(a, b)| a - b).collect()
}

fn sum(
    random: &mut Random,
    (rows, channels, lanes): (usize, usize, usize),
    parts: &[(usize, usize)],
    use_start: bool,
    base: &Path,
) -> Parameters {
    let most = 1 << random.range(1, 20);
    let start: Vec<i64> =
        (0..rows * channels).map(|_| if use_start { random.range(-most, most) } else { 0 }).collect();
    let terms = parts.iter().map(|&(first, _)| Term { first, coefficient: vec![1], turned: false }).collect();
    let sum = Sum { rows, channels, terms, start, total: WIDE, delta: WIDE };
    let mut inputs: Vec<Vec<Beat>> = parts.iter().map(|_| Vec::new()).collect();
    let mut output = Vec::new();
    let mut batches = Batches::default();
    let mut first_beats = 0;
    for batch in 0..BATCHES {
        for _ in 0..SAMPLES {
            let ends: Vec<i64> = parts.iter().map(|_| random.range(1, 5)).collect();
            let quiets: Vec<bool> = parts.iter().map(|_| !random.once_in(4)).collect();
            let steps = ends.iter().copied().max().unwrap();
            let mut raw = vec![0i32; parts.iter().map(|part| part.1).sum::<usize>() * channels];
            let mut before = vec![0; rows * channels];
            for t in 1..=steps {
                // Rows to which something is added.
                let mut added = vec![use_start && t == 1; rows];
                let mut at = 0;
                for (n, &(first, count)) in parts.iter().enumerate() {
                    for r in 0..count {
                        let part = at..at + channels;
                        at += channels;
                        if t > ends[n] {
                            continue;
                        }
                        let change: Vec<i64> = match random.once_in(3) {
                            true => vec![0; channels],
                            false => (0..channels).map(|_| random.range(-most, most)).collect(),
                        };
                        let skip = change.iter().all(|&x| x == 0) && !random.once_in(4);
                        raw[part].iter_mut().zip(&change).for_each(|(a, &d)| *a += d as i32);
                        added[first + r] |= !skip;
                        let last = t == ends[n] && r == count - 1;
                        let row = (!skip).then_some(&change[..]);
                        row_beats(&mut inputs[n], row, lanes, last, last && quiets[n]);
                    }
                }
                let after = total(&sum, parts, &raw);
                let change = minus(&after, &before);
                for (r, row) in change.chunks(channels).enumerate() {
                    assert!(added[r] || row.iter().all(|&x| x == 0));
                    let last = t == steps && r == rows - 1;
                    let quiet = last && quiets.iter().all(|&quiet| quiet);
                    row_beats(&mut output, added[r].then_some(row), lanes, last, quiet);
                }
                before = after;
            }
        }
        for beats in inputs.iter_mut().chain([&mut output]) {
            beats.last_mut().unwrap().batch_end = true;
        }
        batches.push(0);
        if batch == 0 {
            first_beats = output.len() as i64;
        }
    }
    let width = width_of(inputs.iter().flatten().chain(&output));
    // Every start value is a word of its own, whether it is the change of a row or not.
    let width = width.max(signed_width(sum.start.iter().map(|&x| x.into())));
    let words = inputs.iter().enumerate().map(|(n, beats)| {
        let path = format!("{}_in_{n}.hex", base.display());
        let [_, words] = pack(beats, lanes, width, true).write(Path::new(&path));
        words.parse::<usize>().unwrap()
    });
    let packed = |values: Vec<usize>, bits: usize| {
        let digits: String =
            values.iter().rev().map(|v| format!("{v:0digits$x}", digits = bits / 4)).collect();
        format!("{}'h{digits}", values.len() * bits)
    };
    let in_words = packed(words.collect(), 32);
    let [out_file, out_words] = pack(&output, lanes, width, false).write(&base.with_extension("out.hex"));
    let mut parameters = vec![
        ("Rows", rows.to_string()),
        ("Channels", channels.to_string()),
        ("Lanes", lanes.to_string()),
        ("Inputs", parts.len().to_string()),
        ("DeltaWidth", width.to_string()),
        ("FirstRows", packed(parts.iter().map(|part| part.0).collect(), 16)),
        ("InputRows", packed(parts.iter().map(|part| part.1).collect(), 16)),
        ("UseStart", u8::from(use_start).to_string()),
        ("InFile", format!("\"{}_in\"", base.display())),
        ("InWords", in_words),
        ("OutFile", out_file),
        ("OutWords", out_words),
    ];
    if use_start {
        let path = base.with_extension("start.hex");
        write_rows(&path, &sum.start, channels as i64, lanes as i64, width);
        parameters.push(("StartFile", file(&path)));
    }
    parameters.extend(batches.write(base, first_beats + 6));
    parameters
}

fn scale(
    random: &mut Random,
    (rows, channels): (usize, usize),
    [in_lanes, out_lanes]: [usize; 2],
    width: i64,
    coefficient: Option<i64>,
    base: &Path,
) -> Parameters {
    let spikes = width == 0;
    let coefficient = match coefficient {
        Some(one) => vec![one],
        None => (0..channels).map(|_| random.range(-200, 200)).collect(),
    };
    let terms = vec![Term { first: 0, coefficient: coefficient.clone(), turned: false }];
    let start = vec![0; rows * channels];
    let sum = Sum { rows, channels, terms, start, total: WIDE, delta: WIDE };
    let most = if spikes { 1 } else { (1 << (width - 1)) - 1 };
    let least = if spikes { -1 } else { -(1 << (width - 1)) };
    let (mut input, mut output, mut batches) = (Vec::new(), Vec::new(), Batches::default());
    let mut first_beats = 0;
    for batch in 0..BATCHES {
        for _ in 0..SAMPLES {
            let (steps, quiet) = (random.range(1, 5), random.once_in(2));
            let mut raw = vec![0i32; rows * channels];
            let mut before = vec![0; rows * channels];
            for t in 1..=steps {
                let mut skips = Vec::new();
                let part = |r: usize| r * channels..(r + 1) * channels;
                for r in 0..rows {
                    let skip = random.once_in(3);
                    let change: Vec<i64> =
                        (0..channels).map(|_| if skip { 0 } else { random.range(least, most) }).collect();
                    raw[part(r)].iter_mut().zip(&change).for_each(|(a, &d)| *a += d as i32);
                    let last = t == steps && r == rows - 1;
                    row_beats(&mut input, (!skip).then_some(&change), in_lanes, last, last && quiet);
                    skips.push(skip);
                }
                let after = total(&sum, &[(0, rows)], &raw);
                let change = minus(&after, &before);
                for (r, &skip) in skips.iter().enumerate() {
                    let last = t == steps && r == rows - 1;
                    let row = (!skip).then_some(&change[part(r)]);
                    row_beats(&mut output, row, out_lanes, last, last && quiet);
                }
                before = after;
            }
        }
        input.last_mut().unwrap().batch_end = true;
        output.last_mut().unwrap().batch_end = true;
        batches.push(0);
        if batch == 0 {
            first_beats = output.len() as i64;
        }
    }
    let in_width = width.max(1);
    let out_width = width_of(&output).max(in_width);
    let coefficient_width = signed_width(coefficient.iter().map(|&x| x.into()));
    let packed =
        if spikes { pack_spikes(random, &input, in_lanes) } else { pack(&input, in_lanes, width, true) };
    let [in_file, in_words] = packed.write(&base.with_extension("in.hex"));
    let [out_file, out_words] =
        pack(&output, out_lanes, out_width, false).write(&base.with_extension("out.hex"));
    let mut parameters = vec![
        ("Channels", channels.to_string()),
        ("InLanes", in_lanes.to_string()),
        ("OutLanes", out_lanes.to_string()),
        ("Spikes", u8::from(spikes).to_string()),
        ("InWidth", in_width.to_string()),
        ("OutWidth", out_width.to_string()),
        ("CoefficientWidth", coefficient_width.to_string()),
        ("InFile", in_file),
        ("InWords", in_words),
        ("OutFile", out_file),
        ("OutWords", out_words),
    ];
    if let [one] = coefficient[..] {
        let bits = one & ((1 << coefficient_width) - 1);
        parameters.push(("Coefficient", format!("{coefficient_width}'sh{bits:x}")));
    } else {
        let path = base.with_extension("coefficients.hex");
        write_rows(&path, &coefficient, channels as i64, out_lanes as i64, coefficient_width);
        parameters.extend([("PerChannel", "1".to_owned()), ("CoefficientFile", file(&path))]);
    }
    parameters.extend(batches.write(base, first_beats + 6));
    parameters
}

/// As [`pack`], a spike as `nz` in the lower half of the lanes and `neg` in the upper; the sign of no spike is noise.
fn pack_spikes(random: &mut Random, beats: &[Beat], lanes: usize) -> Beats {
    let mut packed = Beats::default();
    for beat in beats {
        let mut word = Word::default();
        let spikes = beat.lanes.clone().unwrap_or_else(|| vec![-1; lanes]);
        spikes.iter().for_each(|&s| word.push(i64::from(s != 0), 1));
        spikes.iter().for_each(|&s| word.push(i64::from(s < 0 || (s == 0 && random.once_in(2))), 1));
        [beat.lanes.is_none(), beat.last, beat.quiet].into_iter().for_each(|f| word.push(i64::from(f), 1));
        packed.push(word);
        if beat.batch_end {
            packed.end_batch();
        }
    }
    packed
}
