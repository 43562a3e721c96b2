//! What becomes of accumulated sums: neurons that fire, operands, the serial path.

use super::accumulate::{Columns, Sums};
use super::item::{Access, Base, Demand, Item, Kind, Port, Serial};
use super::layout::{Layout, Split};
use super::lif::LifNeurons;
use super::lower::{Form2, Lowering, Operand, OperandKind, STREAM, Tracer, View, reads_sum, refused};
use super::pieces::{Pieces, pieces, probes};
use crate::error::Result;
use crate::golden::SpikeCode;
use crate::graph::NodeId;
use crate::integer::{Neuron, Op, Range, Rule};
use crate::overlay::isa::{Fetch, Fire};
use crate::overlay::machine::ReadoutPart;
use crate::overlay::plan::Memory;
use crate::overlay::plan::{LayerPlace, Unit};

/// Neurons: affine, or a table whose levels take the place of sums.
#[derive(Clone, Debug)]
pub(super) struct Neurons {
    pub low: i32,
    pub high: i32,
    /// In the common fraction bits, one per channel.
    theta: Vec<i128>,
    start: Vec<i128>,
    membrane: (i128, i128),
    /// One per channel.
    table: Option<Vec<Pieces>>,
    /// IF or LIF neurons: their spikes are what these neurons pass on.
    pub lif: Option<LifNeurons>,
}

/// What an instruction yields.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    pub spikes: bool,
    pub operand: Option<OperandKind>,
    pub serial: Option<Serial>,
}

impl Lowering<'_> {
    /// The neurons of a node.
    fn neurons(&self, id: NodeId) -> Result<Neurons> {
        let node = self.network.node(id);
        if let Op::Lif(lif) = &node.op {
            let pass = self.pass(node.shape.channels(), (0, 1), &node.name)?;
            return Ok(Neurons { lif: Some(self.lif(&node.name, lif)?), ..pass });
        }
        let Op::Neuron(neuron) = &node.op else {
            return Err(refused(&node.name, "it has no neurons", STREAM));
        };
        let Rule::Affine { fraction, theta, start } = &neuron.rule else {
            // A table of no levels does not say how many channels it has.
            let channels = node.shape.channels();
            let table = (0..channels).map(|c| pieces(neuron, c)).collect();
            let levels = (neuron.low.into(), neuron.high.into());
            let pass = self.pass(channels, levels, &node.name)?;
            return Ok(Neurons { table: Some(table), ..pass });
        };
        let shift = self.fraction - fraction;
        let scaled = |list: &[i64]| list.iter().map(|&v| i128::from(v) << shift).collect();
        let membrane = (i128::from(neuron.membrane.low) << shift, i128::from(neuron.membrane.high) << shift);
        Ok(Neurons {
            low: neuron.low,
            high: neuron.high,
            theta: scaled(theta),
            start: scaled(start),
            membrane,
            table: None,
            lif: None,
        })
    }

    /// Neurons whose level is what they accumulate.
    fn pass(&self, channels: usize, (low, high): (i64, i64), name: &str) -> Result<Neurons> {
        let narrow = |v: i64| {
            i32::try_from(v)
                .map_err(|_| refused(name, format!("levels of {low}…{high} are too wide"), STREAM))
        };
        let one = 1i128 << self.fraction;
        Ok(Neurons {
            low: narrow(low.min(0))?,
            high: narrow(high.max(0))?,
            theta: vec![one; channels],
            start: vec![0; channels],
            membrane: (i128::from(low) * one, i128::from(high) * one),
            table: None,
            lif: None,
        })
    }

    /// Emits neurons for the first time: for spikes and operands if somebody reads them, and for the serial path.
    pub fn neuron(&mut self, id: NodeId, demand: Demand) -> Result<()> {
        let name = self.name(id);
        let neurons = self.neurons(id)?;
        let readers = self.readers(id);
        let first = !self.done.contains(&id);
        let needs_operand = matches!(demand, Demand::Operand);
        let (wanted, want, serial) = match demand {
            Demand::Spikes(want) => (true, want, None),
            Demand::Operand => (false, None, None),
            Demand::Serial(serial) => (false, None, Some(serial)),
        };
        let split = want.or(readers.splits.first().copied());
        let own = |kind: &OperandKind| self.operand_split(self.network.node(id).shape.channels(), *kind);
        let split = split.or(readers.operands.first().map(own).filter(|s| s.pitch != s.size));
        let source = self.rows_of(self.network.inputs(id)[0], self.source_rows(id));
        let sums = self.accumulate_view(source, split.map(Columns::Split))?;
        let sums = self.in_time(id, sums)?;
        let layout = Layout::of_chunks(&sums.chunks, sums.channels, self.options.group());
        let suits = |kind: &&OperandKind| {
            layout.satisfies(self.operand_split(sums.channels, **kind), self.options.group())
                && !self.operands.contains_key(&(id, **kind))
        };
        let operand = readers.operands.iter().find(suits).copied();
        // The chunks of a gate may have elements that only fill up, whatever layout is wanted: their levels are read from
        // spikes.
        let through = serial.is_some() && has_gaps(&sums.chunks) && self.is_gate(source.root);
        // An operand in another layout is made from spikes.
        let spikes = readers.spikes || wanted || through || (needs_operand && operand.is_none());
        // The serial path takes every element of a row: it must not meet one that only fills up.
        let (merged, alone) = match serial {
            Some(serial) if has_gaps(&sums.chunks) => (None, Some(serial)),
            serial => (serial, None),
        };
        self.done.insert(id);
        if alone.is_none() || spikes || operand.is_some() {
            self.place_neurons(id, &sums, 0, !first);
            let outputs = Outputs { spikes, operand, serial: merged };
            self.emit(Some(id), name, sums, Some(&neurons), outputs)?;
            if let (Some(serial), true) = (&alone, through) {
                return self.serial(name, self.view(id), serial.clone());
            }
            if let Some(serial) = alone {
                let sums = self.accumulate_view(source, None)?;
                self.place_neurons(id, &sums, 0, true);
                self.emit(
                    None,
                    name,
                    sums,
                    Some(&neurons),
                    Outputs { serial: Some(serial), ..Outputs::default() },
                )?;
            }
        } else {
            let sums = self.accumulate_view(source, None)?;
            self.place_neurons(id, &sums, 0, !first);
            self.emit(None, name, sums, Some(&neurons), Outputs { serial: alone, ..Outputs::default() })?;
        }
        Ok(())
    }

    /// Notes where a layer's levels appear: in the instruction that is emitted next.
    pub fn place(&mut self, id: NodeId, unit: Unit, layout: &Layout, rows: usize) {
        let place = self.placed(id, unit, layout, (0, rows));
        self.layers.push(place);
    }

    /// Notes which neurons of the engine the instruction that is emitted next computes: rows of a layer from the first one on,
    /// for the first time or again.
    fn place_neurons(&mut self, id: NodeId, sums: &Sums, first_row: usize, again: bool) {
        let layout = Layout::of_chunks(&sums.chunks, sums.channels, self.options.group());
        let place = self.placed(id, Unit::Engine, &layout, (first_row, sums.rows));
        if again { &mut self.again } else { &mut self.layers }.push(place);
    }

    fn placed(
        &self,
        id: NodeId,
        unit: Unit,
        layout: &Layout,
        (first_row, rows): (usize, usize),
    ) -> LayerPlace {
        let list = usize::from(unit == Unit::Vector);
        let (common, vector) = match unit {
            Unit::Engine | Unit::Softmax => (self.fraction, false),
            Unit::Vector => (self.neuron_fraction, true),
        };
        let (mut shift, mut theta) = (0, None);
        if let Op::Neuron(Neuron { rule: Rule::Affine { fraction, theta: all, .. }, .. }) =
            &self.network.node(id).op
        {
            theta = all.first().copied().filter(|_| vector);
            shift = common - fraction;
        }
        LayerPlace {
            node: id,
            name: self.name(id).to_owned(),
            unit,
            instruction: self.instructions[list],
            first_row,
            rows,
            positions: layout.positions.clone(),
            pieces: 1,
            span: 0,
            shift,
            theta,
        }
    }

    /// Levels in another layout, through neurons that pass them on.
    pub fn copy(&mut self, id: NodeId, split: Split) -> Result<Tracer> {
        let name = self.name(id);
        let sums = self.accumulate(id, Some(Columns::Split(split)))?;
        let neurons = self.pass(sums.channels, (sums.total.low, sums.total.high), name)?;
        let outputs = Outputs { spikes: true, ..Outputs::default() };
        self.emit(Some(id), name, sums, Some(&neurons), outputs)?;
        let found = self.tracers.get(&id).and_then(|all| all.last()).cloned();
        found.ok_or_else(|| refused(name, "its levels are not in spike memory", STREAM))
    }

    /// Layout of a right operand.
    fn operand_split(&self, channels: usize, kind: OperandKind) -> Split {
        let size = channels / kind.heads.max(1);
        match kind.form {
            Form2::Scores => Split::aligned(size, self.options.group()),
            Form2::Mix => {
                let (unit, inner) = self.units(size);
                Split { size, pitch: unit * inner }
            }
            Form2::Gate => Split::aligned(channels, self.options.group()),
        }
    }

    /// Levels in operand memory.
    pub fn operand(&mut self, id: NodeId, kind: OperandKind) -> Result<Operand> {
        if let Some(known) = self.operands.get(&(id, kind)) {
            return Ok(known.clone());
        }
        let view = self.view(id);
        let node = self.network.node(view.root);
        if let Op::Neuron(_) = &node.op
            && view.whole
            && !reads_sum(self.network, view.root)
        {
            if !self.done.contains(&view.root) {
                self.neuron(view.root, Demand::Operand)?;
            }
            if let Some(known) = self.operands.get(&(view.root, kind)).cloned() {
                self.operands.insert((id, kind), known.clone());
                return Ok(known);
            }
        }
        let split = self.operand_split(node.shape.channels(), kind);
        let columns = Some(Columns::Split(split));
        // Neurons of a synaptic layer are computed once more; all other levels are passed on.
        let (sums, neurons) = match &node.op {
            Op::Neuron(_)
                if matches!(self.network.node(self.network.inputs(view.root)[0]).op, Op::Linear(_)) =>
            {
                let source = self.network.inputs(view.root)[0];
                let rows = View { root: source, whole: view.whole, ..view };
                let sums = self.accumulate_view(rows, columns)?;
                self.place_neurons(view.root, &sums, view.first, true);
                (sums, self.neurons(view.root)?)
            }
            Op::Input(_)
            | Op::Linear(_)
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
            | Op::Readout(_) => {
                self.tracer(view.root, None)?;
                let sums = self.accumulate_view(view, columns)?;
                let range = (sums.total.low, sums.total.high);
                let neurons = self.pass(sums.channels, range, self.name(view.root))?;
                (sums, neurons)
            }
        };
        let outputs = Outputs { operand: Some(kind), ..Outputs::default() };
        self.emit(Some(id), self.name(view.root), sums, Some(&neurons), outputs)?;
        let known = self.operands.get(&(id, kind)).cloned();
        known.ok_or_else(|| refused(self.name(id), "its levels are not in operand memory", STREAM))
    }

    /// Emits sources of what [`Self::serial`] will emit.
    pub fn prepare(&mut self, id: NodeId) -> Result<()> {
        let view = self.view(id);
        match &self.network.node(view.root).op {
            Op::Input(_) | Op::Arrange(_) if self.elements_of(view).is_some() => Ok(()),
            Op::Neuron(_) if self.found_spikes(view.root) => Ok(()),
            Op::Neuron(_) if reads_sum(self.network, view.root) => self.tracer(view.root, None).map(|_| ()),
            Op::Lif(_) => self.tracer(view.root, None).map(|_| ()),
            Op::Neuron(_) => {
                self.neurons(view.root)?;
                self.accumulate(self.network.inputs(view.root)[0], None).map(|_| ())
            }
            Op::Sum(_) => self.sums_of(view.root).map(|_| ()),
            Op::Embedding(_) => Ok(()),
            Op::Input(_)
            | Op::Linear(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Softmax(_)
            | Op::Readout(_) => self.accumulate(id, None).map(|_| ()),
        }
    }

    fn found_spikes(&self, id: NodeId) -> bool {
        self.tracers.get(&id).is_some_and(|all| !all.is_empty())
    }

    /// Emits a matrix product whose sums or levels take the serial path.
    pub fn serial(&mut self, name: &str, view: View, serial: Serial) -> Result<()> {
        if let Op::Neuron(_) = &self.network.node(view.root).op
            && !self.found_spikes(view.root)
            && !reads_sum(self.network, view.root)
        {
            if view.whole && !self.done.contains(&view.root) {
                return self.neuron(view.root, Demand::Serial(serial));
            }
            let neurons = self.neurons(view.root)?;
            let inner = self.view(self.network.inputs(view.root)[0]);
            let whole = view.whole && inner.whole;
            let rows = View { root: inner.root, first: inner.first + view.first, count: view.count, whole };
            let sums = self.accumulate_view(rows, None)?;
            if !has_gaps(&sums.chunks) {
                self.place_neurons(view.root, &sums, view.first, true);
                let outputs = Outputs { serial: Some(serial), ..Outputs::default() };
                return self.emit(None, name, sums, Some(&neurons), outputs);
            }
            self.tracer(view.root, None)?;
        }
        let sums = self.accumulate_view(view, None)?;
        if has_gaps(&sums.chunks) {
            let problem = "a gate is read without neurons between them";
            return Err(refused(name, problem, "quantise the product, or take more lanes"));
        }
        self.emit(None, name, sums, None, Outputs { serial: Some(serial), ..Outputs::default() })
    }

    /// The logits.
    pub fn readout(&mut self, id: NodeId) -> Result<()> {
        let source = self.network.inputs(id)[0];
        let view = self.view(source);
        if let Op::Sum(_) = self.network.node(view.root).op {
            return self.send(self.name(id), view);
        }
        self.prepare(source)?;
        self.serial(self.name(id), view, Serial::Readout)
    }

    /// The readout's parameters.
    pub fn readout_part(&self) -> Option<(ReadoutPart, &crate::integer::Readout)> {
        let ids = self.network.topological();
        ids.iter().find_map(|&id| match &self.network.node(id).op {
            Op::Readout(readout) => {
                Some((ReadoutPart::new(readout, self.network.node(id).shape.len()), readout))
            }
            Op::Input(_)
            | Op::Linear(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Softmax(_) => None,
        })
    }

    /// Emits an instruction of the engine. Spikes and operands become those of node `of`.
    pub fn emit(
        &mut self,
        of: Option<NodeId>,
        name: &str,
        sums: Sums,
        neurons: Option<&Neurons>,
        outputs: Outputs,
    ) -> Result<()> {
        let Sums { fetch, mut accesses, rows, channels, chunks, total, ragged } = sums;
        let mut fire = self.chunk_fields(&fetch, &chunks);
        let fire_lanes = self.options.group();
        self.widths.acc.take_range(total);
        let layout = Layout::of_chunks(&chunks, channels, fire_lanes);
        let mut values = total;
        if let Some(neurons) = neurons {
            values = Range::new(neurons.low.into(), neurons.high.into());
            fire.neurons = 1;
            fire.unary = u128::from(self.options.code == SpikeCode::Unary);
            let steps = self.steps(neurons.low, neurons.high);
            fire.steps = steps as u128;
            fire.high = u128::from(neurons.high.unsigned_abs());
            fire.low = u128::from(neurons.low.unsigned_abs());
            fire.thresholds = self.thresholds(neurons, &chunks) as u128;
            if let Some(lif) = &neurons.lif {
                self.lif_fields(lif, rows, &mut fire);
            }
            if let Some(table) = &neurons.table {
                fire.table = 1;
                fire.probes = table.iter().map(|pieces| probes(pieces.len())).max().unwrap_or(0).into();
            }
            self.neuron_widths(neurons, steps);
        }
        let each: Vec<(usize, usize)> = (0..rows).map(|r| (r, r + 1)).collect();
        if let (true, Some(neurons), Some(of)) = (outputs.spikes, neurons, of) {
            self.widths.ragged |= ragged;
            let tracer = self.new_tracer(of, rows, layout.clone(), (neurons.low, neurons.high));
            let words = self.row_words(&layout);
            fire.spikes_out = 1;
            fire.row_stride = words as u128;
            fire.step_stride = (rows * words) as u128;
            accesses.push(Access {
                buffer: tracer.buffer,
                port: Port::Spikes,
                offset: 0,
                rows: each.clone(),
            });
            self.tracers.entry(of).or_default().push(tracer);
        }
        if let (Some(kind), Some(neurons), Some(of)) = (outputs.operand, neurons, of) {
            let width = layout.groups * fire_lanes;
            let lanes = self.options.lanes;
            fire.operand_out = 1;
            let (shape, blocks) = match kind.form {
                Form2::Scores => {
                    fire.transpose = 1;
                    fire.operand_stride = width as u128;
                    ((rows.div_ceil(lanes), width, 1), lanes)
                }
                Form2::Mix => {
                    let (unit, _) = self.units(channels / kind.heads.max(1));
                    fire.operand_stride = rows as u128;
                    fire.operand_groups = (unit / fire_lanes) as u128;
                    ((rows, 1, width / unit), 1)
                }
                Form2::Gate => {
                    let unit = self.gate_unit(channels);
                    fire.operand_stride = rows as u128;
                    fire.operand_groups = (unit / fire_lanes) as u128;
                    ((rows, 1, width / unit), 1)
                }
            };
            let buffer = self.buffer(name, Memory::Operands, shape);
            let each = (0..rows).map(|r| (r / blocks, r / blocks + 1)).collect();
            accesses.push(Access { buffer, port: Port::Operands, offset: 0, rows: each });
            let range = (neurons.low.into(), neurons.high.into());
            self.operands.insert((of, kind), Operand { buffer, rows: shape.0, range });
        }
        match outputs.serial {
            None => {}
            Some(Serial::Readout) => {
                fire.serial = 3;
                self.widths.value.take_range(values);
            }
            Some(Serial::Sums { buffer, first, base, coefficient, turned: None }) => {
                fire.serial = 1;
                self.widths.value.take_range(values);
                let (start, present, per_channel, address, one) =
                    self.coefficients(base, &coefficient, channels);
                (fire.start, fire.accumulate, fire.per_channel) = (start.1, present, per_channel);
                fire.per_row = u128::from(coefficient.len() > channels);
                (fire.starts, fire.coefficients, fire.coefficient) = (start.0, address, one);
                // Rows begin at multiples of the row lanes; chunks do if those before them are whole beats.
                let lanes = self.options.row_lanes as u128;
                let whole = (fire.inner == 1 || fire.full.is_multiple_of(lanes))
                    && (fire.inner == fire.chunks || fire.tail.is_multiple_of(lanes));
                fire.wide = u128::from(whole && lanes > 1);
                let rows = (first..first + rows).map(|r| (r, r + 1)).collect();
                accesses.push(Access {
                    buffer,
                    port: Port::Sums,
                    offset: first * self.pitch(channels),
                    rows,
                });
            }
            Some(Serial::Sums { buffer, first, base, coefficient, turned: Some(pitch) }) => {
                fire.serial = 1;
                self.widths.value.take_range(values);
                // An element is written by the lane of its column: each lane has its coefficient.
                let lanes = self.options.row_lanes;
                let coefficient: Vec<i64> = match coefficient.len() {
                    1 => coefficient,
                    _ => coefficient.iter().flat_map(|&k| std::iter::repeat_n(k, lanes)).collect(),
                };
                let (_, present, per_channel, address, one) =
                    self.coefficients(base, &coefficient, channels * lanes);
                (fire.accumulate, fire.per_channel) = (present, per_channel);
                (fire.coefficients, fire.coefficient) = (address, one);
                (fire.turned, fire.sum_stride) = (1, pitch as u128);
                // Each row touches every row of the sum.
                let rows = vec![(0, channels); rows];
                accesses.push(Access { buffer, port: Port::Sums, offset: first * pitch, rows });
            }
        }
        let pieces = self.pieces(&fetch, &fire);
        if pieces > 1 {
            self.push_pieces(name, (&fetch, &fire), &accesses, pieces);
            return Ok(());
        }
        self.items.push(Item { name: name.into(), kind: Kind::Engine(Box::new((fetch, fire))), accesses });
        self.instructions[0] += 1;
        Ok(())
    }

    /// Instructions that a product is split into, chunk by chunk, so that the ring of weights holds one chunk at a time. Only
    /// what goes to spike memory, in whole words, can be split.
    fn pieces(&self, fetch: &Fetch, fire: &Fire) -> usize {
        let spikes = fire.spikes_out == 1 && fire.operand_out == 0 && fire.serial == 0;
        let whole = fire.full.is_multiple_of(self.options.fetch_width as u128);
        let splits = self.external && fetch.operand == 0 && fetch.outer == 1 && spikes && whole;
        if splits { usize::try_from(fetch.inner).unwrap_or(1) } else { 1 }
    }

    /// A product in pieces of one chunk each.
    fn push_pieces(
        &mut self,
        name: &str,
        (fetch, fire): (&Fetch, &Fire),
        accesses: &[Access],
        pieces: usize,
    ) {
        let first = self.instructions[0];
        let (full, fire_lanes) = (fire.full, self.options.group() as u128);
        let words = usize::try_from(full).unwrap_or(usize::MAX) / self.options.fetch_width;
        for piece in 0..pieces {
            let n = piece as u128;
            let elements = if piece + 1 == pieces { fire.tail } else { full };
            let fetch = Fetch {
                inner: 1,
                words: (fetch.words + n * fetch.inner_words) & 0xffff_ffff,
                ..fetch.clone()
            };
            let fire = Fire {
                chunks: 1,
                inner: 1,
                full: elements,
                tail: elements,
                thresholds: fire.thresholds + n * full.div_ceil(fire_lanes),
                ..fire.clone()
            };
            let mut accesses = accesses.to_vec();
            for access in accesses.iter_mut().filter(|access| access.port == Port::Spikes) {
                access.offset += piece * words;
            }
            let kind = Kind::Engine(Box::new((fetch, fire)));
            self.items.push(Item { name: name.into(), kind, accesses });
        }
        self.instructions[0] += pieces;
        let last = self.layers.last_mut().into_iter().chain(self.again.last_mut());
        for layer in last.filter(|layer| layer.unit == Unit::Engine && layer.instruction == first) {
            (layer.pieces, layer.span) = (pieces, usize::try_from(full).unwrap_or(usize::MAX));
        }
    }

    /// Fields of `fire` that describe the chunks.
    pub fn chunk_fields(&self, fetch: &Fetch, chunks: &[Vec<Option<usize>>]) -> Fire {
        let inner = usize::try_from(fetch.inner).unwrap_or(usize::MAX);
        let tail = chunks.get(inner - 1).map_or(0, Vec::len);
        let full = if inner > 1 { chunks[0].len() } else { tail };
        Fire {
            rows: fetch.rows,
            chunks: chunks.len() as u128,
            inner: inner as u128,
            full: full as u128,
            tail: tail as u128,
            ..Fire::default()
        }
    }

    /// Numbers from one row of sums to the next.
    pub fn pitch(&self, channels: usize) -> usize {
        channels.next_multiple_of(self.options.row_lanes)
    }

    /// Start flag and address, `accumulate`, `per_channel`, address and value of the coefficient.
    #[allow(clippy::type_complexity, reason = "fields of two instructions")]
    pub fn coefficients(
        &mut self,
        base: Base,
        coefficient: &[i64],
        channels: usize,
    ) -> ((u128, u128), u128, u128, u128, u128) {
        let start = if let Base::Start(at) = base { (at as u128, 1) } else { (0, 0) };
        for &k in coefficient {
            self.widths.coefficient.take(k.into());
        }
        let present = u128::from(base == Base::Present);
        match coefficient {
            [one] => (start, present, 0, 0, u128::from(*one as u64)),
            list => (
                start,
                present,
                1,
                self.constants.coefficients.place_rows(list, channels, self.options.row_lanes) as u128,
                0,
            ),
        }
    }

    /// Words of thresholds; for neurons that decide by a table, of its lengths and addresses.
    fn thresholds(&mut self, neurons: &Neurons, chunks: &[Vec<Option<usize>>]) -> usize {
        if let Some(table) = &neurons.table {
            return self.tables(table, chunks);
        }
        let fire_lanes = self.options.group();
        let words = chunks.iter().flat_map(|chunk| chunk.chunks(fire_lanes)).map(|group| {
            // Neurons that only fill up never spike, whatever their threshold is.
            let other = group.iter().flatten().next().filter(|_| self.external);
            let (theta, start, silent) = match &neurons.lif {
                Some(lif) => (&lif.theta, &lif.drive, (lif.never, 0)),
                None => (&neurons.theta, &neurons.start, (other.map_or(1, |c| neurons.theta[*c]), 0)),
            };
            let own = |column: &Option<usize>| column.map_or(silent, |c| (theta[c], start[c]));
            let each = group.iter().map(own).chain(std::iter::repeat(silent));
            each.take(fire_lanes).collect::<Vec<_>>()
        });
        self.constants.thresholds.place(words.collect())
    }

    fn tables(&mut self, table: &[Pieces], chunks: &[Vec<Option<usize>>]) -> usize {
        let (own, group_lanes) = (self.options.fire_lanes, self.options.group());
        let silent: Pieces = vec![(0, 0)];
        let mut words = Vec::new();
        for group in chunks.iter().flat_map(|chunk| chunk.chunks(group_lanes)) {
            let mut word = Vec::new();
            for lane in 0..group_lanes {
                let pieces = group.get(lane).copied().flatten().map_or(&silent, |channel| &table[channel]);
                let first = self.constants.pieces.place(lane % own, pieces) as i128;
                let count = pieces.len() as i128;
                pieces[1..].iter().for_each(|&(threshold, _)| self.widths.piece.take(threshold.into()));
                self.widths.start.take(first);
                self.widths.theta = self.widths.theta.max(count.unsigned_abs());
                word.push((count, first));
            }
            words.push(word);
        }
        self.constants.thresholds.place(words)
    }

    fn neuron_widths(&mut self, neurons: &Neurons, steps: usize) {
        let widths = &mut self.widths;
        let (low, high) = neurons.membrane;
        let radix = self.options.code == SpikeCode::Radix;
        for (&theta, &start) in neurons.theta.iter().zip(&neurons.start) {
            let weighted = if radix { theta << (steps - 1) } else { theta };
            let most = high.max(-low - 1 + theta).max(weighted).max(0);
            widths.membrane = widths.membrane.max(most.unsigned_abs());
            widths.theta = widths.theta.max(theta.unsigned_abs());
            widths.start.take(start);
        }
        widths.level = widths.level.max(neurons.low.unsigned_abs().max(neurons.high.unsigned_abs()).into());
        if radix {
            widths.max_steps = widths.max_steps.max(steps);
        }
    }
}

/// Whether a chunk has columns that only fill up.
fn has_gaps(chunks: &[Vec<Option<usize>>]) -> bool {
    chunks.iter().flatten().any(Option::is_none)
}
