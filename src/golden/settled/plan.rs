//! The compiled network.

use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::integer::{Embedding, Input, Network, Op, Range, Readout, Sum};

use super::super::schedule::SpikeCode;
use super::super::source::Layer;
use super::super::window::WindowPlan;
use super::layer_norm::LayerNormPlan;
use super::lif::LifPlan;
use super::linear::LinearPlan;
use super::neuron::NeuronPlan;
use super::product::ProductPlan;
use super::readers::Readers;
use super::softmax::SoftmaxPlan;

/// The golden model in the settled schedule; see the module's page.
#[derive(Clone, Debug)]
pub struct Settled {
    pub(super) code: SpikeCode,
    pub(super) input: Input,
    pub(super) layers: Vec<Layer>,
    pub(super) readers: Readers,
    /// In topological order; node `n` writes buffer `n`.
    pub(super) nodes: Vec<Node>,
}

/// A node of the network.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub step: Step,
    /// Buffers that it reads.
    pub inputs: Vec<usize>,
    /// Elements that it writes, and elements of a row.
    pub len: usize,
    pub channels: usize,
    /// Range of the values.
    pub range: Range,
}

/// What a node computes.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Input,
    Arrange(Vec<usize>),
    /// Elements from this one on.
    Select(usize),
    Embedding(Embedding),
    Linear(LinearPlan),
    Product(ProductPlan),
    Sum(Sum),
    Neuron(NeuronPlan),
    Lif(LifPlan),
    LayerNorm(LayerNormPlan),
    Softmax(SoftmaxPlan),
    MaxPool(WindowPlan),
    Readout(Readout),
}

impl Settled {
    /// Compiles a network.
    ///
    /// # Errors
    /// When the network violates an invariant of graphs, has not exactly one input and one readout, or a level or a raw
    /// element needs more than 32 bits.
    pub fn new(network: &Network, code: SpikeCode) -> Result<Self> {
        network.check("golden model")?;
        let mut plan = Compiler { network, buffers: Vec::new(), layers: Vec::new(), nodes: Vec::new() };
        let (mut inputs, mut readouts) = (Vec::new(), 0);
        for id in network.topological() {
            match &network.node(id).op {
                Op::Input(input) => {
                    let most = input.range.low.unsigned_abs().max(input.range.high.unsigned_abs());
                    if most.checked_mul(input.steps.into()).is_none_or(|sum| sum > i32::MAX as u64) {
                        let problem = format!("elements of {} in {} time-steps", input.range, input.steps);
                        return Err(Error::input(format!("{problem} need more than 32 bits"))
                            .at_node(&network.node(id).name)
                            .fix("use analog encoding, or fewer time-steps"));
                    }
                    inputs.push(input.clone());
                }
                Op::Readout(_) => readouts += 1,
                Op::Linear(_)
                | Op::Neuron(_)
                | Op::Lif(_)
                | Op::Arrange(_)
                | Op::Select(_)
                | Op::Embedding(_)
                | Op::Sum(_)
                | Op::LayerNorm(_)
                | Op::Product(_)
                | Op::MaxPool(_)
                | Op::Softmax(_) => {}
            }
            plan.add(id)?;
        }
        let found = inputs.len();
        match inputs.pop() {
            Some(input) if found == 1 && readouts == 1 => {
                let readers = Readers::new(network);
                Ok(Self { code, input, layers: plan.layers, readers, nodes: plan.nodes })
            }
            _ => Err(Error::input(format!("{found} inputs and {readouts} readouts instead of one of each"))),
        }
    }

    /// The neuron layers in topological order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What a spike is worth.
    pub fn code(&self) -> SpikeCode {
        self.code
    }
}

struct Compiler<'a> {
    network: &'a Network,
    /// Buffer of each node, by its index.
    buffers: Vec<usize>,
    layers: Vec<Layer>,
    nodes: Vec<Node>,
}

impl Compiler<'_> {
    fn add(&mut self, id: NodeId) -> Result<()> {
        let node = self.network.node(id);
        let sources = self.network.inputs(id);
        let inputs: Vec<usize> = sources.iter().map(|i| self.buffers[i.index()]).collect();
        let shape = |port: usize| &self.network.node(sources[port]).shape;
        // These are read as raw elements or levels.
        let small: &[usize] = match &node.op {
            Op::Linear(_) | Op::Embedding(_) | Op::Arrange(_) | Op::MaxPool(_) => &inputs[..1],
            Op::Product(_) => &inputs,
            Op::Softmax(_) => &inputs[1..],
            Op::Input(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Select(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Readout(_) => &[],
        };
        if let Some(&wide) = small.iter().find(|&&i| self.nodes[i].range.signed_width() > 32) {
            let problem = format!("it reads values of {}", self.nodes[wide].range);
            return Err(Error::input(problem)
                .at_node(&node.name)
                .fix("put neurons between this layer and the one before it"));
        }
        let step = match &node.op {
            Op::Input(_) => Step::Input,
            Op::Arrange(arrange) => Step::Arrange(arrange.order.clone()),
            Op::Select(select) => Step::Select(select.first * node.shape.channels()),
            Op::Embedding(embedding) => Step::Embedding(embedding.clone()),
            Op::Linear(linear) => Step::Linear(LinearPlan::new(linear, self.nodes[inputs[0]].range)),
            Op::Product(product) => {
                let right = shape(1);
                Step::Product(ProductPlan::new(product, right.rows(), right.channels()))
            }
            Op::Sum(sum) => Step::Sum(sum.clone()),
            Op::Neuron(neuron) => Step::Neuron(NeuronPlan::new(neuron)),
            Op::Lif(lif) => Step::Lif(LifPlan::new(lif, node.shape.channels())),
            Op::LayerNorm(norm) => Step::LayerNorm(LayerNormPlan::new(norm)),
            Op::Softmax(softmax) => Step::Softmax(SoftmaxPlan::new(softmax, node.shape.channels())),
            Op::MaxPool(pool) => Step::MaxPool(WindowPlan::of(&pool.window, Vec::new())),
            Op::Readout(readout) => Step::Readout(readout.clone()),
        };
        if let Op::Neuron(_) | Op::Lif(_) | Op::LayerNorm(_) | Op::Softmax(_) = &node.op {
            self.layers.push(Layer {
                name: node.name.clone(),
                node: id,
                rows: node.shape.rows(),
                channels: node.shape.channels(),
            });
        }
        if self.buffers.len() <= id.index() {
            self.buffers.resize(id.index() + 1, usize::MAX);
        }
        self.buffers[id.index()] = self.nodes.len();
        let (len, channels) = (node.shape.len(), node.shape.channels());
        let levels = |low: i32, high: i32| Range::new(low.into(), high.into());
        let range = match &node.op {
            Op::Input(input) => {
                let steps = i64::from(input.steps);
                Range::new(input.range.low.saturating_mul(steps), input.range.high.saturating_mul(steps))
            }
            Op::Arrange(_) | Op::Select(_) | Op::Readout(_) => self.nodes[inputs[0]].range,
            Op::Embedding(embedding) => embedding.total,
            Op::Linear(linear) => linear.total,
            Op::Product(product) => product.total,
            Op::MaxPool(pool) => pool.total,
            Op::Sum(sum) => sum.total,
            Op::Neuron(neuron) => levels(neuron.low, neuron.high),
            Op::Lif(_) => levels(0, 1),
            Op::LayerNorm(norm) => levels(norm.low, norm.high),
            Op::Softmax(softmax) => levels(softmax.low, softmax.high),
        };
        self.nodes.push(Node { step, inputs, len, channels, range });
        Ok(())
    }
}
