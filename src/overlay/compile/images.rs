//! Memory images.

use super::constants::Constants;
use crate::hardware::Word;
use crate::integer::Readout;
use crate::overlay::isa::{Fetch, Fire, Vector};
use crate::overlay::machine::{Input, Machine, bits};
use crate::overlay::stream::Stream;
use crate::overlay::weights::banks;

/// All images that are not empty, with the widths of the machine; the order of the elements is that of `input`.
pub(super) fn images(
    machine: &Machine,
    input: &Input,
    constants: &Constants,
    readout: Option<&Readout>,
    (fetch, fire, vector): (&[Fetch], &[Fire], &[Vector]),
    stream: Option<&Stream>,
) -> Vec<(String, String)> {
    let Constants { weights, thresholds, pieces, starts, coefficients, norms, exponentials, table, .. } =
        constants;
    let windows = text(constants.windows.entries.iter().map(|entry| {
        let mut word = Word::default();
        word.push(entry.source as i128, machine.spike_bits());
        word.push(entry.words as i128, machine.word_bits());
        word.push(entry.count as i128, bits(machine.max_segments));
        word
    }));
    let m = machine;
    let index_width = usize::BITS - m.input.count.saturating_sub(1).leading_zeros();
    let groups = thresholds.entries.iter().flat_map(|group| group.chunks(m.fire_lanes));
    let thresholds = text(groups.map(|lanes| {
        let mut word = Word::default();
        for &(theta, start) in lanes {
            word.push(start, m.start_width);
            if !m.shared_theta {
                word.push(theta, m.theta_width);
            }
        }
        if m.shared_theta {
            word.push(lanes.first().map_or(1, |first| first.0), m.theta_width);
        }
        word
    }));
    let norms = text(norms.entries.chunks(m.row_lanes).map(|beat| {
        let mut word = Word::default();
        for n in 0..m.row_lanes {
            let (gamma, beta) = beat.get(n).copied().unwrap_or((0, 0));
            word.push(gamma, m.gamma_width);
            word.push(beta, m.beta_width);
        }
        word
    }));
    let readout = readout.map_or_else(String::new, |readout| {
        // A word for each channel: the logits of all rows have the same constants.
        let all = readout.multiplier.iter().zip(&readout.offset);
        text(all.map(|(&multiplier, &offset)| {
            let mut word = Word::default();
            word.push(offset, m.readout.value_width);
            if m.readout.shift.is_none() {
                word.push(multiplier.into(), m.readout.multiplier_width);
            }
            word
        }))
    });
    let order = input.order.iter().filter(|_| !m.input.direct).flatten().map(|&e| e as i64);
    let of_beats = |entries: &[i64], width| match m.row_lanes {
        1 => String::new(),
        lanes => beats(entries, lanes, width),
    };
    // Those that come with the weights are not in the chip.
    let starts: &[i64] = if m.start_depth > 0 { &starts.entries } else { &[] };
    let all = [
        ("thresholds.hex", thresholds),
        ("starts.hex", numbers(starts.iter().copied(), m.sum_width)),
        ("coefficients.hex", numbers(coefficients.entries.iter().copied(), m.coefficient_width)),
        ("start_beats.hex", of_beats(starts, m.sum_width)),
        ("coefficient_beats.hex", of_beats(&coefficients.entries, m.coefficient_width)),
        ("constants.hex", norms),
        ("exponentials.hex", numbers(exponentials.entries.iter().copied(), m.exp_width)),
        ("table.hex", numbers(table.entries.iter().copied(), m.table_width)),
        ("windows.hex", windows),
        ("order.hex", numbers(order, index_width.max(1))),
        ("readout.hex", readout),
        ("fetch.hex", program(fetch.iter().flat_map(Fetch::encode))),
        ("fire.hex", program(fire.iter().flat_map(Fire::encode))),
        ("vector.hex", program(vector.iter().flat_map(Vector::encode))),
    ];
    let pieces = pieces.banks.iter().enumerate().map(|(lane, bank)| {
        let words = bank.entries.iter().map(|&(threshold, level)| {
            let mut word = Word::default();
            word.push(threshold.into(), m.piece_width);
            word.push(level.into(), m.level_bits + 1);
            word
        });
        (pieces_file(lane), text(words))
    });
    let pieces: Vec<(String, String)> = pieces.collect();
    let mut words = weights.iter();
    if let Some(stream) = stream {
        let words = stream.order().filter_map(|at| weights.get(at));
        let all = all.into_iter().map(|(name, text)| (name.to_owned(), text)).chain(pieces);
        let streamed = text(words.map(|lanes| row(lanes, m.weight_width)));
        let all = all.chain([("stream.hex".to_owned(), streamed)]);
        return all.filter(|(_, text)| !text.is_empty()).collect();
    }
    let banks = banks(m.weight_depth).into_iter().enumerate().map(|(n, depth)| {
        let bank = words.by_ref().take(depth).map(|lanes| row(lanes, m.weight_width));
        (format!("weights_{n}.hex"), text(bank))
    });
    let banks: Vec<(String, String)> = banks.collect();
    let all = all.into_iter().map(|(name, text)| (name.to_owned(), text)).chain(pieces).chain(banks);
    all.filter(|(_, text)| !text.is_empty()).collect()
}

/// The image of the tables of a neuron of a group.
pub(in crate::overlay) fn pieces_file(lane: usize) -> String {
    format!("pieces{lane:04}.hex")
}

fn row(values: &[i64], width: u32) -> Word {
    let mut word = Word::default();
    values.iter().for_each(|&value| word.push(value.into(), width));
    word
}

fn numbers(values: impl Iterator<Item = i64>, width: u32) -> String {
    text(values.map(|value| row(&[value], width)))
}

/// The entries of a beat a word, for several row lanes.
fn beats(entries: &[i64], lanes: usize, width: u32) -> String {
    let beat = |entries: &[i64]| {
        let all: Vec<i64> = entries.iter().copied().chain(std::iter::repeat(0)).take(lanes).collect();
        row(&all, width)
    };
    text(entries.chunks(lanes).map(beat))
}

fn program(words: impl Iterator<Item = u32>) -> String {
    words.map(|word| format!("{word:08x}\n")).collect()
}

/// One word per line from address 0.
fn text(words: impl Iterator<Item = Word>) -> String {
    words.map(|word| word.hex() + "\n").collect()
}
