//! Values of the model for given token ids: positions and masks that models compute from their ids by more than comparisons
//! of single tokens are found out by evaluating them.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::Context;
use super::token_map::is_identity;
use crate::error::{Error, Result};
use crate::import::constants::{self, Call};
use crate::import::decode::{NodeIndex, ValueId};
use crate::import::tensor::{Elements, Tensor, Type, count};

/// Maximum number of operators between the ids and a value.
const MOST_NODES: usize = 256;

/// Maximum number of elements of a value.
const ROOM: usize = 1 << 22;

/// Token ids that are compared with are among the integers up to this number.
const MOST_CANDIDATES: usize = 8;

/// A value as a function of all token ids of a sample.
pub struct Probe<'a, 'c> {
    context: &'a Context<'c>,
    value: ValueId,
    nodes: BTreeSet<NodeIndex>,
    /// Number of tokens.
    pub tokens: usize,
    /// Ids that the model compares with: one may be the padding.
    pub candidates: Vec<i64>,
    /// Ids that it does not compare with.
    pub ordinary: [i64; 3],
}

impl<'a, 'c> Probe<'a, 'c> {
    /// A probe of a value; none if it is not computed from token ids by operators that can be evaluated.
    pub fn of(context: &'a Context<'c>, value: ValueId) -> Result<Option<Self>> {
        let flow = context.flow;
        let model = flow.model;
        let dims = flow.extents(model.input)?.unwrap_or_default();
        let integers = matches!(model.input_type, Type::Int { .. });
        if !is_identity(&context.options.input) || !integers || dims.len() != 2 || flow.is_constant(value) {
            return Ok(None);
        }
        let mut nodes = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            if flow.is_constant(value) {
                if let Ok(Some(dims)) = flow.extents(value)
                    && count(&dims) == Ok(1)
                    && let Ok(tensor) = flow.constant(value)
                    && let Some(number) =
                        tensor.uniform().filter(|x| x.fract() == 0.0 && (0.0..65536.0).contains(x))
                {
                    #[expect(clippy::cast_possible_truncation)]
                    numbers.insert(number as i64);
                }
                continue;
            }
            if value == model.input {
                continue;
            }
            let Some((index, node)) = model.producer_of(value) else { return Ok(None) };
            let floats = ["MatMul", "Gemm", "Softmax", "Conv", "LayerNormalization"];
            if node.standard_op().is_none_or(|op| floats.contains(&op)) {
                return Ok(None);
            }
            if nodes.insert(index) {
                if nodes.len() > MOST_NODES {
                    return Ok(None);
                }
                open.extend(node.inputs.iter().flatten());
            }
        }
        let mut others = (2..).filter(|id| !numbers.contains(id));
        let ordinary = [0; 3].map(|_| others.next().unwrap_or(0));
        let candidates = numbers.into_iter().take(MOST_CANDIDATES).collect();
        Ok(Some(Self { context, value, nodes, tokens: dims[1], candidates, ordinary }))
    }

    /// The value for these ids; an error if an operator cannot be evaluated.
    pub fn evaluate(&self, ids: &[i64]) -> Result<Rc<Tensor>> {
        let flow = self.context.flow;
        let model = flow.model;
        let dims = flow.extents(model.input)?.unwrap_or_default();
        let data: Vec<i64> = ids.iter().copied().cycle().take(count(&dims).map_err(Error::input)?).collect();
        let input = Tensor { ty: model.input_type, dims, data: Elements::Int(data) };
        let mut values = HashMap::from([(model.input, Rc::new(input))]);
        for &index in &self.nodes {
            let node = &model.nodes[index];
            let at = |problem: String| {
                Error::input(format!("{}: {problem}", node.op))
                    .at_node(&node.name)
                    .fix("derive masks and positions from the token ids by operators on single elements, or pass them as constants")
            };
            let mut inputs = Vec::new();
            for input in &node.inputs {
                inputs.push(match input {
                    None => None,
                    Some(v) => Some(match values.get(v) {
                        Some(known) => Rc::clone(known),
                        None => flow.constant(*v)?,
                    }),
                });
            }
            let result = if node.is("CastLike") {
                let output = node.outputs.first().copied().flatten();
                let to = output.and_then(|output| flow.element_type(output));
                let from = inputs.first().and_then(Option::as_ref).ok_or_else(|| at("of nothing".into()))?;
                constants::convert(from, to.ok_or_else(|| at("to a type that is not known".into()))?)
            } else {
                constants::evaluate(&Call { node, inputs, folder: &model.folder, room: ROOM })
            };
            let result = result.map_err(at)?;
            if let Some(&Some(output)) = node.outputs.first() {
                values.insert(output, Rc::new(result));
            }
        }
        values.remove(&self.value).ok_or_else(|| Error::input("a value without a node"))
    }

    /// Ids without any that the model compares with.
    pub fn without_padding(&self) -> Vec<i64> {
        (0..self.tokens).map(|i| self.ordinary[i % self.ordinary.len()]).collect()
    }
}
