//! Operators in float64, for the evaluations that share no code with lowering.

use crate::graph::{Window, transposed_index};
use crate::quant::{Arithmetic, Binary, Function, Quantiser, Rounding, Unary, Weights, per_channel};

/// Concatenates the parts, each with its extents, along axis `axis`.
pub fn concat(parts: &[(&[usize], &[f64])], axis: usize) -> Vec<f64> {
    let outer: usize = parts.first().map_or(0, |(shape, _)| shape[..axis].iter().product());
    let block = |shape: &[usize]| shape[axis..].iter().product::<usize>();
    (0..outer)
        .flat_map(|i| parts.iter().map(move |(shape, x)| &x[i * block(shape)..(i + 1) * block(shape)]))
        .flatten()
        .copied()
        .collect()
}

/// `count` indices from `first` on along axis `axis`.
pub fn slice(x: &[f64], shape: &[usize], axis: usize, first: usize, count: usize) -> Vec<f64> {
    let inner: usize = shape[axis + 1..].iter().product();
    x.chunks(shape[axis] * inner)
        .flat_map(|block| &block[first * inner..(first + count) * inner])
        .copied()
        .collect()
}

/// `[…, m, k] × […, k, n]`.
pub fn matmul(a: &[f64], b: &[f64], k: usize, n: usize) -> Vec<f64> {
    let batches = b.len() / (k * n);
    let m = a.len() / (batches * k);
    let mut out = Vec::with_capacity(batches * m * n);
    for (a, b) in a.chunks(m * k).zip(b.chunks(k * n)) {
        for row in a.chunks(k) {
            out.extend((0..n).map(|j| row.iter().enumerate().map(|(i, a)| a * b[i * n + j]).sum::<f64>()));
        }
    }
    out
}

/// LayerNorm of one row.
pub fn layer_norm(row: &[f64], gamma: &[f32], beta: &[f32], epsilon: f32, centred: bool) -> Vec<f64> {
    let count = row.len() as f64;
    let mean = if centred { row.iter().sum::<f64>() / count } else { 0.0 };
    let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
    let deviation = (variance + f64::from(epsilon)).sqrt();
    let channel = |((x, &g), &b): ((&f64, &f32), &f32)| (x - mean) / deviation * f64::from(g) + f64::from(b);
    row.iter().zip(gamma).zip(beta).map(channel).collect()
}

/// Mean of the rows of a matrix.
pub fn mean(x: &[f64], channels: usize) -> Vec<f64> {
    let rows = (x.len() / channels) as f64;
    (0..channels).map(|c| x.iter().skip(c).step_by(channels).sum::<f64>() / rows).collect()
}

/// Softmax of one row; a row of only −∞ gives zeros.
pub fn softmax(row: &[f64]) -> Vec<f64> {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return vec![0.0; row.len()];
    }
    let exps: Vec<f64> = row.iter().map(|x| (x - most).exp()).collect();
    let sum: f64 = exps.iter().sum();
    exps.iter().map(|e| e / sum).collect()
}

/// Transposes the elements of `[…]` to another order of extents.
pub fn transpose(x: &[f64], extents: &[usize], order: &[usize]) -> Vec<f64> {
    transposed_index(extents, order).into_iter().map(|e| x[e]).collect()
}

/// Map, line and column of every output pixel.
fn places(window: &Window) -> impl Iterator<Item = (usize, usize, usize)> {
    let [lines, columns] = window.output();
    let (each, frames) = (lines * columns, window.frames);
    (0..frames * each).map(move |pixel| (pixel / each, pixel % each / columns, pixel % columns))
}

/// The pixel of the feature maps that output pixel `(frame, y, x)` sees at tap `tap`; none for padding.
fn tap(window: &Window, (frame, y, x): (usize, usize, usize), tap: usize) -> Option<usize> {
    let place = |d: usize, o: usize, k: usize| {
        if let Some(places) = &window.places {
            let place = places[d][o];
            return k
                .checked_sub(place.tap)
                .filter(|&n| n < place.count)
                .map(|n| place.at + n * window.dilation[d]);
        }
        let padded = o * window.stride[d] + k * window.dilation[d];
        padded.checked_sub(window.before[d]).filter(|&at| at < window.size[d])
    };
    let (line, column) = (place(0, y, tap / window.kernel[1])?, place(1, x, tap % window.kernel[1])?);
    Some((frame * window.size[0] + line) * window.size[1] + column)
}

/// Convolution of a feature map, channels last; weights tap by tap.
pub fn convolution(x: &[f64], window: &Window, weights: &Weights, bias: &[f64]) -> Vec<f64> {
    let (depth, part) = (window.depth(), weights.outputs / window.groups);
    let mut out = Vec::with_capacity(window.pixels() * weights.outputs);
    for place in places(window) {
        let seen: Vec<(usize, usize)> =
            (0..window.taps()).filter_map(|t| Some((t, tap(window, place, t)?))).collect();
        for o in 0..weights.outputs {
            let mut sum = 0.0;
            for &(t, pixel) in &seen {
                for c in 0..depth {
                    let input = x[pixel * window.channels + o / part * depth + c];
                    sum += input * f64::from(weights.level(o, t * depth + c));
                }
            }
            let scale = per_channel(&weights.scale, o);
            out.push(sum * scale + bias.get(o).copied().unwrap_or(0.0));
        }
    }
    out
}

/// Sum of what a window sees, channel by channel, divided by the number of its taps.
pub fn average_pool(x: &[f64], window: &Window) -> Vec<f64> {
    let mean = |place, c: usize| {
        let pixels = (0..window.taps()).filter_map(|t| tap(window, place, t));
        pixels.map(|pixel| x[pixel * window.channels + c]).sum::<f64>() / window.taps() as f64
    };
    places(window).flat_map(|place| (0..window.channels).map(move |c| mean(place, c))).collect()
}

/// Sum of what a window sees, channel by channel, with a weight for each tap, divided by a number.
pub fn resample(x: &[f64], window: &Window, weights: &[i32], divisor: u32) -> Vec<f64> {
    let mut out = Vec::with_capacity(window.pixels() * window.channels);
    for place in places(window) {
        let seen: Vec<(f64, usize)> = (0..window.taps())
            .filter_map(|t| Some((f64::from(weights[t]), tap(window, place, t)?)))
            .collect();
        let sum = |c: usize| seen.iter().map(|(w, pixel)| w * x[pixel * window.channels + c]).sum::<f64>();
        out.extend((0..window.channels).map(|c| sum(c) / f64::from(divisor)));
    }
    out
}

/// The largest value that a window sees, channel by channel; padding does not count.
pub fn max_pool(x: &[f64], window: &Window) -> Vec<f64> {
    let largest = |place, c: usize| {
        let pixels = (0..window.taps()).filter_map(|t| tap(window, place, t));
        pixels.map(|pixel| x[pixel * window.channels + c]).fold(f64::NEG_INFINITY, f64::max)
    };
    places(window).flat_map(|place| (0..window.channels).map(move |c| largest(place, c))).collect()
}

/// `y[r, o] = Σ_i x[r, i]·w[o, i] + bias[o]`.
pub fn linear(x: &[f64], weights: &Weights, bias: &[f64]) -> Vec<f64> {
    let real: Vec<f64> = (0..weights.outputs)
        .flat_map(|o| (0..weights.inputs).map(move |i| (o, i)))
        .map(|(o, i)| f64::from(weights.level(o, i)) * per_channel(&weights.scale, o))
        .collect();
    let output = |row: &[f64], o: usize| -> f64 {
        let w = &real[o * weights.inputs..(o + 1) * weights.inputs];
        let sum: f64 = row.iter().zip(w).map(|(a, b)| a * b).sum();
        sum + bias.get(o).copied().unwrap_or(0.0)
    };
    x.chunks(weights.inputs)
        .flat_map(|row| (0..weights.outputs).map(|o| output(row, o)).collect::<Vec<_>>())
        .collect()
}

/// The levels of rows of `channels` elements, and their values.
pub fn quantise(x: &[f64], quantiser: &Quantiser, channels: usize) -> (Vec<i32>, Vec<f64>) {
    let levels: Vec<i32> = x.iter().enumerate().map(|(e, &x)| level(quantiser, e % channels, x)).collect();
    let value =
        |(e, &k): (usize, &i32)| f64::from(k) * f64::from(per_channel(&quantiser.scale, e % channels));
    let values = levels.iter().enumerate().map(value).collect();
    (levels, values)
}

/// `clamp(round(x/s), low, high)` in `f64` arithmetic.
fn level(quantiser: &Quantiser, channel: usize, x: f64) -> i32 {
    let ratio = x / f64::from(per_channel(&quantiser.scale, channel));
    let rounded = match quantiser.rounding {
        Rounding::HalfUp => (ratio + 0.5).floor(),
        Rounding::HalfDown => (ratio - 0.5).ceil(),
        Rounding::HalfEven => ratio.round_ties_even(),
        Rounding::HalfOdd => (ratio + 1.0).round_ties_even() - 1.0,
        Rounding::Floor => ratio.floor(),
        Rounding::Ceil => ratio.ceil(),
        Rounding::Truncate => ratio.trunc(),
    };
    let (low, high) = (per_channel(&quantiser.low, channel), per_channel(&quantiser.high, channel));
    // The clamped value is an integer of at most 17 bits.
    #[expect(clippy::cast_possible_truncation)]
    let level = rounded.clamp(f64::from(low), f64::from(high)) as i32;
    level
}

/// A function of every element.
pub fn apply(x: &[f64], function: &Function) -> Vec<f64> {
    x.iter().map(|&x| function.evaluate(&Double, x)).collect()
}

/// Arithmetic in `f64`.
pub struct Double;

impl Arithmetic for Double {
    type Number = f64;

    fn constant(&self, value: f64) -> f64 {
        value
    }

    fn unary(&self, op: Unary, &x: &f64) -> f64 {
        match op {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Exp => x.exp(),
            Unary::Log => x.ln(),
            Unary::Sqrt => x.sqrt(),
            Unary::Erf => libm::erf(x),
            Unary::Tanh => x.tanh(),
            Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Unary::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Unary::Round => x.round_ties_even(),
        }
    }

    fn binary(&self, op: Binary, &a: &f64, &b: &f64) -> f64 {
        match op {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            Binary::Min => a.min(b),
            Binary::Max => a.max(b),
        }
    }

    fn select(&self, [a, b, c, d]: [&f64; 4]) -> f64 {
        if a > b { *c } else { *d }
    }
}

/// Rows of a table, selected by raw elements.
pub fn rows(table: &[f32], channels: usize, ids: &[f64]) -> Vec<f64> {
    let row = |id: &f64| {
        // Ids are raw elements of at most 16 bits.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let first = *id as usize * channels;
        table[first..first + channels].iter().map(|&x| f64::from(x))
    };
    ids.iter().flat_map(row).collect()
}
