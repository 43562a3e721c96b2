//! What is known of every value: found node by node, sources first.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::decode::{Model, Node, Origin, ValueId};
use super::flow::{ALLOWANCE, Flow, State};
use super::infer;
use super::tensor::{Type, count};
use crate::error::{Error, Result, printable};
use crate::graph::Shape;

impl<'m> Flow<'m> {
    /// Finds the state of every value.
    ///
    /// # Errors
    /// When the extents of the input are out of range.
    pub fn new(model: &'m Model) -> Result<Self> {
        let batch = model.input_dims.first().copied().flatten().unwrap_or(1);
        let input: Vec<usize> = model.input_dims.iter().map(|d| d.unwrap_or(batch)).collect();
        let fix = "export with a smaller fixed input shape";
        count(&input).map_err(|e| Error::input(e).at_node(&model.values[model.input].name).fix(fix))?;
        let states = model
            .values
            .iter()
            .map(|value| match &value.origin {
                Origin::Input => State::Data(input.clone()),
                Origin::Constant(proto) => State::Constant(
                    proto.dims.iter().map(|&d| usize::try_from(d)).collect::<Result<_, _>>().ok(),
                ),
                Origin::Node { .. } => State::Unknown,
            })
            .collect();
        let types = model.values.iter().map(|value| match &value.origin {
            Origin::Input => Some(model.input_type),
            Origin::Constant(proto) => Type::from_onnx(proto.data_type).ok(),
            Origin::Node { .. } => None,
        });
        let types = types.collect();
        let (cache, room) = (RefCell::default(), Cell::new(ALLOWANCE));
        let mut readers = vec![Vec::new(); model.values.len()];
        for (index, node) in model.nodes.iter().enumerate() {
            node.inputs.iter().flatten().for_each(|&v| readers[v].push(index));
        }
        let problems = HashMap::new();
        let mut flow =
            Self { model, output: model.output, batch, states, problems, types, readers, cache, room };
        for node in &model.nodes {
            if let Some(&Some(output)) = node.outputs.first() {
                flow.types[output] = flow.infer_type(node);
                let (state, problem) = flow.state_after(node);
                flow.states[output] = state;
                flow.problems.extend(problem.map(|problem| (output, problem)));
            }
            for (port, output) in node.outputs.iter().enumerate().skip(1) {
                if let Some(output) = *output {
                    flow.types[output] = node.input(0).ok().and_then(|v| flow.types[v]);
                    flow.states[output] = flow.state_of_part(node, port);
                }
            }
        }
        Ok(flow)
    }

    /// State of a further output; only parts of a computed value have several outputs.
    fn state_of_part(&self, node: &Node, port: usize) -> State {
        let of_data = node.input(0).is_ok_and(|v| matches!(self.states[v], State::Data(_)));
        match self.parts(node) {
            Ok(parts) if of_data && node.is("Split") => match parts.get(port) {
                Some(dims) => State::Data(dims.clone()),
                None => State::Unknown,
            },
            _ => State::Unknown,
        }
    }

    /// Whether a node's first output has integers or truth values.
    fn is_integer(&self, node: &Node) -> bool {
        let output = node.outputs.first().copied().flatten();
        matches!(output.and_then(|v| self.types[v]), Some(Type::Int { .. } | Type::Bool))
    }

    /// Whether a `Reshape` writes a list that only `Gather` reads: `as_strided` of PyTorch.
    fn is_list(&self, node: &Node) -> bool {
        let output = node.outputs.first().copied().flatten();
        output.is_some_and(|value| {
            let gathers = |&index: &usize| self.model.nodes[index].is("Gather");
            node.is("Reshape") && value != self.output && self.readers[value].iter().all(gathers)
        })
    }

    /// What is known of a node's first output, and what is wrong with it.
    fn state_after(&self, node: &Node) -> (State, Option<Error>) {
        let inputs: Vec<ValueId> = node.inputs.iter().copied().flatten().collect();
        let shape_only = node.is("Shape") || node.is("Size");
        let unknown = |v: &ValueId| matches!(self.states[*v], State::Unknown);
        if inputs.iter().any(unknown) {
            return (self.declared(node), None);
        }
        let inferred = self.infer(node);
        let type_only = node.is("CastLike") && inputs.first().is_some_and(|&v| self.is_constant(v));
        if shape_only || type_only || inputs.iter().all(|&v| self.is_constant(v)) {
            return (State::Constant(inferred.ok().flatten()), None);
        }
        let at = |problem: String| {
            let problem = format!("{}: {problem}", printable(&node.op));
            Error::input(problem).at_node(&node.name).fix(infer::remedy(node))
        };
        match inferred {
            // Of a batch of 1 it does not matter where its extent is.
            // Integers and truth values are masks and positions on their way; they are evaluated, not computed with.
            Ok(Some(dims)) if self.batch == 1 && self.is_integer(node) && count(&dims).is_ok() => {
                (State::Data(dims), None)
            }
            // Elements in one list, of which others are taken by index.
            Ok(Some(dims))
                if self.batch == 1 && dims.len() == 1 && self.is_list(node) && count(&dims).is_ok() =>
            {
                (State::Data(dims), None)
            }
            Ok(Some(dims)) if (dims.first() != Some(&self.batch) && self.batch != 1) || dims.len() < 2 => {
                let batch = self.batch;
                let problem =
                    format!("the result {dims:?} does not keep the batch of {batch} as its first extent");
                let fix =
                    "keep the batch as the first extent of every value, and beside it at least one more";
                (State::Unknown, Some(at(problem).fix(fix)))
            }
            Ok(Some(dims)) => match count(&dims) {
                Ok(_) => (State::Data(dims), None),
                Err(problem) => (State::Unknown, Some(at(problem))),
            },
            Ok(None) => (self.declared(node), None),
            Err(problem) => (self.declared(node), Some(at(problem))),
        }
    }

    /// The extents of a node's first output as the file or the operator's definition has them, where inference of what is
    /// supported has none: with them the nodes behind it can be checked, too.
    fn declared(&self, node: &Node) -> State {
        let output = node.outputs.first().copied().flatten();
        let declared = output.and_then(|v| self.model.declared.get(&v)).map(|dims| {
            dims.iter().enumerate().map(|(i, d)| if i == 0 { d.or(Some(self.batch)) } else { *d }).collect()
        });
        let dims: Option<Vec<usize>> = declared.unwrap_or_else(|| self.defined(node));
        match dims {
            Some(dims) if dims.len() >= 2 && dims[0] == self.batch && Shape(dims.clone()).is_sane() => {
                State::Data(dims)
            }
            _ => State::Unknown,
        }
    }
}
