//! The same network with fewer bits or levels. Its accuracy is not considered.

use std::fmt;

use crate::quant::{Precision, Quantiser};
use crate::snn::{Model, Op};

/// The reduced property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Fraction bits of rounded operators.
    precision: Option<Precision>,
    /// Maximum number of weight bits.
    weight_bits: Option<u32>,
    /// Number of halvings of the levels, and the largest remaining number of levels.
    levels: Option<(u32, u32)>,
}

/// Changes of one kind, in ascending order of size.
pub(super) struct Ladder {
    steps: Vec<Change>,
    /// Whether several properties are changed together.
    combined: bool,
}

impl Ladder {
    /// Evaluated only if no simpler change is sufficient.
    pub fn is_last_resort(&self) -> bool {
        self.combined
    }

    /// The changes.
    pub fn steps(&self) -> impl Iterator<Item = &Change> {
        self.steps.iter()
    }
}

/// Minimum number of weight bits and of levels.
const LEAST: u32 = 2;

impl Change {
    /// Possible reductions of a model.
    pub fn ladders(model: &Model) -> Vec<Ladder> {
        let ops = || {
            let nodes = model.network.topological().into_iter();
            nodes.map(|id| &model.network.node(id).op)
        };
        let rounded = ops().any(|op| matches!(op, Op::Sum(_) | Op::LayerNorm(_) | Op::Softmax(_)));
        let bits = ops().map(|op| if let Op::Linear(l) = op { bits(&l.weights.levels) } else { 0 });
        let bits = bits.max().unwrap_or(0);
        let levels = ops().map(|op| if let Op::Neuron(q) = op { levels(q) } else { 0 });
        let levels = levels.max().unwrap_or(0);
        let all = Self::default();
        let mut ladders = Vec::new();
        let mut add = |steps: Vec<Self>, combined| {
            if !steps.is_empty() {
                ladders.push(Ladder { steps, combined });
            }
        };
        let precisions: Vec<Precision> = [2, 4]
            .map(|divisor| Precision::from_bits(model.precision.bits().map(|bits| (bits / divisor).max(1))))
            .into_iter()
            .filter(|&precision| rounded && precision != model.precision)
            .collect();
        let weight_bits: Vec<u32> = (LEAST..bits).rev().collect();
        let halved: Vec<(u32, u32)> =
            (1..32).map(|n| (n, levels >> n)).take_while(|(_, left)| *left >= LEAST).collect();
        add(precisions.iter().map(|&p| Self { precision: Some(p), ..all }).collect(), false);
        add(weight_bits.iter().map(|&bits| Self { weight_bits: Some(bits), ..all }).collect(), false);
        add(halved.iter().map(|&levels| Self { levels: Some(levels), ..all }).collect(), false);
        let together = (0..weight_bits.len().max(halved.len())).map(|n| Self {
            precision: precisions.last().copied(),
            weight_bits: weight_bits.get(n).or(weight_bits.last()).copied(),
            levels: halved.get(n).or(halved.last()).copied(),
        });
        add(together.collect(), true);
        ladders
    }

    /// The model with the change.
    pub fn apply(&self, model: &Model) -> Model {
        let mut model = model.clone();
        model.precision = self.precision.unwrap_or(model.precision);
        for id in model.network.topological() {
            match (&mut model.network.node_mut(id).op, self.weight_bits, self.levels) {
                (Op::Linear(linear), Some(most), _) => {
                    let weights = &mut linear.weights;
                    let shift = bits(&weights.levels).saturating_sub(most);
                    let limit = (1 << (most - 1)) - 1;
                    let fewer = |&w: &i32| (w / (1 << shift)).clamp(-limit - 1, limit);
                    weights.levels = weights.levels.iter().map(fewer).collect();
                    weights.scale.iter_mut().for_each(|scale| *scale *= f64::from(1_u16 << shift.min(15)));
                }
                (Op::Neuron(quantiser), _, Some((halvings, _))) => {
                    for _ in 0..halvings {
                        halve(quantiser);
                    }
                }
                _ => {}
            }
        }
        model
    }
}

/// Half the levels over the same range; at least two.
fn halve(quantiser: &mut Quantiser) {
    if levels(quantiser) < 2 * LEAST {
        return;
    }
    quantiser.low.iter_mut().chain(&mut quantiser.high).for_each(|bound| *bound /= 2);
    quantiser.scale.iter_mut().for_each(|scale| *scale *= 2.0);
}

/// Levels of a quantiser.
fn levels(quantiser: &Quantiser) -> u32 {
    let high = quantiser.high.iter().max().copied().unwrap_or(0);
    let low = quantiser.low.iter().min().copied().unwrap_or(0);
    u32::try_from(i64::from(high) - i64::from(low) + 1).unwrap_or(u32::MAX)
}

/// Bits of the widest weight.
fn bits(weights: &[i32]) -> u32 {
    let bits = |w: &i32| 33 - (if *w < 0 { !*w } else { *w }).leading_zeros();
    weights.iter().map(bits).max().unwrap_or(0)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(bits) = self.weight_bits {
            parts.push(format!("weights of {bits} bits"));
        }
        if let Some((_, levels)) = self.levels {
            parts.push(format!("{levels} levels"));
        }
        if let Some(precision) = self.precision {
            let [residual, affine, exponent, scale] = precision.bits();
            parts
                .push(format!("fraction bits {residual}, {affine}, {exponent}, {scale} (`snn2rtl compact`)"));
        }
        write!(f, "with {}", parts.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, bits, halve, levels};
    use crate::quant::{Quantiser, Rounding};

    #[test]
    fn bits_and_levels_are_counted_and_halved() {
        for (weights, count) in [(&[-8, 7][..], 4), (&[7], 4), (&[-9], 5), (&[0], 1), (&[-1], 1), (&[1], 2)] {
            assert_eq!(bits(weights), count, "{weights:?}");
        }
        for ((low, high), (to_low, to_high)) in
            [((-8, 7), (-4, 3)), ((0, 15), (0, 7)), ((-7, 7), (-3, 3)), ((0, 2), (0, 2))]
        {
            let mut quantiser = Quantiser::uniform(0.25, low, high, Rounding::HalfUp);
            let before = levels(&quantiser);
            halve(&mut quantiser);
            let same = (low, high) == (to_low, to_high);
            assert_eq!((quantiser.low[0], quantiser.high[0]), (to_low, to_high), "of {before} levels");
            assert_eq!(quantiser.scale, [if same { 0.25 } else { 0.5 }]);
        }
        let change = Change { weight_bits: Some(3), levels: Some((1, 8)), ..Change::default() };
        assert_eq!(change.to_string(), "with weights of 3 bits and 8 levels");
    }
}
