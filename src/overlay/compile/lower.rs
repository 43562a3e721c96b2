//! From operators to instructions, on demand: what a reader needs is emitted before it.

use std::collections::{HashMap, HashSet};

use super::Given;
use super::constants::Constants;
use super::item::{Access, Buffer, Demand, Item, Kind, Port};
use super::layout::{Layout, Split};
use super::live;
use super::nest::nest;
use super::widths::Widths;
use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::integer::{Form, Network, Op, Rule};
use crate::overlay::isa::Vector;
use crate::overlay::machine::Input;
use crate::overlay::options::Options;
use crate::overlay::plan::LayerPlace;
use crate::overlay::plan::Memory;

/// Levels in spike memory.
#[derive(Clone, Debug)]
pub(super) struct Tracer {
    pub buffer: usize,
    pub layout: Layout,
    pub rows: usize,
    pub channels: usize,
    pub steps: usize,
    /// Radix spikes.
    pub doubling: bool,
    pub input: bool,
    pub range: (i64, i64),
}

/// Which right operand a product needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OperandKind {
    pub form: Form2,
    pub heads: usize,
}

/// [`Form`], as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form2 {
    Scores,
    Mix,
    Gate,
}

impl From<Form> for Form2 {
    fn from(form: Form) -> Self {
        match form {
            Form::Scores => Self::Scores,
            Form::Mix => Self::Mix,
            Form::Gate => Self::Gate,
        }
    }
}

/// Levels in operand memory.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub buffer: usize,
    /// Rows of the buffer.
    pub rows: usize,
    pub range: (i64, i64),
}

/// Rows `first…first + count − 1` of a node that is not a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub root: NodeId,
    pub first: usize,
    pub count: usize,
    /// All rows that are computed.
    pub whole: bool,
}

/// Who reads a node, selections left out.
#[derive(Debug, Default)]
pub(super) struct Readers {
    /// Somebody reads spikes.
    pub spikes: bool,
    /// Layouts of spikes other than a dense one.
    pub splits: Vec<Split>,
    /// Right operands.
    pub operands: Vec<OperandKind>,
}

/// The lowering.
pub(super) struct Lowering<'a> {
    pub network: &'a Network,
    pub options: &'a Options,
    /// Rows of each node that are computed.
    live: HashMap<NodeId, usize>,
    /// Fewest local time-steps of the input.
    input_steps: usize,
    /// Weights come from memory.
    pub external: bool,
    /// Elements become spikes as they come, if their order allows it.
    direct: bool,
    /// Fraction bits of all layers: of membranes, of LayerNorm, of softmax.
    pub fraction: u32,
    pub norm_fraction: u32,
    /// Fraction bits of the roots of LayerNorm.
    pub root_fraction: u32,
    /// Of neurons of sums.
    pub neuron_fraction: u32,
    pub scale_fraction: u32,
    /// Bits of leaks behind the point.
    pub leak_shift: u32,
    pub constants: Constants,
    pub widths: Widths,
    pub buffers: Vec<Buffer>,
    pub items: Vec<Item>,
    pub tracers: HashMap<NodeId, Vec<Tracer>>,
    pub operands: HashMap<(NodeId, OperandKind), Operand>,
    /// Nodes in the memory of sums.
    pub sums: HashMap<NodeId, usize>,
    /// Nodes that have been computed.
    pub done: HashSet<NodeId>,
    pub layers: Vec<LayerPlace>,
    pub again: Vec<LayerPlace>,
    pub input: Option<(NodeId, Input, Tracer)>,
    /// The mask that the vector unit has set last: raw element, buffer.
    pub mask: Option<(i32, usize)>,
    pub instructions: [usize; 2],
    /// Node whose levels a buffer of spikes holds, and their layout.
    pub contents: HashMap<usize, (NodeId, Layout)>,
}

/// An error at a node.
pub(super) fn refused(name: &str, problem: impl Into<String>, fix: &str) -> Error {
    Error::input(format!("the overlay architecture: {}", problem.into())).at_node(name).fix(fix)
}

/// What to do instead.
pub(super) const STREAM: &str = "build the streaming architecture instead";

impl<'a> Lowering<'a> {
    pub fn new(network: &'a Network, options: &'a Options, given: &Given) -> Self {
        let Given {
            mut fraction,
            mut norm_fraction,
            mut scale_fraction,
            mut neuron_fraction,
            input_steps,
            mut leak_shift,
            external,
            direct,
        } = *given;
        norm_fraction = norm_fraction.max(1);
        let mut root_fraction = 0;
        for id in network.topological() {
            match &network.node(id).op {
                Op::Neuron(neuron) => {
                    if let Rule::Affine { fraction: f, .. } = neuron.rule {
                        let all = if reads_sum(network, id) { &mut neuron_fraction } else { &mut fraction };
                        *all = f.max(*all);
                    }
                }
                Op::Lif(lif) => {
                    let leaks = lif.leak.iter().chain(&lif.synapse);
                    leak_shift = leaks.fold(leak_shift, |most, leak| most.max(leak.shift));
                }
                Op::LayerNorm(norm) => {
                    norm_fraction = norm_fraction.max(norm.fraction);
                    root_fraction = root_fraction.max(norm.root_fraction);
                }
                Op::Softmax(softmax) => scale_fraction = scale_fraction.max(softmax.scale_fraction),
                Op::Input(_)
                | Op::Linear(_)
                | Op::Arrange(_)
                | Op::Select(_)
                | Op::Embedding(_)
                | Op::Sum(_)
                | Op::Product(_)
                | Op::MaxPool(_)
                | Op::Readout(_) => {}
            }
        }
        Self {
            network,
            options,
            live: live::rows(network),
            input_steps,
            external,
            direct,
            fraction,
            norm_fraction,
            root_fraction,
            neuron_fraction,
            scale_fraction,
            leak_shift,
            constants: Constants::default(),
            widths: Widths::default(),
            buffers: Vec::new(),
            items: Vec::new(),
            tracers: HashMap::new(),
            operands: HashMap::new(),
            sums: HashMap::new(),
            done: HashSet::new(),
            layers: Vec::new(),
            again: Vec::new(),
            input: None,
            mask: None,
            instructions: [0; 2],
            contents: HashMap::new(),
        }
    }

    /// Emits everything.
    pub fn run(&mut self) -> Result<()> {
        let ids = self.network.topological();
        for &id in &ids {
            match &self.network.node(id).op {
                Op::LayerNorm(_) | Op::Softmax(_) => {
                    self.tracer(id, None)?;
                }
                Op::Sum(_) => {
                    self.sums_of(id)?;
                }
                Op::Neuron(_) if reads_sum(self.network, id) => {
                    self.tracer(id, None)?;
                }
                Op::Readout(_) => self.readout(id)?,
                Op::Input(_)
                | Op::Linear(_)
                | Op::Neuron(_)
                | Op::Lif(_)
                | Op::Arrange(_)
                | Op::Select(_)
                | Op::Embedding(_)
                | Op::Product(_)
                | Op::MaxPool(_) => {}
            }
        }
        // Nobody reads these, but they are neurons of the network.
        for &id in &ids {
            if let Op::Neuron(_) | Op::Lif(_) = &self.network.node(id).op
                && !self.done.contains(&id)
            {
                self.tracer(id, None)?;
            }
        }
        Ok(())
    }

    pub fn name(&self, id: NodeId) -> &'a str {
        &self.network.node(id).name
    }

    /// Rows of a node that are computed: its first ones.
    pub fn rows(&self, id: NodeId) -> usize {
        self.live.get(&id).copied().unwrap_or_else(|| self.network.node(id).shape.rows())
    }

    /// The view of at most so many rows.
    pub fn rows_of(&self, id: NodeId, most: usize) -> View {
        let view = self.view(id);
        let count = view.count.min(most);
        View { count, whole: view.whole && count == view.count, ..view }
    }

    /// Passes through selections.
    pub fn view(&self, id: NodeId) -> View {
        let count = self.rows(id);
        let (mut root, mut first) = (id, 0);
        while let Op::Select(select) = &self.network.node(root).op {
            first += select.first;
            root = self.network.inputs(root)[0];
        }
        let whole = first == 0 && count == self.rows(root);
        View { root, first, count, whole }
    }

    /// Who reads it.
    pub fn readers(&self, id: NodeId) -> Readers {
        let mut readers = Readers::default();
        self.collect(id, &mut readers);
        readers
    }

    fn collect(&self, id: NodeId, readers: &mut Readers) {
        let channels = self.network.node(id).shape.channels();
        for reader in self.network.consumers(id) {
            match &self.network.node(reader).op {
                Op::Select(_) => self.collect(reader, readers),
                Op::Linear(linear) => {
                    readers.spikes = true;
                    let own = linear.window.as_ref().map_or(linear.inputs, |window| window.channels);
                    if own < channels && channels.is_multiple_of(own) {
                        readers.splits.push(Split::aligned(own, self.options.fetch_width));
                    }
                }
                Op::MaxPool(pool) => {
                    readers.spikes = true;
                    let own = pool.window.channels;
                    if own < channels && channels.is_multiple_of(own) {
                        readers.splits.push(Split::aligned(own, self.options.fetch_width));
                    }
                }
                Op::Product(product) => {
                    let inputs = self.network.inputs(reader);
                    let right = &self.network.node(inputs[1]).shape;
                    if inputs[0] == id {
                        readers.spikes = true;
                        readers.splits.push(self.left_split(
                            product.form,
                            [product.heads, right.rows(), right.channels()],
                            self.is_softmax(self.view(id).root),
                        ));
                    }
                    if inputs[1] == id {
                        readers
                            .operands
                            .push(OperandKind { form: product.form.into(), heads: product.heads });
                    }
                }
                Op::Neuron(_) | Op::Lif(_) => readers.spikes = true,
                // They take levels one by one from the engine, or ask for spikes.
                Op::Sum(_) | Op::Readout(_) | Op::Softmax(_) | Op::LayerNorm(_) => {}
                Op::Input(_) | Op::Arrange(_) | Op::Embedding(_) => {}
            }
        }
        readers.splits.retain(|split| split.pitch != split.size && split.size < channels);
        readers.operands.dedup();
    }

    /// Whether a node is softmax, which may leave room between its groups.
    pub fn is_softmax(&self, id: NodeId) -> bool {
        matches!(self.network.node(id).op, Op::Softmax(_))
    }

    /// Where softmax writes so many groups of scores.
    pub fn score_split(&self, tokens: usize, groups: usize) -> Split {
        Split::scores(tokens, groups, self.options.group(), self.options.fetch_width)
    }

    /// Layout that the left operand of a product needs: of so many heads, with a right operand of so many tokens and channels.
    pub fn left_split(&self, form: Form, [heads, tokens, channels]: [usize; 3], softmax: bool) -> Split {
        if form == Form::Mix && softmax {
            return self.score_split(tokens, heads);
        }
        let size = match form {
            Form::Scores => channels / heads.max(1),
            Form::Mix => tokens,
            Form::Gate => channels,
        };
        Split::aligned(size, self.options.group())
    }

    /// A new buffer: rows, words of a row in a step, steps.
    pub fn buffer(
        &mut self,
        name: &str,
        memory: Memory,
        (rows, row_words, steps): (usize, usize, usize),
    ) -> usize {
        let name = name.into();
        self.buffers.push(Buffer { name, memory, rows, row_words, steps, always: false, signed: false });
        self.buffers.len() - 1
    }

    /// Words of a row in spike memory.
    pub fn row_words(&self, layout: &Layout) -> usize {
        (layout.groups * self.options.group()).div_ceil(self.options.fetch_width)
    }

    /// Local time-steps; at least one.
    pub fn steps(&self, low: i32, high: i32) -> usize {
        self.options.code.most_steps(low, high).max(1) as usize
    }

    /// Room for the levels of neurons.
    pub fn new_tracer(&mut self, of: NodeId, rows: usize, layout: Layout, levels: (i32, i32)) -> Tracer {
        let steps = self.steps(levels.0, levels.1);
        let words = self.row_words(&layout);
        let buffer = self.buffer(self.name(of), Memory::Spikes, (rows, words, steps));
        self.buffers[buffer].signed = levels.0 < 0;
        self.contents.insert(buffer, (of, layout.clone()));
        let channels = layout.positions.len();
        let doubling = self.options.code == crate::golden::SpikeCode::Radix;
        let range = (levels.0.into(), levels.1.into());
        Tracer { buffer, layout, rows, channels, steps, doubling, input: false, range }
    }

    /// Levels in spike memory, in this layout if one is wanted.
    pub fn tracer(&mut self, id: NodeId, want: Option<Split>) -> Result<Tracer> {
        if let Some(found) = self.found(id, want) {
            return Ok(found);
        }
        let node = self.network.node(id);
        match &node.op {
            Op::Input(_) | Op::Arrange(_) => {
                let tracer = self.raw(id, node.shape.rows(), node.shape.channels())?;
                match want {
                    Some(split) if !tracer.layout.satisfies(split, self.options.group()) => {
                        return self.copy(id, split);
                    }
                    _ => return Ok(tracer),
                }
            }
            Op::Neuron(neuron) if reads_sum(self.network, id) => {
                if !self.done.contains(&id) {
                    self.sum_neurons(id, neuron)?;
                }
            }
            Op::Neuron(_) | Op::Lif(_) if self.tracers.get(&id).is_none_or(Vec::is_empty) => {
                self.neuron(id, Demand::Spikes(want))?;
            }
            Op::LayerNorm(norm) if !self.done.contains(&id) => self.layer_norm(id, norm)?,
            Op::Softmax(softmax) if !self.done.contains(&id) => self.softmax(id, softmax)?,
            Op::Neuron(_) | Op::Lif(_) | Op::LayerNorm(_) | Op::Softmax(_) => {}
            Op::Linear(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Readout(_) => {
                return Err(refused(
                    &node.name,
                    format!("what this {} computes is read as if it were levels of neurons", kind(&node.op)),
                    "put neurons (a quantiser) between it and its reader",
                ));
            }
        }
        match (self.found(id, want), want) {
            (Some(found), _) => Ok(found),
            (None, Some(split)) => self.copy(id, split),
            (None, None) => Err(refused(&node.name, "its levels are not in spike memory", STREAM)),
        }
    }

    fn found(&self, id: NodeId, want: Option<Split>) -> Option<Tracer> {
        let suits = |t: &&Tracer| want.is_none_or(|split| t.layout.satisfies(split, self.options.group()));
        self.tracers.get(&id)?.iter().find(suits).cloned()
    }

    /// The input as spikes, in rows of these channels.
    pub fn raw(&mut self, id: NodeId, rows: usize, channels: usize) -> Result<Tracer> {
        let name = self.name(id);
        let (input, order) = self.raw_order(id)?;
        let Op::Input(node) = &self.network.node(input).op else {
            return Err(refused(name, "only the elements of the input can be put in another order", STREAM));
        };
        if node.steps != 1 {
            return Err(refused(
                self.name(input),
                format!("a rate-encoded input of {} time-steps", node.steps),
                "convert with `--encoding analog`",
            ));
        }
        if let Some((_, known, tracer)) = &self.input
            && known.rows != 0
        {
            return match (known.rows, known.channels) == (rows, channels) && known.order == order {
                true => Ok(tracer.clone()),
                false => Err(refused(
                    name,
                    format!(
                        "the input is read in {rows} rows of {channels} channels and in {} of {}, or in two orders",
                        known.rows, known.channels
                    ),
                    STREAM,
                )),
            };
        }
        let mut layout = Layout::dense(channels, self.options.group());
        let most = node.range.low.unsigned_abs().max(node.range.high.unsigned_abs());
        let steps = ((64 - most.leading_zeros()) as usize).max(1).max(self.input_steps);
        let lanes = self.options.group();
        let found = match self.direct {
            true => nest(order.as_deref(), (rows, channels), (lanes, steps)),
            false => None,
        };
        let mut loops = None;
        if let Some((found, positions)) = found {
            layout.positions = positions;
            loops = Some(found);
        }
        let words = self.row_words(&layout);
        let half = rows * words * steps;
        let buffer = self.buffer(self.name(input), Memory::Spikes, (rows, words, 2 * steps));
        self.buffers[buffer].always = true;
        self.buffers[buffer].signed = node.range.low < 0;
        self.contents.insert(buffer, (input, layout.clone()));
        let range = (node.range.low, node.range.high);
        let tracer = Tracer { buffer, layout, rows, channels, steps, doubling: true, input: true, range };
        let (row_stride, step_stride) = (words, rows * words);
        let place = Input {
            rows,
            channels,
            steps,
            half,
            row_stride,
            step_stride,
            order,
            direct: loops.is_some(),
            open: loops.map_or(0, |nest| nest.open(lanes)),
            nest: loops,
            ..self.elements(input)
        };
        self.input = Some((input, place, tracer.clone()));
        Ok(tracer)
    }

    /// Elements that become spikes as they come have one place if the next sample can come while the rest is computed: if
    /// words of spikes that are read, a cycle each, are twice as many as elements.
    pub fn single_input(&mut self, items: &[Item]) {
        let Some((_, input, tracer)) = &mut self.input else { return };
        let groups = (self.options.fetch_width / self.options.group()) as u128;
        let words = |item: &Item| match &item.kind {
            Kind::Engine(pair) if pair.0.input == 0 => {
                let f = &pair.0;
                f.rows * f.outer * f.inner * f.steps * f.segments * f.slice_groups.div_ceil(groups)
            }
            Kind::Engine(_) | Kind::Vector(_) => 0,
        };
        let cycles: u128 = items.iter().map(words).sum();
        if input.direct && cycles >= 2 * (input.rows * input.channels) as u128 {
            input.single = true;
            self.buffers[tracer.buffer].steps = input.steps;
        }
    }

    /// The input's elements, not yet read as spikes.
    pub fn elements(&self, input: NodeId) -> Input {
        let node = self.network.node(input);
        let (value_width, zero_point, element_bits) = match &node.op {
            // Any element of the type may come.
            Op::Input(own) => (own.widest().signed_width(), own.zero_point, own.element.bits()),
            Op::Linear(_)
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
            | Op::Readout(_) => (1, 0, 8),
        };
        Input { count: node.shape.len(), element_bits, value_width, zero_point, ..Input::default() }
    }

    /// The input behind arrangements, and the order of its elements.
    pub fn raw_order(&self, mut id: NodeId) -> Result<(NodeId, Option<Vec<usize>>)> {
        let mut order: Option<Vec<usize>> = None;
        loop {
            match &self.network.node(id).op {
                Op::Input(_) => {
                    let order = order.filter(|order| !order.iter().copied().eq(0..order.len()));
                    return Ok((id, order));
                }
                Op::Arrange(arrange) => {
                    order = Some(match order {
                        None => arrange.order.clone(),
                        Some(outer) => outer.iter().map(|&e| arrange.order[e]).collect(),
                    });
                    id = self.network.inputs(id)[0];
                }
                Op::Linear(_)
                | Op::Neuron(_)
                | Op::Lif(_)
                | Op::Select(_)
                | Op::Embedding(_)
                | Op::Sum(_)
                | Op::LayerNorm(_)
                | Op::Product(_)
                | Op::MaxPool(_)
                | Op::Softmax(_)
                | Op::Readout(_) => {
                    return Err(refused(
                        self.name(id),
                        "its values are put in another order; only those of the input can be",
                        STREAM,
                    ));
                }
            }
        }
    }

    /// Checks that a table or a mask reads the input's elements in their own order.
    pub fn raw_elements(&self, id: NodeId, reader: &str) -> Result<NodeId> {
        let view = self.view(id);
        match self.raw_order(view.root)? {
            (input, None) if view.whole => Ok(input),
            _ => Err(refused(reader, "it reads raw elements in another order, or some of them", STREAM)),
        }
    }

    /// Whether it is the raw input, in any order.
    pub fn is_raw(&self, id: NodeId) -> bool {
        matches!(self.network.node(id).op, Op::Input(_) | Op::Arrange(_))
    }

    /// Emits an instruction of the vector unit.
    pub fn push_vector(&mut self, name: &str, vector: Vector, accesses: Vec<Access>) {
        self.items.push(Item { name: name.into(), kind: Kind::Vector(Box::new(vector)), accesses });
        self.instructions[1] += 1;
    }

    /// Sets the mask for this raw element.
    pub fn mask(&mut self, name: &str, padding: i32, tokens: usize) -> usize {
        if let Some((set, buffer)) = self.mask
            && set == padding
        {
            return buffer;
        }
        self.widths.mask_depth = self.widths.mask_depth.max(tokens);
        let buffer = match self.mask {
            Some((_, buffer)) => buffer,
            None => self.buffer(name, Memory::Mask, (tokens, 1, 1)),
        };
        let vector = Vector {
            op: 4,
            rows: tokens as u128,
            channels: 1,
            table: u128::from(padding as u32),
            ..Vector::default()
        };
        let rows = (0..tokens).map(|r| (r, r + 1)).collect();
        self.push_vector(name, vector, vec![Access { buffer, port: Port::Mask, offset: 0, rows }]);
        self.mask = Some((padding, buffer));
        buffer
    }
}

/// Whether neurons read fixed-point numbers: a sum, or rows of a table.
pub(super) fn reads_sum(network: &Network, id: NodeId) -> bool {
    let mut source = network.inputs(id)[0];
    while let Op::Select(_) = network.node(source).op {
        source = network.inputs(source)[0];
    }
    matches!(network.node(source).op, Op::Sum(_) | Op::Embedding(_))
}

/// The operator's name.
pub(super) fn kind(op: &Op) -> &'static str {
    use crate::graph::Operator;
    op.kind()
}
