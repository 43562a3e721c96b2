//! `synth`: utilisation, place and route, bitstream.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use serde::Serialize;

use super::load;
use super::output::{self, thousands};
use crate::advice::advise;
use crate::emit::Manifest;
use crate::error::{Error, Result};
use crate::place;
use crate::streaming::schedule::Figures;
use crate::synth::{self, Fit, Resource, Utilisation};
use crate::target::{Device, Family, Target};
use crate::tool::Toolbox;

/// Synthesis programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// Yosys, from PATH or provided.
    Yosys,
    /// Yosys, then nextpnr and the packer of the family (ecp5, ice40, gowin), from PATH or provided.
    Nextpnr,
    /// Vivado, from PATH; or reports that it made elsewhere, see --reports.
    Vivado,
}

/// Arguments of `synth`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Synthesis program.
    #[arg(long, value_enum, default_value = "yosys")]
    tool: Flow,
    /// Device family: xc7, xcup, ecp5, ice40 or gowin. Without it that of the board or device that the folder was built
    /// for, or xc7 for Yosys and ecp5 for nextpnr.
    #[arg(long)]
    family: Option<String>,
    /// Seed of the router.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Frequency in MHz that the routed design must reach; the board's clock if not given.
    #[arg(long, value_name = "MHZ")]
    freq: Option<f64>,
    /// Pins of the placed module, in the form of the family (.lpf, .pcf, .cst); the board's if not given.
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// With --tool vivado: a folder with the text files of report_utilization and report_timing_summary, made elsewhere;
    /// Vivado is not run.
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The utilisation and, where the device is known, whether it fits.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    utilisation: &'a Utilisation,
    #[serde(skip_serializing_if = "Option::is_none")]
    fit: Option<&'a Fit>,
}

/// Synthesises, places and routes if asked for, and prints what was found.
///
/// # Errors
/// When the folder is not a build folder, or a tool is missing or fails; a design that does not fit the device or is
/// too slow is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let asked = args.family.as_deref().map(family).transpose()?;
    let manifest = crate::emit::read_manifest(&args.build)?;
    let target = manifest.target.as_ref().map(|entry| Target::of_build(&args.build, entry)).transpose()?;
    if args.reports.is_some() && args.tool != Flow::Vivado {
        return Err(Error::input("--reports reads what Vivado has written").fix("add --tool vivado"));
    }
    match args.tool {
        Flow::Yosys => yosys(args, asked, target.as_ref(), &manifest),
        Flow::Nextpnr => place(args, asked, target.as_ref()),
        Flow::Vivado => vivado(args, target.as_ref()),
    }
}

fn yosys(args: &Args, asked: Option<Family>, target: Option<&Target>, manifest: &Manifest) -> Result<()> {
    let device = target.map(Target::device);
    let family = asked.or(device.map(|device| device.family)).unwrap_or(Family::Xc7);
    let spinner = output::spinner("Yosys");
    let result = synth::yosys(&args.build, family, &|step| spinner.set_message(format!("Yosys: {step}")));
    spinner.finish_and_clear();
    let utilisation = result?;
    // Another family than the device's says nothing about the device.
    let fit = device.filter(|device| device.family == family).map(|d| Fit::of(&utilisation.total, d));
    if args.json {
        // It carries its own version.
        let text = serde_json::to_string_pretty(&Report { utilisation: &utilisation, fit: fit.as_ref() })
            .map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
        output::print(&text)?;
    } else {
        output::print(&utilisation.table().to_string())?;
        if let Some(fit) = &fit {
            output::print(&table(fit))?;
        }
    }
    match (&fit, device) {
        (Some(fit), Some(device)) => {
            fit.check().map_err(|error| advised(args, manifest, device, &utilisation, error))
        }
        _ => Ok(()),
    }
}

/// An error that says what would fit, where the model in the build folder tells.
fn advised(
    args: &Args,
    manifest: &Manifest,
    device: &Device,
    utilisation: &Utilisation,
    error: Error,
) -> Error {
    let total = &utilisation.total;
    let used = Figures { lut: total.lut, ff: total.ff, bram: total.bram, uram: total.uram, dsp: total.dsp };
    let advice = load::model(&args.build).and_then(|model| advise(&model, &manifest.folding, device, &used));
    match advice {
        Ok(Some(advice)) => error.fix(format!("one of these\n{}", super::fit::indented(&advice))),
        _ => error,
    }
}

fn place(args: &Args, asked: Option<Family>, target: Option<&Target>) -> Result<()> {
    let device = target.map(Target::device);
    let family = asked.or(device.map(|device| device.family)).unwrap_or(Family::Ecp5);
    let mut options = match target.filter(|target| target.device().family == family) {
        Some(target) => place::Options::of(target, &args.build)?,
        None => place::Options::usual(family)?,
    };
    options.seed = args.seed;
    options.mhz = args.freq.unwrap_or(options.mhz);
    if let Some(path) = &args.pins {
        options.pins = Some(std::fs::read_to_string(path).map_err(|e| Error::io("read", path, &e))?);
    }
    let spinner = output::spinner("Yosys");
    let show = |step: &str| spinner.set_message(step.to_owned());
    let result = place::nextpnr(&Toolbox::from_env(), &args.build, &options, &show);
    spinner.finish_and_clear();
    let placement = result?;
    if args.json {
        let text = serde_json::to_string_pretty(&placement)
            .map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
        output::print(&text)?;
        return placement.check();
    }
    output::print(&placement.table().to_string())?;
    if let Some(path) = placement.critical_paths.first() {
        output::print(&format!("from {}\nto   {}", path.from, path.to))?;
        output::print(&path.table().to_string())?;
    }
    placement.check()
}

fn vivado(args: &Args, target: Option<&Target>) -> Result<()> {
    let found = match &args.reports {
        Some(folder) => place::vivado::reports(&args.build, folder, target)?,
        None => {
            let spinner = output::spinner("Vivado");
            let show = |step: &str| spinner.set_message(format!("Vivado: {step}"));
            let result = place::vivado::run(&Toolbox::from_env(), &args.build, target, &show);
            spinner.finish_and_clear();
            result?
        }
    };
    let place::vivado::Found { utilisation, placement } = &found;
    if args.json {
        let text = serde_json::to_string_pretty(&found)
            .map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
        output::print(&text)?;
        return placement.check();
    }
    output::print(&utilisation.table().to_string())?;
    output::print(&placement.table().to_string())?;
    if let Some(path) = placement.critical_paths.first() {
        output::print(&format!("from {}\nto   {}", path.from, path.to))?;
        output::print(&path.table().to_string())?;
    }
    placement.check()
}

fn family(name: &str) -> Result<Family> {
    Family::from_name(name).ok_or_else(|| {
        Error::input(format!("the device family {:?} is not known", crate::error::printable(name)))
            .fix("use xc7, xcup, ecp5, ice40 or gowin")
    })
}

/// What is used of what there is.
fn table(fit: &Fit) -> String {
    let rows = fit.resources.iter().map(|Resource { name, used, available, percent }| {
        let percent = percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1} %"));
        [name.clone(), thousands(*used), thousands(*available), percent]
    });
    output::table([&fit.device, "used", "available", "percent"], rows.collect(), 1).to_string()
}
