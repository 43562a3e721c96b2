//! Busy time of a stage without stalls: the lower bound for balancing lanes.

use super::position::Flows;
use crate::streaming::design::{Design, Kind, Stage};
use crate::streaming::schedule::flow::Flow;

/// By stage: mean cycles per sample.
pub(in crate::streaming::schedule) fn busy(design: &Design, flows: &Flows) -> Vec<f64> {
    let samples = flows.0.len().max(1) as f64;
    let of = |stage: &Stage| flows.0.iter().map(|flows| stage_cycles(design, stage, flows)).sum::<u64>();
    design.stages.iter().map(|stage| of(stage) as f64 / samples).collect()
}

/// Cycles of a stage in a sample: the contract of its module in numbers.
fn stage_cycles(design: &Design, stage: &Stage, flows: &[Flow]) -> u64 {
    let beats = |stream: usize, t: usize, r: usize| {
        let skip = flows[stream].skip(t, r);
        if skip { 1 } else { design.streams[stream].chunks() as u64 }
    };
    // Row by row of a stream.
    let sum = |stream: usize, cost: &dyn Fn(usize, usize) -> u64| -> u64 {
        let flow = &flows[stream];
        let rows = flow.rows.max(1);
        (0..flow.events.len()).map(|n| cost(n / rows, n % rows)).sum()
    };
    let input = stage.inputs[0];
    let events = |stream: usize, t: usize, r: usize| u64::from(flows[stream].at(t, r));
    let all = |stream: usize| sum(stream, &|t, r| beats(stream, t, r));
    let output = stage.outputs.first().copied();
    match (&stage.kind, output) {
        (Kind::SpikeMatmul(m) | Kind::AnalogMatmul(m), Some(_)) => {
            let entries = |t, r| u64::from(flows[input].busiest(t, r, m.banks));
            sum(input, &|t, r| (entries(t, r) * m.out_chunks() as u64).max(beats(input, t, r)))
        }
        (Kind::Product(product), Some(output)) => {
            let side = |stream: usize, cycles: usize| {
                sum(stream, &|t, r| (events(stream, t, r) * cycles as u64).max(beats(stream, t, r)))
            };
            // Rows leave through the same pipeline.
            side(input, product.left_cycles()) + side(stage.inputs[1], product.right_cycles()) + all(output)
        }
        (Kind::LayerNorm(norm), Some(output)) => {
            let root = u64::from(norm.norm.square_width.div_ceil(2)) + 2;
            let row = |t, r| match flows[output].skip(t, r) {
                true => 1,
                false => beats(output, t, r).max(root),
            };
            sum(output, &row)
        }
        (
            Kind::Neurons(_) | Kind::Softmax(_) | Kind::Reorder(_) | Kind::Mask(_) | Kind::Embedding(_),
            Some(output),
        ) => all(output),
        (
            Kind::AnalogPass(_)
            | Kind::Repeat(_)
            | Kind::Fork
            | Kind::Scale(_)
            | Kind::Sum(_)
            | Kind::Select(_),
            Some(output),
        ) => all(input).max(all(output)),
        // The readout.
        (Kind::Readout(_), _) | (_, None) => all(input),
    }
}
