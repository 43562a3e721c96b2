//! Maximum time without a transfer, and the reader of each stream.

use crate::hardware::Waits;
use crate::streaming::design::{Design, Kind};

/// Of a design.
pub(crate) fn waits(design: &Design) -> Waits {
    let work = |kind: &Kind| match kind {
        Kind::AnalogMatmul(m) | Kind::SpikeMatmul(m) => m.rows * m.linear.inputs * m.out_chunks(),
        Kind::AnalogPass(p) => p.rows * p.chunks(),
        Kind::Repeat(r) => r.words(),
        Kind::Neurons(n) => n.words(),
        // Every spike on either side.
        Kind::Product(p) => {
            p.rows * p.channels() * p.left_cycles().max(p.right_cycles()) + p.rows * p.groups.tokens * p.depth
        }
        // A square root takes no more cycles per row than this.
        Kind::LayerNorm(n) => n.rows * (n.chunks() + 256),
        Kind::Softmax(s) => s.words(),
        Kind::Sum(s) => s.rows * s.chunks(),
        Kind::Scale(s) => s.channels,
        Kind::Reorder(r) => r.order.len(),
        Kind::Embedding(e) => e.tokens * e.chunks(),
        Kind::Fork | Kind::Select(_) | Kind::Mask(_) => 1,
        Kind::Readout(_) => design.output().frame_words(),
    };
    let reader = |stream: usize| match design.reader(stream) {
        Some(n) => {
            let stage = &design.stages[n];
            format!("stage {n}, {} of {}", stage.module(), crate::error::printable(&stage.node))
        }
        None => "its reader".to_owned(),
    };
    Waits {
        cycles: design.stages.iter().map(|s| work(&s.kind)).max().unwrap_or(0) as u64,
        readers: (0..design.streams.len()).map(reader).collect(),
    }
}
