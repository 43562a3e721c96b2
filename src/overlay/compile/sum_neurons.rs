//! Neurons that read sums: the vector unit sends each number of a row to the neurons of LayerNorm.

use super::item::{Access, Port};
use super::layout::Layout;
use super::lower::{Lowering, STREAM, refused};
use crate::error::Result;
use crate::golden::SpikeCode;
use crate::graph::NodeId;
use crate::integer::{Neuron, Rule};
use crate::overlay::isa::Vector;
use crate::overlay::plan::Unit;

/// Why neurons of a sum have no lowering, and what to do.
const ONE: &str = "quantise the sum with one scale for all channels and no other function than ReLU, or build the streaming architecture instead";

/// The one value of a list.
fn one(list: &[i64]) -> Option<i64> {
    let (first, rest) = list.split_first()?;
    rest.iter().all(|x| x == first).then_some(*first)
}

impl Lowering<'_> {
    /// The neurons of a sum, or of a table of rows.
    pub fn sum_neurons(&mut self, id: NodeId, neuron: &Neuron) -> Result<()> {
        let name = self.name(id);
        let Rule::Affine { fraction, theta, start } = &neuron.rule else {
            return Err(refused(name, "neurons of a sum decide by a table", ONE));
        };
        let (Some(theta), Some(start)) = (one(theta), one(start)) else {
            return Err(refused(name, "thresholds of neurons of a sum differ between channels", ONE));
        };
        let shift = self.neuron_fraction - fraction;
        let scaled = |value: i64| i128::from(value) << shift;
        let start = i64::try_from(scaled(start))
            .map_err(|_| refused(name, "neurons of a sum start above 64 bits", STREAM))?;
        let theta = scaled(theta);
        let view = self.view(self.network.inputs(id)[0]);
        let source = self.sums_of(view.root)?;
        let channels = self.network.node(id).shape.channels();
        let layout = Layout::dense(channels, self.options.group());
        let tracer = self.new_tracer(id, view.count, layout.clone(), (neuron.low, neuron.high));
        let words = self.row_words(&layout);
        let (low, high) = (scaled(neuron.membrane.low), scaled(neuron.membrane.high));
        let widths = &mut self.widths;
        for value in [low, high, theta - low - 1, start.into()] {
            widths.row_value.take(value);
        }
        // A sum that is shifted.
        widths.row_value.take(widths.sum.low << self.neuron_fraction);
        widths.row_value.take(widths.sum.high << self.neuron_fraction);
        widths.row_theta = widths.row_theta.max(theta.unsigned_abs());
        widths.neuron_theta = widths.neuron_theta.max(theta.unsigned_abs());
        self.row_levels(neuron.low, neuron.high, tracer.steps);
        let vector = Vector {
            op: 5,
            unary: u128::from(self.options.code == SpikeCode::Unary),
            rows: view.count as u128,
            channels: channels as u128,
            row_stride: words as u128,
            step_stride: (view.count * words) as u128,
            steps: tracer.steps as u128,
            high: u128::from(neuron.high.unsigned_abs()),
            low: u128::from(neuron.low.unsigned_abs()),
            coefficient: u128::from(start as u64),
            epsilon: theta.unsigned_abs(),
            ..Vector::default()
        };
        let rows = (view.first..view.first + view.count).map(|r| (r, r + 1)).collect();
        let read = Access {
            buffer: source,
            port: Port::VectorSource,
            offset: view.first * self.pitch(channels),
            rows,
        };
        let rows = (0..view.count).map(|r| (r, r + 1)).collect();
        let write = Access { buffer: tracer.buffer, port: Port::Spikes, offset: 0, rows };
        self.place(id, Unit::Vector, &layout, view.count);
        self.push_vector(name, vector, vec![read, write]);
        self.done.insert(id);
        self.tracers.entry(id).or_default().push(tracer);
        Ok(())
    }
}
