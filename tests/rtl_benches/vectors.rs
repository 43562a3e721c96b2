//! Beats that a bench plays or compares, batch by batch: what an operator gets and what it must do.

use std::path::Path;

use super::images::{Word, write_image};
use super::runner::{Parameters, file};

/// The beats of one stream.
#[derive(Default)]
pub struct Beats(Vec<(Word, bool)>);

impl Beats {
    pub fn push(&mut self, beat: Word) {
        if let Some((first, _)) = self.0.first() {
            assert_eq!(first.width(), beat.width(), "bits of a beat");
        }
        self.0.push((beat, false));
    }

    /// What comes after this waits until the batch is over.
    pub fn end_batch(&mut self) {
        let (_, last) = self.0.last_mut().expect("a batch has a beat on each stream");
        assert!(!std::mem::replace(last, true), "a batch has a beat on each stream");
    }

    /// Writes the image `base.part.hex` and names it and the number of its words as parameters.
    pub fn parameters(&self, base: &Path, part: &str, [file, words]: [&'static str; 2]) -> Parameters {
        let [path, count] = self.write(&base.with_extension(format!("{part}.hex")));
        vec![(file, path), (words, count)]
    }

    /// Writes `{last of the batch, beat}`; gives the image's name and the number of its words.
    pub fn write(&self, path: &Path) -> [String; 2] {
        let word = |(beat, last): &(Word, bool)| {
            let mut word = beat.clone();
            word.push(i64::from(*last), 1);
            word
        };
        write_image(path, &self.0.iter().map(word).collect::<Vec<_>>());
        [file(path), self.0.len().to_string()]
    }
}

/// Batches: the limit of time-steps in each, 0 for none, and the most cycles that the first may take, 0 for any number.
#[derive(Default)]
pub struct Batches(Vec<u16>);

impl Batches {
    pub fn push(&mut self, t_max: u16) {
        self.0.push(t_max);
    }

    /// Writes `{most cycles, t_max}`; gives the bench's parameters.
    pub fn write(&self, base: &Path, most: i64) -> Parameters {
        let word = |(i, &t_max): (usize, &u16)| {
            let mut word = Word::default();
            word.push(t_max, 16);
            word.push(if i == 0 { most } else { 0 }, 48);
            word
        };
        let path = base.with_extension("batches.hex");
        write_image(&path, &self.0.iter().enumerate().map(word).collect::<Vec<_>>());
        vec![("BatchFile", file(&path)), ("Batches", self.0.len().to_string())]
    }
}
