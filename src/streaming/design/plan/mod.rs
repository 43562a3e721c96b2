//! Integer network → design.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | the walk through the network, streams and the forks between them |
//! | `sources.rs` | input, linear layers, their neurons, readout |
//! | `rows.rs` | residual sums, LayerNorm, softmax, products |
//! | `folding.rs` | options, layer by layer |
//! | `lanes.rs` | how many lanes per node's stream has, seen from the whole network |
//! | `depth.rs` | FIFO depths where paths join |

mod depth;
mod folding;
mod lanes;
mod rows;
mod sources;

use std::collections::HashMap;

pub use folding::{Joins, LayerFolding, Options};

use super::stage::{Kind, Stage};
use super::{Carries, Design, Groups, Stream};
use crate::error::{Error, Result};
use crate::graph::{Band, NodeId};
use crate::integer::{Form, Network, Op, Range};

/// Plans the network as a pipeline of stages.
///
/// # Errors
/// When an option is out of range, or the network has something that there is no hardware for.
pub fn plan(model: &str, network: &Network, options: &Options) -> Result<Design> {
    let order = network.topological();
    for &id in &order {
        let node = network.node(id);
        match &node.op {
            Op::MaxPool(_) => return Err(without_stage(&node.name, "a max pool")),
            Op::Softmax(softmax) if softmax.band != Band::ALL => {
                let what = format!("a mask by position ({})", softmax.band);
                return Err(without_stage(&node.name, &what));
            }
            Op::LayerNorm(norm) if !norm.centred => {
                return Err(without_stage(&node.name, "an RMSNorm"));
            }
            Op::Product(product) if product.form == Form::Gate => {
                return Err(without_stage(&node.name, "a gate"));
            }
            Op::Lif(_) => return Err(without_stage(&node.name, LIF)),
            Op::Linear(linear) if linear.window.is_some() => {
                return Err(without_stage(&node.name, "a convolution or an average pool"));
            }
            Op::Input(_)
            | Op::Linear(_)
            | Op::Neuron(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::Readout(_) => {}
        }
    }
    options.check(network)?;
    let input = order
        .iter()
        .find_map(|&id| if let Op::Input(input) = &network.node(id).op { Some((id, input)) } else { None });
    let (input_id, input) = input.ok_or_else(|| Error::input("the network has no input"))?;
    let mut planner = Planner::new(model, network, input_id, input, options.clone());
    for id in order {
        planner.node(id)?;
    }
    planner.finish()
}

/// Neurons that have no stage.
const LIF: &str = "neurons with time-steps of their own (IF, LIF)";

/// The error for an operator that only the overlay has.
fn without_stage(name: &str, what: &str) -> Error {
    Error::input(format!("the streaming architecture has no stage for {what}"))
        .at_node(name)
        .fix("build with --architecture overlay")
}

/// Every reading of every node: reader and port, in the order of the data.
fn readers(network: &Network) -> HashMap<NodeId, Vec<(NodeId, usize)>> {
    let mut readers: HashMap<_, Vec<_>> = HashMap::new();
    for reader in network.topological() {
        for (port, input) in network.inputs(reader).into_iter().enumerate() {
            readers.entry(input).or_default().push((reader, port));
        }
    }
    readers
}

/// A design under construction.
struct Planner<'a> {
    network: &'a Network,
    /// By node: its readers.
    readers: HashMap<NodeId, Vec<(NodeId, usize)>>,
    options: Options,
    /// Time-steps in which the input is applied, and the range of its elements.
    steps: u32,
    input_range: Range,
    design: Design,
    /// By node: streams of it that nobody reads yet.
    open: Vec<Vec<usize>>,
    /// By stream: how many whole time-steps it comes after the input at the earliest.
    lags: Vec<usize>,
}

impl Planner<'_> {
    fn node(&mut self, id: NodeId) -> Result<()> {
        let network = self.network;
        let node = network.node(id);
        let stream = match &node.op {
            Op::Input(_) => Some(0),
            Op::Linear(linear) => Some(self.linear(id, linear)?),
            Op::Neuron(neuron) => Some(self.neurons(id, neuron)?),
            Op::Arrange(arrange) => Some(self.arrange(id, arrange)?),
            Op::Select(select) => Some(self.select(id, *select)?),
            Op::Embedding(embedding) => Some(self.embedding(id, embedding)?),
            Op::Sum(sum) => Some(self.sum(id, sum)?),
            Op::LayerNorm(norm) => Some(self.layer_norm(id, norm)?),
            Op::Product(product) => Some(self.product(id, product)?),
            Op::Softmax(softmax) => Some(self.softmax(id, softmax)?),
            Op::MaxPool(_) => return Err(without_stage(&node.name, "a max pool")),
            Op::Lif(_) => return Err(without_stage(&node.name, LIF)),
            Op::Readout(readout) => {
                self.readout(id, readout)?;
                None
            }
        };
        match stream {
            Some(stream) => self.fork(id, stream),
            None => Ok(()),
        }
    }

    /// A stream for each reader of a node.
    fn fork(&mut self, id: NodeId, stream: usize) -> Result<()> {
        let readers = self.readers(id).len();
        let streams = match readers {
            0 => return Err(self.error(id, "is read by nothing")),
            1 => vec![stream],
            _ => {
                let copy = self.design.streams[stream].with_depth(self.options.fifo_depth);
                let outputs: Vec<usize> = (0..readers).map(|_| self.stream(copy.clone(), stream)).collect();
                let name = self.network.node(id).name.clone();
                let stage =
                    Stage { node: name, kind: Kind::Fork, inputs: vec![stream], outputs: outputs.clone() };
                self.design.stages.push(stage);
                outputs
            }
        };
        if self.open.len() <= id.index() {
            self.open.resize(id.index() + 1, Vec::new());
        }
        self.open[id.index()] = streams;
        Ok(())
    }

    /// Every reading of a node: reader and port, in the order of the data.
    fn readers(&self, id: NodeId) -> &[(NodeId, usize)] {
        self.readers.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The stream that a node reads at a port; each is given once.
    fn take(&mut self, id: NodeId, port: usize) -> Result<usize> {
        let source = self.network.inputs(id).get(port).copied();
        let open = source.and_then(|source| self.open.get_mut(source.index()));
        open.and_then(Vec::pop).ok_or_else(|| self.error(id, "reads something that is no stream"))
    }

    /// Adds a stream that is as late as another one.
    fn stream(&mut self, stream: Stream, like: usize) -> usize {
        self.design.streams.push(stream);
        self.lags.push(self.lags[like]);
        self.design.streams.len() - 1
    }

    /// Adds a stage that reads `inputs` and writes one stream, as late as the latest of them.
    fn stage(&mut self, id: NodeId, kind: Kind, inputs: Vec<usize>, output: Beat) -> usize {
        let latest = inputs.iter().copied().max_by_key(|&s| self.lags[s]).unwrap_or(0);
        let (carries, lanes, (rows, channels)) = output;
        let depth = self.options.fifo_depth;
        let stream = self.stream(Stream { carries, lanes, depth, rows, channels, groups: None }, latest);
        let node = self.network.node(id).name.clone();
        self.design.stages.push(Stage { node, kind, inputs, outputs: vec![stream] });
        stream
    }

    fn set_groups(&mut self, stream: usize, groups: Groups) {
        self.design.streams[stream].groups = Some(groups);
    }

    fn error(&self, id: NodeId, problem: &str) -> Error {
        Error::input(format!("hardware: {problem}")).at_node(&self.network.node(id).name)
    }

    fn finish(self) -> Result<Design> {
        match self.design.stages.iter().filter(|s| matches!(s.kind, Kind::Readout(_))).count() {
            1 => Ok(self.design),
            count => Err(Error::input(format!("the network has {count} readouts; hardware needs one"))),
        }
    }
}

/// What a stage writes: content, lanes, rows and channels.
type Beat = (Carries, usize, (usize, usize));
