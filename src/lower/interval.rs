//! Interval arithmetic on integers of up to 128 bits.

use crate::integer::Range;

/// All integers from `low` to `high`.
///
/// Sums stay far from overflow: a weight has at most 63 bits, an accumulated input element 33 bits, and a layer has at
/// most 2^30 inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub low: i128,
    pub high: i128,
}

impl Span {
    /// Only 0.
    pub const ZERO: Self = Self { low: 0, high: 0 };

    /// The largest magnitude that a [`Range`] may have.
    pub const LIMIT: i128 = 1 << 62;

    /// `{factor·v}`.
    pub fn scaled(self, factor: i64) -> Self {
        let (a, b) = (self.low * i128::from(factor), self.high * i128::from(factor));
        Self { low: a.min(b), high: a.max(b) }
    }

    /// `{v + w}`.
    pub fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }

    /// The smallest span that contains both.
    pub fn union(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Width in bits of the two's complement that holds all of it.
    pub fn signed_width(self) -> u32 {
        let bits = |v: i128| 128 - if v < 0 { !v } else { v }.leading_zeros() + 1;
        bits(self.low).max(bits(self.high))
    }

    /// The same range, if it lies within ±2^62.
    pub fn range(self) -> Option<Range> {
        if self.low < -Self::LIMIT || self.high > Self::LIMIT {
            return None;
        }
        Some(Range::new(i64::try_from(self.low).ok()?, i64::try_from(self.high).ok()?))
    }
}

impl From<Range> for Span {
    fn from(range: Range) -> Self {
        Self { low: range.low.into(), high: range.high.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic() {
        let span = Span { low: -2, high: 5 };
        assert_eq!(span.scaled(-3), Span { low: -15, high: 6 });
        assert_eq!(span.plus(span.scaled(-1)), Span { low: -7, high: 7 });
        assert_eq!(Span::ZERO.union(Span { low: 3, high: 4 }), Span { low: 0, high: 4 });
        assert_eq!(span.range(), Some(Range::new(-2, 5)));
        assert_eq!(Span { low: 0, high: Span::LIMIT + 1 }.range(), None);
        assert_eq!(Span { low: -129, high: 127 }.signed_width(), 9);
    }
}
