//! The units of residual sums: the numbers of which everything that is added is a multiple, where there are such.
//!
//! A residual stream whose terms have scales `s·2^k`, and constants that are multiples of `s·2^k`, is exact with as many
//! bits as its levels need. All others are fixed point with `2^−R` (`docs/numerics.md`).

use std::collections::{HashMap, HashSet};

use super::SumUnit;
use super::dyadic::Dyadic;
use super::rational::decimal;
use super::ties;
use crate::graph::NodeId;
use crate::quant::{Encoding, Precision, Scaling};
use crate::snn;

/// Bits that a unit of its own must save. Scales without a common factor save a few bits by chance, and networks with
/// different fraction bits of the roots of LayerNorm cannot be loaded into one machine.
const SAVED: u32 = 8;

/// Fraction bits beyond those of fixed point that a sum of levels may have to be exact, if no LayerNorm reads it.
const BEYOND: u32 = 10;

/// The units of a network's sums and tables.
#[derive(Debug, Default)]
pub(super) struct Grids {
    units: HashMap<NodeId, Dyadic>,
    /// Those of which everything that is added is a multiple.
    exact: HashSet<NodeId>,
    /// Fraction bits of the roots of all LayerNorms.
    pub root_fraction: u32,
}

impl Grids {
    /// Of the sums and tables of a network. Sums that read each other have one unit.
    pub fn of(network: &snn::Network, precision: Precision) -> Self {
        let fixed = Dyadic::fraction(precision.residual);
        let mut streams = Streams::default();
        let ids = network.topological();
        for &id in &ids {
            streams.visit(network, id, fixed);
        }
        let finer = finer(network, &ids, precision);
        let found = |id| Some((id, streams.found[streams.root(*streams.of.get(&id)?)]));
        let found: HashMap<NodeId, Found> = ids.iter().filter_map(|&id| found(id)).collect();
        // More than R bits are not needed, however large the unit: the root is at least that of a unit.
        let bits_beyond = |unit: Dyadic| unit.bits_beyond(precision.residual).min(precision.residual);
        // One number for all LayerNorms, so that the hardware has one shift. If one of them reads fixed point, all sums are
        // in fixed point.
        let norms = ids.iter().filter(|&&id| matches!(network.node(id).op, snn::Op::LayerNorm(_)));
        let roots: Vec<u32> = norms
            .map(|&id| {
                let source = network.inputs(id).first().copied();
                let own = |source| match found.get(&source) {
                    Some(found) => Some(found.unit(fixed)),
                    None => term(network, source),
                };
                source.and_then(own).map_or(0, bits_beyond)
            })
            .collect();
        let is_fixed = roots.iter().any(|&bits| bits < SAVED);
        let own = |id: &NodeId, found: Found| match finer.get(id) {
            Some(&unit) if is_fixed || found.unit(fixed) == fixed => unit,
            _ if is_fixed => fixed,
            _ => found.unit(fixed),
        };
        let units = found.iter().map(|(id, &found)| (*id, own(id, found))).collect();
        let exact =
            found.iter().filter(|(id, found)| finer.contains_key(id) || found.is_exact_in(own(id, **found)));
        let exact = exact.map(|(&id, _)| id).collect();
        let root_fraction = if is_fixed { 0 } else { roots.into_iter().max().unwrap_or(0) };
        Self { units, exact, root_fraction }
    }

    /// Gives a sum this unit, a finer one if only neurons read it.
    pub fn refine(&mut self, id: NodeId, unit: Dyadic) {
        self.units.insert(id, unit);
    }

    /// For readers of the lowered network.
    pub fn describe(&self, id: NodeId, fraction: u32) -> SumUnit {
        SumUnit { value: self.unit(id, fraction).value(), is_exact: self.exact.contains(&id) }
    }

    /// The unit of a sum or a table.
    pub fn unit(&self, id: NodeId, fraction: u32) -> Dyadic {
        self.units.get(&id).copied().unwrap_or(Dyadic::fraction(fraction))
    }
}

/// Units below that of fixed point in which sums of levels are exact, of those that no LayerNorm reads; none for networks
/// whose user asks for fewer bits.
fn finer(network: &snn::Network, ids: &[NodeId], precision: Precision) -> HashMap<NodeId, Dyadic> {
    if precision.residual < Precision::EXACT.residual {
        return HashMap::new();
    }
    let finest = Dyadic::fraction(precision.residual + BEYOND);
    let mut streams = Streams::default();
    ids.iter().for_each(|&id| streams.visit(network, id, finest));
    let stream = |id: NodeId| streams.of.get(&id).map(|&stream| streams.root(stream));
    let norms = ids.iter().filter(|&&id| matches!(network.node(id).op, snn::Op::LayerNorm(_)));
    let read: HashSet<usize> = norms.filter_map(|&id| stream(network.inputs(id).first().copied()?)).collect();
    // Neurons for which ties matter would need a table with finer units.
    let tied = |&id: &NodeId| {
        let snn::Op::Neuron(quantiser) = &network.node(id).op else { return None };
        let sum = ties::sum_behind(network, network.inputs(id).first().copied()?)?;
        let matters = ties::alternates(quantiser.rounding) && !ties::never(network, sum, quantiser);
        if matters { stream(sum) } else { None }
    };
    let tied: HashSet<usize> = ids.iter().filter_map(tied).collect();
    let unit = |id: NodeId| {
        let root = stream(id).filter(|root| !read.contains(root) && !tied.contains(root))?;
        let Found::Exact(unit) = streams.found[root] else { return None };
        let fraction = u32::try_from(-unit.exponent).ok()?;
        (precision.residual + 1..=precision.residual + BEYOND)
            .contains(&fraction)
            .then(|| (id, Dyadic::fraction(fraction)))
    };
    ids.iter().filter_map(|&id| unit(id)).collect()
}

/// What is known of the unit of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Nothing was added but zeros.
    Nothing,
    /// All terms are multiples of it.
    Exact(Dyadic),
    /// Some term is not a multiple of anything as large as the unit of fixed point.
    Rounded,
}

impl Found {
    /// That of fixed point, unless the own one has at least [`SAVED`] bits fewer.
    fn unit(self, fixed: Dyadic) -> Dyadic {
        match self {
            Self::Exact(unit) if unit.bits_beyond(fixed.as_fraction().unwrap_or(0)) >= SAVED => unit,
            Self::Exact(_) | Self::Nothing | Self::Rounded => fixed,
        }
    }

    /// Whether all terms are multiples of `unit`, which is the own one or that of fixed point.
    fn is_exact_in(self, unit: Dyadic) -> bool {
        match self {
            Self::Nothing => true,
            Self::Exact(own) => own == unit || own.exponent >= unit.exponent && unit.odd == 1,
            Self::Rounded => false,
        }
    }

    fn and(self, other: Self, fixed: Dyadic) -> Self {
        match (self, other) {
            (Self::Rounded, _) | (_, Self::Rounded) => Self::Rounded,
            (Self::Nothing, found) | (found, Self::Nothing) => found,
            (Self::Exact(a), Self::Exact(b)) => Self::exact(a.common(b), fixed),
        }
    }

    /// Unless the unit is below that of fixed point.
    fn exact(unit: Dyadic, fixed: Dyadic) -> Self {
        let fraction = fixed.as_fraction().unwrap_or(0);
        // Of odd units with `bits_beyond` 0, `odd·2^exponent` is below `2^−fraction` but for the power itself.
        if unit.bits_beyond(fraction) > 0 || unit == fixed { Self::Exact(unit) } else { Self::Rounded }
    }
}

/// Sums and tables that are added to each other; a forest of merged streams.
#[derive(Debug, Default)]
struct Streams {
    found: Vec<Found>,
    parent: Vec<usize>,
    /// The stream that a node's value is of.
    of: HashMap<NodeId, usize>,
}

impl Streams {
    fn root(&self, mut stream: usize) -> usize {
        while self.parent[stream] != stream {
            stream = self.parent[stream];
        }
        stream
    }

    fn begin(&mut self, found: Found) -> usize {
        self.found.push(found);
        self.parent.push(self.parent.len());
        self.parent.len() - 1
    }

    fn visit(&mut self, network: &snn::Network, id: NodeId, fixed: Dyadic) {
        match &network.node(id).op {
            snn::Op::Embedding(table) => {
                let found = constants(table.table.iter().map(|&x| f64::from(x)), fixed);
                let stream = self.begin(found);
                self.of.insert(id, stream);
            }
            snn::Op::Sum(sum) => {
                let mut stream = self.begin(constants(sum.constant.iter().copied(), fixed));
                for (port, &source) in network.inputs(id).iter().enumerate() {
                    // The products with factors are multiples of nothing; the source keeps its own unit.
                    if sum.factors.get(port).is_some_and(|list| !list.is_empty()) {
                        let root = self.root(stream);
                        self.found[root] = Found::Rounded;
                        continue;
                    }
                    if let Some(&other) = self.of.get(&source) {
                        stream = self.merge(stream, other, fixed);
                        continue;
                    }
                    let found =
                        term(network, source).map_or(Found::Rounded, |unit| Found::exact(unit, fixed));
                    let root = self.root(stream);
                    self.found[root] = self.found[root].and(found, fixed);
                }
                self.of.insert(id, stream);
            }
            // The same values in another shape.
            snn::Op::Arrange(_) | snn::Op::Select(_) => {
                if let Some(&stream) = network.inputs(id).first().and_then(|source| self.of.get(source)) {
                    self.of.insert(id, stream);
                }
            }
            snn::Op::Input(_)
            | snn::Op::Linear(_)
            | snn::Op::Neuron(_)
            | snn::Op::Lif(_)
            | snn::Op::LayerNorm(_)
            | snn::Op::Product(_)
            | snn::Op::Softmax(_)
            | snn::Op::Function(_)
            | snn::Op::MaxPool(_)
            | snn::Op::Readout => {}
        }
    }

    fn merge(&mut self, a: usize, b: usize, fixed: Dyadic) -> usize {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            self.found[b] = self.found[b].and(self.found[a], fixed);
            self.parent[a] = b;
        }
        b
    }
}

/// The unit of constants; the search ends when there is none.
fn constants(values: impl Iterator<Item = f64>, fixed: Dyadic) -> Found {
    let mut all = Found::Nothing;
    for value in values.filter(|value| *value != 0.0) {
        let found = Dyadic::of_float(value).map_or(Found::Rounded, |unit| Found::exact(unit, fixed));
        all = all.and(found, fixed);
        if all == Found::Rounded {
            break;
        }
    }
    all
}

/// The unit of a value that is added: of levels and of elements; `None` of all others.
fn term(network: &snn::Network, id: NodeId) -> Option<Dyadic> {
    let node = network.node(id);
    let first = || network.inputs(id).first().copied();
    match &node.op {
        snn::Op::Neuron(quantiser) => {
            let mut units = quantiser.scale.iter().map(|&scale| Dyadic::of_float(scale.into()));
            let first = units.next()??;
            units.try_fold(first, |all, unit| Some(all.common(unit?)))
        }
        snn::Op::Input(input) => match &input.spec.scaling {
            Scaling::Affine { scale, .. } if input.encoding == Encoding::Analog => {
                let mut units = scale.iter().map(|scale| Dyadic::of(&decimal(scale).ok()?));
                let first = units.next()??;
                units.try_fold(first, |all, unit| Some(all.common(unit?)))
            }
            Scaling::Affine { .. } | Scaling::Normalise { .. } => None,
        },
        snn::Op::Arrange(_) | snn::Op::Select(_) | snn::Op::MaxPool(_) => term(network, first()?),
        // Levels that are passed on to other channels.
        snn::Op::Linear(linear) => {
            let of = |&scale: &f64| Dyadic::of_float(scale).filter(|unit| unit.odd == 1);
            let powers: Option<Vec<Dyadic>> = linear.weights.scale.iter().map(of).collect();
            let exponent = powers?.iter().map(|unit| unit.exponent).min()?;
            let source = term(network, first()?)?;
            let plain = linear.bias.is_empty() && linear.divisor == 1;
            plain.then(|| Dyadic { exponent: source.exponent.saturating_add(exponent), ..source })
        }
        snn::Op::Lif(_)
        | snn::Op::Embedding(_)
        | snn::Op::Sum(_)
        | snn::Op::LayerNorm(_)
        | snn::Op::Product(_)
        | snn::Op::Softmax(_)
        | snn::Op::Function(_)
        | snn::Op::Readout => None,
    }
}
