//! A program and its machine in figures: what `inspect` and the report show.

use serde::{Deserialize, Serialize};

use super::design::Design;
use super::interval::{Interval, interval};
use super::isa::{Fetch, Fire, Vector};
use super::plan::Memory;
use super::roofline::{Roofline, roofline};
use crate::hardware::{Activity, Adders};
use crate::target::BoardMemory;

/// A program and its machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Program {
    /// Sizes of the machine, and numbers of instructions.
    pub machine: Vec<Size>,
    /// What a spike carries: `unary` or `radix`.
    pub code: &'static str,
    /// Memories that are there.
    pub memories: Vec<MemorySize>,
    /// What is computed, in the order of the programs: matrix products, then vector instructions.
    pub layers: Vec<LayerProgram>,
    /// Values in memories that are written while a sample is computed.
    pub values: Vec<Value>,
    /// What the adders do in a sample.
    pub adders: Adders,
    /// When the instructions of a sample are executed, in the order of the programs.
    pub timeline: Vec<Span>,
    /// Computation against memory, if weights come from outside the chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roofline: Option<Roofline>,
}

/// When an instruction is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The node that is computed.
    pub node: String,
    /// `engine`, `softmax` or `vector`.
    pub unit: String,
    /// The cycle in which it begins, counted from the end of the sample before.
    pub begin_cycle: u64,
    /// The cycle in which its last row is complete; of softmax, in which its last level fires.
    pub end_cycle: u64,
}

/// A size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
}

/// A memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemorySize {
    /// Its name.
    pub name: &'static str,
    /// Whether it is written at run time.
    pub written: bool,
    /// Words.
    pub words: usize,
    /// Bits of a word.
    pub width: u64,
    /// Bits.
    pub bits: u64,
}

/// The instructions of a layer in one unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerProgram {
    /// The node that is computed.
    pub node: String,
    /// `engine`, `softmax` (the engine with softmax behind it) or `vector`.
    pub unit: &'static str,
    /// Instructions.
    pub instructions: usize,
    /// Rows, the sum over instructions.
    pub rows: u64,
    /// Chunks of P sums, the sum over rows; 0 in the vector unit.
    pub chunks: u64,
    /// Channels of a row; of the engine, elements of its chunks.
    pub channels: u64,
    /// Local time-steps in which neurons fire; 0 where none do.
    pub steps: u64,
    /// Cycles by the estimate.
    #[serde(rename = "estimated_cycles")]
    pub cycles: f64,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Value {
    /// The node whose value it is.
    pub node: String,
    /// `spikes`, `operands`, `sums` or `mask`.
    pub memory: &'static str,
    /// Its first word.
    pub first: usize,
    /// Its words.
    pub words: usize,
    /// First instruction that touches it; matrix products and vector instructions are counted together.
    pub begin: usize,
    /// Last instruction that touches it.
    pub end: usize,
}

impl Program {
    /// With the cycles of other samples.
    #[must_use]
    pub fn with_cycles(
        mut self,
        adders: Adders,
        timeline: Vec<Span>,
        layer_cycles: &[f64],
        roofline: Option<Roofline>,
    ) -> Self {
        for (layer, &cycles) in self.layers.iter_mut().zip(layer_cycles) {
            layer.cycles = cycles;
        }
        Self { adders, timeline, roofline: roofline.or(self.roofline), ..self }
    }

    /// With the memory of a board behind so many ports, at `clock_hz`.
    #[must_use]
    pub fn on_board(self, memory: &BoardMemory, ports: usize, clock_hz: u64) -> Self {
        let roofline = self.roofline.map(|roofline| {
            let ports = ports.max(1) as u64;
            let bits = (8.0 * roofline.bytes_per_cycle) as u64 / ports;
            roofline.with_memory(memory.bytes_per_cycle(bits, ports, clock_hz))
        });
        Self { roofline, ..self }
    }
}

/// Name of a memory that is written at run time.
fn memory(memory: Memory) -> &'static str {
    match memory {
        Memory::Spikes => "spikes",
        Memory::Operands => "operands",
        Memory::Sums => "sums",
        Memory::Mask => "mask",
    }
}

fn count(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Of a design.
pub fn summary(design: &Design, activity: &Activity) -> Program {
    let plan = &design.plan;
    let interval = interval(design, activity, 1.0);
    let m = &plan.machine;
    let sizes = [
        ("lanes", m.lanes as u64),
        ("spikes", m.spikes as u64),
        ("fire_lanes", m.fire_lanes as u64),
        ("fetch_width", m.fetch_width as u64),
        ("row_lanes", m.row_lanes as u64),
        ("weight_width", m.weight_width.into()),
        ("operand_width", m.operand_width.into()),
        ("acc_width", m.acc_width.into()),
        ("membrane_width", m.membrane_width.into()),
        ("fraction", m.fraction.into()),
        ("level_bits", m.level_bits.into()),
        ("sum_width", m.sum_width.into()),
        ("fetch_instructions", plan.fetch.len() as u64),
        ("fire_instructions", plan.fire.len() as u64),
        ("vector_instructions", plan.vector.len() as u64),
    ];
    Program {
        machine: sizes.into_iter().map(|(name, value)| Size { name, value }).collect(),
        code: plan.code.name(),
        memories: memories(design),
        layers: layers(design, &interval),
        adders: interval.adders.clone(),
        timeline: timeline(design, &interval),
        roofline: roofline(plan, &interval.first),
        values: plan
            .values
            .iter()
            .map(|value| Value {
                node: value.name.clone(),
                memory: memory(value.memory),
                first: value.words.start,
                words: value.words.len(),
                begin: value.life.start,
                end: value.life.end.max(1) - 1,
            })
            .collect(),
    }
}

/// The memories of a machine.
fn memories(design: &Design) -> Vec<MemorySize> {
    let m = &design.plan.machine;
    let wide = |count: usize, width: u32| count as u64 * u64::from(width);
    let readout = m.readout.value_width + m.readout.shift.map_or(m.readout.multiplier_width, |_| 0);
    let index = usize::BITS - m.input.count.saturating_sub(1).leading_zeros();
    let stored = |words: usize| if m.input.direct { 0 } else { words };
    let order = stored(m.input.order.as_ref().map_or(0, Vec::len));
    let signs = if m.sign_depth > 0 { 1 } else { 2 };
    let thetas = if m.shared_theta { 1 } else { m.fire_lanes };
    let thresholds = wide(thetas, m.theta_width) + wide(m.fire_lanes, m.start_width);
    let all = [
        ("raw", true, stored(2 * m.input.count), m.input.value_width.into()),
        ("spikes", true, m.spike_depth, wide(m.fetch_width, signs)),
        ("signs", true, m.sign_depth, m.fetch_width as u64),
        ("operands", true, m.operand_depth, wide(m.lanes, m.operand_width)),
        ("sums", true, m.sum_depth, m.sum_width.into()),
        ("mask", true, m.mask_depth, 1),
        ("weights", m.bus_width > 0, m.weight_depth, wide(m.lanes, m.weight_width)),
        ("thresholds", false, m.threshold_depth, thresholds),
        ("starts", false, m.start_depth, m.sum_width.into()),
        ("coefficients", false, m.coefficient_depth, m.coefficient_width.into()),
        ("constants", false, m.constant_depth, (m.gamma_width + m.beta_width).into()),
        ("exponentials", false, m.exp_depth, m.exp_width.into()),
        ("table", false, m.table_depth, m.table_width.into()),
        ("order", false, order, index.max(1).into()),
        ("readout", false, m.readout.channels, readout.into()),
        ("fetch program", false, m.fetch_count * Fetch::WORDS, 32),
        ("fire program", false, m.fire_count * Fire::WORDS, 32),
        ("vector program", false, m.vector_count * Vector::WORDS, 32),
    ];
    let there = all.into_iter().filter(|(_, _, words, _)| *words > 0);
    let size = |(name, written, words, width)| MemorySize {
        name,
        written,
        words,
        width,
        bits: words as u64 * width,
    };
    there.map(size).collect()
}

/// The instructions of the first sample.
fn timeline(design: &Design, interval: &Interval) -> Vec<Span> {
    let [products, vectors] = &design.plan.notes;
    let span = |node: &String, unit: &str, begin_cycle, end_cycle| Span {
        node: node.clone(),
        unit: unit.to_owned(),
        begin_cycle,
        end_cycle,
    };
    let engine = interval.first.engine.iter().zip(products).flat_map(|(busy, node)| {
        let softmax = busy.softmax.map(|(first, last)| span(node, "softmax", first, last));
        std::iter::once(span(node, "engine", busy.begin, busy.passed)).chain(softmax)
    });
    let vector = interval.first.vector.iter().zip(vectors);
    engine.chain(vector.map(|(busy, node)| span(node, "vector", busy.begin, busy.end))).collect()
}

/// Instructions, those of the same node and unit that follow one another together.
fn layers(design: &Design, interval: &Interval) -> Vec<LayerProgram> {
    let plan = &design.plan;
    let [products, vectors] = &plan.notes;
    let [busy, vector_busy] = &interval.instructions;
    let engine = plan.fire.iter().zip(products).zip(busy).map(|((fire, node), &cycles)| {
        let sequences = fire.chunks / fire.inner.max(1);
        LayerProgram {
            node: node.clone(),
            unit: if fire.serial == 2 { "softmax" } else { "engine" },
            instructions: 1,
            rows: count(fire.rows),
            chunks: count(fire.rows * fire.chunks),
            channels: count(sequences * (fire.inner.max(1) - 1) * fire.full + sequences * fire.tail),
            steps: if fire.neurons == 1 || fire.serial == 2 { count(fire.steps) } else { 0 },
            cycles,
        }
    });
    let vector =
        plan.vector.iter().zip(vectors).zip(vector_busy).map(|((vector, node), &cycles)| LayerProgram {
            node: node.clone(),
            unit: "vector",
            instructions: 1,
            rows: count(vector.rows),
            chunks: 0,
            channels: count(vector.channels),
            steps: if matches!(vector.op, 3 | 5) { count(vector.steps) } else { 0 },
            cycles,
        });
    let mut layers: Vec<LayerProgram> = Vec::new();
    for next in engine.chain(vector) {
        match layers.last_mut() {
            Some(last) if (&last.node, last.unit) == (&next.node, next.unit) => {
                last.instructions += 1;
                last.rows += next.rows;
                last.chunks += next.chunks;
                last.channels = last.channels.max(next.channels);
                last.steps = last.steps.max(next.steps);
                last.cycles += next.cycles;
            }
            _ => layers.push(next),
        }
    }
    layers
}
