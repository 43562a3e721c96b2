//! Words of weights that come past from memory, and when instructions have theirs (`overlay_weight_ring.sv`).

use std::collections::VecDeque;
use std::ops::Range;

use crate::overlay::plan::Plan;

/// From the cycle after the last event of an instruction to the one in which the needs of the next are known.
const CLOSED: u64 = 5;
/// The same of an instruction without weights, from the cycle in which its last word is read.
const SKIPPED: u64 = 3;
/// Cycles that a word waits before it asks for one in which not all ports read (`overlay_words.sv`).
const PATIENCE: u64 = 8;
/// Cycles until the ports have such a cycle.
const HEARD: f64 = 2.0;

/// The ring. Times are cycles of the present sample; those of the sample before are negative.
pub(super) struct RingUnit {
    /// Words of a sample, with what the stream skips at its end and without.
    sample: u64,
    words: u64,
    /// For each instruction, its words, and what it gives back.
    needs: Vec<[u64; 2]>,
    /// Cycles between two words.
    pace: f64,
    /// Start values: the word that comes behind them, cycles of theirs, and the cycle in which the last is taken.
    starts: Option<(u64, f64, f64)>,
    /// Words of the present sample that have come, the cycle of the last, and the words that were asked for.
    come: u64,
    at: f64,
    asked: u64,
    /// From each of these cycles on there is room up to a word of the present sample.
    room: VecDeque<(f64, u64)>,
    /// The cycle from which on the needs of the next instruction are known.
    known: f64,
    /// Cycles that the next word waits for a port that does not read.
    waited: u64,
    /// The cycle after the last one in which all ports read.
    blocked: f64,
}

impl RingUnit {
    /// Of a plan whose weights come from memory, with the cycles of a beat. Nothing has come.
    pub fn new(plan: &Plan, beat_cycles: f64) -> Option<Self> {
        let stream = plan.stream.as_ref()?;
        let sample = stream.words.next_multiple_of(stream.ring) as u64;
        let last = stream.reads.iter().rposition(|read| !read.is_empty());
        let own: u64 = stream.reads.iter().map(|read| read.len() as u64).sum();
        let need = |(n, read): (usize, &Range<usize>)| {
            let words = read.len() as u64;
            [words, words + if Some(n) == last { sample - own } else { 0 }]
        };
        let beats = stream.beats;
        let bits = stream.starts.len() * plan.machine.start_entry();
        let start_beats = bits.div_ceil(plan.machine.bus_width.max(1));
        let before = (stream.beats_before() / beats.of_word * beats.words) as u64;
        let starts = (before, start_beats as f64 * beat_cycles, stream.starts.len() as f64);
        Some(Self {
            sample,
            words: stream.words as u64,
            needs: stream.reads.iter().enumerate().map(need).collect(),
            pace: (beats.of_word as f64 * beat_cycles / beats.words as f64).max(1.0),
            starts: (start_beats > 0).then_some(starts),
            come: 0,
            at: 0.0,
            asked: 0,
            room: VecDeque::from([(0.0, stream.ring as u64)]),
            known: 0.0,
            waited: 0,
            blocked: 0.0,
        })
    }

    /// The cycle from which on instruction `n`, the next one, can be taken up.
    pub fn ready(&mut self, n: usize) -> u64 {
        self.asked += self.needs.get(n).map_or(0, |need| need[0]);
        let mut there = self.known;
        // No instruction asks for more than there is room for.
        while self.come < self.asked
            && let Some(at) = self.next()
        {
            self.come(at);
            there = there.max(at + 1.0);
        }
        cycle(there)
    }

    /// The cycle in which the next word comes, if there is room for one and its time is known.
    fn next(&mut self) -> Option<f64> {
        self.there().map(|at| at.max(self.blocked))
    }

    /// The cycle in which it is there.
    fn there(&mut self) -> Option<f64> {
        if self.come == self.words {
            self.come = self.sample;
        }
        let mut at = self.at + self.pace;
        match self.starts {
            Some((before, cycles, taken)) if self.come == before => at = (at + cycles).max(taken + 1.0),
            // Start values of the next sample are taken when it has begun.
            Some((before, ..)) if self.come == self.sample + before => return None,
            _ => {}
        }
        while self.room.len() > 1 && self.room.front().is_some_and(|&(_, room)| self.come >= room) {
            self.room.pop_front();
        }
        self.room.front().filter(|&&(_, room)| self.come < room).map(|&(from, _)| at.max(from))
    }

    fn come(&mut self, at: f64) {
        self.at = at;
        self.come += 1;
    }

    /// From a cycle on, all ports of the memory read for so many cycles. The cycles that words ask for in between, which are
    /// not among these.
    pub fn read(&mut self, from: u64, cycles: u64) -> u64 {
        let mut at = from as f64;
        // Those before it come when they can.
        while let Some(next) = self.next()
            && next < at
        {
            self.come(next);
            self.waited = 0;
        }
        self.blocked = self.blocked.max((from + cycles) as f64);
        let (mut left, mut asked) = (cycles, 0);
        while left > 0 {
            // In these cycles words are there, but none comes.
            let end = at + left as f64;
            let Some(next) = self.there().filter(|&next| next < end) else { break };
            let begin = cycle(next.max(at)) - cycle(at);
            let patience = PATIENCE.saturating_sub(self.waited);
            if begin + patience >= left {
                self.waited += left - begin.min(left);
                return asked;
            }
            // The word comes in the cycle that it asks for.
            left -= begin + patience;
            at += (begin + patience + 1) as f64;
            asked += 1;
            self.waited = 0;
            self.come(at - 1.0 + HEARD);
            self.blocked += 1.0;
        }
        self.waited = 0;
        asked
    }

    /// All rows of instruction `n` were read, the last word in cycle `read`; its last event was in the cycle before `free`.
    pub fn passed(&mut self, n: usize, read: u64, free: u64) {
        let returned = self.needs.get(n).map_or(0, |need| need[1]);
        self.known = if returned > 0 { (free + CLOSED) as f64 } else { (read + SKIPPED) as f64 };
        if returned > 0 {
            let room = self.room.back().map_or(0, |&(_, room)| room);
            self.room.push_back(((free + CLOSED - 2) as f64, room + returned));
        }
    }

    /// The next sample begins in the cycle in which this one ends.
    pub fn next_sample(&mut self, end: u64) {
        let (end, sample) = (end as f64, self.sample);
        self.room.retain(|&(_, room)| room > sample);
        for (cycle, room) in &mut self.room {
            *cycle -= end;
            *room -= sample;
        }
        self.known -= end;
        self.blocked -= end;
        self.at -= end;
        self.come = self.come.saturating_sub(sample);
        self.asked = 0;
    }
}

/// The first whole cycle that is not before a time.
fn cycle(time: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not below 0")]
    let cycle = time.ceil().max(0.0) as u64;
    cycle
}

#[cfg(test)]
mod tests {
    use super::RingUnit;
    use std::collections::VecDeque;

    fn ring() -> RingUnit {
        // A ring of 8 words, two instructions of 6 and 4 words; the stream skips 6 at the end.
        RingUnit {
            sample: 16,
            words: 10,
            needs: vec![[6, 6], [4, 10]],
            pace: 2.0,
            starts: None,
            come: 0,
            at: 0.0,
            asked: 0,
            room: VecDeque::from([(0.0, 8)]),
            known: 0.0,
            waited: 0,
            blocked: 0.0,
        }
    }

    #[test]
    fn words_come_when_there_is_room() {
        let mut ring = ring();
        assert_eq!(ring.ready(0), 13);
        ring.passed(0, 40, 50);
        // 8 words have come by then; the other two come from cycle 53 on, two cycles each.
        assert_eq!(ring.ready(1), 56);
        ring.passed(1, 60, 70);
        ring.next_sample(80);
        // The last of the six words: there is room from cycle 73 on, which is 7 cycles before this sample.
        assert_eq!(ring.ready(0), 4);
    }

    #[test]
    fn start_values_are_between_the_words() {
        let mut ring = RingUnit { starts: Some((6, 3.0, 30.0)), ..ring() };
        assert_eq!(ring.ready(0), 13);
        ring.passed(0, 4, 5);
        assert_eq!(ring.ready(1), 31 + 3 * 2 + 1);
    }

    #[test]
    fn words_ask_for_cycles() {
        let mut ring = ring();
        // Words 0 to 3 come in cycles 2 to 8; the next one is there in cycle 10 and waits eight cycles. It asks, and
        // comes two cycles later.
        assert_eq!(ring.read(9, 9), 0);
        assert_eq!(ring.read(18, 1), 1);
        assert_eq!(ring.come, 5);
        assert_eq!(ring.read(20, 40), 3);
        // There is no room for more.
        assert_eq!((ring.come, ring.read(100, 50)), (8, 0));
    }
}
