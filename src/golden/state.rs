//! Variables of a run.

use super::plan::{Golden, Stage};
use super::sums::{Delta, Gathered, Neurons, ProductState, Scratch, Sums};

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
    /// `A` of each pool.
    pub(super) pools: Vec<Vec<i64>>,
    /// Spikes and values of windows, side by side.
    pub(super) gathered: Gathered,
    pub(super) neurons: Vec<Neurons>,
    pub(super) totals: Vec<i64>,
    /// Additions that the spikes of each layer of neurons caused.
    pub(super) additions: Vec<u64>,
    pub(super) input_macs: u64,
}

impl Golden {
    /// Buffers for a run; reuse them from sample to sample.
    pub fn state(&self) -> State {
        State::new(self)
    }
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
            pools: Vec::new(),
            gathered: Gathered::default(),
            neurons: Vec::new(),
            totals: Vec::new(),
            additions: Vec::new(),
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
                Stage::Pool(pool) => state.pools.push(pool.new_state()),
                Stage::Neuron(neuron) => {
                    let len = neuron.rows * neuron.channels;
                    state.additions.push(0);
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
        self.additions.fill(0);
        self.input_macs = 0;
        self.totals.fill(0);
        for delta in &mut self.deltas {
            delta.sums.clear();
            delta.touched.fill(false);
            delta.any = false;
        }
        self.pools.iter_mut().for_each(|pool| pool.fill(0));
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
