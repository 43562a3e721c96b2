//! `explore`: cycles against area.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{fit, load, output};
use crate::advice::advise;
use crate::emit;
use crate::error::{Error, Result};
use crate::golden::Golden;
use crate::lower;
use crate::report::{EXPLORATION_VERSION, Exploration, Explored};
use crate::snn::Model;
use crate::streaming::design::{Joins, Options};
use crate::streaming::schedule::{Activity, DesignPoint, Goal, Scheduler, choose, design_points};
use crate::target::{Board, Device, Family, Target};

/// What a design is balanced for.
#[derive(ClapArgs, Clone)]
pub struct Schedule {
    /// Samples whose spikes the pipeline is balanced on: FILE.npy or FILE.npz:NAME, batch first.
    #[arg(long, value_name = "FILE")]
    pub calibrate: Option<String>,
    /// Only the first of them.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "calibrate")]
    pub calibration_samples: usize,
    /// The smallest design that takes so many samples a second.
    #[arg(long, value_name = "N", conflicts_with = "fit", requires = "calibrate")]
    pub fps: Option<f64>,
    /// The fastest design that fits the device; the default where one is named.
    #[arg(long, requires = "calibrate")]
    pub fit: bool,
    /// Clock in MHz that --fps counts on; by default the board's, or 100.
    #[arg(long, value_name = "MHZ")]
    pub clock: Option<f64>,
}

/// Arguments of `explore`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn or a build folder.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The board to build for: a name that `snn2rtl targets` lists, or the path of its description, FILE.toml.
    #[arg(long, value_name = "BOARD", conflicts_with = "device")]
    target: Option<String>,
    /// The device to build for, without a board.
    #[arg(long, value_name = "PART")]
    device: Option<String>,
    #[command(flatten)]
    schedule: Schedule,
    /// Where a picture of the frontier goes.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The board or device that is named.
///
/// # Errors
/// When there is none of that name.
pub fn target(board: Option<&str>, device: Option<&str>) -> Result<Option<Target>> {
    Ok(match (board, device) {
        (Some(name), _) => Some(Target::Board(Box::new(Board::find(name)?))),
        (None, Some(name)) => Some(Target::Device(Box::new(Device::find(name)?))),
        (None, None) => None,
    })
}

/// Prints the frontier.
///
/// # Errors
/// When the model or the samples are wrong; that nothing fits is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let target = target(args.target.as_deref(), args.device.as_deref())?;
    let model = load::model(&args.model)?;
    let base = Options { joins: Joins::Minimal, ..Options::default() };
    let (design_points, choice) = frontier(&model, &args.schedule, target.as_ref(), &base)?;
    let chosen = choice.as_ref().ok().copied();
    let found = exploration(&model, &args.schedule, target.as_ref(), &design_points, chosen)?;
    // Of a build folder: for its report.
    if emit::read_manifest(&args.model).is_ok() {
        found.save(&args.model)?;
    }
    if let Some(path) = &args.svg {
        super::plot::frontier(path, &model.name, found.family, &points(&design_points), chosen)?;
    }
    if args.json {
        output::json_of(EXPLORATION_VERSION, &found)?;
    } else {
        output::print(&table(&found))?;
        if !found.calibrated {
            let family = found.family;
            output::print(&format!("area in {family} is reckoned with coefficients of another family"))?;
        }
    }
    choice.map(drop)
}

/// The designs from the slowest to the fastest, and the place of the one to take.
///
/// # Errors
/// When there are no samples, or no hardware for the model. Whether a goal is met is told by the inner result.
pub fn frontier(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    base: &Options,
) -> Result<(Vec<DesignPoint>, Result<usize>)> {
    let location = schedule.calibrate.as_deref().ok_or_else(|| {
        Error::input("there are no samples to balance the pipeline on")
            .fix("give some with --calibrate FILE.npy")
    })?;
    let inputs = load::inputs(location, model, Some(schedule.calibration_samples))?;
    let lowered = lower::lower(model)?;
    let golden = Golden::new(&lowered.network)?;
    let spinner = output::spinner("golden model");
    let activity = Activity::measure(&golden, (0..inputs.len()).map(|n| inputs.sample(n)));
    let family = target.map_or(Family::Xc7, |target| target.device().family);
    let scheduler = Scheduler::new(&model.name, &lowered.network, &activity, family, base);
    let room = target.map(Target::room);
    let result = design_points(&scheduler, family, room.as_ref(), &|point| {
        spinner.set_message(format!("designs: {:.0} cycles", point.cycles.per_sample));
    });
    spinner.finish_and_clear();
    let design_points = result?;
    let goal = match (schedule.fps, target) {
        (Some(fps), _) if fps.is_finite() && fps > 0.0 => Goal::Cycles(clock(schedule, target)? / fps),
        (Some(fps), _) => return Err(Error::input(format!("{fps} samples a second; it must be above 0"))),
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
    match schedule.clock {
        Some(mhz) if mhz.is_finite() && mhz > 0.0 => Ok(1e6 * mhz),
        Some(mhz) => Err(Error::input(format!("a clock of {mhz} MHz; it must be above 0"))),
        None => Ok(target.and_then(Target::board).map_or(1e8, |board| board.clock_hz as f64)),
    }
}

fn points(design_points: &[DesignPoint]) -> Vec<(f64, f64)> {
    design_points
        .iter()
        .map(|design_point| (design_point.estimate.total.lut as f64, design_point.point.cycles.per_sample))
        .collect()
}

/// The designs in the form in which they are printed and kept.
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
    Ok(Exploration {
        model: model.name.clone(),
        family: estimate.map_or(Family::Xc7, |estimate| estimate.family),
        calibrated: estimate.is_none_or(|estimate| estimate.calibrated),
        clock_hz,
        designs: (0..)
            .zip(design_points)
            .map(|(n, design_point)| row(design_point, target, clock_hz, chosen == Some(n)))
            .collect(),
    })
}

fn row(design_point: &DesignPoint, target: Option<&Target>, clock: f64, chosen: bool) -> Explored {
    let DesignPoint { point, estimate } = design_point;
    let cycles = point.cycles.per_sample;
    let busiest =
        point.cycles.busiest().map_or(String::new(), |stage| point.design.stages[stage].node.clone());
    Explored {
        cycles,
        samples_per_second: clock / cycles.max(1.0),
        lut: estimate.total.lut,
        ff: estimate.total.ff,
        bram: estimate.total.bram,
        dsp: estimate.total.dsp,
        busiest,
        fits: target.map(|target| design_point.short(&target.room()).is_empty()),
        chosen,
        folding: point.options.clone(),
    }
}

fn table(found: &Exploration) -> String {
    let cells = found.designs.iter().map(|row| {
        let fits = match row.fits {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        [
            if row.chosen { "→".to_owned() } else { String::new() },
            output::thousands(row.cycles.round() as u64),
            output::thousands(row.samples_per_second.round() as u64),
            output::thousands(row.lut),
            output::thousands(row.ff),
            output::thousands(row.bram),
            output::thousands(row.dsp),
            fits.to_owned(),
            crate::error::printable(&row.busiest),
        ]
    });
    let header = ["", "cycles", "samples/s", "LUT", "FF", found.family.bram_unit(), "DSP", "fits", "busiest"];
    output::table(header, cells.collect(), 1).to_string()
}

/// The design that is to be taken, and all that were looked at.
///
/// # Errors
/// As [`frontier`]; when nothing meets the goal.
pub fn scheduled(
    model: &Model,
    schedule: &Schedule,
    target: Option<&Target>,
    base: &Options,
) -> Result<(DesignPoint, Exploration)> {
    let (mut design_points, choice) = frontier(model, schedule, target, base)?;
    let choice = choice?;
    let found = exploration(model, schedule, target, &design_points, Some(choice))?;
    Ok((design_points.swap_remove(choice), found))
}
