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
    if own.factors.iter().any(|list| !list.is_empty()) || !own.turned.is_empty() {
        return false;
    }
    let half = f64::from(scale) / 2.0;
    let mut seen = HashSet::new();
    (0..own.channels).all(|channel| {
        let term = |&input: &NodeId| term(network, input, channel);
        let Some(terms) = network.inputs(sum).iter().map(term).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let terms: Vec<Term> = terms.into_iter().flatten().collect();
        let constants = own.constant.iter().skip(channel).step_by(own.channels.max(1)).map(|&x| x + 0.0);
        let mut constants: Vec<u64> = constants.map(f64::to_bits).collect();
        constants.sort_unstable();
        constants.dedup();
        let key: Vec<(u64, i64, i64)> = terms.iter().map(|t| (t.scale.to_bits(), t.low, t.high)).collect();
        if !seen.insert((key, constants.clone())) {
            return true;
        }
        let constants: Vec<f64> = constants.into_iter().map(f64::from_bits).collect();
        apart(&terms, &constants, half) == Some(true)
    })
}

/// Whether no sum of the terms and one of the constants is an odd multiple of `half`; none if that takes too long to find.
fn apart(terms: &[Term], constants: &[f64], half: f64) -> Option<bool> {
    let numbers = terms.iter().map(|t| t.scale).chain(constants.iter().copied()).chain([half]);
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
    let mut residues: BTreeSet<i128> =
        constants.iter().map(|&x| Some(whole(x)?.rem_euclid(period))).collect::<Option<_>>()?;
    if residues.is_empty() {
        residues.insert(0);
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

/// What a node adds to a channel, `None` inside for nothing; `None` if it is not levels.
fn term(network: &snn::Network, id: NodeId, channel: usize) -> Option<Option<Term>> {
    let first = || network.inputs(id).first().copied();
    match &network.node(id).op {
        snn::Op::Neuron(q) => {
            let (low, high) = (per_channel(&q.low, channel).min(0), per_channel(&q.high, channel).max(0));
            Some(Some(Term {
                scale: per_channel(&q.scale, channel).into(),
                low: low.into(),
                high: high.into(),
            }))
        }
        snn::Op::Select(_) => term(network, first()?, channel),
        snn::Op::Linear(linear) => {
            let weights = &linear.weights;
            if !linear.bias.is_empty() || linear.divisor != 1 || linear.window.is_some() {
                return None;
            }
            let mut used =
                (0..weights.inputs).map(|i| (i, weights.level(channel, i))).filter(|&(_, w)| w != 0);
            let Some((from, weight)) = used.next() else { return Some(None) };
            if used.next().is_some() {
                return None;
            }
            let source = first()?;
            let channels = network.node(source).shape.channels();
            let Some(own) = term(network, source, from % channels)? else { return Some(None) };
            let scale = own.scale * per_channel(&weights.scale, channel) * f64::from(weight);
            // A product of a float and a power of two is exact.
            let exact = Dyadic::of_float(per_channel(&weights.scale, channel))?.odd == 1 && weight.abs() == 1;
            exact.then_some(Some(Term { scale, ..own }))
        }
        snn::Op::Input(input) => {
            let Scaling::Affine { scale, zero_point } = &input.spec.scaling else { return None };
            let ([scale], Encoding::Analog) = (&scale[..], input.encoding) else { return None };
            let value = scale.to_f64();
            let exact = Dyadic::of(&decimal(scale).ok()?)? == Dyadic::of_float(value)?;
            let (low, high) = input.spec.element.range();
            let (low, high) = (i64::from(low - zero_point).min(0), i64::from(high - zero_point).max(0));
            exact.then_some(Some(Term { scale: value, low, high }))
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
        assert_eq!(apart(&[term(0.25), term(0.5)], &[], 0.25), Some(false));
        assert_eq!(apart(&[term(0.5), term(1.0)], &[], 0.25), Some(true));
        assert_eq!(apart(&[term(0.5), term(1.0)], &[0.0, 0.75], 0.25), Some(false));
        // Floats without a common factor.
        let scales = [0.0123f32, 0.0457].map(f64::from);
        assert_eq!(apart(&[term(scales[0]), term(scales[1])], &[], f64::from(0.0511f32) / 2.0), Some(true));
        let wide = Term { scale: 1.0, low: 0, high: 1 << 30 };
        assert_eq!(apart(&[wide], &[], 0.5), None);
    }
}
