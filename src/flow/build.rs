//! `build`: writes a build folder.

use std::path::PathBuf;

use super::explore::{self, Schedule};
use super::{Steps, Watch, fit, load};
use crate::advice::{Advice, advise};
use crate::architecture::{
    Design, DesignPoint, Joins, Loadable, Options as AnyFolding, OverlayOptions, StreamingOptions as Folding,
};
use crate::data;
use crate::emit::{self, Existing, Manifest, SourceEntry};
use crate::error::Result;
use crate::folder;
use crate::golden::SpikeCode;
use crate::hardware::Estimate;
use crate::integer::Network;
use crate::lower;
use crate::report::Exploration;
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
    Overlay(Sizes),
    /// An overlay that this network and others, each a model.snn, can be loaded into.
    Loadable(Sizes, Vec<PathBuf>),
}

/// What is chosen of an overlay; the rest is what suits the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Output channels that are added to in one cycle.
    pub lanes: Option<usize>,
    /// Events per cycle.
    pub spikes: Option<usize>,
    /// Neurons that fire together.
    pub fire_lanes: Option<usize>,
    /// Neurons of a word of spike memory.
    pub fetch_width: Option<usize>,
    /// What a spike carries.
    pub code: Option<SpikeCode>,
}

impl Sizes {
    /// The options for a network.
    ///
    /// # Errors
    /// When a size is out of range.
    pub fn options(&self, network: &Network) -> Result<OverlayOptions> {
        let usual = OverlayOptions::sensible(network);
        let options = OverlayOptions {
            lanes: self.lanes.unwrap_or(usual.lanes),
            spikes: self.spikes.unwrap_or(usual.spikes),
            fire_lanes: self.fire_lanes.unwrap_or(usual.fire_lanes),
            fetch_width: self.fetch_width.unwrap_or(usual.fetch_width),
            code: self.code.unwrap_or(usual.code),
        };
        options.check()?;
        Ok(options)
    }
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
    let sources = sources(options)?;
    let mut found = None;
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
        Layout::Overlay(sizes) => sizes.options(&lower::lower(&model)?.network)?.into(),
        Layout::Loadable(sizes, others) => AnyFolding::Loadable(Box::new(machine(&model, sizes, others)?)),
    };
    let manifest = emit::emit_from(&model, &folding, target, &sources, &options.output, options.existing)?;
    if let Some((_, exploration)) = &found {
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
    Ok(Built { manifest, chosen: found, estimate, advice })
}

/// The machine of a network and others.
fn machine(model: &Model, sizes: &Sizes, others: &[PathBuf]) -> Result<Loadable> {
    let mut networks = vec![lower::lower(model)?.network];
    for path in others {
        networks.push(lower::lower(&load::model(path)?)?.network);
    }
    let own: Vec<OverlayOptions> =
        networks.iter().map(|network| sizes.options(network)).collect::<Result<_>>()?;
    let widest = own.into_iter().max_by_key(|options| options.lanes).unwrap_or_default();
    Loadable::for_networks(&networks.iter().collect::<Vec<_>>(), &widest)
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
    let asked = schedule.calibrate.is_some() || schedule.fps.is_some() || schedule.fit;
    Ok(!asked && !explore::is_quick(&lower::lower(model)?.network))
}

/// The input files of the build, except those of the target.
fn sources(options: &Options) -> Result<Vec<SourceEntry>> {
    let mut files: Vec<(&str, PathBuf)> = Vec::new();
    files.extend(load::model_files(&options.model).map(|file| ("model", file)));
    match &options.layout {
        Layout::Uniform(_) | Layout::Overlay(_) => {}
        Layout::Loadable(_, others) => {
            files.extend(others.iter().flat_map(|path| load::model_files(path)).map(|file| ("also", file)));
        }
        Layout::File(path) => files.push(("folding", path.clone())),
        Layout::Scheduled { schedule, .. } => {
            let samples = schedule.calibrate.iter().map(|location| data::split_location(location).0);
            files.extend(samples.map(|file| ("calibration", file)));
        }
    }
    let entry = |(role, path): &(&str, PathBuf)| Ok(SourceEntry::of(role, &folder::read(path)?));
    files.iter().map(entry).collect()
}
