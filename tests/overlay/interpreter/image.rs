//! Memory images, and numbers of a width.

use snn2rtl::overlay::isa::Vector;
use snn2rtl::overlay::{Machine, Plan};

use super::{Fault, n};

/// Words of an image.
pub(super) struct Image(pub Vec<Vec<bool>>);

impl Image {
    pub fn new(plan: &Plan, name: &str) -> Self {
        let digit = |c: char| c.to_digit(16).expect("a hexadecimal digit");
        let bits = |line: &str| -> Vec<bool> {
            line.chars().rev().flat_map(|c| (0..4).map(move |b| digit(c) >> b & 1 == 1)).collect()
        };
        Self(plan.image(name).unwrap_or("").lines().map(bits).collect())
    }

    pub fn bits(&self, word: usize, at: usize, width: u32, signed: bool, what: &str) -> Fault<i128> {
        let bits = self.0.get(word).ok_or_else(|| format!("word {word} of {what}"))?;
        let bits = bits.get(at..at + width as usize).ok_or_else(|| format!("bits of a word of {what}"))?;
        let value = bits.iter().rev().fold(0i128, |v, &b| v << 1 | i128::from(b));
        Ok(if signed && bits[width as usize - 1] { value - (1 << width) } else { value })
    }

    pub fn signed(&self, word: usize, width: u32, what: &str) -> Fault<i128> {
        self.bits(word, 0, width, true, what)
    }

    pub fn program(&self) -> Vec<u32> {
        self.0.iter().map(|bits| bits.iter().rev().fold(0, |v, &b| v << 1 | u32::from(b))).collect()
    }
}

/// The table of start values that come with the weights, one after the other: those of the first instructions.
pub(super) fn starts(vector: &[Vector], values: &[i64], machine: &Machine) -> Image {
    let mut words: Vec<Vec<bool>> = Vec::new();
    let mut values = values.iter();
    for v in vector.iter().take_while(|v| v.op == 0 && v.start == 1) {
        let (rows, channels) = (n(v.rows), n(v.channels));
        for place in (0..rows).flat_map(|r| (0..channels).map(move |c| (r, c))) {
            let at = n(v.starts) + place.0 * channels.next_multiple_of(machine.row_lanes) + place.1;
            let value = *values.next().expect("a start value");
            words.resize(words.len().max(at + 1), Vec::new());
            words[at] = (0..machine.sum_width).map(|bit| value >> bit.min(63) & 1 == 1).collect();
        }
    }
    assert_eq!(values.next(), None);
    Image(words)
}

/// An entry of the tables in memory: the row that begins at a unit of 64 bytes.
pub(super) fn entry((words, bits): &(Vec<u32>, usize), unit: usize, channel: usize) -> Fault<i128> {
    let bytes: Vec<u8> = {
        let first = 64 * unit + channel * bits / 8;
        let byte = |at: usize| words.get(at / 4).map(|word| word.to_le_bytes()[at % 4]);
        (first..first + bits / 8).map_while(byte).collect()
    };
    if bytes.len() != bits / 8 {
        return Err(format!("unit {unit} of the tables"));
    }
    let value = bytes.iter().rev().fold(0i128, |value, &byte| value << 8 | i128::from(byte));
    Ok(wrap(value, *bits as u32))
}

/// Checks that a number fits.
pub(super) fn fits(value: i128, width: u32, signed: bool, what: &str) -> Fault<i128> {
    let (low, high) = match signed {
        true => (-(1i128 << (width - 1)), (1i128 << (width - 1)) - 1),
        false => (0, if width > 126 { i128::MAX } else { (1i128 << width) - 1 }),
    };
    match (low..=high).contains(&value) {
        true => Ok(value),
        false => Err(format!("{what} = {value} does not fit {width} bits")),
    }
}

/// The low bits as two's complement.
pub(super) fn wrap(value: i128, width: u32) -> i128 {
    let low = value & ((1 << width) - 1);
    if low >> (width - 1) & 1 == 1 { low - (1 << width) } else { low }
}
