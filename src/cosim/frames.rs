//! Result frames.

use super::mismatch::{FirstMismatch, What};
use super::pins::Word;
use super::recording::Inside;
use crate::emit::result_frame;
use crate::streaming::design::Readout;

/// Comparison of result frames, word by word.
pub(super) struct FrameCheck {
    name: String,
    readout: Readout,
    /// The next word: sample and place in the frame.
    pub sample: usize,
    at: usize,
    expected: Vec<u32>,
}

impl FrameCheck {
    pub fn new(name: &str, readout: &Readout) -> Self {
        Self { name: name.to_owned(), readout: readout.clone(), sample: 0, at: 0, expected: Vec::new() }
    }

    /// Compares the next word.
    pub fn check(&mut self, word: Word, inside: &Inside) -> Result<(), Box<FirstMismatch>> {
        let Some(recording) = inside.get(self.sample) else {
            let message = "a word comes out that belongs to no sample";
            return Err(FirstMismatch::new(What::Result, word.cycle, message));
        };
        if self.at == 0 {
            self.expected = result_frame(&self.readout, &recording.outcome);
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
            mismatch.channel =
                Some(self.at / self.readout.value_words()).filter(|c| *c < self.readout.readout.channels);
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
        match self.at.checked_sub(self.readout.frame_words() - 3) {
            None => "a value",
            Some(0) => "the class",
            Some(1) => "the time-steps",
            Some(_) => "the flags",
        }
    }
}
