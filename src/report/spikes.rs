//! Spikes recorded while the golden model runs: rates of all samples, all spikes of a few neurons of one.

use super::golden::{Raster, RasterLayer};
use crate::data::Inputs;
use crate::error::Result;
use crate::golden::{Golden, Limits, Observer};

/// Neurons of a raster, over all layers, if each has as many.
const SHOWN: usize = 512;
/// Minimum and maximum number of neurons of a layer.
const EACH: (usize, usize) = (12, 128);

/// Spikes of each layer, time-step by time-step.
struct Counter {
    layers: Vec<Vec<u64>>,
}

impl Observer for Counter {
    fn spikes(&mut self, layer: usize, _step: u32, spikes: &[i8]) {
        self.layers[layer].push(spikes.iter().map(|&s| u64::from(s != 0)).sum());
    }
}

/// By layer and time-step, the mean share of neurons that fire, over all samples.
///
/// # Errors
/// Never: nothing here can fail.
pub fn rates(golden: &Golden, inputs: &Inputs, progress: &mut dyn FnMut()) -> Result<Vec<Vec<f64>>> {
    let layers = golden.layers().len();
    let mut counts: Vec<Vec<u64>> = vec![Vec::new(); layers];
    golden.stream(
        inputs.len(),
        |n, raw| inputs.fill(n, raw),
        &Limits::default(),
        |_| Counter { layers: vec![Vec::new(); layers] },
        |_, _, seen| {
            progress();
            for (all, own) in counts.iter_mut().zip(seen.layers) {
                all.resize(all.len().max(own.len()), 0);
                all.iter_mut().zip(own).for_each(|(all, own)| *all += own);
            }
            Ok(())
        },
    )?;
    let share = |(counts, layer): (Vec<u64>, &crate::golden::Layer)| {
        let neurons = (layer.rows * layer.channels * inputs.len()).max(1) as f64;
        counts.into_iter().map(|count| count as f64 / neurons).collect()
    };
    Ok(counts.into_iter().zip(golden.layers()).map(share).collect())
}

/// The spikes of some neurons.
struct Watcher {
    layers: Vec<RasterLayer>,
}

impl Observer for Watcher {
    fn spikes(&mut self, layer: usize, step: u32, spikes: &[i8]) {
        let RasterLayer { neurons, spikes: seen } = &mut self.layers[layer];
        for (&neuron, seen) in neurons.iter().zip(seen) {
            let spike = spikes.get(neuron).copied().unwrap_or(0);
            if spike != 0 {
                seen.push(i64::from(step) * i64::from(spike.signum()));
            }
        }
    }
}

/// The spikes of one sample.
pub fn raster(golden: &Golden, inputs: &Inputs, sample: usize, label: Option<i64>) -> Raster {
    let layers = golden.layers().iter().map(|layer| {
        let (all, (least, most)) = (layer.rows * layer.channels, EACH);
        let shown = (SHOWN / golden.layers().len().max(1)).clamp(least, most).min(all);
        let neurons: Vec<usize> = (0..shown).map(|n| n * all / shown.max(1)).collect();
        RasterLayer { spikes: vec![Vec::new(); neurons.len()], neurons }
    });
    let mut watcher = Watcher { layers: layers.collect() };
    let raw = inputs.sample(sample);
    let outcome = golden.run(&mut golden.state(), &raw, &Limits::default(), &mut watcher);
    Raster { sample, label, class: outcome.class, time_steps: outcome.time_steps, layers: watcher.layers }
}
