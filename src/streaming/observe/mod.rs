//! What co-simulation compares: every neuron, every change that the readout takes, the counters of every stage.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | all comparisons of a run, and which sample each has reached |
//! | `recording.rs` | recordings of the golden model for the samples inside |
//! | `taps.rs` | decoded tap reports |
//! | `neurons.rs`, `readout.rs` | comparisons, beat by beat |
//! | `expected.rs` | expected counter values |
//! | `waits.rs` | maximum time without a transfer |

mod expected;
mod neurons;
mod readout;
mod recording;
mod taps;
mod waits;

use super::design::{Design, Kind};
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::golden::{Golden, Limits, Outcome};
use crate::hardware::{Compared, Counter, Stop};
use expected::Expected;
use neurons::NeuronCheck;
use readout::ReadoutCheck;
use recording::{Inside, Recorder};
use taps::{Beats, Source};

pub(crate) use waits::waits;

/// All comparisons of a run inside a design.
pub(crate) struct Observer<'a> {
    design: &'a Design,
    inputs: &'a Inputs,
    recorder: Recorder<'a>,
    inside: Inside,
    /// Samples that were started.
    begun: usize,
    raw: Vec<i32>,
    /// By stage.
    layers: Vec<Option<usize>>,
    neurons: Vec<Option<NeuronCheck>>,
    counters: Vec<Counter>,
    readout: ReadoutCheck,
}

impl<'a> Observer<'a> {
    /// For a design and the golden model of the same network.
    ///
    /// # Errors
    /// If the stages of the design are not the layers of the golden model.
    pub fn new(design: &'a Design, golden: &'a Golden, inputs: &'a Inputs, limits: Limits) -> Result<Self> {
        let layers = layers(design, golden)?;
        let check = |(stage, layer): (&super::design::Stage, &Option<usize>)| {
            let output = stage.outputs.first().map(|&stream| &design.streams[stream]);
            layer.zip(output).and_then(|(layer, output)| NeuronCheck::new(layer, stage, output))
        };
        let readout = design
            .stages
            .iter()
            .find_map(|stage| stage.kind.readout().map(|readout| ReadoutCheck::new(&stage.node, readout)));
        Ok(Self {
            design,
            inputs,
            recorder: Recorder::new(golden, inputs, limits),
            inside: Inside::default(),
            begun: 0,
            raw: Vec::new(),
            neurons: design.stages.iter().zip(&layers).map(check).collect(),
            counters: vec![Counter::default(); design.stages.len()],
            layers,
            readout: readout.ok_or_else(|| Error::input("the design has no readout"))?,
        })
    }

    /// Runs the golden model on the next sample, which goes into the hardware next.
    ///
    /// # Errors
    /// When there are no more samples.
    pub fn begin_sample(&mut self) -> Result<Outcome> {
        let missing = || Error::input("the golden model has no more samples");
        let recording = self.recorder.next().ok_or_else(missing)?;
        self.inputs.fill(self.begun, &mut self.raw);
        self.begun += 1;
        Expected::new(self.design, &self.layers).add(&recording, &self.raw, &mut self.counters);
        let outcome = recording.outcome.clone();
        self.inside.push(recording);
        Ok(outcome)
    }

    /// Compares the beats in the tap reports.
    pub fn check(&mut self, words: &[u64]) -> Result<(), Stop> {
        for beat in Beats(words) {
            let beat = beat?;
            match beat.source {
                Source::Readout => self.readout.check(&beat, &self.inside)?,
                Source::Neurons(stage) => match self.neurons.get_mut(stage) {
                    Some(Some(check)) => check.check(&beat, &self.inside)?,
                    _ => {
                        let problem = format!("stage {stage} reports neurons and has none in the model");
                        return Err(Error::input(problem).into());
                    }
                },
            }
        }
        let neurons = self.neurons.iter().flatten().map(|check| check.sample);
        let done = neurons.chain([self.readout.sample]).min().unwrap_or(0);
        self.inside.forget_before(done);
        Ok(())
    }

    /// Whether every sample that was begun has been compared to its end, and nothing else has come.
    pub fn is_complete(&self) -> bool {
        let neurons = self.neurons.iter().flatten();
        let mut ends = neurons.map(|check| (check.sample, check.is_between_samples()));
        ends.all(|end| end == (self.begun, true))
            && (self.readout.sample, self.readout.is_between_samples()) == (self.begun, true)
    }

    /// Expected values of the counters of every stage for the samples that were started.
    pub fn counters(&self) -> Vec<Counter> {
        let stages = self.design.stages.iter().zip(&self.neurons).zip(&self.counters);
        let counter =
            |((stage, check), counter): ((&super::design::Stage, &Option<NeuronCheck>), &Counter)| {
                let beats = match (&stage.kind, check) {
                    (Kind::Readout(_), _) => self.readout.beats,
                    (_, Some(check)) => check.beats,
                    (_, None) => 0,
                };
                Counter { work: counter.work + beats, most: stage.work_a_cycle(), ..*counter }
            };
        stages.map(counter).collect()
    }

    /// The comparisons so far.
    pub fn compared(&self) -> Compared {
        self.neurons.iter().flatten().fold(Compared::default(), |sum, check| sum + check.compared)
    }
}

/// For each stage of neurons, the index of its layer in the golden model.
fn layers(design: &Design, golden: &Golden) -> Result<Vec<Option<usize>>> {
    let mut names = golden.layers().iter().map(|layer| layer.name.as_str()).enumerate();
    let layer = |stage: &super::design::Stage| {
        if !stage.is_neurons() {
            return Ok(None);
        }
        match names.next() {
            Some((index, name)) if name == stage.node => Ok(Some(index)),
            _ => Err(Error::input("the stages of the design are not the layers of the golden model")
                .at_node(&stage.node)
                .fix("write the build folder again with 'snn2rtl build'")),
        }
    };
    design.stages.iter().map(layer).collect()
}
