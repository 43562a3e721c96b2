//! The compiled network.

use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::integer::{Input, Network, Neuron, Op, Range, Readout, Rule};

use super::neuron::{Decision, NeuronPlan};
use super::state::{State, Width};
use super::synapse::{SynapsePlan, Weights};

/// The golden model of an integer network; see the module's page.
#[derive(Clone, Debug)]
pub struct Golden {
    pub(super) input: Input,
    /// In topological order.
    pub(super) stages: Vec<Stage>,
    pub(super) layers: Vec<Layer>,
    /// Whether every value is verified to lie in its proven range.
    pub(super) checked: bool,
}

/// A layer of neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The model's own name.
    pub name: String,
    /// The node in the integer network.
    pub node: NodeId,
    /// Number of rows (tokens).
    pub rows: usize,
    /// Number of channels.
    pub channels: usize,
}

/// Where events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Input,
    /// A layer of neurons.
    Layer(usize),
}

/// One step of the pass through the network.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Synapse(SynapsePlan),
    Neuron(NeuronPlan),
    Readout(ReadoutPlan),
}

/// The readout.
#[derive(Clone, Debug)]
pub(super) struct ReadoutPlan {
    /// Index of the synaptic layer before it.
    pub synapse: usize,
    /// Elements of a row of that layer.
    pub stride: usize,
    pub rows: usize,
    pub channels: usize,
    pub readout: Readout,
}

/// What a node of the integer network became.
#[derive(Clone, Copy)]
enum Place {
    Source(Source),
    Synapse(usize),
}

/// The places and stages made so far.
struct Compiler<'a> {
    network: &'a Network,
    checked: bool,
    places: Vec<Option<Place>>,
    stages: Vec<Stage>,
    synapses: Vec<(usize, Source)>,
    layers: Vec<Layer>,
}

impl Golden {
    /// Compiles a network, every value in the narrowest machine type that holds its proven range.
    ///
    /// # Errors
    /// When the network violates an invariant of graphs, has not exactly one input and one readout, or two synaptic
    /// layers follow each other without neurons between them.
    pub fn new(network: &Network) -> Result<Self> {
        Self::compile(network, false)
    }

    /// As [`Self::new`], but with 64-bit values, each of which is verified at every time-step to lie in its proven
    /// range: a run panics where one does not. Slow; for tests of the proofs.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn checked(network: &Network) -> Result<Self> {
        Self::compile(network, true)
    }

    fn compile(network: &Network, checked: bool) -> Result<Self> {
        network.check("golden model")?;
        let mut compiler = Compiler {
            network,
            checked,
            places: Vec::new(),
            stages: Vec::new(),
            synapses: Vec::new(),
            layers: Vec::new(),
        };
        let mut inputs = Vec::new();
        let mut readouts = 0;
        for id in network.topological() {
            let node = network.node(id);
            let place = match &node.op {
                Op::Input(input) => {
                    inputs.push(input.clone());
                    Some(Place::Source(Source::Input))
                }
                Op::Linear(linear) => Some(Place::Synapse(compiler.linear(id, linear)?)),
                Op::Neuron(neuron) => Some(Place::Source(compiler.neuron(id, neuron)?)),
                Op::Readout(readout) => {
                    readouts += 1;
                    compiler.readout(id, readout)?;
                    None
                }
            };
            if compiler.places.len() <= id.index() {
                compiler.places.resize(id.index() + 1, None);
            }
            compiler.places[id.index()] = place;
        }
        let found = inputs.len();
        match inputs.pop() {
            Some(input) if found == 1 && readouts == 1 => {
                Ok(Self { input, stages: compiler.stages, layers: compiler.layers, checked })
            }
            _ => Err(Error::input(format!("{found} inputs and {readouts} readouts; expected 1 and 1"))),
        }
    }

    /// The neuron layers in topological order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The input of the network.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Room for a run; reuse it from sample to sample.
    pub fn state(&self) -> State {
        State::new(self)
    }

    /// Plans of the neuron layers in topological order.
    pub(super) fn neurons(&self) -> impl Iterator<Item = &NeuronPlan> {
        self.stages.iter().filter_map(|stage| match stage {
            Stage::Neuron(plan) => Some(plan),
            Stage::Synapse(_) | Stage::Readout(_) => None,
        })
    }
}

impl Compiler<'_> {
    fn source(&self, id: NodeId) -> Result<Place> {
        let source = self.network.inputs(id).first().copied();
        source.and_then(|i| self.places[i.index()]).ok_or_else(|| {
            Error::input("golden model: reads nothing, or the readout").at_node(&self.network.node(id).name)
        })
    }

    /// The narrowest width for a range with one bit to spare, so that the difference of two values fits as well.
    fn width(&self, range: Range) -> Width {
        match range.signed_width() {
            _ if self.checked => Width::W64,
            0..=15 => Width::W16,
            16..=31 => Width::W32,
            _ => Width::W64,
        }
    }

    fn linear(&mut self, id: NodeId, linear: &crate::integer::Linear) -> Result<usize> {
        let node = self.network.node(id);
        let error = |problem: &str| Error::input(format!("golden model: {problem}")).at_node(&node.name);
        let Place::Source(source) = self.source(id)? else {
            return Err(error("reads a synaptic layer without neurons between them"));
        };
        if !linear.weights.iter().all(|&w| linear.weight.contains(w)) {
            return Err(error("a weight lies outside the range that is stated for the weights"));
        }
        let width = self.width(linear.partial.union(linear.delta));
        let plan = SynapsePlan::new(linear, source, node.shape.rows(), width);
        Ok(self.push_synapse(plan))
    }

    fn push_synapse(&mut self, plan: SynapsePlan) -> usize {
        self.synapses.push((plan.stride, plan.source));
        self.stages.push(Stage::Synapse(plan));
        self.synapses.len() - 1
    }

    /// The synaptic layer that a node reads; where it reads events directly, one that passes them on.
    fn synapse(&mut self, id: NodeId) -> Result<usize> {
        match self.source(id)? {
            Place::Synapse(index) => Ok(index),
            Place::Source(source) => {
                let shape = &self.network.node(id).shape;
                let width = if self.checked { Width::W64 } else { Width::W32 };
                Ok(self.push_synapse(SynapsePlan::passing(source, shape.rows(), shape.channels(), width)))
            }
        }
    }

    fn neuron(&mut self, id: NodeId, neuron: &Neuron) -> Result<Source> {
        let node = self.network.node(id);
        let synapse = self.synapse(id)?;
        let (stride, source) = self.synapses[synapse];
        let layer = Layer {
            name: node.name.clone(),
            node: id,
            rows: node.shape.rows(),
            channels: node.shape.channels(),
        };
        // Constants that no membrane ever meets may lie outside its range.
        let (decision, constants) = match &neuron.rule {
            Rule::Line { fraction, .. } if *fraction > 62 => {
                let problem =
                    format!("golden model: {fraction} fraction bits of a membrane; supported are 62");
                return Err(Error::input(problem).at_node(&node.name));
            }
            Rule::Line { fraction, theta, start } => {
                let list = theta.iter().chain(start);
                let range = list.fold(Range::new(0, 0), |r, &x| r.union(Range::new(x, x)));
                let decision =
                    Decision::Line { fraction: *fraction, theta: theta.clone(), start: start.clone() };
                // A shift by the width of the type or more is not defined.
                (decision, if *fraction < 30 { range } else { Range::new(i64::MIN, i64::MAX) })
            }
            Rule::Table => (Decision::Table { thresholds: neuron.thresholds.clone() }, Range::new(0, 0)),
        };
        let width = self.width(neuron.membrane.union(constants)).max(Width::W32);
        self.stages
            .push(Stage::Neuron(NeuronPlan::new(neuron, decision, &layer, synapse, stride, source, width)));
        self.layers.push(layer);
        Ok(Source::Layer(self.layers.len() - 1))
    }

    fn readout(&mut self, id: NodeId, readout: &Readout) -> Result<()> {
        let synapse = self.synapse(id)?;
        let shape = &self.network.node(id).shape;
        self.stages.push(Stage::Readout(ReadoutPlan {
            synapse,
            stride: self.synapses[synapse].0,
            rows: shape.rows(),
            channels: shape.channels(),
            readout: readout.clone(),
        }));
        Ok(())
    }
}

impl Weights {
    /// Whether the events themselves are passed on.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Passing)
    }
}
