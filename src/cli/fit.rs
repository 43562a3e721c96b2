//! What a design is estimated to take of its device, as a table.

use super::output::{self, thousands};
use crate::advice::Advice;
use crate::architecture::Design;
use crate::error::printable;
use crate::flow::fit::indented;
use crate::hardware::{Estimate, Figures, blocks, needs};
use crate::target::{Device, Short};

/// The estimate, block by block, against what the device has.
pub fn table(design: &Design, estimate: &Estimate, device: &Device) -> String {
    let row = |name: String, cells: Vec<String>| std::iter::once(name).chain(cells).collect::<Vec<_>>();
    let each = |figures: &Figures, of: &dyn Fn((&str, u64, u64)) -> String| {
        needs(figures, device).into_iter().map(of).collect::<Vec<_>>()
    };
    let numbers = |figures: &Figures| each(figures, &|(_, needed, _)| thousands(needed));
    let total = &estimate.total;
    let mut rows: Vec<_> =
        blocks(estimate).iter().map(|block| row(printable(&block.name), numbers(&block.figures))).collect();
    let percent = |(_, needed, there): (&str, u64, u64)| match there {
        0 if needed == 0 => "-".to_owned(),
        there => format!("{:.1} %", 100.0 * needed as f64 / there as f64),
    };
    rows.push(row("in total".to_owned(), numbers(total)));
    rows.push(row(format!("there on {}", device.die), each(total, &|(_, _, there)| thousands(there))));
    rows.push(row("used".to_owned(), each(total, &percent)));
    let header = row("estimate".to_owned(), each(total, &|(name, _, _)| name.to_owned()));
    let table = output::table(header, rows, 1).to_string();
    let text = design.memory_notes().into_iter().fold(table, |text, line| format!("{text}\n{line}"));
    if estimate.calibrated {
        return text;
    }
    format!("{text}\nlogic in {} is estimated with coefficients of another family", estimate.family)
}

/// Says on standard error that a design is not expected to fit, and what would.
pub fn warn(advice: &Advice) {
    let Advice { device, short, .. } = advice;
    eprintln!("warning: by the estimate, this design does not fit {device} ({})", Short::list(short));
    eprintln!("{}", indented(advice));
}
