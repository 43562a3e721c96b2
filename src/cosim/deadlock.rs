//! Notices that nothing moves any more, and says who waits for whom.

use super::ffi::Link;
use super::mismatch::{FirstMismatch, What};
use super::pins::Pins;
use crate::streaming::design::{Design, Kind};

/// Cycles without any transfer that are taken for a standstill, at least.
const LEAST: u64 = 100_000;

/// The deadlock over the streams of a design.
pub(super) struct DeadlockDetector {
    /// Cycles without any transfer that are a standstill: ten times what the slowest stage can need.
    patience: u64,
    streams: usize,
    /// Who reads each stream.
    readers: Vec<String>,
}

impl DeadlockDetector {
    pub fn new(design: &Design) -> Self {
        let work = |kind: &Kind| match kind {
            Kind::AnalogMatmul(m) | Kind::SpikeMatmul(m) => m.rows * m.linear.inputs * m.out_chunks(),
            Kind::AnalogPass(p) => p.rows * p.channels.div_ceil(p.lanes),
            Kind::Repeat(r) => r.rows * r.channels.div_ceil(r.lanes),
            Kind::Neurons(n) => n.rows * n.chunks(),
            // Every spike on either side.
            Kind::Product(p) => {
                p.rows * p.channels() * p.left_cycles().max(p.right_cycles())
                    + p.rows * p.groups.tokens * p.depth
            }
            // A square root takes no more cycles a row than this.
            Kind::LayerNorm(n) => n.rows * (n.chunks() + 256),
            Kind::Softmax(s) => s.rows * s.chunks(),
            Kind::Sum(s) => s.rows * s.chunks(),
            Kind::Scale(s) => s.channels,
            Kind::Reorder(r) => r.order.len(),
            Kind::Embedding(e) => e.tokens * e.embedding.channels.div_ceil(e.lanes),
            Kind::Fork | Kind::Select(_) | Kind::Mask(_) => 1,
            Kind::Readout(r) => r.frame_words(),
        };
        let most = design.stages.iter().map(|s| work(&s.kind)).max().unwrap_or(0) as u64;
        let reader = |stream: usize| match design.reader(stream) {
            Some(n) => {
                let stage = &design.stages[n];
                format!("stage {n}, {} of {}", stage.module(), crate::error::printable(&stage.node))
            }
            None => "its reader".to_owned(),
        };
        Self {
            patience: (10 * most).max(LEAST),
            streams: design.streams.len(),
            readers: (0..design.streams.len()).map(reader).collect(),
        }
    }

    /// The cycle after the last transfer on any stream.
    pub fn last_move(&self, pins: &Pins) -> u64 {
        let links = pins.links(self.streams);
        links.iter().map(|link| link.moved).max().unwrap_or(0).max(pins.counts.last_move)
    }

    /// A standstill is a mismatch.
    pub fn check(&self, pins: &Pins) -> Result<(), Box<FirstMismatch>> {
        if pins.cycle.saturating_sub(self.last_move(pins)) < self.patience {
            return Ok(());
        }
        let links = pins.links(self.streams);
        let waiting: Vec<String> = (0..).zip(&links).filter_map(|(n, link)| self.waiting(n, *link)).collect();
        let who = match waiting.is_empty() {
            true => "no stage design_points anything".to_owned(),
            false => waiting.join("; "),
        };
        let message = format!("nothing has moved for {} cycles: {who}", self.patience);
        Err(FirstMismatch::new(What::Standstill, pins.cycle, message))
    }

    /// What a stream waits for, if it does.
    fn waiting(&self, stream: usize, link: Link) -> Option<String> {
        let reader = self.readers.get(stream).map_or("its reader", String::as_str);
        let beats = link.beats;
        let full = link.handshakes & 0b11 == 0b01;
        (link.handshakes & 0b1100 == 0b0100).then(|| {
            let full = if full { ", and its FIFO is full" } else { "" };
            format!("stream {stream} waits for {reader} ({beats} beats so far{full})")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_named() {
        let deadlock =
            DeadlockDetector { patience: LEAST, streams: 1, readers: vec!["stage 0, readout of x".into()] };
        let link = |handshakes| Link { beats: 5, handshakes, ..Link::default() };
        let text = deadlock.waiting(0, link(0b0101)).unwrap_or_default();
        assert!(text.starts_with("stream 0 waits for stage 0, readout of x (5 beats"), "{text}");
        assert!(text.contains("full"), "{text}");
        assert_eq!(deadlock.waiting(0, link(0b1100)), None);
        assert_eq!(deadlock.waiting(0, link(0b1000)), None);
    }
}
