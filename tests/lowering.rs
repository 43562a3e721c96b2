//! Lowering against the definitions: every decision, range and order of random networks, in rational arithmetic.

#[path = "lowering/by_hand.rs"]
mod by_hand;
#[path = "lowering/case.rs"]
pub mod case;
#[path = "lowering/rotary.rs"]
mod rotary;

use case::{Case, apply, case, float, model, quantise, quantiser, ratio};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::prelude::*;
use snn2rtl::integer::{self, Neuron, Op, Range, Rule};
use snn2rtl::lower::{Lowered, lower};
use snn2rtl::quant::per_channel;
use snn2rtl::snn;

/// Accumulated integer inputs of one row of a layer, their change in one time-step, and what they are worth.
struct Drive {
    sum: Vec<i64>,
    step: Vec<i64>,
    real: Vec<BigRational>,
}

/// Smallest and largest accumulated value of an input.
type Ends = (i64, i64);

fn op<'a>(lowered: &'a Lowered, name: &str) -> &'a Op {
    &lowered.network.node(lowered.network.find(name).expect("the same names")).op
}

/// Drives of the first layer: zero, each element alone at its ends, random samples; at the first and the last time-step.
fn input_drives(case: &Case, lowered: &Lowered, random: &[Vec<i32>]) -> (Vec<Drive>, Vec<Ends>) {
    let Op::Input(input) = op(lowered, "input") else { panic!("no input") };
    let zero = case.zero_point.unwrap_or(0);
    assert_eq!((input.zero_point, input.steps, input.element), (zero, case.steps, case.element));
    let (low, high) = case.element.range();
    assert_eq!(input.range, Range::new((low - zero).into(), (high - zero).into()));
    let elements = case.hidden.weights.inputs;
    let mut samples = vec![vec![zero; elements]];
    for e in 0..elements {
        for q in [low, high] {
            samples.push((0..elements).map(|at| if at == e { q } else { zero }).collect());
        }
    }
    samples.extend(random.iter().map(|r| r[..elements].iter().map(|r| low + r % (high - low + 1)).collect()));
    let drive = |sample: &Vec<i32>, t: u32| Drive {
        sum: sample.iter().map(|q| i64::from(q - zero) * i64::from(t)).collect(),
        step: sample.iter().map(|q| i64::from(q - zero)).collect(),
        real: (0..elements)
            .map(|e| {
                let constant = case.real(e, zero);
                (case.real(e, sample[e]) - &constant) * ratio(t, case.steps) + constant
            })
            .collect(),
    };
    let drives = samples.iter().flat_map(|s| [drive(s, 1), drive(s, case.steps)]).collect();
    let ends = i64::from(case.steps);
    (drives, vec![(i64::from(low - zero) * ends, i64::from(high - zero) * ends); elements])
}

/// Drives of the last layer: zero, each tracer alone at its ends, random tracers.
fn tracer_drives(case: &Case, random: &[Vec<i32>]) -> (Vec<Drive>, Vec<Ends>) {
    let channels = case.last.weights.inputs;
    let ends: Vec<Ends> = (0..channels)
        .map(|c| {
            (per_channel(&case.neuron.low, c).min(0).into(), per_channel(&case.neuron.high, c).max(0).into())
        })
        .collect();
    let mut samples = vec![vec![0; channels]];
    for (c, &(low, high)) in ends.iter().enumerate() {
        for s in [low, high] {
            samples.push((0..channels).map(|at| if at == c { s } else { 0 }).collect());
        }
    }
    let within = |r: i32, (low, high): Ends| low + i64::from(r) % (high - low + 1);
    samples.extend(random.iter().map(|r| (0..channels).map(|c| within(r[c], ends[c])).collect()));
    let drive = |sum: Vec<i64>| Drive {
        step: sum.iter().map(|s| s.signum()).collect(),
        real: sum
            .iter()
            .enumerate()
            .map(|(c, &s)| float(per_channel(&case.neuron.scale, c)) * ratio(s, 1))
            .collect(),
        sum,
    };
    (samples.into_iter().map(drive).collect(), ends)
}

/// What the accumulated input of a channel is worth: `x = gain·A + offset` on the range of `A`.
struct Meaning {
    gain: BigRational,
    offset: BigRational,
    range: Range,
}

/// Finds what `A` is worth from samples, checks that all samples agree and that every sum is in range.
fn meanings(layer: &integer::Linear, linear: &snn::Linear, drives: &[Drive], ends: &[Ends]) -> Vec<Meaning> {
    let column = |o: usize| (0..layer.inputs).map(move |i| layer.weights[i * layer.outputs + o]);
    (0..layer.outputs)
        .map(|o| {
            let sum = |e: &[i64]| column(o).zip(e).map(|(w, e)| w * e).sum::<i64>();
            let mut points: Vec<(i64, BigRational)> = Vec::new();
            for drive in drives {
                let mut terms: Vec<i64> = column(o).zip(&drive.step).map(|(w, e)| w * e).collect();
                for _ in 0..3 {
                    let mut partial = 0;
                    for term in &terms {
                        partial += term;
                        assert!(
                            layer.partial.contains(partial),
                            "partial sum {partial} in {}",
                            layer.partial
                        );
                    }
                    assert!(layer.delta.contains(partial), "change {partial} in {}", layer.delta);
                    if terms.is_sorted() { terms.reverse() } else { terms.sort_unstable() }
                }
                points.push((sum(&drive.sum), apply(linear, o, &drive.real)));
            }
            assert!(column(o).all(|w| layer.weight.contains(w)));
            let (a0, x0) = points[0].clone();
            let other = points.iter().find(|(a, _)| *a != a0);
            let gain = other.map_or_else(BigRational::zero, |(a, x)| (x - &x0) / ratio(a - a0, 1));
            let offset = x0 - &gain * ratio(a0, 1);
            let end = |pick: fn(i64, i64) -> i64| {
                column(o).zip(ends).map(|(w, e)| pick(pick(w * e.0, w * e.1), 0)).sum::<i64>()
            };
            let range = Range::new(end(i64::min), end(i64::max));
            for (a, x) in &points {
                assert_eq!(*x, &gain * ratio(*a, 1) + &offset, "x is a function of A");
                assert!(range.contains(*a));
            }
            assert!(layer.total.contains(range.low) && layer.total.contains(range.high));
            Meaning { gain, offset, range }
        })
        .collect()
}

/// Compares level, rule and tracker at and around every threshold, from every tracer value.
fn check_neuron(neuron: &Neuron, q: &snn2rtl::quant::Quantiser, meanings: &[Meaning], random: &[Vec<i32>]) {
    assert_eq!((neuron.low, neuron.high), q.tracer_range());
    for (c, m) in meanings.iter().enumerate() {
        let thresholds = &neuron.thresholds[c * neuron.steps()..(c + 1) * neuron.steps()];
        let mut points: Vec<i64> = thresholds.iter().flat_map(|t| [t - 1, *t, t + 1]).collect();
        let size = i128::from(m.range.high) - i128::from(m.range.low) + 1;
        points.extend(random.iter().flatten().map(|&r| {
            m.range.low + i64::try_from(i128::from(r) * i128::from(r) * 31 % size).expect("in range")
        }));
        points.extend([m.range.low, m.range.high, 0]);
        points.sort_unstable();
        points.dedup();
        for a in points.into_iter().filter(|&a| m.range.contains(a)) {
            let level = quantise(q, c, &(&m.gain * ratio(a, 1) + &m.offset));
            assert_eq!(neuron.level(c, a), level, "channel {c}, A = {a}");
            for s in neuron.low..=neuron.high {
                assert_eq!(spike(neuron, c, a, s), (level - s).clamp(-1, 1), "channel {c}, A = {a}, S = {s}");
            }
        }
    }
}

/// The spike that the stepped rule emits; checks the membrane's range.
fn spike(neuron: &Neuron, c: usize, a: i64, s: i32) -> i32 {
    let (up, down) = match &neuron.rule {
        Rule::Affine { fraction, theta, start } => {
            let v = |s: i32| start[c] + (a << fraction) - theta[c] * i64::from(s);
            let up = v(s) >= theta[c] && s < neuron.high;
            let down = v(s) < 0 && s > neuron.low;
            assert!(neuron.membrane.contains(v(s)), "before firing");
            assert!(neuron.membrane.contains(v(s + i32::from(up) - i32::from(down))), "after firing");
            (up, down)
        }
        Rule::Table => {
            let t = |k: i32| {
                neuron.thresholds[c * neuron.steps() + usize::try_from(k - neuron.low - 1).expect("k")]
            };
            (s < neuron.high && a >= t(s + 1), s > neuron.low && a < t(s))
        }
    };
    i32::from(up) - i32::from(down)
}

/// Compares the order of all pairs of logits, at random values and where they nearly meet.
fn check_readout(lowered: &Lowered, meanings: &[Meaning], random: &[Vec<i32>]) {
    let Op::Readout(readout) = op(lowered, "readout") else { panic!("no readout") };
    let logit = |c: usize, a: i64| &meanings[c].gain * ratio(a, 1) + &meanings[c].offset;
    let value = |c: usize, a: i64| i128::from(readout.multiplier[c]) * i128::from(a) + readout.offset[c];
    let within = |c: usize, r: i32| {
        let Range { low, high } = meanings[c].range;
        low + i64::from(r) * 7919 % (high - low + 1)
    };
    // The value's low bits hold the fractional parts in units of all multipliers' common divisor.
    let common = readout.multiplier.iter().fold(0i64, |a, &b| num_integer::gcd(a, b));
    let unit = BigRational::from_float(lowered.readout.unit).expect("finite") * ratio(common, 1);
    for i in 0..readout.channels {
        for j in 0..readout.channels {
            for r in random {
                let a = within(i, r[0]);
                let mut others = vec![within(j, r[1])];
                if !meanings[j].gain.is_zero() {
                    let meet = ((logit(i, a) - &meanings[j].offset) / &meanings[j].gain).floor().to_integer();
                    let meet = i64::try_from(meet).unwrap_or(0);
                    others.extend([-1, 0, 1, 2].map(|d| meet.saturating_add(d)));
                }
                for b in others.into_iter().filter(|&b| meanings[j].range.contains(b)) {
                    assert_eq!(
                        value(i, a).cmp(&value(j, b)),
                        logit(i, a).cmp(&logit(j, b)),
                        "{i}, {j}: {a}, {b}"
                    );
                }
                let limit = 1i128 << (readout.value_width - 1);
                assert!((-limit..limit).contains(&value(i, a)));
                assert!(readout.total.contains(a));
                let near = (value(i, a) as f64) * lowered.readout.unit;
                let off = (BigRational::from_float(near).expect("finite") - logit(i, a)).abs();
                assert!(off <= &unit * ratio(257, 256) + logit(i, a).abs() * ratio(1, 1i64 << 50), "{near}");
                let real = lowered.readout.scale[i] * a as f64 + lowered.readout.bias[i];
                let exact = logit(i, a);
                let error = BigRational::from_float(real).expect("finite") - &exact;
                let size = (&meanings[i].offset * &meanings[i].offset).max(&exact * &exact) + ratio(1, 1);
                assert!(&error * &error <= size * ratio(1, BigInt::from(1) << 96), "{real}");
            }
        }
    }
}

fn check_case(case: &Case, random: &[Vec<i32>]) {
    let model = case.model();
    let lowered = lower(&model).expect("within 62 bits");
    let names =
        |text: String| text.lines().map(|l| l.split(':').next().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(names(lowered.network.text()), names(model.network.text()));
    let (Op::Linear(hidden), Op::Neuron(neuron), Op::Linear(last)) =
        (op(&lowered, "hidden"), op(&lowered, "neuron"), op(&lowered, "last"))
    else {
        panic!("other operators")
    };
    let (drives, ends) = input_drives(case, &lowered, random);
    let at_neuron = meanings(hidden, &case.hidden, &drives, &ends);
    check_neuron(neuron, &case.neuron, &at_neuron, random);
    let (drives, ends) = tracer_drives(case, random);
    check_readout(&lowered, &meanings(last, &case.last, &drives, &ends), random);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_networks(case in case(), random in prop::collection::vec(prop::collection::vec(0..i32::MAX, 9), 6)) {
        check_case(&case, &random);
    }

    #[test]
    fn neurons_directly_on_the_input(
        case in case(), channels in 1usize..4, q in quantiser(3), random in prop::collection::vec(0..i32::MAX, 9)
    ) {
        let case = Case { scaling: case.scaling[..1].to_vec(), sample: [channels, 3], ..case };
        let chain =
            vec![("input", case.input()), ("neuron", snn::Op::Neuron(q.clone())), ("readout", snn::Op::Readout)];
        let lowered = lower(&model(chain)).expect("lowers");
        let Op::Neuron(neuron) = op(&lowered, "neuron") else { panic!("no neuron") };
        let zero = case.zero_point.unwrap_or(0);
        let (low, high) = case.element.range();
        let times = i64::from(case.steps);
        let meanings: Vec<Meaning> = (0..3).map(|_| {
            let offset = case.real(0, zero);
            let gain = (case.real(0, zero + 1) - &offset) / ratio(case.steps, 1);
            let range = Range::new(i64::from(low - zero) * times, i64::from(high - zero) * times);
            Meaning { gain, offset, range }
        }).collect();
        prop_assert_eq!(neuron.total, meanings[0].range);
        check_neuron(neuron, &q, &meanings, &[random]);
    }
}
