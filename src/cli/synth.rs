//! `synth`: utilisation.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use serde::Serialize;

use super::output::{self, thousands};
use crate::error::{Error, Result};
use crate::synth::{self, Fit, Resource, Utilisation};
use crate::target::{Family, Target};

/// Synthesis programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// Yosys, from PATH or provided.
    Yosys,
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
    /// for, or xc7.
    #[arg(long)]
    family: Option<String>,
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

/// Synthesises and prints the utilisation.
///
/// # Errors
/// When the folder is not a build folder, Yosys is missing or fails, or the design does not fit the device.
pub fn run(args: &Args) -> Result<()> {
    let Flow::Yosys = args.tool;
    let asked = args.family.as_deref().map(family).transpose()?;
    let manifest = crate::emit::read_manifest(&args.build)?;
    let target = manifest.target.as_ref().map(|entry| Target::of_build(&args.build, entry)).transpose()?;
    let device = target.as_ref().map(Target::device);
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
    fit.map_or(Ok(()), |fit| fit.check())
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
