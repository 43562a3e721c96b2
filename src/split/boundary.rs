//! What crosses a cut: numbers of the readout before it, elements of the input behind it; beside them the raw elements that
//! give a mask.

use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::integer;
use crate::lower::{Lowered, SumUnit};
use crate::quant::{Decimal, Element, Encoding, InputSpec, Quantiser, Scaling};
use crate::snn::{Arrange, Input, Network, Op, Select, Sum};
use num_integer::Integer;

/// Bits of a digit of a sum.
const DIGIT: u32 = 16;
/// Most bits of a sum that crosses.
const MOST_BITS: u32 = 48;

/// What kind of values cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Levels of neurons.
    Levels,
    /// Sums of the residual stream in fixed point.
    Sums,
}

/// What crosses a cut. Value `e` of the readout before it, less `low`, has `digits` digits of `element`'s bits, the lowest
/// first; these are elements `front + e·digits …` of the input behind it. In front of them are the elements of the sample that
/// give a mask, filled up with zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// What the values are.
    pub kind: Kind,
    /// Rows and channels.
    pub rows: usize,
    /// See `rows`.
    pub channels: usize,
    /// The value of the readout whose digits are all 0.
    pub low: i64,
    /// Digits of a value.
    pub digits: usize,
    /// Type of a digit.
    pub element: Element,
    /// Elements in front of the digits; 0 without a mask.
    pub front: usize,
    /// Elements of the sample among these.
    mask: usize,
    /// The neurons whose levels cross, if a mask crosses with them.
    neurons: Option<Quantiser>,
    /// The real value of 1, and the number that the digits 0 mean.
    scale: f64,
    base: i64,
}

impl Boundary {
    /// Of the values of `cut`, which are the readout of the lowered part before it, and lie in their range in the lowered whole.
    /// Sums have the unit of the part. `mask` is the input, if what follows has masks made of it.
    pub(super) fn of(
        network: &Network,
        cut: NodeId,
        (before, whole): (&Lowered, &Lowered),
        mask: Option<&Input>,
    ) -> Result<Self> {
        let shape = &network.node(cut).shape;
        let (rows, channels) = (shape.rows(), shape.channels());
        let readout = readout(&before.network)?;
        // The integers of the values themselves cross.
        let offset = i64::try_from(readout.offset.first().copied().unwrap_or(0)).unwrap_or(i64::MAX);
        let same = readout.offset.iter().all(|&own| own == offset.into());
        if !same || readout.multiplier.iter().any(|&factor| factor != 1) || offset == i64::MAX {
            return Err(Error::input("its channels have different scales, which an input does not have")
                .fix("cut elsewhere, or quantise this layer with one scale"));
        }
        let (kind, low, high, scale) = match &network.node(cut).op {
            Op::Neuron(quantiser) => {
                let (low, high) = quantiser.tracer_range();
                let scale = quantiser.scale.first().copied().unwrap_or(1.0);
                (Kind::Levels, i64::from(low), i64::from(high), f64::from(scale))
            }
            _ => {
                let name = &network.node(cut).name;
                let unit = before.units.get(name).and_then(SumUnit::float);
                let problem = "the unit of its sums has more than 53 bits";
                let scale = unit.ok_or_else(|| Error::input(problem).fix("cut elsewhere"))?;
                // The input of a part may take more than ever comes; so its sums have larger ranges than in the whole.
                let total = range(before, whole, name).unwrap_or(readout.total);
                (Kind::Sums, total.low, total.high, scale)
            }
        };
        let bits = 64 - high.abs_diff(low).leading_zeros();
        if bits > MOST_BITS {
            return Err(Error::input(format!("its sums need {bits} bits; at most {MOST_BITS} cross a cut"))
                .fix("take fewer fraction bits: `snn2rtl compact`"));
        }
        let (digits, own) = match bits {
            0..=8 => (1, Element::U8),
            _ => (bits.div_ceil(DIGIT) as usize, Element::U16),
        };
        let (front, mask, element) = match mask {
            None => (0, 0, own),
            // Whole rows of all digits.
            Some(input) => {
                let count = input.sample.len();
                let front = count.next_multiple_of(channels.lcm(&digits).max(1));
                (front, count, if input.spec.element == Element::U16 { Element::U16 } else { own })
            }
        };
        let neurons = match &network.node(cut).op {
            Op::Neuron(quantiser) if mask > 0 => Some(quantiser.clone()),
            _ => None,
        };
        let low = low + offset;
        let base = low - offset;
        Ok(Self { kind, rows, channels, low, digits, element, front, mask, neurons, scale, base })
    }

    /// Values that cross for a sample.
    pub fn values(&self) -> usize {
        self.rows * self.channels
    }

    /// Bits that cross for a sample.
    pub fn bits(&self) -> u64 {
        (self.front + self.values() * self.digits) as u64 * u64::from(self.element.bits())
    }

    /// The elements of the input behind the cut for the values of the readout before it, and the sample of the part before it.
    pub fn elements(&self, values: &[i128], sample: &[i32]) -> Vec<i32> {
        let bits = self.element.bits();
        let digits = |&value: &i128| {
            let above = (value - i128::from(self.low)).max(0) as u128;
            (0..self.digits as u32).map(move |n| (above >> (n * bits) & ((1 << bits) - 1)) as i32)
        };
        let tokens = sample.iter().copied().take(self.mask).chain(std::iter::repeat(0)).take(self.front);
        tokens.chain(values.iter().flat_map(digits)).collect()
    }

    /// Adds the input behind the cut, and what makes the values of it; the node that has them, and the input if its first
    /// elements give masks.
    pub(super) fn add_input(&self, network: &mut Network, name: &str) -> Result<(NodeId, Option<NodeId>)> {
        let element = self.element;
        let input = |sample: Shape, scaling: Scaling, channel_axis| {
            let spec = InputSpec { element, scaling, channel_axis };
            Op::Input(Input { sample, spec, encoding: Encoding::Analog })
        };
        if self.kind == Kind::Levels && self.front == 0 {
            let zero_point = i32::try_from(-self.base).unwrap_or(0);
            let scaling = Scaling::Affine { scale: vec![decimal(self.scale)?], zero_point };
            let node = input(Shape::matrix(self.rows, self.channels), scaling, None);
            return Ok((network.add(name, node, &[])?, None));
        }
        // All first digits, then all second digits: rows of one scale, which are terms of a sum. Levels with a mask are terms,
        // too: the input is read in one way only, as raw elements.
        let digit = |n: usize| self.scale * 2f64.powi(n as i32 * element.bits() as i32);
        let scale = (0..self.digits).map(|n| decimal(digit(n))).collect::<Result<_>>()?;
        let scaling = Scaling::Affine { scale, zero_point: 0 };
        let sample = Shape(vec![self.front / self.digits + self.values(), self.digits]);
        let axis = (self.digits > 1).then_some(1);
        let raw = network.add(network.unused_name("from_last_part"), input(sample, scaling, axis), &[])?;
        let order = (0..self.digits).flat_map(|n| (0..self.values()).map(move |e| e * self.digits + n));
        let order = (0..self.front).chain(order.map(|e| self.front + e));
        let before = self.front / self.channels;
        let shape = Shape::matrix(before + self.digits * self.rows, self.channels);
        let digits = Op::Arrange(Arrange { shape, order: order.collect() });
        let digits = network.add(network.unused_name("digits"), digits, &[raw])?;
        let select = |n: usize| Op::Select(Select { first: before + n * self.rows, count: self.rows });
        let mut terms = Vec::new();
        for n in 0..self.digits {
            terms.push(network.add(network.unused_name(format!("digit_{n}")), select(n), &[digits])?);
        }
        // Exact for a power of two, and for others while the product has at most 53 bits.
        let base = self.scale * self.base as f64;
        if self.scale.mul_add(self.base as f64, -base) != 0.0 {
            let problem = "the constant of the sums that cross has more than 53 bits";
            return Err(Error::input(problem).fix("cut elsewhere"));
        }
        let sum = Sum {
            rows: self.rows,
            channels: self.channels,
            first: vec![0; self.digits],
            constant: vec![base; self.values()],
            factors: Vec::new(),
            turned: Vec::new(),
        };
        let raw = (self.front > 0).then_some(raw);
        let Some(neurons) = &self.neurons else {
            return Ok((network.add(name, Op::Sum(sum), &terms)?, raw));
        };
        let sum = network.add(network.unused_name("levels"), Op::Sum(sum), &terms)?;
        Ok((network.add(name, Op::Neuron(neurons.clone()), &[sum])?, raw))
    }
}

/// The range of a sum in the whole network, in the unit that it has in a part.
fn range(part: &Lowered, whole: &Lowered, name: &str) -> Option<integer::Range> {
    let range = total(&whole.network, name)?;
    part.units.get(name)?.range_of(range, whole.units.get(name)?)
}

/// The range of a sum with this name.
fn total(network: &integer::Network, name: &str) -> Option<integer::Range> {
    match &network.node(network.find(name)?).op {
        integer::Op::Sum(sum) => Some(sum.total),
        _ => None,
    }
}

/// The readout of a network.
fn readout(network: &integer::Network) -> Result<&integer::Readout> {
    let ids = network.topological();
    let found = ids.iter().find_map(|&id| match &network.node(id).op {
        integer::Op::Readout(readout) => Some(readout),
        _ => None,
    });
    found.ok_or_else(|| Error::input("the part has no readout"))
}

/// The exact value of a number as a decimal literal: of a float of 32 bits, or of a power of two.
fn decimal(value: f64) -> Result<Decimal> {
    // More places than 2^−149 has.
    let text = format!("{value:.160}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.parse().map_err(|problem| Error::input(format!("the scale of what crosses: {problem}")))
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn decimals_are_exact() {
        let text = |value: f64| decimal(value).expect("a decimal").to_string();
        assert_eq!(text(2f64.powi(-26)), "0.00000001490116119384765625");
        assert_eq!(text(f64::from(0.1f32)), "0.100000001490116119384765625");
        assert_eq!((text(65536.0), text(1.5)), ("65536".to_owned(), "1.5".to_owned()));
        assert!(text(f64::from(f32::from_bits(1))).ends_with("3125") && decimal(f64::NAN).is_err());
    }
}
