//! What the golden model finds for a sample, as far as it is seen at the interfaces of a core.

use crate::golden::{Outcome, SettledOutcome};

/// Result of a sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleResult {
    /// Index of the largest value, the lowest index of several.
    pub class: usize,
    /// The values of the readout.
    pub values: Vec<i128>,
    /// Time-steps; 1 in the settled schedule.
    pub time_steps: u32,
    /// Whether it ended by quiescence, as it always does in the settled schedule.
    pub quiescent: bool,
    /// Whether the confidence rule ended it.
    pub confident: bool,
    /// Spikes of all neurons.
    pub spikes: u64,
    /// Additions that spikes caused.
    pub additions: u64,
    /// Multiply-accumulates with elements of the input.
    pub input_macs: u64,
}

impl From<&Outcome> for SampleResult {
    fn from(outcome: &Outcome) -> Self {
        Self {
            class: outcome.class,
            values: outcome.values.clone(),
            time_steps: outcome.time_steps,
            quiescent: outcome.quiescent,
            confident: outcome.confident,
            spikes: outcome.spikes.iter().sum(),
            additions: outcome.sops,
            input_macs: outcome.input_macs,
        }
    }
}

impl From<&SettledOutcome> for SampleResult {
    fn from(outcome: &SettledOutcome) -> Self {
        Self {
            class: outcome.class,
            values: outcome.values.clone(),
            time_steps: 1,
            quiescent: true,
            confident: false,
            spikes: outcome.spikes.iter().sum(),
            additions: outcome.additions.iter().sum(),
            input_macs: outcome.input_macs,
        }
    }
}
