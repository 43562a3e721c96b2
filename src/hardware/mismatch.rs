//! The first difference between hardware and golden model.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Kind of the failed comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Spike, membrane or tracer of a neuron.
    Neuron,
    /// Position or flags of a beat.
    Order,
    /// The readout's accumulated input.
    Readout,
    /// A word of a result frame.
    Result,
    /// A register after the run.
    Register,
    /// An assertion in the hardware.
    Assertion,
    /// Deadlock.
    Deadlock,
}

/// A neuron in a time-step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeuronState {
    /// −1, 0 or +1.
    pub spike: i32,
    /// Membrane after the time-step; for neurons that decide by a table, the accumulated input.
    pub membrane: i64,
    /// Tracer after the time-step.
    pub tracer: i32,
}

/// The first mismatch of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstMismatch {
    /// Kind of the failed comparison.
    pub what: What,
    /// Description, in a sentence.
    pub message: String,
    /// Clock cycle, counted from 0 at the beginning of reset.
    pub cycle: u64,
    /// Index of the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<usize>,
    /// The model's name of the layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Time-step, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_step: Option<u32>,
    /// Row (token).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<usize>,
    /// The neuron in hardware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtl: Option<NeuronState>,
    /// The neuron in the golden model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub golden: Option<NeuronState>,
    /// A waveform of the cycles around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waveform: Option<PathBuf>,
}

impl FirstMismatch {
    /// A mismatch whose position is not known yet.
    pub(crate) fn new(what: What, cycle: u64, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            what,
            message: message.into(),
            cycle,
            sample: None,
            layer: None,
            time_step: None,
            row: None,
            channel: None,
            rtl: None,
            golden: None,
            waveform: None,
        })
    }

    /// Adds sample, layer and time-step.
    pub(crate) fn at(mut self: Box<Self>, sample: usize, layer: &str, step: u32) -> Box<Self> {
        self.sample = Some(sample);
        self.layer = Some(layer.to_owned());
        self.time_step = Some(step);
        self
    }
}

impl fmt::Display for FirstMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        let mut at = Vec::new();
        if let Some(layer) = &self.layer {
            at.push(format!("layer {}", crate::error::printable(layer)));
        }
        at.extend(self.sample.map(|n| format!("sample {n}")));
        at.extend(self.time_step.map(|n| format!("time-step {n}")));
        at.extend(self.row.map(|n| format!("row {n}")));
        at.extend(self.channel.map(|n| format!("channel {n}")));
        at.push(format!("cycle {}", self.cycle));
        write!(f, "\n  at:       {}", at.join(", "))?;
        for (name, state) in [("RTL:     ", self.rtl), ("golden:  ", self.golden)] {
            if let Some(NeuronState { spike, membrane, tracer }) = state {
                write!(f, "\n  {name} spike {spike}, membrane {membrane}, tracer {tracer}")?;
            }
        }
        if let Some(waveform) = &self.waveform {
            write!(f, "\n  waveform: {}", waveform.display())?;
        }
        Ok(())
    }
}

/// Reason for an early end of a run.
#[derive(Debug)]
pub(crate) enum Stop {
    /// An error.
    Error(Error),
    /// The first mismatch.
    Mismatch(Box<FirstMismatch>),
    /// The waveform is complete.
    Enough,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Box<FirstMismatch>> for Stop {
    fn from(mismatch: Box<FirstMismatch>) -> Self {
        Self::Mismatch(mismatch)
    }
}
