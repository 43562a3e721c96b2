//! Names of nodes, taken from the model's own scopes.

use std::collections::HashSet;

use super::decode::{Model, NodeIndex};

/// Module path that PyTorch's exporter put into a node's name: `/blocks.0/mlp/act/act.0/Div` is `blocks.0`, `mlp`,
/// `act.0`; `act` is the container that `act.0` already names. None for names of another form.
fn path_of_name(name: &str) -> Option<Vec<&str>> {
    let mut parts: Vec<&str> = name.strip_prefix('/')?.split('/').collect();
    parts.pop();
    let mut path: Vec<&str> = Vec::new();
    for part in parts {
        let inside = |outer: &str| part.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        if path.last().is_some_and(|outer| inside(outer)) {
            path.pop();
        }
        path.push(part);
    }
    Some(path)
}

/// The innermost module that all these nodes belong to, if they have one in common.
fn common_scope(model: &Model, nodes: &[NodeIndex]) -> Option<String> {
    let recorded: Vec<&[String]> = nodes
        .iter()
        .filter_map(|&n| model.nodes[n].scopes.split_last().map(|(_, modules)| modules))
        .collect();
    if let Some((first, others)) = recorded.split_first() {
        let shared =
            (0..first.len()).take_while(|&i| others.iter().all(|o| o.get(i) == first.get(i))).count();
        let innermost = first[..shared].iter().rev().find(|name| !name.is_empty());
        return innermost.cloned();
    }
    let paths: Option<Vec<Vec<&str>>> = nodes.iter().map(|&n| path_of_name(&model.nodes[n].name)).collect();
    let paths = paths?;
    let (first, others) = paths.split_first()?;
    let shared = (0..first.len()).take_while(|&i| others.iter().all(|o| o.get(i) == first.get(i))).count();
    (shared > 0).then(|| first[..shared].join("."))
}

/// Name for what these nodes are together: the module they share, else the name of the last one.
pub fn of_scope(model: &Model, nodes: &[NodeIndex]) -> String {
    let last = nodes.iter().max().map_or("", |&n| model.nodes[n].name.as_str());
    common_scope(model, nodes).unwrap_or_else(|| last.to_owned())
}

/// Hands out names, each once.
#[derive(Default)]
pub struct Unique {
    taken: HashSet<String>,
}

impl Unique {
    /// The name itself, or the first of `name_1`, `name_2`, … that is free.
    pub fn name(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut suffix = 0usize;
        while !self.taken.insert(name.clone()) {
            suffix += 1;
            name = format!("{wanted}_{suffix}");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_merge_with_their_entries() {
        assert_eq!(path_of_name("/blocks.0/mlp/act/act.0/Div"), Some(vec!["blocks.0", "mlp", "act.0"]));
        assert_eq!(path_of_name("/Div"), Some(vec![]));
        assert_eq!(path_of_name("Div"), None);
    }

    #[test]
    fn repeated_names_get_a_suffix() {
        let mut unique = Unique::default();
        assert_eq!(["a", "a", "a_1", "a"].map(|n| unique.name(n)), ["a", "a_1", "a_1_1", "a_2"]);
    }
}
