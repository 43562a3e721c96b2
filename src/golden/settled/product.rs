//! Products of attention with a finished right operand: the left operand's levels times rows of it.

use crate::integer::{Form, Product};

/// A product; the right operand has `tokens` rows of `channels` elements.
#[derive(Clone, Debug)]
pub(super) struct ProductPlan {
    form: Form,
    heads: usize,
    /// Channels of a head in the right operand.
    depth: usize,
    tokens: usize,
    channels: usize,
}

impl ProductPlan {
    pub(super) fn new(product: &Product, tokens: usize, channels: usize) -> Self {
        Self { form: product.form, heads: product.heads, depth: product.depth(channels), tokens, channels }
    }

    /// Additions that a spike of the left operand causes.
    pub(super) fn fan_out(&self) -> u64 {
        match self.form {
            Form::Scores => self.tokens as u64,
            Form::Mix => self.depth as u64,
        }
    }

    /// `A` into `sums`, row-major. `operand` is room for the right operand, head by head, so that what one element of the
    /// left operand is multiplied with lies together.
    pub(super) fn sums(&self, left: &[i64], right: &[i64], operand: &mut Vec<i64>, sums: &mut [i64]) {
        let Self { heads, depth, tokens, channels, .. } = *self;
        // Elements of a row that belong to one head: of the left operand, and of the sums.
        let (inner, outer) = match self.form {
            Form::Scores => (depth, tokens),
            Form::Mix => (tokens, depth),
        };
        operand.clear();
        for head in 0..heads {
            for a in 0..inner {
                operand.extend((0..outer).map(|b| {
                    let (token, d) = if self.form == Form::Scores { (b, a) } else { (a, b) };
                    right[token * channels + head * depth + d]
                }));
            }
        }
        for (left, sums) in left.chunks(heads * inner).zip(sums.chunks_mut(heads * outer)) {
            let each = left.chunks(inner).zip(sums.chunks_mut(outer)).zip(operand.chunks(inner * outer));
            for ((left, sums), operand) in each {
                sums.fill(0);
                for (&s, row) in left.iter().zip(operand.chunks(outer)).filter(|(s, _)| **s != 0) {
                    for (sum, x) in sums.iter_mut().zip(row) {
                        *sum += s * x;
                    }
                }
            }
        }
    }
}
