//! Masks that depend on positions alone: a query sees the keys near it, and the first keys.

use std::fmt;

/// The keys that a query sees.
///
/// Query `i` sees key `j` if `b(i) − behind ≤ j ≤ a(i) + ahead`, without a bound where it is `None`, or if `j < always`. `b(i)`
/// is `i` rounded down to a multiple of `behind_block`, `a(i)` to one of `ahead_block`.
///
/// A causal mask has `ahead = 0`, a sliding window `behind`, too; a prefix that all queries see is `always`; queries of blocks
/// that see just their block have both blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Largest distance of a key before the query, or before the first query of its block.
    pub behind: Option<u32>,
    /// Largest distance of a key after the query, or after the first query of its block.
    pub ahead: Option<u32>,
    /// First keys, which all queries see.
    pub always: u32,
    /// Queries of a block for the bound `behind`; 1 for each by itself, never 0.
    pub behind_block: u32,
    /// Queries of a block for the bound `ahead`; 1 for each by itself, never 0.
    pub ahead_block: u32,
}

impl Default for Band {
    fn default() -> Self {
        Self::ALL
    }
}

/// A bound of one side, and its block.
type Side = (Option<u32>, u32);

impl Band {
    /// No mask.
    pub const ALL: Self = Self { behind: None, ahead: None, always: 0, behind_block: 1, ahead_block: 1 };

    /// Keys up to these distances.
    pub fn near(behind: Option<u32>, ahead: Option<u32>) -> Self {
        Self { behind, ahead, ..Self::ALL }
    }

    /// Whether the query does not see the key.
    pub fn hides(self, query: usize, key: usize) -> bool {
        let begin = |block: u32| query - query % usize::try_from(block).unwrap_or(usize::MAX).max(1);
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let beyond = self.ahead.is_some_and(|n| key > begin(self.ahead_block).saturating_add(number(n)));
        let before = self.behind.is_some_and(|n| key.saturating_add(number(n)) < begin(self.behind_block));
        (beyond || before) && key >= number(self.always)
    }

    /// What both let through; `None` if that is no band.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        if self == other || other == Self::ALL {
            return Some(self);
        }
        if self == Self::ALL {
            return Some(other);
        }
        let plain = |band: Self| (band.always, band.behind_block, band.ahead_block) == (0, 1, 1);
        let least = |a: Option<u32>, b: Option<u32>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        (plain(self) && plain(other))
            .then(|| Self::near(least(self.behind, other.behind), least(self.ahead, other.ahead)))
    }

    /// The band of a square matrix of `tokens` rows that hides just these elements; `None` if no band does, or if a query
    /// sees nothing.
    pub fn of(hidden: &[bool], tokens: usize) -> Option<Self> {
        if tokens == 0 || tokens.checked_mul(tokens) != Some(hidden.len()) {
            return None;
        }
        let rows: Vec<&[bool]> = hidden.chunks(tokens).collect();
        if rows.iter().any(|row| row.iter().all(|&hides| hides)) {
            return None;
        }
        let seen_by_all = (0..tokens).position(|j| rows.iter().any(|row| row[j])).unwrap_or(tokens);
        for always in [0, seen_by_all] {
            let (mut firsts, mut lasts) = (Vec::new(), Vec::new());
            for (i, row) in rows.iter().enumerate() {
                let Some(last) = (always..tokens).rev().find(|&j| !row[j]) else { continue };
                let first = (always..last).rev().find(|&j| row[j]).map_or(always, |j| j + 1);
                // At the ends there may be no bound.
                firsts.extend((first > always).then_some((i, first)));
                lasts.extend((last + 1 < tokens).then_some((i, last)));
            }
            for (ahead, ahead_block) in sides(&lasts, |begin, last| last.checked_sub(begin)) {
                for (behind, behind_block) in sides(&firsts, |begin, first| begin.checked_sub(first)) {
                    let band = Self {
                        behind,
                        ahead,
                        always: u32::try_from(always).ok()?,
                        behind_block,
                        ahead_block,
                    };
                    let same = |(e, &hides): (usize, &bool)| band.hides(e / tokens, e % tokens) == hides;
                    if hidden.iter().enumerate().all(same) {
                        return Some(band);
                    }
                }
            }
        }
        None
    }
}

/// Bounds that one side may have, of the ends of rows that are not those of the matrix: each query by itself, or blocks as long
/// as from one change to the next.
fn sides(ends: &[(usize, usize)], distance: impl Fn(usize, usize) -> Option<usize>) -> Vec<Side> {
    let Some(&(query, end)) = ends.first() else { return vec![(None, 1)] };
    let changes: Vec<usize> = ends.windows(2).filter(|w| w[0].1 != w[1].1).map(|w| w[1].0).take(2).collect();
    let blocks = match changes[..] {
        [first, second] => vec![1, second - first, first],
        [first] => vec![1, first, query],
        _ => vec![1, query, query + ends.len()],
    };
    let side = |block: usize| {
        let distance = distance(query - query % block.max(1), end)?;
        Some((Some(u32::try_from(distance).ok()?), u32::try_from(block.max(1)).ok()?))
    };
    blocks.into_iter().filter_map(side).collect()
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |block: u32| if block > 1 { format!(" in blocks of {block}") } else { String::new() };
        match (self.behind, self.ahead) {
            (None, None) => return f.write_str("all keys"),
            (None, Some(0)) if self.ahead_block == 1 => f.write_str("causal")?,
            (Some(behind), Some(0)) if self.ahead_block == 1 => {
                write!(f, "causal, {behind} keys back{}", of(self.behind_block))?;
            }
            (behind, ahead) => {
                let bound = |bound: Option<u32>| bound.map_or("all".to_owned(), |n| n.to_string());
                let (back, on) = (of(self.behind_block), of(self.ahead_block));
                write!(f, "{} keys back{back}, {} ahead{on}", bound(behind), bound(ahead))?;
            }
        }
        match self.always {
            0 => Ok(()),
            n => write!(f, ", and the first {n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Band;

    fn matrix(band: Band, tokens: usize) -> Vec<bool> {
        (0..tokens * tokens).map(|e| band.hides(e / tokens, e % tokens)).collect()
    }

    proptest! {
        /// A band is found again from its matrix.
        #[test]
        fn of_its_own_matrix(
            tokens in 1usize..9, behind in prop::option::of(0u32..9), ahead in prop::option::of(0u32..9), always in 0u32..5,
        ) {
            let band = Band { always, ..Band::near(behind, ahead) };
            let hidden = matrix(band, tokens);
            let found = Band::of(&hidden, tokens).expect("a band");
            prop_assert_eq!(matrix(found, tokens), hidden);
            prop_assert_eq!(found.and(band), band.and(found));
        }

        /// Blocks, of which each sees itself, or what is before it, too.
        #[test]
        fn of_blocks(tokens in 1usize..24, block in 1u32..9, causal in 0usize..3) {
            let ahead = if causal == 1 { (Some(0), 1) } else { (Some(block - 1), block) };
            let behind = if causal == 2 { (None, 1) } else { (Some(0), block) };
            let band = Band {
                behind: behind.0, behind_block: behind.1, ahead: ahead.0, ahead_block: ahead.1, always: 0,
            };
            let hidden = matrix(band, tokens);
            let found = Band::of(&hidden, tokens).expect("a band");
            prop_assert_eq!(matrix(found, tokens), hidden);
        }

        /// Whatever is found hides what it should.
        #[test]
        fn of_any_matrix(hidden in prop::collection::vec(any::<bool>(), 16)) {
            if let Some(found) = Band::of(&hidden, 4) {
                prop_assert_eq!(matrix(found, 4), hidden);
            }
        }
    }

    #[test]
    fn what_is_no_band() {
        let causal = [false, true, true, false, false, true, false, false, false];
        assert_eq!(Band::of(&causal, 3), Some(Band::near(None, Some(0))));
        for (e, accepted) in
            [false, true, false, false, true, false, true, true, false].into_iter().enumerate()
        {
            let mut other = causal;
            other[e] = !other[e];
            let found = Band::of(&other, 3);
            // A prefix of two keys, a block of two queries, a window of two keys, a first key and a window of one.
            assert_eq!(found.is_some(), accepted, "{e}: {found:?}");
        }
        assert_eq!(Band::of(&[], 0), None);
        assert_eq!(Band::of(&[false; 5], 2), None);
        assert_eq!(Band::of(&[true], 1), None);
    }
}
