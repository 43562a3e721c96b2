//! Closed ranges of integers, and their widths.

use std::fmt;

/// All integers from `low` to `high`, both included; within ±2^62.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Smallest.
    pub low: i64,
    /// Largest.
    pub high: i64,
}

impl Range {
    /// Range from `low` to `high`.
    pub const fn new(low: i64, high: i64) -> Self {
        Self { low, high }
    }

    /// Width in bits of the two's complement that represents the range; at least 1.
    pub fn signed_width(self) -> u32 {
        let bits = |v: i64| 64 - if v < 0 { !v } else { v }.leading_zeros() + 1;
        bits(self.low).max(bits(self.high))
    }

    /// Whether the value lies in the range.
    pub fn contains(self, value: i64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The smallest range that contains both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self::new(self.low.min(other.low), self.high.max(other.high))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…{} ({} bits)", self.low, self.high, self.signed_width())
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn widths_at_the_edges() {
        for (low, high, width) in [
            (0, 0, 1),
            (-1, 0, 1),
            (0, 1, 2),
            (-2, 1, 2),
            (-3, 0, 3),
            (0, 127, 8),
            (-128, 127, 8),
            (-129, 0, 9),
        ] {
            assert_eq!(Range::new(low, high).signed_width(), width, "{low}…{high}");
        }
    }
}
