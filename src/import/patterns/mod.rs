//! How exporters write operators: one file a pattern. [`PATTERNS`] is the list, in the order in which they are tried.
//!
//! A pattern looks at the node that writes a value and back from there. It answers with what the value is in the
//! network's own terms and which values it is computed from; all nodes in between vanish.

mod activation;
mod affine;
pub mod arithmetic;
mod band;
mod batch_norm;
mod bias;
mod clip;
pub mod convolution;
mod elementwise;
mod form;
mod function;
mod gate;
mod grid;
mod layer_norm;
mod levels;
mod linear;
mod linear_form;
mod linear_resize;
mod mask;
mod mean;
mod passthrough;
mod pick;
mod positions;
mod probe;
mod qdq;
mod qonnx;
mod quantiser;
mod reshape;
mod resize;
mod scaled;
mod shift;
mod straight_through;
mod token_map;
mod transformer;
mod transposed;
mod weights;

pub use quantiser::form_of;
pub use token_map::{is_identity, is_of_raw_elements};

use std::cell::RefCell;

use super::Options;
use super::decode::{Node, NodeIndex, ValueId};
use super::flow::Flow;
use crate::error::{Error, Result, printable};
use crate::graph::Shape;
use crate::qann::Op;

/// Context of a pattern.
pub struct Context<'a> {
    /// The model and the state of its values.
    pub flow: &'a Flow<'a>,
    /// The options of the user.
    pub options: &'a Options,
    /// What the user should know of the value that is looked at.
    pub told: RefCell<Vec<Remark>>,
}

/// What the user should know of a value.
pub enum Remark {
    /// How weights without a quantiser were taken.
    FloatWeights(String),
    /// Positions are counted from the tokens that are not this one.
    Counted(i32),
    /// Anything else.
    Other(String),
}

impl Context<'_> {
    /// Tells the user something that is not a problem.
    pub fn tell(&self, text: String) {
        self.told.borrow_mut().push(Remark::Other(text));
    }

    /// Notes that positions are counted from the tokens that are not this one, the padding.
    pub fn counts_without(&self, padding: i32) {
        self.told.borrow_mut().push(Remark::Counted(padding));
    }

    /// Tells the user how weights without a quantiser were taken.
    pub fn tell_of_float_weights(&self, text: String) {
        self.told.borrow_mut().push(Remark::FloatWeights(text));
    }
}

/// A value that depends on the input, and the node that writes it.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The value.
    pub value: ValueId,
    /// Index of the node.
    pub index: NodeIndex,
    /// Which output of the node it is.
    pub port: usize,
    /// The node.
    pub node: &'a Node,
}

/// Meaning of a value.
#[expect(clippy::large_enum_variant, reason = "one at a time, which is taken apart at once")]
pub enum Found {
    /// The same as another value.
    Same(ValueId),
    /// Unknown, because the extents of these values are unknown; the reason is in an earlier node.
    Blocked(Vec<ValueId>),
    /// The result of an operator.
    Operator {
        /// The operator.
        op: Op,
        /// What it reads.
        sources: Vec<ValueId>,
        /// The name it wants.
        name: String,
        /// Text of the explanation in addition to pattern and name.
        detail: String,
    },
    /// The result of the last of several operators, each of which reads values, constants or those before it.
    Chain {
        /// The operators and what they read.
        steps: Vec<(Op, Vec<Part>)>,
        /// The name that the last one wants.
        name: String,
        /// Text of the explanation in addition to pattern and name.
        detail: String,
    },
}

/// Input of an operator of a chain.
pub enum Part {
    /// A computed value.
    Value(ValueId),
    /// A constant.
    Constant(Shape, Vec<f64>),
    /// The result of the chain's operator before it.
    Before,
}

/// A form in which exporters write an operator.
pub struct Pattern {
    /// Its name in explanations.
    pub name: &'static str,
    /// Tries it; `None` if the value has another form.
    pub find: fn(&Context, Site) -> Result<Option<Found>>,
}

/// All patterns, in the order in which they are tried.
pub const PATTERNS: &[Pattern] = &[
    Pattern { name: "moved rows", find: shift::quantised },
    Pattern { name: "quantiser", find: quantiser::find },
    Pattern { name: "straight-through", find: straight_through::find },
    Pattern { name: "linear", find: linear::find },
    Pattern { name: "activation", find: activation::find },
    Pattern { name: "convolution", find: convolution::conv },
    Pattern { name: "transposed convolution", find: transposed::find },
    Pattern { name: "pool", find: convolution::pool },
    Pattern { name: "pool", find: convolution::global },
    Pattern { name: "normalisation", find: batch_norm::find },
    Pattern { name: "attention product", find: transformer::product },
    Pattern { name: "mask by position", find: band::find },
    Pattern { name: "attention mask", find: mask::find },
    Pattern { name: "layer norm", find: layer_norm::find },
    Pattern { name: "function", find: function::find },
    Pattern { name: "constants", find: affine::find },
    Pattern { name: "residual", find: transformer::add },
    Pattern { name: "moved rows", find: shift::find },
    Pattern { name: "concatenation", find: transformer::concat },
    Pattern { name: "mean", find: mean::find },
    Pattern { name: "softmax", find: transformer::softmax },
    Pattern { name: "part", find: transformer::part },
    Pattern { name: "repetition", find: pick::find },
    Pattern { name: "resize", find: resize::find },
    Pattern { name: "positions", find: positions::find },
    Pattern { name: "embedding", find: transformer::embedding },
    Pattern { name: "factor", find: transformer::factor },
    Pattern { name: "reshape", find: reshape::find },
    Pattern { name: "passthrough", find: passthrough::find },
    Pattern { name: "passthrough", find: convolution::no_pad },
    Pattern { name: "gate", find: gate::find },
];

/// Tries all patterns on a value.
/// `None` if no pattern matches.
///
/// # Errors
/// If a pattern matches and the value is invalid.
pub fn find(context: &Context, site: Site) -> Result<Option<(&'static str, Found)>> {
    // Only parts of a value have several outputs.
    if site.port != 0 && !site.node.is("Split") {
        return Ok(None);
    }
    for pattern in PATTERNS {
        let found = (pattern.find)(context, site).map_err(|e| e.at_node(&site.node.name))?;
        if let Some(found) = found {
            return Ok(Some((pattern.name, found)));
        }
    }
    Ok(None)
}

/// The error for a node that no pattern knows.
pub fn unsupported(node: &Node) -> Error {
    let op = printable(&node.op);
    let domain = if node.standard_op().is_some() {
        String::new()
    } else {
        format!(" of {:?}", printable(&node.domain))
    };
    let (problem, fix) = match node.op.as_str() {
        "Pad" => ("this Pad is not supported".to_owned(), convolution::PAD),
        "Mul" | "Div" | "Floor" | "Ceil" | "Round" | "Clip" | "Min" | "Max" | "Where" => (
            format!(
                "{op} is supported only as a part of a quantiser: divide, round, clip, multiply by the same scale"
            ),
            "check that the quantiser is complete: scale constant, rounding to integers, a lower and an upper bound",
        ),
        "QuantizeLinear" => (
            "QuantizeLinear without a DequantizeLinear after it".to_owned(),
            "export in QDQ form, in which every quantised tensor is dequantised where it is read",
        ),
        "Add" | "Sub" => (
            format!("this {op} is neither the bias of a layer nor a residual sum"),
            "supported is a constant that is added to a layer's result, and the sum of two values of the same extents",
        ),
        "MatMul" | "Gemm" => (
            format!("{op} of two computed values is not supported here"),
            "supported are products with constant weights, and MatMul as Q·Kᵀ or P·V of attention",
        ),
        "InstanceNormalization" | "GroupNormalization" => (
            format!("{op} is not supported: its statistics are those of all pixels of a sample"),
            "use BatchNorm, whose statistics are fixed, or LayerNorm over the channels of each pixel",
        ),
        "LSTM" | "GRU" | "RNN" => (
            format!("the recurrent layer {op} is not supported"),
            "use convolutions over time, or attention over a fixed window of time-steps",
        ),
        "DynamicQuantizeLinear" | "MatMulInteger" | "ConvInteger" => (
            format!("dynamic quantisation ({op}) is not supported: its scale depends on the sample"),
            "quantise with fixed scales: quantize_static of ONNX Runtime, with quant_format=QuantFormat.QDQ",
        ),
        "QLinearConv"
        | "QLinearMatMul"
        | "QLinearAdd"
        | "QGemm"
        | "QLinearGlobalAveragePool"
        | "QLinearMul"
        | "QLinearSigmoid"
        | "QLinearConcat"
        | "QLinearAveragePool"
        | "QLinearLeakyRelu"
        | "QLinearSoftmax" => (
            format!("{op}{domain} of the QOperator format is not supported"),
            "quantise with quant_format=QuantFormat.QDQ",
        ),
        "BipolarQuant" | "Trunc" => {
            (format!("{op}{domain} is not supported"), "use Quant with at least 2 bits, signed or unsigned")
        }
        _ => (
            format!("the operator {op}{domain} is not supported"),
            "supported are Gemm, MatMul, Add, Conv, MaxPool, AveragePool, BatchNormalization, LayerNormalization, Softmax, RMSNormalization, padding and causal masks, ReduceMean of \
             tokens or pixels, Relu, Gelu and other functions of single elements, Concat, Split, Slice, Gather, Resize (nearest, linear), Flatten, Reshape, Transpose, Squeeze, Unsqueeze, Identity, Dropout, Cast, and quantisers as \
             arithmetic, QuantizeLinear/DequantizeLinear or QONNX Quant",
        ),
    };
    Error::input(problem).at_node(&node.name).fix(fix)
}
