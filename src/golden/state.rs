//! Variables of a run.

use super::Golden;
use super::plan::Stage;

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

/// A product of two layers.
#[derive(Clone, Debug)]
pub(super) struct ProductState {
    /// `A`.
    pub totals: Sums,
    /// The right operand, arranged.
    pub operand: Sums,
}

/// All variables of a run; reused from sample to sample without allocation.
#[derive(Clone, Debug)]
pub struct State {
    /// Elements of the input that are not 0 after subtraction of the zero point: index and value, by arrangement.
    pub(super) inputs: Vec<Vec<(u32, i32)>>,
    /// All elements after the subtraction, by arrangement, for layers that read them by position.
    pub(super) values: Vec<Vec<i32>>,
    pub(super) scratch: Scratch,
    pub(super) deltas: Vec<Delta>,
    pub(super) products: Vec<ProductState>,
    pub(super) neurons: Vec<Neurons>,
    pub(super) totals: Vec<i64>,
    pub(super) sops: u64,
    pub(super) input_macs: u64,
}

impl State {
    /// Buffers for every value of the model.
    pub(super) fn new(golden: &Golden) -> Self {
        let mut state = Self {
            inputs: golden
                .arrangements
                .iter()
                .map(|_| Vec::with_capacity(golden.input.shape.len()))
                .collect(),
            values: golden
                .arrangements
                .iter()
                .map(|_| Vec::with_capacity(golden.input.shape.len()))
                .collect(),
            scratch: Scratch::default(),
            deltas: Vec::new(),
            products: Vec::new(),
            neurons: Vec::new(),
            totals: Vec::new(),
            sops: 0,
            input_macs: 0,
        };
        for a in &golden.accumulations {
            state.deltas.push(Delta {
                sums: Sums::zeros(a.width, a.rows * a.stride),
                touched: vec![false; a.rows],
                any: false,
            });
        }
        for stage in &golden.stages {
            match stage {
                Stage::Synapse(_) | Stage::Embedding(_) | Stage::Sum(_) => {}
                Stage::Product(product) => state.products.push(product.new_state()),
                Stage::Neuron(neuron) => {
                    let len = neuron.rows * neuron.channels;
                    state.neurons.push(Neurons {
                        sums: Sums::zeros(neuron.width, len),
                        totals: vec![0; if golden.checked { len } else { 0 }],
                        tracers: vec![0; len],
                        spikes: vec![0; len],
                        fired: vec![0; neuron.rows],
                        any: true,
                        count: 0,
                        final_step: None,
                    });
                }
                Stage::Readout(readout) => state.totals = vec![0; readout.rows * readout.channels],
            }
        }
        state
    }

    /// Resets all values to those before the first time-step.
    pub(super) fn reset(&mut self, golden: &Golden) {
        (self.sops, self.input_macs) = (0, 0);
        self.totals.fill(0);
        for delta in &mut self.deltas {
            delta.sums.clear();
            delta.touched.fill(false);
            delta.any = false;
        }
        for product in &mut self.products {
            product.totals.clear();
            product.operand.clear();
        }
        for (neurons, plan) in self.neurons.iter_mut().zip(golden.neurons()) {
            plan.start_into(&mut neurons.sums);
            neurons.totals.fill(0);
            neurons.tracers.fill(0);
            neurons.spikes.fill(0);
            // The start value alone may make a neuron fire in the first time-step.
            neurons.fired.fill(1);
            neurons.any = true;
            neurons.count = 0;
            neurons.final_step = None;
        }
    }
}
