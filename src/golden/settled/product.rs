//! Products with a finished right operand: the left operand's levels times rows of it, or element by element.

use multiversion::multiversion;
use num_traits::{AsPrimitive, Zero};

use crate::integer::{Form, Product, Range};

use super::super::product::{Sum, sum_of_rows};
use super::values::Values;

/// Outputs are summed in blocks of this many.
const BLOCK: usize = 16;

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
}

impl ProductPlan {
    pub(super) fn new(product: &Product, tokens: usize, channels: usize) -> Self {
        let depth = product.depth(channels);
        Self { form: product.form, heads: product.heads, depth, tokens, channels, total: product.total }
    }

    /// Elements of a row that belong to one head: of the left operand, and of the sums.
    fn extents(&self) -> (usize, usize) {
        match self.form {
            Form::Scores => (self.depth, self.tokens),
            Form::Mix => (self.tokens, self.depth),
            Form::Gate => (1, self.channels),
        }
    }

    /// Outputs that are summed together.
    fn block(&self) -> usize {
        if self.extents().1 <= BLOCK { BLOCK } else { 2 * BLOCK }
    }

    /// `A` into `sums`, row-major. Products and partial sums may wrap; the whole sum lies in its range.
    pub(super) fn sums(&self, left: &[i32], right: &[i32], room: &mut Operand, sums: &mut Values) {
        if self.form == Form::Gate {
            let each = left.iter().zip(right.iter().cycle()).enumerate();
            each.for_each(|(e, (&x, &g))| sums.set(e, i64::from(x) * i64::from(g)));
            return;
        }
        match sums {
            Values::I32(sums) if self.total.signed_width() <= 16 => {
                self.arrange(right, &mut room.short);
                self.multiply(left, &room.short, sums);
            }
            Values::I32(sums) => {
                self.arrange(right, &mut room.narrow);
                self.multiply(left, &room.narrow, sums);
            }
            Values::I64(sums) => {
                self.arrange(right, &mut room.wide);
                self.multiply(left, &room.wide, sums);
            }
        }
    }

    /// The right operand head by head, so that what one element of the left operand is multiplied with lies together,
    /// filled up to whole blocks.
    fn arrange<V: Copy + Zero + 'static>(&self, right: &[i32], operand: &mut Vec<V>)
    where
        i32: AsPrimitive<V>,
    {
        let (inner, outer) = self.extents();
        let stride = outer.next_multiple_of(self.block());
        operand.resize(self.heads * inner * stride, V::zero());
        for (token, row) in right.chunks_exact(self.channels).enumerate() {
            for (values, operand) in
                row.chunks_exact(self.depth).zip(operand.chunks_exact_mut(inner * stride))
            {
                match self.form {
                    Form::Scores => {
                        let column = operand.iter_mut().skip(token).step_by(stride);
                        column.zip(values).for_each(|(o, s)| *o = s.as_());
                    }
                    // A gate is not arranged.
                    Form::Mix | Form::Gate => {
                        let row = &mut operand[token * stride..][..outer];
                        row.iter_mut().zip(values).for_each(|(o, s)| *o = s.as_());
                    }
                }
            }
        }
    }

    fn multiply<V, A>(&self, left: &[i32], operand: &[V], sums: &mut [A])
    where
        V: Sum + AsPrimitive<A>,
        A: Copy + 'static,
        i32: AsPrimitive<V>,
    {
        match self.block() {
            BLOCK => multiply::<V, A, BLOCK>(self, left, operand, sums),
            _ => multiply::<V, A, { 2 * BLOCK }>(self, left, operand, sums),
        }
    }
}

/// The sums of all rows and heads, in blocks of `B` outputs.
#[multiversion(targets = "simd")]
fn multiply<V, A, const B: usize>(plan: &ProductPlan, left: &[i32], operand: &[V], sums: &mut [A])
where
    V: Sum + AsPrimitive<A>,
    A: Copy + 'static,
    i32: AsPrimitive<V>,
{
    let (inner, outer) = plan.extents();
    let stride = outer.next_multiple_of(B);
    let rows = left.chunks_exact(plan.heads * inner).zip(sums.chunks_exact_mut(plan.heads * outer));
    for (left, sums) in rows {
        let heads = left.chunks_exact(inner).zip(sums.chunks_exact_mut(outer));
        for ((left, sums), operand) in heads.zip(operand.chunks_exact(inner * stride)) {
            for (b, sums) in sums.chunks_mut(B).enumerate() {
                let total = sum_of_rows::<V, B>(left, operand, stride, b * B);
                sums.iter_mut().zip(&total).for_each(|(sum, t)| *sum = t.as_());
            }
        }
    }
}
