//! `synth`: utilisation, place and route, bitstream.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::{Steps, Watch, load};
use crate::advice::{Advice, advise};
use crate::emit::Manifest;
use crate::error::{Error, Result};
use crate::hardware::Figures;
use crate::place::{self, Placement};
use crate::synth::{self, Core, Fit, Utilisation};
use crate::target::{Device, Family, Target};
use crate::tool::Toolbox;

/// The programs.
#[derive(Clone, Debug, Default)]
pub enum Flow {
    /// Yosys: utilisation.
    #[default]
    Yosys,
    /// Yosys, then nextpnr and the packer of the family.
    Nextpnr(Routing),
    /// Vivado.
    Vivado,
    /// The figures or text reports of another run of Vivado, in this folder.
    VivadoReports(PathBuf),
}

/// Options of the router.
#[derive(Clone, Debug)]
pub struct Routing {
    /// Seed.
    pub seed: u64,
    /// Frequency in MHz that must be reached; the board's clock without it.
    pub mhz: Option<f64>,
    /// Pins of the placed module, in the form of the family (.lpf, .pcf, .cst); the board's without it.
    pub pins: Option<PathBuf>,
}

/// Options of a synthesis.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A build folder.
    pub build: PathBuf,
    /// The programs.
    pub flow: Flow,
    /// Device family; without it that of the target of the build, or xc7 for Yosys and ecp5 for nextpnr.
    pub family: Option<Family>,
    /// With Yosys: what of an overlay is synthesised at once.
    pub core: Core,
}

/// The utilisation and, where the device is known, whether it fits.
#[derive(Clone, Debug, Serialize)]
pub struct Synthesis {
    /// Resources, instance by instance.
    #[serde(flatten)]
    pub utilisation: Utilisation,
    /// Of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Alternatives, if it does not fit.
    #[serde(skip)]
    pub advice: Option<Box<Advice>>,
}

/// Result of a synthesis.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Synthesised {
    /// By Yosys.
    Utilisation(Box<Synthesis>),
    /// By nextpnr.
    Placement(Box<Placement>),
    /// By Vivado.
    Vivado(Box<place::vivado::Found>),
}

/// Synthesises a build folder, places and routes it if requested.
///
/// # Errors
/// When the folder is not a build folder, or a tool is missing or fails. A design that does not fit or is too slow
/// is not an error here, see [`Synthesised::check`].
pub fn synth(options: &Options, watch: &dyn Watch) -> Result<Synthesised> {
    let build = &options.build;
    let manifest = crate::emit::read_manifest(build)?;
    let target = manifest.target.as_ref().map(|entry| Target::of_build(build, entry)).transpose()?;
    let target = target.as_ref();
    match &options.flow {
        Flow::Yosys => {
            let synthesis = yosys(build, options.family, options.core, target, &manifest, watch)?;
            Ok(Synthesised::Utilisation(Box::new(synthesis)))
        }
        Flow::Nextpnr(routing) => {
            let placement = nextpnr(build, options.family, target, routing, watch)?;
            Ok(Synthesised::Placement(Box::new(placement)))
        }
        Flow::Vivado => {
            let show = |step: &str| watch.doing(&format!("Vivado: {step}"));
            let run = || place::vivado::run(&Toolbox::from_env(), build, target, &show);
            let found = super::watch::task(watch, "Vivado", Steps::Unknown, run)?;
            Ok(Synthesised::Vivado(Box::new(found)))
        }
        Flow::VivadoReports(folder) => {
            let found = place::vivado::reports(build, folder, target)?;
            Ok(Synthesised::Vivado(Box::new(found)))
        }
    }
}

/// Synthesises with Yosys.
///
/// # Errors
/// As [`synth`].
pub fn yosys(
    build: &Path,
    family: Option<Family>,
    core: Core,
    target: Option<&Target>,
    manifest: &Manifest,
    watch: &dyn Watch,
) -> Result<Synthesis> {
    let device = target.map(Target::device);
    let family = family.or(device.map(|device| device.family)).unwrap_or(Family::Xc7);
    watch.begin("Yosys", Steps::Unknown);
    let shown = Mutex::new(0);
    let show = |step: synth::Step<'_>| match step {
        synth::Step::Doing(what) => watch.doing(&format!("Yosys: {what}")),
        synth::Step::Modules { done, all } => {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            if *shown == 0 {
                watch.end();
                watch.begin("Yosys: modules", Steps::Unequal(all));
            }
            // They may come out of order.
            if done > *shown {
                watch.advance(done - *shown);
                *shown = done;
            }
        }
    };
    let result = synth::yosys(build, family, core, &show);
    watch.end();
    let utilisation = result?;
    // Another family than the device's says nothing about the device.
    let device = device.filter(|device| device.family == family);
    let fit = device.map(|device| Fit::of(&utilisation.total, device));
    let advice = match (&fit, device) {
        (Some(fit), Some(device)) if fit.check().is_err() => advice(build, manifest, device, &utilisation),
        _ => None,
    };
    Ok(Synthesis { utilisation, fit, advice })
}

/// Alternatives, if the build folder contains the model.
fn advice(
    build: &Path,
    manifest: &Manifest,
    device: &Device,
    utilisation: &Utilisation,
) -> Option<Box<Advice>> {
    let total = &utilisation.total;
    let used = Figures { lut: total.lut, ff: total.ff, bram: total.bram, uram: total.uram, dsp: total.dsp };
    let found = load::model(build).and_then(|model| advise(&model, &manifest.folding, device, &used));
    found.ok().flatten().map(Box::new)
}

fn nextpnr(
    build: &Path,
    family: Option<Family>,
    target: Option<&Target>,
    routing: &Routing,
    watch: &dyn Watch,
) -> Result<Placement> {
    let device = target.map(Target::device);
    let family = family.or(device.map(|device| device.family)).unwrap_or(Family::Ecp5);
    let mut options = match target.filter(|target| target.device().family == family) {
        Some(target) => place::Options::of(target, build)?,
        None => place::Options::usual(family)?,
    };
    options.seed = routing.seed;
    options.mhz = routing.mhz.unwrap_or(options.mhz);
    if let Some(path) = &routing.pins {
        options.pins = Some(std::fs::read_to_string(path).map_err(|e| Error::io("read", path, &e))?);
    }
    let show = |step: &str| watch.doing(step);
    let run = || place::nextpnr(&Toolbox::from_env(), build, &options, &show);
    super::watch::task(watch, "Yosys", Steps::Unknown, run)
}

impl Synthesised {
    /// A design that does not fit the device or is too slow is a failed check.
    ///
    /// # Errors
    /// Names the missing resources and the alternatives.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Utilisation(synthesis) => match (&synthesis.fit, &synthesis.advice) {
                (None, _) => Ok(()),
                (Some(fit), None) => fit.check(),
                (Some(fit), Some(advice)) => {
                    fit.check().map_err(|e| e.fix(format!("one of these\n{}", super::fit::indented(advice))))
                }
            },
            Self::Placement(placement) => placement.check(),
            Self::Vivado(found) => found.placement.check(),
        }
    }
}
