//! Input, synaptic layers, their neurons, and the readout.

use super::super::lanes::common_lanes;
use super::super::rows::{Embedding, Reorder, Scale, Select};
use super::super::stage::{AnalogPass, Kind, Matmul, Neurons, Readout, Repeat, Stage};
use super::super::{Carries, Design, Input, Stream};
use super::{Options, Planner};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Operator};
use crate::integer::{self, Network, Op};

/// Width of the input stream in bits, at most.
const INPUT_BITS: usize = 64;

impl<'a> Planner<'a> {
    pub(super) fn new(
        model: &str,
        network: &'a Network,
        id: NodeId,
        input: &integer::Input,
        options: Options,
    ) -> Self {
        let count = input.shape.len();
        let bits = usize::try_from(input.element.bits()).unwrap_or(INPUT_BITS);
        let most = options.input_lanes.unwrap_or(INPUT_BITS).min(INPUT_BITS / bits);
        let (row, beat_lanes) = input_rows(network, id, count, most);
        let value_width = input.range.signed_width();
        let adapter = Input {
            element_bits: input.element.bits(),
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
            rows: count / row,
            channels: row,
            groups: None,
        };
        let design = Design {
            model: model.to_owned(),
            input: adapter,
            stages: Vec::new(),
            streams: vec![stream],
            ultra_ram: options.ultra_ram,
        };
        let (steps, input_range) = (input.steps, input.range);
        let readers = super::readers(network);
        Self { network, readers, options, steps, input_range, design, open: Vec::new(), lags: vec![0] }
    }

    pub(super) fn linear(&mut self, id: NodeId, linear: &integer::Linear) -> Result<usize> {
        let rows = self.network.node(id).shape.rows();
        let input = self.take(id, 0)?;
        let out_lanes = self.linear_lanes(id);
        let source = self.design.streams[input].clone();
        let analog = match source.carries {
            Carries::Values { width } => Some(width),
            Carries::Spikes => None,
            Carries::Deltas { .. } | Carries::Mask => {
                return Err(self.error(id, "there must be neurons between two synaptic layers"));
            }
        };
        if source.groups.is_some_and(|g| g.pad != g.tokens) {
            return Err(self.error(id, "a synaptic layer cannot read weights of attention"));
        }
        // Weights of 0 and −1 alone would have one bit, which is a sign and nothing else.
        let weight_width = linear.weight.signed_width().max(2);
        let delta_width = linear.partial.union(linear.delta).signed_width().max(weight_width);
        let mut matmul = Matmul {
            rows,
            in_lanes: source.lanes,
            out_lanes,
            banks: self.options.banks(self.network, id, source.lanes),
            lut_words: 0,
            value_width: analog.unwrap_or(1),
            weight_width,
            delta_width,
            linear: linear.clone(),
        };
        let chosen = self.options.lut_words(&self.network.node(id).name);
        matmul.lut_words =
            chosen.map_or_else(|| matmul.default_lut_words(), |words| words.min(matmul.bank_words()));
        let kind = if analog.is_some() { Kind::AnalogMatmul(matmul) } else { Kind::SpikeMatmul(matmul) };
        let beat = (Carries::Deltas { width: delta_width }, out_lanes, (rows, linear.outputs));
        let stream = self.stage(id, kind, vec![input], beat);
        Ok(if analog.is_some() { self.repeat(id, stream) } else { stream })
    }

    /// Rate encoding: the first change comes again in the following time-steps.
    fn repeat(&mut self, id: NodeId, input: usize) -> usize {
        let Stream { carries, lanes, rows, channels, .. } = self.design.streams[input];
        match carries {
            Carries::Deltas { width } if self.steps > 1 => {
                let repeat = Repeat { rows, channels, lanes, width, steps: self.steps };
                self.stage(id, Kind::Repeat(repeat), vec![input], (carries, lanes, (rows, channels)))
            }
            Carries::Deltas { .. } | Carries::Values { .. } | Carries::Spikes | Carries::Mask => input,
        }
    }

    pub(super) fn neurons(&mut self, id: NodeId, neuron: &integer::Neuron) -> Result<usize> {
        let node = self.network.node(id);
        let (rows, channels) = (node.shape.rows(), node.shape.channels());
        if neuron.low == neuron.high {
            return Err(Error::input("hardware for neurons that have a single level is not supported")
                .at_node(&node.name)
                .fix("they never fire: leave them out of the model"));
        }
        let mut input = self.take(id, 0)?;
        if let Stream { carries: Carries::Values { .. }, lanes, .. } = self.design.streams[input] {
            let width = self.input_range.signed_width();
            let pass = AnalogPass { rows, channels, lanes, width };
            let beat = (Carries::Deltas { width }, lanes, (rows, channels));
            input = self.stage(id, Kind::AnalogPass(pass), vec![input], beat);
            input = self.repeat(id, input);
        }
        let lanes = self.design.streams[input].lanes;
        let lanes = self.divided(id, lanes);
        let (input, delta_width) = self.deltas(id, input, lanes, None)?;
        let skip_rows = self.regrouped(id).is_empty();
        let kind = Neurons { rows, channels, lanes, delta_width, skip_rows, neuron: neuron.clone() };
        Ok(self.stage(id, Kind::Neurons(kind), vec![input], (Carries::Spikes, lanes, (rows, channels))))
    }

    /// A stream of changes with these lanes, which divide those of `input`, times a coefficient in a width where one is
    /// given; and the width.
    pub(super) fn deltas(
        &mut self,
        id: NodeId,
        input: usize,
        lanes: usize,
        scaled: Option<(&[i64], u32)>,
    ) -> Result<(usize, u32)> {
        let source = self.design.streams[input].clone();
        let (spikes, width) = match source.carries {
            Carries::Spikes => (true, 1),
            Carries::Deltas { width } => (false, width),
            Carries::Values { .. } | Carries::Mask => {
                return Err(self.error(id, "there must be a synaptic layer before this node"));
            }
        };
        // A spike as a number has a sign.
        let plain = (&[1][..], width.max(if spikes { 2 } else { 1 }));
        let (coefficient, out_width) = scaled.unwrap_or(plain);
        if !spikes && source.lanes == lanes && coefficient == [1] && out_width == width {
            return Ok((input, width));
        }
        let scale = Scale {
            channels: source.channels,
            spikes,
            lanes: [source.lanes, lanes],
            widths: [width, out_width],
            coefficient: coefficient.to_vec(),
        };
        let beat = (Carries::Deltas { width: out_width }, lanes, (source.rows, source.channels));
        let stream = self.stage(id, Kind::Scale(scale), vec![input], beat);
        self.design.streams[stream].groups = source.groups;
        Ok((stream, out_width))
    }

    pub(super) fn arrange(&mut self, id: NodeId, arrange: &integer::Arrange) -> Result<usize> {
        let input = self.take(id, 0)?;
        let Stream { carries: Carries::Values { width }, lanes, .. } = self.design.streams[input] else {
            return Err(self.error(id, "only the raw input can be arranged"));
        };
        let reorder = Reorder { lanes, width, order: arrange.order.clone() };
        let shape = (arrange.shape.rows(), arrange.shape.channels());
        Ok(self.stage(id, Kind::Reorder(reorder), vec![input], (Carries::Values { width }, 1, shape)))
    }

    pub(super) fn select(&mut self, id: NodeId, select: integer::Select) -> Result<usize> {
        let input = self.take(id, 0)?;
        let Stream { carries, lanes, rows, channels, .. } = self.design.streams[input];
        if !self.design.streams[input].has_flags() {
            return Err(self.error(id, "rows of the raw input cannot be selected"));
        }
        let kind = Kind::Select(Select { rows, first: select.first, count: select.count });
        Ok(self.stage(id, kind, vec![input], (carries, lanes, (select.count, channels))))
    }

    pub(super) fn embedding(&mut self, id: NodeId, embedding: &integer::Embedding) -> Result<usize> {
        let input = self.take(id, 0)?;
        let tokens = self.network.node(id).shape.rows();
        let value_width = match self.design.streams[input] {
            Stream { carries: Carries::Values { width }, lanes: 1, .. } if self.steps == 1 => width,
            _ => return Err(self.error(id, "a table is read by the raw input in one time-step only")),
        };
        let (lanes, delta_width) = self.embedding_lanes(id, embedding.total);
        let channels = embedding.channels;
        let kind = Embedding { tokens, lanes, value_width, delta_width, embedding: embedding.clone() };
        let beat = (Carries::Deltas { width: delta_width }, lanes, (tokens, channels));
        Ok(self.stage(id, Kind::Embedding(kind), vec![input], beat))
    }

    pub(super) fn readout(&mut self, id: NodeId, readout: &integer::Readout) -> Result<()> {
        let node = self.network.node(id);
        let rows = node.shape.rows();
        if rows != 1 {
            return Err(Error::input(format!("hardware for logits of {rows} rows is not supported"))
                .at_node(&node.name)
                .fix("the logits must be one row"));
        }
        let input = self.take(id, 0)?;
        let lanes = self.design.streams[input].lanes;
        let (input, delta_width) = self.deltas(id, input, lanes, None)?;
        let confidence = self.options.confidence;
        let kind = Kind::Readout(Readout { lanes, delta_width, confidence, readout: readout.clone() });
        let node = node.name.clone();
        self.design.stages.push(Stage { node, kind, inputs: vec![input], outputs: Vec::new() });
        Ok(())
    }
}

/// Elements of a row and of a beat of the input stream.
fn input_rows(network: &Network, id: NodeId, count: usize, most: usize) -> (usize, usize) {
    let readers: Vec<&Op> = network.consumers(id).into_iter().map(|r| &network.node(r).op).collect();
    // Tokens are looked up one by one.
    if readers.iter().any(|op| matches!(op.kind(), "embedding" | "softmax")) {
        return (count, 1);
    }
    // A row is what a stage takes at a time; some take any.
    let rows = readers.iter().filter_map(|op| match op {
        Op::Linear(linear) => Some(linear.inputs),
        Op::Arrange(_) => None,
        Op::Input(_)
        | Op::Neuron(_)
        | Op::Lif(_)
        | Op::Select(_)
        | Op::Embedding(_)
        | Op::Sum(_)
        | Op::Product(_)
        | Op::MaxPool(_)
        | Op::LayerNorm(_)
        | Op::Softmax(_)
        | Op::Readout(_) => Some(network.node(id).shape.channels()),
    });
    let mut rows: Vec<usize> = rows.collect();
    rows.dedup();
    match rows[..] {
        [] => (count, most.min(count)),
        [row] if row == count => (count, most),
        [row] => (row, common_lanes(&[row, most * row], most)),
        _ => (count, 1),
    }
}
