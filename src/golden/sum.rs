//! Sums of streams: adds the changes of its inputs, each times its coefficient.

use num_traits::AsPrimitive;

use crate::integer::{Sum, Term};

use super::state::{Delta, Sums};

/// A sum.
#[derive(Clone, Debug)]
pub(super) struct SumPlan {
    /// Accumulations that it reads, with the elements of their rows.
    pub inputs: Vec<(usize, usize)>,
    /// Index of its accumulation.
    pub output: usize,
    channels: usize,
    terms: Vec<Term>,
    start: Vec<i64>,
}

impl SumPlan {
    pub(super) fn new(sum: &Sum, inputs: Vec<(usize, usize)>, output: usize) -> Self {
        Self { inputs, output, channels: sum.channels, terms: sum.terms.clone(), start: sum.start.clone() }
    }

    /// The change of a time-step; the start value belongs to the first.
    pub(super) fn step(&self, deltas: &mut [Delta], t: u32) {
        let (before, own) = deltas.split_at_mut(self.output);
        let Some(own) = own.first_mut() else { return };
        let Sums::I64(sums) = &mut own.sums else { unreachable!("sums have 64 bits") };
        if t == 1 {
            sums.copy_from_slice(&self.start);
            own.touched.fill(true);
            own.any = true;
        } else if own.any {
            for (row, touched) in sums.chunks_mut(self.channels).zip(&mut own.touched) {
                if *touched {
                    row.fill(0);
                    *touched = false;
                }
            }
            own.any = false;
        }
        for (&(input, stride), term) in self.inputs.iter().zip(&self.terms) {
            let input = &before[input];
            if !input.any {
                continue;
            }
            own.any = true;
            match &input.sums {
                Sums::I16(d) => self.add(d, stride, input, term, sums, &mut own.touched),
                Sums::I32(d) => self.add(d, stride, input, term, sums, &mut own.touched),
                Sums::I64(d) => self.add(d, stride, input, term, sums, &mut own.touched),
            }
        }
    }

    fn add<D: AsPrimitive<i64>>(
        &self,
        delta: &[D],
        stride: usize,
        input: &Delta,
        term: &Term,
        sums: &mut [i64],
        touched: &mut [bool],
    ) {
        for (r, delta) in delta.chunks(stride).enumerate().filter(|(r, _)| input.touched[*r]) {
            let row = term.first + r;
            touched[row] = true;
            let sums = &mut sums[row * self.channels..(row + 1) * self.channels];
            match &term.coefficient[..] {
                [one] => sums.iter_mut().zip(delta).for_each(|(x, d)| *x += one * d.as_()),
                each => {
                    let terms = sums.iter_mut().zip(delta).zip(each);
                    terms.for_each(|((x, d), coefficient)| *x += coefficient * d.as_());
                }
            }
        }
    }
}
