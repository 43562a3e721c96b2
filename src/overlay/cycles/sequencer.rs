//! When instructions are there: the next one is read while one is executed (`overlay_sequencer.sv`).

/// A list of instructions.
pub(super) struct Sequencer {
    words: u64,
    /// The cycle in which all words of the next instruction are in the buffer.
    ready: u64,
}

impl Sequencer {
    /// With instructions of so many words; the buffer is full when a sample begins.
    pub fn new(words: usize) -> Self {
        Self { words: words as u64, ready: 0 }
    }

    /// An instruction is done in this cycle; the one in which the next is there.
    pub fn next(&mut self, done: u64) -> u64 {
        let moved = done.max(self.ready);
        self.ready = moved + self.words + 2;
        moved + 1
    }
}
