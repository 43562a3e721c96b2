//! Neurons that decide by a table: their level as a function of the sum, piece by piece.

use crate::integer::Neuron;

/// The level below all thresholds, with any number in place of a threshold; then each threshold with the level from there
/// on. Thresholds ascend.
pub(super) type Pieces = Vec<(i64, i32)>;

/// The pieces of channel `c` over the range of its sums; levels of neighbours differ.
pub(super) fn pieces(neuron: &Neuron, c: usize) -> Pieces {
    let mut edges: Vec<i64> = neuron.thresholds_of(c).to_vec();
    edges.retain(|&t| t > neuron.total.low && t <= neuron.total.high);
    edges.sort_unstable();
    edges.dedup();
    let mut pieces = vec![(0, neuron.level(c, neuron.total.low))];
    for edge in edges {
        let level = neuron.level(c, edge);
        if pieces.last().is_none_or(|&(_, last)| last != level) {
            pieces.push((edge, level));
        }
    }
    pieces
}

/// Comparisons that find a piece among this many.
pub(super) fn probes(pieces: usize) -> u32 {
    usize::BITS - pieces.saturating_sub(1).leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::{pieces, probes};
    use crate::integer::{Neuron, NonMonotone, Range, Rule};

    fn neuron(thresholds: Vec<i64>, non_monotone: Option<NonMonotone>) -> Neuron {
        let total = Range::new(-20, 30);
        Neuron { low: -1, high: 2, thresholds, non_monotone, rule: Rule::Table, total, membrane: total }
    }

    #[test]
    fn equal_levels_are_one_piece() {
        // Two levels at once, one that is always reached, one that is never reached.
        let rising = neuron(vec![-20, 4, 4, -20, -19, 31], None);
        assert_eq!(pieces(&rising, 0), [(0, 0), (4, 2)]);
        assert_eq!(pieces(&rising, 1), [(0, 0), (-19, 1)]);
        // Level 0 is left from -7 to 2.
        let base = NonMonotone { crossings: 2, base: vec![0] };
        let dips = neuron(vec![-7, 2, 9, 31, 12, 31], Some(base));
        assert_eq!(pieces(&dips, 0), [(0, 0), (-7, -1), (2, 0), (9, 1), (12, 2)]);
        assert_eq!([1, 2, 3, 4, 5, 16, 17].map(probes), [0, 1, 2, 2, 3, 4, 5]);
    }
}
