//! What changes during a run.

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

/// The spikes of a layer in a time-step: indices of neurons, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    pub up: Vec<u32>,
    pub down: Vec<u32>,
}

impl Events {
    pub(super) fn len(&self) -> usize {
        self.up.len() + self.down.len()
    }

    pub(super) fn clear(&mut self) {
        self.up.clear();
        self.down.clear();
    }

    /// Appends the spikes of neurons from `first` on; whether there are any.
    #[inline(always)]
    pub(super) fn append(&mut self, spikes: &[i8], first: usize) -> bool {
        const CHUNK: usize = 64;
        let before = self.len();
        for (n, chunk) in spikes.chunks(CHUNK).enumerate() {
            // Bit `i` says whether spike `i` is ±1, and whether it is −1.
            let (mut fired, mut down) = (0u64, 0u64);
            for (i, eight) in chunk.chunks(8).enumerate() {
                let mut bytes = [0; 8];
                bytes.iter_mut().zip(eight).for_each(|(byte, &s)| *byte = s as u8);
                let word = u64::from_le_bytes(bytes);
                fired |= low_bits(word) << (8 * i);
                down |= low_bits(word >> 7) << (8 * i);
            }
            // Values have at most 2^30 elements.
            let first = (first + n * CHUNK) as u32;
            push(&mut self.up, fired & !down, first);
            push(&mut self.down, down, first);
        }
        self.len() > before
    }
}

/// The lowest bits of the eight bytes of a word, as a byte.
#[inline(always)]
fn low_bits(word: u64) -> u64 {
    (word & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Appends the positions of the bits that are set, counted from `first`.
#[inline(always)]
fn push(list: &mut Vec<u32>, mut bits: u64, first: u32) {
    while bits != 0 {
        list.push(first + bits.trailing_zeros());
        bits &= bits - 1;
    }
}

/// The spikes of some of a layer's neurons in a time-step: those with an index from `first` on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    pub up: &'a [u32],
    pub down: &'a [u32],
    pub first: u32,
}

impl Window<'_> {
    pub(super) fn len(self) -> usize {
        self.up.len() + self.down.len()
    }
}

impl Events {
    /// The spikes of the neurons `first…end − 1`.
    pub(super) fn window(&self, first: u32, end: u32) -> Window<'_> {
        let cut = |list: &'_ [u32]| {
            let from = if first == 0 { 0 } else { list.partition_point(|&i| i < first) };
            (from, list.partition_point(|&i| i < end))
        };
        let (up, down) = (cut(&self.up), cut(&self.down));
        Window { up: &self.up[up.0..up.1], down: &self.down[down.0..down.1], first }
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
    /// `V`, or `A` where a table decides.
    pub sums: Sums,
    /// `A`, kept only by a checked model.
    pub totals: Vec<i64>,
    /// `S`.
    pub tracers: Vec<i32>,
    /// Spikes of the current time-step.
    pub spikes: Vec<i8>,
    /// The same as lists.
    pub events: Events,
    /// Rows that may act in the next time-step without any input: those that fired in this one.
    pub active: Vec<bool>,
    /// Whether any row did.
    pub any: bool,
    /// Number of spikes so far.
    pub count: u64,
    /// First time-step from which on nothing changes.
    pub final_step: Option<u32>,
}

/// Room for a row of neurons that decide by the whole row.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// What is compared with the edges.
    pub values: Vec<i64>,
    /// Where the levels begin.
    pub edges: Vec<i64>,
    /// Accumulated input.
    pub scores: Vec<i64>,
}

/// A product of two layers.
#[derive(Clone, Debug)]
pub(super) struct ProductState {
    /// `A`.
    pub totals: Sums,
    /// The right operand, arranged.
    pub operand: Sums,
}

/// Everything that changes during a run; reused from sample to sample without allocating.
#[derive(Clone, Debug)]
pub struct State {
    /// Elements of the input that are not 0 after subtraction of the zero point: index and value, by arrangement.
    pub(super) inputs: Vec<Vec<(u32, i32)>>,
    /// All elements after the subtraction, by arrangement; where something reads them by position.
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
    /// Room for every value of the model.
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
                    let list = || Vec::with_capacity(len);
                    state.neurons.push(Neurons {
                        sums: Sums::zeros(neuron.width, len),
                        totals: vec![0; if golden.checked { len } else { 0 }],
                        tracers: vec![0; len],
                        spikes: vec![0; len],
                        events: Events { up: list(), down: list() },
                        active: vec![true; neuron.rows],
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

    /// Puts everything to where it is before the first time-step.
    pub(super) fn reset(&mut self, golden: &Golden) {
        (self.sops, self.input_macs) = (0, 0);
        self.totals.fill(0);
        for delta in &mut self.deltas {
            delta.sums.clear();
            delta.touched.fill(false);
            delta.any = false;
        }
        self.products.iter_mut().for_each(|product| product.totals.clear());
        for (neurons, plan) in self.neurons.iter_mut().zip(golden.neurons()) {
            plan.start_into(&mut neurons.sums);
            neurons.totals.fill(0);
            neurons.tracers.fill(0);
            neurons.spikes.fill(0);
            neurons.events.clear();
            // The start value alone may make a neuron fire in the first time-step.
            neurons.active.fill(true);
            neurons.any = true;
            neurons.count = 0;
            neurons.final_step = None;
        }
    }
}
