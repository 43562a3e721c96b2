//! Stored figures of a run in the build folder: one file for runs without stalls, one for runs with stalls.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::report::Report;
use crate::error::Result;
use crate::folder;

/// The version of the JSON form of a stored [`Report`].
pub const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Versioned<'a> {
    format_version: u32,
    #[serde(flatten)]
    report: &'a Report,
}

/// Path of the figures of a run, with or without random stalls.
pub fn path(build: &Path, stalled: bool) -> PathBuf {
    build.join(if stalled { "reports/cosim_stall.json" } else { "reports/cosim.json" })
}

/// Stores the figures of a run in the build folder, replacing those of an earlier one.
///
/// # Errors
/// When they cannot be written.
pub fn save(build: &Path, report: &Report) -> Result<()> {
    let path = path(build, report.stall.is_some());
    folder::write_json(&path, &Versioned { format_version: FORMAT_VERSION, report })
}

/// The figures of the last run, if there was one.
///
/// # Errors
/// When they cannot be read.
pub fn load(build: &Path, stalled: bool) -> Result<Option<Report>> {
    let path = path(build, stalled);
    if !path.exists() {
        return Ok(None);
    }
    let kept = folder::read_json(&path, FORMAT_VERSION);
    kept.map(Some).map_err(|error| error.fix("co-simulate again with 'snn2rtl cosim'"))
}
