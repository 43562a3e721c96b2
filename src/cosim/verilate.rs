//! Build folder → shared library.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::emit::Manifest;
use crate::error::{Error, Result};
use crate::tool::{Tool, Toolbox};

/// A verilated model, in a temporary folder that is deleted on drop.
pub(super) struct Verilated {
    /// The shared library.
    pub library: PathBuf,
    /// The folder it is in.
    pub folder: TempDir,
}

/// Verilates and compiles the design in `build`. Nothing is written into the build folder.
///
/// # Errors
/// If a tool is missing or reports a problem with the design: lint warnings are errors.
pub(super) fn build(build: &Path, manifest: &Manifest, waveform: bool) -> Result<Verilated> {
    let top = manifest.top.as_str();
    // Verilator, make and the model itself run elsewhere.
    let build = &std::fs::canonicalize(build).map_err(|e| Error::io("open", build, &e))?;
    let tools = Toolbox::from_env();
    let verilator = tools.get(Tool::Verilator)?;
    let compiler = tools.get(Tool::Cxx)?;
    let make = tools.get(Tool::Make)?;

    let folder = tempfile::Builder::new().prefix("snn2rtl-cosim-").tempdir();
    let folder = folder.map_err(|e| Error::io("create a folder in", &std::env::temp_dir(), &e))?;
    let work = plain(folder.path()).ok_or_else(|| {
        Error::input("make cannot work in a folder with a space or a special character in its path")
            .at_file(folder.path())
            .fix("set TMPDIR to a folder with a plain name")
    })?;
    for file in ["shim.h", "shim.cpp"] {
        let source = build.join("sim").join(file);
        std::fs::copy(&source, folder.path().join(file)).map_err(|e| Error::io("read", &source, &e))?;
    }
    let images = match plain(build) {
        Some(build) => format!("{build}/rom/"),
        None => {
            link(build, &folder.path().join("build"))?;
            format!("{work}/build/rom/")
        }
    };

    let mut run = verilator.command().cwd(build);
    run = run.args(["--cc", "--exe", "--build", "--prefix", "Vsnn", "--top-module", top]);
    run = run.args(["-Wall", "--assert", "-O3", "--x-assign", "unique", "--x-initial", "unique"]);
    if waveform {
        // Memories stay out of it, but the state of a whole chunk is in.
        run = run.args(["--trace", "--trace-max-width", "65536"]);
    }
    // Files that one compiler is not at work on for minutes.
    run = run.args(["--output-split", "8000"]);
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string();
    run = run.args(["-j", &jobs]).arg(format!("-GRomPath=\"{images}\""));
    run = run.args(["-f", "sim/files.f"]).arg(folder.path().join("shim.cpp"));
    run = run.arg("--Mdir").arg(folder.path().join("obj")).args(["-o", "libsnn.so"]);
    run = run.args(["-CFLAGS", "-fPIC -fvisibility=hidden", "-LDFLAGS", "-shared"]);
    // The run time is compiled with the hooks of the shim; the model needs none of them, and little of the run time is
    // in the model's way. Compiling takes longer than most runs, and far longer with -O3. The hooks are named from the
    // folder that is compiled in: with the folder's own name in it, a cache of objects would never know the run time
    // again.
    let mut variables = "OPT_FAST=-O1 'OPT_GLOBAL=-O1 -include ../shim.h'".to_owned();
    if let Some(compiler) = plain(&compiler.path) {
        variables += &format!(" CXX={compiler} LINK={compiler}");
    }
    run = run.args(["-MAKEFLAGS", &variables]);
    // Verilator starts `$MAKE`. What an enclosing make has said is not meant for this one.
    run = run.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS").env_remove("MAKE");
    if let Some(make) = plain(&make.path) {
        run = run.env("MAKE", make);
    }
    run.run()?;
    Ok(Verilated { library: folder.path().join("obj/libsnn.so"), folder })
}

/// The path, if make, shells and Verilog strings accept it unchanged.
fn plain(path: &Path) -> Option<&str> {
    let taken = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    path.to_str().filter(|text| text.starts_with('/') && text.chars().all(taken))
}

/// A link to a folder.
fn link(folder: &Path, name: &Path) -> Result<()> {
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(folder, name);
    #[cfg(windows)]
    let made = std::os::windows::fs::symlink_dir(folder, name);
    made.map_err(|e| Error::io("create", name, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_paths_are_plain() {
        assert_eq!(plain(Path::new("/tmp/build-1.0/a_b")), Some("/tmp/build-1.0/a_b"));
        for bad in ["relative", "/a b", "/a\"b", "/a\\b", "/a$b", "/é", "/a'b", "/a\nb"] {
            assert_eq!(plain(Path::new(bad)), None, "{bad}");
        }
    }
}
