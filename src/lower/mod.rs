//! Lowering: spiking network to integer network. Every constant is computed with exact rationals, and every decision
//! rule is proven with big integers.
//!
//! The mathematics is in `docs/numerics.md`.

mod affine;
mod dyadic;
mod exp;
mod function;
mod grid;
mod input;
mod interval;
mod layer_norm;
mod lif;
mod linear;
mod neuron;
mod product;
mod prove;
mod rational;
mod readout;
mod softmax;
mod sum;
mod ties;
mod unit;
mod value;

use std::collections::{BTreeMap, HashMap};

use num_rational::BigRational;
use num_traits::ToPrimitive;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::graph::{NodeId, Operator, Shape};
use crate::integer::{self, Op, Rule};
use crate::quant::{Encoding, Precision, Rounding};
use crate::snn;
use dyadic::Dyadic;
use grid::Grids;
pub use prove::Proven;
use value::{Column, Value};

/// Result of lowering.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The integer network: same node names and edges as the spiking network, except that LayerNorm, softmax and
    /// functions are merged with the neurons that read them.
    pub network: integer::Network,
    /// Real value of its logits.
    pub readout: RealReadout,
    /// What was proven, one entry per layer of neurons, in topological order.
    pub proof: Vec<LayerProof>,
    /// Layers of IF and LIF neurons whose membranes are not exact: name, and what is rounded.
    pub rounded: Vec<(String, String)>,
    /// Units of the residual sums, by name.
    pub units: BTreeMap<String, SumUnit>,
}

/// Unit of a residual sum.
#[derive(Clone, Debug, PartialEq)]
pub struct SumUnit {
    /// The real value of 1.
    pub value: BigRational,
    /// Whether all that is added is a multiple of it, so that nothing is rounded.
    pub is_exact: bool,
}

impl SumUnit {
    /// The unit as a float, if it is one.
    pub fn float(&self) -> Option<f64> {
        let float = rational::to_f64(&self.value);
        (BigRational::from_float(float).as_ref() == Some(&self.value)).then_some(float)
    }

    /// A range that holds all values of `range`, which are in units of `other`.
    pub fn range_of(&self, range: integer::Range, other: &Self) -> Option<integer::Range> {
        let scaled = |value: i64| &other.value * BigRational::from_integer(value.into()) / &self.value;
        let (low, high) = (scaled(range.low).floor(), scaled(range.high).ceil());
        Some(integer::Range::new(low.to_integer().to_i64()?, high.to_integer().to_i64()?))
    }
}

/// The real logits: `logit_c = scale_c·A_c + bias_c`. Each constant is the `f64` nearest to the exact one.
#[derive(Clone, Debug, PartialEq)]
pub struct RealReadout {
    /// Real value of 1 in the accumulated integer logit, one entry per channel.
    pub scale: Vec<f64>,
    /// Real logit at `A = 0`, one entry per channel.
    pub bias: Vec<f64>,
    /// Real value of 1 in the ordered value of [`integer::Readout`].
    pub unit: f64,
}

/// Proof of a layer of neurons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerProof {
    /// Name of the layer.
    pub name: String,
    /// Number of channels.
    pub channels: usize,
    /// Number of levels, over all channels.
    pub levels: usize,
    /// `affine`, `table`, `layer_norm` or `softmax`.
    pub rule: &'static str,
    /// Fraction bits of the membrane; 0 for a table.
    pub fraction: u32,
    /// Whether one threshold θ serves all channels; never for a table.
    pub common_theta: bool,
    /// Number of inequalities proven with big integers.
    pub inequalities: u64,
    /// The inequalities, and the number of each.
    pub proven: Proven,
    /// Width in bits of the accumulated input `A`.
    pub accumulator_width: u32,
    /// Width in bits of the membrane; for a table, of `A`.
    pub membrane_width: u32,
}

/// Lowers a spiking network, with the model's own fraction bits for rounded operators.
///
/// # Errors
/// Names the node whose constants are not finite, whose scales do not fit together, or whose integers would be too
/// wide.
pub fn lower(model: &snn::Model) -> Result<Lowered> {
    lower_with(model, model.precision)
}

/// As [`lower`], with these fraction bits instead.
///
/// # Errors
/// As [`lower`].
pub fn lower_with(model: &snn::Model, precision: Precision) -> Result<Lowered> {
    precision.check().map_err(Error::input)?;
    let source = &model.network;
    source.check("lowering")?;
    let mut walk = Walk { precision, grids: Grids::of(source, precision), ..Walk::default() };
    for id in source.topological() {
        let node = source.node(id);
        let Some((op, inputs)) = walk.lower(source, id).map_err(|error| error.at_node(&node.name))? else {
            continue;
        };
        let missing = || Error::input("this node reads what only neurons can read").at_node(&node.name);
        let inputs = inputs.iter().map(|i| walk.lowered.get(i).copied().ok_or_else(missing));
        let inputs: Vec<NodeId> = inputs.collect::<Result<_>>()?;
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
    let Walk { network, proof, rounded, grids, .. } = walk;
    let sums = source.topological().into_iter().filter(|&id| matches!(source.node(id).op, snn::Op::Sum(_)));
    let unit = |id| (source.node(id).name.clone(), grids.describe(id, precision.residual));
    let units = sums.map(unit).collect();
    Ok(Lowered { network, readout, proof, rounded, units })
}

/// State of the graph traversal.
#[derive(Default)]
struct Walk {
    precision: Precision,
    grids: Grids,
    network: integer::Network,
    /// Nodes of the spiking network and their counterparts.
    lowered: HashMap<NodeId, NodeId>,
    /// Meaning of the outputs of the nodes of the spiking network; `None` for readouts.
    values: HashMap<NodeId, Value>,
    inputs: usize,
    readouts: Vec<RealReadout>,
    proof: Vec<LayerProof>,
    rounded: Vec<(String, String)>,
}

impl Walk {
    /// The unit of a sum that reads these values with these shapes: a finer one than that of others if factors need it.
    ///
    /// # Errors
    /// If something else than neurons reads a sum that needs a finer unit.
    fn unit_of_sum(
        &self,
        source: &snn::Network,
        id: NodeId,
        sum: &snn::Sum,
        read: &[(&Value, &Shape)],
    ) -> Result<Dyadic> {
        let fraction = self.precision.residual;
        let Some(unit) = sum::unit_of_factors(sum, read, fraction).map_err(Error::input)? else {
            return Ok(self.unit(id));
        };
        let decides = |op: &snn::Op| matches!(op, snn::Op::Neuron(_) | snn::Op::Function(_));
        if !source.consumers(id).iter().all(|&reader| decides(&source.node(reader).op)) {
            let problem = format!(
                "rotary positions need units of {}, and what is not quantised behind them has {fraction} fraction bits",
                unit.describe()
            );
            let fix =
                "quantise the value behind its rotation, or round the weights before it: --weight-bits 8";
            return Err(Error::input(problem).fix(fix));
        }
        Ok(unit)
    }

    /// The operator of a node and its inputs; `None` if it is merged with its readers.
    fn lower(&mut self, source: &snn::Network, id: NodeId) -> Result<Option<(Op, Vec<NodeId>)>> {
        let node = source.node(id);
        let inputs = source.inputs(id);
        let (op, value) = match &node.op {
            snn::Op::Input(input) => {
                self.inputs += 1;
                let (input, value) = input::lower(input, &node.shape).map_err(Error::input)?;
                (Op::Input(input), value)
            }
            snn::Op::Linear(linear) => {
                if matches!(source.node(self.only(&inputs)?).op, snn::Op::Linear(_)) {
                    let problem = "a linear layer reads another one without a quantiser between them";
                    let fix = "merge the two layers into one, or quantise the value between them";
                    return Err(Error::input(problem).fix(fix));
                }
                let readers = source.consumers(id);
                // Factors are coefficients in the weights' own unit, so weights keep it.
                let plain = |sum: &snn::Sum, reader: NodeId| {
                    let inputs = source.inputs(reader);
                    (0..inputs.len())
                        .all(|port| inputs[port] != id || sum.factors.get(port).is_none_or(Vec::is_empty))
                };
                let adds = |reader: NodeId| matches!(&source.node(reader).op, snn::Op::Sum(sum) if plain(sum, reader));
                let summed = !readers.is_empty() && readers.iter().all(|&reader| adds(reader));
                let read = self.value(&inputs, 0)?;
                let (linear, value) = if summed && linear.weights.is_wide() {
                    linear::lower_summand(linear, node.shape.rows(), read, self.precision.residual)?
                } else {
                    linear::lower(linear, node.shape.rows(), read)?
                };
                (Op::Linear(linear), value)
            }
            snn::Op::MaxPool(window) => {
                if let read @ (snn::Op::Linear(_) | snn::Op::Sum(_) | snn::Op::Product(_)) =
                    &source.node(self.only(&inputs)?).op
                {
                    let problem = format!("a pool reads a {} without neurons between them", read.kind());
                    return Err(Error::input(problem).fix("quantise the value before the pool"));
                }
                let (pool, value) = linear::max_pool(window, self.value(&inputs, 0)?)?;
                (Op::MaxPool(pool), value)
            }
            snn::Op::Neuron(quantiser) => return self.neurons(source, id, quantiser).map(Some),
            snn::Op::Lif(lif) => {
                let shape = &source.node(self.only(&inputs)?).shape;
                let lowered = lif::lower(lif, &columns(self.value(&inputs, 0)?, shape)?);
                let fix = "ask for fewer bits with --membrane-bits, or fewer time-steps";
                let (lif, value, rounded) = lowered.map_err(|problem| Error::input(problem).fix(fix))?;
                let widths = (lif.total.signed_width(), lif.membrane.signed_width());
                let channels = node.shape.channels();
                self.proof.push(proof(&node.name, "lif", channels, (0, 1), lif.fraction, widths));
                self.rounded.extend(rounded.map(|what| (node.name.clone(), what)));
                (Op::Lif(lif), value)
            }
            snn::Op::LayerNorm(_) | snn::Op::Softmax(_) | snn::Op::Function(_) => return Ok(None),
            snn::Op::Arrange(arrange) => {
                let value = self.value(&inputs, 0)?;
                let of = arrange.order.iter().map(|&e| value.of[e % value.of.len()]).collect();
                let value = Value { kinds: value.kinds.clone(), of };
                (Op::Arrange(arrange.clone()), value)
            }
            snn::Op::Select(select) => {
                let value = self.value(&inputs, 0)?;
                let skipped = select.first * node.shape.channels();
                let of = (0..value.of.len()).map(|e| value.of[(e + skipped) % value.of.len()]).collect();
                let value = Value { kinds: value.kinds.clone(), of };
                (Op::Select(*select), value)
            }
            snn::Op::Embedding(table) => {
                self.is_token_input(source, self.only(&inputs)?)?;
                let (table, value) = sum::embedding(table, self.unit(id)).map_err(Error::input)?;
                (Op::Embedding(table), value)
            }
            snn::Op::Sum(sum) => {
                let read =
                    |(port, &i): (usize, &NodeId)| Ok((self.value(&inputs, port)?, &source.node(i).shape));
                let read: Vec<(&Value, &Shape)> =
                    inputs.iter().enumerate().map(read).collect::<Result<_>>()?;
                let unit = self.unit_of_sum(source, id, sum, &read)?;
                let (sum, value) = sum::lower(sum, &read, unit).map_err(Error::input)?;
                self.grids.refine(id, unit);
                (Op::Sum(sum), value)
            }
            snn::Op::Product(product) => {
                let shape = |port: usize| &source.node(inputs[port]).shape;
                let left = columns(self.value(&inputs, 0)?, shape(0))?;
                let right = columns(self.value(&inputs, 1)?, shape(1))?;
                let length = match product.form {
                    snn::Form::Scores => shape(1).channels() / product.heads,
                    snn::Form::Mix => shape(1).rows(),
                    snn::Form::Gate => 1,
                };
                let (product, value) =
                    product::lower(product, &left, &right, length).map_err(Error::input)?;
                (Op::Product(product), value)
            }
            snn::Op::Readout => {
                let fix = "use one weight scale for all outputs of the last layer, and biases not far beyond its sums";
                let (readout, real) = readout::lower(&columns(self.value(&inputs, 0)?, &node.shape)?)
                    .map_err(|problem| Error::input(problem).fix(fix))?;
                self.readouts.push(real);
                return Ok(Some((Op::Readout(readout), inputs)));
            }
        };
        self.values.insert(id, value);
        Ok(Some((op, inputs)))
    }

    /// The unit of a sum or a table.
    fn unit(&self, id: NodeId) -> Dyadic {
        self.grids.unit(id, self.precision.residual)
    }

    /// Neurons, with the LayerNorm, softmax or function that they read.
    fn neurons(
        &mut self,
        source: &snn::Network,
        id: NodeId,
        quantiser: &crate::quant::Quantiser,
    ) -> Result<(Op, Vec<NodeId>)> {
        let node = source.node(id);
        let inputs = source.inputs(id);
        let read = self.only(&inputs)?;
        let through = source.inputs(read);
        let channels = node.shape.channels();
        let (op, inputs, proof) = match &source.node(read).op {
            snn::Op::LayerNorm(norm) => {
                let below = columns(self.value(&through, 0)?, &node.shape)?;
                let norm = layer_norm::lower(
                    norm,
                    quantiser,
                    &below,
                    self.precision.affine,
                    self.grids.root_fraction,
                )
                .map_err(Error::input)?;
                let widths = (norm.total.signed_width(), norm.decision_width);
                let proof =
                    proof(&node.name, "layer_norm", channels, (norm.low, norm.high), norm.fraction, widths);
                (Op::LayerNorm(norm), through, proof)
            }
            snn::Op::Softmax(softmax) => {
                if let [_, mask] = through[..] {
                    self.is_token_input(source, mask)?;
                }
                let below = columns(self.value(&through, 0)?, &node.shape)?;
                let softmax =
                    softmax::lower(softmax, quantiser, &below, self.precision).map_err(Error::input)?;
                let widths = (softmax.total.signed_width(), softmax.decision_width);
                let levels = (softmax.low, softmax.high);
                let proof = proof(&node.name, "softmax", channels, levels, softmax.exp_fraction, widths);
                (Op::Softmax(softmax), through, proof)
            }
            read @ (snn::Op::Input(_)
            | snn::Op::Linear(_)
            | snn::Op::Neuron(_)
            | snn::Op::Lif(_)
            | snn::Op::Arrange(_)
            | snn::Op::Select(_)
            | snn::Op::Embedding(_)
            | snn::Op::Sum(_)
            | snn::Op::Product(_)
            | snn::Op::Function(_)
            | snn::Op::MaxPool(_)
            | snn::Op::Readout) => {
                let (function, inputs) = if let snn::Op::Function(function) = read {
                    (Some(function), through)
                } else {
                    (None, inputs)
                };
                // Where no value lies on a boundary, ties are rounded up.
                let mut upwards = quantiser.clone();
                if function.is_none()
                    && ties::alternates(quantiser.rounding)
                    && ties::sum_behind(source, inputs[0])
                        .is_some_and(|sum| ties::never(source, sum, quantiser))
                {
                    upwards.rounding = Rounding::HalfUp;
                }
                let quantiser = &upwards;
                let columns = columns(self.value(&inputs, 0)?, &node.shape)?;
                let lowered = match function {
                    None => neuron::lower(quantiser, &columns),
                    Some(function) => neuron::lower_function(function, quantiser, &columns),
                };
                let (neuron, value) = lowered.map_err(Error::input)?;
                let proven = prove::prove(&neuron, quantiser, function, &columns).map_err(Error::check)?;
                self.proof.push(summary(&node.name, &neuron, proven));
                self.values.insert(id, value);
                return Ok((Op::Neuron(neuron), inputs));
            }
        };
        self.proof.push(proof);
        self.values.insert(id, neuron::output(quantiser, channels).map_err(Error::input)?);
        Ok((op, inputs))
    }

    /// The counterpart of the source of a node with a single input.
    fn only(&self, inputs: &[NodeId]) -> Result<NodeId> {
        inputs.first().copied().ok_or_else(|| Error::input("this node reads nothing"))
    }

    /// Meaning of input `port`.
    fn value(&self, inputs: &[NodeId], port: usize) -> Result<&Value> {
        let value = inputs.get(port).and_then(|i| self.values.get(i));
        value.ok_or_else(|| Error::input("this node reads nothing, or reads what only neurons can read"))
    }

    /// Whether a node is the raw input, applied once and unscaled.
    fn is_token_input(&self, source: &snn::Network, id: NodeId) -> Result<()> {
        if let snn::Op::Input(input) = &source.node(id).op
            && input.spec.zero_point() == 0
            && input.encoding == Encoding::Analog
        {
            return Ok(());
        }
        Err(Error::input("this node reads tokens, which must be the raw input in analog encoding")
            .fix("use --input u16 --scale 1 --zero-point 0"))
    }
}

/// Entry of a layer whose decisions are exact only by construction.
fn proof(
    name: &str,
    rule: &'static str,
    channels: usize,
    (low, high): (i32, i32),
    fraction: u32,
    (accumulator_width, membrane_width): (u32, u32),
) -> LayerProof {
    LayerProof {
        name: name.to_owned(),
        channels,
        levels: usize::try_from(high - low + 1).unwrap_or(0),
        rule,
        fraction,
        common_theta: false,
        inequalities: 0,
        proven: Proven::new(),
        accumulator_width,
        membrane_width,
    }
}

/// The channels of a value that is read in this shape.
fn columns<'a>(value: &'a Value, shape: &Shape) -> Result<Vec<Column<'a>>> {
    let fix = "use one scale for all elements of the input";
    value.columns(shape.rows(), shape.channels()).map_err(|problem| Error::input(problem).fix(fix))
}

/// Result of the proof of the finished constants.
fn summary(name: &str, neuron: &integer::Neuron, proven: Proven) -> LayerProof {
    let (rule, fraction, common_theta) = match &neuron.rule {
        Rule::Affine { fraction, theta, .. } => ("affine", *fraction, theta.windows(2).all(|t| t[0] == t[1])),
        Rule::Table => ("table", 0, false),
    };
    LayerProof {
        name: name.to_owned(),
        channels: neuron.channels(),
        levels: neuron.steps() + 1,
        rule,
        fraction,
        common_theta,
        inequalities: proven.values().sum(),
        proven,
        accumulator_width: neuron.total.signed_width(),
        membrane_width: neuron.membrane.signed_width(),
    }
}
