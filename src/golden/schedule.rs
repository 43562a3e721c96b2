//! Free choices of the spiking network: when a neuron is updated, and how many levels a spike carries.
//!
//! Neither changes the levels at quiescence: a tracer ends at the quantised value of its input whatever the order of the
//! updates (`docs/numerics.md`). Both change the number of time-steps, spikes and additions.

use std::fmt;
use std::str::FromStr;

/// The order of the updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// The paper's: in each time-step all layers are updated, one after the other.
    #[default]
    Synchronous,
    /// Layer by layer: a layer runs its own local time-steps until it is quiescent, then the next one begins. Its input is
    /// complete, so no spike is taken back.
    Settled,
}

/// What a spike is worth in the settled schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpikeCode {
    /// One level, as the ST-BIF+ neuron was published: a neuron at level `Q` fires `|Q|` spikes.
    #[default]
    Unary,
    /// `2^(B−1−j)` levels in local time-step `j = 0…B−1`: a neuron at level `Q` fires a spike for each set bit of `|Q|`.
    Radix,
}

impl SpikeCode {
    /// Most local time-steps of neurons with levels `low…high`: the largest magnitude, or its bits.
    pub fn most_steps(self, low: i32, high: i32) -> u32 {
        let most = low.unsigned_abs().max(high.unsigned_abs());
        match self {
            Self::Unary => most,
            Self::Radix => u32::BITS - most.leading_zeros(),
        }
    }

    /// Levels that a spike carries in local time-step `step = 0…steps − 1`.
    pub fn worth(self, step: u32, steps: u32) -> i32 {
        match self {
            Self::Unary => 1,
            Self::Radix => 1 << (steps - 1 - step),
        }
    }

    /// Spikes of a neuron that ends at this level.
    #[inline(always)]
    pub fn spikes(self, level: i32) -> u32 {
        match self {
            Self::Unary => level.unsigned_abs(),
            Self::Radix => level.unsigned_abs().count_ones(),
        }
    }
}

impl Schedule {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Synchronous, Self::Settled];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synchronous => "synchronous",
            Self::Settled => "settled",
        }
    }
}

impl SpikeCode {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Unary, Self::Radix];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::Radix => "radix",
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for SpikeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|s| s.name() == text);
        found.ok_or_else(|| format!("{text:?} is not a schedule: synchronous or settled"))
    }
}

impl FromStr for SpikeCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|s| s.name() == text);
        found.ok_or_else(|| format!("{text:?} is not a spike code: unary or radix"))
    }
}

#[cfg(test)]
mod tests {
    use super::SpikeCode;

    #[test]
    fn spikes_carry_every_level() {
        for (low, high) in [(0, 1), (-1, 0), (-8, 7), (0, 15), (-128, 127), (0, 255), (-3, 200), (0, 0)] {
            for code in SpikeCode::ALL {
                let steps = code.most_steps(low, high);
                let most: i32 = (0..steps).map(|j| code.worth(j, steps)).sum();
                assert!(most >= high.max(-low), "{code} {low}…{high}");
                for level in low..=high {
                    let mut left = level.abs();
                    let mut spikes = 0;
                    for j in 0..steps {
                        if left >= code.worth(j, steps) {
                            left -= code.worth(j, steps);
                            spikes += 1;
                        }
                    }
                    assert_eq!(
                        (left, spikes),
                        (0, code.spikes(level)),
                        "{code} level {level} of {low}…{high}"
                    );
                }
            }
        }
    }
}
