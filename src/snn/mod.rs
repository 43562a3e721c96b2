//! Box 2, the converted spiking network (`model.snn`): synaptic layers with integer weights and exact scales, ST-BIF+
//! neurons, a readout. No widths, no hardware choices.
//!
//! Every value is a matrix of rows (tokens) × channels.

pub mod file;

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, Operator, Shape};
use crate::quant::{Encoding, InputSpec, Quantiser, Weights};

/// A converted network and where it came from.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network: one [`Op::Input`], one [`Op::Readout`].
    pub network: Network,
    /// The model's name; used for names of generated modules after cleaning.
    pub name: String,
    /// Program that wrote the model which was converted, as it calls itself.
    pub producer: String,
}

/// The spiking network.
pub type Network = Graph<Op>;

/// An operator of the spiking network.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The model's input, computed from raw data.
    Input(Input),
    /// Synaptic layer: a spike ±1 on input `i` adds `±s_in·scale[o]·levels[o, i]` to output `o`; the bias acts from the
    /// first time-step on.
    Linear(Linear),
    /// ST-BIF+ neurons: each tracks the quantised value of its accumulated input, one level a time-step.
    Neuron(Quantiser),
    /// The logits: accumulated input, no neuron after it.
    Readout,
}

/// The input of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Shape of a raw sample, as the model declares it.
    pub sample: Shape,
    /// What raw data means.
    pub spec: InputSpec,
    /// When it is applied.
    pub encoding: Encoding,
}

/// A synaptic layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Integer weights and their scales.
    pub weights: Weights,
    /// One value an output channel, or empty. Quantised biases, integers times a scale, may need an `f64`.
    pub bias: Vec<f64>,
}

impl Operator for Op {
    fn kind(&self) -> &'static str {
        match self {
            Self::Input(_) => "input",
            Self::Linear(_) => "linear",
            Self::Neuron(_) => "neuron",
            Self::Readout => "readout",
        }
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        if let Self::Input(input) = self {
            if !inputs.is_empty() {
                return Err("an input has no inputs".into());
            }
            if !input.sample.is_sane() {
                return Err(format!("the sample's shape {} is empty or too large", input.sample));
            }
            if matches!(input.encoding, Encoding::Rate { steps } if !(1..=65535).contains(&steps)) {
                return Err("rate encoding needs 1…65535 steps".into());
            }
            input.spec.check(&input.sample.0)?;
            return Ok(Shape::matrix(input.sample.rows(), input.sample.channels()));
        }
        let [source] = inputs else { return Err(format!("{} inputs; expected 1", inputs.len())) };
        match self {
            Self::Linear(Linear { weights, bias }) => {
                weights.check()?;
                if !bias.is_empty() && bias.len() != weights.outputs {
                    return Err(format!("{} bias values for {} outputs", bias.len(), weights.outputs));
                }
                if let Some(b) = bias.iter().find(|b| !b.is_finite()) {
                    return Err(format!("the bias {b} is not finite"));
                }
                let rows = source.len() / weights.inputs;
                // A layer may read a row as several narrower ones or several rows as one wide one: order is kept.
                if rows * weights.inputs != source.len() {
                    return Err(format!("input {source} for weights with {} input channels", weights.inputs));
                }
                Ok(Shape::matrix(rows, weights.outputs))
            }
            Self::Neuron(quantiser) => quantiser.check(source.channels()).map(|()| (*source).clone()),
            Self::Readout => Ok((*source).clone()),
            Self::Input(_) => unreachable!("handled above"),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Input(input) => {
                format!(
                    "{} {} {:?} {:?}",
                    input.sample,
                    input.spec.element.name(),
                    input.spec.scaling,
                    input.encoding
                )
            }
            Self::Linear(Linear { weights, bias }) => {
                let scales = if weights.scale.len() == 1 { "per tensor" } else { "per channel" };
                format!("weights {scales}{}", if bias.is_empty() { "" } else { ", bias" })
            }
            Self::Neuron(q) => {
                let scales = if q.scale.len() == 1 { "per tensor" } else { "per channel" };
                let (low, high) = q.tracer_range();
                format!("levels {low}…{high}, {:?}, {scales}", q.rounding)
            }
            Self::Readout => String::new(),
        }
    }
}
