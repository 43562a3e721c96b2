//! Hardware stages: one instance of a library module each.

use crate::integer;

/// A stage of the pipeline.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The model's name of the node it implements.
    pub node: String,
    /// What it is, with the parameters of its module.
    pub kind: Kind,
}

/// The module a stage is an instance of.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Synaptic layer on raw values.
    AnalogMatmul(Matmul),
    /// Raw values straight into neurons.
    AnalogPass(AnalogPass),
    /// Rate encoding: the same change in several time-steps.
    Repeat(Repeat),
    /// Synaptic layer on spikes.
    SpikeMatmul(Matmul),
    /// ST-BIF+ neurons.
    Neurons(Neurons),
    /// Accumulated logits, argmax, result frame.
    Readout(Readout),
}

/// An event-driven matrix product.
#[derive(Clone, Debug)]
pub struct Matmul {
    /// Rows of a time-step.
    pub rows: usize,
    /// Channels in a beat of the input.
    pub in_lanes: usize,
    /// Channels in a beat of the output: weights added in one cycle.
    pub out_lanes: usize,
    /// Width in bits of an input value; 1 for spikes.
    pub value_width: u32,
    /// Width in bits of a weight.
    pub weight_width: u32,
    /// Width in bits of an accumulated change.
    pub delta_width: u32,
    /// Sizes and weights.
    pub linear: integer::Linear,
}

impl Matmul {
    /// Cycles of the engine for one event: chunks of an output row.
    pub fn out_chunks(&self) -> usize {
        self.linear.outputs.div_ceil(self.out_lanes)
    }
}

/// Raw values as changes.
#[derive(Clone, Debug)]
pub struct AnalogPass {
    /// Rows.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of a value.
    pub width: u32,
}

/// Repetition of a change.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// Rows.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of a change.
    pub width: u32,
    /// Number of time-steps.
    pub steps: u32,
}

/// A neuron array.
#[derive(Clone, Debug)]
pub struct Neurons {
    /// Rows.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of an incoming change.
    pub delta_width: u32,
    /// Whether rows without change may travel as one beat.
    pub skip_rows: bool,
    /// Constants and rule.
    pub neuron: integer::Neuron,
}

/// The readout.
#[derive(Clone, Debug)]
pub struct Readout {
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of an incoming change.
    pub delta_width: u32,
    /// Constants.
    pub readout: integer::Readout,
}

impl Stage {
    /// Name of the library module.
    pub fn module(&self) -> &'static str {
        match self.kind {
            Kind::AnalogMatmul(_) => "analog_matmul",
            Kind::AnalogPass(_) => "analog_pass",
            Kind::Repeat(_) => "delta_repeat",
            Kind::SpikeMatmul(_) => "spike_matmul",
            Kind::Neurons(_) => "spike_neurons",
            Kind::Readout(_) => "readout",
        }
    }
}
