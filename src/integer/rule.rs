//! ST-BIF+ neurons on integers: thresholds, and the two ways to decide by them.

use super::Range;

/// Neurons of a layer; the constants of a channel serve all rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neuron {
    /// Lowest value of a tracer; at most 0, where every tracer starts.
    pub low: i32,
    /// Highest value of a tracer; at least 0.
    pub high: i32,
    /// `T(c, k)` for `k = low+1…high`, channel by channel: level `k` is reached exactly when `A ≥ T(c, k)`. Clamped to
    /// the channel's own range of `A` (its high end plus 1 for "never"), which may be narrower than `total`.
    pub thresholds: Vec<i64>,
    /// How hardware and golden model decide; proven equal to the thresholds over the whole range of the
    /// channel's `A` and every tracer value.
    pub rule: Rule,
    /// Range of `A` (any channel).
    pub total: Range,
    /// Range of the membrane, before and after firing (any channel); for [`Rule::Table`] that of `A`.
    pub membrane: Range,
}

/// The decision rule of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `V = start_c + 2^fraction·A − theta_c·S`; a spike +1 when `V ≥ theta_c`, −1 when `V < 0`.
    Line {
        /// Number of fraction bits of the membrane.
        fraction: u32,
        /// Threshold θ ≥ 1, one a channel.
        theta: Vec<i64>,
        /// Membrane before the first time-step, one a channel.
        start: Vec<i64>,
    },
    /// `A` compared with `T(c, S+1)` and `T(c, S)`.
    Table,
}

impl Neuron {
    /// Number of thresholds of a channel: levels less one.
    pub fn steps(&self) -> usize {
        usize::try_from(self.high - self.low).unwrap_or(0)
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        match &self.rule {
            Rule::Line { theta, .. } => theta.len(),
            Rule::Table => self.thresholds.len() / self.steps().max(1),
        }
    }

    /// The level of channel `c` for accumulated input `a`: `Q(x)`.
    ///
    /// # Panics
    /// When `c` is out of range.
    pub fn level(&self, c: usize, a: i64) -> i32 {
        let reached = self.thresholds[c * self.steps()..(c + 1) * self.steps()].partition_point(|&t| a >= t);
        self.low + i32::try_from(reached).unwrap_or(i32::MAX)
    }

    /// Checks lengths and order.
    ///
    /// # Errors
    /// Says which property is violated.
    pub fn check(&self, channels: usize) -> Result<(), String> {
        if self.low > 0 || self.high < 0 {
            return Err(format!("tracer range {}…{} without 0", self.low, self.high));
        }
        if self.thresholds.len() != channels * self.steps() {
            return Err(format!(
                "{} thresholds for {channels} channels of {} levels",
                self.thresholds.len(),
                self.steps() + 1
            ));
        }
        if self.steps() > 0 && self.thresholds.chunks(self.steps()).any(|t| !t.is_sorted()) {
            return Err("thresholds out of order".into());
        }
        match &self.rule {
            Rule::Line { theta, start, .. } if theta.len() != channels || start.len() != channels => {
                Err(format!(
                    "{} thresholds θ and {} start values for {channels} channels",
                    theta.len(),
                    start.len()
                ))
            }
            Rule::Line { theta, .. } if theta.iter().any(|&t| t < 1) => Err("a threshold θ below 1".into()),
            Rule::Line { .. } | Rule::Table => Ok(()),
        }
    }

    /// One line for the text form.
    pub fn describe(&self) -> String {
        let rule = match &self.rule {
            Rule::Line { fraction, .. } => format!("line, {fraction} fraction bits"),
            Rule::Table => "table".to_owned(),
        };
        format!("levels {}…{}, {rule}, V {}", self.low, self.high, self.membrane)
    }
}
