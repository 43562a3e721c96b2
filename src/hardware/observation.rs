//! What co-simulation asks of an architecture beside its comparisons.

/// What has been compared.
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

/// What the counters of a stage must have counted, summed over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counter {
    /// Spikes of neurons.
    pub spikes: u64,
    /// For engines, accumulations of a chunk; for other stages, beats.
    pub work: u64,
    /// Most work that the stage can do in one cycle.
    pub most: u64,
}

impl Counter {
    /// Cycles that the work takes at least.
    pub fn cycles(&self) -> u64 {
        self.work.div_ceil(self.most.max(1))
    }
}

/// How long the hardware may stand still, and who waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waits {
    /// Cycles that the slowest stage can need from one transfer to the next.
    pub cycles: u64,
    /// By stream: who reads it.
    pub readers: Vec<String>,
}
