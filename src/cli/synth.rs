//! `synth`: utilisation, place and route, bitstream.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::output;
use crate::error::{Error, Result};
use crate::place;
use crate::synth::{self, Family};
use crate::tool::Toolbox;

/// Synthesis programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// Yosys, from PATH or provided.
    Yosys,
    /// Yosys, then nextpnr and the packer of the family (ecp5, ice40, gowin), from PATH or provided.
    Nextpnr,
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
    /// Device family: xc7, ecp5, ice40 or gowin; xc7 for Yosys and ecp5 for nextpnr if not given.
    #[arg(long)]
    family: Option<String>,
    /// Seed of the router.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Frequency in MHz that the routed design must reach.
    #[arg(long, value_name = "MHZ")]
    freq: Option<f64>,
    /// Pins of the placed module, in the form of the family (.lpf, .pcf, .cst).
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Synthesises, places and routes if asked for, and prints what was found.
///
/// # Errors
/// When the folder is not a build folder, or a tool is missing or fails; a design that does not fit or is too slow is a
/// failed check.
pub fn run(args: &Args) -> Result<()> {
    let name = args.family.as_deref().unwrap_or(match args.tool {
        Flow::Yosys => "xc7",
        Flow::Nextpnr => "ecp5",
    });
    let family = Family::from_name(name).ok_or_else(|| {
        Error::input(format!("the device family {:?} is not known", crate::error::printable(name)))
            .fix("use xc7, ecp5, ice40 or gowin")
    })?;
    crate::emit::read_manifest(&args.build)?;
    match args.tool {
        Flow::Yosys => utilisation(args, family),
        Flow::Nextpnr => place(args, family),
    }
}

fn utilisation(args: &Args, family: Family) -> Result<()> {
    let spinner = output::spinner("Yosys");
    let result = synth::yosys(&args.build, family, &|step| spinner.set_message(format!("Yosys: {step}")));
    spinner.finish_and_clear();
    let utilisation = result?;
    if args.json {
        return json(&utilisation);
    }
    output::print(&utilisation.table().to_string())
}

fn place(args: &Args, family: Family) -> Result<()> {
    let mut options = place::Options::usual(family)?;
    options.seed = args.seed;
    options.mhz = args.freq.unwrap_or(options.mhz);
    options.pins = args.pins.clone();
    let spinner = output::spinner("Yosys");
    let show = |step: &str| spinner.set_message(step.to_owned());
    let result = place::nextpnr(&Toolbox::from_env(), &args.build, &options, &show);
    spinner.finish_and_clear();
    let placement = result?;
    if args.json {
        json(&placement)?;
        return placement.check();
    }
    output::print(&placement.table().to_string())?;
    for path in placement.critical_paths.iter().take(1) {
        output::print(&format!("from {}\nto   {}", path.from, path.to))?;
        output::print(&path.table().to_string())?;
    }
    placement.check()
}

/// Prints what carries its own version.
fn json(value: &impl serde::Serialize) -> Result<()> {
    let text =
        serde_json::to_string_pretty(value).map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
    output::print(&text)
}
