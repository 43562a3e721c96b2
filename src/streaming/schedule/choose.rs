//! Choice of a design of the frontier.

use super::balance::{Point, Scheduler};
use super::cost::estimate;
use super::lut_offload::lut_offload;
use crate::error::{Error, Result};
use crate::hardware::{Estimate, has_ultra_ram, needs, short_of_memory};
use crate::streaming::design::Design;
use crate::target::{Device, Family, Short};

/// Goal of the design.
#[derive(Clone, Debug)]
pub enum Goal {
    /// The smallest design that takes at most this number of cycles per sample.
    Cycles(f64),
    /// The fastest design that fits a device.
    Fit(Box<Device>),
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

    /// For a device: where it has too little block memory alone, with weights in look-up tables.
    pub fn on(point: Point, device: &Device) -> Self {
        match lut_offloaded(&point.design, device) {
            Some(design) => {
                let options = design.folding(&point.options);
                Self::of(Point { design, options, ..point }, device.family)
            }
            None => Self::of(point, device.family),
        }
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

/// Resources of which a device has too little for a design.
fn short(design: &Design, device: &Device) -> Vec<Short> {
    Short::of(needs(&estimate(design, device.family).total, device))
}

/// A design with its memory elsewhere, where it fits a device so, and without only block memory is short: state in
/// UltraRAM on devices that have it, else or also weights in look-up tables.
pub fn lut_offloaded(design: &Design, device: &Device) -> Option<Design> {
    if !short_of_memory(&short(design, device), device) {
        return None;
    }
    let mut design = design.clone();
    if has_ultra_ram(device) {
        design.ultra_ram = true;
        match short(&design, device) {
            short if short.is_empty() => return Some(design),
            short if short_of_memory(&short, device) => {}
            _ => design.ultra_ram = false,
        }
    }
    (lut_offload(&mut design, device) && short(&design, device).is_empty()).then_some(design)
}

/// The index of the design that meets the goal, of designs from the slowest to the fastest.
///
/// # Errors
/// When none does; says by how much.
pub fn choose(design_points: &[DesignPoint], goal: &Goal) -> Result<usize> {
    let fastest = design_points.last().ok_or_else(|| Error::input("there is no design to choose from"))?;
    match goal {
        Goal::Cycles(most) => {
            design_points.iter().position(|design_point| design_point.point.cycles.per_sample <= *most).ok_or_else(|| {
                let cycles = fastest.point.cycles.per_sample;
                Error::check(format!("the fastest design takes {cycles:.0} cycles per sample, more than {most:.0}"))
                    .at_node(fastest.busiest())
                    .fix("ask for less, or for a faster clock")
            })
        }
        Goal::Fit(device) => {
            design_points.iter().rposition(|design_point| design_point.short(device).is_empty()).ok_or_else(|| {
                let short = Short::list(&design_points[0].short(device));
                Error::check(format!("even the smallest design does not fit {} ({short})", device.part)).fix("quantise to fewer levels or weight bits, `snn2rtl compact` the model, or take a larger device: `snn2rtl targets`")
            })
        }
    }
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
