//! `explore`: cycles against area, of one architecture or of both.

use std::path::PathBuf;

use super::automatic;
use super::overlay::{self, OverlayCandidates, Wanted};
use super::{Watch, load};
use crate::architecture::{External, Joins, StreamingOptions as Folding};
use crate::emit;
use crate::error::{Error, Result};
use crate::hardware::Figures;
use crate::lower;
use crate::report::{Exploration, Explored};
use crate::snn::Model;
use crate::target::{Board, Device, Target};

pub use super::balanced::{Candidates, candidates, exploration, is_quick, scheduled};
pub use super::schedule::Schedule;

/// What is explored.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A model.snn or a build folder.
    pub model: PathBuf,
    /// The board or device to build for.
    pub target: Option<Target>,
    /// Goal of the designs.
    pub schedule: Schedule,
    /// Whose designs they are.
    pub architectures: Architectures,
    /// Port and ring of overlays whose weights come from memory outside the chip. Streaming designs have none.
    pub external: Option<External>,
}

/// Architectures that are explored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Architectures {
    /// Streaming designs.
    Streaming,
    /// Overlays.
    Overlay,
    /// Both, as far as they can compute the network; of a large network overlays only, since balancing takes long.
    #[default]
    Both,
}

/// The designs that were found, from the slowest to the fastest.
#[derive(Debug)]
pub struct Frontier {
    /// The designs in the form that is printed and stored.
    pub exploration: Exploration,
    /// The reason, if no design meets the goal.
    pub unmet: Option<Error>,
}

/// Finds the designs between the smallest and the fastest; of a build folder, they are kept in it for its report.
///
/// # Errors
/// When the model or the samples are wrong.
pub fn explore(options: &Options, watch: &dyn Watch) -> Result<Frontier> {
    let Options { model: path, target, schedule, architectures, external } = options;
    let wanted = Wanted { external: *external, ..Wanted::default() };
    let model = load::model(path)?;
    let target = target.as_ref();
    let frontier = match architectures {
        Architectures::Streaming => streaming(&model, schedule, target, watch)?,
        Architectures::Overlay => overlays(&model, schedule, target, &wanted, watch)?,
        Architectures::Both if external.is_some() => overlays(&model, schedule, target, &wanted, watch)?,
        Architectures::Both if !is_quick(&lower::lower(&model)?.network) => {
            watch.note("the network is large: no streaming designs are searched (--architecture streaming)");
            overlays(&model, schedule, target, &wanted, watch)?
        }
        Architectures::Both => {
            let note = |error: Error, of: &str| {
                watch.note(&format!("no designs of the {of} architecture: {error}"));
                error
            };
            let first = streaming(&model, schedule, target, watch).map_err(|e| note(e, "streaming"));
            let second = overlays(&model, schedule, target, &wanted, watch).map_err(|e| note(e, "overlay"));
            match (first, second) {
                (Ok(first), Ok(second)) => both(first, second, schedule, target),
                (Ok(one), Err(_)) | (Err(_), Ok(one)) => one,
                (Err(error), Err(_)) => return Err(error),
            }
        }
    };
    if emit::read_manifest(path).is_ok() {
        frontier.exploration.save(path)?;
    }
    Ok(frontier)
}

fn streaming(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    watch: &dyn Watch,
) -> Result<Frontier> {
    let base = Folding { joins: Joins::Minimal, ..Folding::default() };
    let Candidates { designs, choice, spikes, sized_for } =
        candidates(model, schedule, target, &base, watch)?;
    let chosen = choice.as_ref().ok().copied();
    let mut found = exploration(model, schedule, target, &designs, chosen, spikes)?;
    found.sized_for = sized_for;
    Ok(Frontier { exploration: found, unmet: choice.err() })
}

fn overlays(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    wanted: &Wanted,
    watch: &dyn Watch,
) -> Result<Frontier> {
    let OverlayCandidates { points, choice, spikes } =
        overlay::candidates(model, schedule, target, wanted, watch)?;
    let chosen = choice.as_ref().ok().copied();
    let exploration = overlay::exploration(model, schedule, target, &points, chosen, spikes)?;
    Ok(Frontier { exploration, unmet: choice.err() })
}

/// The designs of both, with one that is chosen.
fn both(first: Frontier, second: Frontier, schedule: &Schedule, target: Option<&Target>) -> Frontier {
    let mut found = first.exploration;
    found.designs.extend(second.exploration.designs);
    found.calibrated &= second.exploration.calibrated;
    found.designs.sort_by(|a, b| b.cycles.total_cmp(&a.cycles));
    found.mark_frontier();
    let worth = |design: &Explored| {
        let &Explored { cycles, lut, ff, bram, dsp, .. } = design;
        let total = Figures { lut, ff, bram, dsp, ..Figures::default() };
        automatic::worth(schedule, target, cycles, &total)
    };
    // A design that fits is better than one that does not.
    let best = found.designs.iter().filter(|design| design.chosen);
    let best = best.map(|design| (design.fits == Some(false), worth(design)));
    let best = best.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut taken = false;
    for design in &mut found.designs {
        let is_best = best == Some((design.fits == Some(false), worth(design)));
        design.chosen &= is_best && !taken;
        taken |= design.chosen;
    }
    let unmet = first.unmet.zip(second.unmet).map(|(first, second)| automatic::neither(first, second));
    Frontier { exploration: Exploration { sized_for: None, ..found }, unmet }
}

/// The named board or device.
///
/// # Errors
/// If there is none of that name.
pub fn target(board: Option<&str>, device: Option<&str>) -> Result<Option<Target>> {
    Ok(match (board, device) {
        (Some(name), _) => Some(Target::Board(Box::new(Board::find(name)?))),
        (None, Some(name)) => Some(Target::Device(Box::new(Device::find(name)?))),
        (None, None) => None,
    })
}
