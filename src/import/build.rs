//! What every value was found to be, put together: the network, sources first.

use std::collections::{HashMap, HashSet};

use super::Match;
use super::decode::ValueId;
use super::find::Findings;
use super::flow::Flow;
use super::name::Unique;
use super::patterns::{Found, Part};
use crate::error::{Error, Result, printable};
use crate::graph::{NodeId, Operator, Shape};
use crate::qann::{Network, Op};
use crate::quant::{InputSpec, Quantiser, Rounding};

/// A network, complete if there are no problems.
pub struct Built {
    /// The network. Where a value could not be imported, a placeholder of its shape stands for it.
    pub network: Network,
    /// Which pattern was found where, sources first.
    pub explanation: Vec<Match>,
    /// Nodes of the network that are placeholders.
    pub placeholders: HashSet<NodeId>,
    /// Operators that do not fit what they read.
    pub problems: Vec<Error>,
}

/// Builds the network.
///
/// # Errors
/// When not even the input fits.
pub fn build(flow: &Flow, input: &InputSpec, findings: Findings) -> Result<Built> {
    let mut builder = Builder {
        flow,
        network: Network::new(),
        names: Unique::default(),
        ids: HashMap::new(),
        explanation: Vec::new(),
        placeholders: HashSet::new(),
    };
    let model = flow.model;
    let extents = flow.data_extents(model.input)?.unwrap_or_default();
    let op = Op::Input { shape: Shape(extents[1..].to_vec()), spec: input.clone() };
    let name = builder.names.name(&model.values[model.input].name);
    let id = builder.network.add(name, op, &[]).map_err(|e| e.fix(SCALING))?;
    builder.ids.insert(model.input, id);
    let mut problems = Vec::new();
    for (value, pattern, found) in findings.found.into_values() {
        match builder.add(value, pattern, found) {
            Ok(Some(id)) => {
                builder.ids.insert(value, id);
            }
            Ok(None) => {}
            Err(error) => problems.push(if error.fix.is_some() { error } else { error.fix(MISMATCH) }),
        }
    }
    if let Some(output) = builder.read(flow.output)? {
        builder.network.add(builder.names.name(&model.values[model.output].name), Op::Output, &[output])?;
    }
    let Builder { network, explanation, placeholders, .. } = builder;
    if placeholders.is_empty() && problems.is_empty() {
        network.check("import").map_err(|e| e.fix(MISMATCH))?;
    }
    Ok(Built { network, explanation, placeholders, problems })
}

/// What to do about the meaning of raw elements that does not fit the input.
const SCALING: &str = "give --mean and --std, or --scale, one value or one a channel, and the channels' extent as --channel-axis";

/// What to do about operators that do not fit what they read.
const MISMATCH: &str = "check the model with onnx.checker.check_model(model, full_check=True), and export it again with fixed extents";

/// A network under construction.
struct Builder<'a> {
    flow: &'a Flow<'a>,
    network: Network,
    names: Unique,
    ids: HashMap<ValueId, NodeId>,
    explanation: Vec<Match>,
    placeholders: HashSet<NodeId>,
}

impl Builder<'_> {
    /// The node that computes a value: a placeholder for one that could not be imported, none where not even its extents
    /// are known.
    fn read(&mut self, value: ValueId) -> Result<Option<NodeId>> {
        if let Some(&id) = self.ids.get(&value) {
            return Ok(Some(id));
        }
        if self.flow.is_constant(value) {
            return Err(Error::input(format!("nothing computes {:?}", self.flow.name(value))));
        }
        let Some(extents) = self.flow.data_extents(value)? else { return Ok(None) };
        let (shape, name) = (self.flow.shape(extents), &self.flow.model.values[value].name);
        let spec = super::provisional()?;
        let input = self.network.add(self.names.name(name), Op::Input { shape, spec }, &[])?;
        let levels = Quantiser { scale: vec![1.0], low: vec![0], high: vec![1], rounding: Rounding::HalfUp };
        let id = self.network.add(self.names.name(name), Op::Quantise(levels), &[input])?;
        self.placeholders.extend([input, id]);
        self.ids.insert(value, id);
        Ok(Some(id))
    }

    /// Adds what a value was found to be; none where the extents of what it reads are not known.
    fn add(&mut self, value: ValueId, pattern: &'static str, found: Found) -> Result<Option<NodeId>> {
        match found {
            Found::Same(source) => self.read(source),
            Found::Blocked(_) => Ok(None),
            Found::Operator { op, sources, name: wanted, mut detail } => {
                let mut inputs = Vec::new();
                for source in sources {
                    let Some(id) = self.read(source)? else { return Ok(None) };
                    inputs.push(id);
                }
                let name = self.names.name(&wanted);
                if name != wanted {
                    let taken = format!("the name {:?} is taken", printable(&wanted));
                    detail = if detail.is_empty() { taken } else { format!("{detail}; {taken}") };
                }
                self.explanation.push(Match { pattern, node: name.clone(), detail });
                self.network.add(name, op, &inputs).map(Some)
            }
            Found::Chain { steps, name: wanted, detail } => {
                // Neurons have the name, or the operator around which transpositions and reshapes vanish; else the last one.
                let neurons = steps.iter().rposition(|(op, _)| matches!(op, Op::Quantise(_)));
                let around = steps.iter().position(|(op, _)| {
                    matches!(
                        op,
                        Op::Convolution { .. } | Op::AveragePool(_) | Op::MaxPool(_) | Op::Affine { .. }
                    )
                });
                let named = neurons.or(around).unwrap_or(steps.len().saturating_sub(1));
                let mut before = None;
                let mut own = wanted.clone();
                for (n, (op, parts)) in steps.into_iter().enumerate() {
                    let label = if n == named { wanted.clone() } else { format!("{wanted}.{}", op.kind()) };
                    let mut sources = Vec::new();
                    for part in parts {
                        sources.push(match part {
                            Part::Value(value) => {
                                let Some(id) = self.read(value)? else { return Ok(None) };
                                id
                            }
                            Part::Constant(shape, values) => {
                                let name = self.names.name(&format!("{wanted}.constant"));
                                self.network.add(name, Op::Constant { shape, values }, &[])?
                            }
                            Part::Before => before.ok_or_else(|| Error::input("an empty chain"))?,
                        });
                    }
                    let label = self.names.name(&label);
                    if n == named {
                        own.clone_from(&label);
                    }
                    before = Some(self.network.add(label, op, &sources)?);
                }
                self.explanation.push(Match { pattern, node: own, detail });
                let name = || self.flow.name(value);
                before.map(Some).ok_or_else(|| Error::input(format!("nothing computes {:?}", name())))
            }
        }
    }
}
