//! `synth`: utilisation, place and route, bitstream.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::output::{self, thousands};
use crate::error::{Error, Result};
use crate::flow;
use crate::flow::synth::{Flow, Routing, Synthesised};
use crate::place::Placement;
use crate::synth::{Core, Fit, Resource, Utilisation};
use crate::target::Family;

/// Synthesis programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ToolName {
    /// Yosys, from PATH or provided
    Yosys,
    /// Yosys, then nextpnr and the packer of the family (ecp5, ice40, gowin), from PATH or provided
    Nextpnr,
    /// Vivado, from PATH; or reports from another machine, see --reports
    Vivado,
}

/// What is synthesised at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CoreName {
    /// Logic is optimised across units
    Whole,
    /// Each unit by itself
    Units,
}

/// Arguments of `synth`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Synthesis program.
    #[arg(long, value_enum, default_value = "yosys")]
    tool: ToolName,
    /// Device family: xc7, xcup, ecp5, ice40 or gowin. Default: the family of the board or device that the folder was
    /// built for, or xc7 for Yosys and ecp5 for nextpnr.
    #[arg(long)]
    family: Option<String>,
    /// With --tool yosys, of an overlay: synthesise the core as a whole or each of its units by itself. Units take minutes
    /// where a large core takes hours, and have a row each; they take a few per cent more look-up tables. Default: units
    /// from 128 lanes.
    #[arg(long, value_enum)]
    core: Option<CoreName>,
    /// Seed of the router.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Frequency in MHz that the routed design must reach; default: the clock of the board.
    #[arg(long, value_name = "MHZ")]
    freq: Option<f64>,
    /// Pins file of the placed module, in the format of the family (.lpf, .pcf, .cst); default: the pins of the board.
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// With --tool vivado: a folder with the figures of another run, which scripts/vivado_figures.tcl writes, or with the
    /// text files of report_utilization and report_timing_summary; Vivado is not run.
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Synthesises, places and routes if requested, and prints the results.
///
/// # Errors
/// When the folder is not a build folder, or a tool is missing or fails; a design that does not fit the device or is
/// too slow is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let family = args.family.as_deref().map(family).transpose()?;
    let flow = match (args.tool, &args.reports) {
        (ToolName::Vivado, Some(folder)) => Flow::VivadoReports(folder.clone()),
        (_, Some(_)) => {
            return Err(Error::input("--reports reads what Vivado has written").fix("add --tool vivado"));
        }
        (ToolName::Yosys, None) => Flow::Yosys,
        (ToolName::Nextpnr, None) => {
            Flow::Nextpnr(Routing { seed: args.seed, mhz: args.freq, pins: args.pins.clone() })
        }
        (ToolName::Vivado, None) => Flow::Vivado,
    };
    let core = match args.core {
        Some(_) if args.tool != ToolName::Yosys => {
            let problem =
                "--core is an option of synthesis with Yosys alone; a routed design has a whole core";
            return Err(Error::input(problem).fix("remove --core, or --tool"));
        }
        None => Core::BySize,
        Some(CoreName::Whole) => Core::Whole,
        Some(CoreName::Units) => Core::Units,
    };
    let options = flow::synth::Options { build: args.build.clone(), flow, family, core };
    let found = flow::synth(&options, &output::Display::new())?;
    if args.json {
        output::json_own(&found)?;
        return found.check();
    }
    match &found {
        Synthesised::Utilisation(synthesis) => {
            output::print(&synthesis.utilisation.table().to_string())?;
            output::print(&about(&synthesis.utilisation))?;
            if let Some(fit) = &synthesis.fit {
                output::print(&table(fit))?;
            }
        }
        Synthesised::Placement(placement) => print_placement(placement)?,
        Synthesised::Vivado(found) => {
            output::print(&found.utilisation.table().to_string())?;
            print_placement(&found.placement)?;
        }
    }
    found.check()
}

/// The longest path through logic, and the time that synthesis took.
fn about(found: &Utilisation) -> String {
    let time = format!("{} {}: {:.0} s", found.tool, found.tool_version, found.seconds);
    match &found.logic_depth {
        None => time,
        Some(depth) => format!(
            "logic depth: {} levels ({} look-up tables, {} carry chains), in {} ({}); at most {} carry chains on a \
             path\n{time}",
            depth.levels,
            depth.lut,
            depth.carry_chains,
            crate::error::printable(&depth.instance),
            depth.module,
            depth.most_carry_chains,
        ),
    }
}

/// The figures and the longest path.
fn print_placement(placement: &Placement) -> Result<()> {
    output::print(&placement.table().to_string())?;
    if let Some(path) = placement.critical_paths.first() {
        output::print(&format!("from {}\nto   {}", path.from, path.to))?;
        output::print(&path.table().to_string())?;
    }
    Ok(())
}

fn family(name: &str) -> Result<Family> {
    Family::from_name(name).ok_or_else(|| {
        Error::input(format!("the device family {:?} is not known", crate::error::printable(name)))
            .fix("use xc7, xcup, ecp5, ice40 or gowin")
    })
}

/// Used and available resources.
fn table(fit: &Fit) -> String {
    let rows = fit.resources.iter().map(|Resource { name, used, available, percent }| {
        let percent = percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1} %"));
        [name.clone(), thousands(*used), thousands(*available), percent]
    });
    output::table([&fit.device, "used", "available", "percent"], rows.collect(), 1).to_string()
}
