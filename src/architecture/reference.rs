//! The golden model that a design is compared with: the network in the design's schedule.

use crate::golden::{Golden, Layer, Limits, Settled, SettledState, State, Unobserved};
use crate::hardware::SampleResult;

/// A golden model.
#[derive(Clone, Debug)]
pub enum Reference {
    /// All layers in each time-step.
    Synchronous(Box<Golden>),
    /// One layer after the other.
    Settled(Box<Settled>),
}

impl Reference {
    /// The layers of neurons.
    pub fn layers(&self) -> &[Layer] {
        match self {
            Self::Synchronous(golden) => golden.layers(),
            Self::Settled(golden) => golden.layers(),
        }
    }

    /// Whether a sample has time-steps that a limit or the confidence rule can end.
    pub fn has_time_steps(&self) -> bool {
        matches!(self, Self::Synchronous(golden) if !golden.layers().is_empty())
    }

    /// For samples one after the other.
    pub fn runner(&self) -> Runner<'_> {
        match self {
            Self::Synchronous(golden) => Runner::Synchronous(golden, Box::new(golden.state())),
            Self::Settled(golden) => Runner::Settled(golden, Box::new(golden.state())),
        }
    }
}

/// A golden model with its variables.
pub enum Runner<'a> {
    /// All layers in each time-step.
    Synchronous(&'a Golden, Box<State>),
    /// One layer after the other.
    Settled(&'a Settled, Box<SettledState>),
}

impl Runner<'_> {
    /// Runs a raw sample, in the settled schedule without limits.
    ///
    /// # Panics
    /// As [`Golden::run`] and [`Settled::run`], for samples that do not belong to this network.
    pub fn run(&mut self, raw: &[i32], limits: &Limits) -> SampleResult {
        match self {
            Self::Synchronous(golden, state) => (&golden.run(state, raw, limits, &mut Unobserved)).into(),
            Self::Settled(golden, state) => (&golden.run(state, raw, &mut Unobserved)).into(),
        }
    }
}
