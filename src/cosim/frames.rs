//! Result frames.

use super::mismatch::{FirstMismatch, What};
use super::pins::Word;
use super::recording::Inside;
use crate::design::Readout;
use crate::golden::Outcome;

/// Comparison of result frames, word by word.
pub(super) struct FrameCheck {
    name: String,
    channels: usize,
    words_per_value: usize,
    /// The next word: sample and place in the frame.
    pub sample: usize,
    at: usize,
    expected: Vec<u32>,
}

impl FrameCheck {
    pub fn new(name: &str, readout: &Readout) -> Self {
        let (channels, words_per_value) = (readout.readout.channels, readout.value_words());
        Self { name: name.to_owned(), channels, words_per_value, sample: 0, at: 0, expected: Vec::new() }
    }

    /// Compares the next word.
    pub fn check(&mut self, word: Word, inside: &Inside) -> Result<(), Box<FirstMismatch>> {
        let Some(recording) = inside.get(self.sample) else {
            let message = "a word comes out that belongs to no sample";
            return Err(FirstMismatch::new(What::Result, word.cycle, message));
        };
        if self.at == 0 {
            self.expected = frame(&recording.outcome, self.words_per_value);
        }
        let expected = self.expected.get(self.at).copied();
        let ends = self.at + 1 == self.expected.len();
        if expected != Some(word.data) || word.last != ends {
            let found = format!("{:#010x}{}", word.data, if word.last { " with TLAST" } else { "" });
            let golden = format!("{:#010x}{}", expected.unwrap_or(0), if ends { " with TLAST" } else { "" });
            let message =
                format!("word {} of the result frame ({}) is {found}, not {golden}", self.at, self.meaning());
            let mut mismatch = FirstMismatch::new(What::Result, word.cycle, message);
            mismatch = mismatch.at(self.sample, &self.name, recording.outcome.time_steps);
            mismatch.channel = Some(self.at / self.words_per_value).filter(|c| *c < self.channels);
            return Err(mismatch);
        }
        self.at += 1;
        if ends {
            (self.sample, self.at) = (self.sample + 1, 0);
        }
        Ok(())
    }

    /// What the next word means.
    fn meaning(&self) -> &'static str {
        match self.at.checked_sub(self.channels * self.words_per_value) {
            None => "a value",
            Some(0) => "the class",
            Some(1) => "the time-steps",
            Some(_) => "the flags",
        }
    }
}

/// The result frame of a sample: values, class, time-steps, flags.
pub(super) fn frame(outcome: &Outcome, words_per_value: usize) -> Vec<u32> {
    let mut words = Vec::with_capacity(outcome.values.len() * words_per_value + 3);
    for &value in &outcome.values {
        words.extend((0..words_per_value).map(|n| low(value >> (32 * n).min(127))));
    }
    words.push(u32::try_from(outcome.class).unwrap_or(u32::MAX));
    words.push(outcome.time_steps);
    words.push(match (outcome.quiescent, outcome.confident) {
        (true, _) => 1,
        (false, false) => 2,
        (false, true) => 4,
    });
    words
}

/// The low 32 bits.
fn low(value: i128) -> u32 {
    (value & 0xffff_ffff) as u32
}
