//! Arguments of the confidence rule.

use clap::Args as ClapArgs;

use crate::flow::StopRule;

/// The confidence rule.
#[derive(ClapArgs)]
pub struct ConfidenceArgs {
    /// Stop each sample when its best logit exceeds all others by this margin for --patience time-steps in a row.
    #[arg(long, value_name = "LOGITS", allow_negative_numbers = true)]
    margin: Option<f64>,
    /// Number of consecutive time-steps with --margin.
    #[arg(long, value_name = "T", default_value_t = 3, requires = "margin")]
    patience: u16,
}

impl ConfidenceArgs {
    /// The rule, if it is requested.
    pub fn stop(&self) -> Option<StopRule> {
        self.margin.map(|margin| StopRule { margin, patience: self.patience })
    }
}
