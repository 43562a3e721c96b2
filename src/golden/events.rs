//! The spikes of a layer in a time-step as lists.

/// Spikes are listed in groups of this many; lists have room for a group more.
const GROUP: usize = 8;

/// Indices of the neurons that fired, ascending.
#[derive(Clone, Debug)]
pub(super) struct Events {
    up: Vec<u32>,
    down: Vec<u32>,
    /// How many of both lists lie before each row, and before the end.
    starts: Vec<(usize, usize)>,
    channels: usize,
}

impl Events {
    pub(super) fn new(rows: usize, channels: usize) -> Self {
        let list = || vec![0; rows * channels + GROUP];
        Self { up: list(), down: list(), starts: vec![(0, 0); rows + 1], channels }
    }

    /// Lists the spikes of a row, after those of the row before.
    #[inline(always)]
    pub(super) fn list(&mut self, row: usize, spikes: &[i8]) {
        const CHUNK: usize = 64;
        let (mut ups, mut downs) = self.starts[row];
        for (n, chunk) in spikes.chunks(CHUNK).enumerate() {
            // Bit `i` says whether spike `i` is ±1, and whether it is −1.
            let (mut fired, mut down) = (0u64, 0u64);
            for (i, eight) in chunk.chunks(8).enumerate() {
                let mut bytes = [0; 8];
                bytes.iter_mut().zip(eight).for_each(|(byte, &s)| *byte = s as u8);
                let word = u64::from_le_bytes(bytes);
                fired |= low_bits(word) << (8 * i);
                down |= low_bits(word >> 7) << (8 * i);
            }
            // Values have at most 2^30 elements.
            let first = (row * self.channels + n * CHUNK) as u32;
            ups += fill(&mut self.up[ups..], fired & !down, first);
            downs += fill(&mut self.down[downs..], down, first);
        }
        self.starts[row + 1] = (ups, downs);
    }

    /// Lists nothing for a row.
    pub(super) fn skip(&mut self, row: usize) {
        self.starts[row + 1] = self.starts[row];
    }

    /// The spikes of neurons `from…to − 1`: up and down.
    #[inline(always)]
    pub(super) fn between(&self, from: usize, to: usize) -> (&[u32], &[u32]) {
        let (start, end) = (self.before(from), self.before(to));
        (&self.up[start.0..end.0], &self.down[start.1..end.1])
    }

    /// How many of both lists lie before a neuron.
    #[inline(always)]
    fn before(&self, index: usize) -> (usize, usize) {
        // 32-bit divisions are faster.
        let (row, within) = (index as u32 / self.channels as u32, index as u32 % self.channels as u32);
        if within == 0 {
            return self.starts[row as usize];
        }
        let (ups, downs) = self.starts[self.starts.len() - 1];
        let before = |list: &[u32]| list.partition_point(|&i| (i as usize) < index);
        (before(&self.up[..ups]), before(&self.down[..downs]))
    }
}

/// The lowest bits of the eight bytes of a word, as a byte.
#[inline(always)]
fn low_bits(word: u64) -> u64 {
    (word & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Writes the positions of the bits that are set, counted from `first`, and up to a group of anything after them; returns
/// their number.
#[inline(always)]
fn fill(list: &mut [u32], mut bits: u64, first: u32) -> usize {
    let count = bits.count_ones() as usize;
    for group in list.chunks_exact_mut(GROUP).take(count.div_ceil(GROUP)) {
        for slot in group {
            *slot = first.wrapping_add(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::Events;

    #[test]
    fn lists_are_those_of_the_spikes() {
        for channels in [1, 7, 8, 63, 64, 65, 200] {
            let rows = 5;
            let mut events = Events::new(rows, channels);
            // A pattern without a period of 8; one row is silent, one fires everywhere.
            let spike = |e: usize| match e / channels {
                1 => 0,
                2 => {
                    if e.is_multiple_of(3) {
                        -1
                    } else {
                        1
                    }
                }
                _ => ((e * e + 3 * e) % 7) as i8 % 3 - 1,
            };
            let spikes: Vec<i8> = (0..rows * channels).map(spike).collect();
            for (row, spikes) in spikes.chunks(channels).enumerate() {
                if spikes.iter().all(|&s| s == 0) { events.skip(row) } else { events.list(row, spikes) }
            }
            for (from, to) in
                [(0, rows * channels), (channels, 4 * channels), (channels / 2, 2 * channels + channels / 3)]
            {
                let those = |sign: i8| -> Vec<u32> {
                    (from..to).filter(|&e| spikes[e] == sign).map(|e| e as u32).collect()
                };
                let (up, down) = events.between(from, to);
                assert_eq!((up, down), (&those(1)[..], &those(-1)[..]), "{channels} channels, {from}…{to}");
            }
        }
    }
}
