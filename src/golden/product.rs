//! Products of two layers: each spike of one operand adds a column of the other operand's tracers. If there are so many spikes
//! at once that it is cheaper, the product of the tracers is recomputed, with the same result.

use multiversion::multiversion;
use num_traits::{AsPrimitive, PrimInt, WrappingAdd, WrappingMul};

use crate::integer::{Form, Product};

use super::sums::{Delta, Neurons, ProductState, Sums, Width};

/// Outputs are summed in blocks of this many.
const BLOCK: usize = 16;

/// Cost of a multiplication in a vector, as a fraction of the cost of an addition caused by a spike.
const DENSE_GAIN: u64 = 16;

/// A product of two layers.
#[derive(Clone, Debug)]
pub(super) struct ProductPlan {
    /// Layers of the operands.
    pub left: usize,
    pub right: usize,
    /// Index of its accumulation.
    pub output: usize,
    /// Index of its state.
    pub state: usize,
    /// Type of `A` and its changes.
    pub width: Width,
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

/// An integer type of sums.
pub(super) trait Sum: PrimInt + WrappingAdd + WrappingMul + AsPrimitive<i64> {}
impl<D: PrimInt + WrappingAdd + WrappingMul + AsPrimitive<i64>> Sum for D {}

impl ProductPlan {
    pub(super) fn new(
        product: &Product,
        left: Operand,
        right: Operand,
        width: Width,
        (output, state): (usize, usize),
    ) -> Self {
        Self {
            left: left.0,
            right: right.0,
            output,
            state,
            width,
            form: product.form,
            heads: product.heads,
            rows: left.1,
            tokens: right.1,
            left_channels: left.2,
            right_channels: right.2,
        }
    }

    /// Terms of a sum, and outputs per head and row.
    fn inner(&self) -> (usize, usize) {
        let depth = self.right_channels / self.heads;
        match self.form {
            Form::Scores => (depth, self.tokens),
            Form::Mix => (self.tokens, depth),
            Form::Gate => (1, self.right_channels),
        }
    }

    /// Sums that a spike of the left and of the right operand adds to.
    fn fan_out(&self) -> (usize, usize) {
        match self.form {
            Form::Scores | Form::Mix => (self.inner().1, self.rows),
            Form::Gate if self.tokens == self.rows => (1, 1),
            Form::Gate => (1, self.rows),
        }
    }

    /// Outputs that are summed together.
    fn block(&self) -> usize {
        if self.inner().1 <= BLOCK { BLOCK } else { 2 * BLOCK }
    }

    /// Buffers for `A` and for the right operand in the order in which it is read.
    pub(super) fn new_state(&self) -> ProductState {
        let (inner, outputs) = self.inner();
        ProductState {
            totals: Sums::zeros(self.width, self.rows * self.heads * outputs),
            operand: Sums::zeros(self.width, self.heads * inner * outputs.next_multiple_of(self.block())),
        }
    }

    /// The change of a time-step; returns the numbers of additions caused by the left and the right operand. `by_events` disables the recomputation.
    pub(super) fn step(
        &self,
        neurons: &[Neurons],
        delta: &mut Delta,
        state: &mut ProductState,
        by_events: bool,
    ) -> (u64, u64) {
        let (left, right) = (&neurons[self.left], &neurons[self.right]);
        let count = |neurons: &Neurons| neurons.fired.iter().map(|&n| u64::from(n)).sum::<u64>();
        let (lefts, rights) = (count(left), count(right));
        if lefts + rights == 0 {
            if delta.any {
                delta.sums.clear();
                delta.touched.fill(false);
                delta.any = false;
            }
            return (0, 0);
        }
        delta.any = true;
        delta.touched.iter_mut().zip(&left.fired).for_each(|(t, &fired)| *t = fired > 0 || rights > 0);
        let (inner, outputs) = self.inner();
        let (of_left, of_right) = self.fan_out();
        let additions = (lefts * of_left as u64, rights * of_right as u64);
        let multiplications = (self.rows * self.heads * inner * outputs) as u64;
        let anew = !by_events
            && self.form != Form::Gate
            && multiplications < DENSE_GAIN * (additions.0 + additions.1);
        let (operands, touched) = ((left, right), &delta.touched[..]);
        match (&mut delta.sums, &mut state.totals, &mut state.operand) {
            (Sums::I16(d), Sums::I16(a), Sums::I16(b)) => self.change(operands, (d, touched), a, b, anew),
            (Sums::I32(d), Sums::I32(a), Sums::I32(b)) => self.change(operands, (d, touched), a, b, anew),
            (Sums::I64(d), Sums::I64(a), Sums::I64(b)) => self.change(operands, (d, touched), a, b, anew),
            _ => unreachable!("a product has one type of sums"),
        }
        additions
    }

    fn change<D: Sum>(
        &self,
        (left, right): (&Neurons, &Neurons),
        (delta, touched): (&mut [D], &[bool]),
        totals: &mut [D],
        operand: &mut [D],
        anew: bool,
    ) where
        i32: AsPrimitive<D>,
    {
        if self.form != Form::Gate {
            self.arrange(right, operand);
        }
        if anew {
            match self.block() {
                BLOCK => dense::<_, BLOCK>(self, &left.tracers, operand, delta, touched, totals),
                _ => dense::<_, { 2 * BLOCK }>(self, &left.tracers, operand, delta, touched, totals),
            }
            return;
        }
        delta.fill(D::zero());
        events(left).for_each(|(e, spike)| self.left_event(e, spike, &right.tracers, delta));
        events(right).for_each(|(e, spike)| self.right_event(e, spike, left, delta));
        totals.iter_mut().zip(delta).for_each(|(a, d)| *a = *a + *d);
    }

    /// The rows of the right operand that changed: head by head, each with a row of outputs for each term.
    fn arrange<D: Sum>(&self, right: &Neurons, operand: &mut [D])
    where
        i32: AsPrimitive<D>,
    {
        let (inner, outputs) = self.inner();
        let stride = outputs.next_multiple_of(self.block());
        let rows = right.tracers.chunks(self.right_channels).enumerate();
        for (token, row) in rows.filter(|(token, _)| right.fired[*token] > 0) {
            for (head, values) in row.chunks(self.right_channels / self.heads).enumerate() {
                let operand = &mut operand[head * inner * stride..][..inner * stride];
                match self.form {
                    Form::Scores => {
                        let column = operand.iter_mut().skip(token).step_by(stride);
                        column.zip(values).for_each(|(o, s)| *o = s.as_());
                    }
                    // A gate is not arranged.
                    Form::Mix | Form::Gate => {
                        let row = &mut operand[token * stride..][..outputs];
                        row.iter_mut().zip(values).for_each(|(o, s)| *o = s.as_());
                    }
                }
            }
        }
    }

    /// A spike of the left operand adds the right operand's tracers after this time-step.
    fn left_event<D: Sum>(&self, event: usize, sign: i32, right: &[i32], sums: &mut [D])
    where
        i32: AsPrimitive<D>,
    {
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
                    .for_each(|(a, &s)| *a = *a + (sign * s).as_());
            }
            Form::Mix => {
                let (head, token) = (c / self.tokens, c % self.tokens);
                let out = &mut sums[row * self.right_channels + head * depth..][..depth];
                let values = &right[token * self.right_channels + head * depth..][..depth];
                out.iter_mut().zip(values).for_each(|(a, &s)| *a = *a + (sign * s).as_());
            }
            Form::Gate => sums[event] = sums[event] + (sign * right[event % right.len()]).as_(),
        }
    }

    /// A spike of the right operand adds the left operand's tracers before this time-step.
    fn right_event<D: Sum>(&self, event: usize, sign: i32, left: &Neurons, sums: &mut [D])
    where
        i32: AsPrimitive<D>,
    {
        let (token, c) = (event / self.right_channels, event % self.right_channels);
        let head = c / (self.right_channels / self.heads);
        let at = head * self.tokens + token;
        // Column of the left operand, and of the product.
        let (from, to, stride) = match self.form {
            Form::Scores => (c, at, self.heads * self.tokens),
            Form::Mix => (at, c, self.right_channels),
            Form::Gate => (c, c, self.right_channels),
        };
        let own = self.form == Form::Gate && self.tokens == self.rows;
        let rows = if own { token..token + 1 } else { 0..self.rows };
        for row in rows {
            let e = row * self.left_channels + from;
            let before = left.tracers[e] - i32::from(left.spikes[e]);
            let sum = &mut sums[row * stride + to];
            *sum = *sum + (sign * before).as_();
        }
    }
}

/// The spikes of a layer, with the neurons that they belong to.
fn events(neurons: &Neurons) -> impl Iterator<Item = (usize, i32)> {
    neurons.spikes.iter().enumerate().filter(|(_, spike)| **spike != 0).map(|(e, &spike)| (e, spike.into()))
}

/// `A = S·B` with `S` the left operand's tracers and `B` the right operand arranged, in blocks of `B` outputs; and the
/// changed.
#[multiversion(targets = "simd")]
fn dense<D: Sum, const B: usize>(
    plan: &ProductPlan,
    left: &[i32],
    operand: &[D],
    delta: &mut [D],
    touched: &[bool],
    totals: &mut [D],
) where
    i32: AsPrimitive<D>,
{
    let (inner, outputs) = plan.inner();
    let stride = outputs.next_multiple_of(B);
    let rows =
        delta.chunks_exact_mut(plan.heads * outputs).zip(totals.chunks_exact_mut(plan.heads * outputs));
    for ((left, (delta, totals)), touched) in left.chunks_exact(plan.left_channels).zip(rows).zip(touched) {
        if !touched {
            delta.fill(D::zero());
            continue;
        }
        let heads = left.chunks_exact(inner).zip(operand.chunks_exact(inner * stride));
        let results = delta.chunks_exact_mut(outputs).zip(totals.chunks_exact_mut(outputs));
        for ((left, operand), (delta, totals)) in heads.zip(results) {
            for (b, (delta, totals)) in delta.chunks_mut(B).zip(totals.chunks_mut(B)).enumerate() {
                let sums = sum_of_rows::<_, B>(left, operand, stride, b * B);
                for ((delta, total), sum) in delta.iter_mut().zip(totals).zip(&sums) {
                    *delta = *sum - *total;
                    *total = *sum;
                }
            }
        }
    }
}

/// `Σ s·row` over the rows of `operand`, of their elements `from…from + B − 1`.
#[inline(always)]
pub(super) fn sum_of_rows<D: Sum, const B: usize>(
    left: &[i32],
    operand: &[D],
    stride: usize,
    from: usize,
) -> [D; B]
where
    i32: AsPrimitive<D>,
{
    let mut sums = [D::zero(); B];
    let (fours, rest) = left.as_chunks::<4>();
    let (rows_of_fours, rows_of_rest) = operand.split_at(left.len() / 4 * 4 * stride);
    // The whole sum is in the range of `D`, so it is exact even if a partial sum is not.
    let product = |s: i32, b: &D| s.as_().wrapping_mul(b);
    for (four, rows) in fours.iter().zip(rows_of_fours.chunks_exact(4 * stride)) {
        // Many tracers are 0. A branch on four at a time is predicted better than a branch on each.
        if *four == [0; 4] {
            continue;
        }
        let row = |n: usize| &rows[n * stride + from..][..B];
        let rows = row(0).iter().zip(row(1)).zip(row(2)).zip(row(3));
        for (sum, (((b0, b1), b2), b3)) in sums.iter_mut().zip(rows) {
            let first = product(four[0], b0).wrapping_add(&product(four[1], b1));
            let second = product(four[2], b2).wrapping_add(&product(four[3], b3));
            *sum = sum.wrapping_add(&first).wrapping_add(&second);
        }
    }
    for (&s, row) in rest.iter().zip(rows_of_rest.chunks_exact(stride)) {
        if s == 0 {
            continue;
        }
        for (sum, b) in sums.iter_mut().zip(&row[from..][..B]) {
            *sum = sum.wrapping_add(&product(s, b));
        }
    }
    sums
}
