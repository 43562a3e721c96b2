//! Vivado: runs the script of the build folder if Vivado is installed, and reads its figures, or text reports of any
//! machine, into the form that the reports of Yosys and nextpnr have.
//!
//! | file | contents |
//! |---|---|
//! | `text.rs` | header and tables of all reports |
//! | `utilization.rs` | `report_utilization`, flat and by hierarchy |
//! | `timing.rs`, `paths.rs` | `report_timing_summary` and its paths |
//! | `figures.rs` | the figures that the scripts of a build folder write |
//! | `find.rs` | the reports of a folder |

mod figures;
mod find;
mod paths;
mod text;
mod timing;
mod utilization;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::path::{CriticalPath, Names};
use super::report::{Clock, FORMAT_VERSION, Placement, Slack};
use crate::error::{Error, Result, printable};
use crate::folder;
use crate::interrupt::Unfinished;
use crate::synth::{self, Figures, ModuleUse, Utilisation};
use crate::target::{Device, Family, Target};
use crate::tool::{Tool, Toolbox};
use find::Reports;
use paths::Course;
use timing::Timing;
use utilization::{Flat, Row};

/// The script that makes the reports, seen from the build folder.
pub const SCRIPT: &str = "scripts/vivado.tcl";
/// The folder of its reports.
pub const FOLDER: &str = "reports/vivado";
/// Instance of the core in everything that is around it.
const CORE: &str = "u_core/";

/// Results of Vivado.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// What is used, instance by instance if there was a report by hierarchy.
    pub utilisation: Utilisation,
    /// Clocks, resources, slowest paths.
    pub placement: Placement,
}

/// The part of `manifest.json` that is read.
#[derive(Deserialize)]
struct Manifest {
    top: String,
    #[serde(default)]
    stages: Vec<Stage>,
}

#[derive(Deserialize)]
struct Stage {
    node: String,
    module: String,
}

/// Runs the script of the build folder in the user's Vivado and reads its reports.
///
/// # Errors
/// When there is no Vivado: the error says which script to run where it is; when it fails, or as [`reports`].
pub fn run(
    toolbox: &Toolbox,
    build: &Path,
    target: Option<&Target>,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Found> {
    let script = build.join(SCRIPT);
    if !script.is_file() {
        return Err(Error::input(
            "this build folder has no script for Vivado: it is for a device of another maker",
        )
        .at_file(script)
        .fix("build for an AMD board or device (`snn2rtl targets`), or for none"));
    }
    let Some(vivado) = toolbox.find(Tool::Vivado, &[])? else {
        return Err(Error::input("Vivado is missing").at_file(script).fix(format!(
            "copy the build folder to a machine with Vivado, run `vivado -mode batch -source {SCRIPT}` there, bring \
             {FOLDER} back and read it with `snn2rtl synth {} --tool vivado --reports FOLDER`; or put Vivado on PATH \
             (source its settings64.sh), or set {} to its path",
            printable(&build.display().to_string()),
            Tool::Vivado.variable()
        )));
    };
    let start = Instant::now();
    let folder = build.join(FOLDER);
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("remove", &folder, &e)),
        _ => {}
    }
    // After a failure no result of an earlier run may look like this one's.
    for family in [Family::Xc7, Family::Xcup] {
        for path in results(build, family) {
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("remove", &path, &e));
                }
                _ => {}
            }
        }
    }
    let _unfinished = Unfinished::folder(&folder)?;
    let call = vivado
        .command()
        .args(["-mode", "batch", "-nojournal", "-nolog", "-notrace", "-source", SCRIPT])
        .cwd(build)
        .log(folder.join("vivado.log"));
    call.run_with(&mut |line| {
        let command = line.strip_prefix("Command: ").or_else(|| line.strip_prefix("Starting "));
        if let Some(step) = command {
            progress(&step.chars().take(60).collect::<String>());
        }
    })?;
    let found = read(build, &folder, target, start.elapsed().as_secs_f64())?;
    save(build, &found)?;
    Ok(found)
}

/// Reads reports that were made elsewhere: the text files in `folder`.
///
/// Leaves `reports/utilisation_vivado_FAMILY.json` and `reports/place_vivado_FAMILY.json`. A timing that is missed is
/// no error here: see [`Placement::check`].
///
/// # Errors
/// When a report is missing, damaged or truncated, or of another design or device than the build folder.
pub fn reports(build: &Path, folder: &Path, target: Option<&Target>) -> Result<Found> {
    let found = read(build, folder, target, 0.0)?;
    save(build, &found)?;
    Ok(found)
}

fn read(build: &Path, folder: &Path, target: Option<&Target>, seconds: f64) -> Result<Found> {
    let manifest = manifest(build)?;
    let Reports { flat, timing, hierarchy } = find::find(folder)?;
    let (flat, flat_file) = flat;
    let (timing, timing_file) = timing;
    let tops = [manifest.top.clone(), format!("{}_ip", manifest.top)];
    let wrapped = ["board_top".to_owned(), "system_wrapper".to_owned()];
    for (head, file) in [(&flat.head, &flat_file), (&timing.head, &timing_file)] {
        if !tops.iter().chain(&wrapped).any(|top| *top == head.design) {
            let problem = format!(
                "this report is of the design `{}`; that of the build folder is `{}`",
                printable(&head.design),
                manifest.top
            );
            return Err(Error::input(problem).at_file(file).fix("give the reports of this build folder"));
        }
        if let Some(device) = target.map(Target::device).filter(|device| !is(device, &head.device)) {
            let problem = format!(
                "this report is of the device `{}`; the build folder is for {}",
                printable(&head.device),
                device.part
            );
            return Err(Error::input(problem).at_file(file).fix("give the reports of this build folder"));
        }
    }
    if flat.head.design != timing.head.design {
        return Err(Error::input("the reports are of different designs").at_file(timing_file));
    }
    let core = if flat.head.design == manifest.top { "" } else { CORE };
    let rows = hierarchy.map_or_else(Vec::new, |(rows, _)| rows);
    let modules = modules(&rows, core);
    let utilisation = Utilisation {
        format_version: synth::FORMAT_VERSION,
        family: flat.family,
        tool: Tool::Vivado.title().to_owned(),
        tool_version: flat.head.version.clone(),
        top: flat.head.design.clone(),
        command: flat.head.command.clone(),
        seconds,
        bram_unit: flat.family.bram_unit().to_owned(),
        logic_depth: None,
        total: flat.total.clone(),
        modules,
    };
    let placement = placement(build, &manifest, &flat, &timing, &utilisation, core, target);
    Ok(Found { utilisation, placement })
}

fn manifest(build: &Path) -> Result<Manifest> {
    let path = build.join("manifest.json");
    let bytes = folder::read(&path)?;
    serde_json::from_slice(&bytes)
        .map_err(|e| Error::input(format!("this manifest cannot be read: {e}")).at_file(&path))
}

/// Whether a report's device is this one. Reports leave out the maker's prefix, hyphens or the grade.
fn is(device: &Device, name: &str) -> bool {
    let plain = |name: &str| {
        let text: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        text.strip_prefix("xc").map_or(text.clone(), str::to_owned)
    };
    let (part, name) = (plain(&device.part), plain(name));
    let die = plain(&device.die);
    name.starts_with(&die) && (part.starts_with(&name) || name.starts_with(&part))
}

/// The instances of the core, out of a report by hierarchy.
fn modules(rows: &[Row], core: &str) -> Vec<ModuleUse> {
    let base = match core {
        "" => Some(1),
        _ => rows
            .iter()
            .find(|row| row.path.last().is_some_and(|name| *name == "u_core"))
            .map(|row| row.path.len()),
    };
    let Some(base) = base else { return Vec::new() };
    let inside =
        |row: &&Row| row.path.len() == base + 1 && (core.is_empty() || row.path[base - 1] == "u_core");
    let mut modules: Vec<ModuleUse> = Vec::new();
    for row in rows.iter().filter(inside) {
        let name = &row.path[base];
        let (instance, module) = match name.starts_with('(') {
            // What is in no instance.
            true => (synth::TOP_LEVEL.to_owned(), row.path[base - 1].clone()),
            false => (name.clone(), row.module.clone()),
        };
        if row.figures != Figures::default() || instance != synth::TOP_LEVEL {
            modules.push(ModuleUse { instance, module, figures: row.figures.clone() });
        }
    }
    modules.sort_by(|a, b| synth::by_number(&a.instance, &b.instance));
    modules
}

fn placement(
    build: &Path,
    manifest: &Manifest,
    flat: &Flat,
    timing: &Timing,
    utilisation: &Utilisation,
    core: &str,
    target: Option<&Target>,
) -> Placement {
    let names = names(manifest, timing, utilisation, core);
    let mut paths = Vec::new();
    for path in &timing.paths {
        paths.extend(match &path.course {
            Course::Hops(hops) => {
                let hops = hops.iter().map(|(kind, delay, cell)| (kind.as_str(), *delay, below(cell, core)));
                names.hops(&path.launch, &path.capture, hops)
            }
            Course::Ends { from, to, levels, logic, routing } => {
                let ends = [from, to].map(|cell| names.locate(&below(cell, core)));
                Some(CriticalPath::between(&path.launch, &path.capture, ends, *levels, [*logic, *routing]))
            }
        });
    }
    paths.sort_by_key(super::CriticalPath::is_asynchronous);
    let clocks: Vec<Clock> = timing
        .clocks
        .iter()
        .filter_map(|clock| {
            let (setup, target_mhz) = (clock.setup?, 1e3 / clock.period);
            let achieved_mhz = 1e3 / (clock.period - setup);
            Some(Clock { name: clock.name.clone(), achieved_mhz, target_mhz })
        })
        .collect();
    let mut devices = target.map(|target| target.device().part.clone()).into_iter();
    let bitstream = format!("bitstream/{}.bit", flat.family);
    Placement {
        format_version: FORMAT_VERSION,
        family: flat.family,
        device: devices.next().unwrap_or_else(|| flat.head.device.clone()),
        tool: Tool::Vivado.title().to_owned(),
        tool_version: timing.head.version.clone(),
        top: flat.head.design.clone(),
        core: manifest.top.clone(),
        seed: 0,
        target_mhz: clocks.iter().map(|clock| clock.target_mhz).fold(0.0, f64::max),
        seconds: utilisation.seconds,
        clocks,
        synthesised: flat.total.clone(),
        resources: flat.resources.clone(),
        critical_paths: paths,
        bitstream: build.join(&bitstream).is_file().then_some(bitstream),
        slack: Some(Slack {
            setup_ns: timing.summary.setup,
            hold_ns: timing.summary.hold,
            pulse_ns: timing.summary.pulse,
            failing: timing.summary.failing,
            routed: flat.head.progress() == 2,
        }),
    }
}

/// The name of a cell as [`Names`] takes it: the core, its instance, what is below; other cells as they are.
fn below(cell: &str, core: &str) -> String {
    let rest = match core {
        "" => Some(cell),
        _ => cell.find(core).map(|at| &cell[at + core.len()..]),
    };
    rest.map_or_else(|| cell.to_owned(), |rest| format!("u_core.{}", rest.replacen('/', ".", 1)))
}

/// The instances that paths may pass: those of the report by hierarchy, and the stages, whose instances are `u_sN_…`.
fn names(manifest: &Manifest, timing: &Timing, utilisation: &Utilisation, core: &str) -> Names {
    let cells = timing.paths.iter().flat_map(|path| path.course.cells()).map(|cell| below(cell, core));
    let instances =
        cells.filter_map(|cell| Some(cell.strip_prefix("u_core.")?.split_once('.')?.0.to_owned()));
    let listed =
        utilisation.modules.iter().map(|module| (module.instance.clone(), Some(module.module.clone())));
    let mut all: Vec<(String, String, Option<String>)> = Vec::new();
    for (instance, module) in listed.chain(instances.map(|instance| (instance, None))) {
        let number =
            instance.strip_prefix("u_s").and_then(|rest| rest.split('_').next()?.parse::<usize>().ok());
        let stage = number.and_then(|number| manifest.stages.get(number));
        let module = stage.map(|stage| stage.module.clone()).or(module);
        if let (Some(module), false) = (module, all.iter().any(|(name, ..)| *name == instance)) {
            all.push((instance, module, stage.map(|stage| stage.node.clone())));
        }
    }
    Names::new(
        "u_core",
        all.iter().map(|(name, module, node)| (name.as_str(), module.as_str(), node.as_deref())),
    )
}

fn save(build: &Path, found: &Found) -> Result<()> {
    let folder = build.join("reports");
    std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, &e))?;
    let [utilisation, placement] = results(build, found.placement.family);
    write(&utilisation, &found.utilisation)?;
    write(&placement, &found.placement)
}

/// Path of the results.
fn results(build: &Path, family: Family) -> [PathBuf; 2] {
    ["utilisation", "place"].map(|what| build.join(format!("reports/{what}_vivado_{family}.json")))
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Error::input(format!("the report cannot be written as JSON: {e}")).at_file(path))?;
    let mut file = folder::begin_file(path)?;
    file.write_all(format!("{text}\n").as_bytes()).map_err(|e| Error::io("write", path, &e))?;
    folder::finish_file(file, path)
}
