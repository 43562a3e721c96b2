//! How a flow reports what it is doing, for a front end to display.

/// The steps of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// An unknown number.
    Unknown,
    /// Steps of about the same length: the remaining time can be estimated.
    Equal(usize),
    /// Steps of different lengths.
    Unequal(usize),
}

/// Receives progress. Every method has an empty default, so a front end implements what it displays. Methods may be called
/// from several threads.
pub trait Watch: Sync {
    /// A task begins. Tasks do not nest.
    fn begin(&self, task: &str, steps: Steps) {
        let _ = (task, steps);
    }

    /// This number of further steps of the task is done.
    fn advance(&self, steps: usize) {
        let _ = steps;
    }

    /// The part of the task that runs now.
    fn doing(&self, what: &str) {
        let _ = what;
    }

    /// The task has ended, successfully or not.
    fn end(&self) {}

    /// Something that does not stop the flow, but that the user should know.
    fn note(&self, text: &str) {
        let _ = text;
    }
}

/// Ignores all progress.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Watch for Silent {}

/// Runs a task between [`Watch::begin`] and [`Watch::end`].
pub(super) fn task<T>(watch: &dyn Watch, name: &str, steps: Steps, work: impl FnOnce() -> T) -> T {
    watch.begin(name, steps);
    let result = work();
    watch.end();
    result
}
