//! The confidence rule: stops a sample before quiescence when its class had a sufficient margin for long enough.

use crate::integer::Readout;

/// The margin between the two best logits, held for some time-steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confidence {
    /// Minimum difference between the best and the second best value, in the integer unit of the readout.
    pub margin: u64,
    /// Number of time-steps in a row in which the class is the same and has the margin; at least 1.
    pub steps: u16,
}

impl Confidence {
    /// The rule for a margin in real logits; `unit` is the value of 1 in the readout.
    ///
    /// # Errors
    /// If the margin is negative, not a number, or too large, or the number of time-steps is 0.
    pub fn new(margin: f64, unit: f64, steps: u16) -> Result<Self, String> {
        let units = (margin / unit).ceil();
        if steps == 0 {
            return Err("a margin that is held for 0 time-steps".into());
        }
        // 2^64 as a float; smaller values fit.
        if !(margin >= 0.0 && units < 18_446_744_073_709_551_616.0) {
            return Err(format!("a margin of {margin}; possible are 0…{:.3e}", unit * 1.8e19));
        }
        Ok(Self { margin: units as u64, steps })
    }
}

/// State of the rule for a sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// Whether the readout has received input; before that, the constants of the classes are ignored.
    begun: bool,
    class: Option<usize>,
    steps: u16,
}

impl Held {
    /// Processes the accumulated input after a time-step; returns whether the rule stops the sample.
    pub fn step(&mut self, rule: &Confidence, readout: &Readout, totals: &[i64]) -> bool {
        self.begun |= totals.iter().any(|&a| a != 0);
        if !self.begun {
            return false;
        }
        let (class, margin) = best(super::logits::values(readout, totals));
        let kept = margin.is_none_or(|m| m >= rule.margin.into());
        self.steps = match (kept, self.class == Some(class)) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => self.steps.saturating_add(1),
        };
        self.class = Some(class);
        self.steps >= rule.steps
    }
}

/// Index of the largest value, the lowest if several are equal, and its margin; a single value has no margin.
fn best(values: impl Iterator<Item = i128>) -> (usize, Option<u128>) {
    let mut first: Option<(usize, i128)> = None;
    let mut second: Option<i128> = None;
    for (index, value) in values.enumerate() {
        match first {
            Some((_, top)) if value <= top => second = Some(second.map_or(value, |s| s.max(value))),
            _ => {
                second = first.map(|(_, top)| top);
                first = Some((index, value));
            }
        }
    }
    let (class, top) = first.unwrap_or((0, 0));
    (class, second.map(|s| top.abs_diff(s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_and_its_margin() {
        let of = |values: &[i128]| best(values.iter().copied());
        assert_eq!(of(&[3, 9, 4]), (1, Some(5)));
        assert_eq!(of(&[9, 3, 4]), (0, Some(5)));
        assert_eq!(of(&[9, 3, 9]), (0, Some(0)));
        assert_eq!(of(&[-7]), (0, None));
        assert_eq!(of(&[i128::MIN, i128::MAX]), (1, Some(u128::MAX)));
    }

    #[test]
    fn margins_that_make_no_rule() {
        assert_eq!(Confidence::new(0.1, 0.25, 3), Ok(Confidence { margin: 1, steps: 3 }));
        for (margin, steps) in [(-0.1, 1), (f64::NAN, 1), (1e30, 1), (f64::INFINITY, 1), (1.0, 0)] {
            assert!(Confidence::new(margin, 0.25, steps).is_err(), "{margin} {steps}");
        }
    }
}
