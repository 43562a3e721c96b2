//! ST-BIF+ neurons: the decision of a time-step.

use num_traits::{AsPrimitive, PrimInt};

use crate::integer::{Norm, Range, Softmax};

use super::plan::{Accumulation, Layer, Source};
use super::state::{Delta, Neurons, Sums, Width};

/// A layer of neurons.
#[derive(Clone, Debug)]
pub(super) struct NeuronPlan {
    /// Index of the accumulation before it.
    pub input: usize,
    /// Elements of a row of that accumulation.
    pub stride: usize,
    /// Whose spikes (or values) that accumulation depends on.
    pub sources: Vec<Source>,
    pub rows: usize,
    pub channels: usize,
    low: i32,
    high: i32,
    /// Type of `V`, or of `A` where a table decides.
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
    Line { fraction: u32, theta: Vec<i64>, start: Vec<i64> },
    /// Up when `A ≥ T(S+1)`, down when `A < T(S)`.
    Table { thresholds: Vec<i64> },
    /// LayerNorm of a row of accumulated input.
    Norm(Box<Norm>),
    /// Softmax of groups of accumulated input; positions with this raw element, in this arrangement of the input, are
    /// masked.
    Softmax { softmax: Box<Softmax>, mask: Option<(usize, i32)> },
}

/// What a layer reads of the raw input: by position, and room for a group.
pub(super) struct Context<'a> {
    pub values: &'a [Vec<i32>],
    pub scratch: &'a mut Vec<i64>,
}

/// θ of every channel, or the thresholds of every channel, in the type of the layer's sums.
#[derive(Clone, Debug)]
enum Constants {
    I32(Vec<i32>),
    I64(Vec<i64>),
}

/// A row of neurons in a time-step.
struct Row<'a, D, V> {
    delta: &'a [D],
    sums: &'a mut [V],
    tracers: &'a mut [i32],
    spikes: &'a mut [i8],
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
            Decision::Line { theta: list, .. } | Decision::Table { thresholds: list } => list,
            Decision::Norm(_) | Decision::Softmax { .. } => &[],
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
            (Decision::Table { .. } | Decision::Norm(_) | Decision::Softmax { .. }, sums) => sums.clear(),
            (Decision::Line { start, .. }, Sums::I16(v)) => fill(v, start),
            (Decision::Line { start, .. }, Sums::I32(v)) => fill(v, start),
            (Decision::Line { start, .. }, Sums::I64(v)) => fill(v, start),
        }
    }

    /// One time-step: decides, fires, lists the spikes.
    pub(super) fn step(&self, delta: &Delta, neurons: &mut Neurons, context: &mut Context<'_>) {
        if !delta.any && !neurons.any {
            return;
        }
        neurons.events.clear();
        let Neurons { sums, .. } = neurons;
        // Taken out so that sums and the rest of the layer can be borrowed side by side.
        let mut sums = std::mem::replace(sums, Sums::I16(Vec::new()));
        match (&delta.sums, &mut sums, &self.constants) {
            (d, Sums::I64(v), _) if matches!(self.decision, Decision::Norm(_) | Decision::Softmax { .. }) => {
                match d {
                    Sums::I16(d) => self.dense(d, v, delta, neurons, context),
                    Sums::I32(d) => self.dense(d, v, delta, neurons, context),
                    Sums::I64(d) => self.dense(d, v, delta, neurons, context),
                }
            }
            (Sums::I16(d), Sums::I32(v), Constants::I32(k)) => self.rows(d, v, k, delta, neurons),
            (Sums::I32(d), Sums::I32(v), Constants::I32(k)) => self.rows(d, v, k, delta, neurons),
            (Sums::I64(d), Sums::I32(v), Constants::I32(k)) => self.rows(d, v, k, delta, neurons),
            (Sums::I16(d), Sums::I64(v), Constants::I64(k)) => self.rows(d, v, k, delta, neurons),
            (Sums::I32(d), Sums::I64(v), Constants::I64(k)) => self.rows(d, v, k, delta, neurons),
            (Sums::I64(d), Sums::I64(v), Constants::I64(k)) => self.rows(d, v, k, delta, neurons),
            _ => unreachable!("constants have the type of the sums"),
        }
        neurons.sums = sums;
        neurons.count += neurons.events.len() as u64;
        neurons.any = neurons.events.len() > 0;
    }

    fn rows<D, V>(&self, delta: &[D], sums: &mut [V], constants: &[V], from: &Delta, neurons: &mut Neurons)
    where
        D: AsPrimitive<V>,
        V: PrimInt + AsPrimitive<i64>,
    {
        let n = self.channels;
        for r in 0..self.rows {
            // Without input, a neuron acts only if it has just acted: otherwise it would have acted before.
            if !from.touched[r] && !neurons.active[r] {
                continue;
            }
            let row = Row {
                delta: &delta[r * self.stride..][..n],
                sums: &mut sums[r * n..][..n],
                tracers: &mut neurons.tracers[r * n..][..n],
                spikes: &mut neurons.spikes[r * n..][..n],
            };
            let fired = match &self.decision {
                Decision::Line { fraction, .. } => self.line(row, constants, *fraction),
                Decision::Table { .. } => self.table(row, constants),
                Decision::Norm(_) | Decision::Softmax { .. } => unreachable!("these decide by whole rows"),
            };
            neurons.active[r] = fired;
            if fired {
                list(&neurons.spikes[r * n..][..n], r * n, &mut neurons.events.up, &mut neurons.events.down);
            }
        }
    }

    /// Rows whose neurons decide by the whole row.
    fn dense<D: AsPrimitive<i64>>(
        &self,
        delta: &[D],
        sums: &mut [i64],
        from: &Delta,
        neurons: &mut Neurons,
        context: &mut Context<'_>,
    ) {
        let n = self.channels;
        for r in 0..self.rows {
            if !from.touched[r] && !neurons.active[r] {
                continue;
            }
            let row = &mut sums[r * n..][..n];
            if from.touched[r] {
                row.iter_mut().zip(&delta[r * self.stride..]).for_each(|(a, d)| *a += d.as_());
            }
            let tracers = &mut neurons.tracers[r * n..][..n];
            let spikes = &mut neurons.spikes[r * n..][..n];
            match &self.decision {
                Decision::Norm(norm) => norm_row(norm, row, tracers, spikes),
                Decision::Softmax { softmax, mask } => {
                    let padding =
                        mask.map(|(arrangement, padding)| (&context.values[arrangement][..], padding));
                    softmax_row(softmax, padding, row, tracers, spikes, context.scratch);
                }
                Decision::Line { .. } | Decision::Table { .. } => unreachable!("these decide one by one"),
            }
            let fired = spikes.iter().fold(0, |any, s| any | s) != 0;
            neurons.active[r] = fired;
            if fired {
                list(spikes, r * n, &mut neurons.events.up, &mut neurons.events.down);
            }
        }
    }

    /// A row with thresholds θ; whether any neuron fired.
    fn line<D, V>(&self, row: Row<'_, D, V>, theta: &[V], fraction: u32) -> bool
    where
        D: AsPrimitive<V>,
        V: PrimInt + AsPrimitive<i64>,
    {
        let shift = fraction as usize;
        let mut fired = 0;
        let state = row.sums.iter_mut().zip(row.tracers).zip(row.spikes);
        for (((v, s), spike), (d, &theta)) in state.zip(row.delta.iter().zip(theta)) {
            let before: V = *v + (d.as_() << shift);
            let up = (before >= theta) & (*s < self.high);
            let down = (before < V::zero()) & (*s > self.low);
            let up_amount = if up { theta } else { V::zero() };
            let down_amount = if down { theta } else { V::zero() };
            *v = before - up_amount + down_amount;
            debug_assert!(self.membrane.contains(before.as_()), "V = {} before firing", before.as_());
            debug_assert!(self.membrane.contains((*v).as_()), "V = {} after firing", (*v).as_());
            let fire = i8::from(up) - i8::from(down);
            *s += i32::from(fire);
            *spike = fire;
            fired |= fire;
        }
        fired != 0
    }

    /// A row with a table of thresholds; whether any neuron fired.
    fn table<D, V>(&self, row: Row<'_, D, V>, thresholds: &[V]) -> bool
    where
        D: AsPrimitive<V>,
        V: PrimInt + AsPrimitive<i64>,
    {
        let steps = (self.high - self.low) as usize;
        let mut fired = 0;
        let state = row.sums.iter_mut().zip(row.tracers).zip(row.spikes);
        for (c, (((a, s), spike), d)) in state.zip(row.delta).enumerate() {
            *a = *a + d.as_();
            debug_assert!(self.total.contains((*a).as_()), "A = {}", (*a).as_());
            // T(c, S) is at S − low − 1.
            let level = (*s - self.low) as usize;
            let own = &thresholds[c * steps..(c + 1) * steps];
            let up = own.get(level).is_some_and(|t| *a >= *t);
            let down = level > 0 && *a < own[level - 1];
            *spike = i8::from(up) - i8::from(down);
            *s += i32::from(*spike);
            fired |= *spike;
        }
        fired != 0
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
                Decision::Line { fraction, theta, start } => {
                    let after = start[c] + (*a << fraction) - theta[c] * s;
                    assert_eq!(sums[e], after, "membrane of neuron {e}");
                    for v in [after, after + theta[c] * spike] {
                        assert!(self.membrane.contains(v), "V = {v} outside {}", self.membrane);
                    }
                }
                Decision::Table { .. } | Decision::Norm(_) | Decision::Softmax { .. } => {
                    assert_eq!(sums[e], *a, "accumulated input of neuron {e}");
                }
            }
        }
    }
}

/// Appends the spikes of a row that starts at neuron `first`.
fn list(spikes: &[i8], first: usize, up: &mut Vec<u32>, down: &mut Vec<u32>) {
    const CHUNK: usize = 8;
    for (n, chunk) in spikes.chunks(CHUNK).enumerate() {
        // Bit 8·i says whether spike `i` is ±1.
        let bits = chunk.iter().rev().fold(0u64, |bits, &s| bits << 8 | u64::from(s as u8 & 1));
        let mut rest = bits;
        while rest != 0 {
            let i = rest.trailing_zeros() as usize / 8;
            rest &= rest - 1;
            let list = if chunk[i] > 0 { &mut *up } else { &mut *down };
            // Values have at most 2^30 elements.
            list.push((first + n * CHUNK + i) as u32);
        }
    }
}

/// Moves every tracer of a row by one towards its level, or not at all.
fn norm_row(norm: &Norm, row: &[i64], tracers: &mut [i32], spikes: &mut [i8]) {
    let moments = norm.moments(row);
    for (c, ((&x, s), spike)) in row.iter().zip(tracers).zip(spikes).enumerate() {
        let numerator = norm.numerator(moments, c, x);
        let up = *s < norm.high && norm.reached(moments, numerator, *s + 1);
        let down = !up && *s > norm.low && !norm.reached(moments, numerator, *s);
        *spike = i8::from(up) - i8::from(down);
        *s += i32::from(*spike);
    }
}

/// The same for the groups of a softmax; a masked element stays at level 0.
fn softmax_row(
    softmax: &Softmax,
    padding: Option<(&[i32], i32)>,
    row: &[i64],
    tracers: &mut [i32],
    spikes: &mut [i8],
    exps: &mut Vec<i64>,
) {
    let masked = |j: usize| padding.is_some_and(|(values, padding)| values[j] == padding);
    let size = row.len() / softmax.groups;
    let groups = row.chunks(size).zip(tracers.chunks_mut(size)).zip(spikes.chunks_mut(size));
    for ((scores, tracers), spikes) in groups {
        let sum = softmax.exps(scores, masked, exps);
        for (j, ((s, spike), &e)) in tracers.iter_mut().zip(spikes).zip(exps.iter()).enumerate() {
            let live = !masked(j);
            let up = live && *s < softmax.high && softmax.reached(e, sum, *s + 1);
            let down = live && !up && *s > softmax.low && !softmax.reached(e, sum, *s);
            *spike = i8::from(up) - i8::from(down);
            *s += i32::from(*spike);
        }
    }
}
