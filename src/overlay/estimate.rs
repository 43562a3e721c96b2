//! Area of an overlay before synthesis: an estimate, whose constants are all in this file. Cycles: `interval.rs`.
//!
//! **Look-up tables.** Fitted to modules of `examples/mnist_vit` with 64 lanes, 2 events per cycle, 8 neurons and words of
//! 64 (Yosys for xc7: 10,419 in all), each scaled with the sizes that its logic repeats over. Families
//! with look-up tables of four inputs take [`FOUR_INPUTS`] times as many, units that work on rows [`FOUR_INPUTS_ROWS`] times.
//!
//! **Flip-flops.** Registers as they are declared: two sets of sums, a pipeline stage of weights, the membranes of the
//! neurons that fire, and a constant for the rest.
//!
//! **Block memory.** By the shapes of the blocks; a memory of fewer than [`LEAST_BLOCK_BITS`] is look-up tables, 64 bits
//! each.

use crate::hardware::{Estimate, Figures, InstanceCost, Quantities};
use crate::target::Family;

use super::design::Design;
use super::entry::{Unit, units};
use super::footprint::{self, LEAST_BLOCK_BITS, blocks, memory};
use super::isa::{Fetch, Fire, Vector};
use super::machine::Machine;
use super::weights::banks;

/// Look-up tables of neurons that fire: beside membranes and multiplexers, those of each, those of the unit, and those of
/// each lane of a chunk.
const NEURON: f64 = 14.0;
const FIRE: f64 = 170.0;
const FIRE_LANE: f64 = 1.1;
/// Groups that a multiplexer of one look-up table per bit selects from.
const SELECT: f64 = 2.7;
/// Of an IF or LIF neuron, for each bit of its membrane and of its synaptic current, and flip-flops of both; fitted to
/// `overlay_lif` alone (docs/spiking-networks.md).
const LIF: f64 = 11.0;
const CURRENT: f64 = 3.7;
const LIF_FF: f64 = 3.6;
/// The search in tables, for each neuron.
const TABLES: f64 = 61.0;
/// A bit of a word that a further bank of weights is joined with.
const BANK: f64 = 0.7;
/// Fetch and its queue: the unit, and for each neuron of a word.
const FETCH: f64 = 200.0;
const FETCH_NEURON: f64 = 4.3;
/// Each neuron of a word and event.
const EVENTS: f64 = 4.1;
const INPUT: f64 = 110.0;
const READOUT: f64 = 75.0;
const REST: f64 = 60.0;
/// What the units of the engine take more where instructions have several rows.
const ROWS: f64 = 345.0;

/// Look-up tables and flip-flops of registers and input stream, measured in `examples/mnist_mlp`.
const SHELL: [(u64, u64); 2] = [(218, 352), (33, 13)];

/// Look-up tables a bit of a sum of the vector unit, of LayerNorm's v, and of the sum of softmax.
const VECTOR: f64 = 28.0;
const LAYER_NORM: f64 = 28.0;
const SOFTMAX: f64 = 17.0;
/// Share of these that each further row lane takes: measured with 1 and 2 (10,299 and 13,271 in all).
const ROW_LANE: f64 = 0.89;

/// Look-up tables of four inputs for one of six, carries and wide multiplexers included: 8,091 on ECP5 against 4,904 on xc7,
/// `examples/mnist_mlp` with 32 lanes.
const FOUR_INPUTS: f64 = 1.65;
/// The same of vector unit and softmax, which are adders for the most part: 11,370 on ECP5 in all, `examples/mnist_vit` with 32
/// lanes and one row lane.
const FOUR_INPUTS_ROWS: f64 = 1.24;

/// The same of a read-only memory (`rtl/overlay/overlay_rom.sv`).
fn least_rom_bits(family: Family) -> u64 {
    match family.table_inputs() {
        4 => LEAST_BLOCK_BITS / 4,
        _ => LEAST_BLOCK_BITS,
    }
}

fn whole(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts, not below 0")]
    let value = value.max(0.0).round() as u64;
    value
}

/// Words that blocks are laid out for (`rtl/overlay/overlay_rom.sv`).
fn places(depth: usize) -> usize {
    let all = depth.next_power_of_two();
    if depth > 512 && (depth <= 2048 || 4 * depth > 3 * all) { all } else { depth }
}

/// Block memory and look-up tables of a read-only memory, which is look-up tables where it does not fill enough of its blocks.
fn rom(family: Family, width: u64, depth: usize) -> (u64, u64) {
    let bits = width * depth as u64;
    let reached = (width * depth.max(512) as u64).div_ceil(18 * 1024);
    match bits < least_rom_bits(family) * reached {
        true => (0, bits.div_ceil(64)),
        false => (blocks(family, width, places(depth) as u64), 0),
    }
}

/// Sizes from which a unit's area is estimated.
fn sizes(machine: &Machine, unit: Unit, family: Family) -> Quantities {
    let mut memories: Vec<(u64, usize, usize)> = Vec::new();
    let wide = |count: usize, width: u32| count as u64 * u64::from(width);
    let mut sizes = Quantities::new();
    match unit {
        Unit::Engine => {
            let (ports, operands) = (machine.spikes, machine.operand_lanes());
            let word = wide(machine.lanes, machine.weight_width);
            memories.extend(
                banks(machine.weight_depth).into_iter().map(|depth| (word, depth, ports.div_ceil(2))),
            );
            memories.extend([
                // Each lane has its own write enable: nine bits of a block.
                (
                    wide(machine.lanes, machine.operand_width.max(9)),
                    machine.operand_depth.div_ceil(operands),
                    ports * operands,
                ),
                (wide(machine.fetch_width, 2), machine.spike_depth, 1),
                (
                    u64::from(machine.piece_width + machine.level_bits + 1),
                    machine.piece_depth,
                    machine.fire_lanes,
                ),
                (wide(machine.fire_lanes, machine.lif_width + machine.current_width), machine.lif_depth, 1),
                (u64::from(machine.input.value_width), 2 * machine.input.count, 1),
                (u64::from(machine.spike_bits() + machine.word_bits()) + 4, machine.window_depth, 1),
                (32, machine.fetch_count * Fetch::WORDS + machine.fire_count * Fire::WORDS, 1),
            ]);
            sizes.insert("lanes", machine.lanes as f64);
            sizes.insert("spikes", machine.spikes as f64);
            sizes.insert("fire_lanes", machine.fire_lanes as f64);
            sizes.insert("fetch_width", machine.fetch_width as f64);
            sizes.insert("acc", machine.acc_width.into());
            sizes.insert("weight", machine.weight_width.into());
            sizes.insert("rows", machine.max_rows.saturating_sub(1).min(1) as f64);
            sizes.insert("operands", machine.operand_depth.min(1) as f64);
            sizes.insert("negative", u8::from(machine.negative).into());
            sizes.insert("membrane", machine.membrane_width.into());
            sizes.insert("tables", machine.piece_depth.min(1) as f64);
            if machine.lif_depth > 0 {
                sizes.insert("lif", machine.lif_width.into());
                sizes.insert("current", machine.current_width.into());
                sizes.insert("leak", machine.leak_shift.into());
            }
            sizes.insert("banks", banks(machine.weight_depth).len() as f64);
        }
        Unit::Vector => {
            let serial = machine.row_lanes;
            memories.extend([
                // For the serial path and for the vector unit.
                (u64::from(machine.sum_width), machine.sum_depth.div_ceil(serial), 2 * serial),
                (u64::from(machine.sum_width), machine.start_depth, 2),
                (u64::from(machine.coefficient_width), machine.coefficient_depth, 1),
                (u64::from(machine.gamma_width + machine.beta_width), machine.constant_depth, 1),
                (u64::from(machine.table_width), machine.table_depth, 1),
                (32, machine.vector_count * Vector::WORDS, 1),
            ]);
            sizes.insert("sum", machine.sum_width.into());
            sizes.insert("square", machine.square_width.into());
            sizes.insert("coefficient", machine.coefficient_width.into());
            sizes.insert("constants", machine.constant_depth.min(1) as f64);
            sizes.insert("gamma", machine.gamma_width.into());
            sizes.insert("beta", machine.beta_width.into());
            sizes.insert("channels", machine.max_channels.next_power_of_two().ilog2().into());
            sizes.insert("acc", machine.acc_width.into());
            sizes.insert("row_lanes", machine.row_lanes as f64);
        }
        Unit::Softmax => {
            memories.push((u64::from(machine.exp_width), machine.exp_depth, machine.row_lanes));
            sizes.insert("row_lanes", machine.row_lanes as f64);
            sizes.insert("sum", machine.exp_sum_width.into());
            sizes.insert("scale", machine.scale_width.into());
        }
        Unit::Readout => {
            sizes.insert("value", machine.readout.value_width.into());
        }
    }
    let blocks =
        memories.into_iter().map(|(width, depth, copies)| memory(family, width, places(depth), copies));
    let thresholds = match unit {
        Unit::Engine => {
            let width = wide(machine.fire_lanes, machine.theta_width + machine.start_width);
            // Where neurons take turns, look-up tables are scarce (`rtl/overlay/overlay_core.sv`).
            match machine.turns() > 1 && width * machine.threshold_depth as u64 > 2048 {
                true => (self::blocks(family, width, places(machine.threshold_depth) as u64), 0),
                false => rom(family, width, machine.threshold_depth),
            }
        }
        Unit::Vector | Unit::Softmax | Unit::Readout => (0, 0),
    };
    let (mut bram, mut ram_lut) = blocks.fold(thresholds, |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mut uram = 0;
    if machine.bus_width > 0 {
        let own = footprint::memories(machine).into_iter().filter(|memory| memory.unit == unit);
        let own = own.map(|memory| memory.blocks(family));
        (bram, uram, ram_lut) =
            own.fold((0, 0, 0), |sum, one| (sum.0 + one.bram, sum.1 + one.uram, sum.2 + one.lut));
    }
    sizes.insert("uram", uram as f64);
    sizes.insert("bram", bram as f64);
    sizes.insert("ram_lut", ram_lut as f64);
    sizes
}

fn figures(unit: Unit, sizes: &Quantities) -> Figures {
    let of = |name: &str| sizes.get(name).copied().unwrap_or(0.0);
    // Multipliers of 25 × 18 bits, for a product of signed numbers of so many bits.
    let multipliers = |a: f64, b: f64| {
        let blocks = |a: f64, b: f64| ((a - 1.0) / 24.0).ceil() * ((b - 1.0) / 17.0).ceil();
        blocks(a, b).min(blocks(b, a))
    };
    let rows = 1.0 + ROW_LANE * (of("row_lanes") - 1.0).max(0.0);
    let (lut, ff, dsp) = match unit {
        Unit::Engine => {
            let join = of("spikes") * of("weight") * BANK * (of("banks") - 1.0).max(0.0);
            let adders = (of("spikes") - 1.0).max(0.0) * (of("weight") + 1.0);
            let accumulate = of("lanes") * (of("acc") + adders + of("operands") * of("weight") + join);
            let groups = of("lanes") / of("fire_lanes").max(1.0);
            let neuron =
                (2.0 + of("negative")) * of("membrane") + of("acc") * (1.0 + groups / SELECT) + NEURON;
            let fire = of("fire_lanes") * (neuron + TABLES * of("tables")) + FIRE + FIRE_LANE * of("lanes");
            // Three adders and a comparison of a membrane, and the product with the leak.
            let fire = fire + of("fire_lanes") * (LIF * of("lif") + CURRENT * of("current"));
            let leak = |bits: f64| multipliers(bits, of("leak") + 2.0);
            let leaks = if of("leak") > 0.0 { leak(of("lif")) + leak(of("current")) } else { 0.0 };
            let kept = of("lif") + of("current");
            let fetch = FETCH + FETCH_NEURON * of("fetch_width");
            let events = EVENTS * of("fetch_width") * of("spikes");
            let lut = accumulate + fire + fetch + events + INPUT + REST + ROWS * of("rows");
            let ff = of("lanes") * (2.0 * of("acc") + of("spikes") * of("weight"))
                + 3.0 * of("fire_lanes") * of("membrane")
                + 4.0 * of("fetch_width")
                + 1200.0;
            (lut, ff + of("fire_lanes") * LIF_FF * kept, of("fire_lanes") * leaks)
        }
        Unit::Vector => {
            let norm = of("constants");
            let lut = rows * (VECTOR * of("sum") + norm * LAYER_NORM * of("square"));
            // LayerNorm (`rtl/overlay/overlay_layer_norm.sv`): n·X, squares, Γ·c, B·r. One product is the vector unit's own.
            let row = of("sum") + of("channels");
            let layer_norm = multipliers(of("channels") + 1.0, of("sum"))
                + multipliers(row, row)
                + multipliers(of("gamma"), row + 1.0)
                + multipliers(of("beta"), (of("square") / 2.0).ceil() + 1.0);
            let serial = multipliers(of("coefficient"), of("acc"));
            let dsp = of("row_lanes") * (serial + norm * layer_norm);
            (lut, lut + 700.0, dsp + multipliers(of("coefficient"), of("sum")))
        }
        Unit::Softmax => {
            let lut = rows * SOFTMAX * of("sum");
            (lut, lut, multipliers(of("scale") + 1.0, of("sum") + 1.0))
        }
        Unit::Readout => (READOUT, 4.0 * of("value"), 0.0),
    };
    Figures {
        lut: whole(lut + of("ram_lut")),
        ff: whole(ff),
        bram: whole(of("bram")),
        uram: whole(of("uram")),
        dsp: whole(dsp),
    }
}

/// The quantities of the area estimate of each instance: registers, input, then the units in the order of the manifest.
pub(crate) fn quantities(design: &Design, family: Family) -> Vec<(String, &'static str, Quantities)> {
    let shell = [("regs", "axi_lite_regs"), ("input", "axis_input")];
    let shell = shell.map(|(name, module)| (name.to_owned(), module, Quantities::new()));
    let units = (0..)
        .zip(units(design))
        .map(|(n, unit)| (format!("s{n}"), "overlay_core", sizes(&design.plan.machine, unit, family)));
    shell.into_iter().chain(units).collect()
}

/// Area in a family.
pub(crate) fn area(design: &Design, family: Family) -> Estimate {
    let shell = SHELL.map(|(lut, ff)| (FOUR_INPUTS, Figures { lut, ff, ..Figures::default() }, None));
    let stages = super::entry::stages(design).into_iter().map(|stage| Some(stage.node));
    let machine = &design.plan.machine;
    let units = units(design).into_iter().zip(stages).map(|(unit, node)| {
        let factor = match unit {
            Unit::Engine | Unit::Readout => FOUR_INPUTS,
            Unit::Vector | Unit::Softmax => FOUR_INPUTS_ROWS,
        };
        (factor, figures(unit, &sizes(machine, unit, family)), node)
    });
    let all = shell.into_iter().chain(units);
    let instances: Vec<InstanceCost> = quantities(design, family)
        .into_iter()
        .zip(all)
        .map(|((instance, module, _), (factor, figures, node))| {
            let lut = match family {
                Family::Xc7 | Family::Xcup => figures.lut,
                Family::Ecp5 | Family::Ice40 | Family::Gowin => whole(factor * figures.lut as f64),
            };
            InstanceCost { instance, module, node, figures: Figures { lut, ..figures } }
        })
        .collect();
    Estimate {
        family,
        calibrated: family == Family::Xc7,
        total: instances.iter().fold(Figures::default(), |sum, instance| sum + instance.figures),
        instances,
    }
}
