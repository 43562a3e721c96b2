//! Sums, and what a stage keeps of them from time-step to time-step.

/// Sums in the narrowest type that holds their proven range.
#[derive(Clone, Debug)]
pub(super) enum Sums {
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
}

/// Width of [`Sums`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    W16,
    W32,
    W64,
}

impl Sums {
    pub(super) fn zeros(width: Width, len: usize) -> Self {
        match width {
            Width::W16 => Self::I16(vec![0; len]),
            Width::W32 => Self::I32(vec![0; len]),
            Width::W64 => Self::I64(vec![0; len]),
        }
    }

    /// Sets everything to 0.
    pub(super) fn clear(&mut self) {
        match self {
            Self::I16(v) => v.fill(0),
            Self::I32(v) => v.fill(0),
            Self::I64(v) => v.fill(0),
        }
    }
}

/// The change of `A` of a synaptic layer in the current time-step.
#[derive(Clone, Debug)]
pub(super) struct Delta {
    /// Rows × stride.
    pub sums: Sums,
    /// Rows that received an event; the others are 0.
    pub touched: Vec<bool>,
    /// Whether any row did.
    pub any: bool,
}

/// A layer of neurons.
#[derive(Clone, Debug)]
pub(super) struct Neurons {
    /// `V`, or `A` for the table rule.
    pub sums: Sums,
    /// `A`, stored only by a checked model.
    pub totals: Vec<i64>,
    /// `S`.
    pub tracers: Vec<i32>,
    /// Spikes of the current time-step.
    pub spikes: Vec<i8>,
    /// Number of spikes of each row. Only rows that fired may act in the next time-step without any input.
    pub fired: Vec<u32>,
    /// Whether any row did.
    pub any: bool,
    /// Number of spikes so far.
    pub count: u64,
    /// First time-step after which nothing changes.
    pub final_step: Option<u32>,
}

/// Buffers for a row of neurons that decide by the whole row.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// The decision values.
    pub values: Vec<i64>,
    /// Accumulated input.
    pub scores: Vec<i64>,
    /// One for each group.
    pub sums: Vec<i64>,
}

impl Neurons {
    /// Number of spikes of the neurons `first…end − 1`, which are whole rows.
    pub(super) fn fired_in(&self, first: u32, end: u32) -> u64 {
        let channels = self.spikes.len() / self.fired.len().max(1);
        let rows = first as usize / channels..end as usize / channels;
        self.fired[rows].iter().map(|&n| u64::from(n)).sum()
    }
}

/// Buffers of layers with windows: what the output pixels read.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    pub spikes: Vec<i8>,
    pub values: Vec<(u32, i32)>,
}

/// A product of two layers.
#[derive(Clone, Debug)]
pub(super) struct ProductState {
    /// `A`.
    pub totals: Sums,
    /// The right operand, arranged.
    pub operand: Sums,
}
