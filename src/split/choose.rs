//! The cuts that balance the parts.

/// Of places before which so much work is done, in ascending order, and of the whole work: the `parts − 1` places whose largest
/// part is smallest. Fewer if there are not so many places.
pub fn choose(before: &[f64], whole: f64, parts: usize) -> Vec<usize> {
    let cuts = parts.saturating_sub(1).min(before.len());
    // best[k][n]: the largest of k + 1 parts that end with place n, and the place before.
    let mut best: Vec<Vec<(f64, usize)>> = vec![before.iter().map(|&work| (work, 0)).collect()];
    for k in 1..cuts {
        let last = &best[k - 1];
        let of = |n: usize| {
            (k - 1..n)
                .map(|m| (last[m].0.max(before[n] - before[m]), m))
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .unwrap_or((f64::INFINITY, 0))
        };
        let row = (0..before.len()).map(of).collect();
        best.push(row);
    }
    let Some(last) = best.get(cuts.wrapping_sub(1)) else { return Vec::new() };
    let end = (cuts - 1..before.len()).min_by(|&a, &b| {
        let largest = |n: usize| last[n].0.max(whole - before[n]);
        largest(a).total_cmp(&largest(b))
    });
    let mut found = Vec::new();
    let mut at = end.unwrap_or(0);
    for k in (0..cuts).rev() {
        found.push(at);
        at = best[k][at].1;
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn the_largest_part_is_smallest() {
        assert_eq!(choose(&[1.0, 4.0, 5.0, 9.0], 10.0, 2), [2]);
        assert_eq!(choose(&[3.0, 7.0, 9.0], 10.0, 3), [0, 1]);
        assert_eq!(choose(&[1.0, 4.0, 5.0, 9.0], 10.0, 1), [0; 0]);
        assert_eq!(choose(&[3.0], 10.0, 4), [0]);
        assert_eq!(choose(&[], 10.0, 2), [0; 0]);
    }
}
