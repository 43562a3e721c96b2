//! Random stalls, in phases of several hundred cycles with their own probability.

/// A source of stalls, reproducible from its seed; without a seed it never stalls.
pub(super) struct Stall {
    state: Option<u64>,
    left: u32,
    share: u64,
}

impl Stall {
    /// Stalls of stream `number`.
    pub fn new(seed: Option<u64>, number: u64) -> Self {
        // Far from each other, and never 0, which is a fixed point of the generator.
        let state = seed.map(|s| s.wrapping_add(number << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Self { state, left: 0, share: 0 }
    }

    /// Whether to stall in this cycle.
    pub fn next(&mut self) -> bool {
        let Some(state) = &mut self.state else { return false };
        if self.left == 0 {
            // In 256ths.
            const SHARES: [u64; 4] = [0, 32, 128, 224];
            let choice = xorshift(state);
            self.left = 16 + (choice >> 32) as u32 % 500;
            self.share = SHARES[(choice & 3) as usize];
        }
        self.left -= 1;
        xorshift(state) >> 16 & 255 < self.share
    }
}

fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[cfg(test)]
mod tests {
    use super::Stall;

    #[test]
    fn pauses_come_in_phases_and_from_the_seed_alone() {
        let run = |seed| {
            let mut stall = Stall::new(Some(seed), 3);
            (0..20_000).map(|_| stall.next()).collect::<Vec<bool>>()
        };
        let pauses = run(7);
        assert_eq!(pauses, run(7));
        assert_ne!(pauses, run(8));
        let share = |part: &[bool]| part.iter().filter(|p| **p).count() * 100 / part.len();
        assert!((20..70).contains(&share(&pauses)), "{} %", share(&pauses));
        let shares: Vec<usize> = pauses.chunks(250).map(share).collect();
        assert!(shares.iter().any(|s| *s < 5) && shares.iter().any(|s| *s > 70), "{shares:?}");
        assert!((0..1000).all(|_| !Stall::new(None, 0).next()));
    }
}
