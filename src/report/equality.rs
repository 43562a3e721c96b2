//! The three equalities, and the comparisons that were made.

use serde::Serialize;

use super::golden::Measured;
use crate::cosim;

/// An equality and the comparisons that were made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Equality {
    /// The two sides.
    pub statement: &'static str,
    /// The compared values.
    pub of: &'static str,
    /// Whether a difference is a defect; float64 itself rounds.
    pub strict: bool,
    /// Comparisons that were made.
    pub checks: Vec<Check>,
    /// Whether nothing differs; none if nothing was compared.
    pub holds: Option<bool>,
    /// The command that compares.
    pub command: &'static str,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Method of the comparison.
    pub how: String,
    /// Samples.
    pub samples: u64,
    /// Values compared.
    pub compared: u64,
    /// Values that differ.
    pub different: u64,
    /// The first difference, or the number of samples with one.
    pub detail: Option<String>,
}

/// Whether nothing differs; none if nothing was compared.
fn holds(checks: &[Check]) -> Option<bool> {
    let compared = checks.iter().any(|check| check.compared > 0 || check.different > 0);
    compared.then(|| checks.iter().all(|check| check.different == 0))
}

/// The three of them.
pub fn equalities(runs: &[cosim::Report], measured: Option<&Measured>) -> Vec<Equality> {
    let (shot, float, other) = measured.map(comparisons).unwrap_or_default();
    let shot = shot.map(|c| check("all neurons at quiescence".into(), c));
    let float = float.map(|c| check("float64 by snn2rtl".into(), c));
    let other = other.map(|c| check("float64 by another program".into(), c));
    let runs: Vec<Check> = runs.iter().map(run).collect();
    let shot: Vec<Check> = shot.into_iter().collect();
    let floats: Vec<Check> = float.into_iter().chain(other).collect();
    vec![
        Equality {
            statement: "RTL = golden model",
            of: "spikes, each with its membrane and tracer, at every time-step",
            strict: true,
            holds: holds(&runs),
            checks: runs,
            command: "snn2rtl cosim DIR --inputs X.npy",
        },
        Equality {
            statement: "Golden model at quiescence = integer network in one pass",
            of: "neurons",
            strict: true,
            holds: holds(&shot),
            checks: shot,
            command: "snn2rtl report DIR --inputs X.npy",
        },
        Equality {
            statement: "Integer network = float64 network",
            of: "neurons",
            strict: false,
            holds: holds(&floats),
            checks: floats,
            command: "snn2rtl report DIR --inputs X.npy --float --reference F.npz",
        },
    ]
}

fn run(report: &cosim::Report) -> Check {
    let pauses = match report.stall {
        Some(seed) => format!("random back-pressure, seed {seed}"),
        None => "no back-pressure".to_owned(),
    };
    let limits = [report.t_max.map(|t| format!("T_max {t}"))];
    let confident = (report.stops.confident > 0).then(|| "stopped by confidence".to_owned());
    let how: Vec<String> =
        [pauses].into_iter().chain(limits.into_iter().flatten()).chain(confident).collect();
    Check {
        how: how.join(", "),
        samples: report.samples,
        compared: report.spikes_checked,
        different: report.mismatches,
        detail: report.first_mismatch.as_ref().map(ToString::to_string),
    }
}

/// Number of differences between two evaluations.
#[derive(Clone, Copy)]
struct Comparison {
    samples: u64,
    /// Neurons compared, summed over samples.
    neurons: u64,
    different_neurons: u64,
    /// Samples with such a neuron; not counted in one pass.
    different_samples: Option<u64>,
    /// Samples with a different class, if classes are known.
    different_classes: Option<u64>,
}

/// With the integer network in one pass, with float64, and with another program's float64.
fn comparisons(measured: &Measured) -> (Option<Comparison>, Option<Comparison>, Option<Comparison>) {
    let shot = Comparison {
        samples: measured.samples as u64,
        neurons: measured.neurons_checked,
        different_neurons: measured.one_shot_mismatches,
        different_samples: None,
        different_classes: None,
    };
    let float = measured.float.map(|float| Comparison {
        different_neurons: float.float_mismatched_neurons,
        different_samples: Some(float.float_mismatched_samples),
        different_classes: Some(float.float_mismatched_classes),
        ..shot
    });
    let other = measured.reference.map(|reference| Comparison {
        samples: reference.reference_samples as u64,
        neurons: reference.reference_neurons_checked,
        different_neurons: reference.reference_mismatched_neurons,
        different_samples: Some(reference.reference_mismatched_samples),
        different_classes: reference.reference_mismatched_classes,
    });
    (Some(shot), float, other)
}

fn check(how: String, comparison: Comparison) -> Check {
    let Comparison { samples, neurons, different_neurons, different_samples, different_classes } = comparison;
    let mut detail = Vec::new();
    if different_neurons > 0 {
        detail.extend(different_samples.map(|n| format!("{n} of {samples} samples have such a neuron")));
    }
    if let Some(n) = different_classes {
        detail.push(match n {
            0 => "every class is the same".to_owned(),
            n => format!("{n} of {samples} classes differ"),
        });
    }
    let detail = (!detail.is_empty()).then(|| detail.join("; "));
    Check { how, samples, compared: neurons, different: different_neurons, detail }
}
