//! Results in a build folder that is already there: what is kept when it is built again, and what would be lost.
//!
//! A result is of the same design as long as the files that it was made from have the same contents, as they are on disk:
//! those of hardware and constraints for synthesis, place and route and bitstreams; those of hardware, simulation and model
//! for co-simulation and reports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::Files;
use crate::error::{Error, Result, printable};
use crate::folder;

/// What is done with results of another design.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// The build is refused, and they stay.
    #[default]
    Keep,
    /// They are discarded.
    Discard,
}

/// What a result depends on: folders or files of the build folder.
const HARDWARE: &[&str] = &["rtl/", "rom/", "constraints/", "scripts/"];
const BEHAVIOUR: &[&str] = &["rtl/", "rom/", "sim/", "model.snn/", "folding.json"];

/// Results that take minutes to make, folders with a final slash or beginnings of names, with what they depend on.
const RESULTS: &[(&str, &[&str])] = &[
    ("bitstream/", HARDWARE),
    ("checkpoints/", HARDWARE),
    ("ip/", HARDWARE),
    ("vivado/", HARDWARE),
    ("vivado_bd/", HARDWARE),
    ("vivado_ip/", HARDWARE),
    ("reports/utilisation_", HARDWARE),
    ("reports/place_", HARDWARE),
    ("reports/nextpnr_", HARDWARE),
    ("reports/vivado", HARDWARE),
    ("reports/yosys", HARDWARE),
    ("reports/cosim", BEHAVIOUR),
    ("reports/golden", BEHAVIOUR),
];

/// What is in a folder besides what a build writes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Paths of results that are still right.
    pub kept: Vec<String>,
    /// Paths of results of another design.
    pub stale: Vec<String>,
}

/// Looks for results in `path`, where `files` are to be written.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn find(path: &Path, files: &Files) -> Result<Found> {
    let Ok(manifest) = super::read_manifest(path) else { return Ok(Found::default()) };
    let listed = manifest.files.iter().map(|file| file.path.as_str());
    let changed: BTreeSet<&str> = changed(path, listed.collect(), files)?;
    let mut found = Found::default();
    for folder in ["", "reports/"] {
        let inside = path.join(folder);
        if !inside.is_dir() {
            continue;
        }
        for entry in folder::entries(&inside)? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            let path = format!("{folder}{name}");
            let is = |result: &str| match result.strip_suffix('/') {
                Some(folder) => path == folder,
                None => path.starts_with(result),
            };
            let Some((_, inputs)) = RESULTS.iter().find(|(result, _)| is(result)) else { continue };
            let of = |file: &&str| inputs.iter().any(|input| file.starts_with(input));
            match changed.iter().any(of) {
                true => found.stale.push(path),
                false => found.kept.push(path),
            }
        }
    }
    Ok(found)
}

/// Files that are not on disk what they will be, or will not be any more.
fn changed<'a>(path: &Path, listed: BTreeSet<&'a str>, files: &'a Files) -> Result<BTreeSet<&'a str>> {
    let new: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let mut changed: BTreeSet<&str> = listed.difference(&new).copied().collect();
    for (name, bytes) in files {
        let file = path.join(name);
        let same = match fs::symlink_metadata(&file) {
            Ok(meta) if meta.is_file() && meta.len() == bytes.len() as u64 => folder::read(&file)? == *bytes,
            _ => false,
        };
        if !same {
            changed.insert(name);
        }
    }
    Ok(changed)
}

/// The error of a build that would discard results.
pub(super) fn refused(path: &Path, stale: &[String]) -> Error {
    let stale: Vec<String> = stale.iter().map(|path| printable(path)).collect();
    let problem = format!(
        "this build folder holds results of another design, which would be lost: {}",
        stale.join(", ")
    );
    Error::input(problem).at_file(path).fix("choose another folder with -o, or add --force to discard them")
}
