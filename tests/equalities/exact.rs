//! A quantised network in rational arithmetic, from the definitions.

use std::collections::BTreeMap;

use num_rational::BigRational;
use num_traits::ToPrimitive;
use snn2rtl::graph::transposed_index;
use snn2rtl::qann::{Network, Op};
use snn2rtl::quant::{Decimal, InputSpec, Rounding, Scaling, per_channel};
use snn2rtl::snn;

use super::case::{apply, float, quantise, ratio};

/// What exact arithmetic yields.
#[derive(Default)]
pub struct Exact {
    /// Levels of every quantiser, row-major, by name.
    pub levels: BTreeMap<String, Vec<i32>>,
    /// What every quantiser divides by its scale, `x/s`.
    pub ratios: BTreeMap<String, Vec<BigRational>>,
    pub logits: Vec<BigRational>,
}

impl Exact {
    /// The logits, rounded.
    pub fn float_logits(&self) -> Vec<f64> {
        self.logits.iter().map(|l| l.to_f64().expect("a number")).collect()
    }

    /// The index of the largest logit, the first of several.
    pub fn class(&self) -> usize {
        (0..self.logits.len()).rev().max_by(|&a, &b| self.logits[a].cmp(&self.logits[b])).expect("logits")
    }
}

/// Evaluates one raw sample of a chain of operators.
pub fn evaluate(network: &Network, raw: &[i32]) -> Exact {
    let mut found = Exact::default();
    let mut x: Vec<BigRational> = Vec::new();
    let mut extents: Vec<usize> = Vec::new();
    for id in network.topological() {
        let node = network.node(id);
        match &node.op {
            Op::Input { shape, spec } => {
                let real = |(e, &q): (usize, &i32)| real(spec, q, spec.channel_of(&shape.0, e));
                x = raw.iter().enumerate().map(real).collect();
            }
            Op::Linear { weights, bias } => {
                let linear = snn::Linear::plain(weights.clone(), bias.clone());
                let row = |row: &[BigRational]| -> Vec<BigRational> {
                    (0..weights.outputs).map(|o| apply(&linear, o, row)).collect()
                };
                x = x.chunks(weights.inputs).flat_map(row).collect();
            }
            Op::Quantise(q) => {
                let channels = node.shape.channels();
                let levels: Vec<i32> =
                    x.iter().enumerate().map(|(e, x)| quantise(q, e % channels, x)).collect();
                let scale = |e: usize| float(per_channel(&q.scale, e % channels));
                let ratios = x.iter().enumerate().map(|(e, x)| x / scale(e)).collect();
                x = levels.iter().enumerate().map(|(e, &k)| scale(e) * ratio(k, 1)).collect();
                found.levels.insert(node.name.clone(), levels);
                found.ratios.insert(node.name.clone(), ratios);
            }
            Op::Relu => x.iter_mut().for_each(|x| *x = x.clone().max(ratio(0, 1))),
            Op::Reshape(_) => {}
            Op::Mean => {
                let channels = node.shape.channels();
                let rows = ratio(i64::try_from(x.len() / channels).expect("few rows"), 1);
                let column = |c: usize| x.iter().skip(c).step_by(channels).sum::<BigRational>() / &rows;
                x = (0..channels).map(column).collect();
            }
            Op::Transpose(order) => {
                x = transposed_index(&extents, order).into_iter().map(|e| x[e].clone()).collect();
            }
            Op::Output => found.logits = x.clone(),
            other => panic!("{other:?} is not an operator of a chain"),
        }
        extents.clone_from(&node.shape.0);
    }
    found
}

/// What a raw element stands for.
fn real(spec: &InputSpec, q: i32, c: usize) -> BigRational {
    let at = |list: &[Decimal]| {
        let (negative, digits, exponent) = list[if list.len() == 1 { 0 } else { c }].parts();
        let digits: i64 = digits.parse().expect("few digits");
        let power = ratio(10, 1).pow(exponent);
        ratio(if negative { -digits } else { digits }, 1) * power
    };
    match &spec.scaling {
        Scaling::Normalise { mean, std } => (ratio(q, spec.element.range().1) - at(mean)) / at(std),
        Scaling::Affine { scale, zero_point } => at(scale) * ratio(q - zero_point, 1),
    }
}

/// How far `x/s` is from the nearest boundary between two levels.
pub fn distance(rounding: Rounding, x: &BigRational) -> BigRational {
    let offset = match rounding {
        Rounding::HalfUp | Rounding::HalfEven | Rounding::HalfOdd | Rounding::HalfDown => ratio(1, 2),
        Rounding::Floor | Rounding::Ceil | Rounding::Truncate => ratio(0, 1),
    };
    let x = x + offset;
    let above = &x - x.floor();
    let below = ratio(1, 1) - &above;
    above.min(below)
}
