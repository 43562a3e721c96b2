//! Deadlock detection: reports which stage waits for which stream.

use super::ffi::Link;
use super::pins::Pins;
use crate::hardware::{FirstMismatch, Waits, What};

/// Minimum number of cycles without any transfer that count as a deadlock.
const LEAST: u64 = 100_000;

/// Deadlock detection over the streams of a design.
pub(super) struct DeadlockDetector {
    /// Number of cycles without any transfer that count as a deadlock: ten times the maximum of the slowest stage.
    patience: u64,
    /// By stream: its reader.
    readers: Vec<String>,
}

impl DeadlockDetector {
    pub fn new(waits: Waits) -> Self {
        Self { patience: (10 * waits.cycles).max(LEAST), readers: waits.readers }
    }

    /// The cycle after the last transfer on any stream.
    pub fn last_move(&self, pins: &Pins) -> u64 {
        let links = pins.links(self.readers.len());
        links.iter().map(|link| link.moved).max().unwrap_or(0).max(pins.counts.last_move)
    }

    /// A deadlock is a mismatch.
    pub fn check(&self, pins: &Pins) -> Result<(), Box<FirstMismatch>> {
        if pins.cycle.saturating_sub(self.last_move(pins)) < self.patience {
            return Ok(());
        }
        let links = pins.links(self.readers.len());
        let waiting: Vec<String> = (0..).zip(&links).filter_map(|(n, link)| self.waiting(n, *link)).collect();
        let who = match waiting.is_empty() {
            true => "no stage offers anything".to_owned(),
            false => waiting.join("; "),
        };
        let message = format!("nothing has moved for {} cycles: {who}", self.patience);
        Err(FirstMismatch::new(What::Deadlock, pins.cycle, message))
    }

    /// What a stream waits for, if it waits.
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
        let deadlock = DeadlockDetector { patience: LEAST, readers: vec!["stage 0, readout of x".into()] };
        let link = |handshakes| Link { beats: 5, handshakes, ..Link::default() };
        let text = deadlock.waiting(0, link(0b0101)).unwrap_or_default();
        assert!(text.starts_with("stream 0 waits for stage 0, readout of x (5 beats"), "{text}");
        assert!(text.contains("full"), "{text}");
        assert_eq!(deadlock.waiting(0, link(0b1100)), None);
        assert_eq!(deadlock.waiting(0, link(0b1000)), None);
    }
}
