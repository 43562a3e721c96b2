//! Common part of all intermediate forms: a directed acyclic graph of named operators with shapes.
//!
//! [`Graph`] is generic over the operator; each form (`qann`, `snn`, `integer`) defines a closed enum of operators that
//! implements [`Operator`]. A node has any number of ordered inputs and exactly one output.

mod band;
mod check;
mod shape;
mod window;

use std::collections::{BinaryHeap, HashSet};
use std::fmt::Write as _;

use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

pub use band::Band;
pub use shape::{Shape, transposed_index};
pub use window::{Clipped, Window};

use crate::error::{Error, Result};

/// Handle of a node; stays valid while other nodes are added or removed.
pub type NodeId = NodeIndex<u32>;

/// Interface of an operator.
pub trait Operator {
    /// The operator's name in the text form, e.g. `linear`.
    fn kind(&self) -> &'static str;

    /// Shape of the output for these input shapes; the message of an error names the shapes that do not fit.
    ///
    /// # Errors
    /// When the number of inputs or their shapes do not fit the operator.
    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String>;

    /// Parameters for the text form, e.g. `8 bits, per channel`; empty when there are none.
    fn describe(&self) -> String {
        String::new()
    }
}

/// A named operator with the shape of its output.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<O> {
    /// Name from the model; unique within a graph.
    pub name: String,
    /// Its operator.
    pub op: O,
    /// Shape of its output, without the batch dimension.
    pub shape: Shape,
}

/// A directed acyclic graph of named operators.
#[derive(Clone, Debug)]
pub struct Graph<O> {
    /// Edge weights are input ports.
    dag: StableDiGraph<Node<O>, usize, u32>,
}

impl<O> Default for Graph<O> {
    fn default() -> Self {
        Self { dag: StableDiGraph::default() }
    }
}

impl<O: Operator> Graph<O> {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node that reads the outputs of `inputs`, in port order; infers its shape.
    ///
    /// # Errors
    /// When the shapes do not fit the operator; the error carries the node's name.
    pub fn add(&mut self, name: impl Into<String>, op: O, inputs: &[NodeId]) -> Result<NodeId> {
        let name = name.into();
        let shapes: Vec<&Shape> = inputs.iter().map(|&i| &self.node(i).shape).collect();
        let shape = op
            .output_shape(&shapes)
            .map_err(|problem| Error::input(format!("{}: {problem}", op.kind())).at_node(&name))?;
        let id = self.dag.add_node(Node { name, op, shape });
        for (port, &input) in inputs.iter().enumerate() {
            self.dag.add_edge(input, id, port);
        }
        Ok(id)
    }

    /// The node behind a handle.
    ///
    /// # Panics
    /// When `id` does not belong to this graph.
    pub fn node(&self, id: NodeId) -> &Node<O> {
        &self.dag[id]
    }

    /// The node behind a handle, for changing its operator in place.
    ///
    /// # Panics
    /// When `id` does not belong to this graph.
    pub fn node_mut(&mut self, id: NodeId) -> &mut Node<O> {
        &mut self.dag[id]
    }

    /// Sources of the node's inputs, in port order.
    pub fn inputs(&self, id: NodeId) -> Vec<NodeId> {
        let mut edges: Vec<(usize, NodeId)> =
            self.dag.edges_directed(id, Direction::Incoming).map(|e| (*e.weight(), e.source())).collect();
        edges.sort_unstable();
        edges.into_iter().map(|(_, source)| source).collect()
    }

    /// Nodes that read this node, in the order of their handles; a node that reads it twice is listed twice.
    pub fn consumers(&self, id: NodeId) -> Vec<NodeId> {
        let mut readers: Vec<NodeId> = self.dag.neighbors_directed(id, Direction::Outgoing).collect();
        readers.sort_unstable();
        readers
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.dag.node_count()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All nodes, sources before their readers. Among several possible orders, the one with the smallest handles first,
    /// so that the order depends only on the graph.
    pub fn topological(&self) -> Vec<NodeId> {
        let mut missing: Vec<usize> =
            vec![0; self.dag.node_indices().map(|i| i.index() + 1).max().unwrap_or(0)];
        let mut ready = BinaryHeap::new();
        for id in self.dag.node_indices() {
            missing[id.index()] = self.dag.edges_directed(id, Direction::Incoming).count();
            if missing[id.index()] == 0 {
                ready.push(std::cmp::Reverse(id));
            }
        }
        let mut order = Vec::with_capacity(self.len());
        while let Some(std::cmp::Reverse(id)) = ready.pop() {
            order.push(id);
            for edge in self.dag.edges_directed(id, Direction::Outgoing) {
                let target = edge.target();
                missing[target.index()] -= 1;
                if missing[target.index()] == 0 {
                    ready.push(std::cmp::Reverse(target));
                }
            }
        }
        order
    }

    /// A node and all that it depends on.
    pub fn up_to(&self, id: NodeId) -> HashSet<NodeId> {
        let mut found = HashSet::from([id]);
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            open.extend(self.inputs(next).into_iter().filter(|&source| found.insert(source)));
        }
        found
    }

    /// This name, or with underscores behind it one that no node has.
    pub fn unused_name(&self, wanted: impl Into<String>) -> String {
        let mut name = wanted.into();
        while self.find(&name).is_some() {
            name.push('_');
        }
        name
    }

    /// The node with this name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.dag.node_indices().find(|&i| self.dag[i].name == name)
    }

    /// One line per node: name, operator, shape, inputs. Stable: the same graph gives the same text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for id in self.topological() {
            let node = self.node(id);
            let inputs: Vec<&str> = self.inputs(id).iter().map(|&i| self.node(i).name.as_str()).collect();
            let _ = write!(out, "{:?}: {} {}", node.name, node.op.kind(), node.shape);
            if !inputs.is_empty() {
                let _ = write!(out, " <- {inputs:?}");
            }
            let parameters = node.op.describe();
            if !parameters.is_empty() {
                let _ = write!(out, "  # {parameters}");
            }
            out.push('\n');
        }
        out
    }
}
