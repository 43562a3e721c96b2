//! Comparisons of the golden model with other evaluations, in either schedule.

use rayon::prelude::*;

use super::{FloatReport, ReferenceReport};
use crate::data::Inputs;
use crate::error::Result;
use crate::flow::compare::{self, Levels, Reference};
use crate::flow::{Positions, Steps, Watch};
use crate::golden::Layer;
use crate::integer::eval;
use crate::lower::Lowered;
use crate::snn::{self, Model};

/// What a sample ends with.
#[derive(Clone, Copy)]
pub(super) struct End<'a> {
    /// Values of the readout, and levels of every neuron layer.
    pub values: &'a [i128],
    pub levels: &'a [Vec<i32>],
    /// Whether the sample was not stopped before it was quiescent.
    pub quiescent: bool,
}

/// All samples of a run with their results.
pub(super) struct Ends<'a> {
    pub model: &'a Model,
    pub lowered: &'a Lowered,
    pub inputs: &'a Inputs,
    pub layers: &'a [Layer],
    /// By sample.
    pub list: Vec<End<'a>>,
}

impl Ends<'_> {
    /// Samples that became quiescent.
    fn quiescent(&self) -> Vec<usize> {
        (0..self.list.len()).filter(|&n| self.list[n].quiescent).collect()
    }

    /// Share of samples, or of their positions, whose class is their label.
    pub fn accuracy(&self, labels: &[i64]) -> f64 {
        let positions = Positions::of(self.model);
        let classes: Vec<usize> = self.list.iter().flat_map(|end| positions.classes(end.values)).collect();
        positions.accuracy(&classes, labels)
    }

    /// Neurons of the network.
    pub fn neurons(&self) -> usize {
        self.layers.iter().map(|l| l.rows * l.channels).sum()
    }

    /// Neurons and readouts that differ from the integer network in one pass, and neurons compared.
    pub fn one_shot(&self, watch: &dyn Watch) -> (u64, u64) {
        let quiescent = self.quiescent();
        watch.begin("one-pass evaluation", Steps::Equal(quiescent.len()));
        let differences = quiescent.par_iter().map(|&n| {
            watch.advance(1);
            let expected = eval::evaluate(&self.lowered.network, &self.inputs.sample(n));
            let levels = self.list[n].levels.iter().zip(&expected.levels);
            let neurons: u64 = levels.map(|(ours, (_, theirs))| differing(ours, theirs)).sum();
            neurons + u64::from(self.list[n].values != expected.values)
        });
        let mismatches = differences.sum();
        watch.end();
        (mismatches, (self.neurons() * quiescent.len()) as u64)
    }

    /// The spiking network in float64, sample by sample.
    pub fn float(&self, watch: &dyn Watch) -> FloatReport {
        let (quiescent, positions) = (self.quiescent(), Positions::of(self.model));
        watch.begin("float64", Steps::Equal(quiescent.len()));
        let each = quiescent.par_iter().map(|&n| {
            watch.advance(1);
            let real = snn::eval::evaluate(&self.model.network, &self.inputs.sample(n));
            let levels = self.list[n].levels.iter().zip(&real.levels);
            let neurons: u64 = levels.map(|(ours, (_, theirs))| differing(ours, theirs)).sum();
            let classes = positions.classes(self.list[n].values);
            let classes = classes.iter().zip(positions.classes(&real.logits)).filter(|(a, b)| **a != *b);
            (u64::from(neurons > 0), neurons, classes.count() as u64)
        });
        let (samples, neurons, classes) = each.reduce(|| (0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
        watch.end();
        FloatReport {
            float_mismatched_samples: samples,
            float_mismatched_neurons: neurons,
            float_mismatched_classes: classes,
        }
    }

    /// Another program's levels.
    ///
    /// # Errors
    /// When these do not fit the model.
    pub fn against(&self, reference: &Reference) -> Result<ReferenceReport> {
        let count = self.list.len();
        let mut bad = vec![false; count];
        let (mut neurons, mut checked, mut samples) = (0, 0, 0);
        for (i, layer) in self.layers.iter().enumerate() {
            let Levels { count: theirs, levels } =
                reference.levels(&layer.name, layer.rows * layer.channels)?;
            samples = samples.max(theirs.min(count));
            let view = self.model.views.get(&layer.name);
            for (n, theirs) in levels.chunks(layer.rows * layer.channels).enumerate().take(count) {
                let ours = compare::seen(&self.list[n].levels[i], view);
                let different = differing(&ours, theirs);
                bad[n] |= different > 0;
                neurons += different;
                checked += theirs.len() as u64;
            }
        }
        let positions = Positions::of(self.model);
        let classes = reference.classes.as_ref().map(|classes| {
            let ours = self.list.iter().flat_map(|end| positions.classes(end.values));
            classes.iter().zip(ours).filter(|(theirs, ours)| **theirs != *ours).count() as u64
        });
        Ok(ReferenceReport {
            reference_samples: samples,
            reference_neurons_checked: checked,
            reference_mismatched_samples: bad.iter().filter(|b| **b).count() as u64,
            reference_mismatched_neurons: neurons,
            reference_mismatched_classes: classes,
        })
    }

    /// A layer's figures, from the spikes and additions of all samples together.
    pub fn layer(&self, index: usize, spikes: u64, additions: u64) -> super::LayerSpikes {
        let layer = &self.layers[index];
        let neurons = layer.rows * layer.channels;
        let count = self.list.len().max(1) as f64;
        let magnitudes = self.list.iter().flat_map(|end| &end.levels[index]);
        let levels: u64 = magnitudes.map(|level| u64::from(level.unsigned_abs())).sum();
        super::LayerSpikes {
            name: layer.name.clone(),
            neurons,
            spikes: spikes as f64 / count,
            spikes_per_neuron: spikes as f64 / (count * neurons.max(1) as f64),
            spikes_per_level: (levels > 0).then(|| spikes as f64 / levels as f64),
            sops_per_sample: additions as f64 / count,
            local_steps: None,
        }
    }
}

fn differing(a: &[i32], b: &[i32]) -> u64 {
    a.iter().zip(b).filter(|(a, b)| a != b).count() as u64
}
