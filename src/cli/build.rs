//! `build`: RTL and everything around it.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::explore::{self, Schedule};
use super::{fit, load, output};
use crate::data;
use crate::emit::{self, Manifest, SourceEntry};
use crate::error::Result;
use crate::folder;
use crate::streaming::design::{Joins, Options};
use crate::streaming::schedule::DesignPoint;
use crate::target::Target;

/// Arguments of `build`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The folder to write. A build folder that is already there is replaced.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// The board to build for: a name that `snn2rtl targets` lists, or the path of its description, FILE.toml.
    #[arg(long, value_name = "BOARD", conflicts_with = "device")]
    target: Option<String>,
    /// The device to build for, without a board: the core alone, without pins.
    #[arg(long, value_name = "PART")]
    device: Option<String>,
    /// Most weights that an engine adds in one cycle; by default 16, or the most below that fit the device.
    #[arg(long, conflicts_with_all = ["folding", "calibrate"])]
    lanes: Option<usize>,
    /// Depth of the FIFO between two stages.
    #[arg(long, default_value_t = Options::default().fifo_depth, conflicts_with = "folding")]
    fifo_depth: usize,
    /// Depth of the FIFOs where paths of the network meet again.
    #[arg(long, value_enum, default_value_t = JoinFifos::Overlapped, conflicts_with = "folding")]
    join_fifos: JoinFifos,
    /// Leave out the hardware that ends a sample early once a class stands out (--margin, --patience of `cosim`).
    #[arg(long, conflicts_with = "folding")]
    no_confidence: bool,
    /// How each layer is folded: a `folding.json`, such as every build folder has.
    #[arg(long, value_name = "FILE", conflicts_with = "calibrate")]
    folding: Option<PathBuf>,
    #[command(flatten)]
    schedule: Schedule,
    /// Print the manifest as JSON.
    #[arg(long)]
    json: bool,
}

/// How deep the FIFOs are where paths of the network meet again.
#[derive(Clone, Copy, ValueEnum)]
enum JoinFifos {
    /// The earlier path runs on while the later one catches up
    Overlapped,
    /// No deeper than the pipeline needs to move at all: less memory, more waiting
    Minimal,
}

/// Writes the build folder and prints its stages.
///
/// # Errors
/// When the model cannot be built or the folder cannot be written.
pub fn run(args: &Args) -> Result<()> {
    // What is named wrongly is said before the work.
    let target = explore::target(args.target.as_deref(), args.device.as_deref())?;
    let model = load::model(&args.model)?;
    let joins = match args.join_fifos {
        JoinFifos::Overlapped => Joins::Overlapped,
        JoinFifos::Minimal => Joins::Minimal,
    };
    let uniform = Options {
        lanes: args.lanes.unwrap_or(Options::default().lanes),
        fifo_depth: args.fifo_depth,
        joins,
        confidence: !args.no_confidence,
        ..Options::default()
    };
    let inputs = inputs(args)?;
    let mut design_point = None;
    let options = match (&args.folding, &args.schedule.calibrate) {
        (Some(path), _) => emit::read_folding(path)?,
        (None, None) => match &target {
            Some(target) => {
                let fewer = args.lanes.is_none();
                fit::uniform(&model, &uniform, &target.room(), fewer)?.unwrap_or(uniform)
            }
            None => uniform,
        },
        (None, Some(_)) => {
            let found = explore::scheduled(&model, &args.schedule, target.as_ref(), &uniform)?;
            design_point.insert(found).0.point.options.clone()
        }
    };
    let manifest = emit::emit_from(&model, &options, target.as_ref(), &inputs, &args.output)?;
    let reckoned =
        target.as_ref().map(|target| fit::estimate_for(&model, &options, target.device())).transpose()?;
    if let Some((_, found)) = &design_point {
        found.save(&args.output)?;
    }
    if args.json {
        let text = serde_json::to_string_pretty(&manifest)
            .map_err(|e| crate::error::Error::input(format!("cannot write JSON: {e}")))?;
        output::print(&text)?;
    } else {
        tell(args, &manifest, target.as_ref(), design_point.as_ref().map(|(design_point, _)| design_point))?;
        if let (Some((design, estimate)), Some(target)) = (&reckoned, &target) {
            output::print(&fit::table(design, estimate, &target.room()))?;
        }
    }
    match (&reckoned, &target) {
        (Some((_, estimate)), Some(target)) => fit::warn(&model, &options, &target.room(), estimate),
        _ => Ok(()),
    }
}

/// Prints what was built.
fn tell(
    args: &Args,
    manifest: &Manifest,
    target: Option<&Target>,
    design_point: Option<&DesignPoint>,
) -> Result<()> {
    output::print(&stages(manifest))?;
    match target {
        Some(Target::Board(board)) => {
            output::print(&format!("board: {}, {}", board.title, board.device.title))?
        }
        Some(Target::Device(device)) => output::print(&format!("device: {}", device.title))?,
        None => {}
    }
    if let Some(design_point) = design_point {
        let total = design_point.estimate.total;
        output::print(&format!(
            "estimate: {:.0} cycles a sample, {} LUT, {} FF, {} {}, {} DSP ({})",
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

/// The files that the build is made from, but those of the target.
fn inputs(args: &Args) -> Result<Vec<SourceEntry>> {
    let mut files: Vec<(&str, PathBuf)> = Vec::new();
    files.extend(load::model_files(&args.model).map(|file| ("model", file)));
    files.extend(args.folding.iter().map(|file| ("folding", file.clone())));
    let samples = args.schedule.calibrate.iter().map(|location| data::split_location(location).0);
    files.extend(samples.map(|file| ("calibration", file)));
    let entry = |(role, path): &(&str, PathBuf)| Ok(SourceEntry::of(role, &folder::read(path)?));
    files.iter().map(entry).collect()
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
