//! Search of the constants of the affine rule: θ·k − v0 separates levels exactly where the thresholds do.
//!
//! With `F` fraction bits, the rule `V = v0 + 2^F·A − θ·S` decides like the thresholds `T(k)` for all `A` in
//! `[A_min, A_max]` exactly when, for every level step `k`,
//!
//! ```text
//! T(k) > A_min:   (T(k) − 1)·2^F < θ·k − v0          (at T − 1 the level is not reached)
//! T(k) ≤ A_max:   θ·k − v0 ≤ T(k)·2^F                (at T it is)
//! ```
//!
//! For a given θ a start value exists exactly when `f(θ) = max_k (θk − T·2^F)`, over the second kind, is at most `g(θ)
//! = min_k (θk − (T−1)·2^F − 1)`, over the first. `f − g` is convex, so the valid θ form an interval, whose ends
//! Newton's method finds exactly: a violation at θ names two levels `j`, `k` whose inequalities together say `θ·(j − k)
//! ≤ r`, and that moves the end. A solution at `F`, doubled, is one at `F + 1`; so the smallest `F` of a layer is the
//! largest of its channels'.

use crate::integer::Range;

/// Maximum number of fraction bits.
pub(super) const MAX_FRACTION: u32 = 24;

/// Above every θ that could be needed: `2^F·(A_max − A_min) + 1`. Products with a level stay below 2^107.
const MAX_THETA: i128 = 1 << 88;

/// The constants of [`crate::integer::Rule::Affine`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub fraction: u32,
    pub theta: Vec<i64>,
    pub start: Vec<i64>,
}

/// The affine rule with the smallest number of fraction bits; θ equal over all channels if that number allows it.
///
/// `thresholds` holds, channel by channel, `T(k)` for `k = low + 1 …`, clamped to the channel's range of `A` (the high
/// end plus 1 for "never"); `totals` these ranges.
pub(super) fn search(thresholds: &[i64], low: i32, totals: &[Range]) -> Option<Line> {
    let steps = thresholds.len() / totals.len();
    let channel = |c: usize| Bounds::new(&thresholds[c * steps..(c + 1) * steps], low, totals[c]);
    let mut fraction = 0;
    for c in 0..totals.len() {
        let bounds = channel(c);
        while bounds.theta_range(fraction).is_none() {
            fraction += 1;
            if fraction > MAX_FRACTION {
                return None;
            }
        }
    }
    let ranges = (0..totals.len()).map(|c| channel(c).theta_range(fraction)).collect::<Option<Vec<_>>>()?;
    let common = ranges.iter().copied().reduce(|a, b| (a.0.max(b.0), a.1.min(b.1))).filter(|(a, b)| a <= b);
    let mut line = Line { fraction, theta: Vec::new(), start: Vec::new() };
    for (c, range) in ranges.iter().enumerate() {
        let theta = common.unwrap_or(*range).0;
        line.theta.push(i64::try_from(theta).ok()?);
        line.start.push(i64::try_from(channel(c).start(theta, fraction)).ok()?);
    }
    Some(line)
}

/// The inequalities of one channel that do not follow from others.
struct Bounds {
    /// `(k, T(k))`: `θ·k − v0 ≤ T·2^F`.
    upper: Vec<(i128, i128)>,
    /// `(k, T(k) − 1)`: `θ·k − v0 > (T − 1)·2^F`.
    lower: Vec<(i128, i128)>,
}

/// The tightest bounds that the inequalities set on the start value for some θ: `(bound, level, right-hand side)`.
type Tightest = Option<(i128, i128, i128)>;

impl Bounds {
    fn new(thresholds: &[i64], low: i32, total: Range) -> Self {
        // θ ≥ 1: of the levels always reached the last one's inequality implies the others', of those never reached
        // the first one's.
        let always = thresholds.partition_point(|&t| t <= total.low);
        let within = thresholds.partition_point(|&t| t <= total.high);
        let at = |i: usize| (i128::from(low) + 1 + i as i128, i128::from(thresholds[i]));
        let upper = (always.saturating_sub(1)..within).map(at).collect();
        let lower = (always..(within + 1).min(thresholds.len())).map(at).map(|(k, t)| (k, t - 1)).collect();
        Self { upper, lower }
    }

    /// `f(θ)`: the start value is at least this.
    fn least(&self, theta: i128, fraction: u32) -> Tightest {
        let bounds = self.upper.iter().map(|&(k, t)| (theta * k - (t << fraction), k, t << fraction));
        bounds.max_by_key(|&(bound, ..)| bound)
    }

    /// `g(θ)`: the start value is at most this.
    fn most(&self, theta: i128, fraction: u32) -> Tightest {
        let bounds = self.lower.iter().map(|&(k, t)| (k, (t << fraction) + 1));
        bounds.map(|(k, edge)| (theta * k - edge, k, edge)).min_by_key(|&(bound, ..)| bound)
    }

    /// `(d, r)` of a consequence `θ·d ≤ r` of the inequalities that this θ violates.
    fn violation(&self, theta: i128, fraction: u32) -> Option<(i128, i128)> {
        let (least, j, above) = self.least(theta, fraction)?;
        let (most, k, below) = self.most(theta, fraction)?;
        (least > most).then_some((j - k, above - below))
    }

    /// Smallest and largest θ ≥ 1 for which a start value exists.
    fn theta_range(&self, fraction: u32) -> Option<(i128, i128)> {
        let (mut low, mut high) = (1, MAX_THETA);
        while let Some((d, r)) = self.violation(high, fraction) {
            if d <= 0 {
                return None;
            }
            high = r.div_euclid(d);
            if high < low {
                return None;
            }
        }
        while let Some((d, r)) = self.violation(low, fraction) {
            if d >= 0 {
                return None;
            }
            // The smallest θ ≥ r/d: division rounds down for a positive divisor.
            low = -r.div_euclid(-d);
            if high < low {
                return None;
            }
        }
        Some((low, high))
    }

    /// The start value nearest to 0 for a valid θ.
    fn start(&self, theta: i128, fraction: u32) -> i128 {
        let start = self.least(theta, fraction).map_or(0, |(least, ..)| least.max(0));
        self.most(theta, fraction).map_or(start, |(most, ..)| start.min(most))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether θ and v0 decide like the thresholds, at every `A` and level of one channel.
    fn decides(theta: i64, start: i64, fraction: u32, thresholds: &[i64], low: i32, total: Range) -> bool {
        (total.low..=total.high).all(|a| {
            (i64::from(low) + 1..)
                .zip(thresholds)
                .all(|(k, &t)| (start + (a << fraction) >= theta * k) == (a >= t))
        })
    }

    proptest! {
        #[test]
        fn smallest_fraction_by_trying_all(
            steps in prop::collection::vec(0i64..4, 1..5), first in -7i64..4, low in -4i32..1, ends in (-6i64..1, 0i64..7)
        ) {
            let total = Range::new(ends.0, ends.1);
            let thresholds: Vec<i64> = steps
                .iter()
                .scan(first, |t, step| {
                    *t += step;
                    Some((*t).clamp(total.low, total.high + 1))
                })
                .collect();
            let found = search(&thresholds, low, &[total]);
            let below = found.as_ref().map_or(3, |line| line.fraction.min(3));
            for fraction in 0..below {
                // θ beyond this separates any two values of A; so does this one.
                let most = ((total.high - total.low + 1) << fraction) + 1;
                let works = (1..=most).any(|theta| {
                    let reach = (8 << fraction) + 5 * most;
                    (-reach..=reach).any(|v0| decides(theta, v0, fraction, &thresholds, low, total))
                });
                prop_assert!(!works, "{thresholds:?} needs only {fraction} bits");
            }
            if let Some(line) = found {
                prop_assert!(decides(line.theta[0], line.start[0], line.fraction, &thresholds, low, total));
            }
        }
    }

    #[test]
    fn one_theta_for_all_channels_where_possible() {
        let total = Range::new(-100, 100);
        // Distances of 10; and a narrow range of A, where 4 would do and 10 does.
        let line = search(&[-10, 0, 10, -3, 0, 4], -1, &[total, Range::new(-3, 3)]).expect("a line");
        assert_eq!(line, Line { fraction: 0, theta: vec![10, 10], start: vec![10, 10] });
        // Distances of 10 and 20.
        let line = search(&[-10, 0, 10, -20, 0, 20], -1, &[total, total]).expect("a line");
        assert_ne!(line.theta[0], line.theta[1]);
    }

    #[test]
    fn no_line_through_uneven_levels() {
        assert_eq!(search(&[-10, 0, 30], -1, &[Range::new(-100, 100)]), None);
        // Beyond the range of A they do not matter.
        assert!(search(&[-10, 0, 9], -1, &[Range::new(-12, 8)]).is_some());
    }

    #[test]
    fn no_thresholds() {
        let line = search(&[], 0, &[Range::new(0, 0), Range::new(-3, 3)]).expect("a line");
        assert_eq!(line, Line { fraction: 0, theta: vec![1, 1], start: vec![0, 0] });
    }
}
