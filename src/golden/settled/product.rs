//! Products of attention with a finished right operand: the left operand's levels times rows of it.

use multiversion::multiversion;
use num_traits::{AsPrimitive, WrappingAdd, WrappingMul};

use crate::integer::{Form, Product, Range};

use super::values::Values;

/// A product; the right operand has `tokens` rows of `channels` elements.
#[derive(Clone, Debug)]
pub(super) struct ProductPlan {
    form: Form,
    heads: usize,
    /// Channels of a head in the right operand.
    depth: usize,
    tokens: usize,
    channels: usize,
    /// Range of `A`.
    pub total: Range,
}

/// Room for the right operand.
#[derive(Clone, Debug, Default)]
pub(super) struct Operand {
    short: Vec<i16>,
    narrow: Vec<i32>,
    wide: Vec<i64>,
    row: Vec<i16>,
}

impl ProductPlan {
    pub(super) fn new(product: &Product, tokens: usize, channels: usize) -> Self {
        let depth = product.depth(channels);
        Self { form: product.form, heads: product.heads, depth, tokens, channels, total: product.total }
    }

    /// Additions that a spike of the left operand causes.
    pub(super) fn fan_out(&self) -> u64 {
        match self.form {
            Form::Scores => self.tokens as u64,
            Form::Mix => self.depth as u64,
        }
    }

    /// Elements of a row that belong to one head: of the left operand, and of the sums.
    fn extents(&self) -> (usize, usize) {
        match self.form {
            Form::Scores => (self.depth, self.tokens),
            Form::Mix => (self.tokens, self.depth),
        }
    }

    /// `A` into `sums`, row-major. Products and partial sums may wrap; the whole sum lies in its range.
    pub(super) fn sums(&self, left: &[i32], right: &[i32], room: &mut Operand, sums: &mut Values) {
        let (inner, outer) = self.extents();
        match sums {
            Values::I32(sums) if self.total.signed_width() <= 16 => {
                self.arrange(right, &mut room.short);
                room.row.resize(outer, 0);
                let heads = left.chunks(inner).zip(sums.chunks_mut(outer)).zip(self.operands(&room.short));
                for ((left, sums), operand) in heads {
                    multiply(left, operand, &mut room.row);
                    sums.iter_mut().zip(&room.row).for_each(|(sum, &s)| *sum = s.into());
                }
            }
            Values::I32(sums) => {
                self.arrange(right, &mut room.narrow);
                let heads = left.chunks(inner).zip(sums.chunks_mut(outer)).zip(self.operands(&room.narrow));
                heads.for_each(|((left, sums), operand)| multiply(left, operand, sums));
            }
            Values::I64(sums) => {
                self.arrange(right, &mut room.wide);
                let heads = left.chunks(inner).zip(sums.chunks_mut(outer)).zip(self.operands(&room.wide));
                heads.for_each(|((left, sums), operand)| multiply(left, operand, sums));
            }
        }
    }

    /// The operand of each head of each row of the left operand.
    fn operands<'a, V>(&self, operand: &'a [V]) -> impl Iterator<Item = &'a [V]> {
        let (inner, outer) = self.extents();
        let size = inner * outer;
        (0..self.heads).cycle().map(move |head| &operand[head * size..][..size])
    }

    /// The right operand head by head, so that what one element of the left operand is multiplied with lies together.
    fn arrange<V: Copy + 'static>(&self, right: &[i32], operand: &mut Vec<V>)
    where
        i32: AsPrimitive<V>,
    {
        let (inner, outer) = self.extents();
        operand.clear();
        for head in 0..self.heads {
            for a in 0..inner {
                operand.extend((0..outer).map(|b| {
                    let (token, d) = if self.form == Form::Scores { (b, a) } else { (a, b) };
                    let value: V = right[token * self.channels + head * self.depth + d].as_();
                    value
                }));
            }
        }
    }
}

#[multiversion(targets = "simd")]
fn multiply<V>(left: &[i32], operand: &[V], sums: &mut [V])
where
    V: Copy + 'static + WrappingAdd + WrappingMul + num_traits::Zero,
    i32: AsPrimitive<V>,
{
    sums.fill(V::zero());
    for (&s, row) in left.iter().zip(operand.chunks_exact(sums.len())) {
        if s != 0 {
            let s: V = s.as_();
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum = sum.wrapping_add(&s.wrapping_mul(x));
            }
        }
    }
}
