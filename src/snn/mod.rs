//! The converted spiking network (`model.snn`): synaptic layers with integer weights and exact scales, ST-BIF+ neurons,
//! a readout. It has fraction bits for rounded operators only, and no hardware choices.
//!
//! Every value is a matrix of rows (tokens) × channels.

pub mod eval;
pub mod file;
mod lif;
mod transformer;

pub use crate::operators::{Arrange, Form, Reset, Select, Time};
pub use lif::Lif;
pub use transformer::{Embedding, LayerNorm, Product, Softmax, Sum};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::graph::{Band, Graph, Operator, Shape, Window};
use crate::operators::{self, finite};
use crate::quant::{Encoding, Function, InputSpec, Padding, Precision, Quantiser, Weights};

/// A converted network and its origin.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network: one [`Op::Input`], one [`Op::Readout`].
    pub network: Network,
    /// Name of the model; generated modules are named after it, with invalid characters replaced.
    pub name: String,
    /// Name of the program that wrote the original model.
    pub producer: String,
    /// Neurons, and logits of several positions, that have another shape and order in the original model, by name.
    pub views: BTreeMap<String, View>,
    /// Fraction bits of the operators that are rounded.
    pub precision: Precision,
    /// What the padding of samples of token ids must keep to.
    pub padding: Option<Padding>,
}

impl Model {
    /// Smallest and largest raw element that the model accepts: values of the input's type and, if the input selects
    /// rows of tables, only indices that all tables have.
    pub fn raw_range(&self) -> (i32, i32) {
        let (mut low, mut high) = (i32::MIN, i32::MAX);
        let mut zero_point = 0;
        let mut rows: Option<usize> = None;
        for id in self.network.topological() {
            match &self.network.node(id).op {
                Op::Input(input) => {
                    (low, high) = input.spec.element.range();
                    if let Encoding::Train { highest, .. } = input.encoding {
                        high = high.min(highest);
                    }
                    zero_point = input.spec.zero_point();
                }
                Op::Embedding(table) => {
                    let own = table.table.len() / table.channels.max(1);
                    rows = Some(rows.map_or(own, |rows| rows.min(own)));
                }
                Op::Linear(_)
                | Op::Neuron(_)
                | Op::Lif(_)
                | Op::Arrange(_)
                | Op::Select(_)
                | Op::Sum(_)
                | Op::LayerNorm(_)
                | Op::Product(_)
                | Op::Softmax(_)
                | Op::Function(_)
                | Op::MaxPool(_)
                | Op::Readout => {}
            }
        }
        let Some(rows) = rows else { return (low, high) };
        let last = i32::try_from(rows).unwrap_or(i32::MAX).saturating_sub(1);
        (low.max(zero_point), high.min(zero_point.saturating_add(last)))
    }

    /// The raw element that causes no work: padding of tokens, 0 of other inputs. None for tokens without padding, and where
    /// no raw element is 0.
    pub fn background(&self) -> Option<i32> {
        let (mut zero, mut padding, mut is_tokens) = (None, None, false);
        for id in self.network.topological() {
            match &self.network.node(id).op {
                Op::Input(input) => zero = Some(input.spec.zero_point()),
                Op::Embedding(_) => is_tokens = true,
                Op::Softmax(softmax) => padding = padding.or(softmax.padding),
                Op::Linear(_)
                | Op::Neuron(_)
                | Op::Lif(_)
                | Op::Arrange(_)
                | Op::Select(_)
                | Op::Sum(_)
                | Op::LayerNorm(_)
                | Op::Product(_)
                | Op::Function(_)
                | Op::MaxPool(_)
                | Op::Readout => {}
            }
        }
        let (low, high) = self.raw_range();
        let element = if is_tokens { padding } else { zero };
        element.filter(|element| (low..=high).contains(element))
    }
}

/// Layout of a layer of neurons in the original model: element `e` (row-major in `shape`) is element `order[e]` of
/// the layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its shape.
    pub shape: Shape,
    /// A permutation.
    pub order: Vec<usize>,
}

/// The spiking network.
pub type Network = Graph<Op>;

/// An operator of the spiking network.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The model's input, computed from raw data.
    Input(Input),
    /// Synaptic layer: a spike ±1 on input `i` adds `±s_in·scale[o]·levels[o, i]/divisor` to output `o`; the bias acts
    /// from the first time-step on.
    Linear(Linear),
    /// ST-BIF+ neurons: each tracks the quantised value of its accumulated input, one level per time-step.
    Neuron(Quantiser),
    /// IF or LIF neurons with time-steps of the model itself; rows are those of the first time-step, then of the second.
    Lif(Lif),
    /// Raw elements in another order.
    Arrange(Arrange),
    /// Some of the rows of a layer of neurons.
    Select(Select),
    /// Rows of a table, selected by raw elements; acts from the first time-step on.
    Embedding(Embedding),
    /// The residual stream.
    Sum(Sum),
    /// LayerNorm of a sum; read by neurons.
    LayerNorm(LayerNorm),
    /// Product of two layers of neurons.
    Product(Product),
    /// Softmax of scores; read by neurons. An optional second input is the raw input that gives the mask.
    Softmax(Softmax),
    /// A function of every element; read by neurons.
    Function(Function),
    /// The largest of the values that an output pixel's window sees, channel by channel; read by neurons.
    MaxPool(Window),
    /// The logits: accumulated input, no neuron after it.
    Readout,
}

/// The input of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Shape of a raw sample, as declared by the model.
    pub sample: Shape,
    /// Meaning of the raw data.
    pub spec: InputSpec,
    /// When it is applied.
    pub encoding: Encoding,
}

/// A synaptic layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Integer weights and their scales.
    pub weights: Weights,
    /// Divisor of the weighted sums, before the bias: the number of rows for a layer that reads a mean of rows,
    /// otherwise 1.
    pub divisor: u32,
    /// One value per output channel, or empty. Quantised biases, integers times a scale, may need an `f64`.
    pub bias: Vec<f64>,
    /// What a row reads, for convolutions and average pools: the inputs are those of the window, tap by tap, and each
    /// group of outputs reads its group of channels. Without it a row reads a row.
    pub window: Option<Window>,
}

impl Linear {
    /// A layer whose rows read rows.
    pub fn plain(weights: Weights, bias: Vec<f64>) -> Self {
        Self { weights, divisor: 1, bias, window: None }
    }
}

impl Input {
    fn shape(&self) -> Result<Shape, String> {
        if !self.sample.is_sane() {
            return Err(format!("the sample's shape {} is empty or too large", self.sample));
        }
        if matches!(self.encoding, Encoding::Rate { steps } if !(1..=65535).contains(&steps)) {
            return Err("rate encoding needs 1…65535 steps".into());
        }
        if let Encoding::Train { highest, .. } = self.encoding {
            let (low, high) = self.spec.element.range();
            if !(1..=high).contains(&highest) || low < 0 {
                return Err(format!(
                    "trains of elements up to {highest}; supported are unsigned ones up to {high}"
                ));
            }
        }
        self.spec.check(&self.sample.0)?;
        Ok(Shape::matrix(self.sample.rows(), self.sample.channels()))
    }
}

impl Linear {
    fn shape(&self, source: &Shape) -> Result<Shape, String> {
        let Self { weights, divisor, bias, window } = self;
        weights.check()?;
        if *divisor == 0 {
            return Err("the divisor is 0".into());
        }
        if !bias.is_empty() && bias.len() != weights.outputs {
            return Err(format!("{} bias values for {} outputs", bias.len(), weights.outputs));
        }
        finite("bias", bias)?;
        operators::linear(weights.inputs, weights.outputs, weights.levels.len(), window.as_ref(), source)
    }
}

impl Operator for Op {
    fn kind(&self) -> &'static str {
        match self {
            Self::Input(_) => "input",
            Self::Linear(_) => "linear",
            Self::Neuron(_) => "neuron",
            Self::Lif(_) => "lif",
            Self::Arrange(_) => "arrange",
            Self::Select(_) => "select",
            Self::Embedding(_) => "embedding",
            Self::Sum(_) => "sum",
            Self::LayerNorm(_) => "layer_norm",
            Self::Product(_) => "product",
            Self::Softmax(_) => "softmax",
            Self::Function(_) => "function",
            Self::MaxPool(_) => "max_pool",
            Self::Readout => "readout",
        }
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        match (self, inputs) {
            (Self::Input(input), []) => input.shape(),
            (Self::Linear(linear), [source]) => linear.shape(source),
            (Self::Neuron(quantiser), [source]) => {
                quantiser.check(source.channels()).map(|()| (*source).clone())
            }
            (Self::Lif(lif), [source]) => lif.shape(source),
            (Self::Arrange(arrange), [source]) => arrange.shape(source),
            (Self::Select(select), [source]) => select.shape(source),
            (Self::Embedding(embedding), [source]) => embedding.shape(source),
            (Self::Sum(sum), inputs) => sum.shape(inputs),
            (Self::LayerNorm(norm), [source]) => norm.shape(source),
            (Self::Product(product), [left, right]) => {
                operators::product(product.form, product.heads, left, right)
            }
            (Self::Softmax(softmax), [source, others @ ..]) => softmax.shape(source, others),
            (Self::MaxPool(window), [source]) => window.pooled(source),
            (Self::Function(function), [source]) => function.check().map(|()| (*source).clone()),
            (Self::Readout, [source]) => Ok((*source).clone()),
            (
                Self::Input(_)
                | Self::Linear(_)
                | Self::Neuron(_)
                | Self::Lif(_)
                | Self::Arrange(_)
                | Self::Select(_)
                | Self::Embedding(_)
                | Self::LayerNorm(_)
                | Self::Product(_)
                | Self::Softmax(_)
                | Self::Function(_)
                | Self::MaxPool(_)
                | Self::Readout,
                _,
            ) => Err(format!("{} inputs", inputs.len())),
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
            Self::Linear(Linear { weights, divisor, bias, window }) => {
                let mean = if *divisor == 1 { String::new() } else { format!(", divided by {divisor}") };
                let scales = if weights.scale.len() == 1 { "per tensor" } else { "per channel" };
                let window =
                    window.as_ref().map_or_else(String::new, |window| format!("{}, ", window.describe()));
                format!("{window}weights {scales}{mean}{}", if bias.is_empty() { "" } else { ", bias" })
            }
            Self::Neuron(q) => {
                let scales = if q.scale.len() == 1 { "per tensor" } else { "per channel" };
                let (low, high) = q.tracer_range();
                format!("levels {low}…{high}, {:?}, {scales}", q.rounding)
            }
            Self::Lif(lif) => lif.describe(),
            Self::Select(s) => format!("rows {}…{}", s.first, s.first + s.count - 1),
            Self::Embedding(e) => format!("{} rows", e.table.len() / e.channels.max(1)),
            Self::Sum(s) => {
                if s.constant.is_empty() {
                    String::new()
                } else {
                    "with constants".into()
                }
            }
            Self::LayerNorm(n) => format!("ε {}{}", n.epsilon, if n.centred { "" } else { ", without mean" }),
            Self::Product(p) => format!("{:?}, {} heads", p.form, p.heads),
            Self::Softmax(s) => {
                let mask = s.padding.map_or(String::new(), |p| format!(", {p} is padding"));
                let band = if s.band == Band::ALL { String::new() } else { format!(", {}", s.band) };
                format!("{} groups, factor {}{mask}{band}", s.groups, s.factor)
            }
            Self::Function(function) => function.to_string(),
            Self::MaxPool(window) => window.describe(),
            Self::Arrange(_) | Self::Readout => String::new(),
        }
    }
}
