//! Levels with evenly spaced boundaries, which need no table.

use crate::integer::Rounding;

/// The boundaries of all levels of a layer, where `halves = 2·k + offset` holds for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Even {
    pub offset: i64,
    /// 1 if the boundary does not belong to the level; for even and for odd levels.
    exclusive: [i64; 2],
}

impl Even {
    /// The boundaries of the levels `low + 1…high`; `None` if they are not evenly spaced.
    pub(super) fn new(rounding: Rounding, low: i32, high: i32) -> Option<Self> {
        let boundary = |k: i32| {
            let boundary = rounding.boundary(k);
            (boundary.halves - 2 * i64::from(k), i64::from(!boundary.inclusive))
        };
        let first = low + 1;
        let (offset, one) = boundary(first);
        let (_, other) = boundary(first + 1);
        let exclusive = if first % 2 == 0 { [one, other] } else { [other, one] };
        let even = Self { offset, exclusive };
        let same = |k: i32| boundary(k) == (offset, even.exclusive(k.into()));
        (first..=high).all(same).then_some(even)
    }

    /// 1 if the boundary of level `k` does not belong to it, else 0.
    #[inline(always)]
    pub(super) fn exclusive(self, k: i64) -> i64 {
        let [even, odd] = self.exclusive;
        even + (odd - even) * (k & 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Even;
    use crate::integer::Rounding;

    #[test]
    fn boundaries_of_every_rule() {
        use Rounding::{Ceil, Floor, HalfDown, HalfEven, HalfOdd, HalfUp, Truncate};
        for rounding in [HalfUp, HalfDown, HalfEven, HalfOdd, Floor, Ceil, Truncate] {
            for (low, high) in [(-8, 7), (0, 15), (-7, 8), (-15, 0), (0, 1), (0, 0), (-128, 127)] {
                let even = Even::new(rounding, low, high);
                // Truncation gives a wider level around 0.
                assert_eq!(
                    even.is_none(),
                    rounding == Truncate && low < 0 && high > 0,
                    "{rounding:?} {low}…{high}"
                );
                let Some(even) = even else { continue };
                for k in low + 1..=high {
                    let boundary = rounding.boundary(k);
                    assert_eq!(boundary.halves, 2 * i64::from(k) + even.offset, "{rounding:?} {k}");
                    assert_eq!(i64::from(!boundary.inclusive), even.exclusive(k.into()), "{rounding:?} {k}");
                }
            }
        }
    }
}
