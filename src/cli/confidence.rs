//! Arguments of the rule that stops a sample before it is quiescent.

use clap::Args as ClapArgs;

use crate::error::{Error, Result};
use crate::golden::Confidence;

/// When a class stands out for long enough.
#[derive(ClapArgs)]
pub struct ConfidenceArgs {
    /// Stop each sample once its best logit is this much above all others for --patience time-steps in a row.
    #[arg(long, value_name = "LOGITS", allow_negative_numbers = true)]
    margin: Option<f64>,
    /// Time-steps that belong to --margin.
    #[arg(long, value_name = "T", default_value_t = 3, requires = "margin")]
    patience: u16,
}

impl ConfidenceArgs {
    /// The rule, if it is asked for; `unit` is what 1 in the readout is worth.
    ///
    /// # Errors
    /// When the margin cannot be met or met always.
    pub fn rule(&self, unit: f64) -> Result<Option<Confidence>> {
        let rule = |margin| Confidence::new(margin, unit, self.patience);
        self.margin
            .map(rule)
            .transpose()
            .map_err(|problem| Error::input(problem).fix("give --margin 1 --patience 3"))
    }
}
