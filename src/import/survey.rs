//! Every node of a model and what became of it.

use std::collections::{HashMap, HashSet};

use super::decode::NodeIndex;
use super::find::Findings;
use super::flow::Flow;
use super::patterns::Found;

/// A node of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// Its name; operator and index when the file has none.
    pub name: String,
    /// Its operator, with the operator set unless that is ONNX's own.
    pub operator: String,
    /// What became of it.
    pub status: Status,
}

/// What became of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It ends this pattern, in a detail of the pattern's own words.
    Supported {
        /// The pattern.
        pattern: &'static str,
        /// What was found.
        detail: String,
    },
    /// It belongs to the pattern that ends in this node.
    PartOf(String),
    /// It is evaluated when the model is imported.
    Constant,
    /// It stands behind the logits and does not change which is largest; the reason.
    Dropped(String),
    /// The output does not depend on it.
    Unused,
    /// It reads values whose extents are not known because of an earlier problem.
    Waits,
    /// It is reported as a problem.
    Wrong,
}

/// Every node, sources first; `dropped` are those behind the logits, with reasons.
pub fn survey(flow: &Flow, findings: &Findings, dropped: &[(NodeIndex, String)]) -> Vec<Surveyed> {
    let mut supported: HashMap<NodeIndex, Status> = HashMap::new();
    for (&(index, _), (_, pattern, found)) in &findings.found {
        let status = match found {
            Found::Blocked(_) => Status::Waits,
            Found::Same(_) => Status::Supported { pattern, detail: String::new() },
            Found::Operator { detail, .. } | Found::Chain { detail, .. } => {
                Status::Supported { pattern, detail: detail.clone() }
            }
        };
        supported.insert(index, status);
    }
    // A problem may name a node inside a pattern.
    let named: HashSet<&str> = findings.wrong.values().flatten().filter_map(|e| e.node.as_deref()).collect();
    let status = |index: NodeIndex| {
        let node = &flow.model.nodes[index];
        let mut outputs = node.outputs.iter().flatten();
        if findings.wrong.contains_key(&index) || named.contains(node.name.as_str()) {
            Status::Wrong
        } else if let Some((_, why)) = dropped.iter().find(|(at, _)| *at == index) {
            Status::Dropped(why.clone())
        } else if let Some(status) = supported.get(&index) {
            status.clone()
        } else if let Some(&whole) = findings.part_of.get(&index) {
            Status::PartOf(flow.model.nodes[whole].name.clone())
        } else if outputs.all(|&v| flow.is_constant(v)) {
            Status::Constant
        } else {
            Status::Unused
        }
    };
    let nodes = flow.model.nodes.iter().enumerate();
    nodes
        .map(|(index, node)| Surveyed {
            name: node.name.clone(),
            operator: match node.standard_op() {
                Some(op) => op.to_owned(),
                None => format!("{}.{}", node.domain, node.op),
            },
            status: status(index),
        })
        .collect()
}
