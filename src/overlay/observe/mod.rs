//! What co-simulation compares: every neuron after every local time-step, every sum that LayerNorm reads, every score that
//! softmax takes, the accumulated logits, and the counters.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | all comparisons of a run, and which sample each has reached |
//! | `recording.rs` | recordings of the golden model for the samples inside |
//! | `taps.rs` | decoded tap reports |
//! | `layer.rs` | comparison of a layer |

mod layer;
mod recording;
mod taps;

use std::collections::HashMap;

use super::cycles::{self, Account};
use super::design::Design;
use super::plan::Unit;
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::golden::{Settled, SettledOutcome};
use crate::hardware::{Adders, Compared, Counter, FirstMismatch, Stop, What};
use layer::{Layer, Place};
use recording::{Inside, Recording, record};
use taps::{Beats, Report};

/// All comparisons of a run inside a design.
pub(crate) struct Observer<'a> {
    design: &'a Design,
    golden: &'a Settled,
    inputs: &'a Inputs,
    inside: Inside,
    /// Samples that were started.
    begun: usize,
    raw: Vec<i32>,
    layers: Vec<Layer>,
    /// Layers of the engine by their fire instruction.
    engine: HashMap<usize, usize>,
    /// Layers of LayerNorm and of softmax in the order of their instructions, and the one that comes next.
    rows: [Turn; 2],
    /// The same for what they read.
    reads: [Turn; 2],
    readout: Readout,
    counter: Counter,
    stages: usize,
    /// What the adders do, by the model of cycles, summed over samples.
    account: Account,
}

/// Layers that take turns.
#[derive(Default)]
struct Turn {
    layers: Vec<usize>,
    next: usize,
}

impl Turn {
    fn layer(&self) -> Option<usize> {
        self.layers.get(self.next).copied()
    }

    fn advance(&mut self) {
        self.next = (self.next + 1) % self.layers.len().max(1);
    }
}

/// Comparison of the logits.
struct Readout {
    name: String,
    sample: usize,
    channel: usize,
}

impl<'a> Observer<'a> {
    /// For a design and the golden model of the same network.
    ///
    /// # Errors
    /// If the layers of the design are not those of the golden model.
    pub fn new(design: &'a Design, golden: &'a Settled, inputs: &'a Inputs) -> Result<Self> {
        let plan = &design.plan;
        let mut layers = Vec::new();
        for (index, own) in golden.layers().iter().enumerate() {
            let place = plan.layers.iter().find(|place| place.name == own.name);
            let place = place.ok_or_else(|| {
                Error::input("the program does not compute this layer of the golden model")
                    .at_node(&own.name)
                    .fix("write the build folder again with 'snn2rtl build'")
            })?;
            layers.push(Layer::new(index, place, plan));
            let again = plan.again.iter().filter(|place| place.name == own.name);
            layers.extend(again.map(|place| Layer::new(index, place, plan).again()));
        }
        let of = |unit: Unit| {
            let mut of: Vec<usize> = (0..layers.len()).filter(|&n| layers[n].unit == unit).collect();
            of.sort_by_key(|&n| layers[n].instruction);
            of
        };
        let turn = |unit| Turn { layers: of(unit), next: 0 };
        let pieces = |n: usize| (0..layers[n].pieces).map(move |piece| (piece, n));
        let engine = of(Unit::Engine).into_iter().flat_map(pieces);
        let engine = engine.map(|(piece, n)| (layers[n].instruction + piece, n)).collect();
        Ok(Self {
            design,
            golden,
            inputs,
            inside: Inside::default(),
            begun: 0,
            raw: Vec::new(),
            engine,
            rows: [turn(Unit::Vector), turn(Unit::Softmax)],
            reads: [turn(Unit::Vector), turn(Unit::Softmax)],
            layers,
            readout: Readout { name: design.output.node.clone(), sample: 0, channel: 0 },
            counter: Counter { most: plan.machine.spikes as u64, ..Counter::default() },
            stages: super::entry::stages(design).len(),
            account: Account::default(),
        })
    }

    /// Runs the golden model on the next sample, which goes into the hardware next.
    ///
    /// # Errors
    /// When there are no more samples.
    pub fn begin_sample(&mut self) -> Result<SettledOutcome> {
        if self.begun == self.inputs.len() {
            return Err(Error::input("the golden model has no more samples"));
        }
        self.inputs.fill(self.begun, &mut self.raw);
        self.begun += 1;
        let recording = record(self.golden, &self.raw);
        let outcome = recording.outcome.clone();
        self.count(&recording);
        self.inside.push(recording);
        Ok(outcome)
    }

    /// Adds a sample to the expected counters: the spikes of all neurons, those that only bring levels to another place
    /// included, and the events of all matrix products.
    fn count(&mut self, recording: &Recording) {
        let outcome = &recording.outcome;
        let plan = &self.design.plan;
        let names = self.golden.layers().iter().map(|layer| layer.name.as_str());
        let names: Vec<&str> = names.collect();
        let levels = plan.levels(&names, &outcome.levels);
        let estimate = cycles::estimate(plan, &self.raw, &levels, 1.0);
        self.account.add(&estimate.account);
        let products = estimate.engine.iter().zip(plan.fetch.iter().zip(&plan.fire)).enumerate();
        let copies = products.filter(|(n, (_, (_, fire)))| fire.neurons == 1 && !self.engine.contains_key(n));
        // A copy's neuron fires once for each spike that it reads; all chunks that read the same neurons see the same
        // spikes.
        let copied = copies.map(|(_, (busy, (fetch, _)))| {
            let same = fetch.inner * if fetch.slice_step == 0 { fetch.outer } else { 1 };
            busy.events / u64::try_from(same).unwrap_or(1).max(1)
        });
        let computed =
            self.layers.iter().filter_map(|layer| Some((recording.layers.get(layer.index)?, layer)));
        self.counter.spikes += computed.map(|(record, layer)| record.spikes_of(layer.neurons())).sum::<u64>();
        self.counter.spikes += copied.sum::<u64>();
        self.counter.work += estimate.engine.iter().map(|busy| busy.events).sum::<u64>();
    }

    /// Compares what the taps have reported.
    pub fn check(&mut self, words: &[u64]) -> Result<(), Stop> {
        for beat in Beats(words) {
            let beat = beat?;
            match beat.report {
                Report::Engine { instruction } => {
                    // Products that only bring levels to another place are not layers.
                    let Some(&layer) = self.engine.get(&instruction) else { continue };
                    let first = self.layers[layer].first(instruction) + beat.group * beat.lanes();
                    let place = Place { row: beat.row, first, step: beat.step };
                    self.layers[layer].check(&beat, Some(place), &self.inside)?;
                }
                Report::Rows { softmax } => {
                    let turn = &mut self.rows[usize::from(softmax)];
                    let Some(layer) = turn.layer() else {
                        return Err(
                            order(beat.cycle, "neurons of rows fire that the model does not have").into()
                        );
                    };
                    if self.layers[layer].check(&beat, None, &self.inside)? {
                        turn.advance();
                    }
                }
                Report::Sum(value) | Report::Score(value) => {
                    let turn = &mut self.reads[usize::from(matches!(beat.report, Report::Score(_)))];
                    let Some(layer) = turn.layer() else {
                        return Err(order(beat.cycle, "rows are read that the model does not have").into());
                    };
                    if self.layers[layer].read(value, beat.cycle, &self.inside)? {
                        turn.advance();
                    }
                }
                Report::Logit(value) => self.logit(value, beat.cycle)?,
            }
        }
        let done = self.layers.iter().map(|layer| layer.sample).chain([self.readout.sample]).min();
        self.inside.forget_before(done.unwrap_or(0));
        Ok(())
    }

    /// Compares an accumulated logit.
    fn logit(&mut self, value: i64, cycle: u64) -> Result<(), Box<FirstMismatch>> {
        let Readout { name, sample, channel } = &mut self.readout;
        let at = |message: String| {
            let mut mismatch = FirstMismatch::new(What::Readout, cycle, message).at(*sample, name, 1);
            mismatch.channel = Some(*channel);
            mismatch
        };
        let expected = self.inside.get(*sample).and_then(|r| r.outcome.totals.get(*channel).copied());
        match expected {
            Some(expected) if expected == value => {}
            Some(expected) => return Err(at(format!("an accumulated logit is {value}, not {expected}"))),
            None => return Err(at("the readout takes a logit of a sample that has not begun".into())),
        }
        *channel += 1;
        if self.inside.get(*sample).is_some_and(|r| r.outcome.totals.len() == *channel) {
            (*sample, *channel) = (*sample + 1, 0);
        }
        Ok(())
    }

    /// Whether every sample that was begun has been compared to its end, and nothing else has come.
    pub fn is_complete(&self) -> bool {
        self.layers.iter().all(|layer| layer.is_at(self.begun))
            && (self.readout.sample, self.readout.channel) == (self.begun, 0)
    }

    /// By stage: the expected values of its counters.
    pub fn counters(&self) -> Vec<Counter> {
        let mut counters = vec![Counter::default(); self.stages];
        if let Some(first) = counters.first_mut() {
            *first = self.counter;
        }
        counters
    }

    /// What the adders do in a sample, by the model of cycles: the mean of those that were begun.
    pub fn adders(&self) -> Adders {
        self.account.mean(self.begun).into()
    }

    /// The comparisons so far.
    pub fn compared(&self) -> Compared {
        self.layers.iter().fold(Compared::default(), |sum, layer| sum + layer.compared)
    }
}

/// Something comes that is not due.
fn order(cycle: u64, message: &str) -> Box<FirstMismatch> {
    FirstMismatch::new(What::Order, cycle, message)
}
