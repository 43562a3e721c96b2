//! The result frame that the hardware sends for what the golden model computed.

use crate::golden::Outcome;
use crate::streaming::design::Readout;

/// Values (low word first), class, time-steps, flags.
pub fn result_frame(readout: &Readout, outcome: &Outcome) -> Vec<u32> {
    let words_per_value = readout.value_words();
    let mut words = Vec::with_capacity(readout.frame_words());
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
