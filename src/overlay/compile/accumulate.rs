//! Matrix products: which spikes are read and which words they add.

use super::constants::Block;
use super::item::{Access, Port};
use super::layout::{Layout, Split};
use super::lower::{Lowering, OperandKind, STREAM, Tracer, View, refused};
use crate::error::Result;
use crate::graph::NodeId;
use crate::integer::{Form, Linear, Op, Product, Range};
use crate::overlay::isa::Fetch;

/// Accumulated chunks.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub fetch: Fetch,
    pub accesses: Vec<Access>,
    pub rows: usize,
    pub channels: usize,
    /// Channel of each element of each chunk of a row; none where a column only fills up.
    pub chunks: Vec<Vec<Option<usize>>>,
    /// Range of a sum.
    pub total: Range,
    /// Lanes beyond the last element of a chunk add words that nobody has written.
    pub ragged: bool,
}

/// How the columns of a synaptic layer become chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// In parts, one after the other.
    Split(Split),
    /// Groups of this size begin chunks.
    Groups(usize),
}

impl Lowering<'_> {
    /// Rows of what a node accumulates; levels are accumulated with an identity matrix.
    pub fn accumulate(&mut self, id: NodeId, columns: Option<Columns>) -> Result<Sums> {
        let view = self.view(id);
        self.accumulate_view(view, columns)
    }

    /// The same for some rows.
    pub fn accumulate_view(&mut self, view: View, columns: Option<Columns>) -> Result<Sums> {
        let node = self.network.node(view.root);
        match &node.op {
            Op::Linear(linear) => self.linear(view, linear, columns),
            Op::Product(product) => self.product(view, product, columns),
            Op::MaxPool(pool) => self.max_pool(view, pool, columns),
            Op::Input(_)
            | Op::Arrange(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::LayerNorm(_)
            | Op::Softmax(_) => self.identity(view, columns),
            Op::Sum(_) | Op::Embedding(_) | Op::Select(_) | Op::Readout(_) => Err(refused(
                &node.name,
                "its values are fixed-point sums, which only LayerNorm and other sums can read",
                STREAM,
            )),
        }
    }

    fn linear(&mut self, view: View, linear: &Linear, columns: Option<Columns>) -> Result<Sums> {
        if let Some(window) = &linear.window {
            return self.convolution(view, linear, window, columns);
        }
        let name = self.name(view.root);
        let source_id = self.network.inputs(view.root)[0];
        let source = self.view(source_id);
        let shape = &self.network.node(source_id).shape;
        let (inputs, channels) = (linear.inputs, shape.channels());
        let chunks = self.columns(linear.outputs, columns);
        // The source, the layout of what a segment reads, segments of a row, and where the first row begins.
        let (tracer, layout, segments, parts) = if self.is_raw(source.root) {
            if !source.whole || view.first != 0 {
                return Err(refused(name, "it reads some rows of the input", STREAM));
            }
            let tracer = self.raw(source.root, shape.len() / inputs, inputs)?;
            let layout = tracer.layout.clone();
            (tracer, layout, 1, 1)
        } else if inputs.is_multiple_of(channels) {
            let tracer = self.tracer(source.root, None)?;
            let layout = tracer.layout.clone();
            (tracer, layout, inputs / channels, 1)
        } else if channels.is_multiple_of(inputs) {
            let split = Split::aligned(inputs, self.options.fetch_width);
            let tracer = self.tracer(source.root, Some(split))?;
            let groups = split.pitch / self.options.group();
            let layout = Layout { positions: (0..inputs).collect(), groups };
            (tracer, layout, 1, channels / inputs)
        } else {
            let problem = format!("it reads {inputs} inputs per row from rows of {channels} channels");
            return Err(refused(name, problem, STREAM));
        };
        let fetch = self.reading(&tracer, source.first, view, segments, parts);
        self.widths.weight.take_range(linear.weight);
        let word = |segment: usize, input: usize, column: usize| {
            linear.weights[(segment * channels + input) * linear.outputs + column]
        };
        let block = Block::Linear(view.root, layout.clone(), chunks.clone());
        let words = self.block(block, &layout, segments, &chunks, word);
        let (fetch, access) = fetch;
        Ok(self.chunked(
            fetch,
            access,
            words,
            (&layout, segments),
            linear.outputs,
            chunks,
            linear.total,
            columns,
            view,
        ))
    }

    /// Identity: sums are the levels.
    fn identity(&mut self, view: View, columns: Option<Columns>) -> Result<Sums> {
        let tracer = self.tracer(view.root, None)?;
        if tracer.input && view.first != 0 {
            return Err(refused(self.name(view.root), "some rows of the input are read", STREAM));
        }
        let channels = tracer.channels;
        let lanes = self.options.lanes;
        let chunks = self.columns(channels, columns);
        let total = Range::new(tracer.range.0, tracer.range.1);
        self.widths.weight.take(1);
        let (mut fetch, access) = self.reading(&tracer, 0, view, 1, 1);
        let layout = tracer.layout;
        let plain = columns.is_none() && layout.is_dense();
        if plain && (channels <= lanes || channels.is_multiple_of(lanes)) {
            let square = Block::Square;
            let all: Vec<Vec<Option<usize>>> = vec![(0..lanes).map(Some).collect()];
            let reach = Layout { positions: (0..lanes).collect(), groups: lanes / self.options.group() };
            let words = self.block(square, &reach, 1, &all, |_, input, column| i64::from(input == column));
            fetch.words = words as u128;
            fetch.inner = 1;
            fetch.outer = chunks.len() as u128;
            if chunks.len() > 1 {
                fetch.slice_step = reach.groups as u128;
                fetch.slice_groups = reach.groups as u128;
                fetch.outer_words = modulo(-(lanes as i128));
            } else {
                fetch.slice_groups = layout.groups as u128;
            }
            return Ok(Sums {
                fetch,
                accesses: vec![access],
                rows: view.count,
                channels,
                chunks,
                total,
                ragged: false,
            });
        }
        let block = Block::Identity(layout.clone(), chunks.clone());
        let words = self.block(block, &layout, 1, &chunks, |_, input, column| i64::from(input == column));
        Ok(self.chunked(fetch, access, words, (&layout, 1), channels, chunks, total, columns, view))
    }

    /// The fields of a fetch instruction whose chunks all read whole rows.
    #[allow(clippy::too_many_arguments, reason = "the parts of a matrix product")]
    fn chunked(
        &self,
        mut fetch: Fetch,
        access: Access,
        words: usize,
        (layout, segments): (&Layout, usize),
        channels: usize,
        chunks: Vec<Vec<Option<usize>>>,
        total: Range,
        columns: Option<Columns>,
        view: View,
    ) -> Sums {
        let outer = match columns {
            Some(Columns::Groups(size)) => channels / size,
            Some(Columns::Split(_)) | None => 1,
        };
        let inner = chunks.len() / outer;
        let chunk_words = segments * layout.reach();
        fetch.words = words as u128;
        fetch.outer = outer as u128;
        fetch.inner = inner as u128;
        fetch.slice_groups = layout.groups as u128;
        fetch.inner_words = chunk_words as u128;
        fetch.outer_words = (inner * chunk_words) as u128;
        fetch.segment_words = layout.reach() as u128;
        Sums { fetch, accesses: vec![access], rows: view.count, channels, chunks, total, ragged: false }
    }

    /// Words of weights, unless they are there already.
    pub fn block(
        &mut self,
        block: Block,
        layout: &Layout,
        segments: usize,
        chunks: &[Vec<Option<usize>>],
        weight: impl Fn(usize, usize, usize) -> i64,
    ) -> usize {
        let lanes = self.options.lanes;
        let words = &mut self.constants.weights;
        *self.constants.blocks.entry(block).or_insert_with(|| {
            let first = words.len();
            let inputs = layout.channels();
            for chunk in chunks {
                for segment in 0..segments {
                    for input in &inputs {
                        let each = chunk.iter().map(|column| match (input, column) {
                            (Some(input), Some(column)) => weight(segment, *input, *column),
                            _ => 0,
                        });
                        words.push(each.chain(std::iter::repeat(0)).take(lanes).collect());
                    }
                }
            }
            first
        })
    }

    /// Chunks of these columns.
    pub fn columns(&self, channels: usize, columns: Option<Columns>) -> Vec<Vec<Option<usize>>> {
        let lanes = self.options.lanes;
        match columns {
            Some(Columns::Groups(size)) => (0..channels)
                .step_by(size)
                .flat_map(|first| {
                    let group: Vec<Option<usize>> = (first..first + size).map(Some).collect();
                    group.chunks(lanes).map(<[_]>::to_vec).collect::<Vec<_>>()
                })
                .collect(),
            Some(Columns::Split(split)) if split.size < channels => {
                let layout = Layout::split(channels, split, self.options.group());
                let mut all = layout.channels();
                all.resize(layout.groups * self.options.group(), None);
                all.chunks(lanes).map(<[_]>::to_vec).collect()
            }
            Some(Columns::Split(_)) | None => {
                let all: Vec<Option<usize>> = (0..channels).map(Some).collect();
                all.chunks(lanes).map(<[_]>::to_vec).collect()
            }
        }
    }

    /// The fields of a fetch instruction that say where spikes are. A row of the view reads `segments` rows, or a part
    /// of a row.
    pub fn reading(
        &self,
        tracer: &Tracer,
        first: usize,
        view: View,
        segments: usize,
        parts: usize,
    ) -> (Fetch, Access) {
        let words = self.row_words(&tracer.layout);
        let part = words / parts;
        let offset = first * words + view.first * segments * part;
        let rows = (0..view.count).map(|r| {
            let at = view.first + r;
            match parts {
                1 => (first + at * segments, first + (at + 1) * segments),
                _ => (first + at / parts, first + at / parts + 1),
            }
        });
        let access = Access { buffer: tracer.buffer, port: Port::Source, offset, rows: rows.collect() };
        let fetch = Fetch {
            doubling: tracer.doubling.into(),
            input: tracer.input.into(),
            rows: view.count as u128,
            row_stride: (segments * part) as u128,
            steps: tracer.steps as u128,
            step_stride: (tracer.rows * words) as u128,
            segments: segments as u128,
            segment_stride: words as u128,
            outer: 1,
            inner: 1,
            ..Fetch::default()
        };
        (fetch, access)
    }

    /// A product of two layers.
    fn product(&mut self, view: View, product: &Product, columns: Option<Columns>) -> Result<Sums> {
        if product.form == Form::Gate {
            return self.gate(view, product.total);
        }
        let name = self.name(view.root);
        let inputs = self.network.inputs(view.root);
        let right_shape = &self.network.node(inputs[1]).shape;
        let (tokens, right_channels) = (right_shape.rows(), right_shape.channels());
        let (lanes, fire_lanes, heads) = (self.options.lanes, self.options.group(), product.heads);
        let depth = product.depth(right_channels);
        if let Some(Columns::Groups(size)) = columns
            && (product.form != Form::Scores || size != tokens)
        {
            let problem = format!("softmax over groups of {size} of the product of {heads} heads");
            return Err(refused(name, problem, STREAM));
        }
        let operand = self.operand(inputs[1], OperandKind { form: product.form.into(), heads })?;
        let left = self.view(inputs[0]);
        let split =
            self.left_split(product.form, [heads, tokens, right_channels], self.is_softmax(left.root));
        let tracer = self.tracer(left.root, Some(split))?;
        if tracer.input && (left.first != 0 || view.first != 0) {
            return Err(refused(name, "some rows of the input are read", STREAM));
        }
        let (mut fetch, source) = self.reading(&tracer, left.first, view, 1, 1);
        self.widths.operand.take(operand.range.0.into());
        self.widths.operand.take(operand.range.1.into());
        let slice = split.size.div_ceil(fire_lanes) as u128;
        (fetch.operand, fetch.outer, fetch.slice_groups) = (1, heads as u128, slice);
        fetch.slice_step = (split.pitch / fire_lanes) as u128;
        let mut chunks = Vec::new();
        let channels = match product.form {
            Form::Scores => {
                fetch.inner = tokens.div_ceil(lanes) as u128;
                fetch.inner_words = (heads * split.pitch) as u128;
                for head in 0..heads {
                    let all: Vec<Option<usize>> = (0..tokens).map(|j| Some(head * tokens + j)).collect();
                    chunks.extend(all.chunks(lanes).map(<[_]>::to_vec));
                }
                heads * tokens
            }
            Form::Mix | Form::Gate => {
                let (unit, inner) = self.units(depth);
                fetch.inner = inner as u128;
                fetch.inner_words = tokens as u128;
                fetch.outer_words = modulo((inner * tokens) as i128 - split.pitch as i128);
                for head in 0..heads {
                    let all: Vec<Option<usize>> = (0..depth).map(|d| Some(head * depth + d)).collect();
                    chunks.extend(all.chunks(unit).map(<[_]>::to_vec));
                }
                right_channels
            }
        };
        let rows = vec![(0, operand.rows); view.count];
        let words = Access { buffer: operand.buffer, port: Port::Words, offset: 0, rows };
        let accesses = vec![source, words];
        let ragged = product.form == Form::Scores && !tokens.is_multiple_of(fire_lanes);
        Ok(Sums { fetch, accesses, rows: view.count, channels, chunks, total: product.total, ragged })
    }

    /// Lanes of a unit of the right operand of `Mix`, and units of a head of this depth.
    pub fn units(&self, depth: usize) -> (usize, usize) {
        let padded = depth.next_multiple_of(self.options.group());
        match padded <= self.options.lanes {
            true => (padded, 1),
            false => (self.options.lanes, depth.div_ceil(self.options.lanes)),
        }
    }
}

/// Modulo 2^32.
fn modulo(value: i128) -> u128 {
    (value & 0xffff_ffff) as u128
}
