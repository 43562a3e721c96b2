//! `figures.tsv`, which `scripts/vivado_figures.tcl` writes: records of tab-separated fields.
//!
//! | record | fields |
//! |---|---|
//! | `snn2rtl-figures` | version of the form, the first record |
//! | `version`, `design`, `part`, `routed` | of Vivado; top level; device; 1 if all nets are routed |
//! | `used` | cells of a row of `report_utilization`; none between two tables |
//! | `tree` | the same of `report_utilization -hierarchical` |
//! | `summary` | the twelve figures of the design timing summary |
//! | `clock` | name, period in ns |
//! | `path` | launching and capturing clock, first and last pin, slack, time in cells, time on wires in ns, levels |
//! | `end` | none, the last record |

use super::paths::{Course, Path};
use super::text::Head;
use super::timing::{self, Period, Timing};
use super::utilization::{self, Flat, Row};
use crate::error::{Error, Result, printable};

/// Name of the file.
pub const FILE: &str = "figures.tsv";
/// First line.
const FIRST: &str = "snn2rtl-figures\t1";
/// Last line.
const LAST: &str = "end";

/// Reads the file.
///
/// # Errors
/// When it is truncated, of another version, or lacks a record.
pub fn read(text: &str) -> Result<(Flat, Timing, Vec<Row>)> {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    if lines.first() != Some(&FIRST) {
        return Err(Error::input("this file does not begin with `snn2rtl-figures` and version 1")
            .fix("write it with scripts/vivado_figures.tcl of this build folder"));
    }
    if lines.last() != Some(&LAST) {
        return Err(Error::input("this file is cut off: its last record is not `end`"));
    }
    let records: Vec<Vec<&str>> = lines.iter().map(|line| line.split('\t').collect()).collect();
    let all = |kind: &'static str| {
        records.iter().filter(move |record| record[0] == kind).map(|record| &record[1..])
    };
    let one = |kind: &'static str| match all(kind).next() {
        Some([value]) if !value.is_empty() => Ok((*value).to_owned()),
        _ => Err(Error::input(format!("this file has no record `{kind}` with a value"))),
    };
    let state = if one("routed")? == "1" { "Routed" } else { "Placed" };
    let head = Head {
        version: one("version")?,
        command: "report_utilization -return_string".to_owned(),
        design: one("design")?,
        device: one("part")?,
        state: Some(state.to_owned()),
    };
    let rows = all("used").map(|cells| (!cells.is_empty()).then(|| cells.to_vec()));
    let flat = utilization::flat_of(head.clone(), rows)?;
    let tree = utilization::tree(all("tree").filter(|cells| !cells.is_empty()).map(<[&str]>::to_vec))?;
    let summary = all("summary").next().ok_or_else(|| Error::input("this file has no record `summary`"))?;
    let summary = timing::summary_of(summary)?;
    let mut paths = all("path").map(path).collect::<Result<Vec<(Path, f64)>>>()?;
    let clock = |fields: &[&str]| {
        let [name, period] = fields else { return Err(fields_of("clock")) };
        let own = |(path, _): &&(Path, f64)| path.launch == *name && path.capture == *name;
        let setup = paths.iter().find(own).map(|(_, slack)| *slack);
        let period = timing::number(period)?;
        if period <= 0.0 {
            return Err(Error::input(format!("the clock `{}` has no period", printable(name))));
        }
        Ok(Period { name: (*name).to_owned(), period, setup })
    };
    let clocks = all("clock").map(clock).collect::<Result<Vec<_>>>()?;
    if clocks.is_empty() {
        return Err(Error::input("this file names no clock"));
    }
    paths.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let paths = paths.into_iter().map(|(path, _)| path).collect();
    Ok((flat, Timing { head, summary, clocks, paths }, tree))
}

/// A path and its slack.
fn path(fields: &[&str]) -> Result<(Path, f64)> {
    let [launch, capture, from, to, slack, logic, routing, levels] = fields else {
        return Err(fields_of("path"));
    };
    let cell = |pin: &str| pin.rsplit_once('/').map_or(pin, |(cell, _)| cell).to_owned();
    let levels = levels
        .parse()
        .map_err(|_| Error::input(format!("`{}` is no number of levels of a path", printable(levels))))?;
    let course = Course::Ends {
        from: cell(from),
        to: cell(to),
        levels,
        logic: timing::number(logic)?,
        routing: timing::number(routing)?,
    };
    let (launch, capture) = ((*launch).to_owned(), (*capture).to_owned());
    Ok((Path { launch, capture, course }, timing::number(slack)?))
}

fn fields_of(kind: &str) -> Error {
    Error::input(format!("a record `{kind}` of this file has another number of fields"))
}
