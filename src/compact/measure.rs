//! Measures widths: correct answers with an early stop, and all differences from float64.

use rayon::prelude::*;
use serde::Serialize;

use super::{Entry, Progress, Role, Trial};
use crate::data::Inputs;
use crate::error::Result;
use crate::golden::{Golden, Limits, Outcome, State, Unobserved};
use crate::integer::cost;
use crate::lower::lower_with;
use crate::quant::Precision;
use crate::snn::{self, Model};

/// Effect of widths on the samples, and their cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Survey {
    /// Share of samples whose class is their label.
    pub accuracy: f64,
    /// Samples with at least one neuron that differs from the network in float64.
    pub float_mismatched_samples: u64,
    /// Neurons that differ.
    pub float_mismatched_neurons: u64,
    /// Samples with a different class.
    pub float_mismatched_classes: u64,
    /// Bits of parameters and state, estimated from the widths of the integer network.
    pub memory_bits: u64,
    /// Size of the multipliers of LayerNorm and softmax, estimated likewise: for each product in their formulas, the
    /// product of the operands' widths.
    pub multiplier_bits: u64,
}

/// A network with certain widths, ready to run.
pub(super) struct Candidate {
    golden: Golden,
    memory_bits: u64,
    multiplier_bits: u64,
}

impl Candidate {
    /// Lowers a model with these widths.
    pub fn new(model: &Model, precision: Precision) -> Result<Self> {
        let lowered = lower_with(model, precision)?;
        let (memory_bits, multiplier_bits) = cost::totals(&lowered.network);
        Ok(Self { golden: Golden::new(&lowered.network)?, memory_bits, multiplier_bits })
    }
}

/// The samples and the networks that run on them.
pub(super) struct Bench<'a> {
    model: &'a Model,
    inputs: &'a Inputs,
    labels: &'a [i64],
    /// The samples, in ascending order of their margin in profile `exact`, so that lost answers are found early.
    order: Vec<usize>,
    right: usize,
    progress: &'a (dyn Fn(Progress) + Sync),
}

/// Buffers for runs.
type Buffers = (State, Vec<i32>);

impl<'a> Bench<'a> {
    /// Runs profile `exact` on all samples.
    pub fn new(
        model: &'a Model,
        inputs: &'a Inputs,
        labels: &'a [i64],
        exact: &Candidate,
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Self {
        let mut bench =
            Self { model, inputs, labels, order: (0..inputs.len()).collect(), right: 0, progress };
        let samples = bench.order.chunks(batch()).enumerate();
        let outcomes: Vec<(bool, i128)> = samples
            .flat_map(|(n, samples)| {
                bench.report(Some(Precision::EXACT), n * batch());
                bench.run(&exact.golden, samples)
            })
            .collect();
        bench.right = outcomes.iter().filter(|(right, _)| *right).count();
        bench.order.sort_by_key(|&n| outcomes[n].1);
        bench
    }

    /// Correct answers of profile `exact`.
    pub fn right(&self) -> usize {
        self.right
    }

    /// Tries widths until fewer than `needed` samples can be correct, or all have been run.
    pub fn trial(&self, precision: Precision, needed: usize) -> Trial {
        let mut trial = Trial { precision, accepted: false, samples: 0, right: 0, refused: None };
        let candidate = match Candidate::new(self.model, precision) {
            Ok(candidate) => candidate,
            Err(error) => {
                trial.refused = Some(error.to_string());
                return trial;
            }
        };
        for samples in self.order.chunks(batch()) {
            self.report(Some(precision), trial.samples);
            trial.right +=
                self.run(&candidate.golden, samples).into_iter().filter(|(right, _)| *right).count();
            trial.samples += samples.len();
            if trial.right + (self.inputs.len() - trial.samples) < needed {
                return trial;
            }
        }
        trial.accepted = true;
        trial
    }

    /// For each of these samples, whether the class is its label, and the margin of the best value.
    fn run(&self, golden: &Golden, samples: &[usize]) -> Vec<(bool, i128)> {
        let run = |(state, raw): &mut Buffers, &n: &usize| {
            self.inputs.fill(n, raw);
            let outcome = golden.run(state, raw, &Limits::default(), &mut Unobserved);
            (i64::try_from(outcome.class) == Ok(self.labels[n]), margin(&outcome.values))
        };
        samples.par_iter().map_init(|| (golden.state(), Vec::new()), run).collect()
    }

    /// Runs all samples with all of these widths, and in float64: one pass; only sums are stored.
    pub fn survey(&self, rows: Vec<(Role, Option<&'static str>, Precision)>) -> Vec<Entry> {
        let candidates: Vec<Option<Candidate>> =
            rows.iter().map(|&(.., precision)| Candidate::new(self.model, precision).ok()).collect();
        let mut sums = vec![Tally::default(); rows.len()];
        for first in (0..self.inputs.len()).step_by(batch()) {
            self.report(None, first);
            let samples = first..self.inputs.len().min(first + batch());
            let buffers = || {
                let state = |c: &Option<Candidate>| c.as_ref().map(|c| c.golden.state());
                (candidates.iter().map(state).collect::<Vec<_>>(), Vec::new())
            };
            let each = samples.into_par_iter().map_init(buffers, |(states, raw), n| {
                self.inputs.fill(n, raw);
                let real = snn::eval::evaluate(&self.model.network, raw);
                let tally =
                    |(candidate, state): (&Option<Candidate>, &mut Option<State>)| match (candidate, state) {
                        (Some(candidate), Some(state)) => {
                            let outcome =
                                candidate.golden.run(state, raw, &Limits::default(), &mut Unobserved);
                            Tally::of(&outcome, &real, self.labels[n])
                        }
                        _ => Tally::default(),
                    };
                candidates.iter().zip(states).map(tally).collect::<Vec<Tally>>()
            });
            for sample in each.collect::<Vec<Vec<Tally>>>() {
                sums.iter_mut().zip(sample).for_each(|(sum, one)| sum.add(one));
            }
        }
        let entry = |((role, width, precision), (candidate, sum)): (_, (&Option<Candidate>, Tally))| {
            let survey = candidate.as_ref().map(|candidate| self.figures(candidate, sum));
            Entry { role, width, precision, survey }
        };
        rows.into_iter().zip(candidates.iter().zip(sums)).map(entry).collect()
    }

    fn figures(&self, candidate: &Candidate, sum: Tally) -> Survey {
        let &Candidate { memory_bits, multiplier_bits, .. } = candidate;
        Survey {
            accuracy: sum.right as f64 / self.inputs.len() as f64,
            float_mismatched_samples: sum.samples,
            float_mismatched_neurons: sum.neurons,
            float_mismatched_classes: sum.classes,
            memory_bits,
            multiplier_bits,
        }
    }

    fn report(&self, precision: Option<Precision>, done: usize) {
        (self.progress)(Progress { precision, done });
    }
}

/// Counts over samples.
#[derive(Clone, Copy, Default)]
struct Tally {
    right: u64,
    samples: u64,
    neurons: u64,
    classes: u64,
}

impl Tally {
    /// Of one sample.
    fn of(outcome: &Outcome, real: &snn::eval::Evaluation, label: i64) -> Self {
        let layers = outcome.levels.iter().zip(&real.levels);
        let differing = |(ours, (_, theirs)): (&Vec<i32>, &(_, Vec<i32>))| {
            ours.iter().zip(theirs).filter(|(a, b)| a != b).count() as u64
        };
        let neurons = layers.map(differing).sum();
        Self {
            right: u64::from(i64::try_from(outcome.class) == Ok(label)),
            samples: u64::from(neurons > 0),
            neurons,
            classes: u64::from(outcome.class != real.class()),
        }
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.samples += other.samples;
        self.neurons += other.neurons;
        self.classes += other.classes;
    }
}

/// Samples between two checks of the sum.
fn batch() -> usize {
    32 * rayon::current_num_threads()
}

/// Difference between the largest value and the next; the maximum for a single value.
fn margin(values: &[i128]) -> i128 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    match sorted[..] {
        [.., second, first] => first - second,
        _ => i128::MAX,
    }
}
