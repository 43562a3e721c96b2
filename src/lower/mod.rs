//! Lowering: the spiking network becomes the integer network. Exact rationals decide every constant, and every decision
//! rule is proven with big integers.
//!
//! The mathematics is in `docs/numerics.md`.

mod input;
mod interval;
mod line;
mod linear;
mod neuron;
mod prove;
mod rational;
mod readout;
mod unit;
mod value;

use std::collections::HashMap;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::integer::{self, Op, Rule};
use crate::snn;
use value::{Column, Value};

/// What lowering yields.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The integer network: same node names and edges as the spiking network.
    pub network: integer::Network,
    /// What its logits are worth.
    pub readout: RealReadout,
    /// What was proven, one entry a layer of neurons, in topological order.
    pub proof: Vec<LayerProof>,
}

/// The real logits: `logit_c = scale_c·A_c + bias_c`. Each constant is the `f64` nearest to the exact one.
#[derive(Clone, Debug, PartialEq)]
pub struct RealReadout {
    /// Real value of 1 in the accumulated integer logit, one entry a channel.
    pub scale: Vec<f64>,
    /// Real logit at `A = 0`, one entry a channel.
    pub bias: Vec<f64>,
    /// Real value of 1 in the ordered value of [`integer::Readout`].
    pub unit: f64,
}

/// What was proven of a layer of neurons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerProof {
    /// The layer's name.
    pub name: String,
    /// Number of channels.
    pub channels: usize,
    /// Number of levels, over all channels.
    pub levels: usize,
    /// `line` or `table`.
    pub rule: &'static str,
    /// Fraction bits of the membrane; 0 for a table.
    pub fraction: u32,
    /// Whether one threshold θ serves all channels; never for a table.
    pub common_theta: bool,
    /// Number of inequalities proven with big integers.
    pub inequalities: u64,
    /// Width in bits of the accumulated input `A`.
    pub accumulator_width: u32,
    /// Width in bits of the membrane; for a table, of `A`.
    pub membrane_width: u32,
}

/// Lowers a spiking network.
///
/// # Errors
/// Names the node whose constants are not finite, whose scales do not fit together, or whose integers would be too wide.
pub fn lower(model: &snn::Model) -> Result<Lowered> {
    let source = &model.network;
    source.check("lowering")?;
    let mut walk = Walk::default();
    for id in source.topological() {
        let node = source.node(id);
        let op = walk.lower(source, id).map_err(|error| error.at_node(&node.name))?;
        let inputs: Vec<NodeId> = source.inputs(id).iter().map(|i| walk.lowered[i]).collect();
        walk.lowered.insert(id, walk.network.add(&node.name, op, &inputs)?);
    }
    if walk.inputs != 1 {
        return Err(Error::input(format!("the network has {} inputs; expected 1", walk.inputs)));
    }
    let [readout] = &walk.readouts[..] else {
        return Err(Error::input(format!("the network has {} readouts; expected 1", walk.readouts.len())));
    };
    let readout = readout.clone();
    walk.network.check("lowered network")?;
    Ok(Lowered { network: walk.network, readout, proof: walk.proof })
}

/// State of the walk through the graph.
#[derive(Default)]
struct Walk {
    network: integer::Network,
    /// Nodes of the spiking network and what they became.
    lowered: HashMap<NodeId, NodeId>,
    /// What the outputs of the spiking network's nodes mean; none for readouts.
    values: HashMap<NodeId, Value>,
    inputs: usize,
    readouts: Vec<RealReadout>,
    proof: Vec<LayerProof>,
}

impl Walk {
    fn lower(&mut self, source: &snn::Network, id: NodeId) -> Result<Op> {
        let node = source.node(id);
        let read = source.inputs(id).first().copied();
        let (op, value) = match (&node.op, read.and_then(|r| Some((r, self.values.get(&r)?)))) {
            (snn::Op::Input(input), _) => {
                self.inputs += 1;
                let (input, value) = input::lower(input, &node.shape).map_err(Error::input)?;
                (Op::Input(input), value)
            }
            (snn::Op::Linear(linear), Some((read, value))) => {
                if matches!(source.node(read).op, snn::Op::Linear(_)) {
                    let problem = "a linear layer reads another one without a quantiser between them";
                    let fix = "merge the two layers into one, or quantise the value between them";
                    return Err(Error::input(problem).fix(fix));
                }
                let (linear, value) = linear::lower(linear, node.shape.rows(), value)?;
                (Op::Linear(linear), value)
            }
            (snn::Op::Neuron(quantiser), Some((_, value))) => {
                let columns = columns(value, &node.shape)?;
                let (neuron, value) = neuron::lower(quantiser, &columns).map_err(Error::input)?;
                let inequalities = prove::prove(&neuron, quantiser, &columns).map_err(Error::check)?;
                self.proof.push(summary(&node.name, &neuron, inequalities));
                (Op::Neuron(neuron), value)
            }
            (snn::Op::Readout, Some((_, value))) => {
                let fix = "use one weight scale for all outputs of the last layer, and biases not far beyond its sums";
                let (readout, real) = readout::lower(&columns(value, &node.shape)?)
                    .map_err(|problem| Error::input(problem).fix(fix))?;
                self.readouts.push(real);
                return Ok(Op::Readout(readout));
            }
            (_, None) => return Err(Error::input("this node reads nothing, or reads a readout")),
        };
        self.values.insert(id, value);
        Ok(op)
    }
}

/// The channels of a value that is read in this shape.
fn columns<'a>(value: &'a Value, shape: &Shape) -> Result<Vec<Column<'a>>> {
    let fix = "use one scale for all elements of the input";
    value.columns(shape.rows(), shape.channels()).map_err(|problem| Error::input(problem).fix(fix))
}

/// What the finished constants show.
fn summary(name: &str, neuron: &integer::Neuron, inequalities: u64) -> LayerProof {
    let (rule, fraction, common_theta) = match &neuron.rule {
        Rule::Line { fraction, theta, .. } => ("line", *fraction, theta.windows(2).all(|t| t[0] == t[1])),
        Rule::Table => ("table", 0, false),
    };
    LayerProof {
        name: name.to_owned(),
        channels: neuron.channels(),
        levels: neuron.steps() + 1,
        rule,
        fraction,
        common_theta,
        inequalities,
        accumulator_width: neuron.total.signed_width(),
        membrane_width: neuron.membrane.signed_width(),
    }
}
