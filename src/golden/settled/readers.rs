//! Additions that the spikes of a layer cause.

use multiversion::multiversion;

use crate::integer::{Form, Network, Op};

use super::super::schedule::SpikeCode;

/// What is read of each layer of neurons, and how many additions a spike there causes.
#[derive(Clone, Debug, Default)]
pub struct Readers {
    layers: usize,
    list: Vec<Reader>,
}

/// A node that reads neurons.
#[derive(Clone, Copy, Debug)]
struct Reader {
    layer: usize,
    /// Neurons `first…end − 1` of the layer.
    first: usize,
    end: usize,
    fan_out: u64,
}

impl Readers {
    /// The readers of all layers of neurons. The right operand of a product is finished before the left one fires, so
    /// only the left one's spikes cause additions.
    pub fn new(network: &Network) -> Self {
        let mut readers = Self::default();
        // Of each node, by its index: the layer that its values are levels of, and its first neuron there.
        let mut layers: Vec<Option<(usize, usize)>> = Vec::new();
        for id in network.topological() {
            let node = network.node(id);
            let inputs = network.inputs(id);
            let source = |port: usize| layers[inputs[port].index()];
            let mut layer = None;
            let (spiking, fan_out) = match &node.op {
                Op::Neuron(_) | Op::Lif(_) | Op::LayerNorm(_) | Op::Softmax(_) => {
                    layer = Some((readers.layers, 0));
                    readers.layers += 1;
                    (0, 0)
                }
                Op::Select(select) => {
                    let begin = select.first * node.shape.channels();
                    layer = source(0).map(|(layer, first)| (layer, first + begin));
                    (0, 0)
                }
                Op::Linear(linear) => (1, linear.outputs),
                Op::Product(product) => {
                    let right = &network.node(inputs[1]).shape;
                    let outputs = match product.form {
                        Form::Scores => right.rows(),
                        Form::Mix => product.depth(right.channels()),
                        Form::Gate => 1,
                    };
                    (1, outputs)
                }
                Op::Sum(_) => (inputs.len(), 1),
                // Fetching a pool's maxima adds nothing.
                Op::MaxPool(_) => (0, 0),
                Op::Input(_) | Op::Arrange(_) | Op::Embedding(_) | Op::Readout(_) => (0, 0),
            };
            for (port, input) in inputs.iter().enumerate().take(spiking) {
                let Some((layer, first)) = source(port) else { continue };
                if let Op::Linear(linear) = &node.op
                    && let (Some(window), Some(fan_outs)) = (&linear.window, linear.fan_outs())
                {
                    let rows = (first..).step_by(window.channels).zip(fan_outs);
                    readers.list.extend(rows.map(|(first, fan_out)| Reader {
                        layer,
                        first,
                        end: first + window.channels,
                        fan_out,
                    }));
                } else {
                    let end = first + network.node(*input).shape.len();
                    readers.list.push(Reader { layer, first, end, fan_out: fan_out as u64 });
                }
            }
            if layers.len() <= id.index() {
                layers.resize(id.index() + 1, None);
            }
            layers[id.index()] = layer;
        }
        readers
    }

    /// Additions of a weight, of another layer's level, or to a residual sum, that the spikes of each layer cause in the
    /// settled schedule if its neurons end at these levels.
    ///
    /// # Panics
    /// If the levels belong to another network.
    pub fn additions(&self, code: SpikeCode, levels: &[Vec<i32>]) -> Vec<u64> {
        let spikes: Vec<u64> = levels.iter().map(|levels| spikes(code, levels)).collect();
        self.additions_of(code, levels, &spikes)
    }

    /// The same with the spikes of whole layers known.
    pub(super) fn additions_of(&self, code: SpikeCode, levels: &[Vec<i32>], fired: &[u64]) -> Vec<u64> {
        assert_eq!(levels.len(), self.layers, "layers of neurons");
        let mut additions = vec![0; self.layers];
        for reader in &self.list {
            let own = &levels[reader.layer];
            let read = match reader.end - reader.first == own.len() {
                true => fired[reader.layer],
                false => spikes(code, &own[reader.first..reader.end]),
            };
            additions[reader.layer] += read * reader.fan_out;
        }
        additions
    }
}

/// Spikes of neurons that end at these levels.
#[multiversion(targets = "simd")]
pub(super) fn spikes(code: SpikeCode, levels: &[i32]) -> u64 {
    match code {
        SpikeCode::Unary => levels.iter().map(|&s| u64::from(SpikeCode::Unary.spikes(s))).sum(),
        SpikeCode::Radix => levels.iter().map(|&s| u64::from(SpikeCode::Radix.spikes(s))).sum(),
    }
}
