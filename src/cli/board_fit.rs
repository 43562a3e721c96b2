//! Table of examples and boards.

use super::output::{self, thousands};
use crate::flow::board_fit::{Held, Holding};
use crate::target::Short;

/// The table: for each board and example the smallest design and, if different, the fastest.
pub fn table(holdings: &[Holding]) -> String {
    let mut rows = Vec::new();
    for holding in holdings {
        let start = [holding.board.clone(), holding.example.to_owned()];
        let mut row = |kind: String, cells: [String; 7]| {
            let [board, example] = start.clone();
            let [architecture, cycles, rate, lut, ff, bram, dsp] = cells;
            rows.push([board, example, kind, architecture, cycles, rate, lut, ff, bram, dsp]);
        };
        match (&holding.smallest, &holding.fastest) {
            (Some(smallest), Some(fastest)) => {
                row("smallest".to_owned(), cells(smallest));
                if fastest.cycles < smallest.cycles {
                    row("fastest".to_owned(), cells(fastest));
                }
            }
            _ => row(format!("does not fit: {}", Short::list(&holding.short)), Default::default()),
        }
    }
    let header = ["board", "example", "design", "", "cycles", "samples/s", "LUT", "FF", "block RAM", "DSP"];
    output::table(header, rows, 4).to_string()
}

fn cells(held: &Held) -> [String; 7] {
    let rounded = |value: f64| thousands(value.round() as u64);
    [
        held.architecture.to_string(),
        rounded(held.cycles),
        rounded(held.samples_per_second),
        thousands(held.lut),
        thousands(held.ff),
        thousands(held.bram),
        thousands(held.dsp),
    ]
}
