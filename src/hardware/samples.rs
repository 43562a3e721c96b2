//! Random samples, the same in every run: for networks that come without any.

/// Where the sequence starts.
const SEED: u64 = 0x5eed_5a3b_1e5c_4ec6;

/// Samples of random elements, evenly distributed over a range.
#[derive(Clone, Debug)]
pub struct RandomSamples {
    state: u64,
    elements: usize,
    range: (i32, i32),
}

impl RandomSamples {
    /// Samples of so many raw elements; both ends of the range are possible.
    pub fn new(elements: usize, range: (i32, i32)) -> Self {
        Self { state: SEED, elements, range }
    }

    /// The next element (SplitMix64).
    fn element(&mut self) -> i32 {
        let (low, high) = self.range;
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let count = i64::from(high) - i64::from(low) + 1;
        let offset = ((z >> 32).cast_signed() * count) >> 32;
        i32::try_from(i64::from(low) + offset).unwrap_or(low)
    }
}

impl Iterator for RandomSamples {
    type Item = Vec<i32>;

    fn next(&mut self) -> Option<Vec<i32>> {
        Some((0..self.elements).map(|_| self.element()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::RandomSamples;

    #[test]
    fn elements_reach_both_ends_and_no_further() {
        for range in [(0, 255), (-128, 127), (0, 65535), (3, 3), (0, 2)] {
            let all = RandomSamples::new(1 << 20, range).next().unwrap_or_default();
            assert_eq!((all.iter().min(), all.iter().max()), (Some(&range.0), Some(&range.1)));
        }
    }
}
