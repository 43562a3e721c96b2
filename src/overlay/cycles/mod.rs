//! Cycles of a sample, from its spikes: a model of the stages and of what they wait for.
//!
//! The time of every word of spikes, of every group that fires, of every score and of every row of the vector unit is
//! computed from the times before it, with the latencies of `rtl/overlay/`. Time 0 is the cycle after the one in which the
//! sample before has ended. What is not modelled: writes of the vector unit that wait for those of the serial path, if sums
//! have a memory for each of the two, and rows of LayerNorm and of softmax that wait for each other.
//!
//! | file | contents |
//! |---|---|
//! | `spikes.rs` | spikes of each group of neurons that an instruction reads |
//! | `sequencer.rs` | when instructions are there |
//! | `fetch.rs` | words of spikes, and the events that the adders take from them |
//! | `fire.rs` | groups that fire, elements of the serial path |
//! | `softmax.rs`, `row_fire.rs` | scores, and neurons that decide by their row |
//! | `vector.rs` | rows of the vector unit |
//! | `writes.rs` | cycles in which the engine writes spikes |
//! | `ring.rs` | weights that come past from memory |
//! | `input.rs` | the time that the input needs |
//! | `account.rs` | cycles in which the adders work, and what they wait for in the others |

mod account;
mod fetch;
mod fire;
mod input;
mod ring;
mod row_fire;
mod sequencer;
mod softmax;
mod spikes;
mod vector;
mod writes;

pub use account::Account;

use super::isa::{Fetch, Vector};
use super::plan::Plan;
use fetch::FetchUnit;
use fire::FireUnit;
use ring::RingUnit;
use vector::VectorUnit;

/// What an instruction takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// Cycles in which words of spikes are taken apart; 0 in the vector unit.
    pub fetch: u64,
    /// Cycles in which groups fire or elements are taken; in the vector unit, in which channels are.
    pub fire: u64,
    /// Events.
    pub events: u64,
    /// The cycle in which the first row begins.
    pub begin: u64,
    /// The cycle in which the last row is complete.
    pub end: u64,
    /// The cycle in which the last element has passed fire; 0 in the vector unit.
    pub passed: u64,
    /// Of a product whose scores go to softmax: the cycles in which its levels fire, from the first to the last.
    pub softmax: Option<(u64, u64)>,
}

/// Estimated cycles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// From the end of the sample before to the end of this one.
    pub total: u64,
    /// The same, if nothing waits for weights from memory.
    pub compute: u64,
    /// Of each matrix product.
    pub engine: Vec<Busy>,
    /// Of each vector instruction.
    pub vector: Vec<Busy>,
    /// What the adders do in these cycles.
    pub account: Account,
}

/// Unit of a condition, as in instructions: the engine, softmax, the vector unit.
const ENGINE: usize = 1;
const SOFTMAX: usize = 2;
const VECTOR: usize = 3;

/// For each unit, the cycle from which on its progress counts each of its rows.
#[derive(Default)]
struct Progress([Vec<u64>; 4]);

impl Progress {
    /// The cycle from which on the conditions hold, and the unit that is waited for longest (0: none); none if that is
    /// not known yet.
    fn start(&self, waits: [[u128; 3]; 2], row: usize) -> Option<(u64, usize)> {
        let mut start = (0, 0);
        for [unit, base, step] in waits {
            let (unit, needed) =
                (number(unit), number(base).saturating_add(row.saturating_mul(number(step))));
            if unit > 0 && needed > 0 {
                start = start.max((*self.0.get(unit)?.get(needed - 1)?, unit));
            }
        }
        Some(start)
    }
}

/// Estimates a sample in a sequence of such samples. `raw` are its elements, `levels` those of each layer, row by row, in the
/// order of [`Plan::layers`]. Weights that come from memory come a beat in `beat_cycles` cycles at most.
pub fn estimate(plan: &Plan, raw: &[i32], levels: &[&[i32]], beat_cycles: f64) -> Estimate {
    let free = sample(plan, raw, levels, None);
    let Some(mut ring) = RingUnit::new(plan, beat_cycles) else { return free };
    // What is there when a sample begins has come during the one before.
    let first = sample(plan, raw, levels, Some(&mut ring));
    ring.next_sample(first.total);
    Estimate { compute: free.total, ..sample(plan, raw, levels, Some(&mut ring)) }
}

/// Estimates a sample, with the state of the ring of weights when it begins.
fn sample(plan: &Plan, raw: &[i32], levels: &[&[i32]], ring: Option<&mut RingUnit>) -> Estimate {
    let mut progress = Progress::default();
    let mut result = Estimate {
        engine: vec![Busy::default(); plan.fetch.len()],
        vector: vec![Busy::default(); plan.vector.len()],
        ..Estimate::default()
    };
    let mut fetch = FetchUnit::new(plan, ring);
    let mut fire = FireUnit::new(plan);
    let mut vector = VectorUnit::new(plan);
    let engine_rows = rows(plan.fetch.iter().map(|f| f.rows));
    let vector_rows = rows(plan.vector.iter().map(|v| v.rows));
    let (mut e, mut v) = (0, 0);
    let mut counts = Vec::new();
    while e < engine_rows.len() || v < vector_rows.len() {
        let next = engine_rows
            .get(e)
            .and_then(|&(n, row)| Some((n, row, progress.start(fetch_waits(&plan.fetch[n]), row)?)));
        if let Some((n, row, start)) = next {
            if row == 0 {
                counts = spikes::spikes(plan, n, raw, levels);
            }
            let busy = &mut result.engine[n];
            fetch.row(n, row, start, &counts, &mut fire, busy);
            let (unit, end) = fire.end_row(n, busy);
            progress.0[unit].push(end);
            e += 1;
            continue;
        }
        let next = vector_rows.get(v).copied();
        let start = next.and_then(|(n, row)| progress.start(vector_waits(&plan.vector[n]), row));
        let (Some((n, row)), Some((start, _))) = (next, start) else {
            // Conditions that never hold: there is no such program.
            break;
        };
        let end = vector.row(n, row, start, &fire, &mut result.vector[n]);
        progress.0[VECTOR].push(end);
        v += 1;
    }
    let end = fetch.end().max(fire.end()).max(vector.end());
    let mut account = fetch.account;
    account.end = (end + 1).saturating_sub(fetch.last_event());
    let input = input::cycles(plan);
    account.input += input.saturating_sub(end + 1);
    result.total = (end + 1).max(input);
    result.compute = result.total;
    account.total = result.total;
    result.account = account;
    result
}

/// Instruction and row of each row of a list.
fn rows(list: impl Iterator<Item = u128>) -> Vec<(usize, usize)> {
    list.enumerate().flat_map(|(n, rows)| (0..number(rows)).map(move |r| (n, r))).collect()
}

fn number(value: u128) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn count(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

fn fetch_waits(f: &Fetch) -> [[u128; 3]; 2] {
    [[f.wait0_unit, f.wait0_base, f.wait0_step], [f.wait1_unit, f.wait1_base, f.wait1_step]]
}

fn vector_waits(v: &Vector) -> [[u128; 3]; 2] {
    [[v.wait0_unit, v.wait0_base, v.wait0_step], [v.wait1_unit, v.wait1_base, v.wait1_step]]
}
