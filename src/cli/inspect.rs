//! `inspect`: layers, shapes, levels, proven widths, memories.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde::Serialize;

use super::energy::Bounds;
use super::{load, output};
use crate::error::{Result, printable};
use crate::graph::Operator;
use crate::integer::{self, Op, cost};
use crate::lower::{self, LayerProof, Lowered};
use crate::quant::Precision;
use crate::snn::Model;

/// Arguments of `inspect`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn or a build folder.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Print the text form of the spiking and of the integer network as well.
    #[arg(long)]
    text: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A node of the integer network.
#[derive(Serialize)]
struct Entry {
    node: String,
    kind: &'static str,
    rows: usize,
    channels: usize,
    /// Numbers that the layer keeps: weights, tables.
    parameters: usize,
    /// Bits of these.
    parameter_bits: u64,
    /// Neurons.
    neurons: usize,
    /// Bits of membranes and tracers, or of accumulated sums.
    state_bits: u64,
    /// Size of its multipliers: for each, the product of the operands' widths.
    multiplier_bits: u64,
    description: String,
}

#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    producer: &'a str,
    nodes: Vec<Entry>,
    proof: &'a [LayerProof],
    neurons: usize,
    parameters: usize,
    parameter_bits: u64,
    state_bits: u64,
    multiplier_bits: u64,
    /// Fraction bits of the operators that are not exact.
    precision: Precision,
    /// Weights times the places where they act: multiply-accumulates of linear layers.
    synapses: u64,
    energy: Bounds,
}

/// Loads, lowers, prints.
///
/// # Errors
/// When the model is damaged or cannot be lowered.
pub fn run(args: &Args) -> Result<()> {
    let model = load::model(&args.model)?;
    let lowered = lower::lower(&model)?;
    let nodes = entries(&lowered);
    let report = Report {
        name: &model.name,
        producer: &model.producer,
        neurons: nodes.iter().map(|n| n.neurons).sum(),
        parameters: nodes.iter().map(|n| n.parameters).sum(),
        parameter_bits: nodes.iter().map(|n| n.parameter_bits).sum(),
        state_bits: nodes.iter().map(|n| n.state_bits).sum(),
        multiplier_bits: nodes.iter().map(|n| n.multiplier_bits).sum(),
        precision: model.precision,
        synapses: synapses(&lowered.network),
        energy: Bounds::new(&cost::operations(&lowered.network)),
        proof: &lowered.proof,
        nodes,
    };
    if args.json {
        return output::json(&report);
    }
    output::print(&format!("{}, from {}", printable(report.name), printable(report.producer)))?;
    output::print(&node_table(&report.nodes))?;
    output::print(&proof_table(report.proof))?;
    let figures = [
        ("neurons", report.neurons as u64),
        ("parameters", report.parameters as u64),
        ("bits of parameters", report.parameter_bits),
        ("bits of state", report.state_bits),
        ("bits of multipliers", report.multiplier_bits),
        ("synapses", report.synapses),
        ("inequalities proven", report.proof.iter().map(|p| p.inequalities).sum()),
    ];
    let rows = figures.map(|(name, value)| [name.to_owned(), output::thousands(value)]);
    output::print(&output::table(["in total", ""], rows.into(), 1).to_string())?;
    if report.multiplier_bits > 0 {
        let [residual, affine, exponent, scale] = report.precision.bits();
        let profile = if report.precision == Precision::EXACT { "exact" } else { "compact" };
        output::print(&format!(
            "profile {profile}: fraction bits of residual sums {residual}, of γ and β {affine}, of the exponential \
             {exponent}, of the softmax scale {scale}"
        ))?;
    }
    output::print(&report.energy.table())?;
    if args.text {
        output::print(&model.network.text())?;
        output::print(&lowered.network.text())?;
    }
    Ok(())
}

/// The layers of a model as a table.
///
/// # Errors
/// When it cannot be lowered.
pub fn layers(model: &Model) -> Result<String> {
    Ok(node_table(&entries(&lower::lower(model)?)))
}

fn node_table(nodes: &[Entry]) -> String {
    let rows = nodes.iter().map(|n| {
        [
            printable(&n.node),
            n.kind.to_owned(),
            format!("{}×{}", n.rows, n.channels),
            output::thousands(n.parameters as u64),
            output::thousands(n.parameter_bits),
            output::thousands(n.state_bits),
            n.description.clone(),
        ]
    });
    let header = ["node", "kind", "output", "parameters", "bits", "state bits", "ranges"];
    output::table(header, rows.collect(), 7).to_string()
}

fn proof_table(proof: &[LayerProof]) -> String {
    let rows = proof.iter().map(|p| {
        [
            printable(&p.name),
            p.rule.to_owned(),
            p.levels.to_string(),
            p.fraction.to_string(),
            if p.common_theta { "one".into() } else { "per channel".into() },
            p.accumulator_width.to_string(),
            p.membrane_width.to_string(),
            output::thousands(p.inequalities),
        ]
    });
    let header = ["neurons", "rule", "levels", "fraction", "θ", "bits of A", "bits of V", "inequalities"];
    output::table(header, rows.collect(), 2).to_string()
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

fn synapses(network: &integer::Network) -> u64 {
    let synapses = |id| match &network.node(id).op {
        Op::Linear(l) => (network.node(id).shape.rows() * l.inputs) as u64 * l.outputs as u64,
        _ => 0,
    };
    network.topological().into_iter().map(synapses).sum()
}
