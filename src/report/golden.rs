//! Results of the golden model on samples: equalities, accuracy against time-steps, rates, the spikes of one sample,
//! energy, and the cycles that the model of the pipeline tells from these spikes. Kept in the build folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::architecture::{Adders, Roofline, Span};
use crate::cosim::Spread;
use crate::error::Result;
use crate::folder;

/// The version of the JSON form of [`Measured`].
pub const FORMAT_VERSION: u32 = 2;

/// Results of the samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Number of samples.
    pub samples: usize,
    /// Share of samples whose class is their label.
    pub accuracy: Option<f64>,
    /// The same after each time-step.
    pub accuracy_per_step: Option<Vec<f64>>,
    /// Time-steps to quiescence.
    pub time_steps: Spread,
    /// Neurons whose level at quiescence is not that of the integer network evaluated in one pass.
    pub one_shot_mismatches: u64,
    /// Neurons compared.
    pub neurons_checked: u64,
    /// Differences to float64, evaluated by this program.
    #[serde(flatten)]
    pub float: Option<FloatReport>,
    /// Differences to levels that another program computed in float64.
    #[serde(flatten)]
    pub reference: Option<ReferenceReport>,
    /// Spikes per neuron and sample.
    pub spikes_per_neuron: f64,
    /// Additions of a weight caused by a spike, per sample.
    pub sops_per_sample: f64,
    /// Multiply-accumulates with elements of the input, per sample.
    pub input_macs_per_sample: f64,
    /// The energy account.
    pub energy: Energy,
    /// Layers of neurons.
    pub layers: Vec<Layer>,
    /// The spikes of one sample.
    pub raster: Raster,
    /// Predictions of the cycle model from the spikes of a few samples.
    pub predicted: PredictedCycles,
}

/// Differences between the golden model and float64.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FloatReport {
    /// Samples with any different neuron.
    pub float_mismatched_samples: u64,
    /// Different neurons.
    pub float_mismatched_neurons: u64,
    /// Samples of another class.
    pub float_mismatched_classes: u64,
}

/// Differences between the golden model and another program.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceReport {
    /// Samples whose levels were compared.
    pub reference_samples: usize,
    /// Neurons compared.
    pub reference_neurons_checked: u64,
    /// Samples with any different neuron.
    pub reference_mismatched_samples: u64,
    /// Different neurons.
    pub reference_mismatched_neurons: u64,
    /// Samples with a different class, if there are logits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_mismatched_classes: Option<u64>,
}

/// Operations times published energies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Energy {
    /// Of these energies.
    pub technology: String,
    /// A multiply-accumulate.
    pub pj_per_mac: f64,
    /// A synaptic operation.
    pub pj_per_sop: f64,
    /// Multiply-accumulates of the quantised network.
    pub qann_macs: u64,
    /// Their energy.
    pub qann_nj_per_sample: f64,
    /// Energy of the spiking network.
    pub snn_nj_per_sample: f64,
    /// The latter by the former; none where there are no multiply-accumulates.
    pub ratio: Option<f64>,
    /// Elements of LayerNorm and of softmax, counted on neither side.
    pub layer_norm_elements: u64,
    /// Number of softmax elements.
    pub softmax_elements: u64,
    /// The spiking network in each schedule and spike code whose operations are known; that of the run first.
    #[serde(default)]
    pub schedules: Vec<Scheduled>,
}

/// Energy of a sample in a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scheduled {
    /// The order of the updates.
    pub schedule: String,
    /// What a spike is worth.
    pub code: String,
    /// Additions of a weight caused by a spike.
    pub sops_per_sample: f64,
    /// Multiply-accumulates with elements of the input that are not 0.
    pub input_macs_per_sample: f64,
    /// Energy of both.
    pub snn_nj_per_sample: f64,
    /// Ratio of it and the energy of the quantised network; none where there are no multiply-accumulates.
    pub ratio: Option<f64>,
}

/// A layer of neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The model's name.
    pub name: String,
    /// Its neurons.
    pub neurons: usize,
    /// Spikes per neuron and sample.
    pub spikes_per_neuron: f64,
    /// By time-step: the mean share of neurons that fire, over all samples; a sample that has ended does not fire.
    pub rates: Vec<f64>,
}

/// The spikes of one sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raster {
    /// Its number.
    pub sample: usize,
    /// Its label.
    pub label: Option<i64>,
    /// The class that was found.
    pub class: usize,
    /// Its time-steps.
    pub time_steps: u32,
    /// Layers as in [`Measured::layers`].
    pub layers: Vec<RasterLayer>,
}

/// Some neurons of a layer, evenly spread over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RasterLayer {
    /// Their numbers, row-major.
    pub neurons: Vec<usize>,
    /// Of each, the time-steps in which it fires, counted from 1; negative for a negative spike.
    pub spikes: Vec<Vec<i64>>,
}

/// Cycles predicted by the cycle model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictedCycles {
    /// Number of samples it used.
    pub samples: usize,
    /// Cycles per sample.
    #[serde(rename = "cycles_per_sample", alias = "per_sample")]
    pub per_sample: f64,
    /// By stage of the design: cycles per sample in which it is busy.
    pub busy: Vec<f64>,
    /// Of an overlay, what its adders do, and when the instructions of the first sample are executed.
    #[serde(flatten)]
    pub engine: Option<EngineCycles>,
}

/// Cycles of the engine of an overlay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineCycles {
    /// What its adders do.
    pub adders: Adders,
    /// When the instructions of the first sample are executed.
    pub timeline: Vec<Span>,
    /// Cycles of each layer of the program.
    pub layer_cycles: Vec<f64>,
    /// Computation against memory in the first sample, if weights come from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roofline: Option<Roofline>,
}

fn path(build: &Path) -> PathBuf {
    build.join("reports/golden.json")
}

impl Measured {
    /// Stores it in the build folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, build: &Path) -> Result<()> {
        #[derive(Serialize)]
        struct Versioned<'a> {
            format_version: u32,
            #[serde(flatten)]
            measured: &'a Measured,
        }
        folder::write_json(&path(build), &Versioned { format_version: FORMAT_VERSION, measured: self })
    }

    /// The results of an earlier run, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(build: &Path) -> Result<Option<Self>> {
        let path = path(build);
        if !path.exists() {
            return Ok(None);
        }
        let kept = folder::read_json(&path, FORMAT_VERSION);
        kept.map(Some).map_err(|error| error.fix("measure again with 'snn2rtl report --inputs'"))
    }
}
