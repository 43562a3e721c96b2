//! Overlays of a model: sizes that are explored, and the choice of one.

use super::schedule::{Schedule, clock, most_cycles, samples};
use super::{Steps, Watch};
use crate::architecture::{
    External, ModelMemory, Options, OverlayGoal as Goal, OverlayPlace as Place, OverlayPoint,
    OverlaySizes as Sizes, OverlayTask as Task, choose_overlay, overlay_point, overlay_points,
};
use crate::error::{Error, Result};
use crate::golden::Settled;
use crate::hardware::Activity;
use crate::integer::Network;
use crate::lower;
use crate::report::{Exploration, Explored, MemoryBound, Spikes};
use crate::snn::Model;
use crate::target::{Family, Target};

/// What overlays are explored.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The sizes that are given.
    pub sizes: Sizes,
    /// Networks that are loaded at run time, if they are: others that the machine has room for.
    pub loaded: Option<Vec<Network>>,
    /// Port and ring, if weights come from memory outside the chip; networks are then loaded.
    pub external: Option<External>,
}

impl Wanted {
    /// Of these sizes, with everything in the chip.
    pub fn fixed(sizes: &Sizes) -> Self {
        Self { sizes: *sizes, ..Self::default() }
    }

    /// Where program and weights are.
    ///
    /// # Errors
    /// When port or ring are out of range, the board has no memory, or the clock is none.
    fn place(&self, schedule: &Schedule, target: Option<&Target>) -> Result<Place<'_>> {
        let others = self.loaded.as_deref();
        let Some(external) = self.external else {
            return Ok(others.map_or(Place::Fixed, |others| Place::Loaded { others, memory: None }));
        };
        external.check()?;
        let bytes_per_cycle = match target {
            Some(Target::Board(board)) => {
                let memory = board.memory_for_weights()?;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a clock, above 0"
                )]
                let clock_hz = clock(schedule, target)?.round() as u64;
                memory.bytes_per_cycle(external.bus as u64, external.ports as u64, clock_hz)
            }
            Some(Target::Device(_)) | None => external.beat() as f64 / 8.0,
        };
        let memory = Some(ModelMemory { external, bytes_per_cycle });
        Ok(Place::Loaded { others: others.unwrap_or_default(), memory })
    }
}

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
    wanted: &Wanted,
    watch: &dyn Watch,
) -> Result<OverlayCandidates> {
    let (goal, place) = (goal(schedule, target)?, wanted.place(schedule, target)?);
    let network = lower::lower(model)?.network;
    let family = target.map_or(Family::Xc7, |target| target.device().family);
    let room = target.map(Target::room);
    let (activity, spikes) = activity(model, schedule, &wanted.sizes, watch)?;
    let device = room.as_ref();
    let task = Task { model: &model.name, network: &network, place, activity: &activity, family, device };
    let find = || overlay_points(&task, &wanted.sizes);
    let points = super::watch::task(watch, "overlays", Steps::Unknown, find)?;
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
    let place = Place::Fixed;
    let task =
        Task { model: &model.name, network: &network, place, activity: &activity, family, device: None };
    Ok((overlay_point(&task, &options)?, spikes))
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

/// The options that an overlay is built with.
pub fn folding(point: &OverlayPoint) -> Options {
    match &point.loadable {
        Some(machine) => Options::Loadable(machine.clone()),
        None => point.options.into(),
    }
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
            folding: folding(point),
            memory: point.roofline.as_ref().map(|roofline| MemoryBound {
                weight_bytes: roofline.weight_bytes,
                bytes_per_cycle: roofline.bytes_per_cycle,
                weight_cycles: roofline.weight_cycles,
                compute_cycles: roofline.compute_cycles as f64,
                limits: roofline.is_memory_bound(),
            }),
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
