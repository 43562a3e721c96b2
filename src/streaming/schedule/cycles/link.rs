//! The FIFO between two stages: when its beats came and went.

use std::collections::VecDeque;

use crate::streaming::design::Stream;

/// A FIFO. Where a row has very many chunks, several of them are one beat here.
pub(super) struct Link {
    /// Beats of a row.
    pub beats: usize,
    /// Cycles of a beat: chunks.
    pub cycles: u64,
    /// Beats that it holds.
    room: usize,
    /// Cycles from a beat's way in to its being offered.
    delay: u64,
    /// When the beats inside are offered.
    there: VecDeque<u64>,
    /// When the last ones that left were taken: as many as there is room for.
    taken: VecDeque<u64>,
    sent: usize,
    got: usize,
}

/// FIFOs of more beats lie in block memory (`rtl/stream_link.sv`).
const REGISTERS: usize = 64;
/// What such a one holds beside its memory, and how long a beat is inside (`rtl/ram_fifo.sv`).
const AHEAD: usize = 4;
const RAM_DELAY: u64 = 3;

impl Link {
    /// Of a stream, in at most `most` beats per row.
    pub fn new(stream: &Stream, most: usize) -> Self {
        let chunks = stream.chunks().max(1);
        let cycles = chunks.div_ceil(most.max(1));
        let (room, delay) =
            if stream.depth > REGISTERS { (stream.depth + AHEAD, RAM_DELAY) } else { (stream.depth, 1) };
        Self {
            beats: chunks.div_ceil(cycles),
            cycles: cycles as u64,
            room: (room / cycles).max(1),
            delay,
            there: VecDeque::new(),
            taken: VecDeque::new(),
            sent: 0,
            got: 0,
        }
    }

    /// From when on the next beat can be sent; `None` if unknown.
    pub fn space(&self) -> Option<u64> {
        let Some(before) = self.sent.checked_sub(self.room) else { return Some(0) };
        // `taken` ends with beat `got − 1`.
        let back = self.got.checked_sub(before).filter(|&back| back > 0)?;
        self.taken.get(self.taken.len().checked_sub(back)?).map(|&at| at + 1)
    }

    /// A beat enters.
    pub fn send(&mut self, at: u64) {
        self.there.push_back(at + self.delay);
        self.sent += 1;
    }

    /// When the next beat is offered; `None` if unknown.
    pub fn head(&self) -> Option<u64> {
        self.there.front().copied()
    }

    /// The next beat is taken, from this cycle on.
    pub fn take(&mut self, at: u64) {
        self.there.pop_front();
        // A beat of several cycles leaves chunk by chunk.
        self.taken.push_back(at + self.cycles - 1);
        self.got += 1;
        if self.taken.len() > self.room {
            self.taken.pop_front();
        }
    }
}
