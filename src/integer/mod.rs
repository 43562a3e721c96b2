//! The integer network: every constant is an integer, every value has a proven range. No float numbers.
//!
//! Symbols as in the paper and `docs/numerics.md`: `A` the accumulated integer input of a neuron (Σ W·S), `S` its
//! tracer (present level), `V` its membrane.

mod layer_norm;
mod lif;
mod product;
mod range;
mod rule;
mod softmax;
mod sum;

pub mod cost;
pub mod eval;

use std::sync::Arc;

pub use crate::operators::{Arrange, Form, Reset, Select, Time};
pub use layer_norm::{LayerNorm, Moments};
pub use lif::{Constants, Leak, Lif, State, per_channel};
pub use product::Product;
pub use range::Range;
pub use rule::{Neuron, NonMonotone, Rule};
pub use softmax::Softmax;
pub use sum::{Sum, Term};

pub use crate::quant::Rounding;

pub use crate::graph::Window;
use crate::graph::{Graph, Operator, Shape};
use crate::operators;
use crate::quant::Element;

/// The integer network: one [`Op::Input`], one [`Op::Readout`].
pub type Network = Graph<Op>;

/// An operator on integers. Shapes are rows × channels.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Raw elements minus the zero point.
    Input(Input),
    /// Synaptic layer.
    Linear(Linear),
    /// ST-BIF+ neurons. Their `A` is their accumulated input: the sums of a linear layer, raw elements, or the tracers
    /// of other neurons.
    Neuron(Neuron),
    /// IF or LIF neurons with time-steps of the model itself.
    Lif(Lif),
    /// Raw elements in another order.
    Arrange(Arrange),
    /// Some of the rows, unchanged.
    Select(Select),
    /// Rows of a table, selected by raw elements.
    Embedding(Embedding),
    /// Sum of streams.
    Sum(Sum),
    /// ST-BIF+ neurons on the LayerNorm of a sum.
    LayerNorm(LayerNorm),
    /// Product of the tracers of two layers.
    Product(Product),
    /// ST-BIF+ neurons on the softmax of scores. An optional second input is the raw input that gives the mask.
    Softmax(Softmax),
    /// The largest of what an output pixel's window sees, channel by channel: tracers, raw elements.
    MaxPool(MaxPool),
    /// Accumulated logits and the exact order among them.
    Readout(Readout),
}

/// A table with a row for each value of a raw element, applied in the first time-step. Each element gives a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedding {
    /// Number of channels.
    pub channels: usize,
    /// Row `q` at `q·channels`; an element beyond the table is an error of the input.
    pub table: Vec<i64>,
    /// Range of the entries, including 0.
    pub total: Range,
}

/// The network's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Rows × channels.
    pub shape: Shape,
    /// Type of a raw element.
    pub element: Element,
    /// Subtracted from every raw element.
    pub zero_point: i32,
    /// Range of a raw element after the subtraction.
    pub range: Range,
    /// Number of time-steps in which it is applied: 1 for analog encoding, more for rate encoding.
    pub steps: u32,
}

impl Input {
    /// Range of any element of the type after the subtraction.
    pub fn widest(&self) -> Range {
        let (low, high) = self.element.range();
        let less = |element: i32| i64::from(element) - i64::from(self.zero_point);
        Range::new(less(low), less(high)).union(self.range)
    }
}

/// A pool of maxima: `A[r, c] = max_t x[r_t, c]` over the taps `t` that are no padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// What a row sees.
    pub window: Window,
    /// Range of `A` at any time.
    pub total: Range,
    /// Range of the change of `A` in one time-step.
    pub delta: Range,
}

/// A synaptic layer: `A[r, o] += Σ_i w[i, o]·e[r, i]`, where `e` is the raw input or the spikes of a time-step.
///
/// With a window, `e[r, i]` of output `o` is, of the pixel at a tap, a channel in the group of `o`: `i` counts tap by tap the
/// channels of a group; padding is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linear {
    /// Number of input channels.
    pub inputs: usize,
    /// Number of output channels.
    pub outputs: usize,
    /// Weights, input by input: `weights[i·outputs + o]`; the weights of one event are contiguous.
    /// Shared, because designs of one network have the same weights.
    pub weights: Arc<[i64]>,
    /// Range of the weights.
    pub weight: Range,
    /// Range of the change of `A` in one time-step.
    pub delta: Range,
    /// Range of every partial sum within one time-step, in any order of the events; contains `delta`.
    pub partial: Range,
    /// Range of `A` at any time.
    pub total: Range,
    /// What a row reads; without it, a row of what the layer reads.
    pub window: Option<Window>,
}

impl Linear {
    /// Additions that an event in each of these rows of what the layer reads causes; none if it is `outputs` for all.
    pub fn fan_outs(&self) -> Option<Vec<u64>> {
        let window = self.window.as_ref()?;
        let own = (self.outputs / window.groups) as u64;
        Some(window.readers().into_iter().map(|count| count as u64 * own).collect())
    }
}

/// The readout: the exact order among the logits as an order among integers.
///
/// `value_c = multiplier_c·A_c + offset_c`; the real logit is about `value_c·unit`, and `value_i < value_j` exactly
/// when the real logit of `i` is below that of `j`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readout {
    /// Number of channels.
    pub channels: usize,
    /// One entry per channel. If all are the same power of two, hardware shifts.
    pub multiplier: Vec<i64>,
    /// One entry per channel.
    pub offset: Vec<i128>,
    /// Range of `A`.
    pub total: Range,
    /// Width in bits (two's complement) of every value.
    pub value_width: u32,
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
            Self::MaxPool(_) => "max_pool",
            Self::Readout(_) => "readout",
        }
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        match (self, inputs) {
            (Self::Input(input), []) => Ok(input.shape.clone()),
            (Self::Linear(linear), [source]) => {
                let window = linear.window.as_ref();
                operators::linear(linear.inputs, linear.outputs, linear.weights.len(), window, source)
            }
            (Self::MaxPool(pool), [source]) => pool.window.pooled(source),
            (Self::Neuron(neuron), [source]) => {
                neuron.check(source.channels())?;
                Ok((*source).clone())
            }
            (Self::Lif(lif), [source]) => lif.shape(source),
            (Self::Readout(readout), [source]) => {
                let lengths = [readout.multiplier.len(), readout.offset.len(), source.channels()];
                if lengths.iter().any(|&n| n != readout.channels) {
                    return Err(format!(
                        "{lengths:?} constants and inputs for {} channels",
                        readout.channels
                    ));
                }
                Ok((*source).clone())
            }
            (Self::Arrange(arrange), [source]) => arrange.shape(source),
            (Self::Select(select), [source]) => select.shape(source),
            (Self::Embedding(table), [source]) => {
                operators::embedding(table.channels, table.table.len(), source)
            }
            (Self::Sum(sum), inputs) => sum.shape(inputs),
            (Self::LayerNorm(norm), [source]) => norm.shape(source),
            (Self::Product(product), [left, right]) => {
                operators::product(product.form, product.heads, left, right)
            }
            (Self::Softmax(softmax), [source, others @ ..]) => softmax.shape(source, others),
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
                | Self::MaxPool(_)
                | Self::Readout(_),
                _,
            ) => Err(format!("{} inputs", inputs.len())),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Input(input) => format!(
                "{} −{} → {}, {} step(s)",
                input.element.name(),
                input.zero_point,
                input.range,
                input.steps
            ),
            Self::Linear(l) => {
                let window = l.window.as_ref().map_or_else(String::new, |w| format!("{}, ", w.describe()));
                format!("{window}w {}, Δ {}, partial {}, A {}", l.weight, l.delta, l.partial, l.total)
            }
            Self::Neuron(n) => n.describe(),
            Self::Lif(l) => l.describe(),
            Self::Arrange(_) => String::new(),
            Self::Select(s) => format!("rows {}…{}", s.first, s.first + s.count - 1),
            Self::Embedding(e) => format!("{} rows, entries {}", e.table.len() / e.channels, e.total),
            Self::Sum(s) => format!("X {}, ΔX {}", s.total, s.delta),
            Self::LayerNorm(n) => n.describe(),
            Self::Product(p) => {
                format!(
                    "{:?}, {} heads, Δ {}, partial {}, A {}",
                    p.form, p.heads, p.delta, p.partial, p.total
                )
            }
            Self::Softmax(s) => s.describe(),
            Self::MaxPool(p) => format!("{}, Δ {}, A {}", p.window.describe(), p.delta, p.total),
            Self::Readout(r) => format!("A {}, value {} bits", r.total, r.value_width),
        }
    }
}
