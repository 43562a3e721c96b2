//! Stages for neurons on whole rows: LayerNorm, softmax, products of spikes, and the sums before them.

use super::stream::Groups;
use crate::integer::{self, Form, Range};
use crate::quant::Rounding;

/// A product of two spike streams.
#[derive(Clone, Debug)]
pub struct Product {
    /// Scores or mix.
    pub form: Form,
    /// Rows of the left operand and of the product.
    pub rows: usize,
    /// Tokens, with the padding of the side whose channels they are.
    pub groups: Groups,
    /// Channels of a head on the right side.
    pub depth: usize,
    /// Lanes of the left, the right and the output stream.
    pub lanes: [usize; 3],
    /// Width in bits of a left and a right tracer.
    pub level_widths: [u32; 2],
    /// Width in bits of a change.
    pub delta_width: u32,
}

impl Product {
    /// Channels of a row that goes out.
    pub fn channels(&self) -> usize {
        self.groups.count
            * match self.form {
                Form::Scores => self.groups.pad,
                Form::Mix | Form::Gate => self.depth,
            }
    }

    /// Cycles of a left spike: chunks of a head's output row.
    pub fn left_cycles(&self) -> usize {
        self.channels() / self.groups.count / self.lanes[2]
    }

    /// Cycles of a right spike: chunks of an output column.
    pub fn right_cycles(&self) -> usize {
        self.rows.div_ceil(self.lanes[2])
    }

    /// Channels of the left operand.
    pub fn left_channels(&self) -> usize {
        self.groups.count
            * match self.form {
                Form::Scores => self.depth,
                Form::Mix | Form::Gate => self.groups.pad,
            }
    }

    /// Words of the tracers of the left operand, each of all lanes.
    pub fn left_words(&self) -> usize {
        self.right_cycles() * self.left_channels()
    }

    /// Words of the tracers of the right operand.
    pub fn right_words(&self) -> usize {
        self.left_cycles() * self.left_channels()
    }

    /// Words of the accumulators.
    pub fn acc_words(&self) -> usize {
        self.left_cycles() * self.groups.count * self.rows
    }

    /// Bits of the tracers of both sides and of the accumulators.
    pub fn state_bits(&self) -> u64 {
        let bits = |words: usize, width: u32| (words * self.lanes[2]) as u64 * u64::from(width);
        bits(self.left_words(), self.level_widths[0])
            + bits(self.right_words(), self.level_widths[1])
            + bits(self.acc_words(), self.delta_width)
    }
}

/// Levels of neurons on rows, and the boundaries between them.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    /// Lowest.
    pub low: i32,
    /// Highest.
    pub high: i32,
    /// The rule that gives the boundaries.
    pub rounding: Rounding,
}

impl Levels {
    /// Number of levels.
    pub fn count(&self) -> usize {
        usize::try_from(i64::from(self.high) - i64::from(self.low) + 1).unwrap_or(1)
    }

    /// Width in bits of the word that describes the boundaries around a level.
    pub fn edge_width(&self) -> u32 {
        self.halves_width() + self.gap_width() + 4
    }

    /// Width in bits of the tracer.
    pub fn width(&self) -> u32 {
        level_width(self.low, self.high)
    }

    /// Boundaries in half levels from the lowest to the highest.
    fn halves(&self) -> impl Iterator<Item = i64> {
        let rounding = self.rounding;
        (self.low + 1..=self.high).map(move |k| rounding.boundary(k).halves)
    }

    /// Width in bits of a signed boundary in half levels.
    pub fn halves_width(&self) -> u32 {
        self.halves().fold(Range::new(0, 0), |r, h| r.union(Range::new(h, h))).signed_width()
    }

    /// Width in bits of the distance between two boundaries.
    pub fn gap_width(&self) -> u32 {
        let all: Vec<i64> = self.halves().collect();
        let most = all.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(1);
        Range::new(0, most).signed_width() - 1
    }
}

/// Width in bits of a tracer with these levels.
pub(super) fn level_width(low: i32, high: i32) -> u32 {
    Range::new(low.into(), high.into()).signed_width().max(2)
}

/// Neurons on the LayerNorm of rows.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// Rows.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of an incoming change.
    pub delta_width: u32,
    /// Whether rows without change may travel as one beat.
    pub skip_rows: bool,
    /// Constants.
    pub norm: integer::LayerNorm,
}

impl LayerNorm {
    /// Chunks of a row.
    pub fn chunks(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }

    /// Words of its state, each of all lanes.
    pub fn words(&self) -> usize {
        self.rows * self.chunks()
    }

    /// Width in bits of the accumulated input: its proven range, and not below that of a change.
    pub fn acc_width(&self) -> u32 {
        self.norm.total.signed_width().max(self.delta_width)
    }

    /// Levels.
    pub fn levels(&self) -> Levels {
        Levels { low: self.norm.low, high: self.norm.high, rounding: self.norm.rounding }
    }

    /// Width in bits of a channel's constants: Γ and B.
    pub fn constant_width(&self) -> u32 {
        self.gamma_width() + self.beta_width()
    }

    /// Width in bits of Γ.
    pub fn gamma_width(&self) -> u32 {
        signed_width(&self.norm.gamma)
    }

    /// Width in bits of B.
    pub fn beta_width(&self) -> u32 {
        signed_width(&self.norm.beta)
    }
}

/// Neurons on the softmax of groups of rows.
#[derive(Clone, Debug)]
pub struct Softmax {
    /// Rows.
    pub rows: usize,
    /// Groups of a row.
    pub groups: Groups,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of an incoming change.
    pub delta_width: u32,
    /// Whether rows without change may travel as one beat.
    pub skip_rows: bool,
    /// Constants.
    pub softmax: integer::Softmax,
}

impl Softmax {
    /// Chunks of a row.
    pub fn chunks(&self) -> usize {
        self.groups.count * self.groups.pad / self.lanes
    }

    /// Words of its state, each of all lanes.
    pub fn words(&self) -> usize {
        self.rows * self.chunks()
    }

    /// Width in bits of an accumulated score.
    pub fn acc_width(&self) -> u32 {
        self.softmax.total.signed_width().max(self.delta_width)
    }

    /// Levels.
    pub fn levels(&self) -> Levels {
        Levels { low: self.softmax.low, high: self.softmax.high, rounding: self.softmax.rounding }
    }

    /// Tables of exponentials: two lanes share one.
    pub fn tables(&self) -> usize {
        self.lanes.div_ceil(2)
    }

    /// Width in bits of an unsigned entry of the table.
    pub fn exp_width(&self) -> u32 {
        let most = self.softmax.table.iter().copied().max().unwrap_or(1);
        Range::new(0, most).signed_width() - 1
    }

    /// Width in bits of the unsigned sum of a group.
    pub fn sum_width(&self) -> u32 {
        self.softmax.sum_width.max(self.exp_width())
    }

    /// Width in bits of the unsigned scale.
    pub fn scale_width(&self) -> u32 {
        Range::new(0, self.softmax.scale).signed_width() - 1
    }
}

fn signed_width(all: &[i64]) -> u32 {
    all.iter().fold(Range::new(0, 0), |r, &x| r.union(Range::new(x, x))).signed_width()
}

/// A stream times a coefficient, in the same or fewer lanes.
#[derive(Clone, Debug)]
pub struct Scale {
    /// Channels of a row.
    pub channels: usize,
    /// Whether spikes come in, as against changes.
    pub spikes: bool,
    /// Lanes of the stream that comes in and of that which goes out.
    pub lanes: [usize; 2],
    /// Widths in bits of a change that comes in and of one that goes out.
    pub widths: [u32; 2],
    /// One entry for all channels, or one per channel.
    pub coefficient: Vec<i64>,
}

impl Scale {
    /// Whether every channel has its own coefficient.
    pub fn is_per_channel(&self) -> bool {
        self.coefficient.len() > 1
    }

    /// Width in bits of a signed coefficient.
    pub fn coefficient_width(&self) -> u32 {
        signed_width(&self.coefficient)
    }
}

/// A sum of streams of changes.
#[derive(Clone, Debug)]
pub struct Sum {
    /// Rows.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of a change.
    pub delta_width: u32,
    /// First row and number of rows of each input.
    pub parts: Vec<(usize, usize)>,
    /// Values before the first time-step, row-major; all 0 if empty.
    pub start: Vec<i64>,
}

impl Sum {
    /// Words of the values before the first time-step, each of all lanes; 0 without such values.
    pub fn start_words(&self) -> usize {
        if self.start.is_empty() { 0 } else { self.rows * self.chunks() }
    }

    /// Chunks of a row.
    pub fn chunks(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }
}

/// Some of the rows of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Select {
    /// Rows that come in.
    pub rows: usize,
    /// First row that goes out.
    pub first: usize,
    /// Rows that go out.
    pub count: usize,
}

/// Values in another order.
#[derive(Clone, Debug)]
pub struct Reorder {
    /// Lanes of the stream that comes in; one goes out.
    pub lanes: usize,
    /// Width in bits of a value.
    pub width: u32,
    /// Value `n` that goes out is value `order[n]` that comes in.
    pub order: Vec<usize>,
}

/// A table with a row for each value of a token.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// Tokens of a sample.
    pub tokens: usize,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of a value.
    pub value_width: u32,
    /// Width in bits of an entry.
    pub delta_width: u32,
    /// The table.
    pub embedding: integer::Embedding,
}

/// Padding mask of the tokens.
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    /// Tokens of a sample.
    pub tokens: usize,
    /// Width in bits of a value.
    pub value_width: u32,
    /// The value, zero point subtracted, that stands for padding.
    pub padding: i32,
}

impl Reorder {
    /// Beats of a sample that comes in.
    pub fn beats(&self) -> usize {
        self.order.len().div_ceil(self.lanes)
    }

    /// Widths in bits of the lane and the beat of a value in the ROM.
    pub fn order_widths(&self) -> [u32; 2] {
        [self.lanes, self.beats()].map(|count| usize::BITS - count.saturating_sub(1).max(1).leading_zeros())
    }
}

impl Embedding {
    /// Beats of a row.
    pub fn chunks(&self) -> usize {
        self.embedding.channels.div_ceil(self.lanes)
    }

    /// Rows of the table.
    pub fn entries(&self) -> usize {
        self.embedding.table.len() / self.embedding.channels
    }

    /// Words of the table, each of all lanes.
    pub fn words(&self) -> usize {
        self.entries() * self.chunks()
    }
}
