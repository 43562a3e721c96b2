//! The confidence rule.

use crate::error::{Error, Result};
use crate::golden::Confidence;

/// Options of the confidence rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopRule {
    /// Minimum difference between the best logit and all others.
    pub margin: f64,
    /// Number of consecutive time-steps.
    pub patience: u16,
}

impl StopRule {
    /// The rule in integers; `unit` is the value of 1 in the readout.
    ///
    /// # Errors
    /// When the margin cannot be met or is always met.
    pub fn rule(self, unit: f64) -> Result<Confidence> {
        Confidence::new(self.margin, unit, self.patience)
            .map_err(|problem| Error::input(problem).fix("give --margin 1 --patience 3"))
    }
}
