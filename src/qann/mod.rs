//! The quantised network (QANN): float operators with explicit quantisers, independent of the exporter.
//!
//! Values have a shape without the batch dimension; operators on channels act on the last extent.

pub mod eval;
pub mod gaps;
mod shape;

pub use shape::repeated;

use crate::graph::{Band, Graph, Operator, Shape, Window};
use crate::quant::{Function, InputSpec, Quantiser, Weights};

/// The quantised network: one [`Op::Input`], one [`Op::Output`].
pub type Network = Graph<Op>;

/// A float operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The model's input, computed from raw data.
    Input {
        /// Shape of a sample.
        shape: Shape,
        /// Meaning of the raw data.
        spec: InputSpec,
    },
    /// `y[…, o] = Σ_i x[…, i]·w[o, i] + bias[o]`
    Linear {
        /// Integer weights and their scales.
        weights: Weights,
        /// One value per output channel, or empty. Quantised biases, integers times a scale, may need an `f64`.
        bias: Vec<f64>,
    },
    /// Convolution of a feature map, channels last: `y[p, o] = Σ x[p', c]·w[o, tap, c] + bias[o]` over the taps of the window
    /// that are no padding and the channels of the group of `o`.
    Convolution {
        /// Which pixels and channels an output reads.
        window: Window,
        /// Integer weights, tap by tap, and their scales.
        weights: Weights,
        /// One value per output channel, or empty.
        bias: Vec<f64>,
    },
    /// Sum of what a window sees, channel by channel, divided by the number of its taps; padding is 0.
    AveragePool(Window),
    /// Sum of what a window of places sees, channel by channel, with a weight for each tap, divided by a number: a `Resize`
    /// with weights. The weights of each place add up to the divisor.
    Resample {
        /// Which pixels a pixel of the result reads.
        window: Window,
        /// One weight for each tap.
        weights: Vec<i32>,
        /// What the sums are divided by.
        divisor: u32,
    },
    /// The largest value that a window sees, channel by channel; padding does not count.
    MaxPool(Window),
    /// `gain[c]·x[…, c] + offset[c]`: a normalisation with fixed statistics.
    Affine {
        /// One entry per channel; none is 0.
        gain: Vec<f64>,
        /// One entry per channel.
        offset: Vec<f64>,
    },
    /// `s·Q(x)`
    Quantise(Quantiser),
    /// `max(x, 0)`
    Relu,
    /// Another function of every element.
    Function(Function),
    /// The same elements in row-major order under another shape.
    Reshape(Shape),
    /// Extent `i` of the output is extent `order[i]` of the input.
    Transpose(Vec<usize>),
    /// Element `e` of the output is element `order[e]` of the input: elements repeated or left out.
    Pick {
        /// Shape of the output.
        shape: Shape,
        /// Elements of the input.
        order: Vec<usize>,
    },
    /// A value that does not depend on the input.
    Constant {
        /// Its shape.
        shape: Shape,
        /// Its elements, row-major.
        values: Vec<f64>,
    },
    /// Sum of two values of one shape.
    Add,
    /// Product of two values, element by element. Extents of the second one may be 1, or its first ones absent, where the
    /// first value has any: it is repeated there.
    Mul,
    /// The inputs concatenated along this axis.
    Concat(usize),
    /// Part of one axis.
    Slice {
        /// The axis.
        axis: usize,
        /// First index.
        first: usize,
        /// Number of indices.
        count: usize,
    },
    /// Every element multiplied by this factor.
    Scale(f64),
    /// `factor·x + offset`
    Line {
        /// One number, or one for each channel.
        factor: Vec<f64>,
        /// One number, or one for each channel.
        offset: Vec<f64>,
    },
    /// Every element multiplied by a constant of its own, row-major: rotary positions.
    Times(Vec<f64>),
    /// Matrix product over the last two axes, `[…, m, k] × […, k, n]`.
    MatMul,
    /// LayerNorm over the last axis.
    ///
    /// Without `centred`, RMSNorm: 0 instead of the mean.
    LayerNorm {
        /// One entry per channel.
        gamma: Vec<f32>,
        /// One entry per channel.
        beta: Vec<f32>,
        /// Added to the variance.
        epsilon: f32,
        /// Whether the mean is subtracted.
        centred: bool,
    },
    /// Mean over the axis before the last one, which becomes 1.
    Mean,
    /// Softmax over the last axis.
    Softmax,
    /// −∞ where the second input, one element for each index of the last axis, equals this raw element.
    Mask(i32),
    /// −∞ where a query, an index of the last axis but one, does not see a key, an index of the last axis.
    Band(Band),
    /// Rows of a table, selected by raw elements: each becomes a row of channels.
    Embedding {
        /// Number of channels.
        channels: usize,
        /// Row `q` at `q·channels`.
        table: Vec<f32>,
    },
    /// The model's output: the logits.
    Output,
}

impl Operator for Op {
    fn kind(&self) -> &'static str {
        match self {
            Self::Input { .. } => "input",
            Self::Linear { .. } => "linear",
            Self::Convolution { .. } => "convolution",
            Self::AveragePool(_) => "average_pool",
            Self::Resample { .. } => "resample",
            Self::MaxPool(_) => "max_pool",
            Self::Affine { .. } => "affine",
            Self::Quantise(_) => "quantise",
            Self::Relu => "relu",
            Self::Function(_) => "function",
            Self::Reshape(_) => "reshape",
            Self::Transpose(_) => "transpose",
            Self::Pick { .. } => "pick",
            Self::Constant { .. } => "constant",
            Self::Add => "add",
            Self::Mul => "mul",
            Self::Concat(_) => "concat",
            Self::Slice { .. } => "slice",
            Self::Scale(_) => "scale",
            Self::Line { .. } => "line",
            Self::Times(_) => "times",
            Self::MatMul => "matmul",
            Self::LayerNorm { .. } => "layer_norm",
            Self::Mean => "mean",
            Self::Softmax => "softmax",
            Self::Mask(_) => "mask",
            Self::Band(_) => "band",
            Self::Embedding { .. } => "embedding",
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
        if let Some(shape) = shape::of_several(self, inputs) {
            return shape;
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
            Self::Convolution { window, weights, bias } => shape::convolution(input, window, weights, bias),
            Self::AveragePool(window) | Self::MaxPool(window) => shape::pool(input, window),
            Self::Resample { window, weights, divisor } => shape::resample(input, window, weights, *divisor),
            Self::Affine { gain, offset } => shape::affine(input, gain, offset),
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
            Self::Function(function) => function.check().map(|()| (*input).clone()),
            Self::Slice { axis, first, count } => shape::slice(input, *axis, *first, *count),
            Self::Mean => shape::mean(input),
            Self::Band(_) => shape::band(input),
            Self::LayerNorm { gamma, beta, epsilon, .. } => shape::layer_norm(input, gamma, beta, *epsilon),
            Self::Embedding { channels, table } => shape::embedding(input, *channels, table),
            Self::Pick { shape, order } => shape::pick(input, shape, order),
            Self::Line { factor, offset } => shape::line(input, factor, offset),
            Self::Times(factors) => shape::times(input, factors),
            Self::Scale(factor) if !factor.is_finite() => Err(format!("the factor {factor} is not finite")),
            Self::Add
            | Self::Mul
            | Self::Concat(_)
            | Self::MatMul
            | Self::Mask(_)
            | Self::Constant { .. } => Err("1 input".into()),
            Self::Input { .. } | Self::Scale(_) | Self::Softmax | Self::Relu | Self::Output => {
                Ok((*input).clone())
            }
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
            Self::Convolution { window, .. }
            | Self::Resample { window, .. }
            | Self::AveragePool(window)
            | Self::MaxPool(window) => window.describe(),
            Self::Function(function) => function.to_string(),
            Self::Transpose(order) => format!("{order:?}"),
            Self::Concat(axis) => format!("extent {axis}"),
            Self::Slice { axis, first, count } => format!("extent {axis}: {first}…{}", first + count - 1),
            Self::Scale(factor) => format!("{factor}"),
            Self::Line { factor, offset } => match (&factor[..], &offset[..]) {
                ([a], [b]) => format!("{a}·x + {b}"),
                _ => "per channel".to_owned(),
            },
            Self::LayerNorm { epsilon, centred, .. } => {
                format!("ε {epsilon}{}", if *centred { "" } else { ", without mean" })
            }
            Self::Band(band) => band.to_string(),
            Self::Mask(padding) => format!("{padding} is padding"),
            Self::Embedding { channels, table } => format!("{} rows", table.len() / channels.max(&1)),
            Self::Constant { .. }
            | Self::Times(_)
            | Self::Affine { .. }
            | Self::Pick { .. }
            | Self::Add
            | Self::Mul
            | Self::MatMul
            | Self::Mean
            | Self::Softmax
            | Self::Relu
            | Self::Reshape(_)
            | Self::Output => String::new(),
        }
    }
}
