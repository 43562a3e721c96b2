//! The rule that stops a sample before it is quiescent.

use crate::error::{Error, Result};
use crate::golden::Confidence;

/// A class stands out for long enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopRule {
    /// How much the best logit must be above all others.
    pub margin: f64,
    /// For how many time-steps in a row.
    pub patience: u16,
}

impl StopRule {
    /// The rule in integers; `unit` is what 1 in the readout is worth.
    ///
    /// # Errors
    /// When the margin cannot be met or is always met.
    pub fn rule(self, unit: f64) -> Result<Confidence> {
        Confidence::new(self.margin, unit, self.patience)
            .map_err(|problem| Error::input(problem).fix("give --margin 1 --patience 3"))
    }
}
