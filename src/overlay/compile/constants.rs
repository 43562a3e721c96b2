//! Contents of the read-only memories. What is already there is used again.

use std::collections::HashMap;
use std::hash::Hash;

use super::layout::Layout;
use super::pieces::Pieces;
use crate::graph::NodeId;
use crate::overlay::tables::Table;
use crate::overlay::window::WindowEntry;

/// A list of entries in which whole runs are shared.
#[derive(Debug)]
pub(super) struct Pool<T> {
    pub entries: Vec<T>,
    runs: HashMap<Vec<T>, usize>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), runs: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash + Default> Pool<T> {
    /// The first entry of rows of so many channels, each of which begins at a multiple of `lanes`.
    pub fn place_rows(&mut self, rows: &[T], channels: usize, lanes: usize) -> usize {
        let mut run = Vec::with_capacity(rows.len());
        for row in rows.chunks(channels.max(1)) {
            run.extend_from_slice(row);
            run.resize(run.len().next_multiple_of(lanes), T::default());
        }
        if !self.runs.contains_key(&run) {
            self.entries.resize(self.entries.len().next_multiple_of(lanes), T::default());
        }
        self.place(run)
    }
}

impl<T: Clone + Eq + Hash> Pool<T> {
    /// The first entry of this run.
    pub fn place(&mut self, run: Vec<T>) -> usize {
        let next = self.entries.len();
        let entries = &mut self.entries;
        *self.runs.entry(run).or_insert_with_key(|run| {
            entries.extend_from_slice(run);
            next
        })
    }
}

/// The pieces of all neurons: a memory for each of those that fire together, in which equal functions are stored once.
#[derive(Debug, Default)]
pub(super) struct Banks {
    pub banks: Vec<Pool<(i64, i32)>>,
}

impl Banks {
    /// The first word of a function in this memory.
    pub fn place(&mut self, lane: usize, pieces: &Pieces) -> usize {
        if self.banks.len() <= lane {
            self.banks.resize_with(lane + 1, Pool::default);
        }
        self.banks[lane].place(pieces.clone())
    }

    /// Words of the largest memory.
    pub fn depth(&self) -> usize {
        self.banks.iter().map(|bank| bank.entries.len()).max().unwrap_or(0)
    }
}

/// Which block of weights.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Block {
    /// A synaptic layer for a layout of its source, with these columns in chunks.
    Linear(NodeId, Layout, Vec<Vec<Option<usize>>>),
    /// Identity for a layout of its source, with these columns in chunks.
    Identity(Layout, Vec<Vec<Option<usize>>>),
    /// The P×P identity.
    Square,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Constants {
    /// Words of P weights.
    pub weights: Vec<Vec<i64>>,
    pub blocks: HashMap<Block, usize>,
    /// θ and start values of the neurons of a group.
    pub thresholds: Pool<Vec<(i128, i128)>>,
    /// What neurons that decide by a table read.
    pub pieces: Banks,
    pub starts: Pool<i64>,
    pub coefficients: Pool<i64>,
    /// Γ and B.
    pub norms: Pool<(i128, i128)>,
    pub exponentials: Pool<i64>,
    pub table: Pool<i64>,
    /// Tables in memory, each once.
    pub tables: Vec<Table>,
    pub windows: Pool<WindowEntry>,
}

impl Constants {
    /// The number of a table in memory.
    pub fn outside(&mut self, table: Table) -> usize {
        self.tables.iter().position(|own| *own == table).unwrap_or_else(|| {
            self.tables.push(table);
            self.tables.len() - 1
        })
    }
}
