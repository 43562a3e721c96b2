//! The readout's accumulated input at every time-step.

use super::recording::Inside;
use super::taps::Beat;
use crate::hardware::{FirstMismatch, What};
use crate::streaming::design::Readout;

/// Comparison of the input of the readout with the golden model.
pub(super) struct ReadoutCheck {
    name: String,
    channels: usize,
    lanes: usize,
    chunks: usize,
    totals: Vec<i64>,
    /// The next beat: sample, time-step from 1, chunk.
    pub sample: usize,
    step: u32,
    chunk: usize,
    /// Beats so far.
    pub beats: u64,
}

impl ReadoutCheck {
    pub fn new(name: &str, readout: &Readout) -> Self {
        let channels = readout.readout.channels;
        Self {
            name: name.to_owned(),
            channels,
            lanes: readout.lanes,
            chunks: readout.chunks(),
            totals: vec![0; channels],
            sample: 0,
            step: 1,
            chunk: 0,
            beats: 0,
        }
    }

    /// Takes the next beat and, at the end of a time-step, compares.
    pub fn check(&mut self, beat: &Beat<'_>, inside: &Inside) -> Result<(), Box<FirstMismatch>> {
        self.beats += 1;
        let Some(recording) = inside.get(self.sample) else {
            return Err(self.order(beat, "a beat that belongs to no sample"));
        };
        if beat.chunk != self.chunk || (beat.skip && self.chunk != 0) {
            return Err(self.order(beat, &format!("chunk {}, expected is {}", beat.chunk, self.chunk)));
        }
        if !beat.skip && beat.lanes() != self.lanes {
            return Err(self.order(beat, &format!("a beat of {} lanes", beat.lanes())));
        }
        for lane in 0..beat.lanes() {
            let delta = beat.delta(lane);
            match self.totals.get_mut(self.chunk * self.lanes + lane) {
                // A sum beyond 64 bits differs from the golden model's in any case.
                Some(total) => *total = total.wrapping_add(delta),
                None if delta != 0 => return Err(self.order(beat, "a change beyond the channels")),
                None => {}
            }
        }
        let step_ends = beat.skip || self.chunk + 1 == self.chunks;
        let ends = step_ends && self.step == recording.outcome.time_steps;
        // A sample that the readout stops by confidence is not over for the stages before it.
        let last = ends && !recording.outcome.confident;
        if (beat.last, beat.quiet) != (last, ends && recording.outcome.quiescent) {
            let message = format!(
                "a beat with wrong flags: last {}, quiet {}, expected last {last}",
                beat.last, beat.quiet
            );
            return Err(self.order(beat, &message));
        }
        if !step_ends {
            self.chunk += 1;
            return Ok(());
        }
        self.chunk = 0;
        let golden = &recording.totals[(self.step as usize - 1) * self.channels..][..self.channels];
        if let Some(channel) = self.totals.iter().zip(golden).position(|(a, b)| a != b) {
            let (rtl, golden) = (self.totals[channel], golden[channel]);
            let message = format!("the readout of the RTL has {rtl}, the golden model {golden}");
            let mut mismatch = FirstMismatch::new(What::Readout, beat.cycle, message);
            mismatch = mismatch.at(self.sample, &self.name, self.step);
            mismatch.channel = Some(channel);
            return Err(mismatch);
        }
        self.step += 1;
        if ends {
            (self.sample, self.step) = (self.sample + 1, 1);
            self.totals.fill(0);
        }
        Ok(())
    }

    /// Whether exactly one complete sample was compared.
    pub fn is_between_samples(&self) -> bool {
        (self.step, self.chunk) == (1, 0)
    }

    fn order(&self, beat: &Beat<'_>, found: &str) -> Box<FirstMismatch> {
        let message = format!("the readout of the RTL takes {found}");
        FirstMismatch::new(What::Order, beat.cycle, message).at(self.sample, &self.name, self.step)
    }
}
