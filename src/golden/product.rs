//! SESA products: each spike of one operand adds a column of the other operand's tracers.

use crate::integer::{Form, Product};

use super::state::{Delta, Neurons, Sums};

/// A product of two layers.
#[derive(Clone, Debug)]
pub(super) struct ProductPlan {
    /// Layers of the operands.
    pub left: usize,
    pub right: usize,
    /// Index of its accumulation.
    pub output: usize,
    form: Form,
    heads: usize,
    /// Rows of the left and of the right operand.
    rows: usize,
    tokens: usize,
    left_channels: usize,
    right_channels: usize,
}

/// Layer, rows and channels of an operand.
type Operand = (usize, usize, usize);

impl ProductPlan {
    pub(super) fn new(product: &Product, left: Operand, right: Operand, output: usize) -> Self {
        Self {
            left: left.0,
            right: right.0,
            output,
            form: product.form,
            heads: product.heads,
            rows: left.1,
            tokens: right.1,
            left_channels: left.2,
            right_channels: right.2,
        }
    }

    /// The change of a time-step; returns the number of additions.
    pub(super) fn step(&self, neurons: &[Neurons], delta: &mut Delta) -> u64 {
        let (left, right) = (&neurons[self.left], &neurons[self.right]);
        let Sums::I64(sums) = &mut delta.sums else { unreachable!("sums of products have 64 bits") };
        if delta.any {
            sums.fill(0);
            delta.touched.fill(false);
            delta.any = false;
        }
        let (lefts, rights) = (left.events.len() as u64, right.events.len() as u64);
        if lefts + rights == 0 {
            return 0;
        }
        delta.any = true;
        for (list, sign) in [(&left.events.up, 1), (&left.events.down, -1)] {
            for &event in list {
                delta.touched[event as usize / self.left_channels] = true;
                self.left_event(event as usize, sign, &right.tracers, sums);
            }
        }
        if rights > 0 {
            delta.touched.fill(true);
        }
        for (list, sign) in [(&right.events.up, 1), (&right.events.down, -1)] {
            for &event in list {
                self.right_event(event as usize, sign, left, sums);
            }
        }
        let per_left = match self.form {
            Form::Scores => self.tokens,
            Form::Mix => self.right_channels / self.heads,
        };
        lefts * per_left as u64 + rights * self.rows as u64
    }

    /// A spike of the left operand meets the right operand's tracers after this time-step.
    fn left_event(&self, event: usize, sign: i64, right: &[i32], sums: &mut [i64]) {
        let (row, c) = (event / self.left_channels, event % self.left_channels);
        let depth = self.right_channels / self.heads;
        match self.form {
            Form::Scores => {
                let head = c / depth;
                let first = row * self.heads * self.tokens + head * self.tokens;
                let column = right.iter().skip(c).step_by(self.right_channels);
                sums[first..first + self.tokens]
                    .iter_mut()
                    .zip(column)
                    .for_each(|(a, &s)| *a += sign * i64::from(s));
            }
            Form::Mix => {
                let (head, token) = (c / self.tokens, c % self.tokens);
                let out = &mut sums[row * self.right_channels + head * depth..][..depth];
                let values = &right[token * self.right_channels + head * depth..][..depth];
                out.iter_mut().zip(values).for_each(|(a, &s)| *a += sign * i64::from(s));
            }
        }
    }

    /// A spike of the right operand meets the left operand's tracers before this time-step.
    fn right_event(&self, event: usize, sign: i64, left: &Neurons, sums: &mut [i64]) {
        let (token, c) = (event / self.right_channels, event % self.right_channels);
        let head = c / (self.right_channels / self.heads);
        let at = head * self.tokens + token;
        // Column of the left operand, and of the product.
        let (from, to, stride) = match self.form {
            Form::Scores => (c, at, self.heads * self.tokens),
            Form::Mix => (at, c, self.right_channels),
        };
        for row in 0..self.rows {
            let e = row * self.left_channels + from;
            let before = left.tracers[e] - i32::from(left.spikes[e]);
            sums[row * stride + to] += sign * i64::from(before);
        }
    }
}
