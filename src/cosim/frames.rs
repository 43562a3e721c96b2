//! Result frames.

use std::collections::VecDeque;

use super::pins::Word;
use crate::hardware::{FirstMismatch, Output, SampleResult, What};

/// Comparison of result frames, word by word.
pub(super) struct FrameCheck {
    output: Output,
    /// Words and time-steps of the samples inside whose frame is not complete.
    expected: VecDeque<(Vec<u32>, u32)>,
    /// The next word: sample and index in the frame.
    pub sample: usize,
    at: usize,
}

impl FrameCheck {
    pub fn new(output: Output) -> Self {
        Self { output, expected: VecDeque::new(), sample: 0, at: 0 }
    }

    /// Adds the frame of the next sample.
    pub fn expect(&mut self, result: &SampleResult) {
        self.expected.push_back((self.output.frame(result), result.time_steps));
    }

    /// Compares the next word.
    pub fn check(&mut self, word: Word) -> Result<(), Box<FirstMismatch>> {
        let Some((frame, time_steps)) = self.expected.front() else {
            let message = "a word comes out that belongs to no sample";
            return Err(FirstMismatch::new(What::Result, word.cycle, message));
        };
        let expected = frame.get(self.at).copied();
        let ends = self.at + 1 == frame.len();
        if expected != Some(word.data) || word.last != ends {
            let found = format!("{:#010x}{}", word.data, if word.last { " with TLAST" } else { "" });
            let golden = format!("{:#010x}{}", expected.unwrap_or(0), if ends { " with TLAST" } else { "" });
            let message =
                format!("word {} of the result frame ({}) is {found}, not {golden}", self.at, self.meaning());
            let mut mismatch = FirstMismatch::new(What::Result, word.cycle, message);
            mismatch = mismatch.at(self.sample, &self.output.node, *time_steps);
            mismatch.channel = Some(self.at / self.output.value_words()).filter(|c| *c < self.output.classes);
            return Err(mismatch);
        }
        self.at += 1;
        if ends {
            self.expected.pop_front();
            (self.sample, self.at) = (self.sample + 1, 0);
        }
        Ok(())
    }

    /// Meaning of the next word.
    fn meaning(&self) -> &'static str {
        match self.at.checked_sub(self.output.frame_words() - 3) {
            None => "a value",
            Some(0) => "the class",
            Some(1) => "the time-steps",
            Some(_) => "the flags",
        }
    }
}
