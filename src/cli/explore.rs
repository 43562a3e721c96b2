//! `explore`: cycles against area.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::external::ExternalArgs;
use super::output;
use super::schedule::ScheduleArgs;
use crate::architecture::{Architecture, Options};
use crate::error::{Error, Result};
use crate::flow;
use crate::flow::explore::{Architectures, target};
use crate::folder;
use crate::report::{self, EXPLORATION_VERSION, Exploration, MemoryBound, Spikes};
use crate::target::Short;

/// Arguments of `explore`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn or a build folder.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The board to build for: a name that `snn2rtl targets` lists, or the path of its description, FILE.toml.
    #[arg(long, value_name = "BOARD", conflicts_with = "device")]
    target: Option<String>,
    /// The device to build for, without a board.
    #[arg(long, value_name = "PART")]
    device: Option<String>,
    /// Whose designs: of one architecture, or of both together.
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Kind::Both)]
    architecture: Kind,
    #[command(flatten)]
    external: ExternalArgs,
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// SVG file for a picture of the frontier.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The architectures.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// One stage per operator, connected by streams
    Streaming,
    /// One engine for all layers, run by a program
    Overlay,
    /// Both
    Both,
}

/// Prints the frontier.
///
/// # Errors
/// When the model or the samples are wrong; that nothing fits is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let external = args.external.external()?;
    if external.is_some() && matches!(args.architecture, Kind::Streaming) {
        return Err(Error::input("weights in memory are an option of the overlay architecture")
            .fix("add --architecture overlay, or leave out --weights external"));
    }
    let options = flow::explore::Options {
        external,
        model: args.model.clone(),
        target: target(args.target.as_deref(), args.device.as_deref())?,
        schedule: args.schedule.schedule(),
        architectures: match args.architecture {
            Kind::Streaming => Architectures::Streaming,
            Kind::Overlay => Architectures::Overlay,
            Kind::Both => Architectures::Both,
        },
    };
    let flow::explore::Frontier { exploration: found, unmet } =
        flow::explore(&options, &output::Display::new())?;
    if let Some(path) = &args.svg {
        folder::write_whole(path, report::picture(&found)?.as_bytes())?;
    }
    if args.json {
        output::json_of(EXPLORATION_VERSION, &found)?;
    } else {
        output::print(&table(&found))?;
        if let Spikes::Synthetic { samples } = found.spikes {
            output::print(&format!(
                "spikes: of {samples} random samples (--calibrate FILE.npy: of your own)"
            ))?;
        }
        if !found.calibrated {
            let family = found.family;
            output::print(&format!("area in {family} is estimated with coefficients of another family"))?;
        }
    }
    unmet.map_or(Ok(()), Err)
}

/// The column of what limits a design.
const LIMIT: usize = 9;

/// What limits a design whose weights come from memory.
fn limit(memory: MemoryBound) -> String {
    match memory.limits {
        true => format!("memory: {}", output::thousands(memory.weight_cycles.round() as u64)),
        false => "computation".to_owned(),
    }
}

fn table(found: &Exploration) -> String {
    let overlays = found.designs.iter().any(|row| row.folding.architecture() == Architecture::Overlay);
    let memory = found.designs.iter().any(|row| row.memory.is_some());
    // Streaming designs have no name, and weights in the chip no memory.
    let shown = |n: usize| (overlays || n != 1) && (memory || n != LIMIT);
    let cells = found.designs.iter().map(|row| {
        let fits = match row.fits {
            Some(true) => "yes".to_owned(),
            Some(false) => format!("no: {}", Short::brief(&row.short)),
            None => String::new(),
        };
        let mark = match (row.chosen, row.on_frontier) {
            (true, _) => "→",
            (false, true) => "",
            (false, false) => "·",
        };
        let design = match &row.folding {
            Options::Streaming(_) => "streaming".to_owned(),
            Options::Overlay(options) => format!("overlay {}", options.brief()),
            Options::Loadable(loadable) => format!("overlay {}", loadable.options.brief()),
        };
        let cells = [
            mark.to_owned(),
            design,
            output::thousands(row.cycles.round() as u64),
            output::thousands(row.samples_per_second.round() as u64),
            output::thousands(row.lut),
            output::thousands(row.ff),
            output::thousands(row.bram),
            output::thousands(row.dsp),
            fits,
            row.memory.map_or_else(String::new, limit),
            crate::error::printable(&row.busiest),
        ];
        Vec::from(cells).into_iter().enumerate().filter(|(n, _)| shown(*n)).map(|(_, cell)| cell)
    });
    let cells: Vec<Vec<String>> = cells.map(Iterator::collect).collect();
    let header = [
        "",
        "P, G, W, F",
        "cycles",
        "samples/s",
        "LUT",
        "FF",
        found.family.bram_unit(),
        "DSP",
        "fits",
        "limited by",
        "busiest",
    ];
    let header: Vec<&str> =
        header.into_iter().enumerate().filter(|(n, _)| shown(*n)).map(|(_, name)| name).collect();
    let table = output::table(header, cells, if overlays { 2 } else { 1 }).to_string();
    let mut text = format!("{table}\n→ chosen");
    if memory {
        text.push_str("   memory: cycles in which the port passes the weights of a sample");
    }
    if found.designs.iter().any(|design| !design.on_frontier && !design.chosen) {
        text.push_str("   · another design takes no more cycles and no more LUTs");
    }
    text
}
