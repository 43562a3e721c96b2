//! Functions that only clip, such as ReLU6: bounds of the quantiser after them.

use crate::quant::{Binary, Function, Quantiser, Rounding, Step, per_channel};

/// What a step of a function is.
#[derive(Clone, Copy)]
enum Meaning {
    Number(f64),
    /// The function's argument between two bounds.
    Clip(f64, f64),
}

/// The bounds of a function that is `x` between them; they lie on either side of 0.
fn bounds(function: &Function) -> Option<(f64, f64)> {
    let mut meanings = vec![Meaning::Clip(f64::NEG_INFINITY, f64::INFINITY)];
    for step in function.steps() {
        let meaning = match *step {
            Step::Constant(number) => Meaning::Number(number),
            Step::Binary(Binary::Min, a, b) => {
                let (n, (low, high)) = clipped(*meanings.get(a)?, *meanings.get(b)?)?;
                Meaning::Clip(low.min(n), high.min(n))
            }
            Step::Binary(Binary::Max, a, b) => {
                let (n, (low, high)) = clipped(*meanings.get(a)?, *meanings.get(b)?)?;
                Meaning::Clip(low.max(n), high.max(n))
            }
            Step::Binary(..) | Step::Unary(..) | Step::Select(_) => return None,
        };
        meanings.push(meaning);
    }
    match meanings.last() {
        Some(&Meaning::Clip(low, high)) if low <= 0.0 && high >= 0.0 => Some((low, high)),
        _ => None,
    }
}

/// A number, and the bounds of the argument that is compared with it.
fn clipped(a: Meaning, b: Meaning) -> Option<(f64, (f64, f64))> {
    match (a, b) {
        (Meaning::Clip(low, high), Meaning::Number(n)) | (Meaning::Number(n), Meaning::Clip(low, high)) => {
            Some((n, (low, high)))
        }
        (Meaning::Clip(..), Meaning::Clip(..)) | (Meaning::Number(_), Meaning::Number(_)) => None,
    }
}

/// The quantiser of a clipped value as one of the value itself: `Q(clip(x))` is `Q(x)` between the levels of the bounds,
/// because `Q` never falls. `None` if the function does more than that.
pub(super) fn merged(function: &Function, quantiser: &Quantiser) -> Option<Quantiser> {
    let (low, high) = bounds(function)?;
    let channels =
        [&quantiser.low, &quantiser.high].map(Vec::len).into_iter().max()?.max(quantiser.scale.len());
    let level = |c: usize, bound: f64| {
        let levels = (per_channel(&quantiser.low, c), per_channel(&quantiser.high, c));
        level(quantiser.rounding, per_channel(&quantiser.scale, c), levels, bound)
    };
    Some(Quantiser {
        low: (0..channels).map(|c| level(c, low)).collect(),
        high: (0..channels).map(|c| level(c, high)).collect(),
        ..quantiser.clone()
    })
}

/// The level of a number.
pub(super) fn level(rounding: Rounding, scale: f32, (low, high): (i32, i32), x: f64) -> i32 {
    // A level has at most 17 bits and a scale 24, so that the products are exact.
    let reached = |k: i32| {
        let boundary = rounding.boundary(k);
        #[expect(clippy::cast_precision_loss)]
        let edge = f64::from(scale) * boundary.halves as f64;
        if boundary.inclusive { 2.0 * x >= edge } else { 2.0 * x > edge }
    };
    // The largest level that is reached; boundaries ascend.
    let (mut least, mut most) = (i64::from(low), i64::from(high));
    while least < most {
        let middle = (least + most + 1).div_euclid(2);
        #[expect(clippy::cast_possible_truncation)]
        let level = middle as i32;
        if reached(level) { least = middle } else { most = middle - 1 }
    }
    i32::try_from(least).unwrap_or(low)
}

#[cfg(test)]
mod tests {
    use super::merged;
    use crate::quant::{Binary, Function, Quantiser, Rounding};

    #[test]
    fn bounds_become_levels() {
        let mut relu6 = Function::identity();
        let (zero, six) = (relu6.constant(0.0), relu6.constant(6.0));
        let above = relu6.binary(Binary::Max, 0, zero);
        relu6.binary(Binary::Min, six, above);
        let quantiser = |scale| Quantiser::uniform(scale, -8, 30, Rounding::HalfEven);
        let levels = |scale| merged(&relu6, &quantiser(scale)).map(|q| (q.low[0], q.high[0]));
        assert_eq!(levels(0.5), Some((0, 12)));
        // 6 lies on the boundary between 2 and 3: to even.
        assert_eq!(levels(2.4), Some((0, 2)));
        assert_eq!(levels(0.1), Some((0, 30)));
        assert_eq!(merged(&Function::gelu(), &quantiser(1.0)), None);
        let mut above_one = Function::identity();
        let one = above_one.constant(1.0);
        above_one.binary(Binary::Max, 0, one);
        assert_eq!(merged(&above_one, &quantiser(1.0)), None);
    }
}
