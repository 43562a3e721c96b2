//! Blocks that hold a memory; and the memories of a machine whose weights come from memory. Such machines are large: their memories are
//! laid out for UltraScale+, where those that fill enough of it are UltraRAM.

use crate::target::{Device, Family};

use super::entry::Unit;
use super::isa::{Fetch, Fire, Vector};
use super::machine::{Machine, bits};
use super::queues;

/// The large memories of UltraScale+, as devices count them.
const ULTRA_RAM: &str = "URAM288";
/// Bits and words of one.
const ULTRA: (u64, u64) = (72, 4096);

/// Beats of rows of tables that there is room for, as in `overlay_memory`.
const ROW_BEATS: usize = 64;

/// Bits from which a memory is block memory: a third of 18 kbit.
pub(super) const LEAST_BLOCK_BITS: u64 = 6144;

/// Blocks that hold words of this width.
pub(super) fn blocks(family: Family, width: u64, depth: u64) -> u64 {
    let shapes: &[(u64, u64)] = match family {
        Family::Xc7 | Family::Xcup | Family::Ecp5 | Family::Gowin => {
            &[(1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512)]
        }
        Family::Ice40 => &[(2, 2048), (4, 1024), (8, 512), (16, 256)],
    };
    shapes.iter().map(|(w, d)| width.div_ceil(*w) * depth.div_ceil(*d)).min().unwrap_or(0)
}

/// Block memory and look-up tables of a memory.
pub(super) fn memory(family: Family, width: u64, depth: usize, copies: usize) -> (u64, u64) {
    let (depth, copies) = (depth as u64, copies as u64);
    match width * depth < LEAST_BLOCK_BITS {
        true => (0, (width * depth).div_ceil(64) * copies),
        false => (blocks(family, width, depth) * copies, 0),
    }
}

/// How a memory is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// One port reads, one writes; look-up tables if small.
    Simple,
    /// The same, in UltraRAM where there is such, written in parts of so many bits.
    Parts(u64),
    /// Two ports that read, one of which writes, in block memory.
    TwoPorts,
    /// The same in UltraRAM, written in parts of so many bits.
    UltraPorts(u64),
    /// Look-up tables that are memory, and multiplexers of four of them for each.
    Tables,
}

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its name.
    pub name: &'static str,
    /// The unit that has it.
    pub(super) unit: Unit,
    /// Bits of a word.
    pub width: u64,
    /// Words.
    pub words: u64,
    /// Copies, or memories of the same kind.
    pub copies: u64,
    style: Style,
}

/// Blocks that memories take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// Block memories of 18 kbit.
    pub bram: u64,
    /// UltraRAMs.
    pub uram: u64,
    /// Look-up tables.
    pub lut: u64,
}

impl Use {
    /// Bits of all copies.
    pub fn bits(&self) -> u64 {
        self.width * self.words * self.copies
    }

    /// The blocks of a family; UltraScale+ has UltraRAM.
    pub fn blocks(&self, family: Family) -> Blocks {
        let ultra = |part: u64| {
            // Parts with an enable of their own are not divided; several fit into one if they are small.
            let parts = self.width / part;
            let wide =
                if part > ULTRA.0 { parts * part.div_ceil(ULTRA.0) } else { parts.div_ceil(ULTRA.0 / part) };
            let count = wide * self.words.div_ceil(ULTRA.1);
            let filled = self.width * self.words >= count * (ULTRA.0 * ULTRA.1 / 4);
            (family == Family::Xcup && filled)
                .then_some(Blocks { uram: count * self.copies, ..Blocks::default() })
        };
        let simple = || {
            let (bram, lut) = memory(family, self.width, self.words as usize, self.copies as usize);
            Blocks { bram, lut, uram: 0 }
        };
        // A port of a block that both reads and writes has 18 bits.
        let two = || {
            let shapes = [(18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384)];
            let count = shapes.iter().map(|(w, d)| self.width.div_ceil(*w) * self.words.div_ceil(*d)).min();
            Blocks { bram: count.unwrap_or(0) * self.copies, ..Blocks::default() }
        };
        match self.style {
            _ if self.words == 0 || self.width == 0 || self.copies == 0 => Blocks::default(),
            Style::Simple => simple(),
            Style::Parts(part) => ultra(part).unwrap_or_else(|| match self.words {
                0..=32 => simple(),
                _ => {
                    Blocks { bram: blocks(family, self.width, self.words) * self.copies, ..Blocks::default() }
                }
            }),
            Style::TwoPorts => two(),
            // 64 words of 7 bits take 8 look-up tables.
            Style::Tables => {
                let deep = self.words.div_ceil(64);
                let lut = deep * self.width.div_ceil(7) * 8 + self.width * deep.div_ceil(4);
                Blocks { lut: lut * self.copies, ..Blocks::default() }
            }
            Style::UltraPorts(part) => ultra(part).unwrap_or_else(two),
        }
    }
}

/// The memories of a machine whose weights come from memory.
pub fn memories(machine: &Machine) -> Vec<Use> {
    let m = machine;
    let wide = |count: usize, width: u32| count as u64 * u64::from(width);
    let row_lanes = m.row_lanes.max(1);
    let of = |unit: Unit, name: &'static str, (width, words): (u64, usize), copies: usize, style: Style| {
        Use { name, unit, width, words: words as u64, copies: copies as u64, style }
    };
    let lane = if m.operand_depth > 0 { m.weight_width.max(m.operand_width) } else { m.weight_width };
    let part = if m.fire_lanes > 32 { m.fire_lanes / 2 } else { m.fire_lanes };
    let fires = 4 * row_lanes as u64;
    let port = m.memory_port();
    let (engine, vector, softmax, readout) = (Unit::Engine, Unit::Vector, Unit::Softmax, Unit::Readout);
    let thetas = if m.shared_theta { 1 } else { m.fire_lanes };
    let raw = if m.input.direct { 0 } else { 2 * m.input.count.next_power_of_two() };
    let order = if m.input.ordered { m.input.count } else { 0 };
    let mut all = vec![of(
        engine,
        "weights and operands",
        (wide(m.lanes, lane), m.weight_depth + m.operand_depth),
        m.spikes.div_ceil(2),
        Style::UltraPorts(wide(part, lane).max(1)),
    )];
    if m.sign_depth > 0 {
        all.push(of(engine, "spikes", (m.fetch_width as u64, m.spike_depth), 1, Style::Parts(fires)));
        all.push(of(engine, "signs", (m.fetch_width as u64, m.sign_depth), 1, Style::Parts(fires)));
    } else {
        let width = 2 * m.fetch_width as u64;
        all.push(of(engine, "spikes", (width, m.spike_depth), 1, Style::Simple));
    }
    let banks = m.sum_depth.div_ceil(row_lanes);
    let pair = row_lanes.min(2);
    let pairs = row_lanes / pair;
    let halves = m.sum_halves();
    let sums = (wide(pair, m.sum_width), banks.div_ceil(halves));
    let beats = |depth: usize| depth.div_ceil(row_lanes);
    let starts = wide(row_lanes, m.sum_width);
    let norms = wide(2 * row_lanes, m.gamma_width.max(m.beta_width));
    let (norm_queue, softmax_queue) = (queues::layer_norm(m), queues::softmax(m));
    let queue = |beats: usize| if beats <= queues::MOST_IN_TABLES { Style::Tables } else { Style::Simple };
    all.extend([
        of(
            engine,
            "thresholds",
            (wide(thetas, m.theta_width) + wide(m.fire_lanes, m.start_width), m.threshold_depth),
            1,
            Style::Simple,
        ),
        of(
            engine,
            "tables of levels",
            (u64::from(m.piece_width + m.level_bits + 1), m.piece_depth),
            m.fire_lanes,
            Style::Simple,
        ),
        of(engine, "elements", (u64::from(m.input.value_width), raw), 1, Style::Simple),
        of(
            engine,
            "order of the elements",
            (u64::from(bits(m.input.count.saturating_sub(1)).max(1)), order),
            1,
            Style::Simple,
        ),
        of(
            engine,
            "window table",
            (u64::from(m.spike_bits() + m.word_bits() + bits(m.max_segments)), m.window_depth),
            1,
            Style::Simple,
        ),
        of(
            engine,
            "beats from memory",
            (port.width as u64 + 3, if m.bus_width > 0 { port.buffer } else { 0 }),
            port.ports,
            // Short ones are queues of look-up tables.
            if port.buffer > 64 { Style::Simple } else { Style::Tables },
        ),
        of(
            vector,
            "beats of rows",
            (port.width as u64 + 3, if m.gather_width() > 0 { ROW_BEATS } else { 0 }),
            1,
            Style::Tables,
        ),
        of(engine, "needs of weights", (32, m.fetch_count), 1, Style::Simple),
        of(engine, "fetch program", (32, m.fetch_count * Fetch::WORDS), 1, Style::Simple),
        of(engine, "fire program", (32, m.fire_count * Fire::WORDS), 1, Style::Simple),
        of(vector, "sums", sums, halves * pairs, Style::TwoPorts),
        of(vector, "start values", (u64::from(m.sum_width), m.start_depth), 1, Style::Simple),
        of(vector, "start values", (starts, beats(m.start_depth)), 1, Style::Simple),
        of(vector, "coefficients", (u64::from(m.coefficient_width), m.coefficient_depth), 1, Style::Simple),
        of(
            vector,
            "coefficients",
            (wide(row_lanes, m.coefficient_width), beats(m.coefficient_depth)),
            1,
            Style::Simple,
        ),
        of(vector, "constants of LayerNorm", (norms, beats(m.constant_depth)), 1, Style::Tables),
        of(vector, "tables of rows", (u64::from(m.table_width), m.table_depth), 1, Style::Simple),
        of(vector, "vector program", (32, m.vector_count * Vector::WORDS), 1, Style::Simple),
        of(vector, "queue of LayerNorm", norm_queue, 1, queue(norm_queue.1)),
        of(softmax, "queues of softmax", softmax_queue, 2, queue(softmax_queue.1)),
        of(softmax, "exponentials", (u64::from(m.exp_width), m.exp_depth), row_lanes, Style::Tables),
        of(
            readout,
            "readout",
            (u64::from(m.readout.multiplier_width + m.readout.value_width), m.readout.channels),
            1,
            Style::Simple,
        ),
    ]);
    all.retain(|memory| memory.bits() > 0);
    all
}

/// What memories a device does not hold, with what each memory takes; None if it holds them.
pub fn shortage(machine: &Machine, device: &Device) -> Option<String> {
    let all = memories(machine);
    let sum = |of: fn(Blocks) -> u64| all.iter().map(|memory| of(memory.blocks(device.family))).sum::<u64>();
    let there = |kind: &str| device.memory(kind).map_or(0, |memory| memory.count);
    let needs = [(device.family.bram_unit(), sum(|b| b.bram)), (ULTRA_RAM, sum(|b| b.uram))];
    let short = needs.into_iter().map(|(kind, needed)| (kind, needed, there(kind)));
    let short: Vec<String> = short
        .filter(|(_, needed, there)| needed > there)
        .map(|(kind, needed, there)| format!("{needed} {kind} of {there}"))
        .collect();
    let all = text(machine, device.family);
    (!short.is_empty())
        .then(|| format!("{} does not hold the memories: {} ({all})", device.title, short.join(", ")))
}

/// The memories as lines: bits, and blocks of the family.
pub fn text(machine: &Machine, family: Family) -> String {
    let line = |memory: &Use| {
        let Blocks { bram, uram, lut } = memory.blocks(family);
        let copies = if memory.copies > 1 { format!(" × {}", memory.copies) } else { String::new() };
        let blocks = [(bram, family.bram_unit()), (uram, ULTRA_RAM), (lut, "LUT")];
        let blocks: Vec<String> = blocks
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count} {unit}"))
            .collect();
        format!(
            "{}: {} words of {} bits{copies}: {}",
            memory.name,
            memory.words,
            memory.width,
            blocks.join(", ")
        )
    };
    memories(machine).iter().map(line).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::{Blocks, memories, shortage};
    use crate::overlay::Machine;
    use crate::target::{Device, Family};

    /// The shapes of blocks, of both kinds of memory.
    #[test]
    fn memories_fill_blocks() {
        let machine = Machine {
            lanes: 384,
            spikes: 4,
            fire_lanes: 32,
            fetch_width: 128,
            row_lanes: 8,
            weight_width: 4,
            weight_depth: 2048,
            operand_width: 4,
            operand_depth: 2048,
            bus_width: 128,
            spike_depth: 24_064,
            sign_depth: 5120,
            sum_width: 32,
            sum_depth: 75_776,
            accumulates: true,
            vector_count: 1,
            square_width: 78,
            max_channels: 384,
            ..Machine::default()
        };
        let blocks = |name: &str, family| {
            let all = memories(&machine);
            let own = all.iter().filter(|memory| memory.name == name).map(|memory| memory.blocks(family));
            own.fold((0, 0), |sum, Blocks { bram, uram, .. }| (sum.0 + bram, sum.1 + uram))
        };
        // 12 parts of 128 bits, two copies; four parts of 32 bits in two, six times; sums in block memory, in two halves.
        assert_eq!(blocks("weights and operands", Family::Xcup), (0, 48));
        assert_eq!(blocks("spikes", Family::Xcup), (0, 12));
        assert_eq!(blocks("signs", Family::Xcup), (0, 4));
        assert_eq!(blocks("sums", Family::Xcup), (2 * 4 * 20, 0));
        assert_eq!(blocks("sums", Family::Xc7), (2 * 4 * 20, 0));
        // Rows of LayerNorm wait in look-up tables.
        assert_eq!(blocks("queue of LayerNorm", Family::Xcup), (0, 0));
        let kv260 = Device::find("xck26").expect("a device");
        assert_eq!(shortage(&machine, &kv260), None);
        let more = Machine { spikes: 6, ..machine };
        let problem = shortage(&more, &kv260).expect("too many");
        assert!(
            problem.contains("88 URAM288 of 64") && problem.contains("weights and operands"),
            "{problem}"
        );
    }
}
