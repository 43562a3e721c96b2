//! Stages and streams in the manifest.

use crate::hardware::{StageEntry, StreamEntry};
use crate::streaming::design::{Carries, Design, Kind, LayerNorm, Softmax, Stream};

/// Rows, channels, lanes, widths, bits of read-only memory, bits of state.
type Sizes = (usize, usize, usize, Vec<(&'static str, u32)>, u64, u64);

fn bits(count: usize, width: u32) -> u64 {
    count as u64 * u64::from(width)
}

/// Bits of the boundaries around each level.
fn edges(levels: &crate::streaming::design::Levels) -> u64 {
    bits(levels.count(), levels.edge_width())
}

fn layer_norm(n: &LayerNorm) -> Sizes {
    let (levels, neurons) = (n.levels(), n.chunks() * n.lanes);
    let widths = vec![
        ("delta", n.delta_width),
        ("X", n.acc_width()),
        ("tracer", levels.width()),
        ("gamma", n.gamma_width()),
        ("beta", n.beta_width()),
        ("v", n.norm.square_width),
        ("decision", n.norm.decision_width),
    ];
    let constants = bits(neurons, n.constant_width()) + edges(&levels);
    // The rows inside wait in a FIFO.
    let state = bits(n.rows * neurons, n.acc_width() + levels.width()) + bits(3 * neurons, n.acc_width());
    (n.rows, n.channels, n.lanes, widths, constants, state)
}

fn softmax(s: &Softmax) -> Sizes {
    let (levels, neurons) = (s.levels(), s.chunks() * s.lanes);
    let widths = vec![
        ("delta", s.delta_width),
        ("A", s.acc_width()),
        ("tracer", levels.width()),
        ("exponential", s.exp_width()),
        ("sum", s.sum_width()),
        ("decision", s.softmax.decision_width),
    ];
    let constants = bits(s.tables() * s.softmax.table.len(), s.exp_width()) + edges(&levels);
    let waiting = bits(2 * s.groups.pad, s.acc_width() + s.exp_width());
    let state = bits(s.rows * neurons, s.acc_width() + levels.width()) + waiting;
    (s.rows, s.groups.count * s.groups.tokens, s.lanes, widths, constants, state)
}

/// The entries of all stages.
pub(crate) fn stages(design: &Design) -> Vec<StageEntry> {
    (0..design.stages.len()).map(|index| stage_entry(design, index)).collect()
}

/// The entries of all streams.
pub(crate) fn streams(design: &Design) -> Vec<StreamEntry> {
    design.streams.iter().map(stream_entry).collect()
}

fn stage_entry(design: &Design, index: usize) -> StageEntry {
    let stage = &design.stages[index];
    let register = design.counted().position(|counted| counted == index);
    let output = stage.outputs.first().map(|&stream| &design.streams[stream]);
    let shape = output.map_or((1, 1, 1), |s| (s.rows, s.channels, s.lanes));
    let (rows, channels, lanes, widths, rom_bits, state_bits) = match &stage.kind {
        Kind::AnalogMatmul(m) | Kind::SpikeMatmul(m) => (
            m.rows,
            m.linear.outputs,
            m.out_lanes,
            vec![("value", m.value_width), ("weight", m.weight_width), ("delta", m.delta_width)],
            bits(m.banks * m.bank_words() * m.out_lanes, m.weight_width),
            bits(2 * m.out_chunks() * m.out_lanes, m.delta_width),
        ),
        Kind::AnalogPass(p) => (p.rows, p.channels, p.lanes, vec![("value", p.width)], 0, 0),
        Kind::Repeat(r) => {
            (r.rows, r.channels, r.lanes, vec![("delta", r.width)], 0, bits(r.words() * r.lanes, r.width))
        }
        Kind::Neurons(n) => {
            let constants = bits(n.chunks() * n.lanes, n.constant_width())
                + bits(n.table_words() * n.lanes, n.table_width());
            let widths = vec![
                ("delta", n.delta_width),
                ("membrane", n.membrane_width()),
                ("fraction", n.fraction()),
                ("tracer", n.level_width()),
                ("threshold", n.threshold_width()),
            ];
            (n.rows, n.channels, n.lanes, widths, constants, bits(n.words() * n.lanes, n.state_width()))
        }
        Kind::Product(p) => {
            let [left, right] = p.level_widths;
            let widths = vec![("left", left), ("right", right), ("delta", p.delta_width)];
            (p.rows, p.channels(), p.lanes[2], widths, 0, p.state_bits())
        }
        Kind::LayerNorm(n) => layer_norm(n),
        Kind::Softmax(s) => softmax(s),
        Kind::Fork => (shape.0, shape.1, shape.2, Vec::new(), 0, 0),
        Kind::Scale(s) => {
            let widths = vec![("in", s.widths[0]), ("coefficient", s.coefficient_width())];
            let all = if s.is_per_channel() { s.channels } else { 0 };
            (shape.0, s.channels, s.lanes[1], widths, bits(all, s.coefficient_width()), 0)
        }
        Kind::Sum(s) => {
            let start = bits(s.start.len(), s.delta_width);
            (s.rows, s.channels, s.lanes, vec![("delta", s.delta_width)], start, 0)
        }
        Kind::Select(s) => (s.count, shape.1, shape.2, Vec::new(), 0, 0),
        Kind::Reorder(r) => {
            let words = r.order.len();
            let order = bits(words, usize::BITS - words.leading_zeros());
            (shape.0, shape.1, 1, vec![("value", r.width)], order, bits(2 * words, r.width))
        }
        Kind::Embedding(e) => {
            let table = bits(e.embedding.table.len(), e.delta_width);
            (e.tokens, e.embedding.channels, e.lanes, vec![("delta", e.delta_width)], table, 0)
        }
        Kind::Mask(m) => (1, m.tokens, m.tokens, vec![("value", m.value_width)], 0, m.tokens as u64),
        Kind::Readout(r) => {
            let widths = vec![("delta", r.delta_width), ("sum", r.acc_width()), ("value", r.value_width())];
            let constants = bits(r.readout.channels, r.constant_width());
            (1, r.readout.channels, r.lanes, widths, constants, bits(r.chunks() * r.lanes, r.acc_width()))
        }
    };
    let widths = widths.into_iter().map(|(name, width)| (name.to_owned(), width)).collect();
    let (node, module) = (stage.node.clone(), stage.module().to_owned());
    let (inputs, outputs) = (stage.inputs.clone(), stage.outputs.clone());
    StageEntry {
        node,
        module,
        register,
        inputs,
        outputs,
        rows,
        channels,
        lanes,
        widths,
        rom_bits,
        state_bits,
    }
}

fn stream_entry(stream: &Stream) -> StreamEntry {
    let carries = match stream.carries {
        Carries::Values { .. } => "values",
        Carries::Deltas { .. } => "deltas",
        Carries::Spikes => "spikes",
        Carries::Mask => "mask",
    };
    StreamEntry {
        carries: carries.to_owned(),
        lanes: stream.lanes,
        width: stream.width(),
        depth: stream.depth,
    }
}
