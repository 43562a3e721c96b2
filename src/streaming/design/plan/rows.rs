//! Operators of a Transformer between its synaptic layers: sums, LayerNorm, softmax, products.

use super::super::lanes::common_lanes;
use super::super::rows::{LayerNorm, Mask, Product, Softmax, Sum, level_width};
use super::super::stage::Kind;
use super::super::{Carries, Groups, Stream};
use super::Planner;
use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::integer::{self, Form, Op};

impl Planner<'_> {
    pub(super) fn sum(&mut self, id: NodeId, sum: &integer::Sum) -> Result<usize> {
        let lanes = self.sum_lanes(id);
        let delta_width = sum.total.union(sum.delta).signed_width();
        let mut inputs = Vec::new();
        let mut parts = Vec::new();
        if sum.terms.iter().any(|term| term.coefficient.len() > sum.channels) {
            return Err(Error::input(
                "the streaming architecture has no stage for factors that differ between rows (rotary positions)",
            )
            .at_node(&self.network.node(id).name)
            .fix("build with --architecture overlay"));
        }
        if sum.terms.iter().any(|term| term.turned) {
            return Err(Error::input(
                "the streaming architecture has no stage for a sum of a layer that is transposed (mixing of tokens)",
            )
            .at_node(&self.network.node(id).name)
            .fix("build with --architecture overlay"));
        }
        for (port, term) in sum.terms.iter().enumerate() {
            let input = self.take(id, port)?;
            let rows = self.design.streams[input].rows;
            if !self.design.streams[input].lanes.is_multiple_of(lanes) {
                return Err(self.error(id, "the lanes of a sum do not divide those of its inputs"));
            }
            let scaled = Some((&term.coefficient[..], delta_width));
            inputs.push(self.deltas(id, input, lanes, scaled)?.0);
            parts.push((term.first, rows));
        }
        if inputs.is_empty() {
            return Err(self.error(id, "a sum of nothing"));
        }
        self.join(&inputs.iter().map(|&input| (input, 0)).collect::<Vec<_>>());
        let start = if sum.start.iter().all(|&x| x == 0) { Vec::new() } else { sum.start.clone() };
        let (rows, channels) = (sum.rows, sum.channels);
        let kind = Kind::Sum(Sum { rows, channels, lanes, delta_width, parts, start });
        Ok(self.stage(id, kind, inputs, (Carries::Deltas { width: delta_width }, lanes, (rows, channels))))
    }

    pub(super) fn layer_norm(&mut self, id: NodeId, norm: &integer::LayerNorm) -> Result<usize> {
        let input = self.take(id, 0)?;
        if norm.low == norm.high {
            return Err(self.error(id, "neurons that have a single level never fire"));
        }
        let Stream { lanes, rows, channels, .. } = self.design.streams[input];
        let skip_rows = self.regrouped(id).is_empty();
        let lanes = self.divided(id, lanes);
        let (input, delta_width) = self.deltas(id, input, lanes, None)?;
        let kind = LayerNorm { rows, channels, lanes, delta_width, skip_rows, norm: norm.clone() };
        Ok(self.stage(id, Kind::LayerNorm(kind), vec![input], (Carries::Spikes, lanes, (rows, channels))))
    }

    pub(super) fn product(&mut self, id: NodeId, product: &integer::Product) -> Result<usize> {
        let network = self.network;
        let (left, right) = (self.take(id, 0)?, self.take(id, 1)?);
        let [left_stream, right_stream] = [left, right].map(|s| self.design.streams[s].clone());
        if left_stream.carries != Carries::Spikes || right_stream.carries != Carries::Spikes {
            return Err(self.error(id, "operands of a product are layers of neurons"));
        }
        let level_widths = match network.inputs(id)[..] {
            [left, right] => [left, right].map(|id| match &network.node(id).op {
                Op::Neuron(n) => level_width(n.low, n.high),
                Op::LayerNorm(n) => level_width(n.low, n.high),
                Op::Softmax(n) => level_width(n.low, n.high),
                Op::Input(_)
                | Op::Linear(_)
                | Op::Lif(_)
                | Op::Arrange(_)
                | Op::Select(_)
                | Op::Embedding(_)
                | Op::Sum(_)
                | Op::Product(_)
                | Op::MaxPool(_)
                | Op::Readout(_) => 0,
            }),
            _ => [0; 2],
        };
        if level_widths.contains(&0) {
            return Err(self.error(id, "operands of a product are whole layers of neurons"));
        }
        let (tokens, right_channels) = (right_stream.rows, right_stream.channels);
        let depth = product.depth(right_channels);
        let (lanes, pad) = match product.form {
            Form::Scores => self.scores_lanes(id, tokens),
            // The plan has no gates.
            Form::Mix | Form::Gate => {
                let pad = left_stream.groups.map_or(tokens, |g| g.pad);
                (common_lanes(&[depth], self.most(id)), pad)
            }
        };
        let groups = Groups { count: product.heads, tokens, pad };
        let delta_width = product.partial.union(product.delta).signed_width();
        let delta_width = delta_width.max(level_widths[0]).max(level_widths[1]);
        // The right operand's time-step is taken whole before the left one's.
        self.join(&[(left, 1), (right, 0)]);
        let kind = Product {
            form: product.form,
            rows: left_stream.rows,
            groups,
            depth,
            lanes: [left_stream.lanes, right_stream.lanes, lanes],
            level_widths,
            delta_width,
        };
        let shape = (kind.rows, kind.channels());
        let beat = (Carries::Deltas { width: delta_width }, lanes, shape);
        let stream = self.stage(id, Kind::Product(kind), vec![left, right], beat);
        self.delay(stream);
        if product.form == Form::Scores {
            self.set_groups(stream, groups);
        }
        Ok(stream)
    }

    pub(super) fn softmax(&mut self, id: NodeId, softmax: &integer::Softmax) -> Result<usize> {
        let node = self.network.node(id);
        if softmax.low == softmax.high {
            return Err(self.error(id, "neurons that have a single level never fire"));
        }
        let input = self.take(id, 0)?;
        let Stream { lanes, rows, groups, .. } = self.design.streams[input];
        let tokens = node.shape.channels() / softmax.groups;
        let own = Groups { count: softmax.groups, tokens, pad: tokens };
        let groups = groups.filter(|g| (g.count, g.tokens) == (own.count, own.tokens)).unwrap_or(own);
        let sizes = self.regrouped(id);
        let lanes = common_lanes(&[&sizes[..], &[lanes, groups.pad]].concat(), self.most(id));
        let (input, delta_width) = self.deltas(id, input, lanes, None)?;
        let mut inputs = vec![input];
        if let Some(padding) = softmax.padding {
            let mask = self.network.inputs(id).get(1).map(|&mask| self.network.node(mask).shape.len());
            if mask != Some(tokens) {
                return Err(
                    self.error(id, "its mask is in front of other elements: only the overlay reads these")
                );
            }
            let values = self.take(id, 1)?;
            let Stream { carries: Carries::Values { width }, lanes: 1, .. } = self.design.streams[values]
            else {
                return Err(self.error(id, "the mask is not made of the raw input"));
            };
            let mask = Mask { tokens, value_width: width, padding };
            inputs.push(self.stage(id, Kind::Mask(mask), vec![values], (Carries::Mask, tokens, (1, tokens))));
        }
        let skip_rows = sizes.is_empty();
        let kind = Softmax { rows, groups, lanes, delta_width, skip_rows, softmax: softmax.clone() };
        let shape = (rows, groups.count * groups.pad);
        let stream = self.stage(id, Kind::Softmax(kind), inputs, (Carries::Spikes, lanes, shape));
        self.set_groups(stream, groups);
        Ok(stream)
    }
}
