//! State of every value before patterns are matched: constant or computed from the input, and its extents.
//!
//! The network is the model at batch 1, or at the batch its input is fixed to; the batch must stay the first extent of
//! every computed value. Constants are evaluated on demand.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::constants::{self, Call};
use super::decode::{Model, Node, NodeIndex, Origin, ValueId};
use super::tensor::{Tensor, Type, count};
use crate::error::{Error, Result, printable};
use crate::graph::Shape;

/// State of a value.
#[derive(Clone, Debug)]
pub enum State {
    /// It does not depend on the input; its extents, when they are known without evaluating it.
    Constant(Option<Vec<usize>>),
    /// It depends on the input and has these extents, the batch first.
    Data(Vec<usize>),
    /// It depends on the input, and its extents are not known. The reason is in this node or in an earlier one.
    Unknown,
}

/// A model with the state of its values.
pub struct Flow<'m> {
    /// The model.
    pub model: &'m Model,
    /// The logits: the model's output, without what is dropped behind them.
    pub output: ValueId,
    /// The first extent of every computed value.
    pub batch: usize,
    pub(super) states: Vec<State>,
    /// What is wrong with the node that writes a value, as far as its extents tell.
    pub(super) problems: HashMap<ValueId, Error>,
    /// Type of every value, where it is known.
    pub(super) types: Vec<Option<Type>>,
    /// The nodes that read each value.
    pub(super) readers: Vec<Vec<NodeIndex>>,
    pub(super) cache: RefCell<HashMap<ValueId, Rc<Tensor>>>,
    /// Remaining number of elements that constant evaluation may produce.
    pub(super) room: Cell<usize>,
}

/// What to do about an operator whose operands are all constant where data is expected.
pub const CONSTANT_RESULT: &str =
    "simplify the model before it is imported (onnxsim, or do_constant_folding of PyTorch's exporter)";

/// What to do about a constant of the file that cannot be read.
const BAD_CONSTANT: &str = "export the model again in float32, complete with its external data files, and check it with onnx.checker";

/// What to do about a parameter that is computed from the input.
const NOT_CONSTANT: &str =
    "make it a parameter or a buffer of the module, so that the exporter writes a constant";

/// What to do about a constant that cannot be evaluated.
const NOT_EVALUATED: &str =
    "let the exporter evaluate constant expressions (do_constant_folding, or onnxsim)";

/// Folding may produce this many elements for every one that the model holds, beside a fixed allowance.
const GROWTH: usize = 16;
pub(super) const ALLOWANCE: usize = 1 << 20;

impl Flow<'_> {
    /// Whether the value does not depend on the input.
    pub fn is_constant(&self, value: ValueId) -> bool {
        matches!(self.states[value], State::Constant(_))
    }

    /// Type of the value's elements, if it is known.
    pub fn element_type(&self, value: ValueId) -> Option<Type> {
        self.types[value]
    }

    /// The nodes that read this value.
    pub fn readers(&self, value: ValueId) -> &[NodeIndex] {
        &self.readers[value]
    }

    /// The value's name, fit for a message.
    pub fn name(&self, value: ValueId) -> String {
        printable(&self.model.values[value].name)
    }

    /// Extents of a value, if they are known.
    ///
    /// # Errors
    /// When evaluating a constant fails.
    pub fn extents(&self, value: ValueId) -> Result<Option<Vec<usize>>> {
        match &self.states[value] {
            State::Constant(Some(dims)) | State::Data(dims) => Ok(Some(dims.clone())),
            State::Constant(None) => Ok(Some(self.constant(value)?.dims.clone())),
            State::Unknown => Ok(None),
        }
    }

    /// What is wrong with the extents of a value, if the node that writes it is the reason.
    pub fn problem(&self, value: ValueId) -> Option<&Error> {
        self.problems.get(&value)
    }

    /// Extents of a computed value, the batch first; none when they are not known, for which [`Self::problem`] of this value
    /// or of an earlier one has the reason.
    ///
    /// # Errors
    /// When it is a constant.
    pub fn data_extents(&self, value: ValueId) -> Result<Option<&[usize]>> {
        match &self.states[value] {
            State::Data(dims) => Ok(Some(dims)),
            State::Unknown => Ok(None),
            State::Constant(_) => {
                let problem = format!("{:?} does not depend on the model's input", self.name(value));
                Err(Error::input(problem).fix(CONSTANT_RESULT))
            }
        }
    }

    /// The elements of a value that does not depend on the input.
    ///
    /// # Errors
    /// Names the node that cannot be evaluated.
    pub fn constant(&self, value: ValueId) -> Result<Rc<Tensor>> {
        let mut stack = vec![value];
        while let Some(&top) = stack.last() {
            if self.cache.borrow().contains_key(&top) {
                stack.pop();
                continue;
            }
            let tensor = match &self.model.values[top].origin {
                Origin::Constant(proto) => {
                    let tensor = Tensor::decode(proto, &self.model.folder).map_err(|e| {
                        Error::input(e).at_node(&self.model.values[top].name).fix(BAD_CONSTANT)
                    })?;
                    self.room.set(self.room.get().saturating_add(tensor.len().saturating_mul(GROWTH)));
                    tensor
                }
                Origin::Node { node, port: 0 } if self.is_constant(top) => {
                    let node = &self.model.nodes[*node];
                    let missing: Vec<ValueId> = node
                        .inputs
                        .iter()
                        .copied()
                        .flatten()
                        .filter(|v| self.is_constant(*v) && !self.cache.borrow().contains_key(v))
                        .collect();
                    if !missing.is_empty() {
                        stack.extend(missing);
                        continue;
                    }
                    self.evaluate_constant(node)?
                }
                Origin::Input | Origin::Node { .. } => {
                    let problem = format!("{:?} must be a constant here", self.name(top));
                    return Err(Error::input(problem).fix(NOT_CONSTANT));
                }
            };
            self.cache.borrow_mut().insert(top, Rc::new(tensor));
            stack.pop();
        }
        match self.cache.borrow().get(&value) {
            Some(tensor) => Ok(Rc::clone(tensor)),
            None => Err(Error::input(format!("{:?} has no value", self.name(value))).fix(NOT_EVALUATED)),
        }
    }

    /// Evaluates a node whose constant inputs are evaluated.
    fn evaluate_constant(&self, node: &Node) -> Result<Tensor> {
        let at = |problem: String| {
            Error::input(format!("{}: {problem}", printable(&node.op))).at_node(&node.name).fix(NOT_EVALUATED)
        };
        let tensor = if node.is("Shape") || node.is("Size") {
            let dims = self.extents(node.input(0)?)?.ok_or_else(|| at("of unknown extents".into()))?;
            shape_of(node, &dims).map_err(at)?
        } else if node.is("CastLike") {
            // What it is cast like may depend on the input; its type does not.
            let to = node.outputs.first().copied().flatten().and_then(|output| self.element_type(output));
            let to = to.ok_or_else(|| at("to a type that is not known".into()))?;
            constants::convert(&*self.constant(node.input(0)?)?, to).map_err(at)?
        } else {
            let cache = self.cache.borrow();
            let inputs = node.inputs.iter().map(|v| v.and_then(|v| cache.get(&v).cloned())).collect();
            constants::evaluate(&Call { node, inputs, folder: &self.model.folder, room: self.room.get() })
                .map_err(at)?
        };
        let fixed = if node.is("Constant") { tensor.len().saturating_mul(GROWTH) } else { 0 };
        let room = self.room.get().saturating_add(fixed).checked_sub(tensor.len());
        self.room.set(room.ok_or_else(|| at("the constants grow out of proportion to this model".into()))?);
        Ok(tensor)
    }

    /// The network's shape of a computed value: its extents without the batch. A batch of 1 that is not the first
    /// extent stays.
    pub fn shape(&self, dims: &[usize]) -> Shape {
        match dims {
            [first, rest @ ..] if *first == self.batch && !rest.is_empty() => Shape(rest.to_vec()),
            _ => Shape(dims.to_vec()),
        }
    }
}

/// Result of `Shape` or `Size`.
fn shape_of(node: &Node, dims: &[usize]) -> Result<Tensor, String> {
    let extents: Vec<i64> =
        dims.iter().map(|&d| i64::try_from(d).map_err(|_| "a huge extent")).collect::<Result<_, _>>()?;
    if node.is("Size") {
        let size = i64::try_from(count(dims)?).map_err(|_| "a huge value")?;
        return Ok(Tensor { dims: vec![], ..Tensor::ints(vec![size]) });
    }
    let rank = i64::try_from(dims.len()).map_err(|_| "a huge rank")?;
    let position = |p: i64| {
        let absolute = if p < 0 { p.saturating_add(rank) } else { p };
        usize::try_from(absolute.clamp(0, rank)).unwrap_or(0)
    };
    let (start, end) = (position(node.int("start", 0)), position(node.int("end", rank)));
    Ok(Tensor::ints(extents.get(start..end).unwrap_or(&[]).to_vec()))
}
