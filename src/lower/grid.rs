//! The units of residual sums: the numbers of which everything that is added is a multiple, where there are such.
//!
//! A residual stream whose terms have scales `s·2^k`, and constants that are multiples of `s·2^k`, is exact with as many
//! bits as its levels need. All others are fixed point with `2^−R` (`docs/numerics.md`).

use std::collections::{HashMap, HashSet};

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};

use super::SumUnit;
use super::rational::{decimal, exact, round};
use crate::graph::NodeId;
use crate::quant::{Encoding, Precision, Scaling};
use crate::snn;

/// `odd·2^exponent`, the unit of a number in fixed point; `odd` is odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    odd: u64,
    exponent: i32,
}

impl Unit {
    /// `2^−fraction`.
    pub fn fraction(fraction: u32) -> Self {
        Self { odd: 1, exponent: -i32::try_from(fraction).unwrap_or(i32::MAX) }
    }

    /// Of the value of a float; `None` if it is 0 or not finite.
    fn of_float(value: f64) -> Option<Self> {
        const MANTISSA: u32 = 52;
        let bits = value.to_bits();
        let exponent = i32::try_from(bits >> MANTISSA & 0x7ff).ok()?;
        let below = bits & ((1 << MANTISSA) - 1);
        let (magnitude, exponent) = match exponent {
            0x7ff => return None,
            0 => (below, 1),
            _ => (below + (1 << MANTISSA), exponent),
        };
        // |value| = magnitude·2^(exponent − 1075).
        (magnitude != 0).then(|| {
            let zeros = magnitude.trailing_zeros();
            Self { odd: magnitude >> zeros, exponent: exponent - 1075 + zeros.cast_signed() }
        })
    }

    /// Of a rational; `None` if it is 0, has another denominator than a power of two, or too many bits.
    fn of(value: &BigRational) -> Option<Self> {
        let denominator = value.denom().trailing_zeros()?;
        if *value.denom() != BigInt::one() << denominator {
            return None;
        }
        let zeros = value.numer().trailing_zeros()?;
        let odd = (value.numer().abs() >> zeros).to_u64()?;
        Some(Self { odd, exponent: i32::try_from(zeros).ok()? - i32::try_from(denominator).ok()? })
    }

    /// The largest number of which both are multiples.
    fn common(self, other: Self) -> Self {
        Self { odd: self.odd.gcd(&other.odd), exponent: self.exponent.min(other.exponent) }
    }

    /// As a rational.
    pub fn value(self) -> BigRational {
        let power = BigInt::one() << self.exponent.unsigned_abs();
        let odd = BigInt::from(self.odd);
        if self.exponent < 0 { BigRational::new(odd, power) } else { BigRational::from_integer(odd * power) }
    }

    /// The fewest bits `h` with `unit·2^−h ≤ 2^−fraction`.
    pub fn bits_beyond(self, fraction: u32) -> u32 {
        // odd ≤ 2^width, and less only where odd is 1.
        let width = i64::from(64 - (self.odd - 1).leading_zeros());
        u32::try_from((width + i64::from(self.exponent) + i64::from(fraction)).max(0)).unwrap_or(u32::MAX)
    }

    /// The integer nearest to `value` in this unit.
    ///
    /// # Errors
    /// If it needs more than 62 bits.
    pub fn round(self, value: &BigRational) -> Result<i64, String> {
        let scaled = round(&(value / self.value()));
        scaled.to_i64().filter(|v| v.unsigned_abs() < 1 << 62).ok_or_else(|| {
            format!("the value {value} needs more than 62 bits in units of {}", self.describe())
        })
    }

    /// As [`Self::round`], for the exact value of a float: tables of words have tens of millions of entries.
    ///
    /// # Errors
    /// If the value is not finite or does not fit.
    pub fn round_float(self, value: f32) -> Result<i64, String> {
        const MANTISSA: u32 = 23;
        if self.odd != 1 {
            return self.round(&exact(value)?);
        }
        let bits = value.to_bits();
        let exponent = bits >> MANTISSA & 0xff;
        let below = i64::from(bits & ((1 << MANTISSA) - 1));
        // |value| = magnitude·2^(exponent − 150); subnormal numbers have no leading 1 and the exponent of 1.
        let (magnitude, exponent) = match exponent {
            0xff => return Err(format!("the parameter {value} is not finite")),
            0 => (below, 1),
            _ => (below + (1 << MANTISSA), exponent),
        };
        let shift = i64::from(exponent) - 150 - i64::from(self.exponent);
        let scaled = match u32::try_from(shift.unsigned_abs()) {
            Ok(left @ 0..=38) if shift >= 0 => magnitude << left,
            _ if magnitude == 0 => 0,
            _ if shift >= 0 => return self.round(&exact(value)?),
            // The magnitude is below 2^24, so a quarter of it and less is rounded to 0 from 26 bits on.
            Ok(right @ 1..=25) => (magnitude + (1 << (right - 1))) >> right,
            _ => 0,
        };
        Ok(if value < 0.0 { -scaled } else { scaled })
    }

    /// For messages.
    pub fn describe(self) -> String {
        match self.odd {
            1 => format!("2^{}", self.exponent),
            odd => format!("{odd}·2^{}", self.exponent),
        }
    }

    /// Bits behind the point if the unit is a power of two.
    pub fn as_fraction(self) -> Option<u32> {
        (self.odd == 1).then(|| u32::try_from(-self.exponent).ok()).flatten()
    }
}

/// Bits that a unit of its own must save. Scales without a common factor save a few bits by chance, and networks with
/// different fraction bits of the roots of LayerNorm cannot be loaded into one machine.
const SAVED: u32 = 8;

/// The units of a network's sums and tables.
#[derive(Debug, Default)]
pub(super) struct Grids {
    units: HashMap<NodeId, Unit>,
    /// Those of which everything that is added is a multiple.
    exact: HashSet<NodeId>,
    /// Fraction bits of the roots of all LayerNorms.
    pub root_fraction: u32,
}

impl Grids {
    /// Of the sums and tables of a network. Sums that read each other have one unit.
    pub fn of(network: &snn::Network, precision: Precision) -> Self {
        let fixed = Unit::fraction(precision.residual);
        let mut streams = Streams::default();
        let ids = network.topological();
        for &id in &ids {
            streams.visit(network, id, fixed);
        }
        let found = |id| Some((id, streams.found[streams.root(*streams.of.get(&id)?)]));
        let found: HashMap<NodeId, Found> = ids.iter().filter_map(|&id| found(id)).collect();
        let bits_beyond = |unit: Unit| unit.bits_beyond(precision.residual);
        // One number for all LayerNorms, so that the hardware has one shift. If one of them reads fixed point, all sums are
        // in fixed point.
        let norms = ids.iter().filter(|&&id| matches!(network.node(id).op, snn::Op::LayerNorm(_)));
        let roots: Vec<u32> = norms
            .map(|&id| {
                let source = network.inputs(id).first().copied();
                let own = |source| match found.get(&source) {
                    Some(found) => Some(found.unit(fixed)),
                    None => term(network, source),
                };
                source.and_then(own).map_or(0, bits_beyond)
            })
            .collect();
        let is_fixed = roots.iter().any(|&bits| bits < SAVED);
        let own = |found: Found| if is_fixed { fixed } else { found.unit(fixed) };
        let units = found.iter().map(|(&id, &found)| (id, own(found))).collect();
        let exact = found.iter().filter(|(_, found)| found.is_exact_in(own(**found))).map(|(&id, _)| id);
        let exact = exact.collect();
        let root_fraction = if is_fixed { 0 } else { roots.into_iter().max().unwrap_or(0) };
        Self { units, exact, root_fraction }
    }

    /// For readers of the lowered network.
    pub fn describe(&self, id: NodeId, fraction: u32) -> SumUnit {
        SumUnit { value: self.unit(id, fraction).value(), is_exact: self.exact.contains(&id) }
    }

    /// The unit of a sum or a table.
    pub fn unit(&self, id: NodeId, fraction: u32) -> Unit {
        self.units.get(&id).copied().unwrap_or(Unit::fraction(fraction))
    }
}

/// What is known of the unit of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Nothing was added but zeros.
    Nothing,
    /// All terms are multiples of it.
    Exact(Unit),
    /// Some term is not a multiple of anything as large as the unit of fixed point.
    Rounded,
}

impl Found {
    /// That of fixed point, unless the own one has at least [`SAVED`] bits fewer.
    fn unit(self, fixed: Unit) -> Unit {
        match self {
            Self::Exact(unit) if unit.bits_beyond(fixed.as_fraction().unwrap_or(0)) >= SAVED => unit,
            Self::Exact(_) | Self::Nothing | Self::Rounded => fixed,
        }
    }

    /// Whether all terms are multiples of `unit`, which is the own one or that of fixed point.
    fn is_exact_in(self, unit: Unit) -> bool {
        match self {
            Self::Nothing => true,
            Self::Exact(own) => own == unit || own.exponent >= unit.exponent && unit.odd == 1,
            Self::Rounded => false,
        }
    }

    fn and(self, other: Self, fixed: Unit) -> Self {
        match (self, other) {
            (Self::Rounded, _) | (_, Self::Rounded) => Self::Rounded,
            (Self::Nothing, found) | (found, Self::Nothing) => found,
            (Self::Exact(a), Self::Exact(b)) => Self::exact(a.common(b), fixed),
        }
    }

    /// Unless the unit is below that of fixed point.
    fn exact(unit: Unit, fixed: Unit) -> Self {
        let fraction = fixed.as_fraction().unwrap_or(0);
        // Of odd units with `bits_beyond` 0, `odd·2^exponent` is below `2^−fraction` but for the power itself.
        if unit.bits_beyond(fraction) > 0 || unit == fixed { Self::Exact(unit) } else { Self::Rounded }
    }
}

/// Sums and tables that are added to each other; a forest of merged streams.
#[derive(Debug, Default)]
struct Streams {
    found: Vec<Found>,
    parent: Vec<usize>,
    /// The stream that a node's value is of.
    of: HashMap<NodeId, usize>,
}

impl Streams {
    fn root(&self, mut stream: usize) -> usize {
        while self.parent[stream] != stream {
            stream = self.parent[stream];
        }
        stream
    }

    fn begin(&mut self, found: Found) -> usize {
        self.found.push(found);
        self.parent.push(self.parent.len());
        self.parent.len() - 1
    }

    fn visit(&mut self, network: &snn::Network, id: NodeId, fixed: Unit) {
        match &network.node(id).op {
            snn::Op::Embedding(table) => {
                let found = constants(table.table.iter().map(|&x| f64::from(x)), fixed);
                let stream = self.begin(found);
                self.of.insert(id, stream);
            }
            snn::Op::Sum(sum) => {
                let mut stream = self.begin(constants(sum.constant.iter().copied(), fixed));
                for &source in network.inputs(id).iter() {
                    if let Some(&other) = self.of.get(&source) {
                        stream = self.merge(stream, other, fixed);
                        continue;
                    }
                    let found =
                        term(network, source).map_or(Found::Rounded, |unit| Found::exact(unit, fixed));
                    let root = self.root(stream);
                    self.found[root] = self.found[root].and(found, fixed);
                }
                self.of.insert(id, stream);
            }
            // The same values in another shape.
            snn::Op::Arrange(_) | snn::Op::Select(_) => {
                if let Some(&stream) = network.inputs(id).first().and_then(|source| self.of.get(source)) {
                    self.of.insert(id, stream);
                }
            }
            snn::Op::Input(_)
            | snn::Op::Linear(_)
            | snn::Op::Neuron(_)
            | snn::Op::Lif(_)
            | snn::Op::LayerNorm(_)
            | snn::Op::Product(_)
            | snn::Op::Softmax(_)
            | snn::Op::Function(_)
            | snn::Op::MaxPool(_)
            | snn::Op::Readout => {}
        }
    }

    fn merge(&mut self, a: usize, b: usize, fixed: Unit) -> usize {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            self.found[b] = self.found[b].and(self.found[a], fixed);
            self.parent[a] = b;
        }
        b
    }
}

/// The unit of constants; the search ends when there is none.
fn constants(values: impl Iterator<Item = f64>, fixed: Unit) -> Found {
    let mut all = Found::Nothing;
    for value in values.filter(|value| *value != 0.0) {
        let found = Unit::of_float(value).map_or(Found::Rounded, |unit| Found::exact(unit, fixed));
        all = all.and(found, fixed);
        if all == Found::Rounded {
            break;
        }
    }
    all
}

/// The unit of a value that is added: of levels and of elements; `None` of all others.
fn term(network: &snn::Network, id: NodeId) -> Option<Unit> {
    let node = network.node(id);
    let first = || network.inputs(id).first().copied();
    match &node.op {
        snn::Op::Neuron(quantiser) => {
            let mut units = quantiser.scale.iter().map(|&scale| Unit::of_float(scale.into()));
            let first = units.next()??;
            units.try_fold(first, |all, unit| Some(all.common(unit?)))
        }
        snn::Op::Input(input) => match &input.spec.scaling {
            Scaling::Affine { scale, .. } if input.encoding == Encoding::Analog => {
                let mut units = scale.iter().map(|scale| Unit::of(&decimal(scale).ok()?));
                let first = units.next()??;
                units.try_fold(first, |all, unit| Some(all.common(unit?)))
            }
            Scaling::Affine { .. } | Scaling::Normalise { .. } => None,
        },
        snn::Op::Arrange(_) | snn::Op::Select(_) | snn::Op::MaxPool(_) => term(network, first()?),
        snn::Op::Linear(_)
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
    use super::*;

    #[test]
    fn floats_become_the_integers_of_their_exact_values() {
        let mut values =
            vec![0.0, -0.0, 1.0, 0.5, -0.5, 1.5, f32::MIN_POSITIVE, f32::from_bits(1), f32::MAX, f32::MIN];
        // Ties and their neighbours at every exponent, of both signs.
        values.extend((0..1 << 14).map(|n: u32| f32::from_bits(n.wrapping_mul(0x9e37_79b1))));
        for exponent in 0..=254 {
            for low in [0, 1, 0x40_0000, 0x40_0001, 0x7f_ffff, 0x60_0000, 0x10_0000] {
                values.push(f32::from_bits(exponent << 23 | low));
                values.push(-f32::from_bits(exponent << 23 | low));
            }
        }
        for value in values {
            for fraction in [0, 1, 7, 24, 29, 40, 61] {
                let unit = Unit::fraction(fraction);
                let slow = exact(value).and_then(|value| unit.round(&value));
                if value.is_finite() {
                    assert_eq!(unit.round_float(value), slow, "{value:e} with {fraction} bits");
                } else {
                    assert!(unit.round_float(value).is_err(), "{value}");
                }
            }
        }
    }
}
