//! `graph.json`: the nodes, sources before their readers.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::tensors::{Reader, Writer};
use crate::error::{Error, Result, printable};
use crate::graph::{Band, NodeId, Shape, Window};
use crate::quant::{Encoding, Function, InputSpec, Padding, Precision, Quantiser, Rounding, Weights};
use crate::snn::{
    Arrange, Embedding, Form, Input, LayerNorm, Lif, Linear, Model, Network, Op, Product, Reset, Select,
    Softmax, Sum, Time, View,
};

const FORMAT: &str = "snn2rtl.model";
/// Version of a file without `precision`, which means [`Precision::EXACT`].
const VERSION: u64 = 1;

/// Version of a file with `precision`.
const VERSION_WITH_PRECISION: u64 = 2;

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    format_version: u64,
    name: String,
    producer: String,
    /// Fraction bits of the operators that are rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    precision: Option<Precision>,
    /// What the padding of samples of token ids must keep to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    padding: Option<Padding>,
    nodes: Vec<FileNode>,
}

/// The part that is read first, independently of the rest of the file.
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
    /// Shape of these neurons in the original model, if it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    view: Option<Shape>,
}

/// An operator without its tensors.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum FileOp {
    Input {
        sample: Shape,
        spec: InputSpec,
        encoding: Encoding,
    },
    Linear {
        bias: bool,
        #[serde(default = "one", skip_serializing_if = "is_one")]
        divisor: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window: Option<Window>,
    },
    Neuron {
        rounding: Rounding,
    },
    Lif {
        time: Time,
        reset: Reset,
        above: bool,
        bits: u32,
        synapse: bool,
    },
    Arrange {
        shape: Shape,
    },
    Select {
        first: usize,
        count: usize,
    },
    Embedding {},
    Sum {
        first: Vec<usize>,
        constant: bool,
        /// Inputs whose elements have factors.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        factors: Vec<usize>,
        /// Inputs whose columns are rows of the sum.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        turned: Vec<usize>,
    },
    LayerNorm {
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        centred: bool,
    },
    Product {
        form: Form,
        heads: usize,
    },
    Softmax {
        groups: usize,
        factor: f64,
        padding: Option<i32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        behind: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ahead: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        always: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        behind_block: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ahead_block: Option<u32>,
    },
    Function {
        steps: Function,
    },
    MaxPool {
        window: Window,
    },
    Readout {},
}

/// The divisor of a layer that reads no mean.
fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_one(divisor: &u32) -> bool {
    *divisor == 1
}

/// Whether a LayerNorm subtracts the mean.
fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_yes(value: &bool) -> bool {
    *value
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
            Op::Linear(Linear { weights, divisor, bias, window }) => {
                let shape = vec![weights.outputs, weights.inputs];
                tensors.smallest(tensor(position, "weight"), shape, &weights.levels);
                tensors.doubles(tensor(position, "scale"), &weights.scale);
                if !bias.is_empty() {
                    tensors.doubles(tensor(position, "bias"), bias);
                }
                FileOp::Linear { bias: !bias.is_empty(), divisor: *divisor, window: window.clone() }
            }
            Op::Neuron(Quantiser { scale, low, high, rounding }) => {
                tensors.floats(tensor(position, "scale"), scale);
                tensors.integers(tensor(position, "low"), vec![low.len()], low);
                tensors.integers(tensor(position, "high"), vec![high.len()], high);
                FileOp::Neuron { rounding: *rounding }
            }
            Op::Lif(lif) => {
                tensors.doubles(tensor(position, "threshold"), &lif.threshold);
                tensors.doubles(tensor(position, "leak"), &lif.leak);
                tensors.doubles(tensor(position, "value"), &lif.value);
                tensors.doubles(tensor(position, "start"), &lif.start);
                if !lif.synapse.is_empty() {
                    tensors.doubles(tensor(position, "synapse"), &lif.synapse);
                }
                let (time, reset, above, bits) = (lif.time, lif.reset, lif.above, lif.bits);
                FileOp::Lif { time, reset, above, bits, synapse: !lif.synapse.is_empty() }
            }
            Op::Arrange(Arrange { shape, order }) => {
                tensors.integers(tensor(position, "order"), vec![order.len()], &small(order)?);
                FileOp::Arrange { shape: shape.clone() }
            }
            Op::Select(Select { first, count }) => FileOp::Select { first: *first, count: *count },
            Op::Embedding(Embedding { table, .. }) => {
                tensors.floats(tensor(position, "table"), table);
                FileOp::Embedding {}
            }
            Op::Sum(Sum { first, constant, factors, turned, .. }) => {
                if !constant.is_empty() {
                    tensors.doubles(tensor(position, "constant"), constant);
                }
                let listed: Vec<usize> = (0..factors.len()).filter(|&n| !factors[n].is_empty()).collect();
                for &n in &listed {
                    tensors.doubles(tensor(position, &format!("factors_{n}")), &factors[n]);
                }
                FileOp::Sum {
                    first: first.clone(),
                    constant: !constant.is_empty(),
                    factors: listed,
                    turned: turned.clone(),
                }
            }
            Op::LayerNorm(LayerNorm { gamma, beta, epsilon, centred }) => {
                tensors.floats(tensor(position, "gamma"), gamma);
                tensors.floats(tensor(position, "beta"), beta);
                tensors.floats(tensor(position, "epsilon"), &[*epsilon]);
                FileOp::LayerNorm { centred: *centred }
            }
            Op::Product(Product { form, heads }) => FileOp::Product { form: *form, heads: *heads },
            Op::Softmax(Softmax { groups, factor, padding, band }) => {
                let other = |n: u32, usual: u32| (n != usual).then_some(n);
                FileOp::Softmax {
                    groups: *groups,
                    factor: *factor,
                    padding: *padding,
                    behind: band.behind,
                    ahead: band.ahead,
                    always: other(band.always, 0),
                    behind_block: other(band.behind_block, 1),
                    ahead_block: other(band.ahead_block, 1),
                }
            }
            Op::Function(steps) => FileOp::Function { steps: steps.clone() },
            Op::MaxPool(window) => FileOp::MaxPool { window: window.clone() },
            Op::Readout => FileOp::Readout {},
        };
        let inputs = network.inputs(id).into_iter().map(|i| network.node(i).name.clone()).collect();
        let view = match model.views.get(&node.name) {
            None => None,
            Some(View { shape, order }) => {
                tensors.integers(tensor(position, "view"), vec![order.len()], &small(order)?);
                Some(shape.clone())
            }
        };
        nodes.push(FileNode { name: node.name.clone(), op, inputs, shape: node.shape.clone(), view });
    }
    let precision = Some(model.precision).filter(|&p| p != Precision::EXACT);
    let file = File {
        format: FORMAT.to_owned(),
        format_version: if precision.is_some() { VERSION_WITH_PRECISION } else { VERSION },
        name: model.name.clone(),
        producer: model.producer.clone(),
        precision,
        padding: model.padding,
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
    if head.format != FORMAT || ![VERSION, VERSION_WITH_PRECISION].contains(&head.format_version) {
        let format = printable(&head.format);
        let problem = format!(
            "format {format:?}, version {}; this program reads {FORMAT:?}, versions {VERSION} and {VERSION_WITH_PRECISION}",
            head.format_version
        );
        return Err(Error::input(problem).fix("convert the model again with this version of snn2rtl"));
    }
    let file: File = serde_json::from_slice(text).map_err(damaged)?;
    let precision = match (file.precision, file.format_version) {
        (None, VERSION) => Precision::EXACT,
        (Some(precision), VERSION_WITH_PRECISION) => precision,
        (None, _) => return Err(Error::input("a model of version 2 needs 'precision'")),
        (Some(_), _) => return Err(Error::input("a model of version 1 has no 'precision'")),
    };
    precision.check().map_err(Error::input)?;
    let mut network = Network::new();
    let mut ids: HashMap<String, NodeId> = HashMap::new();
    let mut views = BTreeMap::new();
    for (position, node) in file.nodes.into_iter().enumerate() {
        let id = add(&mut network, &ids, &mut tensors, position, &node).map_err(|e| e.at_node(&node.name))?;
        if let Some(shape) = node.view {
            let order = tensors.integers(&tensor(position, "view"))?;
            let order = order.into_iter().map(|e| usize::try_from(e).unwrap_or(usize::MAX)).collect();
            let view = View { shape, order };
            check_view(&network, id, &view).map_err(|e| e.at_node(&node.name))?;
            views.insert(node.name.clone(), view);
        }
        if ids.insert(node.name.clone(), id).is_some() {
            return Err(Error::input("two nodes have this name").at_node(&node.name));
        }
    }
    tensors.finish()?;
    let padding = file.padding;
    Ok(Model { network, name: file.name, producer: file.producer, views, precision, padding })
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
        FileOp::Linear { bias, divisor, window } => {
            let (outputs, inputs, levels) = tensors.matrix(&tensor(position, "weight"))?;
            let scale = tensors.doubles(&tensor(position, "scale"))?;
            let values = if *bias { tensors.doubles(&tensor(position, "bias"))? } else { Vec::new() };
            if *bias && values.is_empty() {
                return Err(Error::input("the bias has no values"));
            }
            let weights = Weights { inputs, outputs, levels, scale };
            Op::Linear(Linear { weights, divisor: *divisor, bias: values, window: window.clone() })
        }
        FileOp::Neuron { rounding } => Op::Neuron(Quantiser {
            scale: tensors.floats(&tensor(position, "scale"))?,
            low: tensors.integers(&tensor(position, "low"))?,
            high: tensors.integers(&tensor(position, "high"))?,
            rounding: *rounding,
        }),
        FileOp::Lif { time, reset, above, bits, synapse } => {
            let mut list = |what: &str| tensors.doubles(&tensor(position, what));
            let synapse = if *synapse { list("synapse")? } else { Vec::new() };
            let lists = [list("threshold")?, list("leak")?, list("value")?, list("start")?];
            if lists.iter().any(Vec::is_empty) {
                return Err(Error::input("a list of parameters is empty"));
            }
            let [threshold, leak, value, start] = lists;
            let (time, reset, above, bits) = (*time, *reset, *above, *bits);
            Op::Lif(Lif { time, reset, above, threshold, leak, value, start, synapse, bits })
        }
        FileOp::Arrange { shape } => {
            let order = tensors.integers(&tensor(position, "order"))?;
            let order = order.into_iter().map(|e| usize::try_from(e).unwrap_or(usize::MAX)).collect();
            Op::Arrange(Arrange { shape: shape.clone(), order })
        }
        FileOp::Select { first, count } => Op::Select(Select { first: *first, count: *count }),
        FileOp::Embedding {} => Op::Embedding(Embedding {
            channels: node.shape.channels(),
            table: tensors.floats(&tensor(position, "table"))?,
        }),
        FileOp::Sum { first, constant, factors: listed, turned } => {
            let (rows, channels) = (node.shape.rows(), node.shape.channels());
            let values = if *constant { tensors.doubles(&tensor(position, "constant"))? } else { Vec::new() };
            let mut factors = vec![Vec::new(); if listed.is_empty() { 0 } else { first.len() }];
            for &n in listed {
                let list = factors.get_mut(n).ok_or_else(|| Error::input(format!("factors of input {n}")))?;
                *list = tensors.doubles(&tensor(position, &format!("factors_{n}")))?;
            }
            Op::Sum(Sum {
                rows,
                channels,
                first: first.clone(),
                constant: values,
                factors,
                turned: turned.clone(),
            })
        }
        FileOp::LayerNorm { centred } => {
            let gamma = tensors.floats(&tensor(position, "gamma"))?;
            let beta = tensors.floats(&tensor(position, "beta"))?;
            let epsilon = tensors.floats(&tensor(position, "epsilon"))?;
            let [epsilon] = epsilon[..] else {
                return Err(Error::input(format!("{} values of 'epsilon'; expected 1", epsilon.len())));
            };
            Op::LayerNorm(LayerNorm { gamma, beta, epsilon, centred: *centred })
        }
        FileOp::Product { form, heads } => Op::Product(Product { form: *form, heads: *heads }),
        FileOp::Softmax { groups, factor, padding, behind, ahead, always, behind_block, ahead_block } => {
            let band = Band {
                behind: *behind,
                ahead: *ahead,
                always: always.unwrap_or(0),
                behind_block: behind_block.unwrap_or(1),
                ahead_block: ahead_block.unwrap_or(1),
            };
            Op::Softmax(Softmax { groups: *groups, factor: *factor, padding: *padding, band })
        }
        FileOp::Function { steps } => Op::Function(steps.clone()),
        FileOp::MaxPool { window } => Op::MaxPool(window.clone()),
        FileOp::Readout {} => Op::Readout,
    };
    let id = network.add(&node.name, op, &inputs)?;
    let inferred = &network.node(id).shape;
    // Checked before anything is computed from it.
    if !inferred.is_sane() || *inferred != node.shape {
        return Err(Error::input(format!(
            "the recorded shape {} is not {inferred}, which follows from the node's inputs",
            node.shape
        )));
    }
    Ok(id)
}

/// Checks that a view belongs to neurons and is a permutation of them.
fn check_view(network: &Network, id: NodeId, view: &View) -> Result<()> {
    let node = network.node(id);
    let mut seen = view.order.clone();
    seen.sort_unstable();
    let fits = matches!(node.op, Op::Neuron(_) | Op::Lif(_) | Op::Readout)
        && view.shape.is_sane()
        && view.shape.len() == node.shape.len()
        && seen.into_iter().eq(0..node.shape.len());
    if fits {
        Ok(())
    } else {
        Err(Error::input(format!("the view {} is not one of these values", view.shape)))
    }
}

/// Indices as 32-bit integers, which tensors hold.
fn small(indices: &[usize]) -> Result<Vec<i32>> {
    let index =
        |&i: &usize| i32::try_from(i).map_err(|_| Error::input(format!("the index {i} is too large")));
    indices.iter().map(index).collect()
}
