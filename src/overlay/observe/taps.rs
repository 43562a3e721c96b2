//! Tap reports, decoded from the words of `sim/shim.h`.

use crate::error::{Error, Result};
use crate::hardware::NeuronState;

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// Neurons of the engine.
    Engine { instruction: usize },
    /// Neurons of LayerNorm or softmax.
    Rows { softmax: bool },
    /// A sum that LayerNorm reads.
    Sum(i64),
    /// A score that softmax takes.
    Score(i64),
    /// An accumulated logit that the readout takes.
    Logit(i64),
}

/// A report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat<'a> {
    pub report: Report,
    pub step: usize,
    pub row: usize,
    pub group: usize,
    pub cycle: u64,
    neurons: &'a [u64],
}

impl Beat<'_> {
    /// Neurons reported.
    pub fn lanes(&self) -> usize {
        self.neurons.len() / 2
    }

    /// A neuron.
    pub fn neuron(&self, lane: usize) -> NeuronState {
        let [membrane, rest] = [self.neurons[2 * lane], self.neurons[2 * lane + 1]];
        NeuronState {
            spike: high(rest).cast_signed(),
            membrane: membrane.cast_signed(),
            tracer: low(rest).cast_signed(),
        }
    }
}

/// The reports in a list of words.
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
    let (&[head, cycle, place], rest) = words.split_first_chunk()?;
    let lanes = usize::try_from(head >> 16 & 0xffff).ok()?;
    let kind = head & 0xff;
    let count = if matches!(kind, 3 | 4) { 2 * lanes } else { lanes };
    let (values, rest) = rest.split_at_checked(count)?;
    let value = || values.first().map(|value| value.cast_signed());
    let stage = usize::try_from(high(head)).ok()?;
    let report = match kind {
        2 => Report::Logit(value()?),
        3 => Report::Engine { instruction: stage },
        4 => Report::Rows { softmax: stage != 0 },
        5 => Report::Sum(value()?),
        6 => Report::Score(value()?),
        _ => return None,
    };
    *words = rest;
    Some(Beat {
        report,
        step: usize::try_from(head >> 8 & 0xff).ok()?,
        row: usize::try_from(low(place)).ok()?,
        group: usize::try_from(high(place)).ok()?,
        cycle,
        neurons: if matches!(kind, 3 | 4) { values } else { &[] },
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
    fn reports_are_split_and_damage_is_noticed() {
        let pair =
            |low: i32, high: i32| u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32;
        let mut words = vec![3 | 2 << 8 | 1 << 16 | 5 << 32, 900, pair(3, 7)];
        words.extend([(-9i64).cast_unsigned(), pair(-4, -1)]);
        words.extend([5 | 1 << 16, 901, 0, (-70i64).cast_unsigned()]);
        words.extend([4 | 1 << 16 | 1 << 32, 902, 0, 0, pair(1, 1)]);
        let beats: Vec<Beat> = Beats(&words).collect::<Result<_>>().unwrap();
        let [a, b, c] = beats[..] else { panic!("{beats:?}") };
        assert_eq!(a.report, Report::Engine { instruction: 5 });
        assert_eq!((a.step, a.row, a.group, a.cycle, a.lanes()), (2, 3, 7, 900, 1));
        assert_eq!(a.neuron(0), NeuronState { spike: -1, membrane: -9, tracer: -4 });
        assert_eq!(b.report, Report::Sum(-70));
        assert_eq!(c.report, Report::Rows { softmax: true });
        assert!(Beats(&words[..words.len() - 1]).any(|beat| beat.is_err()));
        assert!(Beats(&[9, 0, 0]).any(|beat| beat.is_err()));
    }
}
