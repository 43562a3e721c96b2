//! How the layers of a build are folded: as is asked for, or as a search finds.

use std::path::PathBuf;

use super::automatic;
use super::explore::{self, Schedule};
use super::found::{Compared, Found};
use super::overlay::{self, OverlayCandidates, Wanted};
use super::{Watch, fit, load};
use crate::architecture::{
    Architecture, External, Joins, Loadable, Options as AnyFolding, OverlayOptions, OverlayPoint,
    OverlaySizes as Sizes, StreamingOptions as Folding,
};
use crate::emit;
use crate::error::Result;
use crate::integer::Network;
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
    /// The architecture whose design suits the goal better (`automatic.rs`).
    Automatic {
        /// Maximum lanes of a streaming design, or lanes of an overlay, if they are given.
        lanes: Option<usize>,
        /// The samples and the goal.
        schedule: Schedule,
    },
    /// An overlay.
    Overlay {
        /// The sizes that are given; the others are the usual ones, or chosen for the goal.
        sizes: Sizes,
        /// The samples and the goal.
        schedule: Schedule,
    },
    /// An overlay that networks can be loaded into.
    Loadable {
        /// The sizes that are given; the others are the usual ones, or chosen for the goal.
        sizes: Sizes,
        /// Other networks, each a model.snn.
        others: Vec<PathBuf>,
        /// Where the weights come from, if that is memory.
        external: Option<External>,
        /// The samples and the goal.
        schedule: Schedule,
    },
}

impl Layout {
    /// The folding of a model.
    ///
    /// # Errors
    /// When the architecture cannot compute the network, or samples or sizes are wrong; that no design meets the goal is a
    /// failed check.
    pub fn find(&self, model: &Model, target: Option<&Target>, watch: &dyn Watch) -> Result<Found> {
        Ok(match self {
            Self::File(path) => Found::given(emit::read_folding(path)?),
            Self::Uniform(folding) => {
                let fitting = match target {
                    Some(target) => fit::uniform(model, folding, &target.room(), false)?,
                    None => None,
                };
                Found::given(fitting.unwrap_or_else(|| folding.into()))
            }
            Self::Scheduled { schedule, folding } if leave_uniform(model, schedule)? => {
                let fitting = match target.map(Target::room) {
                    Some(room) => uniform(model, folding, &room, schedule.keep_joins)?,
                    None => None,
                };
                Found::given(fitting.unwrap_or_else(|| folding.into()))
            }
            Self::Scheduled { schedule, folding } => {
                let (balanced, exploration) = explore::scheduled(model, schedule, target, folding, watch)?;
                let found = Found::given(&balanced.point.options);
                Found { balanced: Some(balanced), exploration: Some(exploration), ..found }
            }
            Self::Automatic { lanes, schedule } => either(model, *lanes, schedule, target, watch)?,
            Self::Overlay { sizes, schedule } => {
                let (point, spikes, exploration) = chosen_overlay(model, sizes, schedule, target, watch)?;
                let found = Found::given(point.options);
                Found { overlay: Some((point, spikes, exploration.is_some())), exploration, ..found }
            }
            Self::Loadable { sizes, others, external, schedule } => {
                let others = networks(others)?;
                if schedule.has_goal() {
                    let wanted = Wanted { sizes: *sizes, loaded: Some(others), external: *external };
                    return chosen_machine(model, &wanted, schedule, target, watch);
                }
                let loadable = machine(model, sizes, &others, external.as_ref())?;
                Found::given(AnyFolding::Loadable(Box::new(loadable)))
            }
        })
    }
}

/// The folding of the architecture that suits the goal better. The streaming architecture balances layer by layer, which
/// takes long for large networks.
fn either(
    model: &Model,
    lanes: Option<usize>,
    schedule: &Schedule,
    target: Option<&Target>,
    watch: &dyn Watch,
) -> Result<Found> {
    let overlay = Layout::Overlay { sizes: Sizes { lanes, ..Sizes::default() }, schedule: schedule.clone() };
    let overlay = overlay.find(model, target, watch);
    let streaming = || {
        let (schedule, folding) = (schedule.clone(), Folding::default());
        Layout::Scheduled { schedule, folding }.find(model, target, watch)
    };
    let found = match explore::is_quick(&lower::lower(model)?.network) {
        true => automatic::better(streaming(), overlay, schedule, target)?,
        false => automatic::overlay_first(overlay, streaming)?,
    };
    match (lanes, found.folding.architecture()) {
        // Lanes that are given are those of every layer.
        (Some(lanes), Architecture::Streaming) => {
            let uniform = Layout::Uniform(Folding { lanes, ..Folding::default() });
            // The figures are those of other lanes.
            let compared = found.compared.map(|compared| Compared { design: None, ..compared });
            Ok(Found { compared, ..uniform.find(model, target, watch)? })
        }
        _ => Ok(found),
    }
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
        overlay::candidates(model, schedule, target, &Wanted::fixed(sizes), watch)?;
    match (choice, usual) {
        // Nothing was asked for, and nothing fits.
        (Err(_), Some((point, spikes))) if schedule.calibrate.is_none() => Ok((point, spikes, None)),
        (choice, _) => {
            let choice = choice?;
            let found = overlay::exploration(model, schedule, target, &points, Some(choice), spikes)?;
            Ok((points.swap_remove(choice), spikes, Some(found)))
        }
    }
}

/// The machine that meets the goal, and all that were explored.
fn chosen_machine(
    model: &Model,
    wanted: &Wanted,
    schedule: &Schedule,
    target: Option<&Target>,
    watch: &dyn Watch,
) -> Result<Found> {
    let OverlayCandidates { mut points, choice, spikes } =
        overlay::candidates(model, schedule, target, wanted, watch)?;
    let choice = choice?;
    let exploration = overlay::exploration(model, schedule, target, &points, Some(choice), spikes)?;
    let point = points.swap_remove(choice);
    let found = Found::given(overlay::folding(&point));
    Ok(Found { overlay: Some((point, spikes, true)), exploration: Some(exploration), ..found })
}

/// The integer networks of models.
fn networks(paths: &[PathBuf]) -> Result<Vec<Network>> {
    paths.iter().map(|path| Ok(lower::lower(&load::model(path)?)?.network)).collect()
}

/// The machine of a network and others.
fn machine(
    model: &Model,
    sizes: &Sizes,
    others: &[Network],
    external: Option<&External>,
) -> Result<Loadable> {
    let own = lower::lower(model)?.network;
    let networks: Vec<&Network> = std::iter::once(&own).chain(others).collect();
    let own: Vec<OverlayOptions> =
        networks.iter().map(|network| sizes.options(network)).collect::<Result<_>>()?;
    let widest = own.into_iter().max_by_key(|options| options.lanes).unwrap_or_default();
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
