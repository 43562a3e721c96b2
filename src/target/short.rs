//! Resources of which a device has too little.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::thousands;

/// A resource of which a design needs more than a device has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Short {
    /// Its name.
    pub resource: String,
    /// How many the design needs.
    pub needed: u64,
    /// How many the device has.
    pub available: u64,
}

impl Short {
    /// Of resources by name, needed and available, those that are short.
    pub fn of<'a>(resources: impl IntoIterator<Item = (&'a str, u64, u64)>) -> Vec<Self> {
        let short = resources.into_iter().filter(|(_, needed, available)| needed > available);
        short.map(|(name, needed, available)| Self { resource: name.to_owned(), needed, available }).collect()
    }

    /// Several in few words: `LUT +23 %, DSP 2 of 0`.
    pub fn brief(all: &[Self]) -> String {
        let brief = |short: &Self| match short.available {
            0 => format!("{} {} of 0", short.resource, thousands(short.needed)),
            available => {
                let percent = 100.0 * (short.needed as f64 / available as f64 - 1.0);
                let digits = usize::from(percent < 10.0);
                format!("{} +{:.digits$} %", short.resource, percent.max(0.1))
            }
        };
        all.iter().map(brief).collect::<Vec<_>>().join(", ")
    }

    /// Several in one line.
    pub fn list(all: &[Self]) -> String {
        all.iter().map(Self::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for Short {
    /// `RAMB18 1,234 of 1,000 (23 % too many)`; below 10 % with one decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, needed, available } = self;
        write!(f, "{resource} {} of {}", thousands(*needed), thousands(*available))?;
        if *available == 0 {
            return Ok(());
        }
        let percent = 100.0 * (*needed as f64 / *available as f64 - 1.0);
        let digits = usize::from(percent < 10.0);
        // A single one too many is not none.
        let percent = percent.max(0.1);
        write!(f, " ({percent:.digits$} % too many)")
    }
}

#[cfg(test)]
mod tests {
    use super::Short;

    #[test]
    fn by_how_much_is_said() {
        let short = Short::of([
            ("LUT", 10, 10),
            ("RAMB18", 1234, 1000),
            ("FF", 1001, 1000),
            ("LUT", 100_001, 100_000),
            ("DSP", 2, 0),
        ]);
        let text = "RAMB18 1,234 of 1,000 (23 % too many); FF 1,001 of 1,000 (0.1 % too many); \
                    LUT 100,001 of 100,000 (0.1 % too many); DSP 2 of 0";
        assert_eq!(Short::list(&short), text);
        assert_eq!(Short::brief(&short), "RAMB18 +23 %, FF +0.1 %, LUT +0.1 %, DSP 2 of 0");
    }
}
