//! A network as several networks in sequence, for as many devices.
//!
//! A network is cut behind a node whose values are all that the rest of it reads: levels of neurons, or sums of the residual
//! stream; beside them the raw elements that give masks. The part before the cut has these values as its readout, the part behind it has them as its input; the numbers are
//! the same, so are all levels and logits (`docs/large-networks.md`).
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | places where a network can be cut, and the parts |
//! | `boundary.rs` | what crosses a cut: the elements of the input of the next part |
//! | `choose.rs` | the cuts that balance the parts |

mod boundary;
mod choose;

pub use boundary::{Boundary, Kind};
pub use choose::choose;

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::lower;
use crate::quant::Element;
use crate::snn::{Input, Model, Network, Op};

/// A part of a network.
#[derive(Clone, Debug)]
pub struct Part {
    /// The network as a model of its own.
    pub model: Model,
    /// What goes to the next part; none behind the last.
    pub boundary: Option<Boundary>,
}

/// The nodes behind which a network can be cut, in the order of the data: their values are all that what follows reads, but for
/// the raw elements that give masks.
pub fn places(network: &Network) -> Vec<NodeId> {
    let is_place = |&id: &NodeId| {
        let own = network.up_to(id);
        let crosses = |&node: &NodeId| {
            let outside = |reader: &&NodeId| !own.contains(*reader);
            node != id
                && network
                    .consumers(node)
                    .iter()
                    .filter(outside)
                    .any(|&reader| !is_mask(network, reader, node))
        };
        let cut = matches!(network.node(id).op, Op::Neuron(_) | Op::Sum(_));
        cut && !network.consumers(id).is_empty() && !own.iter().any(crosses)
    };
    network.topological().into_iter().filter(is_place).collect()
}

/// Whether a node reads the raw input, whose elements can cross a cut, as the mask of a softmax.
fn is_mask(network: &Network, reader: NodeId, node: NodeId) -> bool {
    let (Op::Softmax(_), Op::Input(input)) = (&network.node(reader).op, &network.node(node).op) else {
        return false;
    };
    let port = network.inputs(reader).iter().position(|&source| source == node);
    port == Some(1) && input.spec.element != Element::I8 && input.spec.zero_point() == 0
}

/// The parts of a model that is cut behind these nodes, which are among [`places`] and in their order.
///
/// # Errors
/// When the values behind a cut cannot be elements of an input, with the node's name.
pub fn split(model: &Model, cuts: &[NodeId]) -> Result<Vec<Part>> {
    let network = &model.network;
    let whole = lower::lower(model)?;
    let mut parts = Vec::new();
    let mut done: HashSet<NodeId> = HashSet::new();
    let mut entry: Option<(NodeId, Boundary)> = None;
    let input = network.topological().into_iter().find_map(|id| match &network.node(id).op {
        Op::Input(input) => Some((id, input)),
        _ => None,
    });
    for n in 0..=cuts.len() {
        let cut = cuts.get(n).copied();
        let before = cut.map(|cut| network.up_to(cut));
        let inside = |id: NodeId| before.as_ref().is_none_or(|before| before.contains(&id));
        let mut own = Network::new();
        let mut known: HashMap<NodeId, NodeId> = HashMap::new();
        if let Some((node, boundary)) = &entry {
            let (values, raw) = boundary.add_input(&mut own, &network.node(*node).name)?;
            known.insert(*node, values);
            known.extend(input.as_ref().map(|(id, _)| *id).zip(raw));
        }
        for id in network.topological() {
            if done.contains(&id) || !inside(id) {
                continue;
            }
            let node = network.node(id);
            let inputs: Option<Vec<NodeId>> =
                network.inputs(id).iter().map(|source| known.get(source).copied()).collect();
            let inputs = inputs
                .ok_or_else(|| Error::input("it reads values from before the cut").at_node(&node.name))?;
            known.insert(id, own.add(&node.name, node.op.clone(), &inputs)?);
            done.insert(id);
        }
        let mut next = None;
        if let Some(cut) = cut {
            let source = known
                .get(&cut)
                .copied()
                .ok_or_else(|| Error::input("there is no such node to cut behind"))?;
            own.add(own.unused_name("to_next_part"), Op::Readout, &[source])?;
        }
        let name = if cuts.is_empty() { model.name.clone() } else { format!("{}_part{}", model.name, n + 1) };
        let views = model.views.iter().filter(|(name, _)| own.find(name).is_some());
        let views = views.map(|(name, view)| (name.clone(), view.clone())).collect();
        let (producer, precision) = (model.producer.clone(), model.precision);
        // The first part reads the tokens.
        let padding = model.padding.filter(|_| n == 0);
        let part = Model { network: own, name, producer, views, precision, padding };
        if let Some(cut) = cut {
            let lowered = lower::lower(&part)?;
            let mask = input.filter(|(id, _)| {
                let later = |reader: &NodeId| before.as_ref().is_some_and(|before| !before.contains(reader));
                network.consumers(*id).iter().any(later)
            });
            let boundary =
                Boundary::of(network, cut, (&lowered, &whole), mask.map(|(_, input): (_, &Input)| input))
                    .map_err(|error| error.at_node(&network.node(cut).name))?;
            next = Some(boundary.clone());
            entry = Some((cut, boundary));
        }
        parts.push(Part { model: part, boundary: next });
    }
    Ok(parts)
}
