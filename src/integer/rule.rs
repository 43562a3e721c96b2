//! ST-BIF+ neurons on integers: thresholds, and the two decision rules.

use super::Range;
use crate::operators::contains_zero;

/// Neurons of a layer; all rows share the constants of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neuron {
    /// Lowest value of a tracer; at most 0, where every tracer starts.
    pub low: i32,
    /// Highest value of a tracer; at least 0.
    pub high: i32,
    /// `T(c, k)` for `k = low+1…high`, channel by channel: level `k` is reached exactly when `A ≥ T(c, k)`. Clamped to
    /// the channel's own range of `A` (its high end plus 1 for "never"), which may be narrower than `total`.
    ///
    /// If the quantised value is non-monotone, each `T(c, k)` is a list of thresholds; see [`NonMonotone`].
    pub thresholds: Vec<i64>,
    /// Interpretation of the thresholds if the quantised value is non-monotone, as that of GELU.
    pub non_monotone: Option<NonMonotone>,
    /// Decision rule of hardware and golden model; proven equal to the thresholds over the whole range of the
    /// channel's `A` and every tracer value.
    pub rule: Rule,
    /// Range of `A` (any channel).
    pub total: Range,
    /// Range of the membrane, before and after firing (any channel); for [`Rule::Table`] that of `A`.
    pub membrane: Range,
}

/// Non-monotone levels: reached, left and reached again as `A` grows.
///
/// Each level has `crossings` thresholds in ascending order; unused ones are above the range of `A`. At
/// each of them the level changes between reached and not reached. Below all of them, the levels up to `base` are
/// reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonMonotone {
    /// Thresholds of a level; at least 1.
    pub crossings: usize,
    /// The level at the low end of the range of `A`, one per channel.
    pub base: Vec<i32>,
}

/// The decision rule of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `V = start_c + 2^fraction·A − theta_c·S`; a spike +1 when `V ≥ theta_c`, −1 when `V < 0`.
    Affine {
        /// Number of fraction bits of the membrane.
        fraction: u32,
        /// Threshold θ ≥ 1, one per channel.
        theta: Vec<i64>,
        /// Membrane before the first time-step, one per channel.
        start: Vec<i64>,
    },
    /// `A` compared with `T(c, S+1)` and `T(c, S)`: a spike +1 when level `S+1` is reached, −1 when level `S` is not.
    Table,
}

impl NonMonotone {
    /// Whether level `k` of channel `c`, which has these thresholds, is reached.
    fn reached(&self, c: usize, k: i32, thresholds: &[i64], a: i64) -> bool {
        (k <= self.base[c]) ^ (thresholds.iter().filter(|&&t| t <= a).count() % 2 == 1)
    }
}

impl Neuron {
    /// Number of levels of a channel less one.
    pub fn steps(&self) -> usize {
        usize::try_from(self.high - self.low).unwrap_or(0)
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        match &self.rule {
            Rule::Affine { theta, .. } => theta.len(),
            Rule::Table => self.thresholds.len() / (self.steps() * self.crossings()).max(1),
        }
    }

    /// Thresholds of a level.
    pub fn crossings(&self) -> usize {
        self.non_monotone.as_ref().map_or(1, |non_monotone| non_monotone.crossings)
    }

    /// The thresholds of channel `c`.
    ///
    /// # Panics
    /// When `c` is out of range.
    pub fn thresholds_of(&self, c: usize) -> &[i64] {
        let entries = self.steps() * self.crossings();
        &self.thresholds[c * entries..(c + 1) * entries]
    }

    /// The level of channel `c` for accumulated input `a`: `Q(x)`.
    ///
    /// # Panics
    /// When `c` is out of range.
    pub fn level(&self, c: usize, a: i64) -> i32 {
        let thresholds = self.thresholds_of(c);
        let levels = match &self.non_monotone {
            None => thresholds.partition_point(|&t| t <= a),
            // No level is reached without the one below it.
            Some(non_monotone) => {
                let levels = (self.low + 1..).zip(thresholds.chunks(non_monotone.crossings));
                levels.take_while(|(k, t)| non_monotone.reached(c, *k, t, a)).count()
            }
        };
        self.low + i32::try_from(levels).unwrap_or(i32::MAX)
    }

    /// Checks lengths and order.
    ///
    /// # Errors
    /// Names the violated property.
    pub fn check(&self, channels: usize) -> Result<(), String> {
        contains_zero(self.low, self.high)?;
        let crossings = self.crossings();
        if crossings == 0 || self.thresholds.len() != channels * self.steps() * crossings {
            let each =
                if crossings == 1 { String::new() } else { format!(" with {crossings} thresholds each") };
            return Err(format!(
                "{} thresholds for {channels} channels of {} levels{each}",
                self.thresholds.len(),
                self.steps() + 1
            ));
        }
        if let Some(non_monotone) = &self.non_monotone
            && (self.rule != Rule::Table || non_monotone.base.len() != channels)
        {
            return Err(format!("{} levels to start from for {channels} channels", non_monotone.base.len()));
        }
        if self.steps() > 0 && (0..channels).any(|c| !self.in_order(c)) {
            return Err("thresholds out of order".into());
        }
        match &self.rule {
            Rule::Affine { theta, start, .. } if theta.len() != channels || start.len() != channels => {
                Err(format!(
                    "{} thresholds θ and {} start values for {channels} channels",
                    theta.len(),
                    start.len()
                ))
            }
            Rule::Affine { theta, .. } if theta.iter().any(|&t| t < 1) => Err("a threshold θ below 1".into()),
            Rule::Affine { .. } | Rule::Table => Ok(()),
        }
    }

    /// Whether the thresholds of a channel ascend, and a level is reached only if the one below it is.
    fn in_order(&self, c: usize) -> bool {
        let thresholds = self.thresholds_of(c);
        let Some(non_monotone) = &self.non_monotone else { return thresholds.is_sorted() };
        let levels: Vec<(i32, &[i64])> =
            (self.low + 1..).zip(thresholds.chunks(non_monotone.crossings)).collect();
        // The level is constant between two thresholds.
        let implied = |pair: &[(i32, &[i64])]| {
            let reached = |(k, t): (i32, &[i64]), a: i64| non_monotone.reached(c, k, t, a);
            let ends = pair[0].1.iter().chain(pair[1].1).filter(|&&a| a <= self.total.high);
            ends.into_iter().all(|&a| reached(pair[0], a) || !reached(pair[1], a))
        };
        levels.iter().all(|(_, t)| t.is_sorted()) && levels.windows(2).all(implied)
    }

    /// One line for the text form.
    pub fn describe(&self) -> String {
        let rule = match &self.rule {
            Rule::Affine { fraction, .. } => format!("line, {fraction} fraction bits"),
            Rule::Table => match &self.non_monotone {
                None => "table".to_owned(),
                Some(non_monotone) => format!("table, {} thresholds a level", non_monotone.crossings),
            },
        };
        format!("levels {}…{}, {rule}, V {}", self.low, self.high, self.membrane)
    }
}
