//! `report_timing_summary`: clocks, slacks and the slowest paths.

use super::paths::{self, Path};
use super::text::{Head, columns};
use crate::error::{Error, Result, printable};

/// Slacks of the whole design, in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Worst slack of set-up, negative where it is missed.
    pub setup: f64,
    /// Worst slack of hold.
    pub hold: f64,
    /// Worst slack of pulse widths.
    pub pulse: f64,
    /// End points that miss one of the three.
    pub failing: u64,
}

/// A clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// Its name.
    pub name: String,
    /// Its period in nanoseconds.
    pub period: f64,
    /// Worst slack of set-up among its own paths; none where it has no such path.
    pub setup: Option<f64>,
}

/// A report.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// Its header.
    pub head: Head,
    /// The whole design.
    pub summary: Summary,
    /// Every clock.
    pub clocks: Vec<Period>,
    /// The slowest path of each pair of clocks.
    pub paths: Vec<Path>,
}

/// Sections that every report has.
const SECTIONS: [&str; 6] = [
    "Design Timing Summary",
    "Clock Summary",
    "Intra Clock Table",
    "Inter Clock Table",
    "Other Path Groups Table",
    "Timing Details",
];

/// Reads a report.
///
/// # Errors
/// When it is damaged or truncated, or the design has no clock.
pub fn read(text: &str) -> Result<Timing> {
    let head = Head::read(text)?;
    let mut sections = Vec::with_capacity(SECTIONS.len());
    for title in SECTIONS {
        let lines = section(text, title)
            .ok_or_else(|| Error::input(format!("this report is cut off: section `{title}` is missing")))?;
        sections.push(lines);
    }
    let summary = summary(&sections[0])?;
    let mut clocks = clocks(&sections[1])?;
    let slacks = rows(&sections[2], "WNS(ns)");
    for clock in &mut clocks {
        let row = slacks.iter().find(|row| row.first() == Some(&clock.name.as_str()));
        clock.setup = row.and_then(|row| row.get(1)?.parse().ok());
    }
    let paths = paths::read(&sections[5])?;
    if clocks.iter().any(|clock| clock.setup.is_some()) && paths.is_empty() {
        return Err(Error::input("this report is cut off: it has no path of set-up"));
    }
    Ok(Timing { head, summary, clocks, paths })
}

/// The lines below a title `| TITLE` up to the next one.
fn section<'a>(text: &'a str, title: &str) -> Option<Vec<&'a str>> {
    let is_title = |line: &str| line.strip_prefix("| ").is_some_and(|rest| !rest.contains(" : "));
    let mut lines = text.lines().skip_while(|line| line.strip_prefix("| ").map(str::trim) != Some(title));
    lines.next()?;
    let below = lines.next()?;
    if !below.starts_with("| --") {
        return None;
    }
    Some(lines.take_while(|line| !is_title(line)).collect())
}

/// The rows of the table whose names contain a word, split at its columns.
fn rows<'a>(lines: &[&'a str], word: &str) -> Vec<Vec<&'a str>> {
    let Some(at) = lines.iter().position(|line| line.contains(word)) else { return Vec::new() };
    let Some(dashes) = lines.get(at + 1).filter(|line| line.trim_start().starts_with('-')) else {
        return Vec::new();
    };
    let below = lines[at + 2..].iter().take_while(|line| !line.trim().is_empty());
    below.map(|line| columns(dashes, line)).collect()
}

fn summary(lines: &[&str]) -> Result<Summary> {
    let all = rows(lines, "WNS(ns)");
    summary_of(all.first().map(Vec::as_slice).unwrap_or_default())
}

/// The twelve figures: slack, sum of the negative slacks, end points that fail and all end points, of set-up, hold and
/// pulse width.
///
/// # Errors
/// When some are missing or no numbers.
pub fn summary_of(row: &[&str]) -> Result<Summary> {
    if row.len() < 12 {
        return Err(Error::input("this report is cut off: its summary has no figures"));
    }
    if row[0] == "NA" {
        return Err(Error::input("this design has no clock: nothing was timed")
            .fix("read the constraints before synthesis, as scripts/vivado.tcl does"));
    }
    // Designs without such checks have `NA` or `inf`.
    let slack = |at: usize| match row[at] {
        "NA" | "inf" => Ok(0.0),
        cell => number(cell),
    };
    let failing = [2, 6, 10].map(|at| row[at].parse::<u64>().unwrap_or(0)).iter().sum();
    Ok(Summary { setup: slack(0)?, hold: slack(4)?, pulse: slack(8)?, failing })
}

/// A time in nanoseconds.
///
/// # Errors
/// If it is no finite number.
pub fn number(cell: &str) -> Result<f64> {
    cell.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
        .ok_or_else(|| Error::input(format!("`{}` is no time in nanoseconds", printable(cell))))
}

/// `clk    {0.000 2.500}        5.000           200.000`
fn clocks(lines: &[&str]) -> Result<Vec<Period>> {
    let mut clocks = Vec::new();
    for line in lines {
        let Some((name, rest)) = line.split_once('{') else { continue };
        let figures = rest.split_once('}').map(|(_, figures)| figures.split_whitespace().next());
        let period = number(figures.flatten().unwrap_or_default())?;
        if period <= 0.0 {
            return Err(Error::input(format!("the clock `{}` has no period", printable(name.trim()))));
        }
        clocks.push(Period { name: name.trim().to_owned(), period, setup: None });
    }
    if clocks.is_empty() {
        return Err(Error::input("this report names no clock"));
    }
    Ok(clocks)
}
