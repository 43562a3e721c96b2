//! Choice of a design of the frontier.

use super::balance::{Point, Scheduler};
use super::cost::estimate;
use super::on_device::on_device;
use super::smallest::uniform;
use crate::error::{Error, Result};
use crate::hardware::{Estimate, needs, usage};
use crate::target::{Device, Family, Short};

/// Goal of the design.
#[derive(Clone, Debug)]
pub enum Goal {
    /// The smallest that takes at most so many cycles per sample; of those that fit the device if one is given and any does.
    Cycles {
        /// Maximum number of cycles per sample.
        most: f64,
        /// The device.
        device: Option<Box<Device>>,
    },
    /// The fastest with at most so many look-up tables; of those that fit the device if one is given and any does.
    Luts {
        /// Maximum number of look-up tables.
        most: u64,
        /// The device.
        device: Option<Box<Device>>,
    },
    /// The fastest that fits a device.
    Fit(Box<Device>),
    /// The smallest product of area and cycles of those that leave room on a small device ([`small_device`]). Area counts
    /// multipliers and block memory as well, in look-up tables.
    Balanced {
        /// Devices to choose from.
        devices: Vec<Device>,
    },
}

/// A design with its estimated area.
#[derive(Clone, Debug)]
pub struct DesignPoint {
    /// The folding, the design and its cycles.
    pub point: Point,
    /// Its area.
    pub estimate: Estimate,
}

impl DesignPoint {
    /// With the area in a family.
    pub fn of(point: Point, family: Family) -> Self {
        Self { estimate: estimate(&point.design, family), point }
    }

    /// For a device, with its memory where the device has most of it.
    pub fn on(point: Point, device: &Device) -> Self {
        let design = on_device(&point.design, device, &|figures| figures).design;
        let options = design.folding(&point.options);
        Self::of(Point { design, options, ..point }, device.family)
    }

    /// The node that is busy longest.
    pub fn busiest(&self) -> &str {
        self.point.cycles.busiest().map_or("", |stage| &self.point.design.stages[stage].node)
    }

    /// Resources of which a device has too little.
    pub fn short(&self, device: &Device) -> Vec<Short> {
        Short::of(needs(&self.estimate.total, device))
    }
}

/// The index of the design that meets the goal, of designs from the slowest to the fastest.
///
/// # Errors
/// When none does; says by how much.
pub fn choose(design_points: &[DesignPoint], goal: &Goal) -> Result<usize> {
    let fastest = design_points.last().ok_or_else(|| Error::input("there is no design to choose from"))?;
    let cycles = |n: &usize| design_points[*n].point.cycles.per_sample;
    let lut = |n: &usize| design_points[*n].estimate.total.lut;
    match goal {
        Goal::Balanced { devices } => {
            let device = small_device(design_points, devices);
            let product = |n: &usize| design_points[*n].estimate.total.in_luts() * cycles(n);
            let roomy = |n: &usize| device.is_none_or(|device| has_room(&design_points[*n], device));
            let best = (0..design_points.len()).filter(roomy).min_by(|a, b| product(a).total_cmp(&product(b)));
            Ok(best.unwrap_or_default())
        }
        Goal::Cycles { most, device } => {
            let misfit = |n: &usize| device.as_ref().is_some_and(|d| !design_points[*n].short(d).is_empty());
            let fast = (0..design_points.len()).filter(|n| cycles(n) <= *most);
            fast.min_by_key(|n| (misfit(n), lut(n))).ok_or_else(|| {
                let cycles = fastest.point.cycles.per_sample;
                Error::check(format!("the fastest design takes {cycles:.0} cycles per sample, more than {most:.0}"))
                    .at_node(fastest.busiest())
                    .fix("ask for less, or for a faster clock")
            })
        }
        Goal::Luts { most, device } => {
            let misfit = |n: &usize| device.as_ref().is_some_and(|d| !design_points[*n].short(d).is_empty());
            let small = (0..design_points.len()).rev().filter(|n| lut(n) <= *most);
            small.min_by_key(misfit).ok_or_else(|| {
                let smallest = (0..design_points.len()).map(|n| lut(&n)).min().unwrap_or_default();
                Error::check(format!(
                    "the smallest design takes {smallest} look-up tables by the estimate, more than {most}"
                ))
                .fix("allow more, or quantise to fewer levels or weight bits")
            })
        }
        Goal::Fit(device) => {
            design_points.iter().rposition(|design_point| design_point.short(device).is_empty()).ok_or_else(|| {
                let short = Short::list(&design_points[nearest(design_points, device)].short(device));
                Error::check(format!("no design fits {}; the nearest lacks {short}", device.part)).fix("quantise to fewer levels or weight bits, `snn2rtl compact` the model, or take a larger device: `snn2rtl targets`")
            })
        }
    }
}

/// Part of every resource of a device that a balanced design may take: beyond it, routing gets hard, and the estimate may
/// be too low.
const PART: f64 = 0.75;

/// Whether a design leaves a part of every resource of a device free.
fn has_room(design_point: &DesignPoint, device: &Device) -> bool {
    usage(&design_point.estimate.total, device) <= PART
}

/// The device with the fewest look-up tables on which any of the designs leaves room; none if there is none.
pub fn small_device<'a>(design_points: &[DesignPoint], devices: &'a [Device]) -> Option<&'a Device> {
    let holds = |device: &&Device| design_points.iter().any(|design_point| has_room(design_point, device));
    devices.iter().filter(holds).min_by_key(|device| device.luts)
}

/// The index of the design whose scarcest resource comes nearest to what a device has.
pub fn nearest(design_points: &[DesignPoint], device: &Device) -> usize {
    let worst = |n: &usize| usage(&design_points[*n].estimate.total, device);
    (0..design_points.len()).min_by(|a, b| worst(a).total_cmp(&worst(b))).unwrap_or_default()
}

/// The fastest design with the same lanes everywhere and the smallest FIFOs that fits a device, of those that advice
/// counts on; none where none does.
///
/// # Errors
/// When there is no hardware for the network.
pub fn uniform_point(scheduler: &Scheduler<'_>, device: &Device) -> Result<Option<DesignPoint>> {
    for options in uniform() {
        let design_point = DesignPoint::on(scheduler.point(&options)?, device);
        if design_point.short(device).is_empty() {
            return Ok(Some(design_point));
        }
    }
    Ok(None)
}

/// Every design from the slowest to the fastest, with its area, and made to fit a device if one is named.
///
/// # Errors
/// When there is no hardware for the network.
pub fn design_points(
    scheduler: &Scheduler<'_>,
    family: Family,
    device: Option<&Device>,
    progress: &dyn Fn(&Point),
) -> Result<Vec<DesignPoint>> {
    let points = scheduler.frontier(progress)?;
    let design_point = |point| match device {
        Some(device) => DesignPoint::on(point, device),
        None => DesignPoint::of(point, family),
    };
    Ok(points.into_iter().map(design_point).collect())
}
