//! Proof of a layer's decisions: every inequality, with big integers, from the finished constants alone.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;
use rayon::prelude::*;

use super::function;
use super::rational::{exact, integer};
use super::value::Column;
use crate::integer::{Neuron, Rule};
use crate::quant::{Function, Quantiser, per_channel};

/// Proven inequalities: the number of each, in the ASCII notation of docs/numerics.md, over channels and levels.
pub type Proven = BTreeMap<&'static str, u64>;

/// Neurons on a function: every range of `A` between thresholds has exactly the level that they give.
const FUNCTION: &str = "level(A) = Q(f(g*A + b)) on a range of A";
/// Clamped thresholds.
const RANGE: &str = "A_min <= T(k) <= A_max + 1";
/// The real quantiser's boundary is above `T − 1`.
const LOWER: &str = "Q(g*(T(k) - 1) + b) < k";
/// The real quantiser's boundary is at most at `T`.
const UPPER: &str = "Q(g*T(k) + b) >= k";
/// The boundary of the affine rule is above `T − 1`.
const LINE_LOWER: &str = "(T(k) - 1)*2^F < theta*k - v0";
/// The boundary of the affine rule is at most `T`.
const LINE_UPPER: &str = "theta*k - v0 <= T(k)*2^F";
/// The membrane register is wide enough.
const MEMBRANE: &str = "V_min <= v0 + 2^F*A - theta*S <= V_max";

/// Checks for every channel and level that the thresholds separate the levels of the real quantiser and that the rule
/// separates them at the same values; returns the number of checked inequalities of each kind. For neurons on a
/// function of their accumulated input, the levels are proven range by range of `A`.
///
/// For a threshold `T` of level `k`, on `A` in `[A_min, A_max]`:
///
/// ```text
/// T > A_min:  level k is not reached at T − 1       and   θ·k − v0 > 2^F·(T − 1)
/// T ≤ A_max:  level k is reached at T               and   θ·k − v0 ≤ 2^F·T
/// ```
///
/// Both sides grow with `A`, so one value on each side of `T` decides all `A`. With these, `V ≥ θ` (that is,
/// `2^F·A ≥ θ·(S+1) − v0`) holds exactly when `A ≥ T(S+1)`, and `V < 0` exactly when `A < T(S)`.
///
/// # Errors
/// Names the first violated inequality.
pub(super) fn prove(
    neuron: &Neuron,
    q: &Quantiser,
    function: Option<&Function>,
    columns: &[Column<'_>],
) -> Result<Proven, String> {
    let mut proven = Proven::new();
    if let Some(f) = function {
        let channel = |(c, column): (usize, &Column<'_>)| function::prove(neuron, f, q, c, column);
        let count = columns.par_iter().enumerate().map(channel).sum::<Result<u64, String>>()?;
        proven.insert(FUNCTION, count);
    }
    let mut hold = |holds: bool, what: &'static str, c: usize, k: i32| {
        *proven.entry(what).or_default() += 1;
        if holds { Ok(()) } else { Err(format!("internal error: {what} fails in channel {c} at level {k}")) }
    };
    for (c, column) in columns.iter().enumerate() {
        // The levels of a function were proven above.
        let reached = if function.is_none() { Some(Reached::new(q, c, column)?) } else { None };
        let (a_min, a_max) = (column.total.low, column.total.high);
        if neuron.non_monotone.is_some() {
            continue;
        }
        for (k, &t) in (neuron.low + 1..=neuron.high).zip(neuron.thresholds_of(c)) {
            hold((a_min..=a_max + 1).contains(&t), RANGE, c, k)?;
            if let Some(reached) = &reached {
                if t > a_min {
                    hold(!reached.at(k, t - 1), LOWER, c, k)?;
                }
                if t <= a_max {
                    hold(reached.at(k, t), UPPER, c, k)?;
                }
            }
            if let Rule::Affine { fraction, theta, start } = &neuron.rule {
                let edge = BigInt::from(theta[c]) * k - start[c];
                let scaled = |a: i64| BigInt::from(a) << *fraction;
                if t > a_min {
                    hold(edge > scaled(t - 1), LINE_LOWER, c, k)?;
                }
                if t <= a_max {
                    hold(edge <= scaled(t), LINE_UPPER, c, k)?;
                }
            }
        }
        if let Rule::Affine { fraction, theta, start } = &neuron.rule {
            for (a, s, k) in [(a_min, neuron.high, neuron.low), (a_max, neuron.low, neuron.high)] {
                let v = (BigInt::from(a) << *fraction) + start[c] - BigInt::from(theta[c]) * s;
                let (low, high) = (BigInt::from(neuron.membrane.low), BigInt::from(neuron.membrane.high));
                hold(low <= v && v <= high, MEMBRANE, c, k)?;
            }
        }
    }
    Ok(proven)
}

/// The real quantiser of a channel: is level `k` reached at `A`?
///
/// `x/s ≥ h/2` with `x = g·A + b` is `2·(g·A + b) ≥ h·s`, here multiplied by the product of the denominators.
struct Reached<'a> {
    quantiser: &'a Quantiser,
    lowest: i32,
    highest: i32,
    twice_gain: BigInt,
    twice_offset: BigInt,
    scale: BigInt,
}

impl<'a> Reached<'a> {
    fn new(quantiser: &'a Quantiser, c: usize, column: &Column<'_>) -> Result<Self, String> {
        let scale = exact(per_channel(&quantiser.scale, c))?;
        let product = integer(scale.denom() * column.scale.denom() * column.offset.denom());
        let whole = |v: BigRational| (v * &product).to_integer();
        Ok(Self {
            quantiser,
            lowest: per_channel(&quantiser.low, c),
            highest: per_channel(&quantiser.high, c),
            twice_gain: whole(column.scale * integer(2)),
            twice_offset: whole(column.offset * integer(2)),
            scale: whole(scale),
        })
    }

    fn at(&self, k: i32, a: i64) -> bool {
        if k <= self.lowest || k > self.highest {
            return k <= self.lowest;
        }
        let boundary = self.quantiser.rounding.boundary(k);
        let x = &self.twice_gain * a + &self.twice_offset;
        let edge = &self.scale * boundary.halves;
        if boundary.inclusive { x >= edge } else { x > edge }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::Range;
    use crate::lower::{neuron, value::Kind, value::Value};
    use crate::quant::Rounding;

    #[test]
    fn every_wrong_constant_is_found() {
        let ratio = |p: i64, q: i64| BigRational::new(p.into(), q.into());
        let (step, total) = (Range::new(-9, 9), Range::new(-70, 90));
        let value = Value::per_channel(vec![
            Kind { scale: ratio(1, 3), offset: ratio(2, 7), step, total },
            Kind { scale: ratio(1, 5), offset: ratio(-9, 2), step, total },
        ]);
        let columns = value.columns(1, 2).expect("one row");
        let q = Quantiser::uniform(3.3, -4, 3, Rounding::HalfUp);
        let (good, _) = neuron::lower(&q, &columns).expect("lowers");
        // 14 thresholds: range and two sides of each, two sides of the affine rule; two ends of each membrane.
        let expected =
            [(RANGE, 14), (LOWER, 14), (UPPER, 14), (LINE_LOWER, 14), (LINE_UPPER, 14), (MEMBRANE, 4)];
        assert_eq!(prove(&good, &q, None, &columns), Ok(Proven::from(expected)));

        let wrong = |change: &dyn Fn(&mut Neuron)| {
            let mut neuron = good.clone();
            change(&mut neuron);
            prove(&neuron, &q, None, &columns).expect_err("a wrong constant")
        };
        for i in 0..14 {
            assert!(wrong(&|n| n.thresholds[i] += 1).contains(LOWER));
            assert!(wrong(&|n| n.thresholds[i] -= 1).contains(UPPER));
        }
        let line = |n: &mut Neuron, by: [i64; 2]| {
            let Rule::Affine { fraction, theta, start } = &mut n.rule else { panic!("no line") };
            theta[1] += by[0] << *fraction;
            start[0] += by[1] << *fraction;
        };
        for by in [[2, 0], [-2, 0], [0, 1], [0, -1]] {
            let error = wrong(&|n| line(n, by));
            assert!(error.contains(LINE_LOWER) || error.contains(LINE_UPPER), "{by:?}: {error}");
        }
        assert!(wrong(&|n| n.membrane.low += 1).contains(MEMBRANE));
        assert!(wrong(&|n| n.membrane.high -= 1).contains(MEMBRANE));
    }
}
