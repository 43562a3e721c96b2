//! Quantities of an instance for the cost model: numbers that describe its structure.

use super::memory::Operand::{Signed, Unsigned};
use super::memory::{Mapped, Memory, Operand, Port, map, multipliers, to_float, ultra};
use crate::hardware::Quantities;
use crate::integer::Rule;
use crate::streaming::design::{Design, Kind, LayerNorm, Matmul, Neurons, Softmax, Stage, Stream};
use crate::target::Family;

/// Collects the quantities of one instance.
struct Sheet {
    family: Family,
    /// Whether large memories for state are UltraRAM, where there is such.
    ultra: bool,
    values: Quantities,
    mapped: Mapped,
    dsp: usize,
}

impl Sheet {
    fn new(design: &Design, family: Family) -> Self {
        Self { family, ultra: design.ultra_ram, values: Quantities::new(), mapped: Mapped::default(), dsp: 0 }
    }

    fn set(&mut self, values: &[(&'static str, usize)]) {
        self.values.extend(values.iter().map(|&(name, value)| (name, to_float(value))));
    }

    fn memory(&mut self, port: Port, width: usize, depth: usize, copies: usize) {
        self.image(port, width, depth, copies, &|_, _| true);
    }

    fn image(
        &mut self,
        port: Port,
        width: usize,
        depth: usize,
        copies: usize,
        filled: &dyn Fn([usize; 2], [usize; 2]) -> bool,
    ) {
        let memory = Memory { port, width, depth, copies };
        let ultra = if self.ultra { ultra(self.family, &memory) } else { None };
        let mapped = ultra.unwrap_or_else(|| map(self.family, &memory, filled));
        self.mapped = self.mapped.and(mapped);
    }

    fn product(&mut self, a: Operand, b: Operand, copies: usize) {
        self.dsp += multipliers(self.family, a, b) * copies;
    }

    fn fifo(&mut self, width: usize, depth: usize) {
        self.set(&[("fifo_bits", width)]);
        if depth > 1 {
            self.memory(Port::Fifo, width, depth - 1, 1);
        }
    }

    fn done(mut self) -> Quantities {
        let Mapped { ram_lut, ram_mux, ff, ff_bits, rom_lut, bram, uram } = self.mapped;
        self.values.extend([
            ("ram_lut", ram_lut),
            ("ram_mux", ram_mux),
            ("ram_ff", ff),
            ("ff_bits", ff_bits),
            ("rom_lut", rom_lut),
            ("bram", bram),
            ("uram", uram),
            ("dsp", to_float(self.dsp)),
        ]);
        self.values
    }
}

fn wide(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or(usize::MAX)
}

/// Bits of a number below `count`.
fn bits_of(count: usize) -> usize {
    wide(usize::BITS - count.saturating_sub(1).leading_zeros()).max(1)
}

/// Of a FIFO between two stages.
pub(super) fn link(stream: &Stream, design: &Design, family: Family) -> Quantities {
    let mut sheet = Sheet::new(design, family);
    let (width, depth) = (stream.width(), stream.depth);
    sheet.set(&[("width", width), ("queue", width * usize::from(depth > 1)), ("pointer", bits_of(depth))]);
    sheet.set(&[("deep", usize::from(depth > 64)), ("words", usize::from(depth > 2))]);
    if depth > 64 {
        sheet.memory(Port::Sync, width, depth, 1);
        sheet.memory(Port::Fifo, width, 4, 1);
    } else if depth > 1 {
        sheet.memory(Port::Fifo, width, depth - 1, 1);
    }
    sheet.done()
}

/// Of the adapter of the input stream.
pub(super) fn input(design: &Design, family: Family) -> Quantities {
    let mut sheet = Sheet::new(design, family);
    let width = wide(design.input.value_width);
    let moved = usize::from(design.input.zero_point != 0 || !design.input.element.is_signed());
    sheet.set(&[("lanes", design.input.beat_lanes), ("width", width), ("moved", moved)]);
    sheet.set(&[("counter", bits_of(design.input.beats()))]);
    sheet.done()
}

/// Of the registers.
pub(super) fn registers(design: &Design, family: Family) -> Quantities {
    let mut sheet = Sheet::new(design, family);
    sheet.set(&[("stages", design.counted().count()), ("margin", wide(design.output().margin_width))]);
    sheet.done()
}

/// Of a stage.
pub(super) fn stage(stage: &Stage, design: &Design, family: Family) -> Quantities {
    let mut sheet = Sheet::new(design, family);
    let input = stage.inputs.first().map(|&stream| &design.streams[stream]);
    match &stage.kind {
        Kind::AnalogMatmul(matmul) | Kind::SpikeMatmul(matmul) => self::matmul(&mut sheet, matmul),
        Kind::AnalogPass(pass) => {
            sheet.set(&[("lanes", pass.lanes), ("width", wide(pass.width))]);
        }
        Kind::Repeat(repeat) => {
            let (width, words) = (wide(repeat.width), repeat.words());
            sheet.set(&[("lanes", repeat.lanes), ("width", width), ("addr", bits_of(words))]);
            sheet.memory(Port::Sync, repeat.lanes * width, words, 1);
        }
        Kind::Neurons(neurons) => self::neurons(&mut sheet, neurons),
        Kind::LayerNorm(norm) => layer_norm(&mut sheet, norm),
        Kind::Softmax(softmax) => self::softmax(&mut sheet, softmax),
        Kind::Product(product) => {
            let [left, right, lanes] = product.lanes;
            let levels = product.level_widths.map(wide);
            let level = levels[0].max(levels[1]);
            let delta = wide(product.delta_width);
            let (left_words, right_words) = (product.left_words(), product.right_words());
            let acc_words = product.acc_words();
            sheet.set(&[("lanes", lanes), ("level", level), ("delta", delta), ("in_lanes", left + right)]);
            sheet.set(&[("rotate", bits_of(lanes)), ("addr", bits_of(acc_words))]);
            sheet.set(&[("operand", bits_of(left_words) + bits_of(right_words))]);
            sheet.memory(Port::Sync, levels[0], left_words, lanes);
            sheet.memory(Port::Sync, levels[1], right_words, lanes);
            sheet.memory(Port::Fifo, delta, acc_words, lanes);
        }
        Kind::Readout(readout) => {
            let (acc, value) = (wide(readout.acc_width()), wide(readout.value_width()));
            let (chunks, factor) = (readout.chunks(), wide(readout.factor_width()));
            sheet.set(&[("lanes", readout.lanes), ("acc", acc), ("value", value), ("factor", factor)]);
            sheet.set(&[("delta", wide(readout.delta_width)), ("chosen", usize::from(readout.lanes > 1))]);
            sheet.memory(Port::Async, readout.lanes * acc, chunks, 1);
            sheet.memory(Port::Rom, wide(readout.constant_width()), readout.readout.channels, 1);
            sheet.product(Signed(acc), Signed(factor), 1);
        }
        Kind::Fork => {
            sheet.set(&[("outputs", stage.outputs.len())]);
        }
        Kind::Scale(scale) => {
            let (inputs, outputs) = (scale.lanes[0], scale.lanes[1]);
            let factor = wide(scale.coefficient_width());
            let element = if scale.spikes { 2 } else { wide(scale.widths[0]) };
            let out = wide(scale.widths[1]);
            sheet.set(&[
                ("lanes", outputs),
                ("element", element),
                ("out", out),
                ("slices", inputs / outputs),
            ]);
            sheet.set(&[("sliced", usize::from(inputs > outputs)), ("spikes", usize::from(scale.spikes))]);
            if scale.is_per_channel() {
                sheet.memory(Port::Rom, outputs * factor, scale.channels.div_ceil(outputs), 1);
                if !scale.spikes {
                    sheet.product(Signed(element), Signed(factor), outputs);
                }
            } else if !scale.spikes {
                // A constant factor is a sum of shifted values.
                let ones = scale.coefficient.first().map_or(0, |c| c.unsigned_abs().count_ones());
                sheet.set(&[("adders", wide(ones.saturating_sub(1)))]);
            }
        }
        Kind::Sum(sum) => {
            let width = wide(sum.delta_width);
            sheet.set(&[("lanes", sum.lanes), ("width", width), ("inputs", sum.parts.len())]);
            sheet.set(&[("start", usize::from(!sum.start.is_empty())), ("row", bits_of(sum.rows))]);
            if sum.start_words() > 0 {
                sheet.memory(Port::Rom, sum.lanes * width, sum.start_words(), 1);
            }
        }
        Kind::Select(select) => {
            let width = input.map_or(0, Stream::data_width);
            sheet.set(&[("width", width), ("row", bits_of(select.rows))]);
        }
        Kind::Reorder(reorder) => {
            let (width, count) = (wide(reorder.width), reorder.order.len());
            let beats = reorder.beats();
            sheet.set(&[("lanes", reorder.lanes), ("width", width), ("addr", bits_of(count))]);
            sheet.memory(Port::Rom, wide(reorder.order_widths().iter().sum()), count, 1);
            sheet.memory(Port::Sync, reorder.lanes * width, 2 * beats, 1);
        }
        Kind::Embedding(embedding) => {
            let (width, lanes) = (wide(embedding.delta_width), embedding.lanes);
            sheet.set(&[("lanes", lanes), ("width", width), ("addr", bits_of(embedding.words()))]);
            sheet.memory(Port::Rom, lanes * width, embedding.words(), 1);
        }
        Kind::Mask(mask) => {
            sheet.set(&[("tokens", mask.tokens), ("width", wide(mask.value_width))]);
        }
    }
    sheet.done()
}

fn matmul(sheet: &mut Sheet, matmul: &Matmul) {
    let (lanes, chunks) = (matmul.out_lanes, matmul.out_chunks());
    let (weight, delta, value) =
        (wide(matmul.weight_width), wide(matmul.delta_width), wide(matmul.value_width));
    let linear = &matmul.linear;
    let (banks, words) = (matmul.banks, matmul.bank_words());
    let address = bits_of(words);
    sheet.set(&[("lanes", lanes), ("weight", weight), ("delta", delta), ("value", value)]);
    sheet.set(&[("in_lanes", matmul.in_lanes), ("in_bits", bits_of(matmul.in_lanes)), ("addr", address)]);
    sheet.set(&[("chunk", bits_of(chunks)), ("chunked", usize::from(chunks > 1))]);
    sheet.set(&[("banks", banks), ("more_banks", banks - 1)]);
    let non_zero = |bank: usize, rows: [usize; 2], columns: [usize; 2]| {
        (rows[0]..rows[1]).any(|word| {
            let (input, first) = (word / chunks * banks + bank, word % chunks * lanes);
            (columns[0] / weight..columns[1].div_ceil(weight)).any(|lane| {
                let output = first + lane;
                input < linear.inputs
                    && output < linear.outputs
                    && linear.weights[input * linear.outputs + output] != 0
            })
        })
    };
    for bank in 0..banks {
        let blocks = words - matmul.lut_words;
        sheet
            .image(Port::BlockRom, lanes * weight, blocks, 1, &|rows, columns| non_zero(bank, rows, columns));
    }
    sheet.memory(Port::LutRom, lanes * weight, matmul.lut_words, banks);
    let events = Memory { port: Port::Fifo, width: address + value + 4, depth: 7, copies: banks };
    sheet.memory(events.port, events.width, events.depth, events.copies);
    if chunks > 1 {
        sheet.memory(Port::Sync, lanes * delta, chunks, 2);
    }
    if value > 1 {
        sheet.product(Signed(value), Signed(weight), banks * lanes);
    }
}

fn neurons(sheet: &mut Sheet, n: &Neurons) {
    let (membrane, level) = (wide(n.membrane_width()), wide(n.level_width()));
    let (threshold, chunks) = (wide(n.threshold_width()), n.chunks());
    let words = n.words();
    sheet.set(&[("lanes", n.lanes), ("membrane", membrane), ("level", level), ("theta", threshold)]);
    sheet.set(&[("delta", wide(n.delta_width)), ("addr", bits_of(words)), ("row", bits_of(n.rows))]);
    sheet.memory(Port::Sync, n.lanes * wide(n.state_width()), words, 1);
    sheet.memory(Port::Async, 1, n.rows, 1);
    if let Rule::Affine { .. } = n.neuron.rule {
        sheet.set(&[("line", 1), ("table", 0), ("crossings", 0)]);
        sheet.memory(Port::Rom, n.lanes * wide(n.constant_width()), chunks, 1);
    } else {
        let width = wide(n.table_width());
        sheet.set(&[("line", 0), ("table", 1), ("crossings", n.neuron.crossings())]);
        sheet.memory(Port::DualRom, width, n.table_words(), n.lanes);
    }
}

fn layer_norm(sheet: &mut Sheet, n: &LayerNorm) {
    let (acc, level, lanes, chunks) = (wide(n.acc_width()), wide(n.levels().width()), n.lanes, n.chunks());
    let (gamma, beta) = (wide(n.gamma_width()), wide(n.beta_width()));
    let (square, decision) = (wide(n.norm.square_width.max(2)), wide(n.norm.decision_width));
    let (halves, gap) = (wide(n.levels().halves_width()), wide(n.levels().gap_width()));
    let (words, row) = (n.words(), bits_of(n.rows));
    let sum = acc + bits_of(n.channels + 1);
    let root = square.div_ceil(2);
    let fraction = wide(n.norm.fraction);
    let offset = beta.max(halves + fraction) + 1;
    sheet.set(&[("lanes", lanes), ("acc", acc), ("level", level), ("delta", wide(n.delta_width))]);
    sheet.set(&[("gamma", gamma), ("beta", beta), ("square", square), ("root", root), ("sum", sum)]);
    sheet.set(&[("decision", decision), ("offset", offset), ("gap", gap), ("rows", n.rows)]);
    sheet.set(&[("addr", bits_of(words)), ("row", row)]);
    sheet.memory(Port::Sync, lanes * acc, words, 1);
    sheet.memory(Port::Sync, lanes * level, words, 1);
    sheet.fifo(lanes * acc + bits_of(words) + row + 8, 3 * chunks + 4);
    sheet.memory(Port::Rom, lanes * wide(n.constant_width()), chunks, 1);
    sheet.memory(Port::Rom, wide(n.levels().edge_width()), n.levels().count(), lanes);
    sheet.product(Signed(acc), Signed(acc), lanes);
    sheet.product(Signed(gamma), Signed(sum + 1), lanes);
    sheet.product(Signed(offset), Unsigned(root), lanes);
    sheet.product(Unsigned(gap), Unsigned(root), lanes);
    if !n.channels.is_power_of_two() {
        sheet.product(Signed(acc), Unsigned(bits_of(n.channels + 1)), lanes);
    }
}

fn softmax(sheet: &mut Sheet, s: &Softmax) {
    let (acc, level, lanes) = (wide(s.acc_width()), wide(s.levels().width()), s.lanes);
    let (exp, sum, scale) = (wide(s.exp_width()), wide(s.sum_width()), wide(s.scale_width()));
    let (halves, gap) = (wide(s.levels().halves_width()), wide(s.levels().gap_width()));
    let (words, row, group) = (s.words(), bits_of(s.rows), s.groups.pad / lanes);
    // What travels with a beat: its address, row and flags.
    let position = bits_of(words) + row + 7;
    let scaled = sum + scale;
    sheet.set(&[("lanes", lanes), ("acc", acc), ("level", level), ("delta", wide(s.delta_width))]);
    sheet.set(&[("exp", exp), ("scaled", scaled), ("decision", wide(s.softmax.decision_width))]);
    sheet.set(&[("rows", s.rows), ("tokens", s.groups.tokens), ("position", position)]);
    sheet.memory(Port::Sync, lanes * acc, words, 1);
    sheet.memory(Port::Sync, lanes * level, words, 1);
    sheet.fifo(lanes * (acc + 1) + position + 2, 2 * group + 3);
    sheet.fifo(lanes * (exp + 1) + position + 2, 2 * group + 6);
    sheet.memory(Port::DualRom, exp, s.softmax.table.len(), s.tables());
    sheet.memory(Port::Rom, wide(s.levels().edge_width()), s.levels().count(), lanes);
    sheet.product(Signed(halves), Unsigned(scaled), lanes);
    sheet.product(Unsigned(gap), Unsigned(scaled), lanes);
    if s.softmax.scale.count_ones() > 1 {
        sheet.product(Unsigned(sum), Unsigned(scale), 1);
    }
}
