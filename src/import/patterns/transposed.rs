//! `ConvTranspose`: a convolution that computes, for each pixel that it reads, a block of `stride` pixels, which are then
//! put in their places.

use super::{Context, Found, Part, Site, bias, weights};
use crate::error::{Error, Result};
use crate::graph::{Shape, Window};
use crate::import::name;
use crate::import::transposed::{Transposed, of};
use crate::qann::Op;
use crate::quant::Weights;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    if !node.is("ConvTranspose") {
        return Ok(None);
    }
    let (source, kernels) = (node.input(0)?, node.input(1)?);
    if !flow.is_constant(kernels) {
        return Err(Error::input("the kernels of this convolution are computed from the input")
            .fix("use constant kernels"));
    }
    let (Some(from), Some(_)) = (flow.data_extents(source)?, flow.data_extents(site.value)?) else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let dims = flow.extents(kernels)?.unwrap_or_default();
    let found = of(node, from, &dims).map_err(Error::input)?;
    let window = found.window().map_err(Error::input)?;
    let (read, detail) = weights::read_transposed(context, kernels, found.groups)?;
    let outputs = read.outputs;
    let bias = match node.optional_input(2) {
        Some(value) => bias::Bias::read(context, value, outputs)?.values,
        None => Vec::new(),
    };
    let phases = found.stride[0] * found.stride[1];
    let bias = bias.iter().flat_map(|&b| std::iter::repeat_n(b, phases)).collect();
    let op = Op::Convolution { weights: by_phase(&read, &found, &window), window: window.clone(), bias };
    let steps = chain(&found, &window, outputs, op, source);
    let detail = format!("transposed: {}, {phases} pixels each, {detail}", window.describe());
    Ok(Some(Found::Chain { steps, name: name::of_scope(flow.model, &[site.index]), detail }))
}

/// The convolution between the arrangement of its source and of its result.
fn chain(
    found: &Transposed,
    window: &Window,
    outputs: usize,
    op: Op,
    source: crate::import::decode::ValueId,
) -> Vec<(Op, Vec<Part>)> {
    let ([height, width], [lines, columns]) = (window.size, window.output());
    let [down, right] = found.stride;
    let mut steps = vec![
        (Op::Reshape(Shape(vec![window.channels, height, width])), vec![Part::Value(source)]),
        (Op::Transpose(vec![1, 2, 0]), vec![Part::Before]),
        (op, vec![Part::Before]),
        (Op::Reshape(Shape(vec![lines, columns, outputs, down, right])), vec![Part::Before]),
        (Op::Transpose(vec![2, 0, 3, 1, 4]), vec![Part::Before]),
        (Op::Reshape(Shape(vec![outputs, lines * down, columns * right])), vec![Part::Before]),
    ];
    for (axis, (all, d)) in [(lines * down, 0), (columns * right, 1)].into_iter().enumerate() {
        let (first, count) = (found.before[d], found.output[d]);
        if (first, count) != (0, all) {
            steps.push((Op::Slice { axis: axis + 1, first, count }, vec![Part::Before]));
        }
    }
    if found.one_direction {
        steps.push((Op::Reshape(Shape(vec![outputs, found.output[1]])), vec![Part::Before]));
    }
    steps
}

/// Weights `[outputs, depth·kernel]` as those of the window: for each output and each of its phases, tap by tap.
fn by_phase(read: &Weights, found: &Transposed, window: &Window) -> Weights {
    let ([down, right], [kh, kw]) = (found.stride, found.kernel);
    let phases = down * right;
    let (inputs, depth) = (window.inputs(), window.depth());
    let mut levels = vec![0; read.outputs * phases * inputs];
    for o in 0..read.outputs {
        for (i, j) in (0..kh).flat_map(|i| (0..kw).map(move |j| (i, j))) {
            // Pixel `x` reaches pixel `x·stride + i·dilation`.
            let (y, x) = (i * found.dilation[0], j * found.dilation[1]);
            let tap = (window.kernel[0] - 1 - y / down) * window.kernel[1] + window.kernel[1] - 1 - x / right;
            let row = o * phases + y % down * right + x % right;
            for c in 0..depth {
                levels[row * inputs + tap * depth + c] = read.level(o, c * kh * kw + i * kw + j);
            }
        }
    }
    let scale = match read.scale.len() {
        1 => read.scale.clone(),
        _ => read.scale.iter().flat_map(|&s| std::iter::repeat_n(s, phases)).collect(),
    };
    Weights { inputs, outputs: read.outputs * phases, levels, scale }
}
