//! Cycles in which the engine writes; others wait for those in which it does not.

/// Intervals in ascending order that do not touch one another.
#[derive(Default)]
pub(super) struct Writes(Vec<(u64, u64)>);

impl Writes {
    /// The engine writes from a cycle up to the one before another. It has not begun to write later.
    pub fn push(&mut self, from: u64, to: u64) {
        match self.0.last_mut() {
            Some(last) if from <= last.1 => last.1 = to.max(last.1),
            _ => self.0.push((from, to)),
        }
    }

    /// The first cycle, not before this one, in which the engine does not write.
    pub fn free(&self, at: u64) -> u64 {
        let next = self.0.partition_point(|&(_, to)| to <= at);
        match self.0.get(next) {
            Some(&(from, to)) if from <= at => to,
            _ => at,
        }
    }

    /// The cycle after the `count`-th, from this one on, in which the engine does not write.
    pub fn after(&self, at: u64, count: u64) -> u64 {
        let (mut at, mut left) = (at, count);
        let mut next = self.0.partition_point(|&(_, to)| to <= at);
        while let Some(&(from, to)) = self.0.get(next)
            && from < at + left
        {
            left -= from.saturating_sub(at);
            at = to;
            next += 1;
        }
        at + left
    }
}

#[cfg(test)]
mod tests {
    use super::Writes;

    #[test]
    fn free_cycles_are_between_the_intervals() {
        let mut writes = Writes::default();
        assert_eq!(writes.free(7), 7);
        for (from, to) in [(3, 5), (5, 6), (8, 9)] {
            writes.push(from, to);
        }
        let free: Vec<u64> = (0..10).map(|at| writes.free(at)).collect();
        assert_eq!(free, [0, 1, 2, 6, 6, 6, 6, 7, 9, 9]);
        // Cycles 0, 1, 2, 6, 7 and from 9 on are free.
        let after: Vec<u64> = (0..7).map(|count| writes.after(1, count)).collect();
        assert_eq!(after, [1, 2, 3, 7, 8, 10, 11]);
    }
}
