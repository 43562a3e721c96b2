//! Synthesis with Yosys, module by module.
//!
//! The top level is wiring only: one instance per stage and stream. Their boundaries are kept, so that cells can be
//! told apart by instance; beneath them everything is flattened, so that logic is optimised across the small library
//! modules. Each module with its parameters is synthesised separately and counted as often as the top level
//! instantiates it: equivalent modules are synthesised once, several run at a time, and no run has to carry the whole
//! design (the time that ABC9 takes in Yosys 0.70 grows with the product of modules and cells). The core of an overlay
//! is one instance. A large one is opened first, so that its units are instances of the top level ([`Core`]).

mod cells;
mod depth;
mod figures;
mod fit;
mod manifest;
mod netlist;
mod report;
mod rtlil;
mod scripts;
mod shell;

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rayon::prelude::*;

pub use figures::{Figures, LogicDepth};
pub use fit::{Fit, Resource};
pub use manifest::Core;
pub use netlist::{Netlist, netlist};
pub use report::{FORMAT_VERSION, ModuleUse, TOP_LEVEL, Utilisation, by_number};
pub use shell::{CHAIN, Shell};

use crate::error::{Error, Result};
use crate::folder;
use crate::interrupt::Unfinished;
pub use crate::target::Family;
use crate::tool::{Program, Tool, Toolbox};
use manifest::Manifest;

/// Synthesises the design in the build folder for a family with the user's Yosys, provided if necessary.
///
/// Leaves `reports/utilisation_FAMILY.json`, and in `reports/yosys_FAMILY/` the scripts and what Yosys said to each.
/// `progress` is called with the current step.
pub fn yosys(
    build: &Path,
    family: Family,
    core: Core,
    progress: &(dyn Fn(Step<'_>) + Sync),
) -> Result<Utilisation> {
    yosys_from(&Toolbox::from_env(), build, family, core, progress)
}

/// As [`yosys`], with the Yosys of this toolbox.
pub fn yosys_from(
    toolbox: &Toolbox,
    build: &Path,
    family: Family,
    core: Core,
    progress: &(dyn Fn(Step<'_>) + Sync),
) -> Result<Utilisation> {
    modules(toolbox, build, family, core, Keep::Figures, progress).map(|synthesis| synthesis.utilisation)
}

/// The current step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A step of unknown length.
    Doing(&'a str),
    /// Modules are synthesised, each by itself; they take very different times.
    Modules {
        /// Modules that are done.
        done: usize,
        /// All modules.
        all: usize,
    },
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Doing(what) => f.write_str(what),
            Self::Modules { done, all } => write!(f, "{done} of {all} modules"),
        }
    }
}

/// Results of a synthesis that are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// The numbers of cells.
    Figures,
    /// The cells themselves too: `NAME.net.il` beside each script.
    Netlists,
}

/// Result of the synthesis of all modules.
struct Synthesis {
    program: Program,
    utilisation: Utilisation,
    parts: Vec<report::Part>,
    instances: Vec<report::Instance>,
    /// Which part each instance is.
    part_of: Vec<usize>,
    /// The top level.
    ports: Vec<rtlil::Port>,
    /// An interruption removes the folder until all that is to be in it is there.
    _unfinished: Unfinished,
}

/// Synthesises the top level and every module that it instantiates, separately.
fn modules(
    toolbox: &Toolbox,
    build: &Path,
    family: Family,
    core: Core,
    keep: Keep,
    progress: &(dyn Fn(Step<'_>) + Sync),
) -> Result<Synthesis> {
    let Manifest { top, folding, stages } = Manifest::read(build)?;
    let (ultra_ram, external) = (folding.ultra_ram, folding.machine.bus_width > 0);
    if ultra_ram && family != Family::Xcup {
        let problem =
            format!("this design keeps state in UltraRAM, which {family} does not have, only UltraScale+");
        let fix = "synthesise with --family xcup, or build again with `\"ultra_ram\": false` in folding.json";
        return Err(Error::input(problem).at_file(build.join("folding.json")).fix(fix));
    }
    let command = family.command(ultra_ram || external);
    let files = read_files(build, "rtl/files.f")?;
    let program = toolbox.get_at_least(Tool::Yosys, family.oldest_yosys())?;
    let start = Instant::now();
    // After a failure no result of an earlier run may look like this one's.
    let result = build.join(format!("reports/utilisation_{family}.json"));
    let folder = build.join(scripts::folder(family));
    match std::fs::remove_file(&result) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("remove", &result, &e)),
        _ => {}
    }
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("remove", &folder, &e)),
        _ => {}
    }
    let unfinished = Unfinished::folder(&folder)?;

    let run = |name: &str, text: &str| -> Result<()> {
        let script = folder.join(format!("{name}.ys"));
        std::fs::write(&script, text).map_err(|e| Error::io("write", &script, &e))?;
        let script = format!("{}/{name}.ys", scripts::folder(family));
        let log = folder.join(format!("{name}.log"));
        program.command().args(["-s", &script]).cwd(build).log(log).run()?;
        Ok(())
    };
    progress(Step::Doing("elaboration"));
    let opened = core.opened(&stages);
    run("elaborate", &scripts::elaborate(family, &top, &files, opened))?;
    let text = read(&folder.join("design.il"))?;
    let design = rtlil::Design::read(&text);
    let top_text = read(&folder.join("top.il"))?;
    let instances = report::instances(&design, &top_text);
    let (parts, part_of) = report::parts(&design, &instances);

    // The top level last in the list, but at the same time as everything else.
    let done = AtomicUsize::new(0);
    let all = parts.len() + 1;
    let found: Vec<(report::Cells, Option<depth::Path>)> = (0..all)
        .into_par_iter()
        .with_max_len(1)
        .map(|n| {
            let (name, text, module) = match parts.get(n) {
                Some(part) => {
                    (part.name.as_str(), scripts::part(family, command, part), part.module.as_str())
                }
                None => ("top", scripts::top(family, command, &top), top.as_str()),
            };
            let text = match keep {
                Keep::Figures => text,
                Keep::Netlists => text + &scripts::keep(family, module, name),
            };
            run(name, &(text + &scripts::netlist(family, name)))?;
            let netlist = folder.join(format!("{name}.cells.json"));
            let path = depth::longest(&read(&netlist)?).map_err(|error| error.at_file(&netlist))?;
            // It is large.
            std::fs::remove_file(&netlist).map_err(|e| Error::io("remove", &netlist, &e))?;
            let stat = folder.join(format!("{name}.json"));
            let cells = report::cells(module, &read(&stat)?).map_err(|error| error.at_file(&stat))?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Step::Modules { done, all });
            Ok((cells, path))
        })
        .collect::<Result<_>>()?;

    let (cells, paths): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let (total, modules) = report::summarise(family, &top, &instances, &part_of, &cells);
    let utilisation = Utilisation {
        format_version: FORMAT_VERSION,
        family,
        tool: "yosys".to_owned(),
        tool_version: program.version.to_string(),
        command: command.to_owned(),
        seconds: start.elapsed().as_secs_f64(),
        bram_unit: family.bram_unit().to_owned(),
        logic_depth: depth::of(&paths, &instances, &part_of, &top),
        top,
        total,
        modules,
    };
    let text = serde_json::to_string_pretty(&utilisation).map_err(|e| {
        Error::input(format!("the utilisation cannot be written as JSON: {e}")).at_file(&result)
    })?;
    let mut file = folder::begin_file(&result)?;
    writeln!(file, "{text}").map_err(|e| Error::io("write", &result, &e))?;
    folder::finish_file(file, &result)?;
    Ok(Synthesis {
        program,
        utilisation,
        parts,
        instances,
        part_of,
        ports: rtlil::ports(&top_text),
        _unfinished: unfinished,
    })
}

/// The ordered list of sources. They are used in a script, so only plain names are accepted.
fn read_files(build: &Path, list: &str) -> Result<Vec<String>> {
    let path = build.join(list);
    let text = read(&path)?;
    let lines = text.lines().map(str::trim);
    let files: Vec<String> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"))
        .map(|line| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
            if line.chars().all(plain) && !line.starts_with('-') {
                Ok(line.to_owned())
            } else {
                let name = crate::error::printable(line);
                Err(Error::input(format!("`{name}` is not a plain file name"))
                    .at_file(&path)
                    .fix("use letters, digits, `_`, `-`, `.` and `/` in the names of source files"))
            }
        })
        .collect::<Result<_>>()?;
    if files.is_empty() { Err(Error::input("this file list is empty").at_file(&path)) } else { Ok(files) }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::io("read", path, &e))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_do_not_reach_the_script_unchecked() {
        let build = tempfile::tempdir().unwrap();
        std::fs::create_dir(build.path().join("rtl")).unwrap();
        std::fs::write(build.path().join("rtl/files.f"), "rtl/a.sv; shell ls\n").unwrap();
        assert!(
            read_files(build.path(), "rtl/files.f").unwrap_err().problem.contains("not a plain file name")
        );
        let error = yosys(Path::new("/no/such/build"), Family::Xc7, Core::default(), &|_| ()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
