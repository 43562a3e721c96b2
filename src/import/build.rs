//! Determines the meaning of every value from the model's output back to its input, then builds the network.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::decode::{Model, NodeIndex, ValueId};
use super::flow::Flow;
use super::name::Unique;
use super::patterns::{self, Context, Found, Part, Site};
use super::tensor::Type;
use super::{Match, Options};
use crate::error::{Error, Result, printable};
use crate::graph::{NodeId, Operator, Shape};
use crate::qann::{Network, Op};

/// Values by the node that writes them, sources first.
type Findings = BTreeMap<(NodeIndex, usize), (ValueId, &'static str, Found)>;

/// Builds the network.
///
/// # Errors
/// Names the first node that cannot be imported.
pub fn build(model: &Model, options: &Options) -> Result<(Network, Vec<Match>)> {
    let flow = Flow::new(model)?;
    if flow.is_constant(model.output) {
        flow.constant(model.output)?;
        return Err(Error::input("the model's output does not depend on its input"));
    }
    if model.input_type != Type::F32 && !patterns::is_identity(&options.input) {
        let problem = "the model's input are integers, so raw elements must be the input itself";
        let name = &model.values[model.input].name;
        return Err(Error::input(problem).at_node(name).fix("use --input tokens, or --scale 1"));
    }
    let findings = find_all(&Context { flow: &flow, options })?;
    assemble(&flow, options, findings)
}

/// Determines the meaning of every value that the output depends on.
fn find_all(context: &Context) -> Result<Findings> {
    let model = context.flow.model;
    let mut findings = Findings::new();
    let mut wrong: BTreeMap<NodeIndex, Error> = BTreeMap::new();
    let mut unsupported: BTreeMap<NodeIndex, &str> = BTreeMap::new();
    let mut seen = HashSet::from([model.output]);
    let mut open = vec![model.output];
    while let Some(value) = open.pop() {
        if value == model.input {
            continue;
        }
        let Some((index, port, node)) = model.writer_of(value) else {
            return Err(Error::input(format!(
                "{:?} does not depend on the model's input",
                context.flow.name(value)
            )));
        };
        let sources = match patterns::find(context, Site { value, index, port, node }) {
            Ok(Some((pattern, found))) => {
                let sources = match &found {
                    Found::Same(source) => vec![*source],
                    Found::Blocked(sources) | Found::Operator { sources, .. } => sources.clone(),
                    Found::Chain { steps, .. } => {
                        let parts = steps.iter().flat_map(|(_, parts)| parts);
                        parts.filter_map(|p| if let Part::Value(v) = p { Some(*v) } else { None }).collect()
                    }
                };
                findings.insert((index, port), (value, pattern, found));
                sources
            }
            Ok(None) => {
                wrong.insert(index, patterns::unsupported(node));
                unsupported.insert(index, &node.op);
                node.inputs.iter().copied().flatten().filter(|&v| !context.flow.is_constant(v)).collect()
            }
            Err(error) => {
                wrong.insert(index, error);
                vec![]
            }
        };
        open.extend(sources.into_iter().filter(|v| seen.insert(*v)));
    }
    match wrong.pop_first() {
        None => match findings.iter().find(|(_, (_, _, found))| matches!(found, Found::Blocked(_))) {
            None => Ok(findings),
            Some((&(index, _), _)) => {
                let problem =
                    "the extents of what this node reads cannot be determined before the model runs";
                let fix = "export with fixed extents; only the first one, the batch, may be dynamic";
                Err(Error::input(problem).at_node(&model.nodes[index].name).fix(fix))
            }
        },
        Some((index, mut error)) => {
            unsupported.remove(&index);
            error.problem.push_str(&others(&unsupported));
            Err(error)
        }
    }
}

/// Lists further operators that are not supported.
fn others(unsupported: &BTreeMap<NodeIndex, &str>) -> String {
    const MOST: usize = 12;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for op in unsupported.values() {
        *counts.entry(op).or_default() += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let mut list: Vec<String> =
        counts.iter().take(MOST).map(|(op, n)| format!("{} ({n})", printable(op))).collect();
    if counts.len() > MOST {
        list.push("…".into());
    }
    format!("; nor are {} further nodes: {}", unsupported.len(), list.join(", "))
}

/// Adds everything to a network.
fn assemble(flow: &Flow, options: &Options, findings: Findings) -> Result<(Network, Vec<Match>)> {
    let model = flow.model;
    let mut network = Network::new();
    let mut names = Unique::default();
    let mut explanation = Vec::new();
    let mut ids: HashMap<ValueId, NodeId> = HashMap::new();
    let input_name = &model.values[model.input].name;
    let extents = flow.data_extents(model.input)?.unwrap_or_default();
    let input = Op::Input { shape: Shape(extents[1..].to_vec()), spec: options.input.clone() };
    ids.insert(model.input, network.add(names.name(input_name), input, &[])?);
    let read = |ids: &HashMap<ValueId, NodeId>, value: ValueId| {
        ids.get(&value)
            .copied()
            .ok_or_else(|| Error::input(format!("nothing computes {:?}", flow.name(value))))
    };
    for (value, pattern, found) in findings.into_values() {
        let id = match found {
            Found::Same(source) => read(&ids, source)?,
            Found::Blocked(_) => {
                return Err(Error::input(format!("nothing computes {:?}", flow.name(value))));
            }
            Found::Operator { op, sources, name: wanted, mut detail } => {
                let name = names.name(&wanted);
                if name != wanted {
                    let taken = format!("the name {:?} is taken", printable(&wanted));
                    detail = if detail.is_empty() { taken } else { format!("{detail}; {taken}") };
                }
                let sources = sources.iter().map(|&s| read(&ids, s)).collect::<Result<Vec<_>>>()?;
                explanation.push(Match { pattern, node: name.clone(), detail });
                network.add(name, op, &sources)?
            }
            Found::Chain { steps, name: wanted, detail } => {
                let last = steps.len().saturating_sub(1);
                let mut before = None;
                for (n, (op, parts)) in steps.into_iter().enumerate() {
                    let label = if n == last { wanted.clone() } else { format!("{wanted}.{}", op.kind()) };
                    let mut sources = Vec::new();
                    for part in parts {
                        sources.push(match part {
                            Part::Value(value) => read(&ids, value)?,
                            Part::Constant(shape, values) => {
                                let name = names.name(&format!("{wanted}.constant"));
                                network.add(name, Op::Constant { shape, values }, &[])?
                            }
                            Part::Before => before.ok_or_else(|| Error::input("an empty chain"))?,
                        });
                    }
                    before = Some(network.add(names.name(&label), op, &sources)?);
                }
                explanation.push(Match { pattern, node: wanted, detail });
                before.ok_or_else(|| Error::input(format!("nothing computes {:?}", flow.name(value))))?
            }
        };
        ids.insert(value, id);
    }
    let output = read(&ids, model.output)?;
    network.add(names.name(&model.values[model.output].name), Op::Output, &[output])?;
    network.check("import")?;
    Ok((network, explanation))
}
