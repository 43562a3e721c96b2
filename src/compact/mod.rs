//! Profile `compact`: the smallest fraction bits of residual sums, LayerNorm and softmax whose accuracy on calibration
//! samples stays within a tolerance of profile `exact`. The accuracy is measured, not estimated.
//!
//! The result is minimal in this sense: with one bit less in any one of the widths, the loss exceeds the tolerance, or
//! the network cannot be lowered.

mod measure;
pub mod search;

use std::collections::HashMap;

use serde::Serialize;

use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::quant::Precision;
use crate::snn::{Model, Network, Op};
use measure::{Bench, Candidate};

pub use measure::Survey;

/// Progress of the search.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The widths being measured; `None` while the final table is measured.
    pub precision: Option<Precision>,
    /// Completed samples.
    pub done: usize,
}

/// Widths that were tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The widths.
    pub precision: Precision,
    /// Whether the loss is within the tolerance.
    pub accepted: bool,
    /// Number of samples that were run; fewer than all if the tolerance was exceeded earlier.
    pub samples: usize,
    /// Of these, samples whose class is their label.
    pub right: usize,
    /// The reason, if the network cannot be lowered with these widths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Kind of an entry of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Profile `exact`.
    Exact,
    /// The chosen widths.
    Compact,
    /// Profile `exact` except for one width, which is the chosen one.
    Alone,
    /// The chosen widths except for one, which has one bit less.
    OneLess,
}

/// One entry of the table: widths, their effect and cost.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its kind.
    pub role: Role,
    /// The width that differs, by its field in [`Precision`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<&'static str>,
    /// The widths.
    pub precision: Precision,
    /// Their effect; `None` if the network cannot be lowered with them.
    #[serde(flatten)]
    pub survey: Option<Survey>,
}

/// Result of the search.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Number of calibration samples.
    pub samples: usize,
    /// Percentage points of accuracy that may be lost.
    pub tolerance: f64,
    /// The smallest widths.
    pub precision: Precision,
    /// The table.
    pub table: Vec<Entry>,
    /// All trials, in order.
    pub trials: Vec<Trial>,
}

/// Finds the smallest widths for a model. `tolerance` is in percentage points of accuracy on the samples.
///
/// # Errors
/// If the model has no rounded operators, is correct on none of the samples, or cannot be lowered in profile `exact`.
pub fn compact(
    model: &Model,
    inputs: &Inputs,
    labels: &[i64],
    tolerance: f64,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Found> {
    if !(0.0..100.0).contains(&tolerance) {
        return Err(Error::input(format!("a tolerance of {tolerance} percentage points"))
            .fix("give a number from 0 to below 100"));
    }
    if inputs.is_empty() || inputs.len() != labels.len() {
        return Err(Error::input(format!("{} labels for {} samples", labels.len(), inputs.len())));
    }
    let used = used(&model.network);
    if !used.contains(&true) {
        return Err(Error::input("there is nothing to narrow: this network is exact at any width").fix(
            "use it as it is; residual sums, LayerNorm and softmax are the only operators with widths to choose",
        ));
    }
    let exact = Candidate::new(model, Precision::EXACT)?;
    let bench = Bench::new(model, inputs, labels, &exact, progress);
    let right = bench.right();
    if right == 0 {
        return Err(Error::input(format!("the class of none of the {} samples is its label", inputs.len()))
            .fix("check that samples and labels belong together"));
    }
    let needed = needed(right, inputs.len(), tolerance);
    let mut trials = vec![Trial {
        precision: Precision::EXACT,
        accepted: true,
        samples: inputs.len(),
        right,
        refused: None,
    }];
    let mut known = HashMap::from([(Precision::EXACT.bits(), true)]);
    let bits = search::smallest(Precision::EXACT.bits(), &used, 1, &mut |bits| {
        *known.entry(bits).or_insert_with(|| {
            let trial = bench.trial(Precision::from_bits(bits), needed);
            trials.push(trial);
            trials.last().is_some_and(|trial| trial.accepted)
        })
    });
    let precision = Precision::from_bits(bits);
    let table = bench.survey(entries(precision, used));
    Ok(Found { samples: inputs.len(), tolerance, precision, table, trials })
}

/// Minimum number of correct answers among `samples` within the tolerance, given `right` correct ones.
fn needed(right: usize, samples: usize, tolerance: f64) -> usize {
    // The small number compensates for the rounding of the division if the tolerance is a whole number of samples.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let may_fail = (tolerance * samples as f64 / 100.0 + 1e-9).floor() as usize;
    right.saturating_sub(may_fail)
}

/// Names of the widths in the order of [`Precision::bits`].
const NAMES: [&str; Precision::WIDTHS] = ["residual", "affine", "exponent", "scale"];

/// The widths that the operators of a network use.
fn used(network: &Network) -> [bool; Precision::WIDTHS] {
    let order = network.topological();
    let any = |wanted: fn(&Op) -> bool| order.iter().any(|&id| wanted(&network.node(id).op));
    let softmax = any(|op| matches!(op, Op::Softmax(_)));
    let residual = any(|op| matches!(op, Op::Sum(_) | Op::Embedding(_)));
    [residual, any(|op| matches!(op, Op::LayerNorm(_))), softmax, softmax]
}

/// The table's entries, without their figures.
fn entries(
    chosen: Precision,
    used: [bool; Precision::WIDTHS],
) -> Vec<(Role, Option<&'static str>, Precision)> {
    let mut entries = vec![(Role::Exact, None, Precision::EXACT), (Role::Compact, None, chosen)];
    let with = |base: Precision, width: usize, bits: u32| {
        let mut all = base.bits();
        all[width] = bits;
        Precision::from_bits(all)
    };
    let widths = || (0..Precision::WIDTHS).filter(|&width| used[width]);
    let lowered = widths().filter(|&width| chosen.bits()[width] < Precision::EXACT.bits()[width]);
    entries.extend(
        lowered.map(|width| {
            (Role::Alone, Some(NAMES[width]), with(Precision::EXACT, width, chosen.bits()[width]))
        }),
    );
    let less = widths().filter(|&width| chosen.bits()[width] > 1);
    entries.extend(
        less.map(|width| (Role::OneLess, Some(NAMES[width]), with(chosen, width, chosen.bits()[width] - 1))),
    );
    entries
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn a_tolerance_of_whole_samples_is_whole() {
        for (right, samples, tolerance, expected) in [
            (970, 1000, 0.5, 965),
            (970, 1000, 0.49, 966),
            (97, 100, 0.5, 97),
            (97, 100, 1.0, 96),
            (1400, 1500, 0.2, 1397),
            (7, 10, 99.0, 0),
            (5, 5, 0.0, 5),
        ] {
            assert_eq!(needed(right, samples, tolerance), expected, "{right} of {samples}, {tolerance}");
        }
    }
}
