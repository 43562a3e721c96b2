//! From the model's output back to its input: what every value is, and everything that is wrong on the way.
//!
//! A problem does not end the search. It goes on with what the node reads, so that all problems are found at once. What
//! lies inside a quantiser that is wrong is a part of that problem and is not reported again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::decode::{NodeIndex, ValueId};
use super::infer;
use super::patterns::{self, Context, Found, Part, Remark, Site};
use crate::error::Error;

/// What was found.
#[derive(Default)]
pub struct Findings {
    /// Values that are something, by the node that writes them: sources first.
    pub found: BTreeMap<(NodeIndex, usize), (ValueId, &'static str, Found)>,
    /// What is wrong, by node.
    pub wrong: BTreeMap<NodeIndex, Vec<Error>>,
    /// Nodes that vanish into what another node was found to be, or into its problem.
    pub part_of: HashMap<NodeIndex, NodeIndex>,
    /// What the user should know, by node: names of the network's nodes and texts.
    pub told: BTreeMap<NodeIndex, Vec<(String, String)>>,
    /// How weights without a quantiser were taken, likewise.
    pub float_weights: BTreeMap<NodeIndex, Vec<(String, String)>>,
    /// Positions that are counted from the tokens: the padding that does not count, by node.
    pub counted: BTreeMap<NodeIndex, i32>,
}

/// How a value was reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// Something that was found, or an operator with no other meaning, reads it.
    Firmly,
    /// A node reads it that no pattern knows; it may be a piece of what that node was meant to be.
    FromUnknown(NodeIndex),
    /// A quantiser that is wrong ends in this node, and the value is a piece of it.
    InQuantiser(NodeIndex),
    /// This node's mask is wrong, and the value is a piece of it.
    InMask(NodeIndex),
}

/// Operators that quantisers are made of.
const PIECES: &[&str] = &[
    "Add",
    "Sub",
    "Neg",
    "Mul",
    "Div",
    "Floor",
    "Ceil",
    "Round",
    "Clip",
    "Min",
    "Max",
    "Where",
    "Relu",
    "Identity",
    "Cast",
    "QuantizeLinear",
];

/// Operators with which the end of a quantiser may be written.
const ENDS: &[&str] = &["Mul", "DequantizeLinear"];

/// Operators with which a quantiser begins.
const BEGINNINGS: &[&str] = &["Mul", "Div", "QuantizeLinear"];

/// Finds what every value is that the output needs.
pub fn find_all(context: &Context) -> Findings {
    let model = context.flow.model;
    let mut findings = Findings::default();
    let mut firm: HashMap<ValueId, bool> = HashMap::new();
    let mut open = vec![(context.flow.output, Reached::Firmly)];
    while let Some((value, how)) = open.pop() {
        let known = firm.get(&value).copied();
        if value == model.input || known == Some(true) || (known.is_some() && how != Reached::Firmly) {
            continue;
        }
        firm.insert(value, how == Reached::Firmly);
        let Some((index, port, node)) = model.writer_of(value) else { continue };
        let is_one_of = |list: &[&str]| node.standard_op().is_some_and(|op| list.contains(&op));
        let computed: Vec<ValueId> =
            node.inputs.iter().copied().flatten().filter(|&v| !context.flow.is_constant(v)).collect();
        // Pieces of something wrong are not looked at by themselves.
        let of_wrong = match how {
            Reached::InQuantiser(at) if is_one_of(PIECES) => {
                Some((at, if is_one_of(BEGINNINGS) { Reached::Firmly } else { how }))
            }
            Reached::InMask(at) => Some((at, how)),
            _ => None,
        };
        if let Some((at, next)) = of_wrong {
            findings.part_of.insert(index, at);
            open.extend(computed.into_iter().map(|v| (v, next)));
            continue;
        }
        let result = patterns::find(context, Site { value, index, port, node });
        let told = context.told.take();
        let of_flow = context.flow.problem(value).cloned();
        let mut errors = Vec::new();
        match result {
            Ok(Some((pattern, found))) => {
                let sources = sources(&found);
                let inside = inside(context, index, &sources);
                // A quantiser keeps the extents of what it quantises, whatever is known of its scale.
                errors.extend(of_flow.filter(|_| !matches!(pattern, "quantiser" | "straight-through")));
                findings.part_of.extend(inside.into_iter().map(|inner| (inner, index)));
                let next = if matches!(found, Found::Same(_)) { how } else { Reached::Firmly };
                let name = name_of(&found).unwrap_or(&node.name);
                for remark in told {
                    let (list, text) = match remark {
                        Remark::Counted(padding) => {
                            findings.counted.insert(index, padding);
                            continue;
                        }
                        Remark::FloatWeights(text) => (&mut findings.float_weights, text),
                        Remark::Other(text) => (&mut findings.told, text),
                    };
                    list.entry(index).or_default().push((name.to_owned(), text));
                }
                if errors.is_empty() {
                    findings.found.insert((index, port), (value, pattern, found));
                }
                open.extend(sources.into_iter().map(|v| (v, next)));
            }
            Ok(None) => {
                let next = match (how, of_flow) {
                    (_, Some(error)) => {
                        errors.push(error);
                        Reached::Firmly
                    }
                    (Reached::FromUnknown(at), None) if is_one_of(PIECES) => {
                        findings.part_of.insert(index, at);
                        how
                    }
                    _ => {
                        errors.push(patterns::unsupported(node));
                        if is_one_of(PIECES) { Reached::FromUnknown(index) } else { Reached::Firmly }
                    }
                };
                open.extend(computed.into_iter().map(|v| (v, next)));
            }
            Err(error) => {
                let deeper = error.node.as_ref().is_some_and(|at| *at != node.name);
                errors.extend(of_flow.filter(|_| !deeper || node.is("Conv")));
                if errors.is_empty() || deeper {
                    errors.push(error);
                }
                let masks = ["Where", "Add", "Sub"].iter().any(|op| node.is(op));
                open.extend(computed.into_iter().map(|v| match () {
                    () if is_one_of(ENDS) => (v, Reached::InQuantiser(index)),
                    () if masks && patterns::is_of_raw_elements(context, v) => (v, Reached::InMask(index)),
                    () => (v, Reached::Firmly),
                }));
            }
        }
        if !errors.is_empty() {
            findings.part_of.remove(&index);
            let at = findings.wrong.entry(index).or_default();
            for error in errors {
                let mut error = error.at_node(&node.name);
                error.fix.get_or_insert_with(|| infer::remedy(node).to_owned());
                if !at.iter().any(|e| e.problem == error.problem && e.node == error.node) {
                    at.push(error);
                }
            }
        }
    }
    blocked(context, &mut findings);
    findings
}

/// The name that an operator wants.
pub(super) fn name_of(found: &Found) -> Option<&str> {
    match found {
        Found::Operator { name, .. } | Found::Chain { name, .. } => Some(name),
        Found::Same(_) | Found::Blocked(_) => None,
    }
}

/// A node whose extents nothing explains is a problem of its own.
fn blocked(context: &Context, findings: &mut Findings) {
    if !findings.wrong.is_empty() {
        return;
    }
    let first = findings.found.iter().find(|(_, (_, _, found))| matches!(found, Found::Blocked(_)));
    if let Some((&(index, _), _)) = first {
        let problem = "the extents of what this node reads cannot be determined before the model runs";
        let fix = "export with fixed extents; only the first one, the batch, may be dynamic";
        let error = Error::input(problem).at_node(&context.flow.model.nodes[index].name).fix(fix);
        findings.wrong.insert(index, vec![error]);
    }
}

/// The values that something is computed from.
pub fn sources(found: &Found) -> Vec<ValueId> {
    match found {
        Found::Same(source) => vec![*source],
        Found::Blocked(sources) | Found::Operator { sources, .. } => sources.clone(),
        Found::Chain { steps, .. } => {
            let parts = steps.iter().flat_map(|(_, parts)| parts);
            parts.filter_map(|p| if let Part::Value(v) = p { Some(*v) } else { None }).collect()
        }
    }
}

/// The nodes between one that was found to be something and what that is computed from.
fn inside(context: &Context, index: NodeIndex, sources: &[ValueId]) -> BTreeSet<NodeIndex> {
    let model = context.flow.model;
    let ends: HashSet<ValueId> = sources.iter().copied().chain([model.input]).collect();
    let mut nodes = BTreeSet::new();
    let mut open: Vec<ValueId> = model.nodes[index].inputs.iter().copied().flatten().collect();
    while let Some(value) = open.pop() {
        if ends.contains(&value) || context.flow.is_constant(value) {
            continue;
        }
        if let Some((inner, _, node)) = model.writer_of(value)
            && inner != index
            && nodes.insert(inner)
        {
            open.extend(node.inputs.iter().copied().flatten());
        }
    }
    nodes
}
