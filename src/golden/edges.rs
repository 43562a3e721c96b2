//! Where the levels of a row begin, and the decisions that follow.

/// Room for the edges of a row; a power of two. With more levels, a table for each row would cost more than it saves.
const ROOM: usize = 256;

/// Entry `k − low` is the least integer at which level `k` is reached: any for `low`, none for `high + 1`.
#[derive(Clone, Debug)]
pub(super) struct Edges([i64; ROOM]);

impl Default for Edges {
    fn default() -> Self {
        Self([0; ROOM])
    }
}

/// Whether there is room for these levels.
pub(super) fn fit(low: i32, high: i32) -> bool {
    high - low + 2 <= ROOM as i32
}

impl Edges {
    /// Sets the edges of these levels.
    #[inline(always)]
    pub(super) fn set(&mut self, low: i32, high: i32, edge: impl Fn(i32) -> i64) {
        let levels = (high - low) as usize + 1;
        self.0[0] = i64::MIN;
        self.0[1..levels].iter_mut().zip(low + 1..).for_each(|(e, k)| *e = edge(k));
        self.0[levels] = i64::MAX;
    }

    /// Moves every tracer by one towards the level of its value, or not at all.
    #[inline(always)]
    pub(super) fn decide(&self, low: i32, values: &[i64], tracers: &mut [i32], spikes: &mut [i8]) {
        for ((s, spike), &value) in tracers.iter_mut().zip(spikes).zip(values) {
            let level = (*s - low) as usize;
            let (this, next) = (self.0[level % ROOM], self.0[(level + 1) % ROOM]);
            *spike = i8::from(value >= next) - i8::from(value < this);
            *s += i32::from(*spike);
        }
    }
}
