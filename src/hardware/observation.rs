//! Interface of co-simulation to an architecture, besides its comparisons.

/// Numbers of comparisons.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Compared {
    /// Neurons, through all time-steps of a sample.
    pub neurons: u64,
    /// Neurons in a time-step.
    pub spikes: u64,
    /// Those that fired.
    pub fired: u64,
}

impl std::ops::Add for Compared {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            neurons: self.neurons + other.neurons,
            spikes: self.spikes + other.spikes,
            fired: self.fired + other.fired,
        }
    }
}

/// Expected values of the counters of a stage, summed over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counter {
    /// Spikes of neurons.
    pub spikes: u64,
    /// For engines, accumulations of a chunk; for other stages, beats.
    pub work: u64,
    /// Maximum work of the stage in one cycle.
    pub most: u64,
}

impl Counter {
    /// Minimum number of cycles for the work.
    pub fn cycles(&self) -> u64 {
        self.work.div_ceil(self.most.max(1))
    }
}

/// Maximum time without a transfer, and the waiting readers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waits {
    /// Maximum number of cycles of the slowest stage from one transfer to the next.
    pub cycles: u64,
    /// By stream: its reader.
    pub readers: Vec<String>,
}
