//! Activity: spikes of every row of every layer in every time-step, and last levels, measured with the golden model.

use crate::golden::{Golden, Limits, Observer, Outcome, Settled, Unobserved};

/// Activity of a network on samples.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// Sample by sample.
    pub(crate) samples: Vec<Sample>,
    /// Names of the layers of neurons.
    pub(crate) layers: Vec<String>,
}

/// Events of a row by their channel modulo 8, from which those of 1, 2, 4 or 8 banks follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Events([u32; 8]);

/// One sample.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Elements of the input that are not 0.
    pub nonzero: Vec<bool>,
    /// By layer of neurons: spikes of each row, time-step by time-step up to the layer's final one; none where only levels
    /// were measured.
    pub layers: Vec<Vec<Events>>,
    /// The raw elements.
    pub raw: Vec<i32>,
    /// By layer of neurons: the levels at the end, row by row.
    pub levels: Vec<Vec<i32>>,
}

impl Events {
    /// Of a row.
    pub fn of(row: impl IntoIterator<Item = bool>) -> Self {
        let mut events = Self::default();
        for (channel, event) in row.into_iter().enumerate() {
            events.0[channel % 8] += u32::from(event);
        }
        events
    }

    /// One event, or none, wherever it is.
    pub fn any(any: bool) -> Self {
        Self::of([any])
    }

    /// All of them.
    pub fn total(self) -> u32 {
        self.0.iter().sum()
    }

    /// Those of the bank with the most.
    pub fn busiest(self, banks: usize) -> u32 {
        let bank = |bank: usize| self.0.iter().skip(bank).step_by(banks).sum();
        (0..banks).map(bank).max().unwrap_or(0)
    }
}

/// Counts spikes row by row.
struct Counter<'a> {
    rows: &'a [usize],
    layers: Vec<Vec<Events>>,
}

impl Observer for Counter<'_> {
    fn spikes(&mut self, layer: usize, _step: u32, spikes: &[i8]) {
        let rows = spikes.chunks(spikes.len().div_ceil(self.rows[layer]).max(1));
        self.layers[layer].extend(rows.map(|row| Events::of(row.iter().map(|&s| s != 0))));
    }
}

impl Activity {
    /// Runs raw samples, each in the shape of the input.
    ///
    /// # Panics
    /// As [`Golden::run`], for samples that do not belong to this network.
    pub fn measure(golden: &Golden, raw: impl IntoIterator<Item = Vec<i32>>) -> Self {
        let rows: Vec<usize> = golden.layers().iter().map(|layer| layer.rows).collect();
        let names = golden.layers().iter().map(|layer| layer.name.clone()).collect();
        let mut state = golden.state();
        let zero = golden.input().zero_point;
        let sample = |raw: Vec<i32>| {
            let mut counter = Counter { rows: &rows, layers: vec![Vec::new(); rows.len()] };
            let outcome = golden.run(&mut state, &raw, &Limits::default(), &mut counter);
            let Outcome { final_step, levels, .. } = outcome;
            for ((counts, &last), &rows) in counter.layers.iter_mut().zip(&final_step).zip(&rows) {
                counts.truncate(last as usize * rows);
            }
            let nonzero = raw.iter().map(|&q| q != zero).collect();
            Sample { nonzero, layers: counter.layers, raw, levels }
        };
        Self { samples: raw.into_iter().map(sample).collect(), layers: names }
    }

    /// As [`Self::measure`], but only the levels at the end, which are the same in every schedule: for designs in the
    /// settled schedule.
    ///
    /// # Panics
    /// As [`Settled::run`], for samples that do not belong to this network.
    pub fn levels(golden: &Settled, raw: impl IntoIterator<Item = Vec<i32>>) -> Self {
        let mut state = golden.state();
        let sample = |raw: Vec<i32>| {
            let levels = golden.run(&mut state, &raw, &mut Unobserved).levels;
            Sample { raw, levels, ..Sample::default() }
        };
        Self {
            samples: raw.into_iter().map(sample).collect(),
            layers: golden.layers().iter().map(|layer| layer.name.clone()).collect(),
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples.len()
    }
}
