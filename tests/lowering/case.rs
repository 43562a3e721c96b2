//! Random networks input → linear → neurons → linear → readout, and their exact real values, computed from the
//! definitions alone.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use proptest::prelude::*;
use snn2rtl::graph::Shape;
use snn2rtl::quant::{Element, Encoding, InputSpec, Quantiser, Rounding, Scaling, Weights, per_channel};
use snn2rtl::snn::{Input, Linear, Model, Network, Op};

/// `mantissa·10^exponent`.
pub type Literal = (i64, i32);

#[derive(Clone, Debug)]
pub struct Case {
    /// Sample `[channels, width]`; the first layer reads all of it as one row, or each channel as one.
    pub sample: [usize; 2],
    pub element: Element,
    /// Mean and standard deviation of each channel, or scale (second) and zero point.
    pub scaling: Vec<(Literal, Literal)>,
    pub zero_point: Option<i32>,
    pub steps: u32,
    pub hidden: Linear,
    pub neuron: Quantiser,
    pub last: Linear,
}

pub fn ratio(p: impl Into<BigInt>, q: impl Into<BigInt>) -> BigRational {
    BigRational::new(p.into(), q.into())
}

/// The exact value of a float, from its bits.
pub fn float(value: f32) -> BigRational {
    let bits = value.to_bits();
    let (exponent, mantissa) = (bits >> 23 & 0xff, bits & 0x7f_ffff);
    let mantissa = if exponent == 0 { mantissa } else { mantissa | 1 << 23 };
    let magnitude = ratio(BigInt::from(mantissa) << exponent.max(1), BigInt::one() << 150);
    if value.is_sign_negative() { -magnitude } else { magnitude }
}

/// The exact value of a double, from its bits.
pub fn double(value: f64) -> BigRational {
    let bits = value.to_bits();
    let (exponent, mantissa) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    let mantissa = if exponent == 0 { mantissa } else { mantissa | 1 << 52 };
    let magnitude = ratio(BigInt::from(mantissa) << exponent.max(1), BigInt::one() << 1075);
    if value.is_sign_negative() { -magnitude } else { magnitude }
}

fn literal((mantissa, exponent): Literal) -> BigRational {
    let power = num_traits::pow(BigInt::from(10), exponent.unsigned_abs() as usize);
    if exponent < 0 { ratio(mantissa, power) } else { ratio(power * mantissa, 1) }
}

/// `clamp(round(x/s), low, high)`.
pub fn quantise(q: &Quantiser, c: usize, x: &BigRational) -> i32 {
    let r = x / float(per_channel(&q.scale, c));
    let half = ratio(1, 2);
    let up = (&r + &half).floor();
    let tie = (&r + &half).is_integer();
    let odd = !(&up / ratio(2, 1)).is_integer();
    let level = match q.rounding {
        Rounding::HalfUp => up,
        Rounding::HalfDown => (&r - &half).ceil(),
        Rounding::HalfEven => {
            if tie && odd {
                up - ratio(1, 1)
            } else {
                up
            }
        }
        Rounding::HalfOdd => {
            if tie && !odd {
                up - ratio(1, 1)
            } else {
                up
            }
        }
        Rounding::Floor => r.floor(),
        Rounding::Ceil => r.ceil(),
        Rounding::Truncate => r.trunc(),
    };
    let (low, high) = (per_channel(&q.low, c), per_channel(&q.high, c));
    let clamped = level.max(ratio(low, 1)).min(ratio(high, 1)).to_integer();
    i32::try_from(clamped).expect("clamped")
}

/// Output `o` of a linear layer.
pub fn apply(linear: &Linear, o: usize, x: &[BigRational]) -> BigRational {
    let sum: BigRational = x.iter().enumerate().map(|(i, x)| x * ratio(linear.weights.level(o, i), 1)).sum();
    let bias = linear.bias.get(o).map_or_else(BigRational::zero, |&b| double(b));
    sum * double(per_channel(&linear.weights.scale, o)) / ratio(linear.divisor, 1) + bias
}

impl Case {
    /// Real value of raw element `q` at position `e` of the sample.
    pub fn real(&self, e: usize, q: i32) -> BigRational {
        let channel = if self.scaling.len() == 1 { 0 } else { e / self.sample[1] };
        let (first, second) = self.scaling[channel];
        match self.zero_point {
            Some(zero_point) => literal(second) * ratio(q - zero_point, 1),
            None => (ratio(q, self.element.range().1) - literal(first)) / literal(second),
        }
    }

    pub fn input(&self) -> Op {
        let text = |(m, e): Literal| format!("{m}e{e}").parse().expect("a literal");
        let first = self.scaling.iter().map(|s| text(s.0)).collect();
        let second = self.scaling.iter().map(|s| text(s.1)).collect();
        let scaling = match self.zero_point {
            Some(zero_point) => Scaling::Affine { scale: second, zero_point },
            None => Scaling::Normalise { mean: first, std: second },
        };
        let encoding = if self.steps == 1 { Encoding::Analog } else { Encoding::Rate { steps: self.steps } };
        let spec = InputSpec { element: self.element, scaling, channel_axis: Some(0) };
        Op::Input(Input { sample: Shape(self.sample.to_vec()), spec, encoding })
    }

    pub fn model(&self) -> Model {
        model(vec![
            ("input", self.input()),
            ("hidden", Op::Linear(self.hidden.clone())),
            ("neuron", Op::Neuron(self.neuron.clone())),
            ("last", Op::Linear(self.last.clone())),
            ("readout", Op::Readout),
        ])
    }
}

/// Input of bytes, each worth 1, in one time-step.
pub fn bytes(sample: Vec<usize>) -> Op {
    let scaling = Scaling::Affine { scale: vec!["1".parse().expect("a literal")], zero_point: 0 };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    Op::Input(Input { sample: Shape(sample), spec, encoding: Encoding::Analog })
}

/// Linear layer with one scale.
pub fn layer(inputs: usize, levels: Vec<i32>, scale: f32, bias: Vec<f64>) -> Op {
    let outputs = levels.len() / inputs;
    let scale = vec![scale.into()];
    Op::Linear(Linear::plain(Weights { inputs, outputs, levels, scale }, bias))
}

/// A chain of operators.
pub fn model(chain: Vec<(&str, Op)>) -> Model {
    let mut network = Network::new();
    let mut last = None;
    for (name, op) in chain {
        last = Some(network.add(name, op, last.as_slice()).expect(name));
    }
    Model {
        network,
        name: "case".into(),
        producer: "test".into(),
        views: Default::default(),
        precision: Default::default(),
        padding: None,
    }
}

/// Scales: round numbers, so that ties happen, and any mantissa.
fn scale() -> impl Strategy<Value = f32> {
    prop_oneof![
        (-3i32..4).prop_map(|e| 2f32.powi(e)),
        (1u8..40).prop_map(|n| f32::from(n) / 16.0),
        0.001f32..2.0
    ]
}

/// `extreme`: so large that no input matters.
fn bias(extreme: Vec<f64>) -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (-300f32..300.0).prop_map(f64::from),
        1 => -300f64..300.0,
        4 => (-64i8..64).prop_map(|n| f64::from(n) / 8.0),
        1 => prop::sample::select([extreme, vec![0.0, -0.0, 1e-40, -5e-324, f64::MIN_POSITIVE]].concat()),
    ]
}

/// One entry, or one a channel.
fn list<T: Clone + std::fmt::Debug + 'static>(
    item: BoxedStrategy<T>,
    channels: usize,
) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![prop::collection::vec(item.clone(), 1), prop::collection::vec(item, channels)]
}

fn linear(inputs: usize, outputs: usize, extreme: Vec<f64>) -> impl Strategy<Value = Linear> {
    let weight = prop_oneof![3 => -128i32..128, 1 => Just(0), 1 => -2i32..3];
    let rows = prop::collection::vec(
        prop_oneof![6 => prop::collection::vec(weight, inputs), 1 => Just(vec![0; inputs])],
        outputs,
    );
    let bias = prop_oneof![prop::collection::vec(bias(extreme), outputs), Just(vec![])];
    let divisor = prop_oneof![3 => Just(1), 1 => 2u32..50];
    (rows, list(scale().boxed(), outputs), divisor, bias).prop_map(move |(rows, scale, divisor, bias)| {
        let scale = scale.into_iter().map(f64::from).collect();
        Linear {
            weights: Weights { inputs, outputs, levels: rows.concat(), scale },
            divisor,
            bias,
            window: None,
        }
    })
}

pub fn quantiser(channels: usize) -> impl Strategy<Value = Quantiser> {
    let roundings = vec![
        Rounding::HalfUp,
        Rounding::HalfEven,
        Rounding::HalfOdd,
        Rounding::HalfDown,
        Rounding::Floor,
        Rounding::Ceil,
        Rounding::Truncate,
    ];
    let levels = prop_oneof![
        (-9i32..9, 0i32..17).prop_map(|(low, more)| (low, low + more)),
        prop::sample::select(vec![(0, 15), (-8, 7), (0, 0), (3, 3), (-5, -2), (0, 1), (-128, 127)]),
    ];
    (
        list(prop_oneof![scale(), 1f32..400.0].boxed(), channels),
        list(levels.boxed(), channels),
        prop::sample::select(roundings),
    )
        .prop_map(|(scale, levels, rounding)| {
            let (low, high) = levels.into_iter().unzip();
            Quantiser { scale, low, high, rounding }
        })
}

pub fn case() -> impl Strategy<Value = Case> {
    let shape = (1usize..4, 1usize..4, any::<bool>(), 1usize..5, 2usize..5);
    shape.prop_flat_map(|(channels, width, one_row, hidden, classes)| {
        let element = prop::sample::select(vec![Element::U8, Element::I8, Element::U16]);
        let literal = |low: i64| (low..3000, -5i32..=-2);
        let entry = (literal(-2000), literal(1));
        let scaling = prop::collection::vec(entry.clone(), if one_row { channels } else { 1 });
        let scaling = prop_oneof![prop::collection::vec(entry, 1), scaling];
        let inputs = if one_row { channels * width } else { width };
        let steps = prop_oneof![Just(1u32), 2u32..40];
        let zero_point = prop::option::of(0i32..=127);
        let layers = (
            linear(inputs, hidden, vec![1e30, -1e30, f64::MAX]),
            quantiser(hidden),
            linear(hidden, classes, vec![1e6]),
        );
        (element, scaling, zero_point, steps, layers).prop_map(
            move |(element, scaling, zero_point, steps, (hidden, neuron, last))| Case {
                sample: [channels, width],
                element,
                scaling,
                // Mean and standard deviation need an unsigned type.
                zero_point: zero_point.or(element.is_signed().then_some(-3)),
                steps,
                hidden,
                neuron,
                last,
            },
        )
    })
}
