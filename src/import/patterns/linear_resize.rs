//! `Resize` with linear weights: sums of up to four pixels with constant weights.

use super::{Context, Found, Part, Site};
use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::import::decode::ValueId;
use crate::import::name;
use crate::import::resample::{self, Coordinates, Exact, Read};
use crate::qann::Op;

const ANTIALIAS: &str = "use antialias=False, or an average pool";
const SIZE: &str = "give the extents of the result (size=), or factors that make whole numbers of pixels";
const WEIGHTS: &str =
    "use align_corners=False with a whole factor, or a smaller map: then few weights differ";
const AXES: &str = "resize lines and columns, or positions; batch and channels stay as they are";

/// Where the map lies in a value: lines, columns, channels.
enum Layout {
    /// `[channels, lines, columns]`
    First([usize; 3]),
    /// `[lines, columns, channels]`
    Last([usize; 3]),
}

/// The pattern, for a node of the mode "linear" and a value of extents `from`.
pub(super) fn find(
    context: &Context,
    site: Site,
    source: ValueId,
    from: &[usize],
    to: &[usize],
) -> Result<Found> {
    let (node, flow) = (site.node, context.flow);
    let refused = |problem: String, fix: &str| Err(Error::input(problem).fix(fix));
    let coordinates = match node.inputs.len() == 2 || node.is("Upsample") {
        // As defined before operator set 11.
        true => Coordinates::Asymmetric,
        false => Coordinates::of(node).map_err(|problem| Error::input(problem).fix(SIZE))?,
    };
    let scales = flow.exact_scales(node, from).map_err(|problem| Error::input(problem).fix(SIZE))?;
    let one = Exact::from_integer(1.into());
    if node.int("antialias", 0) != 0 && scales.iter().any(|scale| *scale < one) {
        return refused(
            "a Resize with antialias=1 that makes a map smaller is not supported".into(),
            ANTIALIAS,
        );
    }
    let scaled: Vec<usize> = (0..from.len()).filter(|&i| from[i] != to[i] || scales[i] != one).collect();
    let Some((layout, axes)) = layout(from, &scaled) else {
        let problem = format!("a Resize of {from:?} to {to:?} with linear weights is not supported");
        return refused(problem, AXES);
    };
    let mut lists: [Vec<Read>; 2] = [Vec::new(), Vec::new()];
    for (list, axis) in lists.iter_mut().zip(axes) {
        let Some(axis) = axis else {
            *list = resample::reads(Coordinates::Asymmetric, &one, 1, 1);
            continue;
        };
        let whole = (&scales[axis] * Exact::from_integer(from[axis].into())).is_integer();
        // What is meant by the length of the result is another number then.
        let unclear = match coordinates {
            Coordinates::AlignCorners => true,
            Coordinates::PytorchHalfPixel => to[axis] == 1,
            Coordinates::Asymmetric | Coordinates::HalfPixel | Coordinates::HalfPixelSymmetric => false,
        };
        if unclear && !whole && from[axis] > 1 {
            let problem = "a factor that makes no whole number of pixels, with coordinates for which evaluators of ONNX differ";
            return refused(problem.into(), SIZE);
        }
        *list = resample::reads(coordinates, &scales[axis], from[axis], to[axis]);
    }
    let ([channels, height, width], last) = match layout {
        Layout::First(extents) => (extents, false),
        Layout::Last([height, width, channels]) => ([channels, height, width], true),
    };
    let [lines, columns] = &lists;
    let found = resample::of([height, width], channels, lines, columns)
        .map_err(|problem| Error::input(problem).fix(WEIGHTS))?;
    let extents = if last { vec![height, width, channels] } else { vec![channels, height, width] };
    let rounded = if found.exact { "" } else { ", weights rounded to 2^-24" };
    let detail = format!("{}{rounded}", found.window.describe());
    let op = Op::Resample { window: found.window, weights: found.weights, divisor: found.divisor };
    let mut steps = vec![(Op::Reshape(Shape(extents)), vec![Part::Value(source)])];
    if !last {
        steps.push((Op::Transpose(vec![1, 2, 0]), vec![Part::Before]));
    }
    steps.push((op, vec![Part::Before]));
    if !last {
        steps.push((Op::Transpose(vec![2, 0, 1]), vec![Part::Before]));
    }
    steps.push((Op::Reshape(flow.shape(to)), vec![Part::Before]));
    Ok(Found::Chain { steps, name: name::of_scope(flow.model, &[site.index]), detail })
}

/// The map whose lines and columns are resized, and the axes of these.
fn layout(dims: &[usize], scaled: &[usize]) -> Option<(Layout, [Option<usize>; 2])> {
    let within = |axes: [usize; 2]| scaled.iter().all(|axis| axes.contains(axis));
    match *dims {
        [_, a, b, c] if within([2, 3]) => Some((Layout::First([a, b, c]), [Some(2), Some(3)])),
        [_, a, b, c] if within([1, 2]) => Some((Layout::Last([a, b, c]), [Some(1), Some(2)])),
        [_, a, b] if within([2, 2]) => Some((Layout::First([a, 1, b]), [None, Some(2)])),
        [_, a, b] if within([1, 1]) => Some((Layout::Last([1, a, b]), [None, Some(1)])),
        [_, a] if within([1, 1]) => Some((Layout::Last([1, a, 1]), [None, Some(1)])),
        _ => None,
    }
}
