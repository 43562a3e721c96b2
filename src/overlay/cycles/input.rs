//! The time that the input needs, while the sample before is computed (`overlay_input.sv`).

use super::count;
use crate::overlay::plan::Plan;

/// Cycles from one sample of the input to the next.
pub(super) fn cycles(plan: &Plan) -> u64 {
    let m = &plan.machine;
    let raw = m.input.count as u64;
    if m.input.rows == 0 {
        return raw;
    }
    // An element a cycle; a group is written step by step, where nobody else writes.
    let steps = m.input.steps as u64;
    let (rows, channels, lanes) = (m.input.rows as u64, m.input.channels as u64, m.group() as u64);
    let row_groups = channels.div_ceil(lanes).max(1);
    let last = channels.saturating_sub((row_groups - 1) * lanes);
    let row = (row_groups - 1) * lanes.max(steps) + last.max(steps);
    let writes = rows * row_groups * steps;
    raw.max(rows * row + 3).max(writes + others(plan))
}

/// Cycles in which others write spikes.
fn others(plan: &Plan) -> u64 {
    let m = &plan.machine;
    let quads = |elements: u64| elements.next_multiple_of(m.group() as u64) / 4;
    let neurons = plan.fire.iter().filter(|fire| fire.neurons == 1 && fire.spikes_out == 1);
    let fired = neurons.map(|fire| count(fire.rows) * fire.groups(m.group()) as u64 * count(fire.steps));
    let scores = plan.fire.iter().filter(|fire| fire.serial == 2);
    let scores = scores.map(|fire| count(fire.rows) * 2 * fire.groups(m.group()) as u64 * count(fire.steps));
    let norms = plan.vector.iter().filter(|vector| matches!(vector.op, 3 | 5));
    let norms = norms.map(|v| count(v.rows) * quads(count(v.channels)) * count(v.steps));
    fired.chain(scores).chain(norms).sum()
}
