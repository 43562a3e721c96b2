//! Memory images, and random numbers to fill them with.

use std::fs;
use std::path::Path;

/// A small generator of reproducible numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `low..=high`.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: i64) -> bool {
        self.range(1, times) == 1
    }

    /// One of several, which stays where it is.
    pub fn pick_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.range(0, of.len() as i64 - 1) as usize]
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.range(0, of.len() as i64 - 1) as usize]
    }
}

/// A word of an image, filled from the low end.
#[derive(Clone, Default)]
pub struct Word(Vec<bool>);

impl Word {
    pub fn push(&mut self, value: impl Into<i128>, width: i64) {
        let value: i128 = value.into();
        self.0.extend((0..width).map(|bit| value >> bit.min(127) & 1 == 1));
    }

    pub fn append(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    pub fn width(&self) -> usize {
        self.0.len()
    }

    pub fn hex(&self) -> String {
        let nibbles = self.0.chunks(4).rev();
        nibbles
            .map(|n| char::from_digit((0..n.len()).map(|b| u32::from(n[b]) << b).sum(), 16).unwrap())
            .collect()
    }
}

pub fn write_image(path: &Path, words: &[Word]) {
    let text: String = words.iter().map(|word| word.hex() + "\n").collect();
    fs::write(path, text).unwrap();
}

/// Numbers as words of so many, rows of `channels` each begun with a word of its own and filled up with 0.
pub fn write_rows(path: &Path, values: &[i64], channels: i64, lanes: i64, width: i64) {
    let chunks = values.chunks(channels as usize).flat_map(|row| row.chunks(lanes as usize));
    let words: Vec<Word> = chunks
        .map(|chunk| {
            let mut word = Word::default();
            (0..lanes as usize).for_each(|j| word.push(chunk.get(j).copied().unwrap_or(0), width));
            word
        })
        .collect();
    write_image(path, &words);
}

/// Bits of the two's complement that holds all of these numbers; at least 1.
pub fn signed_width(values: impl IntoIterator<Item = i128>) -> i64 {
    let bits = |v: i128| 129 - i64::from(if v < 0 { !v } else { v }.leading_zeros());
    values.into_iter().map(bits).max().unwrap_or(1)
}

/// Bits of an unsigned number; at least 1.
pub fn unsigned_width(value: i128) -> i64 {
    (128 - i64::from(value.leading_zeros())).max(1)
}
