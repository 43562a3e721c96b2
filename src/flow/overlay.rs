//! Overlays of a model: sizes that are explored, and the choice of one.

use super::schedule::{Schedule, clock, most_cycles, samples};
use super::{Steps, Watch};
use crate::architecture::{
    OverlayGoal as Goal, OverlayPoint, OverlaySizes as Sizes, choose_overlay, overlay_point, overlay_points,
};
use crate::error::{Error, Result};
use crate::golden::Settled;
use crate::hardware::Activity;
use crate::lower;
use crate::report::{Exploration, Explored, Spikes};
use crate::snn::Model;
use crate::target::{Family, Target};

/// Overlays from the slowest to the fastest, with the one to take.
pub struct OverlayCandidates {
    /// The overlays.
    pub points: Vec<OverlayPoint>,
    /// The index of the one to take; an error where none meets the goal.
    pub choice: Result<usize>,
    /// The spikes that their cycles are estimated from.
    pub spikes: Spikes,
}

/// Explores the sizes that are not given, and chooses.
///
/// # Errors
/// When a size is out of range, the samples are wrong, or the overlay cannot compute the network.
pub fn candidates(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    sizes: &Sizes,
    watch: &dyn Watch,
) -> Result<OverlayCandidates> {
    let goal = goal(schedule, target)?;
    let network = lower::lower(model)?.network;
    let family = target.map_or(Family::Xc7, |target| target.device().family);
    let room = target.map(Target::room);
    let (activity, spikes) = activity(model, schedule, sizes, watch)?;
    let points = super::watch::task(watch, "overlays", Steps::Unknown, || {
        overlay_points(&model.name, &network, &activity, sizes, family, room.as_ref())
    })?;
    let choice = choose_overlay(&points, &goal, room.as_ref());
    Ok(OverlayCandidates { points, choice, spikes })
}

/// The overlay with the sizes that are given and otherwise the usual ones, with its cycles and area.
///
/// # Errors
/// As [`candidates`].
pub fn usual(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    sizes: &Sizes,
    watch: &dyn Watch,
) -> Result<(OverlayPoint, Spikes)> {
    let network = lower::lower(model)?.network;
    let options = sizes.options(&network)?;
    let family = target.map_or(Family::Xc7, |target| target.device().family);
    let (activity, spikes) = activity(model, schedule, sizes, watch)?;
    Ok((overlay_point(&model.name, &network, &activity, &options, family)?, spikes))
}

/// Levels of the samples that cycles are estimated from.
fn activity(
    model: &Model,
    schedule: &Schedule,
    sizes: &Sizes,
    watch: &dyn Watch,
) -> Result<(Activity, Spikes)> {
    let network = lower::lower(model)?.network;
    let code = sizes.options(&network)?.code;
    let golden = Settled::new(&network, code)?;
    let (samples, spikes) = samples(model, schedule)?;
    let measure = || Ok(Activity::levels(&golden, samples));
    Ok((super::watch::task(watch, "golden model", Steps::Unknown, measure)?, spikes))
}

/// What an overlay is chosen for.
fn goal(schedule: &Schedule, target: Option<&Target>) -> Result<Goal> {
    Ok(match (most_cycles(schedule, target)?, schedule.luts, target) {
        (Some(most), ..) => Goal::Cycles(most),
        (None, Some(most), _) => Goal::Luts(most),
        (None, None, Some(_)) => Goal::Fit,
        (None, None, None) if schedule.fit => {
            return Err(Error::input("--fit needs something to fit").fix("name it with --target or --device"));
        }
        (None, None, None) => Goal::Balanced,
    })
}

/// The overlays in the form in which they are printed and stored.
///
/// # Errors
/// When the clock is none.
pub fn exploration(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    points: &[OverlayPoint],
    chosen: Option<usize>,
    spikes: Spikes,
) -> Result<Exploration> {
    let clock_hz = clock(schedule, target)?;
    let estimate = points.first().map(|point| &point.estimate);
    let row = |(n, point): (usize, &OverlayPoint)| {
        let cycles = point.cycles.per_sample;
        let total = point.estimate.total;
        let short = target.map_or_else(Vec::new, |target| point.short(&target.room()));
        Explored {
            cycles,
            samples_per_second: clock_hz / cycles.max(1.0),
            lut: total.lut,
            ff: total.ff,
            bram: total.bram,
            dsp: total.dsp,
            busiest: point.busiest.clone(),
            fits: target.map(|_| short.is_empty()),
            short,
            // Known once all designs are.
            on_frontier: false,
            chosen: chosen == Some(n),
            folding: point.options.into(),
        }
    };
    let mut found = Exploration {
        model: model.name.clone(),
        family: estimate.map_or(Family::Xc7, |estimate| estimate.family),
        calibrated: estimate.is_none_or(|estimate| estimate.calibrated),
        clock_hz,
        spikes,
        sized_for: None,
        designs: points.iter().enumerate().map(row).collect(),
    };
    found.mark_frontier();
    Ok(found)
}
