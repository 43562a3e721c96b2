//! Box 1, the QANN: float operators with explicit quantisers; no trace of the exporter it came from.
//!
//! Values have a shape without the batch dimension; operators on channels act on the last extent.

pub mod eval;

use crate::graph::{Graph, Operator, Shape};
use crate::quant::{InputSpec, Quantiser, Weights};

/// The quantised network: one [`Op::Input`], one [`Op::Output`].
pub type Network = Graph<Op>;

/// A float operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The model's input, computed from raw data.
    Input {
        /// Shape of a sample.
        shape: Shape,
        /// What raw data means.
        spec: InputSpec,
    },
    /// `y[…, o] = Σ_i x[…, i]·w[o, i] + bias[o]`
    Linear {
        /// Integer weights and their scales.
        weights: Weights,
        /// One value an output channel, or empty. Quantised biases, integers times a scale, may need an `f64`.
        bias: Vec<f64>,
    },
    /// `s·Q(x)`
    Quantise(Quantiser),
    /// `max(x, 0)`
    Relu,
    /// The same elements in row-major order under another shape.
    Reshape(Shape),
    /// Extent `i` of the output is extent `order[i]` of the input.
    Transpose(Vec<usize>),
    /// The model's output: the logits.
    Output,
}

impl Operator for Op {
    fn kind(&self) -> &'static str {
        match self {
            Self::Input { .. } => "input",
            Self::Linear { .. } => "linear",
            Self::Quantise(_) => "quantise",
            Self::Relu => "relu",
            Self::Reshape(_) => "reshape",
            Self::Transpose(_) => "transpose",
            Self::Output => "output",
        }
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        if let Self::Input { shape, spec } = self {
            return match inputs {
                [] => spec.check(&shape.0).map(|()| shape.clone()),
                _ => Err("an input has no inputs".into()),
            };
        }
        let [input] = inputs else { return Err(format!("{} inputs; expected 1", inputs.len())) };
        match self {
            Self::Linear { weights, bias } => {
                weights.check()?;
                if !bias.is_empty() && bias.len() != weights.outputs {
                    return Err(format!("{} bias values for {} outputs", bias.len(), weights.outputs));
                }
                if let Some(b) = bias.iter().find(|b| !b.is_finite()) {
                    return Err(format!("the bias {b} is not finite"));
                }
                if input.0.is_empty() || input.channels() != weights.inputs {
                    return Err(format!("input {input} for weights with {} input channels", weights.inputs));
                }
                let mut shape = (*input).clone();
                if let Some(last) = shape.0.last_mut() {
                    *last = weights.outputs;
                }
                Ok(shape)
            }
            Self::Quantise(quantiser) => {
                quantiser.check(input.channels())?;
                Ok((*input).clone())
            }
            Self::Reshape(shape) if shape.is_sane() && shape.len() == input.len() => Ok(shape.clone()),
            Self::Reshape(shape) => Err(format!("cannot reshape {input} to {shape}")),
            Self::Transpose(order) => {
                let mut seen = order.clone();
                seen.sort_unstable();
                if seen.iter().copied().eq(0..input.0.len()) {
                    Ok(Shape(order.iter().map(|&i| input.0[i]).collect()))
                } else {
                    Err(format!("the order {order:?} is not a permutation of the extents of {input}"))
                }
            }
            Self::Input { .. } | Self::Relu | Self::Output => Ok((*input).clone()),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Input { spec, .. } => format!("{} {:?}", spec.element.name(), spec.scaling),
            Self::Linear { weights, bias } => {
                let scales = if weights.scale.len() == 1 { "per tensor" } else { "per channel" };
                format!("weights {scales}{}", if bias.is_empty() { "" } else { ", bias" })
            }
            Self::Quantise(q) => {
                let scales = if q.scale.len() == 1 { "per tensor" } else { "per channel" };
                let low = q.low.iter().min().copied().unwrap_or(0);
                let high = q.high.iter().max().copied().unwrap_or(0);
                format!("levels {low}…{high}, {:?}, {scales}", q.rounding)
            }
            Self::Transpose(order) => format!("{order:?}"),
            Self::Relu | Self::Reshape(_) | Self::Output => String::new(),
        }
    }
}
