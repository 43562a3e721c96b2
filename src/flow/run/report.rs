//! The result of `run`.

use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::cosim::Spread;
use crate::error::{Error, Result};
use crate::flow::energy::Measured;
use crate::golden::{Schedule, SpikeCode};
use crate::report::{FloatReport, ReferenceReport};

/// Spikes of a layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerSpikes {
    /// The model's name.
    pub name: String,
    /// Its neurons.
    pub neurons: usize,
    /// Spikes per sample.
    pub spikes: f64,
    /// Spikes per neuron and sample.
    pub spikes_per_neuron: f64,
    /// Spikes divided by the sum of the magnitudes of the last levels; `None` if all of these are 0.
    pub spikes_per_level: Option<f64>,
    /// Additions that these spikes caused, per sample.
    pub sops_per_sample: f64,
    /// Local time-steps of the settled schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_steps: Option<Spread>,
}

/// Result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The order of the updates.
    #[serde(serialize_with = "shown")]
    pub schedule: Schedule,
    /// What a spike is worth.
    #[serde(serialize_with = "shown")]
    pub code: SpikeCode,
    /// Number of samples.
    pub samples: usize,
    /// Share of samples whose class is their label.
    pub accuracy: Option<f64>,
    /// The same after each time-step of the synchronous schedule.
    pub accuracy_per_step: Option<Vec<f64>>,
    /// Time-steps to quiescence, or to the limit; in the settled schedule the local time-steps of all layers together.
    pub time_steps: Spread,
    /// Samples that were stopped by the limit before they were quiescent; the next figures leave them out.
    pub stopped: usize,
    /// Samples that were stopped by the confidence rule; the next figures leave them out.
    pub confident: usize,
    /// Neurons whose level at quiescence is not that of the integer network evaluated in one pass.
    pub one_shot_mismatches: u64,
    /// Neurons compared.
    pub neurons_checked: u64,
    /// Spikes per neuron and sample.
    pub spikes_per_neuron: f64,
    /// Additions of a weight caused by a spike.
    pub sops_per_sample: f64,
    /// Additions of a weight times an element of the input.
    pub input_macs_per_sample: f64,
    /// By the golden model alone.
    pub samples_per_second: f64,
    /// Synaptic operations per second, by the golden model alone.
    pub sops_per_second: f64,
    /// Estimate of the energy.
    pub energy: Measured,
    /// Spikes layer by layer.
    pub layers: Vec<LayerSpikes>,
    /// Differences to float64.
    #[serde(flatten)]
    pub float: Option<FloatReport>,
    /// Differences to another program's levels.
    #[serde(flatten)]
    pub reference: Option<ReferenceReport>,
}

impl Report {
    /// A one-pass mismatch is a failed check.
    ///
    /// # Errors
    /// Names the number of neurons that differ.
    pub fn check(&self) -> Result<()> {
        match self.one_shot_mismatches {
            0 => Ok(()),
            n => Err(Error::check(format!("{n} neurons differ from the integer network at quiescence"))
                .fix("this is a defect of this program: please report it with the model")),
        }
    }
}

/// Serialises a value as it is shown.
fn shown<S: Serializer>(value: &impl Display, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
