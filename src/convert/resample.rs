//! Resized feature maps: a layer whose places have weights of their own, each channel by itself.

use super::Conversion;
use super::view::{Content, Value};
use crate::error::{Error, Result};
use crate::graph::Window;
use crate::quant::Weights;
use crate::snn::{Linear, Op};

const SMALLER: &str = "quantise the value before it is resized, or resize by a smaller factor";

impl Conversion {
    /// Sums of what the places of a window see, with a weight for each tap, divided by a number.
    pub(super) fn resample(
        &mut self,
        name: &str,
        (window, taps, divisor): (&Window, &[i32], u32),
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        if let Some(merged) = self.resampled_layer(name, (window, taps, divisor), source)? {
            return Ok(merged.also_read_by(readers));
        }
        // The weights of each place add up to the divisor, so constants pass through.
        let source = &self.carried(name, source)?;
        let (factor, offset) = (source.factor, source.offset);
        let plain = Value { factor: 1.0, offset: 0.0, ..source.clone() };
        let (node, order) = self.pixels(name, &plain, window)?;
        let channels = window.channels;
        let levels = (0..channels).flat_map(|_| taps.iter().copied()).collect();
        let weights = Weights { inputs: taps.len(), outputs: channels, levels, scale: vec![1.0] };
        let window = Some(Window { groups: channels, ..window.clone() });
        let op = Op::Linear(Linear { window, divisor, ..Linear::plain(weights, Vec::new()) });
        let value = Value::plain(self.graph.add(name, op, &[node])?, readers);
        Ok(Value { factor, offset, ..self.channels_in(value, &order) })
    }

    /// The resized result of a layer of the pixels themselves, which nothing quantises, as one layer: the classes of pixels.
    /// `None` for another value.
    fn resampled_layer(
        &mut self,
        name: &str,
        (window, taps, divisor): (&Window, &[i32], u32),
        source: &Value,
    ) -> Result<Option<Value>> {
        let plain = source.function.is_none() && !source.relu && !source.is_masked() && source.averaged == 1;
        let Content::Node(node) = source.content else { return Ok(None) };
        let Op::Linear(linear) = &self.graph.node(node).op else { return Ok(None) };
        let channels = self.graph.node(node).shape.channels();
        if !plain || linear.window.is_some() || channels != window.channels {
            return Ok(None);
        }
        let whole =
            source.order.as_ref().is_none_or(|order| order.len() == self.graph.node(node).shape.len());
        let Some(order) = source.channel_order(channels).filter(|_| whole) else { return Ok(None) };
        let below = self.graph.inputs(node)[0];
        let merged = merged(linear, window, taps, divisor)
            .map_err(|problem| Error::input(problem).at_node(name).fix(SMALLER))?;
        let label = self.unused_name(name.to_owned());
        let layer = Value::plain(self.graph.add(label, Op::Linear(merged), &[below])?, 1);
        let value = self.channels_in(layer, &order);
        Ok(Some(Value { factor: source.factor, offset: source.offset, ..value }))
    }
}

/// A layer of pixels, and the window of its resized result, as one layer.
fn merged(linear: &Linear, window: &Window, taps: &[i32], divisor: u32) -> Result<Linear, String> {
    let own = &linear.weights;
    let window = Window { channels: own.inputs, ..window.clone() };
    window.check()?;
    let count = own.outputs.checked_mul(window.inputs()).filter(|&count| count <= MOST_WEIGHTS);
    count.ok_or("a resized layer with too many weights")?;
    let mut levels = Vec::with_capacity(own.outputs * window.inputs());
    for o in 0..own.outputs {
        for &tap in taps {
            for i in 0..own.inputs {
                let product = i64::from(own.level(o, i)) * i64::from(tap);
                let wide = || "a resized layer whose weights need more than 32 bits".to_owned();
                levels.push(i32::try_from(product).map_err(|_| wide())?);
            }
        }
    }
    let divisor = linear.divisor.checked_mul(divisor).ok_or("a resized layer with a huge divisor")?;
    let weights = Weights { inputs: window.inputs(), levels, ..own.clone() };
    Ok(Linear { divisor, window: Some(window), ..Linear::plain(weights, linear.bias.clone()) })
}

/// Maximum number of weights of a layer of pixels whose result is resized.
const MOST_WEIGHTS: usize = 1 << 24;
