//! All comparisons of a run, and who is how far.

use super::dut::Dut;
use super::frames::FrameCheck;
use super::mismatch::{FirstMismatch, Stop, What};
use super::neurons::NeuronCheck;
use super::readout::ReadoutCheck;
use super::recording::Inside;
use super::taps::{Beats, Source};
use crate::error::Error;
use crate::streaming::design::Kind;

/// All comparisons.
pub(super) struct Checks {
    pub inside: Inside,
    /// By stage.
    pub neurons: Vec<Option<NeuronCheck>>,
    pub readout: ReadoutCheck,
    pub frames: FrameCheck,
}

impl Checks {
    /// None for a design without a readout, which there is not.
    pub fn new(dut: &Dut) -> Option<Self> {
        let mut neurons = Vec::new();
        let mut end = None;
        for (stage, layer) in dut.design.stages.iter().zip(&dut.layers) {
            let output = stage.outputs.first().map(|&stream| &dut.design.streams[stream]);
            let place = layer.zip(output);
            neurons.push(place.and_then(|(layer, output)| NeuronCheck::new(layer, stage, output)));
            if let Kind::Readout(readout) = &stage.kind {
                end = Some((ReadoutCheck::new(&stage.node, readout), FrameCheck::new(&stage.node, readout)));
            }
        }
        let (readout, frames) = end?;
        Some(Self { inside: Inside::default(), neurons, readout, frames })
    }

    /// Compares the beats in what the taps have reported.
    pub fn beats(&mut self, words: &[u64]) -> Result<(), Stop> {
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
        Ok(())
    }

    /// Number of samples that everybody is done with.
    pub fn done(&self) -> usize {
        let neurons = self.neurons.iter().flatten().map(|check| check.sample);
        neurons.chain([self.readout.sample, self.frames.sample]).min().unwrap_or(0)
    }

    /// What did not come, after everything has.
    pub fn missing(&self, samples: usize, cycle: u64) -> Option<Box<FirstMismatch>> {
        let whole = self.neurons.iter().flatten().all(NeuronCheck::is_between_samples);
        if self.done() == samples && whole && self.readout.is_between_samples() {
            return None;
        }
        let message = "the pipeline is empty, but not everything has come out of it";
        Some(FirstMismatch::new(What::Order, cycle, message))
    }
}
