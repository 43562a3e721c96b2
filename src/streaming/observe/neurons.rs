//! Every neuron of a layer at every time-step.

use super::recording::{Inside, LayerRecord};
use super::taps::Beat;
use crate::hardware::{Compared, FirstMismatch, NeuronState, What};
use crate::integer::Rule;
use crate::streaming::design::{Groups, Kind, Stage, Stream};

/// Comparison of a neuron array with a layer of the golden model.
pub(super) struct NeuronCheck {
    /// Index among the layers of the golden model.
    layer: usize,
    name: String,
    rows: usize,
    channels: usize,
    lanes: usize,
    chunks: usize,
    skip_rows: bool,
    /// Where channels are tokens, padded.
    groups: Option<Groups>,
    /// Membrane before the first time-step, one per channel.
    start: Vec<i64>,
    /// The next beat: sample, time-step from 1, row, chunk.
    pub sample: usize,
    step: u32,
    row: usize,
    chunk: usize,
    /// Beats so far.
    pub beats: u64,
    pub compared: Compared,
}

impl NeuronCheck {
    /// Of a stage, if it is an array of neurons, and the stream that it writes.
    pub fn new(layer: usize, stage: &Stage, output: &Stream) -> Option<Self> {
        let groups = output.groups.filter(|groups| groups.pad != groups.tokens);
        let channels = groups.map_or(output.channels, |groups| groups.count * groups.tokens);
        let skip_rows = stage.kind.skip_rows()?;
        let start = if let Kind::Neurons(neurons) = &stage.kind
            && let Rule::Affine { start, .. } = &neurons.neuron.rule
        {
            start.clone()
        } else {
            // Tables, LayerNorm and softmax accumulate from 0.
            vec![0; channels]
        };
        Some(Self {
            layer,
            name: stage.node.clone(),
            rows: output.rows,
            channels,
            lanes: output.lanes,
            chunks: output.chunks(),
            skip_rows,
            groups,
            start,
            sample: 0,
            step: 1,
            row: 0,
            chunk: 0,
            beats: 0,
            compared: Compared::default(),
        })
    }

    /// The channel of the model on a lane of the current chunk; none on a padding lane.
    fn channel(&self, lane: usize) -> Option<usize> {
        let channel = self.chunk * self.lanes + lane;
        let channel = match self.groups {
            None => channel,
            Some(Groups { tokens, pad, .. }) if channel % pad < tokens => {
                channel / pad * tokens + channel % pad
            }
            Some(_) => return None,
        };
        (channel < self.channels).then_some(channel)
    }

    /// Compares the layer's next beat.
    pub fn check(&mut self, beat: &Beat<'_>, inside: &Inside) -> Result<(), Box<FirstMismatch>> {
        self.beats += 1;
        let Some(recording) = inside.get(self.sample) else {
            return Err(self.order(beat, "a beat that belongs to no sample"));
        };
        let (record, last_step) = (&recording.layers[self.layer], recording.outcome.final_step[self.layer]);
        if (beat.row, beat.chunk) != (self.row, self.chunk) {
            let message = format!("a beat of row {}, chunk {}", beat.row, beat.chunk);
            return Err(self.order(beat, &message));
        }
        // What the golden model has not done, since the readout has stopped the sample before.
        let beyond = record.open && self.step > last_step;
        if beat.skip {
            if self.chunk != 0 || !self.skip_rows {
                return Err(self.order(beat, "a skip beat where a chunk must be"));
            }
            if !beyond {
                self.idle_row(beat, record)?;
            }
        } else {
            if beat.lanes() != self.lanes {
                return Err(self.order(beat, &format!("a beat of {} lanes", beat.lanes())));
            }
            if !beyond {
                self.neurons(beat, record)?;
            }
        }
        let row_ends = beat.skip || self.chunk + 1 == self.chunks;
        let step_ends = row_ends && self.row + 1 == self.rows;
        let ends = step_ends
            && match record.open {
                // Sooner or later.
                true => self.step >= last_step && beat.last,
                false => self.step == last_step,
            };
        let quiet = ends && if beyond { beat.quiet } else { record.quiet };
        if (beat.last, beat.quiet) != (ends, quiet) {
            let flag = |name: &str, is: bool, should: bool| match (is, should) {
                (true, false) => format!(" {name} too early"),
                (false, true) => format!(" no {name}"),
                _ => String::new(),
            };
            let (last, quiet) = (flag("last", beat.last, ends), flag("quiet", beat.quiet, quiet));
            return Err(self.order(beat, &format!("a beat with wrong flags:{last}{quiet}")));
        }
        (self.chunk, self.row) = match (row_ends, step_ends) {
            (false, _) => (self.chunk + 1, self.row),
            (true, false) => (0, self.row + 1),
            (true, true) => (0, 0),
        };
        if ends {
            (self.sample, self.step) = (self.sample + 1, 1);
            self.compared.neurons += (self.rows * self.channels) as u64;
        } else if step_ends {
            self.step += 1;
        }
        Ok(())
    }

    /// Whether exactly one complete sample was compared.
    pub fn is_between_samples(&self) -> bool {
        (self.step, self.row, self.chunk) == (1, 0, 0)
    }

    /// The neurons of a chunk.
    fn neurons(&mut self, beat: &Beat<'_>, record: &LayerRecord) -> Result<(), Box<FirstMismatch>> {
        for lane in 0..self.lanes {
            let rtl = beat.neuron(lane);
            let Some(channel) = self.channel(lane) else {
                if rtl.spike != 0 {
                    return Err(self.order(beat, "a spike on a lane beyond the channels"));
                }
                continue;
            };
            let golden = self.golden(record, self.step, channel);
            if rtl != golden {
                return Err(self.differs(beat, channel, rtl, golden));
            }
            self.compared.spikes += 1;
            self.compared.fired += u64::from(golden.spike != 0);
        }
        Ok(())
    }

    /// A row that the hardware did not change.
    fn idle_row(&mut self, beat: &Beat<'_>, record: &LayerRecord) -> Result<(), Box<FirstMismatch>> {
        for channel in 0..self.channels {
            let before = match self.step {
                1 => NeuronState { spike: 0, membrane: self.start[channel], tracer: 0 },
                step => self.golden(record, step - 1, channel),
            };
            let golden = self.golden(record, self.step, channel);
            let rtl = NeuronState { spike: 0, ..before };
            if rtl != golden {
                return Err(self.differs(beat, channel, rtl, golden));
            }
            self.compared.spikes += 1;
        }
        Ok(())
    }

    /// A neuron of the current row in the golden model.
    fn golden(&self, record: &LayerRecord, step: u32, channel: usize) -> NeuronState {
        let index = ((step as usize - 1) * self.rows + self.row) * self.channels + channel;
        NeuronState {
            spike: record.spikes[index].into(),
            membrane: record.membranes[index],
            tracer: record.tracers[index],
        }
    }

    fn differs(
        &self,
        beat: &Beat<'_>,
        channel: usize,
        rtl: NeuronState,
        golden: NeuronState,
    ) -> Box<FirstMismatch> {
        let message = "a neuron of the RTL is not as in the golden model";
        let mut mismatch =
            FirstMismatch::new(What::Neuron, beat.cycle, message).at(self.sample, &self.name, self.step);
        mismatch.row = Some(self.row);
        mismatch.channel = Some(channel);
        mismatch.rtl = Some(rtl);
        mismatch.golden = Some(golden);
        mismatch
    }

    fn order(&self, beat: &Beat<'_>, found: &str) -> Box<FirstMismatch> {
        let message = format!("the RTL sends {found}; expected is row {}, chunk {}", self.row, self.chunk);
        let mut mismatch =
            FirstMismatch::new(What::Order, beat.cycle, message).at(self.sample, &self.name, self.step);
        mismatch.row = Some(self.row);
        mismatch
    }
}
