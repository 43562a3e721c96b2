//! The figures of a folder, or its text reports, recognised by their contents.

use std::path::{Path, PathBuf};

use super::figures;
use super::text::Head;
use super::timing::{self, Timing};
use super::utilization::{self, Flat, Row};
use crate::error::{Error, Result};
use crate::folder;

/// Longest report in bytes.
const LONGEST: u64 = 256 << 20;
/// Lines among which a report names its tool.
const BEGINNING: usize = 10;
/// Extensions of files that are examined.
const ENDINGS: [&str; 4] = ["rpt", "txt", "log", "report"];

/// The reports of the latest state of a design, each with its file.
pub struct Reports {
    /// `report_utilization`.
    pub flat: (Flat, PathBuf),
    /// `report_timing_summary`.
    pub timing: (Timing, PathBuf),
    /// `report_utilization -hierarchical`, if there is one.
    pub hierarchy: Option<(Vec<Row>, PathBuf)>,
}

/// A text file that is a report.
struct Candidate {
    path: PathBuf,
    text: String,
    progress: u8,
}

/// Finds and reads them.
///
/// # Errors
/// When one is missing, comes twice or is damaged.
pub fn find(folder: &Path) -> Result<Reports> {
    let file = folder.join(figures::FILE);
    if file.is_file() {
        let text = text(&file)?;
        let (flat, timing, rows) = figures::read(&text).map_err(|error| again(error, &file))?;
        return Ok(Reports {
            flat: (flat, file.clone()),
            timing: (timing, file.clone()),
            hierarchy: Some((rows, file)),
        });
    }
    let (mut flat, mut timing, mut hierarchy) = (Vec::new(), Vec::new(), Vec::new());
    for path in folder::entries(folder)? {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        if !ENDINGS.contains(&ending.as_str()) || !path.is_file() {
            continue;
        }
        let text = text(&path)?;
        let named = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_lowercase();
        // A report with an incomplete header is recognised by its first lines or its name, and gives an error.
        let head = Head::read(&text);
        let begun = text.lines().take(BEGINNING).any(|line| line.starts_with("| Tool Version"));
        let command = head.as_ref().map(|head| head.command.clone()).unwrap_or_default();
        let is = |word: &str, name: &str| {
            let damaged = || named.starts_with(name) || (begun && text.contains(word));
            command.contains(word) || (head.is_err() && damaged())
        };
        let progress = head.as_ref().map_or(0, Head::progress);
        if is("report_timing_summary", "timing") {
            timing.push(Candidate { path, text, progress });
        } else if is("report_utilization", "utilization") {
            match utilization::is_hierarchical(&text) {
                true => hierarchy.push(Candidate { path, text, progress }),
                false => flat.push(Candidate { path, text, progress }),
            }
        }
    }
    let fix = |error: Error| {
        error.at_file(folder).fix(
            "give a folder with the text files of `report_utilization -file` and `report_timing_summary -file`, of one \
             design, as scripts/vivado.tcl leaves them in reports/vivado",
        )
    };
    let missing = |what: &str| fix(Error::input(format!("there is no report of {what} here")));
    let of = |candidates, what: &str| {
        furthest(candidates).map_err(|e| fix(Error::input(format!("{e} of {what}"))))
    };
    let flat = of(flat, "report_utilization")?.ok_or_else(|| missing("report_utilization"))?;
    let timing = of(timing, "report_timing_summary")?.ok_or_else(|| missing("report_timing_summary"))?;
    let hierarchy = of(hierarchy, "report_utilization -hierarchical")?;
    let found = Reports {
        flat: read(flat, utilization::flat)?,
        timing: read(timing, timing::read)?,
        hierarchy: hierarchy
            .map(|c| read(c, |text| utilization::hierarchical(text).map(|(_, rows)| rows)))
            .transpose()?,
    };
    Ok(found)
}

/// The only report of the latest state.
fn furthest(candidates: Vec<Candidate>) -> Result<Option<Candidate>, &'static str> {
    let most = candidates.iter().map(|candidate| candidate.progress).max().unwrap_or(0);
    let mut last: Vec<Candidate> =
        candidates.into_iter().filter(|candidate| candidate.progress == most).collect();
    if last.len() > 1 {
        return Err("there are several reports");
    }
    Ok(last.pop())
}

fn read<T>(candidate: Candidate, parse: impl Fn(&str) -> Result<T>) -> Result<(T, PathBuf)> {
    let Candidate { path, text, .. } = candidate;
    let value = parse(&text).map_err(|error| again(error, &path))?;
    Ok((value, path))
}

/// An error of a report: the user can make it again.
fn again(error: Error, path: &Path) -> Error {
    let error = error.at_file(path);
    match error.fix {
        None => error.fix("make the report again, or copy it again"),
        Some(_) => error,
    }
}

/// The text of a report.
fn text(path: &Path) -> Result<String> {
    let size = std::fs::metadata(path).map_err(|e| Error::io("read", path, &e))?.len();
    if size > LONGEST {
        return Err(Error::input(format!("a report of {size} bytes; possible are {LONGEST}")).at_file(path));
    }
    Ok(String::from_utf8_lossy(&folder::read(path)?).into_owned())
}
