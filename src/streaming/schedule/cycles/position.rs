//! Where a stage is: sample, time-step, row.

use crate::streaming::schedule::flow::Flow;

/// A row of a time-step of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub sample: usize,
    pub step: usize,
    pub row: usize,
}

impl Position {
    /// The row after this one of a stage that has this number of rows and time-steps.
    pub fn next(self, rows: usize, steps: usize) -> Self {
        let Self { sample, step, row } = self;
        match (row + 1 < rows, step + 1 < steps) {
            (true, _) => Self { row: row + 1, ..self },
            (false, true) => Self { sample, step: step + 1, row: 0 },
            (false, false) => Self { sample: sample + 1, step: 0, row: 0 },
        }
    }
}

/// What goes over the streams in all samples.
pub(super) struct Flows(pub Vec<Vec<Flow>>);

impl Flows {
    /// A stream in a sample; none after the last sample.
    pub fn of(&self, sample: usize, stream: usize) -> Option<&Flow> {
        self.0.get(sample).and_then(|flows| flows.get(stream))
    }
}
