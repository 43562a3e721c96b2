//! Random samples, the same in every run: for networks that come without any.

/// Random samples that stand for those that are missing.
pub const RANDOM_SAMPLES: usize = 2;

/// Where the sequence starts.
const SEED: u64 = 0x5eed_5a3b_1e5c_4ec6;

/// Mean length of a run of background, and of the runs between.
const RUN: i32 = 8;

/// Samples of random elements, evenly distributed over a range.
#[derive(Clone, Debug)]
pub struct RandomSamples {
    state: u64,
    elements: usize,
    range: (i32, i32),
    /// The element of the background, if there is one.
    background: Option<i32>,
}

impl RandomSamples {
    /// Samples of so many raw elements; both ends of the range are possible.
    pub fn new(elements: usize, range: (i32, i32)) -> Self {
        Self { state: SEED, elements, range, background: None }
    }

    /// Samples in which about half of the elements have one value, in runs, as the background of an image.
    #[must_use]
    pub fn with_background(self, element: i32) -> Self {
        Self { background: Some(element), ..self }
    }

    /// The next element.
    fn element(&mut self) -> i32 {
        self.between(self.range)
    }

    /// A random number; both ends are possible (SplitMix64).
    fn between(&mut self, (low, high): (i32, i32)) -> i32 {
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
        let mut sample: Vec<i32> = (0..self.elements).map(|_| self.element()).collect();
        if let Some(background) = self.background {
            let mut inside = true;
            for element in &mut sample {
                if self.between((1, RUN)) == 1 {
                    inside = !inside;
                }
                if inside {
                    *element = background;
                }
            }
        }
        Some(sample)
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
    #[test]
    fn half_of_the_elements_are_background_in_runs() {
        let sample: Vec<i32> =
            RandomSamples::new(1 << 16, (1, 255)).with_background(0).next().unwrap_or_default();
        let zeros = sample.iter().filter(|&&element| element == 0).count();
        assert!((28_000..38_000).contains(&zeros), "{zeros}");
        let ends = sample.windows(2).filter(|pair| (pair[0] == 0) != (pair[1] == 0)).count();
        assert!((7_500..9_000).contains(&ends), "a run has 8 elements in the mean: {ends}");
        let without: Vec<i32> = RandomSamples::new(1 << 16, (1, 255)).next().unwrap_or_default();
        assert!(without.iter().all(|&element| element != 0));
    }
}
