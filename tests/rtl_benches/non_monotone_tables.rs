//! Tables of levels that are reached, left and reached again: random functions from sums to levels, as the memories of
//! `spike_neurons` hold them and as its bench reads them.

use super::images::{Random, Word};

/// The tables of the lanes, and the reference.
pub fn non_monotone_tables(get: &dyn Fn(&str) -> i64, random: &mut Random) -> (Vec<Vec<Word>>, Vec<Word>) {
    let (channels, lanes, width) = (get("Channels"), get("Lanes"), get("TableWidth"));
    let (low, high) = (get("LevelMin"), get("LevelMax"));
    // Above all sums.
    let never = (1 << (width - 1)) - 1;
    let mut tables: Vec<Vec<Word>> = (0..lanes).map(|_| Vec::new()).collect();
    let mut reference = Vec::new();
    for c in 0..(channels + lanes - 1) / lanes * lanes {
        let real = c < channels;
        let base = if real { random.range(low, high) } else { 0 };
        let mut edges: Vec<(i64, i64)> = Vec::new();
        let mut edge = random.range(-400, 0);
        for _ in 0..get("Edges") {
            edges.push((edge, random.range(low, high)));
            edge += random.range(1, 60);
        }
        if real {
            let pieces = edges.iter().flat_map(|&(edge, level)| [edge, level]);
            reference.extend([base].into_iter().chain(pieces).map(|value| {
                let mut word = Word::default();
                word.push(value, 32);
                word
            }));
        } else {
            edges.clear();
        }
        for k in low + 1..=high {
            // Where the level becomes reached or is left.
            let mut within = base >= k;
            let mut own: Vec<i64> = Vec::new();
            for &(edge, level) in &edges {
                if (level >= k) != within {
                    within = !within;
                    own.push(edge);
                }
            }
            let mut word = Word::default();
            for n in 0..get("Crossings") {
                word.push(own.get(n as usize).copied().unwrap_or(if real { never } else { 1 }), width);
            }
            assert!(own.len() <= get("Crossings") as usize, "more crossings than there is room for");
            word.push(base >= k, 1);
            tables[(c % lanes) as usize].push(word);
        }
    }
    (tables, reference)
}
