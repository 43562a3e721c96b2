//! Levels by softmax.
//!
//! With the boundary `h/2` of level `k` at `h = 2·k + o`, level `k` is reached when
//!
//! ```text
//! t = (2^f·e/(scale·Σe) − o)/2  ≥ k          (> k, where the boundary does not belong to the level)
//! ```
//!
//! In 64-bit floats with the unit roundoff `u = 2^−53`, `e` and `Σe` are exact; `scale·Σe`, the quotient, the product with `e`
//! and the difference are rounded, so the computed `t` differs from the exact one by less than `5·u·(2^f/(2·scale) + |o|)`,
//! since `e ≤ Σe`. A `t` that is further than three times this from every boundary gives the level; a group with another one
//! is left to the comparisons of the integer network.

use multiversion::multiversion;
use num_traits::AsPrimitive;

use crate::graph::Band;
use crate::integer::Softmax;

use super::super::levels::Even;
use super::layer_norm::corrected;
use super::values::Values;

/// Elements that are decided at once.
const BLOCK: usize = 8;

/// Softmax of each group of each row.
#[derive(Clone, Debug)]
pub(super) struct SoftmaxPlan {
    pub softmax: Softmax,
    /// Elements of a group.
    size: usize,
    floats: Option<Floats>,
}

/// Constants of the decision in floats.
#[derive(Clone, Debug)]
struct Floats {
    /// `e` by distance from the maximum, and 0 at the end.
    table: Vec<f64>,
    /// `2^f/(2·scale)`, to be divided by `Σe`.
    unit: f64,
    /// `−o/2`.
    shift: f64,
    /// A `t` between these has the level below it; beyond them it is the lowest or the highest one.
    low: f64,
    high: f64,
    /// Largest distance of a certain `t` from the middle between two boundaries.
    certain: f64,
}

/// Room for a layer.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    /// `e` of each group, filled up to whole blocks, and their sums.
    exps: Vec<f64>,
    sums: Vec<f64>,
    levels: Vec<i32>,
    /// For the comparisons in integers.
    scores: Vec<i64>,
    integers: Vec<i64>,
}

/// The keys that a query does not see.
#[derive(Clone, Copy)]
struct Mask<'a> {
    /// Raw elements, of which those that are equal to the padding mask a key.
    ids: Option<(&'a [i32], i32)>,
    band: Band,
    query: usize,
}

impl Mask<'_> {
    #[inline(always)]
    fn hides(self, key: usize) -> bool {
        self.ids.is_some_and(|(ids, padding)| ids[key] == padding) || self.band.hides(self.query, key)
    }

    fn is_empty(self) -> bool {
        self.ids.is_none() && self.band == Band::ALL
    }
}

impl Floats {
    /// `None` if a constant is not exact, or levels are not evenly spaced.
    fn new(softmax: &Softmax) -> Option<Self> {
        let even = Even::new(softmax.rounding, softmax.low, softmax.high)?;
        if softmax.sum_width > 53 || !(1..1 << 53).contains(&softmax.scale) || softmax.scale_fraction > 1000 {
            return None;
        }
        let unit = 2f64.powi(softmax.scale_fraction as i32 - 1) / softmax.scale as f64;
        let offset = even.offset as f64;
        let error = 5.0 * (f64::EPSILON / 2.0) * (unit + offset.abs());
        Some(Self {
            table: softmax.table.iter().map(|&e| e as f64).chain([0.0]).collect(),
            unit,
            shift: -0.5 * offset,
            low: f64::from(softmax.low) + 0.5,
            high: f64::from(softmax.high) + 0.5,
            certain: 0.5 - 3.0 * error,
        })
    }
}

impl SoftmaxPlan {
    pub(super) fn new(softmax: &Softmax, channels: usize) -> Self {
        let floats = Floats::new(softmax);
        Self { softmax: softmax.clone(), size: channels / softmax.groups, floats }
    }

    /// The levels of all rows of scores; `ids` are the raw elements that mask.
    pub(super) fn levels(&self, sums: &Values, ids: Option<&[i32]>, room: &mut Room, levels: &mut [i32]) {
        let mask = Mask { ids: ids.zip(self.softmax.padding), band: self.softmax.band, query: 0 };
        match sums {
            Values::I32(scores) => self.layer(scores, mask, room, levels),
            Values::I64(scores) => self.layer(scores, mask, room, levels),
        }
    }

    fn layer<A: AsPrimitive<i64>>(&self, scores: &[A], mask: Mask<'_>, room: &mut Room, levels: &mut [i32]) {
        let Some(floats) = &self.floats else {
            for (g, (scores, levels)) in
                scores.chunks(self.size).zip(levels.chunks_mut(self.size)).enumerate()
            {
                self.exact(scores, Mask { query: g / self.softmax.groups, ..mask }, room, levels);
            }
            return;
        };
        // All groups are looked up before the first one decides, because reading values just after writing them is slow.
        let stride = self.size.next_multiple_of(BLOCK);
        room.exps.resize(scores.len() / self.size * stride, 0.0);
        room.levels.resize(stride, 0);
        room.sums.clear();
        let groups = self.softmax.groups;
        for (g, (scores, exps)) in scores.chunks(self.size).zip(room.exps.chunks_mut(stride)).enumerate() {
            room.sums.push(look_up(&floats.table, scores, Mask { query: g / groups, ..mask }, exps));
        }
        for (g, levels) in levels.chunks_mut(self.size).enumerate() {
            let mask = Mask { query: g / groups, ..mask };
            let exps = &room.exps[g * stride..][..stride];
            if decide(floats, exps, room.sums[g], &mut room.levels) {
                levels.copy_from_slice(&room.levels[..self.size]);
                if !mask.is_empty() {
                    levels.iter_mut().enumerate().filter(|(j, _)| mask.hides(*j)).for_each(|(_, s)| *s = 0);
                }
            } else {
                self.exact(&scores[g * self.size..][..self.size], mask, room, levels);
            }
        }
    }

    /// A group by the comparisons of the integer network.
    #[inline(never)]
    fn exact<A: AsPrimitive<i64>>(&self, group: &[A], mask: Mask<'_>, room: &mut Room, levels: &mut [i32]) {
        let softmax = &self.softmax;
        room.scores.clear();
        room.scores.extend(group.iter().map(|a| a.as_()));
        let sum = softmax.exps(&room.scores, |j| mask.hides(j), &mut room.integers);
        let unit = 2f64.powi(softmax.scale_fraction as i32) / sum as f64;
        let offset = softmax.rounding.boundary(0).halves as f64;
        for (j, (level, &e)) in levels.iter_mut().zip(&room.integers).enumerate() {
            if mask.hides(j) {
                *level = 0;
                continue;
            }
            let estimate = (e as f64 * unit - offset) * 0.5;
            let reached = |k| softmax.reached(e, sum, k);
            *level = corrected(estimate, (softmax.low, softmax.high), reached);
        }
    }
}

/// Each `e` of a group; returns their sum. Masked ones are 0.
#[inline(always)]
fn look_up<A: AsPrimitive<i64>>(table: &[f64], scores: &[A], mask: Mask<'_>, exps: &mut [f64]) -> f64 {
    let last = table.len() - 1;
    let exp = |most: i64, a: &A| table[usize::try_from(most - a.as_()).map_or(last, |d| d.min(last))];
    if mask.is_empty() {
        let most = scores.iter().fold(i64::MIN, |most, a| most.max(a.as_()));
        exps.iter_mut().zip(scores).for_each(|(e, a)| *e = exp(most, a));
        return exps[..scores.len()].iter().sum();
    }
    let live = scores.iter().enumerate().filter(|(j, _)| !mask.hides(*j));
    let most = live.map(|(_, a)| a.as_()).max().unwrap_or(0);
    for (j, (e, a)) in exps.iter_mut().zip(scores).enumerate() {
        *e = if mask.hides(j) { 0.0 } else { exp(most, a) };
    }
    exps[..scores.len()].iter().sum()
}

/// The levels of a group, or `false` where one is uncertain.
#[multiversion(targets = "simd")]
fn decide(floats: &Floats, exps: &[f64], sum: f64, levels: &mut [i32]) -> bool {
    let Floats { unit, shift, low, high, certain, .. } = *floats;
    let unit = unit / sum;
    let mut all = true;
    for (exps, levels) in exps.as_chunks::<BLOCK>().0.iter().zip(levels.as_chunks_mut::<BLOCK>().0) {
        let mut uncertain = [false; BLOCK];
        for ((e, level), uncertain) in exps.iter().zip(levels).zip(&mut uncertain) {
            let t = (e * unit + shift).max(low).min(high);
            let k = t.floor();
            *uncertain = (t - (k + 0.5)).abs() > certain;
            *level = k as i32;
        }
        all &= uncertain == [false; BLOCK];
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Band, Room, SoftmaxPlan, Values};
    use crate::integer::Rounding;
    use crate::integer::{Range, Softmax};

    fn softmax(
        scale: i64,
        rounding: Rounding,
        (low, high): (i32, i32),
        padding: Option<i32>,
        band: Band,
    ) -> Softmax {
        Softmax {
            groups: 2,
            low,
            high,
            rounding,
            table: (0..40).map(|d| (f64::from(1 << 20) * 0.75f64.powi(d)).round() as i64).collect(),
            exp_fraction: 20,
            scale,
            scale_fraction: 16,
            padding,
            band,
            total: Range::new(-1000, 1000),
            sum_width: 30,
            decision_width: 60,
        }
    }

    proptest! {
        /// Equal scores give quotients of small numbers, so values lie on boundaries often.
        #[test]
        fn levels_are_those_of_the_integer_network(
            scores in prop::collection::vec(prop_oneof![Just(7i32), 0..8, -1000..1000], 2..40),
            rows in 1usize..4,
            behind in prop::option::of(0u32..4),
            ahead in prop::option::of(0u32..4),
            scale in prop_oneof![Just(1i64 << 12), Just(1 << 13), 1i64..1 << 16],
            rounding in prop_oneof![
                Just(Rounding::HalfUp), Just(Rounding::HalfEven), Just(Rounding::Floor), Just(Rounding::Truncate)
            ],
            range in prop_oneof![Just((0, 15)), Just((-8, 7)), Just((0, 255)), Just((0, 1))],
            ids in prop::collection::vec(0i32..3, 20),
            masks in any::<bool>(),
        ) {
            let rows = rows.min(scores.len() / 2);
            let size = scores.len() / (2 * rows);
            let scores = &scores[..2 * rows * size];
            let (channels, padding, band) = (2 * size, masks.then_some(0), Band::near(behind, ahead));
            let softmax = softmax(scale, rounding, range, padding, band);
            let plan = SoftmaxPlan::new(&softmax, channels);
            prop_assert_eq!(plan.floats.is_none(), rounding == Rounding::Truncate && range.0 < 0);
            let mut expected = Vec::new();
            for (g, group) in scores.chunks(size).enumerate() {
                let group: Vec<i64> = group.iter().map(|&a| a.into()).collect();
                let masked = |j: usize| masks && ids[j] == 0 || band.hides(g / 2, j);
                let mut exps = Vec::new();
                let sum = softmax.exps(&group, masked, &mut exps);
                let level = |(j, &e): (usize, &i64)| if masked(j) { 0 } else { softmax.level(e, sum) };
                expected.extend(exps.iter().enumerate().map(level));
            }
            let wide = scores.iter().map(|&a| a.into()).collect();
            for sums in [Values::I32(scores.to_vec()), Values::I64(wide)] {
                let mut levels = vec![99; scores.len()];
                plan.levels(&sums, masks.then_some(&ids[..size]), &mut Room::default(), &mut levels);
                prop_assert_eq!(&levels, &expected);
            }
        }
    }
}
