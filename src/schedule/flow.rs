//! What goes over each stream of a design, row by row.

use super::activity::{Activity, Events, Sample};
use crate::design::{Carries, Design, Kind, Stage};

/// What goes over a stream during a sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// Rows of a time-step.
    pub rows: usize,
    /// Row by row, time-step by time-step: spikes, or values that are not 0; for changes, whether there are any.
    pub events: Vec<Events>,
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

    /// Events of a row in the bank, of so many, that has most.
    pub fn busiest(&self, step: usize, row: usize, banks: usize) -> u32 {
        self.row(step, row).busiest(banks)
    }

    fn row(&self, step: usize, row: usize) -> Events {
        let events = if row < self.rows { self.events.get(step * self.rows + row) } else { None };
        events.copied().unwrap_or_default()
    }

    /// A flow of so many time-steps.
    fn of(rows: usize, steps: usize, events: impl Fn(usize, usize) -> Events) -> Self {
        let at = |n| events(n / rows.max(1), n % rows.max(1));
        Self { rows, events: (0..rows * steps).map(at).collect() }
    }
}

/// The flows of all streams during a sample.
pub(super) fn flows(design: &Design, activity: &Activity, sample: &Sample) -> Vec<Flow> {
    let mut flows = vec![Flow::default(); design.streams.len()];
    let row = design.input.row.max(1);
    let count = |values: &[bool]| Events::of(values.iter().copied());
    let first = &design.streams[0];
    flows[0] = Flow { rows: first.rows, events: sample.nonzero.chunks(row).map(count).collect() };
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
    match &stage.kind {
        Kind::Neurons(_) | Kind::Norm(_) | Kind::Softmax(_) => {
            let layer = activity.layers.iter().position(|name| *name == stage.node);
            let events = layer.and_then(|layer| sample.layers.get(layer)).cloned().unwrap_or_default();
            Flow { rows, events }
        }
        Kind::Fork => inputs[0].clone(),
        Kind::Scale(_) if stream.carries == Carries::Spikes => inputs[0].clone(),
        Kind::Select(select) => Flow::of(rows, steps, |t, r| inputs[0].row(t, select.first + r)),
        Kind::Sum(sum) => Flow::of(rows, steps, |t, r| {
            let start = t == 0 && !sum.start.is_empty();
            let any = sum.parts.iter().zip(&inputs).any(|(&(first, rows), flow)| {
                (first..first + rows).contains(&r) && flow.at(t, r - first) > 0
            });
            Events::any(start || any)
        }),
        Kind::Product(_) => Flow::of(rows, steps, |t, r| {
            let right = (0..inputs[1].rows).any(|row| inputs[1].at(t, row) > 0);
            Events::any(right || inputs[0].at(t, r) > 0)
        }),
        Kind::Repeat(repeat) => {
            Flow::of(rows, repeat.steps as usize, |_, r| Events::any(inputs[0].at(0, r) > 0))
        }
        Kind::Reorder(reorder) => {
            let channels = stream.channels.max(1);
            let value = |r: usize| reorder.order[r * channels..(r + 1) * channels].iter();
            Flow::of(rows, 1, |_, r| Events::of(value(r).map(|&e| sample.nonzero[e])))
        }
        Kind::Embedding(_) | Kind::Mask(_) => Flow::of(rows, 1, |_, _| Events::any(true)),
        Kind::AnalogMatmul(_)
        | Kind::AnalogPass(_)
        | Kind::SpikeMatmul(_)
        | Kind::Scale(_)
        | Kind::Readout(_) => Flow::of(rows, steps, |t, r| Events::any(inputs[0].at(t, r) > 0)),
    }
}
