//! Weights: a constant matrix as integers with their scales, behind a quantiser in any form; without one, floats that
//! are integers times a scale all the same, or that the user wants rounded.

use std::collections::BTreeSet;

use super::levels::{self, Levels};
use super::{Context, grid};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::import::dims;
use crate::quant::{Rounding, Weights};

/// Floats without a quantiser are interpreted as integers of this width times a scale, if possible.
const GRID_BITS: u8 = 8;

/// The widest integers that are looked for.
const WIDEST_GRID_BITS: u8 = 16;

/// Bits of the magnitude of the largest weight of an output, where the user gives no width: those of a float.
const EXACT_BITS: i32 = 24;

/// Fewer magnitudes than this may be multiples of a scale by chance.
const TELLING: usize = 6;

/// Weights that are stored output by output (`by_output`) or input by input; and how they were found.
pub fn read(context: &Context, value: ValueId, by_output: bool) -> Result<(Weights, String)> {
    let mut value = value;
    let mut by_output = by_output;
    loop {
        if let Some(levels) = levels::of(context, value)? {
            return arrange(&levels, by_output);
        }
        if let Some(same) = levels::behind(context, value)? {
            value = same;
            continue;
        }
        let Some((_, node)) = context.flow.model.producer_of(value) else { break };
        if !node.is("Transpose") {
            break;
        }
        let order = dims::order(node.ints("perm"), 2).map_err(|e| Error::input(e).at_node(&node.name))?;
        by_output ^= order == [1, 0];
        value = node.input(0)?;
    }
    arrange(&plain(context, value, by_output, None)?, by_output)
}

/// Kernels `[channels, outputs, …]` of a transposed convolution as weights `[outputs, channels·…]`; and how they were found.
pub fn read_transposed(context: &Context, value: ValueId, groups: usize) -> Result<(Weights, String)> {
    let mut value = value;
    loop {
        if let Some(found) = levels::of(context, value)? {
            let (dims, index) = by_outputs(&found.dims, groups)?;
            let pick = |of: &[i64]| index.iter().map(|&e| of[e]).collect();
            let scale = match found.scale.len() {
                1 => found.scale.clone(),
                _ => index.iter().map(|&e| found.scale[e]).collect(),
            };
            return arrange(&Levels { dims, levels: pick(&found.levels), scale, form: found.form }, true);
        }
        match levels::behind(context, value)? {
            Some(same) => value = same,
            None => break,
        }
    }
    arrange(&plain(context, value, true, Some(groups))?, true)
}

/// Extents of kernels `[channels, outputs, …]` as one row an output, and the element that each element is.
fn by_outputs(dims: &[usize], groups: usize) -> Result<(Vec<usize>, Vec<usize>)> {
    let [channels, rest] = matrix(dims)?;
    let outputs = dims[1];
    let (taps, depth) = (rest / outputs, channels / groups);
    let at = |o: usize, i: usize| {
        let channel = o / outputs * depth + i / taps;
        channel * rest + o % outputs * taps + i % taps
    };
    let (rows, columns) = (outputs * groups, depth * taps);
    Ok((vec![rows, columns], (0..rows).flat_map(|o| (0..columns).map(move |i| at(o, i))).collect()))
}

/// Levels of plain floats; with a number of groups, of kernels of a transposed convolution.
fn plain(context: &Context, value: ValueId, by_output: bool, transposed: Option<usize>) -> Result<Levels> {
    let tensor = context.flow.constant(value)?;
    let values = tensor.rounded_f32().map_err(Error::input)?;
    let (dims, values) = match transposed {
        None => (tensor.dims.clone(), values),
        Some(groups) => {
            let (dims, index) = by_outputs(&tensor.dims, groups)?;
            (dims, index.iter().map(|&e| values[e]).collect())
        }
    };
    without_quantiser(context, Floats { dims: matrix(&dims)?, by_output, values })
}

/// Levels of plain floats: exact if they are integers times a scale, else rounded to the width that the user wants, or to
/// [`EXACT_BITS`].
fn without_quantiser(context: &Context, matrix: Floats) -> Result<Levels> {
    for &w in &matrix.values {
        levels::finite(w)?;
    }
    let bits = context.options.weight_bits.unwrap_or(GRID_BITS).min(WIDEST_GRID_BITS);
    if let Some(s) = grid::scale_of(&matrix.values, bits) {
        return Ok(matrix.on_grid(vec![s]));
    }
    if let Some(scales) = matrix.by_output().iter().map(|row| grid::scale_of(row, bits)).collect() {
        return Ok(matrix.on_grid(scales));
    }
    if let Some(bits) = context.options.weight_bits {
        context.tell_of_float_weights(format!(
            "float weights, rounded to {bits} bits with one scale for each output channel"
        ));
        return Ok(matrix.rounded(bits));
    }
    let magnitudes: BTreeSet<u32> = matrix.values.iter().map(|w| w.abs().to_bits()).collect();
    let wider = (GRID_BITS + 1..=WIDEST_GRID_BITS).filter(|_| magnitudes.len() >= TELLING);
    if let Some(s) = wider.filter_map(|bits| grid::scale_of(&matrix.values, bits)).next() {
        return Ok(matrix.on_grid(vec![s]));
    }
    context.tell_of_float_weights(format!(
        "float weights, taken to {EXACT_BITS} bits of the largest weight of each output channel; --weight-bits 8 rounds them"
    ));
    Ok(matrix.dyadic())
}

/// A matrix of plain floats.
struct Floats {
    dims: [usize; 2],
    /// Whether rows are outputs; otherwise columns are.
    by_output: bool,
    values: Vec<f32>,
}

impl Floats {
    /// The output that an element belongs to.
    fn output(&self, element: usize) -> usize {
        if self.by_output { element / self.dims[1] } else { element % self.dims[1] }
    }

    /// The weights of every output.
    fn by_output(&self) -> Vec<Vec<f32>> {
        let outputs = self.dims[usize::from(!self.by_output)];
        let mut lists = vec![Vec::with_capacity(self.values.len() / outputs); outputs];
        for (e, &w) in self.values.iter().enumerate() {
            lists[self.output(e)].push(w);
        }
        lists
    }

    /// Multiples of a power of two for each output: [`EXACT_BITS`] bits of the largest magnitude. A float of at least half
    /// of it is exact; a smaller one is rounded to the same unit.
    fn dyadic(&self) -> Levels {
        let outputs = self.by_output();
        let units: Vec<f64> = outputs.iter().map(|row| unit(row)).collect();
        // Up to 2^24.
        #[expect(clippy::cast_possible_truncation)]
        let level = |(e, &w): (usize, &f32)| (f64::from(w) / units[self.output(e)]).round_ties_even() as i64;
        let mut levels: Vec<i64> = self.values.iter().enumerate().map(level).collect();
        // Zeros at the end of all integers of an output belong to its scale.
        let mut used = vec![0; units.len()];
        levels.iter().enumerate().for_each(|(e, &k)| used[self.output(e)] |= k);
        let zeros = |used: &i64| if *used == 0 { 0 } else { used.trailing_zeros() };
        levels.iter_mut().enumerate().for_each(|(e, k)| *k >>= zeros(&used[self.output(e)]));
        let scales =
            units.iter().zip(&used).map(|(unit, used)| unit * f64::from(zeros(used)).exp2()).collect();
        self.levels(levels, scales, "floats, to 24 bits of the largest")
    }

    /// Integers that times these scales, one or one per output, are the values.
    fn on_grid(&self, scales: Vec<f32>) -> Levels {
        let scale = |e: usize| if scales.len() == 1 { scales[0] } else { scales[self.output(e)] };
        // Integers of at most 16 bits.
        #[expect(clippy::cast_possible_truncation)]
        let level = |(e, &w): (usize, &f32)| grid::multiple(w, scale(e)) as i64;
        let levels = self.values.iter().enumerate().map(level).collect();
        let scales = scales.into_iter().map(f64::from).collect();
        self.levels(levels, scales, "floats that are integers times a scale")
    }

    /// Rounds: symmetric, one scale an output, `max|w| / (2^(bits − 1) − 1)` in single precision.
    fn rounded(&self, bits: u8) -> Levels {
        let top = (1i64 << (bits - 1)) - 1;
        #[expect(clippy::cast_precision_loss)]
        let scale = |largest: f32| {
            if largest == 0.0 { 1.0 } else { (largest / top as f32).max(f32::MIN_POSITIVE) }
        };
        let largest = |row: &Vec<f32>| row.iter().fold(0f32, |m, w| m.max(w.abs()));
        let scales: Vec<f32> = self.by_output().iter().map(|row| scale(largest(row))).collect();
        let level = |(e, &w): (usize, &f32)| {
            levels::level(Rounding::HalfUp, w, scales[self.output(e)]).clamp(-top, top)
        };
        let levels = self.values.iter().enumerate().map(level).collect();
        let scales = scales.into_iter().map(f64::from).collect();
        self.levels(levels, scales, "floats, rounded at import")
    }

    fn levels(&self, levels: Vec<i64>, scales: Vec<f64>, form: &'static str) -> Levels {
        let scale = if scales.len() == 1 {
            scales
        } else {
            (0..levels.len()).map(|e| scales[self.output(e)]).collect()
        };
        Levels { dims: self.dims.to_vec(), levels, scale, form }
    }
}

/// The unit in which [`EXACT_BITS`] bits hold the largest magnitude of these.
fn unit(weights: &[f32]) -> f64 {
    let largest = weights.iter().fold(0f32, |m, w| m.max(w.abs()));
    if largest == 0.0 {
        return 1.0;
    }
    // The exponent of a double that a float became is exact, and its logarithm need not be.
    let exponent = (f64::from(largest).to_bits() >> 52) as i32 - 1023;
    f64::from(exponent + 1 - EXACT_BITS).exp2()
}

/// Extents of a matrix; those of a convolution's kernels are one row an output.
fn matrix(dims: &[usize]) -> Result<[usize; 2]> {
    match *dims {
        [outputs, channels, height, width] if dims.iter().all(|&d| d > 0) => {
            Ok([outputs, channels * height * width])
        }
        [outputs, channels, width] if dims.iter().all(|&d| d > 0) => Ok([outputs, channels * width]),
        [rows, columns] if rows > 0 && columns > 0 => Ok([rows, columns]),
        _ => Err(Error::input(format!("weights with extents {dims:?}; supported is a matrix"))
            .fix("use weights of two extents, or of three or four for a convolution")),
    }
}

/// Brings levels into the order of [`Weights`] and finds the scale of every output.
fn arrange(found: &Levels, by_output: bool) -> Result<(Weights, String)> {
    let [rows, columns] = matrix(&found.dims)?;
    let (outputs, inputs) = if by_output { (rows, columns) } else { (columns, rows) };
    let element = |o: usize, i: usize| if by_output { o * columns + i } else { i * columns + o };
    let limit = i32::MAX;
    let narrow = |e: usize| {
        i32::try_from(found.levels[e]).ok().filter(|l| (-limit..=limit).contains(l)).ok_or_else(|| {
            Error::input(format!("a weight of {}; supported are −{limit}…{limit}", found.levels[e]))
                .fix("quantise the weights to at most 32 bits")
        })
    };
    let levels: Vec<i32> = (0..outputs)
        .flat_map(|o| (0..inputs).map(move |i| element(o, i)))
        .map(narrow)
        .collect::<Result<_>>()?;
    let scale = if found.scale.len() == 1 {
        found.scale.clone()
    } else {
        let of_output = |o: usize| found.scale[element(o, 0)];
        if (0..outputs).any(|o| (0..inputs).any(|i| found.scale[element(o, i)] != of_output(o))) {
            return Err(Error::input("the weights have a scale that differs between input channels")
                .fix("quantise the weights per tensor or per output channel"));
        }
        (0..outputs).map(of_output).collect()
    };
    let low = levels.iter().min().copied().unwrap_or(0);
    let high = levels.iter().max().copied().unwrap_or(0);
    let scales = if scale.len() == 1 { "per tensor" } else { "per output channel" };
    let detail = format!("{outputs}×{inputs} weights {low}…{high} {scales} ({})", found.form);
    Ok((Weights { inputs, outputs, levels, scale }, detail))
}
