//! QONNX `Quant`: `(round(clip(x/s + z)) − z)·s` with a width, a sign and a rounding mode.

use super::form::{Form, Spread, level, without_ones};
use super::{Context, Site};
use crate::error::{Error, Result};
use crate::quant::Rounding;

/// The sets that define the operator.
const DOMAINS: [&str; 3] = ["qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas"];

/// Zero points further from 0 than this are no sensible quantiser.
const FURTHEST: f64 = 16_777_216.0;

/// The quantiser that this node is.
pub fn form_of(context: &Context, site: Site) -> Result<Option<Form>> {
    let node = site.node;
    if !DOMAINS.contains(&node.domain.as_str()) || !matches!(node.op.as_str(), "Quant" | "IntQuant") {
        return Ok(None);
    }
    let scale = Spread::read(context, node.input(1)?)?;
    let zero = Spread::read(context, node.input(2)?)?;
    let bits = Spread::read(context, node.input(3)?)?;
    let signed = node.int("signed", 1) != 0;
    let narrow = node.int("narrow", 1) != 0;
    let (lowest, highest) = range(&bits.values, signed, narrow)?;
    let zeros: Vec<f64> = zero.values.iter().map(|&z| f64::from(z)).collect();
    if let Some(z) = zeros.iter().find(|z| z.fract() != 0.0 || z.abs() > FURTHEST) {
        return Err(Error::input(format!("the zero point {z} of this Quant is not a whole number"))
            .fix("use a symmetric quantiser, or one with a whole zero point"));
    }
    let mode = node.string("rounding_mode", "ROUND").to_uppercase();
    let rounding = rule(&mode, signed, &zeros)?;
    let shifted = |bound: f64| Spread {
        dims: without_ones(&zero.dims),
        values: zeros.iter().map(|z| level(bound - z)).collect(),
    };
    Ok(Some(Form {
        form: "Quant",
        source: node.input(0)?,
        scale,
        low: shifted(lowest),
        high: shifted(highest),
        rounding,
        nodes: vec![site.index],
    }))
}

/// Lowest and highest integer of a width.
fn range(bits: &[f32], signed: bool, narrow: bool) -> Result<(f64, f64)> {
    let (&first, same) = match bits.split_first() {
        Some((first, rest)) => (first, rest.iter().all(|b| b == first)),
        None => {
            return Err(Error::input("this Quant has no bit width")
                .fix("give Quant its fourth input, the bit width, as a constant"));
        }
    };
    if !same || first.fract() != 0.0 || !(1.0..=32.0).contains(&first) {
        let problem = format!("a Quant of {first} bits; supported is one whole width of 1 to 32 bits");
        return Err(Error::input(problem).fix("give one whole width for all elements"));
    }
    if signed && first == 1.0 {
        return Err(Error::input("a signed Quant of 1 bit is bipolar, which is not supported")
            .fix("use at least 2 bits, or an unsigned quantiser"));
    }
    let narrowed = if narrow { 1.0 } else { 0.0 };
    let all = f64::from(first).exp2();
    Ok(if signed { (-all / 2.0 + narrowed, all / 2.0 - 1.0) } else { (0.0, all - 1.0 - narrowed) })
}

/// The rounding rule of levels. The zero point is added before rounding; "up" and "down" mean away from and towards
/// zero, counted with the zero point, so that they are one-sided for unsigned integers only.
fn rule(mode: &str, signed: bool, zeros: &[f64]) -> Result<Rounding> {
    let symmetric = zeros.iter().all(|&z| z == 0.0);
    let one_sided = |rule: Rounding| (!signed).then_some(rule);
    let found = match mode {
        "ROUND" | "HALF_EVEN" => {
            let odd: Vec<bool> = zeros.iter().map(|z| z % 2.0 != 0.0).collect();
            match odd.as_slice() {
                [first, rest @ ..] if rest.iter().all(|o| o == first) => {
                    Some(if *first { Rounding::HalfOdd } else { Rounding::HalfEven })
                }
                _ => None,
            }
        }
        "CEIL" => Some(Rounding::Ceil),
        "FLOOR" => Some(Rounding::Floor),
        "ROUND_TO_ZERO" | "DOWN" if signed && symmetric => Some(Rounding::Truncate),
        "ROUND_TO_ZERO" | "DOWN" => one_sided(Rounding::Floor),
        "UP" => one_sided(Rounding::Ceil),
        "HALF_UP" => one_sided(Rounding::HalfUp),
        "HALF_DOWN" => one_sided(Rounding::HalfDown),
        _ => {
            let shown = crate::error::printable(mode);
            return Err(Error::input(format!("the rounding mode {shown:?} of this Quant is unknown"))
                .fix("use ROUND, CEIL or FLOOR"));
        }
    };
    found.ok_or_else(|| {
        let sign = if signed { "signed" } else { "unsigned" };
        let problem =
            format!("the rounding mode {mode} is not supported for a {sign} Quant with these zero points");
        Error::input(problem).fix("use ROUND, CEIL or FLOOR with one zero point")
    })
}
