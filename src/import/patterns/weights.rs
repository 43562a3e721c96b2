//! Weights: a constant matrix as integers with their scales, behind a quantiser in any form; without one, floats that
//! are integers times a scale all the same, or that the user wants rounded.

use std::collections::BTreeSet;

use super::levels::{self, Levels};
use super::{Context, grid};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::import::dims;
use crate::quant::{Quantiser, Rounding, Weights};

/// Floats without a quantiser are interpreted as integers of this width times a scale, if possible.
const GRID_BITS: u8 = 8;

/// The widest integers that are looked for, to tell the user about them.
const WIDEST_GRID_BITS: u8 = 16;

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
    arrange(&without_quantiser(context, value, by_output)?, by_output)
}

/// Levels of plain floats.
fn without_quantiser(context: &Context, value: ValueId, by_output: bool) -> Result<Levels> {
    let tensor = context.flow.constant(value)?;
    let values = tensor.as_f32().map_err(Error::input)?;
    let matrix = Floats { dims: matrix(&tensor.dims)?, by_output, values };
    for &w in &matrix.values {
        levels::finite(w)?;
    }
    let bits = context.options.weight_bits.unwrap_or(GRID_BITS);
    if let Some(s) = grid::scale_of(&matrix.values, bits) {
        return Ok(matrix.on_grid(vec![s]));
    }
    if let Some(scales) = matrix.by_output().iter().map(|row| grid::scale_of(row, bits)).collect() {
        return Ok(matrix.on_grid(scales));
    }
    if context.options.weight_bits.is_some() {
        return Ok(matrix.rounded(bits));
    }
    let problem = "the weights of this layer are not quantised";
    let magnitudes: BTreeSet<u32> = matrix.values.iter().map(|w| w.abs().to_bits()).collect();
    let mut wider = (GRID_BITS + 1..=WIDEST_GRID_BITS).filter(|_| magnitudes.len() >= TELLING);
    let wider = wider.find(|&b| grid::scale_of(&matrix.values, b).is_some());
    context.note(match wider {
        None => Error::input(problem).fix(
            "quantise them in training, or pass --weight-bits 8 to round them now (symmetric, per output channel)",
        ),
        Some(b) => Error::input(format!("{problem}, but they are integers of {b} bits times a scale"))
            .fix(format!("pass --weight-bits {b} to take them as they are")),
    });
    Ok(matrix.rounded(bits))
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

    /// Integers that times these scales, one or one per output, are the values.
    fn on_grid(&self, scales: Vec<f32>) -> Levels {
        let scale = |e: usize| if scales.len() == 1 { scales[0] } else { scales[self.output(e)] };
        // Integers of at most 16 bits.
        #[expect(clippy::cast_possible_truncation)]
        let level = |(e, &w): (usize, &f32)| grid::multiple(w, scale(e)) as i64;
        let levels = self.values.iter().enumerate().map(level).collect();
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
        self.levels(levels, scales, "floats, rounded at import")
    }

    fn levels(&self, levels: Vec<i64>, scales: Vec<f32>, form: &'static str) -> Levels {
        let scale = if scales.len() == 1 {
            scales
        } else {
            (0..levels.len()).map(|e| scales[self.output(e)]).collect()
        };
        Levels { dims: self.dims.to_vec(), levels, scale, form }
    }
}

/// Extents of a matrix; those of a convolution's kernels are one row an output.
fn matrix(dims: &[usize]) -> Result<[usize; 2]> {
    match *dims {
        [outputs, channels, height, width] if dims.iter().all(|&d| d > 0) => {
            Ok([outputs, channels * height * width])
        }
        [rows, columns] if rows > 0 && columns > 0 => Ok([rows, columns]),
        _ => Err(Error::input(format!("weights with extents {dims:?}; supported is a matrix"))
            .fix("use weights of two extents, or of four for a convolution")),
    }
}

/// Brings levels into the order of [`Weights`] and finds the scale of every output.
fn arrange(found: &Levels, by_output: bool) -> Result<(Weights, String)> {
    let [rows, columns] = matrix(&found.dims)?;
    let (outputs, inputs) = if by_output { (rows, columns) } else { (columns, rows) };
    let element = |o: usize, i: usize| if by_output { o * columns + i } else { i * columns + o };
    let limit = Quantiser::MAX_LEVEL;
    let narrow = |e: usize| {
        i32::try_from(found.levels[e]).ok().filter(|l| (-limit..=limit).contains(l)).ok_or_else(|| {
            Error::input(format!("a weight of {}; supported are −{limit}…{limit}", found.levels[e]))
                .fix("quantise the weights to at most 16 bits")
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
