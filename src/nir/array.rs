//! Arrays of parameters.

use crate::error::{Error, Result};

/// Numbers with extents; a scalar has none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
    /// Whether the file has them in single precision.
    pub single: bool,
}

impl Array {
    /// Whole numbers from 0 on.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn counts(&self, what: &str) -> Result<Vec<usize>> {
        let count = |&v: &f64| {
            // Up to 2^31, a whole number.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let count = v as usize;
            match (0.0..=f64::from(1u32 << 31)).contains(&v) && v.fract() == 0.0 {
                true => Ok(count),
                false => Err(Error::input(format!("{what} has the element {v}; expected a whole number"))),
            }
        };
        self.values.iter().map(count).collect()
    }

    /// One or two whole numbers as a pair.
    ///
    /// # Errors
    /// If it is something else.
    pub fn pair(&self, what: &str) -> Result<[usize; 2]> {
        match self.counts(what)?[..] {
            [both] => Ok([both; 2]),
            [a, b] => Ok([a, b]),
            _ => Err(Error::input(format!("{what} has {} numbers; expected 1 or 2", self.values.len()))),
        }
    }

    /// Checks that every value is finite.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn finite(&self, what: &str) -> Result<()> {
        match self.values.iter().find(|v| !v.is_finite()) {
            None => Ok(()),
            Some(v) => Err(Error::input(format!("{what} has the element {v}"))
                .fix("export the network with finite parameters")),
        }
    }
}
