//! The compiler: integer network → programs, memory plan, memory images.
//!
//! Operators become instructions on demand (`lower.rs`): a reader has what it reads emitted first. Accumulated sums have no
//! memory, so a synaptic layer or a product is emitted with each reader. Then values get addresses, and instructions
//! conditions.
//!
//! | file | holds |
//! |---|---|
//! | `lower.rs` | spikes in memory, input, mask |
//! | `accumulate.rs` | synaptic layers, products of attention, identity: first half |
//! | `window.rs` | convolutions and pools of maxima: first half |
//! | `neurons.rs` | neurons, operands, serial path, readout: second half |
//! | `lif.rs` | IF and LIF neurons |
//! | `pieces.rs` | functions of neurons that decide by a table |
//! | `residual.rs` | sums, LayerNorm, softmax |
//! | `sum_neurons.rs` | neurons that read sums |
//! | `crossing.rs` | sums that leave as logits, and come as elements |
//! | `layout.rs` | positions of channels in a row of spikes |
//! | `constants.rs`, `images.rs` | contents of read-only memories, and their text |
//! | `widths.rs` | ranges from which widths are derived |
//! | `item.rs` | instructions before they have addresses |
//! | `nest.rs` | elements that become spikes as they come |
//! | `memory.rs`, `conditions.rs` | addresses; what rows wait for |

mod accumulate;
mod conditions;
mod constants;
mod crossing;
mod gate;
mod images;
mod item;
mod layout;
mod lif;
mod live;
mod lower;
mod memory;
mod nest;
mod neurons;
mod pieces;
mod residual;
mod sum_neurons;
mod widths;
mod window;

use conditions::{Ordered, Wait};
use item::{Access, Item, Kind, Port};
use lower::{Lowering, STREAM, refused};
use memory::Addresses;
use widths::unsigned;

pub(super) use images::pieces_file;

use super::isa::{Fetch, Fire, Vector};
use super::machine::{Input, Machine, lane_bits};
use super::options::{Loadable, Options};
use super::plan::{LayerPlace, Memory, Plan, Source, Unit, ValuePlace};
use super::sizes::Lack;
use super::stream::{Beats, External, Stream};
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::integer::{Network, Op};

/// Compiles a network; the machine is as small as the network allows.
///
/// # Errors
/// Names the option that is out of range, or the node that has no lowering, and what to do instead.
pub fn compile(network: &Network, options: &Options) -> Result<Plan> {
    finish(lower(network, options, &Given::default())?, None, None, true)
}

/// As [`compile`], without the memory images: for estimates.
///
/// # Errors
/// As [`compile`].
pub(super) fn sketch(network: &Network, options: &Options) -> Result<Plan> {
    finish(lower(network, options, &Given::default())?, None, None, false)
}

/// Compiles a network for a machine that is there.
///
/// # Errors
/// As [`compile`]; and what does not fit, with the numbers.
pub fn compile_for(network: &Network, loadable: &Loadable) -> Result<Plan> {
    for_machine(network, loadable, true)
}

/// As [`compile_for`], without the memory images: for estimates.
///
/// # Errors
/// As [`compile_for`].
pub(super) fn sketch_for(network: &Network, loadable: &Loadable) -> Result<Plan> {
    for_machine(network, loadable, false)
}

fn for_machine(network: &Network, loadable: &Loadable, with_images: bool) -> Result<Plan> {
    let Loadable { options, machine } = loadable;
    if !machine.is_sound(options) {
        return Err(Error::input("these are not the sizes of a machine that networks are loaded into")
            .fix("build it again with --loadable"));
    }
    finish(lower(network, options, &Given::of(machine))?, Some(machine), machine.external(), with_images)
}

impl Loadable {
    /// The smallest machine, in whole blocks of memory, that each of these networks can be loaded into.
    ///
    /// # Errors
    /// If an option is out of range, or a network has an operator that the overlay cannot compute.
    pub fn for_networks(networks: &[&Network], options: &Options) -> Result<Self> {
        machine_for(networks, options, None)
    }

    /// The same with weights in memory outside the chip.
    ///
    /// # Errors
    /// As [`Self::for_networks`]; and if the ring is too small for a layer.
    pub fn with_external_weights(
        networks: &[&Network],
        options: &Options,
        external: External,
    ) -> Result<Self> {
        external.check()?;
        if options.fire_lanes < options.group() {
            let problem = format!("{} fire lanes with weights in memory", options.fire_lanes);
            return Err(Error::input(problem).fix(format!("take at least {}: --fire-lanes", options.group())));
        }
        machine_for(networks, options, Some(external))
    }
}

/// The machine of these networks.
fn machine_for(networks: &[&Network], options: &Options, external: Option<External>) -> Result<Loadable> {
    let union = |given: &Given| -> Result<Machine> {
        let mut all: Option<Machine> = None;
        for network in networks {
            let own = finish(lower(network, options, given)?, None, external, false)?.own;
            all = Some(match all {
                None => own,
                Some(all) => {
                    let (direct, theta) = (all.input.direct, all.shared_theta);
                    let root = all.common_root_fraction(&own)?;
                    let mut both = all.union(&own);
                    both.input.direct = direct && own.input.direct;
                    both.shared_theta = theta && own.shared_theta;
                    both.root_fraction = root;
                    both
                }
            });
        }
        Ok(all.unwrap_or_default())
    };
    let from_memory = external.is_some();
    let sizes = union(&Given { external: from_memory, direct: from_memory, ..Given::default() })?;
    let sizes = union(&Given::of(&sizes))?;
    let lanes = Machine {
        lanes: options.lanes,
        spikes: options.spikes,
        fire_lanes: options.fire_lanes,
        fetch_width: options.fetch_width,
        row_lanes: options.row_lanes,
        ..sizes
    };
    Ok(Loadable { options: *options, machine: lanes.loadable() })
}

/// What a machine has once for all networks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Given {
    pub fraction: u32,
    pub norm_fraction: u32,
    pub neuron_fraction: u32,
    /// Bits of leaks behind the point.
    pub leak_shift: u32,
    pub scale_fraction: u32,
    /// Local time-steps of the input.
    pub input_steps: usize,
    /// Weights come from memory.
    pub external: bool,
    /// Elements become spikes as they come.
    pub direct: bool,
}

impl Given {
    fn of(machine: &Machine) -> Self {
        Self {
            fraction: machine.fraction,
            norm_fraction: machine.norm_fraction,
            neuron_fraction: machine.neuron_fraction,
            leak_shift: machine.leak_shift,
            scale_fraction: machine.scale_fraction,
            input_steps: machine.input.steps,
            external: machine.bus_width > 0,
            direct: machine.input.direct,
        }
    }
}

fn lower<'a>(network: &'a Network, options: &'a Options, given: &Given) -> Result<Lowering<'a>> {
    options.check()?;
    network.check("overlay")?;
    let ids = network.topological();
    let count = |wanted: fn(&Op) -> bool| ids.iter().filter(|id| wanted(&network.node(**id).op)).count();
    let (inputs, readouts) =
        (count(|op| matches!(op, Op::Input(_))), count(|op| matches!(op, Op::Readout(_))));
    if (inputs, readouts) != (1, 1) {
        return Err(Error::input(format!("{inputs} inputs and {readouts} readouts instead of one of each")));
    }
    for &id in &ids {
        if let Op::Neuron(neuron) = &network.node(id).op {
            countable(&network.node(id).name, options.code.most_steps(neuron.low, neuron.high))?;
        }
    }
    let mut lowering = Lowering::new(network, options, given);
    lowering.run()?;
    Ok(lowering)
}

/// Whether instructions have room for the local time-steps of a layer.
fn countable(name: &str, steps: u32) -> Result<()> {
    match steps {
        0..=MOST_STEPS => Ok(()),
        _ => {
            let problem =
                format!("{steps} local time-steps, one a level; instructions count up to {MOST_STEPS}");
            Err(refused(name, problem, "build with --code radix: a time-step for each bit of a level"))
        }
    }
}

/// Most local time-steps of a layer: 8 bits of an instruction.
const MOST_STEPS: u32 = 255;

/// Addresses, conditions, images; for a machine that is there, if it fits.
fn finish(
    mut lowering: Lowering<'_>,
    there: Option<&Machine>,
    external: Option<External>,
    with_images: bool,
) -> Result<Plan> {
    let items = std::mem::take(&mut lowering.items);
    lowering.single_input(&items);
    let apart = lowering.external && lowering.options.row_lanes > 1;
    let mut addresses = memory::place(&lowering.buffers, &items, lowering.options.row_lanes, apart);
    let mut ordered = conditions::order(items.clone(), &lowering.buffers, &addresses, None);
    if ordered.helpers {
        let scratch = lowering.buffer("order", Memory::Sums, (1, 1, 1));
        lowering.buffers[scratch].always = true;
        addresses = memory::place(&lowering.buffers, &items, lowering.options.row_lanes, apart);
        ordered = conditions::order(items, &lowering.buffers, &addresses, Some(scratch));
    }
    let Ordered { items, .. } = ordered;
    // Helpers move vector instructions.
    let moved: Vec<usize> = {
        let vector = items.iter().filter(|(item, ..)| item.unit() == 3).enumerate();
        vector.filter(|(_, (_, _, helper))| !helper).map(|(n, _)| n).collect()
    };
    let mut layers = std::mem::take(&mut lowering.layers);
    for layer in layers.iter_mut().filter(|layer| layer.unit == Unit::Vector) {
        layer.instruction = moved.get(layer.instruction).copied().unwrap_or(layer.instruction);
    }
    let (mut fetch, mut fire, mut vector) = (Vec::new(), Vec::new(), Vec::new());
    let mut notes = [Vec::new(), Vec::new()];
    let mut sources = Vec::new();
    for (item, waits, _) in items {
        let Item { name, mut kind, accesses } = item;
        for access in &accesses {
            let at = addresses.first[access.buffer] + access.offset;
            address(&mut kind, access.port, at, lane_bits(lowering.options.lanes));
        }
        let wide = |problem: String| refused(&name, format!("an instruction whose {problem}"), STREAM);
        match kind {
            Kind::Engine(pair) => {
                let (mut first, second) = *pair;
                sources.extend(source(&lowering, &accesses, &layers));
                (first.wait0_unit, first.wait0_base, first.wait0_step) = fields(waits[0]);
                (first.wait1_unit, first.wait1_base, first.wait1_step) = fields(waits[1]);
                fetch.push(Fetch::from_values(&first.values()).map_err(wide)?);
                fire.push(Fire::from_values(&second.values()).map_err(wide)?);
                notes[0].push(name);
            }
            Kind::Vector(own) => {
                let mut own = *own;
                (own.wait0_unit, own.wait0_base, own.wait0_step) = fields(waits[0]);
                (own.wait1_unit, own.wait1_base, own.wait1_step) = fields(waits[1]);
                vector.push(Vector::from_values(&own.values()).map_err(wide)?);
                notes[1].push(name);
            }
        }
    }
    if let Some(last) = fetch.last_mut() {
        last.last = 1;
    }
    if let Some(last) = fire.last_mut() {
        last.last = 1;
    }
    if let Some(last) = vector.last_mut() {
        last.last = 1;
    }
    let mut own = machine(&lowering, &addresses, (&fetch, &fire, &vector));
    let mut stream = None;
    let streams = external.is_some_and(|e| e.beat() >= 64) && own.start_entry() <= 64;
    if let Some(external) = external {
        let (bus, ring) = (external.beat(), external.ring);
        let entries = &lowering.constants.starts.entries;
        let lanes = lowering.options.row_lanes;
        let starts = if streams { streamed_starts(&fire, &vector, entries, lanes) } else { None };
        if let Some(starts) = &starts {
            own.streamed_starts = starts.len();
            own.start_depth = 0;
        }
        own.shared_theta = lowering
            .constants
            .thresholds
            .entries
            .iter()
            .all(|word| word.iter().all(|neuron| word.first().is_some_and(|first| first.0 == neuron.0)));
        if apart {
            own.sign_depth = addresses.signs;
        }
        let width = there.unwrap_or(&own).weight_width;
        let beats = Beats::new(lowering.options.lanes * width as usize, bus);
        let windows = &lowering.constants.windows.entries;
        let sizes = (own.weight_depth, own.group());
        let mut made = Stream::new(&mut fetch, &notes[0], windows, sizes, beats, ring)?;
        made.starts = starts.unwrap_or_default();
        own.weight_depth = made.ring;
        own.bus_width = bus;
        own.memory_ports = if external.ports > 1 { external.ports } else { 0 };
        let transposed = fire.iter().filter(|f| f.operand_out == 1 && f.transpose == 1);
        own.operand_elements = transposed.map(|f| f.groups(own.group()) * own.group()).max().unwrap_or(0);
        stream = Some(made);
    }
    let tables = std::mem::take(&mut lowering.constants.tables);
    let tables = match external {
        Some(External { bus, .. }) if !tables.is_empty() => {
            let width = there.unwrap_or(&own).table_width;
            Some(Tables::place(tables, (width, bus), &mut vector)?)
        }
        _ => None,
    };
    let machine = there.unwrap_or(&own).clone();
    own.common_root_fraction(&machine)?;
    if let Some(problem) = own.forbids(&machine) {
        return Err(Error::input(format!("the network does not fit the machine: {problem}"))
            .fix("build the machine for this network, too: build --loadable --also"));
    }
    let lacks = own.lacks(&machine);
    if !lacks.is_empty() {
        let text = |lack: &Lack| match lack {
            Lack { name, there: 0, .. } => format!("{name}: there are none"),
            Lack { name, needed, there } => format!("{name}: {needed} needed, {there} there"),
        };
        let all: Vec<String> = lacks.iter().map(text).collect();
        return Err(Error::input(format!("the network does not fit the machine: {}", all.join("; ")))
            .fix("build the machine for this network, too: build --loadable --also"));
    }
    let readout = lowering.readout_part().map(|(_, readout)| readout);
    let images = match with_images {
        true => images::images(
            &machine,
            &own.input,
            &lowering.constants,
            readout,
            (&fetch, &fire, &vector),
            stream.as_ref(),
        ),
        false => Vec::new(),
    };
    let count = fetch.len() + vector.len();
    let places = addresses.first.iter().zip(&addresses.lives);
    let values = lowering.buffers.iter().zip(places).map(|(buffer, (&first, life))| ValuePlace {
        name: buffer.name.clone(),
        memory: buffer.memory,
        words: first..first + buffer.words(),
        life: life.map_or(0..0, |(begin, end)| begin..end.saturating_add(1).min(count)),
    });
    let values = values.collect();
    Ok(Plan {
        machine,
        own,
        code: lowering.options.code,
        fetch,
        fire,
        vector,
        notes,
        sources,
        windows: lowering.constants.windows.entries,
        layers,
        again: std::mem::take(&mut lowering.again),
        values,
        stream,
        tables,
        images,
    })
}

/// Start values in the order in which instructions take them, if only the first ones of the vector unit do, which wait for
/// nothing: then they come with the weights.
fn streamed_starts(fire: &[Fire], vector: &[Vector], starts: &[i64], lanes: usize) -> Option<Vec<i64>> {
    let begins = |v: &&Vector| v.op == 0 && v.start == 1 && v.wait0_unit == 0 && v.wait1_unit == 0;
    let first: Vec<&Vector> = vector.iter().take_while(begins).collect();
    if fire.iter().any(|f| f.start == 1) || vector.iter().skip(first.len()).any(|v| v.start == 1) {
        return None;
    }
    let mut all = Vec::new();
    for v in first {
        let number = |value: u128| usize::try_from(value).ok();
        let (rows, channels, mut at) = (number(v.rows)?, number(v.channels)?, number(v.starts)?);
        for _ in 0..rows {
            all.extend_from_slice(starts.get(at..at + channels)?);
            at += channels.next_multiple_of(lanes);
        }
    }
    Some(all)
}

/// Whose spikes are read.
fn source(lowering: &Lowering<'_>, accesses: &[Access], layers: &[LayerPlace]) -> Option<Source> {
    let access = accesses.iter().find(|access| access.port == Port::Source)?;
    let (node, layout) = lowering.contents.get(&access.buffer)?;
    Some(Source {
        layer: layers.iter().position(|layer| layer.node == *node),
        offset: access.offset,
        row_words: lowering.row_words(layout),
        positions: layout.positions.clone(),
    })
}

/// Fields of a condition.
fn fields(wait: Wait) -> (u128, u128, u128) {
    (wait.unit as u128, wait.base as u128, wait.step as u128)
}

/// Writes an address to its field. That of a word of which a lane is read has `lane_bits` more bits.
fn address(kind: &mut Kind, port: Port, at: usize, lane_bits: u32) {
    let at = at as u128;
    match (kind, port) {
        (Kind::Engine(pair), Port::Source) => pair.0.source = at,
        (Kind::Engine(pair), Port::Words) => {
            let at = if pair.0.diagonal == 1 { at << lane_bits } else { at };
            pair.0.words = (pair.0.words + at) & 0xffff_ffff;
        }
        (Kind::Engine(pair), Port::Spikes) => pair.1.spikes = at,
        (Kind::Engine(pair), Port::Operands) => pair.1.operand_words = at,
        (Kind::Engine(pair), Port::Sums) => pair.1.sums = at,
        (Kind::Vector(vector), Port::Spikes) => vector.spikes = at,
        (Kind::Vector(vector), Port::VectorSource) => vector.source = at,
        (Kind::Vector(vector), Port::VectorTarget) => vector.target = at,
        (_, Port::Masked | Port::Mask) => {}
        (Kind::Engine(_), Port::VectorSource | Port::VectorTarget)
        | (Kind::Vector(_), Port::Source | Port::Words | Port::Operands | Port::Sums) => {
            unreachable!("an access of another unit")
        }
    }
}

/// The parameters of the hardware.
fn machine(
    lowering: &Lowering<'_>,
    addresses: &Addresses,
    (fetch, fire, vector): (&[Fetch], &[Fire], &[Vector]),
) -> Machine {
    let (widths, constants, options) = (&lowering.widths, &lowering.constants, lowering.options);
    let most = |list: &mut dyn Iterator<Item = u128>| {
        list.max().map_or(0, |v| usize::try_from(v).unwrap_or(usize::MAX))
    };
    let input = match &lowering.input {
        Some((_, input, tracer)) => Input { base: addresses.first[tracer.buffer], ..input.clone() },
        None => {
            let ids = lowering.network.topological();
            let input = ids.into_iter().find(|&id| matches!(lowering.network.node(id).op, Op::Input(_)));
            let input = input.map_or_else(Input::default, |id| lowering.elements(id));
            Input { raw: true, ..input }
        }
    };
    let input = Input { ordered: input.order.is_some() && !input.direct, ..input };
    let ids = lowering.network.topological();
    let is_negative = |op: &Op| matches!(op, Op::Input(own) if own.range.low < 0);
    let input_negative = ids.iter().any(|&id| is_negative(&lowering.network.node(id).op));
    let rows =
        |rows: &mut dyn Iterator<Item = u128>| usize::try_from(rows.sum::<u128>()).unwrap_or(usize::MAX);
    let progress = rows(&mut fire.iter().map(|f| f.rows))
        .max(rows(&mut vector.iter().map(|v| v.rows)))
        .max(input.rows)
        .max(1);
    let op = |op: u128| vector.iter().any(|v| v.op == op);
    let row_groups = |f: &Fire| f.groups(options.group()) as u128;
    let groups = most(&mut fetch.iter().map(|f| f.slice_step * (f.outer - 1) + f.slice_groups))
        .max(most(&mut fire.iter().map(row_groups)));
    Machine {
        lanes: options.lanes,
        spikes: options.spikes,
        fire_lanes: options.fire_lanes,
        fetch_width: options.fetch_width,
        row_lanes: options.row_lanes,
        input,
        weight_width: widths.weight.signed(),
        weight_depth: constants.weights.len(),
        bus_width: 0,
        memory_ports: 0,
        operand_width: widths.operand.signed(),
        operand_depth: addresses.operands,
        operand_elements: 0,
        acc_width: widths.acc.signed(),
        negative: input_negative || fire.iter().any(|f| f.low > 0) || vector.iter().any(|v| v.low > 0),
        fraction: lowering.fraction,
        theta_width: unsigned(widths.theta),
        start_width: widths.start.signed(),
        membrane_width: unsigned(widths.membrane).max(widths.acc.signed()),
        threshold_depth: constants.thresholds.entries.len() * options.group() / options.fire_lanes,
        shared_theta: false,
        level_bits: unsigned(widths.level),
        ragged: widths.ragged,
        lif_depth: widths.lif_depth,
        lif_width: if widths.lif_depth > 0 { widths.lif.signed().max(2) } else { 0 },
        current_width: match fire.iter().any(|f| f.current == 1) {
            true => widths.lif_current.signed(),
            false => 0,
        },
        leak_shift: lowering.leak_shift,
        piece_width: widths.piece.signed(),
        piece_depth: constants.pieces.depth(),
        max_steps: widths.max_steps.max(1),
        progress,
        accumulates: fire.iter().any(|f| f.serial == 1 && f.accumulate == 1),
        adds: op(1),
        embeds: op(2),
        masks: op(4),
        norms: op(3),
        uncentred: vector.iter().any(|v| v.uncentred == 1),
        bands: fire.iter().any(|f| f.band == 1),
        sum_neurons: op(5),
        sends: op(6),
        elements: op(7),
        spike_depth: addresses.spikes,
        sign_depth: 0,
        sum_width: widths.sum.signed(),
        sum_depth: addresses.sums,
        value_width: widths.value.signed(),
        coefficient_width: widths.coefficient.signed(),
        start_depth: constants.starts.entries.len(),
        streamed_starts: 0,
        coefficient_depth: constants.coefficients.entries.len(),
        gamma_width: widths.gamma.signed().max(widths.beta.signed()),
        beta_width: widths.gamma.signed().max(widths.beta.signed()),
        norm_fraction: lowering.norm_fraction,
        square_width: widths.square_width.max(1),
        root_fraction: lowering.root_fraction,
        epsilon_width: unsigned(widths.epsilon),
        max_channels: most(&mut vector.iter().map(|v| v.channels)),
        neuron_fraction: lowering.neuron_fraction,
        neuron_theta_width: unsigned(widths.neuron_theta),
        constant_depth: constants.norms.entries.len(),
        exp_width: unsigned(widths.exp),
        exp_depth: constants.exponentials.entries.len(),
        exp_sum_width: widths.exp_sum_width.max(1),
        scale_width: unsigned(widths.scale),
        scale_fraction: lowering.scale_fraction,
        max_group: widths.max_group,
        mask_depth: widths.mask_depth,
        row_value_width: widths.row_value.signed(),
        row_theta_width: unsigned(widths.row_theta),
        row_level_bits: unsigned(widths.row_level),
        row_max_steps: widths.row_max_steps,
        table_width: widths.table.signed(),
        table_depth: constants.table.entries.len(),
        fetch_count: fetch.len(),
        fire_count: fire.len(),
        vector_count: vector.len(),
        max_rows: most(&mut fetch.iter().map(|f| f.rows).chain(vector.iter().map(|v| v.rows))),
        max_fetch_steps: most(&mut fetch.iter().map(|f| f.steps)),
        max_segments: most(&mut fetch.iter().map(|f| f.segments))
            .max(constants.windows.entries.iter().map(|entry| entry.count).max().unwrap_or(0)),
        window_depth: constants.windows.entries.len(),
        gates: fetch.iter().any(|f| f.diagonal == 1),
        pool_width: if fetch.iter().any(|f| f.maximum == 1) { widths.pool.signed() } else { 0 },
        max_outer: most(&mut fetch.iter().map(|f| f.outer)),
        max_inner: most(&mut fetch.iter().map(|f| f.inner)),
        max_groups: groups,
        max_chunks: most(&mut fire.iter().map(|f| f.chunks)),
        readout: lowering.readout_part().map(|(part, _)| part).unwrap_or_default(),
    }
}
