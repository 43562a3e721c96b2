//! Contents of each stream of a design, row by row.

use crate::hardware::{Activity, Events, Sample};
use crate::streaming::design::{Carries, Design, Kind, Stage};

/// Contents of a stream during a sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// Rows of a time-step.
    pub rows: usize,
    /// Row by row, time-step by time-step: spikes, or values that are not 0; for changes, whether there are any.
    pub events: Vec<Events>,
    /// Row by row: whether it is a single skip beat instead of all its chunks. A row without events need not be
    /// skipped.
    pub skips: Vec<bool>,
}

impl Flow {
    /// Time-steps.
    pub fn steps(&self) -> usize {
        self.events.len() / self.rows.max(1)
    }

    /// Events of a row; none after the end.
    pub fn at(&self, step: usize, row: usize) -> u32 {
        self.row(step, row).total()
    }

    /// Events of a row in the bank with the most, for this number of banks.
    pub fn busiest(&self, step: usize, row: usize, banks: usize) -> u32 {
        self.row(step, row).busiest(banks)
    }

    fn row(&self, step: usize, row: usize) -> Events {
        let events = if row < self.rows { self.events.get(step * self.rows + row) } else { None };
        events.copied().unwrap_or_default()
    }

    /// Whether a row is skipped, or beyond the end.
    pub fn skip(&self, step: usize, row: usize) -> bool {
        row >= self.rows || self.skips.get(step * self.rows + row).copied().unwrap_or(true)
    }

    /// A flow of this number of time-steps: events of a row, and whether it is skipped.
    fn of(rows: usize, steps: usize, row: impl Fn(usize, usize) -> (Events, bool)) -> Self {
        let at = |n| row(n / rows.max(1), n % rows.max(1));
        let (events, skips) = (0..rows * steps).map(at).unzip();
        Self { rows, events, skips }
    }
}

/// The flows of all streams during a sample.
pub(super) fn flows(design: &Design, activity: &Activity, sample: &Sample) -> Vec<Flow> {
    let mut flows = vec![Flow::default(); design.streams.len()];
    let row = design.input.row.max(1);
    let count = |values: &[bool]| Events::of(values.iter().copied());
    let first = &design.streams[0];
    let events: Vec<Events> = sample.nonzero.chunks(row).map(count).collect();
    flows[0] = Flow { rows: first.rows, skips: vec![false; events.len()], events };
    for stage in &design.stages {
        for &output in &stage.outputs {
            flows[output] = output_flow(design, activity, sample, stage, output, &flows);
        }
    }
    flows
}

fn output_flow(
    design: &Design,
    activity: &Activity,
    sample: &Sample,
    stage: &Stage,
    output: usize,
    flows: &[Flow],
) -> Flow {
    let stream = &design.streams[output];
    let inputs: Vec<&Flow> = stage.inputs.iter().map(|&s| &flows[s]).collect();
    let steps = inputs.iter().map(|flow| flow.steps()).max().unwrap_or(1);
    let rows = stream.rows;
    // A row is skipped if nothing happens in it.
    let any = |events: bool| (Events::any(events), !events);
    match &stage.kind {
        Kind::Neurons(_) | Kind::LayerNorm(_) | Kind::Softmax(_) => {
            let layer = activity.layers.iter().position(|name| *name == stage.node);
            let events = layer.and_then(|layer| sample.layers.get(layer)).cloned().unwrap_or_default();
            let may_skip = stage.kind.skip_rows().unwrap_or(false);
            // Nothing came in, and nothing fired when the row was last.
            let fired =
                |t: usize, r: usize| events.get(t * rows + r).is_some_and(|spikes| spikes.total() > 0);
            let idle = |t: usize, r: usize| t > 0 && inputs[0].skip(t, r) && !fired(t - 1, r);
            let skips = (0..events.len()).map(|n| may_skip && idle(n / rows, n % rows)).collect();
            Flow { rows, skips, events }
        }
        Kind::Fork | Kind::Scale(_) => {
            let mut flow = inputs[0].clone();
            if stream.carries != Carries::Spikes && matches!(stage.kind, Kind::Scale(_)) {
                flow.events.iter_mut().for_each(|events| *events = Events::any(events.total() > 0));
            }
            flow
        }
        Kind::Select(select) => Flow::of(rows, steps, |t, r| {
            (inputs[0].row(t, select.first + r), inputs[0].skip(t, select.first + r))
        }),
        Kind::Sum(sum) => Flow::of(rows, steps, |t, r| {
            let start = t == 0 && !sum.start.is_empty();
            let parts = || {
                let covers = |first: usize, rows: usize| (first..first + rows).contains(&r);
                let all = sum.parts.iter().zip(&inputs);
                all.filter(move |((first, rows), _)| covers(*first, *rows))
            };
            let events = start || parts().any(|((first, _), flow)| flow.at(t, r - first) > 0);
            (Events::any(events), !start && parts().all(|((first, _), flow)| flow.skip(t, r - first)))
        }),
        Kind::Product(_) => {
            let right = |t: usize| (0..inputs[1].rows).any(|row| inputs[1].at(t, row) > 0);
            let right: Vec<bool> = (0..steps).map(right).collect();
            Flow::of(rows, steps, |t, r| any(right[t] || inputs[0].at(t, r) > 0))
        }
        Kind::Repeat(repeat) => Flow::of(rows, repeat.steps as usize, |_, r| any(inputs[0].at(0, r) > 0)),
        Kind::Reorder(reorder) => {
            let channels = stream.channels.max(1);
            let value = |r: usize| reorder.order[r * channels..(r + 1) * channels].iter();
            Flow::of(rows, 1, |_, r| (Events::of(value(r).map(|&e| sample.nonzero[e])), false))
        }
        Kind::Embedding(_) | Kind::Mask(_) => Flow::of(rows, 1, |_, _| (Events::any(true), false)),
        Kind::AnalogMatmul(_) | Kind::AnalogPass(_) | Kind::SpikeMatmul(_) | Kind::Readout(_) => {
            Flow::of(rows, steps, |t, r| any(inputs[0].at(t, r) > 0))
        }
    }
}
