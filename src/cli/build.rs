//! `build`: writes a build folder.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::architecture::{self, Given, Kind};
use super::external::ExternalArgs;
use super::schedule::ScheduleArgs;
use super::{fit, output};
use crate::architecture::OverlaySizes as Sizes;
use crate::architecture::{Architecture, External, Joins, StreamingOptions as Folding};
use crate::emit::{Existing, Manifest};
use crate::error::{Error, Result};
use crate::flow;
use crate::flow::build::Built;
use crate::flow::explore::{self, Schedule};
use crate::flow::layout::Layout;
use crate::golden::SpikeCode;
use crate::hardware::Estimate;
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
    /// The kind of hardware; auto: that of the options that only one has, else that whose design suits the goal better, by the
    /// estimates.
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Kind::Auto, conflicts_with = "folding")]
    architecture: Kind,
    /// Streaming: the same maximum number of weights per cycle in every engine; by default each layer gets the lanes that
    /// its share of the work needs. Overlay: output channels that are added to in one cycle; default: 64, or fewer for
    /// narrow networks.
    #[arg(long, conflicts_with = "folding")]
    lanes: Option<usize>,
    /// Overlay: spikes per cycle; default: 2. With --fps, --luts or --fit, sizes that are not given are chosen.
    #[arg(long, value_name = "G", conflicts_with = "folding")]
    spikes: Option<usize>,
    /// Overlay: levels that a spike carries; default: radix.
    #[arg(long, value_enum, conflicts_with = "folding")]
    code: Option<Code>,
    /// Overlay: neurons that fire in one cycle, a power of two that divides the lanes; 1 and 2 are for the smallest overlays;
    /// default: 8.
    #[arg(long, value_name = "W", conflicts_with = "folding")]
    fire_lanes: Option<usize>,
    /// Overlay: neurons whose spikes are read in one cycle, a power of two; default: 64.
    #[arg(long, value_name = "F", conflicts_with = "folding")]
    fetch_width: Option<usize>,
    /// Overlay: elements of LayerNorm, softmax and sums in one cycle, a power of two up to a quarter of the fire lanes (1 for
    /// fewer than 8);
    /// default: a quarter.
    #[arg(long, value_name = "R", conflicts_with = "folding")]
    row_lanes: Option<usize>,
    /// Overlay: programs, weights and all constants are loaded at run time; `model.bin` of the build folder has those of this
    /// network, `snn2rtl image` writes those of another one.
    #[arg(long, conflicts_with = "folding")]
    loadable: bool,
    /// Overlay that is loaded: another model.snn that the machine has room for; can be given several times.
    #[arg(long, value_name = "MODEL", requires = "loadable")]
    also: Vec<PathBuf>,
    #[command(flatten)]
    external: ExternalArgs,
    /// Depth of the FIFO between two stages; default: 4.
    #[arg(long, conflicts_with = "folding")]
    fifo_depth: Option<usize>,
    /// Depth of the FIFOs where paths of the network join; default: overlapped, or minimal if nothing else fits the device.
    #[arg(long, value_enum, conflicts_with = "folding")]
    join_fifos: Option<JoinFifos>,
    /// Omit the hardware of the confidence rule, which ends samples early (--margin, --patience of `cosim`).
    #[arg(long, conflicts_with = "folding")]
    no_confidence: bool,
    /// The folding of each layer, or the sizes of an overlay: a `folding.json`, as every build folder contains.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["calibrate", "fps", "fit", "luts"])]
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

/// Levels of a spike.
#[derive(Clone, Copy, ValueEnum)]
enum Code {
    /// One level
    Unary,
    /// 2^(B−1−j) levels in local time-step j of B
    Radix,
}

/// Depth of the FIFOs where paths of the network join.
#[derive(Clone, Copy, ValueEnum)]
enum JoinFifos {
    /// The shorter path can run ahead of the longer one
    Overlapped,
    /// The smallest depth without deadlock: less memory, more stalls
    Minimal,
}

impl Args {
    /// Options that are given and decide the architecture.
    fn given(&self) -> Given {
        let first = |options: &[(&'static str, bool)]| {
            options.iter().find(|(_, given)| *given).map(|(name, _)| *name)
        };
        let schedule = &self.schedule;
        let balanced = first(&[
            ("--calibrate", schedule.calibrate.is_some()),
            ("--fps", schedule.fps.is_some()),
            ("--fit", schedule.fit),
            ("--luts", schedule.luts.is_some()),
        ]);
        Given {
            streaming: first(&[
                ("--fifo-depth", self.fifo_depth.is_some()),
                ("--join-fifos", self.join_fifos.is_some()),
                ("--no-confidence", self.no_confidence),
            ]),
            overlay: first(&[
                ("--spikes", self.spikes.is_some()),
                ("--code", self.code.is_some()),
                ("--fire-lanes", self.fire_lanes.is_some()),
                ("--fetch-width", self.fetch_width.is_some()),
                ("--row-lanes", self.row_lanes.is_some()),
                ("--loadable", self.loadable),
            ]),
            lanes_and: balanced.filter(|_| self.lanes.is_some()),
        }
    }

    /// The layout of a streaming design.
    fn streaming(&self) -> Layout {
        let usual = Folding::default();
        let folding = Folding {
            lanes: self.lanes.unwrap_or(usual.lanes),
            fifo_depth: self.fifo_depth.unwrap_or(usual.fifo_depth),
            joins: match self.join_fifos {
                None | Some(JoinFifos::Overlapped) => Joins::Overlapped,
                Some(JoinFifos::Minimal) => Joins::Minimal,
            },
            confidence: !self.no_confidence,
            ..usual
        };
        if self.lanes.is_some() {
            return Layout::Uniform(folding);
        }
        let schedule = Schedule { keep_joins: self.join_fifos.is_some(), ..self.schedule.schedule() };
        Layout::Scheduled { schedule, folding }
    }

    /// Where the weights of an overlay come from, if that is memory.
    fn external(&self) -> Result<Option<External>> {
        let external = self.external.external()?;
        if external.is_some() && !self.loadable {
            return Err(
                Error::input("weights in memory are those of a network that is loaded").fix("add --loadable")
            );
        }
        Ok(external)
    }

    /// Without a goal, a machine has the usual sizes.
    fn check_samples(&self) -> Result<()> {
        let schedule = &self.schedule;
        let given = [("--calibrate", schedule.calibrate.is_some()), ("--clock", schedule.clock.is_some())];
        match given.iter().find(|(_, given)| *given && self.loadable) {
            Some((name, _)) if !schedule.schedule().has_goal() => {
                Err(Error::input(format!("{name} without a goal for the machine"))
                    .fix("add --fps, --luts or --fit, or leave it out"))
            }
            _ => Ok(()),
        }
    }

    /// The sizes of an overlay.
    fn sizes(&self) -> Sizes {
        Sizes {
            lanes: self.lanes,
            spikes: self.spikes,
            fire_lanes: self.fire_lanes,
            fetch_width: self.fetch_width,
            row_lanes: self.row_lanes,
            code: self.code.map(|code| match code {
                Code::Unary => SpikeCode::Unary,
                Code::Radix => SpikeCode::Radix,
            }),
        }
    }
}

/// Writes the build folder and prints its stages.
///
/// # Errors
/// When the model cannot be built or the folder cannot be written.
pub fn run(args: &Args) -> Result<()> {
    // A wrong name or option is reported before the work.
    let target = explore::target(args.target.as_deref(), args.device.as_deref())?;
    let kind = args.architecture.asked(&args.given())?;
    let external = args.external()?;
    args.check_samples()?;
    let schedule = args.schedule.schedule();
    let layout = match (&args.folding, kind) {
        (Some(path), _) => Layout::File(path.clone()),
        (None, None) => Layout::Automatic { lanes: args.lanes, schedule },
        (None, Some(Architecture::Streaming)) => args.streaming(),
        (None, Some(Architecture::Overlay)) if args.loadable => {
            let (sizes, others) = (args.sizes(), args.also.clone());
            Layout::Loadable { sizes, others, external, schedule }
        }
        (None, Some(Architecture::Overlay)) => Layout::Overlay { sizes: args.sizes(), schedule },
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
    let found = &built.found;
    if let Some(compared) = &found.compared {
        output::print(&architecture::line(compared))?;
    }
    if let Some((point, spikes, chosen)) = &found.overlay {
        let how = if *chosen { "chosen" } else { "" };
        output::print(format!("sizes P, G, W, F: {} {how}", point.options.brief()).trim_end())?;
        output::print(&format!(
            "{}, with {}",
            estimate(point.cycles.per_sample, &point.estimate),
            of(*spikes)
        ))?;
    }
    if let (Some(design_point), Some(exploration)) = (&found.balanced, &found.exploration) {
        output::print(&format!("lanes: balanced on {}", of(exploration.spikes)))?;
        if let Some(die) = &exploration.sized_for {
            output::print(&format!(
                "size: for {die} or larger, and near the smallest product of area and cycles"
            ))?;
        }
        if args.join_fifos.is_none() && design_point.point.options.joins == Joins::Minimal {
            output::print("FIFOs where paths meet: minimal, since no design with deeper ones fits")?;
        }
        output::print(&estimate(design_point.point.cycles.per_sample, &design_point.estimate))?;
    }
    output::print(&format!("build folder: {}", args.output.display()))
}

/// The spikes of which samples.
fn of(spikes: Spikes) -> String {
    match spikes {
        Spikes::Measured { samples } => format!("the spikes of {samples} samples"),
        Spikes::Synthetic { samples } => {
            format!("the spikes of {samples} random samples (--calibrate FILE.npy: of your own)")
        }
    }
}

/// Cycles and area in a line.
fn estimate(cycles: f64, estimate: &Estimate) -> String {
    let total = estimate.total;
    format!(
        "estimate: {cycles:.0} cycles per sample, {} LUT, {} FF, {} {}, {} DSP ({})",
        output::thousands(total.lut),
        output::thousands(total.ff),
        output::thousands(total.bram),
        estimate.family.bram_unit(),
        output::thousands(total.dsp),
        estimate.family,
    )
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
