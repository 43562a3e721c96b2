//! FIFO depths where paths join.
//!
//! A stage with several inputs waits for the latest of them; the streams of the others pile up before it. Two
//! questions:
//!
//! *Can the pipeline deadlock?* Not if each input of such a stage stores a whole time-step and one beat more.
//! Take the earliest time-step that is not finished everywhere, and among the stages that have not finished it one
//! whose inputs all come from stages that have sent it. It can be held up by its outputs only. An output is full only
//! of beats that its reader has not taken; if these hold a whole time-step and a beat, they reach into a later one, so
//! this stage has sent the earliest time-step already, and so has every fork before it to all its readers. The stage is
//! held up in a later time-step, against the assumption. Beats of the next sample change nothing: a stream that
//! has ended is not waited for.
//!
//! *Are there avoidable stalls?* A product takes the whole time-step of the right operand before it begins with the left
//! one's, so what comes out of it is a time-step later than what goes in; everything else passes row by row. A FIFO
//! that additionally stores the difference of these latencies lets the shorter path run ahead of the longer one
//! ([`Joins::Overlapped`]).

use super::super::stage::{Kind, Stage};
use super::{Joins, Planner};

impl Planner<'_> {
    /// Sets the depths of the FIFOs of streams that join; `extra` is the number of additional time-steps of each.
    pub(super) fn join(&mut self, inputs: &[(usize, usize)]) {
        let latest = inputs.iter().map(|&(s, _)| self.lags[s]).max().unwrap_or(0);
        for &(input, extra) in inputs {
            let steps = match self.options.joins {
                Joins::Overlapped => latest - self.lags[input] + extra + 1,
                Joins::Minimal => 1,
            };
            // Before it is scaled, a beat has fewer bits.
            let scale = |stage: &&Stage| matches!(stage.kind, Kind::Scale(_)) && stage.outputs == [input];
            let before = self.design.stages.iter().find(scale).and_then(|stage| stage.inputs.first());
            let stream = &mut self.design.streams[before.copied().unwrap_or(input)];
            stream.depth = stream.depth.max(steps * stream.beats() + 1);
        }
    }

    /// What comes out of this stream is a time-step later than what goes in.
    pub(super) fn delay(&mut self, stream: usize) {
        self.lags[stream] += 1;
    }
}
