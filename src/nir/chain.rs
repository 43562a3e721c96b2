//! The order of the nodes: one after the other, from the input to the output.

use super::file::File;
use crate::error::{Error, Result, printable};

/// Positions of the nodes in the order of the data. A connection that goes back is named.
///
/// # Errors
/// If nodes have several sources or readers, or the graph has a cycle.
pub(super) fn order(file: &File) -> Result<Vec<usize>> {
    let name = |n: usize| file.nodes[n].name.as_str();
    let start = file.input;
    let mut order = vec![start];
    let mut seen = vec![false; file.nodes.len()];
    seen[start] = true;
    let mut at = start;
    loop {
        let next: Vec<usize> = file.edges.iter().filter(|(from, _)| *from == at).map(|(_, to)| *to).collect();
        // An edge back to what has been before is recurrent.
        if let Some(&back) = next.iter().find(|&&to| seen[to]) {
            return Err(Error::input(format!(
                "the connection from here to {:?} goes back: recurrent networks are not supported",
                name(back)
            ))
            .at_node(name(at))
            .fix("use a network without recurrent connections"));
        }
        match next[..] {
            [] if at == file.output => break,
            [] => {
                return Err(Error::input("nothing reads this node, which is not the output of the network")
                    .at_node(name(at))
                    .fix("connect it, or remove it"));
            }
            [to] => {
                (seen[to], at) = (true, to);
                order.push(to);
            }
            _ => {
                // One of the branches may come back here, through other nodes.
                if let Some(&last) = next.iter().find(|&&to| reaches(file, to, at)) {
                    let problem = format!(
                        "the connection from here through {:?} comes back: recurrent networks are not supported",
                        name(last)
                    );
                    return Err(Error::input(problem)
                        .at_node(name(at))
                        .fix("use a network without recurrent connections"));
                }
                let readers: Vec<String> = next.iter().map(|&to| printable(name(to))).collect();
                return Err(Error::input(format!(
                    "{} nodes read this one ({}); supported is one after the other",
                    next.len(),
                    readers.join(", ")
                ))
                .at_node(name(at))
                .fix("use a network without branches"));
            }
        }
    }
    for &n in &order {
        let sources = file.edges.iter().filter(|(_, to)| *to == n).count();
        if sources > 1 {
            return Err(Error::input(format!("this node reads {sources} others; supported is one"))
                .at_node(name(n))
                .fix("use a network without sums of several layers"));
        }
    }
    match seen.iter().position(|seen| !seen) {
        None => Ok(order),
        Some(n) => Err(Error::input("the input does not reach this node")
            .at_node(name(n))
            .fix("connect it, or remove it")),
    }
}

/// Whether data of one node come to another.
fn reaches(file: &File, from: usize, to: usize) -> bool {
    let mut seen = vec![false; file.nodes.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(file.edges.iter().filter(|(source, _)| *source == at).map(|(_, reader)| *reader));
        }
    }
    false
}
