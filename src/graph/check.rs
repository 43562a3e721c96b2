//! Invariants that every graph satisfies after every stage.

use std::collections::HashSet;

use super::{Graph, Operator, Shape};
use crate::error::{Error, Result};

impl<O: Operator> Graph<O> {
    /// Checks that the graph is acyclic, that names are unique, and that every shape is what its operator infers.
    ///
    /// # Errors
    /// Names the stage and the node that violates an invariant.
    pub fn check(&self, stage: &str) -> Result<()> {
        let order = self.topological();
        if order.len() != self.len() {
            return Err(Error::input(format!("{stage}: the graph has a cycle")));
        }
        let mut names = HashSet::new();
        for id in order {
            let node = self.node(id);
            if !names.insert(node.name.as_str()) {
                return Err(Error::input(format!("{stage}: two nodes have this name")).at_node(&node.name));
            }
            if !node.shape.is_sane() {
                let problem = format!("{stage}: the shape {} is empty or too large", node.shape);
                return Err(Error::input(problem).at_node(&node.name));
            }
            let inputs = self.inputs(id);
            let shapes: Vec<&Shape> = inputs.iter().map(|&i| &self.node(i).shape).collect();
            let shape = node
                .op
                .output_shape(&shapes)
                .map_err(|problem| Error::input(format!("{stage}: {problem}")).at_node(&node.name))?;
            if shape != node.shape {
                let problem = format!("{stage}: shape {} recorded, {shape} inferred", node.shape);
                return Err(Error::input(problem).at_node(&node.name));
            }
        }
        Ok(())
    }
}
