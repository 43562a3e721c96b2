//! `build`: writes a build folder.

use std::path::PathBuf;

use super::explore::{self, Schedule};
use super::overlay::{self, OverlayCandidates};
use super::{Steps, Watch, fit, load};
use crate::advice::{Advice, advise};
use crate::architecture::{
    Design, DesignPoint, External, Joins, Loadable, Options as AnyFolding, OverlayOptions, OverlayPoint,
    OverlaySizes as Sizes, StreamingOptions as Folding,
};
use crate::data;
use crate::emit::{self, Existing, Manifest, SourceEntry};
use crate::error::Result;
use crate::folder;
use crate::hardware::Estimate;
use crate::lower;
use crate::report::{Exploration, Spikes};
use crate::snn::Model;
use crate::target::{Device, Target};

/// How the layers are folded.
#[derive(Clone, Debug)]
pub enum Layout {
    /// The same lanes for every layer, with the rest.
    Uniform(Folding),
    /// As a `folding.json` says.
    File(PathBuf),
    /// Balanced on spikes: measured ones, or those of random samples. Very large networks are only balanced when they are
    /// asked for; else they get the same lanes everywhere.
    Scheduled {
        /// The samples and the goal.
        schedule: Schedule,
        /// FIFO depths and the rest.
        folding: Folding,
    },
    /// An overlay.
    Overlay {
        /// The sizes that are given; the others are the usual ones, or chosen for the goal.
        sizes: Sizes,
        /// The samples and the goal.
        schedule: Schedule,
    },
    /// An overlay that this network and others, each a model.snn, can be loaded into; where its weights come from, if that
    /// is memory.
    Loadable(Sizes, Vec<PathBuf>, Option<External>),
}

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
    /// The design that was chosen, where the layers were balanced, and all that were explored.
    pub chosen: Option<(DesignPoint, Exploration)>,
    /// Cycles and area of an overlay by the estimate, the spikes these are estimated from, and whether its sizes were chosen.
    pub overlay: Option<(OverlayPoint, Spikes, bool)>,
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
    let mut found = None;
    let (mut built_overlay, mut explored) = (None, None);
    let folding = match &options.layout {
        Layout::File(path) => emit::read_folding(path)?,
        Layout::Uniform(folding) => match target {
            Some(target) => {
                fit::uniform(&model, folding, &target.room(), false)?.unwrap_or_else(|| folding.into())
            }
            None => folding.into(),
        },
        Layout::Scheduled { schedule, folding } if leave_uniform(&model, schedule)? => {
            let fitting = match target.map(Target::room) {
                Some(room) => uniform(&model, folding, &room, schedule.keep_joins)?,
                None => None,
            };
            fitting.unwrap_or_else(|| folding.into())
        }
        Layout::Scheduled { schedule, folding } => {
            let (design_point, exploration) = explore::scheduled(&model, schedule, target, folding, watch)?;
            let folding = (&design_point.point.options).into();
            found = Some((design_point, exploration));
            folding
        }
        Layout::Overlay { sizes, schedule } => {
            let (point, spikes, exploration) = chosen_overlay(&model, sizes, schedule, target, watch)?;
            let folding = point.options.into();
            built_overlay = Some((point, spikes, exploration.is_some()));
            explored = exploration;
            folding
        }
        Layout::Loadable(sizes, others, external) => {
            AnyFolding::Loadable(Box::new(machine(&model, sizes, others, external.as_ref())?))
        }
    };
    let sources = sources(options)?;
    let manifest = emit::emit_from(&model, &folding, target, &sources, &options.output, options.existing)?;
    if let Some(exploration) = found.as_ref().map(|(_, exploration)| exploration).or(explored.as_ref()) {
        exploration.save(&options.output)?;
    }
    let estimate = target.map(|target| fit::estimate_for(&model, &folding, target.device())).transpose()?;
    let advice = match (&estimate, target) {
        (Some((_, estimate)), Some(target)) => {
            super::watch::task(watch, "designs that would fit", Steps::Unknown, || {
                advise(&model, &folding, &target.room(), &estimate.total)
            })?
        }
        _ => None,
    };
    Ok(Built { manifest, chosen: found, overlay: built_overlay, estimate, advice })
}

/// The overlay that is built; where its sizes were chosen, with all that were explored. Without a goal, the usual sizes are
/// taken, if the device holds them.
fn chosen_overlay(
    model: &Model,
    sizes: &Sizes,
    schedule: &Schedule,
    target: Option<&Target>,
    watch: &dyn Watch,
) -> Result<(OverlayPoint, Spikes, Option<Exploration>)> {
    let usual = match schedule.has_goal() {
        true => None,
        false => Some(overlay::usual(model, schedule, target, sizes, watch)?),
    };
    let room = target.map(Target::room);
    let fits = |point: &OverlayPoint| room.as_ref().is_none_or(|room| point.short(room).is_empty());
    let usual = match usual {
        Some((point, spikes)) if fits(&point) => return Ok((point, spikes, None)),
        usual => usual,
    };
    let OverlayCandidates { mut points, choice, spikes } =
        overlay::candidates(model, schedule, target, sizes, watch)?;
    match (choice, usual) {
        // Nothing was asked for, and nothing fits.
        (Err(_), Some((point, spikes))) => Ok((point, spikes, None)),
        (choice, _) => {
            let choice = choice?;
            let found = overlay::exploration(model, schedule, target, &points, Some(choice), spikes)?;
            Ok((points.swap_remove(choice), spikes, Some(found)))
        }
    }
}

/// The machine of a network and others.
fn machine(
    model: &Model,
    sizes: &Sizes,
    others: &[PathBuf],
    external: Option<&External>,
) -> Result<Loadable> {
    let mut networks = vec![lower::lower(model)?.network];
    for path in others {
        networks.push(lower::lower(&load::model(path)?)?.network);
    }
    let own: Vec<OverlayOptions> =
        networks.iter().map(|network| sizes.options(network)).collect::<Result<_>>()?;
    let widest = own.into_iter().max_by_key(|options| options.lanes).unwrap_or_default();
    let networks: Vec<_> = networks.iter().collect();
    match external {
        Some(&external) => Loadable::with_external_weights(&networks, &widest, external),
        None => Loadable::for_networks(&networks, &widest),
    }
}

/// A folding with the same lanes everywhere that fits a device: at most those that are given, with the smallest FIFOs where
/// paths join if nothing else fits and that is allowed.
fn uniform(model: &Model, folding: &Folding, room: &Device, keep_joins: bool) -> Result<Option<AnyFolding>> {
    let fitting = fit::uniform(model, folding, room, true)?;
    if fitting.is_some() || keep_joins {
        return Ok(fitting);
    }
    fit::uniform(model, &Folding { joins: Joins::Minimal, ..folding.clone() }, room, true)
}

/// Whether the layers of a network get the same lanes, since balancing it takes long and nobody has asked for it.
fn leave_uniform(model: &Model, schedule: &Schedule) -> Result<bool> {
    let asked = schedule.calibrate.is_some() || schedule.has_goal();
    Ok(!asked && !explore::is_quick(&lower::lower(model)?.network))
}

/// The input files of the build, except those of the target.
fn sources(options: &Options) -> Result<Vec<SourceEntry>> {
    let mut files: Vec<(&str, PathBuf)> = Vec::new();
    files.extend(load::model_files(&options.model).map(|file| ("model", file)));
    match &options.layout {
        Layout::Uniform(_) => {}
        Layout::Loadable(_, others, _) => {
            files.extend(others.iter().flat_map(|path| load::model_files(path)).map(|file| ("also", file)));
        }
        Layout::File(path) => files.push(("folding", path.clone())),
        Layout::Scheduled { schedule, .. } | Layout::Overlay { schedule, .. } => {
            let samples = schedule.calibrate.iter().map(|location| data::split_location(location).0);
            files.extend(samples.map(|file| ("calibration", file)));
        }
    }
    let entry = |(role, path): &(&str, PathBuf)| Ok(SourceEntry::of(role, &folder::read(path)?));
    files.iter().map(entry).collect()
}
