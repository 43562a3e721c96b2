//! Instructions before their addresses are known.

use super::layout::Split;
use crate::overlay::isa::{Fetch, Fire, Vector};
use crate::overlay::plan::Memory;

/// A value in a memory.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    /// Node whose value it is.
    pub name: String,
    pub memory: Memory,
    pub rows: usize,
    /// Words of a row in a step.
    pub row_words: usize,
    /// Steps, each with all rows.
    pub steps: usize,
    /// Lives from the first to the last instruction.
    pub always: bool,
    /// Spikes may be negative.
    pub signed: bool,
}

impl Buffer {
    /// All words.
    pub fn words(&self) -> usize {
        self.rows * self.row_words * self.steps
    }

    /// Words of these rows, counted from the buffer's first.
    pub fn words_of(&self, (from, to): (usize, usize)) -> impl Iterator<Item = usize> {
        let (row_words, step) = (self.row_words, self.rows * self.row_words);
        (0..self.steps).flat_map(move |s| s * step + from * row_words..s * step + to * row_words)
    }
}

/// What an instruction does with a buffer, and which of its fields holds the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// Fetch reads spikes.
    Source,
    /// Accumulate reads operands.
    Words,
    /// Fire, row fire of softmax, or row fire of LayerNorm writes spikes.
    Spikes,
    /// Fire writes operands.
    Operands,
    /// The serial path writes sums, and reads them if it accumulates.
    Sums,
    /// The vector unit reads sums.
    VectorSource,
    /// The vector unit writes sums, and reads them if it accumulates.
    VectorTarget,
    /// Softmax reads which tokens are masked.
    Masked,
    /// The vector unit writes which tokens are masked.
    Mask,
}

impl Port {
    /// Whether memory is written.
    pub fn writes(self) -> bool {
        match self {
            Self::Spikes | Self::Operands | Self::Sums | Self::VectorTarget | Self::Mask => true,
            Self::Source | Self::Words | Self::VectorSource | Self::Masked => false,
        }
    }
}

/// An access: row `r` of the instruction touches rows `rows[r].0..rows[r].1` of the buffer.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub buffer: usize,
    pub port: Port,
    /// Added to the buffer's address.
    pub offset: usize,
    pub rows: Vec<(usize, usize)>,
}

/// The unit that an instruction belongs to.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Engine(Box<(Fetch, Fire)>),
    Vector(Box<Vector>),
}

/// An instruction, for the engine a pair of them.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Node that it computes.
    pub name: String,
    pub kind: Kind,
    pub accesses: Vec<Access>,
}

impl Item {
    /// Rows.
    pub fn rows(&self) -> usize {
        let rows = match &self.kind {
            Kind::Engine(pair) => pair.0.rows,
            Kind::Vector(vector) => vector.rows,
        };
        usize::try_from(rows).unwrap_or(usize::MAX)
    }

    /// The unit whose progress counts the rows: 1 engine, 2 softmax, 3 vector.
    pub fn unit(&self) -> usize {
        match &self.kind {
            Kind::Engine(pair) => 1 + usize::from(pair.1.serial == 2),
            Kind::Vector(_) => 3,
        }
    }
}

/// Where the serial path of the engine leads.
#[derive(Clone, Debug)]
pub(super) enum Serial {
    /// Rows of sums from this one on.
    Sums {
        buffer: usize,
        first: usize,
        base: Base,
        coefficient: Vec<i64>,
        /// Numbers of a row of the sum, if a row of the matrix product is a column of it.
        turned: Option<usize>,
    },
    Readout,
}

/// What is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Zero,
    /// This entry of the start table and those that follow.
    Start(usize),
    /// The present sum.
    Present,
}

/// What neurons are needed for.
#[derive(Debug)]
pub(super) enum Demand {
    /// Spikes in this layout, if one is wanted.
    Spikes(Option<Split>),
    Operand,
    Serial(Serial),
}
