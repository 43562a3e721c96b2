//! Whether a sum of levels can lie exactly on a boundary of the quantiser that reads it. Where it cannot, the rounding of ties
//! does not matter, and one decision rule does for all levels.

use std::collections::{BTreeSet, HashSet};

use super::dyadic::Dyadic;
use super::rational::decimal;
use crate::graph::NodeId;
use crate::quant::{Encoding, Quantiser, Rounding, Scaling, per_channel};
use crate::snn;

/// The most residues that are looked at for a channel.
const MOST: usize = 1 << 18;

/// The most bits of a number in the common unit.
const BITS: u32 = 100;

/// Whether a rounding decides ties differently from level to level.
pub(super) fn alternates(rounding: Rounding) -> bool {
    match rounding {
        Rounding::HalfEven | Rounding::HalfOdd => true,
        Rounding::HalfUp | Rounding::HalfDown | Rounding::Floor | Rounding::Ceil | Rounding::Truncate => {
            false
        }
    }
}

/// The sum whose rows a node is, or some of them.
pub(super) fn sum_behind(network: &snn::Network, mut id: NodeId) -> Option<NodeId> {
    loop {
        match network.node(id).op {
            snn::Op::Sum(_) => return Some(id),
            snn::Op::Select(_) => id = network.inputs(id).first().copied()?,
            snn::Op::Input(_)
            | snn::Op::Linear(_)
            | snn::Op::Neuron(_)
            | snn::Op::Lif(_)
            | snn::Op::Arrange(_)
            | snn::Op::Embedding(_)
            | snn::Op::LayerNorm(_)
            | snn::Op::Product(_)
            | snn::Op::Softmax(_)
            | snn::Op::Function(_)
            | snn::Op::MaxPool(_)
            | snn::Op::Readout => return None,
        }
    }
}

/// Multiples that a term adds to a channel: of `scale`, from `low` to `high`.
#[derive(Clone, Copy, Debug)]
struct Term {
    scale: f64,
    low: i64,
    high: i64,
}

/// Whether no value of a sum is a boundary of a quantiser with one scale. False if it is not known.
pub(super) fn never(network: &snn::Network, sum: NodeId, quantiser: &Quantiser) -> bool {
    let (snn::Op::Sum(own), &[scale]) = (&network.node(sum).op, &quantiser.scale[..]) else { return false };
    if !own.turned.is_empty() {
        return false;
    }
    let half = f64::from(scale) / 2.0;
    let mut seen = HashSet::new();
    (0..own.channels).all(|channel| {
        let inputs = network.inputs(sum);
        let term = |port: usize| {
            let list = own.factors.get(port).map_or(&[][..], Vec::as_slice);
            term(network, inputs[port], channel)?.times(one_factor(list, channel, own.channels)?)
        };
        let Some(parts) = (0..inputs.len()).map(term).collect::<Option<Vec<Part>>>() else {
            return false;
        };
        let terms: Vec<Term> = parts.iter().filter_map(|part| part.term).collect();
        let shifts: Vec<f64> = parts.iter().map(|part| part.constant).filter(|&x| x != 0.0).collect();
        let constants = own.constant.iter().skip(channel).step_by(own.channels.max(1)).map(|&x| x + 0.0);
        let mut constants: Vec<u64> = constants.map(f64::to_bits).collect();
        constants.sort_unstable();
        constants.dedup();
        let key: Vec<(u64, i64, i64)> = terms.iter().map(|t| (t.scale.to_bits(), t.low, t.high)).collect();
        if !seen.insert((key, constants.clone(), shifts.iter().map(|x| x.to_bits()).collect::<Vec<u64>>())) {
            return true;
        }
        let constants: Vec<f64> = constants.into_iter().map(f64::from_bits).collect();
        apart(&terms, &constants, &shifts, half) == Some(true)
    })
}

/// What a node adds to a channel: levels, and a constant.
#[derive(Clone, Copy, Debug)]
struct Part {
    term: Option<Term>,
    constant: f64,
}

impl Part {
    fn of(term: Term) -> Self {
        Self { term: Some(term), constant: 0.0 }
    }

    /// All of it times a number; `None` if that is not exact.
    fn times(self, factor: f64) -> Option<Self> {
        let term = match self.term {
            Some(term) => Some(Term { scale: product(term.scale, factor)?, ..term }),
            None => None,
        };
        Some(Self { term, constant: product(self.constant, factor)? })
    }
}

/// A product, if it is exact.
fn product(a: f64, b: f64) -> Option<f64> {
    let product = a * b;
    let exact =
        product == 0.0 && (a == 0.0 || b == 0.0) || product.is_normal() && a.mul_add(b, -product) == 0.0;
    exact.then_some(product)
}

/// The factor of a channel, if it is one in all rows.
fn one_factor(list: &[f64], channel: usize, channels: usize) -> Option<f64> {
    let mut of_channel = list.iter().skip(channel).step_by(channels.max(1)).copied();
    let first = of_channel.next().unwrap_or(1.0);
    of_channel.all(|other| other == first).then_some(first)
}

/// Whether no sum of the terms, one of the constants and all shifts is an odd multiple of `half`; none if that takes too long
/// to find.
fn apart(terms: &[Term], constants: &[f64], shifts: &[f64], half: f64) -> Option<bool> {
    let numbers = terms.iter().map(|t| t.scale);
    let numbers = numbers.chain(constants.iter().copied()).chain(shifts.iter().copied()).chain([half]);
    let units: Vec<Dyadic> = numbers.filter(|&x| x != 0.0).map(Dyadic::of_float).collect::<Option<_>>()?;
    let least = units.iter().map(|unit| unit.exponent).min()?;
    let whole = |x: f64| -> Option<i128> {
        let Some(unit) = Dyadic::of_float(x) else { return (x == 0.0).then_some(0) };
        let shift = u32::try_from(unit.exponent - least).ok()?;
        (shift + 64 - unit.odd.leading_zeros() <= BITS)
            .then(|| (i128::from(unit.odd) << shift) * if x < 0.0 { -1 } else { 1 })
    };
    let half = whole(half)?;
    let period = half.checked_mul(2)?;
    let mut shift = 0;
    for &x in shifts {
        shift = (shift + whole(x)?).rem_euclid(period);
    }
    let mut residues: BTreeSet<i128> =
        constants.iter().map(|&x| Some((whole(x)? + shift).rem_euclid(period))).collect::<Option<_>>()?;
    if residues.is_empty() {
        residues.insert(shift);
    }
    for (n, term) in terms.iter().enumerate() {
        let step = whole(term.scale)?.rem_euclid(period);
        let count = usize::try_from(term.high.checked_sub(term.low)?).ok()?.checked_add(1)?;
        if residues.len().checked_mul(count)? > MOST {
            return None;
        }
        let multiples: Vec<i128> =
            (term.low..=term.high).map(|k| (i128::from(k) * step).rem_euclid(period)).collect();
        let meets = |r: &i128| multiples.iter().any(|m| (r + m) % period == half);
        if n + 1 == terms.len() {
            return Some(!residues.iter().any(meets));
        }
        let sums = residues.iter().flat_map(|r| multiples.iter().map(move |m| (r + m) % period));
        residues = sums.collect();
    }
    Some(!residues.contains(&half))
}

/// What a node adds to a channel; `None` if it is not levels and a constant.
fn term(network: &snn::Network, id: NodeId, channel: usize) -> Option<Part> {
    let first = || network.inputs(id).first().copied();
    match &network.node(id).op {
        snn::Op::Neuron(q) => {
            let (low, high) = (per_channel(&q.low, channel).min(0), per_channel(&q.high, channel).max(0));
            Some(Part::of(Term {
                scale: per_channel(&q.scale, channel).into(),
                low: low.into(),
                high: high.into(),
            }))
        }
        snn::Op::Select(_) => term(network, first()?, channel),
        snn::Op::Linear(linear) => {
            let weights = &linear.weights;
            let constant = linear.bias.get(channel).copied().unwrap_or(0.0);
            if linear.divisor != 1 || linear.window.is_some() {
                return None;
            }
            let mut used =
                (0..weights.inputs).map(|i| (i, weights.level(channel, i))).filter(|&(_, w)| w != 0);
            let Some((from, weight)) = used.next() else { return Some(Part { term: None, constant }) };
            if used.next().is_some() {
                return None;
            }
            let source = first()?;
            let channels = network.node(source).shape.channels();
            let own = term(network, source, from % channels)?;
            if own.constant != 0.0 {
                return None;
            }
            let own = own.times(per_channel(&weights.scale, channel))?.times(f64::from(weight))?;
            Some(Part { constant, ..own })
        }
        snn::Op::Input(input) => {
            let Scaling::Affine { scale, zero_point } = &input.spec.scaling else { return None };
            let ([scale], Encoding::Analog) = (&scale[..], input.encoding) else { return None };
            let value = scale.to_f64();
            let exact = Dyadic::of(&decimal(scale).ok()?)? == Dyadic::of_float(value)?;
            let (low, high) = input.spec.element.range();
            let (low, high) = (i64::from(low - zero_point).min(0), i64::from(high - zero_point).max(0));
            exact.then_some(Part::of(Term { scale: value, low, high }))
        }
        snn::Op::Arrange(_)
        | snn::Op::MaxPool(_)
        | snn::Op::Lif(_)
        | snn::Op::Embedding(_)
        | snn::Op::Sum(_)
        | snn::Op::LayerNorm(_)
        | snn::Op::Product(_)
        | snn::Op::Softmax(_)
        | snn::Op::Function(_)
        | snn::Op::Readout => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Term, apart};

    #[test]
    fn sums_that_meet_a_boundary() {
        let term = |scale: f64| Term { scale, low: -8, high: 7 };
        // 0.25·k + 0.5·l is an odd multiple of 0.25 for odd k.
        assert_eq!(apart(&[term(0.25), term(0.5)], &[], &[], 0.25), Some(false));
        assert_eq!(apart(&[term(0.5), term(1.0)], &[], &[], 0.25), Some(true));
        assert_eq!(apart(&[term(0.5), term(1.0)], &[], &[0.5, 0.25], 0.25), Some(false));
        assert_eq!(apart(&[term(0.5), term(1.0)], &[0.0, 0.75], &[], 0.25), Some(false));
        // Floats without a common factor.
        let scales = [0.0123f32, 0.0457].map(f64::from);
        assert_eq!(
            apart(&[term(scales[0]), term(scales[1])], &[], &[], f64::from(0.0511f32) / 2.0),
            Some(true)
        );
        let wide = Term { scale: 1.0, low: 0, high: 1 << 30 };
        assert_eq!(apart(&[wide], &[], &[], 0.5), None);
    }
}
