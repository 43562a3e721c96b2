//! Integer network → design.

use super::lanes::{common_lanes, lanes_for};
use super::stage::{AnalogPass, Kind, Matmul, Neurons, Readout, Repeat, Stage};
use super::{Carries, Design, Input, Stream};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Operator};
use crate::integer::{self, Network, Op, Range};

/// Choices that the user makes about the hardware.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most output channels that an engine adds to in one cycle.
    pub lanes: usize,
    /// Depth of the FIFO on every stream.
    pub fifo_depth: usize,
}

impl Options {
    /// Most lanes that may be asked for.
    pub const MAX_LANES: usize = 64;
}

impl Default for Options {
    fn default() -> Self {
        Self { lanes: 16, fifo_depth: 2 }
    }
}

/// Width of the input stream in bits, at most.
const INPUT_BITS: usize = 64;

/// Lays the network out as a pipeline of stages.
///
/// # Errors
/// When an option is out of range, or the network is not a chain.
pub fn plan(model: &str, network: &Network, options: &Options) -> Result<Design> {
    if !(1..=Options::MAX_LANES).contains(&options.lanes) {
        return Err(Error::input(format!("{} lanes; possible are 1…{}", options.lanes, Options::MAX_LANES)));
    }
    if !(1..=1024).contains(&options.fifo_depth) {
        return Err(Error::input(format!("FIFO depth {}; possible are 1…1024", options.fifo_depth)));
    }
    let order = network.topological();
    let chain_error = |id: &NodeId| {
        Error::input("hardware for a network with branches is not supported yet")
            .at_node(&network.node(*id).name)
    };
    if let Some(id) = order.iter().find(|&&id| network.consumers(id).len() > 1) {
        return Err(chain_error(id));
    }
    let mut pipeline: Option<Pipeline> = None;
    for id in order {
        let node = network.node(id);
        match (&node.op, pipeline.as_mut()) {
            (Op::Input(input), None) => pipeline = Some(Pipeline::new(model, network, id, input, *options)),
            (Op::Linear(linear), Some(p)) => p.linear(network, id, linear)?,
            (Op::Neuron(neuron), Some(p)) => p.neurons(network, id, neuron)?,
            (Op::Readout(readout), Some(p)) => p.readout(&node.name, node.shape.rows(), readout)?,
            (
                Op::Arrange(_)
                | Op::Select(_)
                | Op::Embedding(_)
                | Op::Sum(_)
                | Op::Norm(_)
                | Op::Product(_)
                | Op::Softmax(_),
                Some(_),
            ) => {
                let problem = format!("hardware for the operator '{}' is not supported yet", node.op.kind());
                return Err(Error::input(problem).at_node(&node.name));
            }
            (Op::Input(_), Some(_)) | (_, None) => return Err(chain_error(&id)),
        }
    }
    pipeline.map(|p| p.design).ok_or_else(|| Error::input("the network has no input"))
}

/// A design in the making.
struct Pipeline {
    options: Options,
    steps: u32,
    input_range: Range,
    design: Design,
}

impl Pipeline {
    fn new(model: &str, network: &Network, id: NodeId, input: &integer::Input, options: Options) -> Self {
        let count = input.shape.len();
        // A row is what the first stage takes at a time.
        let row = network.consumers(id).first().map_or(count, |&reader| match &network.node(reader).op {
            Op::Linear(linear) => linear.inputs,
            _ => input.shape.channels(),
        });
        let bits = usize::try_from(input.element.bits()).unwrap_or(INPUT_BITS);
        let most = INPUT_BITS / bits;
        let beat_lanes = if row == count { most } else { common_lanes(row, most * row, most) };
        let value_width = input.range.signed_width();
        let input_adapter = Input {
            element: input.element,
            zero_point: input.zero_point,
            count,
            beat_lanes,
            row,
            value_width,
        };
        let stream = Stream {
            carries: Carries::Values { width: value_width },
            lanes: beat_lanes,
            depth: options.fifo_depth,
        };
        let design = Design {
            model: model.to_owned(),
            input: input_adapter,
            stages: Vec::new(),
            streams: vec![stream],
        };
        Self { options, steps: input.steps, input_range: input.range, design }
    }

    /// The stream that the next stage reads.
    fn source(&self) -> &Stream {
        &self.design.streams[self.design.streams.len() - 1]
    }

    fn push(&mut self, node: &str, kind: Kind, output: Option<(Carries, usize)>) {
        self.design.stages.push(Stage { node: node.to_owned(), kind });
        if let Some((carries, lanes)) = output {
            self.design.streams.push(Stream { carries, lanes, depth: self.options.fifo_depth });
        }
    }

    fn linear(&mut self, network: &Network, id: NodeId, linear: &integer::Linear) -> Result<()> {
        let node = network.node(id);
        let (rows, source) = (node.shape.rows(), self.source().clone());
        let out_lanes = self.lanes_of(network, id);
        let analog = match source.carries {
            Carries::Values { width } => Some(width),
            Carries::Spikes => None,
            Carries::Deltas { .. } => {
                return Err(
                    Error::input("hardware needs neurons between two synaptic layers").at_node(&node.name)
                );
            }
        };
        let delta_width = linear.partial.union(linear.delta).signed_width();
        let matmul = Matmul {
            rows,
            in_lanes: source.lanes,
            out_lanes,
            value_width: analog.unwrap_or(1),
            weight_width: linear.weight.signed_width(),
            delta_width,
            linear: linear.clone(),
        };
        let kind = if analog.is_some() { Kind::AnalogMatmul(matmul) } else { Kind::SpikeMatmul(matmul) };
        self.push(&node.name, kind, Some((Carries::Deltas { width: delta_width }, out_lanes)));
        if analog.is_some() {
            self.repeat(&node.name, rows, linear.outputs, delta_width);
        }
        Ok(())
    }

    /// Rate encoding: the first change comes again in the following time-steps.
    fn repeat(&mut self, node: &str, rows: usize, channels: usize, width: u32) {
        if self.steps > 1 {
            let lanes = self.source().lanes;
            let repeat = Repeat { rows, channels, lanes, width, steps: self.steps };
            self.push(node, Kind::Repeat(repeat), Some((Carries::Deltas { width }, lanes)));
        }
    }

    fn neurons(&mut self, network: &Network, id: NodeId, neuron: &integer::Neuron) -> Result<()> {
        let node = network.node(id);
        let (rows, channels) = (node.shape.rows(), node.shape.channels());
        if neuron.low == neuron.high {
            return Err(Error::input("hardware for neurons that have a single level is not supported")
                .at_node(&node.name)
                .fix("they never fire: leave them out of the model"));
        }
        if let Carries::Values { .. } = self.source().carries {
            let (lanes, width) = (self.source().lanes, self.input_range.signed_width());
            let pass = AnalogPass { rows, channels, lanes, width };
            self.push(&node.name, Kind::AnalogPass(pass), Some((Carries::Deltas { width }, lanes)));
            self.repeat(&node.name, rows, channels, width);
        }
        let (lanes, delta_width) = self.deltas(&node.name)?;
        let regrouped = reader(network, id).is_some_and(|l| l.inputs != channels);
        let neurons =
            Neurons { rows, channels, lanes, delta_width, skip_rows: !regrouped, neuron: neuron.clone() };
        self.push(&node.name, Kind::Neurons(neurons), Some((Carries::Spikes, lanes)));
        Ok(())
    }

    fn readout(&mut self, name: &str, rows: usize, readout: &integer::Readout) -> Result<()> {
        if rows != 1 {
            return Err(Error::input(format!("hardware for logits of {rows} rows is not supported"))
                .at_node(name)
                .fix("the logits must be one row"));
        }
        let (lanes, delta_width) = self.deltas(name)?;
        let stage = Readout { lanes, delta_width, readout: readout.clone() };
        self.push(name, Kind::Readout(stage), None);
        Ok(())
    }

    /// Lanes and width of the stream of changes that the next stage reads.
    fn deltas(&self, name: &str) -> Result<(usize, u32)> {
        match self.source() {
            Stream { carries: Carries::Deltas { width }, lanes, .. } => Ok((*lanes, *width)),
            Stream { carries: Carries::Values { .. } | Carries::Spikes, .. } => {
                Err(Error::input("hardware needs a synaptic layer before this node").at_node(name))
            }
        }
    }

    /// Lanes of a synaptic layer's output, which its neurons and the engine after them share: where that engine reads
    /// the rows regrouped, lanes must divide both row lengths.
    fn lanes_of(&self, network: &Network, id: NodeId) -> usize {
        let channels = network.node(id).shape.channels();
        let neurons = network.consumers(id).first().copied();
        match neurons.and_then(|n| reader(network, n)) {
            Some(next) if next.inputs != channels => common_lanes(channels, next.inputs, self.options.lanes),
            _ => lanes_for(channels, self.options.lanes),
        }
    }
}

/// The synaptic layer that reads this node.
fn reader(network: &Network, id: NodeId) -> Option<&integer::Linear> {
    network.consumers(id).first().and_then(|&r| match &network.node(r).op {
        Op::Linear(linear) => Some(linear),
        _ => None,
    })
}
