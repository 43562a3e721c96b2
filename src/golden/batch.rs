//! Many samples in parallel. Samples are independent: the results do not depend on the number of threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::error::Result;

use super::{Golden, Limits, Observer, Outcome, Unobserved};

impl Golden {
    /// Runs samples `0…count−1`, each put into the given buffer by `sample`; outcomes in order. `progress` is called
    /// after each sample with the number of samples done, from any thread.
    pub fn run_all(
        &self,
        count: usize,
        sample: impl Fn(usize, &mut Vec<i32>) + Sync,
        limits: &Limits,
        progress: impl Fn(usize) + Sync,
    ) -> Vec<Outcome> {
        let done = AtomicUsize::new(0);
        let run = |(state, raw): &mut (_, Vec<i32>), index| {
            sample(index, raw);
            let outcome = self.run(state, raw, limits, &mut Unobserved);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            outcome
        };
        (0..count).into_par_iter().map_init(|| (self.state(), Vec::new()), run).collect()
    }

    /// As [`Self::run_all`], but with an observer for each sample, and handing outcome and observer to `sink` in order
    /// of the samples, on the calling thread, so that only a few samples' worth of them are in memory.
    ///
    /// # Errors
    /// The first error of `sink`; only samples that are already running are completed after it.
    pub fn stream<O: Observer + Send>(
        &self,
        count: usize,
        sample: impl Fn(usize, &mut Vec<i32>) + Sync,
        limits: &Limits,
        observer: impl Fn(usize) -> O + Sync,
        sink: impl FnMut(usize, Outcome, O) -> Result<()>,
    ) -> Result<()> {
        let room = || (self.state(), Vec::new());
        let run = |(state, raw): &mut (_, Vec<i32>), index| {
            sample(index, raw);
            let mut observer = observer(index);
            (self.run(state, raw, limits, &mut observer), observer)
        };
        in_order(count, room, run, sink)
    }
}

/// Runs samples `0…count − 1` in parallel, some at a time, and hands the results to `sink` in order. `room` makes the
/// variables of a thread.
pub(super) fn in_order<R: Send, A: Send, B: Send>(
    count: usize,
    room: impl Fn() -> R + Sync,
    run: impl Fn(&mut R, usize) -> (A, B) + Sync,
    mut sink: impl FnMut(usize, A, B) -> Result<()>,
) -> Result<()> {
    let at_once = 16 * rayon::current_num_threads();
    for first in (0..count).step_by(at_once) {
        let indices = first..count.min(first + at_once);
        let results: Vec<_> = indices.into_par_iter().map_init(&room, &run).collect();
        for (index, (outcome, seen)) in (first..).zip(results) {
            sink(index, outcome, seen)?;
        }
    }
    Ok(())
}

/// For every time-step, the number of correctly classified samples if all stopped after it; a sample that ended earlier
/// keeps its last class. Needs outcomes with [`Outcome::class_per_step`].
pub fn correct_per_step(outcomes: &[Outcome], labels: &[i64]) -> Vec<usize> {
    let steps = outcomes.iter().map(|o| o.class_per_step.len()).max().unwrap_or(0);
    let right = |t: usize, (outcome, &label): (&Outcome, &i64)| {
        let class = outcome.class_per_step.get(t).or(outcome.class_per_step.last());
        class.is_some_and(|&class| i64::try_from(class) == Ok(label))
    };
    (0..steps).map(|t| outcomes.iter().zip(labels).filter(|&pair| right(t, pair)).count()).collect()
}
