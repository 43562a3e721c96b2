//! The input: raw elements, their exact real value, and the time-steps over which they are spread.

use num_rational::BigRational;
use num_traits::Zero;

use super::rational::{decimal, integer};
use super::value::{Kind, Value};
use crate::graph::Shape;
use crate::integer::{Input, Range};
use crate::quant::{Encoding, InputSpec, Scaling};
use crate::snn;

/// Lowers the input to `d = q − zero_point`, applied again in each of `L` time-steps. With the real value
/// `x = a·d + β`, the sum of the applied elements is worth `a/L` each, and `β` acts from the first time-step on.
///
/// # Errors
/// If a parameter of the scaling is not a number.
pub(super) fn lower(input: &snn::Input, shape: &Shape) -> Result<(Input, Value), String> {
    let spec = &input.spec;
    let steps = match input.encoding {
        Encoding::Analog => 1,
        Encoding::Rate { steps } => steps,
        Encoding::Train { .. } => 1,
    };
    let zero_point = spec.zero_point();
    let (low, mut high) = spec.element.range();
    if let Encoding::Train { highest, .. } = input.encoding {
        high = high.min(highest).max(low);
    }
    let at = |q: i32| i64::from(q) - i64::from(zero_point);
    let range = Range::new(at(low), at(high));
    // Before the first time-step the sum is 0.
    let step = range.union(Range::new(0, 0));
    let total = Range::new(step.low * i64::from(steps), step.high * i64::from(steps));

    let per_step = integer(steps);
    let kinds = affine(spec)?
        .into_iter()
        .map(|(scale, offset)| Kind { scale: scale / &per_step, offset, step, total })
        .collect::<Vec<_>>();
    let of = match kinds.len() {
        1 => vec![0],
        _ => (0..input.sample.len()).map(|e| spec.channel_of(&input.sample.0, e)).collect(),
    };
    let lowered = Input { shape: shape.clone(), element: spec.element, zero_point, range, steps };
    Ok((lowered, Value { kinds, of }))
}

/// `(a, β)` of each channel of the scaling (one entry where all are equal): the real value is `a·(q − zero_point) + β`.
///
/// Normalise: `a = 1/(q_max·std)`, `β = −mean/std`. Affine: `a = scale`, `β = 0`.
fn affine(spec: &InputSpec) -> Result<Vec<(BigRational, BigRational)>, String> {
    match &spec.scaling {
        Scaling::Normalise { mean, std } => {
            let largest = integer(spec.element.range().1);
            (0..mean.len().max(std.len()))
                .map(|c| {
                    let mean = decimal(&mean[if mean.len() == 1 { 0 } else { c }])?;
                    let std = decimal(&std[if std.len() == 1 { 0 } else { c }])?;
                    Ok(((&largest * &std).recip(), -mean / std))
                })
                .collect()
        }
        Scaling::Affine { scale, .. } => {
            scale.iter().map(|scale| Ok((decimal(scale)?, BigRational::zero()))).collect()
        }
    }
}
