//! What is known of every value before patterns are matched: constant or computed from the input, and its extents.
//!
//! The network is the model at batch 1, or at the batch its input is fixed to; the batch must stay the first extent of
//! every computed value. Constants are evaluated when somebody asks for them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::decode::{Model, Node, Origin, ValueId};
use super::dims;
use super::fold::{self, Call};
use super::tensor::{Tensor, count};
use crate::error::{Error, Result, printable};

/// What is known of a value.
#[derive(Clone, Debug)]
pub enum State {
    /// It does not depend on the input; its extents, when they are known without evaluating it.
    Constant(Option<Vec<usize>>),
    /// It depends on the input and has these extents, the batch first.
    Data(Vec<usize>),
    /// It depends on the input; its extents cannot be told, with the reason unless that is in an earlier node.
    Unknown(Option<Error>),
}

/// A model with what is known of its values.
pub struct Flow<'m> {
    /// The model.
    pub model: &'m Model,
    /// The first extent of every computed value.
    pub batch: usize,
    states: Vec<State>,
    cache: RefCell<HashMap<ValueId, Rc<Tensor>>>,
    /// How many elements folding may still produce.
    room: Cell<usize>,
}

/// Folding may produce this many elements for every one that the model holds, beside a fixed allowance.
const GROWTH: usize = 16;
const ALLOWANCE: usize = 1 << 20;

impl<'m> Flow<'m> {
    /// Finds the state of every value.
    ///
    /// # Errors
    /// When the extents of the input are out of range.
    pub fn new(model: &'m Model) -> Result<Self> {
        let batch = model.input_dims.first().copied().flatten().unwrap_or(1);
        let input: Vec<usize> = model.input_dims.iter().map(|d| d.unwrap_or(batch)).collect();
        count(&input).map_err(|e| Error::input(e).at_node(&model.values[model.input].name))?;
        let states = model
            .values
            .iter()
            .map(|value| match &value.origin {
                Origin::Input => State::Data(input.clone()),
                Origin::Constant(proto) => State::Constant(
                    proto.dims.iter().map(|&d| usize::try_from(d)).collect::<Result<_, _>>().ok(),
                ),
                Origin::Node { .. } => State::Unknown(None),
            })
            .collect();
        let mut flow = Self { model, batch, states, cache: RefCell::default(), room: Cell::new(ALLOWANCE) };
        for node in &model.nodes {
            if let Some(&Some(output)) = node.outputs.first() {
                flow.states[output] = flow.state_after(node);
            }
        }
        Ok(flow)
    }

    /// Whether the value does not depend on the input.
    pub fn is_constant(&self, value: ValueId) -> bool {
        matches!(self.states[value], State::Constant(_))
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
            State::Unknown(_) => Ok(None),
        }
    }

    /// Extents of a computed value, the batch first; none when an earlier node is the reason that they are not known.
    ///
    /// # Errors
    /// When the node that writes the value is the reason that they are not known, or it is a constant.
    pub fn data_extents(&self, value: ValueId) -> Result<Option<&[usize]>> {
        match &self.states[value] {
            State::Data(dims) => Ok(Some(dims)),
            State::Unknown(Some(error)) => Err(error.clone()),
            State::Unknown(None) => Ok(None),
            State::Constant(_) => {
                Err(Error::input(format!("{:?} does not depend on the model's input", self.name(value))))
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
                    let tensor = Tensor::decode(proto, &self.model.folder)
                        .map_err(|e| Error::input(e).at_node(&self.model.values[top].name))?;
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
                    self.fold(node)?
                }
                Origin::Input | Origin::Node { .. } => {
                    let problem = format!("{:?} must be a constant here", self.name(top));
                    return Err(Error::input(problem));
                }
            };
            self.cache.borrow_mut().insert(top, Rc::new(tensor));
            stack.pop();
        }
        match self.cache.borrow().get(&value) {
            Some(tensor) => Ok(Rc::clone(tensor)),
            None => Err(Error::input(format!("{:?} has no value", self.name(value)))),
        }
    }

    /// Evaluates a node whose constant inputs are evaluated.
    fn fold(&self, node: &Node) -> Result<Tensor> {
        let at =
            |problem: String| Error::input(format!("{}: {problem}", printable(&node.op))).at_node(&node.name);
        let tensor = if node.is("Shape") || node.is("Size") {
            let dims = self.extents(node.input(0)?)?.ok_or_else(|| at("of unknown extents".into()))?;
            shape_of(node, &dims).map_err(at)?
        } else {
            let cache = self.cache.borrow();
            let inputs = node.inputs.iter().map(|v| v.and_then(|v| cache.get(&v).cloned())).collect();
            fold::evaluate(&Call { node, inputs, folder: &self.model.folder, room: self.room.get() })
                .map_err(at)?
        };
        let fixed = if node.is("Constant") { tensor.len().saturating_mul(GROWTH) } else { 0 };
        let room = self.room.get().saturating_add(fixed).checked_sub(tensor.len());
        self.room.set(room.ok_or_else(|| at("the constants grow out of proportion to this model".into()))?);
        Ok(tensor)
    }

    /// What is known of a node's first output.
    fn state_after(&self, node: &Node) -> State {
        let inputs: Vec<ValueId> = node.inputs.iter().copied().flatten().collect();
        let shape_only = node.is("Shape") || node.is("Size");
        let unknown = |v: &ValueId| matches!(self.states[*v], State::Unknown(_));
        if inputs.iter().any(unknown) {
            return State::Unknown(None);
        }
        let inferred = self.infer(node);
        if shape_only || inputs.iter().all(|&v| self.is_constant(v)) {
            return State::Constant(inferred.ok().flatten());
        }
        let at = |problem: String| {
            let problem = format!("{}: {problem}", printable(&node.op));
            Error::input(problem).at_node(&node.name)
        };
        let wrong = |problem: String| State::Unknown(Some(at(problem)));
        match inferred {
            Ok(Some(dims)) if dims.first() != Some(&self.batch) || dims.len() < 2 => {
                let batch = self.batch;
                let problem =
                    format!("the result {dims:?} does not keep the batch of {batch} as its first extent");
                let fix =
                    "keep the batch as the first extent of every value, and beside it at least one more";
                State::Unknown(Some(at(problem).fix(fix)))
            }
            Ok(Some(dims)) => count(&dims).map_or_else(wrong, |_| State::Data(dims)),
            Ok(None) => State::Unknown(None),
            Err(problem) => wrong(problem),
        }
    }

    /// Extents of a node's first output, for the operators that are known.
    fn infer(&self, node: &Node) -> Result<Option<Vec<usize>>, String> {
        let get = |port: usize| -> Result<Vec<usize>, String> {
            let value = node.optional_input(port).ok_or_else(|| format!("input {port} is missing"))?;
            self.extents(value)
                .map_err(|e| e.problem)?
                .ok_or_else(|| format!("input {port} has unknown extents"))
        };
        let list = |name: &str, port: usize| -> Result<Option<Vec<i64>>, String> {
            match (node.ints(name), node.optional_input(port)) {
                (Some(list), _) => Ok(Some(list.to_vec())),
                (None, Some(v)) => Ok(Some(self.constant(v).map_err(|e| e.problem)?.as_ints()?.to_vec())),
                (None, None) => Ok(None),
            }
        };
        let dims = match (node.standard_op(), node.op.as_str()) {
            (None, "Quant" | "IntQuant") => get(0)?,
            (Some(_), op) if LIKE_FIRST_INPUT.contains(&op) => get(0)?,
            (Some(_), op) if BROADCAST.contains(&op) => {
                let mut result = get(0)?;
                for port in 1..node.inputs.len() {
                    result = dims::broadcast(&result, &get(port)?)?;
                }
                result
            }
            (Some("Reshape"), _) => {
                let target = list("shape", 1)?.ok_or("a Reshape without a shape")?;
                dims::reshape(&get(0)?, &target, node.int("allowzero", 0) != 0)?
            }
            (Some("Flatten"), _) => dims::flatten(&get(0)?, node.int("axis", 1))?,
            (Some("Squeeze"), _) => dims::squeeze(&get(0)?, list("axes", 1)?.as_deref())?,
            (Some("Unsqueeze"), _) => {
                dims::unsqueeze(&get(0)?, &list("axes", 1)?.ok_or("an Unsqueeze without axes")?)?
            }
            (Some("Transpose"), _) => {
                let dims = get(0)?;
                dims::order(node.ints("perm"), dims.len())?.into_iter().map(|i| dims[i]).collect()
            }
            // A product of two computed values has a pattern of its own or none.
            (Some("MatMul" | "Gemm"), _) if !self.is_constant(node.input(1).map_err(|e| e.problem)?) => {
                return Ok(None);
            }
            (Some("MatMul"), _) => matmul(&get(0)?, &get(1)?)?,
            (Some("Gemm"), _) => {
                let mut b = get(1)?;
                if node.int("transB", 0) != 0 {
                    b.reverse();
                }
                matmul(&get(0)?, &b)?
            }
            _ => return Ok(None),
        };
        Ok(Some(dims))
    }
}

/// Operators whose first output has the extents of their first input.
const LIKE_FIRST_INPUT: &[&str] = &[
    "Identity",
    "Dropout",
    "Cast",
    "CastLike",
    "Relu",
    "Neg",
    "Abs",
    "Floor",
    "Ceil",
    "Round",
    "Sqrt",
    "Sign",
    "Clip",
    "QuantizeLinear",
    "DequantizeLinear",
    "Not",
    "Reciprocal",
    "Exp",
    "Log",
];

/// Operators whose output has the extents of all inputs broadcast.
const BROADCAST: &[&str] = &[
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Min",
    "Max",
    "Where",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
];

/// Extents of a product with a matrix on the right.
fn matmul(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    match (a.split_last(), b) {
        (Some((inner, rows)), [k, n]) if inner == k => Ok([rows, &[*n]].concat()),
        _ => Err(format!("extents {a:?} times {b:?}; supported is a product with a matrix on the right")),
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
