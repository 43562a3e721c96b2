//! Spikes of each group of neurons that an instruction reads.

use super::number;
use crate::overlay::plan::{Plan, Source};

/// Spikes of each group of a value in each step: row by row, as groups lie in words.
pub(super) fn spikes(plan: &Plan, n: usize, raw: &[i32], levels: &[&[i32]]) -> Vec<Vec<u32>> {
    let (m, own) = (&plan.machine, &plan.own.input);
    let (f, Source { layer, row_words, positions, .. }) = (&plan.fetch[n], &plan.sources[n]);
    let row_groups = row_words * m.fetch_width / m.group();
    let steps = number(f.steps);
    let element = |k: usize| match layer {
        Some(layer) => levels.get(*layer).and_then(|levels| levels.get(k)).copied().unwrap_or(0),
        None => raw[own.order.as_ref().map_or(k, |order| order[k])] - own.zero_point,
    };
    let count = layer.map_or(raw.len(), |layer| levels[layer].len());
    let rows = count / positions.len().max(1);
    let mut counts = vec![vec![0; rows * row_groups]; steps];
    for row in 0..rows {
        for (channel, position) in positions.iter().enumerate() {
            let most = element(row * positions.len() + channel).unsigned_abs();
            let group = row * row_groups + position / m.group();
            for (step, counts) in counts.iter_mut().enumerate() {
                counts[group] += match f.doubling {
                    1 => most >> (steps - 1 - step) & 1,
                    _ => u32::from((step as u64) < u64::from(most)),
                };
            }
        }
    }
    counts
}
