//! Tap reports, decoded from the words of `sim/shim.h`.

use crate::error::{Error, Result};
use crate::hardware::NeuronState;

/// Source of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The neurons of this stage of the design send a beat.
    Neurons(usize),
    /// The readout takes a beat.
    Readout,
}

/// A beat of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat<'a> {
    pub source: Source,
    pub skip: bool,
    pub last: bool,
    pub quiet: bool,
    pub row: usize,
    pub chunk: usize,
    pub cycle: u64,
    /// Contents of each lane; empty for a skip beat.
    lanes: &'a [u64],
}

impl Beat<'_> {
    /// Number of lanes reported.
    pub fn lanes(&self) -> usize {
        match self.source {
            Source::Neurons(_) => self.lanes.len() / 2,
            Source::Readout => self.lanes.len(),
        }
    }

    /// The neuron on a lane.
    pub fn neuron(&self, lane: usize) -> NeuronState {
        let [membrane, rest] = [self.lanes[2 * lane], self.lanes[2 * lane + 1]];
        NeuronState {
            spike: high(rest).cast_signed(),
            membrane: membrane.cast_signed(),
            tracer: low(rest).cast_signed(),
        }
    }

    /// The change on a lane of the readout.
    pub fn delta(&self, lane: usize) -> i64 {
        self.lanes[lane].cast_signed()
    }
}

/// The beats in a list of words.
pub(super) struct Beats<'a>(pub &'a [u64]);

impl<'a> Iterator for Beats<'a> {
    type Item = Result<Beat<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let beat = split(&mut self.0);
        if beat.is_none() {
            self.0 = &[];
        }
        let other = || Error::input("the taps of this build folder report in a form of another version");
        Some(beat.ok_or_else(other))
    }
}

fn split<'a>(words: &mut &'a [u64]) -> Option<Beat<'a>> {
    let (&[head, cycle, position], rest) = words.split_first_chunk()?;
    let lanes = usize::try_from(head >> 16 & 0xffff).ok()?;
    let (source, count) = match head & 0xff {
        1 => (Source::Neurons(usize::try_from(high(head)).ok()?), 2 * lanes),
        2 => (Source::Readout, lanes),
        _ => return None,
    };
    let (lanes, rest) = rest.split_at_checked(count)?;
    *words = rest;
    let flag = |bit: u32| head >> (8 + bit) & 1 != 0;
    Some(Beat {
        source,
        skip: flag(0),
        last: flag(1),
        quiet: flag(2),
        row: usize::try_from(low(position)).ok()?,
        chunk: usize::try_from(high(position)).ok()?,
        cycle,
        lanes,
    })
}

/// The low half of a word.
fn low(word: u64) -> u32 {
    (word & 0xffff_ffff) as u32
}

/// The high half of a word.
fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn beats_are_split_and_damage_is_noticed() {
        let pair =
            |low: i32, high: i32| u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32;
        let mut words = vec![1 | 2 << 8 | 2 << 16 | 5 << 32, 900, pair(3, 7)];
        words.extend([(-9i64).cast_unsigned(), pair(-4, -1), 70, pair(2, 1)]);
        words.extend([1 | 1 << 8 | 6 << 32, 901, 0]);
        words.extend([2 | 6 << 8 | 1 << 16, 902, 0, (-5i64).cast_unsigned()]);
        let beats: Vec<Beat> = Beats(&words).collect::<Result<_>>().unwrap();
        let [a, b, c] = beats[..] else { panic!("{beats:?}") };
        assert_eq!((a.source, a.skip, a.last, a.quiet), (Source::Neurons(5), false, true, false));
        assert_eq!((a.row, a.chunk, a.cycle, a.lanes()), (3, 7, 900, 2));
        assert_eq!(a.neuron(0), NeuronState { spike: -1, membrane: -9, tracer: -4 });
        assert_eq!(a.neuron(1), NeuronState { spike: 1, membrane: 70, tracer: 2 });
        assert_eq!((b.source, b.skip, b.lanes()), (Source::Neurons(6), true, 0));
        assert_eq!((c.source, c.skip, c.last, c.quiet), (Source::Readout, false, true, true));
        assert_eq!(c.delta(0), -5);

        assert!(Beats(&words[..words.len() - 1]).any(|beat| beat.is_err()));
        assert!(Beats(&[3, 0, 0]).any(|beat| beat.is_err()));
        assert_eq!(Beats(&[1, 0]).count(), 1);
    }
}
