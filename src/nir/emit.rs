//! What of the walk becomes nodes of the network: layers with their neurons, pools, the readout.

use super::build::{Form, Walk};
use super::file::RawNode;
use super::layer::{self, Layer, MOST_WEIGHTS};
use super::neuron::Parameters;
use crate::error::{Error, Result, printable};
use crate::graph::{NodeId, Shape, Window, transposed_index};
use crate::quant::{Quantiser, Rounding, Weights, per_channel};
use crate::snn::{Arrange, Lif, Linear, Op, Reset, Time, View};

impl Walk<'_> {
    /// Time-steps of what there is.
    fn frames(&self) -> usize {
        if self.constant { 1 } else { self.steps }
    }

    /// The source in rows of its channels, pixel by pixel in each time-step.
    fn rows(&mut self) -> Result<NodeId> {
        let (channels, pixels) = self.source_form.rows();
        let steps = self.frames();
        let shape = Shape::matrix(steps * pixels, channels);
        if !self.raw {
            return Ok(self.source);
        }
        let order = transposed_index(&[steps, channels, pixels], &[0, 2, 1]);
        if self.network.node(self.source).shape == shape && order.iter().copied().eq(0..order.len()) {
            return Ok(self.source);
        }
        let name = self.unused("order");
        self.network.add(name, Op::Arrange(Arrange { shape, order }), &[self.source])
    }

    /// A name that no node has.
    fn unused(&self, name: &str) -> String {
        let numbered = (2..).map(|n| format!("{name}_{n}"));
        let mut all = std::iter::once(name.to_owned()).chain(numbered);
        all.find(|name| self.network.find(name).is_none()).unwrap_or_default()
    }

    /// Adds a layer that reads the source. `sums` time-steps are summed up.
    fn add_layer(&mut self, layer: Layer, sums: usize) -> Result<NodeId> {
        let Layer { name, outputs, inputs, mut weights, mut bias, window } = layer;
        let (channels, pixels) = self.source_form.rows();
        let windowed = window.is_some();
        if !windowed && !self.raw && pixels > 1 {
            // The features of a row lie pixel by pixel, not channel by channel.
            let own = weights.clone();
            for (o, row) in weights.chunks_mut(inputs).enumerate() {
                for (i, w) in row.iter_mut().enumerate() {
                    *w = own[o * inputs + i % channels * pixels + i / channels];
                }
            }
        }
        let source = if windowed { self.rows()? } else { self.source };
        let real = weights;
        let mut weights =
            Weights::of_floats(inputs, outputs, &real, self.options.weight_bits).map_err(Error::input)?;
        let exact = |(e, w): (usize, &f64)| {
            f64::from(weights.levels[e]) * per_channel(&weights.scale, e / inputs) == *w
        };
        if !real.iter().enumerate().all(exact) {
            let bits = self.options.weight_bits.unwrap_or(24);
            self.rounded.push((
                name.clone(),
                format!("weights are rounded to {bits} bits of the largest of each output"),
            ));
        }
        if sums > 1 {
            if weights.levels.len().checked_mul(sums).is_none_or(|count| count > MOST_WEIGHTS) {
                return Err(Error::input(format!(
                    "{outputs}×{inputs} weights that sum up {sums} time-steps are too many"
                ))
                .fix("use fewer time-steps, or end the network with fewer neurons"));
            }
            weights.levels = weights.levels.chunks(inputs).flat_map(|row| row.repeat(sums)).collect();
            weights.inputs = inputs * sums;
            bias.iter_mut().for_each(|b| *b *= sums as f64);
        }
        let bias = if bias.iter().all(|&b| b == 0.0) { Vec::new() } else { bias };
        let frames = self.frames();
        let window = window.map(|window| Window { frames, ..window });
        let name = self.unused(&name);
        self.network.add(name, Op::Linear(Linear { window, ..Linear::plain(weights, bias) }), &[source])
    }

    /// Neurons behind the layer that waits for them, or behind the source.
    pub(super) fn neurons(&mut self, node: &RawNode, parameters: &Parameters) -> Result<String> {
        if let Some(count) = parameters.count
            && count != self.form.count()
            && !matches!(self.form, Form::Map { channels, .. } if channels == count)
        {
            return Err(Error::input(format!(
                "parameters of {count} neurons for {} features",
                self.form.count()
            ))
            .fix("give one value for all neurons, or one for each"));
        }
        let of = |walk: &Self, list: &[f64], what: &str| -> Result<Vec<f64>> {
            match walk.form {
                Form::Map { channels, size } if list.len() == channels && size[0] * size[1] > 1 => {
                    Ok(list.to_vec())
                }
                Form::Map { .. } | Form::Flat { .. } => walk.form_channels(list, what),
            }
        };
        let list = |list: &[f64], what: &str| of(self, list, what).map(joined);
        let mut gain = list(&parameters.gain, "r")?;
        let drive = list(&parameters.drive, "v_leak")?;
        let mut threshold = list(&parameters.threshold, "v_threshold")?;
        let leak = list(&parameters.leak, "tau")?;
        let value = list(&parameters.value, "v_reset")?;
        let synapse = list(&parameters.synapse, "tau_syn")?;
        if gain.iter().any(|&g| g <= 0.0) {
            return Err(Error::input("a resistance or input weight that is not positive")
                .fix("put its sign into the weights before the neurons"));
        }
        let time = Time { steps: self.steps, constant: self.constant };
        let outputs = match &self.form {
            Form::Map { channels, .. } => *channels,
            Form::Flat { count, .. } => *count,
        };
        let source = match self.layer.take() {
            Some(mut layer) => {
                layer.scale(&gain);
                let drive = if drive.len() == 1 { vec![drive[0]; outputs] } else { drive };
                layer.bias.iter_mut().zip(&drive).for_each(|(b, d)| *b += d);
                self.add_layer(layer, 1)?
            }
            None => {
                if self.gain.iter().any(|&g| g != 1.0) {
                    gain = self
                        .form_channels(&self.gain.clone(), "scale")?
                        .iter()
                        .cycle()
                        .zip(gain.iter().cycle())
                        .take(gain.len().max(self.gain.len()).min(outputs))
                        .map(|(a, b)| a * b)
                        .collect();
                }
                if drive.iter().chain(&value).any(|&v| v != 0.0) {
                    return Err(Error::input(
                        "v_leak or v_reset without a layer of weights before the neurons",
                    )
                    .fix("put an Affine node before them"));
                }
                if gain.iter().any(|&g| g <= 0.0) {
                    return Err(Error::input(
                        "a scale that is not positive, without a layer of weights behind it",
                    ));
                }
                // Membranes in units of what is read.
                let longest = threshold.len().max(gain.len());
                let of = |list: &[f64], n: usize| if list.len() == 1 { list[0] } else { list[n] };
                threshold = (0..longest).map(|n| of(&threshold, n) / of(&gain, n)).collect();
                self.gain = vec![1.0];
                self.flat_rows()?
            }
        };
        // A hard reset is where membranes are in the beginning, too.
        let start = if parameters.neurons.reset == Reset::Value { value.clone() } else { vec![0.0] };
        let lif = Lif {
            time,
            reset: parameters.neurons.reset,
            above: parameters.neurons.above,
            threshold,
            leak,
            value,
            start,
            synapse,
            bits: self.options.membrane_bits,
        };
        let what = lif.describe();
        let name = self.unused(&node.name);
        self.source = self.network.add(name.clone(), Op::Lif(lif), &[source])?;
        (self.raw, self.constant, self.highest) = (false, false, 1);
        self.source_form = self.form.clone();
        if let Form::Map { channels, size: [height, width] } = self.form {
            let (steps, pixels) = (self.steps, height * width);
            let shape = Shape(vec![steps, channels, height, width]);
            self.views.insert(
                name,
                View { shape, order: transposed_index(&[steps, pixels, channels], &[0, 2, 1]) },
            );
        }
        Ok(what)
    }

    /// The source in rows of all features of a time-step, or of its channels where it is a map.
    fn flat_rows(&mut self) -> Result<NodeId> {
        if let Form::Flat { map: Some(_), .. } = self.source_form
            && !self.raw
        {
            return Err(Error::input("neurons behind a Flatten node without a layer of weights")
                .fix("put the Flatten node behind the neurons"));
        }
        if let Form::Flat { count, .. } = self.source_form {
            self.source_form = Form::Flat { count, map: None };
            self.form = self.source_form.clone();
        }
        self.rows()
    }

    /// A pool: part of the convolution before it, or sums of levels that neurons pass on.
    pub(super) fn pool(&mut self, node: &RawNode) -> Result<String> {
        let (channels, size) = self.map()?;
        let window = layer::pool(node, channels, size)?;
        let taps = window.taps();
        let average = node.kind == "AvgPool2d";
        let divisor = if average { taps as f64 } else { 1.0 };
        self.form = Form::Map { channels, size: window.output() };
        if let Some(layer) = self.layer.take() {
            let merged = layer.pooled(&window, divisor).ok_or_else(|| {
                Error::input(format!(
                    "it reads the layer {:?} without neurons between them",
                    printable(&layer.name)
                ))
                .fix("put neurons before the pool, or use no dilation, no padding of the pool, and a smaller one")
            })?;
            let what = merged.window.as_ref().map_or_else(String::new, Window::describe);
            self.layer = Some(merged);
            return Ok(format!("part of the convolution before it: {what}"));
        }
        let high = self.highest.saturating_mul(taps as i64);
        let most = i64::from(Quantiser::MAX_LEVEL);
        if high > most {
            return Err(Error::input(format!("a pool with sums up to {high}; supported are {most}"))
                .fix("use a smaller pool, or events of 0 and 1"));
        }
        let weights =
            Weights { inputs: taps, outputs: channels, levels: vec![1; channels * taps], scale: vec![1.0] };
        let frames = self.frames();
        let source = self.rows()?;
        let window = Some(Window { frames, ..window });
        let name = self.unused(&format!("{}.sum", node.name));
        let sum = Op::Linear(Linear { window, ..Linear::plain(weights, Vec::new()) });
        let sum = self.network.add(name, sum, &[source])?;
        // Levels are sums; what divides them is a factor of the layer that reads them.
        #[expect(clippy::cast_possible_truncation, reason = "at most MAX_LEVEL")]
        let neurons =
            Quantiser { scale: vec![1.0], low: vec![0], high: vec![high as i32], rounding: Rounding::HalfUp };
        let name = self.unused(&node.name);
        self.source = self.network.add(name, Op::Neuron(neurons), &[sum])?;
        self.source_form = self.form.clone();
        (self.raw, self.highest) = (false, high);
        if self.gain.len() > 1 {
            self.gain = joined(self.form_before(&self.gain, size)?);
        }
        if average {
            self.gain.iter_mut().for_each(|g| *g /= divisor);
        }
        Ok(format!("sums of {taps} levels, which neurons pass on"))
    }

    /// Factors of the features of a map of this size, as those of the map that there is now.
    fn form_before(&self, factors: &[f64], size: [usize; 2]) -> Result<Vec<f64>> {
        let own = factors.chunks(size[0] * size[1]);
        if own.clone().any(|own| own.iter().any(|v| *v != own[0])) {
            return Err(Error::input("a pool of pixels that have different factors"));
        }
        let (_, pixels) = self.form.rows();
        Ok(own.flat_map(|own| vec![own[0]; pixels]).collect())
    }

    /// The readout: the number of spikes, or the sum of what the last layer yields, over all time-steps.
    pub(super) fn output(&mut self, node: &RawNode) -> Result<String> {
        let (steps, count) = (self.frames(), self.form.count());
        let (layer, what) = match self.layer.take() {
            Some(layer) if layer.window.is_some() => {
                return Err(Error::input("the network ends with a convolution or pool without neurons")
                    .fix("put neurons behind it, or a layer of weights"));
            }
            Some(layer) => (layer, format!("sums of {} over {steps} time-steps", self.form_name())),
            None => {
                if self.raw || self.constant {
                    return Err(Error::input("the network has no neurons"));
                }
                if count.checked_mul(count).is_none_or(|size| size > MOST_WEIGHTS) {
                    return Err(Error::input(format!("{count} outputs are too many"))
                        .fix("end the network with a layer for each class"));
                }
                let mut weights = vec![0.0; count * count];
                let factor = |n: usize| if self.gain.len() == 1 { self.gain[0] } else { self.gain[n] };
                (0..count).for_each(|n| weights[n * count + n] = factor(n));
                let (name, bias) = (format!("{}.count", node.name), vec![0.0; count]);
                let layer = Layer { name, outputs: count, inputs: count, weights, bias, window: None };
                (layer, format!("numbers of spikes in {steps} time-steps"))
            }
        };
        let logits = self.add_layer(layer, steps)?;
        let name = self.unused(&node.name);
        self.network.add(name, Op::Readout, &[logits])?;
        Ok(what)
    }

    fn form_name(&self) -> String {
        format!("{} features", self.form.count())
    }
}

/// One value, if all are equal.
fn joined(mut list: Vec<f64>) -> Vec<f64> {
    if list.windows(2).all(|pair| pair[0] == pair[1]) {
        list.truncate(1);
    }
    list
}
