//! `build`: writes a build folder.

use std::path::PathBuf;

use super::explore::Schedule;
use super::found::Found;
use super::layout::Layout;
use super::{Steps, Watch, fit, load};
use crate::advice::{Advice, advise};
use crate::architecture::Design;
use crate::data;
use crate::emit::{self, Existing, Manifest, SourceEntry};
use crate::error::Result;
use crate::folder;
use crate::hardware::Estimate;
use crate::target::Target;

/// Options of a build.
#[derive(Clone, Debug)]
pub struct Options {
    /// A model.snn.
    pub model: PathBuf,
    /// The folder to write. A build folder that is already there is replaced.
    pub output: PathBuf,
    /// The board or device to build for.
    pub target: Option<Target>,
    /// How the layers are folded.
    pub layout: Layout,
    /// What is done with results of another design in a build folder that is already there.
    pub existing: Existing,
}

/// Result of a build.
#[derive(Clone, Debug)]
pub struct Built {
    /// The manifest of the folder.
    pub manifest: Manifest,
    /// The folding, and the designs among which it was chosen.
    pub found: Found,
    /// The design and its estimated area, where a target is given.
    pub estimate: Option<(Design, Estimate)>,
    /// Alternatives, if by the estimate the design does not fit its target.
    pub advice: Option<Advice>,
}

/// Writes a build folder.
///
/// # Errors
/// When the model cannot be built or the folder cannot be written; that no design meets the goal is a failed check.
pub fn build(options: &Options, watch: &dyn Watch) -> Result<Built> {
    let model = load::model(&options.model)?;
    let target = options.target.as_ref();
    let found = options.layout.find(&model, target, watch)?;
    let folding = &found.folding;
    let sources = sources(options)?;
    let manifest = emit::emit_from(&model, folding, target, &sources, &options.output, options.existing)?;
    if let Some(exploration) = &found.exploration {
        exploration.save(&options.output)?;
    }
    let estimate = target.map(|target| fit::estimate_for(&model, folding, target.device())).transpose()?;
    let advice = match (&estimate, target) {
        (Some((_, estimate)), Some(target)) => {
            super::watch::task(watch, "designs that would fit", Steps::Unknown, || {
                advise(&model, folding, &target.room(), &estimate.total)
            })?
        }
        _ => None,
    };
    Ok(Built { manifest, found, estimate, advice })
}

/// The input files of the build, except those of the target.
fn sources(options: &Options) -> Result<Vec<SourceEntry>> {
    let mut files: Vec<(&str, PathBuf)> = Vec::new();
    files.extend(load::model_files(&options.model).map(|file| ("model", file)));
    match &options.layout {
        Layout::Uniform(_) => {}
        Layout::Loadable { others, schedule, .. } => {
            files.extend(others.iter().flat_map(|path| load::model_files(path)).map(|file| ("also", file)));
            files.extend(calibration(schedule));
        }
        Layout::File(path) => files.push(("folding", path.clone())),
        Layout::Scheduled { schedule, .. }
        | Layout::Automatic { schedule, .. }
        | Layout::Overlay { schedule, .. } => {
            files.extend(calibration(schedule));
        }
    }
    let entry = |(role, path): &(&str, PathBuf)| Ok(SourceEntry::of(role, &folder::read(path)?));
    files.iter().map(entry).collect()
}

/// The file of the samples.
fn calibration(schedule: &Schedule) -> Option<(&'static str, PathBuf)> {
    schedule.calibrate.as_ref().map(|location| ("calibration", data::split_location(location).0))
}
