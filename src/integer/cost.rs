//! Cost of an operator: memory, multipliers, operations. These are counts; the mapping to hardware is decided
//! elsewhere.

use super::{Form, Leak, Network, Op, Range, Rule};
use crate::graph::NodeId;

/// Memory of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Constants: weights, tables.
    pub parameters: usize,
    /// Their bits.
    pub parameter_bits: u64,
    /// Neurons.
    pub neurons: usize,
    /// Bits of membranes and tracers, or of accumulated sums.
    pub state_bits: u64,
}

/// Memory of a node.
pub fn memory(network: &Network, id: NodeId) -> Memory {
    let node = network.node(id);
    let elements = node.shape.len();
    let bits = |count: usize, width: u32| count as u64 * u64::from(width);
    let level = |low: i32, high: i32| Range::new(low.into(), high.into()).signed_width();
    let (parameters, parameter_bits, neurons, state_bits) = match &node.op {
        Op::Linear(l) => (l.weights.len(), bits(l.weights.len(), l.weight.signed_width()), 0, 0),
        Op::Neuron(n) => {
            let width = n.membrane.signed_width();
            let list = match &n.rule {
                Rule::Affine { theta, .. } => 2 * theta.len(),
                Rule::Table => n.thresholds.len(),
            };
            (list, bits(list, width), elements, bits(elements, width + level(n.low, n.high)))
        }
        Op::Lif(l) => {
            let width = l.membrane.signed_width();
            let states = elements / l.time.steps;
            let current = if l.synapse.is_empty() { 0 } else { l.current.signed_width() };
            (
                2 * l.threshold.len(),
                bits(2 * l.threshold.len(), width),
                elements,
                bits(states, width + current),
            )
        }
        Op::Readout(r) => {
            (2 * r.channels, bits(2 * r.channels, r.value_width), 0, bits(elements, r.total.signed_width()))
        }
        Op::Embedding(e) => (e.table.len(), bits(e.table.len(), e.total.signed_width()), 0, 0),
        Op::Sum(s) => {
            let width = s.total.signed_width();
            (s.start.len(), bits(s.start.len(), width), 0, bits(elements, width))
        }
        Op::LayerNorm(n) => {
            let constants = bits(n.gamma.len(), width(&n.gamma)) + bits(n.beta.len(), width(&n.beta));
            (n.gamma.len() + n.beta.len(), constants, elements, bits(elements, level(n.low, n.high)))
        }
        Op::Softmax(s) => {
            let state = s.total.signed_width() + level(s.low, s.high);
            (s.table.len(), bits(s.table.len(), s.exp_fraction + 1), elements, bits(elements, state))
        }
        Op::Input(_) | Op::Arrange(_) | Op::Select(_) | Op::Product(_) | Op::MaxPool(_) => (0, 0, 0, 0),
    };
    Memory { parameters, parameter_bits, neurons, state_bits }
}

/// Size of the multipliers of a node, one for each product in its formula: the sum of the products of the widths of
/// their operands. Synaptic layers and products of attention have none.
pub fn multiplier_bits(op: &Op) -> u64 {
    let sizes: &[(u32, u32)] = match op {
        // X², Γ·c, B·r, h·r.
        Op::LayerNorm(n) => {
            let spread = Range::new(0, n.total.high.saturating_sub(n.total.low)).signed_width();
            let centred = spread + n.gamma.len().ilog2() + 1;
            let root = n.square_width.div_ceil(2);
            let x = n.total.signed_width();
            &[(x, x), (width(&n.gamma), centred), (width(&n.beta), root), (halves(n.low, n.high), root)]
        }
        // σ·Σe, h·(σ·Σe).
        Op::Softmax(s) => {
            let scale = width(&[s.scale]);
            &[(scale, s.sum_width), (halves(s.low, s.high), scale + s.sum_width)]
        }
        // Of a membrane and its leak, of a current and its leak.
        Op::Lif(l) => {
            let size = |leaks: &[Leak], of: Range| {
                let factor = leaks.iter().map(|leak| leak.factor).max().unwrap_or(0);
                if factor <= 1 { (0, 0) } else { (width(&[factor]), of.signed_width()) }
            };
            &[size(&l.leak, l.membrane), size(&l.synapse, l.current)]
        }
        Op::Input(_)
        | Op::Linear(_)
        | Op::Neuron(_)
        | Op::Arrange(_)
        | Op::Select(_)
        | Op::Embedding(_)
        | Op::Sum(_)
        | Op::Product(_)
        | Op::MaxPool(_)
        | Op::Readout(_) => &[],
    };
    sizes.iter().map(|&(a, b)| u64::from(a) * u64::from(b)).sum()
}

/// Bits of memory, parameters and state, of all nodes, and the size of all their multipliers.
pub fn totals(network: &Network) -> (u64, u64) {
    let each = network.topological().into_iter().map(|id| {
        let Memory { parameter_bits, state_bits, .. } = memory(network, id);
        (parameter_bits + state_bits, multiplier_bits(&network.node(id).op))
    });
    each.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// Width of the largest value of a list.
fn width(list: &[i64]) -> u32 {
    list.iter().fold(Range::new(0, 0), |r, &v| r.union(Range::new(v, v))).signed_width()
}

/// Width of the half-level boundaries.
fn halves(low: i32, high: i32) -> u32 {
    Range::new(2 * i64::from(low) - 2, 2 * i64::from(high) + 2).signed_width()
}

/// Operations of one inference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Multiply-accumulates of the quantised network: synaptic layers and products of attention.
    pub macs: u64,
    /// Multiply-accumulates of layers that read the raw input, in all time-steps in which it is applied.
    pub input_macs: u64,
    /// Synaptic operations if every neuron fires once.
    pub sops: u64,
    /// Upper bound of the time-steps until the spiking network is quiescent.
    pub time_steps: u64,
    /// Elements that LayerNorm computes.
    pub layer_norm_elements: u64,
    /// Elements that softmax computes.
    pub softmax_elements: u64,
}

/// Operations of a network.
pub fn operations(network: &Network) -> Operations {
    let mut result = Operations::default();
    // For each node the last time-step in which it may change, and whether it is the raw input.
    let mut last: Vec<u64> = Vec::new();
    let mut raw: Vec<bool> = Vec::new();
    let mut input_steps = 1;
    for id in network.topological() {
        let node = network.node(id);
        let inputs = network.inputs(id);
        let len = |port: usize| network.node(inputs[port]).shape.len() as u64;
        let mut own_last = inputs.iter().map(|i| last[i.index()]).max().unwrap_or(0);
        let mut own_raw = false;
        // A neuron whose input is final needs at most one time-step per level; the first one is the last one of its
        // input.
        let settle = |low: i32, high: i32| u64::try_from(high - low).unwrap_or(0).saturating_sub(1);
        match &node.op {
            Op::Input(input) => {
                input_steps = u64::from(input.steps);
                own_last = input_steps;
                own_raw = true;
            }
            Op::Arrange(_) => own_raw = raw[inputs[0].index()],
            Op::Linear(l) => {
                let macs = match l.fan_outs() {
                    Some(fan_outs) => fan_outs.iter().sum::<u64>() * (len(0) / fan_outs.len() as u64),
                    None => len(0) * l.outputs as u64,
                };
                result.macs += macs;
                match raw[inputs[0].index()] {
                    true => result.input_macs += macs * input_steps,
                    false => result.sops += macs,
                }
            }
            Op::Product(p) => {
                let macs = match p.form {
                    Form::Scores | Form::Mix => len(0) * node.shape.channels() as u64 / p.heads as u64,
                    Form::Gate => len(0),
                };
                result.macs += macs;
                // A spike of either operand adds tracers of the other.
                result.sops += 2 * macs;
            }
            Op::Sum(_) => {
                let neurons = inputs.iter().filter(|i| {
                    matches!(
                        network.node(**i).op,
                        Op::Neuron(_) | Op::Lif(_) | Op::LayerNorm(_) | Op::Softmax(_) | Op::Select(_)
                    )
                });
                result.sops += neurons.map(|i| network.node(*i).shape.len() as u64).sum::<u64>();
            }
            Op::Neuron(n) => own_last += settle(n.low, n.high),
            Op::Lif(l) => own_last = own_last.max(l.time.steps as u64),
            Op::LayerNorm(n) => {
                own_last += settle(n.low, n.high);
                result.layer_norm_elements += node.shape.len() as u64;
            }
            Op::Softmax(s) => {
                own_last += settle(s.low, s.high);
                result.softmax_elements += node.shape.len() as u64;
            }
            Op::Select(_) | Op::Embedding(_) | Op::MaxPool(_) | Op::Readout(_) => {}
        }
        result.time_steps = result.time_steps.max(own_last + 1);
        let index = id.index();
        if last.len() <= index {
            last.resize(index + 1, 0);
            raw.resize(index + 1, false);
        }
        (last[index], raw[index]) = (own_last, own_raw);
    }
    result
}

/// Multiplications of the layers of weights, as a network without spikes has them.
pub fn synapses(network: &Network) -> u64 {
    let ids = network.topological().into_iter();
    let each = ids.map(|id| match &network.node(id).op {
        Op::Linear(l) => (network.node(id).shape.rows() as u64).saturating_mul((l.inputs * l.outputs) as u64),
        Op::Input(_)
        | Op::Neuron(_)
        | Op::Lif(_)
        | Op::Arrange(_)
        | Op::Select(_)
        | Op::Embedding(_)
        | Op::Sum(_)
        | Op::LayerNorm(_)
        | Op::Product(_)
        | Op::MaxPool(_)
        | Op::Softmax(_)
        | Op::Readout(_) => 0,
    });
    each.fold(0, u64::saturating_add)
}
