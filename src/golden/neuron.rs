//! ST-BIF+ neurons: the decision of a time-step.

use multiversion::multiversion;
use num_traits::{AsPrimitive, PrimInt};

use crate::integer::{NonMonotone, Range};

use super::layer_norm::LayerNormPlan;
use super::row::{Context, Row};
use super::softmax::SoftmaxPlan;
use super::source::{Accumulation, Layer, Source};
use super::sums::{Delta, Neurons, Sums, Width};

/// A layer of neurons.
#[derive(Clone, Debug)]
pub(super) struct NeuronPlan {
    /// Index of the accumulation before it.
    pub input: usize,
    /// Elements of a row of that accumulation.
    pub stride: usize,
    /// Sources of the spikes (or values) of that accumulation.
    pub sources: Vec<Source>,
    pub rows: usize,
    pub channels: usize,
    low: i32,
    high: i32,
    /// Type of `V`, or of `A` for the table rule.
    pub width: Width,
    decision: Decision,
    constants: Constants,
    total: Range,
    membrane: Range,
}

/// The decision rule.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// `V = start + 2^fraction·A − θ·S`; up when `V ≥ θ`, down when `V < 0`.
    Affine { fraction: u32, theta: Vec<i64>, start: Vec<i64> },
    /// Up when level `S+1` is reached, down when level `S` is not: for monotone levels, when `A ≥ T(S+1)` and when `A <
    /// T(S)`.
    Table { thresholds: Vec<i64>, non_monotone: Option<NonMonotone> },
    /// LayerNorm of a row of accumulated input.
    LayerNorm(Box<LayerNormPlan>),
    /// Softmax of groups of accumulated input.
    Softmax(Box<SoftmaxPlan>),
}

/// θ of every channel, or the thresholds of every channel, in the type of the layer's sums.
#[derive(Clone, Debug)]
enum Constants {
    I32(Vec<i32>),
    I64(Vec<i64>),
}

impl NeuronPlan {
    pub(super) fn new(
        (low, high): (i32, i32),
        decision: Decision,
        layer: &Layer,
        input: usize,
        from: &Accumulation,
        width: Width,
        (total, membrane): (Range, Range),
    ) -> Self {
        let list: &[i64] = match &decision {
            Decision::Affine { theta: list, .. } | Decision::Table { thresholds: list, .. } => list,
            Decision::LayerNorm(_) | Decision::Softmax(_) => &[],
        };
        let narrow: Option<Vec<i32>> = list.iter().map(|&x| i32::try_from(x).ok()).collect();
        let (constants, width) = match narrow {
            Some(list) if width < Width::W64 => (Constants::I32(list), Width::W32),
            _ => (Constants::I64(list.to_vec()), Width::W64),
        };
        Self {
            input,
            stride: from.stride,
            sources: from.sources.clone(),
            rows: layer.rows,
            channels: layer.channels,
            low,
            high,
            width,
            decision,
            constants,
            total,
            membrane,
        }
    }

    /// Membranes before the first time-step.
    pub(super) fn start_into(&self, sums: &mut Sums) {
        fn fill<V: PrimInt + 'static>(sums: &mut [V], start: &[i64])
        where
            i64: AsPrimitive<V>,
        {
            for row in sums.chunks_mut(start.len()) {
                for (v, start) in row.iter_mut().zip(start) {
                    *v = start.as_();
                }
            }
        }
        match (&self.decision, sums) {
            (Decision::Table { .. } | Decision::LayerNorm(_) | Decision::Softmax(_), sums) => sums.clear(),
            (Decision::Affine { start, .. }, Sums::I16(v)) => fill(v, start),
            (Decision::Affine { start, .. }, Sums::I32(v)) => fill(v, start),
            (Decision::Affine { start, .. }, Sums::I64(v)) => fill(v, start),
        }
    }

    /// One time-step: decides, fires, counts the spikes.
    pub(super) fn step(&self, delta: &Delta, neurons: &mut Neurons, context: &mut Context<'_>) {
        if !delta.any && !neurons.any {
            return;
        }
        let Neurons { sums, .. } = neurons;
        // Taken out so that sums and the rest of the layer can be borrowed at the same time.
        let mut sums = std::mem::replace(sums, Sums::I16(Vec::new()));
        match (&delta.sums, &mut sums, &self.constants) {
            (Sums::I16(d), Sums::I32(v), Constants::I32(k)) => rows(self, d, v, k, delta, neurons, context),
            (Sums::I32(d), Sums::I32(v), Constants::I32(k)) => rows(self, d, v, k, delta, neurons, context),
            (Sums::I64(d), Sums::I32(v), Constants::I32(k)) => rows(self, d, v, k, delta, neurons, context),
            (Sums::I16(d), Sums::I64(v), Constants::I64(k)) => rows(self, d, v, k, delta, neurons, context),
            (Sums::I32(d), Sums::I64(v), Constants::I64(k)) => rows(self, d, v, k, delta, neurons, context),
            (Sums::I64(d), Sums::I64(v), Constants::I64(k)) => rows(self, d, v, k, delta, neurons, context),
            _ => unreachable!("constants have the type of the sums"),
        }
        neurons.sums = sums;
        let fired: u64 = neurons.fired.iter().map(|&n| u64::from(n)).sum();
        neurons.count += fired;
        neurons.any = fired > 0;
    }

    /// Verifies, after a time-step, every `A` and `V` against its definition and its proven range.
    pub(super) fn verify(&self, source: Option<Range>, delta: &Delta, neurons: &mut Neurons) {
        let (Sums::I64(delta), Sums::I64(sums)) = (&delta.sums, &neurons.sums) else {
            unreachable!("a checked model has 64-bit sums")
        };
        for (e, a) in neurons.totals.iter_mut().enumerate() {
            let (r, c) = (e / self.channels, e % self.channels);
            *a += delta[r * self.stride + c];
            assert!(self.total.contains(*a), "A = {a} outside {}", self.total);
            assert!(source.is_none_or(|range| range.contains(*a)), "A = {a} outside {source:?}");
            let (s, spike) = (i64::from(neurons.tracers[e]), i64::from(neurons.spikes[e]));
            assert!((i64::from(self.low)..=i64::from(self.high)).contains(&s), "S = {s}");
            match &self.decision {
                Decision::Affine { fraction, theta, start } => {
                    let after = start[c] + (*a << fraction) - theta[c] * s;
                    assert_eq!(sums[e], after, "membrane of neuron {e}");
                    for v in [after, after + theta[c] * spike] {
                        assert!(self.membrane.contains(v), "V = {v} outside {}", self.membrane);
                    }
                }
                Decision::Table { .. } | Decision::LayerNorm(_) | Decision::Softmax(_) => {
                    assert_eq!(sums[e], *a, "accumulated input of neuron {e}");
                }
            }
        }
    }
}

/// All rows that may change.
#[multiversion(targets = "simd")]
fn rows<D, V>(
    plan: &NeuronPlan,
    delta: &[D],
    sums: &mut [V],
    constants: &[V],
    from: &Delta,
    neurons: &mut Neurons,
    context: &mut Context<'_>,
) where
    D: AsPrimitive<V>,
    V: PrimInt + AsPrimitive<i64>,
{
    let n = plan.channels;
    for r in 0..plan.rows {
        // Without input, a neuron can fire only if it fired in the time-step before.
        if !from.touched[r] && neurons.fired[r] == 0 {
            continue;
        }
        let row = Row {
            delta: &delta[r * plan.stride..][..n],
            sums: &mut sums[r * n..][..n],
            tracers: &mut neurons.tracers[r * n..][..n],
            spikes: &mut neurons.spikes[r * n..][..n],
        };
        match &plan.decision {
            Decision::Affine { fraction, .. } => line(plan, row, constants, *fraction),
            Decision::Table { non_monotone: None, .. } => table(plan, row, constants),
            Decision::Table { non_monotone: Some(non_monotone), .. } => {
                non_monotone_level(plan, row, constants, non_monotone)
            }
            Decision::LayerNorm(norm) => norm.row(row),
            Decision::Softmax(softmax) => {
                context.row = r;
                softmax.row(row, context);
            }
        }
        let spikes = &neurons.spikes[r * n..][..n];
        neurons.fired[r] = spikes.iter().map(|&s| u32::from(s as u8 & 1)).sum();
    }
}

/// A row with thresholds θ.
#[inline(always)]
fn line<D, V>(plan: &NeuronPlan, row: Row<'_, D, V>, theta: &[V], fraction: u32)
where
    D: AsPrimitive<V>,
    V: PrimInt + AsPrimitive<i64>,
{
    let shift = fraction as usize;
    let state = row.sums.iter_mut().zip(row.tracers).zip(row.spikes);
    for (((v, s), spike), (d, &theta)) in state.zip(row.delta.iter().zip(theta)) {
        let before: V = *v + (d.as_() << shift);
        let up = (before >= theta) & (*s < plan.high);
        let down = (before < V::zero()) & (*s > plan.low);
        let up_amount = if up { theta } else { V::zero() };
        let down_amount = if down { theta } else { V::zero() };
        *v = before - up_amount + down_amount;
        debug_assert!(plan.membrane.contains(before.as_()), "V = {} before firing", before.as_());
        debug_assert!(plan.membrane.contains((*v).as_()), "V = {} after firing", (*v).as_());
        let fire = i8::from(up) - i8::from(down);
        *s += i32::from(fire);
        *spike = fire;
    }
}

/// A row with a table of thresholds.
#[inline(always)]
fn table<D, V>(plan: &NeuronPlan, row: Row<'_, D, V>, thresholds: &[V])
where
    D: AsPrimitive<V>,
    V: PrimInt + AsPrimitive<i64>,
{
    let steps = (plan.high - plan.low) as usize;
    let state = row.sums.iter_mut().zip(row.tracers).zip(row.spikes);
    for (c, (((a, s), spike), d)) in state.zip(row.delta).enumerate() {
        *a = *a + d.as_();
        debug_assert!(plan.total.contains((*a).as_()), "A = {}", (*a).as_());
        // T(c, S) is at S − low − 1.
        let level = (*s - plan.low) as usize;
        let own = &thresholds[c * steps..(c + 1) * steps];
        let up = own.get(level).is_some_and(|t| *a >= *t);
        let down = level > 0 && *a < own[level - 1];
        *spike = i8::from(up) - i8::from(down);
        *s += i32::from(*spike);
    }
}

/// A row with non-monotone levels.
#[inline(always)]
fn non_monotone_level<D, V>(
    plan: &NeuronPlan,
    row: Row<'_, D, V>,
    thresholds: &[V],
    non_monotone: &NonMonotone,
) where
    D: AsPrimitive<V>,
    V: PrimInt + AsPrimitive<i64>,
{
    let entries = (plan.high - plan.low) as usize * non_monotone.crossings;
    let state = row.sums.iter_mut().zip(row.tracers).zip(row.spikes);
    for (c, (((a, s), spike), d)) in state.zip(row.delta).enumerate() {
        *a = *a + d.as_();
        debug_assert!(plan.total.contains((*a).as_()), "A = {}", (*a).as_());
        let own = &thresholds[c * entries..(c + 1) * entries];
        let reached = |k: i32| {
            let first = (k - plan.low - 1) as usize * non_monotone.crossings;
            let level = &own[first..first + non_monotone.crossings];
            level.iter().fold(k <= non_monotone.base[c], |reached, t| reached ^ (*a >= *t))
        };
        let up = *s < plan.high && reached(*s + 1);
        let down = *s > plan.low && !reached(*s);
        *spike = i8::from(up) - i8::from(down);
        *s += i32::from(*spike);
    }
}
