//! Weights in memory outside the chip: what of them each fetch instruction reads, and the stream of a sample
//! (docs/external-memory.md).

use std::ops::Range;

use super::isa::Fetch;
use super::window::WindowEntry;
use crate::error::{Error, Result};

/// Marks the last instruction in the table of needs.
const LAST: u32 = 1 << 31;
/// Most words of a ring, as of every memory of a machine.
const MOST_WORDS: usize = 1 << 28;

/// Most ports that bring one stream.
const MOST_PORTS: usize = 8;

/// The width of the bus and the size of the ring, as a user chooses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct External {
    /// Bits of a beat: a power of two from 32 to 512.
    pub bus: usize,
    /// Ports that bring the stream together: 1, 2, 4 or 8.
    pub ports: usize,
    /// Words of the ring, a power of two from 4; if absent, what any two instructions in sequence need.
    pub ring: Option<usize>,
}

impl External {
    /// Bits of a beat of the stream, to which each port brings one of its own.
    pub fn beat(&self) -> usize {
        self.bus * self.ports
    }

    /// Checks the values.
    ///
    /// # Errors
    /// Names the value that is out of range, and the range.
    pub fn check(&self) -> Result<()> {
        if !self.bus.is_power_of_two() || !(32..=512).contains(&self.bus) {
            return Err(Error::input(format!("a bus of {} bits", self.bus))
                .fix("choose a power of two from 32 to 512: --bus-width"));
        }
        if !self.ports.is_power_of_two() || self.ports > MOST_PORTS {
            return Err(Error::input(format!("{} ports to memory", self.ports))
                .fix(format!("choose a power of two from 1 to {MOST_PORTS}: --memory-ports")));
        }
        match self.ring {
            Some(words) if !words.is_power_of_two() || !(4..=MOST_WORDS).contains(&words) => {
                Err(Error::input(format!("a ring of {words} words of weights"))
                    .fix(format!("choose a power of two from 4 to {MOST_WORDS}: --weight-ring")))
            }
            _ => Ok(()),
        }
    }
}

/// How words of weights lie in beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beats {
    /// Beats of a word.
    pub of_word: usize,
    /// Words of a beat: a power of two.
    pub words: usize,
    /// Bits of a beat.
    bus: usize,
}

impl Beats {
    /// Words of `width` bits in beats of `bus` bits; both at least 1.
    pub fn new(width: usize, bus: usize) -> Self {
        let words = if width > bus { 1 } else { 1 << (bus / width).ilog2() };
        Self { of_word: width.div_ceil(bus).max(1), words, bus }
    }

    /// Bits from one word to the next.
    pub fn stride(&self) -> usize {
        self.of_word * self.bus / self.words
    }
}

/// The weights of a sample as they come past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Words of the ring: a power of two.
    pub ring: usize,
    /// For each fetch instruction the words of the compiler's weights that it reads.
    pub reads: Vec<Range<usize>>,
    /// Words of the stream: those of all instructions, filled up to whole beats.
    pub words: usize,
    /// How words lie in beats.
    pub beats: Beats,
    /// Start values of sums, which come behind the weights of the first instruction.
    pub starts: Vec<i64>,
}

impl Stream {
    /// The stream for a program with `count` words of weights. The instructions then name positions in it.
    ///
    /// # Errors
    /// If the ring is too small for an instruction, with the numbers.
    pub fn new(
        fetch: &mut [Fetch],
        notes: &[String],
        windows: &[WindowEntry],
        (count, group): (usize, usize),
        beats: Beats,
        ring: Option<usize>,
    ) -> Result<Self> {
        let reads: Vec<_> = fetch.iter().map(|f| reads(f, windows, count, group)).collect();
        let most = reads.iter().zip(notes).max_by_key(|(read, _)| read.len());
        let next = reads.iter().cycle().skip(1);
        let two = reads.iter().zip(next).map(|(a, b)| a.len() + b.len()).max().unwrap_or(0);
        let smallest = most.map_or(0, |(read, _)| read.len()).max(beats.words);
        let ring = ring.unwrap_or_else(|| two.max(beats.words).max(4).next_power_of_two());
        if smallest > ring {
            let name = most.map_or("", |(_, name)| name);
            return Err(Error::input(format!(
                "the ring of weights has {ring} words, but {name} needs {smallest} at once"
            ))
            .fix(format!("choose a larger ring: --weight-ring {}", smallest.next_power_of_two())));
        }
        let mut position = 0;
        for (fetch, read) in fetch.iter_mut().zip(&reads).filter(|(_, read)| !read.is_empty()) {
            fetch.words = (fetch.words + (1 << 32) + position as u128 - read.start as u128) & 0xffff_ffff;
            position += read.len();
        }
        let words = position.next_multiple_of(beats.words);
        Ok(Self { ring, reads, words, beats, starts: Vec::new() })
    }

    /// Beats of weights before the start values: those of the first instruction that has weights, if they are whole beats.
    pub fn beats_before(&self) -> usize {
        let first = self.reads.iter().map(Range::len).find(|&words| words > 0).unwrap_or(0);
        match first.is_multiple_of(self.beats.words) {
            true => first / self.beats.words * self.beats.of_word,
            false => 0,
        }
    }

    /// Beats of all weights.
    pub fn weight_beats(&self) -> usize {
        self.words / self.beats.words * self.beats.of_word
    }

    /// The start values in beats, each in `entry` bits, as words of 32 bits.
    pub fn start_words(&self, entry: usize) -> Vec<u32> {
        let mut words = Vec::new();
        for &start in &self.starts {
            words.extend((0..entry / 32).map(|part| (start >> (32 * part).min(63)) as u32));
        }
        words.resize(words.len().next_multiple_of(self.beats.bus / 32), 0);
        words
    }

    /// The table of needs: an entry for each instruction.
    pub fn needs(&self) -> Vec<u32> {
        let own: usize = self.reads.iter().map(Range::len).sum();
        // What the stream skips at the end of a sample goes with the last words.
        let rest = self.words.next_multiple_of(self.ring) - own;
        let last_with = self.reads.iter().rposition(|read| !read.is_empty());
        let need = |(n, read): (usize, &Range<usize>)| {
            let skipped = if Some(n) == last_with { rest } else { 0 };
            let mark = if n + 1 == self.reads.len() { LAST } else { 0 };
            u32::try_from(read.len() + skipped).unwrap_or(LAST - 1) | mark
        };
        self.reads.iter().enumerate().map(need).collect()
    }

    /// The words of the compiler's weights in the order of the stream.
    pub fn order(&self) -> impl Iterator<Item = usize> + '_ {
        self.reads.iter().cloned().flatten()
    }
}

/// The words of weights that an instruction reads, from the first to the last one.
fn reads(fetch: &Fetch, windows: &[WindowEntry], count: usize, group: usize) -> Range<usize> {
    if fetch.operand == 1 {
        return 0..0;
    }
    // Distances are modulo 2^32: those from 2^31 on are negative.
    let signed = |words: u128| i64::from((words & 0xffff_ffff) as u32 as i32);
    let mut low = signed(fetch.words);
    let mut high = low;
    let mut add = |distances: &mut dyn Iterator<Item = i64>| {
        let (least, most) = distances
            .fold((i64::MAX, i64::MIN), |(least, most), distance| (least.min(distance), most.max(distance)));
        if least <= most {
            low += least;
            high += most;
        }
    };
    // The first word of an outer chunk moves with its slice.
    let lanes = group as i64;
    let slice = |outer: i64| outer * (signed(fetch.outer_words) + lanes * fetch.slice_step as i64);
    add(&mut [0, slice(fetch.outer as i64 - 1)].into_iter());
    add(&mut [0, (fetch.inner as i64 - 1) * signed(fetch.inner_words)].into_iter());
    add(&mut [0, lanes * fetch.slice_groups as i64 - 1].into_iter());
    if fetch.columns == 0 {
        add(&mut [0, (fetch.segments as i64 - 1) * signed(fetch.segment_words)].into_iter());
    } else {
        let lines = fetch.rows.div_ceil(fetch.columns);
        for (first, number, step) in [
            (fetch.line_entries, lines, fetch.line_words),
            (fetch.column_entries, fetch.columns, fetch.segment_words),
        ] {
            let entries = windows.iter().skip(first as usize).take(number as usize);
            add(&mut entries.filter(|entry| entry.count > 0).flat_map(|entry| {
                let begin = entry.words as i64;
                [begin, begin + (entry.count as i64 - 1) * signed(step)]
            }));
        }
    }
    // Groups of neurons beyond the last one never spike.
    let clip = |at: i64| usize::try_from(at).unwrap_or(0).min(count);
    clip(low)..clip(high + 1)
}

#[cfg(test)]
mod tests {
    use super::{Beats, Stream};
    use crate::overlay::isa::Fetch;

    fn fetch(words: u128, groups: u128) -> Fetch {
        Fetch { words, slice_groups: groups, outer: 1, inner: 2, segments: 1, rows: 1, ..Fetch::default() }
    }

    #[test]
    fn words_fill_beats_and_beats_fill_words() {
        let shape = |width, bus| {
            let beats = Beats::new(width, bus);
            (beats.of_word, beats.words, beats.stride())
        };
        assert_eq!(shape(256, 64), (4, 1, 256));
        assert_eq!(shape(200, 64), (4, 1, 256));
        assert_eq!(shape(64, 64), (1, 1, 64));
        assert_eq!(shape(24, 128), (1, 4, 32));
        assert_eq!(shape(100, 128), (1, 1, 128));
    }

    #[test]
    fn instructions_name_positions_in_the_stream() {
        let instructions = vec![
            Fetch { inner_words: 8, ..fetch(16, 2) },
            Fetch { operand: 1, ..fetch(3, 2) },
            Fetch { inner_words: 16, ..fetch(0, 4) },
        ];
        let mut list = instructions.clone();
        let names = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let beats = Beats::new(64, 64);
        let stream = Stream::new(&mut list, &names, &[], (32, 4), beats, None).expect("a stream");
        assert_eq!(stream.reads, [16..32, 0..0, 0..32]);
        assert_eq!((stream.ring, stream.words), (64, 48));
        assert_eq!(list.iter().map(|f| f.words).collect::<Vec<_>>(), [0, 3, 16]);
        assert_eq!(stream.needs(), [16, 0, (32 + 16) | 1 << 31]);
        let small = Stream::new(&mut instructions.clone(), &names, &[], (32, 4), beats, Some(16));
        assert!(small.is_err_and(|e| e.to_string().contains("needs 32 at once")));
    }
}
