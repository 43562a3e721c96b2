//! Masks that depend on positions alone: a query sees the keys near it.

use std::fmt;

/// The keys that a query sees: key `j` of query `i` if `i − behind ≤ j ≤ i + ahead`, without a bound where it is `None`.
/// A causal mask has `ahead = 0`; a sliding window has `behind`, too. Every query sees at least its own position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// Largest distance of a key before the query.
    pub behind: Option<u32>,
    /// Largest distance of a key after the query.
    pub ahead: Option<u32>,
}

impl Band {
    /// No mask.
    pub const ALL: Self = Self { behind: None, ahead: None };

    /// Whether the query does not see the key.
    pub fn hides(self, query: usize, key: usize) -> bool {
        let beyond = |distance: usize, bound: Option<u32>| {
            bound.is_some_and(|bound| usize::try_from(bound).is_ok_and(|bound| distance > bound))
        };
        match key >= query {
            true => beyond(key - query, self.ahead),
            false => beyond(query - key, self.behind),
        }
    }

    /// What both let through.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let least = |a: Option<u32>, b: Option<u32>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        Self { behind: least(self.behind, other.behind), ahead: least(self.ahead, other.ahead) }
    }

    /// The band of a square matrix of `tokens` rows that hides just these elements; `None` if no band does, or if a query
    /// does not see itself.
    pub fn of(hidden: &[bool], tokens: usize) -> Option<Self> {
        let mut band = Self::ALL;
        // The first query sees as many keys ahead as any, and the last one as many behind.
        if let Some(first) = hidden.get(..tokens)?.iter().position(|&hides| hides) {
            band.ahead = Some(u32::try_from(first).ok()?.checked_sub(1)?);
        }
        let last = hidden.get((tokens.checked_sub(1)?) * tokens..)?;
        if let Some(first) = last.iter().rev().position(|&hides| hides) {
            band.behind = Some(u32::try_from(first).ok()?.checked_sub(1)?);
        }
        let expected = |(e, &hides): (usize, &bool)| band.hides(e / tokens, e % tokens) == hides;
        (hidden.len() == tokens * tokens && hidden.iter().enumerate().all(expected)).then_some(band)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.behind, self.ahead) {
            (None, None) => f.write_str("all keys"),
            (None, Some(0)) => f.write_str("causal"),
            (Some(behind), Some(0)) => write!(f, "causal, {behind} keys back"),
            (behind, ahead) => {
                let bound = |bound: Option<u32>| bound.map_or("all".to_owned(), |n| n.to_string());
                write!(f, "{} keys back, {} ahead", bound(behind), bound(ahead))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Band;

    proptest! {
        /// A band is found again from its matrix.
        #[test]
        fn of_its_own_matrix(tokens in 1usize..9, behind in prop::option::of(0u32..9), ahead in prop::option::of(0u32..9)) {
            let band = Band { behind, ahead };
            let hidden: Vec<bool> =
                (0..tokens * tokens).map(|e| band.hides(e / tokens, e % tokens)).collect();
            let found = Band::of(&hidden, tokens).expect("a band");
            for (e, &hides) in hidden.iter().enumerate() {
                prop_assert_eq!(found.hides(e / tokens, e % tokens), hides);
            }
            prop_assert_eq!(found.and(band), band.and(found));
        }
    }

    #[test]
    fn what_is_no_band() {
        let causal = [false, true, true, false, false, true, false, false, false];
        assert_eq!(Band::of(&causal, 3), Some(Band { behind: None, ahead: Some(0) }));
        for e in 0..9 {
            let mut other = causal;
            other[e] = !other[e];
            let found = Band::of(&other, 3);
            // The corners of a window of two keys, and of a mask that sees one key ahead in the first row alone, differ.
            let window = e == 6;
            assert_eq!(found.is_some(), window, "{e}: {found:?}");
        }
        assert_eq!(Band::of(&[], 0), None);
        assert_eq!(Band::of(&[false; 5], 2), None);
        assert_eq!(Band::of(&[true], 1), None);
    }
}
