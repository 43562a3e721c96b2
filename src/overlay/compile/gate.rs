//! Products element by element: each event adds one lane of a word of operands.

use super::accumulate::Sums;
use super::item::{Access, Port};
use super::lower::{Form2, Lowering, OperandKind, STREAM, View, refused};
use crate::error::Result;
use crate::graph::NodeId;
use crate::integer::{Form, Op, Range};
use crate::overlay::machine::lane_bits;

impl Lowering<'_> {
    /// Rows of a gate.
    pub(super) fn gate(&mut self, view: View, total: Range) -> Result<Sums> {
        let name = self.name(view.root);
        if self.external {
            let problem = "a gate needs operands in a memory of their own";
            return Err(refused(
                name,
                problem,
                "build it with the weights in the chip: without --weights external",
            ));
        }
        let inputs = self.network.inputs(view.root);
        let channels = self.network.node(view.root).shape.channels();
        let operand = self.operand(inputs[1], OperandKind { form: Form2::Gate, heads: 1 })?;
        let left = self.view(inputs[0]);
        let split = self.left_split(Form::Gate, [1, 1, channels], false);
        let tracer = self.tracer(left.root, Some(split))?;
        if tracer.input && (left.first != 0 || view.first != 0) {
            let problem = "some rows of the input are read";
            return Err(refused(name, problem, STREAM));
        }
        let (mut fetch, source) = self.reading(&tracer, left.first, view, 1, 1);
        self.widths.operand.take(operand.range.0.into());
        self.widths.operand.take(operand.range.1.into());
        // Of an operand of one row, every row reads this one.
        let one = self.network.node(inputs[1]).shape.rows() == 1;
        let unit = self.gate_unit(channels);
        let lanes = lane_bits(self.options.lanes);
        let slice = (unit / self.options.group()) as u128;
        (fetch.operand, fetch.diagonal) = (1, 1);
        (fetch.slice_step, fetch.slice_groups) = (slice, slice);
        fetch.line_words = if one { 0 } else { 1 << lanes };
        let chunks = self.gate_chunks(channels, unit);
        fetch.outer = chunks.len() as u128;
        fetch.outer_words = (((operand.rows << lanes) as i128 - unit as i128) & 0xffff_ffff) as u128;
        let first = if one { 0 } else { view.first };
        let rows = (0..view.count).map(|r| if one { (0, 1) } else { (first + r, first + r + 1) }).collect();
        let words = Access { buffer: operand.buffer, port: Port::Words, offset: first, rows };
        Ok(Sums {
            fetch,
            accesses: vec![source, words],
            rows: view.count,
            channels,
            chunks,
            total,
            ragged: false,
        })
    }

    /// Chunks of whole units; elements of the last one may only fill up.
    fn gate_chunks(&self, channels: usize, unit: usize) -> Vec<Vec<Option<usize>>> {
        let all: Vec<Option<usize>> = (0..channels).map(Some).collect();
        let mut chunks: Vec<Vec<Option<usize>>> = all.chunks(unit).map(<[_]>::to_vec).collect();
        if let (true, Some(last)) = (chunks.len() > 1, chunks.last_mut()) {
            last.resize(unit, None);
        }
        chunks
    }

    /// Lanes of a chunk of a gate, all chunks of which have as many groups: the most that fit.
    pub(super) fn gate_unit(&self, channels: usize) -> usize {
        let group = self.options.group();
        let groups = channels.div_ceil(group).max(1);
        let most = (self.options.lanes / group).max(1);
        let unit = (1..=most.min(groups)).rev().find(|n| groups.is_multiple_of(*n));
        unit.unwrap_or(1) * group
    }

    /// Whether it is a gate.
    pub(super) fn is_gate(&self, id: NodeId) -> bool {
        matches!(&self.network.node(id).op, Op::Product(product) if product.form == Form::Gate)
    }
}
