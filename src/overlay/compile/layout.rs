//! Where the channels of a row lie among the neurons of a row of spike memory.

/// Channels in parts of `size`, which begin at multiples of `pitch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Split {
    pub size: usize,
    pub pitch: usize,
}

impl Split {
    /// Parts that begin at multiples of `align`.
    pub fn aligned(size: usize, align: usize) -> Self {
        Self { size, pitch: size.next_multiple_of(align) }
    }

    /// `count` parts that are groups of scores, in words of `word` neurons that begin at multiples of `group`: at words, if fewer are
    /// read in this way and a row takes at most an eighth more of them.
    pub fn scores(size: usize, count: usize, group: usize, word: usize) -> Self {
        let (dense, apart) = (Self::aligned(size, group), Self::aligned(size, word));
        let row = (count * dense.pitch).div_ceil(word);
        let reads: usize =
            (0..count).map(|n| ((n + 1) * dense.pitch).div_ceil(word) - n * dense.pitch / word).sum();
        let words = count * (apart.pitch / word);
        if words < reads && 8 * words <= 9 * row { apart } else { dense }
    }

    /// The position of a channel.
    pub fn position(self, channel: usize) -> usize {
        channel / self.size * self.pitch + channel % self.size
    }
}

/// Positions of the channels, and groups of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Layout {
    pub positions: Vec<usize>,
    pub groups: usize,
}

impl Layout {
    /// Parts with this split.
    pub fn split(channels: usize, split: Split, fire_lanes: usize) -> Self {
        Self {
            positions: (0..channels).map(|c| split.position(c)).collect(),
            groups: (channels.div_ceil(split.size) * split.pitch).div_ceil(fire_lanes),
        }
    }

    /// One channel after the other.
    pub fn dense(channels: usize, fire_lanes: usize) -> Self {
        Self::split(channels, Split::aligned(channels, fire_lanes), fire_lanes)
    }

    /// Of chunks of columns, each of which begins a group.
    pub fn of_chunks(chunks: &[Vec<Option<usize>>], channels: usize, fire_lanes: usize) -> Self {
        let mut positions = vec![0; channels];
        let mut groups = 0;
        for chunk in chunks {
            for (lane, channel) in chunk.iter().enumerate() {
                if let Some(channel) = channel {
                    positions[*channel] = groups * fire_lanes + lane;
                }
            }
            groups += chunk.len().div_ceil(fire_lanes);
        }
        Self { positions, groups }
    }

    /// Whether channels lie as the split wants.
    pub fn satisfies(&self, split: Split, fire_lanes: usize) -> bool {
        *self == Self::split(self.positions.len(), split, fire_lanes)
    }

    /// Whether the channels follow one another without a gap.
    pub fn is_dense(&self) -> bool {
        self.positions.iter().enumerate().all(|(c, &p)| c == p)
    }

    /// Positions up to the last channel's.
    pub fn reach(&self) -> usize {
        self.positions.iter().max().map_or(0, |p| p + 1)
    }

    /// The channel at each position up to the last channel's.
    pub fn channels(&self) -> Vec<Option<usize>> {
        let mut channels = vec![None; self.reach()];
        for (channel, &position) in self.positions.iter().enumerate() {
            channels[position] = Some(channel);
        }
        channels
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Split};

    #[test]
    fn parts_begin_at_multiples() {
        let split = Split::aligned(3, 4);
        let layout = Layout::split(9, split, 4);
        assert_eq!(layout.positions, [0, 1, 2, 4, 5, 6, 8, 9, 10]);
        assert_eq!((layout.groups, layout.reach(), layout.is_dense()), (3, 11, false));
        assert!(layout.satisfies(split, 4) && !Layout::dense(9, 4).satisfies(split, 4));
        assert_eq!(layout.channels()[3..6], [None, Some(3), Some(4)]);
        // 7 groups in words of 4 take 2 words at words, and 2 or 3 otherwise.
        assert_eq!(Split::scores(197, 6, 32, 128).pitch, 256);
        assert_eq!(Split::scores(197, 1, 32, 128).pitch, 224);
        // No word is saved, or half of the memory is lost.
        assert_eq!(Split::scores(128, 6, 32, 128).pitch, 128);
        assert_eq!(Split::scores(17, 4, 8, 64).pitch, 24);
        let chunks = vec![vec![Some(0), Some(1), Some(2)], vec![Some(3), None, Some(4)]];
        assert_eq!(Layout::of_chunks(&chunks, 5, 4).positions, [0, 1, 2, 4, 6]);
    }
}
