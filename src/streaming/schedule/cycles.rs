//! Cycles of a design: simulation of its pipeline beat by beat with measured spikes.
//!
//! | file | contents |
//! |---|---|
//! | `link.rs` | the FIFO between two stages |
//! | `position.rs` | sample, time-step, row |
//! | `pipe.rs` | stages that pass beats on: neurons, sums, coefficients, selections, forks |
//! | `rows.rs` | neurons on LayerNorm and softmax |
//! | `events.rs`, `engine.rs`, `product.rs` | events, the matrix product, the product of spike streams |
//! | `ends.rs` | both ends of the pipeline, and stages that take a whole sample at a time |
//! | `busy.rs` | how long a stage is at work, without what it waits for |
//!
//! Nothing is clocked: when a beat moves follows from when the beats before it did, those of the stage, of its inputs,
//! and those that the readers of its outputs have taken. Each stage is played as far as that is known, in turn. The
//! rules are those of the RTL, register by register; what values alone decide is left out: spikes lie evenly in their
//! row.

mod busy;
mod ends;
mod engine;
mod events;
mod link;
mod pipe;
mod position;
mod product;
mod rows;

use busy::busy;

use super::flow::flows;
use crate::hardware::{Activity, Cycles};
use crate::streaming::design::{Design, Kind, Stage};
use ends::{Buffer, Readout, Source, Table};
use engine::Engine;
use link::Link;
use pipe::{Fork, Pipe};
use position::Flows;
use product::Multiplier;
use rows::RowArray;

/// Simulates all samples of `activity` one after the other.
pub fn cycles(design: &Design, activity: &Activity) -> Cycles {
    let flows = Flows(activity.samples.iter().map(|sample| flows(design, activity, sample)).collect());
    let ends = play(design, &flows);
    let samples = ends.len();
    let per_sample = match (ends.first(), ends.last()) {
        (Some(&first), Some(&last)) if samples > 1 => (last - first) as f64 / (samples - 1) as f64,
        (Some(&only), _) => only as f64,
        (None, _) => 0.0,
    };
    Cycles { per_sample, busy: busy(design, &flows) }
}

/// As [`cycles`], but only how long stages are busy.
pub(super) fn busy_only(design: &Design, activity: &Activity) -> Vec<f64> {
    busy(design, &Flows(activity.samples.iter().map(|sample| flows(design, activity, sample)).collect()))
}

/// State of a stage.
enum Unit {
    Pipe(Pipe),
    Fork(Fork),
    Rows(Box<RowArray>),
    Engine(Engine),
    Multiplier(Box<Multiplier>),
    Buffer(Buffer),
    Table(Table),
    Readout(Readout),
}

impl Unit {
    fn of(stage: &Stage, links: &[Link]) -> Self {
        // Every stage but the readout has an output.
        let link = || &links[stage.outputs[0]];
        match &stage.kind {
            Kind::SpikeMatmul(matmul) | Kind::AnalogMatmul(matmul) => {
                Self::Engine(Engine::new(matmul.out_chunks(), matmul.banks))
            }
            Kind::Product(product) => Self::Multiplier(Box::new(Multiplier::new(product))),
            Kind::LayerNorm(norm) => Self::Rows(Box::new(RowArray::layer_norm(norm, link()))),
            Kind::Softmax(softmax) => Self::Rows(Box::new(RowArray::softmax(softmax, link()))),
            Kind::Fork => Self::Fork(Fork::default()),
            Kind::Reorder(_) | Kind::Mask(_) => Self::Buffer(Buffer::default()),
            Kind::Embedding(_) => Self::Table(Table::default()),
            Kind::Readout(_) => Self::Readout(Readout::default()),
            Kind::Neurons(_) => Self::Pipe(Pipe::of_neurons()),
            Kind::Select(_) => Self::Pipe(Pipe::of(1)),
            Kind::Sum(sum) => Self::Pipe(Pipe::of(if sum.start.is_empty() { 2 } else { 3 })),
            Kind::AnalogPass(_) | Kind::Repeat(_) | Kind::Scale(_) => Self::Pipe(Pipe::of(2)),
        }
    }

    /// Simulates the next event; `None` if there is none yet.
    fn play(&mut self, stage: &Stage, links: &mut [Link], flows: &Flows) -> Option<u64> {
        match self {
            Self::Pipe(pipe) => pipe.play(stage, links, flows),
            Self::Fork(fork) => fork.play(stage, links),
            Self::Rows(rows) => rows.play(stage, links, flows),
            Self::Engine(engine) => engine.play(stage, links, flows),
            Self::Multiplier(product) => product.play(stage, links, flows),
            Self::Buffer(buffer) => buffer.play(stage, links, flows),
            Self::Table(table) => table.play(stage, links, flows),
            Self::Readout(readout) => readout.play(stage, links, flows),
        }
    }
}

/// When the results of the samples have left.
fn play(design: &Design, flows: &Flows) -> Vec<u64> {
    let most = grain(design, flows);
    let mut links: Vec<Link> = design.streams.iter().map(|stream| Link::new(stream, most)).collect();
    let mut units: Vec<Unit> = design.stages.iter().map(|stage| Unit::of(stage, &links)).collect();
    let mut source = Source::default();
    loop {
        let mut moved = false;
        while source.play(&mut links, flows).is_some() {
            moved = true;
        }
        for (unit, stage) in units.iter_mut().zip(&design.stages) {
            while unit.play(stage, &mut links, flows).is_some() {
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let ends = units
        .into_iter()
        .find_map(|unit| if let Unit::Readout(readout) = unit { Some(readout.ends) } else { None });
    ends.unwrap_or_default()
}

/// Most beats of a row, so that the simulation takes seconds: where there are more, neighbouring chunks are one beat.
fn grain(design: &Design, flows: &Flows) -> usize {
    const BEATS: usize = 50_000_000;
    let total = |most: usize| -> usize {
        let beats = |sample: &Vec<super::flow::Flow>| -> usize {
            let all = sample.iter().zip(&design.streams);
            all.map(|(flow, stream)| flow.events.len() * stream.chunks().min(most)).sum()
        };
        flows.0.iter().map(beats).sum()
    };
    [usize::MAX, 128, 64, 32, 16, 8, 4].into_iter().find(|&most| total(most) <= BEATS).unwrap_or(2)
}
