//! Description of a model: layers, shapes, levels, proven widths, memories.

use std::path::Path;

use serde::Serialize;

use super::energy::Bounds;
use crate::architecture::{Architecture, Design, OverlayOptions, Program};
use crate::emit;
use crate::error::{Error, Result};
use crate::graph::Operator;
use crate::integer::{self, cost};
use crate::lower::{self, LayerProof, Lowered};
use crate::quant::Precision;
use crate::snn::Model;

/// A node of the integer network.
#[derive(Serialize)]
pub struct Entry {
    /// The model's name.
    pub node: String,
    /// Its operator.
    pub kind: &'static str,
    /// Rows of its output.
    pub rows: usize,
    /// Channels of its output.
    pub channels: usize,
    /// Constants of the layer: weights, tables.
    pub parameters: usize,
    /// Bits of these.
    pub parameter_bits: u64,
    /// Neurons.
    pub neurons: usize,
    /// Bits of membranes and tracers, or of accumulated sums.
    pub state_bits: u64,
    /// Size of its multipliers: the sum of the products of the operands' widths.
    pub multiplier_bits: u64,
    /// Ranges and widths, in text.
    pub description: String,
}

/// Properties of a model without samples.
#[derive(Serialize)]
pub struct Inspection {
    /// The model's name.
    #[serde(rename = "model")]
    pub name: String,
    /// Program that wrote the original model.
    pub producer: String,
    /// Nodes of the integer network, in the order of the data.
    pub nodes: Vec<Entry>,
    /// Proofs of each layer of neurons.
    pub proof: Vec<LayerProof>,
    /// Neurons.
    pub neurons: usize,
    /// Constants.
    pub parameters: usize,
    /// Bits of these.
    pub parameter_bits: u64,
    /// Bits of membranes, tracers and sums.
    pub state_bits: u64,
    /// Size of all multipliers: for each, the product of the operands' widths.
    pub multiplier_bits: u64,
    /// Fraction bits of rounded operators.
    pub precision: Precision,
    /// Multiply-accumulates of linear layers.
    pub synapses: u64,
    /// The energy account.
    pub energy: Bounds,
    /// Program and machine, of the build folder of an overlay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
}

/// The overlay in a build folder; for a model, the one that is built without further options.
///
/// # Errors
/// When the folder is of another architecture, or the network cannot be computed by the overlay.
pub fn overlay(path: &Path, model: &Model, lowered: &Lowered) -> Result<Design> {
    let options = match emit::read_manifest(path) {
        Ok(manifest) => manifest.folding,
        Err(_) => OverlayOptions::sensible(&lowered.network).into(),
    };
    match options.architecture() {
        Architecture::Overlay => Design::plan(&model.name, &lowered.network, &options),
        other => {
            Err(Error::input(format!("this is a build of the {other} architecture, which has no program"))
                .at_file(path)
                .fix("give a model.snn, or a folder that was built with --architecture overlay"))
        }
    }
}

/// The program of a build folder of an overlay, if it is one; its cycles are estimated from random samples.
///
/// # Errors
/// When the folder is not as a build wrote it.
pub fn built_program(path: &Path, model: &Model, lowered: &Lowered) -> Result<Option<Program>> {
    match emit::read_manifest(path) {
        Ok(manifest) if manifest.folding.architecture() == Architecture::Overlay => {
            let design = overlay(path, model, lowered)?;
            let activity = design.random_activity(&lowered.network, model.raw_range(), model.background())?;
            Ok(design.program(&activity))
        }
        _ => Ok(None),
    }
}

/// Inspects a model.
///
/// # Errors
/// When it cannot be lowered.
pub fn inspect(model: &Model) -> Result<Inspection> {
    Ok(inspect_lowered(model, &lower::lower(model)?))
}

/// Inspects a model that is lowered already.
pub fn inspect_lowered(model: &Model, lowered: &Lowered) -> Inspection {
    let nodes = entries(lowered);
    Inspection {
        name: model.name.clone(),
        producer: model.producer.clone(),
        neurons: nodes.iter().map(|n| n.neurons).sum(),
        parameters: nodes.iter().map(|n| n.parameters).sum(),
        parameter_bits: nodes.iter().map(|n| n.parameter_bits).sum(),
        state_bits: nodes.iter().map(|n| n.state_bits).sum(),
        multiplier_bits: nodes.iter().map(|n| n.multiplier_bits).sum(),
        precision: model.precision,
        synapses: cost::synapses(&lowered.network),
        energy: Bounds::new(&cost::operations(&lowered.network)),
        proof: lowered.proof.clone(),
        program: None,
        nodes,
    }
}

fn entries(lowered: &Lowered) -> Vec<Entry> {
    let network = &lowered.network;
    network.topological().into_iter().map(|id| entry(network, id)).collect()
}

fn entry(network: &integer::Network, id: crate::graph::NodeId) -> Entry {
    let node = network.node(id);
    let cost::Memory { parameters, parameter_bits, neurons, state_bits } = cost::memory(network, id);
    Entry {
        node: node.name.clone(),
        kind: node.op.kind(),
        rows: node.shape.rows(),
        channels: node.shape.channels(),
        parameters,
        parameter_bits,
        neurons,
        state_bits,
        multiplier_bits: cost::multiplier_bits(&node.op),
        description: node.op.describe(),
    }
}
