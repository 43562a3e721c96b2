//! `explore`: cycles against area, and the choice of a design.

use std::path::PathBuf;

use super::{Watch, fit, load};
use crate::advice::advise;
use crate::architecture::{DesignPoint, Goal, Joins, Options as Folding, Scheduler, choose, design_points};
use crate::emit;
use crate::error::{Error, Result};
use crate::golden::Golden;
use crate::hardware::Activity;
use crate::lower;
use crate::report::{Exploration, Explored};
use crate::snn::Model;
use crate::target::{Board, Device, Family, Target};

/// Goal of a balanced design.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// Samples for measuring spikes, on which the pipeline is balanced: FILE.npy or FILE.npz:NAME, batch first.
    pub calibrate: Option<String>,
    /// Maximum number of samples.
    pub calibration_samples: Option<usize>,
    /// Take the smallest design with this number of samples per second.
    pub fps: Option<f64>,
    /// Take the fastest design that fits the device; the default if a device is given.
    pub fit: bool,
    /// Clock in MHz for `fps`; default: the clock of the board, or 100.
    pub clock_mhz: Option<f64>,
}

/// Options of an exploration.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A model.snn or a build folder.
    pub model: PathBuf,
    /// The board or device to build for.
    pub target: Option<Target>,
    /// Goal of the designs.
    pub schedule: Schedule,
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
    let Options { model: path, target, schedule } = options;
    let model = load::model(path)?;
    let base = Folding { joins: Joins::Minimal, ..Folding::default() };
    let (design_points, choice) = frontier(&model, schedule, target.as_ref(), &base, watch)?;
    let chosen = choice.as_ref().ok().copied();
    let found = exploration(&model, schedule, target.as_ref(), &design_points, chosen)?;
    if emit::read_manifest(path).is_ok() {
        found.save(path)?;
    }
    Ok(Frontier { exploration: found, unmet: choice.err() })
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

/// The designs from the slowest to the fastest, and the place of the one to take.
///
/// # Errors
/// When there are no samples, or no hardware for the model. The inner result is the failed check if no goal is met.
pub fn frontier(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    base: &Folding,
    watch: &dyn Watch,
) -> Result<(Vec<DesignPoint>, Result<usize>)> {
    let location = schedule.calibrate.as_deref().ok_or_else(|| {
        Error::input("there are no samples to balance the pipeline on")
            .fix("give some with --calibrate FILE.npy")
    })?;
    let inputs = load::inputs(location, model, schedule.calibration_samples)?;
    let lowered = lower::lower(model)?;
    let golden = Golden::new(&lowered.network)?;
    watch.begin("golden model", None);
    let activity = Activity::measure(&golden, (0..inputs.len()).map(|n| inputs.sample(n)));
    let family = target.map_or(Family::Xc7, |target| target.device().family);
    let scheduler = Scheduler::new(&model.name, &lowered.network, &activity, family, base);
    let room = target.map(Target::room);
    let result = design_points(&scheduler, family, room.as_ref(), &|point| {
        watch.doing(&format!("designs: {:.0} cycles", point.cycles.per_sample));
    });
    watch.end();
    let design_points = result?;
    let goal = match (schedule.fps, target) {
        (Some(fps), _) if fps.is_finite() && fps > 0.0 => Goal::Cycles(clock(schedule, target)? / fps),
        (Some(fps), _) => return Err(Error::input(format!("{fps} samples per second; it must be above 0"))),
        (None, Some(target)) => Goal::Fit(Box::new(target.room())),
        (None, None) if schedule.fit => {
            return Err(Error::input("--fit needs something to fit").fix("name it with --target or --device"));
        }
        // The fastest.
        (None, None) => {
            let last = design_points.len().saturating_sub(1);
            return Ok((design_points, Ok(last)));
        }
    };
    let choice = choose(&design_points, &goal);
    // What would fit is worked out where nothing does.
    let advice = match (&choice, &goal) {
        (Err(_), Goal::Fit(device)) => {
            advise(model, &design_points[0].point.options, device, &design_points[0].estimate.total)?
        }
        _ => None,
    };
    let fix = |error: Error| match &advice {
        Some(advice) => error.fix(format!("one of these\n{}", fit::indented(advice))),
        None => error,
    };
    Ok((design_points, choice.map_err(fix)))
}

/// Clock in Hz.
fn clock(schedule: &Schedule, target: Option<&Target>) -> Result<f64> {
    match schedule.clock_mhz {
        Some(mhz) if mhz.is_finite() && mhz > 0.0 => Ok(1e6 * mhz),
        Some(mhz) => Err(Error::input(format!("a clock of {mhz} MHz; it must be above 0"))),
        None => Ok(target.and_then(Target::board).map_or(1e8, |board| board.clock_hz as f64)),
    }
}

/// The designs in the form in which they are printed and stored.
///
/// # Errors
/// When the clock is none.
pub fn exploration(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    design_points: &[DesignPoint],
    chosen: Option<usize>,
) -> Result<Exploration> {
    let clock_hz = clock(schedule, target)?;
    let estimate = design_points.first().map(|design_point| &design_point.estimate);
    let mut found = Exploration {
        model: model.name.clone(),
        family: estimate.map_or(Family::Xc7, |estimate| estimate.family),
        calibrated: estimate.is_none_or(|estimate| estimate.calibrated),
        clock_hz,
        designs: (0..)
            .zip(design_points)
            .map(|(n, design_point)| row(design_point, target, clock_hz, chosen == Some(n)))
            .collect(),
    };
    found.mark_frontier();
    Ok(found)
}

fn row(design_point: &DesignPoint, target: Option<&Target>, clock: f64, chosen: bool) -> Explored {
    let DesignPoint { point, estimate } = design_point;
    let cycles = point.cycles.per_sample;
    let short = target.map_or_else(Vec::new, |target| design_point.short(&target.room()));
    Explored {
        cycles,
        samples_per_second: clock / cycles.max(1.0),
        lut: estimate.total.lut,
        ff: estimate.total.ff,
        bram: estimate.total.bram,
        dsp: estimate.total.dsp,
        busiest: design_point.busiest().to_owned(),
        fits: target.map(|_| short.is_empty()),
        short,
        // Known once all designs are.
        on_frontier: false,
        chosen,
        folding: point.options.clone(),
    }
}

/// The chosen design, and all explored ones.
///
/// # Errors
/// As [`frontier`]; when nothing meets the goal.
pub fn scheduled(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    base: &Folding,
    watch: &dyn Watch,
) -> Result<(DesignPoint, Exploration)> {
    let (mut design_points, choice) = frontier(model, schedule, target, base, watch)?;
    let choice = choice?;
    let found = exploration(model, schedule, target, &design_points, Some(choice))?;
    Ok((design_points.swap_remove(choice), found))
}
