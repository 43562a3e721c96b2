//! The residual stream: sums, embeddings, LayerNorm, softmax.

use super::accumulate::Columns;
use super::item::{Access, Base, Item, Kind, Port, Serial};
use super::layout::{Layout, Split};
use super::lower::{Lowering, STREAM, View, refused};
use super::widths::unsigned;
use crate::error::{Error, Result};
use crate::golden::SpikeCode;
use crate::graph::{Band, NodeId};
use crate::integer::{LayerNorm, Op, Range, Rounding, Softmax, Term};
use crate::overlay::isa::Vector;
use crate::overlay::plan::Memory;
use crate::overlay::plan::Unit;
use crate::overlay::tables::Table;

/// A sum to be emitted.
struct Total<'a> {
    name: &'a str,
    rows: usize,
    channels: usize,
    terms: Vec<(NodeId, Term)>,
    start: Vec<i64>,
    /// The node, if it is a sum.
    node: NodeId,
}

impl Lowering<'_> {
    /// The node's values in the memory of sums.
    pub fn sums_of(&mut self, id: NodeId) -> Result<usize> {
        if let Some(&buffer) = self.sums.get(&id) {
            return Ok(buffer);
        }
        if self.done.contains(&id) && matches!(self.network.node(id).op, Op::Sum(_)) {
            // Another sum has taken its place; its readers came before.
            return Err(refused(self.name(id), "it is read after its sums have been replaced", STREAM));
        }
        let node = self.network.node(id);
        let (rows, channels) = (self.rows(id), node.shape.channels());
        let total = match &node.op {
            Op::Sum(sum) => {
                self.widths.sum.take_range(sum.total);
                let terms = self.network.inputs(id).into_iter().zip(sum.terms.iter().cloned()).collect();
                Total {
                    name: &node.name,
                    rows,
                    channels,
                    terms,
                    start: sum.start[..rows * channels].to_vec(),
                    node: id,
                }
            }
            op @ (Op::Input(_)
            | Op::Linear(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Softmax(_)
            | Op::Readout(_)) => {
                let one = Term { first: 0, coefficient: vec![1], turned: false };
                self.widths.sum.take_range(values(op).unwrap_or(Range::new(0, 0)));
                let start = vec![0; rows * channels];
                Total { name: &node.name, rows, channels, terms: vec![(id, one)], start, node: id }
            }
        };
        let buffer = self.total(total)?;
        self.sums.insert(id, buffer);
        Ok(buffer)
    }

    fn total(&mut self, total: Total<'_>) -> Result<usize> {
        for (id, _) in &total.terms {
            self.prepare(*id)?;
        }
        total.start.iter().for_each(|&x| self.widths.sum.take(x.into()));
        let zero = total.start.iter().all(|&x| x == 0);
        let taken = if zero { self.in_place(&total) } else { None };
        let starts = if zero {
            None
        } else {
            Some(self.constants.starts.place_rows(&total.start, total.channels, self.options.row_lanes))
        };
        if let Op::Sum(_) = self.network.node(total.node).op {
            self.done.insert(total.node);
        }
        let buffer = match taken {
            Some((_, buffer)) => buffer,
            None => self.buffer(total.name, Memory::Sums, (total.rows, self.pitch(total.channels), 1)),
        };
        let pitch = self.pitch(total.channels);
        let base = |first: usize| starts.map_or(Base::Zero, |at| Base::Start(at + first * pitch));
        let mut present = taken.is_some();
        if self.external && starts.is_some() {
            // With the weights from memory come the start values of all rows, one after the other.
            self.init(total.name, (0, total.rows), base(0), buffer, total.channels);
            present = true;
        }
        let others = total.terms.iter().enumerate().filter(|(n, _)| taken.is_none_or(|(t, _)| t != *n));
        // What is turned is added column by column, so everything is there before it.
        let (turned, others): (Vec<_>, Vec<_>) =
            others.map(|(_, entry)| entry).partition(|(_, term)| term.turned);
        for (id, term) in others {
            // Rows of the term that nobody reads are left out.
            let rows = self.rows(*id).min(total.rows.saturating_sub(term.first));
            if rows == 0 {
                continue;
            }
            let own = if present {
                Base::Present
            } else {
                self.init(total.name, (0, term.first), base(0), buffer, total.channels);
                let end = term.first + rows;
                self.init(total.name, (end, total.rows - end), base(end), buffer, total.channels);
                base(term.first)
            };
            present = true;
            self.term(total.name, self.rows_of(*id, rows), term, own, buffer, total.channels)?;
        }
        if !present {
            self.init(total.name, (0, total.rows), base(0), buffer, total.channels);
        }
        for (id, term) in turned {
            self.term(total.name, self.view(*id), term, Base::Present, buffer, total.channels)?;
        }
        Ok(buffer)
    }

    /// The term, and its buffer, whose place the sum can take: the same rows with coefficient 1, and no reader is left.
    fn in_place(&mut self, total: &Total<'_>) -> Option<(usize, usize)> {
        let suits = |(id, term): &(NodeId, Term)| {
            let node = self.network.node(*id);
            matches!(node.op, Op::Sum(_))
                && node.shape.rows() == self.network.node(total.node).shape.rows()
                && self.rows(*id) >= total.rows
                && term.coefficient.iter().all(|&k| k == 1)
                && total.terms.iter().filter(|(other, _)| self.view(*other).root == *id).count() == 1
                && self.read_by_others(*id, total.node)
        };
        let index = total.terms.iter().position(suits)?;
        let id = total.terms[index].0;
        self.sums.remove(&id).map(|buffer| (index, buffer))
    }

    /// Whether all readers of a sum but this one have been computed.
    fn read_by_others(&self, id: NodeId, reader: NodeId) -> bool {
        let computed = |other: NodeId| match &self.network.node(other).op {
            Op::Select(_) => self.read_by_others(other, reader),
            Op::Input(_)
            | Op::Linear(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Softmax(_)
            | Op::Readout(_) => self.done.contains(&other),
        };
        self.network.consumers(id).into_iter().all(|other| other == reader || computed(other))
    }

    /// Rows `first…first + rows − 1` of a sum that nothing else begins.
    fn init(
        &mut self,
        name: &str,
        (first, rows): (usize, usize),
        base: Base,
        buffer: usize,
        channels: usize,
    ) {
        if rows == 0 {
            return;
        }
        let (start, ..) = self.coefficients(base, &[0], channels);
        let vector = Vector {
            op: 0,
            start: start.1,
            starts: start.0,
            rows: rows as u128,
            channels: channels as u128,
            ..Vector::default()
        };
        let rows = (first..first + rows).map(|r| (r, r + 1)).collect();
        let access = Access { buffer, port: Port::VectorTarget, offset: first * self.pitch(channels), rows };
        self.push_vector(name, vector, vec![access]);
    }

    /// Adds a term.
    fn term(
        &mut self,
        name: &str,
        view: View,
        term: &Term,
        base: Base,
        buffer: usize,
        channels: usize,
    ) -> Result<()> {
        let (mut vector, source) = match &self.network.node(view.root).op {
            _ if term.turned => return self.turned(name, view, term, buffer),
            Op::Sum(_) => {
                let source = self.sums_of(view.root)?;
                let rows = (view.first..view.first + view.count).map(|r| (r, r + 1)).collect();
                let offset = view.first * self.pitch(channels);
                (
                    Vector { op: 1, ..Vector::default() },
                    Some(Access { buffer: source, port: Port::VectorSource, offset, rows }),
                )
            }
            Op::Embedding(embedding) => {
                if !view.whole {
                    return Err(refused(name, "some rows of a table are added", STREAM));
                }
                self.raw_input(view.root, name)?;
                embedding.table.iter().for_each(|&x| self.widths.table.take(x.into()));
                let entries = embedding.table.clone();
                let table = match self.external {
                    true => self.constants.outside(Table { channels, entries }),
                    false => self.constants.table.place(entries),
                };
                (Vector { op: 2, table: table as u128, ..Vector::default() }, None)
            }
            Op::Input(_) | Op::Arrange(_) if self.elements_of(view).is_some() => {
                let (first, distance) = self.elements_of(view).unwrap_or_default();
                let (table, row_stride) = (first as u128, distance as u128);
                (Vector { op: 7, table, row_stride, ..Vector::default() }, None)
            }
            Op::Input(_)
            | Op::Linear(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Softmax(_)
            | Op::Readout(_) => {
                let coefficient = term.coefficient.clone();
                return self.serial(
                    name,
                    view,
                    Serial::Sums { buffer, first: term.first, base, coefficient, turned: None },
                );
            }
        };
        if term.coefficient.len() > channels {
            return Err(refused(
                name,
                "factors that differ between rows, of a sum or a table",
                "quantise the value before its rotation",
            ));
        }
        let (start, present, per_channel, address, one) =
            self.coefficients(base, &term.coefficient, channels);
        (vector.start, vector.accumulate, vector.per_channel) = (start.1, present, per_channel);
        (vector.starts, vector.coefficients, vector.coefficient) = (start.0, address, one);
        (vector.rows, vector.channels) = (view.count as u128, channels as u128);
        let rows = (term.first..term.first + view.count).map(|r| (r, r + 1)).collect();
        let target =
            Access { buffer, port: Port::VectorTarget, offset: term.first * self.pitch(channels), rows };
        self.push_vector(name, vector, source.into_iter().chain([target]).collect());
        Ok(())
    }

    /// Adds a term whose columns are rows of the sum.
    fn turned(&mut self, name: &str, view: View, term: &Term, buffer: usize) -> Result<()> {
        let levels_or_layer = match &self.network.node(view.root).op {
            Op::Linear(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_) => true,
            Op::Input(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::Softmax(_)
            | Op::Readout(_) => false,
        };
        if !levels_or_layer {
            let problem = "rows that become columns, of something else than a layer or neurons";
            return Err(refused(name, problem, "quantise the value before it is transposed"));
        }
        let coefficient = term.coefficient.clone();
        let turned = Some(self.buffers[buffer].row_words);
        self.serial(
            name,
            view,
            Serial::Sums { buffer, first: term.first, base: Base::Present, coefficient, turned },
        )
    }

    /// A table or a mask reads raw elements.
    fn raw_input(&mut self, reader: NodeId, name: &str) -> Result<()> {
        let inputs = self.network.inputs(reader);
        let port = usize::from(matches!(self.network.node(reader).op, Op::Softmax(_)));
        let input = self.raw_elements(inputs[port], name)?;
        let Op::Input(node) = &self.network.node(input).op else { return Ok(()) };
        match node.steps {
            1 => Ok(()),
            steps => Err(refused(
                self.name(input),
                format!("a rate-encoded input of {steps} time-steps"),
                "convert with `--encoding analog`",
            )),
        }
    }

    fn half_even(&self, rounding: Rounding, name: &str) -> Result<u128> {
        match rounding {
            Rounding::HalfUp => Ok(0),
            Rounding::HalfEven => Ok(1),
            Rounding::HalfOdd
            | Rounding::HalfDown
            | Rounding::Floor
            | Rounding::Ceil
            | Rounding::Truncate => Err(refused(
                name,
                format!("LayerNorm or softmax with rounding {rounding:?}"),
                "quantise with rounding half up or half to even, or build the streaming architecture instead",
            )),
        }
    }

    /// LayerNorm and its neurons.
    pub fn layer_norm(&mut self, id: NodeId, norm: &LayerNorm) -> Result<()> {
        let name = self.name(id);
        let half_even = self.half_even(norm.rounding, name)?;
        let view = self.rows_of(self.network.inputs(id)[0], self.rows(id));
        let source = self.sums_of(view.root)?;
        let channels = norm.gamma.len();
        let layout = Layout::dense(channels, self.options.group());
        let tracer = self.new_tracer(id, view.count, layout.clone(), (norm.low, norm.high));
        let words = self.row_words(&layout);
        let shift = self.norm_fraction - norm.fraction;
        if norm.root_fraction != self.root_fraction {
            let problem = "the roots of LayerNorms have different fraction bits";
            return Err(Error::input(problem).at_node(name));
        }
        let scaled = |x: i64| i128::from(x) << shift;
        // The half that rounding adds is part of B.
        let half = 1 << (self.norm_fraction - 1);
        let constants: Vec<(i128, i128)> =
            norm.gamma.iter().zip(&norm.beta).map(|(&g, &b)| (scaled(g), scaled(b) + half)).collect();
        for &(gamma, beta) in &constants {
            self.widths.gamma.take(gamma);
            self.widths.beta.take(beta);
        }
        self.norm_widths(norm);
        self.row_levels(norm.low, norm.high, tracer.steps);
        let vector = Vector {
            op: 3,
            half_even,
            unary: u128::from(self.options.code == SpikeCode::Unary),
            uncentred: u128::from(!norm.centred),
            rows: view.count as u128,
            channels: channels as u128,
            row_stride: words as u128,
            step_stride: (view.count * words) as u128,
            steps: tracer.steps as u128,
            high: u128::from(norm.high.unsigned_abs()),
            low: u128::from(norm.low.unsigned_abs()),
            constants: self.constants.norms.place_rows(&constants, channels, self.options.row_lanes) as u128,
            epsilon: norm.epsilon.unsigned_abs(),
            ..Vector::default()
        };
        let rows = (view.first..view.first + view.count).map(|r| (r, r + 1)).collect();
        let read = Access {
            buffer: source,
            port: Port::VectorSource,
            offset: view.first * self.pitch(channels),
            rows,
        };
        let rows = (0..view.count).map(|r| (r, r + 1)).collect();
        let write = Access { buffer: tracer.buffer, port: Port::Spikes, offset: 0, rows };
        self.place(id, Unit::Vector, &layout, view.count);
        self.push_vector(name, vector, vec![read, write]);
        self.done.insert(id);
        self.tracers.entry(id).or_default().push(tracer);
        Ok(())
    }

    fn norm_widths(&mut self, norm: &LayerNorm) {
        let channels = norm.gamma.len() as i128;
        let spread = i128::from(norm.total.high) - i128::from(norm.total.low);
        // The sum of squares of the deviations is at most C²/4·spread², and no deviation is above C − 1 times the spread.
        // Without a mean, they are at most C²·reach² and C times the reach.
        let reach = i128::from(norm.total.low.unsigned_abs().max(norm.total.high.unsigned_abs()));
        let half = match norm.centred {
            true => (channels * spread).saturating_add(1) / 2,
            false => channels * reach,
        }
        .saturating_mul(1 << norm.root_fraction);
        let root =
            half.checked_mul(half).map_or(i128::from(i64::MAX), |v| v.saturating_add(norm.epsilon).isqrt());
        let centred = if norm.centred { (channels - 1) * spread } else { channels * reach };
        let most = |list: &[i64]| i128::from(list.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0));
        let (gamma, beta) = (most(&norm.gamma), most(&norm.beta));
        let numerator = gamma
            .saturating_mul(centred)
            .saturating_mul(1 << norm.root_fraction)
            .saturating_add(beta.saturating_mul(root))
            .saturating_add(root << (norm.fraction - 1).min(62));
        let value = (numerator >> norm.fraction) + 1;
        let widths = &mut self.widths;
        widths.row_value.take(value + root);
        widths.row_value.take(-value);
        widths.row_theta = widths.row_theta.max(root.unsigned_abs());
        widths.square_width = widths.square_width.max(norm.square_width);
        widths.epsilon = widths.epsilon.max(norm.epsilon.unsigned_abs());
    }

    pub fn row_levels(&mut self, low: i32, high: i32, steps: usize) {
        let widths = &mut self.widths;
        widths.row_level = widths.row_level.max(low.unsigned_abs().max(high.unsigned_abs()).into());
        widths.row_max_steps = widths.row_max_steps.max(steps);
    }

    /// Softmax and its neurons, with the product before it.
    pub fn softmax(&mut self, id: NodeId, softmax: &Softmax) -> Result<()> {
        let name = self.name(id);
        let half_even = self.half_even(softmax.rounding, name)?;
        let inputs = self.network.inputs(id);
        let channels = self.network.node(id).shape.channels();
        let tokens = channels / softmax.groups;
        let scores = self.rows_of(inputs[0], self.rows(id));
        let sums = self.accumulate_view(scores, Some(Columns::Groups(tokens)))?;
        let rows = sums.rows;
        let mut fire = self.chunk_fields(&sums.fetch, &sums.chunks);
        let mut accesses = sums.accesses;
        self.widths.acc.take_range(sums.total);
        self.widths.value.take_range(sums.total);
        if let Some(padding) = softmax.padding {
            self.raw_input(id, name)?;
            let buffer = self.mask(name, padding, tokens);
            fire.masked = 1;
            accesses.push(Access { buffer, port: Port::Masked, offset: 0, rows: vec![(0, tokens); rows] });
        }
        if softmax.band != Band::ALL {
            // More than a row has keys is no bound.
            let bound = |bound: Option<u32>| u128::from(bound.map_or(u16::MAX, |n| n.min(0xffff) as u16));
            fire.band = 1;
            (fire.behind, fire.ahead) = (bound(softmax.band.behind), bound(softmax.band.ahead));
            (fire.sums, fire.starts) =
                (softmax.band.always.into(), u128::from(softmax.band.behind_block) - 1);
            fire.coefficients = u128::from(softmax.band.ahead_block) - 1;
        }
        let split = self.score_split(tokens, softmax.groups);
        fire.apart = u128::from(split != Split::aligned(tokens, self.options.group()));
        let layout = Layout::split(channels, split, self.options.group());
        let tracer = self.new_tracer(id, rows, layout.clone(), (softmax.low, softmax.high));
        let words = self.row_words(&layout);
        accesses.push(Access {
            buffer: tracer.buffer,
            port: Port::Spikes,
            offset: 0,
            rows: (0..rows).map(|r| (r, r + 1)).collect(),
        });
        fire.serial = 2;
        fire.half_even = half_even;
        fire.unary = u128::from(self.options.code == SpikeCode::Unary);
        fire.steps = tracer.steps as u128;
        fire.high = u128::from(softmax.high.unsigned_abs());
        fire.low = u128::from(softmax.low.unsigned_abs());
        fire.row_stride = words as u128;
        fire.step_stride = (rows * words) as u128;
        fire.exponentials = self.constants.exponentials.place(softmax.table.clone()) as u128;
        fire.exponential_count = softmax.table.len() as u128;
        let scale = i128::from(softmax.scale) << (self.scale_fraction - softmax.scale_fraction);
        fire.scale = scale.unsigned_abs();
        self.softmax_widths(softmax, tokens, scale);
        self.row_levels(softmax.low, softmax.high, tracer.steps);
        self.place(id, Unit::Softmax, &layout, rows);
        let kind = Kind::Engine(Box::new((sums.fetch, fire)));
        self.items.push(Item { name: name.into(), kind, accesses });
        self.instructions[0] += 1;
        self.done.insert(id);
        self.tracers.entry(id).or_default().push(tracer);
        Ok(())
    }

    fn softmax_widths(&mut self, softmax: &Softmax, tokens: usize, scale: i128) {
        let most = i128::from(softmax.table.iter().copied().max().unwrap_or(0));
        let sum = most * tokens as i128;
        let (z, shifted) = (scale.saturating_mul(sum), most << self.scale_fraction);
        let widths = &mut self.widths;
        widths.exp = widths.exp.max(most.unsigned_abs());
        widths.exp_sum_width = widths.exp_sum_width.max(unsigned(sum.unsigned_abs()));
        widths.scale = widths.scale.max(scale.unsigned_abs());
        widths.max_group = widths.max_group.max(tokens);
        widths.row_value.take(shifted.saturating_add(z));
        widths.row_theta = widths.row_theta.max(z.saturating_mul(2).unsigned_abs());
    }
}

/// Range of a node's values, where it is not a sum.
fn values(op: &Op) -> Option<Range> {
    let levels = |low: i32, high: i32| Some(Range::new(low.into(), high.into()));
    match op {
        Op::Input(input) => Some(input.range),
        Op::Linear(linear) => Some(linear.total),
        Op::Neuron(neuron) => levels(neuron.low, neuron.high),
        Op::Lif(_) => levels(0, 1),
        Op::LayerNorm(norm) => levels(norm.low, norm.high),
        Op::Softmax(softmax) => levels(softmax.low, softmax.high),
        Op::Embedding(embedding) => Some(embedding.total),
        Op::Product(product) => Some(product.total),
        Op::MaxPool(pool) => Some(pool.total),
        Op::Sum(sum) => Some(sum.total),
        Op::Readout(readout) => Some(readout.total),
        Op::Arrange(_) | Op::Select(_) => None,
    }
}
