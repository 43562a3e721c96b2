//! How many lanes per node's stream has. It follows from the whole network: neurons share the lanes of the synaptic
//! layer before them, sums those of all their inputs, and where a layer reads the rows of another one regrouped, lanes
//! divide the rows of both.

use super::super::lanes::{common_lanes, lanes_for};
use super::Planner;
use crate::graph::NodeId;
use crate::integer::{Form, Op, Range};

impl Planner<'_> {
    /// Channels of the rows that readers divide this node's stream into, where they are not its own.
    pub(super) fn regrouped(&self, id: NodeId) -> Vec<usize> {
        let channels = self.network.node(id).shape.channels();
        let readers = self.readers(id).iter();
        let sizes = readers.flat_map(|&(reader, _)| match &self.network.node(reader).op {
            Op::Linear(linear) if linear.inputs != channels => vec![linear.inputs],
            Op::Select(_) => self.regrouped(reader),
            Op::Input(_)
            | Op::Linear(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::LayerNorm(_)
            | Op::Softmax(_)
            | Op::Readout(_) => Vec::new(),
        });
        sizes.collect()
    }

    /// Lanes of a synaptic layer's output.
    pub(super) fn linear_lanes(&self, id: NodeId) -> usize {
        let channels = self.network.node(id).shape.channels();
        let neurons = self.readers(id);
        let mut sizes: Vec<usize> = neurons
            .iter()
            .filter(|(reader, _)| matches!(self.network.node(*reader).op, Op::Neuron(_)))
            .flat_map(|(reader, _)| self.regrouped(*reader))
            .collect();
        if sizes.is_empty() {
            return lanes_for(channels, self.most(id));
        }
        sizes.push(channels);
        common_lanes(&sizes, self.most(id))
    }

    /// Lanes of a sum: the most, as far as LayerNorm needs them, that divide those of its inputs.
    pub(super) fn sum_lanes(&self, id: NodeId) -> usize {
        let inputs = self.network.inputs(id);
        let mut lanes: Vec<usize> = inputs.iter().filter_map(|&input| self.output_lanes(input)).collect();
        lanes.extend(lanes.is_empty().then_some(self.most(id)));
        common_lanes(&lanes, self.most(id))
    }

    /// Lanes of what a node sends, where it cannot have any number of them.
    fn output_lanes(&self, id: NodeId) -> Option<usize> {
        let node = self.network.node(id);
        let source = || self.network.inputs(id).first().and_then(|&input| self.output_lanes(input));
        match &node.op {
            Op::Linear(_) => Some(self.linear_lanes(id)),
            Op::Sum(_) => Some(self.sum_lanes(id)),
            Op::Product(product) => {
                let right = self.network.inputs(id).get(1).copied();
                let right = right.map_or(1, |right| self.network.node(right).shape.channels());
                match product.form {
                    Form::Scores => Some(self.scores_lanes(id, node.shape.channels() / product.heads).0),
                    Form::Mix => Some(common_lanes(&[product.depth(right)], self.most(id))),
                    Form::Gate => None,
                }
            }
            Op::Neuron(_) | Op::LayerNorm(_) | Op::Softmax(_) => {
                source().map(|lanes| self.divided(id, lanes))
            }
            Op::Select(_) => source(),
            Op::Arrange(_) => Some(1),
            Op::Input(_) => Some(self.design.streams[0].lanes),
            Op::Embedding(_) | Op::Lif(_) | Op::MaxPool(_) | Op::Readout(_) => None,
        }
    }

    /// Maximum number of lanes of a node.
    pub(super) fn most(&self, id: NodeId) -> usize {
        self.options.most(self.network, id)
    }

    /// The most lanes per node may have that divide `lanes` and, where rows of other sizes are made of this node's
    /// beats, the rows of both.
    pub(super) fn divided(&self, id: NodeId, lanes: usize) -> usize {
        let mut sizes = self.regrouped(id);
        if !sizes.is_empty() {
            sizes.push(self.network.node(id).shape.channels());
        }
        sizes.push(lanes);
        common_lanes(&sizes, self.most(id))
    }

    /// Lanes of scores of this number of tokens, and channels of a group; more channels than tokens only if all readers
    /// support padding.
    pub(super) fn scores_lanes(&self, id: NodeId, tokens: usize) -> (usize, usize) {
        let reads = |id: NodeId, ok: &dyn Fn(&Op) -> bool| {
            self.readers(id).iter().all(|(reader, _)| ok(&self.network.node(*reader).op))
        };
        let padded = self.readers(id).iter().all(|&(reader, port)| {
            port == 0
                && matches!(self.network.node(reader).op, Op::Softmax(_))
                && reads(reader, &|op| matches!(op, Op::Product(p) if p.form == Form::Mix))
        });
        if padded {
            let lanes = lanes_for(tokens, self.most(id));
            (lanes, tokens.div_ceil(lanes) * lanes)
        } else {
            (common_lanes(&[tokens], self.most(id)), tokens)
        }
    }

    /// Lanes and width of the changes of a table, which its only reader, a sum, can take as they are.
    pub(super) fn embedding_lanes(&self, id: NodeId, total: Range) -> (usize, u32) {
        if let [(reader, port)] = *self.readers(id)
            && let Op::Sum(sum) = &self.network.node(reader).op
            && sum.terms[port].coefficient[..] == [1]
        {
            return (self.sum_lanes(reader), sum.total.union(sum.delta).signed_width());
        }
        (self.most(id), total.signed_width())
    }
}
