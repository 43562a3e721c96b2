//! Words of spikes, and the events that the adders take from them (`overlay_fetch.sv`, `overlay_events.sv`).

use std::ops::Range;

use super::account::Account;
use super::fire::FireUnit;
use super::ring::RingUnit;
use super::sequencer::Sequencer;
use super::{Busy, ENGINE, SOFTMAX, number};
use crate::overlay::isa::Fetch;
use crate::overlay::plan::Plan;

/// First half of the engine.
pub(super) struct FetchUnit<'a> {
    plan: &'a Plan,
    list: Sequencer,
    /// Weights that come from memory.
    ring: Option<&'a mut RingUnit>,
    /// The cycle in which the instruction is taken up.
    taken_up: u64,
    /// The cycle in which the last word was read, and the one in which it went into the queue.
    read: u64,
    queued: u64,
    /// The cycles in which the events of the last word and of the one before began; the one after the last's end.
    events: [u64; 2],
    free: u64,
    /// What the adders did so far.
    pub account: Account,
}

/// When a row can be read first, and what it waits for before.
struct Begin {
    at: u64,
    waited: u64,
    unit: usize,
    /// Cycles that its weights were waited for.
    memory: u64,
}

impl<'a> FetchUnit<'a> {
    pub fn new(plan: &'a Plan, ring: Option<&'a mut RingUnit>) -> Self {
        Self {
            plan,
            list: Sequencer::new(Fetch::WORDS),
            ring,
            taken_up: 0,
            read: 0,
            queued: 0,
            events: [0; 2],
            free: 0,
            account: Account::default(),
        }
    }

    /// Reads a row whose conditions hold from a cycle on.
    pub fn row(
        &mut self,
        n: usize,
        row: usize,
        start: (u64, usize),
        counts: &[Vec<u32>],
        fire: &mut FireUnit<'_>,
        busy: &mut Busy,
    ) {
        let f = &self.plan.fetch[n];
        let mut memory = 0;
        if row == 0
            && let Some(ring) = &mut self.ring
        {
            let ready = ring.ready(n);
            memory = ready.saturating_sub(self.taken_up);
            self.taken_up += memory;
        }
        let begin = Begin { memory, ..self.begin(f, row, start) };
        if row == 0 {
            busy.begin = begin.at;
        }
        let mut begin = Some(begin);
        let pixels = self.pixels(n, row);
        for outer in 0..number(f.outer) {
            let words = self.words(n, outer, &pixels, counts);
            for inner in 0..number(f.inner) {
                for (at, &spikes) in words.iter().enumerate() {
                    let last = at + 1 == words.len();
                    self.word(begin.take(), spikes, last.then_some(&mut *fire), busy);
                }
                fire.chunk(n, self.free, inner + 1 == number(f.inner), busy);
            }
        }
        if row + 1 == number(f.rows) {
            // The list is told a cycle later.
            self.taken_up = self.list.next(self.read + 1);
            if let Some(ring) = &mut self.ring {
                ring.passed(n, self.read, self.free);
            }
        }
    }

    /// When a row begins: of the first, after the instruction is taken up.
    fn begin(&mut self, f: &Fetch, row: usize, (start, unit): (u64, usize)) -> Begin {
        let columns = number(f.columns);
        // With a window, its entries of the table are read before.
        let entries = match (columns, row.checked_rem(columns)) {
            (0, _) => 0,
            (_, Some(0)) => 2,
            _ => 1,
        };
        let wait = if row == 0 { self.taken_up } else { self.read } + entries + 1;
        let at = wait.max(start) + 2;
        Begin { at, waited: at - (wait + 2), unit, memory: 0 }
    }

    /// A word with so many spikes; the last of a chunk leaves when fire has room.
    fn word(&mut self, begin: Option<Begin>, spikes: u64, last: Option<&mut FireUnit<'_>>, busy: &mut Busy) {
        self.read = match &begin {
            Some(begin) => begin.at.max(self.queued),
            None => (self.read + 1).max(self.queued),
        };
        // A queue of two words, then the register that events are taken from.
        self.queued = (self.read + 1).max(self.queued + 1).max(self.events[1]);
        let first = (self.queued + 2).max(self.free);
        let beats = spikes.div_ceil(self.plan.machine.spikes.max(1) as u64).max(1);
        self.gap(first - self.free, begin.as_ref());
        let mut free = first + beats + self.asked(first, spikes);
        busy.events += spikes;
        busy.fetch += beats;
        match spikes {
            0 => self.account.silent += beats,
            _ => self.account.adding += beats,
        }
        if let Some(fire) = last {
            let room = fire.room();
            if room.at > free - 1 {
                let stall = room.at + 1 - free;
                let softmax = stall.min(room.softmax);
                let change = (stall - softmax).min(room.change);
                self.account.softmax += softmax;
                self.account.change += change;
                self.account.fire += stall - softmax - change;
                free = room.at + 1;
            }
        }
        self.events = [first, self.events[0]];
        self.free = free;
    }

    /// Cycles that are added because words of weights from memory ask for cycles with half of the events while so many spikes are
    /// added: a copy of the memory has two ports, of which the second also writes.
    fn asked(&mut self, first: u64, spikes: u64) -> u64 {
        let ports = self.plan.machine.spikes as u64;
        let Some(ring) = self.ring.as_mut().filter(|_| ports > 1) else { return 0 };
        let rest = u64::from(spikes % ports > ports.div_ceil(2));
        let lost = ring.read(first, spikes / ports + rest) * (ports / 2);
        let added = (spikes + lost).div_ceil(ports) - spikes.div_ceil(ports);
        self.account.memory += added;
        added
    }

    /// The adders have waited for the first word of a row, or for the first of all.
    fn gap(&mut self, gap: u64, begin: Option<&Begin>) {
        let account = &mut self.account;
        let waited = begin.map_or(0, |begin| gap.min(begin.waited));
        let memory = begin.map_or(0, |begin| (gap - waited).min(begin.memory));
        account.memory += memory;
        if self.free == 0 {
            account.input += gap - memory;
            return;
        }
        match begin.map_or(0, |begin| begin.unit) {
            ENGINE => account.engine += waited,
            SOFTMAX => account.softmax += waited,
            _ => account.vector += waited,
        }
        account.fetch += gap - waited - memory;
    }

    /// First words of what a row reads in a step.
    fn pixels(&self, n: usize, row: usize) -> Vec<usize> {
        let f = &self.plan.fetch[n];
        let first = self.plan.sources[n].offset;
        let columns = number(f.columns);
        if columns == 0 {
            let segments = 0..number(f.segments);
            let word = first + row * number(f.row_stride);
            return segments.map(|segment| word + segment * number(f.segment_stride)).collect();
        }
        let entry = |at: u128, o: usize| self.plan.windows[number(at) + o];
        let line = entry(f.line_entries, row / columns);
        let column = entry(f.column_entries, row % columns);
        let word = first + line.source + column.source;
        let taps = (0..line.count).flat_map(|i| (0..column.count).map(move |j| (i, j)));
        taps.map(|(i, j)| word + i * number(f.line_stride) + j * number(f.segment_stride)).collect()
    }

    /// Spikes of the words of a chunk, in the order in which they are read.
    fn words(&self, n: usize, outer: usize, pixels: &[usize], counts: &[Vec<u32>]) -> Vec<u64> {
        let f = &self.plan.fetch[n];
        let m = &self.plan.machine;
        let places = m.fetch_width / m.group();
        let first = outer * number(f.slice_step);
        let slice = first..first + number(f.slice_groups);
        let tap = |counts: &[u32], pixel: usize| -> Vec<u64> {
            let words = slice.start / places..slice.end.div_ceil(places);
            words.map(|word| spikes_of(counts, pixel * places, word * places, places, &slice)).collect()
        };
        match f.maximum {
            0 => counts.iter().flat_map(|c| pixels.iter().flat_map(move |&p| tap(c, p))).collect(),
            _ => pixels.iter().flat_map(|&p| counts.iter().flat_map(move |c| tap(c, p))).collect(),
        }
    }

    /// The cycle in which the list is at its end.
    pub fn end(&self) -> u64 {
        self.read + 1
    }

    /// The cycle after the last event.
    pub fn last_event(&self) -> u64 {
        self.free
    }
}

/// Spikes of the groups of a word that belong to a slice.
fn spikes_of(counts: &[u32], pixel: usize, word: usize, places: usize, slice: &Range<usize>) -> u64 {
    let groups = slice.start.max(word)..slice.end.min(word + places);
    let own = counts.get(pixel + groups.start..pixel + groups.end).unwrap_or(&[]);
    own.iter().map(|&c| u64::from(c)).sum()
}

#[cfg(test)]
mod tests {
    use super::spikes_of;

    #[test]
    fn a_word_has_the_spikes_of_its_groups_within_the_slice() {
        let counts = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(spikes_of(&counts, 0, 0, 4, &(0..8)), 10);
        assert_eq!(spikes_of(&counts, 0, 0, 4, &(1..3)), 5);
        assert_eq!(spikes_of(&counts, 4, 0, 4, &(0..3)), 18);
        assert_eq!(spikes_of(&counts, 8, 0, 4, &(0..4)), 0);
    }
}
