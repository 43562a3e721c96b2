//! `inspect`: layers, shapes, levels, proven widths, memories.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde::Serialize;

use super::{load, output};
use crate::error::{Result, printable};
use crate::graph::Operator;
use crate::integer::{self, Op};
use crate::lower::{self, LayerProof, Lowered};
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
    /// Additions of a weight if every neuron of every layer fired once.
    synapses: u64,
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
        synapses: synapses(&lowered.network),
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
        ("synapses", report.synapses),
        ("inequalities proven", report.proof.iter().map(|p| p.inequalities).sum()),
    ];
    let rows = figures.map(|(name, value)| [name.to_owned(), output::thousands(value)]);
    output::print(&output::table(["in total", ""], rows.into(), 1).to_string())?;
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
    let elements = node.shape.len();
    let bits = |count: usize, width: u32| count as u64 * u64::from(width);
    let level = |low: i32, high: i32| integer::Range::new(low.into(), high.into()).signed_width();
    let (parameters, parameter_bits, neurons, state_bits) = match &node.op {
        Op::Linear(l) => (l.weights.len(), bits(l.weights.len(), l.weight.signed_width()), 0, 0),
        Op::Neuron(n) => {
            let width = n.membrane.signed_width();
            let list = match &n.rule {
                integer::Rule::Line { theta, .. } => 2 * theta.len(),
                integer::Rule::Table => n.thresholds.len(),
            };
            (list, bits(list, width), elements, bits(elements, width + level(n.low, n.high)))
        }
        Op::Readout(r) => {
            (2 * r.channels, bits(2 * r.channels, r.value_width), 0, bits(elements, r.total.signed_width()))
        }
        Op::Embedding(e) => (e.table.len(), bits(e.table.len(), e.total.signed_width()), 0, 0),
        Op::Sum(s) => (
            s.start.len(),
            bits(s.start.len(), s.total.signed_width()),
            0,
            bits(elements, s.total.signed_width()),
        ),
        Op::Norm(n) => {
            let width = |list: &[i64]| {
                let range =
                    list.iter().fold(integer::Range::new(0, 0), |r, &v| r.union(integer::Range::new(v, v)));
                bits(list.len(), range.signed_width())
            };
            let list = n.gamma.len() + n.beta.len();
            (list, width(&n.gamma) + width(&n.beta), elements, bits(elements, level(n.low, n.high)))
        }
        Op::Softmax(s) => {
            let state = s.total.signed_width() + level(s.low, s.high);
            (s.table.len(), bits(s.table.len(), s.exp_fraction + 1), elements, bits(elements, state))
        }
        Op::Input(_) | Op::Arrange(_) | Op::Select(_) | Op::Product(_) => (0, 0, 0, 0),
    };
    Entry {
        node: node.name.clone(),
        kind: node.op.kind(),
        rows: node.shape.rows(),
        channels: node.shape.channels(),
        parameters,
        parameter_bits,
        neurons,
        state_bits,
        description: node.op.describe(),
    }
}

fn synapses(network: &integer::Network) -> u64 {
    let layers = network.topological().into_iter();
    layers
        .map(|id| match &network.node(id).op {
            Op::Linear(l) => (network.node(id).shape.rows() * l.inputs) as u64 * l.outputs as u64,
            _ => 0,
        })
        .sum()
}
