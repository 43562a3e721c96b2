//! External interface of a core, independent of its architecture: samples in, result frames out.

use super::result::SampleResult;
use crate::quant::Element;

/// The input stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Type of an element.
    pub element: Element,
    /// Width in bits of an element on the input stream; at least those of its type.
    pub element_bits: u32,
    /// Subtracted from each element.
    pub zero_point: i32,
    /// Elements of a sample.
    pub count: usize,
    /// Elements in one beat of the input stream.
    pub beat_lanes: usize,
    /// Elements of one row; a row begins with a beat of its own.
    pub row: usize,
    /// Width in bits of an element after the zero point was subtracted.
    pub value_width: u32,
}

impl Input {
    /// Width in bits of a beat of the input stream.
    pub fn tdata_width(&self) -> usize {
        self.beat_lanes * usize::try_from(self.element_bits).unwrap_or(usize::MAX)
    }

    /// Beats of the input stream that carry one sample.
    pub fn beats(&self) -> usize {
        self.count / self.row * self.row.div_ceil(self.beat_lanes)
    }
}

/// The output stream: a result frame for every sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The model's node whose values it carries.
    pub node: String,
    /// Number of logits, of all positions.
    pub classes: usize,
    /// Positions that have logits each: rows of the readout.
    pub rows: usize,
    /// Width in bits of a value.
    pub value_width: u32,
    /// Width in bits of a margin between two classes; 0 without a confidence rule.
    pub margin_width: u32,
}

impl Output {
    /// Words of 32 bits that carry one value.
    pub fn value_words(&self) -> usize {
        usize::try_from(self.value_width.div_ceil(32)).unwrap_or(usize::MAX)
    }

    /// Words of a frame: values, class, time-steps, flags.
    pub fn frame_words(&self) -> usize {
        self.classes * self.value_words() + 3
    }

    /// The expected frame for a result of the golden model: values (low word first), class, time-steps,
    /// flags.
    pub fn frame(&self, outcome: &SampleResult) -> Vec<u32> {
        let mut words = Vec::with_capacity(self.frame_words());
        for &value in &outcome.values {
            words.extend((0..self.value_words()).map(|n| low(value >> (32 * n).min(127))));
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
}

/// The low 32 bits.
fn low(value: i128) -> u32 {
    (value & 0xffff_ffff) as u32
}
