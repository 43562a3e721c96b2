//! Place and route with nextpnr, down to a bitstream.
//!
//! The core's modules are synthesised separately, put into a shell ([`Shell`]) and flattened; the router's report is
//! read back in the words of the design: instances of the core and nodes of the model.

mod device;
mod fit;
mod path;
mod report;
pub mod vivado;

use std::path::Path;
use std::time::Instant;

use serde::Deserialize;

pub use path::{CriticalPath, Hop, Leg, Location, SHELL};
pub use report::{Clock, FORMAT_VERSION, Placement, Resource, Slack};

use crate::error::{Error, Result};
use crate::folder;
use crate::interrupt::Unfinished;
use crate::synth::{self, Netlist, Shell};
use crate::target::{Device, Family, Target, routing};
use crate::tool::Toolbox;

/// Name of the file in `rtl/` and of its module that a build for a board has around the core.
const BOARD_TOP: &str = "board_top";

/// Options of place and route.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The device.
    pub device: Device,
    /// The router's seed.
    pub seed: u64,
    /// The frequency in MHz that the design must reach.
    pub mhz: f64,
    /// The pins of the shell, the text of a file in the form of the device's family; without them there is no
    /// bitstream.
    pub pins: Option<String>,
}

impl Options {
    /// The usual device of a family, its usual frequency, seed 1, no pins.
    pub fn usual(family: Family) -> Result<Self> {
        let (device, mhz) = device::usual(family)?;
        Ok(Self { device, seed: 1, mhz, pins: None })
    }

    /// The device that the build folder is for; of a board the clock too, and its pins when the folder has a shell that
    /// they fit.
    pub fn of(target: &Target, build: &Path) -> Result<Self> {
        let device = target.device().clone();
        if device.nextpnr.is_empty() {
            device::usual(device.family)?;
            let error = Error::input(format!("there is no open place and route for {}", device.part));
            return Err(error.fix("use a device for which `snn2rtl targets` names nextpnr"));
        }
        let usual = device::usual(device.family)?.1;
        let mhz = target.board().map_or(usual, |board| board.clock_hz as f64 / 1e6);
        let board = target.board().filter(|_| has_shell(build));
        Ok(Self { seed: 1, mhz, pins: board.map(|board| board.pins.clone()), device })
    }
}

fn has_shell(build: &Path) -> bool {
    build.join(format!("rtl/{BOARD_TOP}.sv")).is_file()
}

/// The part of `manifest.json` that is read.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    stages: Vec<Stage>,
}

#[derive(Deserialize)]
struct Stage {
    node: String,
}

/// Places and routes the design in the build folder.
///
/// Leaves `reports/place_FAMILY.json`, in `reports/nextpnr_FAMILY/` what the router said and wrote, and with pins and
/// the frequency reached the bitstream in `bitstream/`. `progress` is shown what is being done. A frequency that is
/// missed is no error here: see [`Placement::check`].
pub fn nextpnr(
    toolbox: &Toolbox,
    build: &Path,
    options: &Options,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Placement> {
    let start = Instant::now();
    let device = &options.device;
    let family = device.family;
    if !options.mhz.is_finite() || options.mhz <= 0.0 {
        return Err(
            Error::input(format!("{} MHz is no frequency", options.mhz)).fix("use --freq MHZ above 0")
        );
    }
    let shell = match has_shell(build) {
        true => Shell::Module(BOARD_TOP.to_owned()),
        false => Shell::Chain,
    };
    let result = build.join(format!("reports/place_{family}.json"));
    let folder_name = format!("reports/nextpnr_{family}");
    let (router, packer) = device::tools(family);
    let (router, packer) = (toolbox.get(router)?, toolbox.get(packer)?);
    // After a failure no result of an earlier run may look like this one's.
    let bitstream_extension = family.bitstream_extension();
    let bitstream = format!("bitstream/{family}.{bitstream_extension}");
    for old in [&result, &build.join(&bitstream)] {
        match std::fs::remove_file(old) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("remove", old, &e)),
            _ => {}
        }
    }
    let folder = build.join(&folder_name);
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("remove", &folder, &e)),
        _ => {}
    }
    let _unfinished = Unfinished::folder(&folder)?;
    // The pins go into the folder: the router may not see other folders.
    let spare = device::spare_pins(family).filter(|_| shell == Shell::Chain);
    let pins = options.pins.as_deref().or(spare);
    let pins_file = format!("{folder_name}/pins.{}", family.pins_extension());
    if let Some(text) = pins {
        let file = build.join(&pins_file);
        std::fs::write(&file, text).map_err(|e| Error::io("write", &file, &e))?;
    }

    let synthesis = |step: synth::Step<'_>| progress(&format!("Yosys: {step}"));
    let netlist = synth::netlist(toolbox, build, family, &shell, &synthesis)?;
    let placed = format!("{folder_name}/placed.{}", routing::placed_extension(family));
    let report = format!("{folder_name}/report.json");
    let log = folder.join("nextpnr.log");
    let run = routing::Run {
        netlist: &netlist.file,
        pins: pins.map(|_| pins_file.as_str()),
        placed: &placed,
        report: &report,
        mhz: &options.mhz.to_string(),
        seed: &options.seed.to_string(),
    };
    let call = router
        .command()
        .args(routing::router(device, &run))
        // A missed frequency is judged by the report and not by the router's exit code.
        .arg("--timing-allow-fail")
        .cwd(build)
        .log(&log);
    progress("nextpnr");
    let finished = call.attempt(&mut |line| {
        if let Some(step) = line.strip_prefix("Info: ") {
            let short: String = step.trim().chars().take(60).collect();
            if !short.is_empty() {
                progress(&format!("nextpnr: {short}"));
            }
        }
    })?;
    if !finished.status.success() {
        let whole = read(&log)?;
        let misfit = fit::misfit(&device.part, &whole).map(|error| error.at_file(&log));
        return Err(misfit.unwrap_or_else(|| call.failure(&finished)));
    }

    let stages = stages(build)?;
    let names = path::Names::new(&netlist.core_instance, named(&netlist, &stages));
    let report = build.join(&report);
    let (clocks, resources, critical_paths) =
        report::read(&read(&report)?, &names).map_err(|error| error.at_file(&report))?;
    let mut found = Placement {
        format_version: FORMAT_VERSION,
        family,
        device: device.part.clone(),
        tool: router.tool.title().to_owned(),
        tool_version: router.version.to_string(),
        top: netlist.top,
        core: netlist.core,
        seed: options.seed,
        target_mhz: options.mhz,
        seconds: 0.0,
        clocks,
        synthesised: netlist.total,
        resources,
        critical_paths,
        bitstream: None,
        slack: None,
    };
    if options.pins.is_some() && found.missed().next().is_none() {
        progress("bitstream");
        let packed = format!("{folder_name}/packed.{bitstream_extension}");
        let log = folder.join("pack.log");
        packer.command().args(routing::pack(device, &placed, &packed)).cwd(build).log(log).run()?;
        // Whole before it gets its name.
        let (packed, target) = (build.join(packed), build.join(&bitstream));
        let parent = build.join("bitstream");
        std::fs::create_dir_all(&parent).map_err(|e| Error::io("create", &parent, &e))?;
        std::fs::rename(&packed, &target).map_err(|e| Error::io("rename into place", &target, &e))?;
        found.bitstream = Some(bitstream);
    }
    found.seconds = start.elapsed().as_secs_f64();
    let text = serde_json::to_string_pretty(&found).map_err(|e| {
        Error::input(format!("the placement cannot be written as JSON: {e}")).at_file(&result)
    })?;
    let mut file = folder::begin_file(&result)?;
    std::io::Write::write_all(&mut file, format!("{text}\n").as_bytes())
        .map_err(|e| Error::io("write", &result, &e))?;
    folder::finish_file(file, &result)?;
    Ok(found)
}

fn stages(build: &Path) -> Result<Vec<Stage>> {
    let path = build.join("manifest.json");
    let manifest: Manifest = serde_json::from_str(&read(&path)?)
        .map_err(|e| Error::input(format!("this manifest cannot be read: {e}")).at_file(&path))?;
    Ok(manifest.stages)
}

/// Instances with their modules and nodes: stage 3 is the instance `u_s3_…`.
fn named<'a>(
    netlist: &'a Netlist,
    stages: &'a [Stage],
) -> impl Iterator<Item = (&'a str, &'a str, Option<&'a str>)> {
    netlist.instances.iter().map(|(name, module)| {
        let number = name.strip_prefix("u_s").and_then(|rest| rest.split('_').next()?.parse::<usize>().ok());
        let node = number.and_then(|number| stages.get(number)).map(|stage| stage.node.as_str());
        (name.as_str(), module.as_str(), node)
    })
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::io("read", path, &e))
}
