//! Sums of streams: adds the changes of its inputs, each times its coefficient.

use multiversion::multiversion;
use num_traits::{AsPrimitive, PrimInt, WrappingAdd, WrappingMul};

use crate::integer::{Sum, Term};

use super::source::Source;
use super::sums::{Delta, Sums};

/// A sum.
#[derive(Clone, Debug)]
pub(super) struct SumPlan {
    /// Accumulations that it reads, with the elements of their rows, and how many of these are channels.
    pub inputs: Vec<(usize, [usize; 2])>,
    /// The sources whose spikes it receives directly.
    pub passed: Vec<Source>,
    /// Index of its accumulation.
    pub output: usize,
    channels: usize,
    terms: Vec<Term>,
    start: Vec<i64>,
}

impl SumPlan {
    pub(super) fn new(
        sum: &Sum,
        inputs: Vec<(usize, [usize; 2])>,
        passed: Vec<Source>,
        output: usize,
    ) -> Self {
        Self {
            inputs,
            passed,
            output,
            channels: sum.channels,
            terms: sum.terms.clone(),
            start: sum.start.clone(),
        }
    }

    /// The change of a time-step; the start value belongs to the first.
    pub(super) fn step(&self, deltas: &mut [Delta], t: u32) {
        let (before, own) = deltas.split_at_mut(self.output);
        let Some(own) = own.first_mut() else { return };
        match &mut own.sums {
            Sums::I32(sums) => self.step_in(before, (sums, &mut own.touched, &mut own.any), t),
            Sums::I64(sums) => self.step_in(before, (sums, &mut own.touched, &mut own.any), t),
            Sums::I16(_) => unreachable!("sums have at least 32 bits"),
        }
    }

    fn step_in<X>(&self, before: &[Delta], own: (&mut [X], &mut [bool], &mut bool), t: u32)
    where
        X: PrimInt + WrappingAdd + WrappingMul + 'static,
        i16: AsPrimitive<X>,
        i32: AsPrimitive<X>,
        i64: AsPrimitive<X>,
    {
        let (sums, touched, any) = own;
        if t == 1 {
            sums.iter_mut().zip(&self.start).for_each(|(x, start)| *x = start.as_());
            touched.fill(true);
            *any = true;
        } else if *any {
            for (row, touched) in sums.chunks_mut(self.channels).zip(touched.iter_mut()) {
                if *touched {
                    row.fill(X::zero());
                    *touched = false;
                }
            }
            *any = false;
        }
        for (&(input, stride), term) in self.inputs.iter().zip(&self.terms) {
            let input = &before[input];
            if !input.any {
                continue;
            }
            *any = true;
            let from = (stride, &input.touched[..]);
            match &input.sums {
                Sums::I16(d) => add(d, from, term, self.channels, sums, touched),
                Sums::I32(d) => add(d, from, term, self.channels, sums, touched),
                Sums::I64(d) => add(d, from, term, self.channels, sums, touched),
            }
        }
    }
}

/// Adds the rows of an input that changed. The whole sum is in the range of `X`, so it is exact even if a partial sum
/// is not.
#[multiversion(targets = "simd")]
fn add<D, X>(
    delta: &[D],
    ([stride, own], changed): ([usize; 2], &[bool]),
    term: &Term,
    channels: usize,
    sums: &mut [X],
    touched: &mut [bool],
) where
    D: AsPrimitive<X>,
    X: PrimInt + WrappingAdd + WrappingMul + 'static,
    i64: AsPrimitive<X>,
{
    if term.turned {
        for (r, delta) in delta.chunks(stride).enumerate().filter(|(r, _)| changed[*r]) {
            for (c, d) in delta.iter().take(own).enumerate() {
                let x = &mut sums[(term.first + c) * channels + r];
                *x = x.wrapping_add(&term.of_channel(c).as_().wrapping_mul(&d.as_()));
            }
            touched[term.first..term.first + own].fill(true);
        }
        return;
    }
    for (r, delta) in delta.chunks(stride).enumerate().filter(|(r, _)| changed[*r]) {
        let row = term.first + r;
        touched[row] = true;
        let sums = sums[row * channels..(row + 1) * channels].iter_mut().zip(delta);
        let add = |x: &mut X, d: &D, factor: X| *x = x.wrapping_add(&factor.wrapping_mul(&d.as_()));
        match term.row(r, channels) {
            [one] => {
                let one = one.as_();
                sums.for_each(|(x, d)| add(x, d, one));
            }
            each => sums.zip(each).for_each(|((x, d), factor)| add(x, d, factor.as_())),
        }
    }
}
