//! Sizes of an overlay: those that are explored, and the choice of one.

use rayon::prelude::*;

use super::design::{self, Design};
use super::entry::stages;
use super::estimate;
use super::interval::interval;
use super::options::Options;
use crate::error::{Error, Result};
use crate::golden::SpikeCode;
use crate::hardware::{Activity, Cycles, Estimate, needs};
use crate::integer::Network;
use crate::integer::cost::synapses;
use crate::target::{Device, Family, Short};

/// What is chosen of an overlay; the rest is what suits the network, or is explored.
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
    /// Elements at once of LayerNorm, softmax and sums.
    pub row_lanes: Option<usize>,
    /// What a spike carries.
    pub code: Option<SpikeCode>,
}

/// What is explored.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The model's name.
    pub model: &'a str,
    /// The network.
    pub network: &'a Network,
    /// The samples that cycles are estimated with.
    pub activity: &'a Activity,
    /// The family that area is estimated for.
    pub family: Family,
    /// The device.
    pub device: Option<&'a Device>,
}

/// An overlay.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its sizes.
    pub options: Options,
    /// Its cycles.
    pub cycles: Cycles,
    /// Its area.
    pub estimate: Estimate,
    /// The unit that is busy longest.
    pub busiest: String,
}

/// Goal of the choice.
#[derive(Clone, Debug)]
pub enum Goal {
    /// The smallest that takes at most so many cycles per sample; of those that fit the device, if any does.
    Cycles(f64),
    /// The fastest with at most so many look-up tables; of those that fit the device, if any does.
    Luts(u64),
    /// The fastest that fits the device.
    Fit,
    /// The smallest product of look-up tables and cycles; of those that fit the device, if any does.
    Balanced,
}

/// Lanes, neurons that fire together, neurons of a word, events per cycle that are explored.
const LANES: [usize; 12] = [4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384];
const FIRE_LANES: [usize; 3] = [4, 8, 16];
const FETCH_WIDTHS: [usize; 5] = [8, 16, 32, 64, 128];
const SPIKES: [usize; 4] = [1, 2, 4, 8];
/// The same of networks with more synapses.
const LARGE: u64 = 50_000_000;
const LARGE_LANES: [usize; 4] = [16, 64, 128, 256];
const LARGE_FIRE_LANES: [usize; 1] = [8];
const LARGE_FETCH_WIDTHS: [usize; 2] = [32, 64];

impl Sizes {
    /// The options for a network: what is not chosen is what is usual.
    ///
    /// # Errors
    /// When a size is out of range.
    pub fn options(&self, network: &Network) -> Result<Options> {
        let usual = Options::sensible(network);
        let fire_lanes = self.fire_lanes.unwrap_or(usual.fire_lanes);
        let options = Options {
            lanes: self.lanes.unwrap_or(usual.lanes),
            spikes: self.spikes.unwrap_or(usual.spikes),
            fire_lanes,
            fetch_width: self.fetch_width.unwrap_or(usual.fetch_width),
            row_lanes: self.row_lanes.unwrap_or(Options::usual_row_lanes(fire_lanes)),
            code: self.code.unwrap_or(usual.code),
        };
        options.check()?;
        Ok(options)
    }

    /// All options that are explored, with one event per cycle, and the events per cycle.
    fn grid(&self, network: &Network) -> Result<(Vec<Options>, Vec<usize>)> {
        let usual = Options::sensible(network);
        let large = synapses(network) > LARGE;
        let pick = |own: Option<usize>, few: &[usize], all: &[usize]| match own {
            Some(own) => vec![own],
            None if large => few.to_vec(),
            None => all.to_vec(),
        };
        let mut lanes = pick(self.lanes, &LARGE_LANES, &LANES);
        if self.lanes.is_none() {
            // More lanes than any layer has outputs would only wait.
            let widest = super::options::widest(network).next_multiple_of(FIRE_LANES[0]);
            lanes.retain(|&lanes| lanes < widest);
            lanes.extend([usual.lanes, widest.min(LANES[LANES.len() - 1])]);
            lanes.sort_unstable();
            lanes.dedup();
        }
        let fire_lanes = pick(self.fire_lanes, &LARGE_FIRE_LANES, &FIRE_LANES);
        let fetch_widths = pick(self.fetch_width, &LARGE_FETCH_WIDTHS, &FETCH_WIDTHS);
        let spikes = self.spikes.map_or(SPIKES.to_vec(), |own| vec![own]);
        let code = self.code.unwrap_or(usual.code);
        let mut all = Vec::new();
        for &lanes in &lanes {
            for &fire_lanes in &fire_lanes {
                let fetch_widths = fetch_widths.iter();
                all.extend(fetch_widths.map(|&fetch_width| Options {
                    lanes,
                    spikes: spikes[0],
                    fire_lanes,
                    fetch_width,
                    row_lanes: self.row_lanes.unwrap_or(Options::usual_row_lanes(fire_lanes)),
                    code,
                }));
            }
        }
        let problem = all.first().and_then(|first| first.check().err());
        all.retain(|options| options.check().is_ok());
        match (all.is_empty(), problem) {
            (true, Some(problem)) => Err(problem),
            (true, None) => Err(Error::input("there are no sizes to choose from")),
            (false, _) => Ok((all, spikes)),
        }
    }
}

impl Point {
    /// Of a design.
    pub fn of(design: &Design, activity: &Activity, family: Family) -> Self {
        let cycles = interval(design, activity).cycles;
        let stages = stages(design);
        let busiest = cycles.busiest().and_then(|n| stages.get(n)).map(|stage| stage.node.clone());
        Self {
            options: design.options,
            estimate: estimate::area(design, family),
            busiest: busiest.unwrap_or_default(),
            cycles,
        }
    }

    /// Resources of which a device has too little.
    pub fn short(&self, device: &Device) -> Vec<Short> {
        Short::of(needs(&self.estimate.total, device))
    }

    /// Its sizes in a few words.
    pub fn sizes(&self) -> String {
        self.options.brief()
    }
}

/// Of all sizes: those that none is both smaller and faster than, from the slowest to the fastest; with a device, also of
/// those that it holds.
///
/// # Errors
/// When a size is out of range, or the overlay cannot compute the network.
pub fn points(task: &Task<'_>, sizes: &Sizes) -> Result<Vec<Point>> {
    let (grid, spikes) = sizes.grid(task.network)?;
    let of = |options: &Options| -> Result<Vec<Point>> {
        let mut design = design::sketch(task.model, task.network, options)?;
        // The program is the same for all of these.
        let with = |&spikes: &usize| {
            design.options.spikes = spikes;
            design.plan.machine.spikes = spikes;
            design.options.check()?;
            Ok(Point::of(&design, task.activity, task.family))
        };
        spikes.iter().map(with).collect()
    };
    let all: Vec<Vec<Point>> = grid.par_iter().map(of).collect::<Result<_>>()?;
    let all: Vec<Point> = all.into_iter().flatten().collect();
    let held = |point: &Point| task.device.is_some_and(|device| point.short(device).is_empty());
    let mut kept = frontier(&all, |_| true);
    kept.extend(frontier(&all, held));
    kept.sort_unstable();
    kept.dedup();
    let mut kept: Vec<Point> = kept.into_iter().map(|n| all[n].clone()).collect();
    kept.sort_by(|a, b| {
        let lut = |point: &Point| point.estimate.total.lut;
        b.cycles.per_sample.total_cmp(&a.cycles.per_sample).then(lut(a).cmp(&lut(b)))
    });
    Ok(kept)
}

/// Least part of the cycles that a larger design saves.
const LEAST_GAIN: f64 = 0.01;

/// Indices of the points that none of these is both smaller and faster than, and that save some cycles.
fn frontier(points: &[Point], of: impl Fn(&Point) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).filter(|&n| of(&points[n])).collect();
    let key = |n: usize| (points[n].estimate.total.lut, points[n].cycles.per_sample);
    order.sort_by(|&a, &b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
    let mut best = f64::INFINITY;
    order.retain(|&n| {
        let better = key(n).1 < best * (1.0 - LEAST_GAIN);
        best = if better { key(n).1 } else { best };
        better
    });
    order
}

/// The index of the point that meets the goal.
///
/// # Errors
/// When none does; says by how much.
pub fn choose(points: &[Point], goal: &Goal, device: Option<&Device>) -> Result<usize> {
    let cycles = |n: usize| points[n].cycles.per_sample;
    let lut = |n: usize| points[n].estimate.total.lut;
    let fits = |n: usize| device.is_none_or(|device| points[n].short(device).is_empty());
    let none = || Error::input("there are no sizes to choose from");
    let all = || 0..points.len();
    // Of those that do, those that fit.
    let of = |meets: &dyn Fn(usize) -> bool| {
        let met: Vec<usize> = all().filter(|&n| meets(n)).collect();
        let fitting: Vec<usize> = met.iter().copied().filter(|&n| fits(n)).collect();
        if fitting.is_empty() { met } else { fitting }
    };
    match goal {
        Goal::Cycles(most) => {
            let chosen = of(&|n| cycles(n) <= *most).into_iter().min_by_key(|&n| lut(n));
            chosen.map_or_else(
                || {
                    let fastest = all().min_by(|&a, &b| cycles(a).total_cmp(&cycles(b))).ok_or_else(none)?;
                    // A goal of less than a cycle is not told as 0.
                    let digits = if *most < 1.0 { 6 } else { 0 };
                    Err(Error::check(format!(
                        "the fastest overlay ({}) takes {:.0} cycles per sample, more than {most:.digits$}",
                        points[fastest].sizes(),
                        cycles(fastest),
                    ))
                    .at_node(&points[fastest].busiest)
                    .fix("ask for less, or for a faster clock"))
                },
                Ok,
            )
        }
        Goal::Luts(most) => {
            let chosen =
                of(&|n| lut(n) <= *most).into_iter().min_by(|&a, &b| cycles(a).total_cmp(&cycles(b)));
            chosen.map_or_else(
                || {
                    let smallest = all().min_by_key(|&n| lut(n)).ok_or_else(none)?;
                    Err(Error::check(format!(
                        "the smallest overlay ({}) takes {} look-up tables by the estimate, more than {most}",
                        points[smallest].sizes(),
                        lut(smallest),
                    ))
                    .fix("allow more, or quantise to fewer levels or weight bits"))
                },
                Ok,
            )
        }
        Goal::Fit => {
            let device = device.ok_or_else(|| Error::input("--fit needs something to fit"))?;
            let chosen = all().filter(|&n| fits(n)).min_by(|&a, &b| cycles(a).total_cmp(&cycles(b)));
            chosen.map_or_else(
                || {
                    let nearest = nearest(points, device).ok_or_else(none)?;
                    let short = Short::list(&points[nearest].short(device));
                    Err(Error::check(format!(
                        "no overlay fits {}; the nearest ({}) lacks {short}",
                        device.part,
                        points[nearest].sizes(),
                    ))
                    .fix(
                        "quantise to fewer levels or weight bits, `snn2rtl compact` the model, or take a larger \
                         device: `snn2rtl targets`",
                    ))
                },
                Ok,
            )
        }
        Goal::Balanced => {
            let product = |n: usize| lut(n) as f64 * cycles(n);
            of(&|_| true).into_iter().min_by(|&a, &b| product(a).total_cmp(&product(b))).ok_or_else(none)
        }
    }
}

/// The point whose scarcest resource comes nearest to what a device has.
pub fn nearest(points: &[Point], device: &Device) -> Option<usize> {
    let worst = |n: usize| {
        let over = |(_, needed, there): (&str, u64, u64)| needed as f64 / (there as f64).max(0.5);
        needs(&points[n].estimate.total, device).into_iter().map(over).fold(0.0, f64::max)
    };
    (0..points.len()).min_by(|&a, &b| worst(a).total_cmp(&worst(b)))
}
