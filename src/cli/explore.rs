//! `explore`: cycles against area.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::output;
use super::schedule::ScheduleArgs;
use crate::error::Result;
use crate::flow;
use crate::flow::explore::target;
use crate::folder;
use crate::report::{self, EXPLORATION_VERSION, Exploration, Spikes};
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
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// SVG file for a picture of the frontier.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the frontier.
///
/// # Errors
/// When the model or the samples are wrong; that nothing fits is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let options = flow::explore::Options {
        model: args.model.clone(),
        target: target(args.target.as_deref(), args.device.as_deref())?,
        schedule: args.schedule.schedule(),
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

fn table(found: &Exploration) -> String {
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
        [
            mark.to_owned(),
            output::thousands(row.cycles.round() as u64),
            output::thousands(row.samples_per_second.round() as u64),
            output::thousands(row.lut),
            output::thousands(row.ff),
            output::thousands(row.bram),
            output::thousands(row.dsp),
            fits,
            crate::error::printable(&row.busiest),
        ]
    });
    let header = ["", "cycles", "samples/s", "LUT", "FF", found.family.bram_unit(), "DSP", "fits", "busiest"];
    let table = output::table(header, cells.collect(), 1).to_string();
    let mut text = format!("{table}\n→ chosen");
    if found.designs.iter().any(|design| !design.on_frontier && !design.chosen) {
        text.push_str("   · another design takes no more cycles and no more LUTs");
    }
    text
}
