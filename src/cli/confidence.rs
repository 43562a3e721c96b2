//! Arguments of the rule that stops a sample before it is quiescent.

use clap::Args as ClapArgs;

use crate::flow::StopRule;

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
    /// The rule, if it is asked for.
    pub fn stop(&self) -> Option<StopRule> {
        self.margin.map(|margin| StopRule { margin, patience: self.patience })
    }
}
