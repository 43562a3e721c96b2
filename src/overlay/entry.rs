//! The units of the overlay as stages of the manifest.

use super::design::Design;
use super::isa::{Fetch, Fire, Vector};
use crate::hardware::StageEntry;

/// Module of the units, which are inside of it.
const MODULE: &str = "overlay_core";

/// Units that compute values, in the order of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Matrix products and their neurons.
    Engine,
    /// Sums of the residual stream, embeddings, LayerNorm.
    Vector,
    /// Softmax.
    Softmax,
    /// The logits.
    Readout,
}

/// The units that a program uses.
pub(crate) fn units(design: &Design) -> Vec<Unit> {
    let machine = &design.plan.machine;
    let all = [
        (Unit::Engine, true),
        (Unit::Vector, machine.vector_count > 0),
        (Unit::Softmax, machine.max_group > 0),
        (Unit::Readout, true),
    ];
    all.into_iter().filter(|(_, used)| *used).map(|(unit, _)| unit).collect()
}

/// The units as stages. The engine is the first, and the only one with counters: spikes of all neurons, and events that
/// it adds.
pub(crate) fn stages(design: &Design) -> Vec<StageEntry> {
    units(design).into_iter().map(|unit| stage(design, unit)).collect()
}

fn bits(count: usize, width: u32) -> u64 {
    count as u64 * u64::from(width)
}

fn stage(design: &Design, unit: Unit) -> StageEntry {
    let machine = &design.plan.machine;
    let (lanes, fire_lanes) = (machine.lanes, machine.fire_lanes);
    let largest = |of: &dyn Fn(&Fire) -> u128| {
        usize::try_from(design.plan.fire.iter().map(of).max().unwrap_or(0)).unwrap_or(usize::MAX)
    };
    // Channels of a row, as the fire instruction counts them.
    let channels = |fire: &Fire| {
        let sequences = fire.chunks.checked_div(fire.inner).unwrap_or(0);
        fire.chunks.saturating_sub(sequences) * fire.full + sequences * fire.tail
    };
    let mut entry = StageEntry {
        node: String::new(),
        module: MODULE.to_owned(),
        register: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
        rows: machine.max_rows,
        channels: 0,
        lanes,
        widths: Vec::new(),
        rom_bits: 0,
        state_bits: 0,
    };
    let mut widths: Vec<(&str, u32)> = Vec::new();
    match unit {
        Unit::Engine => {
            entry.node = "engine".to_owned();
            entry.register = Some(0);
            entry.channels = largest(&channels);
            widths.extend([
                ("weight", machine.weight_width),
                ("sum", machine.acc_width),
                ("membrane", machine.membrane_width),
                ("fraction", machine.fraction),
                ("threshold", machine.theta_width),
                ("level", machine.level_bits),
            ]);
            let program = 32 * (machine.fetch_count * Fetch::WORDS + machine.fire_count * Fire::WORDS);
            entry.rom_bits = bits(machine.weight_depth * lanes, machine.weight_width)
                + bits(machine.threshold_depth * fire_lanes, machine.theta_width + machine.start_width)
                + bits(machine.lif_depth * fire_lanes, machine.lif_width + machine.current_width)
                + bits(machine.piece_depth * fire_lanes, machine.piece_width + machine.level_bits + 1)
                + program as u64;
            entry.state_bits = bits(machine.spike_depth * machine.fetch_width, 2)
                + bits(machine.operand_depth * lanes, machine.operand_width)
                // Two samples of raw elements.
                + bits(2 * machine.input.count, machine.input.value_width);
        }
        Unit::Vector => {
            entry.node = "vector".to_owned();
            entry.channels = machine.max_channels;
            entry.lanes = 1;
            widths.push(("X", machine.sum_width));
            if machine.constant_depth > 0 {
                widths.extend([
                    ("gamma", machine.gamma_width),
                    ("beta", machine.beta_width),
                    ("v", machine.square_width),
                ]);
            }
            let program = 32 * machine.vector_count * Vector::WORDS;
            entry.rom_bits = bits(machine.constant_depth, machine.gamma_width + machine.beta_width)
                + bits(machine.coefficient_depth, machine.coefficient_width)
                + bits(machine.start_depth, machine.sum_width)
                + bits(machine.table_depth, machine.table_width)
                + program as u64;
            entry.state_bits = bits(machine.sum_depth, machine.sum_width);
        }
        Unit::Softmax => {
            entry.node = "softmax".to_owned();
            entry.channels = machine.max_group;
            entry.lanes = 1;
            widths.extend([
                ("exponential", machine.exp_width),
                ("sum", machine.exp_sum_width),
                ("scale", machine.scale_width),
            ]);
            entry.rom_bits = bits(machine.exp_depth, machine.exp_width);
            entry.state_bits = bits(machine.mask_depth, 1);
        }
        Unit::Readout => {
            entry.node.clone_from(&design.output.node);
            let readout = &machine.readout;
            (entry.rows, entry.channels, entry.lanes) = (1, readout.classes, 1);
            widths.push(("value", readout.value_width));
            let multiplier = if readout.shift.is_none() { readout.multiplier_width } else { 0 };
            entry.rom_bits = bits(readout.channels, readout.value_width + multiplier);
        }
    }
    entry.widths = widths.into_iter().map(|(name, width)| (name.to_owned(), width)).collect();
    entry
}
