//! `Resize` and `Upsample`. To the nearest neighbours: elements repeated or left out. With linear weights: `linear_resize.rs`.

use super::{Context, Found, Part, Site, linear_resize};
use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::import::decode::Node;
use crate::import::resample::Coordinates;
use crate::qann::Op;

const FIX: &str = "use nearest neighbours or linear weights (mode=\"nearest\", mode=\"linear\"), or a transposed arrangement of channels that the network learns";

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    if !node.is("Resize") && !node.is("Upsample") {
        return Ok(None);
    }
    let mode = node.string("mode", "nearest");
    let source = node.input(0)?;
    if let (Some(from), Some(to)) = (flow.data_extents(source)?, flow.data_extents(site.value)?)
        && from == to
        && node.string("coordinate_transformation_mode", "half_pixel") != "tf_crop_and_resize"
        && flow.scales(node, from).is_ok_and(|scales| scales.iter().all(|&scale| scale == 1.0))
    {
        return Ok(Some(Found::Same(source)));
    }
    if mode != "nearest" && mode != "linear" {
        return Err(Error::input(format!("{} of the mode {mode:?} is not supported", node.op)).fix(FIX));
    }
    let (Some(from), Some(to)) = (flow.data_extents(source)?, flow.data_extents(site.value)?) else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    if mode == "linear" {
        return linear_resize::find(context, site, source, from, to).map(Some);
    }
    let (from, to) = (from.to_vec(), to.to_vec());
    let rule = Rule::of(node)?;
    let scales = flow.scales(node, &from).map_err(Error::input)?;
    let mut sources = Vec::new();
    for (axis, (&f, &t)) in from.iter().zip(&to).enumerate() {
        let scale = scales.get(axis).copied().unwrap_or(1.0);
        let one = |at: usize| rule.source(at, scale, f, t);
        sources.push((0..t).map(one).collect::<Vec<usize>>());
    }
    if flow.batch != 1 {
        return Err(Error::input("elements of a fixed batch are repeated or selected")
            .fix("export with a batch of 1, or a dynamic one"));
    }
    let mut order = vec![0usize];
    for (axis, sources) in sources.iter().enumerate() {
        let extent = from[axis];
        order = order.iter().flat_map(|&e| sources.iter().map(move |&s| e * extent + s)).collect();
    }
    let steps = vec![
        (Op::Reshape(Shape(from.clone())), vec![Part::Value(source)]),
        (Op::Pick { shape: flow.shape(&to), order }, vec![Part::Before]),
    ];
    Ok(Some(Found::Chain { steps, name: node.name.clone(), detail: format!("{from:?} to {to:?}") }))
}

/// Which element an element of the result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    coordinates: Coordinates,
    rounding: Nearest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nearest {
    HalfDown,
    HalfUp,
    Floor,
    Ceil,
}

impl Rule {
    fn of(node: &Node) -> Result<Self> {
        if node.is("Upsample") {
            return Ok(Self { coordinates: Coordinates::Asymmetric, rounding: Nearest::Floor });
        }
        let coordinates = Coordinates::of(node).map_err(|problem| Error::input(problem).fix(FIX))?;
        let rounding = match &*node.string("nearest_mode", "round_prefer_floor") {
            "round_prefer_floor" => Nearest::HalfDown,
            "round_prefer_ceil" => Nearest::HalfUp,
            "floor" => Nearest::Floor,
            "ceil" => Nearest::Ceil,
            other => {
                return Err(
                    Error::input(format!("Resize with the rounding {other:?} is not supported")).fix(FIX)
                );
            }
        };
        Ok(Self { coordinates, rounding })
    }

    /// The element of `from` that element `at` of `to` is.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn source(self, at: usize, scale: f64, from: usize, to: usize) -> usize {
        if from == to && scale == 1.0 {
            return at;
        }
        let x = at as f64;
        let x = match self.coordinates {
            Coordinates::Asymmetric => x / scale,
            Coordinates::PytorchHalfPixel if to == 1 => 0.0,
            Coordinates::HalfPixel | Coordinates::PytorchHalfPixel => (x + 0.5) / scale - 0.5,
            Coordinates::HalfPixelSymmetric => {
                let adjustment = 1.0 - to as f64 / (scale * from as f64);
                from as f64 * adjustment / 2.0 + (x + 0.5) / scale - 0.5
            }
            Coordinates::AlignCorners if to == 1 => 0.0,
            Coordinates::AlignCorners => x * (from as f64 - 1.0) / (to as f64 - 1.0),
        };
        let nearest = match self.rounding {
            Nearest::HalfDown => (x - 0.5).ceil(),
            Nearest::HalfUp => (x + 0.5).floor(),
            Nearest::Floor => x.floor(),
            Nearest::Ceil => x.ceil(),
        };
        (nearest.max(0.0) as usize).min(from.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Coordinates, Nearest, Rule};

    #[test]
    fn elements_as_onnx_defines_them() {
        let all = |coordinates, rounding, scale: f64, from: usize, to: usize| -> Vec<usize> {
            (0..to).map(|at| Rule { coordinates, rounding }.source(at, scale, from, to)).collect()
        };
        assert_eq!(all(Coordinates::Asymmetric, Nearest::Floor, 2.0, 3, 6), [0, 0, 1, 1, 2, 2]);
        assert_eq!(all(Coordinates::HalfPixel, Nearest::HalfDown, 2.0, 3, 6), [0, 0, 1, 1, 2, 2]);
        assert_eq!(all(Coordinates::Asymmetric, Nearest::HalfDown, 2.0, 2, 4), [0, 0, 1, 1]);
        assert_eq!(all(Coordinates::Asymmetric, Nearest::HalfUp, 2.0, 2, 4), [0, 1, 1, 1]);
        assert_eq!(all(Coordinates::HalfPixel, Nearest::HalfDown, 0.5, 6, 3), [0, 2, 4]);
        assert_eq!(all(Coordinates::AlignCorners, Nearest::Floor, 1.5, 4, 6), [0, 0, 1, 1, 2, 3]);
        assert_eq!(all(Coordinates::PytorchHalfPixel, Nearest::Floor, 0.25, 4, 1), [0]);
    }
}
