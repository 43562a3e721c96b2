//! `graph.json`: the nodes, sources before their readers.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::tensors::{Reader, Writer};
use crate::error::{Error, Result, printable};
use crate::graph::{NodeId, Shape};
use crate::quant::{Encoding, InputSpec, Quantiser, Rounding, Weights};
use crate::snn::{Input, Linear, Model, Network, Op};

const FORMAT: &str = "snn2rtl.model";
const VERSION: u64 = 1;

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    format_version: u64,
    name: String,
    producer: String,
    nodes: Vec<FileNode>,
}

/// What is read first, whatever else the file holds.
#[derive(Deserialize)]
struct Head {
    format: String,
    format_version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileNode {
    name: String,
    op: FileOp,
    inputs: Vec<String>,
    shape: Shape,
}

/// An operator without its tensors.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum FileOp {
    Input { sample: Shape, spec: InputSpec, encoding: Encoding },
    Linear { bias: bool },
    Neuron { rounding: Rounding },
    Readout {},
}

/// Name of a tensor of the node at this position.
fn tensor(position: usize, what: &str) -> String {
    format!("nodes.{position}.{what}")
}

/// The contents of `graph.json` and `weights.safetensors`.
pub(super) fn encode(model: &Model) -> Result<(Vec<u8>, Vec<u8>)> {
    let network = &model.network;
    let mut tensors = Writer::default();
    let mut nodes = Vec::new();
    for (position, id) in network.topological().into_iter().enumerate() {
        let node = network.node(id);
        let op = match &node.op {
            Op::Input(Input { sample, spec, encoding }) => {
                FileOp::Input { sample: sample.clone(), spec: spec.clone(), encoding: *encoding }
            }
            Op::Linear(Linear { weights, bias }) => {
                let shape = vec![weights.outputs, weights.inputs];
                tensors.smallest(tensor(position, "weight"), shape, &weights.levels);
                tensors.floats(tensor(position, "scale"), &weights.scale);
                if !bias.is_empty() {
                    tensors.doubles(tensor(position, "bias"), bias);
                }
                FileOp::Linear { bias: !bias.is_empty() }
            }
            Op::Neuron(Quantiser { scale, low, high, rounding }) => {
                tensors.floats(tensor(position, "scale"), scale);
                tensors.integers(tensor(position, "low"), vec![low.len()], low);
                tensors.integers(tensor(position, "high"), vec![high.len()], high);
                FileOp::Neuron { rounding: *rounding }
            }
            Op::Readout => FileOp::Readout {},
        };
        let inputs = network.inputs(id).into_iter().map(|i| network.node(i).name.clone()).collect();
        nodes.push(FileNode { name: node.name.clone(), op, inputs, shape: node.shape.clone() });
    }
    let file = File {
        format: FORMAT.to_owned(),
        format_version: VERSION,
        name: model.name.clone(),
        producer: model.producer.clone(),
        nodes,
    };
    let mut text = serde_json::to_vec_pretty(&file)
        .map_err(|e| Error::input(format!("the model cannot be written as JSON: {e}")))?;
    text.push(b'\n');
    Ok((text, tensors.encode()?))
}

/// The model; checks everything that [`Network::add`] and [`Network::check`] do not.
pub(super) fn decode(text: &[u8], mut tensors: Reader<'_>) -> Result<Model> {
    let damaged = |e: serde_json::Error| {
        Error::input(format!("graph.json is not what a model needs: {}", printable(&e.to_string())))
            .fix("docs/model-format.md describes every field")
    };
    let head: Head = serde_json::from_slice(text).map_err(damaged)?;
    if head.format != FORMAT || head.format_version != VERSION {
        let format = printable(&head.format);
        let problem = format!(
            "format {format:?}, version {}; this program reads {FORMAT:?}, version {VERSION}",
            head.format_version
        );
        return Err(Error::input(problem).fix("convert the model again with this version of snn2rtl"));
    }
    let file: File = serde_json::from_slice(text).map_err(damaged)?;
    let mut network = Network::new();
    let mut ids: HashMap<String, NodeId> = HashMap::new();
    for (position, node) in file.nodes.into_iter().enumerate() {
        let id = add(&mut network, &ids, &mut tensors, position, &node).map_err(|e| e.at_node(&node.name))?;
        if ids.insert(node.name.clone(), id).is_some() {
            return Err(Error::input("two nodes have this name").at_node(&node.name));
        }
    }
    tensors.finish()?;
    Ok(Model { network, name: file.name, producer: file.producer })
}

fn add(
    network: &mut Network,
    ids: &HashMap<String, NodeId>,
    tensors: &mut Reader<'_>,
    position: usize,
    node: &FileNode,
) -> Result<NodeId> {
    let inputs = node.inputs.iter().map(|name| {
        ids.get(name).copied().ok_or_else(|| {
            Error::input(format!("reads {:?}, which is not a node before it", printable(name)))
                .fix("list the nodes such that each comes after all that it reads")
        })
    });
    let inputs: Vec<NodeId> = inputs.collect::<Result<_>>()?;
    let op = match &node.op {
        FileOp::Input { sample, spec, encoding } => {
            Op::Input(Input { sample: sample.clone(), spec: spec.clone(), encoding: *encoding })
        }
        FileOp::Linear { bias } => {
            let (outputs, inputs, levels) = tensors.matrix(&tensor(position, "weight"))?;
            let scale = tensors.floats(&tensor(position, "scale"))?;
            let values = if *bias { tensors.doubles(&tensor(position, "bias"))? } else { Vec::new() };
            if *bias && values.is_empty() {
                return Err(Error::input("the bias has no values"));
            }
            Op::Linear(Linear { weights: Weights { inputs, outputs, levels, scale }, bias: values })
        }
        FileOp::Neuron { rounding } => Op::Neuron(Quantiser {
            scale: tensors.floats(&tensor(position, "scale"))?,
            low: tensors.integers(&tensor(position, "low"))?,
            high: tensors.integers(&tensor(position, "high"))?,
            rounding: *rounding,
        }),
        FileOp::Readout {} => Op::Readout,
    };
    let id = network.add(&node.name, op, &inputs)?;
    let inferred = &network.node(id).shape;
    // Before anything is computed from it.
    if !inferred.is_sane() || *inferred != node.shape {
        return Err(Error::input(format!(
            "the recorded shape {} is not {inferred}, which follows from the node's inputs",
            node.shape
        )));
    }
    Ok(id)
}
