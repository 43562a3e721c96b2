//! Paths of `report_timing_summary`, hop by hop.

use crate::error::{Error, Result};

/// A path of set-up.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Clock and edge of its start, `posedge clk`, or `<async>`.
    pub launch: String,
    /// Those of its end.
    pub capture: String,
    /// Where it goes.
    pub course: Course,
}

/// What is known of the cells of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// Kind, time in nanoseconds and cell at the end of each hop.
    Hops(Vec<(String, f64, String)>),
    /// Its ends, and sums in nanoseconds.
    Ends {
        /// First cell.
        from: String,
        /// Last cell.
        to: String,
        /// Levels of logic.
        levels: usize,
        /// Time in cells.
        logic: f64,
        /// Time on wires.
        routing: f64,
    },
}

impl Course {
    /// The cells that are known.
    pub fn cells(&self) -> Vec<&str> {
        match self {
            Self::Hops(hops) => hops.iter().map(|(_, _, cell)| cell.as_str()).collect(),
            Self::Ends { from, to, .. } => vec![from, to],
        }
    }
}

/// The slowest path of each pair of clocks, in the order of the report, which is that of the slack within a pair.
///
/// # Errors
/// If one of them is incomplete.
pub fn read(lines: &[&str]) -> Result<Vec<Path>> {
    let mut paths: Vec<Path> = Vec::new();
    let starts: Vec<usize> =
        (0..lines.len()).filter(|&at| lines[at].trim_start().starts_with("Slack ")).collect();
    for (n, &start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(lines.len());
        let block = &lines[start..end];
        let field = |name: &str| {
            block.iter().position(|line| line.trim_start().starts_with(name)).map(|at| {
                let value = block[at].trim_start()[name.len()..].trim();
                (value, block.get(at + 1).map_or("", |line| line.trim()))
            })
        };
        let Some((kind, _)) = field("Path Type:") else { return Err(cut()) };
        if !kind.starts_with("Setup") {
            continue;
        }
        let (Some((from, source)), Some((to, destination))) = (field("Source:"), field("Destination:"))
        else {
            return Err(cut());
        };
        let course = Course::Hops(hops(block, from, to)?);
        let path = Path { launch: clock(source), capture: clock(destination), course };
        if !paths.iter().any(|other| (&other.launch, &other.capture) == (&path.launch, &path.capture)) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn cut() -> Error {
    Error::input("this report is cut off within a path")
}

/// `(rising edge-triggered cell FDRE clocked by clk  {rise@0.000ns fall@2.500ns period=5.000ns})`
fn clock(text: &str) -> String {
    let Some((_, rest)) = text.split_once("clocked by ") else { return "<async>".to_owned() };
    let name = rest.split([' ', '{', ')']).next().unwrap_or_default();
    let edge = if text.contains("falling") { "negedge" } else { "posedge" };
    format!("{edge} {name}")
}

/// The hops between the first and the last cell. A table of four parts, between lines of dashes: the clock up to the
/// first cell, the data, the clock up to the last cell, the sums.
fn hops(block: &[&str], from: &str, to: &str) -> Result<Vec<(String, f64, String)>> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut whole = false;
    for line in block {
        let line = line.trim();
        if line.starts_with("-----") {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(line);
        }
        whole |= line.starts_with("slack ");
    }
    if parts.len() < 5 || !whole {
        return Err(cut());
    }
    let mut hops: Vec<(String, f64, String)> = Vec::new();
    for line in &parts[1] {
        let Some((delay, name)) = row(line) else { continue };
        if line.contains("net (fo=") {
            // The cell at its end is named by the next row.
            hops.push(("routing".to_owned(), delay, cell(to).to_owned()));
            continue;
        }
        if let Some(last) = hops.last_mut().filter(|hop| hop.0 == "routing") {
            cell(name).clone_into(&mut last.2);
        }
        let kind = if hops.is_empty() { "clk-to-q" } else { "logic" };
        hops.push((kind.to_owned(), delay, cell(name).to_owned()));
    }
    if hops.is_empty() {
        hops.push(("routing".to_owned(), 0.0, cell(from).to_owned()));
    }
    // What the last cell needs before its clock is taken off the required time.
    let setup = parts[2].iter().zip(parts[2].iter().skip(1).chain([&""]));
    let setup =
        setup.filter(|(line, _)| line.contains("(Setup_")).find_map(|(line, next)| row(line).or(row(next)));
    if let Some((delay, _)) = setup {
        hops.push(("setup".to_owned(), 0.0 - delay, cell(to).to_owned()));
    }
    Ok(hops)
}

/// Increment and name of a row: two times after each other, then the edge in some rows, then the name.
fn row(line: &str) -> Option<(f64, &str)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let time = |word: &str| -> Option<f64> {
        let digits = word.strip_prefix('-').unwrap_or(word);
        let plain = digits.contains('.') && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if plain { word.parse().ok() } else { None }
    };
    let at = (1..words.len()).find(|&at| time(words[at - 1]).is_some() && time(words[at]).is_some())?;
    let name = words[at + 1..].iter().find(|word| !["r", "f"].contains(*word));
    Some((time(words[at - 1])?, name.copied().unwrap_or_default()))
}

/// The cell of a pin.
fn cell(pin: &str) -> &str {
    pin.rsplit_once('/').map_or(pin, |(cell, _)| cell)
}
