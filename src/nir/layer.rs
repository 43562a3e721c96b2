//! Layers of weights and pools: their parameters.

use super::file::RawNode;
use crate::error::{Error, Result};
use crate::graph::Window;

/// Most weights of a layer that is made of others.
pub(super) const MOST_WEIGHTS: usize = 1 << 26;

/// A layer of weights.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layer {
    /// The node's name.
    pub name: String,
    pub outputs: usize,
    pub inputs: usize,
    /// Output by output. With a window, tap by tap the channels of a group.
    pub weights: Vec<f64>,
    /// One per output.
    pub bias: Vec<f64>,
    /// The window, on one map; `frames` is 1.
    pub window: Option<Window>,
}

/// The weights of an Affine or Linear node.
///
/// # Errors
/// If they are no matrix, or the bias does not fit.
pub(super) fn affine(node: &RawNode) -> Result<Layer> {
    let weight = node.array("weight")?;
    let [outputs, inputs] = weight.shape[..] else {
        return Err(Error::input(format!("weights of the extents {:?}; expected two", weight.shape)));
    };
    let bias = bias(node, outputs)?;
    if outputs == 0 || inputs == 0 {
        return Err(Error::input(format!("{outputs}×{inputs} weights")));
    }
    Ok(Layer { name: node.name.clone(), outputs, inputs, weights: weight.values.clone(), bias, window: None })
}

fn bias(node: &RawNode, outputs: usize) -> Result<Vec<f64>> {
    match node.optional("bias")? {
        None => Ok(vec![0.0; outputs]),
        Some(bias) if bias.values.len() == outputs => Ok(bias.values.clone()),
        Some(bias) if bias.values.len() == 1 => Ok(vec![bias.values[0]; outputs]),
        Some(bias) => Err(Error::input(format!("{} biases for {outputs} outputs", bias.values.len()))),
    }
}

/// A Conv1d or Conv2d node on a map of these channels and this size; in one direction the map has one line.
///
/// # Errors
/// If parameters do not fit each other or the map.
pub(super) fn convolution(node: &RawNode, channels: usize, size: [usize; 2]) -> Result<Layer> {
    let one = node.kind == "Conv1d";
    let weight = node.array("weight")?;
    let (outputs, depth, kernel) = match (&weight.shape[..], one) {
        (&[outputs, depth, height, width], false) => (outputs, depth, [height, width]),
        (&[outputs, depth, width], true) => (outputs, depth, [1, width]),
        (shape, _) => return Err(Error::input(format!("weights of the extents {shape:?}"))),
    };
    let lift = |[a, b]: [usize; 2], fill: usize| if one { [fill, b] } else { [a, b] };
    let pair = |name: &str, usual: usize| -> Result<[usize; 2]> {
        let array = node.optional(name)?;
        Ok(lift(array.map_or(Ok([usual; 2]), |array| array.pair(name))?, usual))
    };
    let (stride, dilation) = (pair("stride", 1)?, pair("dilation", 1)?);
    let groups = match node.optional("groups")? {
        None => 1,
        Some(groups) => groups.counts("groups")?.first().copied().unwrap_or(1),
    };
    let (before, after) = match node.text("padding") {
        Some("valid") => ([0; 2], [0; 2]),
        Some("same") => {
            if stride != [1, 1] {
                return Err(Error::input("padding \"same\" with a stride"));
            }
            let all = [0, 1].map(|d| dilation[d].saturating_mul(kernel[d].saturating_sub(1)));
            (all.map(|n| n / 2), all.map(|n| n - n / 2))
        }
        Some(other) => {
            let problem = format!("padding {other:?}; supported are numbers, \"same\" and \"valid\"");
            return Err(Error::input(problem));
        }
        None => {
            let padding = pair("padding", 0)?;
            (padding, padding)
        }
    };
    let window =
        Window { frames: 1, size, channels, kernel, stride, dilation, before, after, groups, places: None };
    window.check().map_err(Error::input)?;
    if depth != window.depth() || outputs == 0 || !outputs.is_multiple_of(groups) {
        let problem =
            format!("weights of the extents {:?} on {channels} channels in {groups} groups", weight.shape);
        return Err(Error::input(problem));
    }
    // From channel by channel to tap by tap.
    let (taps, inputs) = (window.taps(), window.inputs());
    let mut weights = vec![0.0; weight.values.len()];
    for (e, &w) in weight.values.iter().enumerate() {
        let (o, c, tap) = (e / inputs, e / taps % depth, e % taps);
        weights[o * inputs + tap * depth + c] = w;
    }
    let bias = bias(node, outputs)?;
    Ok(Layer { name: node.name.clone(), outputs, inputs, weights, bias, window: Some(window) })
}

/// The window of a pool on a map of these channels and this size; padding counts as 0.
///
/// # Errors
/// If parameters do not fit each other or the map.
pub(super) fn pool(node: &RawNode, channels: usize, size: [usize; 2]) -> Result<Window> {
    let kernel = node.array("kernel_size")?.pair("kernel_size")?;
    let stride = node.optional("stride")?.map_or(Ok(kernel), |stride| stride.pair("stride"))?;
    let padding = node.optional("padding")?.map_or(Ok([0; 2]), |padding| padding.pair("padding"))?;
    let dilation = [1, 1];
    let (before, after, groups) = (padding, padding, channels);
    let window =
        Window { frames: 1, size, channels, kernel, stride, dilation, before, after, groups, places: None };
    window.check().map_err(Error::input)?;
    Ok(window)
}

impl Layer {
    /// Multiplies every output by a number, one for all or one for each.
    pub fn scale(&mut self, factors: &[f64]) {
        let of = |o: usize| if factors.len() == 1 { factors[0] } else { factors[o] };
        for (o, row) in self.weights.chunks_mut(self.inputs).enumerate() {
            row.iter_mut().for_each(|w| *w *= of(o));
        }
        self.bias.iter_mut().enumerate().for_each(|(o, b)| *b *= of(o));
    }

    /// This convolution and the average pool that reads it, as one convolution; none if that is not one, or a huge one.
    pub fn pooled(&self, pool: &Window, divisor: f64) -> Option<Self> {
        let window = self.window.as_ref()?;
        let unpadded = (pool.before, pool.after) == ([0; 2], [0; 2]);
        if window.dilation != [1, 1] || !unpadded {
            return None;
        }
        let of = |d: usize| (pool.kernel[d] - 1).checked_mul(window.stride[d])?.checked_add(window.kernel[d]);
        let kernel = [of(0)?, of(1)?];
        let stride = [0, 1].map(|d| window.stride[d].checked_mul(pool.stride[d]));
        let merged = Window { kernel, stride: [stride[0]?, stride[1]?], ..window.clone() };
        merged.check().ok()?;
        if merged.output() != pool.output() {
            return None;
        }
        let (depth, inputs) = (window.depth(), merged.inputs());
        let count = self.outputs.checked_mul(inputs).filter(|&count| count <= MOST_WEIGHTS)?;
        let mut weights = vec![0.0; count];
        for o in 0..self.outputs {
            for tap in 0..pool.taps() {
                let at = [tap / pool.kernel[1] * window.stride[0], tap % pool.kernel[1] * window.stride[1]];
                for own in 0..window.taps() {
                    let (y, x) = (at[0] + own / window.kernel[1], at[1] + own % window.kernel[1]);
                    for c in 0..depth {
                        weights[o * inputs + (y * kernel[1] + x) * depth + c] +=
                            self.weights[o * self.inputs + own * depth + c] / divisor;
                    }
                }
            }
        }
        let count = pool.taps() as f64 / divisor;
        let bias = self.bias.iter().map(|b| b * count).collect();
        Some(Self { inputs, weights, bias, window: Some(merged), ..self.clone() })
    }
}
