//! Sizes of an overlay: those that are explored, and the choice of one.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | what is explored, and the overlays that come of it |
//! | `grid.rs` | the sizes that are tried |
//! | `goal.rs` | the choice |

mod goal;
mod grid;

use rayon::prelude::*;

pub use goal::{Goal, choose};
pub use grid::Sizes;

use super::design::{self, Design};
use super::entry::stages;
use super::estimate;
use super::interval::interval;
use super::options::{Loadable, Options};
use super::roofline::{Roofline, roofline};
use super::stream::External;
use crate::error::Result;
use crate::hardware::{Activity, Cycles, Estimate, needs};
use crate::integer::Network;
use crate::target::{Device, Family, Short};

/// Where program and weights of an overlay are.
#[derive(Clone, Copy, Debug, Default)]
pub enum Place<'a> {
    /// Constants of the chip.
    #[default]
    Fixed,
    /// They are loaded at run time.
    Loaded {
        /// Other networks that the machine has room for.
        others: &'a [Network],
        /// The memory that weights come from, if they are not in the chip.
        memory: Option<ModelMemory>,
    },
}

/// Memory outside the chip that weights come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelMemory {
    /// Port and ring.
    pub external: External,
    /// Bytes of a clock cycle that the memory gives all ports together, at most.
    pub bytes_per_cycle: f64,
}

impl ModelMemory {
    /// Cycles from one beat to the next, at least.
    fn beat_cycles(&self) -> f64 {
        let beat = self.external.beat() as f64 / 8.0;
        if self.bytes_per_cycle > 0.0 { (beat / self.bytes_per_cycle).max(1.0) } else { 1.0 }
    }
}

/// What is explored.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// The model's name.
    pub model: &'a str,
    /// The network.
    pub network: &'a Network,
    /// Where program and weights are.
    pub place: Place<'a>,
    /// The samples that cycles are estimated with.
    pub activity: &'a Activity,
    /// The family that area is estimated for.
    pub family: Family,
    /// The device.
    pub device: Option<&'a Device>,
}

impl Task<'_> {
    fn memory(&self) -> Option<ModelMemory> {
        match self.place {
            Place::Fixed => None,
            Place::Loaded { memory, .. } => memory,
        }
    }

    /// The networks that the machine is for.
    fn networks(&self) -> Vec<&Network> {
        match self.place {
            Place::Fixed => vec![self.network],
            Place::Loaded { others, .. } => std::iter::once(self.network).chain(others).collect(),
        }
    }

    /// The design with these options, without memory images.
    fn sketch(&self, options: &Options) -> Result<Design> {
        let networks = self.networks();
        let loadable = match self.place {
            Place::Fixed => return design::sketch(self.model, self.network, options),
            Place::Loaded { memory: None, .. } => Loadable::for_networks(&networks, options)?,
            Place::Loaded { memory: Some(memory), .. } => {
                Loadable::with_external_weights(&networks, options, memory.external)?
            }
        };
        design::sketch_loadable(self.model, self.network, &loadable)
    }
}

/// An overlay.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its sizes.
    pub options: Options,
    /// The machine, if networks are loaded at run time.
    pub loadable: Option<Box<Loadable>>,
    /// Its cycles.
    pub cycles: Cycles,
    /// Its area.
    pub estimate: Estimate,
    /// The unit that is busy longest.
    pub busiest: String,
    /// Computation against memory, if weights come from outside the chip.
    pub roofline: Option<Roofline>,
}

impl Point {
    /// Of a design whose weights are in the chip.
    pub fn of(design: &Design, activity: &Activity, family: Family) -> Self {
        Self::with_memory(design, activity, family, None)
    }

    fn with_memory(
        design: &Design,
        activity: &Activity,
        family: Family,
        memory: Option<ModelMemory>,
    ) -> Self {
        let interval = interval(design, activity, memory.map_or(1.0, |memory| memory.beat_cycles()));
        let roofline = roofline(&design.plan, &interval.first);
        let roofline = match memory {
            Some(memory) => roofline.map(|own| own.with_memory(memory.bytes_per_cycle)),
            None => roofline,
        };
        let cycles = interval.cycles;
        let stages = stages(design);
        let busiest = cycles.busiest().and_then(|n| stages.get(n)).map(|stage| stage.node.clone());
        Self {
            options: design.options,
            loadable: design.loadable.clone(),
            roofline,
            estimate: estimate::area(design, family),
            busiest: busiest.unwrap_or_default(),
            cycles,
        }
    }

    /// Resources of which a device has too little.
    pub fn short(&self, device: &Device) -> Vec<Short> {
        Short::of(needs(&self.estimate.total, device))
    }

    /// Whether the port needs longer for the weights of a sample than all units for the rest.
    pub fn is_memory_bound(&self) -> bool {
        self.roofline.as_ref().is_some_and(Roofline::is_memory_bound)
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
    let grid = sizes.grid(&task.networks(), task.memory().is_some())?;
    let of = |(options, spikes): &(Options, Vec<usize>)| -> Result<Vec<Point>> {
        let mut design = task.sketch(options)?;
        // The program is the same for all of these.
        let with = |&spikes: &usize| {
            design.set_spikes(spikes);
            design.options.check()?;
            Ok(Point::with_memory(&design, task.activity, task.family, task.memory()))
        };
        spikes.iter().map(with).collect()
    };
    // Of a ring of weights, some sizes may need a larger one.
    let (found, refused): (Vec<_>, Vec<_>) =
        grid.par_iter().map(of).collect::<Vec<_>>().into_iter().partition(Result::is_ok);
    if let (true, Some(Err(error))) = (found.is_empty(), refused.into_iter().next()) {
        return Err(error);
    }
    let all: Vec<Point> = found.into_iter().flatten().flatten().collect();
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

/// The overlay with these sizes.
///
/// # Errors
/// As [`points`].
pub fn point(task: &Task<'_>, options: &Options) -> Result<Point> {
    let design = task.sketch(options)?;
    Ok(Point::with_memory(&design, task.activity, task.family, task.memory()))
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
