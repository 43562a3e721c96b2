//! `build`: writes a build folder.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::schedule::ScheduleArgs;
use super::{fit, output};
use crate::architecture::{Joins, Options as Folding};
use crate::emit::{Existing, Manifest};
use crate::error::Result;
use crate::flow;
use crate::flow::build::{Built, Layout};
use crate::flow::explore::{self, Schedule};
use crate::report::Spikes;
use crate::target::Target;

/// Arguments of `build`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The folder to write. A build folder that is already there is replaced; results of the same design in it are kept.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// The board to build for: a name that `snn2rtl targets` lists, or the path of its description, FILE.toml.
    #[arg(long, value_name = "BOARD", conflicts_with = "device")]
    target: Option<String>,
    /// The device to build for, without a board: the core without pins.
    #[arg(long, value_name = "PART")]
    device: Option<String>,
    /// The same maximum number of weights per cycle in every engine; by default each layer gets the lanes that its share of
    /// the work needs.
    #[arg(long, conflicts_with_all = ["folding", "calibrate", "fps", "fit"])]
    lanes: Option<usize>,
    /// Depth of the FIFO between two stages.
    #[arg(long, default_value_t = Folding::default().fifo_depth, conflicts_with = "folding")]
    fifo_depth: usize,
    /// Depth of the FIFOs where paths of the network join; default: overlapped, or minimal if nothing else fits the device.
    #[arg(long, value_enum, conflicts_with = "folding")]
    join_fifos: Option<JoinFifos>,
    /// Omit the hardware of the confidence rule, which ends samples early (--margin, --patience of `cosim`).
    #[arg(long, conflicts_with = "folding")]
    no_confidence: bool,
    /// The folding of each layer: a `folding.json`, as every build folder contains.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["calibrate", "fps", "fit"])]
    folding: Option<PathBuf>,
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// Discard bitstreams and reports of another design in an existing build folder; those of the same design are kept.
    #[arg(long)]
    force: bool,
    /// Print the manifest as JSON.
    #[arg(long)]
    json: bool,
}

/// Depth of the FIFOs where paths of the network join.
#[derive(Clone, Copy, ValueEnum)]
enum JoinFifos {
    /// The shorter path can run ahead of the longer one
    Overlapped,
    /// The smallest depth without deadlock: less memory, more stalls
    Minimal,
}

/// Writes the build folder and prints its stages.
///
/// # Errors
/// When the model cannot be built or the folder cannot be written.
pub fn run(args: &Args) -> Result<()> {
    // A wrong name is reported before the work.
    let target = explore::target(args.target.as_deref(), args.device.as_deref())?;
    let joins = match args.join_fifos {
        None | Some(JoinFifos::Overlapped) => Joins::Overlapped,
        Some(JoinFifos::Minimal) => Joins::Minimal,
    };
    let folding = Folding {
        lanes: args.lanes.unwrap_or(Folding::default().lanes),
        fifo_depth: args.fifo_depth,
        joins,
        confidence: !args.no_confidence,
        ..Folding::default()
    };
    let layout = match (&args.folding, args.lanes) {
        (Some(path), _) => Layout::File(path.clone()),
        (None, Some(_)) => Layout::Uniform(folding),
        (None, None) => {
            let schedule = Schedule { keep_joins: args.join_fifos.is_some(), ..args.schedule.schedule() };
            Layout::Scheduled { schedule, folding }
        }
    };
    let existing = if args.force { Existing::Discard } else { Existing::Keep };
    let output = args.output.clone();
    let options = flow::build::Options { model: args.model.clone(), output, target, layout, existing };
    let built = flow::build(&options, &output::Display::new())?;
    let target = options.target.as_ref();
    if args.json {
        output::json_own(&built.manifest)?;
    } else {
        tell(args, &built, target)?;
        if let (Some((design, estimate)), Some(target)) = (&built.estimate, target) {
            output::print(&fit::table(design, estimate, &target.room()))?;
        }
    }
    if let Some(advice) = &built.advice {
        fit::warn(advice);
    }
    Ok(())
}

/// Prints what was built.
fn tell(args: &Args, built: &Built, target: Option<&Target>) -> Result<()> {
    output::print(&stages(&built.manifest))?;
    match target {
        Some(Target::Board(board)) => {
            output::print(&format!("board: {}, {}", board.title, board.device.title))?
        }
        Some(Target::Device(device)) => output::print(&format!("device: {}", device.title))?,
        None => {}
    }
    if let Some((design_point, exploration)) = &built.chosen {
        let on = match exploration.spikes {
            Spikes::Measured { samples } => format!("the spikes of {samples} samples"),
            Spikes::Synthetic { samples } => {
                format!("the spikes of {samples} random samples (--calibrate FILE.npy: of your own)")
            }
        };
        output::print(&format!("lanes: balanced on {on}"))?;
        if let Some(die) = &exploration.sized_for {
            output::print(&format!(
                "size: for {die} or larger, and near the smallest product of area and cycles"
            ))?;
        }
        if args.join_fifos.is_none() && design_point.point.options.joins == Joins::Minimal {
            output::print("FIFOs where paths meet: minimal, since no design with deeper ones fits")?;
        }
        let total = design_point.estimate.total;
        output::print(&format!(
            "estimate: {:.0} cycles per sample, {} LUT, {} FF, {} {}, {} DSP ({})",
            design_point.point.cycles.per_sample,
            output::thousands(total.lut),
            output::thousands(total.ff),
            output::thousands(total.bram),
            design_point.estimate.family.bram_unit(),
            output::thousands(total.dsp),
            design_point.estimate.family,
        ))?;
    }
    output::print(&format!("build folder: {}", args.output.display()))
}

/// The stages as a table.
pub fn stages(manifest: &Manifest) -> String {
    let rows = manifest.stages.iter().enumerate().map(|(i, s)| {
        let widths: Vec<String> = s.widths.iter().map(|(name, width)| format!("{name} {width}")).collect();
        [
            i.to_string(),
            crate::error::printable(&s.node),
            s.module.clone(),
            format!("{}×{}", s.rows, s.channels),
            s.lanes.to_string(),
            widths.join(", "),
            output::thousands(s.rom_bits),
            output::thousands(s.state_bits),
        ]
    });
    let header = ["stage", "node", "module", "output", "lanes", "widths in bits", "ROM bits", "state bits"];
    output::table(header, rows.collect(), 6).to_string()
}
