//! Tables of rows in memory outside the chip: what `embed` reads, and how it lies there (docs/external-memory.md).

use super::isa::Vector;
use crate::error::{Error, Result};

/// Bytes to whose multiples rows are aligned: the widest beat.
pub(super) const UNIT: usize = 64;
/// Most units of all tables: those of 4 GiB.
const MOST_UNITS: usize = 1 << 26;

/// Rows of embeddings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Entries of a row; at least 1.
    pub channels: usize,
    /// All entries, row after row.
    pub entries: Vec<i64>,
}

impl Table {
    /// Rows.
    pub fn rows(&self) -> usize {
        self.entries.len() / self.channels.max(1)
    }

    /// Units from one row to the next, with `entry` bits for each entry.
    fn stride(&self, entry: usize) -> usize {
        (self.channels * entry / 8).div_ceil(UNIT)
    }
}

/// The tables of a network one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Bits of an entry: a power of two from 8 to 64.
    pub entry: usize,
    /// The tables in their order.
    pub tables: Vec<Table>,
}

impl Tables {
    /// Lays tables out, for entries of `width` bits. `embed` instructions name tables by their number, and then by their
    /// place: `table` is the first unit, `row_stride` the units from row to row, `epsilon` the number of rows.
    ///
    /// # Errors
    /// If a row or all tables are too large for addresses, or an entry for a beat of `bus` bits, with the numbers.
    pub(super) fn place(
        tables: Vec<Table>,
        (width, bus): (u32, usize),
        vector: &mut [Vector],
    ) -> Result<Self> {
        let entry = entry(width);
        if entry > bus {
            return Err(Error::input(format!(
                "an entry of {entry} bits of a table of rows, in beats of {bus} bits"
            ))
            .fix(format!("choose a wider port: --bus-width {entry}")));
        }
        let mut places = Vec::new();
        let mut units = 0usize;
        for table in &tables {
            let stride = table.stride(entry);
            places.push((units, stride, table.rows()));
            units = units.saturating_add(stride.saturating_mul(table.rows()));
        }
        let widest = places.iter().map(|place| place.1).max().unwrap_or(0);
        if widest >= 1 << 16 || units > MOST_UNITS {
            return Err(Error::input(format!(
                "the tables of rows take {units} times {UNIT} bytes in memory, a row at most {widest}; {MOST_UNITS} and {} \
                 can be addressed",
                (1 << 16) - 1
            ))
            .fix("take a smaller vocabulary"));
        }
        for v in vector.iter_mut().filter(|v| v.op == 2) {
            let place = usize::try_from(v.table).ok().and_then(|table| places.get(table));
            let (first, stride, rows) = place.copied().unwrap_or_default();
            (v.table, v.row_stride, v.epsilon) = (first as u128, stride as u128, rows as u128);
        }
        Ok(Self { entry, tables })
    }

    /// Words of 32 bits, as they lie in memory.
    pub fn words(&self) -> Vec<u32> {
        let mut words = Vec::new();
        for table in &self.tables {
            let end = table.stride(self.entry) * UNIT / 4;
            for row in table.entries.chunks(table.channels.max(1)) {
                let first = words.len();
                if self.entry >= 32 {
                    let parts = self.entry / 32;
                    words.extend(
                        row.iter().flat_map(|&x| (0..parts).map(move |part| (x >> (32 * part)) as u32)),
                    );
                } else {
                    let mask = (1u32 << self.entry) - 1;
                    let join =
                        |word: u32, (n, &x): (usize, &i64)| word | (x as u32 & mask) << (n * self.entry);
                    let of_word = row.chunks(32 / self.entry);
                    words.extend(of_word.map(|part| part.iter().enumerate().fold(0, join)));
                }
                words.resize(first + end, 0);
            }
        }
        words
    }
}

/// Bits of an entry in memory, for entries of `width` bits.
pub(super) fn entry(width: u32) -> usize {
    (width as usize).next_power_of_two().max(8)
}

#[cfg(test)]
mod tests {
    use super::{Table, Tables, entry};
    use crate::overlay::isa::Vector;

    fn embed(table: u128) -> Vector {
        Vector { op: 2, table, ..Vector::default() }
    }

    #[test]
    fn rows_begin_at_units() {
        let first = Table { channels: 3, entries: vec![1, -2, 3, 4, 5, 6] };
        let second = Table { channels: 20, entries: (0..60).collect() };
        let mut vector = [embed(1), Vector::default(), embed(0)];
        let tables = Tables::place(vec![first, second], (29, 64), &mut vector).expect("tables");
        assert_eq!(tables.entry, 32);
        let place = |v: &Vector| (v.table, v.row_stride, v.epsilon);
        assert_eq!(vector.each_ref().map(place), [(2, 2, 3), (0, 0, 0), (0, 1, 2)]);
        let words = tables.words();
        assert_eq!(words.len(), 16 * 2 + 32 * 3);
        assert_eq!(words[..4], [1, 0xffff_fffe, 3, 0]);
        assert_eq!(words[16..19], [4, 5, 6]);
        assert_eq!(words[32 + 32..32 + 32 + 20], (20..40).collect::<Vec<u32>>()[..]);
    }

    #[test]
    fn entries_fill_words_and_words_entries() {
        assert_eq!([1, 8, 9, 17, 33, 64].map(entry), [8, 8, 16, 32, 64, 64]);
        let words = |width, entries: Vec<i64>| {
            let table = Table { channels: entries.len(), entries };
            Tables::place(vec![table], (width, 128), &mut []).expect("tables").words()
        };
        assert_eq!(words(6, vec![-1, 2, -3, 4, 5])[..2], [0x04fd_02ff, 5]);
        assert_eq!(words(40, vec![-2, 1 << 33])[..4], [0xffff_fffe, u32::MAX, 0, 2]);
        let wide = Table { channels: 1 << 20, entries: vec![0; 1 << 20] };
        let refused = |table: &Table, bus| Tables::place(vec![table.clone()], (40, bus), &mut []);
        assert!(refused(&wide, 64).is_err_and(|e| e.to_string().contains("a row at most")));
        assert!(refused(&wide, 32).is_err_and(|e| e.to_string().contains("in beats of 32 bits")));
    }
}
