//! The compiled network.

use crate::error::Result;
use crate::integer::{Input, Network, Readout};

use super::embedding::EmbeddingPlan;
use super::neuron::NeuronPlan;
use super::pool::PoolPlan;
use super::product::ProductPlan;
use super::source::{Accumulation, Layer, Source};
use super::sum::SumPlan;
use super::synapse::SynapsePlan;

/// The golden model of an integer network; see the module documentation.
#[derive(Clone, Debug)]
pub struct Golden {
    pub(super) input: Input,
    /// In topological order.
    pub(super) stages: Vec<Stage>,
    pub(super) layers: Vec<Layer>,
    /// Stages that yield changes, in the order of their buffers.
    pub(super) accumulations: Vec<Accumulation>,
    /// Arrangements of the input: element `e` is element `order[e]` of the raw sample. The first is the identity,
    /// empty.
    pub(super) arrangements: Vec<Vec<usize>>,
    /// Whether every value is verified to lie in its proven range.
    pub(super) checked: bool,
}

/// One step of the pass through the network.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Synapse(SynapsePlan),
    Embedding(EmbeddingPlan),
    Sum(SumPlan),
    Product(ProductPlan),
    Pool(PoolPlan),
    Neuron(NeuronPlan),
    Readout(ReadoutPlan),
}

/// The readout.
#[derive(Clone, Debug)]
pub(super) struct ReadoutPlan {
    /// Index of the accumulation before it.
    pub input: usize,
    /// Elements of a row of that accumulation.
    pub stride: usize,
    pub rows: usize,
    pub channels: usize,
    pub readout: Readout,
}

impl Golden {
    /// Compiles a network, every value in the narrowest machine type that holds its proven range.
    ///
    /// # Errors
    /// If the network violates an invariant of graphs, does not have exactly one input and one readout, or two synaptic
    /// layers follow each other without neurons between them.
    pub fn new(network: &Network) -> Result<Self> {
        Self::compile(network, false)
    }

    /// As [`Self::new`], but with 64-bit values, each of which is verified at every time-step to lie in its proven
    /// range: a run panics if one does not. Slow; for tests of the proofs.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn checked(network: &Network) -> Result<Self> {
        Self::compile(network, true)
    }

    /// The neuron layers in topological order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// For every layer of neurons, the layers that its input comes from; `None` is the input of the network.
    pub fn layer_sources(&self) -> Vec<Vec<Option<usize>>> {
        let layer = |source: &Source| match *source {
            Source::Input(_) => None,
            Source::Layer { layer, .. } => Some(layer),
        };
        self.neurons().map(|plan| plan.sources.iter().map(layer).collect()).collect()
    }

    /// The input of the network.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Plans of the neuron layers in topological order.
    pub(super) fn neurons(&self) -> impl Iterator<Item = &NeuronPlan> {
        self.stages.iter().filter_map(|stage| match stage {
            Stage::Neuron(plan) => Some(plan),
            Stage::Synapse(_)
            | Stage::Embedding(_)
            | Stage::Sum(_)
            | Stage::Product(_)
            | Stage::Pool(_)
            | Stage::Readout(_) => None,
        })
    }
}
