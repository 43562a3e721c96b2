//! `BatchNormalization` in inference: each channel times a factor, plus a number.

use super::{Context, Found, Part, Site};
use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::import::decode::ValueId;
use crate::import::name;
use crate::qann::Op;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    if !node.is("BatchNormalization") {
        return Ok(None);
    }
    let source = node.input(0)?;
    let Some(from) = context.flow.data_extents(source)? else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    if node.int("training_mode", 0) != 0 {
        return Err(Error::input("a normalisation that computes its statistics from the batch")
            .fix("export the model in evaluation mode (model.eval())"));
    }
    let &[_, channels, ref spatial @ ..] = from else {
        return Err(Error::input(format!("a normalisation of {from:?}")).fix("normalise channels"));
    };
    let list = |port: usize, what: &str| numbers(context, node.input(port)?, channels, what);
    let (scale, shift) = (list(1, "scale")?, list(2, "shift")?);
    let (mean, variance) = (list(3, "mean")?, list(4, "variance")?);
    let epsilon = f64::from(node.float("epsilon", 1e-5));
    let (mut gain, mut offset) = (Vec::new(), Vec::new());
    for c in 0..channels {
        let factor = scale[c] / (variance[c] + epsilon).sqrt();
        if !factor.is_finite() || factor == 0.0 {
            let problem =
                format!("the factor {factor} of channel {c} (scale {}, variance {})", scale[c], variance[c]);
            return Err(
                Error::input(problem).fix("remove channels whose scale is 0, and check the running variance")
            );
        }
        gain.push(factor);
        offset.push(shift[c] - mean[c] * factor);
    }
    let op = Op::Affine { gain, offset };
    let pixels: usize = spatial.iter().product();
    let steps = match spatial {
        [] => vec![(op, vec![Part::Value(source)])],
        _ => vec![
            (Op::Reshape(Shape(vec![channels, pixels])), vec![Part::Value(source)]),
            (Op::Transpose(vec![1, 0]), vec![Part::Before]),
            (op, vec![Part::Before]),
            (Op::Transpose(vec![1, 0]), vec![Part::Before]),
            (Op::Reshape(context.flow.shape(from)), vec![Part::Before]),
        ],
    };
    let name = name::of_scope(context.flow.model, &[site.index]);
    Ok(Some(Found::Chain { steps, name, detail: format!("{channels} channels") }))
}

/// A constant list of one number for each channel.
fn numbers(context: &Context, value: ValueId, channels: usize, what: &str) -> Result<Vec<f64>> {
    if !context.flow.is_constant(value) {
        return Err(Error::input(format!("the {what} of this normalisation is computed from the input"))
            .fix("export the model in evaluation mode (model.eval())"));
    }
    let list = context.flow.constant(value)?.as_f32().map_err(Error::input)?;
    match list.iter().find(|x| !x.is_finite()) {
        Some(bad) => Err(Error::input(format!("the {what} {bad} of this normalisation is not finite"))
            .fix("train or initialise it: it must be a finite number")),
        None if list.len() == channels => Ok(list.into_iter().map(f64::from).collect()),
        None => Err(Error::input(format!("{} numbers of the {what} for {channels} channels", list.len()))
            .fix("give one number for each channel")),
    }
}
