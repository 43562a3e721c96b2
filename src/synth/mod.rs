//! Synthesis with Yosys: writes the script into the build folder, runs it there, reads the utilisation.
//!
//! The per-module figures are those of the instances in the top level, which is wiring only: one instance per
//! stage. To get them, every instance becomes a module of its own (`uniquify`, which also carries the instance
//! name into the statistics), the direct children of the top level keep their boundary (`keep_hierarchy`) and
//! everything beneath each is flattened. Fully flattened, cells could not be told apart by stage; with the whole
//! hierarchy kept, nothing would be optimised across the small library modules and the figures would be too high.
//! Logic is not moved across the boundary of two stages, which are separated by registers and handshakes anyway.

mod family;
mod report;

use std::path::Path;
use std::time::Instant;

use serde::Deserialize;

pub use family::Family;
pub use report::{FORMAT_VERSION, Figures, ModuleUse, TOP_LEVEL, Utilisation};

use crate::error::{Error, Result};
use crate::tool::{Tool, Toolbox};

/// What is read of `manifest.json`.
#[derive(Deserialize)]
struct Manifest {
    top: String,
}

/// Synthesises the design in the build folder for a family with the user's Yosys, provided if need be.
///
/// Leaves `scripts/yosys_FAMILY.ys`, `reports/yosys_FAMILY.log` and `reports/utilisation_FAMILY.json`. `progress`
/// is shown the title of each step of Yosys.
pub fn yosys(build: &Path, family: Family, progress: &mut dyn FnMut(&str)) -> Result<Utilisation> {
    yosys_from(&Toolbox::from_env(), build, family, progress)
}

/// As [`yosys`], with the Yosys of this toolbox.
pub fn yosys_from(
    toolbox: &Toolbox,
    build: &Path,
    family: Family,
    progress: &mut dyn FnMut(&str),
) -> Result<Utilisation> {
    let top = read_top(build)?;
    let files = read_files(build)?;
    let program = toolbox.get_at_least(Tool::Yosys, family.oldest_yosys())?;
    for folder in ["scripts", "reports"] {
        let folder = build.join(folder);
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, &e))?;
    }
    let script = format!("scripts/yosys_{family}.ys");
    let log = build.join(format!("reports/yosys_{family}.log"));
    write_beside(&build.join(&script), &script_text(family, &top, &files))?;

    let start = Instant::now();
    let run = program.command().args(["-s", &script]).cwd(build).log(&log);
    let stat = build.join(format!("reports/yosys_{family}_stat.json"));
    let instances = build.join(format!("reports/yosys_{family}_instances.txt"));
    let result = build.join(format!("reports/utilisation_{family}.json"));
    // After a failure no result of an earlier run may look like this one's.
    for old in [&stat, &instances, &result] {
        match std::fs::remove_file(old) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io("remove", old, &e)),
            _ => {}
        }
    }
    run.run_with(&mut |line| {
        if let Some(step) = step_title(line) {
            progress(step);
        }
    })?;
    let seconds = start.elapsed().as_secs_f64();

    let (total, modules) = report::read(family, &top, &read(&stat)?, &read(&instances)?)
        .map_err(|error| error.at_file(&stat))?;
    let utilisation = Utilisation {
        format_version: FORMAT_VERSION,
        family,
        tool: "yosys".to_owned(),
        tool_version: program.version.to_string(),
        command: format!("{} -top {top}", family.command()),
        top,
        seconds,
        bram_unit: family.bram_unit().to_owned(),
        total,
        modules,
    };
    let text = serde_json::to_string_pretty(&utilisation).map_err(|e| {
        Error::input(format!("the utilisation cannot be written as JSON: {e}")).at_file(&result)
    })?;
    write_beside(&result, &(text + "\n"))?;
    Ok(utilisation)
}

/// The script. Assertions are for simulation and formal proofs; modules are only elaborated with the parameters
/// that the design gives them.
fn script_text(family: Family, top: &str, files: &[String]) -> String {
    let command = family.command();
    format!(
        "# Synthesis for {family}. Run in the build folder: yosys -s scripts/yosys_{family}.ys\n\
         read_verilog -sv -defer -noassert -noassume \\\n  {}\n\
         hierarchy -check -top {top}\n\
         # One module per instance; those directly in the top level keep their boundary.\n\
         tee -q -o reports/yosys_{family}_instances.txt uniquify\n\
         setattr -mod -set keep_hierarchy 1 {top}/c:* %M\n\
         {command} -top {top}\n\
         tee -q -o reports/yosys_{family}_stat.json stat -json\n",
        files.join(" \\\n  ")
    )
}

/// The title of a step of Yosys: `12.3.4. Executing OPT_EXPR pass (…).` without its number.
fn step_title(line: &str) -> Option<&str> {
    let (number, title) = line.split_once(". Executing ")?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_number.then(|| title.trim_end_matches('.'))
}

fn read_top(build: &Path) -> Result<String> {
    let path = build.join("manifest.json");
    let manifest: Manifest = serde_json::from_str(&read(&path)?).map_err(|e| {
        Error::input(format!("this manifest cannot be read: {e}"))
            .at_file(&path)
            .fix("make the build folder again with `snn2rtl build`")
    })?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if manifest.top.chars().all(plain)
        && manifest.top.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    {
        Ok(manifest.top)
    } else {
        let name = crate::error::printable(&manifest.top);
        Err(Error::input(format!("`{name}` is not a module name")).at_file(&path))
    }
}

/// The ordered list of sources. They go into a script: only plain names are let through.
fn read_files(build: &Path) -> Result<Vec<String>> {
    let path = build.join("rtl/files.f");
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

/// Writes beside the destination and renames, so that nobody reads half a file.
fn write_beside(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .suffix(".snn2rtl-tmp")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(|e| Error::io("create a file in", folder, &e))?;
    file.write_all(text.as_bytes()).map_err(|e| Error::io("write", path, &e))?;
    file.persist(path).map_err(|e| Error::io("rename into place", path, &e.error))?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_script_reads_in_order() {
        let files = ["rtl/a_pkg.sv".to_owned(), "rtl/top.sv".to_owned()];
        let script = script_text(Family::Ecp5, "top", &files);
        assert!(script.contains("-noassume \\\n  rtl/a_pkg.sv \\\n  rtl/top.sv\nhierarchy"), "{script}");
        assert!(script.contains("\nsynth_ecp5 -top top\n"), "{script}");
    }

    #[test]
    fn steps_are_recognised() {
        assert_eq!(step_title("3.14.2. Executing OPT_EXPR pass (x)."), Some("OPT_EXPR pass (x)"));
        assert_eq!(step_title("see 1. Executing that"), None);
        assert_eq!(step_title("Optimizing module top."), None);
    }

    #[test]
    fn names_from_outside_do_not_reach_the_script_unchecked() {
        let build = tempfile::tempdir().unwrap();
        std::fs::create_dir(build.path().join("rtl")).unwrap();
        std::fs::write(build.path().join("rtl/files.f"), "rtl/a.sv; shell ls\n").unwrap();
        assert!(read_files(build.path()).unwrap_err().problem.contains("not a plain file name"));
        std::fs::write(build.path().join("manifest.json"), r#"{"top": "a; exec"}"#).unwrap();
        assert!(read_top(build.path()).unwrap_err().problem.contains("not a module name"));
        let error = yosys(Path::new("/no/such/build"), Family::Xc7, &mut |_| ()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
