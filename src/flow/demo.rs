//! The result of `demo`.

use std::path::Path;

use serde::Serialize;

use super::run;
use crate::cosim;
use crate::hardware::{Figures, needs};
use crate::synth::{Fit, Resource, Utilisation};
use crate::target::Device;

/// Results of all steps.
#[derive(Serialize)]
pub struct Report<'a> {
    /// Name of the example.
    pub example: &'static str,
    /// The golden model.
    pub golden: &'a run::Report,
    /// The co-simulation.
    pub cosim: &'a cosim::Report,
    /// Clock in MHz.
    pub clock_mhz: f64,
    /// At the clock.
    pub samples_per_second: f64,
    /// By the cost model.
    pub estimate: Area,
    /// By Yosys, with `--full`.
    pub fit: Option<Fit>,
    /// By Yosys, with `--full`.
    pub utilisation: Option<&'a Utilisation>,
    /// The build folder.
    pub build: &'a Path,
    /// The page.
    pub report: &'a Path,
    /// Run time.
    pub seconds: f64,
}

/// What a design takes of a device.
#[derive(Serialize)]
pub struct Area {
    /// Part name.
    pub device: String,
    /// Each resource that is used or there.
    pub resources: Vec<Resource>,
}

impl Area {
    /// These resources of a device.
    pub fn of(figures: &Figures, device: &Device) -> Self {
        let resource = |(name, used, available): (&str, u64, u64)| Resource {
            name: name.to_owned(),
            used,
            available,
            percent: (available > 0).then(|| 100.0 * used as f64 / available as f64),
        };
        let resources = needs(figures, device).into_iter().filter(|&(_, used, there)| used + there > 0);
        Self { device: device.part.clone(), resources: resources.map(resource).collect() }
    }
}
