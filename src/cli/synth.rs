//! `synth`: utilisation.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::output;
use crate::error::{Error, Result};
use crate::synth::{self, Family};

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
    /// Device family: xc7, ecp5, ice40 or gowin.
    #[arg(long, default_value = "xc7")]
    family: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Synthesises and prints the utilisation.
///
/// # Errors
/// When the folder is not a build folder, or Yosys is missing or fails.
pub fn run(args: &Args) -> Result<()> {
    let Flow::Yosys = args.tool;
    let family = Family::from_name(&args.family).ok_or_else(|| {
        Error::input(format!("the device family {:?} is not known", crate::error::printable(&args.family)))
            .fix("use xc7, ecp5, ice40 or gowin")
    })?;
    crate::emit::read_manifest(&args.build)?;
    let spinner = output::spinner("Yosys");
    let result = synth::yosys(&args.build, family, &|step| spinner.set_message(format!("Yosys: {step}")));
    spinner.finish_and_clear();
    let utilisation = result?;
    if args.json {
        // It carries its own version.
        let text = serde_json::to_string_pretty(&utilisation)
            .map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
        return output::print(&text);
    }
    output::print(&utilisation.table().to_string())
}
