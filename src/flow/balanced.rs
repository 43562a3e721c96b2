//! Streaming designs that are balanced on spikes, and the choice of one.

use super::schedule::{Schedule, clock, most_cycles, samples};
use super::{Steps, Watch, fit};
use crate::advice::advise;
use crate::architecture::{
    Design, DesignPoint, Goal, Joins, Options as AnyFolding, Scheduler, StreamingOptions as Folding, choose,
    design_points, nearest, small_device, uniform_point,
};
use crate::error::{Error, Result};
use crate::golden::Golden;
use crate::hardware::Activity;
use crate::integer::{Network, Op};
use crate::lower;
use crate::report::{Exploration, Explored, Spikes};
use crate::snn::Model;
use crate::target::{Device, Family, Target, devices};

/// Networks up to this size are balanced without being asked: layers that can be folded, and weights.
const QUICK_NODES: usize = 96;
const QUICK_WEIGHTS: usize = 4_000_000;

/// Designs from the slowest to the fastest, with the one to take.
pub struct Candidates {
    /// The designs.
    pub designs: Vec<DesignPoint>,
    /// The index of the one to take; an error where none meets the goal.
    pub choice: Result<usize>,
    /// The spikes that they are balanced on.
    pub spikes: Spikes,
    /// The small device that a balanced design leaves room on, if no device is given and one of them holds any design.
    pub sized_for: Option<String>,
}

/// Finds the designs and chooses one.
///
/// # Errors
/// When the samples are wrong, or no hardware for the model exists.
pub fn candidates(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    base: &Folding,
    watch: &dyn Watch,
) -> Result<Candidates> {
    let goal = goal(schedule, target)?;
    let lowered = lower::lower(model)?;
    // What this architecture does not have is said before anything is measured.
    Design::plan(&model.name, &lowered.network, &AnyFolding::from(base))?;
    let golden = Golden::new(&lowered.network)?;
    watch.begin("golden model", Steps::Unknown);
    let (samples, spikes) = samples(model, schedule)?;
    let activity = Activity::measure(&golden, samples);
    let family = target.map_or(Family::Xc7, |target| target.device().family);
    let room = target.map(Target::room);
    let balanced = |joins: Joins| {
        let base = Folding { joins, ..base.clone() };
        let scheduler = Scheduler::new(&model.name, &lowered.network, &activity, family, &base);
        let mut designs = design_points(&scheduler, family, room.as_ref(), &|point| {
            watch.doing(&format!("designs: {:.0} cycles", point.cycles.per_sample));
        })?;
        let mut choice = choose(&designs, &goal);
        // Narrow lanes are not always the smallest in memory.
        if let (Err(_), Goal::Fit(device), Joins::Minimal) = (&choice, &goal, joins)
            && let Some(design) = uniform_point(&scheduler, device)?
        {
            let cycles = |design: &DesignPoint| design.point.cycles.per_sample;
            let index = designs.partition_point(|other| cycles(other) > cycles(&design));
            designs.insert(index, design);
            choice = choose(&designs, &goal);
        }
        Ok((designs, choice))
    };
    let mut result = balanced(base.joins);
    if let (Ok((_, Err(_))), Goal::Fit(_)) = (&result, &goal)
        && base.joins != Joins::Minimal
        && !schedule.keep_joins
    {
        result = balanced(Joins::Minimal);
    }
    watch.end();
    let (designs, choice) = result?;
    // What would fit is worked out where nothing does.
    let advice = match (&choice, &goal) {
        (Err(_), Goal::Fit(device)) => {
            let design = &designs[nearest(&designs, device)];
            advise(model, &design.point.options, device, &design.estimate.total)?
        }
        _ => None,
    };
    let fix = |error: Error| match &advice {
        Some(advice) => error.fix(format!("one of these\n{}", fit::indented(advice))),
        None => error,
    };
    let sized_for = match &goal {
        Goal::Balanced { devices } => small_device(&designs, devices).map(|device| device.die.clone()),
        Goal::Cycles { .. } | Goal::Luts { .. } | Goal::Fit(_) => None,
    };
    Ok(Candidates { designs, choice: choice.map_err(fix), spikes, sized_for })
}

/// The known devices of a family.
fn devices_of(family: Family) -> Result<Vec<Device>> {
    Ok(devices()?.into_iter().filter(|device| device.family == family).collect())
}

/// What a design is chosen for.
fn goal(schedule: &Schedule, target: Option<&Target>) -> Result<Goal> {
    if let Some(most) = schedule.luts {
        return Ok(Goal::Luts { most, device: target.map(|target| Box::new(target.room())) });
    }
    Ok(match (most_cycles(schedule, target)?, target) {
        (Some(most), _) => Goal::Cycles { most, device: target.map(|target| Box::new(target.room())) },
        (None, Some(target)) => Goal::Fit(Box::new(target.room())),
        (None, None) if schedule.fit => {
            return Err(Error::input("--fit needs something to fit").fix("name it with --target or --device"));
        }
        (None, None) => Goal::Balanced { devices: devices_of(Family::Xc7)? },
    })
}

/// Whether designs of a network are found in seconds: it is not very deep and not very large.
pub fn is_quick(network: &Network) -> bool {
    let ops = || network.topological().into_iter().map(|id| &network.node(id).op);
    let foldable = ops().filter(|op| Folding::is_folded(op)).count();
    let weights: usize =
        ops().map(|op| if let Op::Linear(linear) = op { linear.weights.len() } else { 0 }).sum();
    foldable <= QUICK_NODES && weights <= QUICK_WEIGHTS
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
    spikes: Spikes,
) -> Result<Exploration> {
    let clock_hz = clock(schedule, target)?;
    let estimate = design_points.first().map(|design_point| &design_point.estimate);
    let mut found = Exploration {
        model: model.name.clone(),
        family: estimate.map_or(Family::Xc7, |estimate| estimate.family),
        calibrated: estimate.is_none_or(|estimate| estimate.calibrated),
        clock_hz,
        spikes,
        sized_for: None,
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
        folding: point.options.clone().into(),
        memory: None,
    }
}

/// The chosen design, and all explored ones.
///
/// # Errors
/// As [`candidates`]; when nothing meets the goal. Where nothing was asked for, the design that comes nearest to the device
/// is taken.
pub fn scheduled(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    base: &Folding,
    watch: &dyn Watch,
) -> Result<(DesignPoint, Exploration)> {
    let Candidates { mut designs, choice, spikes, sized_for } =
        candidates(model, schedule, target, base, watch)?;
    let nothing_asked = schedule.calibrate.is_none() && !schedule.has_goal();
    let choice = match (choice, target) {
        (Err(_), Some(target)) if nothing_asked => nearest(&designs, &target.room()),
        (choice, _) => choice?,
    };
    let mut found = exploration(model, schedule, target, &designs, Some(choice), spikes)?;
    found.sized_for = sized_for;
    Ok((designs.swap_remove(choice), found))
}
